"""The queue and its thread, and that no caller waits for them: shadow/worker.py."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from attrs import evolve

from hubspot_preferences import (
    AsyncPreferences,
    InvalidArgument,
    Limiter,
    Mismatch,
    Preferences,
    PreferencesError,
    ShadowCounts,
    operations,
    versions,
)
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.shadow import worker
from hubspot_preferences.shadow.comparison import Comparison

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connect, Listen

from tests.shadow.clients import (
    MIXED,
    OPTED_OUT,
    OURS,
    RETURNED,
    SOON,
    SUBSCRIBED,
    THEIRS,
    Held,
    Mismatches,
    asked,
    gone,
    hanging,
    hold,
    inside,
    plain_shadow,
    settled,
    shadow_of,
    shadowed,
    workers,
)


def test_looking_again_from_on_mismatch_is_not_shadowed(box: Sandbox, connect: Connect) -> None:
    """A callback that reads the same once more does not lead to the next mismatch, and so on for ever."""
    seen: list[Any] = []

    def look(mismatch: Mismatch) -> None:
        assert mismatch.email is not None
        seen.append(direct.statuses(mismatch.email))
        seen.append(shadow_of(prefs).wait(SOON))

    async def alook(mismatch: Mismatch) -> None:
        assert mismatch.email is not None
        client = cast(Any, prefs)._target
        seen.append(await client.statuses(mismatch.email))
        seen.append(await client.shadow.wait(SOON))

    prefs = shadowed(connect, on_mismatch=look if connect.blocking else alook)
    direct = prefs
    with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)):
        answer = prefs.statuses(SUBSCRIBED)
        assert ShadowCounts(mismatched=1) == settled(prefs)
    assert [answer, False] == seen


def test_a_worker_that_dies_says_so(
    box: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What ends the worker switches the shadow off, with a line in the log; the reads go on."""
    prefs = shadowed(connect)
    monkeypatch.setattr(worker, "compared", None)
    assert 5 == len(prefs.statuses(SUBSCRIBED))
    counts = settled(prefs)
    assert "TypeError: 'NoneType' object is not callable" == counts.off
    assert 1 == counts.dropped
    assert ["shadow reads on 2026-03 are off: " + str(counts.off)] == caplog.messages


@pytest.mark.parametrize(
    "error", [ValueError("jane@example.com"), StopIteration(), SystemExit(3), asyncio.CancelledError()]
)
def test_a_callback_that_raises(
    box: Sandbox, connect: Connect, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """It is one line in the log, with the mismatch, without the error's words; the next is told all the same."""
    mismatches = Mismatches()

    def on_mismatch(mismatch: Mismatch) -> None:
        mismatches(mismatch)
        raise error

    prefs = shadowed(connect, on_mismatch=on_mismatch)
    with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)):
        prefs.batch.statuses([SUBSCRIBED, MIXED])
        assert ShadowCounts(mismatched=2) == settled(prefs)
    assert [SUBSCRIBED, MIXED] == [mismatch.email for mismatch in mismatches]
    assert [
        f"on_mismatch raised {type(error).__name__}, told of: {mismatch}" for mismatch in mismatches
    ] == caplog.messages


def test_a_callback_that_blocks_holds_up_nobody(box: Sandbox, connect: Connect, held: Held) -> None:
    """Reads go on, their answers wait, and what there is no room for is dropped and counted."""
    prefs = shadowed(connect, on_mismatch=held, concurrency=1)
    hold(box, prefs, held)
    for _ in range(worker.MOST_READS + 7):
        assert prefs.is_opted_out(OPTED_OUT)
    assert ShadowCounts(mismatched=1, waiting=100, dropped=7) == shadow_of(prefs).counts
    assert not shadow_of(prefs).wait(0.01)
    held.let_go.set()
    assert ShadowCounts(mismatched=1, identical=100, dropped=7) == settled(prefs)


