"""Blocking requests over one pool of connections."""

import os
import socket
import threading
from contextlib import suppress
from math import inf
from typing import Any, Self

import httpx
from httpx import Response

from ..errors import InvalidArgument, TransportError
from ..forks import held_off
from .base import FORKED, INHERITED, Common, Entering, carried_by_us, left
from .pool import BlockingPool


class _Client(httpx.Client):
    """An httpx client over pools of ours: one for requests without a proxy, one for each proxy."""

    def __init__(self, **settings: Any) -> None:
        self.pools: list[BlockingPool] = []
        super().__init__(**settings)

    def _init_transport(self, **settings: Any) -> BlockingPool:  # type: ignore[override]
        self.pools.append(BlockingPool(**carried_by_us(settings)))
        return self.pools[-1]

    def _init_proxy_transport(self, proxy: httpx.Proxy, **settings: Any) -> BlockingPool:  # type: ignore[override]
        return self._init_transport(proxy=proxy, **settings)

    def renew(self) -> None:
        """Close every connection, those in use after their replies."""
        for pool in self.pools:
            pool.renew()


class Transport(Common):
    """Blocking requests through one httpx.Client, of those that enter at most `concurrency` at a time."""

    def __init__(self, client: Any, **common: Any) -> None:
        super().__init__(client, "Client", "httpcore", **common)
        self._client: Any = client or _Client(**self._settings())
        self._room = threading.BoundedSemaphore(self.concurrency)

    @property
    def closed(self) -> bool:
        """Whether the pool is closed."""
        return bool(self._client.is_closed)

    def ready(self) -> Self:
        """The transport, if it can be used. Raises RuntimeError where it is closed, or the parent process's."""
        self._after_fork()
        if self.closed:
            raise RuntimeError("this client is closed")
        return self

    def enter(self, step: Entering) -> bool:
        """Become one of the requests under way. Returns whether there was room in time."""
        self.ready()
        room = self._room
        if entered := room.acquire(timeout=None if step.until == inf else max(left(step.until), 0)):
            step.leave = room.release
        return entered

    def send(self, kwargs: dict[str, Any], until: float = inf) -> Response:
        """One request, one reply of any status, or TransportError; TimedOut where it is not whole by then."""
        self.ready()
        reply = self._reply(self._client, kwargs, until)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def _reply(
        self, client: Any, kwargs: dict[str, Any], until: float
    ) -> Response | TransportError | InvalidArgument:
        """A reply, or the error to raise: elsewhere, as httpx's own holds the request, and so the token."""
        try:
            request = self._build(client, kwargs, until)
            reply: Response = client.send(request, stream=True, follow_redirects=False)
            try:
                if bounded := self._bounded(reply, until, client):
                    reply._content = b"".join(map(bounded.decode, reply.iter_raw()))  # noqa: SLF001  # as read() does
            finally:
                reply.close()
            return reply
        except (self._http.HTTPError, self._http.InvalidURL) as error:
            return self._translated(error)
        except TransportError as error:
            return error.with_traceback(None)

    def _after_fork(self) -> None:
        """A forked process must not share its parent's sockets: it would read replies about somebody else."""
        if self._process == os.getpid():
            return
        if not self._own:
            raise RuntimeError(FORKED)
        with held_off:
            if self._process == os.getpid():
                return  # another thread was first
            if not self.closed:
                INHERITED.append(self._client)
                self._client = _Client(**self._settings())
            self._room = threading.BoundedSemaphore(self.concurrency)
            self._process = os.getpid()

    def close(self) -> None:
        """Close the pool, unless it is the caller's."""
        if self._own:
            self._after_fork()
            self._client.close()


class SeverableTransport(Transport):
    """A transport of one connection whose wait for a reply another thread can end."""

    def __init__(self, **common: Any) -> None:
        super().__init__(None, **common)
        self._stream: Any = None
        self._severed = False

    def send(self, kwargs: dict[str, Any], until: float = inf) -> Response:
        """One request, one reply of any status, or TransportError."""
        return super().send({**kwargs, "extensions": {"trace": self._trace}}, until)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]
            if self._severed:
                self.sever()

    def sever(self) -> None:
        """End the wait for a reply, now and for good: the request fails as one whose connection was lost."""
        self._severed = True
        opened = self._stream and self._stream.get_extra_info("socket")
        if isinstance(opened, socket.socket):
            with suppress(OSError):  # it is closed already
                # Neither close, after which the number may be somebody else's socket while a thread still reads
                # it, nor SSLSocket.shutdown, which changes what that thread is using.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)
