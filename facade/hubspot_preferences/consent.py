"""May this person be mailed? The decision, and the guard against undoing an opt-out: pure rules on rows.

Everything that is not known to be a yes is a no, with the reason.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, TypeAlias

from attrs import field, frozen

from . import arguments
from .errors import InvalidArgument, PreferencesError, UnreadableReply, likeness
from .models import Channel, Definition, Status, SubscriptionState, Value, WideStatus, WideStatusType, address_key

SUBSCRIBED = SubscriptionState.SUBSCRIBED
UNSUBSCRIBED = SubscriptionState.UNSUBSCRIBED
NOT_SPECIFIED = SubscriptionState.NOT_SPECIFIED

Unspecified: TypeAlias = Literal["deny", "allow"]


class Reason(StrEnum):
    """Why a decision is what it is."""

    SUBSCRIBED = "subscribed"
    UNSPECIFIED_ALLOWED = "not specified, and the caller allows that"
    NOT_SPECIFIED = "not specified"
    UNSUBSCRIBED = "unsubscribed from this subscription type"
    OPTED_OUT = "opted out of all e-mail"
    NO_ROW = "unknown: no row for this subscription type"
    UNKNOWN_STATE = "unknown: HubSpot reports a state this library does not know"
    SOMEBODY_ELSE = "unknown: HubSpot answered about another address"
    NO_ANSWER = "unknown: a read failed"


@frozen(repr=False)
class Decision(Value):
    """Whether one person may be mailed about one subscription type: truthy only if so.

    `reason` says why, `statuses` and `opt_outs` are the rows it rests on, and `error` is what failed
    where a read did.
    """

    allowed: bool
    reason: Reason
    statuses: tuple[Status, ...] = field(default=(), repr=False)
    opt_outs: tuple[WideStatus, ...] = field(default=(), repr=False)
    error: PreferencesError | None = field(default=None, eq=likeness)

    def __bool__(self) -> bool:
        return self.allowed


def decide(
    email: str,
    subscription_id: int,
    statuses: Iterable[Status],
    opt_outs: Iterable[WideStatus],
    *,
    unspecified: Unspecified = "deny",
    business_unit_id: int | None = None,
) -> Decision:
    """The decision for one address and subscription type, from both reads: what may_email rests on.

    For who has the rows already, from batches for instance: `statuses` and `opt_outs` are all that were
    read about this address, its opt-outs from the account and every brand among them. Nothing is
    asked, nothing is raised; a read that failed has no rows to decide on, and so is a no.
    unspecified: "deny" or "allow" for NOT_SPECIFIED; whether such a person may be mailed depends on
    the account's data-privacy setting, which the API does not tell [source: data-privacy].
    business_unit_id: the brand that wants to mail; rows of other brands are then no yes.
    """
    rows = tuple(row for row in statuses if row.subscription_id == subscription_id)
    # What may be a yes; a no is one whatever channel or brand its row names.
    asked = [
        row
        for row in rows
        if row.channel in (None, Channel.EMAIL) and business_unit_id in (None, row.business_unit_id or 0)
    ]
    brands = {row.business_unit_id for row in rows} | ({business_unit_id} - {None})
    wide = tuple(row for row in opt_outs if _concerns(row, brands))
    both: tuple[Status | WideStatus, ...] = (*rows, *wide)

    def decision(allowed: bool, reason: Reason) -> Decision:
        return Decision(allowed, reason, rows, wide)

    if any(address_key(row.email) != address_key(email) for row in both):
        return decision(False, Reason.SOMEBODY_ELSE)
    if says_opted_out(wide):
        return decision(False, Reason.OPTED_OUT)
    if any(row.state == UNSUBSCRIBED for row in rows):
        return decision(False, Reason.UNSUBSCRIBED)
    if not all(row.state.known for row in both):
        return decision(False, Reason.UNKNOWN_STATE)
    if not asked:
        return decision(False, Reason.NO_ROW)
    if all(row.state == SUBSCRIBED for row in asked):
        return decision(True, Reason.SUBSCRIBED)
    if unspecified == "allow":
        return decision(True, Reason.UNSPECIFIED_ALLOWED)
    return decision(False, Reason.NOT_SPECIFIED)


def _concerns(row: WideStatus, brands: set[int | None]) -> bool:
    """An opt-out of one brand leaves the others alone; in any doubt it concerns all."""
    if row.type != WideStatusType.BUSINESS_UNIT_WIDE or row.business_unit_id is None:
        return True
    return not brands or None in brands or row.business_unit_id in brands


def says_opted_out(rows: Iterable[WideStatus]) -> bool:
    """Whether any row says UNSUBSCRIBED."""
    return any(row.state == UNSUBSCRIBED for row in rows)


def opted_out(rows: Iterable[WideStatus]) -> bool:
    """Whether any row says UNSUBSCRIBED; an empty list says no, a list alone says nothing [source: opt-out-rows].

    Raises UnreadableReply when no row says so but one holds a state this library does not know.
    """
    rows = tuple(rows)
    if says_opted_out(rows):
        return True
    if unknown := sorted({row.state for row in rows if not row.state.known}):
        raise UnreadableReply(f"an opt-out row has the unknown state {', '.join(unknown)}")
    return False


def brands_of(rows: Iterable[Status | Definition]) -> frozenset[int]:
    """The brands that rows are about; one that names none is about the default brand, 0."""
    brands = frozenset(row.business_unit_id or 0 for row in rows)
    try:
        return frozenset(arguments.integer(brand, "businessUnitId") for brand in brands)
    except InvalidArgument as error:
        raise UnreadableReply(f"a row names a brand that cannot be: {error}") from None


def subscribe_refused(decision: Decision, statuses: tuple[Status, ...]) -> str | None:
    """Why subscribing must not happen without `resubscribe`, or None where nothing speaks against it."""
    if decision.reason in (Reason.SUBSCRIBED, Reason.NOT_SPECIFIED, Reason.UNSPECIFIED_ALLOWED):
        return None
    if decision.reason is Reason.NO_ROW and not statuses:
        return None  # the address is new to the account: nobody ever said no
    return str(decision.reason)
