# Generated from openapi/2026-03.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast


class BatchSubscriberInput:
    """Addresses to work on."""

    __slots__ = (
        "inputs",
        "additional_properties",
    )

    inputs: list[str]
    """ What to work on, one entry for each subscriber. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        inputs: list[str],
    ) -> None:
        self.inputs = inputs
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        inputs = self.inputs

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
        d = dict(src_dict)
        inputs = cast(list[str], d.pop("inputs"))

        batch_subscriber_input = cls(
            inputs,
        )

        batch_subscriber_input.additional_properties = d
        return batch_subscriber_input

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
