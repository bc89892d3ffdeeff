"""Batches over HTTP: one outcome per input, in input order, whatever happens."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import (
    AccountLocked,
    APIError,
    AsyncPreferences,
    BadRequest,
    BatchFailed,
    BatchResult,
    Change,
    DailyLimitReached,
    Forbidden,
    InvalidArgument,
    Preferences,
    Retry,
    ServerError,
    TimedOut,
    TransportError,
    Unauthorized,
    UnknownSubscription,
    UnreadableReply,
)
from hubspot_preferences.sandbox import Fault, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Connect, Listen

NEWS, UPDATES, CATALOGUE = 7001, 7004, 7005
OPERATIONS = ("statuses", "opt_outs", "unsubscribe_all", "write")
JANE, JOHN, JACK = "jane@example.com", "john@example.com", "jack@example.com"


def people(count: int) -> list[str]:
    """So many addresses."""
    return [f"person-{number}@example.com" for number in range(count)]


def run(client: Preferences, operation: str, emails: list[Any], **options: Any) -> BatchResult[Any, Any]:
    """A batch operation on these addresses; a write subscribes them."""
    inputs = [Change(email, NEWS, "SUBSCRIBED") for email in emails] if operation == "write" else emails
    result: BatchResult[Any, Any] = getattr(client.batch, operation)(inputs, **options)
    return result


def states(result: BatchResult[Any, Any]) -> list[str]:
    """The state of each outcome."""
    return [str(outcome.state) for outcome in result]


def errors(result: BatchResult[Any, Any]) -> list[type | None]:
    """The type of each outcome's error."""
    return [type(outcome.error) if outcome.error else None for outcome in result]


def changed(box: Sandbox, operation: str, email: str) -> bool:
    """Whether the batch has taken effect for an address."""
    return bool(box.opted_out(email)) if operation == "unsubscribe_all" else box.state(email, NEWS) == "SUBSCRIBED"


def sent(box: Sandbox) -> list[int]:
    """How many inputs each request to a batch route had."""
    return [len(entry.body["inputs"]) for entry in box.log if entry.operation and "batch" in entry.operation]


@pytest.fixture(params=OPERATIONS)
def operation(request: pytest.FixtureRequest) -> str:
    """Every batch operation in turn."""
    name: str = request.param
    return name


# Chunks and concurrency


def test_chunks_of_a_hundred(box: Sandbox, connect: Connect, operation: str) -> None:
    """250 inputs go in three requests, and each has its outcome at its place."""
    emails = people(250)
    result = run(connect(), operation, emails)
    assert [50, 100, 100] == sorted(sent(box))
    assert emails == [outcome.input.email if operation == "write" else outcome.input for outcome in result]
    assert ["applied"] * 250 == states(result)


def test_chunk_size(box: Sandbox, connect: Connect) -> None:
    """The size of a chunk is the caller's choice."""
    connect().batch.statuses(people(10), chunk_size=4)
    assert [2, 4, 4] == sorted(sent(box))


def test_a_chunk_that_is_too_big_is_halved(box: Sandbox, connect: Connect) -> None:
    """HubSpot documents no maximum: where one is hit, smaller requests follow by themselves."""
    result = connect().batch.statuses(people(150), chunk_size=1000)
    assert ["applied"] * 150 == states(result)
    assert [150, 75, 75] == sent(box)


@pytest.mark.parametrize("chunk_size", [0, -1, 1.5, "100", None, True])
def test_what_cannot_be_a_chunk_size_is_refused(box: Sandbox, connect: Connect, chunk_size: Any) -> None:
    """Nothing is sent with a chunk size that is none."""
    with pytest.raises(InvalidArgument, match=r"^chunk_size: "):
        connect().batch.statuses([JANE], chunk_size=chunk_size)
    assert () == box.log


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("fallback", [False, True], ids=["batches", "singles"])
def test_no_more_requests_at_a_time_than_concurrency(
    connect: Connect, listen: Listen, concurrency: int, fallback: bool
) -> None:
    """The server sees as many requests under way as the client may have, and never one more."""
    together = threading.Barrier(concurrency, timeout=5)

    def answer(request: bytes) -> tuple[Any, ...]:
        if b"/batch/" in request:
            if fallback:
                return (403, {})
            together.wait()
            email = json.loads(request.partition(b"\r\n\r\n")[2])["inputs"][0]
            return (200, {"results": [{"subscriberIdString": email, "statuses": []}]})
        together.wait()
        return (200, {"results": []})

    server = listen(answer)
    client = connect(base_url=server.url, concurrency=concurrency)
    result = client.batch.statuses(people(12), chunk_size=1)
    assert ["applied"] * 12 == states(result)
    assert concurrency == server.most


@pytest.mark.slow
def test_ten_thousand_inputs(box: Sandbox, connect: Connect) -> None:
    """A big batch keeps its order and loses nobody."""
    emails = people(10_000)
    result = connect().batch.statuses(iter(emails))
    assert emails == [outcome.input for outcome in result]
    assert 10_000 == len(result.applied)
    assert [100] * 100 == sent(box)


# Inputs


@pytest.mark.parametrize("inputs", [[], (), iter(()), {}], ids=["list", "tuple", "iterator", "dict"])
def test_an_empty_batch_has_an_empty_result(box: Sandbox, connect: Connect, operation: str, inputs: Any) -> None:
    """An empty suppression list is no reason for a nightly job to fail."""
    assert [] == list(getattr(connect().batch, operation)(inputs))
    assert () == box.log


@pytest.mark.parametrize("inputs", [JANE, JANE.encode(), None, 5, object()])
def test_what_is_no_list_is_refused(box: Sandbox, connect: Connect, operation: str, inputs: Any) -> None:
    """One address instead of a list of them would be taken letter by letter."""
    with pytest.raises(InvalidArgument, match=r"^(emails|changes): must be a list, not "):
        getattr(connect().batch, operation)(inputs)
    assert () == box.log


def test_any_iterable_will_do(connect: Connect) -> None:
    """A generator, a tuple, the keys of a mapping: whatever yields addresses."""
    client = connect()
    for inputs in ((email for email in (JANE, JOHN)), (JANE, JOHN), {JANE: 1, JOHN: 2}, {JANE: 1, JOHN: 2}.keys()):
        assert [JANE, JOHN] == [outcome.input for outcome in client.batch.statuses(inputs)]


def test_a_generator_that_fails_sends_nothing(box: Sandbox, connect: Connect) -> None:
    """The caller's own exception comes through before anything has happened."""

    def broken() -> Iterator[str]:
        yield JANE
        raise LookupError("the caller's own")

    with pytest.raises(LookupError, match="the caller's own"):
        connect().batch.unsubscribe_all(broken())
    assert () == box.log


