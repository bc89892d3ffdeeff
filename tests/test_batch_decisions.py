"""batch.may_email and batch.subscribe over HTTP: the decision and the guard for many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_preferences import (
    BadRequest,
    BatchResult,
    Change,
    Decision,
    Forbidden,
    InvalidArgument,
    NotFound,
    Reason,
    Retry,
    ServerError,
    TransportError,
    Unauthorized,
    UnknownSubscription,
    WouldResubscribe,
)
from hubspot_preferences.sandbox import Fault, Sandbox

if TYPE_CHECKING:
    from tests.conftest import Connect, Listen

NEWS = 7001
PEOPLE = {
    "subscribed@example.com": Reason.SUBSCRIBED,
    "unsubscribed@example.com": Reason.UNSUBSCRIBED,
    "opted-out@example.com": Reason.OPTED_OUT,
    "new@example.com": Reason.NOT_SPECIFIED,
    "no address": Reason.NO_ANSWER,
    "Subscribed@example.com": Reason.SUBSCRIBED,
}
PUT_BACK = {"a@example.com": "RESUBSCRIBE_OCCURRED", "b@example.com": "REQUESTED_CHANGE_OCCURRED"}
READS = ["batch_read_statuses", "batch_read_opt_outs"]


def decided(result: BatchResult[str, Decision]) -> list[Decision]:
    """The decision of every outcome: none is without."""
    decisions = [outcome.value for outcome in result if outcome.value is not None]
    assert len(result) == len(decisions)
    return decisions


def reasons(result: BatchResult[str, Decision]) -> dict[str, Reason]:
    """The reason of every decision, by its address."""
    return {outcome.input: decision.reason for outcome, decision in zip(result, decided(result), strict=True)}


def operations(box: Sandbox) -> list[str | None]:
    """What the sandbox was asked, in order."""
    return [entry.operation for entry in box.log]


@pytest.mark.parametrize("subscription", [NEWS, str(NEWS), "Marketing Information"])
@pytest.mark.parametrize("unspecified", ["deny", "allow"])
def test_a_decision_for_each(box: Sandbox, connect: Connect, subscription: int | str, unspecified: Any) -> None:
    """One Decision per input, the same as may_email makes one by one, whether the address can be sent or not."""
    client = connect()
    result = client.batch.may_email(PEOPLE, subscription, unspecified=unspecified)
    expected = dict(PEOPLE)
    if unspecified == "allow":
        expected["new@example.com"] = Reason.UNSPECIFIED_ALLOWED
    assert expected == reasons(result)
    assert [bool(outcome) for outcome in result] == [decision.allowed for decision in decided(result)]
    for outcome in result:
        if outcome.ok and outcome.value is not None:
            single = client.may_email(outcome.input, subscription, unspecified=unspecified)
            assert (single.allowed, single.reason) == (outcome.value.allowed, outcome.value.reason)
    assert READS == [name for name in operations(box) if name and "batch" in name]


def test_two_requests_for_a_hundred(box: Sandbox, connect: Connect) -> None:
    """Chunks go side by side; nothing is asked one by one."""
    people = [f"person-{number}@example.com" for number in range(250)]
    result = connect().batch.may_email(people, NEWS, unspecified="allow")
    assert people == [outcome.input for outcome in result]
    assert sorted(READS * 3) == sorted(map(str, operations(box)))
    assert {"applied": 250, "no_change": 0, "failed": 0, "unknown": 0} == result.summary()


@pytest.mark.parametrize("which", READS)
@pytest.mark.parametrize(
    ("fault", "error", "state"),
    [
        (Fault(status=500, times=None), ServerError, "unknown"),
        (Fault(disconnect="headers", times=None), TransportError, "unknown"),
        (Fault(status=401, times=None), Unauthorized, "failed"),
    ],
)
def test_a_read_that_fails_is_a_no(
    box: Sandbox, connect: Connect, which: str, fault: Fault, error: type[Exception], state: str
) -> None:
    """Whichever of the two reads it is: everybody is a no, and the error says why."""
    from attrs import evolve

    with box.faults(evolve(fault, operation=which)):
        result = connect().batch.may_email(["subscribed@example.com", "new@example.com"], NEWS)
    assert [(False, Reason.NO_ANSWER)] * 2 == [(decision.allowed, decision.reason) for decision in decided(result)]
    assert [(state, error)] * 2 == [(outcome.state, type(outcome.error)) for outcome in result]
    assert not any(result)


@pytest.mark.parametrize("forbidden", [READS[:1], READS[1:], READS])
def test_where_batches_are_forbidden_each_is_asked_singly(
    box: Sandbox, connect: Connect, forbidden: list[str]
) -> None:
    """The decisions are the same, whichever of the two batches it is."""
    faults = [Fault(status=403, operation=name, times=None) for name in forbidden]
    with box.faults(*faults):
        result = connect().batch.may_email(PEOPLE, NEWS)
    assert PEOPLE == reasons(result)
    with box.faults(*faults), pytest.raises(Forbidden):
        connect().batch.may_email(["new@example.com"], NEWS, fallback=False)


def test_a_single_read_that_fails_is_a_no(box: Sandbox, connect: Connect) -> None:
    """Behind a forbidden batch as well, and after a 401 nobody else is asked."""
    faults = [Fault(status=403, operation=READS[0], times=None), Fault(status=401, operation="get_statuses")]
    with box.faults(*faults):
        result = connect(concurrency=1).batch.may_email(["subscribed@example.com"] * 2 + ["new@example.com"], NEWS)
    assert [Reason.NO_ANSWER] * 3 == [decision.reason for decision in decided(result)]
    assert ["failed"] * 3 == [outcome.state for outcome in result]
    assert 1 == operations(box).count("get_statuses")


def test_a_row_that_is_missing_is_a_no(connect: Connect, listen: Listen) -> None:
    """Nobody is called mailable on a reply that does not mention them."""

    def answer(request: bytes) -> tuple[Any, ...]:
        rows: list[Any] = [{"subscriberIdString": "a@example.com", "wideStatuses": []}]
        if b"unsubscribe-all" not in request:
            status = {"status": "SUBSCRIBED", "subscriptionId": NEWS, "subscriberIdString": "a@example.com"}
            rows = [{"subscriberIdString": "a@example.com", "statuses": [status]}]
        return 200, {"status": "COMPLETE", "results": rows}

    result = connect(base_url=listen(answer).url).batch.may_email(["a@example.com", "b@example.com"], NEWS)
    assert [True, False] == [decision.allowed for decision in decided(result)]
    assert ["applied", "unknown"] == [outcome.state for outcome in result]


def test_brands(connect: Connect, listen: Listen) -> None:
    """The brand goes along with the states; the opt-outs are those of every brand."""
    server = listen(lambda _: (200, {"status": "COMPLETE", "results": []}))
    connect(base_url=server.url).batch.may_email(["a@example.com"], NEWS, business_unit_id=5)
    lines = [request.split(b"\r\n", 1)[0] for request in server.requests]
    assert [True, False] == [b"businessUnitId=5" in line for line in lines]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"subscription": "No Such Thing"}, UnknownSubscription),
        ({"subscription": 0}, InvalidArgument),
        ({"unspecified": "maybe"}, InvalidArgument),
        ({"business_unit_id": -1}, InvalidArgument),
        ({"chunk_size": 0}, InvalidArgument),
        ({"fallback": 1}, InvalidArgument),
        ({"on_outcome": "print"}, InvalidArgument),
    ],
)
def test_what_is_wrong_for_everybody_is_raised(connect: Connect, given: Any, error: type[Exception]) -> None:
    """As by may_email; only an address is an input's own."""
    with pytest.raises(error):
        connect().batch.may_email(["a@example.com"], **{"subscription": NEWS, **given})


