"""Consent over HTTP: a yes only where HubSpot said yes, whatever goes wrong on the way."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_preferences import (
    APIError,
    BadRequest,
    Forbidden,
    InvalidArgument,
    Preferences,
    PreferencesError,
    Reason,
    Retry,
    SetStatusSuccessReason,
    TimedOut,
    UnknownSubscription,
    UnreadableReply,
    WouldResubscribe,
)
from hubspot_preferences.sandbox import Fault, Sandbox

if TYPE_CHECKING:
    from tests.conftest import Connect, Listen

NEWS, SERVICE, UPDATES, CATALOGUE = 7001, 7002, 7004, 7005
JANE = "jane@example.com"
SUBSCRIBED, OPTED_OUT = "subscribed@example.com", "opted-out@example.com"
WISH: dict[str, Any] = {"legal_basis": "CONSENT_WITH_NOTICE", "legal_basis_explanation": "Asked for it by phone"}

ENVELOPES_IN_DOUBT: dict[str, list[Any]] = {
    "numErrors": [1, -1, "0", 0.0, False, []],
    "errors": [[{}], [None], {}, "", 0],
    "paging": [{"next": {"after": "10"}}, {"next": {}}, "10", []],
    "links": [{"next": "https://example.com"}],
    "hasMore": [True, 1, "false"],
    "has-more": [True],
    "total": [99, -1, "1", 1.0, True],
    "category": ["VALIDATION_ERROR"],
    "errorType": ["RATE_LIMIT"],
    "results": [None],
}
# A read that ended in any of these has said nothing.
SILENCE: list[dict[str, Any]] = [
    *({"status": status} for status in (204, 307, 400, 401, 403, 404, 409, 418, 423, 429, 477, 500, 502, 524)),
    {"status": 429, "policy": "DAILY"},
    *({"body": body} for body in ("", "[]", "null", "{", "{}", "<html>", '{"results": {}}', '{"results": [[]]}')),
    *(
        {"body": body}
        for body in ('{"results": [], "results": []}', '{"status": "PENDING", "status": null, "results": []}')
    ),
    *({"disconnect": when} for when in ("before", "headers", "body")),
    *({"rows": how} for how in ("null", "malformed")),
    *({"errors": how} for how in ("context", "unmapped", "count")),
    *({"envelope": {"status": word}} for word in ("PENDING", "PROCESSING", "CANCELED")),
    *({"status": status, "fields": {"extra": 1}} for status in (201, 202, 203, 206, 207, 226, 299)),
    *({"envelope": {name: value}} for name, values in ENVELOPES_IN_DOUBT.items() for value in values),
    *({"without": (name,)} for name in ("status", "subscriberIdString")),
    *({"fields": {"status": wrong}} for wrong in (None, 5, ["SUBSCRIBED"])),
    *({"fields": {"subscriberIdString": wrong}} for wrong in (None, 5, "", ["x"])),
]
silence = pytest.mark.parametrize("fault", SILENCE, ids=str)
# These say the same in another way.
HARMLESS: list[dict[str, Any]] = [
    *({"rows": how} for how in ("reverse", "repeat", "upper")),
    {"fields": {"extra": {"new": [1]}, "channel": None, "legalBasis": "NEW_ONE", "timestamp": "never"}},
    {"fields": {"source": None, "businessUnitId": None, "subscriptionName": 5}},
    {"envelope": {"status": "SUCCESS", "startedAt": None, "extra": 1}},
    {"envelope": {"paging": {"next": None, "prev": {"before": "0"}}, "hasMore": False, "links": {"self": "x"}}},
    {"envelope": {"numErrors": 0, "errors": [], "total": 0}},
]


def written(box: Sandbox) -> list[str]:
    """The states that were written, in order."""
    return [entry.body["statusState"] for entry in box.log if entry.method == "POST" and entry.body]


# May this person be mailed?


@pytest.mark.parametrize(
    ("email", "subscription", "allowed", "reason"),
    [
        (SUBSCRIBED, NEWS, True, Reason.SUBSCRIBED),
        ("SUBSCRIBED@EXAMPLE.COM", NEWS, True, Reason.SUBSCRIBED),
        (SUBSCRIBED, SERVICE, False, Reason.NOT_SPECIFIED),
        ("unsubscribed@example.com", NEWS, False, Reason.UNSUBSCRIBED),
        ("mixed@example.com", NEWS, True, Reason.SUBSCRIBED),
        ("mixed@example.com", UPDATES, False, Reason.UNSUBSCRIBED),
        ("withdrawn@example.com", NEWS, False, Reason.NOT_SPECIFIED),
        (OPTED_OUT, NEWS, False, Reason.OPTED_OUT),
        ("returned@example.com", NEWS, False, Reason.OPTED_OUT),
        ("never-asked@example.com", NEWS, False, Reason.NOT_SPECIFIED),
        (SUBSCRIBED, 999, False, Reason.NO_ROW),
    ],
)
def test_may_email_says_why(
    box: Sandbox, client: Preferences, email: str, subscription: int, allowed: bool, reason: Reason
) -> None:
    """The decision and its reason, from exactly two reads."""
    decision = client.may_email(email, subscription)
    assert (allowed, reason, None) == (bool(decision), decision.reason, decision.error)
    assert {"get_statuses", "get_opt_outs"} == {entry.operation for entry in box.log}
    assert 2 == len(box.log)
    assert "@" not in repr(decision)


def test_may_email_reads_both_at_the_same_time(connect: Connect, listen: Listen) -> None:
    """One read does not wait for the other."""
    both = threading.Barrier(2, timeout=5)

    def answer(_: bytes) -> tuple[Any, ...]:
        both.wait()
        return (200, {"results": []})

    assert Reason.NO_ROW == connect(base_url=listen(answer).url).may_email(JANE, NEWS).reason


def test_unspecified_may_be_allowed(connect: Connect) -> None:
    """Where the account's data privacy is off, silence may count as a yes; an opt-out never does."""
    client = connect()
    assert (True, Reason.UNSPECIFIED_ALLOWED) == (
        bool(decision := client.may_email(JANE, NEWS, unspecified="allow")),
        decision.reason,
    )
    assert not client.may_email(OPTED_OUT, NEWS, unspecified="allow")
    assert not client.may_email(JANE, 999, unspecified="allow")
    with pytest.raises(InvalidArgument, match=r"^unspecified: "):
        client.may_email(JANE, NEWS, unspecified="yes")  # type: ignore[arg-type]  # what a checker does not see


