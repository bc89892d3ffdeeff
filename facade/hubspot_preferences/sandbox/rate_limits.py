"""Rate limits as HubSpot applies them: so many requests within any interval, and so many a day."""

import threading
from collections import deque
from collections.abc import Callable

from . import choices
from .responses import DAILY, SECONDLY, TEN_SECONDLY_ROLLING


class Limits:
    """An exact rolling window and a daily count. The clock returns seconds since 1970.

    A request that is turned away counts in neither.
    """

    def __init__(self, window: tuple[int, int] | None, daily: int | None, clock: Callable[[], float]) -> None:
        self._lock = threading.Lock()  # tests clear it from another thread
        self._window = window
        self._daily = daily
        self._clock = clock
        self._times: deque[float] = deque()
        self._day = 0
        self._today = 0

    def clear(self) -> None:
        """Forget what was counted."""
        with self._lock:
            self._times.clear()
            self._today = 0

    def admit(self) -> str | None:
        """Count a request; the policy that turns it away, or None."""
        now = self._clock()
        with self._lock:
            policy = self._reached(now)
            if policy is None:
                self._today += 1
                if self._window is not None:
                    self._times.append(now)
        return policy

    def _reached(self, now: float) -> str | None:
        day = int(now // choices.SECONDS_OF_A_DAY)
        if day != self._day:
            self._day, self._today = day, 0
        if self._daily is not None and self._today >= self._daily:
            return DAILY
        if self._window is None:
            return None
        most, milliseconds = self._window
        while self._times and now - self._times[0] >= milliseconds / 1000:
            self._times.popleft()
        if len(self._times) < most:
            return None
        return SECONDLY if milliseconds <= 1000 else TEN_SECONDLY_ROLLING

    def headers(self) -> dict[str, str]:
        """The headers that tell a client where it stands; of a limit that is not set there are none."""
        headers: dict[str, str] = {}
        if self._daily is not None:
            headers["x-hubspot-ratelimit-daily"] = str(self._daily)
            headers["x-hubspot-ratelimit-daily-remaining"] = str(max(0, self._daily - self._today))
        if self._window is not None:
            most, milliseconds = self._window
            headers["x-hubspot-ratelimit-interval-milliseconds"] = str(milliseconds)
            headers["x-hubspot-ratelimit-max"] = str(most)
            headers["x-hubspot-ratelimit-remaining"] = str(max(0, most - len(self._times)))
        return headers
