"""Batches: one outcome per input, in input order, whatever happens.

An address is one input however often and in whatever case it is given: it is sent once, as it was
first spelled, and each of its places gets the outcome. What HubSpot's reply mentions neither in a
row nor in an error is *unknown*, not fine.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from attrs import define, field, frozen

from . import arguments, operations
from .engine import Gather, Op, Send
from .errors import (
    APIError,
    BadRequest,
    BatchFailed,
    DailyLimitReached,
    Forbidden,
    InvalidArgument,
    PreferencesError,
    Unauthorized,
    UnknownSubscription,
    UnreadableReply,
)
from .models import (
    Change,
    Channel,
    LegalBasis,
    SetStatusSuccessReason,
    Status,
    SubscriptionState,
    WideStatus,
    address_key,
)
from .operations import Session
from .privacy import redact
from .versions import reading

if TYPE_CHECKING:
    from .transport import Response
    from .versions.wire import Kwargs, Wire

I = TypeVar("I")  # noqa: E741  # an input
T = TypeVar("T")
V = TypeVar("V")  # what HubSpot says about it

CHUNK_SIZE = 100  # HubSpot documents no maximum; what public clients use
ENOUGH_REFUSALS = 10  # a chunk of so many inputs counts when it comes to whether anything will be taken


class OutcomeState(StrEnum):
    """What became of one input."""

    APPLIED = "applied"
    NO_CHANGE = "no_change"
    FAILED = "failed"
    UNKNOWN = "unknown"


@frozen
class Outcome(Generic[I, V]):
    """What became of one input.

    state: "applied" (done; for reads: read), "no_change" (it was so already), "failed" (nothing
    happened; `error` says why) or "unknown" (it may have happened or not; `error` says why).
    value: what HubSpot answered about this input, where it did.
    """

    input: I = field(repr=False)  # it is or holds an address
    state: OutcomeState
    value: V | None = field(default=None, repr=False)
    error: PreferencesError | None = None

    @property
    def ok(self) -> bool:
        """Whether the input is as it was asked for: applied or no_change."""
        return self.state in (OutcomeState.APPLIED, OutcomeState.NO_CHANGE)


class BatchResult(Sequence[Outcome[I, V]]):
    """The outcomes of a batch, one per input, in input order."""

    def __init__(self, outcomes: Sequence[Outcome[I, V]]) -> None:
        self._outcomes = tuple(outcomes)

    @overload
    def __getitem__(self, index: int) -> Outcome[I, V]: ...
    @overload
    def __getitem__(self, index: slice) -> "BatchResult[I, V]": ...
    def __getitem__(self, index: int | slice) -> "Outcome[I, V] | BatchResult[I, V]":
        if isinstance(index, slice):
            return BatchResult(self._outcomes[index])
        return self._outcomes[index]

    def __len__(self) -> int:
        return len(self._outcomes)

    def __iter__(self) -> Iterator[Outcome[I, V]]:
        return iter(self._outcomes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BatchResult) and self._outcomes == other._outcomes

    def __hash__(self) -> int:
        return hash(self._outcomes)

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(self._in(state))} {state}" for state in OutcomeState)
        return f"<BatchResult of {len(self)}: {counts}>"

    def _in(self, state: OutcomeState) -> tuple[Outcome[I, V], ...]:
        return tuple(outcome for outcome in self._outcomes if outcome.state is state)

    @property
    def applied(self) -> tuple[Outcome[I, V], ...]:
        """The inputs that were carried out (for reads: read)."""
        return self._in(OutcomeState.APPLIED)

    @property
    def no_change(self) -> tuple[Outcome[I, V], ...]:
        """The inputs for which everything was so already."""
        return self._in(OutcomeState.NO_CHANGE)

    @property
    def failed(self) -> tuple[Outcome[I, V], ...]:
        """The inputs for which nothing happened; each `error` says why."""
        return self._in(OutcomeState.FAILED)

    @property
    def unknown(self) -> tuple[Outcome[I, V], ...]:
        """The inputs of which nobody can say; each `error` says why."""
        return self._in(OutcomeState.UNKNOWN)

    def raise_for_failures(self) -> None:
        """Raise BatchFailed, with this result, if any input failed or is unknown."""
        bad = [*self.failed, *self.unknown]
        if bad:
            kinds = sorted({type(outcome.error).__name__ for outcome in bad})
            raise BatchFailed(
                f"of {len(self)} inputs {len(self.failed)} failed and {len(self.unknown)} are unknown "
                f"({', '.join(kinds)}); the first: {bad[0].error}",
                self,
            )


# The four operations, each as what it has of its own


@frozen(eq=False)
class _Kind(Generic[I, V]):
    """One batch operation: how inputs are told apart, sent together, read back, and done singly."""

    key: Callable[[I], Hashable]
    address: Callable[[I], str]
    build: "Callable[[list[I]], Kwargs]"
    row_key: Callable[[Any], Hashable]
    read: "Callable[[Wire, object], V]"
    single: Callable[[I], Op[V]]
    judge: Callable[[I, V], tuple[OutcomeState, PreferencesError | None]]
    writes: bool


@frozen
class _Write:
    """A change, checked, its subscription type resolved."""

    email: str = field(repr=False)
    subscription_id: int
    state: SubscriptionState
    legal_basis: LegalBasis | None
    legal_basis_explanation: str | None = field(repr=False)
    channel: Channel


def statuses(
    session: Session, emails: Any, *, business_unit_id: int | None, chunk_size: int, fallback: bool
) -> Op[BatchResult[str, tuple[Status, ...]]]:
    """POST /statuses/batch/read."""
    kind = _by_address(
        session,
        session.wire.batch_read_statuses or operations.missing(session.wire, "batch_read_statuses"),
        reading.subscriber_statuses,
        operations.statuses,
        business_unit_id,
    )
    return (yield from _run(session, kind, *_addresses(emails), chunk_size=chunk_size, fallback=fallback))


def opt_outs(
    session: Session, emails: Any, *, business_unit_id: int | None, chunk_size: int, fallback: bool
) -> Op[BatchResult[str, tuple[WideStatus, ...]]]:
    """POST /statuses/batch/unsubscribe-all/read."""
    kind = _by_address(
        session,
        session.wire.batch_read_opt_outs or operations.missing(session.wire, "batch_read_opt_outs"),
        reading.subscriber_wide_statuses,
        operations.opt_outs,
        business_unit_id,
    )
    return (yield from _run(session, kind, *_addresses(emails), chunk_size=chunk_size, fallback=fallback))


def unsubscribe_all(
    session: Session, emails: Any, *, business_unit_id: int | None, chunk_size: int, fallback: bool
) -> Op[BatchResult[str, tuple[Status, ...]]]:
    """POST /statuses/batch/unsubscribe-all, always verbose: without details no input could be confirmed."""
    kind = _by_address(
        session,
        session.wire.batch_unsubscribe_all or operations.missing(session.wire, "batch_unsubscribe_all"),
        reading.subscriber_opt_out,
        operations.unsubscribe_all,
        business_unit_id,
        _judge_opt_out,
        verbose=True,
    )
    return (yield from _run(session, kind, *_addresses(emails), chunk_size=chunk_size, fallback=fallback))


def _by_address(
    session: Session,
    build: "Callable[..., Kwargs]",
    read: "Callable[[Wire, object], V]",
    single: Callable[..., Op[V]],
    business_unit_id: int | None,
    judge: Callable[[str, V], tuple[OutcomeState, PreferencesError | None]] | None = None,
    **query: Any,
) -> _Kind[str, V]:
    """What the three operations whose inputs are addresses share; `query` goes with batch and single calls.

    What is read needs no `judge`: it is what it is.
    """
    wire = session.wire
    brand = arguments.business_unit_id(business_unit_id)
    return _Kind(
        key=address_key,
        address=str,
        build=lambda inputs: build(
            body=wire.subscriber_input(inputs=inputs),
            channel=wire.channel(Channel.EMAIL),
            business_unit_id=operations.or_unset(wire, brand),
            **query,
        ),
        row_key=_address_of_row,
        read=read,
        single=lambda email: single(session, email, business_unit_id=brand, **query),
        judge=judge or (lambda _, __: (OutcomeState.APPLIED, None)),
        writes=judge is not None,
    )


def write(session: Session, changes: Any, *, chunk_size: int, fallback: bool) -> Op[BatchResult[Change, Status]]:
    """POST /statuses/batch/write."""
    wire = session.wire
    build = wire.batch_write_statuses or operations.missing(wire, "batch_write_statuses")

    def request(change: _Write) -> Any:
        return wire.subscriber_status_request(
            channel=wire.channel(change.channel),
            status_state=wire.subscription_state(change.state),
            subscriber_id_string=change.email,
            subscription_id=change.subscription_id,
            legal_basis=operations.or_unset(wire, change.legal_basis and wire.legal_basis(change.legal_basis)),
            legal_basis_explanation=operations.or_unset(wire, change.legal_basis_explanation),
        )

    kind = _Kind[_Write, Status](
        key=lambda change: (address_key(change.email), change.subscription_id),
        address=lambda change: change.email,
        build=lambda inputs: build(body=wire.write_input(inputs=[request(change) for change in inputs])),
        row_key=_change_of_row,
        read=reading.status,
        single=lambda change: operations.set_status(
            session,
            change.email,
            change.subscription_id,
            change.state,
            legal_basis=change.legal_basis,
            legal_basis_explanation=change.legal_basis_explanation,
            channel=change.channel,
        ),
        judge=_judge_write,
        writes=True,
    )
    _check(chunk_size, fallback)  # before names are looked up
    inputs, checked = yield from _changes(session, changes)
    return (yield from _run(session, kind, inputs, checked, chunk_size=chunk_size, fallback=fallback))


def _address_of_row(row: Any) -> Hashable:
    return address_key(row["subscriberIdString"])


def _change_of_row(row: Any) -> Hashable:
    return address_key(row["subscriberIdString"]), int(row["subscriptionId"])


def _judge_write(change: _Write, row: Status) -> tuple[OutcomeState, PreferencesError | None]:
    if not operations.confirms(row, change.state):
        return OutcomeState.UNKNOWN, UnreadableReply(
            f"HubSpot was told {change.state} and answered {redact(row.state)}"
        )
    if row.reason == SetStatusSuccessReason.NO_STATUS_CHANGE:
        return OutcomeState.NO_CHANGE, None
    return OutcomeState.APPLIED, None


def _judge_opt_out(_: str, found: tuple[Status, ...]) -> tuple[OutcomeState, PreferencesError | None]:
    if any(row.state != SubscriptionState.UNSUBSCRIBED for row in found):
        return OutcomeState.UNKNOWN, UnreadableReply("after the opt-out a row is not UNSUBSCRIBED")
    if found and all(row.reason == SetStatusSuccessReason.NO_STATUS_CHANGE for row in found):
        return OutcomeState.NO_CHANGE, None
    return OutcomeState.APPLIED, None


# Inputs: what cannot be sent fails alone


def _addresses(emails: Any) -> tuple[list[Any], list[Any]]:
    inputs = arguments.several(emails, "emails")
    checked: list[Any] = []
    for place, value in enumerate(inputs):
        try:
            checked.append(arguments.email(value, f"emails[{place}]"))
        except InvalidArgument as error:
            checked.append(error)
    return inputs, checked


def _changes(session: Session, changes: Any) -> Op[tuple[list[Any], list[Any]]]:
    inputs = arguments.several(changes, "changes")
    checked: list[Any] = []
    identifiers: dict[int | str, int | PreferencesError] = {}
    unread: PreferencesError | None = None  # what kept the names from being read: asking again is no use
    for place, change in enumerate(inputs):
        name = f"changes[{place}]"
        try:
            if not isinstance(change, Change):
                raise InvalidArgument(f"{name}: must be a Change, not {type(change).__name__}")
            wanted = arguments.subscription(change.subscription, f"{name}.subscription")
            if wanted not in identifiers:
                identifier = (isinstance(wanted, str) and unread) or (
                    yield from _attempt(operations.subscription_id(session, wanted))
                )
                if isinstance(identifier, PreferencesError) and not isinstance(identifier, UnknownSubscription):
                    unread = identifier
                identifiers[wanted] = identifier
            identifier = identifiers[wanted]
            if isinstance(identifier, PreferencesError):
                checked.append(identifier)
                continue
            checked.append(
                _Write(
                    email=arguments.email(change.email, f"{name}.email"),
                    subscription_id=identifier,
                    state=arguments.state(change.state, f"{name}.state"),
                    legal_basis=arguments.legal_basis(change.legal_basis, f"{name}.legal_basis"),
                    legal_basis_explanation=arguments.text(
                        change.legal_basis_explanation, f"{name}.legal_basis_explanation"
                    ),
                    channel=arguments.channel(change.channel, f"{name}.channel"),
                )
            )
        except InvalidArgument as error:
            checked.append(error)
    return inputs, _contradictions(checked)


def _contradictions(checked: list[Any]) -> list[Any]:
    """Two changes for one subscriber and type that differ: HubSpot's order is unknown, so neither is sent."""
    wanted: dict[Hashable, dict[Hashable, int]] = {}
    for place, change in enumerate(checked):
        if isinstance(change, _Write):
            what = (change.state, change.legal_basis, change.legal_basis_explanation)
            wanted.setdefault((address_key(change.email), change.subscription_id), {}).setdefault(what, place)
    found: list[Any] = []
    for place, change in enumerate(checked):
        others = (
            list(wanted[address_key(change.email), change.subscription_id].values())
            if isinstance(change, _Write)
            else []
        )
        if len(others) > 1:
            first, second = others[:2]
            found.append(
                InvalidArgument(
                    f"changes[{place}]: changes for its subscriber and subscription type contradict each other "
                    f"(changes[{first}] and changes[{second}])"
                )
            )
        else:
            found.append(change)
    return found


