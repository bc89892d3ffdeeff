"""How long until the next request may go: limits.py."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import Limiter, limits
from hubspot_preferences.limits import PAD, Place, Window

property_test = settings(max_examples=100, deadline=None, derandomize=True)

# Eighths of a second add up exactly in binary, so that the figures can be compared as they are.
eighths = st.integers(min_value=0, max_value=80).map(lambda count: count / 8)
periods = st.integers(min_value=1, max_value=80).map(lambda count: count / 8)
limit_values = st.integers(min_value=1, max_value=8)


class Crowd:
    """Those who ask a window for slots, and go when their turn comes."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.queue: list[Place] = []
        self.went: list[float] = []
        self.now = 0.0

    def ask(self, now: float) -> float:
        """When somebody who asks now may go."""
        self.go_on(now)
        place = self.window.queue(now)
        if place is None:
            self._goes(now)
            return now
        self.queue.append(place)
        return now + self.window.wait(place, now)

    def go_on(self, until: float) -> None:
        """Let everybody go whose turn comes until then."""
        while self.queue and self.now + (wait := self.window.wait(self.queue[0], self.now)) <= until:
            self.now += wait
            place = self.queue.pop(0)
            assert wait == 0 or self.window.wait(place, self.now) == 0
            self._goes(self.now)
        self.now = until

    def _goes(self, now: float) -> None:
        self.went.append(now)
        assert sum(time > now - self.window.period for time in self.went) <= self.window.limit


def reserve_all(window: Window, arrivals: list[float]) -> list[float]:
    """When those who arrive then may go."""
    crowd = Crowd(window)
    return [crowd.ask(now) for now in arrivals]


def waits(limiter: Limiter, now: float) -> float:
    """How long somebody who asks now has to wait; they take the slot."""
    place = limiter.queue(now)
    return 0.0 if place is None else limiter.wait(place, now)


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
    crowd = Crowd(window)
    now = 0.0
    for gap, limit in steps:
        now += gap
        crowd.go_on(now)
        window.limit = limit
        crowd.ask(now)
    crowd.go_on(now + 1000 * period)
    assert len(steps) == len(crowd.went)
    assert all(earlier <= later for earlier, later in pairwise(crowd.went))


@property_test
@given(
    limit_values,
    periods,
    st.lists(st.tuples(eighths, st.integers(min_value=0, max_value=10), eighths), max_size=40),
)
def test_what_others_sent_is_counted(limit: int, period: float, steps: list[tuple[float, int, float]]) -> None:
    """After a reply that counts `used` requests, at most the rest goes within a period of its request."""
    window = Window(limit, period)
    crowd = Crowd(window)
    now = 0.0
    for gap, used, age in steps:
        now += gap
        crowd.ask(now)
        sent = max(0.0, now - age)
        window.account_for(used, sent, now)
        counted = [time for time in window._used if time > now - period]
        assert len(counted) >= min(used, limit) or sent <= now - period
        assert sorted(window._used) == list(window._used)
    crowd.go_on(now + 1000 * period)
    assert len(steps) == len(crowd.went)


def test_what_others_sent_takes_our_slots() -> None:
    """Of 5, 4 were used and one of them is ours: one is left until the period after the request is over."""
    window = Window(5, 10.0)
    assert [0.0] == reserve_all(window, [0.0])
    window.account_for(used=4, sent=0.0, now=1.0)
    assert [1.0, 10.0, 10.0, 10.0, 10.0, 11.0] == reserve_all(window, [1.0] * 6)


def test_whoever_waits_makes_room_for_what_others_sent() -> None:
    """Nobody who waits goes into a window that others have filled meanwhile."""
    crowd = Crowd(Window(3, 10.0))
    crowd.window.close(5.0)
    assert [5.0, 5.0] == [crowd.ask(0.0), crowd.ask(1.0)]
    crowd.window.account_for(used=2, sent=0.5, now=1.0)
    crowd.go_on(20.0)
    assert [5.0, 10.5] == crowd.went


def test_whoever_comes_late_takes_the_slot_when_they_come() -> None:
    """A slot counts from when it was used: those behind go a whole period after that."""
    window = Window(1, 10.0)
    assert window.queue(0.0) is None
    late, behind = window.queue(0.0), window.queue(0.0)
    assert late
    assert behind
    assert [10.0, 20.0] == [window.wait(late, 0.0), window.wait(behind, 0.0)]
    assert 0.0 == window.wait(late, 12.5)
    assert 10.0 == window.wait(behind, 12.5)


