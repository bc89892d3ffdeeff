"""Shadow reads: what is repeated, what is found, and that the caller never notices: shadow/."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import httpx
import pytest
from attrs import evolve

from hubspot_preferences import (
    APIError,
    AsyncPreferences,
    Change,
    InvalidArgument,
    Limiter,
    Mismatch,
    Preferences,
    PreferencesError,
    RateLimited,
    Retry,
    ShadowCounts,
    TransportError,
    WouldResubscribe,
    batch,
    operations,
    versions,
)
from hubspot_preferences.answers import Difference
from hubspot_preferences.outcomes import BatchResult, Outcome, OutcomeState
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.shadow import backlog, reads
from hubspot_preferences.shadow.awaited import AsyncShadow
from hubspot_preferences.shadow.blocking import Shadow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Connect, Listen, Listener

NEWS, UPDATES = 7001, 7004
OURS: Final = "v4"
THEIRS: Final = "2026-03"
SUBSCRIBED, UNSUBSCRIBED, MIXED = "subscribed@example.com", "unsubscribed@example.com", "mixed@example.com"
OPTED_OUT, RETURNED = "opted-out@example.com", "returned@example.com"
SOON = 20.0  # seconds, after which what has not come will not come

READS: dict[str, Callable[[Preferences], Any]] = {
    "definitions": lambda prefs: prefs.definitions(include_translations=True, business_unit_id=0),
    "statuses": lambda prefs: prefs.statuses(MIXED, channel="EMAIL", business_unit_id=0),
    "opt_outs": lambda prefs: prefs.opt_outs(RETURNED, business_unit_id=0),
    "is_opted_out": lambda prefs: prefs.is_opted_out(RETURNED, business_unit_id=0),
    "may_email": lambda prefs: prefs.may_email(SUBSCRIBED, "Marketing Information", unspecified="allow"),
    "batch.statuses": lambda prefs: prefs.batch.statuses([MIXED, OPTED_OUT], business_unit_id=0),
    "batch.opt_outs": lambda prefs: prefs.batch.opt_outs([MIXED, OPTED_OUT], business_unit_id=0),
}


def shadow_of(prefs: Preferences) -> Shadow:
    """The client's shadow, an asynchronous one with the face of the blocking one."""
    found = prefs.shadow
    assert found is not None
    if isinstance(prefs, Preferences):
        return found
    return cast(Shadow, type(prefs)(found, prefs._portal))


def inside(prefs: Preferences) -> Any:
    """The shadow itself, to look into and to change."""
    return prefs.shadow


def settled(prefs: Preferences) -> ShadowCounts:
    """What became of everything, once it is done."""
    assert shadow_of(prefs).wait(SOON)
    return shadow_of(prefs).counts


class Told(list[Mismatch]):
    """What on_mismatch was called with."""

    def __call__(self, mismatch: Mismatch) -> None:
        self.append(mismatch)


class Held:
    """An on_mismatch that blocks until it is let go; meanwhile the shadow does nothing else."""

    def __init__(self) -> None:
        self.entered, self.let_go, self.left = threading.Event(), threading.Event(), threading.Event()
        self.told: list[Mismatch] = []

    def __call__(self, mismatch: Mismatch) -> None:
        self.told.append(mismatch)
        self.entered.set()
        self.let_go.wait(SOON)
        self.left.set()


@pytest.fixture
def held() -> Iterator[Held]:
    """Such a callback, let go after the test."""
    found = Held()
    yield found
    found.let_go.set()


def shadowed(connect: Connect, **settings: Any) -> Preferences:
    """A client with a shadow, and a rate limit that is no limit."""
    return connect(**{"version": OURS, "shadow": THEIRS, "limiter": Limiter(100_000), **settings})


def hold(box: Sandbox, prefs: Preferences, held: Held) -> None:
    """Make the shadow busy with telling a mismatch."""
    with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
        prefs.statuses(SUBSCRIBED)
        assert held.entered.wait(SOON)


def asked(box: Sandbox, version: str | None = None) -> list[str | None]:
    """Which operations of a version were called."""
    return [entry.operation for entry in box.log if entry.version == version]


# What is repeated


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("pair", [("v4", "2026-03"), ("2026-03", "2026-09"), ("2026-09", "v4")], ids="→".join)
def test_every_read_is_repeated(box: Sandbox, connect: Connect, name: str, pair: tuple[str, str]) -> None:
    """The shadow asks exactly what the client asked, on its own version; where both agree, nobody is told."""
    told = Told()
    prefs = shadowed(connect, version=pair[0], shadow=pair[1], on_mismatch=told)
    READS[name](prefs)
    size = 2 if name.startswith("batch") else 1
    assert ShadowCounts(identical=size) == settled(prefs)
    assert size == shadow_of(prefs).counts.compared
    sent = [
        sorted(
            (entry.method, entry.path.replace(version, "VERSION"), sorted(entry.query.items()), str(entry.body))
            for entry in box.log
            if entry.version == version
        )
        for version in pair
    ]
    assert sent[0]
    assert sent[0] == sent[1]
    assert [] == told


def test_writes_are_never_repeated(box: Sandbox, connect: Connect) -> None:
    """No change goes out twice, nor what a write reads for itself, nor links, nor request()."""
    prefs = shadowed(connect)
    jane = "jane@example.com"
    basis = {"legal_basis": "CONSENT_WITH_NOTICE", "legal_basis_explanation": "asked for it"}
    prefs.set_status(jane, NEWS, "UNSUBSCRIBED")
    with pytest.raises(WouldResubscribe):
        prefs.subscribe(jane, "Marketing Information")
    prefs.subscribe(jane, "Marketing Information", resubscribe=True, **cast(Any, basis))
    prefs.unsubscribe(jane, "Marketing Information")
    prefs.unsubscribe_all(jane)
    prefs.links(jane, subscription="Marketing Information")
    prefs.batch.write([Change("joe@example.com", "Marketing Information", "UNSUBSCRIBED")])
    prefs.batch.unsubscribe_all(["joe@example.com"])
    prefs.request("GET", "/communication-preferences/v4/definitions")
    assert ShadowCounts() == settled(prefs)
    assert [] == asked(box, THEIRS)
    assert {"GET", "POST"} == {entry.method for entry in box.log}


def test_only_reads_can_be_repeated() -> None:
    """What is repeated sends GETs and the two batch reads: nothing of what it calls has another name."""
    found = {kind.again.__name__.removeprefix("_") for kind in reads.KINDS.values()}
    singles = {kind.single.__name__ for kind in reads.KINDS.values() if kind.single}
    assert {"definitions", "statuses", "opt_outs", "is_opted_out", "may_email"} == found
    assert {"statuses", "every_opt_out"} == singles


