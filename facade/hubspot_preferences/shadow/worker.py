"""What a shadow still has to compare, and the thread that does it, for either client."""

import contextvars
import inspect
import logging
import os
import threading
import weakref
from collections import Counter, deque
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final, TypeAlias

from .. import versions
from ..engine import drive
from ..errors import InvalidArgument, shown
from ..limits import Limiter
from ..operations import Session
from ..transport import SeverableTransport
from ..versions import Version
from .comparison import compared
from .mismatch import Mismatch, ShadowCounts
from .pace import PacedExchange
from .reads import Operation, Read, reads

LOGGER = logging.getLogger("hubspot_preferences.shadow")
MOST_READS: Final = 100  # that wait; a chunk of a batch is one. With 100 addresses each they are some 20 MB.
LONGEST: Final = 30.0  # seconds until a request times out; a client that waits for ever has a shadow that does not
IDLE: Final = 5.0  # seconds until a thread without work ends, and its connection with it
PATIENCE: Final = 1.0  # seconds that closing waits for the thread to end
LINES, PER = 10, 60.0  # log lines at most, in so many seconds
OnMismatch: TypeAlias = Callable[[Mismatch], object] | None

# Set within on_mismatch: whoever looks again from there is not shadowed, or one mismatch would lead to the next.
telling: contextvars.ContextVar[bool] = contextvars.ContextVar("hubspot_preferences_telling", default=False)


