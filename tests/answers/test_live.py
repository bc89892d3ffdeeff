"""Two versions asked about the same people, over real HTTP: what goes wrong on one of them is never "same"."""

import gc
import hmac
import json
import re
import signal
import threading
import time
import tracemalloc
from collections.abc import Iterator
from itertools import count, permutations
from typing import Any, Final

import httpx
import pytest
from attrs import evolve
from tests.conftest import VERSIONS, Listen

from hubspot_preferences import (
    AccountLocked,
    DailyLimitReached,
    Forbidden,
    InvalidArgument,
    Preferences,
    Retry,
    TimedOut,
    TransportError,
    Unauthorized,
    UnsupportedInVersion,
    versions,
)
from hubspot_preferences.answers import ParityReport, compare_live, live
from hubspot_preferences.answers.asking import Answer
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.versions import VersionName

A: Final = "v4"
B: Final = "2026-03"
NEWS, SERVICE = 7001, 7002
SUBSCRIBED, UNSUBSCRIBED = "subscribed@example.com", "unsubscribed@example.com"
OPTED_OUT, RETURNED = "opted-out@example.com", "returned@example.com"
PEOPLE = [
    SUBSCRIBED,
    UNSUBSCRIBED,
    OPTED_OUT,
    RETURNED,
    *(f"{name}@example.com" for name in ("mixed", "withdrawn", "never-asked", "unheard-of")),
    "o'hara+news@EXAMPLE.com",
]
ALL = len(PEOPLE)
STATES, OPT_OUTS = "batch_read_statuses", "batch_read_opt_outs"
DECISION = "decisions: decision"
NO_BATCHES = (Fault(operation=STATES, status=403, times=None), Fault(operation=OPT_OUTS, status=403, times=None))


@pytest.fixture
def prefs(box: Sandbox) -> Iterator[Preferences]:
    """A client of the sandbox that neither retries nor waits."""
    with Preferences(box.token, base_url=box.url, retry=None, limiter=None) as client:
        yield client


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of two addresses at first and of four afterwards."""
    monkeypatch.setattr(live, "SINGLY", 2)
    monkeypatch.setattr(live, "WINDOW", 4)


def crowd(size: int) -> list[str]:
    """So many people of whom nobody ever heard."""
    return [f"person-{number}@example.com" for number in range(size)]


def counted(report: ParityReport) -> dict[str, int]:
    """Where the addresses were counted; nothing that is zero. Each is in exactly one place."""
    found = {name: getattr(report, name) for name in ("identical", "different", "unreadable", "unknown")}
    assert report.compared == sum(found.values())
    return {name: number for name, number in found.items() if number}


def asked(box: Sandbox) -> list[tuple[str | None, str | None]]:
    """Version and operation of every request so far, but for definitions."""
    return [(entry.version, entry.operation) for entry in box.log if entry.operation != "list_definitions"]


def lacks(monkeypatch: pytest.MonkeyPatch, *operations: str) -> None:
    """Have the newer version lack operations."""
    for operation in operations:
        monkeypatch.setattr(versions.load(B), operation, None)


# Nothing goes wrong


@pytest.mark.parametrize(("a", "b"), list(permutations(VERSIONS, 2)))
def test_versions_that_agree_are_the_same(box: Sandbox, prefs: Preferences, a: str, b: str) -> None:
    """Everybody whom the sandbox knows and people whom it does not: two batches on each version, and no doubt."""
    report = compare_live(prefs, versions.version(a), versions.version(b), iter(PEOPLE))
    assert ("same", True, {"identical": ALL}) == (report.verdict, report.same, counted(report))
    assert (0, 0, {}, (), (), None, None) == (
        report.newly_allowed,
        report.invalid,
        report.by_field,
        report.definitions,
        report.listed,
        report.stopped,
        report.undefined,
    )
    assert [(a, 3, 0, {}), (b, 3, 0, {})] == [
        (side.version, side.requests, side.unreadable, side.reasons) for side in (report.a, report.b)
    ]
    assert sorted([(a, STATES), (a, OPT_OUTS), (b, STATES), (b, OPT_OUTS)]) == sorted(asked(box), key=str)
    assert "@" not in repr(report)


@pytest.mark.parametrize("version", [None, A, B])
def test_without_batches_the_same_comes_out(
    box: Sandbox, prefs: Preferences, caplog: pytest.LogCaptureFixture, small: None, version: str | None
) -> None:
    """Batches forbidden on either version: single calls on both for the whole run, after one try and one line."""
    box.fail(*(Fault(operation=each.operation, version=version, status=403, times=None) for each in NO_BATCHES))
    report = compare_live(prefs, A, B, PEOPLE)
    assert ("same", {"identical": ALL}, None) == (report.verdict, counted(report), report.stopped)
    single = [each for each in asked(box) if each[1] in ("get_statuses", "get_opt_outs")]
    assert {(each, read): ALL for each in (A, B) for read in ("get_statuses", "get_opt_outs")} == {
        each: single.count(each) for each in single
    }
    assert 4 == len(asked(box)) - len(single)
    assert 1 == len(caplog.records)
    assert "@" not in caplog.text


def test_a_version_without_batches_is_read_by_single_calls(
    prefs: Preferences, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operation that a version lacks does not end the comparison where there is another way."""
    lacks(monkeypatch, "batch_read_statuses")
    assert "same" == compare_live(prefs, A, B, PEOPLE).verdict


