"""The shadow of an AsyncPreferences: shadow/awaited.py."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_preferences import (
    AsyncPreferences,
    Limiter,
    Mismatch,
    Preferences,
    ShadowCounts,
    operations,
)
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.shadow.awaited import AsyncShadow
from hubspot_preferences.shadow.worker import Shadow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Listen

from tests.shadow.clients import (
    MIXED,
    OPTED_OUT,
    OURS,
    SOON,
    SUBSCRIBED,
    THEIRS,
    Held,
    Mismatches,
    hanging,
    until,
    workers,
)


def arun(box: Sandbox, work: Callable[[AsyncPreferences], Any], **settings: Any) -> Any:
    """Run a program of its own with a client, on a loop of its own."""

    async def main() -> Any:
        async with AsyncPreferences(
            box.token, base_url=box.url, version=OURS, shadow=THEIRS, limiter=Limiter(100_000), **settings
        ) as prefs:
            return await work(prefs)

    return asyncio.run(main())


def test_a_coroutine_function_is_awaited_on_the_loop(box: Sandbox) -> None:
    """It runs on the caller's loop and in its thread; what is handed to a queue arrives."""
    queue: asyncio.Queue[Any] = asyncio.Queue()

    async def on_mismatch(mismatch: Mismatch) -> None:
        await queue.put((mismatch.email, asyncio.get_running_loop(), threading.current_thread()))

    async def work(prefs: AsyncPreferences) -> None:
        here = asyncio.get_running_loop(), threading.current_thread()
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)):
            await prefs.batch.statuses([SUBSCRIBED, MIXED])
            told = [await asyncio.wait_for(queue.get(), SOON) for _ in range(2)]
        assert [(SUBSCRIBED, *here), (MIXED, *here)] == told

    arun(box, work, on_mismatch=on_mismatch)


request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="none")


def test_the_worker_has_a_context_of_its_own(box: Sandbox) -> None:
    """What the first read is logged and traced as is not put down to all that follow."""
    seen: list[str] = []

    async def on_mismatch(_: Mismatch) -> None:
        seen.append(request_id.get())

    async def work(prefs: AsyncPreferences) -> None:
        assert prefs.shadow
        request_id.set("the first")
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
            await prefs.statuses(SUBSCRIBED)
            assert await prefs.shadow.wait(SOON)

    arun(box, work, on_mismatch=on_mismatch)
    assert ["none"] == seen


def test_who_cancels_every_task_does_not_reach_the_shadow(box: Sandbox) -> None:
    """What is repeated is no task of the caller's loop."""

    async def work(prefs: AsyncPreferences) -> ShadowCounts:
        shadow: Any = prefs.shadow
        for _ in range(2):
            shadow.offer(operations.opt_outs, (MIXED,), {}, ())
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)
        shadow.offer(operations.opt_outs, (MIXED,), {}, ())
        assert await shadow.wait(SOON)
        counts: ShadowCounts = shadow.counts
        return counts

    assert ShadowCounts(identical=3) == arun(box, work)


def test_what_a_plain_function_returns_is_awaited(box: Sandbox) -> None:
    """A lambda around a coroutine is as good as a coroutine function."""
    queue: asyncio.Queue[Mismatch] = asyncio.Queue()

    async def work(prefs: AsyncPreferences) -> Any:
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)):
            await prefs.statuses(SUBSCRIBED)
            return (await asyncio.wait_for(queue.get(), SOON)).email

    assert SUBSCRIBED == arun(box, work, on_mismatch=lambda mismatch: queue.put(mismatch))


@pytest.mark.parametrize("error", [ValueError("jane@example.com"), asyncio.CancelledError()])
def test_a_coroutine_that_raises(box: Sandbox, error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """It is one line in the log, also where it cancels itself, and the next mismatch is told."""
    mismatches = Mismatches()

    async def on_mismatch(mismatch: Mismatch) -> None:
        mismatches(mismatch)
        raise error

    async def work(prefs: AsyncPreferences) -> None:
        assert prefs.shadow
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)):
            await prefs.batch.statuses([SUBSCRIBED, MIXED])
            assert await prefs.shadow.wait(SOON)

    arun(box, work, on_mismatch=on_mismatch)
    assert 2 == len(mismatches)
    assert [
        f"on_mismatch raised {type(error).__name__}, told of: {mismatch}" for mismatch in mismatches
    ] == caplog.messages


def test_a_coroutine_that_hangs_is_cancelled_on_closing(box: Sandbox) -> None:
    """Closing neither waits for it nor leaves it behind."""
    ended: list[str] = []
    entered = asyncio.Event()

    async def on_mismatch(_: Mismatch) -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def work(prefs: AsyncPreferences) -> Any:
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
            await prefs.statuses(SUBSCRIBED)
            await asyncio.wait_for(entered.wait(), SOON)
        await prefs.aclose()
        return [task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()}]

    assert [] == arun(box, work, on_mismatch=on_mismatch)
    assert ["cancelled"] == ended


def test_a_client_that_outlives_its_loop(box: Sandbox) -> None:
    """Its shadow goes on with the reads of the next one."""

    async def once(prefs: AsyncPreferences) -> bool:
        assert prefs.shadow
        prefs.shadow.offer(operations.opt_outs, (OPTED_OUT,), {}, ())
        return await prefs.shadow.wait(SOON)

    prefs = AsyncPreferences(box.token, base_url=box.url, version=OURS, shadow=THEIRS)
    assert [True, True] == [asyncio.run(once(prefs)) for _ in range(2)]
    assert prefs.shadow
    assert 2 == prefs.shadow.counts.identical
    asyncio.run(prefs.aclose())


