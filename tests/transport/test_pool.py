"""Which connection is used next, and which no more."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpcore
import pytest
from tests.transport.carriers import opted_out
from tests.transport.test_spares import NOBODY, asked_about, truth

from hubspot_preferences import AsyncPreferences, UnreadableReply
from hubspot_preferences.transport import awaited, pool
from hubspot_preferences.transport.pool import Pool

if TYPE_CHECKING:
    from tests.conftest import Connect
    from tests.transport.carriers import Keep

EXPIRY = 5.0


class Connection:
    """One that knows whether it was closed."""

    def __init__(self) -> None:
        self._pool = SimpleNamespace(connections=[])
        self.dropped = False

    def drop(self) -> None:
        self.dropped = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time by which connections grow old."""
    now = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=lambda: now.now))
    return now


def taken(connections: Pool[Connection], count: int) -> list[tuple[Connection, int]]:
    """So many at the same time."""
    return [connections.take() for _ in range(count)]


def test_the_latest_is_used_first_and_the_oldest_expire(clock: SimpleNamespace) -> None:
    """So that what a burst has opened is closed again."""
    connections = Pool(Connection, EXPIRY)
    lent = taken(connections, 3)
    assert 3 == len({id(connection) for connection, _ in lent})
    for connection, generation in lent:
        connections.give(connection, generation)
        clock.now += 2
    first, second, third = (connection for connection, _ in lent)
    assert (third, 0) == connections.take()
    assert [True, False, False] == [first.dropped, second.dropped, third.dropped]
    clock.now += 1.5
    assert connections.take()[0] not in (first, second, third)
    assert second.dropped


def test_all_are_given_up_together(clock: SimpleNamespace) -> None:
    """Those in use as soon as they are given back."""
    connections = Pool(Connection, EXPIRY)
    (idle, generation), (busy, _) = taken(connections, 2)
    connections.give(idle, generation)
    connections.renew()
    assert [True, False] == [idle.dropped, busy.dropped]
    connections.give(busy, generation)
    assert busy.dropped
    fresh, later = connections.take()
    assert fresh not in (idle, busy)
    connections.give(fresh, later)
    assert (fresh, later) == connections.take()


def test_none_is_kept_by_a_pool_that_has_ended(clock: SimpleNamespace) -> None:
    """Not even one that was taken by whoever came a moment too late."""
    connections = Pool(Connection, EXPIRY)
    connections.end()
    late, generation = connections.take()
    connections.give(late, generation)
    assert late.dropped


def test_what_is_left_within_two_encryptions() -> None:
    """To a proxy and through it: httpcore holds it where neither the socket nor h11 shows it."""
    opened: Any = SimpleNamespace(
        read=lambda *_: b"",
        get_extra_info=lambda _: False,
        _incoming=SimpleNamespace(pending=0),
        write=lambda *_: None,
    )
    stream = pool._Stream(opened, pool.Network())
    stream.read(1)
    stream.write(b"x")
    stream.read(1)
    opened._incoming.pending = 1
    with pytest.raises(httpcore.ConnectionNotAvailable):
        stream.write(b"x")


def test_a_large_body_is_sent_within_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces, each with less time than the one before."""
    sent: list[tuple[int, Any]] = []
    network = pool.Network()
    left = iter([3.0, 2.0, 1.0])
    monkeypatch.setattr(network, "seconds", lambda *_: next(left))
    opened: Any = SimpleNamespace(write=lambda piece, seconds: sent.append((len(piece), seconds)))
    pool._Stream(opened, network).write(b"x" * (2 * pool.PIECE + 1))
    assert [(pool.PIECE, 3.0), (pool.PIECE, 2.0), (1, 1.0)] == sent


@pytest.mark.parametrize("startable", [True, False])
def test_looking_up_a_host(monkeypatch: pytest.MonkeyPatch, startable: bool) -> None:
    """In a thread, if one can be had."""
    if not startable:

        def start(_: object) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", start)
    assert "127.0.0.1" in pool.Network()._addresses("localhost", 80, 20)
    with pytest.raises(httpcore.ConnectError):
        pool.Network()._addresses("a..b", 80, 20)


def test_one_that_has_read_too_much_is_closed_with_all_others(clock: SimpleNamespace) -> None:
    """However deep httpcore keeps what h11 has left over."""
    connections = Pool(Connection, EXPIRY)
    (idle, generation), (odd, _) = taken(connections, 2)
    connections.give(idle, generation)
    left: Any = SimpleNamespace(_h11_state=SimpleNamespace(trailing_data=(b"H", False)))
    odd._pool.connections = [SimpleNamespace(_connection=left)]
    connections.give(odd, generation)
    assert [True, True] == [idle.dropped, odd.dropped]


def test_what_is_under_way_when_another_is_out_of_step(connect: Connect, keep: Keep) -> None:
    """It has its answer, over a connection that is then closed as well."""
    asked, go_on = threading.Event(), threading.Event()

    def answer(request: bytes) -> bytes:
        if asked_about(request).startswith("odd"):
            return opted_out("somebody.else@example.com")
        if asked_about(request).startswith("out-slow"):
            asked.set()
            go_on.wait(20)
        return truth(request)

    server = keep(answer)
    client = connect(base_url=server.url, concurrency=2)
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(client.opt_outs, "out-slow@example.com")
        assert asked.wait(20)
        with pytest.raises(UnreadableReply):
            client.opt_outs("odd@example.com")
        go_on.set()
        assert slow.result(20)
    assert 2 == len(server.connections)
    assert client.opt_outs("out@example.com")
    assert 3 == len(server.connections)


@pytest.mark.parametrize("carrier", ["httpcore", "aiohttp"])
def test_what_has_arrived_but_was_not_noticed_yet(
    keep: Keep, monkeypatch: pytest.MonkeyPatch, carrier: str
) -> None:
    """The system is asked, too: the loop may not have come to it."""
    monkeypatch.setattr(awaited, "carrier", lambda: carrier)
    server = keep(truth)

    async def early() -> list[bool]:
        async with AsyncPreferences("demo", base_url=server.url, limiter=None) as client:
            await client.opt_outs("in@example.com")
            (room,) = client._pool._rooms.values()
            (carrying,) = {id(pool): pool for pool in room.client.pools}.values()
            if carrier == "aiohttp":
                (connection,) = carrying.connections
                usable = connection.is_connected
            else:
                ((_, idle),) = carrying._idle
                protocol = idle._network.protocol

                def usable() -> bool:
                    return not protocol.early

            before = usable()
            server.say(NOBODY)  # without the loop's having a turn
            return [before, usable()]

    assert [True, False] == asyncio.run(early())
