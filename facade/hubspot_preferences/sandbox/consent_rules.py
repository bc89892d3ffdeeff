"""The consent rules: what setting a state files, what an opt-out files, and the rows that tell of it.

Pure functions: no clock, no storage, no HTTP. Times are milliseconds since 1970.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from attrs import frozen

from ..models import address_key
from . import choices
from .state import NOT_SPECIFIED, PORTAL, SUBSCRIBED, UNSUBSCRIBED, Account, Definition, OptOut, Status

NO_STATUS_CHANGE = "NO_STATUS_CHANGE"
REQUESTED_CHANGE_OCCURRED = "REQUESTED_CHANGE_OCCURRED"
RESUBSCRIBE_OCCURRED = "RESUBSCRIBE_OCCURRED"
UNSUBSCRIBE_FROM_ALL_OCCURRED = "UNSUBSCRIBE_FROM_ALL_OCCURRED"

Row = dict[str, Any]


@frozen
class Change:
    """A state somebody asks for."""

    address: str
    subscription_id: int
    state: str
    legal_basis: str | None = None
    legal_basis_explanation: str | None = None


def objection(change: Change, definition: Definition | None, account: Account) -> tuple[str, str] | None:
    """The field a change is refused for and why; None where nothing is wrong with it."""
    if not account.lenient:
        if not choices.is_address(change.address):
            return "subscriberIdString", "is not an e-mail address"
        if definition is None:
            return "subscriptionId", "is not a subscription type of this account"
        if not definition.is_active and choices.ARCHIVED_IS_READ_ONLY:
            return "subscriptionId", "is an archived subscription type"
    if account.data_privacy and change.state in choices.STATES_NEEDING_LEGAL_BASIS:
        if change.legal_basis is None:
            return "legalBasis", "is required in an account with data privacy on"
        if not (change.legal_basis_explanation or "").strip():
            return "legalBasisExplanation", "is required in an account with data privacy on"
    return None


def set_state(before: Status | None, change: Change, now: int) -> tuple[Status, str]:
    """What to file for a change, and what the change amounts to."""
    there = before.state if before is not None else NOT_SPECIFIED
    # Recorded: rows that are not specified have no legal basis [source: status-rows].
    source, basis = choices.SOURCE, (change.legal_basis, change.legal_basis_explanation)
    if change.state == NOT_SPECIFIED:
        source, basis = choices.SOURCE_NOT_SPECIFIED, (None, None)
    asked = Status(address_key(change.address), change.subscription_id, change.state, source, now, *basis)
    if change.state == there:
        return (choices.after_repeat(before, asked) if before is not None else asked), NO_STATUS_CHANGE
    if there == UNSUBSCRIBED and change.state == SUBSCRIBED:
        return asked, RESUBSCRIBE_OCCURRED
    return asked, REQUESTED_CHANGE_OCCURRED


def opt_out(
    address: str, brand: int, definitions: Iterable[Definition], now: int
) -> tuple[OptOut, tuple[Status, ...]]:
    """What to file when somebody opts out of a brand, or of the whole account (`PORTAL`).

    Recorded: every subscription type concerned says UNSUBSCRIBED from then on, without a legal basis
    [source: opting-out].
    """
    subscriber = address_key(address)
    return OptOut(subscriber, brand, now), tuple(
        Status(subscriber, definition.id, UNSUBSCRIBED, choices.SOURCE, now)
        for definition in definitions
        if brand in {PORTAL, definition.business_unit_id}
    )


def status_row(definition: Definition, status: Status | None, address: str, reason: str | None = None) -> Row:
    """One subscriber's state for one subscription type; `reason` only in replies to writes."""
    if status is None:
        at = choices.never_set(definition.created_at)
        status = Status(address_key(address), definition.id, NOT_SPECIFIED, choices.SOURCE_NOT_SPECIFIED, at)
    return {
        "businessUnitId": definition.business_unit_id,
        "channel": "EMAIL",
        "subscriberIdString": choices.spelling(address, status.subscriber),
        "subscriptionId": definition.id,
        "subscriptionName": definition.name,
        "status": status.state,
        "source": status.source,
        "legalBasis": status.legal_basis,
        "legalBasisExplanation": status.legal_basis_explanation,
        "setStatusSuccessReason": reason,
        "timestamp": iso(status.timestamp),
    }


def status_rows(
    definitions: Iterable[Definition], statuses: Mapping[int, Status], address: str, brand: int | None
) -> list[Row]:
    """One subscriber's state for every subscription type of a brand, or of all brands."""
    return [
        status_row(definition, statuses.get(definition.id), address)
        for definition in definitions
        if choices.concerns_brand(brand, definition.business_unit_id)
    ]


def wide_rows(
    opt_outs: Mapping[int, OptOut], address: str, brand: int | None, now: int, *, verbose: bool = False
) -> list[Row]:
    """One subscriber's opt-outs: of the whole account, and of a brand or of all brands."""
    rows = [
        _wide_row(opt_out, UNSUBSCRIBED, address, opt_out.business_unit_id, now)
        for opt_out in opt_outs.values()
        if opt_out.business_unit_id == PORTAL or choices.concerns_brand(brand, opt_out.business_unit_id)
    ]
    if not rows and choices.shows_row_without_opt_out(verbose):
        return [_wide_row(None, SUBSCRIBED, address, PORTAL if brand is None else brand, now)]
    return rows


def _wide_row(opt_out: OptOut | None, state: str, address: str, brand: int, now: int) -> Row:
    row: Row = {
        "wideStatusType": "PORTAL_WIDE" if brand == PORTAL else "BUSINESS_UNIT_WIDE",
        "subscriberIdString": address,
        "status": state,
        "channel": "EMAIL",
        "timestamp": iso(choices.timestamp_of_wide_row(opt_out, now)),
    }
    # Recorded: a row about the whole account has no businessUnitId at all [source: opt-out-rows].
    return row if brand == PORTAL else {**row, "businessUnitId": brand}


def definition_row(definition: Definition, *, translations: bool) -> Row:
    """One subscription type. Its id is a string here and an integer everywhere else."""
    row: Row = {
        "businessUnitId": definition.business_unit_id,
        "id": str(definition.id),
        "name": definition.name,
        "description": definition.description,
        "purpose": definition.purpose,
        "communicationMethod": "Email",
        "isActive": definition.is_active,
        "isDefault": definition.is_default,
        "isInternal": definition.is_internal,
        "createdAt": iso(definition.created_at),
        "updatedAt": iso(definition.updated_at),
    }
    if translations:
        row["subscriptionTranslations"] = [
            {
                "subscriptionId": definition.id,
                "languageCode": translation.language_code,
                "name": translation.name,
                "description": translation.description,
                "createdAt": translation.created_at,
                "updatedAt": translation.updated_at,
            }
            for translation in definition.translations
        ]
    return row


@lru_cache(maxsize=4096)
def iso(milliseconds: int) -> str:
    """A time as replies spell it: UTC, with milliseconds and a Z."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