@silence
@pytest.mark.parametrize("read", ["get_statuses", "get_opt_outs"])
def test_a_read_that_says_nothing_is_a_no(
    box: Sandbox, connect: Connect, read: str, fault: dict[str, Any]
) -> None:
    """Whatever is wrong with either read, nobody is mailed, and the error is told."""
    # opt-outs only have rows of people who opted out; without a change to a row the fault needs none
    email = SUBSCRIBED if read == "get_statuses" else OPTED_OUT
    box.fail(Fault(operation=read, **fault))
    decision = connect().may_email(email, NEWS)
    assert (False, Reason.NO_ANSWER) == (bool(decision), decision.reason)
    assert isinstance(decision.error, PreferencesError)
    assert "@" not in repr(decision)


@pytest.mark.parametrize(
    "fault",
    [
        *(fault for fault in SILENCE if not {"fields", "without", "errors"} & set(fault)),
        *({"fields": {"id": wrong}} for wrong in (None, "seven", 7.5, ["7"])),
        {"without": ("id",)},
    ],
    ids=str,
)
def test_a_name_that_cannot_be_looked_up_is_a_no(box: Sandbox, connect: Connect, fault: dict[str, Any]) -> None:
    """Where the subscription types cannot be read, the decision is a no, not an exception."""
    box.fail(Fault(operation="list_definitions", **fault))
    decision = connect().may_email(SUBSCRIBED, "Marketing Information")
    assert (False, Reason.NO_ANSWER) == (bool(decision), decision.reason)


def test_a_name_that_does_not_exist_is_the_callers_mistake(connect: Connect) -> None:
    """A misspelt name raises: denying quietly would hide it for ever."""
    with pytest.raises(UnknownSubscription):
        connect().may_email(SUBSCRIBED, "Marketing")


