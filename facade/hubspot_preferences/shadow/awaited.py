"""The shadow of an AsyncPreferences: a task."""

import asyncio
import contextvars
import inspect
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from ..engine import adrive
from ..operations import Session
from ..transport import AsyncTransport
from ..versions import Version
from . import backlog
from .backlog import LOGGER, Backlog, telling, words
from .reads import Read
from .values import Mismatch, ShadowCounts


class AsyncShadow(Backlog):
    """The shadow of an AsyncPreferences: a task and a connection of its own, both made when there is work.

    The task runs on the loop of the read that started it, and ends when there was nothing to do for
    a few seconds. An on_mismatch that is a coroutine function is awaited on that loop; any other is called
    in a thread, where it may block: no place for what belongs to the loop, such as asyncio.Queue.put_nowait.
    """

    def __init__(
        self,
        session: Session,
        version: str | Version,
        on_mismatch: Callable[[Mismatch], object] | None,
        settings: dict[str, Any],
    ) -> None:
        super().__init__(session, version, on_mismatch, settings)
        self._worker: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._idle = asyncio.Event()

    @property
    def counts(self) -> ShadowCounts:
        """What became of the answers so far."""
        return self._counts()

    async def wait(self, timeout: float | None = None) -> bool:
        """Wait until every answer so far is compared, failed or dropped, and every mismatch told.

        timeout: seconds at most; None waits for as long as it takes. Returns whether it is so: within
        on_mismatch it is not.
        """
        if telling.get():
            return False
        try:
            async with asyncio.timeout(timeout):
                while self._busy:
                    await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def _enqueue(self, reads: list[Read], left_out: int) -> None:
        if self._admit(reads, left_out):
            if self._mine() is None:
                self._start()
            self._idle.clear()
            self._woken.set()

    async def aclose(self) -> None:
        """End the worker and drop what waits. Waits for a second at most, for nothing that hangs."""
        self._closed = True
        self._drop_all()
        self._current = None
        self._idle.set()
        worker = self._mine()
        if worker is not None and worker is not asyncio.current_task():
            worker.cancel()
            await asyncio.wait({worker}, timeout=backlog.PATIENCE)

    def _mine(self) -> asyncio.Task[None] | None:
        """The worker, if it lives: a loop that was closed may have left one that nothing wakes any more."""
        worker = self._worker
        if worker is None or worker.done() or worker.get_loop() is not asyncio.get_running_loop():
            return None
        return worker

    def _start(self) -> None:
        self._woken, self._idle = asyncio.Event(), asyncio.Event()  # of this loop
        # A context of its own: what the first read is traced and logged as is not what the others are.
        self._worker = asyncio.get_running_loop().create_task(
            self._work(), name="hubspot-preferences-shadow", context=contextvars.Context()
        )

    async def _work(self) -> None:
        telling.set(True)
        transport = None
        try:
            while (read := await self._take()) is not None:
                transport = transport or AsyncTransport(None, **self._settings)
                found = await adrive(self._compared(read), transport)
                if line := self._settle(read, found):
                    LOGGER.warning(line)
                untold = deque(found.mismatches)
                try:
                    while untold:
                        await self._tell(untold.popleft())
                finally:
                    for mismatch in untold:
                        self._line(f"not told, the client being closed: {mismatch}")
        except Exception as error:  # noqa: BLE001  # as it says
            LOGGER.warning(self._switch_off(words(error)))
        finally:
            if self._worker is asyncio.current_task():
                self._worker = None
                self._drop_all()
                self._current = None
                self._idle.set()
            if transport is not None:
                await transport.aclose()

    async def _take(self) -> Read | None:
        """The next read, or None when the worker is to end."""
        self._current = None
        if not self._queue:
            self._idle.set()
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(backlog.IDLE):
                    await self._woken.wait()
        return self._next()

    async def _tell(self, mismatch: Mismatch) -> None:
        if self._on_mismatch is None:
            self._line(str(mismatch))
            return
        told = asyncio.ensure_future(self._call(self._on_mismatch, mismatch))
        try:
            await asyncio.wait({told})  # tells its being cancelled from ours
        finally:
            if not told.done():
                told.cancel()
                await asyncio.wait({told}, timeout=backlog.PATIENCE)
        error = asyncio.CancelledError() if told.cancelled() else told.exception() or told.result()
        if error is not None:
            self._line(f"on_mismatch raised {type(error).__name__}, told of: {mismatch}")

    async def _call(self, function: Callable[[Mismatch], object], mismatch: Mismatch) -> BaseException | None:
        """Call a coroutine function here, any other where it can block nobody. Returns or raises its error."""
        if inspect.iscoroutinefunction(function):
            await function(mismatch)
            return None
        loop = asyncio.get_running_loop()
        done: asyncio.Future[tuple[object, BaseException | None]] = loop.create_future()

        def settle(result: object, error: BaseException | None) -> None:
            if not done.done():
                done.set_result((result, error))

        def work() -> None:
            result, error = None, None
            try:
                result = function(mismatch)
            except BaseException as raised:  # noqa: BLE001  # even SystemExit: the loop shall not end by it
                error = raised
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, result, error)

        run = contextvars.copy_context().run
        # A daemon, so that the end of the process does not wait for it either.
        threading.Thread(target=run, args=(work,), name="hubspot-preferences-told", daemon=True).start()
        result, error = await done
        if isinstance(result, Awaitable):
            await result
        return error
