# Generated from openapi/2026-03.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.subscription_status import SubscriptionStatus


class SubscriberOptOut:
    """One subscriber's part of a batch opt-out."""

    __slots__ = (
        "subscriber_id_string",
        "statuses",
        "additional_properties",
    )

    subscriber_id_string: str
    """ The subscriber's e-mail address. """
    statuses: list[SubscriptionStatus] | None | Unset
    """ The states that changed, where details were asked for. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        subscriber_id_string: str,
        statuses: list[SubscriptionStatus] | None | Unset = UNSET,
    ) -> None:
        self.subscriber_id_string = subscriber_id_string
        self.statuses = statuses
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        subscriber_id_string = self.subscriber_id_string

        statuses: list[dict[str, Any]] | None | Unset
        if isinstance(self.statuses, Unset):
            statuses = UNSET
        elif isinstance(self.statuses, list):
            statuses = []
            for statuses_type_0_item_data in self.statuses:
                statuses_type_0_item = statuses_type_0_item_data.to_dict()
                statuses.append(statuses_type_0_item)

        else:
            statuses = self.statuses

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "subscriberIdString": subscriber_id_string,
            }
        )
        if statuses is not UNSET:
            field_dict["statuses"] = statuses

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.subscription_status import SubscriptionStatus  # noqa: PLC0415

        d = dict(src_dict)
        subscriber_id_string = d.pop("subscriberIdString")

        statuses = d.pop("statuses", UNSET)
        if isinstance(statuses, list):
            try:
                statuses_type_0 = []
                _statuses_type_0 = statuses
                for statuses_type_0_item_data in _statuses_type_0:
                    statuses_type_0_item = SubscriptionStatus.from_dict(statuses_type_0_item_data)

                    statuses_type_0.append(statuses_type_0_item)

                statuses = statuses_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                statuses = cast(list[SubscriptionStatus] | None | Unset, statuses)

        subscriber_opt_out = cls(
            subscriber_id_string,
            statuses,
        )

        subscriber_opt_out.additional_properties = d
        return subscriber_opt_out

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
