"""How long until the next request may go: an exact sliding window, learnt from HubSpot's headers.

How these count: [source: rate-limit-headers].
"""

import threading
from collections import deque
from collections.abc import Mapping

# HubSpot counts on its own clock: the window is this much longer than HubSpot says (seconds).
PAD = 0.1

# Seconds; the longest window that is documented [source: rate-limits]: one reply stops nobody for longer.
LONGEST_WINDOW = 10.0

# Of any limit, what work that can wait takes at most, and leaves free at least.
SPARE = 0.2
AN_HOUR = 3600.0  # seconds until work that can wait looks again at what is left of the day


class Window:
    """At most `limit` requests in any `period` seconds. Pure: the caller brings the time and waits."""

    def __init__(self, limit: int, period: float) -> None:
        self.limit = limit
        self.period = period
        self._slots: deque[float] = deque()  # when requests go, oldest first; some lie in the future
        self._spares: deque[float] = deque()  # those of them that went to work that can wait
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

    def until(self, last: int, now: float) -> float:
        """Seconds from `now` until the slot that is so many from the end; 0.0 where it has come."""
        return max(0.0, self._slots[-last] - now) if last <= len(self._slots) else 0.0

    def give_back(self) -> None:
        """One slot less is needed: the last, and those who wait for theirs move up."""
        if self._slots:
            self._slots.pop()

    def spare(self, now: float) -> float:
        """Take a slot for work that can wait, so that nobody else waits for it. 0.0: taken, it may go now.

        Otherwise nothing was taken: seconds from `now` after which asking again may help. It gets no
        slot in the future, no more than SPARE of any period's, and none while fewer than that are free:
        for the others it is as if the limit were smaller by SPARE.
        """
        slots, spares = self._slots, self._spares
        share = int(self.limit * SPARE)
        if not share:
            return self.period  # the limit may be a larger one by then
        for taken in (slots, spares):
            while taken and taken[0] <= now - self.period:
                taken.popleft()
        at = self._closed_until
        if slots:
            at = max(at, slots[-1])
        for taken, most in ((slots, self.limit - share), (spares, share)):
            if len(taken) >= most:
                at = max(at, taken[-most] + self.period)
        if at > now:
            return at - now
        slots.append(now)
        spares.append(now)
        return 0.0

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


class Place:
    """A place in the queue for a slot."""

    __slots__ = ()


class Limiter:
    """A rate limit on this side, so that HubSpot's is not run into.

    requests per seconds is where it starts: 100 per 10 s is the smallest that HubSpot gives [source: rate-limits].
    Replies carry the real limit and what is left of it; both are taken over as they come. One
    limiter can serve several clients, and threads; give it to all that use the same app.
    """

    def __init__(self, requests: int = 100, seconds: float = 10.0) -> None:
        if requests < 1 or not seconds > 0:
            raise ValueError("requests and seconds: both must be positive")
        self._window = Window(requests, seconds + PAD)
        self._waiting: deque[Place] = deque()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Limiter(requests={self._window.limit}, seconds={self._window.period - PAD:g})"

    def queue(self, now: float) -> Place | None:
        """Take a slot. None: it may be used at once; else the place in the queue of those who wait for theirs."""
        with self._lock:
            if self._window.reserve(now) <= 0:
                return None
            place = Place()
            self._waiting.append(place)
            return place

    def wait(self, place: Place, now: float) -> float:
        """Seconds until the slot of this place may be used; 0.0: now, and the place is given up.

        It may become less while one waits: whoever leaves the queue lets the others move up.
        """
        with self._lock:
            ahead = self._waiting.index(place)
            # Of all slots, the last ones belong to those who wait, in their order.
            seconds = self._window.until(len(self._waiting) - ahead, now)
            if seconds <= 0:
                del self._waiting[ahead]
            return seconds

    def leave(self, place: Place) -> None:
        """Give the slot of this place back, if it was not used."""
        with self._lock:
            if place in self._waiting:
                self._waiting.remove(place)
                self._window.give_back()

    def spare(self, now: float) -> float:
        """Take a slot that nobody else needs: 0.0 if there is one, else seconds until it may help to ask again."""
        with self._lock:
            return self._window.spare(now)

    def close(self, until: float, now: float) -> None:
        """Give out no slot before `until`, a time on the clock of `now`; for LONGEST_WINDOW at most."""
        with self._lock:
            self._window.close(min(until, now + LONGEST_WINDOW))

    def after_fork(self) -> None:
        """In a forked process: a thread that does not exist here may have held the lock, or have waited."""
        self._lock = threading.Lock()
        for _ in self._waiting:
            self._window.give_back()
        self._waiting.clear()

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
    """The length of the rate-limit window that a reply states, in seconds; beyond LONGEST_WINDOW is nonsense."""
    milliseconds = _number(headers.get("x-hubspot-ratelimit-interval-milliseconds"))
    return milliseconds / 1000 if milliseconds is not None and 1 <= milliseconds <= 1000 * LONGEST_WINDOW else None


def restraint(headers: Mapping[str, str]) -> float:
    """Seconds for which work that can wait sends nothing after this reply: 0.0 unless less than SPARE is left.

    Of the window, by its length; of the day, an hour, since nobody says when the account's midnight is
    [source: daily-reset].
    """
    wait = 0.0
    for most, remaining, pause in (
        ("max", "remaining", interval(headers) or 10.0),
        ("daily", "daily-remaining", AN_HOUR),
    ):
        limit = _number(headers.get(f"x-hubspot-ratelimit-{most}"))
        left = _number(headers.get(f"x-hubspot-ratelimit-{remaining}"))
        if limit is not None and left is not None and 0 <= left < min(limit, 10**9) * SPARE:
            wait = max(wait, pause)
    return wait


def _number(text: str | None) -> int | None:
    try:
        return int(text) if text else None
    except ValueError:
        return None