def test_inputs_that_cannot_be_sent_fail_alone(box: Sandbox, connect: Connect, operation: str) -> None:
    """Bad addresses never leave the process, and do not keep the others from leaving."""
    emails = ["", JANE, "nobody", "a b@example.com", "x@example.com\r\n", None, 5, "@", ".", "..", JOHN]
    result = run(connect(), operation, emails)
    good = [1, 10]
    assert ["applied" if place in good else "failed" for place in range(11)] == states(result)
    assert [None if place in good else InvalidArgument for place in range(11)] == errors(result)
    assert [2] == sent(box)


def test_a_batch_of_nothing_but_bad_inputs_sends_nothing(box: Sandbox, connect: Connect, operation: str) -> None:
    """Where no input can be sent there is no request, and still an outcome for each."""
    assert ["failed", "failed"] == states(run(connect(), operation, ["", None]))
    assert () == box.log


@pytest.mark.parametrize(
    "change",
    [
        Change(JANE, NEWS, "subscribed"),  # type: ignore[arg-type]
        Change(JANE, NEWS, "PAUSED"),  # type: ignore[arg-type]
        Change(JANE, 0, "SUBSCRIBED"),
        Change(JANE, -5, "SUBSCRIBED"),
        Change(JANE, 2**63, "SUBSCRIBED"),
        Change(JANE, "", "SUBSCRIBED"),
        Change(JANE, NEWS, "SUBSCRIBED", legal_basis="BECAUSE"),  # type: ignore[arg-type]
        Change(JANE, NEWS, "SUBSCRIBED", legal_basis_explanation=" "),
        Change(JANE, NEWS, "SUBSCRIBED", channel="FAX"),  # type: ignore[arg-type]
        {"email": JANE},
        JANE,
        None,
    ],
)
def test_a_bad_change_fails_alone(box: Sandbox, connect: Connect, change: Any) -> None:
    """Each field of a change is checked before anything is sent; the message tells which change it was."""
    result = connect().batch.write([Change(JOHN, NEWS, "SUBSCRIBED"), change])
    assert ["applied", "failed"] == states(result)
    assert [None, InvalidArgument] == errors(result)
    assert str(result[1].error).startswith("changes[1]")
    assert JANE not in str(result[1].error)


def test_names_of_subscription_types_in_changes(box: Sandbox, connect: Connect) -> None:
    """Names are looked up once; an unknown one fails its own change only."""
    result = connect().batch.write(
        [
            Change(JANE, "Product Updates", "SUBSCRIBED"),
            Change(JOHN, "Produkt Updates", "SUBSCRIBED"),
            Change(JACK, "Product Updates", "UNSUBSCRIBED"),
            Change(JACK, str(NEWS), "SUBSCRIBED"),
        ]
    )
    assert ["applied", "failed", "applied", "applied"] == states(result)
    assert UnknownSubscription is errors(result)[1]
    assert ("SUBSCRIBED", "UNSUBSCRIBED") == (box.state(JANE, UPDATES), box.state(JACK, UPDATES))
    assert 2 >= [entry.operation for entry in box.log].count("list_definitions")


@pytest.mark.parametrize("fault", [Fault(status=502, times=None), Fault(disconnect="before", times=None)])
def test_a_name_that_cannot_be_looked_up_fails_unsent(box: Sandbox, connect: Connect, fault: Fault) -> None:
    """A change that was never sent has failed for certain, however uncertain the error of the look-up."""
    box.fail(fault)
    result = connect().batch.write([Change(JANE, "Product Updates", "SUBSCRIBED")])
    assert ["failed"] == states(result)
    assert {"list_definitions"} == {entry.operation for entry in box.log}


def test_duplicates_and_other_cases_are_one_input(box: Sandbox, connect: Connect, operation: str) -> None:
    """An address is sent once, as first spelled, and each of its places has the outcome with its own spelling."""
    emails = [JANE, "JANE@Example.com", JOHN, JANE]
    result = run(connect(), operation, emails)
    assert emails == [outcome.input.email if operation == "write" else outcome.input for outcome in result]
    assert ["applied"] * 4 == states(result)
    assert result[0].value == result[1].value == result[3].value
    assert [2] == sent(box)


def test_addresses_that_only_look_alike_stay_apart(box: Sandbox, connect: Connect) -> None:
    """Lower case is all that is ignored: ß is not ss, and a dot counts."""
    emails = ["strasse@example.com", "straße@example.com", "str.asse@example.com", "strasse+1@example.com"]
    result = connect().batch.unsubscribe_all(emails)
    assert ["applied"] * 4 == states(result)
    assert emails == box.log[0].body["inputs"]


def test_changes_that_contradict_each_other_all_fail_unsent(box: Sandbox, connect: Connect) -> None:
    """Which of two would win is not known, so neither goes; the same change twice is no contradiction."""
    result = connect().batch.write(
        [
            Change(JANE, NEWS, "SUBSCRIBED"),
            Change(JOHN, NEWS, "SUBSCRIBED"),
            Change("Jane@Example.com", "Marketing Information", "UNSUBSCRIBED"),
            Change(JANE, UPDATES, "UNSUBSCRIBED"),
            Change(JOHN, NEWS, "SUBSCRIBED"),
            Change(JACK, NEWS, "SUBSCRIBED", legal_basis="PROCESS_AND_STORE"),
            Change(JACK, NEWS, "SUBSCRIBED"),
        ]
    )
    assert ["failed", "applied", "failed", "applied", "applied", "failed", "failed"] == states(result)
    assert "changes[0] and changes[2]" in str(result[2].error)
    assert "NOT_SPECIFIED" == box.state(JANE, NEWS)
    assert "NOT_SPECIFIED" == box.state(JACK, NEWS)


# What a reply says


def test_a_write_that_changes_nothing_is_told_apart(connect: Connect) -> None:
    """no_change is for what was so already."""
    result = connect().batch.write(
        [Change("subscribed@example.com", NEWS, "SUBSCRIBED"), Change(JANE, NEWS, "SUBSCRIBED")]
    )
    assert ["no_change", "applied"] == states(result)
    assert [True, True] == [outcome.ok for outcome in result]


def test_errors_in_a_207_fail_exactly_their_inputs(box: Sandbox, client: Preferences, operation: str) -> None:
    """An error that names an address is that input's failure; the others stand. Writes have it in a 200."""
    box.fail(Fault(errors="context", addresses=(JOHN, JACK)))
    result = run(client, operation, [JANE, JOHN, "last@example.com", JACK])
    assert ["applied", "failed", "applied", "failed"] == states(result)
    assert [None, APIError, None, APIError] == errors(result)
    assert [200 if operation in ("write", "unsubscribe_all") else 207] == [entry.status for entry in box.log]


