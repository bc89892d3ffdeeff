"""How the inputs of a batch come to their outcomes: chunks, halving, single calls, and one account of it all."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import arguments, attribution, operations, replies
from .attribution import Attribution, V, W
from .engine import Gather, Op, Send, Stopped
from .errors import (
    APIError,
    BadRequest,
    DailyLimitReached,
    Forbidden,
    InvalidArgument,
    PreferencesError,
    Unauthorized,
    UnreadableReply,
    shown,
)
from .operations import Session
from .outcomes import BatchResult, I, Outcome, OutcomeState, ended_by, unsent
from .privacy import redact

if TYPE_CHECKING:
    from .versions.wire import Kwargs, Wire

    Build = Callable[..., Kwargs]

T = TypeVar("T")

CHUNK_SIZE = 100  # no maximum is documented; what public clients use [source: batch-maximum]
ENOUGH_REFUSALS = 10  # a chunk of so many inputs counts when it comes to whether anything will be taken


class Work(ABC, Generic[W, V]):
    """What a batch does for its inputs, together where HubSpot lets it, else one by one."""

    session: Session
    writes = False

    @abstractmethod
    def key(self, value: W) -> Hashable:
        """What tells this input from the others of the batch."""

    @abstractmethod
    def together(self, values: list[W], account: "Account[Any, V]") -> "Op[Outcomes[W, V]]":
        """The outcomes of one chunk, settled with the account; those missing are left to single calls."""

    @abstractmethod
    def single(self, value: W) -> Op[V]:
        """The same by a call of its own."""

    def prepare(self) -> Op[object]:
        """What many single calls need once for all of them."""
        yield from ()
        return None

    @abstractmethod
    def judge(self, value: W, answer: V, /) -> tuple[OutcomeState, PreferencesError | None]:
        """What an answer makes of its input, and any doubt about it."""

    def without_answer(self, error: PreferencesError) -> V | None:  # noqa: ARG002  # of a decision, it is the reason
        """The value of an input that got no answer."""
        return None


class BatchOperation(Attribution[W, V], Work[W, V]):
    """One batch operation of HubSpot's: how its inputs are sent, and how its replies are attributed to them."""

    def __init__(self, session: Session, build: "Build") -> None:
        self.session = session
        self.wire: Wire = session.wire
        self.build = build

    @abstractmethod
    def request(self, values: list[W]) -> "Kwargs":
        """One request for all of them."""

    def together(self, values: list[W], account: "Account[Any, V]") -> "Op[Outcomes[W, V]]":
        """One request, and more where one bad input spoils it."""
        return chunk(self, values, account)

    def doubted(self, outcome: Outcome[W, V], doubt: PreferencesError) -> Outcome[W, V]:
        """The outcome of what may have been carried out before: not that it failed."""
        if outcome.state is not OutcomeState.FAILED:
            return outcome
        return Outcome(outcome.input, OutcomeState.UNKNOWN, outcome.value, outcome.error or doubt)


Outcomes = dict[Hashable, Outcome[W, V]]  # by the key of the input


class Learnt:
    """What the chunks of a batch, or of a stream, learn about the account and tell each other."""

    def __init__(self) -> None:
        self.forbidden: Forbidden | None = None  # batches are not for this token: go on with single calls
        self.hopeless: PreferencesError | None = None  # nothing more will succeed: send nothing more
        self.accepted: bool = False  # some inputs were not refused
        self.refused: int = 0  # chunks of which every input was
        self.announced: bool = False  # the log has the line about single calls

    def note(self, answer: object) -> None:
        """What a single call came to: after some errors no other will succeed."""
        if isinstance(answer, PreferencesError) and (_stays(answer) or isinstance(answer, Forbidden)):
            self.hopeless = answer


