"""Event loops: each has a pool of its own, which ends with it."""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from tests.transport.test_spares import truth

from hubspot_preferences import AsyncPreferences, Change, SubscriptionState
from hubspot_preferences.transport import awaited

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.transport.carriers import KeptOpen

    from hubspot_preferences.sandbox import Sandbox

    Keep = Callable[[Callable[[bytes], bytes | None]], KeptOpen]

NEWS = 7001
JANE = "jane@example.com"


@pytest.fixture(params=["httpcore", "aiohttp"])
def carrier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each library that may carry the bytes of awaited requests."""
    monkeypatch.setattr(awaited, "carrier", lambda: request.param)
    name: str = request.param
    return name


def client_of(server: Sandbox | KeptOpen) -> AsyncPreferences:
    """A client that neither retries nor waits."""
    return AsyncPreferences("demo", base_url=server.url, retry=None, limiter=None)


@pytest.mark.usefixtures("carrier")
def test_one_client_under_several_runs(box: Sandbox) -> None:
    """A script that calls asyncio.run for each step: every write is carried out once, and confirmed."""
    client = client_of(box)
    for number in range(6):
        state = SubscriptionState("UNSUBSCRIBED" if number % 2 else "SUBSCRIBED")
        assert state == asyncio.run(client.set_status(JANE, NEWS, state)).state
    assert {"set_status"} == {entry.operation for entry in box.log}
    assert 6 == len(box.log)


@pytest.mark.usefixtures("carrier")
def test_connections_end_with_their_loop(keep: Keep) -> None:
    """Nothing is left open for the collector to complain of; within one loop they are kept."""
    server = keep(truth)
    client = client_of(server)

    async def three() -> None:
        for _ in range(3):
            assert await client.opt_outs("out@example.com")

    for runs in (1, 2, 3):
        asyncio.run(three())
        assert runs == len(server.connections)
        assert server.ended.acquire(timeout=20)
        assert [] == list(client._pool._rooms)
    asyncio.run(client.aclose())


@pytest.mark.usefixtures("carrier")
def test_two_loops_at_once(keep: Keep) -> None:
    """Each in a thread of its own, each with its own connections, over one client."""
    both = threading.Barrier(2, timeout=20)

    def answer(request: bytes) -> bytes:
        if b"first" in request:
            both.wait()  # both loops have a question under way
        return truth(request)

    server = keep(answer)
    client = client_of(server)

    async def ask(who: str) -> list[bool]:
        await client.opt_outs(f"first-{who}@example.com")
        emails = [f"{'out' if number % 2 else 'in'}-{who}-{number}@example.com" for number in range(20)]
        return [bool(await client.opt_outs(email)) for email in emails]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda who: asyncio.run(ask(who)), "ab"))
    assert [[False, True] * 10] * 2 == answers
    assert 2 == len(server.connections)


@pytest.mark.usefixtures("carrier")
def test_closing_closes_what_other_loops_have_as_well(keep: Keep) -> None:
    """A client is closed once, whichever loop it is done on, and says so on all."""
    server = keep(truth)
    client = client_of(server)
    asked, over = threading.Event(), threading.Event()

    async def elsewhere() -> None:
        await client.opt_outs(JANE)
        asked.set()
        while not over.is_set():
            await asyncio.sleep(0.001)
        with pytest.raises(RuntimeError, match="closed"):
            await client.opt_outs(JANE)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(asyncio.run, elsewhere())
        assert asked.wait(20)
        asyncio.run(client.aclose())
        assert server.ended.acquire(timeout=20)
        over.set()
        running.result(20)


@pytest.mark.usefixtures("carrier")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_was_closed_without_a_word_is_forgotten(keep: Keep) -> None:
    """Its pool is dropped when the next one is made, and nothing in it is touched."""
    server = keep(truth)
    client = client_of(server)
    loop = None
    for _ in range(3):
        loop = asyncio.new_event_loop()
        assert loop.run_until_complete(client.opt_outs("out@example.com"))
        loop.close()
        assert [loop] == list(client._pool._rooms)
    asyncio.run(client.aclose())
    assert [] == list(client._pool._rooms)
    del loop
    gc.collect()  # while what the collector then complains of is ignored


def test_without_asyncio_every_method_says_so(box: Sandbox) -> None:
    """Under trio, say: one error, and nothing is sent."""
    client = client_of(box)
    arguments: dict[str, Any] = {
        "email": JANE,
        "emails": [JANE],
        "changes": [Change(JANE, NEWS, "UNSUBSCRIBED")],
        "subscription": NEWS,
        "state": "SUBSCRIBED",
        "method": "GET",
        "path": "/",
    }
    methods: list[Callable[..., Coroutine[Any, Any, Any]]] = [
        getattr(target, name)
        for target in (client, client.batch)
        for name, _ in inspect.getmembers(type(target), inspect.iscoroutinefunction)
        if not name.startswith("_") and name != "aclose"
    ]
    assert len(methods) >= 15
    for method in methods:
        needed = [
            arguments[name]
            for name, parameter in inspect.signature(method).parameters.items()
            if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        with pytest.raises(RuntimeError, match="runs on asyncio only"):
            method(*needed).send(None)
    assert () == box.log