@pytest.mark.parametrize("fault", HARMLESS, ids=str)
def test_what_says_the_same_stays_a_yes(box: Sandbox, connect: Connect, fault: dict[str, Any]) -> None:
    """Another order, unknown fields and values elsewhere, another 2xx: the answer is the same."""
    box.fail(Fault(times=None, **fault))
    client = connect()
    assert client.may_email(SUBSCRIBED, NEWS)
    assert not client.may_email("returned@example.com", NEWS)
    assert client.is_opted_out("returned@example.com")


@pytest.mark.parametrize(
    ("read", "email", "fields", "reason"),
    [
        ("get_statuses", SUBSCRIBED, {"status": "PAUSED"}, Reason.UNKNOWN_STATE),
        ("get_statuses", SUBSCRIBED, {"status": "subscribed"}, Reason.UNKNOWN_STATE),
        ("get_statuses", SUBSCRIBED, {"subscriberIdString": "x@example.com"}, Reason.NO_ANSWER),
        ("get_statuses", SUBSCRIBED, {"subscriptionId": 1}, Reason.NO_ROW),
        ("get_opt_outs", "returned@example.com", {"status": "PAUSED"}, Reason.UNKNOWN_STATE),
        ("get_opt_outs", "returned@example.com", {"subscriberIdString": "x@example.com"}, Reason.NO_ANSWER),
        ("get_opt_outs", "returned@example.com", {"wideStatusType": "GALAXY_WIDE"}, Reason.OPTED_OUT),
        ("get_opt_outs", "returned@example.com", {"status": "SUBSCRIBED"}, Reason.SUBSCRIBED),
    ],
)
def test_rows_that_say_something_else(
    box: Sandbox, connect: Connect, read: str, email: str, fields: dict[str, Any], reason: Reason
) -> None:
    """Unknown states, other people's rows and missing ones each have their reason."""
    box.fail(Fault(operation=read, fields=fields))
    decision = connect().may_email(email, NEWS)
    assert (reason is Reason.SUBSCRIBED, reason) == (bool(decision), decision.reason)


def test_a_row_that_is_missing_is_a_no(box: Sandbox, connect: Connect) -> None:
    """No row for the subscription type: nobody said yes."""
    box.fail(Fault(operation="get_statuses", rows="drop", subscription_id=NEWS))
    assert Reason.NO_ROW == connect().may_email(SUBSCRIBED, NEWS, unspecified="allow").reason


def test_a_read_in_time_or_a_no(box: Sandbox, connect: Connect) -> None:
    """A reply that does not come in time is no answer."""
    box.fail(Fault(operation="get_opt_outs", delay=5))
    decision = connect(timeout=0.5).may_email(SUBSCRIBED, NEWS)
    assert not decision
    assert isinstance(decision.error, TimedOut)


def test_an_opt_out_of_a_brand_concerns_that_brand(connect: Connect) -> None:
    """Who left one brand may still be mailed by the other; who left the account by none."""
    with Sandbox(token="demo", brands=(0, 5)) as brands:
        client = connect(base_url=brands.url)
        for subscription in (NEWS, 8001):
            client.set_status(JANE, subscription, "SUBSCRIBED")
        assert client.may_email(JANE, 8001)
        client.unsubscribe_all(JANE, business_unit_id=5)
        client.set_status(JANE, 8001, "SUBSCRIBED")  # the type says yes again, the brand's opt-out stays
        assert (True, Reason.OPTED_OUT) == (
            bool(client.may_email(JANE, NEWS)),
            client.may_email(JANE, 8001).reason,
        )
        assert (False, True, True) == (
            client.is_opted_out(JANE, business_unit_id=0),
            client.is_opted_out(JANE, business_unit_id=5),
            client.is_opted_out(JANE),
        )


# Opted out of everything?