def test_a_read_that_failed_is_not_repeated(box: Sandbox, connect: Connect) -> None:
    """Where the client has no answer there is nothing to compare: an error, a decision without reads, an input."""
    prefs = shadowed(connect)
    with box.faults(Fault(version=OURS, status=500, times=None)):
        for name in ("definitions", "statuses", "opt_outs", "is_opted_out"):
            with pytest.raises(APIError):
                READS[name](prefs)
        assert not prefs.may_email(SUBSCRIBED, NEWS)
        assert not prefs.batch.statuses([MIXED]).applied
    with pytest.raises(InvalidArgument):
        prefs.statuses("nobody")
    assert ShadowCounts() == settled(prefs)
    assert [] == asked(box, THEIRS)


def test_of_a_batch_only_what_was_answered_is_repeated(box: Sandbox, connect: Connect) -> None:
    """Inputs that failed are left out, one given twice is one, and the iterable is not read again."""
    prefs = shadowed(connect)
    with box.faults(Fault(version=OURS, errors="context", addresses=(MIXED,))):
        result = prefs.batch.statuses(iter([SUBSCRIBED, MIXED, "no address", SUBSCRIBED.upper()]))
    assert [True, False, False, True] == [outcome.ok for outcome in result]
    assert ShadowCounts(identical=1) == settled(prefs)
    assert [{"inputs": [SUBSCRIBED]}] == [entry.body for entry in box.log if entry.version == THEIRS]


def test_a_large_batch_is_repeated_in_chunks(box: Sandbox, connect: Connect) -> None:
    """Each chunk is compared by itself, in chunks of the caller's size, 100 at most."""
    prefs = shadowed(connect)
    prefs.batch.opt_outs([f"{n}@example.com" for n in range(5)], chunk_size=2)
    prefs.batch.opt_outs([f"{n}@example.com" for n in range(120)], chunk_size=1000)
    assert ShadowCounts(identical=125) == settled(prefs)
    sizes = [len(entry.body["inputs"]) for entry in box.log if entry.version == THEIRS]
    assert [2, 2, 1, 100, 20] == sizes


def test_where_batches_are_forbidden_the_shadow_reads_singly(
    box: Sandbox, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """It tries a batch once, not for each batch, and logs nothing of its own about that."""
    prefs = shadowed(connect)
    with box.faults(Fault(operation="batch_read_statuses", status=403, times=None)):
        for _ in range(3):
            prefs.batch.statuses([SUBSCRIBED, MIXED], business_unit_id=0)
        assert ShadowCounts(identical=6) == settled(prefs)
    assert {"batch_read_statuses": 1, "get_statuses": 6} == Counter(asked(box, THEIRS))
    assert {"0"} == {entry.query["businessUnitId"] for entry in box.log}
    assert 3 == len(caplog.records)  # the caller's three


def test_where_only_the_shadow_forbids_batches_it_fails_if_told_to(box: Sandbox, connect: Connect) -> None:
    """fallback=False holds for the shadow as well."""
    prefs = shadowed(connect)
    with box.faults(Fault(version=THEIRS, operation="batch_read_statuses", status=403, times=None)):
        prefs.batch.statuses([SUBSCRIBED, MIXED], fallback=False)
        assert 2 == settled(prefs).failed
    assert ["batch_read_statuses"] == asked(box, THEIRS)


def test_single_reads_end_where_all_would_be_told_the_same(
    box: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a refusal that has nothing to do with the address the others of its chunk are not asked about."""
    prefs = shadowed(connect)
    with box.faults(
        Fault(operation="batch_read_statuses", status=403, times=None),
        Fault(version=THEIRS, operation="get_statuses", status=404, times=1),
        Fault(version=THEIRS, operation="get_statuses", status=500, times=None),
    ):
        prefs.batch.statuses([f"{n}@example.com" for n in range(5)])
        assert 5 == settled(prefs).failed
    assert ["batch_read_statuses", "get_statuses", "get_statuses"] == asked(box, THEIRS)


# What is found

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
    told = Told()
    prefs = shadowed(connect, on_mismatch=told)
    truth = read(connect(version=OURS))
    with box.faults(Fault(version=THEIRS, times=None, **fault)):
        assert truth == read(prefs)
        counts = settled(prefs)
    assert [Mismatch(operation, OURS, THEIRS, *rest) for operation, *rest in expected] == told
    assert (len(expected), 0, 0) == (counts.mismatched, counts.failed, counts.waiting)
    assert [any(each.newly_allowed for each in found.differences) for found in told] == [
        found.newly_allowed for found in told
    ]
    assert None is counts.last_error


def test_a_mismatch_shows_no_address() -> None:
    """Neither its repr nor its one line names the person; the line says where it matters and is cut short."""
    found = Mismatch("statuses", OURS, THEIRS, SUBSCRIBED, (STATE,) * 4 + (ALLOWED_AGAIN,))
    assert "statuses: v4 → 2026-03 differ (would be newly mailed): " + "; ".join(
        ["statuses: state of 7001: SUBSCRIBED → UNSUBSCRIBED"] * 3
    ) + "; and 2 more" == str(found)
    assert "@" not in repr(found)
    assert "statuses: v4 → 2026-03 differ: statuses: state of 7001: SUBSCRIBED → UNSUBSCRIBED" == str(
        evolve(found, differences=(STATE,))
    )


def test_what_changed_meanwhile_is_no_mismatch(box: Sandbox, connect: Connect, held: Held) -> None:
    """The caller wrote between the two readings: the version in use is asked again before anybody is alarmed."""
    prefs = shadowed(connect, on_mismatch=held)
    hold(box, prefs, held)
    prefs.statuses(MIXED)
    prefs.unsubscribe(MIXED, NEWS)
    held.let_go.set()
    assert ShadowCounts(identical=1, mismatched=1) == settled(prefs)
    assert [SUBSCRIBED] == [found.email for found in held.told]


def test_making_sure_is_the_shadows_affair(box: Sandbox, connect: Connect) -> None:
    """The second reading on the version in use is not retried, and takes none of the caller's slots."""
    told = Told()
    limiter = Limiter(1000, 3600)
    prefs = shadowed(connect, on_mismatch=told, retry=Retry(attempts=5, base=0.0), limiter=limiter)
    with box.faults(
        Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}), Fault(version=OURS, status=502, skip=1, times=1)
    ):
        prefs.statuses(SUBSCRIBED)
        assert (1, 0) == (settled(prefs).failed, len(told))
    assert ["get_statuses"] * 2 == asked(box, OURS)
    assert (3, 2) == (len(limiter._window._slots), len(limiter._window._spares))


def test_what_keeps_changing_is_neither(box: Sandbox, connect: Connect) -> None:
    """After three rounds in which the version in use said something else each time, nobody can tell."""
    told = Told()
    prefs = shadowed(connect, on_mismatch=told)
    sources = ("SUBSCRIBED", "UNSUBSCRIBED", "SUBSCRIBED", "UNSUBSCRIBED")
    with box.faults(
        Fault(version=THEIRS, fields={"status": "NOT_SPECIFIED"}, times=None),
        *(Fault(version=OURS, fields={"status": state}, skip=0, times=1) for state in sources[:1]),
        *(Fault(version=OURS, fields={"status": state}, skip=n, times=1) for n, state in enumerate(sources) if n),
    ):
        prefs.statuses("new@example.com")
        counts = settled(prefs)
    assert ShadowCounts(failed=1, last_error="the answer kept changing while it was compared") == counts
    assert [] == told
    assert (4, 3) == (len(asked(box, OURS)), len(asked(box, THEIRS)))