def test_old_slots_are_forgotten() -> None:
    """A window keeps no more than it needs, however long it lives."""
    window = Window(3, 1.0)
    reserve_all(window, [float(now) for now in range(1000)])
    assert len(window._used) <= 3


# The limiter


def test_a_limiter_leaves_room_for_the_other_clock() -> None:
    """The window is a little longer than asked for: HubSpot counts on a clock of its own."""
    limiter = Limiter(requests=1, seconds=10.0)
    assert limiter.queue(0.0) is None
    place = limiter.queue(0.0)
    assert place is not None
    assert 10.0 + PAD == limiter.wait(place, 0.0)


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
        ({"x-hubspot-ratelimit-max": "1"}, "Limiter(requests=1, seconds=10)"),
        ({"x-hubspot-ratelimit-max": "100000"}, "Limiter(requests=100000, seconds=10)"),
        ({**HEADERS, "x-hubspot-ratelimit-interval-milliseconds": "0"}, "Limiter(requests=100, seconds=10)"),
        ({**HEADERS, "x-hubspot-ratelimit-interval-milliseconds": "-1"}, "Limiter(requests=100, seconds=10)"),
        ({**HEADERS, "x-hubspot-ratelimit-interval-milliseconds": "1e3"}, "Limiter(requests=100, seconds=10)"),
        (
            {**HEADERS, "x-hubspot-ratelimit-interval-milliseconds": "86400000"},
            "Limiter(requests=100, seconds=10)",
        ),
        (
            {**HEADERS, "x-hubspot-ratelimit-interval-milliseconds": "9" * 400},
            "Limiter(requests=100, seconds=10)",
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
    assert free == sum(limiter.queue(0.0) is None for _ in range(200))


def test_a_limiter_closes_for_everybody() -> None:
    """After close() nobody gets a slot before that time."""
    limiter = Limiter()
    limiter.close(7.0, 0.0)
    assert 6.0 == waits(limiter, 1.0)


def test_what_one_reply_says_closes_nobody_out_for_long() -> None:
    """Whoever was told to wait for an hour does so alone: the others wait for the longest window at most."""
    limiter = Limiter()
    limiter.close(3600.0, 0.0)
    assert limits.LONGEST_WINDOW == waits(limiter, 0.0)


def test_threads_share_one_limit() -> None:
    """Whatever touches the window holds the limiter's lock: threads cannot take the same slot."""
    limiter = Limiter()

    class Watched(Window):
        def queue(self, now: float) -> Place | None:
            seen.append(limiter._lock.locked())
            return super().queue(now)

        def close(self, until: float) -> None:
            seen.append(limiter._lock.locked())

        def account_for(self, used: int, sent: float, now: float) -> None:
            seen.append(limiter._lock.locked())

    seen: list[bool] = []
    limiter._window = Watched(5, 1.0)
    limiter.queue(0.0)
    limiter.close(0.0, 0.0)
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
        ("10001", None),  # longer than any window that is documented
        ("3600000", None),
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
    """Arbitrary headers neither raise nor stop the requests for longer than the longest window."""
    limiter = Limiter()
    limiter.learn(headers, sent=0.0, now=0.0)
    limits.interval(headers)
    assert 0.0 <= waits(limiter, 0.0) <= limits.LONGEST_WINDOW + PAD


# What can wait


@pytest.mark.parametrize(
    ("limit", "callers", "spares"),
    [
        (100, 0, 20),  # no more than a fifth
        (100, 60, 20),
        (100, 70, 10),  # and none while fewer than a fifth are free
        (100, 80, 0),
        (100, 100, 0),
        (190, 0, 38),
        (9, 0, 1),
        (5, 0, 1),
        (4, 0, 0),  # a fifth of so few is none
        (1, 0, 0),
    ],
)
def test_what_can_wait_takes_what_nobody_needs(limit: int, callers: int, spares: int) -> None:
    """At most a fifth of the limit, at once, and only while more than a fifth is left."""
    window = Window(limit, 10.0)
    reserve_all(window, [0.0] * callers)
    assert spares == sum(window.spare(0.0) == 0.0 for _ in range(limit))
    # The others go at once for as long as the limit allows.
    assert [0.0] * (limit - callers - spares) == reserve_all(window, [0.0] * (limit - callers - spares))
    assert window.queue(0.0) is not None


def test_asking_in_vain_takes_nothing() -> None:
    """Who gets no slot is told when to ask again; until then nothing has changed, and then there is one."""
    window = Window(5, 10.0)
    assert [0.0, 10.0, 10.0, 6.0] == [window.spare(0.0), window.spare(0.0), window.spare(0.0), window.spare(4.0)]
    assert [4.0] * 4 == reserve_all(window, [4.0] * 4)
    assert [4.0, 0.0] == [window.spare(10.0), window.spare(14.0)]


def test_what_can_wait_waits_for_whoever_was_there_before() -> None:
    """While somebody waits for a slot of theirs, or was told to wait, there is none to spare."""
    window = Window(5, 10.0)
    assert [0.0] * 5 + [10.0] == reserve_all(window, [0.0] * 6)
    assert 5.0 == window.spare(5.0)
    window.limit = 100
    assert 0.0 == window.spare(5.0)  # by now there is room for both
    window = Window(100, 10.0)
    window.close(7.0)
    assert [6.0, 0.0] == [window.spare(1.0), window.spare(7.0)]
    assert [9.0] == reserve_all(window, [9.0])


def test_a_limit_too_small_to_share_is_looked_at_again() -> None:
    """Where a fifth is nothing, nobody waits for ever: the limit may be learnt to be a larger one."""
    window = Window(4, 10.0)
    assert 10.0 == window.spare(0.0)
    window.limit = 5
    assert 0.0 == window.spare(10.0)


steps = st.lists(st.tuples(eighths, st.booleans()), max_size=80)


@property_test
@given(st.integers(min_value=1, max_value=30), periods, steps)
def test_nobody_waits_for_what_can_wait(limit: int, period: float, steps: list[tuple[float, bool]]) -> None:
    """However both interleave: in any period no more than the limit goes, and of what can wait no more than a
    fifth of it; the others go no later than with four fifths of the limit for themselves.
    """
    crowd, alone = Crowd(Window(limit, period)), Crowd(Window(limit - int(limit * limits.SPARE), period))
    window, spares = crowd.window, list[float]()
    now = 0.0
    for gap, can_wait in steps:
        now += gap / 8
        crowd.go_on(now)
        if not can_wait:
            assert crowd.ask(now) <= alone.ask(now)
        elif (wait := window.spare(now)) == 0.0:
            crowd.went.append(now)
            spares.append(now)
        else:
            assert wait > 0
    crowd.go_on(now + 1000 * period)
    for granted, most in ((crowd.went, limit), (spares, int(limit * limits.SPARE))):
        assert all(later - earlier >= period for earlier, later in zip(granted, granted[most:], strict=False))


@property_test
@given(st.integers(min_value=5, max_value=30), periods, steps)
def test_whoever_asks_when_told_to_gets_a_slot(limit: int, period: float, steps: list[tuple[float, bool]]) -> None:
    """If nobody else came meanwhile, there is one then, and there was none before."""
    crowd = Crowd(Window(limit, period))
    window = crowd.window
    now = 0.0
    for gap, can_wait in steps:
        now += gap / 8
        if not can_wait:
            crowd.ask(now)
            continue
        crowd.go_on(now)
        if wait := window.spare(now):
            crowd.go_on(now + wait / 2)
            assert window.spare(now + wait / 2) > 0
            crowd.go_on(now + wait)
            assert 0.0 == window.spare(now + wait)
            now += wait


def test_old_spare_slots_are_forgotten() -> None:
    """A window keeps no more than it needs, also where nobody else takes slots."""
    window = Window(5, 1.0)
    assert [0.0] * 1000 == [window.spare(float(now)) for now in range(1000)]
    assert (1, 1) == (len(window._used), len(window._spares))


def test_a_limiter_spares_under_its_lock() -> None:
    """The limiter's spare slots are its window's, taken under the lock; a forked process has a lock of its own."""
    limiter = Limiter(requests=5, seconds=10.0)
    seen = []

    class Watched(Window):
        def spare(self, now: float) -> float:
            seen.append(limiter._lock.locked())
            return super().spare(now)

    limiter._window = Watched(5, 10.0)
    assert [0.0, 10.0] == [limiter.spare(0.0), limiter.spare(0.0)]
    assert [True, True] == seen
    limiter._lock.acquire()
    limiter.after_fork()
    assert limiter.queue(0.0) is None


DAY = {"x-hubspot-ratelimit-daily": "250000"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 0.0),
        (HEADERS, 0.0),
        ({**HEADERS, "x-hubspot-ratelimit-remaining": "38"}, 0.0),
        ({**HEADERS, "x-hubspot-ratelimit-remaining": "37"}, 5.0),
        ({**HEADERS, "x-hubspot-ratelimit-remaining": "0"}, 5.0),
        ({"x-hubspot-ratelimit-max": "190", "x-hubspot-ratelimit-remaining": "0"}, 10.0),
        ({**HEADERS, "x-hubspot-ratelimit-remaining": "-1"}, 0.0),
        ({**HEADERS, "x-hubspot-ratelimit-remaining": "none"}, 0.0),
        ({"x-hubspot-ratelimit-remaining": "0"}, 0.0),
        ({"x-hubspot-ratelimit-max": "0", "x-hubspot-ratelimit-remaining": "0"}, 0.0),
        ({"x-hubspot-ratelimit-max": "9" * 400, "x-hubspot-ratelimit-remaining": "0"}, 10.0),
        (DAY, 0.0),
        ({**DAY, "x-hubspot-ratelimit-daily-remaining": "50000"}, 0.0),
        ({**DAY, "x-hubspot-ratelimit-daily-remaining": "49999"}, 3600.0),
        (
            {**HEADERS, **DAY, "x-hubspot-ratelimit-remaining": "1", "x-hubspot-ratelimit-daily-remaining": "0"},
            3600.0,
        ),
    ],
)
def test_where_little_is_left_what_can_wait_does(headers: dict[str, str], expected: float) -> None:
    """Less than a fifth of the window or of the day: what is left is for the others. Nonsense says nothing."""
    assert expected == limits.restraint(headers)