class Account(Generic[I, V]):
    """One outcome for each input of a batch, as it becomes known; and for all of them, whatever ends the batch.

    on_outcome: called with each outcome, one at a time and once for each input; in a thread of the client.
    first: the place of the first input, in a stream.
    """

    def __init__(
        self,
        on_outcome: Callable[[Outcome[I, V]], object] | None = None,
        learnt: Learnt | None = None,
        first: int = 0,
    ) -> None:
        if on_outcome is not None:
            from inspect import iscoroutinefunction

            if not callable(on_outcome) or iscoroutinefunction(on_outcome):
                raise InvalidArgument("on_outcome: must be a function that need not be awaited")
        self.learnt: Learnt = learnt or Learnt()
        self.first: int = first
        self.inputs: Sequence[I] = ()
        self._on_outcome = on_outcome
        self._outcomes: list[Outcome[I, V] | None] = []
        self._places: dict[Hashable, list[int]] = {}
        self._under_way: set[Hashable] = set()
        self._without_answer: Callable[[PreferencesError], V | None] = lambda _: None
        self._lock = threading.Lock()
        self._sending = threading.Lock()  # nothing is sent any more of what has ended
        self._ended = False

    def open(self, inputs: Sequence[I]) -> None:
        """These are all inputs."""
        self.inputs, self._outcomes = inputs, [None] * len(inputs)

    def sort(self, work: Work[W, V], checked: Sequence[W | PreferencesError]) -> dict[Hashable, W]:
        """What is to be sent, by its key, the same input once; what cannot be sent has its outcome."""
        self._without_answer = work.without_answer
        values: dict[Hashable, W] = {}
        unsendable: list[tuple[int, Outcome[Any, V]]] = []
        for place, value in enumerate(checked):
            if isinstance(value, PreferencesError):
                unsendable.append((place, unsent(value, value)))
            else:
                self._places.setdefault(work.key(value), []).append(place)
                values.setdefault(work.key(value), value)
        self._settle(unsendable)
        return values

    def settle(self, outcomes: Mapping[Hashable, Outcome[Any, V]]) -> None:
        """These are known."""
        self._settle(
            [(place, outcome) for key, outcome in outcomes.items() for place in self._places.get(key, ())]
        )

    def _settle(self, outcomes: list[tuple[int, Outcome[Any, V]]]) -> None:
        with self._lock:
            if self._ended:
                return  # a thread that comes too late
            complete = [(place, self._complete(self.inputs[place], outcome)) for place, outcome in outcomes]
            for place, outcome in complete:
                self._outcomes[place] = outcome
            if self._on_outcome is not None:  # it may raise: by then all of them are kept
                for _, outcome in complete:
                    self._on_outcome(outcome)

    def _complete(self, given: I, outcome: Outcome[Any, V]) -> Outcome[I, V]:
        value, error = outcome.value, outcome.error
        if error is not None:  # it lives as long as the result: not so the reply, nor what was called to read it
            error.__traceback__ = error.__context__ = None
            if isinstance(error, APIError | UnreadableReply):
                error.response = None
        if value is None and error is not None:
            value = self._without_answer(error)
        return Outcome(given, outcome.state, value, error)

    def watch(self, keys: Collection[Hashable], op: Op[T]) -> Op[T]:
        """The operation; its inputs are under way from its first request on, until they have an outcome."""
        answer: Any = None
        failure: BaseException | None = None
        try:
            while True:
                step = op.send(answer) if failure is None else op.throw(failure)
                answer = failure = None
                if isinstance(step, Send):
                    with self._sending:
                        if self._ended:
                            raise Stopped
                        self._under_way.update(keys)
                try:
                    answer = yield step
                except BaseException as error:  # noqa: BLE001  # the operation decides what an error means
                    failure = error
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            op.close()  # it gives back what it has

    def refused(self, keys: Collection[Hashable]) -> None:
        """These were not carried out for certain, and may be sent again."""
        self._under_way.difference_update(keys)

    def without_outcome(self, keys: Iterable[Hashable]) -> list[Hashable]:
        """Those of the keys that have none yet."""
        return [key for key in keys if self._outcomes[self._places[key][0]] is None]

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Whatever is raised within ends the batch."""
        try:
            yield
        except BaseException as error:
            self.end(error)
            raise

    def result(self) -> BatchResult[I, V]:
        """All of them."""
        return BatchResult([outcome for outcome in self._outcomes if outcome is not None])

    def end(self, error: BaseException) -> BatchResult[I, V]:
        """The outcomes so far, where this ends the batch; they are the error's `partial` as well."""
        result = self.so_far(f"{type(error).__name__} ended the batch")
        error.partial = result  # type: ignore[attr-defined]
        error.add_note(f"What is known stands in the attribute partial: {result!r}")
        return result

    def so_far(self, why: str) -> BatchResult[I, V]:
        """All of them, if nothing more comes: what is under way is unknown, what was not sent has failed."""
        with self._sending:
            self._ended = True
            sent = set(self._under_way)
        under_way, not_sent = (
            PreferencesError(f"{why} while this was under way"),
            PreferencesError(f"not sent: {why}"),
        )
        under_way.uncertain = True
        place_of = {place: key for key, places in list(self._places.items()) for place in places}
        outcomes = list(self._outcomes)
        for place, given in enumerate(self.inputs):
            if outcomes[place] is None:
                reason = under_way if place_of.get(place) in sent else not_sent
                outcomes[place] = self._complete(given, ended_by(reason, given))
        return BatchResult([outcome for outcome in outcomes if outcome is not None])


