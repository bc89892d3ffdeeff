"""Rows of replies, read by a version's generated classes, as our own values.

Strict where a consent decision rests on a field (address, subscription, state), lenient elsewhere:
an optional field of the wrong type reads as None.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from ..models import (
    Channel,
    Definition,
    LegalBasis,
    Links,
    OpenStrEnum,
    SetStatusSuccessReason,
    Status,
    SubscriptionState,
    Translation,
    WideStatus,
    WideStatusType,
    address_key,
)

if TYPE_CHECKING:
    from hubspot_preferences_api import unions

    from .wire import Wire

P = ParamSpec("P")
T = TypeVar("T")
E = TypeVar("E", bound=OpenStrEnum)
R = TypeVar("R", Status, WideStatus)


class Unreadable(ValueError):
    """A row that does not say what it has to; the message names the field, never a value."""


def _strict(read: Callable[P, T]) -> Callable[P, T]:
    """What the generated classes raise on a row that is not what the contract says is Unreadable."""

    @wraps(read)
    def reader(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        except Unreadable:
            raise
        except KeyError as error:
            raise Unreadable(f"{error.args[0]}: missing") from None
        except (AttributeError, TypeError, ValueError) as error:
            raise Unreadable(f"a field has the wrong type ({type(error).__name__})") from None

    return reader


@_strict
def status(wire: "Wire", data: object) -> Status:
    """A PublicStatus row. Raises Unreadable."""
    return _status(wire.SubscriptionStatus.from_dict(_mapping(data)))


@_strict
def wide_status(wire: "Wire", data: object) -> WideStatus:
    """A PublicWideStatus row. Raises Unreadable."""
    return _wide_status(wire.WideStatus.from_dict(_mapping(data)))


@_strict
def subscriber_statuses(wire: "Wire", data: object) -> tuple[Status, ...]:
    """One subscriber's part of a batch read. Raises Unreadable when any row is, or is somebody else's."""
    row = wire.SubscriberStatuses.from_dict(_mapping(data))
    return _of(row.subscriber_id_string, "statuses", row.statuses, _status)


@_strict
def subscriber_wide_statuses(wire: "Wire", data: object) -> tuple[WideStatus, ...]:
    """One subscriber's part of a batch read of opt-outs. Raises Unreadable as subscriber_statuses does."""
    row = wire.SubscriberWideStatuses.from_dict(_mapping(data))
    return _of(row.subscriber_id_string, "wideStatuses", row.wide_statuses, _wide_status)


@_strict
def subscriber_opt_out(wire: "Wire", data: object) -> tuple[Status, ...]:
    """One subscriber's part of a batch opt-out; without details there are no rows. Raises Unreadable."""
    row = wire.SubscriberOptOut.from_dict(_mapping(data))
    if row.statuses is None or row.statuses is wire.unset:
        return ()
    return _of(row.subscriber_id_string, "statuses", row.statuses, _status)


@_strict
def definition(wire: "Wire", data: object) -> Definition:
    """A SubscriptionDefinition row. Its id is a string on the wire and an integer here. Raises Unreadable."""
    # Translations decide nothing: one that cannot be read must not take the definition with it.
    fields = dict(_mapping(data))
    translations = fields.pop("subscriptionTranslations", None)
    fields["subscriptionTranslations"] = [
        item for item in (translations if isinstance(translations, list) else ()) if isinstance(item, dict)
    ]
    row = wire.SubscriptionDefinition.from_dict(fields)
    return Definition(
        id=_identifier(row.id, "id"),
        name=_only(str, row.name),
        description=_only(str, row.description),
        purpose=_only(str, row.purpose),
        communication_method=_only(str, row.communication_method),
        is_active=_only(bool, row.is_active),
        is_default=_only(bool, row.is_default),
        is_internal=_only(bool, row.is_internal),
        business_unit_id=_brand(row.business_unit_id),
        created_at=_moment(row.created_at),
        updated_at=_moment(row.updated_at),
        translations=tuple(_translation(item) for item in row.subscription_translations or ()),
    )


