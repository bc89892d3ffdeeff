"""When a shadow may send, and when it had better pause or give up."""

from math import inf
from typing import TYPE_CHECKING, Final

from attrs import define

from .. import limits
from ..engine import Exchange, Op, Sleep
from ..errors import DailyLimitReached, RateLimited, shown
from .comparison import Comparison

if TYPE_CHECKING:
    from ..transport import Response

FAILURES_UNTIL_OFF: Final = 10  # reads in a row that got no answer at all: eight and a half minutes of pauses
LONGEST_PAUSE: Final = 3600.0  # seconds
FULL: Final = 10.0  # seconds until a full window has let go, where the reply does not say


@define(eq=False)
class PacedExchange(Exchange):
    """An exchange in slots that nobody else needs, with pauses after what fails, until it is off."""

    off: str | None = None
    last_error: str | None = None
    paused_until: float = -inf
    _pause_reason: str | None = None
    _failures: int = 0  # in a row

    def slot(self, latest: float) -> Op[bool]:  # noqa: ARG002  # nothing is tried twice, so nothing comes too late
        """Wait for a slot that nobody else needs; none is given out during a pause."""
        assert self.limiter
        while (wait := self.paused_until - (now := self.clock())) > 0 or (wait := self.limiter.spare(now)) > 0:
            yield Sleep(wait)
        return True

    def learn(self, reply: "Response", sent: float) -> None:  # noqa: ARG002  # a pause begins now
        """Pause where little is left; no more: nonsense that the shadow is told shall not slow the caller down."""
        if seconds := limits.restraint(reply.headers):
            self.pause(seconds, "little is left of the rate limit")

    def pause(self, seconds: float, reason: str) -> None:
        """Send nothing for so long; a longer pause that is under way goes on."""
        until = self.clock() + min(seconds, LONGEST_PAUSE)
        if until > self.paused_until:
            self.paused_until, self._pause_reason = until, reason

    @property
    def paused(self) -> str | None:
        """Why nothing is sent for the moment."""
        return self._pause_reason if self.clock() < self.paused_until and self.off is None else None

    def judge(self, comparison: Comparison) -> None:
        """Pause after what failed, or switch off where that is better."""
        self._failures = 0 if comparison.answered else self._failures + 1
        if (error := comparison.error) is None:
            return
        self.last_error = shown(error)
        if isinstance(error, DailyLimitReached):
            self.off = self.last_error
        elif self._failures >= FAILURES_UNTIL_OFF:
            self.off = f"{self._failures} reads in a row failed; the last: {self.last_error}"
        elif self._failures or isinstance(error, RateLimited):
            asked = getattr(error, "retry_after", None) or (FULL if isinstance(error, RateLimited) else 0.0)
            self.pause(max(2.0 ** (self._failures - 1), asked), self.last_error)
