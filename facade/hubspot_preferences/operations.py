"""Each operation once: arguments → calls → values, as generators without I/O (see engine.py)."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from attrs import evolve, field, frozen

from . import arguments, consent, replies, subscriptions, versions
from .consent import Decision, Unspecified
from .engine import Exchange, Gather, Op, Send
from .errors import (
    BadRequest,
    InvalidArgument,
    NotFound,
    PreferencesError,
    UnknownSubscription,
    UnreadableReply,
    WouldResubscribe,
)
from .models import (
    Channel,
    ChannelName,
    Definition,
    LegalBasis,
    LegalBasisName,
    Links,
    SetStatusSuccessReason,
    Status,
    SubscriptionState,
    SubscriptionStateName,
    WideStatus,
)
from .subscriptions import SubscriptionTypes
from .versions import Version, reading

if TYPE_CHECKING:
    from .transport import Response
    from .versions.wire import Wire

# What a write says of what it changed; where it says neither, an earlier try that was not answered did it.
KNOWN_CHANGES: Final = (
    SetStatusSuccessReason.REQUESTED_CHANGE_OCCURRED,
    SetStatusSuccessReason.RESUBSCRIBE_OCCURRED,
)
MOVED: Final = "the name may be another subscription type's by now: the state was set for {}"
UNKNOWN_CHANGE: Final = (
    "but nobody knows whether an opt-out of the same moment was undone: no reply to a try before"
)

T = TypeVar("T")
R = TypeVar("R", Status, WideStatus)


@frozen(eq=False, repr=False)
class Session:
    """What operations need of a client: the version, the exchange, the subscription types."""

    version: Version
    exchange: Exchange
    types: SubscriptionTypes = field(factory=SubscriptionTypes)

    @property
    def wire(self) -> "Wire":
        """The version's table; the generated package is imported on first use."""
        return versions.load(self.version.name)


def missing(wire: "Wire", operation: str) -> NoReturn:
    """The version lacks the operation."""
    raise versions.unsupported(operation, wire.name)


def or_unset(wire: "Wire", value: object) -> Any:
    """The value, or the generated client's sign for "leave it out"."""
    return wire.unset if value is None else value


def attempt(op: Op[T]) -> Op[T | PreferencesError]:
    """The operation's value, or the error it raised as a value."""
    try:
        return (yield from op)
    except PreferencesError as error:
        return error


# Definitions


def definitions(
    session: Session, *, business_unit_id: int | None = None, include_translations: bool = False
) -> Op[tuple[Definition, ...]]:
    """GET /definitions."""
    wire = session.wire
    build = wire.list_definitions or missing(wire, "list_definitions")
    kwargs = build(
        business_unit_id=or_unset(wire, arguments.business_unit_id(business_unit_id)),
        include_translations=arguments.flag(include_translations, "include_translations") or wire.unset,
    )
    reply = yield from session.exchange(Send(kwargs))
    return replies.rows(reply, reading.definition, wire, wire.success["list_definitions"])


def subscription_types(session: Session, kept: float) -> Op[SubscriptionTypes]:
    """GET /definitions, unless they were read within the last `kept` seconds."""
    now = session.exchange.clock()
    if now - session.types.read_at >= kept:
        session.types.remember((yield from definitions(session)), now)
    return session.types


def subscription_id(session: Session, subscription: int | str, kept: float = subscriptions.KEPT) -> Op[int]:
    """The id of a subscription type named by id or name, as of `kept` seconds ago. Raises UnknownSubscription."""
    wanted = arguments.subscription(subscription)
    if isinstance(wanted, int):
        return wanted
    if wanted not in session.types.ids:
        kept = subscriptions.LOOKED_AGAIN
    return (yield from subscription_types(session, kept)).id_of(wanted)


def confirmed_id(
    session: Session, subscription: int | str, identifier: int, rows: Iterable[Status], started: float
) -> Op[int]:
    """The id again, where a name led to it: names move from one type to another while they are remembered.

    rows: what was read of a subscriber. Where a row of the id has another name, or none, the definitions are read
    again, unless they were since `started`. Raises UnknownSubscription, and as definitions does.
    """
    wanted = arguments.subscription(subscription)
    if isinstance(wanted, int):
        return wanted
    names = {row.subscription_name for row in rows if row.subscription_id == identifier}
    if names != {wanted} and session.types.read_at < started:
        yield from subscription_types(session, 0)
    return session.types.id_of(wanted)