def test_brands_are_asked_for_by_single_calls(small: None) -> None:
    """A single call may hide another brand's opt-outs: those of every brand with a type are asked for."""
    with (
        Sandbox(brands=(0, 5, 6), enterprise=False) as box,
        Preferences(box.token, base_url=box.url, retry=None, limiter=None) as prefs,
    ):
        assert "same" == compare_live(prefs, A, B, [SUBSCRIBED]).verdict
        brands = [
            (entry.version, entry.query.get("businessUnitId"))
            for entry in box.log
            if entry.operation == "get_opt_outs"
        ]
        assert {(version, brand) for version in (A, B) for brand in (None, "5", "6")} == set(brands)
        box.fail(Fault(version=B, operation="get_statuses", fields={"businessUnitId": -1}))
        report = compare_live(prefs, A, B, [SUBSCRIBED])
        assert ({"different": 1}, {"UnreadableReply": 1}) == (counted(report), report.b.reasons)
        assert {"statuses: business_unit_id"} == set(report.by_field)


@pytest.mark.parametrize(
    ("hidden", "verdict"),
    [
        # by both from the question without a brand, and by the newer one from that about the brand as well
        ([Fault(version=A, rows="drop"), Fault(version=B, rows="drop", times=None)], "different"),
        # by the newer one from the question about the brand only: the other one told
        ([Fault(version=B, rows="drop", skip=1)], "same"),
    ],
    ids=["hidden", "told"],
)
def test_a_brands_opt_out_is_what_either_question_tells(hidden: list[Fault], verdict: str) -> None:
    """Both replies together are the answer."""
    with (
        Sandbox(brands=(0, 5), enterprise=False) as box,
        Preferences(box.token, base_url=box.url, retry=None, limiter=None) as prefs,
    ):
        prefs.unsubscribe_all(SUBSCRIBED, business_unit_id=5)
        box.fail(*(evolve(each, operation="get_opt_outs") for each in hidden))
        report = compare_live(prefs, A, B, [SUBSCRIBED])
        assert (verdict, {verdict if verdict == "different" else "identical": 1}) == (
            report.verdict,
            counted(report),
        )


def test_what_trying_again_gets_over_is_no_difference(box: Sandbox) -> None:
    """The client's own retry is used; each try is a request."""
    box.fail(
        Fault(version=B, operation=STATES, status=502), Fault(version=B, operation=OPT_OUTS, disconnect="body")
    )
    with Preferences(box.token, base_url=box.url, retry=Retry(base=0), limiter=None) as prefs:
        report = compare_live(prefs, A, B, PEOPLE)
    assert ("same", 3, 5) == (report.verdict, report.a.requests, report.b.requests)


# Something goes wrong on one version

LIES: dict[str, tuple[dict[str, Any], dict[str, int], int]] = {
    # what goes wrong: the fault, differing addresses by field, how many of these b would newly have mailed
    "a row is dropped": (
        {"operation": STATES, "rows": "drop", "nested": True, "subscription_id": NEWS, "addresses": [SUBSCRIBED]},
        {"statuses: row": 1, DECISION: 1},
        0,
    ),
    "a no is dropped": (
        {"operation": STATES, "rows": "drop", "nested": True, "addresses": [UNSUBSCRIBED]},
        {"statuses: row": 1, DECISION: 1},
        0,
    ),
    "an opt-out is dropped": (
        {"operation": OPT_OUTS, "rows": "drop", "nested": True, "addresses": [RETURNED]},
        {"opt_outs: row": 1, DECISION: 1},
        1,
    ),
    "every opt-out is dropped": (
        {"operation": OPT_OUTS, "rows": "drop", "nested": True},
        {"opt_outs: row": 2, DECISION: 2},
        1,  # the other one is unsubscribed from each type as well
    ),
    "an opt-out is turned round": (
        {"operation": OPT_OUTS, "fields": {"status": "SUBSCRIBED"}, "addresses": [RETURNED]},
        {"opt_outs: state": 1, DECISION: 1},
        1,
    ),
    "a no becomes a yes": (
        {"operation": STATES, "fields": {"status": "SUBSCRIBED"}, "addresses": [UNSUBSCRIBED]},
        {"statuses: state": 1, DECISION: 1},
        1,
    ),
    "a yes becomes a no": (
        {"operation": STATES, "fields": {"status": "UNSUBSCRIBED"}, "addresses": [SUBSCRIBED]},
        {"statuses: state": 1, DECISION: 1},
        0,
    ),
    "a no becomes a maybe": (  # which may be mailed where unspecified="allow"
        {
            "operation": STATES,
            "fields": {"status": "NOT_SPECIFIED"},
            "addresses": [UNSUBSCRIBED],
            "subscription_id": NEWS,
        },
        {"statuses: state": 1, DECISION: 1},
        1,
    ),
    "a state nobody knows": (
        {"operation": STATES, "fields": {"status": "PAUSED"}, "addresses": [SUBSCRIBED]},
        {"statuses: state": 1, DECISION: 1},
        0,
    ),
    "an opt-out state nobody knows": (
        {"operation": OPT_OUTS, "fields": {"status": "PAUSED"}, "addresses": [RETURNED]},
        {"opt_outs: state": 1, DECISION: 1},
        0,
    ),
    "a type is renamed": (
        {"operation": STATES, "fields": {"subscriptionName": "News"}, "subscription_id": NEWS},
        {"statuses: subscription_name": ALL},
        0,
    ),
    "an opt-out reaches less far": (
        {"operation": OPT_OUTS, "fields": {"wideStatusType": "BUSINESS_UNIT_WIDE"}},
        {"opt_outs: type": 2},
        0,
    ),
    "a type of opt-out nobody knows": (
        {"operation": OPT_OUTS, "fields": {"wideStatusType": "WORLD_WIDE"}},
        {"opt_outs: type": 2},
        0,
    ),
    "a legal basis is lost": (
        {"operation": STATES, "fields": {"legalBasis": None}},
        {"statuses: legal_basis": 2},
        0,
    ),
    "a brand is lost": (
        {"operation": STATES, "fields": {"businessUnitId": None}, "addresses": [SUBSCRIBED]},
        {"statuses: business_unit_id": 1},
        0,
    ),
}


