"""One exchange, and the two drivers: engine.py, with a clock, a sleep and a network that are made up."""

import asyncio
import contextvars
import json
import threading
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextlib import suppress
from math import inf
from typing import Any, Literal, TypeVar, cast

import httpx
import pytest
from attrs import define, evolve, field

from hubspot_preferences import (
    APIError,
    BadRequest,
    DailyLimitReached,
    Limiter,
    PreferencesError,
    RateLimited,
    Retry,
    ServerError,
    TimedOut,
    TransportError,
    engine,
)
from hubspot_preferences.engine import Enter, Exchange, Gather, Op, Send, Sleep, adrive, drive
from hubspot_preferences.limits import PAD
from hubspot_preferences.transport import Transport
from hubspot_preferences.transport.awaited import AsyncTransport

T = TypeVar("T")
Mode = Literal["blocking", "asynchronous"]
Scripted = Any  # a status, (status, body), (status, body, headers), an exception, or a function of kwargs

SEND = Send({"method": "get", "url": "/"})
ONCE = Send({"method": "post", "url": "/"}, repeatable=False)
DROPPED = TransportError("RemoteProtocolError: dropped")
REFUSED = TransportError("ConnectError: refused", uncertain=False)
TIMED_OUT = TimedOut("ReadTimeout")
UNSENT_TIMEOUT = TimedOut("ConnectTimeout", uncertain=False)
BROKEN = TransportError("UnsupportedProtocol", passing=False, uncertain=False)


@pytest.fixture(params=["blocking", "asynchronous"])
def mode(request: pytest.FixtureRequest) -> Mode:
    """Each driver in turn."""
    found: Mode = request.param
    return found


