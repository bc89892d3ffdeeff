"""One exchange with HubSpot as a generator (enter → slot → send → classify → retry), and two drivers for it.

An operation is a generator that yields steps and receives what they give: `Enter` gives whether there
was room in time, `Send` a reply or raises TransportError, `Sleep` nothing, `Gather` the results of
several operations, in their order. `drive` takes the steps blocking, `adrive` awaits them; no
operation does I/O itself.
"""

import contextvars
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from math import inf
from operator import length_hint
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define, evolve, field

from . import errors, limits, replies
from .limits import Limiter
from .retry import Retry

if TYPE_CHECKING:
    from .transport import Response, Transport
    from .transport.awaited import AsyncTransport

T = TypeVar("T")


def _nothing() -> None:
    """There is nobody who leaves."""


# Plain classes: making one takes a tenth of the time that a frozen one takes, and every program waits for it.


class Enter:
    """Become one of the requests under way, of which the transport allows `concurrency`.

    until: when there is no use in it any more, on the clock of the exchange. leave() makes room again,
    where there was any.
    """

    def __init__(self, until: float = inf) -> None:
        self.until = until
        self.leave: Callable[[], object] = _nothing  # the transport's, from the moment of entering


class Send:
    """One request: httpx's arguments, the URL as a path.

    repeatable: twice does no more than once. until: when its reply has to be there, whole, on the clock
    of the exchange.
    """

    def __init__(self, kwargs: dict[str, Any], repeatable: bool = True, until: float = inf) -> None:
        self.kwargs = kwargs
        self.repeatable = repeatable
        self.until = until


