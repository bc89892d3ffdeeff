# Generated from openapi/2026-09.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, cast

from ..models.channel import Channel
from ..models.subscription_state import SubscriptionState
from ..models.wide_status_type import WideStatusType
from ..types import UNSET, Unset

_Channel = {member.value: member for member in Channel}.get
_SubscriptionState = {member.value: member for member in SubscriptionState}.get
_WideStatusType = {member.value: member for member in WideStatusType}.get


class WideStatus:
    """One subscriber's state for all e-mail of an account or of a brand."""

    __slots__ = (
        "status",
        "subscriber_id_string",
        "business_unit_id",
        "channel",
        "timestamp",
        "wide_status_type",
        "additional_properties",
    )

    status: SubscriptionState
    """ Whether somebody is subscribed. """
    subscriber_id_string: str
    """ The subscriber's e-mail address. """
    business_unit_id: int | None | Unset
    """ The brand (business unit) this belongs to; 0 is the account's default brand. """
    channel: Channel | None | Unset
    """ The channel of communication. """
    timestamp: datetime.datetime | None | Unset
    """ When the state was last set. """
    wide_status_type: None | Unset | WideStatusType
    """ How far the opt-out reaches. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        status: SubscriptionState,
        subscriber_id_string: str,
        business_unit_id: int | None | Unset = UNSET,
        channel: Channel | None | Unset = UNSET,
        timestamp: datetime.datetime | None | Unset = UNSET,
        wide_status_type: None | Unset | WideStatusType = UNSET,
    ) -> None:
        self.status = status
        self.subscriber_id_string = subscriber_id_string
        self.business_unit_id = business_unit_id
        self.channel = channel
        self.timestamp = timestamp
        self.wide_status_type = wide_status_type
        self.additional_properties = {}

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
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        _status = d.pop("status")
        status = _SubscriptionState(_status) or SubscriptionState(_status)

        subscriber_id_string = d.pop("subscriberIdString")

        business_unit_id = d.pop("businessUnitId", UNSET)

        channel = d.pop("channel", UNSET)
        if isinstance(channel, str):
            try:
                _channel_type_0 = channel
                channel_type_0 = _Channel(_channel_type_0) or Channel(_channel_type_0)

                channel = channel_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                channel = cast(Channel | None | Unset, channel)

        timestamp = d.pop("timestamp", UNSET)
        if isinstance(timestamp, str):
            try:
                timestamp_type_0 = datetime.datetime.fromisoformat(timestamp)

                timestamp = timestamp_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                timestamp = cast(datetime.datetime | None | Unset, timestamp)

        wide_status_type = d.pop("wideStatusType", UNSET)
        if isinstance(wide_status_type, str):
            try:
                _wide_status_type_type_0 = wide_status_type
                wide_status_type_type_0 = _WideStatusType(
                    _wide_status_type_type_0
                ) or WideStatusType(_wide_status_type_type_0)

                wide_status_type = wide_status_type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                wide_status_type = cast(None | Unset | WideStatusType, wide_status_type)

        wide_status = cls(
            status,
            subscriber_id_string,
            business_unit_id,
            channel,
            timestamp,
            wide_status_type,
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
