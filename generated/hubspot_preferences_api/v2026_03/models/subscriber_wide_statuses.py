# Generated from openapi/2026-03.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.wide_status import WideStatus


class SubscriberWideStatuses:
    """One subscriber's opt-outs."""

    __slots__ = (
        "subscriber_id_string",
        "wide_statuses",
        "additional_properties",
    )

    subscriber_id_string: str
    """ The subscriber's e-mail address. """
    wide_statuses: list[WideStatus] | None | Unset
    """ The subscriber's opt-outs. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        subscriber_id_string: str,
        wide_statuses: list[WideStatus] | None | Unset = UNSET,
    ) -> None:
        self.subscriber_id_string = subscriber_id_string
        self.wide_statuses = wide_statuses
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        subscriber_id_string = self.subscriber_id_string

        wide_statuses: list[dict[str, Any]] | None | Unset
        if isinstance(self.wide_statuses, Unset):
            wide_statuses = UNSET
        elif isinstance(self.wide_statuses, list):
            wide_statuses = []
            for wide_statuses_type_0_item_data in self.wide_statuses:
                wide_statuses_type_0_item = wide_statuses_type_0_item_data.to_dict()
                wide_statuses.append(wide_statuses_type_0_item)

        else:
            wide_statuses = self.wide_statuses

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "subscriberIdString": subscriber_id_string,
            }
        )
        if wide_statuses is not UNSET:
            field_dict["wideStatuses"] = wide_statuses

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.wide_status import WideStatus  # noqa: PLC0415

        d = dict(src_dict)
        subscriber_id_string = d.pop("subscriberIdString")

        wide_statuses = d.pop("wideStatuses", UNSET)
        if isinstance(wide_statuses, list):
            try:
                wide_statuses_type_0 = []
                _wide_statuses_type_0 = wide_statuses
                for wide_statuses_type_0_item_data in _wide_statuses_type_0:
                    wide_statuses_type_0_item = WideStatus.from_dict(wide_statuses_type_0_item_data)

                    wide_statuses_type_0.append(wide_statuses_type_0_item)

                wide_statuses = wide_statuses_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                wide_statuses = cast(list[WideStatus] | None | Unset, wide_statuses)

        subscriber_wide_statuses = cls(
            subscriber_id_string,
            wide_statuses,
        )

        subscriber_wide_statuses.additional_properties = d
        return subscriber_wide_statuses

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
