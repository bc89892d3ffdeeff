"""What a shadow still has to compare, what became of the rest, and its pace: no threads, no tasks, no I/O."""

import contextvars
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .. import limits, versions
from ..engine import Exchange, Gather, Op, Send, Sleep
from ..errors import APIError, DailyLimitReached, InvalidArgument, PreferencesError, RateLimited
from ..limits import Limiter
from ..operations import Session
from ..privacy import redact
from ..versions import Version
from .reads import Found, Read, compared, reads
from .values import Mismatch, ShadowCounts

if TYPE_CHECKING:
    from ..transport import Response

T = TypeVar("T")

LOGGER = logging.getLogger("hubspot_preferences.shadow")

MOST_READS: Final = 100  # that wait; a chunk of a batch is one. With 100 addresses each they are some 20 MB.
FAILURES_UNTIL_OFF: Final = 10  # reads in a row that got no answer at all: eight and a half minutes of pauses
LONGEST_PAUSE: Final = 3600.0  # seconds
FULL: Final = 10.0  # seconds until a full window has let go, where the reply does not say
LONGEST_TIMEOUT: Final = 30.0  # seconds; a client that waits for ever has a shadow that does not
IDLE: Final = 5.0  # seconds until a worker without work ends, and its connection with it
PATIENCE: Final = 1.0  # seconds that closing waits for a worker to end
LINES, PER = 10, 60.0  # log lines at most, in so many seconds

# Set within on_mismatch: whoever looks again from there is not shadowed, or one mismatch would lead to the next.
telling: contextvars.ContextVar[bool] = contextvars.ContextVar("hubspot_preferences_telling", default=False)


