"""How long until the next request may go: an exact sliding window, learnt from HubSpot's headers.

How these count: [source: rate-limit-headers].
"""

import os
import threading
import weakref
from collections import deque
from collections.abc import Mapping

# HubSpot counts on its own clock: the window is this much longer than HubSpot says (seconds).
PAD = 0.1

# Seconds; the longest window that is documented [source: rate-limits]: one reply stops nobody for longer.
LONGEST_WINDOW = 10.0

# Of any limit, what work that can wait takes at most, and leaves free at least.
SPARE = 0.2
AN_HOUR = 3600.0  # seconds until work that can wait looks again at what is left of the day


class Place:
    """A place in the queue of those who wait for a slot."""

    __slots__ = ()


class Window:
    """At most `limit` requests in any `period` seconds, first come, first served. The caller brings the time.

    What counts are the times at which slots were really used; who waits has a place in a queue and no
    time of its own, so whoever leaves it, or comes late, takes nothing from the others.
    """

    def __init__(self, limit: int, period: float) -> None:
        self.limit = limit
        self.period = period
        self._used: deque[float] = deque()  # when requests went, oldest first
        self._spares: deque[float] = deque()  # those of them that were work that can wait
        self._queue: deque[Place] = deque()
        self._closed_until = float("-inf")

    def queue(self, now: float) -> Place | None:
        """None: a slot was free, and is taken; else a place in the queue."""
        if self._at(len(self._queue), now) <= now:
            self._used.append(now)
            return None
        place = Place()
        self._queue.append(place)
        return place

    def wait(self, place: Place, now: float) -> float:
        """Seconds until the turn of this place comes; 0.0: it has come, and the slot is taken."""
        rank = self._queue.index(place)
        at = self._at(rank, now)
        if at > now:
            return at - now
        del self._queue[rank]
        self._used.append(now)
        return 0.0

    def leave(self, place: Place) -> None:
        """Give the place up, if its turn has not come yet."""
        if place in self._queue:
            self._queue.remove(place)

    def forget_queue(self) -> None:
        """Nobody waits any more."""
        self._queue.clear()

    def _at(self, rank: int, now: float) -> float:
        """When somebody may go who has so many before them in the queue, if those go as soon as they may."""
        used = self._used
        self._forget(used, now)
        rounds, rank = divmod(rank, self.limit)
        # Of `limit` slots some are free, the others follow as the last uses leave the window.
        place = len(used) - self.limit + rank
        at = used[place] + self.period if place >= 0 else now
        return max(at, self._closed_until) + rounds * self.period

    def _forget(self, times: deque[float], now: float) -> None:
        while times and times[0] <= now - self.period:
            times.popleft()

    def spare(self, now: float) -> float:
        """Take a slot for work that can wait, so that nobody else waits for it. 0.0: taken, it may go now.

        Otherwise nothing was taken: seconds from `now` after which asking again may help. It gets no
        slot in the future, no more than SPARE of any period's, and none while fewer than that are free:
        for the others it is as if the limit were smaller by SPARE.
        """
        share = int(self.limit * SPARE)
        if not share:
            return self.period  # the limit may be a larger one by then
        self._forget(self._used, now)
        self._forget(self._spares, now)
        taken = [*self._used, *(self._at(rank, now) for rank in range(len(self._queue)))]
        at = max(self._closed_until, taken[-1] if taken else now)
        for times, most in ((taken, self.limit - share), (self._spares, share)):
            if len(times) >= most:
                at = max(at, times[-most] + self.period)
        if at > now:
            return at - now
        self._used.append(now)
        self._spares.append(now)
        return 0.0

    def close(self, until: float) -> None:
        """Give out no slot before `until`: somebody was told to wait."""
        self._closed_until = max(self._closed_until, until)

    def account_for(self, used: int, sent: float, now: float) -> None:
        """At `sent` the server counted `used` requests in its window; what others sent takes slots too."""
        ours = sum(1 for time in self._used if time > now - self.period)
        # At `sent`, or after our own last one: the times stay in order.
        at = max(sent, self._used[-1]) if self._used else sent
        self._used.extend([at] * (min(used, self.limit) - ours))


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
        self._lock = threading.Lock()
        _living.add(self)

    def __repr__(self) -> str:
        return f"Limiter(requests={self._window.limit}, seconds={self._window.period - PAD:g})"

    def queue(self, now: float) -> Place | None:
        """Take a slot. None: it may be used at once; else the place in the queue of those who wait for theirs."""
        with self._lock:
            return self._window.queue(now)

    def wait(self, place: Place, now: float) -> float:
        """Seconds until the turn of this place comes; 0.0: now, and the place is given up.

        It may become less while one waits: whoever leaves the queue lets the others move up.
        """
        with self._lock:
            return self._window.wait(place, now)

    def leave(self, place: Place) -> None:
        """Leave the queue, if one's turn has not come."""
        with self._lock:
            self._window.leave(place)

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
        self._window.forget_queue()

    def learn(self, headers: Mapping[str, str], sent: float, now: float) -> None:
        """Take over the limit that a reply to a request of `sent` states; nonsense changes nothing."""
        limit = _number(headers.get("x-hubspot-ratelimit-max"))
        if limit is None or not 1 <= limit <= 100_000:
            return
        period = interval(headers)
        if period is None and "x-hubspot-ratelimit-interval-milliseconds" in headers:
            return  # the limit is that of a window of nonsense
        remaining = _number(headers.get("x-hubspot-ratelimit-remaining"))
        with self._lock:
            self._window.limit = limit
            if period is not None:
                self._window.period = period + PAD
            if remaining is not None and 0 <= remaining <= limit:
                self._window.account_for(limit - remaining, sent, now)


_living: weakref.WeakSet[Limiter] = weakref.WeakSet()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: [*map(Limiter.after_fork, _living)])


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
