"""The shadow of a Preferences: a thread."""

import inspect
import os
import socket
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..engine import drive
from ..errors import InvalidArgument
from ..operations import Session
from ..transport import Transport
from ..versions import Version
from . import backlog
from .backlog import LOGGER, Backlog, telling, words
from .reads import Read
from .values import Mismatch, ShadowCounts


class Shadow(Backlog):
    """The shadow of a Preferences: a thread and a connection of its own, both made when there is work.

    The thread is a daemon, and ends when there was none for a few seconds; on_mismatch is called in it.
    A forked process starts with an empty queue and counts of its own. May be used from many threads.
    """

    def __init__(
        self,
        session: Session,
        version: str | Version,
        on_mismatch: Callable[[Mismatch], object] | None,
        settings: dict[str, Any],
    ) -> None:
        super().__init__(session, version, on_mismatch, settings)
        if inspect.iscoroutinefunction(on_mismatch):
            raise InvalidArgument(
                "on_mismatch: a coroutine function is for AsyncPreferences: nobody would await it"
            )
        self._extensions = {"trace": self._trace}
        _living.add(self)

    def _reset(self) -> None:
        super()._reset()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._worker: threading.Thread | None = None
        self._stream: Any = None

    def _after_fork(self) -> None:
        closed = self._closed
        self._reset()
        self._closed = closed
        self._limiter.after_fork()

    @property
    def counts(self) -> ShadowCounts:
        """What became of the answers so far."""
        with self._changed:
            return self._counts()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until every answer so far is compared, failed or dropped, and every mismatch told.

        timeout: seconds at most; None waits for as long as it takes. Returns whether it is so: within
        on_mismatch it is not.
        """
        if telling.get():
            return False
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, timeout)

    def _enqueue(self, reads: list[Read], left_out: int) -> None:
        with self._changed:
            if self._admit(reads, left_out):
                self._changed.notify_all()
                if self._worker is None:
                    self._start()

    def close(self) -> None:
        """End the worker and drop what waits. Waits for a second at most, for nothing that hangs."""
        with self._changed:
            self._closed = True
            self._drop_all()
            self._current = None
            worker = self._worker
            self._stop.set()
            self._changed.notify_all()
        self._cut()
        if worker is not None and worker is not threading.current_thread():
            worker.join(backlog.PATIENCE)

    def _start(self) -> None:
        self._worker = threading.Thread(target=self._work, name="hubspot-preferences-shadow", daemon=True)
        try:
            self._worker.start()
        except RuntimeError:  # no more threads, or the interpreter is ending
            self._worker = None
            self._drop_all()
            raise

    def _work(self) -> None:
        telling.set(True)
        transport = None
        try:
            while (read := self._take()) is not None:
                transport = transport or Transport(None, **self._settings)
                found = drive(self._compared(read), transport, self._sleep, self._stop)
                with self._changed:
                    line = self._settle(read, found)
                if line:
                    LOGGER.warning(line)
                for mismatch in found.mismatches:
                    if self._stop.is_set():
                        self._line(f"not told, the client being closed: {mismatch}")
                    else:
                        self._tell(mismatch)
        except BaseException as error:  # noqa: BLE001  # among them the sign to stop
            if not self._stop.is_set():
                with self._changed:
                    line = self._switch_off(words(error))
                LOGGER.warning(line)
        finally:
            with self._changed:
                if self._worker is threading.current_thread():
                    self._worker = self._current = None
                self._changed.notify_all()
            # Here, not where close() was called: a socket that is closed under a thread that reads it may
            # become somebody else's.
            if transport is not None:
                transport.close()

    def _sleep(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _take(self) -> Read | None:
        """The next read, or None when the worker is to end."""
        with self._changed:
            self._current = None
            self._changed.notify_all()
            if not self._stop.is_set():
                self._changed.wait_for(lambda: bool(self._queue) or self._stop.is_set(), backlog.IDLE)
            if self._next() is None:
                self._worker = None  # under the lock: the next read starts another
            return self._current

    def _tell(self, mismatch: Mismatch) -> None:
        if self._on_mismatch is None:
            self._line(str(mismatch))
            return
        try:
            self._on_mismatch(mismatch)
        except BaseException as error:  # noqa: BLE001  # in a thread of our own even SystemExit is nobody's wish
            self._line(f"on_mismatch raised {type(error).__name__}, told of: {mismatch}")

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """Remember the connection, so that a reply which does not come can be cut short from another thread."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]
            if self._stop.is_set():
                self._cut()

    def _cut(self) -> None:
        opened = self._stream and self._stream.get_extra_info("socket")
        if isinstance(opened, socket.socket):
            with suppress(OSError):  # it is closed already
                # Not SSLSocket.shutdown, which changes what another thread is using.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)


# A forked process has its parent's shadows, but not their threads, nor whoever held their locks.
_living: "weakref.WeakSet[Shadow]" = weakref.WeakSet()


def _after_fork() -> None:
    for shadow in list(_living):
        shadow._after_fork()  # noqa: SLF001  # our own


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
