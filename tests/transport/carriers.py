"""Clients over each library that may carry the bytes, and servers that say more than they were asked."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from tests.conftest import Connect, Listener

from hubspot_preferences import versions
from hubspot_preferences.transport import awaited

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator

    from hubspot_preferences.sandbox import Sandbox

    Answers = Callable[[bytes], bytes | Iterable[bytes] | None]

CARRIERS = ("blocking httpcore", "awaited httpcore", "awaited aiohttp")


@pytest.fixture(params=CARRIERS)
def connect(request: pytest.FixtureRequest, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """What makes clients over each library in turn: a test runs once with each."""
    way, carrier = request.param.split()
    monkeypatch.setattr(awaited, "carrier", lambda: carrier)
    with ExitStack() as stack:
        yield Connect(box, stack, blocking=way == "blocking")


def reply(body: object, *headers: str, status: int = 200) -> bytes:
    """The bytes of a reply after which the connection stays open."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def opted_out(*emails: str) -> bytes:
    """The reply to a read of opt-outs: these opted out of all e-mail."""
    row = {"channel": "EMAIL", "wideStatusType": "PORTAL_WIDE", "status": "UNSUBSCRIBED", "businessUnitId": 0}
    return reply({"results": [{**row, "subscriberIdString": email} for email in emails]})


class Keep(Protocol):
    """Makes a server that keeps its connections open."""

    def __call__(self, answer: Answers, tls: ssl.SSLContext | None = None) -> KeptOpen: ...


class KeptOpen(Listener):
    """The same for connections that stay open: `answer` is asked for each request on them."""

    def __init__(self, answer: Answers, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.connections: list[socket.socket] = []
        self.ended = threading.Semaphore(0)
        """Released for each connection that has ended."""
        self.said = threading.Semaphore(0)
        """Released for each answer that has been sent, all its pieces."""
        super().__init__(answer)  # type: ignore[arg-type]  # asked by _serve, which is another one here
        if tls is not None:
            self.url = self.url.replace("http:", "https:")

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is sent is there
        with suppress(OSError), self._encrypted(connection) as opened:
            self.connections.append(opened)
            while (request := self._request(opened)) and (answer := self._answered(request)) is not None:
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    opened.sendall(piece)
                self.said.release()
        with self._lock:
            self._open.discard(connection)
        self.ended.release()

    def _encrypted(self, connection: socket.socket) -> socket.socket:
        return connection if self.tls is None else self.tls.wrap_socket(connection, server_side=True)

    def _answered(self, request: bytes) -> Any:
        with self._lock:
            self.requests.append(request)
            self._under_way += 1
            self.most = max(self.most, self._under_way)
        try:
            return self.answer(request)
        finally:
            with self._lock:
                self._under_way -= 1

    def say(self, data: bytes) -> None:
        """Something on every connection, unasked."""
        for connection in self.connections:
            with suppress(OSError):  # the client has closed it
                connection.sendall(data)

    def close(self) -> None:
        """Stop listening and hang up."""
        self.hang_up()
        super().close()

    def hang_up(self) -> None:
        """End every connection."""
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def keep() -> Iterator[Keep]:
    """Makes servers that keep connections open, out of a function from request to bytes."""
    with ExitStack() as stack:

        def start(answer: Answers, tls: ssl.SSLContext | None = None) -> KeptOpen:
            server = KeptOpen(answer, tls)
            stack.callback(server.close)
            return server

        yield start


@contextmanager
def script(text: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process of its own, its imports those of this one, killed if it does not end by itself."""
    # A warning that is due in some year may not end it.
    day = f"import datetime, hubspot_preferences.versions as v; v.today = lambda: {versions.today()!r}\n"
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", day + text, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith(("COV", "HUBSPOT"))},
    ) as process:
        end = threading.Timer(60, process.kill)
        end.start()
        try:
            yield process
        finally:
            end.cancel()
            process.kill()
