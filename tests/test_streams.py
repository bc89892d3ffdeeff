"""Streams over HTTP: inputs of any number in, an outcome for each out, in bounded memory, whatever ends it."""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
import tracemalloc
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_preferences import (
    AsyncPreferences,
    Change,
    Forbidden,
    InvalidArgument,
    Outcome,
    Preferences,
    TimedOut,
    UnknownSubscription,
)
from hubspot_preferences.sandbox import Fault, Sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from tests.conftest import Connect, OverWhen

NEWS, UPDATES = 7001, 7004
OPERATIONS = ("statuses", "opt_outs", "may_email", "write", "subscribe", "unsubscribe_all")


def people(count: int) -> list[str]:
    """So many addresses."""
    return [f"person-{number}@example.com" for number in range(count)]


class Streams:
    """The streams of a client, to be read like any iterable, whether they are to be awaited or not."""

    def __init__(self, connect: Connect, **settings: Any) -> None:
        self._connect = connect
        self.client = connect(**settings)

    def open(self, operation: str, inputs: Any, **options: Any) -> Any:
        """A stream; changes are made of addresses."""
        if operation in ("write", "subscribe") and isinstance(inputs, list):
            inputs = [Change(given, NEWS, "SUBSCRIBED") if isinstance(given, str) else given for given in inputs]
        if operation == "may_email":
            options = {"subscription": NEWS, **options}
        return getattr(self.client.stream, operation)(inputs, **options)

    def take(self, stream: Any, count: int | None = None) -> list[Outcome[Any, Any]]:
        """So many outcomes, or all."""
        if self._connect.blocking:
            return list(islice(stream, count))

        async def some() -> list[Outcome[Any, Any]]:
            outcomes: list[Outcome[Any, Any]] = []
            while count is None or len(outcomes) < count:
                try:
                    outcomes.append(await anext(stream))
                except StopAsyncIteration:
                    break
            return outcomes

        return self._connect.portal.call(some)

    def close(self, stream: Any) -> Any:
        """Close it."""
        return stream.close() if self._connect.blocking else self._connect.portal.call(stream.aclose)

    def all(self, operation: str, inputs: Any, **options: Any) -> list[Outcome[Any, Any]]:
        """Every outcome."""
        return self.take(self.open(operation, inputs, **options))


def inputs_of(outcomes: Iterable[Outcome[Any, Any]]) -> list[str]:
    """Whom they are about."""
    return [getattr(outcome.input, "email", outcome.input) for outcome in outcomes]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_outcomes_of_a_stream_are_those_of_a_batch(box: Sandbox, connect: Connect, operation: str) -> None:
    """In input order, with inputs that cannot be sent among them, named by their place in the stream."""
    emails = [*people(9), "subscribed@example.com", "unsubscribed@example.com", "no address", *people(12)]
    outcomes = Streams(connect).all(operation, emails, chunk_size=5)
    assert emails == inputs_of(outcomes)
    places = "emails" if operation not in ("write", "subscribe") else "changes"
    assert str(outcomes[11].error).startswith(f"{places}[11]")
    assert ["failed"] == [
        outcome.state for outcome in outcomes if not outcome.ok and "no address" in str(outcome.to_dict())
    ]
    box.reset()
    batch = getattr(connect().batch, operation)
    given = [outcome.input for outcome in outcomes]
    result = batch(given, subscription=NEWS) if operation == "may_email" else batch(given)
    assert [outcome.ok for outcome in result] == [outcome.ok for outcome in outcomes]


def test_a_stream_reads_no_further_than_it_has_to(connect: Connect) -> None:
    """Of an endless source as much as can be under way; what is held is bounded, and a closed one takes none."""
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield f"person-{taken}@example.com"

    streams = Streams(connect, concurrency=3)
    stream = streams.open("statuses", endless(), chunk_size=10)
    assert 0 == taken
    assert [f"person-{number}@example.com" for number in range(1, 26)] == inputs_of(streams.take(stream, 25))
    assert 30 <= taken <= 60
    left = streams.close(stream)
    assert taken - 25 == len(left)
    assert [] == streams.take(stream)
    assert [] == streams.take(stream)
    assert taken - 25 == len(left)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_stream_of_nothing(box: Sandbox, connect: Connect, operation: str) -> None:
    """Ends at once, and asks nothing."""
    assert [] == Streams(connect).all(operation, [])
    assert () == box.log


@pytest.mark.parametrize("inputs", ["jane@example.com", b"jane@example.com", None, 5])
def test_what_is_no_source_is_refused(connect: Connect, inputs: Any) -> None:
    """When the stream is made."""
    with pytest.raises(InvalidArgument, match=r"^emails: must be a list, not "):
        Streams(connect).open("statuses", inputs)


