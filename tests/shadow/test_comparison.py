"""What is a mismatch, what is a failure: shadow/comparison.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from hubspot_preferences import (
    Limiter,
    Mismatch,
    Preferences,
    Retry,
    ShadowCounts,
    operations,
)
from hubspot_preferences.answers import Difference
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.shadow import reads, worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connect

from tests.shadow.clients import (
    MIXED,
    NEWS,
    OPTED_OUT,
    OURS,
    READS,
    SUBSCRIBED,
    THEIRS,
    UNSUBSCRIBED,
    Held,
    Mismatches,
    asked,
    hold,
    inside,
    settled,
    shadow_of,
    shadowed,
)

FLIPPED = {"fields": {"status": "UNSUBSCRIBED"}, "subscription_id": NEWS}
STATE = Difference("state", "statuses", "SUBSCRIBED", "UNSUBSCRIBED", NEWS)
NO_LONGER = Difference(
    "decision", "decisions", "yes (subscribed)", "no (unsubscribed from this subscription type)", NEWS
)
NO_ROW = Difference("row", "opt_outs", "1 row", "no row")
ALLOWED_AGAIN = Difference("decision", "opt_outs", "opted out", "not opted out", newly_allowed=True)
DISAGREEMENTS: dict[str, tuple[Callable[[Preferences], Any], dict[str, Any], list[tuple[Any, ...]]]] = {
    "statuses: a state": (
        lambda prefs: prefs.statuses(SUBSCRIBED),
        FLIPPED,
        [("statuses", SUBSCRIBED, (STATE, NO_LONGER))],
    ),
    "statuses: a new state": (
        lambda prefs: prefs.statuses(SUBSCRIBED),
        {"fields": {"status": "PAUSED"}, "subscription_id": NEWS},
        [
            (
                "statuses",
                SUBSCRIBED,
                (
                    evolve(STATE, b="PAUSED"),
                    evolve(NO_LONGER, b="no (unknown: HubSpot reports a state this library does not know)"),
                ),
            )
        ],
    ),
    "statuses: newly allowed": (
        lambda prefs: prefs.statuses(UNSUBSCRIBED),
        {"fields": {"status": "SUBSCRIBED"}, "subscription_id": NEWS},
        [
            (
                "statuses",
                UNSUBSCRIBED,
                (
                    evolve(STATE, a="UNSUBSCRIBED", b="SUBSCRIBED"),
                    evolve(NO_LONGER, a=NO_LONGER.b, b=NO_LONGER.a, newly_allowed=True),
                ),
            )
        ],
    ),
    "definitions": (
        lambda prefs: prefs.definitions(),
        {"operation": "list_definitions", "rows": "drop"},
        [
            (
                "definitions",
                None,
                tuple(Difference("row", "definitions", "1 row", "no row", 7001 + n) for n in range(5)),
            )
        ],
    ),
    "opt_outs": (
        lambda prefs: prefs.opt_outs(OPTED_OUT),
        {"rows": "drop"},
        [("opt_outs", OPTED_OUT, (NO_ROW, ALLOWED_AGAIN))],
    ),
    "opt_outs: a new state": (
        lambda prefs: prefs.opt_outs(OPTED_OUT),
        {"fields": {"status": "PAUSED"}},
        [
            (
                "opt_outs",
                OPTED_OUT,
                (
                    Difference("state", "opt_outs", "UNSUBSCRIBED", "PAUSED"),
                    Difference("decision", "opt_outs", "opted out", "unknown"),
                ),
            )
        ],
    ),
    "is_opted_out": (
        lambda prefs: prefs.is_opted_out(OPTED_OUT),
        {"rows": "drop"},
        [("is_opted_out", OPTED_OUT, (ALLOWED_AGAIN,))],
    ),
    "is_opted_out: a new state": (
        lambda prefs: prefs.is_opted_out(OPTED_OUT),
        {"fields": {"status": "PAUSED"}},
        [("is_opted_out", OPTED_OUT, (Difference("decision", "opt_outs", "opted out", "unknown"),))],
    ),
    "may_email": (
        lambda prefs: prefs.may_email(SUBSCRIBED, NEWS),
        {"operation": "get_statuses", **FLIPPED},
        [("may_email", SUBSCRIBED, (STATE, NO_LONGER))],
    ),
    "may_email: a renamed type": (
        lambda prefs: prefs.may_email(SUBSCRIBED, "Marketing Information"),
        {"operation": "list_definitions", "fields": {"name": "News"}},
        [
            (
                "may_email",
                SUBSCRIBED,
                (
                    Difference("row", "statuses", "1 row", "no row", NEWS),
                    evolve(
                        NO_LONGER,
                        b="no (no subscription type is named 'Marketing Information'; there are 'News')",
                    ),
                ),
            )
        ],
    ),
    "may_email: the same no for another reason": (
        lambda prefs: prefs.may_email(OPTED_OUT, NEWS),
        {"operation": "get_opt_outs", "rows": "drop"},
        [
            (
                "may_email",
                OPTED_OUT,
                (NO_ROW, evolve(NO_LONGER, a="no (opted out of all e-mail)")),
            )
        ],
    ),
    "batch.statuses": (
        lambda prefs: prefs.batch.statuses([MIXED, SUBSCRIBED, UNSUBSCRIBED]),
        {**FLIPPED, "addresses": (SUBSCRIBED, MIXED)},
        [
            ("batch.statuses", MIXED, (STATE, NO_LONGER)),
            ("batch.statuses", SUBSCRIBED, (STATE, NO_LONGER)),
        ],
    ),
    "batch.opt_outs": (
        lambda prefs: prefs.batch.opt_outs([MIXED, OPTED_OUT]),
        {"rows": "drop", "nested": True},
        [("batch.opt_outs", OPTED_OUT, (NO_ROW, ALLOWED_AGAIN))],
    ),
}


@pytest.mark.parametrize("name", DISAGREEMENTS)
def test_a_disagreement_is_told(box: Sandbox, connect: Connect, name: str) -> None:
    """Whatever the shadow says otherwise is found, and told with both versions, the address and what differs."""
    read, fault, expected = DISAGREEMENTS[name]
    mismatches = Mismatches()
    prefs = shadowed(connect, on_mismatch=mismatches)
    truth = read(connect(version=OURS))
    with box.faults(Fault(version=THEIRS, times=None, **fault)):
        assert truth == read(prefs)
        counts = settled(prefs)
    assert [Mismatch(operation, OURS, THEIRS, *rest) for operation, *rest in expected] == mismatches
    assert (len(expected), 0, 0) == (counts.mismatched, counts.failed, counts.waiting)
    alarms = [any(difference.newly_allowed for difference in mismatch.differences) for mismatch in mismatches]
    assert alarms == [mismatch.newly_allowed for mismatch in mismatches]
    assert None is counts.last_error


def test_a_mismatch_shows_no_address() -> None:
    """Neither its repr nor its one line names the person; the line says where it matters and is cut short."""
    mismatch = Mismatch("statuses", OURS, THEIRS, SUBSCRIBED, (STATE,) * 4 + (ALLOWED_AGAIN,))
    assert "statuses: v4 → 2026-03 differ (would be newly mailed): " + "; ".join(
        ["statuses: state of 7001: SUBSCRIBED → UNSUBSCRIBED"] * 3
    ) + "; and 2 more" == str(mismatch)
    assert "@" not in repr(mismatch)
    assert "statuses: v4 → 2026-03 differ: statuses: state of 7001: SUBSCRIBED → UNSUBSCRIBED" == str(
        evolve(mismatch, differences=(STATE,))
    )


def test_what_changed_meanwhile_is_no_mismatch(box: Sandbox, connect: Connect, held: Held) -> None:
    """The caller wrote between the two readings: the version in use is asked again before anybody is alarmed."""
    prefs = shadowed(connect, on_mismatch=held)
    hold(box, prefs, held)
    prefs.statuses(MIXED)
    prefs.unsubscribe(MIXED, NEWS)
    held.let_go.set()
    assert ShadowCounts(identical=1, mismatched=1) == settled(prefs)
    assert [SUBSCRIBED] == [mismatch.email for mismatch in held.mismatches]


def test_making_sure_is_the_shadows_affair(box: Sandbox, connect: Connect) -> None:
    """The second reading on the version in use is not retried, and takes none of the caller's slots."""
    mismatches = Mismatches()
    limiter = Limiter(1000, 3600)
    prefs = shadowed(connect, on_mismatch=mismatches, retry=Retry(attempts=5, base=0.0), limiter=limiter)
    with box.faults(
        Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}), Fault(version=OURS, status=502, skip=1, times=1)
    ):
        prefs.statuses(SUBSCRIBED)
        assert (1, 0) == (settled(prefs).failed, len(mismatches))
    assert ["get_statuses"] * 2 == asked(box, OURS)
    assert (3, 2) == (len(limiter._window._used), len(limiter._window._spares))


