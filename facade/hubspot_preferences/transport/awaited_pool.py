"""The connections of an awaited client whose bytes httpcore carries."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpcore
import httpx

from . import origin
from .base import QUESTION, is_address, readable
from .pool import ONE, Pool

BUFFERED = 2**18  # bytes that lie unread before the server has to wait


class _Protocol(asyncio.Protocol):
    """What has arrived and is not read yet. Without a destructor: in a forked process nothing may touch it."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.unread = bytearray()
        self.ended = False
        self.error: Exception | None = None
        self._paused = False
        self._reader: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.unread += data
        if len(self.unread) > BUFFERED and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended, self.error = True, exc
        self._wake()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def read(self, most: int) -> bytes:
        """What has arrived, or arrives next; empty at the end."""
        if not (self.unread or self.ended):
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        if self.error is not None and not self.unread:
            raise self.error
        data = bytes(self.unread[:most])
        del self.unread[:most]
        if self._paused:
            self._paused = False
            self.transport.resume_reading()
        return data

    async def write(self, data: bytes) -> None:
        """Send, and wait while too much of it is still here."""
        self.transport.write(data)
        await self._writable.wait()
        if self.error is not None:
            raise self.error

    @property
    def early(self) -> bool:
        """Whether something is there that nobody has read, or the end."""
        return bool(self.unread) or self.ended or readable(self.transport.get_extra_info("socket"))


@contextmanager
def _raising(late: type[Exception], lost: type[Exception]) -> Iterator[None]:
    """Errors of httpcore for those of the system."""
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from None
    except (OSError, UnicodeError) as error:  # UnicodeError: what is no name of a host
        raise lost(str(error)) from None


class _Network(httpcore.AsyncNetworkBackend):
    """What one connection reaches the network by."""

    def __init__(self) -> None:
        self.protocol: _Protocol | None = None

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of the host's addresses that takes it."""
        loop = asyncio.get_running_loop()
        delay = None if is_address(host) else 0.25  # seconds until the next address is tried as well
        with _raising(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                opened = await loop.create_connection(_Protocol, host, port, happy_eyeballs_delay=delay)
        self.protocol = opened[1]
        return _Stream(self.protocol)


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that no question is sent on to which a reply is there already: it would be nobody's answer."""

    def __init__(self, protocol: _Protocol) -> None:
        self._protocol = protocol
        self._answered = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._answered = True
        with _raising(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                return await self._protocol.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._answered and self._protocol.early:
            raise httpcore.ConnectionNotAvailable  # the pool opens another one
        self._answered = False
        QUESTION.get().sent = True
        with _raising(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                await self._protocol.write(buffer)

    async def aclose(self) -> None:
        self._protocol.transport.abort()

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        protocol = self._protocol
        context = origin.ssl_context() if ssl_context is origin.LATER else ssl_context
        with _raising(httpcore.ConnectTimeout, httpcore.ConnectError):
            if protocol.unread:
                raise ConnectionError("the server speaks before it is spoken to")
            async with asyncio.timeout(timeout):
                encrypted = await asyncio.get_running_loop().start_tls(
                    protocol.transport, protocol, context, server_hostname=server_hostname
                )
            assert isinstance(encrypted, asyncio.Transport)
            protocol.transport = encrypted
        return _Stream(protocol)

    def get_extra_info(self, info: str) -> Any:
        # "is_readable" the pool asks of every connection; here it is asked when a question is about to be sent.
        return None if info == "is_readable" else self._protocol.transport.get_extra_info(info)


class _Connection(httpx.AsyncHTTPTransport):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._network = self._pool._network_backend = _Network()  # noqa: SLF001  # httpx hands none on

    def drop(self) -> None:
        if self._network.protocol is not None:
            self._network.protocol.transport.abort()


class AwaitedPool(Pool[_Connection], httpx.AsyncBaseTransport):
    """The pool of an awaited client, without a proxy or over one."""

    def __init__(self, *, limits: httpx.Limits, **settings: Any) -> None:
        super().__init__(lambda: _Connection(limits=ONE, **settings), limits.keepalive_expiry)
        anyio.Lock()  # imports what httpcore's are made of: later a fork might find it half done

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """A reply whose body is still to be read."""
        connection, generation = self.take()
        try:
            reply = await connection.handle_async_request(request)
        except BaseException as error:
            connection.drop()
            if isinstance(error, httpx.RemoteProtocolError):
                self.renew()
            raise
        reply.stream = _Body(reply.stream, self, connection, generation)
        return reply

    def abandon(self) -> None:
        """In a forked process: nothing is left to do."""

    async def aclose(self) -> None:
        """Close all connections."""
        self.end()


class _Body(httpx.AsyncByteStream):
    """The body of a reply, whose connection is free when it is closed."""

    def __init__(self, stream: Any, pool: AwaitedPool, *lent: Any) -> None:
        self._stream, self._pool, self._lent = stream, pool, lent

    def __aiter__(self) -> AsyncIterator[bytes]:
        iterator: AsyncIterator[bytes] = aiter(self._stream)
        return iterator

    async def aclose(self) -> None:
        lent, self._lent = self._lent, ()
        if lent:
            try:
                await self._stream.aclose()
            except BaseException:
                lent[0].drop()  # cancelled while it was put in order
                raise
            self._pool.give(*lent)