def check(chunk_size: int, fallback: bool) -> None:
    """Raises InvalidArgument for what no batch can be carried out with."""
    arguments.integer(chunk_size, "chunk_size", least=1)
    arguments.flag(fallback, "fallback")


def run(
    work: Work[W, V],
    checked: Sequence[W | PreferencesError],
    account: Account[I, V],
    *,
    chunk_size: int,
    fallback: bool,
) -> Op[BatchResult[I, V]]:
    """The outcomes of all inputs of the account. `checked`: what is to be sent for them, or why it cannot be."""
    with account.ending():
        values = account.sort(work, checked)
        keys = list(values)
        parts = [keys[start : start + chunk_size] for start in range(0, len(keys), chunk_size)]
        if parts:
            yield Gather([_whole_chunk(work, [values[key] for key in part], account) for part in parts])
        if left := account.without_outcome(keys):
            forbidden = account.learnt.forbidden
            assert forbidden is not None
            if not fallback and len(left) == len(keys):
                raise forbidden
            yield from _singly(work, [values[key] for key in left], account, forbidden, fallback=fallback)
    result = account.result()
    exchange = work.session.exchange
    if exchange.expired:
        late = exchange.late(repr(result))
        late.uncertain = bool(account.end(late).unknown)
        raise late
    return result


def _whole_chunk(work: Work[W, V], values: list[W], account: Account[I, V]) -> Op[None]:
    """A chunk; where HubSpot takes none and refuses each of many inputs, it is not the inputs that are wrong."""
    outcomes = yield from work.together(values, account)
    learnt = account.learnt
    errors = [outcome.error for outcome in outcomes.values()]
    if len(errors) >= ENOUGH_REFUSALS and all(isinstance(error, BadRequest) for error in errors):
        learnt.refused += 1
        if learnt.refused > 1 and not learnt.accepted:
            refused = f"every input of {learnt.refused} chunks before, each alone: {errors[0]}"
            learnt.hopeless = PreferencesError(f"not sent: HubSpot refused {refused}")