# Running


@define(eq=False)
class _Course:
    """What chunks of one batch tell each other."""

    forbidden: Forbidden | None = None  # batches are not for this token: go on with single calls
    hopeless: PreferencesError | None = None  # nothing more will succeed: send nothing more
    taken: bool = False  # some inputs were not refused
    refused: int = 0  # chunks of which every input was


def _run(
    session: Session,
    kind: _Kind[Any, V],
    inputs: list[Any],
    checked: list[Any],
    *,
    chunk_size: int,
    fallback: bool,
) -> Op[BatchResult[Any, V]]:
    _check(chunk_size, fallback)
    unique: dict[Hashable, Any] = {}
    for value in checked:
        if not isinstance(value, PreferencesError):
            unique.setdefault(kind.key(value), value)
    found: dict[Hashable, Outcome[Any, V]] = {}
    course = _Course()
    values = list(unique.values())
    chunks = [values[start : start + chunk_size] for start in range(0, len(values), chunk_size)]
    for part in (yield Gather([_whole_chunk(session, kind, chunk, course) for chunk in chunks])):
        found.update(part)
    left = {key: value for key, value in unique.items() if key not in found}
    if left:
        assert course.forbidden is not None
        if not fallback and not found:
            raise course.forbidden
        if fallback:
            import logging  # transport has imported it by now

            logging.getLogger("hubspot_preferences").warning(
                "batch calls are forbidden (%s): falling back to single calls for %d input%s",
                redact(", ".join(course.forbidden.missing_scopes) or course.forbidden.category or "HTTP 403"),
                len(left),
                "" if len(left) == 1 else "s",
            )
            outcomes = yield Gather([_single(kind, value, course) for value in left.values()])
        else:
            outcomes = [_unsent(value, course.forbidden) for value in left.values()]
        found.update(zip(left, outcomes, strict=True))
    return BatchResult(
        [
            _unsent(given, value)
            if isinstance(value, PreferencesError)
            else _for_input(given, found[kind.key(value)])
            for given, value in zip(inputs, checked, strict=True)
        ]
    )


