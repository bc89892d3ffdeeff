"""How long requests take: what is counted, and how many of them are held."""

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import Retry, TimedOut
from hubspot_preferences.answers import durations
from hubspot_preferences.answers.durations import Durations, TimedExchange
from hubspot_preferences.engine import Enter, Op, Send, drive


def test_no_time_is_known_without_requests() -> None:
    """None, not nought."""
    assert (0, None) == (Durations().count, Durations().quantile(50))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60), st.integers(1, 99))
def test_quantiles(times: list[int], percent: int) -> None:
    """So many percent took at most as long, and the rest at least, up to the one in between."""
    held = Durations()
    for seconds in times:
        held.add(seconds)
    quantile = held.quantile(percent)
    assert len(times) == held.count
    assert quantile is not None
    assert sum(seconds < quantile for seconds in times) <= len(times) * percent / 100 + 1
    assert sum(seconds > quantile for seconds in times) <= len(times) * (100 - percent) / 100 + 1
    assert min(times) <= quantile <= max(times)


def test_a_sample_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, no more are held than the sample, and it is taken from all of them."""
    monkeypatch.setattr(durations, "SAMPLE", 500)
    held = Durations()
    for number in range(20_000):
        held.add(float(number))
    assert (20_000, 500) == (held.count, len(held._sample))
    assert pytest.approx(10_000, abs=1500) == held.quantile(50)
    assert pytest.approx(19_000, abs=700) == held.quantile(95)


class Wire:
    """A transport that answers as it is told, and a clock that it moves on by so many seconds each time."""

    concurrency = 3

    def __init__(self, *replies: Any, seconds: float = 30) -> None:
        self.replies = iter(replies)
        self.seconds = seconds
        self.now = 100.0

    def enter(self, step: Enter) -> bool:
        """There is room."""
        return True

    def send(self, kwargs: dict[str, Any], _until: float) -> httpx.Response:
        self.now += self.seconds
        reply = next(self.replies)
        if isinstance(reply, Exception):
            raise reply
        assert isinstance(reply, httpx.Response)
        return reply


def sent(wire: Wire, retry: Retry | None = None) -> tuple[Any, Durations]:
    """What comes of one request, and what was counted."""
    exchange = TimedExchange(retry, None, clock=lambda: wire.now, jitter=lambda: 1.0)

    def op() -> Op[Any]:
        return (yield from exchange(Send({"method": "GET", "url": "/"})))

    def sleep(seconds: float) -> None:
        wire.now += 1000

    try:
        return drive(op(), wire, sleep), exchange.durations  # type: ignore[arg-type]
    except TimedOut as error:
        return error, exchange.durations


def test_a_request_without_a_reply_counts_with_what_it_took() -> None:
    """A version that times out is not a fast one."""
    error, counted = sent(Wire(TimedOut("no reply")))
    assert ("no reply", 1, 30) == (str(error), counted.count, counted.quantile(95))


def test_a_reply_took_as_long_as_it_was_waited_for() -> None:
    """From the moment at which it was sent."""
    answer, counted = sent(Wire(httpx.Response(200)))
    assert (200, 1, 30) == (answer.status_code, counted.count, counted.quantile(50))


def test_each_attempt_counts_and_no_wait_does() -> None:
    """What was sent again took a time of its own; how long one waited before is nobody's speed."""
    wire = Wire(TimedOut("no reply"), httpx.Response(503), httpx.Response(200))
    answer, counted = sent(wire, Retry(attempts=5, total=10_000))
    assert (200, 3, 30) == (answer.status_code, counted.count, counted.quantile(95))
    assert wire.now > 2000