# One subscriber


def statuses(
    session: Session,
    email: str,
    *,
    channel: Channel | ChannelName = Channel.EMAIL,
    business_unit_id: int | None = None,
) -> Op[tuple[Status, ...]]:
    """GET /statuses/{subscriberIdString}."""
    wire = session.wire
    build = wire.get_statuses or missing(wire, "get_statuses")
    kwargs = build(
        arguments.email(email),
        channel=wire.Channel(arguments.channel(channel)),
        business_unit_id=or_unset(wire, arguments.business_unit_id(business_unit_id)),
    )
    reply = yield from session.exchange(Send(kwargs))
    return replies.rows_about(email, reply, reading.status, wire, wire.success["get_statuses"])


def set_status(
    session: Session,
    email: str,
    subscription: int | str,
    state: SubscriptionState | SubscriptionStateName,
    *,
    legal_basis: LegalBasis | LegalBasisName | None = None,
    legal_basis_explanation: str | None = None,
    channel: Channel | ChannelName = Channel.EMAIL,
    guarded: bool = False,
) -> Op[Status]:
    """POST /statuses/{subscriberIdString}. guarded: it is an error if nobody knows what the write changed."""
    wire = session.wire
    build = wire.set_status or missing(wire, "set_status")
    address = arguments.email(email)
    wanted = arguments.state(state)
    basis = arguments.legal_basis(legal_basis)
    explanation = arguments.text(legal_basis_explanation, "legal_basis_explanation")
    sent_channel = wire.Channel(arguments.channel(channel))
    started = session.exchange.clock()
    identifier = yield from subscription_id(session, subscription)
    request = wire.StatusRequest(
        channel=sent_channel,
        status_state=wire.SubscriptionState(wanted),
        subscription_id=identifier,
        legal_basis=or_unset(wire, basis and wire.LegalBasis(basis)),
        legal_basis_explanation=or_unset(wire, explanation),
    )
    reply = yield from session.exchange(Send(build(address, body=request)))
    rows = replies.rows_about(address, reply, reading.status, wire, replies.ANY_SUCCESS)
    of_type = [row for row in rows if row.subscription_id == identifier]
    if not of_type:
        raise UnreadableReply("the reply has no row for this subscription type", reply)
    for row in of_type:
        if doubt := unconfirmed(row, wanted):
            raise UnreadableReply(doubt, reply)
    if (yield from attempt(confirmed_id(session, subscription, identifier, of_type, started))) != identifier:
        raise UnreadableReply(MOVED.format(identifier), reply)
    if guarded and replies.repeated(reply) and of_type[0].reason not in KNOWN_CHANGES:
        raise UnreadableReply(f"the state is {wanted}, {UNKNOWN_CHANGE}", reply)
    return of_type[0]


def unconfirmed(row: Status, wanted: SubscriptionState) -> str | None:
    """What is not as it was asked for, if anything; NOT_SPECIFIED may read as anything [source: un-asking]."""
    if row.channel not in (None, Channel.EMAIL):
        return "HubSpot answered about another channel"
    if row.state == wanted or wanted == SubscriptionState.NOT_SPECIFIED:
        return None
    return f"HubSpot was told {wanted} and answered {row.state}"


def not_all_opted_out(rows: Sequence[Status], brand: int | None) -> str | None:
    """What keeps these rows from confirming an opt-out from all e-mail, or all of a brand's, if anything does."""
    if not rows:
        return "no row confirms the opt-out"
    if any(row.channel not in (None, Channel.EMAIL) for row in rows):
        return "HubSpot answered about another channel"
    if brand is not None and any(row.business_unit_id not in (None, brand) for row in rows):
        return "HubSpot answered about another brand"
    left = [row.state for row in rows if row.state != SubscriptionState.UNSUBSCRIBED]
    return f"after the opt-out a row is {left[0]}" if left else None


