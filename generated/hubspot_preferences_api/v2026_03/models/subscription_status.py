# Generated from openapi/2026-03.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.channel import Channel
from ..models.legal_basis import LegalBasis
from ..models.set_status_success_reason import SetStatusSuccessReason
from ..models.subscription_state import SubscriptionState
from ..types import UNSET, Unset

T = TypeVar("T", bound="SubscriptionStatus")


@_attrs_define
class SubscriptionStatus:
    """One subscriber's state for one subscription type."""

    status: SubscriptionState
    """ Whether somebody is subscribed. """
    subscriber_id_string: str
    """ The subscriber's e-mail address. """
    subscription_id: int
    """ The subscription type, as its integer id. """
    business_unit_id: int | None | Unset = UNSET
    """ The brand (business unit) this belongs to; 0 is the account's default brand. """
    channel: Channel | None | Unset = UNSET
    """ The channel of communication. """
    legal_basis: LegalBasis | None | Unset = UNSET
    """ The legal basis for communicating. """
    legal_basis_explanation: None | str | Unset = UNSET
    """ Why the legal basis applies, in words. """
    set_status_success_reason: None | SetStatusSuccessReason | Unset = UNSET
    """ What setting the state amounted to; null in replies to reads. """
    source: None | str | Unset = UNSET
    """ Who or what set the state last. """
    subscription_name: None | str | Unset = UNSET
    """ The name of the subscription type. """
    timestamp: datetime.datetime | None | Unset = UNSET
    """ When the state was last set. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

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
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        status = SubscriptionState(d.pop("status"))

        subscriber_id_string = d.pop("subscriberIdString")

        subscription_id = d.pop("subscriptionId")

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

        def _parse_legal_basis(data: object) -> LegalBasis | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                legal_basis_type_0 = LegalBasis(data)

                return legal_basis_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LegalBasis | None | Unset, data)

        legal_basis = _parse_legal_basis(d.pop("legalBasis", UNSET))

        def _parse_legal_basis_explanation(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        legal_basis_explanation = _parse_legal_basis_explanation(
            d.pop("legalBasisExplanation", UNSET)
        )

        def _parse_set_status_success_reason(data: object) -> None | SetStatusSuccessReason | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                set_status_success_reason_type_0 = SetStatusSuccessReason(data)

                return set_status_success_reason_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetStatusSuccessReason | Unset, data)

        set_status_success_reason = _parse_set_status_success_reason(
            d.pop("setStatusSuccessReason", UNSET)
        )

        def _parse_source(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        source = _parse_source(d.pop("source", UNSET))

        def _parse_subscription_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        subscription_name = _parse_subscription_name(d.pop("subscriptionName", UNSET))

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

        subscription_status = cls(
            status=status,
            subscriber_id_string=subscriber_id_string,
            subscription_id=subscription_id,
            business_unit_id=business_unit_id,
            channel=channel,
            legal_basis=legal_basis,
            legal_basis_explanation=legal_basis_explanation,
            set_status_success_reason=set_status_success_reason,
            source=source,
            subscription_name=subscription_name,
            timestamp=timestamp,
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
