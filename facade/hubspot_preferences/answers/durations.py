"""How long the requests to one version take."""

import statistics
import threading
from random import Random
from typing import Final

from attrs import define, field

from ..engine import Exchange

SAMPLE: Final = 10_000  # durations held: of two million requests p95 is told within half a percentile


class Durations:
    """How long things took, in seconds: any number of them, of which a fair sample is held for quantiles."""

    def __init__(self) -> None:
        self.count: int = 0
        self._sample: list[float] = []
        self._random = Random(0)  # noqa: S311  # picks a sample, guards nothing
        self._lock = threading.Lock()

    def add(self, seconds: float) -> None:
        """Count one."""
        with self._lock:
            self.count += 1
            if len(self._sample) < SAMPLE:
                self._sample.append(seconds)
            elif (place := self._random.randrange(self.count)) < SAMPLE:
                self._sample[place] = seconds

    def quantile(self, percent: int) -> float | None:
        """The time that so many percent of all took at most; None where there are none."""
        with self._lock:
            sample = self._sample * 2 if len(self._sample) == 1 else list(self._sample)  # quantiles() needs two
        return statistics.quantiles(sample, n=100, method="inclusive")[percent - 1] if sample else None


@define(eq=False)
class TimedExchange(Exchange):
    """An exchange that counts how long each of its requests took, waits between them aside."""

    durations: Durations = field(factory=Durations)

    def took(self, seconds: float) -> None:
        """Count it."""
        self.durations.add(seconds)