@silence
def test_is_opted_out_never_says_no_for_want_of_an_answer(
    box: Sandbox, connect: Connect, fault: dict[str, Any]
) -> None:
    """A read that says nothing raises: False would be a yes to mailing."""
    box.fail(Fault(operation="get_opt_outs", **fault))
    with pytest.raises(PreferencesError) as caught:
        connect().is_opted_out(OPTED_OUT)
    assert "@" not in str(caught.value)
    assert "@" not in repr(caught.value)


@pytest.mark.parametrize(
    "fields", [{"status": "PAUSED"}, {"status": "subscribed"}, {"subscriberIdString": "x@example.com"}]
)
def test_is_opted_out_takes_no_row_for_a_no_that_is_none(
    box: Sandbox, connect: Connect, fields: dict[str, Any]
) -> None:
    """An unknown state, or somebody else's row, is not an answer about this person."""
    box.fail(Fault(fields=fields))
    with pytest.raises(UnreadableReply):
        connect().is_opted_out(OPTED_OUT)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], False),
        (["SUBSCRIBED"], False),
        (["NOT_SPECIFIED"], False),
        (["SUBSCRIBED", "UNSUBSCRIBED"], True),
        (["PAUSED", "UNSUBSCRIBED"], True),
    ],
)
def test_any_row_that_says_so_is_an_opt_out(
    connect: Connect, listen: Listen, rows: list[str], expected: bool
) -> None:
    """Not whether there are rows counts, but whether any says UNSUBSCRIBED."""
    wide = {"results": [{"subscriberIdString": JANE, "status": row} for row in rows]}
    server = listen(lambda request: (200, wide if b"unsubscribe-all" in request else {"results": []}))
    assert expected is connect(base_url=server.url).is_opted_out(JANE)


# The guard before subscribing


@pytest.mark.parametrize(
    ("email", "subscription", "why"),
    [
        ("unsubscribed@example.com", NEWS, Reason.UNSUBSCRIBED),
        ("mixed@example.com", UPDATES, Reason.UNSUBSCRIBED),
        (OPTED_OUT, NEWS, Reason.OPTED_OUT),
        ("returned@example.com", UPDATES, Reason.OPTED_OUT),
    ],
)
def test_subscribe_does_not_undo_an_opt_out(
    box: Sandbox, client: Preferences, email: str, subscription: int, why: Reason
) -> None:
    """Somebody who said no is not subscribed; the error says why and what would be needed."""
    before = box.state(email, subscription)
    with pytest.raises(WouldResubscribe, match=f"{why}.*resubscribe=True") as caught:
        client.subscribe(email, subscription, **WISH)
    assert before == box.state(email, subscription)
    assert [] == written(box)
    assert "@" not in str(caught.value)


@pytest.mark.parametrize("email", [SUBSCRIBED, "withdrawn@example.com", "never-asked@example.com"])
def test_subscribe_whoever_never_said_no(box: Sandbox, client: Preferences, email: str) -> None:
    """Nothing speaks against these."""
    status = client.subscribe(email, NEWS, **WISH)
    assert ("SUBSCRIBED", "Asked for it by phone") == (status.state, status.legal_basis_explanation)
    assert "SUBSCRIBED" == box.state(email, NEWS)


def test_subscribe_whom_hubspot_does_not_know(box: Sandbox, connect: Connect) -> None:
    """Whether an unknown address is a 404 is not known: then nobody opted out."""
    box.fail(Fault(operation="get_statuses", status=404), Fault(operation="get_opt_outs", status=404))
    connect().subscribe(JANE, NEWS)
    assert "SUBSCRIBED" == box.state(JANE, NEWS)


@pytest.mark.parametrize("fault", SILENCE, ids=str)
@pytest.mark.parametrize("read", ["get_statuses", "get_opt_outs"])
def test_subscribe_writes_nothing_after_a_read_that_failed(
    box: Sandbox, connect: Connect, read: str, fault: dict[str, Any]
) -> None:
    """Without both answers the guard cannot tell, so nothing is written."""
    box.fail(Fault(operation=read, **fault))
    with pytest.raises(PreferencesError):
        connect().subscribe(OPTED_OUT if read == "get_opt_outs" else "unsubscribed@example.com", NEWS)
    assert [] == written(box)