def test_looking_again_from_on_mismatch_is_not_shadowed(box: Sandbox, connect: Connect) -> None:
    """A callback that reads the same once more does not lead to the next mismatch, and so on for ever."""
    seen: list[Any] = []

    def look(mismatch: Mismatch) -> None:
        assert mismatch.email is not None
        seen.append(direct.statuses(mismatch.email))
        seen.append(shadow_of(prefs).wait(SOON))

    async def alook(mismatch: Mismatch) -> None:
        assert mismatch.email is not None
        client = cast(Any, prefs)._target
        seen.append(await client.statuses(mismatch.email))
        seen.append(await client.shadow.wait(SOON))

    prefs = shadowed(connect, on_mismatch=look if connect.blocking else alook)
    direct = prefs
    with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)):
        said = prefs.statuses(SUBSCRIBED)
        assert ShadowCounts(mismatched=1) == settled(prefs)
    assert [said, False] == seen


def missing(version: str, *, skip: int = 0) -> Fault:
    """A version that does not know a person: a 404, which HubSpot's own reference does not rule out."""
    return Fault(version=version, operation="get_statuses", status=404, skip=skip, times=None)


def test_a_no_because_of_a_404_is_compared(box: Sandbox, connect: Connect) -> None:
    """Whom the version in use does not know is not mailed; if the shadow says yes, that is the dangerous kind."""
    told = Told()
    prefs = shadowed(connect, on_mismatch=told)
    with box.faults(missing(OURS)):
        assert not prefs.may_email(SUBSCRIBED, NEWS)
        assert ShadowCounts(mismatched=1, newly_allowed=1) == settled(prefs)
        with box.faults(missing(THEIRS)):
            prefs.may_email(SUBSCRIBED, NEWS)
            assert ShadowCounts(mismatched=1, newly_allowed=1, identical=1) == settled(prefs)
    assert [True] == [found.newly_allowed for found in told]
    assert "no (HTTP 404" in told[0].differences[-1].a


def test_a_404_of_the_shadow_alone_is_a_failure(box: Sandbox, connect: Connect) -> None:
    """A person whom the shadow does not know and a version that is not there look the same."""
    told = Told()
    prefs = shadowed(connect, on_mismatch=told)
    with box.faults(missing(THEIRS)):
        assert prefs.may_email(SUBSCRIBED, NEWS)
        counts = settled(prefs)
    assert (1, 0) == (counts.failed, counts.compared)
    assert [] == told


# What goes wrong stays with the shadow

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
    told = Told()
    prefs = shadowed(connect, on_mismatch=told)
    with box.faults(Fault(version=THEIRS, times=None, **TROUBLES[trouble])):
        assert 5 == len(prefs.statuses(SUBSCRIBED))
        counts = settled(prefs)
    assert (1, 0, 0) == (counts.failed, counts.compared, counts.waiting)
    assert counts.last_error
    assert "@" not in repr(prefs.shadow)
    assert counts.last_error == counts.paused
    assert [] == told
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

    kinds = reads.KINDS
    statuses = next(each for each in kinds if kinds[each].operation == "statuses")
    monkeypatch.setitem(kinds, statuses, evolve(kinds[statuses], compare=broken))
    assert 5 == len(prefs.statuses(SUBSCRIBED))
    assert "ZeroDivisionError: for <redacted>" == settled(prefs).last_error
    monkeypatch.setattr(inside(prefs), "_enqueue", broken)
    assert 5 == len(prefs.statuses(SUBSCRIBED))
    assert 1 == shadow_of(prefs).counts.failed


def test_a_worker_that_dies_says_so(
    box: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What ends the worker switches the shadow off, with a line in the log; the reads go on."""
    prefs = shadowed(connect)
    monkeypatch.setattr(inside(prefs), "_compared", None)
    assert 5 == len(prefs.statuses(SUBSCRIBED))
    counts = settled(prefs)
    assert "TypeError: 'NoneType' object is not callable" == counts.off
    assert 1 == counts.dropped
    assert ["shadow reads on 2026-03 are off: " + str(counts.off)] == caplog.messages


@pytest.mark.parametrize(
    "error", [ValueError("jane@example.com"), StopIteration(), SystemExit(3), asyncio.CancelledError()]
)
def test_a_callback_that_raises(
    box: Sandbox, connect: Connect, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """It is one line in the log, with the mismatch, without the error's words; the next is told all the same."""
    told = Told()

    def on_mismatch(mismatch: Mismatch) -> None:
        told(mismatch)
        raise error

    prefs = shadowed(connect, on_mismatch=on_mismatch)
    with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)):
        prefs.batch.statuses([SUBSCRIBED, MIXED])
        assert ShadowCounts(mismatched=2) == settled(prefs)
    assert [SUBSCRIBED, MIXED] == [mismatch.email for mismatch in told]
    assert [f"on_mismatch raised {type(error).__name__}, told of: {found}" for found in told] == caplog.messages


def test_a_callback_that_blocks_holds_up_nobody(box: Sandbox, connect: Connect, held: Held) -> None:
    """Reads go on, their answers wait, and what there is no room for is dropped and counted."""
    prefs = shadowed(connect, on_mismatch=held, concurrency=1)
    hold(box, prefs, held)
    for _ in range(backlog.MOST_READS + 7):
        assert prefs.is_opted_out(OPTED_OUT)
    assert ShadowCounts(mismatched=1, waiting=100, dropped=7) == shadow_of(prefs).counts
    assert not shadow_of(prefs).wait(0.01)
    held.let_go.set()
    assert ShadowCounts(mismatched=1, identical=100, dropped=7) == settled(prefs)


def test_large_batches_do_not_fill_the_memory(box: Sandbox, connect: Connect, held: Held) -> None:
    """The queue holds a hundred reads of a hundred answers at most; the rest is dropped and counted."""
    prefs = shadowed(connect, on_mismatch=held)
    hold(box, prefs, held)

    def offer(count: int, chunk_size: int) -> None:
        result = BatchResult([Outcome(f"{n}@example.com", OutcomeState.APPLIED, ()) for n in range(count)])
        kwargs = {"business_unit_id": None, "chunk_size": chunk_size, "fallback": True}
        call = partial(inside(prefs).offer, batch.opt_outs, (["x"],), kwargs, result)
        call() if connect.blocking else connect.portal.call(call)

    offer(9_000, 10_000)
    offer(5, 1)
    assert ShadowCounts(mismatched=1, waiting=9_005) == shadow_of(prefs).counts
    offer(1_000, 1_000)
    assert ShadowCounts(mismatched=1, waiting=9_505, dropped=500) == shadow_of(prefs).counts