def test_a_name_that_cannot_be_looked_up_is_a_no_for_all(box: Sandbox, connect: Connect) -> None:
    """Nothing else is asked."""
    with box.faults(Fault(status=503, operation="list_definitions", times=None)):
        result = connect().batch.may_email(["a@example.com", "no address"], "Marketing Information")
    assert [("failed", ServerError), ("failed", InvalidArgument)] == [
        (outcome.state, type(outcome.error)) for outcome in result
    ]
    assert [Reason.NO_ANSWER] * 2 == [decision.reason for decision in decided(result)]
    assert {"list_definitions"} == set(operations(box))


# subscribe


def subscriptions(*emails: str) -> list[Change]:
    """What asks for these people to be subscribed."""
    return [Change(email, NEWS, "SUBSCRIBED", "CONSENT_WITH_NOTICE", "asked for it") for email in emails]


@pytest.mark.parametrize("forbidden", [None, *READS, "batch_write_statuses"])
def test_only_who_never_said_no_is_subscribed(box: Sandbox, connect: Connect, forbidden: str | None) -> None:
    """Whoever opted out fails with WouldResubscribe and stays as they are; by batches and by single calls."""
    emails = ["new@example.com", *list(PEOPLE)[1:5], "brand-new@example.com"]
    before = box.state("unsubscribed@example.com", NEWS)
    faults = [Fault(status=403, operation=forbidden, times=None)] if forbidden else []
    with box.faults(*faults):
        result = connect().batch.subscribe(subscriptions(*emails))
    assert {
        "new@example.com": ("applied", None),
        "unsubscribed@example.com": ("failed", WouldResubscribe),
        "opted-out@example.com": ("failed", WouldResubscribe),
        "no address": ("failed", InvalidArgument),
        "brand-new@example.com": ("applied", None),
    } == {outcome.input.email: (outcome.state, outcome.error and type(outcome.error)) for outcome in result}
    assert "SUBSCRIBED" == box.state("new@example.com", NEWS) == box.state("brand-new@example.com", NEWS)
    assert before == box.state("unsubscribed@example.com", NEWS) != "SUBSCRIBED"
    written = [str(entry.body) for entry in box.log if "write" in str(entry.operation) or entry.method == "POST"]
    writes = [body for body in written if "SUBSCRIBED" in body]
    assert not any("unsubscribed@" in body or "opted-out@" in body for body in writes)