@pytest.mark.parametrize(
    ("read", "email"), [("get_statuses", "unsubscribed@example.com"), ("get_opt_outs", "returned@example.com")]
)
@pytest.mark.parametrize(
    ("fields", "why"),
    [({"status": "PAUSED"}, "does not know")],
)
def test_subscribe_refuses_what_it_does_not_understand(
    box: Sandbox, connect: Connect, read: str, email: str, fields: dict[str, Any], why: str
) -> None:
    """An unknown state may be a no."""
    box.fail(Fault(operation=read, fields=fields))
    with pytest.raises(WouldResubscribe, match=why):
        connect().subscribe(email, NEWS)
    assert [] == written(box)


@pytest.mark.parametrize("missing", ["legal_basis", "legal_basis_explanation"])
def test_resubscribing_needs_the_persons_wish_in_writing(box: Sandbox, connect: Connect, missing: str) -> None:
    """resubscribe=True without a legal basis or its explanation sends nothing."""
    with pytest.raises(InvalidArgument, match=rf"^{missing}: needed"):
        connect().subscribe(OPTED_OUT, NEWS, **{**WISH, missing: None}, resubscribe=True)
    assert () == box.log


@pytest.mark.parametrize("resubscribe", [1, "yes", None])
def test_resubscribe_is_a_bool(box: Sandbox, connect: Connect, resubscribe: Any) -> None:
    """An opt-out is not undone by something that happens to be true."""
    with pytest.raises(InvalidArgument, match=r"^resubscribe: "):
        connect().subscribe(OPTED_OUT, NEWS, **WISH, resubscribe=resubscribe)
    assert () == box.log


def test_resubscribing(box: Sandbox, client: Preferences) -> None:
    """With both, one write undoes the opt-out and says so."""
    status = client.subscribe("unsubscribed@example.com", NEWS, **WISH, resubscribe=True)
    assert SetStatusSuccessReason.RESUBSCRIBE_OCCURRED == status.reason
    assert "SUBSCRIBED" == box.state("unsubscribed@example.com", NEWS)
    assert ["set_status", "get_opt_outs"] == [entry.operation for entry in box.log]
    assert status.warning is None


def test_resubscribing_does_not_hide_an_opt_out_from_everything(client: Preferences) -> None:
    """Subscribed, and still not mailed: a preference centre has to say so."""
    status = client.subscribe(OPTED_OUT, NEWS, **WISH, resubscribe=True)
    assert ("SUBSCRIBED", "opted out of all e-mail") == (status.state, status.warning)
    decision = client.may_email(OPTED_OUT, NEWS)
    assert (False, status.warning) == (bool(decision), decision.reason)


def test_a_name_that_moved_to_another_type_is_not_answered_for_the_old_one(
    connect: Connect, listen: Listen
) -> None:
    """Names are remembered; the row of the old type tells that they are not what they were."""
    names = {7: "News"}
    row = {"subscriberIdString": JANE, "businessUnitId": 0}
    rows = [
        {**row, "subscriptionId": 7, "status": "SUBSCRIBED"},
        {**row, "subscriptionId": 8, "status": "UNSUBSCRIBED"},
    ]

    def answer(request: bytes) -> tuple[Any, ...]:
        line = request.split(b"\r\n")[0]
        if b"definitions" in line:
            return (200, {"results": [{"id": str(number), "name": name} for number, name in names.items()]})
        named = [{**row, "subscriptionName": names.get(int(str(row["subscriptionId"])))} for row in rows]
        return (200, {"results": [] if b"unsubscribe-all" in line else named})

    client = connect(base_url=listen(answer).url)
    assert Reason.SUBSCRIBED == client.may_email(JANE, "News").reason
    names.update({7: "Old", 8: "News"})
    assert Reason.UNSUBSCRIBED == client.may_email(JANE, "News").reason


def test_an_account_with_data_privacy_on(connect: Connect) -> None:
    """There HubSpot itself wants a legal basis."""
    with Sandbox(token="demo", data_privacy=True) as strict:
        client = connect(base_url=strict.url)
        with pytest.raises(BadRequest):
            client.subscribe(JANE, NEWS)
        assert "SUBSCRIBED" == client.subscribe(JANE, NEWS, **WISH).state


