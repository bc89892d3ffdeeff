# Generated from openapi/v4.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from ..models.channel import Channel
from ..models.legal_basis import LegalBasis
from ..models.subscription_state import SubscriptionState
from ..types import UNSET, Unset

_Channel = {member.value: member for member in Channel}.get
_LegalBasis = {member.value: member for member in LegalBasis}.get
_SubscriptionState = {member.value: member for member in SubscriptionState}.get


class SubscriberStatusRequest:
    """The state to set for one subscriber of a batch."""

    __slots__ = (
        "channel",
        "status_state",
        "subscriber_id_string",
        "subscription_id",
        "legal_basis",
        "legal_basis_explanation",
        "additional_properties",
    )

    channel: Channel
    """ A channel of communication. """
    status_state: SubscriptionState
    """ Whether somebody is subscribed. """
    subscriber_id_string: str
    """ The subscriber's e-mail address. """
    subscription_id: int
    """ The subscription type, as its integer id. """
    legal_basis: LegalBasis | Unset
    """ A legal basis for communicating with somebody. """
    legal_basis_explanation: str | Unset
    """ Why the legal basis applies, in words. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        channel: Channel,
        status_state: SubscriptionState,
        subscriber_id_string: str,
        subscription_id: int,
        legal_basis: LegalBasis | Unset = UNSET,
        legal_basis_explanation: str | Unset = UNSET,
    ) -> None:
        self.channel = channel
        self.status_state = status_state
        self.subscriber_id_string = subscriber_id_string
        self.subscription_id = subscription_id
        self.legal_basis = legal_basis
        self.legal_basis_explanation = legal_basis_explanation
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        channel = self.channel.value

        status_state = self.status_state.value

        subscriber_id_string = self.subscriber_id_string

        subscription_id = self.subscription_id

        legal_basis: str | Unset = UNSET
        if not isinstance(self.legal_basis, Unset):
            legal_basis = self.legal_basis.value

        legal_basis_explanation = self.legal_basis_explanation

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "channel": channel,
                "statusState": status_state,
                "subscriberIdString": subscriber_id_string,
                "subscriptionId": subscription_id,
            }
        )
        if legal_basis is not UNSET:
            field_dict["legalBasis"] = legal_basis
        if legal_basis_explanation is not UNSET:
            field_dict["legalBasisExplanation"] = legal_basis_explanation

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        _channel = d.pop("channel")
        channel = _Channel(_channel) or Channel(_channel)

        _status_state = d.pop("statusState")
        status_state = _SubscriptionState(_status_state) or SubscriptionState(_status_state)

        subscriber_id_string = d.pop("subscriberIdString")

        subscription_id = d.pop("subscriptionId")

        _legal_basis = d.pop("legalBasis", UNSET)
        legal_basis: LegalBasis | Unset
        if isinstance(_legal_basis, Unset):
            legal_basis = UNSET
        else:
            legal_basis = _LegalBasis(_legal_basis) or LegalBasis(_legal_basis)

        legal_basis_explanation = d.pop("legalBasisExplanation", UNSET)

        subscriber_status_request = cls(
            channel,
            status_state,
            subscriber_id_string,
            subscription_id,
            legal_basis,
            legal_basis_explanation,
        )

        subscriber_status_request.additional_properties = d
        return subscriber_status_request

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
