"""When to try a request again, and after how long: a pure policy without clock, sleep or I/O."""

from collections.abc import Mapping

from attrs import field, frozen, validators

# The edge in front of HubSpot failed to reach it, or gave up waiting: worth another try
# [source: passing-statuses]. 525 and 526 (bad certificates) are not; neither is a plain 500.
PASSING = frozenset({502, 503, 504, 520, 521, 522, 523, 524})

# How long a rate-limit policy takes to let go, where the reply does not say [source: retry-after-of-429].
SECONDS_BY_POLICY: Mapping[str | None, float] = {"SECONDLY": 1.0, "TEN_SECONDLY_ROLLING": 10.0}
LOCKED_AT_LEAST = 2.0  # seconds; HubSpot's advice for a 423 [source: locked]


@frozen
class Retry:
    """How often and how long to try. All times in seconds.

    attempts: tries in all, the first included. base, cap: full jitter, a random wait up to
    base · 2ⁿ and never more than cap. total: no new try starts later than this after the first.
    longest_wait: a wait that HubSpot asks for beyond this is not taken; the error is raised instead
    (an account that is being moved may ask for a day).
    """

    attempts: int = field(default=5, validator=validators.ge(1))
    base: float = field(default=1.0, validator=validators.ge(0))
    cap: float = field(default=20.0, validator=validators.ge(0))
    total: float = field(default=120.0, validator=validators.ge(0))
    longest_wait: float = field(default=60.0, validator=validators.ge(0))

    def delay(
        self,
        *,
        status: int | None,
        attempt: int,
        elapsed: float,
        jitter: float,
        retry_after: float | None = None,
        policy: str | None = None,
        interval: float | None = None,
        repeatable: bool = True,
    ) -> float | None:
        """Seconds until the next try, or None to give up.

        status: of the reply, None where none came. attempt: tries so far. elapsed: seconds since the
        first. jitter: a random number in [0, 1). retry_after, policy, interval: what a 423, 429 or 477
        says about waiting. repeatable: whether carrying the request out twice does no harm.
        """
        if attempt >= self.attempts:
            return None
        backoff = min(self.cap, self.base * 2 ** min(attempt - 1, 30)) * jitter
        if status == 429:
            if policy == "DAILY":
                return None
            wait = retry_after or interval or SECONDS_BY_POLICY.get(policy, 10.0)
            wait += jitter * min(1.0, wait)  # so that waiting callers do not all come back at once
        elif status in (423, 477):
            wait = max(retry_after or 0.0, LOCKED_AT_LEAST, backoff)
        elif (status is None or status in PASSING) and repeatable:
            wait = max(retry_after or 0.0, backoff)
        else:
            return None
        if wait > self.longest_wait or elapsed + wait > self.total:
            return None
        return wait