@pytest.mark.parametrize("how", ["unmapped", "count"])
def test_errors_that_name_nobody_leave_their_input_unknown(
    box: Sandbox, connect: Connect, operation: str, how: Any
) -> None:
    """Where HubSpot counts an error without saying whose, the input without a row is unknown, and told so."""
    box.fail(Fault(errors=how, addresses=(JOHN,)))
    result = run(connect(), operation, [JANE, JOHN])
    # No opt-out is an answer of no rows: Jane's may be the error.
    assert ["unknown" if operation == "opt_outs" else "applied", "unknown"] == states(result)
    assert "1 error(s) that name no input" in str(result[1].error)


def test_errors_of_others_are_not_counted_as_nameless(box: Sandbox, connect: Connect) -> None:
    """A row that is missing beside an error about somebody else is simply missing."""
    box.fail(Fault(errors="context", addresses=(JOHN,)), Fault(rows="drop", addresses=(JACK,)))
    result = connect().batch.statuses([JANE, JOHN, JACK])
    assert ["applied", "failed", "unknown"] == states(result)
    assert "name no input" not in str(result[2].error)


@pytest.mark.parametrize("count", [1, 3, -1, "0", 0.0, True, [], {"x": 1}])
def test_errors_that_nothing_accounts_for_are_doubt(
    box: Sandbox, connect: Connect, operation: str, count: Any
) -> None:
    """Where every input has a row, an error more, or a count that is none, may be about any of them."""
    box.fail(Fault(envelope={"numErrors": count}))
    assert ["unknown", "unknown"] == states(run(connect(), operation, [JANE, JOHN]))


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    "sign",
    [
        {"paging": {"next": {"after": "2"}}},
        {"paging": "2"},
        {"links": {"next": "https://example.com"}},
        {"hasMore": True},
        {"hasMore": "no"},
        {"has-more": 1},
        {"total": 7},
        {"total": -1},
        {"total": "1"},
        {"numErrors": 1},
        {"errors": [{}]},
    ],
    ids=str,
)
@pytest.mark.parametrize("operation", ["statuses", "opt_outs"])
def test_where_there_may_be_more_nobody_is_sure(
    connect: Connect, listen: Listen, operation: str, nested: bool, sign: dict[str, Any]
) -> None:
    """A sign of another page, around the rows or within one, leaves open what it says."""
    row = {"subscriberIdString": JANE, "statuses": [], "wideStatuses": []}
    body = {"results": [{**row, **sign}]} if nested else {"results": [row], **sign}
    client = connect(base_url=listen(lambda _: (200, body)).url)
    assert ["unknown"] == states(run(client, operation, [JANE]))


def test_an_error_that_names_nobody_may_be_that_of_an_empty_row(connect: Connect, listen: Listen) -> None:
    """Nobody knows whether the read failed, or the person never opted out."""
    body = {"results": [{"subscriberIdString": JANE, "wideStatuses": []}], "errors": [{"message": "No."}]}
    outcome = connect(base_url=listen(lambda _: (207, body)).url).batch.opt_outs([JANE])[0]
    assert ("unknown", "the reply reports 1 error(s) that name no input") == (outcome.state, str(outcome.error))


@pytest.mark.parametrize("rows", ["drop", "null", "malformed"])
def test_a_row_that_is_missing_is_unknown(box: Sandbox, client: Preferences, operation: str, rows: Any) -> None:
    """What the reply does not mention is not fine, and does not touch the others."""
    box.fail(Fault(rows=rows, addresses=(JOHN,)))
    result = run(client, operation, [JANE, JOHN, JACK])
    assert ["applied", "unknown", "applied"] == states(result)
    assert UnreadableReply is errors(result)[1]
    assert result[1].value is None


@pytest.mark.parametrize("rows", ["reverse", "repeat", "upper"])
def test_rows_in_another_order_or_spelling_find_their_inputs(
    box: Sandbox, client: Preferences, operation: str, rows: Any
) -> None:
    """Rows are told apart by address, in whatever case, never by place; the same row twice is one."""
    box.fail(Fault(rows=rows))
    emails = ["subscribed@example.com", JANE, "opted-out@example.com"]
    result = run(client, operation, emails)
    assert {"applied", "no_change"} >= set(states(result))
    for outcome, email in zip(result, emails, strict=True):
        values: Any = outcome.value if isinstance(outcome.value, tuple) else [outcome.value]
        assert {email} >= {value.email.lower() for value in values}


@pytest.mark.parametrize(
    "change",
    [
        {"without": ("status",)},
        {"without": ("subscriberIdString",)},
        {"fields": {"status": None}},
        {"fields": {"status": 5}},
        {"fields": {"subscriberIdString": None}},
        {"fields": {"subscriberIdString": "somebody-else@example.com"}},
    ],
)
def test_a_row_that_cannot_be_read_is_unknown(
    box: Sandbox, connect: Connect, operation: str, change: dict[str, Any]
) -> None:
    """One bad row is its own input's doubt; the others stand."""
    # Only somebody who opted out has a row of opt-outs to spoil.
    box.fail(Fault(addresses=("opted-out@example.com",), nested=operation != "write", **change))
    result = run(connect(), operation, [JANE, "opted-out@example.com", JACK])
    assert ["applied", "unknown", "applied"] == states(result)
    assert UnreadableReply is errors(result)[1]


@pytest.mark.parametrize(
    "identifier", ["1e999", "-1e999", "NaN", '"seven"', "null", "true", "[]", "7001.5", '"x"', "{}"]
)
def test_a_row_about_no_subscription_type_is_unknown(connect: Connect, listen: Listen, identifier: str) -> None:
    """Whatever stands in the place of an id, the batch ends with outcomes."""
    row = f'{{"subscriberIdString": "{JANE}", "subscriptionId": {identifier}, "status": "SUBSCRIBED"}}'
    server = listen(lambda _: (200, f'{{"results": [{row}]}}'))
    result = connect(base_url=server.url).batch.write([Change(JANE, NEWS, "SUBSCRIBED")])
    assert ["unknown"] == states(result)


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "tomorrow", "", 5, {}, 1e300]
)
def test_a_strange_time_spoils_nothing(box: Sandbox, connect: Connect, operation: str, time: Any) -> None:
    """A time decides nothing, so one that cannot be read is None."""
    box.fail(Fault(fields={"timestamp": time}))
    result = run(connect(), operation, ["opted-out@example.com"])
    assert ["applied"] == states(result)
    value: Any = result[0].value
    value = value if operation == "write" else value[0]
    assert value.updated_at is None


@pytest.mark.parametrize("said", [("SUBSCRIBED", "UNSUBSCRIBED"), ("UNSUBSCRIBED", "SUBSCRIBED")])
def test_two_rows_that_disagree_are_unknown(connect: Connect, listen: Listen, said: tuple[str, str]) -> None:
    """HubSpot says yes and no about the same input, in whichever order: nobody can say."""
    rows = [{"subscriberIdString": JANE, "subscriptionId": NEWS, "status": state} for state in said]
    server = listen(lambda _: (200, {"results": rows}))
    result = connect(base_url=server.url).batch.write([Change(JANE, NEWS, "SUBSCRIBED")])
    assert ["unknown"] == states(result)


