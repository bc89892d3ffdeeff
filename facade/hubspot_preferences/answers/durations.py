"""How long the requests to one version take."""

import statistics
import threading
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Final

from attrs import define, field

from ..engine import Exchange, Op, Send, Step
from ..errors import TransportError

if TYPE_CHECKING:
    from ..transport import Response

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

    def __call__(self, send: Send) -> "Op[Response]":
        """The same, timed."""
        steps = super().__call__(send)
        try:
            step = next(steps)
            while True:
                began = self.clock()
                try:
                    answer = yield step
                except TransportError as error:
                    self._count(step, began, None)
                    step = steps.throw(error)
                else:
                    self._count(step, began, answer)
                    step = steps.send(answer)
        except StopIteration as end:
            reply: Response = end.value
            return reply

    def _count(self, step: Step, began: float, reply: "Response | None") -> None:
        if not isinstance(step, Send):
            return
        seconds = self.clock() - began
        if reply is not None:
            with suppress(RuntimeError):  # a caller's client may answer from elsewhere than from the network
                seconds = reply.elapsed.total_seconds()  # without the wait for a connection that others use
        self.durations.add(seconds)