class World:
    """A clock that only sleeping moves on, and a network that answers by script."""

    def __init__(self, *script: Scripted, concurrency: int = 4) -> None:
        self.now = 1000.0
        self.concurrency = concurrency
        self.sent: list[float] = []
        self.slept: list[float] = []
        self.kwargs: list[dict[str, Any]] = []
        self.until: list[float] = []
        self._script = iter(script)

    def clock(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        """Let time pass, and others run."""
        self.sleep(seconds)
        await asyncio.sleep(0)

    def enter(self, step: Enter) -> bool:
        """There is room."""
        return True

    def send(self, kwargs: dict[str, Any], until: float = inf) -> httpx.Response:
        """What the script has next."""
        self.sent.append(self.now - 1000.0)
        self.kwargs.append(kwargs)
        self.until.append(until)
        scripted = next(self._script)
        if callable(scripted):
            scripted = scripted(kwargs)
        if isinstance(scripted, BaseException):
            raise scripted
        parts: list[Any] = list(scripted) if isinstance(scripted, tuple) else [scripted]
        parts += [None, None]
        return httpx.Response(parts[0], content=json.dumps(parts[1] or {}).encode(), headers=parts[2])

    def exchange(
        self, retry: Retry | None = None, limiter: Limiter | None = None, deadline: float | None = None
    ) -> Exchange:
        """An exchange for one call on this clock; chance is always a half."""
        return Exchange(retry, limiter, clock=self.clock, jitter=lambda: 0.5, deadline=deadline).of_call()

    def run(self, mode: Mode, op: Op[T]) -> T:
        """Drive the operation to its end."""
        if mode == "blocking":
            return drive(op, cast(Transport, self), self.sleep)
        return asyncio.run(adrive(op, cast(AsyncTransport, _Awaited(self)), self.asleep))


class _Awaited:
    """The same network, to be awaited."""

    def __init__(self, world: World) -> None:
        self.concurrency = world.concurrency
        self._world = world

    async def enter(self, step: Enter) -> bool:
        return self._world.enter(step)

    async def send(self, kwargs: dict[str, Any], until: float = inf) -> httpx.Response:
        await asyncio.sleep(0)
        return self._world.send(kwargs, until)


def failure(world: World, mode: Mode, op: Op[Any]) -> PreferencesError:
    """The error that the operation ends with."""
    with pytest.raises(PreferencesError) as caught:
        world.run(mode, op)
    return caught.value


# One exchange


@pytest.mark.parametrize("status", [200, 201, 204, 207, 299])
def test_any_success_is_the_reply(mode: Mode, status: int) -> None:
    """Every 2xx is given back at once, whatever was declared."""
    world = World(status)
    assert status == world.run(mode, world.exchange(Retry())(SEND)).status_code
    assert ([SEND.kwargs], []) == (world.kwargs, world.slept)


@pytest.mark.parametrize(
    ("first", "send", "waits"),
    [
        # (what the first try meets, request, seconds until the second or none)
        (DROPPED, SEND, 0.5),
        (DROPPED, ONCE, None),
        (TIMED_OUT, SEND, 0.5),
        (TIMED_OUT, ONCE, None),
        (REFUSED, SEND, 0.5),
        (REFUSED, ONCE, 0.5),
        (UNSENT_TIMEOUT, ONCE, 0.5),
        (BROKEN, SEND, None),
        (300, SEND, None),
        (302, SEND, None),
        (400, SEND, None),
        (401, SEND, None),
        (403, SEND, None),
        (404, SEND, None),
        (409, SEND, None),
        (422, SEND, None),
        (423, SEND, 2.0),
        (423, ONCE, 2.0),
        ((477, None, {"retry-after": "30"}), SEND, 30.0),
        ((477, None, {"retry-after": "86400"}), SEND, None),
        (429, SEND, 10.5),
        (429, ONCE, 10.5),
        ((429, {"policyName": "SECONDLY"}), SEND, 1.5),
        ((429, {"policyName": "TEN_SECONDLY_ROLLING"}), SEND, 10.5),
        ((429, {"policyName": "DAILY"}), SEND, None),
        ((429, None, {"retry-after": "4"}), SEND, 4.5),
        ((429, None, {"X-HubSpot-RateLimit-Interval-Milliseconds": "3000"}), SEND, 3.5),
        (500, SEND, None),
        (502, SEND, 0.5),
        (503, SEND, 0.5),
        (503, ONCE, None),
        ((503, None, {"retry-after": "9"}), SEND, 9.0),
        (504, SEND, 0.5),
        (521, SEND, 0.5),
        (523, SEND, 0.5),
        (524, SEND, 0.5),
        (524, ONCE, None),
        (525, SEND, None),
        (526, SEND, None),
    ],
)
def test_each_failure_has_its_rule(mode: Mode, first: Scripted, send: Send, waits: float | None) -> None:
    """What may pass is tried again after its wait; what will not, or may have been done, is raised at once."""
    world = World(first, 200)
    op = world.exchange(Retry())(send)
    if waits is None:
        failure(world, mode, op)
        assert ([0.0], []) == (world.sent, world.slept)
    else:
        assert 200 == world.run(mode, op).status_code
        assert ([0.0, waits], [waits]) == (world.sent, world.slept)


@pytest.mark.parametrize("first", [DROPPED, 503, 429, 423])
def test_without_a_policy_nothing_is_tried_again(mode: Mode, first: Scripted) -> None:
    """retry=None: one try, whatever comes."""
    world = World(first, 200)
    failure(world, mode, world.exchange()(SEND))
    assert ([0.0], []) == (world.sent, world.slept)


def test_the_last_error_is_raised(mode: Mode) -> None:
    """After all tries the error of the last one is raised, as it came."""
    world = World(503, DROPPED, (504, {"category": "LAST"}))
    error = failure(world, mode, world.exchange(Retry(attempts=3))(SEND))
    assert isinstance(error, ServerError)
    assert ("LAST", 504) == (error.category, error.status)
    assert ([0.5, 1.0], [0.0, 0.5, 1.5]) == (world.slept, world.sent)


@pytest.mark.parametrize(
    ("script", "kind", "uncertain"),
    [
        ([400], BadRequest, False),
        ([REFUSED, 400], BadRequest, False),
        ([429, 400], BadRequest, False),
        ([DROPPED, 400], BadRequest, True),
        ([503, 400], BadRequest, True),
        ([503, REFUSED, (429, {"policyName": "DAILY"})], DailyLimitReached, True),
        ([DROPPED, REFUSED, REFUSED, REFUSED, REFUSED], TransportError, True),
        ([REFUSED, REFUSED, REFUSED, REFUSED, REFUSED], TransportError, False),
        ([REFUSED, TIMED_OUT, 401], APIError, True),
    ],
)
def test_doubt_stays(mode: Mode, script: list[Scripted], kind: type[APIError], uncertain: bool) -> None:
    """Once a try may have been carried out, no later refusal takes the doubt away."""
    # Each run needs errors of its own: the engine marks them.
    world = World(*[again(step) for step in script])
    error = failure(world, mode, world.exchange(Retry())(SEND))
    assert isinstance(error, kind)
    assert uncertain is error.uncertain


def again(step: Scripted) -> Scripted:
    """The step, or an error like it."""
    if isinstance(step, TransportError):
        return type(step)(*step.args, uncertain=step.uncertain, passing=step.passing)
    return step


def test_no_try_starts_after_the_total(mode: Mode) -> None:
    """Tries go on while there is time, and the next would not start too late."""
    world = World(*[429] * 9)
    failure(world, mode, world.exchange(Retry(attempts=9, total=30.0))(SEND))
    assert [0.0, 10.5, 21.0] == world.sent


def test_waiting_for_a_first_slot_is_not_counted(mode: Mode) -> None:
    """The time of the tries begins with the first of them, not with the queue before it."""
    limiter = Limiter()
    limiter.close(1008.0, 1000.0)
    world = World(503, 200)
    world.run(mode, world.exchange(Retry(total=1.0), limiter)(SEND))
    assert [8.0, 8.5] == world.sent


def test_time_spent_in_a_try_is_counted(mode: Mode) -> None:
    """A try that takes long leaves less time for others."""

    def slow(_: dict[str, Any]) -> int:
        world.now += 25.0
        return 503

    world = World(slow, 200)
    error = failure(world, mode, world.exchange(Retry(total=25.0))(SEND))
    assert isinstance(error, ServerError)
    assert [0.0] == world.sent


# No try starts later than `total` after the first, says Retry; the wait for a slot is not asked about it.
def test_a_slot_that_comes_too_late_is_not_waited_for(mode: Mode) -> None:
    """A try whose slot lies beyond the total is not made."""
    world = World(503, 200)
    with pytest.raises(ServerError):
        world.run(mode, world.exchange(Retry(total=5.0), Limiter(requests=1, seconds=10.0))(SEND))
    assert [0.0] == world.sent


# Deadlines


def test_a_slot_after_the_deadline_is_not_waited_for(mode: Mode) -> None:
    """What cannot be sent in time is not sent: TimedOut at once, nothing in doubt, the slot is free."""
    limiter = Limiter(requests=1, seconds=10.0)
    world = World(200)
    exchange = world.exchange(Retry(), limiter, deadline=5.0)
    world.run(mode, exchange(SEND))
    error = failure(world, mode, exchange(SEND))
    assert "not done within the deadline of 5 s: nothing was sent" == str(error)
    assert (TimedOut, False, None, True) == (type(error), error.uncertain, error.__cause__, exchange.expired)
    assert [] == world.slept
    place = limiter.queue(world.now)
    assert place
    assert pytest.approx(10.0 + PAD) == limiter.wait(place, world.now)


@pytest.mark.parametrize(("scripted", "uncertain"), [(503, True), (429, False), (DROPPED, True), (REFUSED, False)])
def test_a_try_after_the_deadline_is_not_waited_for(mode: Mode, scripted: Scripted, uncertain: bool) -> None:
    """Where the next try would come too late the call ends at once, and says what the last one came to."""
    world = World(scripted)
    exchange = world.exchange(Retry(base=60.0, cap=60.0), deadline=5.0)
    error = failure(world, mode, exchange(SEND))
    assert str(error).startswith("not done within the deadline of 5 s: the last try: ")
    assert (TimedOut, uncertain, True) == (type(error), error.uncertain, exchange.expired)
    assert isinstance(error.__cause__, PreferencesError)
    assert [] == world.slept


def test_the_deadline_is_that_of_the_whole_call(mode: Mode) -> None:
    """Requests of one call share its deadline; the next call has one of its own."""

    def slow(_: dict[str, Any]) -> int:
        world.now += 4.0
        return 200

    world = World(slow, slow, slow)
    exchange = world.exchange(deadline=5.0)
    world.run(mode, exchange(SEND))
    world.run(mode, exchange(SEND))
    assert "not done within the deadline of 5 s: nothing was sent" == str(failure(world, mode, exchange(SEND)))
    world.run(mode, exchange.of_call()(SEND))
    assert [0.0, 4.0, 8.0] == world.sent


def test_a_refusal_is_what_it_is_however_late(mode: Mode) -> None:
    """A definite answer is not hidden behind the deadline."""

    def slow(_: dict[str, Any]) -> int:
        world.now += 5.0
        return 400

    world = World(slow)
    exchange = world.exchange(Retry(), deadline=5.0)
    assert isinstance(failure(world, mode, exchange(SEND)), BadRequest)
    assert exchange.expired is False


def test_a_reply_that_took_until_the_deadline_ends_the_call(mode: Mode) -> None:
    """The transport gave up waiting because the call's time was over: it was the deadline."""

    def slow(_: dict[str, Any]) -> Exception:
        world.now += 5.0
        return TimedOut("late")

    world = World(slow)
    exchange = world.exchange(Retry(), deadline=5.0)
    error = failure(world, mode, exchange(SEND))
    assert (TimedOut, True, True) == (type(error), error.uncertain, exchange.expired)


@pytest.mark.parametrize(
    ("retry", "deadline", "expected"),
    [(Retry(total=30.0), None, 30.0), (Retry(total=30.0), 5.0, 5.0), (None, 5.0, 5.0), (None, None, 120.0)],
)
def test_no_reply_may_take_for_ever(
    mode: Mode, retry: Retry | None, deadline: float | None, expected: float
) -> None:
    """Every request has a time by which its reply must be whole, and a repeat has no later one."""
    world = World(503, 503) if retry else World(503)
    exchange = world.exchange(retry and evolve(retry, attempts=2), deadline=deadline)
    failure(world, mode, exchange(SEND))
    assert {1000.0 + expected} == set(world.until)


def test_a_call_without_a_deadline_needs_no_exchange_of_its_own() -> None:
    """Nothing is made for a call that has none."""
    exchange = World().exchange()
    assert exchange is exchange.of_call()


# The limiter


def test_every_try_takes_a_slot(mode: Mode) -> None:
    """A repeat counts as a request: it waits for a slot of its own."""
    world = World(503, 503, 200)
    world.run(mode, world.exchange(Retry(), Limiter(requests=1, seconds=10.0))(SEND))
    assert pytest.approx([0.0, 10.0 + PAD, 20.0 + 2 * PAD]) == world.sent


def test_without_a_limiter_nothing_waits(mode: Mode) -> None:
    """limiter=None: requests go at once."""
    world = World(*[200] * 300)
    exchange = world.exchange()
    for _ in range(300):
        world.run("blocking", exchange(SEND))
    assert [] == world.slept


@pytest.mark.parametrize("status", [200, 400])
def test_a_reply_teaches_the_limiter(mode: Mode, status: int) -> None:
    """Every reply's limit and rest hold for the next request, also those of an error."""
    headers = {
        "X-HubSpot-RateLimit-Max": "5",
        "X-HubSpot-RateLimit-Interval-Milliseconds": "2000",
        "X-HubSpot-RateLimit-Remaining": "1",
    }
    world = World((status, None, headers), 200, 200)
    exchange = world.exchange(None, Limiter())
    if status == 200:
        world.run(mode, exchange(SEND))
    else:
        failure(world, mode, exchange(SEND))
    world.run(mode, exchange(SEND))
    world.run(mode, exchange(SEND))
    assert pytest.approx([0.0, 0.0, 2.0 + PAD]) == world.sent


def test_a_429_closes_the_limiter_for_others(mode: Mode) -> None:
    """While one waits out a rate limit, nobody else on the same limiter is sent into it."""
    limiter = Limiter()
    world = World(429, 200)
    op = world.exchange(Retry(), limiter)(SEND)
    assert isinstance(next(op), Enter)
    step = op.send(True)
    assert SEND is step
    assert isinstance(op.send(httpx.Response(429)), Sleep)
    other = World(200)
    other.run(mode, other.exchange(None, limiter)(SEND))
    assert [10.0] == other.sent


@pytest.mark.parametrize("status", [423, 477, 502, 503, None])
def test_other_failures_leave_the_limiter_open(status: int | None) -> None:
    """While one waits out a failure that is nobody else's, the others go."""
    limiter = Limiter()
    world = World()
    op = world.exchange(Retry(), limiter)(SEND)
    assert isinstance(next(op), Enter)
    assert SEND is op.send(True)
    assert isinstance(op.send(httpx.Response(status)) if status else op.throw(DROPPED), Sleep)
    assert limiter.queue(world.now) is None


def test_a_slot_is_used_as_soon_as_there_is_one(mode: Mode) -> None:
    """Whoever waits for room among the requests under way has none: it would be another time's when it is used."""
    limiter = Limiter(1, 10.0)
    world = World(200, 200)

    def enter(step: Enter) -> bool:
        world.now += 100.0
        return True

    world.enter = enter  # type: ignore[method-assign]
    for _ in range(2):
        world.run(mode, world.exchange(None, limiter)(SEND))
    assert [100.0, 200.0] == world.sent
    assert pytest.approx(10.0 + PAD) == limiter._window._at(0, world.now) - world.now


@pytest.mark.parametrize("scripted", [200, 404, DROPPED, KeyboardInterrupt()])
def test_whoever_is_done_makes_room(mode: Mode, scripted: Scripted) -> None:
    """Whatever became of the request, and before the wait for the next try."""
    rooms: list[str] = []
    world = World(503, scripted)

    def enter(step: Enter) -> bool:
        rooms.append("entered")
        step.leave = lambda: rooms.append("left")
        return True

    def sleep(seconds: float) -> None:
        rooms.append("waits")

    world.enter, world.sleep = enter, sleep  # type: ignore[method-assign]
    with suppress(PreferencesError, KeyboardInterrupt):
        world.run(mode, world.exchange(Retry(attempts=2), Limiter())(SEND))
    assert ["entered", "left", "waits", "entered", "left"] == rooms


def test_whoever_is_stopped_having_entered_makes_room() -> None:
    """Between two steps, too: the operation is told."""
    rooms: list[str] = []
    world = World()
    stop = threading.Event()

    def enter(step: Enter) -> bool:
        step.leave = lambda: rooms.append("left")
        stop.set()
        return True

    world.enter = enter  # type: ignore[method-assign]
    with pytest.raises(engine.Stopped):
        drive(world.exchange()(SEND), cast(Transport, world), world.sleep, stop)
    assert (["left"], []) == (rooms, world.sent)


def test_no_room_before_the_deadline(mode: Mode) -> None:
    """Nothing was sent, and the error says so."""
    world = World()
    untils: list[float] = []

    def enter(step: Enter) -> bool:
        untils.append(step.until)
        return False

    world.enter = enter  # type: ignore[method-assign]
    error = failure(world, mode, world.exchange(deadline=5.0)(SEND))
    assert "not done within the deadline of 5 s: nothing was sent" == str(error)
    assert isinstance(error, TimedOut)
    assert ([1005.0], False) == (untils, error.uncertain)


def test_no_room_for_another_try(mode: Mode) -> None:
    """As long as a retry may take, and then the error of the last try."""
    world = World(503)
    untils: list[float] = []

    def enter(step: Enter) -> bool:
        untils.append(step.until)
        return len(untils) == 1

    world.enter = enter  # type: ignore[method-assign]
    error = failure(world, mode, world.exchange(Retry(total=60.0))(SEND))
    assert isinstance(error, ServerError)
    assert [inf, 1060.0] == untils


def test_what_ends_a_later_try_hides_no_earlier_one(mode: Mode) -> None:
    """A client that was closed meanwhile says nothing of what may have happened."""
    closed = RuntimeError("this client is closed")
    world = World(DROPPED, closed)
    error = failure(world, mode, world.exchange(Retry())(SEND))
    assert isinstance(error, TransportError)
    assert (True, closed) == (error.uncertain, error.__cause__)
    world = World(closed)
    with pytest.raises(RuntimeError, match="closed"):
        world.run(mode, world.exchange(Retry())(SEND))


def test_without_time_for_another_try_the_first_has_its_own(mode: Mode) -> None:
    """total=0: nothing is repeated."""
    world = World(503)
    assert isinstance(failure(world, mode, world.exchange(Retry(total=0))(SEND)), ServerError)
    assert [1120.0] == world.until


def test_who_is_told_to_stop_tells_those_that_gather() -> None:
    """Also while their own go well: nothing is sent after that."""
    stop = threading.Event()

    def answer(kwargs: dict[str, Any]) -> int:
        stop.set()
        return echo(kwargs)

    world = World(*[answer] * 50, concurrency=2)
    with pytest.raises(engine.Stopped):
        drive(gather([fetch(200) for _ in range(50)]), cast(Transport, world), world.sleep, stop)
    assert len(world.sent) <= 2


def test_a_slot_is_waited_for_until_the_latest(mode: Mode) -> None:
    """There is one if it comes by then, and none if it comes later; nothing is waited for in vain."""
    limiter = Limiter()
    world = World()
    exchange = world.exchange(None, limiter)
    assert world.run(mode, exchange.slot(1000.0)) is True
    limiter.close(1010.0, 1000.0)
    assert world.run(mode, exchange.slot(1009.0)) is False
    assert [] == world.slept
    assert world.run(mode, exchange.slot(1010.0)) is True
    assert 10.0 == sum(world.slept)


def test_whoever_was_told_to_wait_goes_then(mode: Mode) -> None:
    """The wait for a 429 is not taken twice, once for itself and once for the closed limiter."""
    world = World(429, 200)
    world.run(mode, world.exchange(Retry(), Limiter())(SEND))
    assert ([0.0, 10.5], [10.5]) == (world.sent, world.slept)


# Driving


def fetch(number: int) -> Op[int]:
    """An operation of one request: its number comes back as the status."""
    reply: httpx.Response = yield Send({"number": number})
    return reply.status_code


def gather(operations: Iterable[Op[Any]]) -> Op[list[Any]]:
    """Several operations at once."""
    found: list[Any] = yield Gather(operations)
    return found


def echo(kwargs: dict[str, Any]) -> int:
    """The number that was sent."""
    number: int = kwargs["number"]
    return number


def test_an_operation_may_handle_its_errors(mode: Mode) -> None:
    """An error of the network arrives where the request was made, and may be handled there."""

    def op() -> Op[list[Any]]:
        found: list[Any] = []
        for _ in range(2):
            try:
                found.append((yield SEND))
            except TransportError as error:
                found.append(error)
        return found

    world = World(DROPPED, 204)
    first, second = world.run(mode, op())
    assert (DROPPED, 204) == (first, second.status_code)


def test_an_operation_may_fail_by_itself(mode: Mode) -> None:
    """An error of the operation is raised as it is."""

    def op() -> Op[None]:
        yield SEND
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        World(200).run(mode, op())


def test_an_answer_is_given_once(mode: Mode) -> None:
    """Sleeping gives nothing, and nothing of an earlier step is left over."""

    def op() -> Op[list[Any]]:
        return [(yield SEND), (yield Sleep(3.0)), (yield Gather([])), (yield Sleep(0.0))]

    world = World(200)
    assert [None, [], None] == world.run(mode, op())[1:]
    assert [3.0, 0.0] == world.slept


def test_an_interrupt_is_not_an_error_to_handle() -> None:
    """Ctrl-C ends the drive; the operation is not asked what it thinks of it."""
    seen: list[BaseException] = []

    def op() -> Op[None]:
        try:
            yield SEND
        except Exception as error:  # noqa: BLE001  # that is the point
            seen.append(error)

    world = World(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        world.run("blocking", op())
    assert [] == seen


# Side by side


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 50])
@pytest.mark.parametrize("lazy", [False, True])
def test_results_come_in_the_order_of_the_operations(mode: Mode, count: int, lazy: bool) -> None:
    """As many results as operations, each in its place, whether the operations are a list or come one by one."""
    world = World(*[echo] * count)
    operations = (fetch(200 + number) for number in range(count))
    found = world.run(mode, gather(operations if lazy else list(operations)))
    assert list(range(200, 200 + count)) == found
    assert sorted(found) == sorted(kwargs["number"] for kwargs in world.kwargs)


