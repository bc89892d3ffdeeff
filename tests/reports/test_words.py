"""The words and figures of a comparison."""

from datetime import date

import pytest
from attrs import evolve
from tests.reports.samples import FULL, RENAMED, change, diff, parity

from hubspot_preferences.answers import ParityReport
from hubspot_preferences.contracts import ContractDiff, Level
from hubspot_preferences.privacy import visible
from hubspot_preferences.reports import words

# The answer


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (diff(), "the contracts are the same (2 operations)"),
        (diff(operations=diff().operations[:1]), "the contracts are the same (1 operation)"),
        (diff(change(Level.INFO)), "the contracts differ: 1 harmless change in 1 of 2 operations"),
        (
            diff(change(Level.BREAKING), change(Level.WARNING, place="x"), change(Level.WARNING, place="y")),
            "the contracts differ: 1 breaking change, 2 warnings in 1 of 2 operations",
        ),
        (diff(others=(change(Level.WARNING, ""),)), "the contracts differ: 1 warning"),
        # What is in a schema that many operations share is one change, here and in the list of changes.
        (
            diff(change(Level.BREAKING, subject="S.f"), change(Level.BREAKING, "POST /links", subject="S.f")),
            "the contracts differ: 1 breaking change in 1 of 2 operations",
        ),
    ],
)
def test_the_contracts_in_a_sentence(found: ContractDiff, said: str) -> None:
    """Whether they are the same, and else how much of what differs where."""
    assert said == words.about_contracts(found)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (parity(), "they answer the same about all 1,000 addresses"),
        (parity(compared=1, identical=1), "they answer the same about the one address"),
        (parity(different=1), "they answer differently about 1 of 1,000 addresses"),
        (
            parity(different=3, newly_allowed=2, invalid=1),
            "they answer differently about 3 of 1,000 addresses (2 would be newly mailed); 1 invalid",
        ),
        (parity(definitions=(RENAMED,)), "they answer differently about the subscription types"),
        (
            parity(different=3, definitions=(RENAMED,), unreadable=5, stopped="x"),
            "they answer differently about 3 of 1,000 addresses and about the subscription types; "
            "5 unreadable, stopped early (x)",
        ),
        (
            parity(unreadable=1200, unknown=1, invalid=2),
            "no difference found, but not everything was compared: 1,200 unreadable, 1 unknown, 2 invalid",
        ),
        (
            parity(stopped="interrupted"),
            "no difference found, but not everything was compared: stopped early (interrupted)",
        ),
        (
            parity(undefined="v4: HTTP 500"),
            "no difference found, but not everything was compared: the subscription types not compared",
        ),
        (
            parity(compared=0, identical=0),
            "no difference found, but not everything was compared: no address was",
        ),
    ],
)
def test_the_answers_in_a_sentence(found: ParityReport, said: str) -> None:
    """Whether they are the same; what differs, what is dangerous, and what nobody knows."""
    assert said == words.about_answers(found)


def test_the_answer_comes_first() -> None:
    """With a live comparison what the versions said, then the contracts."""
    assert ("v4 → new.yaml: the contracts are the same (2 operations)",) == words.verdict(diff())
    assert (
        "v4 → 2026-03: they answer the same about all 1,000 addresses",
        "v4 → new.yaml: the contracts are the same (2 operations)",
    ) == words.verdict(diff(), parity())


# Words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Zoë → 東京", "Zoë → 東京"),
        ("a\nb\x1b[31m", "a\\nb\\x1b[31m"),
        ("\u202egnp.exe\u200b\ufeff", "\\u202egnp.exe\\u200b\\ufeff"),
        ("\ud800\u2028\x00", "\\ud800\\u2028\\x00"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    """What a terminal or a browser would act upon, turn round or hide is shown by its code."""
    assert shown == visible(text)


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "-"), (0.00042, "0.4 ms"), (0.0342, "34 ms"), (1.2, "1,200 ms")]
)
def test_times_of_requests(seconds: float | None, said: str) -> None:
    """In milliseconds."""
    assert said == words.milliseconds(seconds)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (7801, "2 h 10 min"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    """In two units at most."""
    assert said == words.duration(seconds)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (
            date(2026, 11, 20),
            ["supported until 2027-03-30 (130 days left)", "current, supported until 2028-03-08 (474 days left)"],
        ),
        (
            date(2027, 3, 29),
            ["supported until 2027-03-30 (1 day left)", "supported until 2028-03-08 (345 days left)"],
        ),
        (
            date(2027, 4, 1),
            ["not supported since 2027-03-30 (2 days)", "supported until 2028-03-08 (342 days left)"],
        ),
        (
            date(2026, 9, 1),
            ["supported until 2027-03-30 (210 days left)", "comes out 2026-09-08, supported until 2028-03-08"],
        ),
    ],
)
def test_support(day: date, said: list[str]) -> None:
    """How long HubSpot supports each version, on that day."""
    assert said == [str(each) for each in words.support(("v4", "2026-09"), day)]


def test_support_of_files_and_of_one_version() -> None:
    """A file has no support window, and a version has one."""
    assert ["v4"] == [each.name for each in words.support(("v4", "new.yaml"))]
    assert ["v4"] == [each.name for each in words.support(("v4", "v4"))]
    assert () == words.support(("old.yaml", "new.yaml"))


def test_figures() -> None:
    """Every count, with what explains it; what somebody has to look at is marked."""
    assert [
        ("compared", 1000, "in 1 min 15 s", False),
        ("identical", 992, "", False),
        ("different", 3, "statuses: state 3, decision 2", True),
        ("would be newly mailed", 2, "2026-03 allows what v4 does not", True),
        ("unreadable", 3, "v4: 1 (TimedOut 1); 2026-03: 2 (ServerError 1, UnreadableReply 1)", True),
        ("unknown", 2, "the same from both, with a value this library does not know", True),
        ("invalid", 1, "no address: not sent", True),
    ] == [(each.name, each.number, each.note, each.alarming) for each in words.counts(FULL)]
    assert not any(each.alarming for each in words.counts(parity()))


def test_what_no_figure_says() -> None:
    """Why not everything was compared."""
    assert () == words.remarks(parity())
    assert (
        "the subscription types were not compared: v4: HTTP 500",
        "stopped early: interrupted",
    ) == words.remarks(FULL)


def test_who_would_be_mailed_comes_first() -> None:
    """Among the addresses, and among what differs about one; nothing gets lost."""
    found = words.worst_first(FULL)
    assert ["second", "first"] == [each.shown for each in found]
    assert ["decision", "state"] == [each.field for each in found[0].differences]


@pytest.mark.parametrize(
    ("different", "said"),
    [(2, "2 addresses that differ"), (3421, "the first 2 of 3,421 addresses that differ")],
)
def test_how_many_are_listed(different: int, said: str) -> None:
    """A list that is not whole says so."""
    assert said == words.listed(evolve(FULL, different=different))


def test_one_is_listed() -> None:
    """One differs, several differ."""
    assert "1 address that differs" == words.listed(evolve(FULL, different=1, listed=FULL.listed[:1]))


def test_within() -> None:
    """The operations of a change; all of them are not listed one by one."""
    assert "GET /definitions" == words.within(diff(), ("GET /definitions",))
    assert "all 2 operations" == words.within(diff(), ("GET /definitions", "POST /links/generate"))
    assert "" == words.within(diff(), ("",))