def _check(chunk_size: int, fallback: bool) -> None:
    arguments.integer(chunk_size, "chunk_size", least=1)
    arguments.flag(fallback, "fallback")


def _for_input(given: Any, outcome: Outcome[Any, V]) -> Outcome[Any, V]:
    return Outcome(given, outcome.state, outcome.value, outcome.error)


def _stays(error: PreferencesError) -> bool:
    """Whether every further request would be told the same (477: the account is being moved, for hours)."""
    return isinstance(error, Unauthorized | DailyLimitReached) or (
        isinstance(error, APIError) and error.status == 477
    )


def _unsent(value: Any, error: PreferencesError) -> Outcome[Any, Any]:
    """The outcome of what was never sent: failed, whatever the error says about the request that it came from."""
    return Outcome(value, OutcomeState.FAILED, None, error)


def _outcome(value: Any, error: PreferencesError) -> Outcome[Any, Any]:
    """The outcome of an error: unknown where the request may have been carried out all the same."""
    return Outcome(value, OutcomeState.UNKNOWN if error.uncertain else OutcomeState.FAILED, None, error)


def _whole_chunk(
    session: Session, kind: _Kind[Any, V], values: list[Any], course: _Course
) -> Op[dict[Hashable, Outcome[Any, V]]]:
    """A chunk; where HubSpot takes none and refuses each of many inputs, it is not the inputs that are wrong."""
    outcomes = yield from _chunk(session, kind, values, course)
    errors = [outcome.error for outcome in outcomes.values()]
    if len(errors) >= ENOUGH_REFUSALS and all(isinstance(error, BadRequest) for error in errors):
        course.refused += 1
        if course.refused > 1 and not course.taken:
            course.hopeless = PreferencesError(
                f"not sent: HubSpot refused every input of {course.refused} chunks before, each alone: {errors[0]}"
            )
    return outcomes


