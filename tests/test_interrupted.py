"""Whatever ends a batch before its time, every input that was sent has an outcome that the caller can reach."""

from __future__ import annotations

import json
import pickle
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_preferences import (
    AsyncPreferences,
    BatchResult,
    Change,
    Forbidden,
    InvalidArgument,
    Outcome,
    Preferences,
    Retry,
    TimedOut,
)
from hubspot_preferences.chunks import Account, Work
from hubspot_preferences.engine import Op, Send, Stopped
from hubspot_preferences.sandbox import Fault, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from tests.conftest import Connect, OverWhen

NEWS = 7001
PEOPLE = [f"person-{number}@example.com" for number in range(6)]
DONE, UNDER_WAY, NOT_SENT = PEOPLE[:2], PEOPLE[2:4], PEOPLE[4:]
STATES = ["applied"] * 2 + ["unknown"] * 2 + ["failed"] * 2
SLOW = Fault(delay=5.0, addresses=tuple(UNDER_WAY), times=None)


@pytest.fixture
def halting(box: Sandbox) -> Iterator[Sandbox]:
    """The sandbox, which lets the second of three chunks wait for longer than any test."""
    with box.faults(SLOW):
        yield box


def states(partial: BatchResult[Any, Any]) -> list[str]:
    """The state of every input."""
    assert PEOPLE == [outcome.input for outcome in partial]
    return [str(outcome.state) for outcome in partial]


def sent(box: Sandbox) -> list[list[str]]:
    """The inputs of every batch that arrived."""
    return [entry.body["inputs"] for entry in box.log if entry.body]


def opted_out(box: Sandbox) -> list[bool]:
    """Who is."""
    return [bool(box.opted_out(email)) for email in PEOPLE]