def test_what_has_no_room_costs_the_caller_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a huge batch only what fits is looked at, once the shadow is off nothing; all of it is counted."""
    found = plain_shadow()
    found._start = lambda: None
    looked: list[str] = []

    def key(address: str) -> str:
        looked.append(address)
        return address

    monkeypatch.setattr(reads, "address_key", key)
    outcomes = [Outcome(f"{n}@example.com", OutcomeState.APPLIED, ()) for n in range(10_500)]
    kwargs = {"business_unit_id": None, "chunk_size": 100, "fallback": True}
    found.offer(batch.opt_outs, ([],), kwargs, BatchResult(outcomes))
    assert ShadowCounts(waiting=10_000, dropped=500) == found.counts
    found._switch_off("enough")
    found.offer(batch.opt_outs, ([],), kwargs, BatchResult(outcomes))
    assert ShadowCounts(dropped=21_000, off="enough") == found.counts
    assert 10_000 == len(looked)


def hanging(listen: Listen) -> tuple[Listener, threading.Event, threading.Event]:
    """A HubSpot that answers v4 at once and 2026-03 not at all; set when somebody waits, and to let them go."""
    waits, over = threading.Event(), threading.Event()

    def answer(request: bytes) -> tuple[Any, ...] | None:
        if b"/2026-03/" not in request:
            return 200, {"results": []}
        waits.set()
        over.wait(SOON)
        return None

    return listen(answer), waits, over


def test_a_shadow_that_hangs_holds_up_nobody(connect: Connect, listen: Listen) -> None:
    """With a single connection and a limit, and a shadow that waits for ever, every read is answered."""
    server, waits, over = hanging(listen)
    prefs = shadowed(connect, base_url=server.url, concurrency=1, limiter=Limiter(1000, 3600), timeout=None)
    for _ in range(150):
        assert not prefs.is_opted_out("jane@example.com")
    assert waits.wait(SOON)
    counts = shadow_of(prefs).counts
    assert 150 == counts.waiting + counts.dropped
    assert counts.waiting in (100, 101)
    assert 1 == sum(b"/2026-03/" in request for request in server.requests)
    prefs.close()
    over.set()
    assert ShadowCounts(dropped=150) == shadow_of(prefs).counts


def workers(prefs: Preferences) -> list[str]:
    """The threads or tasks of a shadow."""
    if not isinstance(prefs, Preferences):

        async def names() -> list[str]:
            return [task.get_name() for task in asyncio.all_tasks() if "shadow" in task.get_name()]

        found: list[str] = prefs._portal.call(names)
        return found
    return [
        thread.name for thread in threading.enumerate() if "shadow" in thread.name and "sandbox" not in thread.name
    ]


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + SOON
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)
    assert condition()


def gone(prefs: Preferences) -> None:
    """Wait until the shadow's worker has ended."""
    until(lambda: not workers(prefs))


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_closing_does_not_wait_for_a_shadow_that_hangs(
    connect: Connect, listen: Listen, timeout: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """close() cuts the request off: the worker is gone when it returns, and what was under way is dropped."""
    monkeypatch.setattr(backlog, "PATIENCE", SOON)  # were it not cut off, this test would take as long
    server, waits, over = hanging(listen)
    prefs = shadowed(connect, base_url=server.url, timeout=timeout)
    prefs.is_opted_out("jane@example.com")
    prefs.is_opted_out("joe@example.com")
    assert waits.wait(SOON)
    assert ["hubspot-preferences-shadow"] == workers(prefs)
    started = time.monotonic()
    prefs.close()
    assert time.monotonic() - started < SOON / 2
    assert [] == workers(prefs)
    assert ShadowCounts(dropped=2) == shadow_of(prefs).counts
    assert not over.is_set()
    over.set()
    prefs.close()  # twice does no harm


def test_closing_does_not_wait_for_a_callback_that_blocks(
    box: Sandbox, connect: Connect, held: Held, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A callback cannot be cut off; it is waited for a moment, and left alone. What it misses is in the log."""
    monkeypatch.setattr(backlog, "PATIENCE", 0.05)
    prefs = shadowed(connect, on_mismatch=held)
    with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
        prefs.batch.statuses([SUBSCRIBED, MIXED])
        assert held.entered.wait(SOON)
    prefs.statuses(MIXED)
    prefs.close()
    assert not held.left.is_set()
    assert ShadowCounts(mismatched=2, dropped=1) == shadow_of(prefs).counts
    held.let_go.set()
    gone(prefs)
    assert [SUBSCRIBED] == [mismatch.email for mismatch in held.told]
    assert ["not told, the client being closed: batch.statuses: v4 → 2026-03 differ: statuses"] == [
        message[: message.index(": state")] for message in caplog.messages
    ]


def test_closing_ends_the_wait_between_requests(box: Sandbox, connect: Connect) -> None:
    """A shadow that was told to wait for an hour ends at once."""
    prefs = shadowed(connect)
    with box.faults(Fault(version=THEIRS, status=429, retry_after=3600)):
        prefs.statuses(MIXED)
        settled(prefs)
    prefs.statuses(MIXED)
    assert not shadow_of(prefs).wait(0.01)
    prefs.close()
    assert [] == workers(prefs)
    assert ShadowCounts(failed=1, dropped=1) == evolve(shadow_of(prefs).counts, paused=None, last_error=None)


def test_closing_from_within_the_callback(box: Sandbox, connect: Connect) -> None:
    """Whoever closes the client on the first mismatch is not waiting for themselves."""
    closed = threading.Event()

    def on_mismatch(_: Mismatch) -> None:
        prefs.close()
        closed.set()

    async def aon_mismatch(_: Mismatch) -> None:
        try:
            await cast(Any, prefs)._target.aclose()
        finally:
            closed.set()

    prefs = shadowed(connect, on_mismatch=on_mismatch if connect.blocking else aon_mismatch)
    with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
        prefs.statuses(SUBSCRIBED)
        assert closed.wait(SOON)
    with pytest.raises(RuntimeError, match="this client is closed"):
        prefs.statuses(SUBSCRIBED)


def test_a_worker_without_work_ends_and_another_one_starts(
    box: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No thread or task is left behind a client that nobody closes; the next read has a worker again."""
    monkeypatch.setattr(backlog, "IDLE", 0.0)
    prefs = shadowed(connect)
    assert [] == workers(prefs)
    for count in range(1, 4):
        prefs.statuses(MIXED)
        assert ShadowCounts(identical=count) == settled(prefs)
        gone(prefs)


def test_a_read_that_comes_as_the_worker_ends_is_not_left_lying(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between deciding to end and ending another worker is started for it."""
    monkeypatch.setattr(backlog, "IDLE", 0.0)
    with Preferences(box.token, base_url=box.url, version=OURS, shadow=THEIRS) as prefs:
        found = inside(prefs)
        take, late = found._take, [*reads.reads(operations.opt_outs, (MIXED,), {}, (), set(), 1)[0]]

        def taken() -> Any:
            read = take()
            if read is None and late:
                found._enqueue([late.pop()], 0)
            return read

        monkeypatch.setattr(found, "_take", taken)
        prefs.statuses(MIXED)
        gone(prefs)
        assert ShadowCounts(identical=2) == settled(prefs)


def test_no_thread_can_be_started(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the machine has no thread to give the answers are dropped, and the caller has its own."""
    with Preferences(box.token, base_url=box.url, version=OURS, shadow=THEIRS) as prefs:
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", lambda _: (_ for _ in ()).throw(RuntimeError("no threads")))
            assert 5 == len(prefs.statuses(MIXED))
            assert ShadowCounts(dropped=1) == shadow_of(prefs).counts
        assert ["a read cannot be shadowed: RuntimeError: no threads"] == caplog.messages
        prefs.statuses(MIXED)
        assert ShadowCounts(dropped=1, identical=1) == settled(prefs)


# The rate limit


def test_the_shadow_takes_a_fifth_of_the_limit(box: Sandbox, connect: Connect) -> None:
    """Of a hundred requests an hour the shadow takes twenty; the caller has its eighty without waiting."""
    limiter = Limiter(100, 3600)
    prefs = shadowed(connect, limiter=limiter)
    for _ in range(30):
        prefs.is_opted_out(OPTED_OUT)
    until(lambda: 20 == shadow_of(prefs).counts.identical)
    for _ in range(50):
        prefs.is_opted_out(OPTED_OUT)
    assert not shadow_of(prefs).wait(0.01)
    assert (80, 20) == (len(asked(box, OURS)), len(asked(box, THEIRS)))
    assert ShadowCounts(identical=20, waiting=60) == shadow_of(prefs).counts


def test_each_request_of_a_read_takes_a_slot(box: Sandbox, connect: Connect) -> None:
    """What may_email reads side by side the shadow reads one after the other, each in a slot of its own."""
    prefs = shadowed(connect, limiter=Limiter(15, 3600))
    prefs.may_email(SUBSCRIBED, NEWS)
    prefs.may_email(MIXED, NEWS)
    until(lambda: 3 == len(asked(box, THEIRS)))
    assert not shadow_of(prefs).wait(0.01)
    assert ["get_statuses", "get_opt_outs", "get_statuses"] == asked(box, THEIRS)
    assert ShadowCounts(identical=1, waiting=1) == shadow_of(prefs).counts


def test_without_a_limiter_the_shadow_keeps_to_a_small_one(box: Sandbox, connect: Connect) -> None:
    """A caller who limits nothing has a shadow that takes no more than a fifth of the smallest limit."""
    prefs = shadowed(connect, limiter=None)
    inside(prefs)._clock = lambda: 0.0
    for _ in range(40):
        prefs.is_opted_out(OPTED_OUT)
    until(lambda: 20 == shadow_of(prefs).counts.identical)
    assert not shadow_of(prefs).wait(0.01)
    assert 20 == len(asked(box, THEIRS))


def test_what_the_shadow_is_told_of_limits_holds_for_it_alone(box: Sandbox, connect: Connect) -> None:
    """A limit of one request an hour, as the shadow hears it, makes the shadow wait and nobody else."""
    limiter = Limiter(1000, 3600)
    prefs = shadowed(connect, limiter=limiter)
    headers = {
        "x-hubspot-ratelimit-max": "100",
        "x-hubspot-ratelimit-remaining": "19",
        "x-hubspot-ratelimit-interval-milliseconds": "3600000",
    }
    with box.faults(Fault(version=THEIRS, headers=headers)):
        prefs.is_opted_out(OPTED_OUT)
        counts = settled(prefs)
    assert (1, "little is left of the rate limit") == (counts.identical, counts.paused)
    for _ in range(30):
        prefs.is_opted_out(OPTED_OUT)
    assert "Limiter(requests=1000, seconds=3600)" == repr(limiter)
    assert 30 == shadow_of(prefs).counts.waiting
    assert ["get_opt_outs"] == asked(box, THEIRS)


def test_the_window_of_the_caller_closes_for_the_shadow(box: Sandbox, connect: Connect) -> None:
    """Where the caller was told to wait the shadow does not go either."""
    limiter = Limiter(1000, 3600)
    prefs = shadowed(connect, limiter=limiter)
    prefs.is_opted_out(OPTED_OUT)
    assert 1 == settled(prefs).identical
    inside(prefs)._limiter.close(time.monotonic() + 3600)
    connect.portal.call(lambda: None) if not connect.blocking else None
    assert inside(prefs)._wait() > 3500


# Giving up


def plain_shadow(**settings: Any) -> Any:
    """A shadow that never runs, to be asked what it would do."""
    prefs = Preferences("pat-made-up", version=OURS, shadow=THEIRS, **settings)
    prefs.close()
    found = inside(prefs)
    found._reset()
    return found


def fail(found: Any, error: Exception | None, *, answered: bool = False) -> str | None:
    """Let one read of a shadow come to this."""
    read = reads.Read("statuses", {MIXED: ()}, cast(Any, None), cast(Any, None))
    found._admit([read], 0)
    found._next()
    came_to = reads.Found(answered=answered)
    if error is not None:
        came_to.fail(error)
    line: str | None = found._settle(read, came_to)
    return line


def test_pauses_grow_until_the_shadow_is_off() -> None:
    """After each read that failed the shadow waits twice as long as before; after ten it is off."""
    found = plain_shadow()
    found._clock = lambda: 0.0
    pauses = []
    for _ in range(9):
        assert None is fail(found, PreferencesError("HTTP 404"))
        pauses.append(found._paused_until)
    assert [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0] == pauses
    assert (None, "HTTP 404") == (found.counts.off, found.counts.paused)
    expected = "10 reads in a row failed; the last: HTTP 404"
    assert f"shadow reads on 2026-03 are off: {expected}" == fail(found, PreferencesError("HTTP 404"))
    assert (expected, None) == (found.counts.off, found.counts.paused)


@pytest.mark.parametrize("error", [None, PreferencesError("HTTP 500")])
def test_an_answer_in_between_makes_up_for_failures(error: Exception | None) -> None:
    """Only failures in a row count: a shadow that answers now and then, if only in part, stays on."""
    found = plain_shadow()
    for _ in range(30):
        for _ in range(9):
            fail(found, PreferencesError("HTTP 500"))
        fail(found, error, answered=True)
    assert None is found.counts.off


def test_the_rate_limit_makes_for_a_pause_after_part_of_an_answer() -> None:
    """A batch of which some was answered before the limit was reached is followed by a pause as well."""
    found = plain_shadow()
    found._clock = lambda: 0.0
    fail(found, RateLimited(429, retry_after=7.0), answered=True)
    assert 7.0 == found._paused_until


def test_a_short_pause_does_not_end_a_long_one() -> None:
    """Little is left of the day, and the same read failed: the shadow waits for the longer of the two."""
    found = plain_shadow()
    found._clock = lambda: 0.0
    found._pause(3600.0, "little is left")
    fail(found, APIError(500))
    assert (3600.0, "little is left") == (found._paused_until, found.counts.paused)


def test_what_was_dropped_is_not_counted_again() -> None:
    """An answer that arrives while the client is being closed is counted as dropped, and once."""
    found = plain_shadow()
    read = reads.Read("statuses", {MIXED: ()}, cast(Any, None), cast(Any, None))
    found._admit([read], 0)
    found._next()
    found.close()
    assert None is found._settle(read, reads.Found(identical=1))
    found.offer(operations.statuses, (MIXED,), {}, ())
    assert (ShadowCounts(dropped=2), None) == (found.counts, found._worker)


@pytest.mark.parametrize(("given", "expected"), [(None, 30.0), (5, 5), (30.0, 30.0), (100.0, 30.0)])
def test_the_shadow_has_one_connection_and_some_patience(given: float | None, expected: float) -> None:
    """It waits no longer than the client does, and half a minute at most."""
    found = plain_shadow(timeout=given, concurrency=8)._settings
    assert (expected, 1) == (found["timeout"], found["concurrency"])


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TransportError("cut off"), 1.0),
        (APIError(500), 1.0),
        (RateLimited(429), 10.0),
        (RateLimited(429, retry_after=60.0), 60.0),
        (RateLimited(429, retry_after=0.5), 1.0),
        (APIError(477, retry_after=86400.0), 3600.0),
    ],
)
def test_a_pause_is_what_was_asked_for(error: Exception, expected: float) -> None:
    """What a reply asks for counts, an hour at most."""
    found = plain_shadow()
    found._clock = lambda: 0.0
    fail(found, error)
    assert expected == found._paused_until