def singly(fault: dict[str, Any]) -> Fault:
    """What does the same to the replies to single calls."""
    return Fault(
        **{
            **fault,
            "version": B,
            "operation": fault["operation"].replace("batch_read", "get"),
            "nested": False,
            "times": None,
        }
    )


@pytest.mark.parametrize("batches", [True, False])
@pytest.mark.parametrize("lie", LIES)
def test_a_version_that_answers_something_else_is_found(
    box: Sandbox, prefs: Preferences, lie: str, batches: bool
) -> None:
    """Every difference is counted once per address and by field, whoever else agrees, read either way."""
    fault, by_field, newly_allowed = LIES[lie]
    box.fail(*([Fault(version=B, times=None, **fault)] if batches else [*NO_BATCHES, singly(fault)]))
    report = compare_live(prefs, A, B, PEOPLE)
    different = max(by_field.values())
    assert ("different", by_field, newly_allowed) == (report.verdict, report.by_field, report.newly_allowed)
    assert {"identical": ALL - different, "different": different} == {"identical": 0, **counted(report)}
    assert different == len(report.listed)
    assert "@" not in repr(report.listed)


def test_the_other_direction_is_told_apart(box: Sandbox, prefs: Preferences) -> None:
    """A no of the newer version allows nobody newly; seen from there it does."""
    with box.faults(Fault(version=B, times=None, **LIES["a no becomes a yes"][0])):
        reports = compare_live(prefs, A, B, [UNSUBSCRIBED]), compare_live(prefs, B, A, [UNSUBSCRIBED])
        assert [1, 0] == [report.newly_allowed for report in reports]


SILENCE: dict[str, tuple[dict[str, Any], str, int]] = {
    # what goes wrong: the fault, the reason, for how many addresses
    "an address is left out": ({"rows": "drop", "addresses": [SUBSCRIBED]}, "UnreadableReply", 1),
    "everybody is left out": ({"rows": "drop"}, "UnreadableReply", ALL),
    "null instead of a row": ({"rows": "null", "addresses": [SUBSCRIBED]}, "UnreadableReply", 1),
    "no row but a word": ({"rows": "malformed"}, "UnreadableReply", ALL),
    "one failed by name": ({"errors": "context", "addresses": [SUBSCRIBED]}, "APIError", 1),
    "one failed without a name": ({"errors": "unmapped", "addresses": [SUBSCRIBED]}, "UnreadableReply", 1),
    "one failed, as a number": ({"errors": "count", "addresses": [SUBSCRIBED]}, "UnreadableReply", 1),
    "not finished": ({"envelope": {"status": "PENDING"}}, "UnreadableReply", ALL),
    "no results": ({"envelope": {"results": None}}, "UnreadableReply", ALL),
    "HTML": ({"body": "<html>maintenance</html>"}, "UnreadableReply", ALL),
    "half of JSON": ({"body": '{"results": ['}, "UnreadableReply", ALL),
    "nothing": ({"status": 204, "body": ""}, "UnreadableReply", ALL),
    "a list": ({"body": "[]"}, "UnreadableReply", ALL),
    "a redirect": ({"status": 307}, "APIError", ALL),
    "refused": ({"status": 400}, "BadRequest", ALL),
    "not there": ({"status": 404}, "NotFound", ALL),
    "a conflict": ({"status": 409}, "Conflict", ALL),
    "too fast": ({"status": 429}, "RateLimited", ALL),
    "broken": ({"status": 500}, "ServerError", ALL),
    "the edge": ({"status": 502}, "ServerError", ALL),
    "cut off at once": ({"disconnect": "before"}, "TransportError", ALL),
    "cut off after the headers": ({"disconnect": "headers"}, "TransportError", ALL),
    "cut off in the middle": ({"disconnect": "body"}, "TransportError", ALL),
}


@pytest.mark.parametrize("read", [STATES, OPT_OUTS])
@pytest.mark.parametrize("silence", SILENCE)
def test_a_version_that_does_not_answer_is_never_the_same(
    box: Sandbox, prefs: Preferences, silence: str, read: str
) -> None:
    """Whatever is wrong with a batch, those whom it concerns are unreadable, with the reason; nobody else is."""
    fault, reason, concerned = SILENCE[silence]
    if read == OPT_OUTS and fault.get("errors") in ("unmapped", "count"):
        # Who opted out of nothing has an empty row, as whose read failed may have.
        concerned = sum(not prefs.is_opted_out(email) for email in PEOPLE)
        box.clear_log()
    box.fail(Fault(version=B, operation=read, times=None, **fault))
    report = compare_live(prefs, A, B, PEOPLE)
    assert ("incomplete", False) == (report.verdict, report.same)
    assert {"identical": ALL - concerned, "unreadable": concerned} == {"identical": 0, **counted(report)}
    assert [(0, {}), (concerned, {reason: concerned})] == [
        (side.unreadable, side.reasons) for side in (report.a, report.b)
    ]
    assert {(version, each) for version in (A, B) for each in (STATES, OPT_OUTS)} == set(asked(box))


SINGLE_SILENCE: dict[str, tuple[dict[str, Any], str]] = {
    "an error among rows": ({"envelope": {"numErrors": 1}}, "UnreadableReply"),
    "HTML": ({"body": "<html>maintenance</html>"}, "UnreadableReply"),
    "refused": ({"status": 400}, "BadRequest"),
    "forbidden": ({"status": 403}, "Forbidden"),
    "broken": ({"status": 500}, "ServerError"),
    "cut off": ({"disconnect": "body"}, "TransportError"),
}


