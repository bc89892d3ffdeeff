"""Both clients with the network in place of their connections; all above it, drivers included, is the real one."""

import asyncio
from collections.abc import Callable
from math import inf
from random import Random
from typing import Any, Self

import httpx

from hubspot_preferences import AsyncPreferences, Preferences
from hubspot_preferences.engine import Enter, drive

from .network import Network, Result
from .scheduler import Scheduler
from .world import TOKEN

# Making these takes as long as a whole run, and nothing is sent through them.
_NEVER_USED = httpx.Client()
_NEVER_AWAITED = httpx.AsyncClient()


class _Wire:
    """What a transport has besides `send`."""

    closed = False

    def __init__(self, network: Network, scheduler: Scheduler, concurrency: int) -> None:
        self.concurrency = concurrency
        self._network = network
        self._scheduler = scheduler

    def ready(self) -> Self:
        """It always is."""
        return self


class _AwaitedWire(_Wire):
    def __init__(self, network: Network, scheduler: Scheduler, concurrency: int) -> None:
        super().__init__(network, scheduler, concurrency)
        self._free = asyncio.Semaphore(concurrency)

    async def enter(self, step: Enter) -> bool:
        try:
            async with asyncio.timeout_at(None if step.until == inf else step.until):
                await self._free.acquire()
                step.leave = self._free.release
        except TimeoutError:
            return False
        return True

    async def send(self, kwargs: dict[str, Any], until: float = inf) -> httpx.Response:
        return _reply(await self._network.send(kwargs, until))


class _BlockingWire(_Wire):
    def enter(self, step: Enter) -> bool:
        return True  # there is nobody else

    def send(self, kwargs: dict[str, Any], until: float = inf) -> httpx.Response:
        future = self._network.send(kwargs, until)
        self._scheduler.run_until(future.done)
        return _reply(future.result())


def _reply(result: Result) -> httpx.Response:
    if isinstance(result, httpx.Response):
        return result
    raise result


class _Blocking(Preferences):
    """It waits on the scheduler's clock; meanwhile the others go on."""

    _sleep: Callable[[float], None]

    def _run(self, operation: Any, *args: Any, **kwargs: Any) -> Any:
        return drive(operation(self._begin(), *args, **kwargs), self._transport, self._sleep)


def awaited(network: Network, scheduler: Scheduler, chance: Random, **settings: Any) -> AsyncPreferences:
    """An AsyncPreferences in this world."""
    prefs = AsyncPreferences(TOKEN, http_client=_NEVER_AWAITED, **settings)
    prefs._pool = _AwaitedWire(network, scheduler, settings.get("concurrency", 8))  # type: ignore[assignment]
    _on_the_clock(prefs, scheduler, chance)
    return prefs


def blocking(network: Network, scheduler: Scheduler, chance: Random, **settings: Any) -> Preferences:
    """A Preferences in this world, one request at a time: it needs no threads then."""
    settings = {**settings, "concurrency": 1, "http_client": _NEVER_USED}
    prefs = _Blocking(TOKEN, **settings)
    prefs._pool = _BlockingWire(network, scheduler, 1)  # type: ignore[assignment]
    prefs._sleep = lambda seconds: _sleep(scheduler, seconds)
    _on_the_clock(prefs, scheduler, chance)
    return prefs


def _on_the_clock(prefs: AsyncPreferences | Preferences, scheduler: Scheduler, chance: Random) -> None:
    prefs._session.exchange.clock = scheduler.time
    prefs._session.exchange.jitter = chance.random


def _sleep(scheduler: Scheduler, seconds: float) -> None:
    over = scheduler.create_future()
    scheduler.call_later(seconds, over.set_result, None)
    scheduler.run_until(over.done)
