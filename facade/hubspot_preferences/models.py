"""The values that go in and come out, the same for every API version.

All of them are frozen. Times are aware UTC datetimes; what is absent or unreadable is `None`.
No `repr` shows an address or a personal link.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self, TypeAlias

from attrs import Attribute, field, fields, frozen

from .privacy import redact


class OpenStrEnum(StrEnum):
    """A StrEnum that takes in values it does not know: they print and compare, and are not `known`.

    HubSpot adds values without a new version; a reply must not become unreadable by one.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __repr__(self) -> str:
        return redact(super().__repr__())

    def __reduce_ex__(self, protocol: object) -> tuple[type[Self], tuple[str]]:
        # By value: some Python versions pickle and copy by name, which only known members have.
        return type(self), (self._value_,)

    @property
    def known(self) -> bool:
        """Whether this library knows the value."""
        return self._value_ in type(self).__members__


class Channel(OpenStrEnum):
    """A channel of communication."""

    EMAIL = "EMAIL"


class SubscriptionState(OpenStrEnum):
    """Whether somebody is subscribed. NOT_SPECIFIED: nobody ever said.

    SubscriptionState(text) takes text from a configuration; one that is not `known` is refused before it is sent.
    """

    SUBSCRIBED = "SUBSCRIBED"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    NOT_SPECIFIED = "NOT_SPECIFIED"


class LegalBasis(OpenStrEnum):
    """HubSpot's legal bases for communicating with somebody.

    LegalBasis(text) takes text from a configuration; one that is not `known` is refused before it is sent.
    """

    LEGITIMATE_INTEREST_PQL = "LEGITIMATE_INTEREST_PQL"
    LEGITIMATE_INTEREST_CLIENT = "LEGITIMATE_INTEREST_CLIENT"
    LEGITIMATE_INTEREST_OTHER = "LEGITIMATE_INTEREST_OTHER"
    PERFORMANCE_OF_CONTRACT = "PERFORMANCE_OF_CONTRACT"
    CONSENT_WITH_NOTICE = "CONSENT_WITH_NOTICE"
    NON_GDPR = "NON_GDPR"
    PROCESS_AND_STORE = "PROCESS_AND_STORE"


class WideStatusType(OpenStrEnum):
    """How far an opt-out from all e-mail reaches."""

    PORTAL_WIDE = "PORTAL_WIDE"
    BUSINESS_UNIT_WIDE = "BUSINESS_UNIT_WIDE"


class SetStatusSuccessReason(OpenStrEnum):
    """What setting a state amounted to."""

    NO_STATUS_CHANGE = "NO_STATUS_CHANGE"
    REQUESTED_CHANGE_OCCURRED = "REQUESTED_CHANGE_OCCURRED"
    RESUBSCRIBE_OCCURRED = "RESUBSCRIBE_OCCURRED"
    UNSUBSCRIBE_FROM_ALL_OCCURRED = "UNSUBSCRIBE_FROM_ALL_OCCURRED"


# What may stand for a member in an argument: editors complete it, and type checkers refuse a typo.
ChannelName: TypeAlias = Literal["EMAIL"]
SubscriptionStateName: TypeAlias = Literal["SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED"]
LegalBasisName: TypeAlias = Literal[
    "LEGITIMATE_INTEREST_PQL",
    "LEGITIMATE_INTEREST_CLIENT",
    "LEGITIMATE_INTEREST_OTHER",
    "PERFORMANCE_OF_CONTRACT",
    "CONSENT_WITH_NOTICE",
    "NON_GDPR",
    "PROCESS_AND_STORE",
]


def address_key(address: str) -> str:
    """What two spellings of one address have in common: their case, where going there and back loses nothing.

    Anything more would join two people: ß and ss, or k and the Kelvin sign.
    """
    if address.isascii():
        return address.lower()
    return "".join(low if (low := character.lower()).upper() == character else character for character in address)


class Value:
    """What every value can do."""

    __slots__ = ()

    def __repr__(self) -> str:
        # One for all: attrs would write one for each class at every import.
        shown = [
            f"{attribute.name}={(attribute.repr if callable(attribute.repr) else repr)(value)}"
            for attribute, value in self._fields()
            if attribute.repr
        ]
        return redact(f"{type(self).__name__}({', '.join(shown)})")  # HubSpot's words may hold an address

    def to_dict(self) -> dict[str, Any]:
        """What it holds, addresses and links included, ready for JSON: times in ISO 8601, enums as their text."""
        return {attribute.name: _plain(value) for attribute, value in self._fields()}

    def _fields(self) -> "list[tuple[Attribute[Any], Any]]":
        made_by_attrs: Any = type(self)
        return [(attribute, getattr(self, attribute.name)) for attribute in fields(made_by_attrs)]


def _plain(value: Any) -> Any:
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, StrEnum) else value


@frozen(repr=False)
class Status(Value):
    """One subscriber's state for one subscription type (HubSpot's PublicStatus).

    `warning` is ours, and of subscribe(resubscribe=True) only: why this person is not mailed all the same,
    in the words of `Reason`.
    """

    email: str = field(repr=False)
    subscription_id: int
    state: SubscriptionState
    subscription_name: str | None = None
    channel: Channel | None = None
    source: str | None = None
    legal_basis: LegalBasis | None = None
    legal_basis_explanation: str | None = field(default=None, repr=False)
    reason: SetStatusSuccessReason | None = None
    business_unit_id: int | None = None
    updated_at: datetime | None = None
    warning: str | None = None


@frozen(repr=False)
class WideStatus(Value):
    """One subscriber's state for all e-mail of the account or of a brand (HubSpot's PublicWideStatus)."""

    email: str = field(repr=False)
    state: SubscriptionState
    type: WideStatusType | None = None
    channel: Channel | None = None
    business_unit_id: int | None = None
    updated_at: datetime | None = None


@frozen(repr=False)
class Translation(Value):
    """A subscription type in another language."""

    language_code: str | None
    name: str | None = None
    description: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@frozen(repr=False)
class Definition(Value):
    """A subscription type (HubSpot's SubscriptionDefinition). `is_active=False` means archived."""

    id: int
    name: str | None = None
    description: str | None = None
    purpose: str | None = None
    communication_method: str | None = None
    is_active: bool | None = None
    is_default: bool | None = None
    is_internal: bool | None = None
    business_unit_id: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    translations: tuple[Translation, ...] = ()


def _hidden(link: str | None) -> str:
    return "None" if link is None else "<secret>"


@frozen(repr=False)
class Links(Value):
    """One subscriber's personal links. Whoever holds one can use it: treat them as secrets."""

    email: str = field(repr=False)
    manage_preferences: str | None = field(default=None, repr=_hidden)
    unsubscribe_all: str | None = field(default=None, repr=_hidden)
    unsubscribe_single: str | None = field(default=None, repr=_hidden)


@frozen(repr=False)
class Change(Value):
    """A state to set for one subscriber and one subscription type: the input of `batch.write`."""

    email: str = field(repr=False)
    subscription: int | str
    state: SubscriptionState | SubscriptionStateName
    legal_basis: LegalBasis | LegalBasisName | None = None
    legal_basis_explanation: str | None = field(default=None, repr=False)
    channel: Channel | ChannelName = Channel.EMAIL