# An opt-out between the reads and the write

STALE = (
    Fault(operation="get_statuses", fields={"status": "NOT_SPECIFIED"}),
    Fault(operation="get_opt_outs", rows="drop"),
)


@pytest.mark.parametrize("email", ["unsubscribed@example.com", OPTED_OUT])
def test_an_opt_out_at_the_same_moment_is_put_back(box: Sandbox, client: Preferences, email: str) -> None:
    """The write turns out to have undone an opt-out: it is taken back, and the caller told."""
    box.fail(*STALE)
    with pytest.raises(WouldResubscribe, match="put back"):
        client.subscribe(email, NEWS)
    assert ["SUBSCRIBED", "UNSUBSCRIBED"] == written(box)
    assert "UNSUBSCRIBED" == box.state(email, NEWS)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(operation="set_status", status=403, skip=1), Forbidden),
        (Fault(operation="set_status", status=502, skip=1), APIError),
        (Fault(operation="set_status", fields={"status": "SUBSCRIBED"}, skip=1), UnreadableReply),
    ],
)
def test_an_opt_out_that_cannot_be_put_back_is_told(
    box: Sandbox, connect: Connect, fault: Fault, error: type[Exception]
) -> None:
    """The worst case: somebody who said no is subscribed. It must not pass for an ordinary failure."""
    box.fail(*STALE, fault)
    with pytest.raises(WouldResubscribe, match=r"subscribed all the same.*Unsubscribe them") as caught:
        connect().subscribe("unsubscribed@example.com", NEWS)
    assert isinstance(caught.value.__cause__, error)
    assert "@" not in str(caught.value)


def test_putting_back_gives_a_legal_basis_where_hubspot_wants_one(connect: Connect) -> None:
    """With data privacy on, a no may need a basis as well: without one HubSpot refuses to put it back."""
    with Sandbox(token="demo", data_privacy=True) as strict:
        strict.fail(*STALE)
        with pytest.raises(WouldResubscribe, match="the opt-out was put back"):
            connect(base_url=strict.url).subscribe("unsubscribed@example.com", NEWS, **WISH)
        assert ["SUBSCRIBED", "UNSUBSCRIBED", "UNSUBSCRIBED"] == written(strict)
        assert [None, "CONSENT_WITH_NOTICE"] == [
            entry.body.get("legalBasis")
            for entry in strict.log
            if entry.body and entry.body["statusState"] == "UNSUBSCRIBED"
        ]
        assert "UNSUBSCRIBED" == strict.state("unsubscribed@example.com", NEWS)


def test_putting_back_is_retried(box: Sandbox, connect: Connect) -> None:
    """A passing failure does not keep an opt-out from being put back."""
    box.fail(*STALE, Fault(operation="set_status", status=503, skip=1), Fault(disconnect="before", skip=4))
    with pytest.raises(WouldResubscribe, match="put back"):
        connect(retry=Retry(base=0)).subscribe("unsubscribed@example.com", NEWS)
    assert "UNSUBSCRIBED" == box.state("unsubscribed@example.com", NEWS)


@pytest.mark.parametrize("email", ["unsubscribed@example.com", SUBSCRIBED, "new@example.com"])
def test_a_subscribe_that_was_not_answered_may_have_undone_an_opt_out(
    box: Sandbox, connect: Connect, email: str
) -> None:
    """The second try says that nothing changed: the first one did it, and what it undid nobody knows."""
    box.fail(STALE[0], Fault(operation="set_status", status=502, carried_out=True))
    with pytest.raises(UnreadableReply, match=r"nobody knows whether an opt-out .* was undone") as caught:
        connect(retry=Retry(base=0)).subscribe(email, NEWS)
    assert caught.value.uncertain
    assert "SUBSCRIBED" == box.state(email, NEWS)


