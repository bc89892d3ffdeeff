"""Awaited requests: on each event loop a pool of its own."""

import asyncio
import concurrent.futures.thread  # noqa: F401  # looking a host up would import it: a fork may find that half done
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from math import inf
from typing import Any, Self

import httpx
from httpx import Response

from ..errors import InvalidArgument, TransportError
from ..forks import held_off
from .base import FORKED, INHERITED, QUESTION, Common, Entering, Question, carried_by_us, late, left


def carrier() -> str:
    """What carries the bytes: aiohttp where httpx-aiohttp is installed, else httpcore."""
    from importlib.util import find_spec

    return "aiohttp" if find_spec("httpx_aiohttp") else "httpcore"


class _Client(httpx.AsyncClient):
    """An httpx client over pools of ours: one for requests without a proxy, one for each proxy."""

    def __init__(self, carrier: str, **settings: Any) -> None:
        self.pools: list[Any] = []
        self._carrier = carrier
        super().__init__(**settings)

    def _init_transport(self, *, proxy: httpx.Proxy | None = None, **settings: Any) -> Any:  # type: ignore[override]
        carrying: Any
        with held_off:
            if self._carrier == "aiohttp" and not (proxy and proxy.url.scheme.startswith("socks")):
                from . import over_aiohttp as carrying
            else:
                from . import awaited_pool as carrying
            self.pools.append(carrying.AwaitedPool(proxy=proxy, **carried_by_us(settings)))
        return self.pools[-1]

    def _init_proxy_transport(self, proxy: httpx.Proxy, **settings: Any) -> Any:  # type: ignore[override]
        return self._init_transport(proxy=proxy, **settings)

    def renew(self) -> None:
        """Close every connection, those in use after their replies."""
        for pool in self.pools:
            pool.renew()

    def abandon(self) -> None:
        """In a forked process: leave the connections to the parent."""
        for pool in self.pools:
            pool.abandon()


class _Room:
    """What belongs to one event loop: a client, and room for so many requests at a time."""

    def __init__(self, client: Any, concurrency: int) -> None:
        self.client = client
        self.free = asyncio.Semaphore(concurrency)
        self.open: AsyncGenerator[None, None] | None = None


class AsyncTransport(Common):
    """Awaited requests through one httpx.AsyncClient for each event loop, of those that enter at most
    `concurrency` at a time.
    """

    def __init__(self, client: Any, **common: Any) -> None:
        super().__init__(client, "AsyncClient", carrier(), **common)
        self._given = client
        self._rooms: dict[asyncio.AbstractEventLoop, _Room] = {}
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the pool is closed."""
        return self._closed if self._own else bool(self._given.is_closed)

    def ready(self) -> Self:
        """The transport, if it can be used. Raises RuntimeError where it is closed, or the parent process's, or
        there is no asyncio.
        """
        self._after_fork()
        if self.closed:
            raise RuntimeError("this client is closed")
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "AsyncPreferences runs on asyncio only, and here is no asyncio event loop"
            ) from None
        return self

    def _after_fork(self) -> None:
        """A forked process leaves loops and connections to its parent."""
        if self._process == os.getpid():
            return
        if not self._own:
            raise RuntimeError(FORKED)
        for room in self._rooms.values():
            room.client.abandon()
        INHERITED.append(self._rooms)
        self._rooms, self._process = {}, os.getpid()

    async def _room(self) -> _Room:
        """That of the running loop. When the loop ends, or this transport is closed, so is its client."""
        loop = asyncio.get_running_loop()
        if (room := self._rooms.get(loop)) is None:
            for other in [other for other in list(self._rooms) if other.is_closed()]:
                self._rooms.pop(other, None)
            room = self._rooms[loop] = _Room(
                self._given or _Client(self.name, **self._settings()), self.concurrency
            )
            if self._own:
                room.open = self._open(loop, room)
                await anext(room.open)
        return room

    async def enter(self, step: Entering) -> bool:
        """Become one of the requests under way. Returns whether there was room in time."""
        self.ready()
        free = (await self._room()).free
        try:
            async with asyncio.timeout(None if step.until == inf else left(step.until)):
                await free.acquire()
                step.leave = free.release
        except TimeoutError:
            return False
        return True

    async def send(self, kwargs: dict[str, Any], until: float = inf) -> Response:
        """One request, one reply of any status, or TransportError; TimedOut where it is not whole by then."""
        self.ready()
        room = await self._room()
        reply: Response | TransportError | InvalidArgument
        question = Question()
        QUESTION.set(question)
        try:
            async with asyncio.timeout(None if until == inf else left(until)):
                question.sent = not self._own  # nobody knows what a caller's client has done
                reply = await self._reply(room.client, kwargs, until)
        except TimeoutError:
            reply = late(uncertain=question.sent)
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def _reply(
        self, client: Any, kwargs: dict[str, Any], until: float
    ) -> Response | TransportError | InvalidArgument:
        """A reply, or the error to raise: elsewhere, as httpx's own holds the request, and so the token."""
        try:
            request = self._build(client, kwargs, until)
            reply: Response = await client.send(request, stream=True, follow_redirects=False)
            try:
                if bounded := self._bounded(reply, until, client):
                    pieces: Any = reply.aiter_raw()
                    async with aclosing(pieces):
                        body = b"".join([bounded.decode(piece) async for piece in pieces])
                    reply._content = body  # noqa: SLF001  # as aread() does
            finally:
                await reply.aclose()
            return reply
        except (self._http.HTTPError, self._http.InvalidURL) as error:
            return self._translated(error)
        except TransportError as error:
            return error.with_traceback(None)

    async def aclose(self) -> None:
        """Close the pool, unless it is the caller's."""
        self._closed = True
        if self._own:
            self._after_fork()
        while self._rooms:
            loop, room = self._rooms.popitem()
            if room.open is None or loop.is_closed():
                continue
            if loop is asyncio.get_running_loop():
                await room.open.aclose()
            else:
                with suppress(RuntimeError):  # it was closed meanwhile
                    loop.call_soon_threadsafe(loop.create_task, room.open.aclose())

    async def _open(self, loop: asyncio.AbstractEventLoop, room: _Room) -> AsyncGenerator[None, None]:
        """Closes a room when it is closed itself: asyncio does so with every generator before its loop ends."""
        try:
            yield
        finally:
            self._rooms.pop(loop, None)
            await room.client.aclose()