def _chunk(
    session: Session, kind: _Kind[Any, V], values: list[Any], course: _Course
) -> Op[dict[Hashable, Outcome[Any, V]]]:
    """The outcomes of one chunk; those missing are left to single calls."""
    if course.hopeless:
        return {kind.key(value): _unsent(value, course.hopeless) for value in values}
    if course.forbidden:
        return {}
    reply = yield from _attempt(session.exchange(Send(kind.build(values))))
    if not isinstance(reply, PreferencesError):
        course.taken = True
        return _read(session.wire, kind, values, reply)
    if isinstance(reply, BadRequest) and len(values) > 1:
        # One bad input spoils the whole batch: halve until it stands alone.
        middle = len(values) // 2
        first = yield from _chunk(session, kind, values[:middle], course)
        return first | (yield from _chunk(session, kind, values[middle:], course))
    if isinstance(reply, Forbidden):
        course.forbidden = reply
        if not (kind.writes and reply.uncertain):  # otherwise an earlier try may have been carried out
            return {}
    if _stays(reply):
        course.hopeless = reply
    return {kind.key(value): _outcome(value, reply) for value in values}


def _single(kind: _Kind[Any, V], value: Any, course: _Course) -> Op[Outcome[Any, V]]:
    if course.hopeless:
        return _unsent(value, course.hopeless)
    found = yield from _attempt(kind.single(value))
    if isinstance(found, PreferencesError):
        if _stays(found) or isinstance(found, Forbidden):
            course.hopeless = found
        return _outcome(value, found)
    state, doubt = kind.judge(value, found)
    return Outcome(value, state, found, doubt)