@pytest.fixture
def interrupt() -> Iterator[Callable[[], None]]:
    """Ctrl-C, from any thread: what it does, whatever the process was started from."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    main = threading.get_ident()
    yield lambda: signal.pthread_kill(main, signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so; ten seconds at most."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)


@pytest.mark.parametrize("concurrency", [1, 2])
def test_ctrl_c_in_a_batch(halting: Sandbox, interrupt: Callable[[], None], concurrency: int) -> None:
    """What was done stands in the exception's partial; what was under way is unknown, the rest was not sent."""
    seen: list[Outcome[str, Any]] = []
    done = threading.Event()

    def note(outcome: Outcome[str, Any]) -> None:
        seen.append(outcome)
        if len(seen) == 2:
            done.set()

    def press() -> None:
        done.wait(10)
        until(lambda: len(sent(halting)) == 2)  # the second chunk is under way
        interrupt()

    finger = threading.Thread(target=press, daemon=True)
    finger.start()
    with (
        Preferences(halting.token, base_url=halting.url, limiter=None, concurrency=concurrency) as prefs,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        prefs.batch.unsubscribe_all(PEOPLE[:4] if concurrency == 2 else PEOPLE, chunk_size=2, on_outcome=note)
    finger.join()
    partial = caught.value.partial  # type: ignore[attr-defined]
    expected = STATES[: len(partial)]
    assert expected == [str(outcome.state) for outcome in partial]
    assert DONE == [outcome.input for outcome in seen]
    assert [f"What is known stands in the attribute partial: {partial!r}"] == caught.value.__notes__
    assert not any(opted_out(halting)[4:])
    assert 2 == len(sent(halting))


@pytest.mark.parametrize("operation", ["statuses", "opt_outs", "unsubscribe_all"])
async def test_a_cancelled_batch(
    halting: Sandbox, operation: str, over_when: OverWhen, anyio_backend: str
) -> None:
    """Under asyncio.timeout the partial stands on the cause of the TimeoutError; nothing more is sent."""
    seen: list[str] = []
    async with AsyncPreferences(halting.token, base_url=halting.url, limiter=None, concurrency=1) as prefs:
        with pytest.raises(TimeoutError) as caught:  # the timeout raises, not the call
            async with over_when(lambda: len(sent(halting)) == 2):
                await getattr(prefs.batch, operation)(
                    PEOPLE, chunk_size=2, on_outcome=lambda outcome: seen.append(outcome.input)
                )
        assert STATES == states(caught.value.__cause__.partial)  # type: ignore[union-attr]
        assert (DONE, 2) == (seen, len(sent(halting)))
        assert "applied" == (await prefs.batch.statuses([PEOPLE[5]]))[0].state


def test_a_deadline_in_a_batch(halting: Sandbox, connect: Connect) -> None:
    """TimedOut, with all outcomes; it is in doubt because some are."""
    client = connect(deadline=1.0, concurrency=1, retry=Retry())
    with pytest.raises(TimedOut, match=r"^not done within the deadline of 1 s: <BatchResult of 6: ") as caught:
        client.batch.unsubscribe_all(PEOPLE, chunk_size=2)
    assert STATES == states(caught.value.partial)  # type: ignore[attr-defined]
    assert caught.value.uncertain
    assert [True, True] == opted_out(halting)[:2]
    assert not any(opted_out(halting)[4:])


def test_a_function_of_the_callers_that_raises(box: Sandbox, connect: Connect) -> None:
    """It ends the batch, and no outcome is lost by it; the exception is the caller's own."""

    def broken(_: Outcome[str, Any]) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine") as caught:
        connect(concurrency=1).batch.unsubscribe_all(PEOPLE, chunk_size=2, on_outcome=broken)
    assert ["applied", "applied", *["failed"] * 4] == states(caught.value.partial)  # type: ignore[attr-defined]
    assert 1 == len(sent(box))


def test_every_outcome_is_told_once(box: Sandbox, connect: Connect) -> None:
    """Also those of inputs that cannot be sent, and of an address that is given twice."""
    inputs = [*PEOPLE, "no address", PEOPLE[0].upper()]
    seen: list[Any] = []
    result = connect().batch.statuses(inputs, chunk_size=1, on_outcome=seen.append)
    assert sorted(map(str, result)) == sorted(map(str, seen))
    assert set(inputs) == {outcome.input for outcome in seen}


@pytest.mark.parametrize("forbidden", [True, False])
def test_single_calls_and_names_are_no_exception(
    box: Sandbox, interrupt: Callable[[], None], forbidden: bool
) -> None:
    """Ctrl-C among the single calls of a forbidden batch, or while a name is looked up: the same account."""
    slow = (
        Fault(delay=5.0, operation="set_status", addresses=(PEOPLE[2],), times=None)
        if forbidden
        else Fault(delay=5.0, operation="list_definitions")
    )
    box.fail(Fault(status=403, operation="batch_write_statuses", times=None), slow)

    def press() -> None:
        awaited = "set_status" if forbidden else "list_definitions"
        until(
            lambda: any(
                entry.operation == awaited and (not forbidden or PEOPLE[2] in entry.path) for entry in box.log
            )
        )
        interrupt()

    changes = [Change(email, NEWS if forbidden else "Marketing Information", "UNSUBSCRIBED") for email in PEOPLE]
    finger = threading.Thread(target=press, daemon=True)
    finger.start()
    with (
        Preferences(box.token, base_url=box.url, limiter=None, concurrency=1) as prefs,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        prefs.batch.write(changes)
    finger.join()
    partial = caught.value.partial  # type: ignore[attr-defined]
    assert changes == [outcome.input for outcome in partial]
    expected = ["applied", "applied", "unknown", "failed", "failed", "failed"] if forbidden else ["failed"] * 6
    assert expected == [outcome.state for outcome in partial]


def test_a_forbidden_batch_that_raises_has_its_account_as_well(box: Sandbox, connect: Connect) -> None:
    """Whatever is raised."""
    with box.faults(Fault(status=403, times=None)), pytest.raises(Forbidden) as caught:
        connect().batch.statuses(PEOPLE, fallback=False)
    assert ["failed"] * 6 == states(caught.value.partial)  # type: ignore[attr-defined]


def test_outcomes_survive_pickling_and_are_ready_for_json(box: Sandbox, connect: Connect) -> None:
    """A copy is equal, errors included, and everything can be written down."""
    with box.faults(Fault(status=400, addresses=tuple(DONE), times=None)):
        result = connect().batch.statuses([*PEOPLE, "no address"])
    copy = pickle.loads(pickle.dumps(result))  # noqa: S301  # our own
    assert copy == result
    assert len({*result, *copy}) == len(result)
    written = json.loads(json.dumps(result.to_dicts()))
    assert ["BadRequest"] * 2 + [None] * 4 + ["InvalidArgument"] == [
        row["error"] and row["error"]["type"] for row in written
    ]
    assert {"applied": 4, "no_change": 0, "failed": 3, "unknown": 0} == result.summary()
    assert "SUBSCRIBED" not in [row["state"] for row in written]


def test_what_had_failed_by_then_has_failed(box: Sandbox, interrupt: Callable[[], None]) -> None:
    """The account keeps every outcome that was known, a failure no less than a success."""
    seen: list[Outcome[str, Any]] = []

    def note(outcome: Outcome[str, Any]) -> None:
        seen.append(outcome)
        if len(seen) == 3:
            interrupt()

    box.fail(Fault(status=400, addresses=(PEOPLE[0],), times=None))
    with (
        Preferences(box.token, base_url=box.url, limiter=None, concurrency=1) as prefs,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        prefs.batch.unsubscribe_all(["no address", *PEOPLE], chunk_size=2, on_outcome=note)
    partial = caught.value.partial  # type: ignore[attr-defined]
    assert list(partial[:3]) == seen
    assert ["InvalidArgument", "BadRequest", "NoneType"] == [type(outcome.error).__name__ for outcome in seen]
    assert ["failed", "failed", "applied"] == [outcome.state for outcome in seen]


class Opening(Work[str, str]):
    """Work that is one request for each input."""

    def key(self, value: str) -> Hashable:
        return value

    def together(self, values: list[str], account: Account[Any, str]) -> Any:
        raise NotImplementedError

    def single(self, value: str) -> Op[str]:
        raise NotImplementedError

    def judge(self, value: str, answer: str, /) -> Any:
        raise NotImplementedError


def test_what_was_answered_and_is_not_settled_yet_is_under_way() -> None:
    """Between a reply and its outcomes nobody may say that nothing was sent."""
    account: Account[str, str] = Account()
    account.open(PEOPLE)
    account.sort(Opening(), PEOPLE)

    def request() -> Op[None]:
        yield Send({})

    op = account.watch(UNDER_WAY, request())
    next(op)
    with pytest.raises(StopIteration):
        op.send("a reply")
    assert ["failed"] * 2 + ["unknown"] * 2 + ["failed"] * 2 == states(account.so_far("Ctrl-C"))


@pytest.mark.parametrize("status", [400, 403])
def test_what_was_refused_as_a_whole_was_not_done(
    box: Sandbox, interrupt: Callable[[], None], status: int
) -> None:
    """Ctrl-C among the halves, or the single calls, of a batch that HubSpot refused: the rest was not sent."""
    box.fail(Fault(status=status, operation="batch_unsubscribe_all", times=1))
    if status == 403:
        box.fail(Fault(status=403, operation="batch_unsubscribe_all", times=None))
    with (
        Preferences(box.token, base_url=box.url, limiter=None, concurrency=1) as prefs,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        prefs.batch.unsubscribe_all(PEOPLE, on_outcome=lambda _: interrupt())
    partial = caught.value.partial  # type: ignore[attr-defined]
    done = 3 if status == 400 else 1
    assert ["applied"] * done + ["failed"] * (6 - done) == states(partial)
    assert [True] * done + [False] * (6 - done) == opted_out(box)


async def noted(outcome: Outcome[str, Any]) -> None:
    """A function that would have to be awaited."""


@pytest.mark.parametrize("function", ["print", 5, noted])
def test_what_cannot_be_told_is_refused(connect: Connect, function: Any) -> None:
    """Nothing is sent with an on_outcome that would never hear of anything."""
    with pytest.raises(InvalidArgument, match=r"^on_outcome: "):
        connect().batch.statuses(PEOPLE, on_outcome=function)


def test_nothing_is_sent_of_what_has_ended() -> None:
    """A thread that was about to send when the others were told what is known."""
    account: Account[str, Any] = Account()
    account.open(PEOPLE)
    given_back: list[str] = []

    def op() -> Op[None]:
        try:
            yield Send({})
        finally:
            given_back.append("room")

    watched = account.watch(PEOPLE[:2], op())
    assert [str(outcome.state) for outcome in account.so_far("it ended")] == ["failed"] * 6
    with pytest.raises(Stopped):
        next(watched)
    assert ["room"] == given_back
    under_way = account.watch(PEOPLE[:2], op())
    account._ended = False
    next(under_way)
    under_way.close()
    assert ["room", "room"] == given_back