def test_a_shadow_that_hangs_holds_up_nobody(connect: Connect, listen: Listen) -> None:
    """With a single connection and a limit, and a shadow that waits for ever, every read is answered."""
    server, waits, over = hanging(listen)
    prefs = shadowed(connect, base_url=server.url, concurrency=1, limiter=Limiter(1000, 3600), timeout=None)
    for _ in range(150):
        assert not prefs.is_opted_out("jane@example.com")
    assert waits.wait(SOON)
    counts = shadow_of(prefs).counts
    assert 150 == counts.waiting + counts.dropped
    assert counts.waiting in (100, 101)
    assert 1 == sum(b"/2026-03/" in request for request in server.requests)
    prefs.close()
    over.set()
    assert ShadowCounts(dropped=150) == shadow_of(prefs).counts


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_closing_does_not_wait_for_a_shadow_that_hangs(
    connect: Connect, listen: Listen, timeout: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """close() cuts the request off: the worker is gone when it returns, and what was under way is dropped."""
    monkeypatch.setattr(worker, "PATIENCE", SOON)  # were it not cut off, this test would take as long
    server, waits, over = hanging(listen)
    prefs = shadowed(connect, base_url=server.url, timeout=timeout)
    prefs.is_opted_out("jane@example.com")
    prefs.is_opted_out("joe@example.com")
    assert waits.wait(SOON)
    assert ["hubspot-preferences-shadow"] == workers()
    started = time.monotonic()
    prefs.close()
    assert time.monotonic() - started < SOON / 2
    assert [] == workers()
    assert ShadowCounts(dropped=2) == shadow_of(prefs).counts
    assert not over.is_set()
    over.set()
    prefs.close()  # twice does no harm


def test_closing_does_not_wait_for_a_callback_that_blocks(
    box: Sandbox, connect: Connect, held: Held, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A callback cannot be cut off; it is waited for a moment, and left alone. What it misses is in the log."""
    monkeypatch.setattr(worker, "PATIENCE", 0.05)
    prefs = shadowed(connect, on_mismatch=held)
    with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
        prefs.batch.statuses([SUBSCRIBED, MIXED])
        assert held.entered.wait(SOON)
    prefs.statuses(MIXED)
    prefs.close()
    assert not held.left.is_set()
    assert ShadowCounts(mismatched=2, dropped=1) == shadow_of(prefs).counts
    held.let_go.set()
    gone()
    assert [SUBSCRIBED] == [mismatch.email for mismatch in held.mismatches]
    assert [
        "not told, the client or its event loop being closed: batch.statuses: v4 → 2026-03 differ: statuses"
    ] == [message[: message.index(": state")] for message in caplog.messages]


def test_closing_ends_the_wait_between_requests(box: Sandbox, connect: Connect) -> None:
    """A shadow that was told to wait for an hour ends at once."""
    prefs = shadowed(connect)
    with box.faults(Fault(version=THEIRS, status=429, retry_after=3600)):
        prefs.statuses(MIXED)
        settled(prefs)
    prefs.statuses(MIXED)
    assert not shadow_of(prefs).wait(0.01)
    prefs.close()
    assert [] == workers()
    assert ShadowCounts(failed=1, dropped=1) == evolve(shadow_of(prefs).counts, paused=None, last_error=None)


def test_closing_from_within_the_callback(box: Sandbox, connect: Connect) -> None:
    """Whoever closes the client on the first mismatch is not waiting for themselves."""
    closed = threading.Event()

    def on_mismatch(_: Mismatch) -> None:
        prefs.close()
        closed.set()

    async def aon_mismatch(_: Mismatch) -> None:
        try:
            await cast(Any, prefs)._target.aclose()
        finally:
            closed.set()

    prefs = shadowed(connect, on_mismatch=on_mismatch if connect.blocking else aon_mismatch)
    with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
        prefs.statuses(SUBSCRIBED)
        assert closed.wait(SOON)
    with pytest.raises(RuntimeError, match="this client is closed"):
        prefs.statuses(SUBSCRIBED)


def test_a_worker_without_work_ends_and_another_one_starts(
    box: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No thread or task is left behind a client that nobody closes; the next read has a worker again."""
    monkeypatch.setattr(worker, "IDLE", 0.0)
    prefs = shadowed(connect)
    assert [] == workers()
    for count in range(1, 4):
        prefs.statuses(MIXED)
        assert ShadowCounts(identical=count) == settled(prefs)
        gone()


def test_a_read_that_comes_as_the_worker_ends_is_not_left_lying(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between deciding to end and ending another worker is started for it."""
    monkeypatch.setattr(worker, "IDLE", 0.0)
    with Preferences(box.token, base_url=box.url, version=OURS, shadow=THEIRS) as prefs:
        shadow = inside(prefs)
        take = shadow._take
        late: list[tuple[Any, ...]] = [(operations.opt_outs, (MIXED,), {}, ())]

        def taken() -> Any:
            read = take()
            if read is None and late:
                contextvars.Context().run(partial(shadow.offer, *late.pop()))
            return read

        monkeypatch.setattr(shadow, "_take", taken)
        prefs.statuses(MIXED)
        gone()
        assert ShadowCounts(identical=2) == settled(prefs)


def test_no_thread_can_be_started(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the machine has no thread to give the answers are dropped, and the caller has its own."""
    with Preferences(box.token, base_url=box.url, version=OURS, shadow=THEIRS) as prefs:
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", lambda _: (_ for _ in ()).throw(RuntimeError("no threads")))
            assert 5 == len(prefs.statuses(MIXED))
            assert ShadowCounts(dropped=1) == shadow_of(prefs).counts
        assert ["a read cannot be shadowed: RuntimeError: no threads"] == caplog.messages
        prefs.statuses(MIXED)
        assert ShadowCounts(dropped=1, identical=1) == settled(prefs)


def test_what_was_dropped_is_not_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that arrives while the client is being closed is counted as dropped, and once."""

    def closed_meanwhile(*_: object) -> Comparison:
        shadow.close()
        return Comparison(Counter(identical=1), error=PreferencesError("too late"))

    shadow = plain_shadow()
    shadow._thread = threading.current_thread()
    shadow.offer(operations.statuses, (MIXED,), {}, ())
    monkeypatch.setattr(worker, "drive", closed_meanwhile)
    contextvars.Context().run(shadow._work)
    shadow.offer(operations.statuses, (MIXED,), {}, ())
    assert (ShadowCounts(dropped=2), None) == (shadow.counts, shadow._thread)


@pytest.mark.parametrize(("given", "expected"), [(None, 30.0), (5, 5), (30.0, 30.0), (100.0, 30.0)])
def test_the_shadow_has_one_connection_and_some_patience(given: float | None, expected: float) -> None:
    """It waits no longer than the client does, and half a minute at most."""
    settings = plain_shadow(timeout=given, concurrency=8)._settings
    assert (expected, 1) == (settings["timeout"], settings["concurrency"])


def test_without_a_callback_each_mismatch_is_a_line(
    box: Sandbox, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """The line says what differs, not about whom, and where there are many most are left out."""
    prefs = shadowed(connect)
    with box.faults(Fault(version=THEIRS, rows="drop", nested=True, times=None)):
        prefs.batch.opt_outs([OPTED_OUT, RETURNED] + [f"{n}@example.com" for n in range(3)])
        assert 2 == settled(prefs).mismatched
    line = (
        "batch.opt_outs: v4 → 2026-03 differ (would be newly mailed): opt_outs: row: 1 row → no row; "
        "opt_outs: decision: opted out → not opted out"
    )
    record = ("hubspot_preferences.shadow", logging.WARNING, line)
    assert [record] * 2 == caplog.record_tuples


def test_a_total_disagreement_does_not_fill_a_disk(caplog: pytest.LogCaptureFixture) -> None:
    """Ten lines a minute; the next one says how many were left out."""
    shadow = plain_shadow()
    now = 0.0
    shadow._exchange.clock = lambda: now
    for _ in range(1000):
        shadow._line("differ")
    assert ["differ"] * 10 == caplog.messages
    now = 59.9
    shadow._line("differ")
    now = 60.0
    shadow._line("differ")
    shadow._line("differ")
    assert ["differ"] * 10 + ["differ (991 lines before this one were left out)", "differ"] == caplog.messages


@pytest.mark.usefixtures("three_versions")
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"shadow": OURS}, "shadow: v4 is the version of the client itself"),
        ({"shadow": "latest", "version": "2026-09"}, "shadow: 2026-09 is the version of the client itself"),
        ({"shadow": "v5"}, "shadow: 'v5' is not one of v4, 2026-03, 2026-09, latest"),
        ({"shadow": 4}, "shadow: int is not one of v4, 2026-03, 2026-09, latest"),
        ({"shadow": THEIRS, "on_mismatch": 7}, "on_mismatch: must be a function, or None for a line in the log"),
        ({"on_mismatch": print}, "on_mismatch: needs a shadow, an API version to compare with"),
    ],
)
@pytest.mark.parametrize("kind", [Preferences, AsyncPreferences])
def test_what_cannot_be_is_refused(kind: Callable[..., object], settings: dict[str, Any], expected: str) -> None:
    """A shadow that makes no sense is an InvalidArgument, before anything is opened."""
    with pytest.raises(InvalidArgument) as shadow:
        kind("pat-made-up", **{"version": OURS, **settings})
    assert expected == str(shadow.value)


def test_what_takes_time_to_import_is_imported_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shadow's version is loaded when the client is made: later it would hold up an event loop."""
    loaded: list[str] = []
    monkeypatch.setattr(versions, "load", loaded.append)
    plain_shadow()
    assert [THEIRS] == loaded


def test_a_blocking_client_takes_no_coroutine_function() -> None:
    """Nobody would await it."""

    async def on_mismatch(_: Mismatch) -> None: ...

    with pytest.raises(
        InvalidArgument, match="on_mismatch: nobody would await a coroutine function; use AsyncPreferences"
    ):
        Preferences("pat-made-up", version=OURS, shadow=THEIRS, on_mismatch=on_mismatch)


@pytest.mark.usefixtures("three_versions")
@pytest.mark.parametrize("given", ["2026-09", "latest", versions.version("2026-09")])
def test_a_shadow_is_named_as_versions_are(connect: Connect, given: Any) -> None:
    """By name, as the newest, or as the version itself; it says which it is and what it did."""
    shadow = shadow_of(shadowed(connect, shadow=given))
    assert "2026-09" == shadow.version.name
    assert f"<{'' if connect.blocking else 'Async'}Shadow version='2026-09' {ShadowCounts()!r}>" == repr(shadow)


def test_without_a_shadow_there_is_none(connect: Connect) -> None:
    """A client that was not asked for one has none, nor has one on another version."""
    assert None is connect(version=OURS).shadow
    prefs = shadowed(connect)
    other = prefs.with_version("2026-09")
    assert None is other.shadow
    other.statuses(MIXED)
    other.close()
    prefs.statuses(MIXED)
    assert 1 == settled(prefs).identical


def test_the_callers_http_client_is_left_alone(box: Sandbox, connect: Connect) -> None:
    """Your own client carries what you asked for and nothing else: the shadow has one of its own."""
    seen: list[str] = []

    async def asee(request: httpx.Request) -> None:
        seen.append(request.url.path.split("/")[2])

    def see(request: httpx.Request) -> None:
        seen.append(request.url.path.split("/")[2])

    own = connect.own(event_hooks={"request": [see if connect.blocking else asee]})
    prefs = shadowed(connect, http_client=own)
    prefs.may_email(SUBSCRIBED, "Marketing Information")
    assert 1 == settled(prefs).identical
    assert [OURS] * 3 == seen
    assert 3 == len(asked(box, THEIRS))


def test_no_token_and_no_address_is_shown(
    box: Sandbox, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the counts nor the log hold what must not be seen, even where the reply repeats both."""
    caplog.set_level(logging.DEBUG)
    prefs = shadowed(connect)
    body = f'{{"message": "no {box.token} {SUBSCRIBED}", "category": "{SUBSCRIBED}"}}'
    with box.faults(Fault(version=THEIRS, status=400, body=body)):
        prefs.statuses(SUBSCRIBED)
        counts = settled(prefs)
    assert 1 == counts.failed
    assert "@" not in repr(counts)
    assert box.token not in repr(counts)
    assert [] == [message for message in caplog.messages if "@" in message or f"Bearer {box.token}" in message]


@pytest.mark.parametrize("many", [1, 8])
def test_many_threads_at_once(box: Sandbox, many: int) -> None:
    """Whoever reads at the same time, every answer is counted once."""
    with Preferences(
        box.token, base_url=box.url, version=OURS, shadow=THEIRS, limiter=Limiter(100_000), retry=None
    ) as prefs:
        threads = [
            threading.Thread(target=lambda: [prefs.is_opted_out(OPTED_OUT) for _ in range(20)])
            for _ in range(many)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts = settled(prefs)
    assert 20 * many == counts.identical + counts.dropped
    assert counts.identical == len(asked(box, THEIRS))
