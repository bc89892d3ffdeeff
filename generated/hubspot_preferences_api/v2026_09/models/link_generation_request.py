# Generated from openapi/2026-09.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from ..types import UNSET, Unset


class LinkGenerationRequest:
    """Whose links to make, and what for."""

    __slots__ = (
        "subscriber_id_string",
        "language",
        "subscription_id",
        "additional_properties",
    )

    subscriber_id_string: str
    """ The subscriber's e-mail address. """
    language: str | Unset
    """ The language of the pages behind the links. """
    subscription_id: int | Unset
    """ The subscription type, as its integer id. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        subscriber_id_string: str,
        language: str | Unset = UNSET,
        subscription_id: int | Unset = UNSET,
    ) -> None:
        self.subscriber_id_string = subscriber_id_string
        self.language = language
        self.subscription_id = subscription_id
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        subscriber_id_string = self.subscriber_id_string

        language = self.language

        subscription_id = self.subscription_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "subscriberIdString": subscriber_id_string,
            }
        )
        if language is not UNSET:
            field_dict["language"] = language
        if subscription_id is not UNSET:
            field_dict["subscriptionId"] = subscription_id

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        subscriber_id_string = d.pop("subscriberIdString")

        language = d.pop("language", UNSET)

        subscription_id = d.pop("subscriptionId", UNSET)

        link_generation_request = cls(
            subscriber_id_string,
            language,
            subscription_id,
        )

        link_generation_request.additional_properties = d
        return link_generation_request

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
