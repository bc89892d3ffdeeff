"""How long until the next request may go: limits.py."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import Limiter, limits
from hubspot_preferences.limits import PAD, Window

property_test = settings(max_examples=100, deadline=None, derandomize=True)

# Eighths of a second add up exactly in binary, so that the figures can be compared as they are.
eighths = st.integers(min_value=0, max_value=80).map(lambda count: count / 8)
periods = st.integers(min_value=1, max_value=80).map(lambda count: count / 8)
limit_values = st.integers(min_value=1, max_value=8)


def reserve_all(window: Window, arrivals: list[float]) -> list[float]:
    """When those who arrive then may go."""
    return [now + window.reserve(now) for now in arrivals]


def timeline(gaps: list[float]) -> list[float]:
    """Points in time, one after the other."""
    now, points = 0.0, []
    for gap in gaps:
        now += gap
        points.append(now)
    return points


# The window


def test_as_many_as_the_limit_go_at_once() -> None:
    """The first `limit` requests wait for nothing; the next waits for the oldest to leave the window."""
    assert [0.0, 0.0, 0.0, 10.0, 10.0, 10.0, 20.0] == reserve_all(Window(3, 10.0), [0.0] * 7)


def test_a_window_slides() -> None:
    """A slot is free again exactly one period after it was used, not at the turn of a fixed interval."""
    assert [0.0, 9.0, 10.0, 19.0, 20.0] == reserve_all(Window(2, 10.0), [0.0, 9.0, 9.5, 9.5, 9.5])


def test_a_quiet_while_frees_everything() -> None:
    """After a period without requests nobody waits."""
    assert [0.0, 0.0, 10.0, 10.0] == reserve_all(Window(2, 10.0), [0.0, 0.0, 10.0, 10.0])


def test_a_closed_window_opens_when_it_was_told() -> None:
    """Somebody was told to wait: nobody goes before that; an earlier end does not open it sooner."""
    window = Window(5, 10.0)
    window.close(4.0)
    window.close(2.0)
    assert [4.0, 4.0, 5.0] == reserve_all(window, [0.0, 3.0, 5.0])


@property_test
@given(limit_values, periods, st.lists(eighths, max_size=60))
def test_no_period_holds_more_than_the_limit(limit: int, period: float, gaps: list[float]) -> None:
    """In no stretch of `period` seconds, wherever it starts, do more than `limit` requests go; in order."""
    arrivals = timeline(gaps)
    window = Window(limit, period)
    grants = reserve_all(window, arrivals)
    assert sorted(grants) == grants
    assert all(now <= at for now, at in zip(arrivals, grants, strict=True))
    assert all(later - earlier >= period for earlier, later in zip(grants, grants[limit:], strict=False))
    # Nor does anybody wait longer than that takes.
    for place, (now, at) in enumerate(zip(arrivals, grants, strict=True)):
        free = grants[place - limit] + period if place >= limit else now
        assert max(now, free, *grants[:place]) == at


@property_test
@given(
    periods,
    st.lists(st.tuples(eighths, limit_values), min_size=1, max_size=60),
)
def test_a_learnt_limit_holds_from_then_on(period: float, steps: list[tuple[float, int]]) -> None:
    """Whoever asks after a lower or higher limit was learnt is granted by that one; nobody overtakes."""
    window = Window(steps[0][1], period)
    grants: list[float] = []
    now = 0.0
    for gap, limit in steps:
        now += gap
        window.limit = limit
        at = now + window.reserve(now)
        within = [earlier for earlier in grants if earlier > at - period]
        assert len(within) < limit
        grants.append(at)
    assert all(earlier <= later for earlier, later in pairwise(grants))


@property_test
@given(
    limit_values,
    periods,
    st.lists(st.tuples(eighths, st.integers(min_value=0, max_value=10), eighths), max_size=40),
)
def test_what_others_sent_is_counted(limit: int, period: float, steps: list[tuple[float, int, float]]) -> None:
    """After a reply that counts `used` requests, at most the rest goes within a period of its request."""
    window = Window(limit, period)
    grants: list[float] = []
    now = 0.0
    for gap, used, age in steps:
        now += gap
        at = now + window.reserve(now)
        assert not grants or grants[-1] <= at
        grants.append(at)
        now = max(now, at)
        sent = max(0.0, now - age)
        window.account_for(used, sent, now)
        ahead = [slot for slot in window._slots if slot > now - period]
        assert len(ahead) >= min(used, limit) or sent <= now - period
        assert sorted(window._slots) == list(window._slots)
    assert all(later - earlier >= period for earlier, later in zip(grants, grants[limit:], strict=False))


def test_what_others_sent_takes_our_slots() -> None:
    """Of 5, 4 were used and one of them is ours: one is left until the period after the request is over."""
    window = Window(5, 10.0)
    assert [0.0] == reserve_all(window, [0.0])
    window.account_for(used=4, sent=0.0, now=1.0)
    assert [1.0, 10.0, 10.0, 10.0, 10.0, 11.0] == reserve_all(window, [1.0] * 6)


def test_what_waits_already_keeps_its_slot() -> None:
    """Slots in the future stay where they are, and in order, when others' requests are counted in."""
    window = Window(1, 10.0)
    assert [0.0, 10.0, 20.0] == reserve_all(window, [0.0, 0.0, 0.0])
    window.account_for(used=1, sent=0.0, now=1.0)
    assert [0.0, 10.0, 20.0] == list(window._slots)
    window = Window(3, 10.0)
    assert [0.0] == reserve_all(window, [0.0])
    window.close(5.0)
    assert [5.0] == reserve_all(window, [1.0])
    window.account_for(used=3, sent=0.0, now=1.0)
    assert [0.0, 0.0, 0.0, 5.0] == list(window._slots)


