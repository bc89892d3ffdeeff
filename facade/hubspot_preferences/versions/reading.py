"""Rows of replies, read by a version's generated classes, as our own values.

Strict where a consent decision rests on a field (address, subscription, state), lenient elsewhere:
an optional field of the wrong type reads as None.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

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

# What the generated classes raise on a row that is not what the contract says.
_MISREAD = (AttributeError, KeyError, TypeError, ValueError)

E = TypeVar("E", bound=OpenStrEnum)
R = TypeVar("R", Status, WideStatus)


class Unreadable(ValueError):
    """A row that does not say what it has to; the message names the field, never a value."""


def status(wire: "Wire", data: object) -> Status:
    """A PublicStatus row. Raises Unreadable."""
    try:
        return _status(wire.SubscriptionStatus.from_dict(_mapping(data)))
    except _MISREAD as error:
        raise _unreadable(error) from None


def wide_status(wire: "Wire", data: object) -> WideStatus:
    """A PublicWideStatus row. Raises Unreadable."""
    try:
        return _wide_status(wire.WideStatus.from_dict(_mapping(data)))
    except _MISREAD as error:
        raise _unreadable(error) from None


def subscriber_statuses(wire: "Wire", data: object) -> tuple[Status, ...]:
    """One subscriber's part of a batch read. Raises Unreadable when any row is, or is somebody else's."""
    try:
        row = wire.SubscriberStatuses.from_dict(_mapping(data))
        if not isinstance(row.statuses, list):
            raise Unreadable(f"statuses: {_kind(row.statuses)} instead of a list")
        return _of(row.subscriber_id_string, [_status(item) for item in row.statuses])
    except _MISREAD as error:
        raise _unreadable(error) from None


def subscriber_wide_statuses(wire: "Wire", data: object) -> tuple[WideStatus, ...]:
    """One subscriber's part of a batch read of opt-outs. Raises Unreadable as subscriber_statuses does."""
    try:
        row = wire.SubscriberWideStatuses.from_dict(_mapping(data))
        if not isinstance(row.wide_statuses, list):
            raise Unreadable(f"wideStatuses: {_kind(row.wide_statuses)} instead of a list")
        return _of(row.subscriber_id_string, [_wide_status(item) for item in row.wide_statuses])
    except _MISREAD as error:
        raise _unreadable(error) from None


def subscriber_opt_out(wire: "Wire", data: object) -> tuple[Status, ...]:
    """One subscriber's part of a batch opt-out; without details there are no rows. Raises Unreadable."""
    try:
        row = wire.SubscriberOptOut.from_dict(_mapping(data))
        if row.statuses is None or row.statuses is wire.unset:
            return ()
        if not isinstance(row.statuses, list):
            raise Unreadable(f"statuses: {_kind(row.statuses)} instead of a list")
        return _of(row.subscriber_id_string, [_status(item) for item in row.statuses])
    except _MISREAD as error:
        raise _unreadable(error) from None


def definition(wire: "Wire", data: object) -> Definition:
    """A SubscriptionDefinition row. Its id is a string on the wire and an integer here. Raises Unreadable."""
    try:
        # Translations decide nothing: one that cannot be read must not take the definition with it.
        fields = dict(_mapping(data))
        translations = fields.pop("subscriptionTranslations", None)
        fields["subscriptionTranslations"] = [
            item for item in (translations if isinstance(translations, list) else ()) if isinstance(item, dict)
        ]
        row = wire.SubscriptionDefinition.from_dict(fields)
        return Definition(
            id=_identifier(row.id, "id"),
            name=_text(row.name),
            description=_text(row.description),
            purpose=_text(row.purpose),
            communication_method=_text(row.communication_method),
            is_active=_truth(row.is_active),
            is_default=_truth(row.is_default),
            is_internal=_truth(row.is_internal),
            business_unit_id=_brand(row.business_unit_id),
            created_at=_moment(row.created_at),
            updated_at=_moment(row.updated_at),
            translations=tuple(_translation(item) for item in row.subscription_translations or ()),
        )
    except _MISREAD as error:
        raise _unreadable(error) from None