class Worker:
    """What a shadow still has to compare, and a thread while there is work. version: the one that is asked."""

    _awaits = False  # what on_mismatch returns

    def __init__(
        self, session: Session, version: str | Version, on_mismatch: OnMismatch, settings: dict[str, Any]
    ) -> None:
        try:
            self.version: Final = versions.version(version)
        except InvalidArgument as error:
            raise InvalidArgument(f"shadow{str(error).removeprefix('version')}") from None
        if self.version.name == session.version.name:
            raise InvalidArgument(f"shadow: {self.version} is the version of the client itself")
        if on_mismatch is not None and not callable(on_mismatch):
            raise InvalidArgument("on_mismatch: must be a function, or None for a line in the log")
        if inspect.iscoroutinefunction(on_mismatch) and not self._awaits:
            raise InvalidArgument("on_mismatch: nobody would await a coroutine function; use AsyncPreferences")
        versions.load(self.version.name)  # here: importing it later would hold up whoever reads
        self._on_mismatch = on_mismatch
        self._ours, self._limiter = session.version, session.exchange.limiter or Limiter()
        self._settings = settings | {"concurrency": 1, "timeout": min(settings["timeout"] or LONGEST, LONGEST)}
        self._reset()
        _living.add(self)

    def _reset(self) -> None:
        self._exchange = PacedExchange(retry=None, limiter=self._limiter)
        # Names of their own: what the caller's session remembers decides what the caller sends.
        self._sessions = [Session(version, self._exchange) for version in (self._ours, self.version)]
        self._queue: deque[Read] = deque()
        self._counts: Counter[str] = Counter()
        self._singly: set[str] = set()  # the batches that this account may not read
        self._lines: deque[float] = deque(maxlen=LINES)  # when something was logged
        self._left_out = 0
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._busy = False
        self._thread: threading.Thread | None = None
        self._transport: SeverableTransport | None = None

    def after_fork(self) -> None:
        """In a forked process: it has neither its parent's threads nor whoever held their locks."""
        self._reset()

    @property
    def counts(self) -> ShadowCounts:
        """What became of the answers so far."""
        exchange = self._exchange
        with self._changed:
            counts: dict[str, Any] = dict(self._counts)
        return ShadowCounts(**counts, off=exchange.off, paused=exchange.paused, last_error=exchange.last_error)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} version={self.version.name!r} {self.counts!r}>"

    def offer(self, operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Any, /) -> None:
        """Have a read of the caller's repeated. Waits for nothing, raises nothing."""
        if telling.get():
            return
        try:
            with self._changed:
                room = 0 if self._stop.is_set() or self._exchange.off else MOST_READS - len(self._queue)
                fitting, dropped = reads(operation, args, kwargs, answer, self._singly, room)
                self._queue += fitting
                self._counts.update(waiting=sum(len(read.answers) for read in fitting), dropped=dropped)
                self._busy = self._busy or bool(fitting)
                self._changed.notify_all()
                if self._queue and self._thread is None:
                    # A context of its own: what this read is traced and logged as is not what the others are.
                    run, name = contextvars.Context().run, "hubspot-preferences-shadow"
                    thread = threading.Thread(target=run, args=(self._work,), name=name, daemon=True)
                    thread.start()
                    self._thread = thread
        except Exception as error:  # noqa: BLE001  # whatever it is, the caller has an answer and shall get it
            if self._thread is None:
                self._drop()  # there are no more threads, or the interpreter is ending
            self._line(f"a read cannot be shadowed: {shown(error)}")

    def _work(self) -> None:
        telling.set(True)
        try:
            with closing(SeverableTransport(**self._settings)) as self._transport:
                while not self._exchange.off and (read := self._take()):
                    result = drive(compared(read, *self._sessions), self._transport, self._stop.wait, self._stop)
                    with self._changed:
                        if not self._stop.is_set():  # else it was dropped meanwhile
                            self._counts.update(result.counts, waiting=-len(read.answers))
                            self._exchange.judge(result)
                    for mismatch in result.mismatches:
                        self._tell(mismatch)
        except BaseException as error:  # noqa: BLE001  # among them the sign to stop
            if not self._stop.is_set():
                self._exchange.off = shown(error)
        if self._exchange.off:
            LOGGER.warning("shadow reads on %s are off: %s", self.version, self._exchange.off)
            self._drop()

    def _take(self) -> Read | None:
        """The next read. None, where there is none for a while, ends the thread; the next read has another."""
        with self._changed:
            if not self._queue:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._queue or self._stop.is_set(), IDLE)
            if self._queue:
                return self._queue.popleft()
            self._thread = None
            return None

    def _drop(self) -> None:
        """Drop what waits; nothing more is done."""
        with self._changed:
            self._queue.clear()
            self._counts.update(dropped=self._counts["waiting"], waiting=-self._counts["waiting"])
            self._busy, self._thread = False, None
            self._changed.notify_all()

    def _tell(self, mismatch: Mismatch) -> None:
        try:
            if self._on_mismatch is None:
                self._line(str(mismatch))
            elif self._stop.is_set() or not self._finish(self._on_mismatch(mismatch)):
                self._line(f"not told, the client or its event loop being closed: {mismatch}")
        except BaseException as error:  # noqa: BLE001  # in a thread of our own even SystemExit is nobody's wish
            self._line(f"on_mismatch raised {type(error).__name__}, told of: {mismatch}")

    def _finish(self, result: object) -> bool:  # noqa: ARG002  # a function is done when it returns
        """See to what on_mismatch returned. Returns whether it came to an end."""
        return True

    def _line(self, text: str) -> None:
        """One line in the log; where there are many, some are left out."""
        now = self._exchange.clock()
        if len(self._lines) == LINES and now - self._lines[0] < PER:
            self._left_out += 1
            return
        self._lines.append(now)
        left_out, self._left_out = self._left_out, 0
        LOGGER.warning("%s%s", text, f" ({left_out} lines before this one were left out)" if left_out else "")

    def _end(self) -> threading.Thread | None:
        """Drop what waits, cut off what is under way. Returns the thread, unless it is the one that asks."""
        with self._changed:
            thread, transport = self._thread, self._transport
            self._stop.set()
            self._drop()
        if transport is not None:
            transport.sever()
        return thread if thread is not threading.current_thread() else None


class Shadow(Worker):
    """The shadow of a Preferences: a thread and a connection of its own, both made when there is work.

    The thread is a daemon, and ends when there was none for a few seconds; on_mismatch is called in it.
    A forked process starts with an empty queue and counts of its own. May be used from many threads.
    """

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until every answer so far is compared, failed or dropped, and every mismatch told.

        timeout: seconds at most, None for no end. Returns whether it is so: within on_mismatch it is not.
        """
        with self._changed:
            return not telling.get() and self._changed.wait_for(lambda: not self._busy, timeout)

    def close(self) -> None:
        """End the worker and drop what waits. Waits for a second at most, for nothing that hangs."""
        if thread := self._end():
            thread.join(PATIENCE)


_living: "weakref.WeakSet[Worker]" = weakref.WeakSet()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: [*map(Worker.after_fork, _living)])
