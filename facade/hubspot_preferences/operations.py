"""Each operation once: arguments → calls → values, as generators without I/O (see engine.py)."""

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from attrs import define, field, frozen

from . import arguments, consent, replies, versions
from .consent import Decision
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
    Definition,
    LegalBasis,
    Links,
    SetStatusSuccessReason,
    Status,
    SubscriptionState,
    WideStatus,
    address_key,
)
from .privacy import redact
from .versions import Version, reading

if TYPE_CHECKING:
    from .transport import Response
    from .versions.wire import Wire

T = TypeVar("T")
R = TypeVar("R", Status, WideStatus)

NAMES_KEPT = 30.0  # seconds for which names of subscription types are remembered
NAMES_AT_LEAST = 1.0  # seconds before a name that is not among them makes for another look


@define(eq=False)
class Names:
    """Subscription types by name, remembered for a while: reading them for each address doubles the calls."""

    read_at: float = float("-inf")
    ids: dict[str, list[int]] = field(factory=dict)


@frozen(eq=False)
class Session:
    """What operations need of a client: the version, the exchange, the names."""

    version: Version
    exchange: Exchange
    names: Names = field(factory=Names)

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
    return replies.rows((yield from session.exchange(Send(kwargs))), reading.definition, wire)


def subscription_id(session: Session, subscription: int | str) -> Op[int]:
    """The id of a subscription type named by id or name. Raises UnknownSubscription."""
    wanted = arguments.subscription(subscription)
    if isinstance(wanted, int):
        return wanted
    names, now = session.names, session.exchange.clock()
    if now - names.read_at >= (NAMES_KEPT if wanted in names.ids else NAMES_AT_LEAST):
        ids: dict[str, list[int]] = {}
        archived: dict[str, list[int]] = {}
        for definition in (yield from definitions(session)):
            named = archived if definition.is_active is False else ids
            named.setdefault(definition.name or "", []).append(definition.id)
        names.ids, names.read_at = archived | ids, now  # an archived type may have left its name to another
    found = names.ids.get(wanted, [])
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownSubscription(f"{wanted!r} is the name of several subscription types: use one of {found}")
    known_names = ", ".join(repr(name) for name in sorted(names.ids) if name)
    shown = redact(repr(wanted))  # arguments in the wrong order make an address of it
    raise UnknownSubscription(f"no subscription type is named {shown}; there are {known_names or 'none'}")


# One subscriber


def statuses(
    session: Session,
    email: str,
    *,
    channel: Channel | str = Channel.EMAIL,
    business_unit_id: int | None = None,
) -> Op[tuple[Status, ...]]:
    """GET /statuses/{subscriberIdString}."""
    wire = session.wire
    build = wire.get_statuses or missing(wire, "get_statuses")
    kwargs = build(
        arguments.email(email),
        channel=wire.channel(arguments.channel(channel)),
        business_unit_id=or_unset(wire, arguments.business_unit_id(business_unit_id)),
    )
    return replies.rows_about(email, (yield from session.exchange(Send(kwargs))), reading.status, wire)


def set_status(
    session: Session,
    email: str,
    subscription: int | str,
    state: SubscriptionState | str,
    *,
    legal_basis: LegalBasis | str | None = None,
    legal_basis_explanation: str | None = None,
    channel: Channel | str = Channel.EMAIL,
) -> Op[Status]:
    """POST /statuses/{subscriberIdString}."""
    wire = session.wire
    build = wire.set_status or missing(wire, "set_status")
    address = arguments.email(email)
    wanted = arguments.state(state)
    basis = arguments.legal_basis(legal_basis)
    explanation = arguments.text(legal_basis_explanation, "legal_basis_explanation")
    sent_channel = wire.channel(arguments.channel(channel))
    identifier = yield from subscription_id(session, subscription)
    request = wire.status_request(
        channel=sent_channel,
        status_state=wire.subscription_state(wanted),
        subscription_id=identifier,
        legal_basis=or_unset(wire, basis and wire.legal_basis(basis)),
        legal_basis_explanation=or_unset(wire, explanation),
    )
    reply = yield from session.exchange(Send(build(address, body=request)))
    for row in replies.rows(reply, reading.status, wire):
        if row.subscription_id == identifier and address_key(row.email) == address_key(address):
            if confirms(row, wanted):
                return row
            raise UnreadableReply(f"HubSpot was told {wanted} and answered {redact(row.state)}", reply)
    raise UnreadableReply("the reply has no row for this address and subscription type", reply)


def confirms(row: Status, wanted: SubscriptionState) -> bool:
    """Whether the row says what was asked for. What un-asking (NOT_SPECIFIED) reads as is not documented."""
    return row.state == wanted or wanted == SubscriptionState.NOT_SPECIFIED


def opt_outs(session: Session, email: str, *, business_unit_id: int | None = None) -> Op[tuple[WideStatus, ...]]:
    """GET /statuses/{subscriberIdString}/unsubscribe-all."""
    wire = session.wire
    build = wire.get_opt_outs or missing(wire, "get_opt_outs")
    kwargs = build(
        arguments.email(email),
        channel=wire.channel(Channel.EMAIL),
        business_unit_id=or_unset(wire, arguments.business_unit_id(business_unit_id)),
        verbose=wire.unset,
    )
    return replies.rows_about(email, (yield from session.exchange(Send(kwargs))), reading.wide_status, wire)