@pytest.mark.parametrize("which", READS)
def test_nobody_is_subscribed_where_a_read_failed(box: Sandbox, connect: Connect, which: str) -> None:
    """Nothing is written without both reads."""
    with box.faults(Fault(status=500, operation=which, times=None)):
        result = connect().batch.subscribe(subscriptions("new@example.com"))
    assert [ServerError] == [type(outcome.error) for outcome in result]
    assert "batch_write_statuses" not in operations(box)


def test_only_subscribing_is_guarded(box: Sandbox, connect: Connect) -> None:
    """A change that asks for another state is refused, alone."""
    changes = [Change("new@example.com", NEWS, "UNSUBSCRIBED"), *subscriptions("other@example.com")]
    result = connect().batch.subscribe(changes)
    assert ["failed", "applied"] == [outcome.state for outcome in result]
    assert "changes[0].state: must be SUBSCRIBED; batch.write sets other states" == str(result[0].error)


@pytest.mark.parametrize(("restored", "state"), [(True, "failed"), (False, "unknown")])
def test_an_opt_out_at_the_same_moment_is_put_back(
    connect: Connect, listen: Listen, restored: bool, state: str
) -> None:
    """Their no came last, so it stands; where it cannot be put back nobody knows, and the error says so."""
    writes: list[str] = []

    def answer(request: bytes) -> tuple[Any, ...]:
        body = json.loads(request.partition(b"\r\n\r\n")[2])
        line = request.split(b"\r\n", 1)[0].decode()
        row = {"subscriptionId": NEWS, "subscriberIdString": "a@example.com"}
        if "/batch/write" in line:
            writes.append("SUBSCRIBED")
            row |= {"status": "SUBSCRIBED", "setStatusSuccessReason": "RESUBSCRIBE_OCCURRED"}
        elif "unsubscribe-all" in line:
            row = {"subscriberIdString": "a@example.com", "wideStatuses": []}
        elif "/batch/read" in line:
            row = {"subscriberIdString": "a@example.com", "statuses": [row | {"status": "NOT_SPECIFIED"}]}
        else:
            writes.append(body["statusState"])
            if not restored:
                return 500, {"status": "error", "message": "no"}
            row |= {"status": body["statusState"]}
        return 200, {"status": "COMPLETE", "results": [row]}

    result = connect(base_url=listen(answer).url).batch.subscribe(subscriptions("a@example.com"))
    assert [(state, WouldResubscribe)] == [(outcome.state, type(outcome.error)) for outcome in result]
    assert ["SUBSCRIBED", "UNSUBSCRIBED"] == writes


