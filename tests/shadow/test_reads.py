"""Which reads are repeated, and how: shadow/reads.py."""

from __future__ import annotations

import threading
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest

from hubspot_preferences import (
    APIError,
    Change,
    InvalidArgument,
    ShadowCounts,
    WouldResubscribe,
    batch,
)
from hubspot_preferences.outcomes import BatchResult, Outcome, OutcomeState
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.shadow import reads

if TYPE_CHECKING:
    from tests.conftest import Connect

from tests.shadow.clients import (
    MIXED,
    NEWS,
    OURS,
    READS,
    SUBSCRIBED,
    THEIRS,
    Held,
    Mismatches,
    asked,
    hold,
    inside,
    plain_shadow,
    settled,
    shadow_of,
    shadowed,
)


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("pair", [("v4", "2026-03"), ("2026-03", "2026-09"), ("2026-09", "v4")], ids="→".join)
def test_every_read_is_repeated(box: Sandbox, connect: Connect, name: str, pair: tuple[str, str]) -> None:
    """The shadow asks exactly what the client asked, on its own version; where both agree, nobody is told."""
    mismatches = Mismatches()
    prefs = shadowed(connect, version=pair[0], shadow=pair[1], on_mismatch=mismatches)
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
    assert [] == mismatches


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
    repetitions = reads.REPETITIONS.values()
    again = {repetition.again.__name__.removeprefix("_") for repetition in repetitions}
    singles = {repetition.single.__name__ for repetition in repetitions if repetition.single}
    assert {"definitions", "statuses", "opt_outs", "is_opted_out", "may_email"} == again
    assert {"statuses", "every_opt_out", "_may_email"} == singles


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


def test_what_was_answered_before_a_refusal_counts(box: Sandbox, connect: Connect) -> None:
    """Where single reads end, those before are compared, and the shadow did not fail as a whole."""
    prefs = shadowed(connect)
    with box.faults(
        Fault(operation="batch_read_statuses", status=403, times=None),
        Fault(version=THEIRS, operation="get_statuses", status=500, skip=2, times=None),
    ):
        prefs.batch.statuses([f"{n}@example.com" for n in range(5)])
        counts = settled(prefs)
    assert (2, 3, None) == (counts.identical, counts.failed, counts.paused)


def test_what_has_no_room_costs_the_caller_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a huge batch only what fits is looked at, once the shadow is off nothing; all of it is counted."""
    shadow = plain_shadow()
    shadow._thread = threading.current_thread()
    looked: list[str] = []

    def key(address: str) -> str:
        looked.append(address)
        return address

    monkeypatch.setattr(reads, "address_key", key)
    outcomes = [Outcome(f"{n}@example.com", OutcomeState.APPLIED, ()) for n in range(10_500)]
    kwargs = {"business_unit_id": None, "chunk_size": 100, "fallback": True}
    shadow.offer(batch.opt_outs, ([],), kwargs, BatchResult(outcomes))
    assert ShadowCounts(waiting=10_000, dropped=500) == shadow.counts
    shadow._exchange.off = "enough"
    shadow._drop()
    shadow.offer(batch.opt_outs, ([],), kwargs, BatchResult(outcomes))
    assert ShadowCounts(dropped=21_000, off="enough") == shadow.counts
    assert 10_000 == len(looked)


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
