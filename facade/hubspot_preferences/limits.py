"""How long until the next request may go: an exact sliding window, learnt from HubSpot's headers."""

import threading
from collections import deque
from collections.abc import Mapping

# HubSpot counts on its own clock: the window is this much longer than HubSpot says (seconds).
PAD = 0.1


class Window:
    """At most `limit` requests in any `period` seconds. Pure: the caller brings the time and waits."""

    def __init__(self, limit: int, period: float) -> None:
        self.limit = limit
        self.period = period
        self._slots: deque[float] = deque()  # when requests go, oldest first; some lie in the future
        self._closed_until = float("-inf")

    def reserve(self, now: float) -> float:
        """Take the next free slot. Returns seconds from `now` until it; 0.0 means at once."""
        slots = self._slots
        while slots and slots[0] <= now - self.period:
            slots.popleft()
        at = max(now, self._closed_until)
        if len(slots) >= self.limit:
            at = max(at, slots[-self.limit] + self.period)
        if slots:
            at = max(at, slots[-1])  # first come, first served
        slots.append(at)
        return at - now

    def close(self, until: float) -> None:
        """Give out no slot before `until`: somebody was told to wait."""
        self._closed_until = max(self._closed_until, until)

    def account_for(self, used: int, sent: float, now: float) -> None:
        """At `sent` the server counted `used` requests in its window; what others sent takes slots too."""
        slots = self._slots
        ahead: list[float] = []
        while slots and slots[-1] > now:
            ahead.append(slots.pop())
        ours = sum(1 for slot in slots if slot > now - self.period)
        # At `sent`, or after our own last one: the slots stay in order.
        at = max(sent, slots[-1]) if slots else sent
        slots.extend([at] * (min(used, self.limit) - ours))
        slots.extend(reversed(ahead))


class Limiter:
    """A rate limit on this side, so that HubSpot's is not run into.

    requests per seconds is where it starts: 100 per 10 s is the smallest that HubSpot gives.
    Replies carry the real limit and what is left of it; both are taken over as they come. One
    limiter can serve several clients, and threads; give it to all that use the same app.
    """

    def __init__(self, requests: int = 100, seconds: float = 10.0) -> None:
        if requests < 1 or not seconds > 0:
            raise ValueError("requests and seconds: both must be positive")
        self._window = Window(requests, seconds + PAD)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Limiter(requests={self._window.limit}, seconds={self._window.period - PAD:g})"

    def reserve(self, now: float) -> float:
        """Take a slot; seconds until it may be used."""
        with self._lock:
            return self._window.reserve(now)

    def close(self, until: float) -> None:
        """Give out no slot before `until`."""
        with self._lock:
            self._window.close(until)

    def learn(self, headers: Mapping[str, str], sent: float, now: float) -> None:
        """Take over the limit that a reply to a request of `sent` states; nonsense changes nothing."""
        limit = _number(headers.get("x-hubspot-ratelimit-max"))
        if limit is None or not 1 <= limit <= 100_000:
            return
        period = interval(headers)
        remaining = _number(headers.get("x-hubspot-ratelimit-remaining"))
        with self._lock:
            self._window.limit = limit
            if period is not None:
                self._window.period = period + PAD
            if remaining is not None and 0 <= remaining <= limit:
                self._window.account_for(limit - remaining, sent, now)


def interval(headers: Mapping[str, str]) -> float | None:
    """The length of the rate-limit window that a reply states, in seconds; more than an hour is nonsense."""
    found = _number(headers.get("x-hubspot-ratelimit-interval-milliseconds"))
    return found / 1000 if found is not None and 1 <= found <= 3_600_000 else None


def _number(text: str | None) -> int | None:
    try:
        return int(text) if text else None
    except ValueError:
        return None