class Crowd:
    """A network on which requests wait for each other, to be used from threads."""

    def __init__(self, concurrency: int, answer: Callable[[int], int]) -> None:
        self.concurrency = concurrency
        self.most = 0
        self.done: list[int] = []
        self._answer = answer
        self._under_way = 0
        self._lock = threading.Lock()

    def enter(self, step: Enter) -> bool:
        """There is room."""
        return True

    def send(self, kwargs: dict[str, Any], until: float = inf) -> httpx.Response:
        """Ask the answer, and count who is here."""
        with self._lock:
            self._under_way += 1
            self.most = max(self.most, self._under_way)
        try:
            return httpx.Response(self._answer(kwargs["number"]))
        finally:
            with self._lock:
                self._under_way -= 1
                self.done.append(kwargs["number"])

    def run(self, op: Op[T], sleep: Callable[[float], None] = lambda _: None) -> T:
        """Drive the operation, blocking."""
        return drive(op, cast(Transport, self), sleep)


def test_only_several_operations_take_threads() -> None:
    """One alone, or over one connection, runs where the caller is; whose number is not known may be several."""
    threads: list[threading.Thread] = []

    def answer(number: int) -> int:
        threads.append(threading.current_thread())
        return number

    here = threading.current_thread()
    Crowd(4, answer).run(gather([fetch(200)]))
    Crowd(1, answer).run(gather([fetch(200), fetch(201)]))
    assert [here] * 3 == threads
    threads.clear()
    Crowd(4, answer).run(gather([fetch(200), fetch(201)]))
    Crowd(4, answer).run(gather(fetch(200) for _ in range(1)))
    assert here not in threads
    assert {"hubspot-preferences"} == {thread.name.rpartition("-")[0] for thread in threads}


