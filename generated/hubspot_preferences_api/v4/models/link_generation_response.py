# Generated from openapi/v4.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="LinkGenerationResponse")


@_attrs_define
class LinkGenerationResponse:
    """One subscriber's personal links."""

    manage_preferences_url: None | str | Unset = UNSET
    """ Where this subscriber manages preferences. """
    subscriber_id_string: None | str | Unset = UNSET
    """ The subscriber's e-mail address. """
    unsubscribe_all_url: None | str | Unset = UNSET
    """ Where this subscriber opts out of all e-mail. """
    unsubscribe_single_url: None | str | Unset = UNSET
    """ Where this subscriber leaves one subscription type; only where one was named. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        manage_preferences_url: None | str | Unset
        if isinstance(self.manage_preferences_url, Unset):
            manage_preferences_url = UNSET
        else:
            manage_preferences_url = self.manage_preferences_url

        subscriber_id_string: None | str | Unset
        if isinstance(self.subscriber_id_string, Unset):
            subscriber_id_string = UNSET
        else:
            subscriber_id_string = self.subscriber_id_string

        unsubscribe_all_url: None | str | Unset
        if isinstance(self.unsubscribe_all_url, Unset):
            unsubscribe_all_url = UNSET
        else:
            unsubscribe_all_url = self.unsubscribe_all_url

        unsubscribe_single_url: None | str | Unset
        if isinstance(self.unsubscribe_single_url, Unset):
            unsubscribe_single_url = UNSET
        else:
            unsubscribe_single_url = self.unsubscribe_single_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if manage_preferences_url is not UNSET:
            field_dict["managePreferencesUrl"] = manage_preferences_url
        if subscriber_id_string is not UNSET:
            field_dict["subscriberIdString"] = subscriber_id_string
        if unsubscribe_all_url is not UNSET:
            field_dict["unsubscribeAllUrl"] = unsubscribe_all_url
        if unsubscribe_single_url is not UNSET:
            field_dict["unsubscribeSingleUrl"] = unsubscribe_single_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_manage_preferences_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        manage_preferences_url = _parse_manage_preferences_url(d.pop("managePreferencesUrl", UNSET))

        def _parse_subscriber_id_string(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        subscriber_id_string = _parse_subscriber_id_string(d.pop("subscriberIdString", UNSET))

        def _parse_unsubscribe_all_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        unsubscribe_all_url = _parse_unsubscribe_all_url(d.pop("unsubscribeAllUrl", UNSET))

        def _parse_unsubscribe_single_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        unsubscribe_single_url = _parse_unsubscribe_single_url(d.pop("unsubscribeSingleUrl", UNSET))

        link_generation_response = cls(
            manage_preferences_url=manage_preferences_url,
            subscriber_id_string=subscriber_id_string,
            unsubscribe_all_url=unsubscribe_all_url,
            unsubscribe_single_url=unsubscribe_single_url,
        )

        link_generation_response.additional_properties = d
        return link_generation_response

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
