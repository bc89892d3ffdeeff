# Generated from openapi/2026-09.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.subscription_translation import SubscriptionTranslation


class SubscriptionDefinition:
    """A subscription type."""

    __slots__ = (
        "id",
        "business_unit_id",
        "communication_method",
        "created_at",
        "description",
        "is_active",
        "is_default",
        "is_internal",
        "name",
        "purpose",
        "subscription_translations",
        "updated_at",
        "additional_properties",
    )

    id: str
    """ The identifier; a string here, the integer subscriptionId everywhere else. """
    business_unit_id: int | None | Unset
    """ The brand (business unit) this belongs to; 0 is the account's default brand. """
    communication_method: None | str | Unset
    """ How the communication happens, such as "Email". """
    created_at: datetime.datetime | None | Unset
    """ When it was created. """
    description: None | str | Unset
    """ What subscribers read about it. """
    is_active: bool | None | Unset
    """ Whether it is in use; an archived subscription type is not. """
    is_default: bool | None | Unset
    """ Whether HubSpot made it for every account. """
    is_internal: bool | None | Unset
    """ Whether subscribers never see it on their preference page. """
    name: None | str | Unset
    """ The name. """
    purpose: None | str | Unset
    """ What it is for, such as "Marketing". """
    subscription_translations: list[SubscriptionTranslation] | None | Unset
    """ The translations, where they were asked for. """
    updated_at: datetime.datetime | None | Unset
    """ When it was last changed. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        id: str,
        business_unit_id: int | None | Unset = UNSET,
        communication_method: None | str | Unset = UNSET,
        created_at: datetime.datetime | None | Unset = UNSET,
        description: None | str | Unset = UNSET,
        is_active: bool | None | Unset = UNSET,
        is_default: bool | None | Unset = UNSET,
        is_internal: bool | None | Unset = UNSET,
        name: None | str | Unset = UNSET,
        purpose: None | str | Unset = UNSET,
        subscription_translations: list[SubscriptionTranslation] | None | Unset = UNSET,
        updated_at: datetime.datetime | None | Unset = UNSET,
    ) -> None:
        self.id = id
        self.business_unit_id = business_unit_id
        self.communication_method = communication_method
        self.created_at = created_at
        self.description = description
        self.is_active = is_active
        self.is_default = is_default
        self.is_internal = is_internal
        self.name = name
        self.purpose = purpose
        self.subscription_translations = subscription_translations
        self.updated_at = updated_at
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        business_unit_id: int | None | Unset
        if isinstance(self.business_unit_id, Unset):
            business_unit_id = UNSET
        else:
            business_unit_id = self.business_unit_id

        communication_method: None | str | Unset
        if isinstance(self.communication_method, Unset):
            communication_method = UNSET
        else:
            communication_method = self.communication_method

        created_at: None | str | Unset
        if isinstance(self.created_at, Unset):
            created_at = UNSET
        elif isinstance(self.created_at, datetime.datetime):
            created_at = self.created_at.isoformat()
        else:
            created_at = self.created_at

        description: None | str | Unset
        if isinstance(self.description, Unset):
            description = UNSET
        else:
            description = self.description

        is_active: bool | None | Unset
        if isinstance(self.is_active, Unset):
            is_active = UNSET
        else:
            is_active = self.is_active

        is_default: bool | None | Unset
        if isinstance(self.is_default, Unset):
            is_default = UNSET
        else:
            is_default = self.is_default

        is_internal: bool | None | Unset
        if isinstance(self.is_internal, Unset):
            is_internal = UNSET
        else:
            is_internal = self.is_internal

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        purpose: None | str | Unset
        if isinstance(self.purpose, Unset):
            purpose = UNSET
        else:
            purpose = self.purpose

        subscription_translations: list[dict[str, Any]] | None | Unset
        if isinstance(self.subscription_translations, Unset):
            subscription_translations = UNSET
        elif isinstance(self.subscription_translations, list):
            subscription_translations = []
            for subscription_translations_type_0_item_data in self.subscription_translations:
                subscription_translations_type_0_item = (
                    subscription_translations_type_0_item_data.to_dict()
                )
                subscription_translations.append(subscription_translations_type_0_item)

        else:
            subscription_translations = self.subscription_translations

        updated_at: None | str | Unset
        if isinstance(self.updated_at, Unset):
            updated_at = UNSET
        elif isinstance(self.updated_at, datetime.datetime):
            updated_at = self.updated_at.isoformat()
        else:
            updated_at = self.updated_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
            }
        )
        if business_unit_id is not UNSET:
            field_dict["businessUnitId"] = business_unit_id
        if communication_method is not UNSET:
            field_dict["communicationMethod"] = communication_method
        if created_at is not UNSET:
            field_dict["createdAt"] = created_at
        if description is not UNSET:
            field_dict["description"] = description
        if is_active is not UNSET:
            field_dict["isActive"] = is_active
        if is_default is not UNSET:
            field_dict["isDefault"] = is_default
        if is_internal is not UNSET:
            field_dict["isInternal"] = is_internal
        if name is not UNSET:
            field_dict["name"] = name
        if purpose is not UNSET:
            field_dict["purpose"] = purpose
        if subscription_translations is not UNSET:
            field_dict["subscriptionTranslations"] = subscription_translations
        if updated_at is not UNSET:
            field_dict["updatedAt"] = updated_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.subscription_translation import SubscriptionTranslation  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        business_unit_id = d.pop("businessUnitId", UNSET)

        communication_method = d.pop("communicationMethod", UNSET)

        created_at = d.pop("createdAt", UNSET)
        if isinstance(created_at, str):
            try:
                created_at_type_0 = datetime.datetime.fromisoformat(created_at)

                created_at = created_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                created_at = cast(datetime.datetime | None | Unset, created_at)

        description = d.pop("description", UNSET)

        is_active = d.pop("isActive", UNSET)

        is_default = d.pop("isDefault", UNSET)

        is_internal = d.pop("isInternal", UNSET)

        name = d.pop("name", UNSET)

        purpose = d.pop("purpose", UNSET)

        subscription_translations = d.pop("subscriptionTranslations", UNSET)
        if isinstance(subscription_translations, list):
            try:
                subscription_translations_type_0 = []
                _subscription_translations_type_0 = subscription_translations
                for subscription_translations_type_0_item_data in _subscription_translations_type_0:
                    subscription_translations_type_0_item = SubscriptionTranslation.from_dict(
                        subscription_translations_type_0_item_data
                    )

                    subscription_translations_type_0.append(subscription_translations_type_0_item)

                subscription_translations = subscription_translations_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                subscription_translations = cast(
                    list[SubscriptionTranslation] | None | Unset, subscription_translations
                )

        updated_at = d.pop("updatedAt", UNSET)
        if isinstance(updated_at, str):
            try:
                updated_at_type_0 = datetime.datetime.fromisoformat(updated_at)

                updated_at = updated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                updated_at = cast(datetime.datetime | None | Unset, updated_at)

        subscription_definition = cls(
            id,
            business_unit_id,
            communication_method,
            created_at,
            description,
            is_active,
            is_default,
            is_internal,
            name,
            purpose,
            subscription_translations,
            updated_at,
        )

        subscription_definition.additional_properties = d
        return subscription_definition

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
