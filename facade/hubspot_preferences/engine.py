"""One exchange with HubSpot as a generator (slot → send → classify → retry), and two drivers for it.

An operation is a generator that yields steps and receives what they give: `Send` gives a reply or
raises TransportError, `Sleep` gives nothing, `Gather` gives the results of several operations, in
their order. `drive` takes the steps blocking, `adrive` awaits them; no operation does I/O itself.
"""

import contextvars
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Iterable
from math import inf
from operator import length_hint
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define

from . import errors, limits, replies
from .limits import Limiter
from .retry import Retry

if TYPE_CHECKING:
    from .transport import AsyncTransport, Response, Transport

T = TypeVar("T")


# Plain classes: making one takes a tenth of the time that a frozen one takes, and every program waits for it.


class Send:
    """One request: httpx's arguments, the URL as a path. repeatable: twice does no more than once."""

    def __init__(self, kwargs: dict[str, Any], repeatable: bool = True) -> None:
        self.kwargs = kwargs
        self.repeatable = repeatable


class Sleep:
    """Wait for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Gather:
    """Run these operations side by side. They must not gather in turn: the workers are shared."""

    def __init__(self, operations: "Iterable[Op[Any]]") -> None:
        self.operations = operations


Step = Send | Sleep | Gather
Op = Generator[Step, Any, T]


def _jitter() -> float:
    from random import random  # only a retry needs it

    return random()  # noqa: S311  # spreads waits, guards nothing


@define(eq=False)
class Exchange:
    """How requests are paced and repeated; clock and chance can be replaced."""

    retry: Retry | None
    limiter: Limiter | None
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = _jitter

    def slot(self, latest: float) -> Op[bool]:
        """Wait for a slot to send in. Returns whether there is one: not if it comes later than `latest`."""
        now = self.clock()
        if self.limiter and (wait := self.limiter.reserve(now)) > 0:
            if now + wait > latest:
                return False
            yield Sleep(wait)
        return True

    def learn(self, reply: "Response", sent: float) -> None:
        """Take over what the reply to a request of `sent` says about the rate limit."""
        if self.limiter:
            self.limiter.learn(reply.headers, sent, self.clock())

    def __call__(self, send: Send) -> "Op[Response]":
        """The reply, if it is a 2xx; else the last error, after the retries that policy and request allow."""
        started: float | None = None
        attempt = 0
        uncertain = False
        failure: errors.TransportError | errors.APIError | None = None
        while True:
            latest = started + self.retry.total if self.retry and started is not None else inf
            if not (yield from self.slot(latest)) and failure:
                raise failure
            attempt += 1
            sent = self.clock()
            started = sent if started is None else started
            try:
                reply: Response = yield send
            except errors.TransportError as error:
                failure = error
                again = error.passing and (send.repeatable or not error.uncertain)
                outcome: dict[str, Any] = {"status": None}
            else:
                self.learn(reply, sent)
                if 200 <= reply.status_code < 300:
                    return reply
                failure = replies.error_of(reply)
                again = send.repeatable
                outcome = {
                    "status": failure.status,
                    "retry_after": failure.retry_after,
                    "policy": failure.policy,
                    "interval": limits.interval(reply.headers),
                }
            uncertain = failure.uncertain = failure.uncertain or uncertain
            now = self.clock()
            delay = None
            if self.retry:
                delay = self.retry.delay(
                    **outcome,
                    attempt=attempt,
                    elapsed=now - started,
                    jitter=self.jitter(),
                    repeatable=again,
                )
            if delay is None:
                raise failure
            if self.limiter and outcome["status"] == 429:
                self.limiter.close(now + delay)  # whoever else is about to send would only be told the same
            yield Sleep(delay)


class _Stopped(BaseException):
    """Another operation of the same `Gather` failed, or the user pressed Ctrl-C: nothing more is sent."""


def drive(
    op: Op[T],
    transport: "Transport",
    sleep: Callable[[float], object] = time.sleep,
    stop: threading.Event | None = None,
) -> T:
    """Run an operation to its end, blocking; no further than the step under way once `stop` is set."""
    answer: Any = None
    failure: Exception | None = None
    while True:
        if stop is not None and stop.is_set():
            raise _Stopped
        try:
            step = op.send(answer) if failure is None else op.throw(failure)
        except StopIteration as end:
            result: T = end.value
            return result
        answer = failure = None
        try:
            if isinstance(step, Send):
                answer = transport.send(step.kwargs)
            elif isinstance(step, Sleep):
                sleep(step.seconds)
            else:
                answer = _side_by_side(step, transport, sleep, stop)
        except Exception as error:  # noqa: BLE001  # the operation decides what an error means
            failure = error


def _side_by_side(
    step: Gather, transport: "Transport", sleep: Callable[[float], object], stop: threading.Event | None
) -> list[Any]:
    if transport.concurrency == 1 or length_hint(step.operations, 2) == 1:
        return [drive(op, transport, sleep, stop) for op in step.operations]  # needs no thread
    results: dict[int, Any] = {}
    failures: list[BaseException] = []
    queue = enumerate(step.operations)
    lock = threading.Lock()
    stop = threading.Event()

    def work() -> None:
        try:
            while True:
                with lock:
                    place, op = next(queue, (0, None))
                if op is None:
                    return
                results[place] = drive(op, transport, sleep, stop)
        except BaseException as error:  # noqa: BLE001  # raised again by whoever waits
            failures.append(error)
            stop.set()

    # Daemons: after Ctrl-C neither the caller nor the end of the process waits for replies still to come.
    # Context: tracing goes along.
    workers = [
        threading.Thread(
            target=contextvars.copy_context().run, args=(work,), name=f"hubspot-preferences-{number}", daemon=True
        )
        for number in range(min(transport.concurrency, length_hint(step.operations, transport.concurrency)))
    ]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        stop.set()
    if failures:
        raise failures[0]
    return [results[place] for place in range(len(results))]


async def adrive(
    op: Op[T], transport: "AsyncTransport", sleep: Callable[[float], Awaitable[None]] | None = None
) -> T:
    """Run an operation to its end, on the running event loop."""
    if sleep is None:
        import asyncio  # blocking clients do not pay for it

        sleep = asyncio.sleep
    answer: Any = None
    failure: Exception | None = None
    while True:
        try:
            step = op.send(answer) if failure is None else op.throw(failure)
        except StopIteration as stop:
            result: T = stop.value
            return result
        answer = failure = None
        try:
            if isinstance(step, Send):
                answer = await transport.send(step.kwargs)
            elif isinstance(step, Sleep):
                await sleep(step.seconds)
            else:
                answer = await _aside_by_side(step, transport, sleep)
        except Exception as error:  # noqa: BLE001  # the operation decides what an error means
            failure = error


async def _aside_by_side(
    step: Gather, transport: "AsyncTransport", sleep: Callable[[float], Awaitable[None]]
) -> list[Any]:
    import asyncio

    results: dict[int, Any] = {}
    queue = enumerate(step.operations)

    async def work() -> None:
        for place, op in queue:
            results[place] = await adrive(op, transport, sleep)

    count = min(transport.concurrency, length_hint(step.operations, transport.concurrency))
    workers = [asyncio.ensure_future(work()) for _ in range(count)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return [results[place] for place in range(len(results))]