# The queue


def test_whoever_leaves_the_queue_lets_the_others_move_up() -> None:
    """A place that is given up is nobody's loss: those behind it wait as if it had never been taken."""
    limiter = Limiter(requests=1, seconds=10.0)
    assert limiter.queue(0.0) is None
    first, second, third = (limiter.queue(0.0) for _ in range(3))
    assert first
    assert second
    assert third
    assert pytest.approx([10.0 + PAD, 20.0 + 2 * PAD, 30.0 + 3 * PAD]) == [
        limiter.wait(place, 0.0) for place in (first, second, third)
    ]
    limiter.leave(first)
    assert pytest.approx([10.0 + PAD, 20.0 + 2 * PAD]) == [limiter.wait(place, 0.0) for place in (second, third)]
    limiter.leave(third)
    assert pytest.approx(20.0 + 2 * PAD) == waits(limiter, 0.0)


def test_a_slot_that_was_used_is_not_given_back() -> None:
    """Leaving the queue after one's turn came changes nothing: the request may have been sent."""
    limiter = Limiter(requests=1, seconds=10.0)
    limiter.queue(0.0)
    place = limiter.queue(0.0)
    assert place
    assert 0.0 == limiter.wait(place, 10.0 + PAD)
    limiter.leave(place)
    assert pytest.approx(10.0 + PAD) == waits(limiter, 10.0 + PAD)


