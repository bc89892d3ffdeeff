"""The connections of an awaited client where aiohttp carries the bytes, behind httpx's interface."""

import asyncio
import os
import ssl
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from .base import QUESTION, readable
from .origin import ssl_context

# The first that fits. httpx-aiohttp's own list takes a connection that was lost before the reply came for one that
# was never opened, and knows no word for a reply that is not HTTP.
_MEANING: tuple[tuple[type[Exception], type[httpx.RequestError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.ClientError, httpx.RemoteProtocolError),
)


@contextmanager
def _meant() -> Iterator[None]:
    """Errors of httpx for those of aiohttp, whether httpx-aiohttp has translated them already or not."""
    try:
        yield
    except (httpx.RequestError, aiohttp.ClientError) as error:
        cause = error.__cause__ if isinstance(error, httpx.RequestError) else error
        for known, meaning in _MEANING:
            if isinstance(cause, known):
                # A ClientResponseError quotes the URL, and what came instead of HTTP.
                text = str(cause.status) if isinstance(cause, aiohttp.ClientResponseError) else str(cause)
                raise meaning(text) from None
        raise


class _Connection(ResponseHandler):
    """A connection that no question is sent on to which a reply is there already: it would be nobody's answer."""

    def __init__(self, pool: "AwaitedPool", loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._pool = pool
        self._reply: aiohttp.StreamReader | None = None
        pool.connections.add(self)

    @property
    def _answered(self) -> bool:
        """Whether the latest question has its whole reply."""
        return self._reply is not None and self._reply.is_eof()

    def set_response_params(self, **settings: Any) -> None:
        """A question is about to be sent."""
        self._reply = None
        QUESTION.get().sent = True
        super().set_response_params(**settings)

    def data_received(self, data: bytes) -> None:
        """What comes after a reply, and before the next question, is nobody's."""
        if data and self._answered:  # without data the parser is to go on
            self._pool.renew()
            return
        super().data_received(data)
        replies = [body for (message, body), _ in self._buffer if message.code >= 200]
        if replies:
            self._reply = replies[0]
        if len(replies) > 1:
            self._pool.renew()

    def is_connected(self) -> bool:
        """Whether the next question may be sent on it."""
        if not super().is_connected():
            return False
        assert self.transport is not None
        return not (self._answered and readable(self.transport.get_extra_info("socket")))

    def retire(self) -> None:
        """Close it; after the reply, if one is under way."""
        self.force_close()
        if self._answered and not self._buffer:
            self.close()


class _Connector(aiohttp.TCPConnector):
    def __init__(self, pool: "AwaitedPool", **settings: Any) -> None:
        super().__init__(**settings)
        self._factory: Any = partial(_Connection, pool, loop=asyncio.get_running_loop())
        self._process = os.getpid()

    def __del__(self, *_: Any) -> None:
        if self._process == os.getpid():  # in a forked process this would close the parent's connections
            super().__del__()


class _Session:
    """An aiohttp session that sends URLs as they are, each request once."""

    def __init__(self, **settings: Any) -> None:
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), **settings)
        self.session._retry_connection = False  # noqa: SLF001  # retries are ours: they are counted, and limited

    def request(self, *, url: str, **kwargs: Any) -> Any:
        """One request."""
        return self.session.request(url=URL(url, encoded=True), **kwargs)


class AwaitedPool(AiohttpTransport):
    """The pool of an awaited client, without a proxy or over one."""

    ssl_context: ssl.SSLContext

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.connections: weakref.WeakSet[_Connection] = weakref.WeakSet()
        self._opened: _Session | None = None

    def get_client(self) -> Any:
        """The session, opened with the first request, on the loop that is running."""
        if self._opened is None:
            limits = {"limit": self.limits.max_connections, "keepalive_timeout": self.limits.keepalive_expiry}
            self._opened = _Session(connector=_Connector(self, ssl=self.ssl_context, **limits))
        return self._opened

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """A reply whose body is still to be read."""
        if request.url.scheme == "https":
            self.ssl_context = ssl_context()
        try:
            with _meant():
                reply = await super().handle_async_request(request)
            if reply.status_code < 200:
                await reply.aclose()
                raise httpx.RemoteProtocolError("the connection was switched to another protocol")
        except httpx.RemoteProtocolError:
            self.renew()
            raise
        reply.stream = _Body(reply.stream)
        return reply

    def renew(self) -> None:
        """Close every connection, those in use after their replies."""
        for connection in list(self.connections):
            connection.retire()

    def abandon(self) -> None:
        """In a forked process: have nothing to do with it any more."""
        if self._opened is not None:
            self._opened.session.detach()

    async def aclose(self) -> None:
        """Close all connections."""
        if self._opened is not None:
            await self._opened.session.close()


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _meant():
            async for piece in self._stream:
                yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