@pytest.mark.parametrize("read", ["get_statuses", "get_opt_outs"])
@pytest.mark.parametrize("silence", SINGLE_SILENCE)
def test_a_single_call_without_an_answer_is_never_the_same(
    box: Sandbox, prefs: Preferences, silence: str, read: str
) -> None:
    """One person's read that fails makes that person unreadable, and nobody else."""
    fault, reason = SINGLE_SILENCE[silence]
    box.fail(*NO_BATCHES, Fault(version=B, operation=read, addresses=[SUBSCRIBED], times=None, **fault))
    report = compare_live(prefs, A, B, PEOPLE)
    assert ("incomplete", {"identical": ALL - 1, "unreadable": 1}) == (report.verdict, counted(report))
    assert ({}, {reason: 1}) == (report.a.reasons, report.b.reasons)
    assert 2 * ALL >= len([each for each in asked(box) if each[0] == A and each[1] == read]) >= ALL


HALVES: dict[str, tuple[str, str, int]] = {
    # what differs: the lie, the read that fails, how many would be newly mailed
    "a state, opt-outs unread": ("a no becomes a yes", OPT_OUTS, 1),
    "an opt-out, states unread": ("an opt-out is turned round", STATES, 1),
    "a row, opt-outs unread": ("a row is dropped", OPT_OUTS, 0),
}


@pytest.mark.parametrize("batches", [True, False])
@pytest.mark.parametrize("failing", [A, B])
@pytest.mark.parametrize("half", HALVES)
def test_half_an_answer_does_not_hide_that_the_other_half_differs(
    box: Sandbox, prefs: Preferences, half: str, failing: str, batches: bool
) -> None:
    """What could be read from both is compared; single calls ask for nobody's opt-outs whose states are unread."""
    lie, unread, newly_allowed = HALVES[half]
    fault, by_field, _ = LIES[lie]
    fails = Fault(version=failing, operation=unread, status=500, times=None)
    if batches:
        box.fail(fails, Fault(version=B, times=None, **fault))
    else:
        box.fail(*NO_BATCHES, evolve(fails, operation=unread.replace("batch_read", "get")), singly(fault))
    report = compare_live(prefs, A, B, PEOPLE)
    told = batches or unread != STATES
    assert ("different" if told else "incomplete", told * newly_allowed) == (report.verdict, report.newly_allowed)
    assert (by_field if told else {}) == report.by_field
    assert {"different": told * 1, "unreadable": ALL - told} == {"different": 0, **counted(report)}
    reasons = {each.version: each.reasons for each in (report.a, report.b)}
    assert {A: {}, B: {}, failing: {"ServerError": ALL}} == reasons


def test_states_that_nobody_read_decide_nothing(box: Sandbox, prefs: Preferences) -> None:
    """Opt-outs that differ are told all the same."""
    box.fail(
        Fault(operation=STATES, status=500, times=None),
        Fault(version=B, times=None, **LIES["an opt-out is turned round"][0]),
    )
    report = compare_live(prefs, A, B, PEOPLE)
    assert ("different", {"opt_outs: state": 1}) == (report.verdict, report.by_field)
    assert {"different": 1, "unreadable": ALL - 1} == counted(report)


@pytest.mark.parametrize("read", [STATES, OPT_OUTS])
def test_the_older_version_may_be_the_one_that_does_not_answer(
    box: Sandbox, prefs: Preferences, read: str
) -> None:
    """Then its addresses are unreadable just the same."""
    box.fail(Fault(version=A, operation=read, status=500, times=None))
    report = compare_live(prefs, A, B, PEOPLE)
    assert ("incomplete", {"unreadable": ALL}) == (report.verdict, counted(report))
    assert ({"ServerError": ALL}, {}) == (report.a.reasons, report.b.reasons)


def test_both_versions_without_an_answer_are_told_apart(box: Sandbox, prefs: Preferences) -> None:
    """One address counts once, and each side tells its own reason."""
    box.fail(
        Fault(version=A, operation=STATES, status=500), Fault(version=B, operation=OPT_OUTS, disconnect="body")
    )
    report = compare_live(prefs, A, B, PEOPLE)
    assert {"unreadable": ALL} == counted(report)
    assert ({"ServerError": ALL}, {"TransportError": ALL}) == (report.a.reasons, report.b.reasons)


def test_a_version_that_times_out(box: Sandbox) -> None:
    """No answer in time is none; the requests count, and so does what they took."""
    box.fail(Fault(version=B, operation=STATES, delay=30))
    with Preferences(box.token, base_url=box.url, retry=None, limiter=None, timeout=0.5) as prefs:
        report = compare_live(prefs, A, B, PEOPLE)
    assert ("incomplete", {"unreadable": ALL}) == (report.verdict, counted(report))
    assert ({"TimedOut": ALL}, 3) == (report.b.reasons, report.b.requests)
    assert report.b.p95 is not None
    assert report.b.p95 > 0.4


@pytest.mark.parametrize(
    ("read", "fields"),
    [
        (STATES, {"status": "PAUSED"}),
        (STATES, {"legalBasis": "NEW_ONE"}),
        (OPT_OUTS, {"status": "PAUSED"}),
        (OPT_OUTS, {"wideStatusType": "WORLD_WIDE"}),
    ],
    ids=str,
)
def test_the_same_unknown_value_from_both_is_not_the_same(
    box: Sandbox, prefs: Preferences, read: str, fields: dict[str, str]
) -> None:
    """Nobody can say what it means, so nobody can say that it means the same."""
    box.fail(Fault(operation=read, fields=fields, addresses=[RETURNED], times=None))
    report = compare_live(prefs, A, B, PEOPLE)
    assert ("incomplete", {"identical": ALL - 1, "unknown": 1}) == (report.verdict, counted(report))