def test_after_thousands_who_left_the_next_goes_at_once() -> None:
    """A gathering of 5,000 that is cancelled leaves the limiter as it was."""
    limiter = Limiter(requests=100, seconds=10.0)
    places = [limiter.queue(0.0) for _ in range(5000)]
    for place in places:
        if place:
            limiter.leave(place)
    assert [10.0 + PAD, 0.0] == [waits(limiter, 0.0), waits(limiter, 10.0 + PAD)]


def test_a_forked_process_waits_for_none_of_its_parents_threads() -> None:
    """The places of threads that exist in the parent only are given up in the child."""
    limiter = Limiter(requests=1, seconds=10.0)
    limiter.queue(0.0)
    for _ in range(3):
        limiter.queue(0.0)
    limiter.after_fork()
    assert pytest.approx(10.0 + PAD) == waits(limiter, 0.0)


@property_test
@given(
    limit_values,
    periods,
    st.lists(st.tuples(eighths, st.booleans(), st.integers(min_value=0, max_value=5)), max_size=60),
)
def test_no_period_holds_more_however_many_leave(
    limit: int, period: float, steps: list[tuple[float, bool, int]]
) -> None:
    """Of those who queue some leave; nobody who stays goes too early, and nobody waits for a free slot."""
    crowd = Crowd(Window(limit, period))
    now = 0.0
    for gap, leaves, which in steps:
        now += gap
        crowd.go_on(now)
        if leaves and crowd.queue:
            crowd.window.leave(crowd.queue.pop(which % len(crowd.queue)))
        else:
            crowd.ask(now)
        recent = [time for time in crowd.went if time > now - period]
        assert len(recent) == limit or not crowd.queue
    crowd.go_on(now + 1000 * period)
    assert [] == crowd.queue