def opt_outs(session: Session, email: str, *, business_unit_id: int | None = None) -> Op[tuple[WideStatus, ...]]:
    """GET /statuses/{subscriberIdString}/unsubscribe-all."""
    wire = session.wire
    build = wire.get_opt_outs or missing(wire, "get_opt_outs")
    kwargs = build(
        arguments.email(email),
        channel=wire.Channel(Channel.EMAIL),
        business_unit_id=or_unset(wire, arguments.business_unit_id(business_unit_id)),
        verbose=wire.unset,
    )
    reply = yield from session.exchange(Send(kwargs))
    return replies.rows_about(email, reply, reading.wide_status, wire, wire.success["get_opt_outs"])


def every_opt_out(
    session: Session,
    email: str,
    *,
    business_unit_id: int | None = None,
    statuses: Iterable[Status] | None = None,
    also: int | None = None,
    read: tuple[WideStatus, ...] | None = None,
    one_is_enough: bool = False,
) -> Op[tuple[WideStatus, ...]]:
    """The opt-outs of one subscriber from the account and every brand, or from the brand that is named.

    That no brand means every brand is documented for batches only, so each is asked for by itself
    [source: batch-brands, missing-brand].
    statuses: the subscriber's rows, which tell the brands (one that names none is about brand 0); None: the
    account's subscription types do. also: a brand besides these.
    read: what was answered without a brand already. one_is_enough: a row that says UNSUBSCRIBED ends it.
    Operations: GET /statuses/{subscriberIdString}/unsubscribe-all for each brand, GET /definitions.
    """
    if business_unit_id is not None:
        return (yield from opt_outs(session, email, business_unit_id=business_unit_id))
    rows = (yield from opt_outs(session, email)) if read is None else read
    if one_is_enough and consent.says_opted_out(rows):
        return rows
    if statuses is None:
        brands = (yield from subscription_types(session, subscriptions.KEPT)).brands
    else:
        brands = consent.brands_of(statuses)
    for brand in sorted({*brands, also or 0} - {0}):
        more = yield from opt_outs(session, email, business_unit_id=brand)
        rows = tuple(dict.fromkeys(rows + more))
        if one_is_enough and consent.says_opted_out(rows):
            break
    return rows


def is_opted_out(session: Session, email: str, *, business_unit_id: int | None = None) -> Op[bool]:
    """every_opt_out, until one says so."""
    rows = yield from every_opt_out(session, email, business_unit_id=business_unit_id, one_is_enough=True)
    return consent.opted_out(rows)


def unsubscribe_all(
    session: Session, email: str, *, business_unit_id: int | None = None, verbose: bool = False
) -> Op[tuple[Status, ...]]:
    """POST /statuses/{subscriberIdString}/unsubscribe-all."""
    wire = session.wire
    build = wire.unsubscribe_all or missing(wire, "unsubscribe_all")
    kwargs = build(
        arguments.email(email),
        channel=wire.Channel(Channel.EMAIL),
        business_unit_id=or_unset(wire, arguments.business_unit_id(business_unit_id)),
        verbose=arguments.flag(verbose, "verbose") or wire.unset,
    )
    reply = yield from session.exchange(Send(kwargs))
    # Without details there need be no row: then only the status that the contract declares confirms anything.
    declared = replies.ANY_SUCCESS if verbose else wire.success["unsubscribe_all"]
    rows = replies.rows_about(email, reply, reading.status, wire, declared)
    if (rows or verbose) and (doubt := not_all_opted_out(rows, business_unit_id)):
        raise UnreadableReply(doubt, reply)
    return rows


def links(
    session: Session,
    email: str,
    *,
    subscription: int | str | None = None,
    language: str | None = None,
    business_unit_id: int | None = None,
) -> Op[Links]:
    """POST /links/generate."""
    wire = session.wire
    build = wire.generate_links or missing(wire, "generate_links")
    address = arguments.email(email)
    spoken = arguments.text(language, "language")
    brand = arguments.business_unit_id(business_unit_id)
    identifier = None
    if subscription is not None:
        identifier = yield from subscription_id(session, subscription)
    request = wire.LinkGenerationRequest(
        subscriber_id_string=address,
        language=or_unset(wire, spoken),
        subscription_id=or_unset(wire, identifier),
    )
    kwargs = build(body=request, channel=wire.Channel(Channel.EMAIL), business_unit_id=or_unset(wire, brand))
    reply = yield from session.exchange(Send(kwargs))
    try:
        return reading.links(wire, replies.body(reply, replies.ANY_SUCCESS), address)
    except reading.Unreadable as error:
        raise UnreadableReply(f"the links cannot be read: {error}", reply) from None


