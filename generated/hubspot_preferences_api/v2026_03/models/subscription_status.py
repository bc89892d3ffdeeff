# Generated from openapi/2026-03.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, cast

from ..models.channel import Channel
from ..models.legal_basis import LegalBasis
from ..models.set_status_success_reason import SetStatusSuccessReason
from ..models.subscription_state import SubscriptionState
from ..types import UNSET, Unset

_Channel = {member.value: member for member in Channel}.get
_LegalBasis = {member.value: member for member in LegalBasis}.get
_SetStatusSuccessReason = {member.value: member for member in SetStatusSuccessReason}.get
_SubscriptionState = {member.value: member for member in SubscriptionState}.get


class SubscriptionStatus:
    """One subscriber's state for one subscription type."""

    __slots__ = (
        "status",
        "subscriber_id_string",
        "subscription_id",
        "business_unit_id",
        "channel",
        "legal_basis",
        "legal_basis_explanation",
        "set_status_success_reason",
        "source",
        "subscription_name",
        "timestamp",
        "additional_properties",
    )

    status: SubscriptionState
    """ Whether somebody is subscribed. """
    subscriber_id_string: str
    """ The subscriber's e-mail address. """
    subscription_id: int
    """ The subscription type, as its integer id. """
    business_unit_id: int | None | Unset
    """ The brand (business unit) this belongs to; 0 is the account's default brand. """
    channel: Channel | None | Unset
    """ The channel of communication. """
    legal_basis: LegalBasis | None | Unset
    """ The legal basis for communicating. """
    legal_basis_explanation: None | str | Unset
    """ Why the legal basis applies, in words. """
    set_status_success_reason: None | SetStatusSuccessReason | Unset
    """ What setting the state amounted to; null in replies to reads. """
    source: None | str | Unset
    """ Who or what set the state last. """
    subscription_name: None | str | Unset
    """ The name of the subscription type. """
    timestamp: datetime.datetime | None | Unset
    """ When the state was last set. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        status: SubscriptionState,
        subscriber_id_string: str,
        subscription_id: int,
        business_unit_id: int | None | Unset = UNSET,
        channel: Channel | None | Unset = UNSET,
        legal_basis: LegalBasis | None | Unset = UNSET,
        legal_basis_explanation: None | str | Unset = UNSET,
        set_status_success_reason: None | SetStatusSuccessReason | Unset = UNSET,
        source: None | str | Unset = UNSET,
        subscription_name: None | str | Unset = UNSET,
        timestamp: datetime.datetime | None | Unset = UNSET,
    ) -> None:
        self.status = status
        self.subscriber_id_string = subscriber_id_string
        self.subscription_id = subscription_id
        self.business_unit_id = business_unit_id
        self.channel = channel
        self.legal_basis = legal_basis
        self.legal_basis_explanation = legal_basis_explanation
        self.set_status_success_reason = set_status_success_reason
        self.source = source
        self.subscription_name = subscription_name
        self.timestamp = timestamp
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        status = self.status.value

        subscriber_id_string = self.subscriber_id_string

        subscription_id = self.subscription_id

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

        legal_basis: None | str | Unset
        if isinstance(self.legal_basis, Unset):
            legal_basis = UNSET
        elif isinstance(self.legal_basis, LegalBasis):
            legal_basis = self.legal_basis.value
        else:
            legal_basis = self.legal_basis

        legal_basis_explanation: None | str | Unset
        if isinstance(self.legal_basis_explanation, Unset):
            legal_basis_explanation = UNSET
        else:
            legal_basis_explanation = self.legal_basis_explanation

        set_status_success_reason: None | str | Unset
        if isinstance(self.set_status_success_reason, Unset):
            set_status_success_reason = UNSET
        elif isinstance(self.set_status_success_reason, SetStatusSuccessReason):
            set_status_success_reason = self.set_status_success_reason.value
        else:
            set_status_success_reason = self.set_status_success_reason

        source: None | str | Unset
        if isinstance(self.source, Unset):
            source = UNSET
        else:
            source = self.source

        subscription_name: None | str | Unset
        if isinstance(self.subscription_name, Unset):
            subscription_name = UNSET
        else:
            subscription_name = self.subscription_name

        timestamp: None | str | Unset
        if isinstance(self.timestamp, Unset):
            timestamp = UNSET
        elif isinstance(self.timestamp, datetime.datetime):
            timestamp = self.timestamp.isoformat()
        else:
            timestamp = self.timestamp

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "status": status,
                "subscriberIdString": subscriber_id_string,
                "subscriptionId": subscription_id,
            }
        )
        if business_unit_id is not UNSET:
            field_dict["businessUnitId"] = business_unit_id
        if channel is not UNSET:
            field_dict["channel"] = channel
        if legal_basis is not UNSET:
            field_dict["legalBasis"] = legal_basis
        if legal_basis_explanation is not UNSET:
            field_dict["legalBasisExplanation"] = legal_basis_explanation
        if set_status_success_reason is not UNSET:
            field_dict["setStatusSuccessReason"] = set_status_success_reason
        if source is not UNSET:
            field_dict["source"] = source
        if subscription_name is not UNSET:
            field_dict["subscriptionName"] = subscription_name
        if timestamp is not UNSET:
            field_dict["timestamp"] = timestamp

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        _status = d.pop("status")
        status = _SubscriptionState(_status) or SubscriptionState(_status)

        subscriber_id_string = d.pop("subscriberIdString")

        subscription_id = d.pop("subscriptionId")

        business_unit_id = d.pop("businessUnitId", UNSET)

        channel = d.pop("channel", UNSET)
        if isinstance(channel, str):
            try:
                _channel_type_0 = channel
                channel_type_0 = _Channel(_channel_type_0) or Channel(_channel_type_0)

                channel = channel_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                channel = cast(Channel | None | Unset, channel)

        legal_basis = d.pop("legalBasis", UNSET)
        if isinstance(legal_basis, str):
            try:
                _legal_basis_type_0 = legal_basis
                legal_basis_type_0 = _LegalBasis(_legal_basis_type_0) or LegalBasis(
                    _legal_basis_type_0
                )

                legal_basis = legal_basis_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                legal_basis = cast(LegalBasis | None | Unset, legal_basis)

        legal_basis_explanation = d.pop("legalBasisExplanation", UNSET)

        set_status_success_reason = d.pop("setStatusSuccessReason", UNSET)
        if isinstance(set_status_success_reason, str):
            try:
                _set_status_success_reason_type_0 = set_status_success_reason
                set_status_success_reason_type_0 = _SetStatusSuccessReason(
                    _set_status_success_reason_type_0
                ) or SetStatusSuccessReason(_set_status_success_reason_type_0)

                set_status_success_reason = set_status_success_reason_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                set_status_success_reason = cast(
                    None | SetStatusSuccessReason | Unset, set_status_success_reason
                )

        source = d.pop("source", UNSET)

        subscription_name = d.pop("subscriptionName", UNSET)

        timestamp = d.pop("timestamp", UNSET)
        if isinstance(timestamp, str):
            try:
                timestamp_type_0 = datetime.datetime.fromisoformat(timestamp)

                timestamp = timestamp_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                timestamp = cast(datetime.datetime | None | Unset, timestamp)

        subscription_status = cls(
            status,
            subscriber_id_string,
            subscription_id,
            business_unit_id,
            channel,
            legal_basis,
            legal_basis_explanation,
            set_status_success_reason,
            source,
            subscription_name,
            timestamp,
        )

        subscription_status.additional_properties = d
        return subscription_status

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
