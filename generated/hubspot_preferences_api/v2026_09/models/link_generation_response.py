# Generated from openapi/2026-09.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from ..types import UNSET, Unset


class LinkGenerationResponse:
    """One subscriber's personal links."""

    __slots__ = (
        "manage_preferences_url",
        "subscriber_id_string",
        "unsubscribe_all_url",
        "unsubscribe_single_url",
        "additional_properties",
    )

    manage_preferences_url: None | str | Unset
    """ Where this subscriber manages preferences. """
    subscriber_id_string: None | str | Unset
    """ The subscriber's e-mail address. """
    unsubscribe_all_url: None | str | Unset
    """ Where this subscriber opts out of all e-mail. """
    unsubscribe_single_url: None | str | Unset
    """ Where this subscriber leaves one subscription type; only where one was named. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        manage_preferences_url: None | str | Unset = UNSET,
        subscriber_id_string: None | str | Unset = UNSET,
        unsubscribe_all_url: None | str | Unset = UNSET,
        unsubscribe_single_url: None | str | Unset = UNSET,
    ) -> None:
        self.manage_preferences_url = manage_preferences_url
        self.subscriber_id_string = subscriber_id_string
        self.unsubscribe_all_url = unsubscribe_all_url
        self.unsubscribe_single_url = unsubscribe_single_url
        self.additional_properties = {}

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
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        manage_preferences_url = d.pop("managePreferencesUrl", UNSET)

        subscriber_id_string = d.pop("subscriberIdString", UNSET)

        unsubscribe_all_url = d.pop("unsubscribeAllUrl", UNSET)

        unsubscribe_single_url = d.pop("unsubscribeSingleUrl", UNSET)

        link_generation_response = cls(
            manage_preferences_url,
            subscriber_id_string,
            unsubscribe_all_url,
            unsubscribe_single_url,
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
