"""The shadow of an AsyncPreferences."""

import asyncio
import inspect
import threading
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, Final

from . import worker
from .worker import Worker, telling

LOOK: Final = 0.01  # seconds after which thread and loop look at each other: neither can wake the other for sure


class AsyncShadow(Worker):
    """The shadow of an AsyncPreferences: a thread and a connection of its own, both made when there is work.

    The thread is a daemon, and ends when there was none for a few seconds. on_mismatch is called in it, where
    it may block, but must not touch what belongs to a loop (asyncio.Queue.put_nowait, say); the coroutine that
    it returns, if it does, runs on the loop of the latest read. A forked process starts with an empty queue.
    """

    _awaits = True
    _loop: asyncio.AbstractEventLoop
    _task: "asyncio.Future[Any] | None" = None

    def offer(self, *read: Any) -> None:
        """Have a read of the caller's repeated. Waits for nothing, raises nothing."""
        self._loop = asyncio.get_running_loop()
        super().offer(*read)

    async def wait(self, timeout: float | None = None) -> bool:
        """Wait until every answer so far is compared, failed or dropped, and every mismatch told.

        timeout: seconds at most, None for no end. Returns whether it is so: within on_mismatch it is not.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._busy and not telling.get():
                    await asyncio.sleep(LOOK)
        return not (self._busy or telling.get())

    async def aclose(self) -> None:
        """End the worker and drop what waits. Waits for a second at most, for nothing that hangs."""
        thread = self._end()
        if telling.get():
            return  # nobody waits for themselves
        with suppress(TimeoutError):
            async with asyncio.timeout(worker.PATIENCE):
                while thread is not None and thread.is_alive():
                    await asyncio.sleep(LOOK)
                # Afterwards: what the thread left to the loop has begun by now.
                if self._task is not None and self._task.get_loop() is asyncio.get_running_loop():
                    self._task.cancel()
                    await asyncio.wait({self._task})

    def _finish(self, result: object) -> bool:
        """Have the loop await what on_mismatch returned. Returns whether it came to an end."""
        if not isinstance(result, Awaitable):
            return True
        loop, ended = self._loop, threading.Event()

        def start() -> None:
            self._task = asyncio.ensure_future(result)
            self._task.add_done_callback(lambda _: ended.set())

        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(start)
        while not ended.wait(LOOK):
            if loop.is_closed() and inspect.iscoroutine(result):
                result.close()  # nothing runs it any more
            if self._stop.is_set() or loop.is_closed() or (loop is not self._loop and not loop.is_running()):
                return False
        assert self._task is not None
        self._task.result()  # raises what on_mismatch raised
        return True