@pytest.mark.parametrize("option", [{"chunk_size": 0}, {"fallback": "no"}])
def test_what_cannot_be_an_option_is_refused(connect: Connect, option: dict[str, Any]) -> None:
    """When the stream is made."""
    with pytest.raises(InvalidArgument):
        Streams(connect).open("statuses", [], **option)


def test_changes_for_one_person_are_carried_out_in_their_order(box: Sandbox, connect: Connect) -> None:
    """However many chunks are under way: the last one holds, and none overtakes another."""
    states = ["SUBSCRIBED", "UNSUBSCRIBED"] * 6 + ["SUBSCRIBED"]
    changes = [Change("one@example.com", NEWS, state) for state in states]  # type: ignore[arg-type]
    changes[3:3] = [
        Change("two@example.com", NEWS, "SUBSCRIBED"),
        Change("one@example.com", UPDATES, "UNSUBSCRIBED"),
    ]
    outcomes = Streams(connect).all("write", changes, chunk_size=3)
    assert changes == [outcome.input for outcome in outcomes]
    assert ["applied"] * len(changes) == [outcome.state for outcome in outcomes]
    written = [
        row["statusState"]
        for entry in box.log
        for row in entry.body["inputs"]
        if row["subscriberIdString"] == "one@example.com" and row["subscriptionId"] == NEWS
    ]
    assert states == written


def test_single_calls_where_batches_are_forbidden(box: Sandbox, connect: Connect) -> None:
    """Found out once, announced once, for the whole stream."""
    box.fail(Fault(status=403, operation="batch_read_statuses", times=None))
    outcomes = Streams(connect, concurrency=1).all("statuses", people(12), chunk_size=3)
    assert ["applied"] * 12 == [outcome.state for outcome in outcomes]
    assert 1 == sum(entry.operation == "batch_read_statuses" for entry in box.log)


def test_without_fallback_a_forbidden_stream_raises(box: Sandbox, connect: Connect) -> None:
    """With the outcomes of everything that was taken."""
    box.fail(Fault(status=403, times=None))
    with pytest.raises(Forbidden) as caught:
        Streams(connect, concurrency=2).all("statuses", people(12), chunk_size=3, fallback=False)
    partial = caught.value.partial  # type: ignore[attr-defined]
    assert {"failed", "unknown"} >= {outcome.state for outcome in partial}
    assert people(len(partial)) == inputs_of(partial)


def test_what_is_wrong_for_everybody_is_raised(connect: Connect) -> None:
    """By the first outcome that is read."""
    with pytest.raises(UnknownSubscription):
        Streams(connect).all("may_email", people(3), subscription="No Such Thing")


def test_a_source_that_fails(connect: Connect) -> None:
    """The caller's exception comes through, with the outcomes that were not handed out."""

    def broken() -> Iterator[str]:
        yield from people(7)
        raise LookupError("mine")

    streams = Streams(connect, concurrency=2)
    with pytest.raises(LookupError, match="mine") as caught:
        streams.all("statuses", broken(), chunk_size=2)
    partial = caught.value.partial  # type: ignore[attr-defined]
    assert set(inputs_of(partial)) <= set(people(7))


def test_a_deadline_is_that_of_the_whole_stream(box: Sandbox, connect: Connect) -> None:
    """TimedOut, with the outcomes that were not handed out."""
    streams = Streams(connect, concurrency=1, deadline=1.0)
    stream = streams.open("unsubscribe_all", people(6), chunk_size=2)
    assert ["applied"] * 2 == [outcome.state for outcome in streams.take(stream, 2)]
    box.fail(Fault(delay=5.0, addresses=tuple(people(6)[2:4]), times=None))
    with pytest.raises(TimedOut) as caught:
        streams.take(stream)
    partial = caught.value.partial  # type: ignore[attr-defined]
    assert people(4)[2:] == inputs_of(partial)
    assert ["unknown"] * 2 == [outcome.state for outcome in partial]


def test_closing_a_stream_says_what_was_under_way(box: Sandbox, connect: Connect) -> None:
    """What was done, what was under way, what was not sent; nothing more is sent."""
    emails = people(8)
    first, second = tuple(emails[:2]), tuple(emails[2:4])
    box.fail(Fault(delay=0.2, addresses=first), Fault(delay=5.0, addresses=second, times=None))
    streams = Streams(connect, concurrency=2)
    stream = streams.open("unsubscribe_all", emails, chunk_size=2)
    assert emails[:2] == inputs_of(streams.take(stream, 2))
    left = streams.close(stream)
    assert (list(second), ["unknown"] * 2) == (inputs_of(left), [outcome.state for outcome in left])
    assert len(streams.close(stream)) == 0
    assert [] == streams.take(stream)
    assert not any(box.opted_out(email) for email in emails[4:])