def test_what_keeps_changing_is_neither(box: Sandbox, connect: Connect) -> None:
    """After three rounds in which the version in use said something else each time, nobody can tell."""
    mismatches = Mismatches()
    prefs = shadowed(connect, on_mismatch=mismatches)
    sources = ("SUBSCRIBED", "UNSUBSCRIBED", "SUBSCRIBED", "UNSUBSCRIBED")
    with box.faults(
        Fault(version=THEIRS, fields={"status": "NOT_SPECIFIED"}, times=None),
        *(Fault(version=OURS, fields={"status": state}, skip=0, times=1) for state in sources[:1]),
        *(Fault(version=OURS, fields={"status": state}, skip=n, times=1) for n, state in enumerate(sources) if n),
    ):
        prefs.statuses("new@example.com")
        counts = settled(prefs)
    assert ShadowCounts(failed=1, last_error="the answer kept changing while it was compared") == counts
    assert [] == mismatches
    assert (4, 3) == (len(asked(box, OURS)), len(asked(box, THEIRS)))


def missing(version: str, *, skip: int = 0) -> Fault:
    """A version that does not know a person: a 404, which HubSpot's own reference does not rule out."""
    return Fault(version=version, operation="get_statuses", status=404, skip=skip, times=None)


def test_a_no_because_of_a_404_is_compared(box: Sandbox, connect: Connect) -> None:
    """Whom the version in use does not know is not mailed; if the shadow says yes, that is the dangerous kind."""
    mismatches = Mismatches()
    prefs = shadowed(connect, on_mismatch=mismatches)
    with box.faults(missing(OURS)):
        assert not prefs.may_email(SUBSCRIBED, NEWS)
        assert ShadowCounts(mismatched=1, newly_allowed=1) == settled(prefs)
        with box.faults(missing(THEIRS)):
            prefs.may_email(SUBSCRIBED, NEWS)
            assert ShadowCounts(mismatched=1, newly_allowed=1, identical=1) == settled(prefs)
    assert [True] == [mismatch.newly_allowed for mismatch in mismatches]
    assert "no (HTTP 404" in mismatches[0].differences[-1].a


