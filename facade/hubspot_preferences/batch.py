"""Batches: chunks, halving and the fallback to single calls, with one outcome per input whatever happens.

An address is one input however often and in whatever case it is given: it is sent once, as it was
first spelled, and each of its places gets the outcome. What HubSpot's reply mentions neither in a
row nor in an error is *unknown*, not fine.
"""

from abc import abstractmethod
from collections.abc import Callable, Container, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar

from attrs import field, frozen

from . import arguments, attribution, operations, subscriptions
from .attribution import Attribution, V, W
from .engine import Gather, Op, Send
from .errors import (
    APIError,
    BadRequest,
    DailyLimitReached,
    Forbidden,
    InvalidArgument,
    PreferencesError,
    Unauthorized,
    UnknownSubscription,
    UnreadableReply,
    shown,
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
from .outcomes import BatchResult, I, Outcome, OutcomeState, ended_by, unsent
from .privacy import redact
from .versions import reading

if TYPE_CHECKING:
    from .versions.wire import Kwargs

    Build = Callable[..., Kwargs]

T = TypeVar("T")

CHUNK_SIZE = 100  # no maximum is documented; what public clients use [source: batch-maximum]
ENOUGH_REFUSALS = 10  # a chunk of so many inputs counts when it comes to whether anything will be taken


def statuses(
    session: Session, emails: Iterable[str], *, business_unit_id: int | None, chunk_size: int, fallback: bool
) -> Op[BatchResult[str, tuple[Status, ...]]]:
    """POST /statuses/batch/read."""
    build = session.wire.batch_read_statuses or operations.missing(session.wire, "batch_read_statuses")
    batch = _ReadStatuses(session, build, business_unit_id)
    return (yield from _run(batch, *arguments.emails(emails), chunk_size=chunk_size, fallback=fallback))


def opt_outs(
    session: Session, emails: Iterable[str], *, business_unit_id: int | None, chunk_size: int, fallback: bool
) -> Op[BatchResult[str, tuple[WideStatus, ...]]]:
    """POST /statuses/batch/unsubscribe-all/read."""
    build = session.wire.batch_read_opt_outs or operations.missing(session.wire, "batch_read_opt_outs")
    batch = _ReadOptOuts(session, build, business_unit_id)
    return (yield from _run(batch, *arguments.emails(emails), chunk_size=chunk_size, fallback=fallback))


def unsubscribe_all(
    session: Session, emails: Iterable[str], *, business_unit_id: int | None, chunk_size: int, fallback: bool
) -> Op[BatchResult[str, tuple[Status, ...]]]:
    """POST /statuses/batch/unsubscribe-all."""
    build = session.wire.batch_unsubscribe_all or operations.missing(session.wire, "batch_unsubscribe_all")
    batch = _OptOut(session, build, business_unit_id)
    return (yield from _run(batch, *arguments.emails(emails), chunk_size=chunk_size, fallback=fallback))


def write(
    session: Session, changes: Iterable[Change], *, chunk_size: int, fallback: bool
) -> Op[BatchResult[Change, Status]]:
    """POST /statuses/batch/write."""
    build = session.wire.batch_write_statuses or operations.missing(session.wire, "batch_write_statuses")
    batch = _WriteStatuses(session, build)
    _check(chunk_size, fallback)  # before names are looked up
    inputs = arguments.several(changes, "changes")
    checked = _contradictions((yield from _writes(session, inputs)))
    return (yield from _run(batch, inputs, checked, chunk_size=chunk_size, fallback=fallback))


# What each has of its own


class _Batch(Attribution[W, V]):
    """One batch operation: besides the attribution of its replies, how inputs are sent together and singly."""

    writes = False

    def __init__(self, session: Session, build: "Build") -> None:
        self.session = session
        self.wire = session.wire
        self.build = build

    @abstractmethod
    def request(self, values: list[W]) -> "Kwargs":
        """One request for all of them."""

    @abstractmethod
    def single(self, value: W) -> Op[V]:
        """The same by a call of its own."""


class _ByAddress(_Batch[str, V]):
    """What the three operations share whose inputs are addresses."""

    query: ClassVar[dict[str, bool]] = {}

    def __init__(self, session: Session, build: "Build", business_unit_id: int | None) -> None:
        super().__init__(session, build)
        self.brand = arguments.business_unit_id(business_unit_id)

    def key(self, value: str) -> Hashable:
        return address_key(value)

    def address(self, value: str) -> str:
        return value

    def request(self, values: list[str]) -> "Kwargs":
        return self.build(
            body=self.wire.BatchSubscriberInput(inputs=values),
            channel=self.wire.Channel(Channel.EMAIL),
            business_unit_id=operations.or_unset(self.wire, self.brand),
            **self.query,
        )

    def row_key(self, row: dict[str, str]) -> Hashable:
        return address_key(row["subscriberIdString"])


class _ReadStatuses(_ByAddress[tuple[Status, ...]]):
    @property
    def declared(self) -> Container[int]:
        return self.wire.success["batch_read_statuses"]

    def read(self, row: object) -> tuple[Status, ...]:
        return reading.subscriber_statuses(self.wire, row)

    def single(self, value: str) -> Op[tuple[Status, ...]]:
        return operations.statuses(self.session, value, business_unit_id=self.brand)


class _ReadOptOuts(_ByAddress[tuple[WideStatus, ...]]):
    @property
    def declared(self) -> Container[int]:
        return self.wire.success["batch_read_opt_outs"]

    def read(self, row: object) -> tuple[WideStatus, ...]:
        return reading.subscriber_wide_statuses(self.wire, row)

    def single(self, value: str) -> Op[tuple[WideStatus, ...]]:
        return operations.every_opt_out(self.session, value, business_unit_id=self.brand)


class _OptOut(_ByAddress[tuple[Status, ...]]):
    query: ClassVar = {"verbose": True}  # without details no input could be confirmed
    writes = True

    def read(self, row: object) -> tuple[Status, ...]:
        return reading.subscriber_opt_out(self.wire, row)

    def single(self, value: str) -> Op[tuple[Status, ...]]:
        return operations.unsubscribe_all(self.session, value, business_unit_id=self.brand, verbose=True)

    def judge(self, _: str, answer: tuple[Status, ...], /) -> tuple[OutcomeState, PreferencesError | None]:
        if doubt := operations.not_all_opted_out(answer):
            return OutcomeState.UNKNOWN, UnreadableReply(doubt)
        if all(row.reason == SetStatusSuccessReason.NO_STATUS_CHANGE for row in answer):
            return OutcomeState.NO_CHANGE, None
        return OutcomeState.APPLIED, None


@frozen
class _Write:
    """A change, checked, its subscription type resolved."""

    email: str = field(repr=False)
    subscription_id: int
    state: SubscriptionState
    legal_basis: LegalBasis | None
    legal_basis_explanation: str | None = field(repr=False)
    channel: Channel

    @property
    def key(self) -> Hashable:
        """What tells it from other changes of a batch."""
        return address_key(self.email), self.subscription_id


class _WriteStatuses(_Batch[_Write, Status]):
    writes = True

    def key(self, value: _Write) -> Hashable:
        return value.key

    def address(self, value: _Write) -> str:
        return value.email

    def request(self, values: list[_Write]) -> "Kwargs":
        wire = self.wire
        requests = [
            wire.SubscriberStatusRequest(
                channel=wire.Channel(change.channel),
                status_state=wire.SubscriptionState(change.state),
                subscriber_id_string=change.email,
                subscription_id=change.subscription_id,
                legal_basis=operations.or_unset(wire, change.legal_basis and wire.LegalBasis(change.legal_basis)),
                legal_basis_explanation=operations.or_unset(wire, change.legal_basis_explanation),
            )
            for change in values
        ]
        return self.build(body=wire.BatchWriteInput(inputs=requests))

    def row_key(self, row: dict[str, str]) -> Hashable:
        return address_key(row["subscriberIdString"]), int(row["subscriptionId"])

    def read(self, row: object) -> Status:
        return reading.status(self.wire, row)

    def single(self, value: _Write) -> Op[Status]:
        return operations.set_status(
            self.session,
            value.email,
            value.subscription_id,
            value.state,
            legal_basis=value.legal_basis,
            legal_basis_explanation=value.legal_basis_explanation,
            channel=value.channel,
        )

    def judge(self, value: _Write, answer: Status, /) -> tuple[OutcomeState, PreferencesError | None]:
        if doubt := operations.unconfirmed(answer, value.state):
            return OutcomeState.UNKNOWN, UnreadableReply(doubt)
        if answer.reason == SetStatusSuccessReason.NO_STATUS_CHANGE:
            return OutcomeState.NO_CHANGE, None
        return OutcomeState.APPLIED, None


# Inputs: what cannot be sent fails alone


def _writes(session: Session, changes: list[Change]) -> Op[list[_Write | PreferencesError]]:
    checked: list[_Write | PreferencesError] = []
    identifiers: dict[int | str, int | PreferencesError] = {}
    unread: PreferencesError | None = None  # what kept the names from being read: asking again is no use
    for place, change in enumerate(changes):
        name = f"changes[{place}]"
        try:
            if not isinstance(change, Change):
                raise InvalidArgument(f"{name}: must be a Change, not {type(change).__name__}")
            wanted = arguments.subscription(change.subscription, f"{name}.subscription")
            if wanted not in identifiers:
                identifier = (isinstance(wanted, str) and unread) or (
                    yield from _attempt(operations.subscription_id(session, wanted, subscriptions.LOOKED_AGAIN))
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
    return checked


def _contradictions(checked: list[_Write | PreferencesError]) -> list[_Write | PreferencesError]:
    """Two changes for one subscriber and type that differ are not sent: which would win? [source: batch-errors]"""
    places: dict[Hashable, dict[Hashable, int]] = {}  # by input and what is wanted of it: the first to want it
    for place, change in enumerate(checked):
        if isinstance(change, _Write):
            what = (change.state, change.legal_basis, change.legal_basis_explanation)
            places.setdefault(change.key, {}).setdefault(what, place)

    def consistent(place: int, change: _Write | PreferencesError) -> _Write | PreferencesError:
        if isinstance(change, PreferencesError) or len(places[change.key]) == 1:
            return change
        first, second, *_ = places[change.key].values()
        return InvalidArgument(
            f"changes[{place}]: changes for its subscriber and subscription type contradict each other "
            f"(changes[{first}] and changes[{second}])"
        )

    return [consistent(place, change) for place, change in enumerate(checked)]


# What becomes of them


class _Progress:
    """What chunks of one batch tell each other."""

    def __init__(self) -> None:
        self.forbidden: Forbidden | None = None  # batches are not for this token: go on with single calls
        self.hopeless: PreferencesError | None = None  # nothing more will succeed: send nothing more
        self.accepted: bool = False  # some inputs were not refused
        self.refused: int = 0  # chunks of which every input was

    def note(self, answer: object) -> None:
        """What a single call came to: after some errors no other will succeed."""
        if isinstance(answer, PreferencesError) and (_stays(answer) or isinstance(answer, Forbidden)):
            self.hopeless = answer


def _run(
    batch: _Batch[W, V],
    inputs: Sequence[I],
    checked: Sequence[W | PreferencesError],
    *,
    chunk_size: int,
    fallback: bool,
) -> Op[BatchResult[I, V]]:
    _check(chunk_size, fallback)
    unique: dict[Hashable, W] = {}
    for value in checked:
        if not isinstance(value, PreferencesError):
            unique.setdefault(batch.key(value), value)
    outcomes: dict[Hashable, Outcome[W, V]] = {}
    progress = _Progress()
    values = list(unique.values())
    chunks = [values[start : start + chunk_size] for start in range(0, len(values), chunk_size)]
    for of_chunk in (yield Gather([_whole_chunk(batch, chunk, progress) for chunk in chunks])):
        outcomes.update(of_chunk)
    left = {key: value for key, value in unique.items() if key not in outcomes}
    if left:
        assert progress.forbidden is not None
        if not fallback and not outcomes:
            raise progress.forbidden
        outcomes.update((yield from _singly(batch, left, progress, progress.forbidden, fallback=fallback)))
    in_order: list[Outcome[I, V]] = []
    for given, value in zip(inputs, checked, strict=True):
        if isinstance(value, PreferencesError):
            in_order.append(unsent(given, value))
        else:
            outcome = outcomes[batch.key(value)]
            in_order.append(Outcome(given, outcome.state, outcome.value, outcome.error))
    return BatchResult(in_order)


def _check(chunk_size: int, fallback: bool) -> None:
    arguments.integer(chunk_size, "chunk_size", least=1)
    arguments.flag(fallback, "fallback")


def _stays(error: PreferencesError) -> bool:
    """Whether every further request would be told the same (477: the account is being moved, for hours)."""
    moved = isinstance(error, APIError) and error.status == 477
    return moved or isinstance(error, Unauthorized | DailyLimitReached)


def _whole_chunk(batch: _Batch[W, V], values: list[W], progress: _Progress) -> Op[dict[Hashable, Outcome[W, V]]]:
    """A chunk; where HubSpot takes none and refuses each of many inputs, it is not the inputs that are wrong."""
    outcomes = yield from _chunk(batch, values, progress)
    errors = [outcome.error for outcome in outcomes.values()]
    if len(errors) >= ENOUGH_REFUSALS and all(isinstance(error, BadRequest) for error in errors):
        progress.refused += 1
        if progress.refused > 1 and not progress.accepted:
            refused = f"every input of {progress.refused} chunks before, each alone: {errors[0]}"
            progress.hopeless = PreferencesError(f"not sent: HubSpot refused {refused}")
    return outcomes


def _chunk(batch: _Batch[W, V], values: list[W], progress: _Progress) -> Op[dict[Hashable, Outcome[W, V]]]:
    """The outcomes of one chunk; those missing are left to single calls."""
    if progress.hopeless:
        return {batch.key(value): unsent(value, progress.hopeless) for value in values}
    if progress.forbidden:
        return {}
    reply = yield from _attempt(batch.session.exchange(Send(batch.request(values))))
    if not isinstance(reply, PreferencesError):
        progress.accepted = True
        return attribution.outcomes(batch, values, reply)
    if isinstance(reply, BadRequest) and len(values) > 1:
        # One bad input spoils the whole batch: halve until it stands alone.
        middle = len(values) // 2
        first = yield from _chunk(batch, values[:middle], progress)
        halves = first | (yield from _chunk(batch, values[middle:], progress))
        return _still_unknown(batch, values, halves, progress) if batch.writes and reply.uncertain else halves
    if isinstance(reply, Forbidden):
        progress.forbidden = reply
        if not (batch.writes and reply.uncertain):  # otherwise an earlier try may have been carried out
            return {}
    if _stays(reply):
        progress.hopeless = reply
    return {batch.key(value): ended_by(reply, value) for value in values}


def _still_unknown(
    batch: _Batch[W, V], values: list[W], halves: dict[Hashable, Outcome[W, V]], progress: _Progress
) -> dict[Hashable, Outcome[W, V]]:
    """The outcomes of halves of what an earlier try may have carried out: whatever failed now may be done."""
    for value in values:
        outcome = halves.get(batch.key(value))
        if outcome is None or outcome.state is OutcomeState.FAILED:  # None: batches are forbidden by now
            error = outcome.error if outcome else progress.forbidden
            halves[batch.key(value)] = Outcome(value, OutcomeState.UNKNOWN, None, error)
    return halves


def _singly(
    batch: _Batch[W, V], left: dict[Hashable, W], progress: _Progress, forbidden: Forbidden, *, fallback: bool
) -> Op[dict[Hashable, Outcome[W, V]]]:
    """The outcomes of inputs whose batch is forbidden [source: batch-product]: by single calls, or unsent."""
    if not fallback:
        return {key: unsent(value, forbidden) for key, value in left.items()}
    import logging  # transport has imported it by now

    logging.getLogger("hubspot_preferences").warning(
        "batch calls are forbidden (%s): falling back to single calls for %d input%s",
        redact(", ".join(forbidden.missing_scopes) or forbidden.category or "HTTP 403"),
        len(left),
        "" if len(left) == 1 else "s",
    )
    if isinstance(batch, _ReadOptOuts) and batch.brand is None:  # the brands, once for all that run side by side
        kept = operations.subscription_types(batch.session, subscriptions.KEPT)
        progress.note((yield from operations.attempt(kept)))
    outcomes = yield Gather([_single(batch, value, progress) for value in left.values()])
    return dict(zip(left, outcomes, strict=True))


def _single(batch: _Batch[W, V], value: W, progress: _Progress) -> Op[Outcome[W, V]]:
    if progress.hopeless:
        return unsent(value, progress.hopeless)
    answer = yield from _attempt(batch.single(value))
    progress.note(answer)
    if isinstance(answer, PreferencesError):
        return ended_by(answer, value)
    state, doubt = batch.judge(value, answer)
    return Outcome(value, state, answer, doubt)


def _attempt(op: Op[T]) -> Op[T | PreferencesError]:
    """The operation's value, or its error as one: not even a bug in a caller's hook loses the other outcomes."""
    try:
        return (yield from operations.attempt(op))
    except Exception as error:  # noqa: BLE001  # what a caller's hook raises may be anything
        unexpected = PreferencesError(shown(error))
        unexpected.uncertain, unexpected.__cause__ = True, error
        return unexpected