class Sleep:
    """Wait for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Gather:
    """Run these operations side by side. They must not gather in turn: the workers are shared."""

    def __init__(self, operations: "Iterable[Op[Any]]") -> None:
        self.operations = operations


Step = Enter | Send | Sleep | Gather
Op = Generator[Step, Any, T]


def _jitter() -> float:
    from random import random  # only a retry needs it

    return random()  # noqa: S311  # spreads waits, guards nothing


LONGEST_EXCHANGE = 120.0  # seconds that one exchange takes at most where no Retry says so
LOOK_AGAIN = 2.5  # seconds after which whoever waits for a slot looks whether it moved up


@define(eq=False, repr=False)
class Exchange:
    """How requests are paced and repeated; clock and chance can be replaced.

    deadline: seconds that one call may take, all its requests and waits included. timeout: what each
    request is given in place of the client's. until: the deadline of the call under way, on the clock.
    """

    retry: Retry | None
    limiter: Limiter | None
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = _jitter
    deadline: float | None = None
    httpx_options: Mapping[str, Any] = field(factory=dict)  # for every request, unless it has them itself
    until: float = inf
    expired: bool = False  # the deadline of the call under way has ended a request, or kept one from being sent

    def of_call(self) -> "Exchange":
        """The exchange for one call: its deadline begins now."""
        return self if self.deadline is None else evolve(self, until=self.clock() + self.deadline)

    def slot(self, latest: float) -> Op[bool]:
        """Wait for a slot to send in. Returns whether there is one: not if it comes later than `latest`."""
        limiter = self.limiter
        now = self.clock()
        place = limiter.queue(now) if limiter else None
        if limiter is None or place is None:
            return now <= latest
        try:
            while (wait := limiter.wait(place, now)) > 0:
                if now + wait > latest:
                    return False
                yield Sleep(min(wait, LOOK_AGAIN))
                now = self.clock()
        finally:
            limiter.leave(place)
        return True

    def learn(self, reply: "Response", sent: float) -> None:
        """Take over what the reply to a request of `sent` says about the rate limit."""
        if self.limiter:
            self.limiter.learn(reply.headers, sent, self.clock())

    def took(self, seconds: float) -> None:
        """How long one request took, all waits before it aside."""

    def __call__(self, send: Send) -> "Op[Response]":
        """The reply, if it is a 2xx; else the last error, after the retries that policy and request allow."""
        if self.httpx_options:
            send.kwargs = {**self.httpx_options, **send.kwargs}
        started = sent = inf
        attempt = 0
        uncertain = False
        failure: errors.TransportError | errors.APIError | None = None
        while True:
            latest = min(self.until, started + self.retry.total) if self.retry else self.until
            answer: Response | errors.TransportError | None = None
            enter = Enter(latest)
            try:
                # The slot comes last, and is used at once: nobody waits for anything else with one in hand.
                if (yield enter) and (yield from self.slot(latest)):
                    sent = self.clock()
                    started = min(started, sent)
                    send.until = min(self.until, started + ((self.retry and self.retry.total) or LONGEST_EXCHANGE))
                    answer = yield send
            except errors.TransportError as error:
                answer = error
            except Exception as error:
                if failure is None:
                    raise
                raise failure from error  # the client was closed meanwhile, say
            finally:
                enter.leave()
            if answer is None:
                raise failure if failure and latest < self.until else self._expire(failure)
            attempt += 1
            now = self.clock()
            self.took(now - sent)
            if isinstance(answer, errors.TransportError):
                failure = answer
                again = failure.passing and (send.repeatable or not failure.uncertain)
                outcome: dict[str, Any] = {"status": None}
            else:
                self.learn(answer, sent)
                if 200 <= answer.status_code < 300:
                    answer.extensions[replies.REPEATED] = uncertain
                    return answer
                failure = replies.error_of(answer)
                again = send.repeatable
                outcome = {
                    "status": failure.status,
                    "retry_after": failure.retry_after,
                    "policy": failure.policy,
                    "interval": limits.interval(answer.headers),
                }
            uncertain = failure.uncertain = failure.uncertain or uncertain
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
                self.expired = self.expired or (isinstance(failure, errors.TimedOut) and now >= self.until)
                raise failure
            if now + delay > self.until:
                raise self._expire(failure)
            if self.limiter and outcome["status"] == 429:
                self.limiter.close(now + delay, now)  # whoever else is about to send would only be told the same
            yield Sleep(delay)

    def _expire(self, failure: "errors.TransportError | errors.APIError | None") -> errors.TimedOut:
        """What a request ends with that the deadline keeps from being sent, or from being sent again."""
        self.expired = True
        late = self.late(f"the last try: {failure}" if failure else "nothing was sent")
        late.uncertain, late.__cause__ = failure is not None and failure.uncertain, failure
        return late

    def late(self, what: str) -> errors.TimedOut:
        """What a call ends with whose deadline is over."""
        return errors.TimedOut(f"not done within the deadline of {self.deadline:g} s: {what}", passing=False)


class Stopped(BaseException):
    """Another operation of the same `Gather` failed, or the user pressed Ctrl-C: nothing more is sent."""


class _Within(threading.Event):
    """Set where it is itself, and where the one is that it belongs to."""

    def __init__(self, outer: threading.Event | None) -> None:
        super().__init__()
        self._outer = outer

    def is_set(self) -> bool:
        return super().is_set() or (self._outer is not None and self._outer.is_set())


def drive(
    op: Op[T],
    transport: "Transport",
    sleep: Callable[[float], object] = time.sleep,
    stop: threading.Event | None = None,
) -> T:
    """Run an operation to its end, blocking; no further than the step under way once `stop` is set.

    Whatever ends a step, Ctrl-C included, is raised within the operation.
    """
    answer: Any = None
    failure: BaseException | None = None
    try:
        while True:
            if stop is not None and stop.is_set():
                raise Stopped
            step = op.send(answer) if failure is None else op.throw(failure)
            answer = failure = None
            try:
                if isinstance(step, Send):
                    answer = transport.send(step.kwargs, step.until)
                elif isinstance(step, Enter):
                    answer = transport.enter(step)
                elif isinstance(step, Sleep):
                    sleep(step.seconds)
                else:
                    answer = _side_by_side(step, transport, sleep, stop)
            except BaseException as error:  # noqa: BLE001  # the operation decides what an error means
                failure = error
    except StopIteration as end:
        result: T = end.value
        return result
    except BaseException as error:
        op.throw(error)  # where it came between two steps; an operation that ended with it raises it again
        raise
    finally:
        op.close()  # it gives back what it waits for


def _side_by_side(
    step: Gather, transport: "Transport", sleep: Callable[[float], object], stop: threading.Event | None
) -> list[Any]:
    if transport.concurrency == 1 or length_hint(step.operations, 2) == 1:
        return [drive(op, transport, sleep, stop) for op in step.operations]  # needs no thread
    results: dict[int, Any] = {}
    failures: list[BaseException] = []
    queue = enumerate(step.operations)
    lock = threading.Lock()
    stop = _Within(stop)

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

    workers: list[threading.Thread] = []
    try:
        for number in range(min(transport.concurrency, length_hint(step.operations, transport.concurrency))):
            # Daemons: after Ctrl-C neither the caller nor the end of the process waits for replies still to come.
            # Context: tracing goes along.
            context = contextvars.copy_context()
            name = f"hubspot-preferences-{number}"
            worker = threading.Thread(target=context.run, args=(work,), name=name, daemon=True)
            try:
                worker.start()
            except RuntimeError:  # no thread can be had: those that there are do it, or this one
                break
            workers.append(worker)
        if not workers:
            work()
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
    """Run an operation to its end, on the running event loop. A cancellation is raised within it, too."""
    if sleep is None:
        import asyncio  # blocking clients do not pay for it

        sleep = asyncio.sleep
    answer: Any = None
    failure: BaseException | None = None
    try:
        while True:
            step = op.send(answer) if failure is None else op.throw(failure)
            answer = failure = None
            try:
                if isinstance(step, Send):
                    answer = await transport.send(step.kwargs, step.until)
                elif isinstance(step, Enter):
                    answer = await transport.enter(step)
                elif isinstance(step, Sleep):
                    await sleep(step.seconds)
                else:
                    answer = await _aside_by_side(step, transport, sleep)
            except BaseException as error:  # noqa: BLE001  # the operation decides what an error means
                failure = error
    except StopIteration as end:
        result: T = end.value
        return result
    except BaseException as error:
        op.throw(error)  # where it came between two steps; an operation that ended with it raises it again
        raise
    finally:
        op.close()


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