def test_a_second_try_of_subscribe_may_be_certain(box: Sandbox, connect: Connect) -> None:
    """Where it changed something the first one did not; and who undoes an opt-out on purpose need not know."""
    client = connect(retry=Retry(base=0))
    box.fail(Fault(operation="set_status", status=502))
    assert "SUBSCRIBED" == client.subscribe("new@example.com", NEWS).state
    box.fail(*STALE, Fault(operation="set_status", status=502))
    with pytest.raises(WouldResubscribe, match="put back"):
        client.subscribe("unsubscribed@example.com", NEWS)
    box.fail(Fault(operation="set_status", status=502, carried_out=True))
    assert "SUBSCRIBED" == client.subscribe("unsubscribed@example.com", NEWS, **WISH, resubscribe=True).state
    box.fail(Fault(operation="set_status", status=429, retry_after=0))
    assert "SUBSCRIBED" == client.subscribe("unsubscribed@example.com", NEWS).state


# Writes


@pytest.mark.parametrize("email", [JANE, OPTED_OUT])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(rows="drop"),
        Fault(rows="null"),
        Fault(rows="malformed"),
        Fault(fields={"status": "NOT_SPECIFIED"}),
        Fault(fields={"status": "PAUSED"}),
        Fault(fields={"subscriberIdString": "x@example.com"}),
        Fault(fields={"subscriptionId": UPDATES}),
        Fault(without=("status",)),
        Fault(without=("subscriptionId",)),
        Fault(envelope={"status": "PENDING"}),
        Fault(envelope={"numErrors": 1}),
        Fault(body="{}", carried_out=True),
        Fault(body="", carried_out=True),
    ],
)
def test_a_write_that_is_not_confirmed_raises(box: Sandbox, connect: Connect, email: str, fault: Fault) -> None:
    """A reply of success without the state that was asked for is no success, but an uncertain one."""
    box.fail(fault)
    with pytest.raises(UnreadableReply) as caught:
        connect().unsubscribe(email, NEWS)
    assert caught.value.uncertain
    assert "@" not in str(caught.value)


def test_a_lost_reply_to_a_write_is_tried_again(box: Sandbox, connect: Connect) -> None:
    """Setting a state twice sets it once, so the second try may tell NO_STATUS_CHANGE."""
    box.fail(Fault(status=502, carried_out=True))
    status = connect(retry=Retry(base=0)).unsubscribe(SUBSCRIBED, NEWS)
    assert ("UNSUBSCRIBED", "NO_STATUS_CHANGE") == (status.state, status.reason)


@pytest.mark.parametrize("fault", [Fault(disconnect="headers"), Fault(status=500, carried_out=True)])
def test_a_lost_reply_to_a_write_is_uncertain(box: Sandbox, connect: Connect, fault: Fault) -> None:
    """Without another try the error says that it may have happened; here it has."""
    box.fail(fault)
    with pytest.raises(PreferencesError) as caught:
        connect().unsubscribe(SUBSCRIBED, NEWS)
    assert caught.value.uncertain
    assert "UNSUBSCRIBED" == box.state(SUBSCRIBED, NEWS)


def test_links_of_somebody_else_are_refused(box: Sandbox, connect: Connect) -> None:
    """A link that is another person's would let one unsubscribe, or read, the other."""
    box.fail(Fault(fields={"subscriberIdString": "x@example.com"}))
    with pytest.raises(UnreadableReply):
        connect().links(JANE)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "error", "message": "No.", "category": "VALIDATION_ERROR"},
        {"message": "No.", "correlationId": "abc", "subscriberIdString": JANE},
        {"managePreferencesUrl": None, "unsubscribeAllUrl": None},
    ],
    ids=str,
)
def test_what_holds_no_links_is_refused(connect: Connect, listen: Listen, body: dict[str, Any]) -> None:
    """An error under a status of success must not become an empty link in an e-mail."""
    with pytest.raises(UnreadableReply):
        connect(base_url=listen(lambda _: (200, body)).url).links(JANE)


def test_an_archived_subscription_type_is_hubspots_to_refuse(connect: Connect) -> None:
    """A 400 is a BadRequest with HubSpot's own category."""
    with pytest.raises(BadRequest) as caught:
        connect().subscribe(JANE, CATALOGUE)
    assert "VALIDATION_ERROR" == caught.value.category


# Where one answer is not enough


