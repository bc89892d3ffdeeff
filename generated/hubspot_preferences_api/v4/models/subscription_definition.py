# Generated from openapi/v4.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.subscription_translation import SubscriptionTranslation


T = TypeVar("T", bound="SubscriptionDefinition")


@_attrs_define
class SubscriptionDefinition:
    """A subscription type."""

    id: str
    """ The identifier; a string here, the integer subscriptionId everywhere else. """
    business_unit_id: int | None | Unset = UNSET
    """ The brand (business unit) this belongs to; 0 is the account's default brand. """
    communication_method: None | str | Unset = UNSET
    """ How the communication happens, such as "Email". """
    created_at: datetime.datetime | None | Unset = UNSET
    """ When it was created. """
    description: None | str | Unset = UNSET
    """ What subscribers read about it. """
    is_active: bool | None | Unset = UNSET
    """ Whether it is in use; an archived subscription type is not. """
    is_default: bool | None | Unset = UNSET
    """ Whether HubSpot made it for every account. """
    is_internal: bool | None | Unset = UNSET
    """ Whether subscribers never see it on their preference page. """
    name: None | str | Unset = UNSET
    """ The name. """
    purpose: None | str | Unset = UNSET
    """ What it is for, such as "Marketing". """
    subscription_translations: list[SubscriptionTranslation] | None | Unset = UNSET
    """ The translations, where they were asked for. """
    updated_at: datetime.datetime | None | Unset = UNSET
    """ When it was last changed. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

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
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.subscription_translation import SubscriptionTranslation  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        def _parse_business_unit_id(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        business_unit_id = _parse_business_unit_id(d.pop("businessUnitId", UNSET))

        def _parse_communication_method(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        communication_method = _parse_communication_method(d.pop("communicationMethod", UNSET))

        def _parse_created_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                created_at_type_0 = datetime.datetime.fromisoformat(data)

                return created_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        created_at = _parse_created_at(d.pop("createdAt", UNSET))

        def _parse_description(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        description = _parse_description(d.pop("description", UNSET))

        def _parse_is_active(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        is_active = _parse_is_active(d.pop("isActive", UNSET))

        def _parse_is_default(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        is_default = _parse_is_default(d.pop("isDefault", UNSET))

        def _parse_is_internal(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        is_internal = _parse_is_internal(d.pop("isInternal", UNSET))

        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))

        def _parse_purpose(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        purpose = _parse_purpose(d.pop("purpose", UNSET))

        def _parse_subscription_translations(
            data: object,
        ) -> list[SubscriptionTranslation] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                subscription_translations_type_0 = []
                _subscription_translations_type_0 = data
                for subscription_translations_type_0_item_data in _subscription_translations_type_0:
                    subscription_translations_type_0_item = SubscriptionTranslation.from_dict(
                        subscription_translations_type_0_item_data
                    )

                    subscription_translations_type_0.append(subscription_translations_type_0_item)

                return subscription_translations_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[SubscriptionTranslation] | None | Unset, data)

        subscription_translations = _parse_subscription_translations(
            d.pop("subscriptionTranslations", UNSET)
        )

        def _parse_updated_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                updated_at_type_0 = datetime.datetime.fromisoformat(data)

                return updated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        updated_at = _parse_updated_at(d.pop("updatedAt", UNSET))

        subscription_definition = cls(
            id=id,
            business_unit_id=business_unit_id,
            communication_method=communication_method,
            created_at=created_at,
            description=description,
            is_active=is_active,
            is_default=is_default,
            is_internal=is_internal,
            name=name,
            purpose=purpose,
            subscription_translations=subscription_translations,
            updated_at=updated_at,
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