def _attempt(op: Op[T]) -> Op[T | PreferencesError]:
    """The operation's value, or its error as one: not even a bug in a caller's hook loses the other outcomes."""
    try:
        return (yield from op)
    except PreferencesError as error:
        return error
    except Exception as error:  # noqa: BLE001  # as it says
        unexpected = PreferencesError(f"{type(error).__name__}: {redact(str(error))}")
        unexpected.uncertain, unexpected.__cause__ = True, error
        return unexpected


def _read(
    wire: "Wire", kind: _Kind[Any, V], values: list[Any], reply: "Response"
) -> dict[Hashable, Outcome[Any, V]]:
    """The outcome of every value of a chunk, from the rows and errors of a 2xx reply."""
    try:
        body = operations.body(reply)
        results = body.get("results")
        operations.check_finished(body, reply)
        if results is not None and not isinstance(results, list):
            raise UnreadableReply("the reply's results are not a list", reply)
    except UnreadableReply as error:
        return {kind.key(value): _outcome(value, error) for value in values}
    read: dict[Hashable, V | UnreadableReply] = {}
    for row in results or ():
        try:
            key = kind.row_key(row)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            continue  # it names nobody: whoever it was stays without a row
        found: V | UnreadableReply
        try:
            found = kind.read(wire, row)
        except reading.Unreadable as error:
            found = UnreadableReply(f"the row cannot be read: {error}", reply)
        if key in read and read[key] != found:
            found = UnreadableReply("two rows for the same input disagree", reply)
        read[key] = found
    errors = _errors(body, reply)
    about = [_errors_about(kind.address(value), errors) for value in values]
    nameless = operations.error_count(body) - len({id(error) for named in about for error in named})
    rowless = Counter(address_key(kind.address(value)) for value in values if kind.key(value) not in read)
    outcomes: dict[Hashable, Outcome[Any, V]] = {}
    for value, named in zip(values, about, strict=True):
        row = read.get(kind.key(value))
        outcome: Outcome[Any, V]
        if row is None and named:
            # Fewer errors than changes of this address without a row: nobody knows which of them failed.
            sure = len(named) >= rowless[address_key(kind.address(value))]
            outcome = Outcome(value, OutcomeState.FAILED if sure else OutcomeState.UNKNOWN, None, named[0])
        elif row is None:
            reported = f" (it reports {nameless} error(s) that name no input)" if nameless > 0 else ""
            outcome = _outcome(value, UnreadableReply(f"the reply says nothing about this input{reported}", reply))
        elif isinstance(row, UnreadableReply):
            outcome = _outcome(value, row)
        elif len(named) > rowless[address_key(kind.address(value))]:
            # A row and an error that no other change of this address accounts for: which one holds?
            outcome = Outcome(value, OutcomeState.UNKNOWN, row, named[0])
        else:
            state, doubt = kind.judge(value, row)
            outcome = Outcome(value, state, row, doubt)
        outcomes[kind.key(value)] = outcome
    return outcomes


