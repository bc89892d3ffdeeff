"""Cancelled calls: at whatever await it happens, no place, connection or task is left over."""

from __future__ import annotations

import asyncio
import random
import re
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
import pytest
from tests.transport.test_spares import NOBODY, emails, truth

from hubspot_preferences import AsyncPreferences
from hubspot_preferences.transport import awaited

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PLACES = 8


async def by_task(call: Callable[[], Awaitable[Any]], turns: int) -> bool:
    """Cancel the task of a call after so many turns of the loop; whether it was not done by then."""
    task = asyncio.ensure_future(call())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    return task.cancelled()


async def by_scope(call: Callable[[], Awaitable[Any]], turns: int) -> bool:
    """The same by anyio, which cancels whatever is awaited while things are put in order as well."""
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:

            async def end() -> None:
                for _ in range(turns):
                    await asyncio.sleep(0)
                scope.cancel()

            group.start_soon(end)
            await call()
            group.cancel_scope.cancel()
    return scope.cancelled_caught


async def left_over(client: AsyncPreferences) -> dict[str, int]:
    """What is in use although nobody uses it."""
    (room,) = client._pool._rooms.values()
    for _ in range(20):  # what was broken off is told so by the loop
        await asyncio.sleep(0)
    counts = {"tasks": len(asyncio.all_tasks()) - 1, "places": PLACES - room.free._value}
    for pool in room.client.pools:
        if hasattr(pool, "get_client"):
            counts["connections"] = len(pool.get_client().session.connector._acquired)
        else:
            counts["idle beyond places"] = max(0, len(pool._idle) - PLACES)
    return counts


class Server(asyncio.Protocol):
    """Answers on the loop of its clients, so that whatever is awaited takes so many turns; some in eights."""

    waiting: ClassVar[list[tuple[asyncio.Transport, bytes]]] = []

    def __init__(self) -> None:
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while b"\r\n\r\n" in self._unread:
            head, _, rest = self._unread.partition(b"\r\n\r\n")
            length = int((re.findall(rb"content-length: (\d+)", head.lower()) or [0])[0])
            if len(rest) < length:
                return
            self._unread = rest[length:]
            if b"together" not in head:
                self._transport.write(NOBODY if b"/batch/" in head else truth(head))
            else:
                self.waiting.append((self._transport, truth(head)))
                if len(self.waiting) == PLACES:
                    while self.waiting:
                        transport, answer = self.waiting.pop()
                        transport.write(answer)


async def cancelled_and_asked_again(count: int, seed: int) -> None:
    """Cancel so many calls, then ask for the truth."""
    chance = random.Random(seed)  # noqa: S311  # a seed
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with AsyncPreferences("demo", base_url=url, limiter=None, retry=None, concurrency=PLACES) as client:

        async def one() -> bool:
            how = chance.choice([by_task, by_scope])
            # Reads one after the other, and side by side: of one subscriber, and in a batch.
            call: Callable[[], Awaitable[Any]] = chance.choice(
                [
                    lambda: client.opt_outs("out@example.com"),
                    lambda: client.batch.opt_outs(emails(3), chunk_size=1),
                ]
            )
            return await how(call, chance.randrange(60))

        cancelled = 0
        while cancelled < count:
            cancelled += sum(await asyncio.gather(*(one() for _ in range(25))))
        assert set((await left_over(client)).values()) == {0}
        # Answered when each place has one of them.
        await asyncio.gather(*(client.opt_outs(f"together-{place}@example.com") for place in range(PLACES)))
        questions = emails(1000)
        answers = await asyncio.gather(*map(client.opt_outs, questions))
        assert [email.startswith("out") for email in questions] == list(map(bool, answers))
        assert set((await left_over(client)).values()) == {0}
    server.close()


@pytest.mark.parametrize(
    "count", [pytest.param(500, marks=pytest.mark.slow), pytest.param(5000, marks=pytest.mark.ci)]
)
@pytest.mark.parametrize("carrier", ["httpcore", "aiohttp"])
def test_after_thousands_of_cancellations_all_is_as_before(
    monkeypatch: pytest.MonkeyPatch, carrier: str, count: int
) -> None:
    """Every place is there, and every answer is about the person who was asked about."""
    monkeypatch.setattr(awaited, "carrier", lambda: carrier)
    asyncio.run(cancelled_and_asked_again(count, 1))