@pytest.mark.parametrize("state", ["UNSUBSCRIBED", "NOT_SPECIFIED", "PAUSED"])
def test_a_write_that_is_not_confirmed_is_unknown(box: Sandbox, connect: Connect, state: str) -> None:
    """A row with another state than the one asked for is no success."""
    box.fail(Fault(fields={"status": state}, addresses=(JANE,)))
    result = run(connect(), "write", [JANE, JOHN])
    assert ["unknown", "applied"] == states(result)


@pytest.mark.parametrize("state", ["SUBSCRIBED", "NOT_SPECIFIED", "PAUSED"])
def test_an_opt_out_that_is_not_confirmed_is_unknown(box: Sandbox, connect: Connect, state: str) -> None:
    """After an opt-out every row has to say UNSUBSCRIBED."""
    box.fail(Fault(fields={"status": state}, addresses=(JANE,)))
    result = run(connect(), "unsubscribe_all", [JANE, JOHN])
    assert ["unknown", "applied"] == states(result)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(envelope={"status": "PENDING"}),
        Fault(envelope={"status": "PROCESSING"}),
        Fault(envelope={"status": "CANCELED"}),
        Fault(envelope={"results": None}),
        Fault(envelope={"results": {}}),
        Fault(envelope={"results": "many"}),
        Fault(body="", carried_out=True),
        Fault(body="[]", carried_out=True),
        Fault(body="null", carried_out=True),
        Fault(body="{", carried_out=True),
        Fault(body="<html>", carried_out=True),
        Fault(body="{}", carried_out=True),
        Fault(body="[" * 5000, carried_out=True),
    ],
)
def test_a_reply_that_cannot_be_read_is_unknown(
    box: Sandbox, connect: Connect, operation: str, fault: Fault
) -> None:
    """The whole chunk is in doubt, the other chunk is not."""
    box.fail(fault)
    result = run(connect(concurrency=1), operation, [JANE, JOHN, JACK], chunk_size=2)
    assert ["unknown", "unknown", "applied"] == states(result)


@pytest.mark.parametrize("status", ["QUEUED", "CANCELLED", "", 5, ["COMPLETE"]])
def test_a_word_that_may_not_mean_done_is_doubt(
    box: Sandbox, connect: Connect, operation: str, status: Any
) -> None:
    """What is not known to be done may lack rows: nobody is sure of anybody."""
    box.fail(Fault(envelope={"status": status}))
    assert ["unknown"] == states(run(connect(), operation, [JANE]))


@pytest.mark.parametrize("status", ["COMPLETE", "SUCCESS", None])
def test_other_words_for_done_are_done(box: Sandbox, connect: Connect, operation: str, status: Any) -> None:
    """Documentation shows words other than COMPLETE."""
    box.fail(Fault(envelope={"status": status}))
    assert ["applied"] == states(run(connect(), operation, [JANE]))


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 207, 226, 299])
def test_any_2xx_may_confirm_a_write_but_answer_no_read(
    box: Sandbox, connect: Connect, operation: str, status: int
) -> None:
    """A write is what its rows say; a read is answered by what its contract declares, and nothing else."""
    box.fail(Fault(status=status, fields={"extra": {"new": 1}}))
    answered = status in (200, 207) or operation in ("write", "unsubscribe_all")
    assert ["applied" if answered else "unknown"] == states(run(connect(), operation, [JANE]))


@pytest.mark.parametrize("statuses", [{}, {"statuses": None}, {"statuses": []}], ids=str)
def test_an_opt_out_without_a_row_is_not_confirmed(
    connect: Connect, listen: Listen, statuses: dict[str, Any]
) -> None:
    """Details were asked for: an address alone says nothing about what was done."""
    body = {"results": [{"subscriberIdString": JANE, **statuses}]}
    outcome = connect(base_url=listen(lambda _: (200, body)).url).batch.unsubscribe_all([JANE])[0]
    assert ("unknown", "no row confirms the opt-out") == (outcome.state, str(outcome.error))


def test_what_was_uncertain_stays_so_in_the_halves(box: Sandbox, connect: Connect) -> None:
    """Carried out, then lost, then refused whole: whatever becomes of the halves, it may be done."""
    box.fail(Fault(status=502, carried_out=True), Fault(status=400), Fault(status=401, times=None))
    result = connect(retry=Retry(base=0)).batch.unsubscribe_all([JANE, JOHN, JACK, *people(1)])
    assert ["unknown"] * 4 == states(result)
    assert [Unauthorized] * 4 == errors(result)
    assert box.opted_out(JANE)


def test_what_was_uncertain_stays_so_where_batches_are_forbidden(box: Sandbox, connect: Connect) -> None:
    """Halves are not left to single calls then: a single call that fails could not say that nothing was done."""
    box.fail(Fault(status=502, carried_out=True), Fault(status=400), Fault(status=403, times=None))
    result = connect(retry=Retry(base=0)).batch.unsubscribe_all([JANE, JOHN])
    assert (["unknown"] * 2, [Forbidden] * 2) == (states(result), errors(result))
    assert [2, 2, 1] == sent(box)


def test_what_was_uncertain_stays_so_where_an_error_follows(box: Sandbox, connect: Connect) -> None:
    """Carried out, then lost, then an error that names the input: it failed the second time only."""
    box.fail(Fault(status=502, carried_out=True), Fault(errors="context", addresses=(JOHN,), times=None))
    result = connect(retry=Retry(base=0)).batch.unsubscribe_all([JANE, JOHN])
    assert ["unknown", "APIError"] == [states(result)[1], type(result[1].error).__name__]
    assert result[0].ok
    box.reset()
    box.fail(Fault(status=502), Fault(errors="context", addresses=(JOHN,), times=None))
    assert ["applied", "failed"] == states(connect(retry=Retry(base=0)).batch.statuses([JANE, JOHN]))


def test_a_half_that_succeeds_is_certain(box: Sandbox, connect: Connect) -> None:
    """The doubt ends where HubSpot confirms, and a read never was in doubt."""
    box.fail(Fault(status=502), Fault(status=400), Fault(status=400, addresses=(JOHN,), times=None))
    assert ["applied", "unknown"] == states(connect(retry=Retry(base=0)).batch.unsubscribe_all([JANE, JOHN]))
    box.reset()
    box.fail(Fault(status=502), Fault(status=400), Fault(status=400, addresses=(JOHN,), times=None))
    assert ["applied", "failed"] == states(connect(retry=Retry(base=0)).batch.opt_outs([JANE, JOHN]))