# Consent


def both_reads(
    session: Session, address: str, identifier: int, brand: int | None = None
) -> Op[tuple[tuple[Status, ...] | PreferencesError, tuple[WideStatus, ...] | PreferencesError]]:
    """What a decision rests on: the states and the opt-outs of one address, or the error in place of either."""
    of_brand = attempt(statuses(session, address, business_unit_id=brand))
    rows, wide = yield Gather([of_brand, attempt(opt_outs(session, address))])
    if not isinstance(rows, PreferencesError) and not isinstance(wide, PreferencesError):
        of_type = [row for row in rows if row.subscription_id == identifier]
        wide = yield from attempt(every_opt_out(session, address, statuses=of_type, also=brand, read=wide))
    return rows, wide


def reads_for(
    session: Session, address: str, subscription: int | str, brand: int | None = None
) -> Op[tuple[int, tuple[Status, ...] | PreferencesError, tuple[WideStatus, ...] | PreferencesError]]:
    """The id of a subscription type, and both reads; of the one that has its name now, where it is named."""
    started = session.exchange.clock()
    identifier = yield from subscription_id(session, subscription)
    rows, wide = yield from both_reads(session, address, identifier, brand)
    known = () if isinstance(rows, NotFound) else rows  # who is not known may be subscribed all the same
    if not isinstance(known, PreferencesError):
        current = yield from confirmed_id(session, subscription, identifier, known, started)
        if current != identifier:
            identifier = current
            rows, wide = yield from both_reads(session, address, identifier, brand)
    return identifier, rows, wide


def check_unspecified(unspecified: object) -> None:
    """Raises InvalidArgument for what is neither "deny" nor "allow"."""
    if unspecified not in ("deny", "allow"):
        raise InvalidArgument('unspecified: must be "deny" or "allow"')


def may_email(
    session: Session,
    email: str,
    subscription: int | str,
    *,
    unspecified: Unspecified = "deny",
    business_unit_id: int | None = None,
) -> Op[Decision]:
    """Both reads, and the rules of consent.py."""
    address = arguments.email(email)
    brand = arguments.business_unit_id(business_unit_id)
    check_unspecified(unspecified)
    answer = yield from attempt(reads_for(session, address, subscription, brand))
    if isinstance(answer, InvalidArgument | UnknownSubscription):
        raise answer
    if isinstance(answer, PreferencesError):
        return Decision(allowed=False, reason=consent.Reason.NO_ANSWER, error=answer)
    identifier, rows, wide = answer
    if isinstance(wide, PreferencesError):
        return Decision(allowed=False, reason=consent.Reason.NO_ANSWER, error=wide)
    if isinstance(rows, PreferencesError):
        return Decision(allowed=False, reason=consent.Reason.NO_ANSWER, error=rows)
    return consent.decide(address, identifier, rows, wide, unspecified=unspecified, business_unit_id=brand)


def subscribe(
    session: Session,
    email: str,
    subscription: int | str,
    *,
    legal_basis: LegalBasis | LegalBasisName | None = None,
    legal_basis_explanation: str | None = None,
    resubscribe: bool = False,
) -> Op[Status]:
    """set_status SUBSCRIBED, behind the guard."""
    address = arguments.email(email)
    arguments.legal_basis(legal_basis)
    arguments.text(legal_basis_explanation, "legal_basis_explanation")
    if arguments.flag(resubscribe, "resubscribe"):
        if legal_basis is None:
            raise InvalidArgument("legal_basis: needed to undo an opt-out (resubscribe=True)")
        if legal_basis_explanation is None:
            raise InvalidArgument("legal_basis_explanation: needed to undo an opt-out (resubscribe=True)")
    if not resubscribe:
        subscription, rows, wide = yield from reads_for(session, address, subscription)
        if rows == () and not isinstance(wide, PreferencesError):
            wide = yield from every_opt_out(session, address, read=wide)  # no row tells the type's brand
        if isinstance(rows, NotFound) and isinstance(wide, NotFound):
            # HubSpot may not know who was never mailed: then nobody opted out [source: unknown-address]. Of a
            # batch a 404 says nothing about a person.
            rows = wide = ()
        if refused := refusal(address, subscription, rows, wide):
            raise refused

    basis: dict[str, Any] = {"legal_basis": legal_basis, "legal_basis_explanation": legal_basis_explanation}
    wanted = SubscriptionState.SUBSCRIBED
    row = yield from set_status(session, address, subscription, wanted, **basis, guarded=not resubscribe)
    if resubscribe:
        return (yield from with_warning(session, address, row))
    if row.reason == SetStatusSuccessReason.RESUBSCRIBE_OCCURRED:
        raise (yield from put_back(session, address, subscription, basis))
    return row