@pytest.mark.parametrize(
    ("version", "operations", "verdict", "by_field", "newly_allowed"),
    [
        (None, ["get_statuses", "get_opt_outs"], "same", set(), 0),
        (B, ["get_statuses", "get_opt_outs"], "different", {"statuses: found", "opt_outs: found", DECISION}, 0),
        (B, ["get_opt_outs"], "different", {"opt_outs: found", DECISION}, 0),
        # the types of which the person said nothing, where unspecified="allow"
        (A, ["get_statuses"], "different", {"statuses: found", DECISION}, 1),
    ],
)
def test_somebody_nobody_knows(
    box: Sandbox,
    prefs: Preferences,
    version: str | None,
    operations: list[str],
    verdict: str,
    by_field: set[str],
    newly_allowed: int,
) -> None:
    """A 404 from both versions is the same answer, from one of them it is another one, and no yes."""
    box.fail(
        *NO_BATCHES,
        *(
            Fault(version=version, operation=each, status=404, addresses=[UNSUBSCRIBED], times=None)
            for each in operations
        ),
    )
    report = compare_live(prefs, A, B, PEOPLE)
    assert (verdict, newly_allowed) == (report.verdict, report.newly_allowed)
    assert dict.fromkeys(by_field, 1) == report.by_field


def test_a_404_of_one_version_hides_no_yes_of_the_other(box: Sandbox, prefs: Preferences) -> None:
    """Where the older version knows nobody and the newer says yes, somebody is newly allowed."""
    box.fail(*NO_BATCHES, Fault(version=A, status=404, addresses=[SUBSCRIBED], times=None))
    assert 1 == compare_live(prefs, A, B, [SUBSCRIBED]).newly_allowed


# Subscription types


@pytest.mark.parametrize(
    ("fault", "differences"),
    [
        ({"fields": {"name": "News"}}, {("name", 5)}),
        ({"fields": {"isActive": False}}, {("is_active", 4)}),
        ({"rows": "drop"}, {("row", 5)}),
        ({"status": 404}, {("found", 1)}),
    ],
    ids=str,
)
def test_types_that_differ_are_found(
    box: Sandbox, prefs: Preferences, fault: dict[str, Any], differences: set[tuple[str, int]]
) -> None:
    """A name that one version gives to another type decides about the wrong mail: never the same."""
    box.fail(Fault(version=B, operation="list_definitions", **fault))
    report = compare_live(prefs, A, B, PEOPLE)
    assert ("different", {"identical": ALL}) == (report.verdict, counted(report))
    fields = [difference.field for difference in report.definitions]
    assert differences == {(each, fields.count(each)) for each in fields}
    assert {"definitions"} == {difference.about for difference in report.definitions}


@pytest.mark.parametrize(
    ("version", "fault"),
    [
        (B, {"status": 500}),
        (A, {"body": "<html>"}),
        (B, {"disconnect": "body"}),
        (None, {"status": 404}),
        (B, {"rows": "null"}),
    ],
    ids=str,
)
def test_types_that_cannot_be_read_are_not_the_same(
    box: Sandbox, prefs: Preferences, version: str | None, fault: dict[str, Any]
) -> None:
    """The addresses are compared all the same, and the report says what was not."""
    box.fail(Fault(version=version, operation="list_definitions", times=None, **fault))
    report = compare_live(prefs, A, B, PEOPLE)
    assert ("incomplete", {"identical": ALL}, ()) == (report.verdict, counted(report), report.definitions)
    assert report.undefined is not None
    assert report.undefined.startswith(f"{version or A}: ")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 401}, Unauthorized),
        ({"status": 403}, Forbidden),
        ({"status": 423}, AccountLocked),
        ({"status": 477}, AccountLocked),
        ({"status": 429, "policy": "DAILY"}, DailyLimitReached),
    ],
    ids=str,
)
@pytest.mark.parametrize("version", [A, B])
def test_what_leaves_no_hope_is_raised_at_once(
    box: Sandbox, prefs: Preferences, version: str, fault: dict[str, Any], error: type[Exception]
) -> None:
    """Before any address is sent; none is even taken."""
    box.fail(Fault(version=version, operation="list_definitions", **fault))
    emails = iter(PEOPLE)
    with pytest.raises(error):
        compare_live(prefs, A, B, emails)
    assert ([], SUBSCRIBED) == (asked(box), next(emails))


def test_a_missing_operation_is_raised_at_once(prefs: Preferences, monkeypatch: pytest.MonkeyPatch) -> None:
    """As what it is: the version lacks it."""
    lacks(monkeypatch, "list_definitions")
    with pytest.raises(UnsupportedInVersion, match="list_definitions"):
        compare_live(prefs, A, B, PEOPLE)


def test_nobody_there_is_raised_at_once(listen: Listen) -> None:
    """Where neither version can be reached there is nothing to report."""
    server = listen(lambda _: None)
    with (
        Preferences("demo", base_url=server.url, retry=None, limiter=None) as prefs,
        pytest.raises(TransportError),
    ):
        compare_live(prefs, A, B, PEOPLE)
    assert 2 == len(server.requests)


# Ending early


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"status": 401}, "2026-03: HTTP 401"),
        ({"status": 477}, "2026-03: HTTP 477"),
        ({"status": 429, "policy": "DAILY"}, "2026-03: HTTP 429"),
    ],
    ids=str,
)
@pytest.mark.parametrize("batches", [True, False])
def test_what_leaves_no_hope_ends_the_run(
    box: Sandbox, prefs: Preferences, small: None, fault: dict[str, Any], why: str, batches: bool
) -> None:
    """What was found out stands, the window is counted, nobody else is asked about, and the report says why."""
    read = STATES if batches else "get_statuses"
    box.fail(
        *(() if batches else NO_BATCHES),
        Fault(version=B, operation=read, times=None, skip=1 if batches else 2, **fault),
    )
    emails = iter(crowd(1000))
    report = compare_live(prefs, A, B, emails)
    second = 4 if batches else 2
    assert ("incomplete", {"identical": 2, "unreadable": second}) == (report.verdict, counted(report))
    assert report.stopped is not None
    assert report.stopped.startswith(why)
    assert "\n" not in report.stopped
    assert 1000 - 2 - second == len(list(emails))
    assert {f"person-{number}" for number in range(2 + second)} == {
        address.partition("@")[0] for entry in box.log if entry.version == A for address in addresses(entry)
    }


