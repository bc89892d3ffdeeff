"""The connections of a blocking client: none is used again that is out of step, and none beyond its time."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from math import inf
from typing import Any, Generic, Protocol, TypeVar

import httpcore
import httpx

from . import origin
from .base import is_address, left


class Droppable(Protocol):
    """One connection, as an httpx transport."""

    _pool: Any

    def drop(self) -> None:
        """Close it, whatever is under way on it."""


C = TypeVar("C", bound=Droppable)


class Pool(Generic[C]):
    """Connections, each used by one request at a time, and given up where anything goes wrong on it.

    httpcore's own pool keeps what a cancellation left behind, and looks at every connection for every request.
    """

    def __init__(self, connect: Callable[[], C], expiry: float | None) -> None:
        self._connect = connect
        self._expiry = expiry or 0.0
        # Since when; the latest on top. The first is made now: it fails where the environment names a proxy that
        # cannot be used.
        self._idle = [(time.monotonic(), connect())]
        self._lock = threading.Lock()
        self._generation = 0
        self._closed = False

    def take(self) -> tuple[C, int]:
        """The connection that was used last, or a new one, for `give`; those that waited too long are closed."""
        oldest = time.monotonic() - self._expiry
        with self._lock:
            expired = [connection for since, connection in self._idle if since < oldest]
            del self._idle[: len(expired)]
            taken, generation = self._idle.pop()[1] if self._idle else self._connect(), self._generation
        for connection in expired:
            connection.drop()
        return taken, generation

    def give(self, connection: C, generation: int) -> None:
        """Take it back after a reply; close it if it cannot be used again."""
        if not (in_step := _in_step(connection._pool.connections)):  # noqa: SLF001  # httpx shows it nowhere else
            self.renew()
        with self._lock:
            if in_step and generation == self._generation and not self._closed:
                self._idle.append((time.monotonic(), connection))
                return
        connection.drop()

    def renew(self) -> None:
        """Close every connection, those in use after their replies, as any of them may be out of step."""
        with self._lock:
            self._generation += 1
            gone, self._idle = self._idle, []
        for _, connection in gone:
            connection.drop()

    def end(self) -> None:
        """Close every connection, for good."""
        self._closed = True
        self.renew()


def _in_step(connections: list[Any]) -> bool:
    """Whether all that httpcore has read belongs to a reply: h11 keeps the rest for the next one."""
    for connection in connections:
        while not hasattr(connection, "_h11_state"):  # that to a proxy lies around it
            connection = connection._connection  # noqa: SLF001  # httpcore shows it nowhere else
        if connection._h11_state.trailing_data[0]:  # noqa: SLF001  # nor this
            return False
    return True


PIECE = 65_536  # bytes, each sent within what is left of the time
ONE = httpx.Limits(max_connections=1, keepalive_expiry=None)


class Network(httpcore.NetworkBackend):
    """What one connection reaches the network by; `until` is that of the request under way."""

    until: float = inf

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **kwargs: Any
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that takes it."""
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in self._addresses(host, port, self.seconds(timeout, httpcore.ConnectTimeout)):
            seconds = self.seconds(timeout, httpcore.ConnectTimeout)
            try:
                opened = httpcore.SyncBackend().connect_tcp(address, port, seconds, *args, **kwargs)
                return _Stream(opened, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int, seconds: float | None) -> list[str]:
        """Those of a host, looked up in a thread that is left behind if it takes too long."""
        if is_address(host):
            return [host]
        answers: list[Any] = []

        def ask() -> None:
            try:
                answers.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                answers.append(httpcore.ConnectError(str(error)))

        asking = threading.Thread(target=ask, name="hubspot-preferences-lookup", daemon=True)
        try:
            asking.start()
            asking.join(seconds)
        except RuntimeError:  # no thread can be had
            ask()
        if not answers:
            raise httpcore.ConnectTimeout("the name of the host was not found in time")
        if isinstance(answers[0], Exception):
            raise answers[0]
        return [answer[4][0] for answer in answers]

    def seconds(self, timeout: float | None, late: type[Exception]) -> float | None:
        """How long the next step may take."""
        if self.until == inf:
            return timeout
        if (seconds := left(self.until)) <= 0:
            raise late("the reply was not there in time")
        return seconds if timeout is None else min(timeout, seconds)


class _Stream(httpcore.NetworkStream):
    """A connection that no question is sent on to which a reply is there already: it would be nobody's answer."""

    def __init__(self, opened: httpcore.NetworkStream, network: Network) -> None:
        self._opened = opened
        self._network = network
        self._answered = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._answered = True
        return self._opened.read(max_bytes, self._network.seconds(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._answered and (self._opened.get_extra_info("is_readable") or self._decrypted()):
            raise httpcore.ConnectionNotAvailable  # the pool opens another one
        self._answered = False
        for start in range(0, len(buffer), PIECE):
            piece = buffer[start : start + PIECE]
            self._opened.write(piece, self._network.seconds(timeout, httpcore.WriteTimeout))

    def _decrypted(self) -> bool:
        """Whether there is something left within the encryption to a proxy: httpcore has read it already."""
        incoming = getattr(self._opened, "_incoming", None)
        return incoming is not None and incoming.pending > 0

    def close(self) -> None:
        self._opened.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        seconds = self._network.seconds(timeout, httpcore.ConnectTimeout)
        context = origin.ssl_context() if ssl_context is origin.LATER else ssl_context
        return _Stream(self._opened.start_tls(context, server_hostname, seconds), self._network)

    def get_extra_info(self, info: str) -> Any:
        # The pool asks as well; here it is asked when a question is about to be sent, and only then.
        return None if info == "is_readable" else self._opened.get_extra_info(info)


class _Connection(httpx.HTTPTransport):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.network = self._pool._network_backend = Network()  # noqa: SLF001  # httpx hands none on

    def drop(self) -> None:
        self._pool.close()


class BlockingPool(Pool[_Connection], httpx.BaseTransport):
    """The pool of a blocking client, without a proxy or over one."""

    def __init__(self, *, limits: httpx.Limits, **settings: Any) -> None:
        super().__init__(lambda: _Connection(limits=ONE, **settings), limits.keepalive_expiry)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """A reply whose body is still to be read."""
        connection, generation = self.take()
        connection.network.until = request.extensions.get("until", inf)
        try:
            reply = connection.handle_request(request)
        except httpx.RemoteProtocolError:
            self.renew()
            raise
        reply.stream = _Body(reply.stream, self, connection, generation)
        return reply

    def close(self) -> None:
        """Close all connections."""
        self.end()


class _Body(httpx.SyncByteStream):
    """The body of a reply, whose connection is free when it is closed."""

    def __init__(self, stream: Any, pool: BlockingPool, *lent: Any) -> None:
        self._stream, self._pool, self._lent = stream, pool, lent

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        lent, self._lent = self._lent, ()
        if lent:
            self._stream.close()
            self._pool.give(*lent)
