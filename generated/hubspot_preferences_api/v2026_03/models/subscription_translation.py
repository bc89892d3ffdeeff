# Generated from openapi/2026-03.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from ..types import UNSET, Unset


class SubscriptionTranslation:
    """A subscription type in another language."""

    __slots__ = (
        "created_at",
        "description",
        "language_code",
        "name",
        "subscription_id",
        "updated_at",
        "additional_properties",
    )

    created_at: int | None | Unset
    """ When it was created, in milliseconds since 1970 (UTC); 0 where unknown. """
    description: None | str | Unset
    """ What subscribers read about it. """
    language_code: None | str | Unset
    """ The language of the translation. """
    name: None | str | Unset
    """ The name. """
    subscription_id: int | None | Unset
    """ The subscription type, as its integer id. """
    updated_at: int | None | Unset
    """ When it was last changed, in milliseconds since 1970 (UTC); 0 where unknown. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        created_at: int | None | Unset = UNSET,
        description: None | str | Unset = UNSET,
        language_code: None | str | Unset = UNSET,
        name: None | str | Unset = UNSET,
        subscription_id: int | None | Unset = UNSET,
        updated_at: int | None | Unset = UNSET,
    ) -> None:
        self.created_at = created_at
        self.description = description
        self.language_code = language_code
        self.name = name
        self.subscription_id = subscription_id
        self.updated_at = updated_at
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        created_at: int | None | Unset
        if isinstance(self.created_at, Unset):
            created_at = UNSET
        else:
            created_at = self.created_at

        description: None | str | Unset
        if isinstance(self.description, Unset):
            description = UNSET
        else:
            description = self.description

        language_code: None | str | Unset
        if isinstance(self.language_code, Unset):
            language_code = UNSET
        else:
            language_code = self.language_code

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        subscription_id: int | None | Unset
        if isinstance(self.subscription_id, Unset):
            subscription_id = UNSET
        else:
            subscription_id = self.subscription_id

        updated_at: int | None | Unset
        if isinstance(self.updated_at, Unset):
            updated_at = UNSET
        else:
            updated_at = self.updated_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if created_at is not UNSET:
            field_dict["createdAt"] = created_at
        if description is not UNSET:
            field_dict["description"] = description
        if language_code is not UNSET:
            field_dict["languageCode"] = language_code
        if name is not UNSET:
            field_dict["name"] = name
        if subscription_id is not UNSET:
            field_dict["subscriptionId"] = subscription_id
        if updated_at is not UNSET:
            field_dict["updatedAt"] = updated_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        created_at = d.pop("createdAt", UNSET)

        description = d.pop("description", UNSET)

        language_code = d.pop("languageCode", UNSET)

        name = d.pop("name", UNSET)

        subscription_id = d.pop("subscriptionId", UNSET)

        updated_at = d.pop("updatedAt", UNSET)

        subscription_translation = cls(
            created_at,
            description,
            language_code,
            name,
            subscription_id,
            updated_at,
        )

        subscription_translation.additional_properties = d
        return subscription_translation

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