def test_a_late_reply_keeps_its_place() -> None:
    """The first operation finishes last, and is first in the results."""
    second_is_done = threading.Event()

    def answer(number: int) -> int:
        if number == 200:
            assert second_is_done.wait(5)
        else:
            second_is_done.set()
        return number

    crowd = Crowd(2, answer)
    assert [200, 201] == crowd.run(gather([fetch(200), fetch(201)]))
    assert [201, 200] == crowd.done


@pytest.mark.anyio
async def test_a_late_reply_keeps_its_place_when_awaited() -> None:
    """The first operation finishes last, and is first in the results."""
    second_is_done = asyncio.Event()
    done: list[int] = []

    async def send(number: int) -> int:
        if number == 200:
            await asyncio.wait_for(second_is_done.wait(), 5)
        else:
            second_is_done.set()
        done.append(number)
        return number

    assert [200, 201] == await arun(gather([fetch(200), fetch(201)]), send, concurrency=2)
    assert [201, 200] == done


async def arun(
    op: Op[T],
    send: Callable[[int], Coroutine[Any, Any, int]],
    *,
    concurrency: int,
    sleeps: list[float] | None = None,
) -> T:
    """Drive the operation on this loop, with this network."""

    class Network:
        def __init__(self) -> None:
            self.concurrency = concurrency

        async def enter(self, step: Enter) -> bool:
            return True

        async def send(self, kwargs: dict[str, Any], until: float = inf) -> httpx.Response:
            return httpx.Response(await send(kwargs["number"]))

    return await adrive(op, cast(AsyncTransport, Network()))