def test_a_brand_of_its_own_is_asked_for(connect: Connect, listen: Listen) -> None:
    """That no brand means every brand is not documented for single reads: the type's own brand decides."""
    row = {"subscriberIdString": JANE, "subscriptionId": 8, "status": "SUBSCRIBED", "businessUnitId": 5}
    wide = {"subscriberIdString": JANE, "status": "UNSUBSCRIBED", "wideStatusType": "BUSINESS_UNIT_WIDE"}

    def answer(request: bytes) -> tuple[Any, ...]:
        line = request.split(b"\r\n")[0]
        if b"unsubscribe-all" not in line:
            return (200, {"results": [row]})
        return (200, {"results": [{**wide, "businessUnitId": 5}] if b"businessUnitId=5" in line else []})

    client = connect(base_url=listen(answer).url)
    assert Reason.OPTED_OUT == client.may_email(JANE, 8).reason
    with pytest.raises(WouldResubscribe, match="opted out of all e-mail"):
        client.subscribe(JANE, 8)


def test_another_channel_is_no_yes(box: Sandbox, connect: Connect) -> None:
    """Who said yes to another channel did not say yes to e-mail."""
    box.fail(Fault(operation="get_statuses", fields={"channel": "WHATSAPP"}))
    assert Reason.NO_ROW == connect().may_email(SUBSCRIBED, NEWS).reason


@pytest.mark.parametrize("channel", ["WHATSAPP", "", "email"])
def test_a_no_on_any_channel_is_a_no(connect: Connect, listen: Listen, channel: str) -> None:
    """A row that says no stands beside one that says yes: whatever its channel, nobody is mailed."""
    row = {"subscriberIdString": JANE, "subscriptionId": NEWS, "status": "SUBSCRIBED", "channel": "EMAIL"}
    rows = [
        {**row, "businessUnitId": 0},
        {**row, "businessUnitId": 0, "status": "UNSUBSCRIBED", "channel": channel},
    ]
    server = listen(lambda request: (200, {"results": [] if b"unsubscribe-all" in request else rows}))
    assert Reason.UNSUBSCRIBED == connect(base_url=server.url).may_email(JANE, NEWS).reason


def test_two_people_with_like_letters_stay_two(connect: Connect, listen: Listen) -> None:
    """The Kelvin sign is small k in lower case: a row about kate is none about her namesake."""
    kelvin = "\u212aate@example.com"
    rows = {
        "results": [{"subscriberIdString": "kate@example.com", "subscriptionId": NEWS, "status": "SUBSCRIBED"}]
    }
    client = connect(base_url=listen(lambda _: (200, rows)).url)
    with pytest.raises(UnreadableReply, match="another address"):
        client.statuses(kelvin)
    assert not client.may_email(kelvin, NEWS)
    result = client.batch.opt_outs([kelvin, "kate@example.com"])
    assert 2 == len({outcome.input for outcome in result})


def test_an_archived_type_gives_way_to_its_namesake(connect: Connect, listen: Listen) -> None:
    """An archived type is found by its name, unless a type in use has it."""
    types = [
        {"id": "1", "name": "News", "isActive": False},
        {"id": "2", "name": "News", "isActive": True},
        {"id": "3", "name": "Catalogue", "isActive": False},
    ]
    rows = [{"subscriberIdString": JANE, "subscriptionId": number, "status": "SUBSCRIBED"} for number in (2, 3)]

    def answer(request: bytes) -> tuple[Any, ...]:
        line = request.split(b"\r\n")[0]
        return (200, {"results": types if b"definitions" in line else [] if b"unsub" in line else rows})

    client = connect(base_url=listen(answer).url)
    assert Reason.SUBSCRIBED == client.may_email(JANE, "News").reason
    assert Reason.SUBSCRIBED == client.may_email(JANE, "Catalogue").reason


def test_a_wrong_id_is_no_opt_out(connect: Connect) -> None:
    """Nothing advises to override an opt-out where only the id is wrong."""
    with pytest.raises(WouldResubscribe, match=r"no row for this subscription type\. Is the id") as caught:
        connect().subscribe(JANE, 999)
    assert "resubscribe=True" not in str(caught.value)