def test_a_total_failure_ends_it(
    box: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A version that answers nothing but 404 is asked ten times, then no more; the log and the counts say why."""
    monkeypatch.setattr(backlog, "LONGEST_PAUSE", 0.0)
    prefs = shadowed(connect)
    with box.faults(Fault(version=THEIRS, status=404, times=None)):
        for _ in range(25):
            prefs.statuses(MIXED)
        counts = settled(prefs)
    assert (10, 15) == (counts.failed, counts.dropped)
    assert str(counts.off).startswith("10 reads in a row failed; the last: HTTP 404")
    assert [f"shadow reads on 2026-03 are off: {counts.off}"] == caplog.messages
    assert 10 == len(asked(box, THEIRS))
    prefs.statuses(MIXED)
    assert 16 == shadow_of(prefs).counts.dropped


@pytest.mark.parametrize("version", [OURS, THEIRS])
def test_the_end_of_the_daily_limit_ends_it_at_once(box: Sandbox, connect: Connect, version: str) -> None:
    """When the day's requests are used up the shadow takes none of the next day's either."""
    prefs = shadowed(connect)
    faults = [Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})] if version == OURS else []
    # On the version in use the second request: the one that makes sure.
    with box.faults(*faults, Fault(version=version, status=429, policy="DAILY", skip=len(faults), times=None)):
        prefs.statuses(SUBSCRIBED)
        counts = settled(prefs)
    assert (1, 0) == (counts.failed, counts.mismatched)
    assert counts.off == counts.last_error
    assert "HTTP 429 RATE_LIMIT policy DAILY" in str(counts.off)


# The log


def test_without_a_callback_each_mismatch_is_a_line(
    box: Sandbox, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """The line says what differs, not about whom, and where there are many most are left out."""
    prefs = shadowed(connect)
    with box.faults(Fault(version=THEIRS, rows="drop", nested=True, times=None)):
        prefs.batch.opt_outs([OPTED_OUT, RETURNED] + [f"{n}@example.com" for n in range(3)])
        assert 2 == settled(prefs).mismatched
    line = (
        "batch.opt_outs: v4 → 2026-03 differ (would be newly mailed): opt_outs: row: 1 row → no row; "
        "opt_outs: decision: opted out → not opted out"
    )
    found = [("hubspot_preferences.shadow", logging.WARNING, line)]
    assert found * 2 == caplog.record_tuples


def test_a_total_disagreement_does_not_fill_a_disk(caplog: pytest.LogCaptureFixture) -> None:
    """Ten lines a minute; the next one says how many were left out."""
    found = plain_shadow()
    now = 0.0
    found._clock = lambda: now
    for _ in range(1000):
        found._line("differ")
    assert ["differ"] * 10 == caplog.messages
    now = 59.9
    found._line("differ")
    now = 60.0
    found._line("differ")
    found._line("differ")
    assert ["differ"] * 10 + ["differ (991 lines before this one were left out)", "differ"] == caplog.messages


# How it is asked for


@pytest.mark.usefixtures("three_versions")
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"shadow": OURS}, "shadow: v4 is the version of the client itself"),
        ({"shadow": "latest", "version": "2026-09"}, "shadow: 2026-09 is the version of the client itself"),
        ({"shadow": "v5"}, "shadow: 'v5' is not one of v4, 2026-03, 2026-09, latest"),
        ({"shadow": 4}, "shadow: int is not one of v4, 2026-03, 2026-09, latest"),
        ({"shadow": THEIRS, "on_mismatch": 7}, "on_mismatch: must be a function, or None for a line in the log"),
        ({"on_mismatch": print}, "on_mismatch: needs a shadow, an API version to compare with"),
    ],
)
@pytest.mark.parametrize("kind", [Preferences, AsyncPreferences])
def test_what_cannot_be_is_refused(kind: Callable[..., object], settings: dict[str, Any], expected: str) -> None:
    """A shadow that makes no sense is an InvalidArgument, before anything is opened."""
    with pytest.raises(InvalidArgument) as found:
        kind("pat-made-up", **{"version": OURS, **settings})
    assert expected == str(found.value)


def test_what_takes_time_to_import_is_imported_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shadow's version is loaded when the client is made: later it would hold up an event loop."""
    loaded: list[str] = []
    monkeypatch.setattr(versions, "load", loaded.append)
    plain_shadow()
    assert [THEIRS] == loaded


def test_a_blocking_client_takes_no_coroutine_function() -> None:
    """Nobody would await it."""

    async def on_mismatch(_: Mismatch) -> None: ...

    with pytest.raises(InvalidArgument, match="on_mismatch: a coroutine function is for AsyncPreferences"):
        Preferences("pat-made-up", version=OURS, shadow=THEIRS, on_mismatch=on_mismatch)


@pytest.mark.usefixtures("three_versions")
@pytest.mark.parametrize("given", ["2026-09", "latest", versions.version("2026-09")])
def test_a_shadow_is_named_as_versions_are(connect: Connect, given: Any) -> None:
    """By name, as the newest, or as the version itself; it says which it is and what it did."""
    found = shadow_of(shadowed(connect, shadow=given))
    assert "2026-09" == found.version.name
    assert f"<{'' if connect.blocking else 'Async'}Shadow version='2026-09' {ShadowCounts()!r}>" == repr(found)


def test_without_a_shadow_there_is_none(connect: Connect) -> None:
    """A client that was not asked for one has none, nor has one on another version."""
    assert None is connect(version=OURS).shadow
    prefs = shadowed(connect)
    other = prefs.with_version("2026-09")
    assert None is other.shadow
    other.statuses(MIXED)
    other.close()
    prefs.statuses(MIXED)
    assert 1 == settled(prefs).identical


def test_the_callers_http_client_is_left_alone(box: Sandbox, connect: Connect) -> None:
    """Your own client carries what you asked for and nothing else: the shadow has one of its own."""
    seen: list[str] = []

    async def asee(request: httpx.Request) -> None:
        seen.append(request.url.path.split("/")[2])

    def see(request: httpx.Request) -> None:
        seen.append(request.url.path.split("/")[2])

    own = connect.own(event_hooks={"request": [see if connect.blocking else asee]})
    prefs = shadowed(connect, http_client=own)
    prefs.may_email(SUBSCRIBED, "Marketing Information")
    assert 1 == settled(prefs).identical
    assert [OURS] * 3 == seen
    assert 3 == len(asked(box, THEIRS))


def test_no_token_and_no_address_is_shown(
    box: Sandbox, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the counts nor the log hold what must not be seen, even where the reply repeats both."""
    caplog.set_level(logging.DEBUG)
    prefs = shadowed(connect)
    body = f'{{"message": "no {box.token} {SUBSCRIBED}", "category": "{SUBSCRIBED}"}}'
    with box.faults(Fault(version=THEIRS, status=400, body=body)):
        prefs.statuses(SUBSCRIBED)
        counts = settled(prefs)
    assert 1 == counts.failed
    assert "@" not in repr(counts)
    assert box.token not in repr(counts)
    assert [] == [message for message in caplog.messages if "@" in message or f"Bearer {box.token}" in message]


@pytest.mark.parametrize("many", [1, 8])
def test_many_threads_at_once(box: Sandbox, many: int) -> None:
    """Whoever reads at the same time, every answer is counted once."""
    with Preferences(
        box.token, base_url=box.url, version=OURS, shadow=THEIRS, limiter=Limiter(100_000), retry=None
    ) as prefs:
        threads = [
            threading.Thread(target=lambda: [prefs.is_opted_out(OPTED_OUT) for _ in range(20)])
            for _ in range(many)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts = settled(prefs)
    assert 20 * many == counts.identical + counts.dropped
    assert counts.identical == len(asked(box, THEIRS))


# Awaited


def arun(box: Sandbox, work: Callable[[AsyncPreferences], Any], **settings: Any) -> Any:
    """Run a program of its own with a client, on a loop of its own."""

    async def main() -> Any:
        async with AsyncPreferences(
            box.token, base_url=box.url, version=OURS, shadow=THEIRS, limiter=Limiter(100_000), **settings
        ) as prefs:
            return await work(prefs)

    return asyncio.run(main())


def test_a_coroutine_function_is_awaited_on_the_loop(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs on the caller's loop, without a thread; what is handed to a queue arrives."""
    queue: asyncio.Queue[Mismatch] = asyncio.Queue()
    started: list[str] = []
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", noted)

    async def work(prefs: AsyncPreferences) -> Any:
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)):
            await prefs.batch.statuses([SUBSCRIBED, MIXED])
            return [(await asyncio.wait_for(queue.get(), SOON)).email for _ in range(2)]

    assert [SUBSCRIBED, MIXED] == arun(box, work, on_mismatch=queue.put)
    assert [] == [name for name in started if "told" in name]