def test_a_loop_that_was_closed_with_a_read_under_way(listen: Listen) -> None:
    """What was offered on a loop that is gone is compared all the same, and keeps no client from closing."""
    server, waits, over = hanging(listen)
    prefs = AsyncPreferences("pat-made-up", base_url=server.url, version=OURS, shadow=THEIRS)
    shadow: Any = prefs.shadow

    async def once() -> None:
        shadow.offer(operations.opt_outs, (OPTED_OUT,), {}, ())
        while not waits.is_set():
            await asyncio.sleep(0.001)

    for _ in range(2):
        asyncio.run(once())
    asyncio.run(prefs.aclose())
    over.set()
    assert ShadowCounts(dropped=2) == shadow.counts
    assert [] == workers()


@pytest.mark.parametrize("ending", ["closed", "left", "closed before"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of whoever closes a loop with work on it
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_ends_before_on_mismatch_does(
    box: Sandbox, caplog: pytest.LogCaptureFixture, ending: str, held: Held
) -> None:
    """Nobody waits for a loop that is closed, nor for one that the client has left: the mismatch is a line."""
    mismatches: list[object] = []

    def messages() -> list[str]:
        return [record.message for record in caplog.records if record.name == "hubspot_preferences.shadow"]

    async def on_mismatch(mismatch: Mismatch) -> None:
        mismatches.append(mismatch.email)
        if mismatch.email == SUBSCRIBED:
            await asyncio.Event().wait()

    def call(mismatch: Mismatch) -> Any:
        if ending == "closed before" and mismatch.email == SUBSCRIBED:
            held(mismatch)
        return on_mismatch(mismatch)

    prefs = AsyncPreferences(
        box.token, base_url=box.url, version=OURS, shadow=THEIRS, limiter=Limiter(100_000), on_mismatch=call
    )

    async def first() -> None:
        await prefs.statuses(SUBSCRIBED)
        while not (held.entered.is_set() if ending == "closed before" else mismatches):
            await asyncio.sleep(0.001)
        await prefs._pool.aclose()

    async def second() -> ShadowCounts:
        assert prefs.shadow
        prefs.shadow.offer(operations.statuses, (MIXED,), {}, await mixed.statuses(MIXED))
        assert await prefs.shadow.wait(SOON)
        await mixed.aclose()
        await prefs.shadow.aclose()
        return prefs.shadow.counts

    mixed = AsyncPreferences(box.token, base_url=box.url, version=OURS)
    with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(first())
        if ending != "left":
            loop.close()
        held.let_go.set()
        if ending != "left":
            until(lambda: bool(messages()))  # before the next loop is there, which would be taken in its place
        assert ShadowCounts(mismatched=2) == asyncio.run(second())
    assert MIXED == mismatches[-1]
    gc.collect()  # what asyncio says of a loop that was closed with work on it is said here
    (message,) = messages()
    assert message.startswith("not told, the client or its event loop being closed: statuses: v4")
    if ending == "left":
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def test_two_loops_at_once(box: Sandbox) -> None:
    """Where two threads read on a loop each, no mismatch is given up because the other was the last to read."""
    mismatches: list[object] = []
    ready = threading.Barrier(2)

    async def on_mismatch(mismatch: Mismatch) -> None:
        await asyncio.sleep(0.001)
        mismatches.append(mismatch.email)

    prefs = AsyncPreferences(
        box.token, base_url=box.url, version=OURS, shadow=THEIRS, limiter=Limiter(100_000), on_mismatch=on_mismatch
    )

    async def reads(answer: object) -> None:
        assert prefs.shadow
        ready.wait(SOON)
        for _ in range(20):
            prefs.shadow.offer(operations.statuses, (SUBSCRIBED,), {}, answer)
            await asyncio.sleep(0.001)
        assert await prefs.shadow.wait(SOON)
        ready.wait(SOON)

    with (
        box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)),
        Preferences(box.token, base_url=box.url, version=OURS) as plain,
    ):
        answer = plain.statuses(SUBSCRIBED)
        threads = [threading.Thread(target=lambda: asyncio.run(reads(answer))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    asyncio.run(prefs.aclose())
    assert [SUBSCRIBED] * 40 == mismatches


def test_closing_that_is_cancelled_closes_the_connections(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stops waiting for the shadow leaves no socket behind."""

    async def main() -> bool:
        prefs = AsyncPreferences(box.token, base_url=box.url, version=OURS, shadow=THEIRS)
        monkeypatch.setattr(prefs.shadow, "aclose", asyncio.Event().wait)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(prefs.aclose(), 0.001)
        return prefs._pool.closed

    assert asyncio.run(main())


def test_the_loop_goes_on_while_a_plain_function_blocks(box: Sandbox, held: Held) -> None:
    """A plain function is called in a thread: it may take as long as it likes."""

    async def work(prefs: AsyncPreferences) -> Any:
        assert prefs.shadow
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
            await prefs.statuses(SUBSCRIBED)
            while not held.entered.is_set():
                await asyncio.sleep(0.001)
        answer = await prefs.statuses(MIXED)
        held.let_go.set()
        assert await prefs.shadow.wait(SOON)
        return answer, prefs.shadow.counts

    answer, counts = arun(box, work, on_mismatch=held)
    assert (5, ShadowCounts(mismatched=1, identical=1)) == (len(answer), counts)


def test_both_shadows_offer_the_same() -> None:
    """The asynchronous one has what the blocking one has, in the same words."""
    for name in ("counts", "wait", "offer"):
        words = [getattr(kind, name).__doc__ for kind in (Shadow, AsyncShadow)]
        assert words[0] == words[1]
        assert words[0]
    assert Shadow.close.__doc__ == AsyncShadow.aclose.__doc__
