"""When to try again, and after how long: retry.py."""

import math
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import Retry

property_test = settings(max_examples=100, deadline=None, derandomize=True)

seconds = st.floats(min_value=0, max_value=1000, allow_nan=False)


def delay(retry: Retry | None = None, /, **told: Any) -> float | None:
    """The delay after a first try that failed at once, without chance, unless told otherwise."""
    return (retry or Retry()).delay(**{"status": 503, "attempt": 1, "elapsed": 0.0, "jitter": 0.0, **told})


@pytest.mark.parametrize(
    ("status", "repeatable", "not_repeatable"),
    [
        # (status, seconds for what may run twice, seconds for what may not); jitter 0.5
        (None, 0.5, None),
        (200, None, None),
        (301, None, None),
        (400, None, None),
        (401, None, None),
        (403, None, None),
        (404, None, None),
        (408, None, None),
        (409, None, None),
        (422, None, None),
        (423, 2.0, 2.0),
        (429, 10.5, 10.5),
        (477, 2.0, 2.0),
        (500, None, None),
        (501, None, None),
        (502, 0.5, None),
        (503, 0.5, None),
        (504, 0.5, None),
        (520, 0.5, None),
        (521, 0.5, None),
        (522, 0.5, None),
        (523, 0.5, None),
        (524, 0.5, None),
        (525, None, None),
        (526, None, None),
        (599, None, None),
    ],
)
def test_each_status_has_its_rule(
    status: int | None, repeatable: float | None, not_repeatable: float | None
) -> None:
    """Refusals that tell when to come back are always tried again; doubtful ones only where that does no harm."""
    told = (delay(status=status, jitter=0.5, repeatable=flag) for flag in (True, False))
    assert (repeatable, not_repeatable) == tuple(told)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, 10.0),  # nothing known: as long as the longest policy
        ({"policy": "SECONDLY"}, 1.0),
        ({"policy": "TEN_SECONDLY_ROLLING"}, 10.0),
        ({"policy": "MINUTELY"}, 10.0),
        ({"policy": "SECONDLY", "interval": 3.0}, 3.0),
        ({"policy": "SECONDLY", "interval": 3.0, "retry_after": 7.0}, 7.0),
        ({"policy": "SECONDLY", "retry_after": 0.0}, 1.0),  # "at once" is what has just failed
        ({"policy": "DAILY"}, None),
        ({"policy": "DAILY", "retry_after": 1.0}, None),
        ({"retry_after": 60.0}, 60.0),
        ({"retry_after": 60.5}, None),
    ],
)
def test_a_rate_limit_says_how_long(told: dict[str, Any], expected: float | None) -> None:
    """Retry-After comes first, then the interval, then the policy; the daily limit is not waited for."""
    assert expected == delay(status=429, **told)


@pytest.mark.parametrize(
    ("wait", "jitter", "expected"),
    [(10.0, 0.0, 10.0), (10.0, 0.5, 10.5), (10.0, 0.999, 10.999), (0.5, 0.5, 0.75), (59.5, 0.75, None)],
)
def test_who_waits_for_a_rate_limit_comes_back_scattered(
    wait: float, jitter: float, expected: float | None
) -> None:
    """Up to a second of chance is added to the wait, and counts."""
    assert expected == delay(status=429, retry_after=wait, jitter=jitter)


@pytest.mark.parametrize("status", [423, 477])
@pytest.mark.parametrize(
    ("retry_after", "attempt", "expected"),
    [(None, 1, 2.0), (0.5, 1, 2.0), (30.0, 1, 30.0), (86_400.0, 1, None), (None, 4, 8.0)],
)
def test_a_locked_account_is_given_two_seconds(
    status: int, retry_after: float | None, attempt: int, expected: float | None
) -> None:
    """At least two seconds, what HubSpot asks for if that is sane, and never a day."""
    assert expected == delay(status=status, retry_after=retry_after, attempt=attempt, jitter=1.0)