request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="none")


def test_the_worker_has_a_context_of_its_own(box: Sandbox) -> None:
    """What the first read is logged and traced as is not put down to all that follow."""
    found: list[str] = []

    async def on_mismatch(_: Mismatch) -> None:
        found.append(request_id.get())

    async def work(prefs: AsyncPreferences) -> None:
        assert prefs.shadow
        request_id.set("the first")
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
            await prefs.statuses(SUBSCRIBED)
            assert await prefs.shadow.wait(SOON)

    arun(box, work, on_mismatch=on_mismatch)
    assert ["none"] == found


def test_a_worker_that_somebody_cancelled_is_replaced(box: Sandbox) -> None:
    """Who cancels every task of a loop ends the worker, even before it began; the next read has another."""

    async def work(prefs: AsyncPreferences) -> ShadowCounts:
        found: Any = prefs.shadow
        for _ in range(2):
            found.offer(operations.opt_outs, (MIXED,), {}, ())
            found._worker.cancel()
            await asyncio.sleep(0)
        found.offer(operations.opt_outs, (MIXED,), {}, ())
        assert await found.wait(SOON)
        counts: ShadowCounts = found.counts
        return counts

    assert ShadowCounts(identical=3) == arun(box, work)


def test_what_a_plain_function_returns_is_awaited(box: Sandbox) -> None:
    """A lambda around a coroutine is as good as a coroutine function."""
    queue: asyncio.Queue[Mismatch] = asyncio.Queue()

    async def work(prefs: AsyncPreferences) -> Any:
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)):
            await prefs.statuses(SUBSCRIBED)
            return (await asyncio.wait_for(queue.get(), SOON)).email

    assert SUBSCRIBED == arun(box, work, on_mismatch=lambda mismatch: queue.put(mismatch))