def test_single_calls_of_a_closed_stream_end(box: Sandbox) -> None:
    """Where batches are forbidden, too: who is said to be unsent is never sent."""
    box.fail(
        Fault(status=403, operation="batch_unsubscribe_all", times=None),
        Fault(delay=0.05, operation="unsubscribe_all", times=None),
    )
    with Preferences(box.token, base_url=box.url, limiter=None, concurrency=2) as prefs:
        stream = prefs.stream.unsubscribe_all(people(40), chunk_size=20)

        def read() -> None:
            with suppress(BaseException):
                next(stream)

        reader = threading.Thread(target=read, name="hubspot-preferences-stream")
        reader.start()
        while len(box.log) < 8:
            time.sleep(0.001)
        unsent = [outcome.input for outcome in stream.close() if outcome.state == "failed"]
        for thread in threading.enumerate():
            if re.fullmatch(r"hubspot-preferences-(stream|\d+)", thread.name):
                thread.join(20)
    assert len(unsent) > 10
    assert [] == [email for email in unsent if box.opted_out(email)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_stream_is_not_read_after_a_fork(box: Sandbox) -> None:
    """What is under way is not under way there, and would be waited for for ever."""
    with Preferences(box.token, base_url=box.url, limiter=None, concurrency=1) as prefs:
        stream = prefs.stream.statuses(people(4), chunk_size=2)
        next(stream)
        if not (child := os.fork()):
            try:
                next(stream)
            except RuntimeError:
                os._exit(0)
            os._exit(1)
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert 3 == len(list(stream))


def test_inputs_of_a_source_that_fails_are_accounted_for(connect: Connect) -> None:
    """Those that were read before it did, also where they are no whole chunk."""

    def broken() -> Iterator[str]:
        yield from people(15)
        raise LookupError("mine")

    streams = Streams(connect, concurrency=2)
    with pytest.raises(LookupError, match="mine") as caught:
        streams.all("statuses", broken(), chunk_size=10)
    assert people(15) == inputs_of(caught.value.partial)  # type: ignore[attr-defined]


def test_an_input_that_is_none_fails_alone(connect: Connect) -> None:
    """Whatever stands where the type should."""
    odd: Any = [NEWS]
    changes = [
        Change(email, odd if email == "b@x.com" else NEWS, "UNSUBSCRIBED") for email in ("a@x.com", "b@x.com")
    ]
    outcomes = Streams(connect).all("write", [*changes, Change("a@x.com", str(NEWS), "SUBSCRIBED")])
    assert ["applied", "failed", "applied"] == [str(outcome.state) for outcome in outcomes]


async def test_a_cancelled_read_ends_the_stream(box: Sandbox, over_when: OverWhen, anyio_backend: str) -> None:
    """The cancellation carries the outcomes that were not handed out."""
    box.fail(Fault(delay=5.0, times=None))
    tasks = asyncio.all_tasks()
    async with AsyncPreferences(box.token, base_url=box.url, limiter=None, concurrency=2) as prefs:
        stream = prefs.stream.unsubscribe_all(people(6), chunk_size=2)
        with pytest.raises(TimeoutError) as caught:
            async with over_when(lambda: len(box.log) == 2):
                await anext(stream)
        partial = caught.value.__cause__.partial  # type: ignore[union-attr]
        assert people(4) == inputs_of(partial)
        assert {"unknown"} == {outcome.state for outcome in partial}
        assert [] == [outcome async for outcome in stream]
        assert tasks == asyncio.all_tasks()


async def test_an_async_source(box: Sandbox, anyio_backend: str) -> None:
    """An async iterable is read as well."""

    async def source() -> AsyncIterator[str]:
        for email in people(7):
            await asyncio.sleep(0)
            yield email

    async with (
        AsyncPreferences(box.token, base_url=box.url, limiter=None) as prefs,
        prefs.stream.statuses(source(), chunk_size=3) as stream,
    ):
        assert people(7) == [outcome.input async for outcome in stream]


def test_an_abandoned_stream_stops(box: Sandbox) -> None:
    """Nobody reads it any more: its threads send nothing new."""
    with Preferences(box.token, base_url=box.url, limiter=None, concurrency=2) as prefs:
        stream = prefs.stream.statuses(people(100), chunk_size=2)
        next(stream)
        del stream
        for thread in threading.enumerate():
            if thread.name == "hubspot-preferences-stream":
                thread.join(10)
        assert len(box.log) <= 6


@pytest.mark.slow
def test_two_hundred_thousand_in_bounded_memory(box: Sandbox) -> None:
    """What a stream holds does not grow with what goes through it."""

    def source(count: int) -> Iterator[str]:
        return (f"person-{number}@example.com" for number in range(count))

    with Preferences(box.token, base_url=box.url, limiter=None) as prefs:
        for _ in prefs.stream.opt_outs(source(2_000)):
            pass
        box.clear_log()
        tracemalloc.start()
        for number, _ in enumerate(prefs.stream.opt_outs(source(20_000))):
            if number % 1_000 == 0:
                box.clear_log()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 60_000_000