def test_old_slots_are_forgotten() -> None:
    """A window keeps no more than it needs, however long it lives."""
    window = Window(3, 1.0)
    reserve_all(window, [float(now) for now in range(1000)])
    assert len(window._slots) <= 3


# The limiter


def test_a_limiter_leaves_room_for_the_other_clock() -> None:
    """The window is a little longer than asked for: HubSpot counts on a clock of its own."""
    limiter = Limiter(requests=1, seconds=10.0)
    assert [0.0, 10.0 + PAD] == [limiter.reserve(0.0), limiter.reserve(0.0)]


@pytest.mark.parametrize(("requests", "seconds"), [(0, 10.0), (-1, 10.0), (1, 0.0), (1, -1.0), (1, float("nan"))])
def test_a_limit_that_cannot_be_is_refused(requests: int, seconds: float) -> None:
    """Neither no requests nor no time."""
    with pytest.raises(ValueError, match="must be positive"):
        Limiter(requests, seconds)


HEADERS = {
    "x-hubspot-ratelimit-max": "190",
    "x-hubspot-ratelimit-interval-milliseconds": "5000",
    "x-hubspot-ratelimit-remaining": "190",
}


def test_the_limit_of_a_reply_is_taken_over() -> None:
    """A reply's limit and interval replace those that the limiter began with."""
    limiter = Limiter()
    limiter.learn(HEADERS, sent=0.0, now=0.0)
    assert "Limiter(requests=190, seconds=5)" == repr(limiter)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "Limiter(requests=100, seconds=10)"),
        ({"x-hubspot-ratelimit-max": "many"}, "Limiter(requests=100, seconds=10)"),
        ({"x-hubspot-ratelimit-max": "0"}, "Limiter(requests=100, seconds=10)"),
        ({"x-hubspot-ratelimit-max": "-5"}, "Limiter(requests=100, seconds=10)"),
        ({"x-hubspot-ratelimit-max": "100001"}, "Limiter(requests=100, seconds=10)"),
        ({"x-hubspot-ratelimit-max": "9" * 5000}, "Limiter(requests=100, seconds=10)"),
        ({"x-hubspot-ratelimit-interval-milliseconds": "1000"}, "Limiter(requests=100, seconds=10)"),
        ({"x-hubspot-ratelimit-max": "110"}, "Limiter(requests=110, seconds=10)"),
        ({**HEADERS, "x-hubspot-ratelimit-interval-milliseconds": "0"}, "Limiter(requests=190, seconds=10)"),
        ({**HEADERS, "x-hubspot-ratelimit-interval-milliseconds": "-1"}, "Limiter(requests=190, seconds=10)"),
        ({**HEADERS, "x-hubspot-ratelimit-interval-milliseconds": "1e3"}, "Limiter(requests=190, seconds=10)"),
        (
            {**HEADERS, "x-hubspot-ratelimit-interval-milliseconds": "86400000"},
            "Limiter(requests=190, seconds=10)",
        ),
        (
            {**HEADERS, "x-hubspot-ratelimit-interval-milliseconds": "9" * 400},
            "Limiter(requests=190, seconds=10)",
        ),
    ],
)
def test_nonsense_changes_nothing(headers: dict[str, str], expected: str) -> None:
    """Whatever a header says, the limiter stays one that lets requests go."""
    limiter = Limiter()
    limiter.learn(headers, sent=0.0, now=0.0)
    assert expected == repr(limiter)