@pytest.mark.parametrize("error", [ValueError("jane@example.com"), asyncio.CancelledError()])
def test_a_coroutine_that_raises(box: Sandbox, error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """It is one line in the log, also where it cancels itself, and the next mismatch is told."""
    told = Told()

    async def on_mismatch(mismatch: Mismatch) -> None:
        told(mismatch)
        raise error

    async def work(prefs: AsyncPreferences) -> None:
        assert prefs.shadow
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"}, times=None)):
            await prefs.batch.statuses([SUBSCRIBED, MIXED])
            assert await prefs.shadow.wait(SOON)

    arun(box, work, on_mismatch=on_mismatch)
    assert 2 == len(told)
    assert [f"on_mismatch raised {type(error).__name__}, told of: {found}" for found in told] == caplog.messages


def test_a_coroutine_that_hangs_is_cancelled_on_closing(box: Sandbox) -> None:
    """Closing neither waits for it nor leaves it behind."""
    ended: list[str] = []
    entered = asyncio.Event()

    async def on_mismatch(_: Mismatch) -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def work(prefs: AsyncPreferences) -> Any:
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
            await prefs.statuses(SUBSCRIBED)
            await asyncio.wait_for(entered.wait(), SOON)
        await prefs.aclose()
        return [task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()}]

    assert [] == arun(box, work, on_mismatch=on_mismatch)
    assert ["cancelled"] == ended


