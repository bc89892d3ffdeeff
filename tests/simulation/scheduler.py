"""An event loop on a virtual clock: what waits costs nothing, and the seed decides who comes first."""

import asyncio
import contextvars
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from itertools import count
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

PROCESS: contextvars.ContextVar[str] = contextvars.ContextVar("PROCESS", default="")
"""The process that runs what is under way; "" is the world, which never dies."""

MOST_STEPS = 200_000  # a run that takes more would never end


class Endless(Exception):
    """A run that goes on and on."""


class Scheduler(asyncio.AbstractEventLoop):
    """As much of asyncio's loop as tasks, timeouts and gathers need.

    What is ready goes in the order in which it became so, as on every loop; of what is due at the same moment
    chance picks the first.
    """

    def __init__(self, chance: Random) -> None:
        self.now = 0.0
        self.strays: list[str] = []
        """What nobody was told: exceptions of tasks that nobody awaited."""
        self.dead: set[str] = set()
        """Processes that were killed: nothing of theirs goes on."""
        self._buried: list[asyncio.Handle] = []
        self._tasks: list[tuple[asyncio.Task[Any], str]] = []  # and the process of each
        self._chance = chance
        self._count = count()
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, float, int, asyncio.TimerHandle]] = []
        self._steps = 0

    def _step(self) -> bool:
        """Run what is next. False: there is nothing."""
        while not self._ready:
            if not self._timers:
                return False
            when, _, _, timer = heapq.heappop(self._timers)
            if not timer.cancelled():
                self.now = max(self.now, when)
                self._ready.append(timer)
        handle = self._ready.popleft()
        if handle.cancelled():
            return True
        if _process(handle) in self.dead:
            self._buried.append(handle)
            return True
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Endless
        handle._run()
        return True

    def run_until(self, done: Callable[[], bool]) -> None:
        """Go on until something is so, or nothing is left to do."""
        events._set_running_loop(self)
        try:
            while not done() and self._step():
                pass
        finally:
            events._set_running_loop(None)

    def left_over(self) -> list[str]:
        """The tasks that neither ended nor died, by name."""
        return [task.get_name() for task, process in self._tasks if not task.done() and process not in self.dead]

    def close(self) -> None:
        """End every task in good order, the dead ones too: none must be found halfway by the collector."""
        self.dead.clear()
        self._ready.extend(self._buried)
        for task, _ in self._tasks:
            task.cancel()
        self._steps = 0
        self.run_until(lambda: False)
        self._tasks.clear()

    # What asyncio asks of a loop

    def time(self) -> float:
        return self.now

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, self._chance.random(), next(self._count), handle))
        return handle

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.now + delay, callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Coroutine[Any, Any, T], **options: Any) -> asyncio.Task[T]:  # type: ignore[override]
        task = asyncio.Task(coro, loop=self, **options)
        self._tasks.append((task, PROCESS.get()))
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.strays.append(f"{context['message']}: {context.get('exception')!r}")

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""


def _process(handle: asyncio.Handle) -> str:
    context: contextvars.Context = handle._context  # type: ignore[attr-defined]
    return context.get(PROCESS, "")