@pytest.mark.parametrize(
    "error",
    [
        {"context": {"ids": [JOHN]}},
        {"context": {"JOHN@example.com": ["INVALID"]}},
        {"message": f"There is a problem with '{JOHN}'."},
        {"message": f"<{JOHN}>: no"},
        {"errors": [{"context": {"deep": [[JOHN]]}}]},
        {"subCategory": {"of": JOHN}},
    ],
)
def test_wherever_an_error_names_an_address_it_is_found(
    connect: Connect, listen: Listen, error: dict[str, Any]
) -> None:
    """How HubSpot maps errors to inputs is not known: anywhere will do, in any case."""
    server = listen(lambda _: (207, {"results": [], "errors": [error]}))
    result = connect(base_url=server.url).batch.statuses([JANE, JOHN])
    assert ["unknown", "failed"] == states(result)


@pytest.mark.parametrize(
    "near", [f"a{JOHN}", f"a.{JOHN}", f"a+{JOHN}", f"{JOHN}.au", f"{JOHN}-x", f"o'{JOHN}", f"x%{JOHN}", f"ö{JOHN}"]
)
def test_an_error_about_a_longer_address_is_not_about_this_one(
    connect: Connect, listen: Listen, near: str
) -> None:
    """Somebody else's failure must not pass for one's own."""
    server = listen(
        lambda _: (207, {"results": [], "errors": [{"message": f"no: {near}", "context": {"ids": [near]}}]})
    )
    result = connect(base_url=server.url).batch.statuses([JOHN, near])
    assert ["unknown", "failed"] == states(result)


@pytest.mark.parametrize("errors_", ["none", 5, {}, [None, 5, "x", []], [{}], [{"category": 5, "message": []}]])
def test_errors_that_are_none_are_survived(connect: Connect, listen: Listen, errors_: Any) -> None:
    """Nothing in the place of errors makes a batch fail as a whole."""
    server = listen(lambda _: (207, {"numErrors": "x", "results": [], "errors": errors_}))
    assert ["unknown"] == states(connect(base_url=server.url).batch.statuses([JANE]))


def test_an_error_as_deep_as_it_likes_is_survived(connect: Connect, listen: Listen) -> None:
    """Depth is no way to break a batch."""
    deep = '{"a":' * 400 + f'"{JANE}"' + "}" * 400
    server = listen(lambda _: (207, f'{{"results": [], "errors": [{deep}]}}'))
    assert ["failed"] == states(connect(base_url=server.url).batch.statuses([JANE]))


def test_a_row_and_an_error_about_the_same_read_are_unknown(connect: Connect, listen: Listen) -> None:
    """A row says one thing and an error another: the outcome has both and decides nothing."""
    body = {
        "results": [{"subscriberIdString": JANE, "statuses": []}],
        "errors": [{"category": "OTHER", "message": "no", "context": {"ids": [JANE]}}],
    }
    server = listen(lambda _: (207, body))
    result = connect(base_url=server.url).batch.statuses([JANE])
    assert ["unknown"] == states(result)
    assert () == result[0].value


def test_two_changes_of_one_address_and_one_error(box: Sandbox, connect: Connect) -> None:
    """An error names the address of two changes without a row: which of them failed nobody can say."""
    changes = [Change(JANE, NEWS, "SUBSCRIBED"), Change(JANE, CATALOGUE, "SUBSCRIBED")]
    box.fail(Fault(rows="drop"))
    assert ["unknown", "unknown"] == states(connect().batch.write(changes))
    assert ["no_change", "failed"] == states(connect().batch.write(changes))
    assert "SUBSCRIBED" == box.state(JANE, NEWS)


# Refusals of a whole batch


@pytest.mark.parametrize("bad", [[0], [7], [3, 4], [0, 1, 6, 7], list(range(8))])
def test_a_400_is_halved_down_to_the_bad_inputs(
    box: Sandbox, client: Preferences, operation: str, bad: list[int]
) -> None:
    """One bad input spoils the batch; those that fail are exactly the bad ones, and the others are carried out."""
    emails = people(8)
    box.fail(Fault(status=400, addresses=tuple(emails[place] for place in bad), times=None))
    result = run(client, operation, emails)
    assert ["failed" if place in bad else "applied" for place in range(8)] == states(result)
    assert [BadRequest if place in bad else None for place in range(8)] == errors(result)
    if operation in ("write", "unsubscribe_all"):
        assert [place not in bad for place in range(8)] == [changed(box, operation, email) for email in emails]


def test_halving_takes_few_requests(box: Sandbox, connect: Connect) -> None:
    """One bad input of a hundred is found in about two requests per halving."""
    emails = people(100)
    box.fail(Fault(status=400, addresses=(emails[42],), times=None))
    result = connect().batch.statuses(emails)
    assert (99, 1) == (len(result.applied), len(result.failed))
    assert 15 >= len(box.log)


def test_refusals_that_are_not_about_inputs_stop_the_sending(box: Sandbox, connect: Connect) -> None:
    """Where every input of two chunks is refused alone, the next chunks are not sent, and say why."""
    box.fail(Fault(status=400, times=None))
    result = connect(concurrency=1).batch.statuses(people(60), chunk_size=20)
    assert ["failed"] * 60 == states(result)
    assert 2 * 39 == len(box.log)  # 20 single inputs each, and the 19 batches that were halved to get there
    assert "not sent: HubSpot refused every input of 2 chunks before, each alone" in str(result[40].error)


def test_bad_chunks_behind_a_good_one_stop_nobody(box: Sandbox, connect: Connect) -> None:
    """Once HubSpot took an input, refusals are about the inputs, however many chunks of them come."""
    emails = people(40)
    box.fail(Fault(status=400, addresses=tuple(emails[10:30]), times=None))
    result = connect(concurrency=1).batch.unsubscribe_all(emails, chunk_size=10)
    assert ["applied"] * 10 + ["failed"] * 20 + ["applied"] * 10 == states(result)


def test_a_read_that_fails_and_is_forbidden_then_is_done_singly(box: Sandbox, connect: Connect) -> None:
    """A read cannot have been carried out: a 403 after a 502 is a 403."""
    box.fail(Fault(status=502), Fault(status=403, operation="batch_read_statuses"))
    result = connect(retry=Retry(base=0)).batch.statuses([JANE, JOHN])
    assert ["applied", "applied"] == states(result)


def test_a_batch_kept_from_a_closed_client_says_so(connect: Connect) -> None:
    """What is left of a closed client raises like the client does."""
    client = connect()
    batch = client.batch
    client.close()
    with pytest.raises(RuntimeError, match="this client is closed"):
        batch.statuses([JANE])