def links(wire: "Wire", data: object, email: str) -> Links:
    """A LinkGenerationResponse. Raises Unreadable when it names another subscriber than `email`."""
    try:
        row = wire.LinkGenerationResponse.from_dict(_mapping(data))
        named = _text(row.subscriber_id_string)
        if named is not None and address_key(named) != address_key(email):
            raise Unreadable("subscriberIdString: these are somebody else's links")
        urls = [row.manage_preferences_url, row.unsubscribe_all_url, row.unsubscribe_single_url]
        if not any(map(_text, urls)):
            raise Unreadable("managePreferencesUrl, unsubscribeAllUrl: missing")
        return Links(email, *map(_text, urls))
    except _MISREAD as error:
        raise _unreadable(error) from None


def _status(row: "unions.SubscriptionStatus") -> Status:
    return Status(
        _address(row.subscriber_id_string),
        _identifier(row.subscription_id, "subscriptionId"),
        _state(row.status),
        _text(row.subscription_name),
        _channel(row.channel),
        _text(row.source),
        _member(_LEGAL_BASES, LegalBasis, row.legal_basis),
        _text(row.legal_basis_explanation),
        _member(_REASONS, SetStatusSuccessReason, row.set_status_success_reason),
        _brand(row.business_unit_id),
        _moment(row.timestamp),
    )


def _wide_status(row: "unions.WideStatus") -> WideStatus:
    return WideStatus(
        _address(row.subscriber_id_string),
        _state(row.status),
        _member(_WIDE_TYPES, WideStatusType, row.wide_status_type),
        _member(_CHANNELS, Channel, row.channel),
        _number(row.business_unit_id),
        _moment(row.timestamp),
    )


def _translation(row: "unions.SubscriptionTranslation") -> Translation:
    return Translation(
        _text(row.language_code),
        _text(row.name),
        _text(row.description),
        _moment_of_milliseconds(row.created_at),
        _moment_of_milliseconds(row.updated_at),
    )


def _unreadable(error: Exception) -> Unreadable:
    if isinstance(error, Unreadable):
        return error
    if isinstance(error, KeyError):
        return Unreadable(f"{error.args[0]}: missing")
    return Unreadable(f"a field has the wrong type ({type(error).__name__})")


def _mapping(data: object) -> Mapping[str, Any]:
    if isinstance(data, dict):
        return data
    raise Unreadable(f"a row is {_kind(data)} instead of an object")


_JSON = (str, int, float, list, dict)  # what is there: neither null nor left out


def _kind(data: object) -> str:
    if data is None:
        return "null"
    return f"a {type(data).__name__}" if isinstance(data, _JSON) else "missing"


def _of(address: object, rows: list[R]) -> tuple[R, ...]:
    for row in rows:
        if row.email != address and address_key(row.email) != address_key(_address(address)):
            raise Unreadable("subscriberIdString: a row within one subscriber's is somebody else's")
    return tuple(rows)


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
_STATES = {member.value: member for member in SubscriptionState}
_CHANNELS = {member.value: member for member in Channel}
_LEGAL_BASES = {member.value: member for member in LegalBasis}
_REASONS = {member.value: member for member in SetStatusSuccessReason}
_WIDE_TYPES = {member.value: member for member in WideStatusType}


def _state(value: str) -> SubscriptionState:
    return _STATES.get(value) or SubscriptionState(str(value))


def _brand(value: object) -> int | None:
    """Which opt-outs concern a row: one that is there but cannot be read leaves that open."""
    if type(value) is int:
        return value
    return _identifier(value, "businessUnitId") if isinstance(value, _JSON) else None


def _channel(value: object) -> Channel | None:
    if isinstance(value, str):
        return _CHANNELS.get(value) or Channel(str(value))
    if isinstance(value, _JSON):
        raise Unreadable(f"channel: {_kind(value)} instead of a text")
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> int | None:
    return value if type(value) is int else None


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _member(known: Mapping[str, E], enum: type[E], value: object) -> E | None:
    return (known.get(value) or enum(str(value))) if isinstance(value, str) else None


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
