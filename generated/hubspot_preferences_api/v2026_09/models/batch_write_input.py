# Generated from openapi/2026-09.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from ..models.subscriber_status_request import SubscriberStatusRequest


class BatchWriteInput:
    """States to set."""

    __slots__ = (
        "inputs",
        "additional_properties",
    )

    inputs: list[SubscriberStatusRequest]
    """ What to work on, one entry for each subscriber. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        inputs: list[SubscriberStatusRequest],
    ) -> None:
        self.inputs = inputs
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        inputs = []
        for inputs_item_data in self.inputs:
            inputs_item = inputs_item_data.to_dict()
            inputs.append(inputs_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "inputs": inputs,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.subscriber_status_request import SubscriberStatusRequest  # noqa: PLC0415

        d = dict(src_dict)
        inputs = []
        _inputs = d.pop("inputs")
        for inputs_item_data in _inputs:
            inputs_item = SubscriberStatusRequest.from_dict(inputs_item_data)

            inputs.append(inputs_item)

        batch_write_input = cls(
            inputs,
        )

        batch_write_input.additional_properties = d
        return batch_write_input

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