def test_one_chunk_of_bad_inputs_stops_nobody(box: Sandbox, connect: Connect) -> None:
    """Inputs that are refused may all stand in one chunk; those behind them are carried out."""
    emails = people(60)
    box.fail(Fault(status=400, addresses=tuple(emails[:20]), times=None))
    result = connect(concurrency=1).batch.unsubscribe_all(emails, chunk_size=20)
    assert ["failed"] * 20 + ["applied"] * 40 == states(result)


def test_names_that_nobody_knows_are_looked_up_together(box: Sandbox, connect: Connect) -> None:
    """Many misspelt names cost one look, and so does a look that fails."""
    changes = [Change(JANE, f"No such type {number}", "SUBSCRIBED") for number in range(50)]
    assert ["failed"] * 50 == states(connect().batch.write(changes))
    assert 1 == len(box.log)
    box.clear_log()
    box.fail(Fault(operation="list_definitions", status=503, times=None))
    assert ["failed"] * 50 == states(connect().batch.write(changes))
    assert 1 == len(box.log)


def test_a_401_while_halving_stops_it(box: Sandbox, connect: Connect) -> None:
    """A token that expires on the way is not tried on every half."""
    box.fail(Fault(status=400, times=2), Fault(status=401, times=None))
    result = connect(concurrency=1).batch.unsubscribe_all(people(8))
    assert ["failed"] * 8 == states(result)
    assert {BadRequest, Unauthorized} >= set(errors(result))
    assert 4 >= len(box.log)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=401, skip=1, times=None), Unauthorized),
        (Fault(status=429, policy="DAILY", skip=1, times=None), DailyLimitReached),
        (Fault(status=477, skip=1, times=None), AccountLocked),
    ],
)
def test_what_stays_hopeless_stops_the_sending(
    box: Sandbox, connect: Connect, operation: str, fault: Fault, error: type
) -> None:
    """After a 401, a 477 or the daily limit nothing more is sent; who was not sent has failed for certain."""
    box.fail(fault)
    result = run(connect(concurrency=1), operation, people(5), chunk_size=1)
    assert ["applied", "failed", "failed", "failed", "failed"] == states(result)
    assert [None, error, error, error, error] == errors(result)
    assert 2 == len(box.log)


def test_what_was_not_sent_has_failed_however_the_last_try_ended(box: Sandbox, connect: Connect) -> None:
    """A try that may have worked, then a 401: that chunk is unknown, the next was never sent."""
    box.fail(Fault(status=502, carried_out=True), Fault(status=401, times=None))
    result = run(connect(concurrency=1, retry=Retry(base=0)), "write", [JANE, JOHN], chunk_size=1)
    assert ["unknown", "failed"] == states(result)
    assert (True, False) == (changed(box, "write", JANE), changed(box, "write", JOHN))


@pytest.mark.parametrize("status", [404, 405, 409, 413, 415, 418, 423, 429])
def test_other_refusals_fail_their_chunk(box: Sandbox, connect: Connect, operation: str, status: int) -> None:
    """A refusal is a failure of its chunk; the next one is sent all the same."""
    box.fail(Fault(status=status))
    result = run(connect(concurrency=1), operation, [JANE, JOHN], chunk_size=1)
    assert ["failed", "applied"] == states(result)
    assert status == getattr(result[0].error, "status", None)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=500, carried_out=True), ServerError),
        (Fault(status=502, carried_out=True), ServerError),
        (Fault(status=521, carried_out=True), ServerError),
        (Fault(disconnect="before", carried_out=True), TransportError),
        (Fault(disconnect="headers"), TransportError),
        (Fault(disconnect="body"), TransportError),
    ],
)
def test_a_lost_reply_to_a_write_is_unknown(
    box: Sandbox, connect: Connect, operation: str, fault: Fault, error: type
) -> None:
    """The write may have happened, and here it has: "failed" would be a lie."""
    box.fail(fault)
    result = run(connect(concurrency=1), operation, [JANE, JOHN], chunk_size=1)
    assert ["unknown", "applied"] == states(result)
    assert error is errors(result)[0]
    if operation in ("write", "unsubscribe_all"):
        assert changed(box, operation, JANE)


def test_a_timeout_in_the_middle_is_unknown(box: Sandbox, connect: Connect, operation: str) -> None:
    """No reply in time: the chunk is unknown, the others stand."""
    box.fail(Fault(delay=5, addresses=(JOHN,)))
    result = run(connect(timeout=0.5), operation, [JANE, JOHN, JACK], chunk_size=1)
    assert ["applied", "unknown", "applied"] == states(result)
    assert TimedOut is errors(result)[1]


def test_a_server_that_is_not_there_fails_everything(connect: Connect, listen: Listen, operation: str) -> None:
    """A refused connection is a failure: nothing was sent."""
    gone = listen(lambda _: None)
    gone.close()
    result = run(connect(base_url=gone.url), operation, [JANE, JOHN], chunk_size=1)
    assert ["failed", "failed"] == states(result)


def test_a_lost_reply_is_tried_again(box: Sandbox, connect: Connect, operation: str) -> None:
    """All these writes set a state, so a repeat is safe: the batch goes through."""
    box.fail(Fault(status=503, carried_out=True), Fault(disconnect="headers"), Fault(disconnect="before"))
    result = run(connect(retry=Retry(base=0)), operation, [JANE, JOHN])
    assert {"applied", "no_change"} >= set(states(result))
    assert 4 == len(box.log)


# Batches that are forbidden