def is_opted_out(session: Session, email: str, *, business_unit_id: int | None = None) -> Op[bool]:
    """GET /statuses/{subscriberIdString}/unsubscribe-all."""
    return consent.opted_out((yield from opt_outs(session, email, business_unit_id=business_unit_id)))


def unsubscribe_all(
    session: Session, email: str, *, business_unit_id: int | None = None, verbose: bool = False
) -> Op[tuple[Status, ...]]:
    """POST /statuses/{subscriberIdString}/unsubscribe-all."""
    wire = session.wire
    build = wire.unsubscribe_all or missing(wire, "unsubscribe_all")
    kwargs = build(
        arguments.email(email),
        channel=wire.channel(Channel.EMAIL),
        business_unit_id=or_unset(wire, arguments.business_unit_id(business_unit_id)),
        verbose=arguments.flag(verbose, "verbose") or wire.unset,
    )
    return replies.rows_about(email, (yield from session.exchange(Send(kwargs))), reading.status, wire)


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
    request = wire.link_generation_request(
        subscriber_id_string=address,
        language=or_unset(wire, spoken),
        subscription_id=or_unset(wire, identifier),
    )
    kwargs = build(body=request, channel=wire.channel(Channel.EMAIL), business_unit_id=or_unset(wire, brand))
    reply = yield from session.exchange(Send(kwargs))
    try:
        return reading.links(wire, replies.json_object(reply), address)
    except reading.Unreadable as error:
        raise UnreadableReply(f"the links cannot be read: {error}", reply) from None


# Consent


def both_reads(session: Session, address: str, identifier: int) -> Op[tuple[Any, Any]]:
    """What a decision rests on: the states and the opt-outs of one address, or the error in place of either."""
    said, wide = yield Gather([attempt(statuses(session, address)), attempt(opt_outs(session, address))])
    if isinstance(said, PreferencesError) or isinstance(wide, PreferencesError):
        return said, wide
    # That no brand means every brand is documented for batches only: ask for the type's own brand as well.
    for brand in sorted({row.business_unit_id or 0 for row in said if row.subscription_id == identifier} - {0}):
        if brand < 0:
            return said, UnreadableReply("a row has a businessUnitId below zero")
        more = yield from attempt(opt_outs(session, address, business_unit_id=brand))
        if isinstance(more, PreferencesError):
            return said, more
        wide = tuple(dict.fromkeys(wide + more))
    return said, wide


def may_email(session: Session, email: str, subscription: int | str, *, unspecified: str = "deny") -> Op[Decision]:
    """Both reads, and the rules of consent.py."""
    address = arguments.email(email)
    if unspecified not in ("deny", "allow"):
        raise InvalidArgument('unspecified: must be "deny" or "allow"')
    identifier = yield from attempt(subscription_id(session, subscription))
    if isinstance(identifier, InvalidArgument | UnknownSubscription):
        raise identifier
    if isinstance(identifier, PreferencesError):
        return Decision(allowed=False, reason=consent.Reason.NO_ANSWER, error=identifier)
    said, wide = yield from both_reads(session, address, identifier)
    for found in (wide, said):
        if isinstance(found, PreferencesError):
            return Decision(allowed=False, reason=consent.Reason.NO_ANSWER, error=found)
    return consent.decide(address, identifier, said, wide, unspecified=unspecified)


def subscribe(
    session: Session,
    email: str,
    subscription: int | str,
    *,
    legal_basis: LegalBasis | str | None = None,
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
    identifier = yield from subscription_id(session, subscription)
    if not resubscribe:
        said, wide = yield from both_reads(session, address, identifier)
        if isinstance(said, NotFound) and isinstance(wide, NotFound):
            # HubSpot may not know an address that was never mailed (undocumented): then nobody opted out.
            said = wide = ()
        if isinstance(said, PreferencesError):
            raise said
        if isinstance(wide, PreferencesError):
            raise wide
        decision = consent.decide(address, identifier, said, wide, unspecified="deny")
        if why := consent.subscribe_refused(decision, said):
            advice = "To undo an opt-out on the person's own wish, pass resubscribe=True with legal_basis and "
            advice += "legal_basis_explanation."
            if decision.reason is consent.Reason.NO_ROW:
                advice = "Is the id that of a subscription type of this account?"
            raise WouldResubscribe(f"not subscribed: {why}. {advice}")

    basis: dict[str, Any] = {"legal_basis": legal_basis, "legal_basis_explanation": legal_basis_explanation}
    row = yield from set_status(session, address, identifier, SubscriptionState.SUBSCRIBED, **basis)
    if row.reason == SetStatusSuccessReason.RESUBSCRIBE_OCCURRED and not resubscribe:
        # The person opted out between the reads and the write. Their no came last, so it stands.
        opted_out = SubscriptionState.UNSUBSCRIBED
        put_back = yield from attempt(set_status(session, address, identifier, opted_out))
        if isinstance(put_back, BadRequest):  # with data privacy on HubSpot may want a basis for a no as well
            put_back = yield from attempt(set_status(session, address, identifier, opted_out, **basis))
        if isinstance(put_back, PreferencesError):
            raise WouldResubscribe(
                "the person opted out at the same moment and may be subscribed all the same: putting the "
                f"opt-out back failed ({put_back}). Unsubscribe them."
            ) from put_back
        raise WouldResubscribe("not subscribed: the person opted out at the same moment; the opt-out was put back")
    return row


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