def addresses(entry: Any) -> list[str]:
    """Whom a request is about."""
    if entry.operation == "list_definitions":
        return []
    return entry.body["inputs"] if entry.body else [entry.path.split("/statuses/")[1].split("/")[0]]


@pytest.mark.parametrize("read", ["get_statuses", "get_opt_outs"])
def test_a_refused_token_is_not_sent_again_and_again(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    """After a 401 that version is asked no more, not even for the rest of the window; the other one is."""
    monkeypatch.setattr(live, "SINGLY", 10)
    box.fail(*NO_BATCHES, Fault(version=B, operation=read, status=401, times=None))
    with Preferences(box.token, base_url=box.url, retry=None, limiter=None, concurrency=1) as prefs:
        report = compare_live(prefs, A, B, crowd(50))
    assert {"unreadable": 10} == counted(report)
    assert ({}, {"Unauthorized": 10}) == (report.a.reasons, report.b.reasons)
    assert [10, 1] == [asked(box).count((version, read)) for version in (A, B)]


def test_a_refused_token_is_not_sent_with_the_next_batch(box: Sandbox) -> None:
    """The same by batches."""
    box.fail(Fault(version=B, operation=STATES, status=401))
    with Preferences(box.token, base_url=box.url, retry=None, limiter=None, concurrency=1) as prefs:
        compare_live(prefs, A, B, PEOPLE)
    assert [(A, STATES), (B, STATES), (A, OPT_OUTS)] == asked(box)


def test_both_versions_may_end_the_run(box: Sandbox, prefs: Preferences) -> None:
    """The report names both."""
    box.fail(Fault(version=A, operation=STATES, status=401), Fault(version=B, operation=STATES, status=477))
    stopped = compare_live(prefs, A, B, PEOPLE).stopped
    assert stopped is not None
    assert stopped.startswith("v4: HTTP 401 ")
    assert "; 2026-03: HTTP 477 " in stopped


@pytest.mark.parametrize("fault", [{"status": 500}, {"disconnect": "body"}, {"status": 429}, {"body": "<html>"}])
def test_a_version_that_stopped_answering_ends_the_run(
    box: Sandbox, prefs: Preferences, small: None, fault: dict[str, Any]
) -> None:
    """Two windows in a row without a single answer: the next thousands are not tried."""
    box.fail(Fault(version=B, operation=OPT_OUTS, times=None, skip=1, **fault))
    emails = iter(crowd(1000))
    report = compare_live(prefs, A, B, emails)
    assert ("incomplete", {"identical": 2, "unreadable": 8}) == (report.verdict, counted(report))
    assert report.stopped is not None
    assert report.stopped.startswith("2026-03 answered about nobody in two windows in a row: ")
    assert 990 == len(list(emails))


def test_one_bad_window_does_not_end_the_run(box: Sandbox, prefs: Preferences, small: None) -> None:
    """Nor do two that are not in a row."""
    box.fail(*(Fault(version=B, operation=OPT_OUTS, skip=skip, status=500) for skip in (1, 2)))
    report = compare_live(prefs, A, B, crowd(18))
    assert ({"identical": 10, "unreadable": 8}, None) == (counted(report), report.stopped)


def test_one_person_of_each_window_does_not_end_the_run(box: Sandbox, prefs: Preferences, small: None) -> None:
    """As long as there is an answer about anybody, it goes on."""
    people = crowd(14)
    box.fail(Fault(version=B, operation=OPT_OUTS, rows="drop", addresses=people[1::4], times=None))
    report = compare_live(prefs, A, B, people)
    assert ({"identical": 10, "unreadable": 4}, None) == (counted(report), report.stopped)


def test_ctrl_c_while_reading_the_input(prefs: Preferences, small: None) -> None:
    """The report so far: what was taken from the input and not compared is not in it."""

    def emails() -> Iterator[str]:
        yield from crowd(9)
        raise KeyboardInterrupt

    report = compare_live(prefs, A, B, emails())
    assert ("incomplete", "interrupted", {"identical": 6}) == (report.verdict, report.stopped, counted(report))


def test_ctrl_c_between_two_windows(prefs: Preferences, small: None) -> None:
    """A window that was compared is in the report."""

    def on_progress(done: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    report = compare_live(prefs, A, B, crowd(50), on_progress=on_progress)
    assert ("incomplete", "interrupted", {"identical": 6}) == (report.verdict, report.stopped, counted(report))


@pytest.mark.parametrize(("concurrency", "threads"), [(1, 0), (2, 2)])
def test_ctrl_c_while_waiting_for_a_reply(listen: Listen, small: None, concurrency: int, threads: int) -> None:
    """The reply is not waited for, of its window nothing is counted, and nothing more is sent."""
    main = threading.get_ident()
    others = threading.enumerate()
    released = threading.Event()
    held: list[bytes] = []
    together = threading.Barrier(concurrency)

    def answer(request: bytes) -> tuple[Any, ...]:
        body = request.partition(b"\r\n\r\n")[2]
        inputs = json.loads(body)["inputs"] if body else []
        if len(inputs) == 4:  # the second window
            held.append(request)
            if together.wait(60) == 0:
                signal.pthread_kill(main, signal.SIGINT)
            released.wait(60)
        return 200, {
            "results": [{"subscriberIdString": each, "statuses": [], "wideStatuses": []} for each in inputs]
        }

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Preferences(
            "demo", base_url=listen(answer).url, retry=None, limiter=None, concurrency=concurrency
        ) as prefs:
            report = compare_live(prefs, A, B, crowd(50))
            waiting = [
                thread
                for thread in threading.enumerate()
                if thread not in others and re.fullmatch(r"hubspot-preferences-\d+", thread.name)
            ]
            released.set()
            for thread in waiting:
                thread.join(10)
    finally:
        released.set()
        signal.signal(signal.SIGINT, before)
    assert ("incomplete", "interrupted", {"identical": 2}) == (report.verdict, report.stopped, counted(report))
    assert (threads, concurrency) == (len(waiting), len(held))


def test_ctrl_c_before_anything_was_compared(prefs: Preferences, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was compared, so nothing is the same."""

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(live, "drive", interrupted)
    report = compare_live(prefs, A, B, PEOPLE)
    assert ("incomplete", "interrupted", 0) == (report.verdict, report.stopped, report.compared)
    assert report.undefined


@pytest.mark.parametrize("place", ["emails", "on_progress"])
def test_an_error_of_the_callers_own_loses_nothing(prefs: Preferences, small: None, place: str) -> None:
    """Hours of comparing are not lost to a line of the input; the report names the error, without an address."""

    def fails(*_: object) -> None:
        raise ValueError(f"cannot read\nline 7: {SUBSCRIBED}")

    def emails() -> Iterator[str]:
        yield from crowd(2)
        if place == "emails":
            fails()

    report = compare_live(prefs, A, B, emails(), on_progress=fails if place == "on_progress" else None)
    assert {"identical": 2} == counted(report)
    assert "ValueError: cannot read line 7: <redacted>" == report.stopped


# What goes in and comes out


def test_what_is_no_address_is_counted_and_not_sent(box: Sandbox, prefs: Preferences) -> None:
    """White space is not taken off, nothing is guessed, and the report is not "same"."""
    wrong: list[Any] = ["", "jane", f" {SUBSCRIBED}", "a b@example.com", None, 7, "a@", "\n"]
    report = compare_live(prefs, A, B, [*wrong, SUBSCRIBED])
    assert ("incomplete", 8, {"identical": 1}) == (report.verdict, report.invalid, counted(report))
    assert {SUBSCRIBED} == {address for entry in box.log for address in addresses(entry)}


@pytest.mark.parametrize("emails", [[], ["nobody"]])
def test_nobody_compared_is_not_the_same(box: Sandbox, prefs: Preferences, emails: list[str]) -> None:
    """An empty input proves nothing."""
    report = compare_live(prefs, A, B, emails)
    assert ("incomplete", 0, []) == (report.verdict, report.compared, asked(box))


def test_an_address_given_twice_is_asked_for_once(box: Sandbox, prefs: Preferences) -> None:
    """As it was spelled first; and counted as often as it was given, in whatever case."""
    report = compare_live(prefs, A, B, [SUBSCRIBED, SUBSCRIBED, UNSUBSCRIBED, SUBSCRIBED.upper()])
    assert {"identical": 4} == counted(report)
    assert {(SUBSCRIBED, UNSUBSCRIBED)} == {tuple(addresses(entry)) for entry in box.log if addresses(entry)}


def differing(box: Sandbox) -> None:
    """Everybody is different from now on."""
    box.fail(Fault(version=B, operation=STATES, fields={"subscriptionName": "News"}, times=None))


def test_a_differing_address_is_shown_by_its_keyed_hash(box: Sandbox, prefs: Preferences) -> None:
    """The first 16 digits of the HMAC of the address in lower case: whoever has the key finds it again."""
    differing(box)
    report = compare_live(prefs, A, B, ["Jane@Example.com", "jane@example.com"], key=b"key")
    expected = hmac.new(b"key", b"jane@example.com", "sha256").hexdigest()[:16]
    assert [expected, expected] == [each.shown for each in report.listed]


def test_without_a_key_no_two_reports_can_be_joined(box: Sandbox, prefs: Preferences) -> None:
    """The key is new each time."""
    differing(box)
    shown = [compare_live(prefs, A, B, [SUBSCRIBED]).listed[0].shown for _ in range(2)]
    assert shown[0] != shown[1]
    assert [16, 16] == [len(each) for each in shown]


def test_addresses_are_shown_only_when_asked_for(box: Sandbox, prefs: Preferences) -> None:
    """And as they were given."""
    differing(box)
    report = compare_live(prefs, A, B, ["Jane@Example.com"], show_addresses=True)
    assert ["Jane@Example.com"] == [each.shown for each in report.listed]
    assert "@" not in repr(report)


@pytest.mark.parametrize(("listed", "expected"), [(0, 0), (1, 1), (3, 3), (100, 7)])
def test_so_many_are_listed(box: Sandbox, prefs: Preferences, small: None, listed: int, expected: int) -> None:
    """The first ones, over all windows; all are counted."""
    differing(box)
    report = compare_live(prefs, A, B, crowd(7), listed=listed, show_addresses=True)
    assert crowd(7)[:expected] == [each.shown for each in report.listed]
    assert {"different": 7} == counted(report)
    assert {"statuses: subscription_name": 7} == report.by_field


def test_progress_counts_what_is_done(box: Sandbox, prefs: Preferences, small: None) -> None:
    """After each window, what is no address included and nobody twice."""
    box.fail(Fault(version=B, operation=OPT_OUTS, rows="drop", nested=True, times=None))
    done: list[int] = []
    compare_live(prefs, A, B, [RETURNED, "nobody", *crowd(7)], on_progress=done.append)
    assert [2, 6, 9] == done


@pytest.mark.usefixtures("three_versions")
@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"a": "v3"}, "version"),
        ({"b": "v4"}, "b"),
        ({"a": "2026-09", "b": "latest"}, "b"),
        ({"emails": SUBSCRIBED}, "emails"),
        ({"emails": 7}, "emails"),
        ({"key": "text"}, "key"),
        ({"key": b""}, "key"),
        ({"listed": -1}, "listed"),
        ({"show_addresses": 1}, "show_addresses"),
    ],
    ids=str,
)
def test_arguments_are_checked_first(
    box: Sandbox, prefs: Preferences, arguments: dict[str, Any], name: str
) -> None:
    """Nothing is sent; the message starts with the name."""
    with pytest.raises(InvalidArgument, match=rf"^{name}: "):
        compare_live(prefs, **{"a": A, "b": B, "emails": PEOPLE, **arguments})
    assert () == box.log


def test_a_version_near_its_end_can_be_compared(
    prefs: Preferences, monkeypatch: pytest.MonkeyPatch, today: Any
) -> None:
    """Moving away from it is what comparing is for: no warning, and none that is an error gets in the way."""
    monkeypatch.setattr(versions, "today", lambda: today.replace(year=2030))
    assert "same" == compare_live(prefs, "v4", "2026-09", PEOPLE).verdict


def test_a_closed_client_is_refused(box: Sandbox) -> None:
    """As for every other call."""
    prefs = Preferences(box.token, base_url=box.url)
    prefs.close()
    with pytest.raises(RuntimeError, match="closed"):
        compare_live(prefs, A, B, PEOPLE)


# Many addresses


def test_the_input_is_read_window_by_window(box: Sandbox, prefs: Preferences) -> None:
    """Never more than a window ahead of what is done; batches of a hundred at most; an end is not needed."""
    taken, done, ahead = 0, 0, 0

    def emails() -> Iterator[str]:
        nonlocal taken, ahead
        for number in count():
            taken += 1
            ahead = max(ahead, taken - done)
            yield f"person-{number}@example.com"

    def on_progress(now: int) -> None:
        nonlocal done
        done = now
        if done >= 825:
            raise KeyboardInterrupt

    report = compare_live(prefs, A, B, emails(), on_progress=on_progress)
    assert ({"identical": 825}, 825, live.WINDOW) == (counted(report), taken, ahead)
    assert 100 == max(len(addresses(entry)) for entry in box.log)


def test_memory_does_not_grow_with_the_input(prefs: Preferences, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where everybody differs or fails, a hundred windows hold no more than twenty."""
    windows = count()

    def answered(_: Any, emails: list[str]) -> list[Any]:
        # By turns: two windows in a row without an answer would end it.
        no = Answer(opt_outs=None) if next(windows) % 2 else Answer(TimedOut("late"))
        return [(Answer(), no)] * len(emails)

    held: list[int] = []

    def on_progress(done: int) -> None:
        if done in (1_000, 5_000):
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])

    monkeypatch.setattr(live._Run, "_read", answered)
    monkeypatch.setattr(live, "SINGLY", 50)
    monkeypatch.setattr(live, "WINDOW", 50)
    tracemalloc.start()
    try:
        report = compare_live(prefs, A, B, iter(crowd(5_000)), on_progress=on_progress)
    finally:
        tracemalloc.stop()
    assert {"different": 2_500, "unreadable": 2_500} == counted(report)
    assert 100 == len(report.listed)
    assert held[1] - held[0] < 100_000  # one address and its differences take a thousand


# Time


def test_a_slow_version_is_told(box: Sandbox) -> None:
    """Seconds per request of each version, as they were measured."""
    now = time.monotonic()

    class Slow(httpx.Client):
        def send(self, request: httpx.Request, **settings: Any) -> httpx.Response:
            nonlocal now
            now += 2 if f"/{B}/" in request.url.path else 0.1
            return super().send(request, **settings)

    options: dict[str, Any] = {"retry": None, "limiter": None, "concurrency": 1}
    with Slow() as own, Preferences(box.token, base_url=box.url, http_client=own, **options) as prefs:
        prefs._session.exchange.clock = lambda: now
        report = compare_live(prefs, A, B, PEOPLE)
    assert "same" == report.verdict
    assert [0.1, 0.1, 2, 2] == [
        pytest.approx(figure) for figure in (report.a.p50, report.a.p95, report.b.p50, report.b.p95)
    ]


def test_a_client_that_answers_without_a_network_is_timed_all_the_same() -> None:
    """Replies of a cache, or of a test's, do not say how long they took."""

    def answer(request: httpx.Request) -> httpx.Response:
        about = json.loads(request.content)["inputs"] if request.content else []
        rows = [{"subscriberIdString": each, "statuses": [], "wideStatuses": []} for each in about]
        return httpx.Response(200, json={"status": "COMPLETE", "results": rows})

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        Preferences("token", http_client=client, retry=None, limiter=None) as prefs,
    ):
        report = compare_live(prefs, A, B, [SUBSCRIBED])
    assert ("same", {"identical": 1}) == (report.verdict, counted(report))
    assert [3, 3] == [side.requests for side in (report.a, report.b) if side.p50 is not None]


def test_two_threads_may_compare_with_one_client(box: Sandbox, prefs: Preferences) -> None:
    """Neither's counts, faults or times get into the other's report."""
    reports: dict[str, ParityReport] = {}
    box.fail(Fault(version="2026-09", operation=STATES, fields={"subscriptionName": "News"}, times=None))

    def compare(b: VersionName) -> None:
        reports[b] = compare_live(prefs, A, b, crowd(250))

    threads = [threading.Thread(target=compare, args=(b,)) for b in (B, "2026-09")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [("same", {"identical": 250}), ("different", {"different": 250})] == [
        (reports[b].verdict, counted(reports[b])) for b in (B, "2026-09")
    ]
    assert [9, 9, 9, 9] == [side.requests for b in (B, "2026-09") for side in (reports[b].a, reports[b].b)]
