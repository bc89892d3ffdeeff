"""The shadow of an AsyncPreferences."""

import asyncio
from collections.abc import Awaitable
from concurrent import futures
from contextlib import suppress
from typing import Any, Final

from . import worker
from .worker import Worker, telling

LOOK: Final = 0.05  # seconds after which the thread looks whether the loop that it waits for is still there
POLL: Final = 0.005  # seconds after which a loop looks at the thread


class AsyncShadow(Worker):
    """The shadow of an AsyncPreferences: a thread and a connection of its own, both made when there is work.

    The thread is a daemon, and ends when there was none for a few seconds. on_mismatch is called in it, where
    it may block, but must not touch what belongs to a loop (asyncio.Queue.put_nowait, say); the coroutine that
    it returns, if it does, runs on the loop of the latest read. A forked process starts with an empty queue.
    """

    _awaits = True
    _loop: asyncio.AbstractEventLoop
    _task: "asyncio.Task[Any] | None" = None

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
                # Again and again: the thread cannot wake a loop for sure, which may be closed by then.
                while self._busy and not telling.get():
                    await asyncio.sleep(POLL)
        return not (self._busy or telling.get())

    async def aclose(self) -> None:
        """End the worker and drop what waits. Waits for a second at most, for nothing that hangs."""
        thread = self._end()
        if telling.get():
            return  # nobody waits for themselves
        with suppress(TimeoutError):
            async with asyncio.timeout(worker.PATIENCE):
                while thread is not None and thread.is_alive():
                    await asyncio.sleep(POLL)
                # Afterwards: what the thread left to the loop has begun by now.
                if self._task is not None and self._task.get_loop() is asyncio.get_running_loop():
                    self._task.cancel()
                    await asyncio.wait({self._task})

    def _finish(self, result: object) -> bool:
        """Have the loop await what on_mismatch returned. Returns whether it came to an end."""
        if not isinstance(result, Awaitable):
            return True
        loop = self._loop

        async def finish() -> None:
            self._task = asyncio.current_task()
            await result

        finished = None if loop.is_closed() else asyncio.run_coroutine_threadsafe(finish(), loop)
        while finished and futures.wait([finished], LOOK).not_done:
            if self._stop.is_set() or loop.is_closed() or loop is not self._loop:
                return False
        return finished is not None and finished.result() is None