@pytest.mark.parametrize(
    ("attempt", "jitter", "expected"),
    [(1, 1.0, 1.0), (2, 1.0, 2.0), (3, 1.0, 4.0), (4, 1.0, 8.0), (5, 1.0, 16.0), (6, 1.0, 20.0), (9, 0.25, 5.0)],
)
def test_the_backoff_doubles_up_to_the_cap(attempt: int, jitter: float, expected: float) -> None:
    """A wait is anything up to base · 2ⁿ, and never more than the cap."""
    assert expected == delay(Retry(attempts=100), attempt=attempt, jitter=jitter)


def test_the_millionth_try_can_be_computed() -> None:
    """A great many tries overflow nothing."""
    assert 20.0 == delay(Retry(attempts=2_000_000), attempt=1_000_000, jitter=1.0)


@pytest.mark.parametrize(
    ("attempts", "attempt", "expected"), [(1, 1, None), (2, 1, 0.0), (2, 2, None), (5, 4, 0.0), (5, 5, None)]
)
def test_the_tries_are_counted(attempts: int, attempt: int, expected: float | None) -> None:
    """So many tries in all, the first included."""
    assert expected == delay(Retry(attempts=attempts), attempt=attempt)


@pytest.mark.parametrize(
    ("elapsed", "expected"), [(0.0, 10.0), (110.0, 10.0), (110.1, None), (120.0, None), (500.0, None)]
)
def test_the_time_is_bounded(elapsed: float, expected: float | None) -> None:
    """No try starts later than `total` after the first."""
    assert expected == delay(status=429, elapsed=elapsed)


def test_a_passing_failure_may_say_how_long() -> None:
    """A 503 with Retry-After is not asked again before."""
    assert 7.0 == delay(status=503, retry_after=7.0, jitter=1.0)


@pytest.mark.parametrize(
    "wrong",
    [{"attempts": 0}, {"base": -1.0}, {"cap": -1.0}, {"total": -1.0}, {"longest_wait": -1.0}, {"base": math.nan}],
)
def test_a_policy_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    """At least one try; no time runs backwards."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Retry(**wrong)


def test_a_policy_is_a_value() -> None:
    """Policies compare and cannot be changed, so that clients can share one."""
    policy = Retry(attempts=3)
    assert Retry(attempts=3) == policy
    assert Retry() != policy
    with pytest.raises(FrozenInstanceError):
        policy.attempts = 4  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


@property_test
@given(
    status=st.none() | st.integers(min_value=300, max_value=600),
    attempt=st.integers(min_value=1, max_value=50),
    elapsed=seconds,
    jitter=st.floats(min_value=0, max_value=1, exclude_max=True),
    retry_after=st.none() | seconds,
    policy=st.none() | st.sampled_from(["DAILY", "SECONDLY", "TEN_SECONDLY_ROLLING", "NEW"]),
    interval=st.none() | seconds,
    repeatable=st.booleans(),
    retry=st.builds(
        Retry,
        attempts=st.integers(min_value=1, max_value=60),
        base=seconds,
        cap=seconds,
        total=seconds,
        longest_wait=seconds,
    ),
)
def test_no_wait_goes_beyond_the_policy(
    status: int | None,
    attempt: int,
    elapsed: float,
    jitter: float,
    retry_after: float | None,
    policy: str | None,
    interval: float | None,
    repeatable: bool,
    retry: Retry,
) -> None:
    """Whatever a reply says: never too many tries, too long a wait, or less than was asked for."""
    wait = retry.delay(
        status=status,
        attempt=attempt,
        elapsed=elapsed,
        jitter=jitter,
        retry_after=retry_after,
        policy=policy,
        interval=interval,
        repeatable=repeatable,
    )
    if wait is not None:
        assert attempt < retry.attempts
        assert 0 <= wait <= retry.longest_wait
        assert elapsed + wait <= retry.total
        assert wait >= (retry_after or 0.0)
        assert repeatable or status in (423, 429, 477)
