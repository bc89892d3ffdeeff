"""A reply has to be there, whole, by the time it is due: what takes longer ends, and says whether it was sent."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import pytest
from tests.transport.carriers import reply

from hubspot_preferences import TimedOut, engine
from hubspot_preferences.engine import Exchange, adrive, drive
from hubspot_preferences.transport import over_aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Connect
    from tests.transport.carriers import Keep

    from hubspot_preferences import Preferences

    Send = Callable[[Preferences, float], Any]

assert over_aiohttp  # imported now: that would take longer than the requests here may
DUE = 0.25  # seconds
PATIENCE = 20.0  # seconds after which it did not end when it was due


@pytest.fixture
def send(connect: Connect) -> Send:
    """One request over a client's connections, due in so many seconds."""

    def one(client: Preferences, seconds: float) -> Any:
        exchange = Exchange(None, None, deadline=seconds).of_call()
        op = exchange(engine.Send({"method": "POST", "url": "/", "json": {}}))
        pool: Any = client._pool
        return drive(op, pool) if connect.blocking else connect.portal.call(adrive, op, pool)

    return one


def late(send: Send, client: Preferences) -> TimedOut:
    """The error of a request that ends when it is due."""
    begun = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        send(client, DUE)
    assert DUE <= time.monotonic() - begun < PATIENCE
    return caught.value


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set when the test is over."""
    event = threading.Event()
    yield event
    event.set()


BEGINNINGS = {
    "nothing": (b"", b""),
    "the head": (b"HTTP/1.1 200 OK\r\nx: ", b"y"),
    "the status line": (b"HTTP/1.1 200 O", b"K"),
    "heads before it": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "the body": (b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "an error": (b"HTTP/1.1 502 No\r\ncontent-length: 1000000\r\n\r\n", b" "),
}


@pytest.mark.parametrize("what", BEGINNINGS)
def test_a_reply_that_trickles(connect: Connect, keep: Keep, send: Send, over: threading.Event, what: str) -> None:
    """A byte now and then is no reply: each step is quick enough, all together are not."""
    beginning, piece = BEGINNINGS[what]

    def answer(_: bytes) -> Iterator[bytes]:
        yield beginning
        while not over.wait(0.005):
            yield piece

    client = connect(base_url=keep(answer).url, timeout=10)
    assert late(send, client).uncertain


@pytest.mark.parametrize("what", ["the body", "chunks"])
def test_a_body_that_trickles_over_a_callers_own_client(
    connect: Connect, keep: Keep, send: Send, over: threading.Event, what: str
) -> None:
    """Its steps are its own, but the pieces of a body are counted."""
    beginning, piece = BEGINNINGS[what]

    def answer(_: bytes) -> Iterator[bytes]:
        yield beginning
        while not over.wait(0.005):
            yield piece

    client = connect(base_url=keep(answer).url, http_client=connect.own(timeout=10))
    assert late(send, client).uncertain


def test_silence_over_a_callers_own_client(
    connect: Connect, keep: Keep, send: Send, over: threading.Event
) -> None:
    """It waits no longer than the request may take, whatever its own timeout."""

    def answer(_: bytes) -> None:
        over.wait(60)

    client = connect(base_url=keep(answer).url, http_client=connect.own(timeout=None))
    assert late(send, client).uncertain


def test_waiting_for_a_place(connect: Connect, keep: Keep, send: Send, over: threading.Event) -> None:
    """Nothing was sent by then; who had the place has its answer."""
    asked, answers = threading.Event(), []

    def answer(_: bytes) -> bytes:
        asked.set()
        over.wait(60)
        return reply({})

    client = connect(base_url=keep(answer).url, concurrency=1)
    first = threading.Thread(target=lambda: answers.append(send(client, 60)))
    first.start()
    assert asked.wait(20)
    assert not late(send, client).uncertain
    over.set()
    first.join(20)
    assert [200] == [each.status_code for each in answers]


def test_connecting(connect: Connect, send: Send) -> None:
    """A machine that does not answer at all: nothing was sent."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # what nobody accepts keeps others waiting
            waiting = stack.enter_context(closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        client = connect(base_url=f"http://127.0.0.1:{full.getsockname()[1]}", timeout=10)
        assert not late(send, client).uncertain


def test_a_handshake(connect: Connect, send: Send) -> None:
    """A server that says nothing where TLS begins: nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = connect(base_url=f"https://127.0.0.1:{silent.getsockname()[1]}", timeout=10)
        assert not late(send, client).uncertain


def test_looking_up_the_host(
    connect: Connect, send: Send, over: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's look-up takes no timeout: it is left to itself."""
    true = socket.getaddrinfo

    def slow(host: str, *args: Any, **kwargs: Any) -> Any:
        if host in ("localhost", b"localhost"):
            over.wait(60)
        return true(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    client = connect(base_url="http://localhost:9", timeout=10)
    assert not late(send, client).uncertain
    over.set()


def test_what_was_due_before_it_began(connect: Connect, keep: Keep, send: Send) -> None:
    """Nothing is sent any more."""
    server = keep(lambda _: reply({}))
    client = connect(base_url=server.url)
    with pytest.raises(TimedOut) as caught:
        send(client, -1)
    assert not caught.value.uncertain
    assert [] == server.requests
    assert 200 == send(client, PATIENCE).status_code