def test_no_more_than_concurrency_run_at_once() -> None:
    """As many operations run at once as may, and no more."""
    together = threading.Barrier(3)

    def answer(number: int) -> int:
        together.wait(5)  # three of them have to be here at the same time
        return number

    crowd = Crowd(3, answer)
    assert list(range(200, 209)) == crowd.run(gather([fetch(200 + number) for number in range(9)]))
    assert 3 == crowd.most


@pytest.mark.anyio
async def test_no_more_than_concurrency_run_at_once_when_awaited() -> None:
    """As many operations run at once as may, and no more."""
    under_way, most = 0, 0

    async def send(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(5):
            await asyncio.sleep(0)
        under_way -= 1
        return number

    operations = [fetch(200 + number) for number in range(9)]
    assert list(range(200, 209)) == await arun(gather(operations), send, concurrency=3)
    assert 3 == most


def test_operations_are_made_as_they_are_needed(mode: Mode) -> None:
    """Operations that come one by one are not all made before the first has run."""
    made: list[int] = []

    def operations() -> Generator[Op[int], None, None]:
        for number in range(200, 240):
            made.append(number)
            yield fetch(number)

    def answer(kwargs: dict[str, Any]) -> int:
        seen.append(len(made))
        return echo(kwargs)

    seen: list[int] = []
    world = World(*[answer] * 40, concurrency=2)
    world.run(mode, gather(operations()))
    assert seen[0] <= 2
    assert 40 == len(made)


@pytest.mark.parametrize("error", [LookupError("mine"), DROPPED])
def test_the_first_error_ends_the_others(mode: Mode, error: Exception) -> None:
    """An error that an operation does not handle is the gathering's; what had not begun never does."""
    world = World(echo, error, echo, echo, concurrency=1)
    with pytest.raises(type(error)) as caught:
        world.run(mode, gather([fetch(200), fetch(201), fetch(202), fetch(203)]))
    assert error is caught.value
    assert [200, 201] == [kwargs["number"] for kwargs in world.kwargs]


def test_one_connection_needs_no_thread() -> None:
    """Where requests go one at a time the caller's thread sends them, and no further once it is told to stop."""
    threads: list[threading.Thread] = []
    stop = threading.Event()

    def answer(kwargs: dict[str, Any]) -> int:
        threads.append(threading.current_thread())
        if len(threads) == 2:
            stop.set()
        return echo(kwargs)

    world = World(*[answer] * 3, concurrency=1)
    with pytest.raises(engine.Stopped):
        drive(gather([fetch(number) for number in (200, 201, 202)]), cast(Transport, world), world.sleep, stop)
    assert [threading.current_thread()] * 2 == threads


def test_slots_can_be_given_out_by_other_rules(mode: Mode) -> None:
    """An exchange that waits for its slots in its own way is asked for each request, and hears of each reply."""

    @define(eq=False)
    class Strict(Exchange):
        heard: list[int] = field(factory=list)

        def slot(self, latest: float) -> Op[bool]:
            for seconds in (1.0, 2.0):
                if self.clock() + seconds > latest:
                    return False
                yield Sleep(seconds)
            return True

        def learn(self, reply: httpx.Response, sent: float) -> None:
            self.heard.append(reply.status_code)

    world = World(502, 503, 200)
    exchange = Strict(Retry(base=1.0, total=4.0), None, world.clock, lambda: 0.5)
    error = failure(world, mode, exchange(SEND))
    assert ([502, 503], [3.0, 6.5]) == (exchange.heard, world.sent)
    assert isinstance(error, APIError)
    assert 503 == error.status


def test_an_error_of_a_gathering_can_be_handled(mode: Mode) -> None:
    """The operation that gathered gets the error, and may go on."""

    def op() -> Op[int]:
        try:
            yield Gather([fetch(200)])
        except TransportError:
            return (yield from fetch(201))
        return 0

    assert 201 == World(DROPPED, echo).run(mode, op())


def test_a_failure_stops_those_under_way() -> None:
    """After one operation failed, the others take no further step: nothing more is sent."""
    failed: list[threading.Thread] = []
    waiting, failing = threading.Event(), threading.Event()

    def answer(number: int) -> int:
        if number == 200:
            assert waiting.wait(5)
            failed.append(threading.current_thread())
            failing.set()
            raise LookupError("mine")
        return 503

    def sleep(_: float) -> None:
        waiting.set()
        assert failing.wait(5)
        failed[0].join(5)

    def retried() -> Op[Any]:
        return (yield from Exchange(Retry(), None)(Send({"number": 201})))

    crowd = Crowd(2, answer)
    with pytest.raises(LookupError):
        crowd.run(gather([fetch(200), retried()]), sleep)
    assert [200, 201] == sorted(crowd.done)


@pytest.mark.anyio
async def test_a_failure_stops_those_under_way_when_awaited() -> None:
    """After one operation failed, the others are cancelled, and have ended when the error is raised."""
    ended: list[int] = []

    async def send(number: int) -> int:
        if number == 200:
            await asyncio.sleep(0)
            raise LookupError("mine")
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(3):  # as long as a connection takes to close
                await asyncio.sleep(0)
            ended.append(number)
        return number

    with pytest.raises(LookupError, match="mine"):
        await arun(gather([fetch(200), fetch(201), fetch(202)]), send, concurrency=3)
    assert [201, 202] == sorted(ended)


@pytest.mark.anyio
async def test_a_cancellation_reaches_everything() -> None:
    """Cancelling whoever awaits cancels all operations; none of them sees it as an error."""
    begun, ended, seen = asyncio.Event(), [], []

    async def send(number: int) -> int:
        if number == 201:
            begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)
        return number

    def op(number: int) -> Op[None]:
        try:
            yield from fetch(number)
        except Exception as error:  # noqa: BLE001  # that is the point
            seen.append(error)

    task = asyncio.create_task(arun(gather([op(200), op(201), op(202)]), send, concurrency=2))
    await asyncio.wait_for(begun.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ([200, 201], []) == (sorted(ended), seen)


def test_an_interrupt_within_an_operation_ends_everything() -> None:
    """KeyboardInterrupt in a worker is raised by the drive; no operation gets to handle it."""
    seen: list[BaseException] = []

    def answer(number: int) -> int:
        raise KeyboardInterrupt

    def op() -> Op[None]:
        try:
            yield Gather([fetch(200), fetch(201)])
        except Exception as error:  # noqa: BLE001  # that is the point
            seen.append(error)

    crowd = Crowd(1, answer)
    with pytest.raises(KeyboardInterrupt):
        crowd.run(op())
    assert ([], [200]) == (seen, crowd.done)


def test_an_interrupt_does_not_wait_for_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is raised at once, though replies are still to come; after it nothing more is sent."""
    released, hanging = threading.Event(), threading.Barrier(3)
    workers: list[threading.Thread] = []

    def answer(number: int) -> int:
        workers.append(threading.current_thread())
        hanging.wait(5)
        assert released.wait(5)
        return number

    def interrupted(_: threading.Thread, timeout: float | None = None) -> None:
        hanging.wait(5)
        raise KeyboardInterrupt  # where the main thread spends its time

    crowd = Crowd(2, answer)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "join", interrupted)
        with pytest.raises(KeyboardInterrupt):
            crowd.run(gather([fetch(200), fetch(201), fetch(202)]))
    assert [] == crowd.done  # the replies are still to come
    assert all(worker.daemon for worker in workers)  # nor does the end of the process wait for them
    released.set()
    for worker in workers:
        worker.join(5)
    assert [200, 201] == sorted(crowd.done)


WHO: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


def test_the_callers_context_goes_along(mode: Mode) -> None:
    """What the caller set for tracing is set in every operation, and what an operation sets stays there."""
    found: list[str] = []

    def answer(kwargs: dict[str, Any]) -> int:
        found.append(WHO.get())
        return echo(kwargs)

    token = WHO.set("caller")
    try:
        World(*[answer] * 6).run(mode, gather([fetch(200 + number) for number in range(6)]))
    finally:
        WHO.reset(token)
    assert ["caller"] * 6 == found


def test_rate_limited_operations_share_one_limiter(mode: Mode) -> None:
    """Side by side or not, no more requests go in a window than the limiter allows."""
    world = World(*[200] * 7, concurrency=1)
    exchange = world.exchange(None, Limiter(requests=3, seconds=1.0 - PAD))
    world.run(mode, gather([exchange(SEND) for _ in range(7)]))
    assert pytest.approx([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0]) == world.sent


def test_a_rate_limit_that_stays_is_raised(mode: Mode) -> None:
    """A 429 that does not go away ends as RateLimited, after all tries."""
    world = World(*[(429, {"policyName": "SECONDLY"})] * 5)
    error = failure(world, mode, world.exchange(Retry(), Limiter())(SEND))
    assert isinstance(error, RateLimited)
    assert ("SECONDLY", 5) == (error.policy, len(world.sent))


@pytest.mark.anyio
async def test_without_a_sleep_of_its_own_the_loops_is_taken() -> None:
    """Unless told otherwise, adrive sleeps on the event loop."""

    def op() -> Op[str]:
        yield Sleep(0.0)
        return "done"

    assert "done" == await adrive(op(), cast(AsyncTransport, None))


# What ends before its time


def test_whoever_stops_waiting_gives_the_slot_back() -> None:
    """A wait for a slot that Ctrl-C ends leaves nobody else waiting for it."""
    limiter = Limiter(requests=1, seconds=10.0)
    world = World(200)
    exchange = world.exchange(None, limiter)
    world.run("blocking", exchange(SEND))

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive(exchange(SEND), cast(Transport, world), interrupt)
    place = limiter.queue(world.now)
    assert place
    assert pytest.approx(10.0 + PAD) == limiter.wait(place, world.now)


@pytest.mark.anyio
async def test_a_cancelled_crowd_leaves_no_slot_taken() -> None:
    """Of 500 who wait for a slot 450 are cancelled: the rest move up, and the next comes right after them."""
    limiter = Limiter(requests=10, seconds=10.0)
    world = World(*[200] * 60)
    exchange = world.exchange(None, limiter)
    waiting: list[asyncio.Future[None]] = []

    async def sleep(_: float) -> None:
        waiting.append(asyncio.get_running_loop().create_future())
        await waiting[-1]

    transport = cast(AsyncTransport, _Awaited(world))
    tasks = [asyncio.ensure_future(adrive(exchange(SEND), transport, sleep)) for _ in range(500)]
    while len(waiting) < 490:
        await asyncio.sleep(0)
    for task in tasks[10:460]:
        task.cancel()
    await asyncio.wait(tasks[10:460])
    place = limiter.queue(world.now)
    assert place
    assert pytest.approx(5 * (10.0 + PAD)) == limiter.wait(place, world.now)
    limiter.leave(place)
    world.now += 10.0 + PAD  # ten of the forty that stayed may go now, whoever of them wakes
    woken = [future for future in waiting if not future.done()]
    for future in woken:
        future.set_result(None)
    while len(world.sent) < 20:
        await asyncio.sleep(0)
    assert [0.0] * 10 + [pytest.approx(10.0 + PAD)] * 10 == world.sent
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@pytest.mark.parametrize("started", [0, 1])
def test_threads_that_cannot_be_had_are_done_without(monkeypatch: pytest.MonkeyPatch, started: int) -> None:
    """Where the system gives no more threads those that there are do the work, or the caller's own."""
    start = threading.Thread.start
    left = iter(range(started))

    def no_more(thread: threading.Thread) -> None:
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", no_more)
    assert [200, 201, 202, 203] == World(*[echo] * 4).run("blocking", gather([fetch(200 + i) for i in range(4)]))


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, MemoryError])
def test_whatever_ends_a_step_is_raised_within_the_operation(
    mode: Mode, interruption: type[BaseException]
) -> None:
    """An operation can say what was done so far, whatever ended it; nothing is sent after that."""

    def op() -> Op[None]:
        try:
            yield SEND
        except BaseException as error:
            error.add_note("so far")
            raise

    world = World(interruption())
    with pytest.raises(interruption) as caught:
        world.run(mode, op())
    assert ["so far"] == caught.value.__notes__


def test_whatever_comes_between_two_steps_is_raised_within_the_operation_as_well() -> None:
    """Ctrl-C need not come while a step is under way."""

    class Pressed(threading.Event):
        def is_set(self) -> bool:
            if world.sent:
                raise KeyboardInterrupt
            return False

    def op() -> Op[None]:
        try:
            yield SEND
            yield SEND
        except BaseException as error:
            error.add_note("so far")
            raise

    world = World(200, 200)
    with pytest.raises(KeyboardInterrupt) as caught:
        drive(op(), cast(Transport, world), world.sleep, Pressed())
    assert ["so far"] == caught.value.__notes__
    assert [0.0] == world.sent