def test_each_loop_has_a_worker_of_its_own(box: Sandbox) -> None:
    """A client that outlives its loop starts anew on the next, as its own connections do."""

    async def once(prefs: AsyncPreferences) -> bool:
        assert prefs.shadow
        prefs.shadow.offer(operations.opt_outs, (OPTED_OUT,), {}, ())
        return await prefs.shadow.wait(SOON)

    prefs = AsyncPreferences(box.token, base_url=box.url, version=OURS, shadow=THEIRS)
    assert [True, True] == [asyncio.run(once(prefs)) for _ in range(2)]
    assert prefs.shadow
    assert 2 == prefs.shadow.counts.identical
    asyncio.run(prefs.aclose())


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of whoever closes a loop with work on it
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_was_closed_with_the_worker_on_it(listen: Listen) -> None:
    """A worker that nothing wakes any more is replaced on the next loop, and keeps no client from closing."""
    server, waits, over = hanging(listen)
    prefs = AsyncPreferences("pat-made-up", base_url=server.url, version=OURS, shadow=THEIRS)
    found: Any = prefs.shadow

    async def once() -> None:
        found.offer(operations.opt_outs, (OPTED_OUT,), {}, ())
        while not waits.is_set():
            await asyncio.sleep(0.001)

    for _ in range(2):
        waits.clear()
        loop = asyncio.new_event_loop()
        loop.run_until_complete(once())
        loop.close()
    assert not found._worker.done()
    asyncio.run(prefs.aclose())
    over.set()
    assert ShadowCounts(dropped=2) == found.counts


def test_closing_that_is_cancelled_closes_the_connections(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stops waiting for the shadow leaves no socket behind."""

    async def main() -> bool:
        prefs = AsyncPreferences(box.token, base_url=box.url, version=OURS, shadow=THEIRS)
        monkeypatch.setattr(prefs.shadow, "aclose", asyncio.Event().wait)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(prefs.aclose(), 0.001)
        return prefs._pool.closed

    assert asyncio.run(main())


def test_the_loop_goes_on_while_a_plain_function_blocks(box: Sandbox, held: Held) -> None:
    """A plain function is called in a thread: it may take as long as it likes."""

    async def work(prefs: AsyncPreferences) -> Any:
        assert prefs.shadow
        with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
            await prefs.statuses(SUBSCRIBED)
            while not held.entered.is_set():
                await asyncio.sleep(0.001)
        said = await prefs.statuses(MIXED)
        held.let_go.set()
        assert await prefs.shadow.wait(SOON)
        return said, prefs.shadow.counts

    said, counts = arun(box, work, on_mismatch=held)
    assert (5, ShadowCounts(mismatched=1, identical=1)) == (len(said), counts)


# Processes

ENDS = """
import asyncio, logging, os, sys, threading
from hubspot_preferences import AsyncPreferences, Preferences, Limiter

url, how = sys.argv[1:]
settings = dict(token="demo", base_url=url, version="v4", shadow="2026-03", limiter=Limiter(1000))
if how == "blocking":
    prefs = Preferences(**settings)
    prefs.is_opted_out("jane@example.com")
    sys.stdin.readline()
elif how == "asynchronous":
    async def main():
        prefs = AsyncPreferences(**settings)
        await prefs.is_opted_out("jane@example.com")
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        await prefs._pool.aclose()
    asyncio.run(main())
elif how == "no run":
    async def main():
        prefs = AsyncPreferences(**settings)
        await prefs.is_opted_out("jane@example.com")
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        await prefs.aclose()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
print("end")
"""


def process(text: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process of its own, warnings being errors."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "HUBSPOT"))}
    day = f"import datetime, hubspot_preferences.versions as v; v.today = lambda: {versions.today()!r}\n"
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", day + text, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("how", ["blocking", "asynchronous", "no run"])
def test_a_program_ends_while_the_shadow_hangs(listen: Listen, how: str) -> None:
    """Whether the client was closed or not, the process ends at once and without a word of complaint."""
    server, waits, over = hanging(listen)
    with process(ENDS, server.url, how) as running:
        try:
            assert waits.wait(SOON)
            out, err = running.communicate("go\n", timeout=SOON)
        finally:
            running.kill()
            over.set()
    assert ("end\n", 0) == (out, running.returncode)
    assert "" == err


FORKS = """
import os, sys
from hubspot_preferences import Limiter, Preferences

url = sys.argv[1]
limiter = Limiter(100_000)
prefs = Preferences("demo", base_url=url, version="v4", shadow="2026-03", limiter=limiter)
prefs.is_opted_out("jane@example.com")
assert prefs.shadow.wait(20)
for _ in range(10):
    prefs.is_opted_out("jane@example.com")
before = prefs.shadow.counts
# A thread of the parent may hold any of these at the moment of the fork.
prefs.shadow._changed.acquire()
limiter._lock.acquire()
pid = os.fork()
if not pid:
    status = 1
    try:
        counts = prefs.shadow.counts
        assert (0, 0, 0) == (counts.identical, counts.waiting, counts.dropped), counts
        for _ in range(3):
            prefs.is_opted_out("joe@example.com")
        assert prefs.shadow.wait(20)
        assert 3 == prefs.shadow.counts.identical, prefs.shadow
        prefs.close()
        status = 0
    finally:
        os._exit(status)
limiter._lock.release()
prefs.shadow._changed.release()
assert 0 == os.waitpid(pid, 0)[1]
assert prefs.shadow.wait(20)
assert 11 == prefs.shadow.counts.identical, prefs.shadow
prefs.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_has_a_shadow_of_its_own(box: Sandbox) -> None:
    """A child has neither its parent's queue nor its connection, and no lock that a thread of the parent held."""
    with process("import warnings; warnings.filterwarnings('ignore', '.*fork')\n" + FORKS, box.url) as running:
        try:
            out, err = running.communicate(timeout=SOON)
        finally:
            running.kill()
    assert ("", "", 0) == (out, err, running.returncode)
    repeated = [entry.raw_path for entry in box.log if entry.version == THEIRS]
    assert {"jane": 11, "joe": 3, "definitions": 1} == Counter(
        name for path in repeated for name in ("jane", "joe", "definitions") if name in path
    )


def test_clients_without_a_shadow_do_not_pay_for_it(box: Sandbox) -> None:
    """Neither importing the package nor reading loads what only shadows need; asking for a name of theirs does."""
    text = (
        "import sys, hubspot_preferences as h\n"
        "prefs = h.Preferences('demo', base_url=sys.argv[1])\n"
        "prefs.is_opted_out('jane@example.com'); prefs.close()\n"
        "print([name for name in sys.modules if name.startswith(('hubspot_preferences.shadow',"
        " 'hubspot_preferences.answers'))])\n"
        "print(h.Mismatch.__module__, h.ShadowCounts.__name__, hasattr(h, 'Shade'))\n"
    )
    with process(text, box.url) as running:
        out, err = running.communicate(timeout=SOON)
    assert ("[]\nhubspot_preferences.shadow.values ShadowCounts False\n", "") == (out, err)


def test_both_shadows_offer_the_same() -> None:
    """The asynchronous one has what the blocking one has, in the same words."""
    for name in ("counts", "wait", "version", "offer"):
        words = [getattr(kind, name).__doc__ for kind in (Shadow, AsyncShadow)]
        assert words[0] == words[1]
        assert words[0]
    assert Shadow.close.__doc__ == AsyncShadow.aclose.__doc__