def test_a_hook_that_fails_while_an_opt_out_is_put_back(connect: Connect, listen: Listen) -> None:
    """Nobody knows about that one; what the reply said of the others stands."""

    def answer(request: bytes) -> tuple[Any, ...]:
        line = request.split(b"\r\n", 1)[0].decode()
        rows: list[dict[str, Any]] = []
        for email, reason in PUT_BACK.items():
            about = {"subscriptionId": NEWS, "subscriberIdString": email}
            if "/batch/write" in line:
                rows.append(about | {"status": "SUBSCRIBED", "setStatusSuccessReason": reason})
            elif "unsubscribe-all" in line:
                rows.append({"subscriberIdString": email, "wideStatuses": []})
            else:
                rows.append({"subscriberIdString": email, "statuses": [about | {"status": "NOT_SPECIFIED"}]})
        return 200, {"status": "COMPLETE", "results": rows}

    def fail(request: Any) -> None:
        if "/batch/" not in request.url.path:
            raise LookupError("mine")

    async def fail_later(request: Any) -> None:
        fail(request)

    own = connect.own(event_hooks={"request": [fail if connect.blocking else fail_later]})
    result = connect(base_url=listen(answer).url, http_client=own).batch.subscribe(subscriptions(*PUT_BACK))
    assert ["unknown", "applied"] == [str(outcome.state) for outcome in result]
    assert "mine" in str(result[0].error)


@pytest.mark.parametrize("forbidden", [False, True])
def test_a_write_that_was_not_answered_may_have_undone_an_opt_out(
    box: Sandbox, connect: Connect, forbidden: bool
) -> None:
    """Opted out after the reads, subscribed, the reply lost: the second try sees no change, and nobody knows."""
    stale = [
        Fault(operation="batch_read_statuses", fields={"status": "NOT_SPECIFIED"}, nested=True),
        Fault(operation="get_statuses", fields={"status": "NOT_SPECIFIED"}),
    ]
    box.fail(*stale, Fault(operation="batch_write_statuses", status=403 if forbidden else 502, carried_out=True))
    box.fail(Fault(operation="set_status", status=502, carried_out=True))
    result = connect(retry=Retry(base=0)).batch.subscribe(
        subscriptions("unsubscribed@example.com", "subscribed@example.com")[: 1 if forbidden else 2]
    )
    assert ["unknown"] * len(result) == [outcome.state for outcome in result]
    assert all("whether an opt-out of the same moment was undone" in str(outcome.error) for outcome in result)
    assert "SUBSCRIBED" == box.state("unsubscribed@example.com", NEWS)


def test_a_second_try_that_changes_something_is_certain(box: Sandbox, connect: Connect) -> None:
    """The first one was not carried out then."""
    box.fail(Fault(operation="batch_write_statuses", status=502))
    result = connect(retry=Retry(base=0)).batch.subscribe(subscriptions("new@example.com"))
    assert ["applied"] == [outcome.state for outcome in result]


def test_a_refused_write_fails_its_own_input(box: Sandbox, connect: Connect) -> None:
    """What HubSpot refuses is halved as in batch.write."""
    box.fail(Fault(status=400, operation="batch_write_statuses", addresses=("bad@example.com",), times=None))
    result = connect().batch.subscribe(subscriptions("new@example.com", "bad@example.com", "other@example.com"))
    assert ["applied", "failed", "applied"] == [outcome.state for outcome in result]
    assert isinstance(result[1].error, BadRequest)


def test_a_decision_is_ready_for_json(connect: Connect) -> None:
    """Every value can be written down, and says nothing else afterwards."""
    outcome = connect().batch.may_email(["opted-out@example.com"], NEWS)[0]
    written = json.loads(json.dumps(outcome.to_dict()))
    assert ("opted-out@example.com", "applied", None) == (written["input"], written["state"], written["error"])
    assert (False, "opted out of all e-mail") == (written["value"]["allowed"], written["value"]["reason"])
    assert isinstance(outcome.value, Decision)


def test_no_route_is_nobodys_consent(box: Sandbox, connect: Connect) -> None:
    """A 404 of a batch says nothing about a person: nobody is subscribed by it."""
    box.fail(*(Fault(status=404, operation=read, times=None) for read in READS))
    changes = [Change(email, NEWS, "SUBSCRIBED") for email in ("opted-out@example.com", "new@example.com")]
    result = connect().batch.subscribe(changes)
    assert ["failed"] * 2 == [str(outcome.state) for outcome in result]
    assert [NotFound] * 2 == [type(outcome.error) for outcome in result]
    assert "batch_write_statuses" not in operations(box)