class Backlog:
    """The shadow of a client: what it still has to compare, and what became of the rest."""

    def __init__(
        self,
        session: Session,
        version: str | Version,
        on_mismatch: Callable[[Mismatch], object] | None,
        settings: dict[str, Any],
    ) -> None:
        try:
            self._version = versions.version(version)
        except InvalidArgument as error:
            raise InvalidArgument(f"shadow{str(error).removeprefix('version')}") from None
        if self._version.name == session.version.name:
            raise InvalidArgument(f"shadow: {self._version} is the version of the client itself")
        if on_mismatch is not None and not callable(on_mismatch):
            raise InvalidArgument("on_mismatch: must be a function, or None for a line in the log")
        versions.load(self._version.name)  # here: importing it later would hold up an event loop
        self._on_mismatch = on_mismatch
        exchange = Exchange(retry=None, limiter=None)  # paced here, and by other rules
        # Names of their own: what the caller's session remembers decides what the caller sends.
        self._sessions = Session(session.version, exchange), Session(self._version, exchange)
        self._limiter = session.exchange.limiter or Limiter()
        timeout = settings["timeout"]
        self._settings = {
            **settings,
            "concurrency": 1,
            "timeout": min(timeout or LONGEST_TIMEOUT, LONGEST_TIMEOUT),
        }
        self._clock = time.monotonic
        self._extensions: dict[str, Any] = {}
        self._reset()

    def _reset(self) -> None:
        self._queue: deque[Read] = deque()
        self._current: Read | None = None
        self._identical = self._mismatched = self._failed = self._dropped = self._waiting = 0
        self._newly_allowed = 0
        self._off: str | None = None
        self._paused = ""
        self._paused_until = float("-inf")
        self._last_error: str | None = None
        self._failures = 0  # in a row
        self._forbidden: set[Any] = set()  # batches that this account may not read: singly from then on
        self._lines: deque[float] = deque(maxlen=LINES)  # when something was logged
        self._unsaid = 0
        self._closed = False

    @property
    def version(self) -> Version:
        """The API version on which reads are repeated."""
        return self._version

    def __repr__(self) -> str:
        return f"<{type(self).__name__} version={self._version.name!r} {self._counts()!r}>"

    def _counts(self) -> ShadowCounts:
        return ShadowCounts(
            identical=self._identical,
            mismatched=self._mismatched,
            newly_allowed=self._newly_allowed,
            failed=self._failed,
            dropped=self._dropped,
            waiting=self._waiting,
            off=self._off,
            paused=self._paused if self._off is None and self._clock() < self._paused_until else None,
            last_error=self._last_error,
        )

    @property
    def _busy(self) -> bool:
        return bool(self._queue) or self._current is not None

    def offer(
        self, operation: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], found: Any
    ) -> None:
        """Have a read of the caller's repeated. Waits for nothing, raises nothing."""
        if telling.get():
            return
        try:
            room = 0 if self._closed or self._off is not None else MOST_READS - len(self._queue)
            self._enqueue(*reads(operation, args, kwargs, found, self._forbidden, room))
        except Exception as error:  # noqa: BLE001  # whatever it is, the caller has an answer and shall get it
            self._line(f"a read cannot be shadowed: {words(error)}")

    def _enqueue(self, reads: list[Read], left_out: int) -> None:
        raise NotImplementedError

    def _admit(self, reads: list[Read], left_out: int) -> bool:
        """Queue what there is room for, drop the rest. Returns whether there is something to do."""
        self._dropped += left_out
        for read in reads:
            size = len(read.said)
            if self._closed or self._off is not None or len(self._queue) >= MOST_READS:
                self._dropped += size
            else:
                self._queue.append(read)
                self._waiting += size
        return bool(self._queue)

    def _next(self) -> Read | None:
        self._current = self._queue.popleft() if self._queue else None
        return self._current

    def _drop_all(self) -> None:
        """Drop what waits; not what is settled and only has to be told."""
        self._queue.clear()
        self._dropped += self._waiting
        self._waiting = 0

    def _settle(self, read: Read, found: Found) -> str | None:
        """Count what a read came to, and draw the consequences. Returns a line for the log, if one is due."""
        if self._current is not read:
            return None  # dropped meanwhile
        self._waiting -= len(read.said)
        self._identical += found.identical
        self._mismatched += len(found.mismatches)
        self._newly_allowed += sum(mismatch.newly_allowed for mismatch in found.mismatches)
        self._failed += found.failed
        if found.error is None:
            self._failures = 0
            return None
        self._last_error = words(found.error)
        self._failures = 0 if found.answered else self._failures + 1
        if isinstance(found.error, DailyLimitReached):
            return self._switch_off(self._last_error)
        if self._failures >= FAILURES_UNTIL_OFF:
            return self._switch_off(f"{self._failures} reads in a row failed; the last: {self._last_error}")
        limited = isinstance(found.error, RateLimited)
        if self._failures or limited:
            asked = found.error.retry_after if isinstance(found.error, APIError) else None
            asked = asked or (FULL if limited else 0.0)
            self._pause(max(2.0 ** (self._failures - 1), asked), self._last_error)
        return None

    def _pause(self, seconds: float, why: str) -> None:
        until = self._clock() + min(seconds, LONGEST_PAUSE)
        if until > self._paused_until:
            self._paused_until, self._paused = until, why

    def _switch_off(self, why: str) -> str:
        self._off = why
        self._drop_all()
        return f"shadow reads on {self._version} are off: {why}"

    def _line(self, text: str) -> None:
        """One line in the log; where there are many, some are left out."""
        now = self._clock()
        if len(self._lines) == LINES and now - self._lines[0] < PER:
            self._unsaid += 1
            return
        self._lines.append(now)
        left_out, self._unsaid = self._unsaid, 0
        LOGGER.warning("%s%s", text, f" ({left_out} lines before this one were left out)" if left_out else "")

    def _compared(self, read: Read) -> Op[Found]:
        return self._paced(compared(read, *self._sessions))

    def _paced(self, op: Op[T]) -> Op[T]:
        """The operation one request at a time, each in a slot that the caller does not need."""
        answer: Any = None
        failure: Exception | None = None
        while True:
            try:
                step = op.send(answer) if failure is None else op.throw(failure)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = failure = None
            try:
                if isinstance(step, Send):
                    while (wait := self._wait()) > 0:
                        yield Sleep(wait)
                    reply: Response = yield Send({**step.kwargs, "extensions": self._extensions}, step.repeatable)
                    # Only the shadow heeds what its replies say: no nonsense in them may slow the caller down.
                    if pause := limits.restraint(reply.headers):
                        self._pause(pause, "little is left of the rate limit")
                    answer = reply
                elif isinstance(step, Gather):
                    answer = []
                    for each in step.operations:
                        answer.append((yield from self._paced(each)))
                else:
                    answer = yield step
            except Exception as error:  # noqa: BLE001  # the operation decides what an error means
                failure = error

    def _wait(self) -> float:
        now = self._clock()
        return self._paused_until - now if self._paused_until > now else self._limiter.spare(now)


def words(error: BaseException) -> str:
    """What to say of an error: our own in its words, any other with its name; no address."""
    text = redact(str(error))
    return text if isinstance(error, PreferencesError) else f"{type(error).__name__}: {text}".removesuffix(": ")