def test_forbidden_batches_become_single_calls(
    box: Sandbox, client: Preferences, operation: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without Marketing Hub Enterprise a batch is a 403: single calls do the same, announced by one line."""
    emails = [JANE, "opted-out@example.com", "JANE@example.com", "nobody", "subscribed@example.com"]
    expected = [] if operation in ("write", "unsubscribe_all") else run(client, operation, emails)
    for kind in ("batch_read_statuses", "batch_read_opt_outs", "batch_write_statuses", "batch_unsubscribe_all"):
        box.fail(Fault(operation=kind, status=403, times=None))
    box.clear_log()
    with caplog.at_level(logging.WARNING):
        result = run(client, operation, emails)
    assert 5 == len(result)
    assert "failed" == states(result)[3]
    assert {"applied", "no_change"} >= set(states(result)[:3] + states(result)[4:])
    if expected:
        assert list(expected[:3]) + list(expected[4:]) == list(result[:3]) + list(result[4:])
    else:
        assert all(changed(box, operation, email) for email in (JANE, "opted-out@example.com"))
    (line,) = caplog.records
    assert ("hubspot_preferences", "WARNING") == (line.name, line.levelname)
    assert "falling back to single calls for 3 inputs" in line.getMessage()
    assert "communication_preferences.statuses.batch." in line.getMessage()
    assert "@" not in line.getMessage()
    # Which brands there are is asked once, not by each call.
    assert (5 if operation == "opt_outs" else 4) == len(box.log)


def test_an_account_without_enterprise(connect: Connect) -> None:
    """The sandbox of such an account answers batches with 403, and the client gets by."""
    with Sandbox(token="demo", enterprise=False) as small:
        client = connect(base_url=small.url)
        result = client.batch.write([Change(email, NEWS, "SUBSCRIBED") for email in people(20)])
        assert ["applied"] * 20 == states(result)
        assert ["SUBSCRIBED"] * 20 == [small.state(email, NEWS) for email in people(20)]


def test_without_fallback_a_forbidden_batch_raises(
    box: Sandbox, connect: Connect, operation: str, caplog: pytest.LogCaptureFixture
) -> None:
    """fallback=False: the 403 itself, with the scopes it names, and no single call."""
    box.fail(Fault(status=403, times=None))
    with pytest.raises(Forbidden) as caught:
        run(connect(), operation, [JANE, JOHN], fallback=False)
    assert caught.value.missing_scopes
    assert 1 == len(box.log)
    assert [] == caplog.records


@pytest.mark.parametrize(
    ("first", "state"),
    [(Fault(delay=0.001), "applied"), (Fault(status=502, carried_out=True), "unknown")],
    ids=["carried out", "lost"],
)
def test_without_fallback_what_happened_before_a_403_is_not_lost(
    box: Sandbox, connect: Connect, first: Fault, state: str
) -> None:
    """Once a chunk may have been carried out there is a result to hand back; the rest has failed."""
    box.fail(first, Fault(status=403, addresses=(JOHN, JACK), times=None))
    result = run(connect(concurrency=1), "write", [JANE, JOHN, JACK], chunk_size=1, fallback=False)
    assert [state, "failed", "failed"] == states(result)
    assert [Forbidden, Forbidden] == errors(result)[1:]
    assert changed(box, "write", JANE)


def test_a_403_in_the_middle_keeps_what_was_done(box: Sandbox, connect: Connect) -> None:
    """Only the inputs that are left go one by one."""
    box.fail(Fault(operation="batch_write_statuses", status=403, skip=1, times=None))
    result = run(connect(concurrency=1), "write", people(4), chunk_size=2)
    assert ["applied"] * 4 == states(result)
    assert ["batch_write_statuses", "batch_write_statuses", "set_status", "set_status"] == [
        entry.operation for entry in box.log
    ]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=403, times=None), Forbidden),
        (Fault(status=401, times=None), Unauthorized),
        (Fault(status=429, policy="DAILY", times=None), DailyLimitReached),
    ],
)
def test_single_calls_stop_when_they_are_hopeless_too(
    box: Sandbox, connect: Connect, operation: str, fault: Fault, error: type
) -> None:
    """A token that may nothing at all is not tried a thousand times."""
    box.fail(Fault(status=403), fault)
    result = run(connect(concurrency=1), operation, people(6))
    assert ["failed"] * 6 == states(result)
    assert {error} == set(errors(result))
    assert 2 == len(box.log)


def test_single_calls_fail_one_by_one(box: Sandbox, connect: Connect, operation: str) -> None:
    """After the fall-back each input stands for itself, down to an address too long for a URL."""
    endless = "a" * 70_000 + "@example.com"
    box.fail(
        Fault(status=403, skip=0),
        Fault(status=400, addresses=(JANE,)),
        Fault(status=502, addresses=(JOHN,)),
        Fault(body="{", addresses=(JACK,)),
    )
    result = run(connect(concurrency=1), operation, [endless, JANE, JOHN, JACK, "last@example.com"])
    assert ["failed", "failed", "unknown", "unknown", "applied"] == states(result)
    assert [InvalidArgument, BadRequest, ServerError, UnreadableReply, None] == errors(result)


def test_brands(connect: Connect) -> None:
    """In an account with brands an opt-out needs one; the error fails the inputs, it does not raise."""
    with Sandbox(token="demo", brands=(0, 5)) as brands:
        client = connect(base_url=brands.url)
        assert ["failed", "failed"] == states(client.batch.unsubscribe_all([JANE, JOHN]))
        assert ["applied"] == states(client.batch.unsubscribe_all([JANE], business_unit_id=5))
        assert (5,) == brands.opted_out(JANE)
        assert [[5], []] == [
            [row.business_unit_id for row in outcome.value or ()]
            for outcome in client.batch.opt_outs([JANE, JOHN], business_unit_id=5)
        ]


# Results


def test_raise_for_failures(box: Sandbox, connect: Connect) -> None:
    """A result with failures raises when told to, and shows no address in doing so."""
    box.fail(Fault(errors="context", addresses=(JANE,)), Fault(rows="drop", addresses=(JOHN,)))
    result = connect().batch.statuses([JANE, JOHN, JACK])
    assert "<BatchResult of 3: 1 applied, 0 no_change, 1 failed, 1 unknown>" == repr(result)
    with pytest.raises(BatchFailed, match="of 3 inputs 1 failed and 1 are unknown") as caught:
        result.raise_for_failures()
    assert result is caught.value.result
    for text in (str(caught.value), repr(caught.value), repr(list(result)), repr(result[:2])):
        assert "@example.com" not in text
    connect().batch.statuses([JANE]).raise_for_failures()


# Anything at all

ADDRESSES = [
    "a@example.com",
    "b@example.com",
    "A@Example.COM",
    "c+d@example.com",
    "o'e@example.com",
    "ü@example.com",
]
INVALID = ["", "nobody", "a b@example.com", None, 5, "x@example.com\n"]
inputs_of_batches = st.lists(st.sampled_from(ADDRESSES * 3 + INVALID), min_size=1, max_size=9)
faults = st.builds(
    lambda what, **more: Fault(**what, **more),
    st.sampled_from(
        [
            *({"status": status} for status in (400, 401, 403, 404, 409, 423, 429, 477, 500, 502, 307)),
            *({"status": status, "carried_out": True} for status in (500, 502, 524)),
            {"status": 429, "policy": "DAILY"},
            *(
                {"body": body, "carried_out": True}
                for body in ("", "[]", "null", "{", "{}", '{"results": [null]}')
            ),
            *({"disconnect": when} for when in ("before", "headers", "body")),
            *({"errors": how} for how in ("context", "unmapped", "count")),
            *({"rows": how} for how in ("drop", "null", "malformed", "reverse", "repeat", "upper")),
            *({"rows": how, "nested": True} for how in ("drop", "null", "malformed")),
            *({"fields": {"status": state}} for state in ("SUBSCRIBED", "UNSUBSCRIBED", "PAUSED", None, 1)),
            {"fields": {"setStatusSuccessReason": "NO_STATUS_CHANGE"}},
            *({"without": (name,)} for name in ("status", "subscriberIdString", "subscriptionId", "statuses")),
            *({"envelope": {"status": word}} for word in ("PENDING", "SUCCESS", None)),
            {"envelope": {"numErrors": 2}},
            {"envelope": {"results": None}},
        ]
    ),
    addresses=st.lists(st.sampled_from(ADDRESSES), max_size=2, unique=True).map(tuple),
    times=st.sampled_from([1, 2, None]),
    skip=st.integers(0, 2),
)


async def awaited(box: Sandbox, operation: str, inputs: list[Any], **options: Any) -> BatchResult[Any, Any]:
    """The batch through the asynchronous client."""
    async with AsyncPreferences(box.token, base_url=box.url, retry=None, limiter=None, concurrency=2) as client:
        result: BatchResult[Any, Any] = await getattr(client.batch, operation)(inputs, **options)
        return result


@pytest.mark.slow
@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "asynchronous"])
@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(
    operation=st.sampled_from(OPERATIONS),
    emails=inputs_of_batches,
    chunk_size=st.integers(1, 4),
    broken=st.lists(faults, max_size=3),
)
def test_whatever_happens_each_input_has_its_true_outcome(
    running_box: Sandbox, blocking: bool, operation: str, emails: list[Any], chunk_size: int, broken: list[Fault]
) -> None:
    """No outcome says more than the sandbox's state does: not "applied", and not "failed" either."""
    box = running_box
    box.reset()
    box.fail(*broken)
    inputs = [Change(email, NEWS, "SUBSCRIBED") for email in emails] if operation == "write" else emails
    if blocking:
        with Preferences(box.token, base_url=box.url, retry=None, limiter=None, concurrency=2) as client:
            result = getattr(client.batch, operation)(inputs, chunk_size=chunk_size)
    else:
        result = asyncio.run(awaited(box, operation, inputs, chunk_size=chunk_size))
    assert len(inputs) == len(result)
    for given_, email, outcome in zip(inputs, emails, result, strict=True):
        assert given_ is outcome.input
        assert outcome.ok == (outcome.error is None)
        if email in INVALID:
            assert ("failed", InvalidArgument) == (outcome.state, type(outcome.error))
        elif operation in ("write", "unsubscribe_all"):
            if outcome.ok:
                assert changed(box, operation, email)
            elif outcome.state == "failed":
                assert not changed(box, operation, email)
        elif outcome.ok:
            assert {email.lower()} >= {row.email.lower() for row in outcome.value or ()}


def test_a_bad_setting_sends_not_even_a_look_up(box: Sandbox, connect: Connect) -> None:
    """Names of subscription types are not asked for where the batch cannot be sent."""
    with pytest.raises(InvalidArgument, match=r"^chunk_size: "):
        connect().batch.write([Change(JANE, "Marketing Information", "SUBSCRIBED")], chunk_size=0)
    assert () == box.log


# What must not get lost


def test_a_403_after_a_try_that_may_have_worked_is_doubt(box: Sandbox, connect: Connect) -> None:
    """The write may have been carried out before the token lost its scope: that is no failure."""
    box.fail(Fault(status=502, carried_out=True), Fault(status=403, times=None))
    result = connect(retry=Retry(base=0)).batch.write([Change(JANE, NEWS, "SUBSCRIBED")])
    assert ["unknown"] == states(result)
    assert "SUBSCRIBED" == box.state(JANE, NEWS)


def test_a_row_and_an_error_about_the_same_write_are_doubt(connect: Connect, listen: Listen) -> None:
    """One change, a row that says it was made, and an error about its address: which one holds?"""
    row = {"subscriberIdString": JANE, "subscriptionId": NEWS, "status": "SUBSCRIBED"}
    error = {"category": "VALIDATION_ERROR", "context": {"subscriberIdString": [JANE]}}
    server = listen(lambda _: (207, {"results": [row], "errors": [error], "numErrors": 1}))
    result = connect(base_url=server.url).batch.write([Change(JANE, NEWS, "SUBSCRIBED")])
    assert ["unknown"] == states(result)


def test_a_bug_in_a_hook_loses_no_outcome(box: Sandbox, connect: Connect) -> None:
    """What was carried out before somebody's hook failed is reported all the same."""
    seen: list[object] = []

    def blocking(request: object) -> None:
        seen.append(request)
        if len(seen) == 2:
            raise ZeroDivisionError("a bug")

    async def asynchronous(request: object) -> None:
        blocking(request)

    own = connect.own(event_hooks={"request": [blocking if connect.blocking else asynchronous]})
    changes = [Change(email, NEWS, "SUBSCRIBED") for email in people(3)]
    result = connect(http_client=own, concurrency=1).batch.write(changes, chunk_size=1)
    assert ["applied", "unknown", "applied"] == states(result)
    assert "ZeroDivisionError: a bug" == str(result[1].error)


def test_an_opt_out_that_changed_something_is_applied(connect: Connect, listen: Listen) -> None:
    """Only where every row says that nothing changed is it no change."""
    rows = [
        {
            "subscriberIdString": JANE,
            "subscriptionId": 1,
            "status": "UNSUBSCRIBED",
            "setStatusSuccessReason": reason,
        }
        for reason in ("NO_STATUS_CHANGE", "UNSUBSCRIBE_FROM_ALL_OCCURRED")
    ]
    server = listen(lambda _: (200, {"results": [{"subscriberIdString": JANE, "statuses": rows}]}))
    batch = connect(base_url=server.url).batch
    assert ["applied"] == states(batch.unsubscribe_all([JANE]))
    rows.pop()
    assert ["no_change"] == states(batch.unsubscribe_all([JANE]))


def test_a_fallback_tells_nobodys_address(
    connect: Connect, listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever HubSpot puts into a 403, the log line shows no address."""
    error = {"errors": [{"context": {"requiredScopes": ["leaky.person@example.com"]}}]}
    server = listen(lambda request: (403, error) if b"/batch/" in request else (200, {"results": []}))
    connect(base_url=server.url).batch.opt_outs([JANE])
    assert "leaky" not in caplog.text
    assert "falling back to single calls for 1 input" in caplog.text


def replies_alive() -> int:
    """How many replies nobody has let go of."""
    gc.collect()
    return sum(isinstance(held, httpx.Response) for held in gc.get_objects())


def test_a_failed_input_keeps_no_reply_alive(box: Sandbox, connect: Connect) -> None:
    """What failed is kept with its error for as long as the result is; not with the reply that said so."""
    client = connect(concurrency=1)
    client.batch.statuses(people(1))
    before = replies_alive()
    with box.faults(Fault(status=400, addresses=tuple(people(20)), times=None)):
        result = client.batch.statuses(people(20))
    with box.faults(Fault(fields={"status": 5}, nested=True, times=None)):
        unreadable = client.batch.statuses(people(20))
    assert ([BadRequest] * 20, [UnreadableReply] * 20) == (errors(result), errors(unreadable))
    assert before == replies_alive()
