"""When a shadow sends, pauses and gives up: shadow/pace.py."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import pytest

from hubspot_preferences import (
    APIError,
    Limiter,
    PreferencesError,
    RateLimited,
    ShadowCounts,
    TransportError,
)
from hubspot_preferences.engine import Sleep
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.shadow import pace
from hubspot_preferences.shadow.comparison import Comparison
from hubspot_preferences.shadow.pace import PacedExchange

if TYPE_CHECKING:
    from tests.conftest import Connect

from tests.shadow.clients import (
    MIXED,
    NEWS,
    OPTED_OUT,
    OURS,
    SUBSCRIBED,
    THEIRS,
    asked,
    inside,
    settled,
    shadow_of,
    shadowed,
    until,
)


def test_the_shadow_takes_a_fifth_of_the_limit(box: Sandbox, connect: Connect) -> None:
    """Of a hundred requests an hour the shadow takes twenty; the caller has its eighty without waiting."""
    limiter = Limiter(100, 3600)
    prefs = shadowed(connect, limiter=limiter)
    for _ in range(30):
        prefs.is_opted_out(OPTED_OUT)
    until(lambda: 20 == shadow_of(prefs).counts.identical)
    for _ in range(50):
        prefs.is_opted_out(OPTED_OUT)
    assert not shadow_of(prefs).wait(0.01)
    assert (80, 20) == (len(asked(box, OURS)), len(asked(box, THEIRS)))
    assert ShadowCounts(identical=20, waiting=60) == shadow_of(prefs).counts


def test_each_request_of_a_read_takes_a_slot(box: Sandbox, connect: Connect) -> None:
    """What may_email reads side by side the shadow reads one after the other, each in a slot of its own."""
    prefs = shadowed(connect, limiter=Limiter(15, 3600))
    prefs.may_email(SUBSCRIBED, NEWS)
    prefs.may_email(MIXED, NEWS)
    until(lambda: 3 == len(asked(box, THEIRS)))
    assert not shadow_of(prefs).wait(0.01)
    assert ["get_statuses", "get_opt_outs", "get_statuses"] == asked(box, THEIRS)
    assert ShadowCounts(identical=1, waiting=1) == shadow_of(prefs).counts


def test_without_a_limiter_the_shadow_keeps_to_a_small_one(box: Sandbox, connect: Connect) -> None:
    """A caller who limits nothing has a shadow that takes no more than a fifth of the smallest limit."""
    prefs = shadowed(connect, limiter=None)
    now = time.monotonic()
    inside(prefs)._exchange.clock = lambda: now  # no slot is ever free again
    for _ in range(40):
        prefs.is_opted_out(OPTED_OUT)
    until(lambda: 20 == shadow_of(prefs).counts.identical)
    assert not shadow_of(prefs).wait(0.01)
    assert 20 == len(asked(box, THEIRS))


def test_what_the_shadow_is_told_of_limits_holds_for_it_alone(box: Sandbox, connect: Connect) -> None:
    """A limit of one request an hour, as the shadow hears it, makes the shadow wait and nobody else."""
    limiter = Limiter(1000, 3600)
    prefs = shadowed(connect, limiter=limiter)
    headers = {
        "x-hubspot-ratelimit-max": "100",
        "x-hubspot-ratelimit-remaining": "19",
        "x-hubspot-ratelimit-interval-milliseconds": "3600000",
    }
    with box.faults(Fault(version=THEIRS, headers=headers)):
        prefs.is_opted_out(OPTED_OUT)
        counts = settled(prefs)
    assert (1, "little is left of the rate limit") == (counts.identical, counts.paused)
    for _ in range(30):
        prefs.is_opted_out(OPTED_OUT)
    assert "Limiter(requests=1000, seconds=3600)" == repr(limiter)
    assert 30 == shadow_of(prefs).counts.waiting
    assert ["get_opt_outs"] == asked(box, THEIRS)


def test_the_window_of_the_caller_closes_for_the_shadow(box: Sandbox, connect: Connect) -> None:
    """Where the caller was told to wait the shadow does not go either."""
    limiter = Limiter(1000, 3600)
    prefs = shadowed(connect, limiter=limiter)
    prefs.is_opted_out(OPTED_OUT)
    assert 1 == settled(prefs).identical
    limiter.close(time.monotonic() + 3600, time.monotonic())
    step = next(inside(prefs)._exchange.slot(math.inf))
    assert isinstance(step, Sleep)
    assert step.seconds > 9


def paced(now: float = 0.0) -> PacedExchange:
    """An exchange at a time that stands still."""
    return PacedExchange(retry=None, limiter=Limiter(), clock=lambda: now)


def failed(error: Exception | None, *, answered: bool = False) -> Comparison:
    """What comparing came to where this went wrong."""
    return Comparison(error=error, answered=answered)


def test_pauses_grow_until_the_shadow_is_off() -> None:
    """After each read that failed the shadow waits twice as long as before; after ten it is off."""
    exchange = paced()
    pauses = []
    for _ in range(9):
        exchange.judge(failed(PreferencesError("HTTP 404")))
        pauses.append(exchange.paused_until)
    assert [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0] == pauses
    assert (None, "HTTP 404") == (exchange.off, exchange.paused)
    exchange.judge(failed(PreferencesError("HTTP 404")))
    assert ("10 reads in a row failed; the last: HTTP 404", None) == (exchange.off, exchange.paused)


@pytest.mark.parametrize("error", [None, PreferencesError("HTTP 500")])
def test_an_answer_in_between_makes_up_for_failures(error: Exception | None) -> None:
    """Only failures in a row count: a shadow that answers now and then, if only in part, stays on."""
    exchange = paced()
    for _ in range(30):
        for _ in range(9):
            exchange.judge(failed(PreferencesError("HTTP 500")))
        exchange.judge(failed(error, answered=True))
    assert None is exchange.off


def test_the_rate_limit_makes_for_a_pause_after_part_of_an_answer() -> None:
    """A batch of which some was answered before the limit was reached is followed by a pause as well."""
    exchange = paced()
    exchange.judge(failed(RateLimited(429, retry_after=7.0), answered=True))
    assert 7.0 == exchange.paused_until


def test_a_failure_in_part_makes_for_no_pause() -> None:
    """A batch of which one address cannot be read says nothing against the next."""
    exchange = paced()
    exchange.judge(failed(PreferencesError("HTTP 400"), answered=True))
    assert None is exchange.paused
    assert "HTTP 400" == exchange.last_error


def test_a_short_pause_does_not_end_a_long_one() -> None:
    """Little is left of the day, and the same read failed: the shadow waits for the longer of the two."""
    exchange = paced()
    exchange.pause(3600.0, "little is left")
    exchange.judge(failed(APIError(500)))
    assert (3600.0, "little is left") == (exchange.paused_until, exchange.paused)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TransportError("cut off"), 1.0),
        (APIError(500), 1.0),
        (RateLimited(429), 10.0),
        (RateLimited(429, retry_after=60.0), 60.0),
        (RateLimited(429, retry_after=0.5), 1.0),
        (APIError(477, retry_after=86400.0), 3600.0),
    ],
)
def test_a_pause_is_what_was_asked_for(error: Exception, expected: float) -> None:
    """What a reply asks for counts, an hour at most."""
    exchange = paced(now=50.0)
    exchange.judge(failed(error))
    assert 50.0 + expected == exchange.paused_until


def test_a_total_failure_ends_it(
    box: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A version that answers nothing but 404 is asked ten times, then no more; the log and the counts say why."""
    monkeypatch.setattr(pace, "LONGEST_PAUSE", 0.0)
    prefs = shadowed(connect)
    with box.faults(Fault(version=THEIRS, status=404, times=None)):
        for _ in range(25):
            prefs.statuses(MIXED)
        counts = settled(prefs)
    assert (10, 15) == (counts.failed, counts.dropped)
    assert str(counts.off).startswith("10 reads in a row failed; the last: HTTP 404")
    assert [f"shadow reads on 2026-03 are off: {counts.off}"] == caplog.messages
    assert 10 == len(asked(box, THEIRS))
    prefs.statuses(MIXED)
    assert 16 == shadow_of(prefs).counts.dropped


@pytest.mark.parametrize("version", [OURS, THEIRS])
def test_the_end_of_the_daily_limit_ends_it_at_once(box: Sandbox, connect: Connect, version: str) -> None:
    """When the day's requests are used up the shadow takes none of the next day's either."""
    prefs = shadowed(connect)
    faults = [Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})] if version == OURS else []
    # On the version in use the second request: the one that makes sure.
    with box.faults(*faults, Fault(version=version, status=429, policy="DAILY", skip=len(faults), times=None)):
        prefs.statuses(SUBSCRIBED)
        counts = settled(prefs)
    assert (1, 0) == (counts.failed, counts.mismatched)
    assert counts.off == counts.last_error
    assert "HTTP 429 RATE_LIMIT policy DAILY" in str(counts.off)