def test_a_404_of_the_shadow_alone_is_a_failure(box: Sandbox, connect: Connect) -> None:
    """A person whom the shadow does not know and a version that is not there look the same."""
    mismatches = Mismatches()
    prefs = shadowed(connect, on_mismatch=mismatches)
    with box.faults(missing(THEIRS)):
        assert prefs.may_email(SUBSCRIBED, NEWS)
        counts = settled(prefs)
    assert (1, 0) == (counts.failed, counts.compared)
    assert [] == mismatches


TROUBLES: dict[str, dict[str, Any]] = {
    "404": {"status": 404},
    "401": {"status": 401},
    "403": {"status": 403},
    "400": {"status": 400},
    "429": {"status": 429},
    "429 for an hour": {"status": 429, "retry_after": 3600},
    "423": {"status": 423},
    "477": {"status": 477, "retry_after": 86400},
    "500": {"status": 500},
    "502": {"status": 502},
    "redirect": {"status": 307, "headers": {"location": "http://127.0.0.1:9/"}},
    "empty": {"body": ""},
    "HTML": {"body": "<html>"},
    "null": {"body": "null"},
    "a list": {"body": "[]"},
    "half an object": {"body": '{"results": ['},
    "nested": {"body": "[" * 100_000},
    "no rows": {"body": '{"results": 7}'},
    "bad rows": {"rows": "malformed"},
    "null rows": {"rows": "null"},
    "no ids": {"without": ("status",)},
    "pending": {"envelope": {"status": "PENDING"}},
    "errors": {"envelope": {"numErrors": 1}},
    "hung up": {"disconnect": "before"},
    "cut in the headers": {"disconnect": "headers"},
    "cut in the body": {"disconnect": "body"},
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_shadow_that_fails_is_counted_and_nothing_else(box: Sandbox, connect: Connect, trouble: str) -> None:
    """The caller gets what it always got; the answer counts as failed, not as a mismatch, and says why."""
    mismatches = Mismatches()
    prefs = shadowed(connect, on_mismatch=mismatches)
    with box.faults(Fault(version=THEIRS, times=None, **TROUBLES[trouble])):
        assert 5 == len(prefs.statuses(SUBSCRIBED))
        counts = settled(prefs)
    assert (1, 0, 0) == (counts.failed, counts.compared, counts.waiting)
    assert counts.last_error
    assert "@" not in repr(prefs.shadow)
    assert counts.last_error == counts.paused
    assert [] == mismatches
    assert 1 == len(asked(box, THEIRS))


@pytest.mark.parametrize("name", READS)
def test_no_trouble_changes_what_a_read_returns(box: Sandbox, connect: Connect, name: str) -> None:
    """Every read gives what it gives without a shadow."""
    prefs, plain = shadowed(connect), connect(version=OURS)
    with box.faults(Fault(version=THEIRS, status=500, times=None)):
        assert READS[name](plain) == READS[name](prefs)
        assert settled(prefs).failed


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid", "http://[::1]:1"])
def test_a_shadow_that_is_not_there(box: Sandbox, connect: Connect, url: str) -> None:
    """Where nothing listens, or the name means nothing, the reads go on."""
    prefs = shadowed(connect)
    inside(prefs)._settings["url"] = url
    assert 5 == len(prefs.statuses(SUBSCRIBED))
    counts = settled(prefs)
    assert 1 == counts.failed
    assert "Connect" in str(counts.last_error) or "block" in str(counts.last_error).lower()


def test_a_bug_in_the_shadow_stays_there(box: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody thought of, in reading, in comparing or in queueing, is a failed answer or a line in the log."""
    prefs = shadowed(connect)

    def broken(*args: object) -> Any:
        raise ZeroDivisionError("for jane@example.com")

    statuses = reads.REPETITIONS[operations.statuses]
    monkeypatch.setitem(reads.REPETITIONS, operations.statuses, evolve(statuses, compare=broken))
    assert 5 == len(prefs.statuses(SUBSCRIBED))
    assert "ZeroDivisionError: for <redacted>" == settled(prefs).last_error
    monkeypatch.setattr(worker, "reads", broken)
    assert 5 == len(prefs.statuses(SUBSCRIBED))
    assert 1 == shadow_of(prefs).counts.failed