def chunk(
    batch: BatchOperation[W, V],
    values: list[W],
    account: Account[Any, V],
    doubt: PreferencesError | None = None,
) -> Op[Outcomes[W, V]]:
    """Send these together; their outcomes, which the account has as well. Those missing are left to single calls.

    doubt: why they may have been carried out before, which no later refusal takes back.
    """
    learnt = account.learnt
    outcomes: Outcomes[W, V]
    keys = [batch.key(value) for value in values]
    if learnt.hopeless:
        outcomes = {key: unsent(value, learnt.hopeless) for key, value in zip(keys, values, strict=True)}
    elif learnt.forbidden:
        outcomes = {}
    else:
        request = Send(batch.request(values))
        reply = yield from account.watch(keys, attempt(batch.session.exchange(request)))
        if not isinstance(reply, PreferencesError):
            learnt.accepted = True
            if batch.writes and replies.repeated(reply):
                doubt = PreferencesError("an earlier try, which was not answered, may have been carried out")
            outcomes = attribution.outcomes(batch, values, reply)
        else:
            if batch.writes and reply.uncertain:
                doubt = reply
            if not doubt:
                account.refused(keys)
            if isinstance(reply, BadRequest) and len(values) > 1:
                # One bad input spoils the whole batch: halve until it stands alone.
                middle = len(values) // 2
                first = yield from chunk(batch, values[:middle], account, doubt)
                return first | (yield from chunk(batch, values[middle:], account, doubt))
            if _stays(reply):
                learnt.hopeless = reply
            if isinstance(reply, Forbidden):
                learnt.forbidden = reply
                outcomes = {}
            else:
                outcomes = {key: ended_by(reply, value) for key, value in zip(keys, values, strict=True)}
    if doubt:
        outcomes = {
            key: batch.doubted(outcomes.get(key, ended_by(learnt.forbidden or doubt, value)), doubt)
            for key, value in zip(keys, values, strict=True)
        }
    account.settle(outcomes)
    return outcomes


def _singly(
    work: Work[W, V], values: list[W], account: Account[Any, V], forbidden: Forbidden, *, fallback: bool
) -> Op[None]:
    """The outcomes of inputs whose batch is forbidden [source: batch-product]: by single calls, or unsent."""
    learnt = account.learnt
    if not fallback:
        account.settle({work.key(value): unsent(value, forbidden) for value in values})
        return
    if not learnt.announced:
        learnt.announced = True
        import logging  # transport has imported it by now

        logging.getLogger("hubspot_preferences").warning(
            "batch calls are forbidden (%s): falling back to single calls for %d input%s",
            redact(", ".join(forbidden.missing_scopes) or forbidden.category or "HTTP 403"),
            len(values),
            "" if len(values) == 1 else "s",
        )
    learnt.note((yield from operations.attempt(work.prepare())))
    yield Gather([_single(work, value, account) for value in values])


def _single(work: Work[W, V], value: W, account: Account[Any, V]) -> Op[None]:
    key, learnt = work.key(value), account.learnt
    if learnt.hopeless:
        outcome: Outcome[W, V] = unsent(value, learnt.hopeless)
    else:
        answer = yield from account.watch([key], attempt(work.single(value)))
        learnt.note(answer)
        if isinstance(answer, PreferencesError):
            outcome = ended_by(answer, value)
        else:
            state, doubt = work.judge(value, answer)
            outcome = Outcome(value, state, answer, doubt)
            learnt.note(doubt)
    account.settle({key: outcome})


def attempt(op: Op[T]) -> Op[T | PreferencesError]:
    """The operation's value, or its error as one: not even a bug in a caller's hook loses the other outcomes."""
    try:
        return (yield from operations.attempt(op))
    except Exception as error:  # noqa: BLE001  # what a caller's hook raises may be anything
        unexpected = PreferencesError(shown(error))
        unexpected.uncertain, unexpected.__cause__ = True, error
        return unexpected


def _stays(error: PreferencesError) -> bool:
    """Whether every further request would be told the same (477: the account is being moved, for hours)."""
    moved = isinstance(error, APIError) and error.status == 477
    return moved or isinstance(error, Unauthorized | DailyLimitReached)