def with_warning(session: Session, address: str, row: Status) -> Op[Status]:
    """The row that subscribed somebody, with the reason why they are not mailed all the same, if there is one.

    Whether a wish to be subscribed again lifts an opt-out from all e-mail is not known [source: lifted-opt-out].
    """
    wide = yield from attempt(every_opt_out(session, address, statuses=[row]))
    if isinstance(wide, PreferencesError):
        return evolve(row, warning=str(consent.Reason.NO_ANSWER))
    decision = consent.decide(address, row.subscription_id, [row], wide)
    return row if decision else evolve(row, warning=str(decision.reason))


def refusal(
    address: str,
    identifier: int,
    rows: tuple[Status, ...] | PreferencesError,
    wide: tuple[WideStatus, ...] | PreferencesError,
) -> PreferencesError | None:
    """What keeps somebody from being subscribed, by what was read about them; None: nothing does."""
    if isinstance(rows, PreferencesError):
        return rows
    if isinstance(wide, PreferencesError):
        return wide
    decision = consent.decide(address, identifier, rows, wide)
    why = consent.subscribe_refused(decision, rows)
    if why is None:
        return None
    advice = "To undo an opt-out on the person's own wish, pass resubscribe=True with legal_basis and "
    advice += "legal_basis_explanation."
    if decision.reason is consent.Reason.NO_ROW:
        advice = "Is the id that of a subscription type of this account?"
    return WouldResubscribe(f"not subscribed: {why}. {advice}")


def put_back(session: Session, address: str, identifier: int | str, basis: dict[str, Any]) -> Op[WouldResubscribe]:
    """The person opted out between the reads and the write. Their no came last: restore it; what to raise."""
    opted_out = SubscriptionState.UNSUBSCRIBED
    restored = yield from attempt(set_status(session, address, identifier, opted_out))
    if isinstance(restored, BadRequest):  # a no may need a basis as well [source: legal-basis]
        restored = yield from attempt(set_status(session, address, identifier, opted_out, **basis))
    if not isinstance(restored, PreferencesError):
        return WouldResubscribe(
            "not subscribed: the person opted out at the same moment; the opt-out was put back"
        )
    failed = WouldResubscribe(
        "the person opted out at the same moment and may be subscribed all the same: putting the "
        f"opt-out back failed ({restored}). Unsubscribe them."
    )
    failed.uncertain, failed.__cause__ = True, restored
    return failed


# Anything else


def request(session: Session, method: str, path: str, kwargs: dict[str, Any]) -> "Op[Response]":
    """Any request to the same host, by the same exchange."""
    if not isinstance(method, str) or not (method.isascii() and method.isalpha()):
        raise InvalidArgument("method: must be an HTTP method")
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//"):
        raise InvalidArgument("path: must start with one slash; the host is that of base_url")
    if any(ord(character) <= 32 or ord(character) == 127 for character in path):
        raise InvalidArgument("path: holds white space or a control character")
    if not isinstance(kwargs.get("content"), str | bytes | None):
        raise InvalidArgument("content: must be text or bytes; what can be read only once cannot be sent again")
    # Only methods that HTTP calls idempotent may run twice when no reply came.
    repeatable = method.upper() in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")
    return (yield from session.exchange(Send({**kwargs, "method": method, "url": path}, repeatable=repeatable)))
