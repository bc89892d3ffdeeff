# Generated from openapi/v4.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.channel import Channel
from ..models.subscription_state import SubscriptionState
from ..models.wide_status_type import WideStatusType
from ..types import UNSET, Unset

T = TypeVar("T", bound="WideStatus")


@_attrs_define
class WideStatus:
    """One subscriber's state for all e-mail of an account or of a brand."""

    status: SubscriptionState
    """ Whether somebody is subscribed. """
    subscriber_id_string: str
    """ The subscriber's e-mail address. """
    business_unit_id: int | None | Unset = UNSET
    """ The brand (business unit) this belongs to; 0 is the account's default brand. """
    channel: Channel | None | Unset = UNSET
    """ The channel of communication. """
    timestamp: datetime.datetime | None | Unset = UNSET
    """ When the state was last set. """
    wide_status_type: None | Unset | WideStatusType = UNSET
    """ How far the opt-out reaches. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        status = self.status.value

        subscriber_id_string = self.subscriber_id_string

        business_unit_id: int | None | Unset
        if isinstance(self.business_unit_id, Unset):
            business_unit_id = UNSET
        else:
            business_unit_id = self.business_unit_id

        channel: None | str | Unset
        if isinstance(self.channel, Unset):
            channel = UNSET
        elif isinstance(self.channel, Channel):
            channel = self.channel.value
        else:
            channel = self.channel

        timestamp: None | str | Unset
        if isinstance(self.timestamp, Unset):
            timestamp = UNSET
        elif isinstance(self.timestamp, datetime.datetime):
            timestamp = self.timestamp.isoformat()
        else:
            timestamp = self.timestamp

        wide_status_type: None | str | Unset
        if isinstance(self.wide_status_type, Unset):
            wide_status_type = UNSET
        elif isinstance(self.wide_status_type, WideStatusType):
            wide_status_type = self.wide_status_type.value
        else:
            wide_status_type = self.wide_status_type

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "status": status,
                "subscriberIdString": subscriber_id_string,
            }
        )
        if business_unit_id is not UNSET:
            field_dict["businessUnitId"] = business_unit_id
        if channel is not UNSET:
            field_dict["channel"] = channel
        if timestamp is not UNSET:
            field_dict["timestamp"] = timestamp
        if wide_status_type is not UNSET:
            field_dict["wideStatusType"] = wide_status_type

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        status = SubscriptionState(d.pop("status"))

        subscriber_id_string = d.pop("subscriberIdString")

        def _parse_business_unit_id(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        business_unit_id = _parse_business_unit_id(d.pop("businessUnitId", UNSET))

        def _parse_channel(data: object) -> Channel | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                channel_type_0 = Channel(data)

                return channel_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Channel | None | Unset, data)

        channel = _parse_channel(d.pop("channel", UNSET))

        def _parse_timestamp(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                timestamp_type_0 = datetime.datetime.fromisoformat(data)

                return timestamp_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        timestamp = _parse_timestamp(d.pop("timestamp", UNSET))

        def _parse_wide_status_type(data: object) -> None | Unset | WideStatusType:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                wide_status_type_type_0 = WideStatusType(data)

                return wide_status_type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | WideStatusType, data)

        wide_status_type = _parse_wide_status_type(d.pop("wideStatusType", UNSET))

        wide_status = cls(
            status=status,
            subscriber_id_string=subscriber_id_string,
            business_unit_id=business_unit_id,
            channel=channel,
            timestamp=timestamp,
            wide_status_type=wide_status_type,
        )

        wide_status.additional_properties = d
        return wide_status

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