@pytest.mark.parametrize(
    ("remaining", "free"), [("190", 190), ("3", 3), ("0", 0), ("191", 190), ("-1", 190), ("", 190), ("x", 190)]
)
def test_what_is_left_is_what_goes_at_once(remaining: str, free: int) -> None:
    """As many requests go at once as the reply says are left."""
    limiter = Limiter()
    limiter.learn({**HEADERS, "x-hubspot-ratelimit-remaining": remaining}, sent=0.0, now=0.0)
    assert free == sum(limiter.reserve(0.0) == 0.0 for _ in range(200))


def test_a_limiter_closes_for_everybody() -> None:
    """After close() nobody gets a slot before that time."""
    limiter = Limiter()
    limiter.close(7.0)
    assert 6.0 == limiter.reserve(1.0)


def test_threads_share_one_limit() -> None:
    """Whatever touches the window holds the limiter's lock: threads cannot take the same slot."""
    limiter = Limiter()

    class Watched(Window):
        def reserve(self, now: float) -> float:
            seen.append(limiter._lock.locked())
            return super().reserve(now)

        def close(self, until: float) -> None:
            seen.append(limiter._lock.locked())

        def account_for(self, used: int, sent: float, now: float) -> None:
            seen.append(limiter._lock.locked())

    seen: list[bool] = []
    limiter._window = Watched(5, 1.0)
    limiter.reserve(0.0)
    limiter.close(0.0)
    limiter.learn(HEADERS, sent=0.0, now=0.0)
    assert [True, True, True] == seen
    assert not limiter._lock.locked()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("10000", 10.0),
        ("1", 0.001),
        ("0", None),
        ("-5", None),
        ("ten", None),
        ("3600000", 3600.0),
        ("3600001", None),  # nobody counts requests by the day and calls it an interval
        ("9" * 400, None),  # an integer, but no float
        ("9" * 5000, None),
    ],
)
def test_the_interval_of_a_reply_is_in_seconds(value: str | None, expected: float | None) -> None:
    """Milliseconds become seconds; nonsense becomes nothing."""
    headers = {} if value is None else {"x-hubspot-ratelimit-interval-milliseconds": value}
    assert expected == limits.interval(headers)


@property_test
@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.text(max_size=12) | st.integers(min_value=-(10**320), max_value=10**320).map(str)
            for name in HEADERS
        },
    )
)
def test_no_header_breaks_the_limiter(headers: dict[str, str]) -> None:
    """Arbitrary headers neither raise nor stop the requests for longer than an hour."""
    limiter = Limiter()
    limiter.learn(headers, sent=0.0, now=0.0)
    limits.interval(headers)
    assert 0.0 <= limiter.reserve(0.0) <= 3600 + PAD