@_strict
def links(wire: "Wire", data: object, email: str) -> Links:
    """A LinkGenerationResponse. Raises Unreadable when it names another subscriber than `email`."""
    row = wire.LinkGenerationResponse.from_dict(_mapping(data))
    named = _only(str, row.subscriber_id_string)
    if named is not None and address_key(named) != address_key(email):
        raise Unreadable("subscriberIdString: these are somebody else's links")
    urls = row.manage_preferences_url, row.unsubscribe_all_url, row.unsubscribe_single_url
    texts = [_only(str, url) for url in urls]
    if not any(texts):
        raise Unreadable("managePreferencesUrl, unsubscribeAllUrl: missing")
    return Links(email, *texts)


def _status(row: "unions.SubscriptionStatus") -> Status:
    return Status(
        _address(row.subscriber_id_string),
        _identifier(row.subscription_id, "subscriptionId"),
        _member(SubscriptionState, row.status),
        _only(str, row.subscription_name),
        _channel(row.channel),
        _only(str, row.source),
        _member_or_none(LegalBasis, row.legal_basis),
        _only(str, row.legal_basis_explanation),
        _member_or_none(SetStatusSuccessReason, row.set_status_success_reason),
        _brand(row.business_unit_id),
        _moment(row.timestamp),
    )


def _wide_status(row: "unions.WideStatus") -> WideStatus:
    return WideStatus(
        _address(row.subscriber_id_string),
        _member(SubscriptionState, row.status),
        _member_or_none(WideStatusType, row.wide_status_type),
        _member_or_none(Channel, row.channel),
        _only(int, row.business_unit_id),
        _moment(row.timestamp),
    )


def _translation(row: "unions.SubscriptionTranslation") -> Translation:
    return Translation(
        _only(str, row.language_code),
        _only(str, row.name),
        _only(str, row.description),
        _moment_of_milliseconds(row.created_at),
        _moment_of_milliseconds(row.updated_at),
    )


def _mapping(data: object) -> Mapping[str, Any]:
    if isinstance(data, dict):
        return data
    raise Unreadable(f"a row is {_kind(data)} instead of an object")


_JSON = (str, int, float, list, dict)  # what is there: neither null nor left out


def _kind(data: object) -> str:
    if data is None:
        return "null"
    return f"a {type(data).__name__}" if isinstance(data, _JSON) else "missing"


def _of(address: object, field: str, items: object, read: Callable[[Any], R]) -> tuple[R, ...]:
    """The rows in a field of one subscriber's part."""
    if not isinstance(items, list):
        raise Unreadable(f"{field}: {_kind(items)} instead of a list")
    rows = tuple(map(read, items))
    for row in rows:
        if row.email != address and address_key(row.email) != address_key(_address(address)):
            raise Unreadable("subscriberIdString: a row within one subscriber's is somebody else's")
    return rows


def _address(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise Unreadable(f"subscriberIdString: {_kind(value)}")


def _identifier(value: object, field: str) -> int:
    if type(value) is int:
        return value
    # HubSpot writes the same id as a string in definitions and as a number elsewhere [source: ids-as-text].
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise Unreadable(f"{field}: {_kind(value)} instead of an integer")


# Known values by what the generated enums say: calling an enum takes ten times as long as looking there.
_KNOWN: Mapping[type, Mapping[str, Any]] = {
    enum: {member.value: member for member in enum}
    for enum in (Channel, LegalBasis, SetStatusSuccessReason, SubscriptionState, WideStatusType)
}


def _member(enum: type[E], value: str) -> E:
    return _KNOWN[enum].get(value) or enum(str(value))


def _member_or_none(enum: type[E], value: object) -> E | None:
    return _member(enum, value) if isinstance(value, str) else None


def _brand(value: object) -> int | None:
    """Which opt-outs concern a row: one that is there but cannot be read leaves that open."""
    return _identifier(value, "businessUnitId") if isinstance(value, _JSON) else None


def _channel(value: object) -> Channel | None:
    if isinstance(value, _JSON) and not isinstance(value, str):
        raise Unreadable(f"channel: {_kind(value)} instead of a text")
    return _member_or_none(Channel, value)


def _only(kind: type[T], value: object) -> T | None:
    """The value where it is of that type itself: True is no number."""
    return value if type(value) is kind else None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, datetime):
        return None  # absent, or a text the generated class could not read
    if value.tzinfo is UTC:
        return value
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        return None  # in UTC it is before the first year, or after the last


def _moment_of_milliseconds(value: object) -> datetime | None:
    if type(value) is not int or value <= 0:
        return None  # 0 stands for unknown
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None