def _errors(body: dict[str, Any], reply: "Response") -> list[tuple[str, APIError]]:
    """Each error of a 2xx reply, with the text in which addresses are looked for."""
    listed = body.get("errors")
    found = []
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            category, message = entry.get("category"), entry.get("message")
            error = APIError(
                reply.status_code,
                category=category if isinstance(category, str) else None,
                message=message if isinstance(message, str) else None,
                response=reply,
            )
            found.append((address_key(" ".join(_texts(entry))), error))
    return found


def _texts(node: Any) -> Iterator[str]:
    """Every string within an error: contexts hold addresses as names or values, messages hold them in words."""
    nodes = [node]
    while nodes:
        node = nodes.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, list):
            nodes += node
        elif isinstance(node, dict):
            nodes += [*node, *node.values()]


def _errors_about(address: str, errors: list[tuple[str, APIError]]) -> list[APIError]:
    """The errors that name this address, whole: `a@x.com` is not named by `aa@x.com` or `a@x.com.au`."""
    wanted = address_key(address)
    # Quotes stand around addresses, but an apostrophe behind a letter is part of one.
    whole = rf"(?<![\w.+%-])(?<!\w'){re.escape(wanted)}(?!\.?[\w-])"
    return [error for text, error in errors if wanted in text and re.search(whole, text)]
