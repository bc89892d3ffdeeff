"""What a comparison is said to have found: sentences, figures, JSON and Markdown."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from attrs import evolve, fields
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hubspot_preferences.contracts import (
    ContractChange,
    ContractDiff,
    Difference,
    Differing,
    Level,
    OperationDiff,
    ParityReport,
    Side,
    compare,
    report,
)

property_test = settings(max_examples=100, deadline=None, derandomize=True)
NASTY = "a|b `c` ``d\\| <script>alert(1)</script> *e* _f_ [g](http://h) &amp; @i #1 \\"


def change(level: Level, operation: str = "GET /definitions", **values: str) -> ContractChange:
    """A change."""
    return ContractChange(level, "a-rule", operation, **values)


def diff(*changes: ContractChange, **values: Any) -> ContractDiff:
    """Two operations of v4 and of a file; the changes are in the first."""
    verdict = str(changes[0].level) if changes else "same"
    operations = (
        OperationDiff("GET", "/definitions", verdict, changes),
        OperationDiff("POST", "/links/generate", "same"),
    )
    return evolve(ContractDiff("v4", "new.yaml", operations), **values)


def differing(shown: str = "0123456789abcdef", *, mailed: bool = False) -> Differing:
    """An address about which the versions differ."""
    state = Difference("state", "statuses", "UNSUBSCRIBED", "SUBSCRIBED", 7)
    decision = Difference("decision", "decisions", "no (not specified)", "yes (subscribed)", 7, newly_allowed=True)
    return Differing(shown, (state, decision) if mailed else (state,))


def parity(**values: Any) -> ParityReport:
    """A report of a thousand addresses, all the same unless said otherwise."""
    return evolve(
        ParityReport(
            a=Side("v4", 24, p50=0.0341, p95=0.12),
            b=Side("2026-03", 24, p50=0.0042, p95=1.2),
            compared=1000,
            identical=1000,
            different=0,
            unreadable=0,
            unknown=0,
            invalid=0,
            newly_allowed=0,
            by_field={},
            definitions=(),
            listed=(),
            seconds=75.2,
        ),
        **values,
    )


RENAMED = Difference("name", "definitions", "News", "Newsletter", 7)
FULL = parity(
    a=Side("v4", 24, 1, {"TimedOut": 1}, 0.0341, 0.12),
    b=Side("2026-03", 24, 2, {"ServerError": 1, "UnreadableReply": 1}, 0.0042, 1.2),
    identical=992,
    different=3,
    unreadable=3,
    unknown=2,
    invalid=1,
    newly_allowed=2,
    by_field={"statuses: state": 3, "decisions: decision": 2},
    definitions=(RENAMED,),
    listed=(differing("first"), differing("second", mailed=True)),
    stopped="interrupted",
    undefined="v4: HTTP 500",
)

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
    assert said == report.about_contracts(found)


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
    assert said == report.about_answers(found)


def test_the_answer_comes_first() -> None:
    """With a live comparison what the versions said, then the contracts."""
    assert ("v4 → new.yaml: the contracts are the same (2 operations)",) == report.verdict(diff())
    assert (
        "v4 → 2026-03: they answer the same about all 1,000 addresses",
        "v4 → new.yaml: the contracts are the same (2 operations)",
    ) == report.verdict(diff(), parity())


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
    assert shown == report.visible(text)


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "-"), (0.00042, "0.4 ms"), (0.0342, "34 ms"), (1.2, "1,200 ms")]
)
def test_times_of_requests(seconds: float | None, said: str) -> None:
    """In milliseconds."""
    assert said == report.milliseconds(seconds)


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
    assert said == report.duration(seconds)


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
    assert said == [str(each) for each in report.support(compare("v4", "2026-09"), day)]


def test_support_of_files_and_of_one_version() -> None:
    """A file has no support window, and a version has one."""
    assert ["v4"] == [each.version for each in report.support(diff())]
    assert ["v4"] == [each.version for each in report.support(diff(b="v4"))]
    assert () == report.support(diff(a="old.yaml"))


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
    ] == [(each.name, each.number, each.note, each.alarming) for each in report.counts(FULL)]
    assert not any(each.alarming for each in report.counts(parity()))


def test_what_no_figure_says() -> None:
    """Why not everything was compared."""
    assert () == report.remarks(parity())
    assert (
        "the subscription types were not compared: v4: HTTP 500",
        "stopped early: interrupted",
    ) == report.remarks(FULL)


def test_who_would_be_mailed_comes_first() -> None:
    """Among the addresses, and among what differs about one; nothing gets lost."""
    found = report.worst_first(FULL)
    assert ["second", "first"] == [each.shown for each in found]
    assert ["decision", "state"] == [each.field for each in found[0].differences]


@pytest.mark.parametrize(
    ("different", "said"),
    [(2, "2 addresses that differ"), (3421, "the first 2 of 3,421 addresses that differ")],
)
def test_how_many_are_listed(different: int, said: str) -> None:
    """A list that is not whole says so."""
    assert said == report.listed(evolve(FULL, different=different))


def test_one_is_listed() -> None:
    """One differs, several differ."""
    assert "1 address that differs" == report.listed(evolve(FULL, different=1, listed=FULL.listed[:1]))


def test_within() -> None:
    """The operations of a change; all of them are not listed one by one."""
    assert "GET /definitions" == report.within(diff(), ("GET /definitions",))
    assert "all 2 operations" == report.within(diff(), ("GET /definitions", "POST /links/generate"))
    assert "" == report.within(diff(), ("",))


# JSON

TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 0}
MAYBE_TEXT = {"type": ["string", "null"]}
MS = {"type": ["number", "null"]}


def closed(**properties: Any) -> dict[str, Any]:
    """An object with these keys, all of them, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def many(items: Any) -> dict[str, Any]:
    """A list."""
    return {"type": "array", "items": items}


BY_NAME = {"type": "object", "additionalProperties": NUMBER}
CHANGE = closed(
    level={"enum": ["breaking", "warning", "info"]},
    rule=TEXT,
    operation=TEXT,
    place=TEXT,
    subject=TEXT,
    detail=TEXT,
)
DIFFERENCE = closed(
    field=TEXT,
    about={"enum": ["statuses", "opt_outs", "definitions", "decisions"]},
    a=TEXT,
    b=TEXT,
    subscription_id={"type": ["integer", "null"]},
    newly_allowed={"type": "boolean"},
)
SIDE = closed(version=TEXT, requests=NUMBER, unreadable=NUMBER, reasons=BY_NAME, p50_ms=MS, p95_ms=MS)
ANSWERS = closed(
    verdict={"enum": ["same", "incomplete", "different"]},
    same={"type": "boolean"},
    a=SIDE,
    b=SIDE,
    compared=NUMBER,
    identical=NUMBER,
    different=NUMBER,
    unreadable=NUMBER,
    unknown=NUMBER,
    invalid=NUMBER,
    newly_allowed=NUMBER,
    by_field=BY_NAME,
    definitions=many(DIFFERENCE),
    listed=many(closed(shown=TEXT, differences=many(DIFFERENCE))),
    seconds={"type": "number"},
    stopped=MAYBE_TEXT,
    undefined=MAYBE_TEXT,
)
SCHEMA = closed(
    format={"const": 1},
    a=TEXT,
    b=TEXT,
    verdict={"type": "array", "items": TEXT, "minItems": 1, "maxItems": 2},
    contracts=closed(
        verdict={"enum": ["same", "breaking", "warning", "info"]},
        counts=closed(breaking=NUMBER, warning=NUMBER, info=NUMBER),
        operations=many(
            closed(
                method=TEXT,
                path=TEXT,
                verdict={"enum": ["same", "added", "removed", "breaking", "warning", "info"]},
                changes=many(CHANGE),
            )
        ),
        others=many(CHANGE),
    ),
    support=many(
        closed(
            name=TEXT,
            released=MAYBE_TEXT,
            state={"enum": ["current", "supported", "unsupported", "unreleased"]},
            supported_until=TEXT,
            days_left={"type": "integer"},
        )
    ),
    answers={"anyOf": [{"type": "null"}, ANSWERS]},
)
SOME = diff(change(Level.BREAKING, place="200 x", subject="S.x", detail="a → b"), others=(change(Level.INFO, ""),))


@pytest.mark.parametrize("found", [diff(), SOME, compare("v4", "2026-09")])
@pytest.mark.parametrize("answers", [None, parity(), FULL, parity(a=Side("v4"), compared=0)])
def test_json_keeps_its_keys(found: ContractDiff, answers: ParityReport | None) -> None:
    """Exactly those that the documentation names, of these kinds, whatever was found."""
    text = json.dumps(report.as_json(found, answers))
    jsonschema_rs.validate(SCHEMA, json.loads(text))


def test_json_holds_everything() -> None:
    """Every field of every value is in it, with its value."""
    found = report.as_json(SOME, FULL, today=date(2026, 11, 20))
    answers: dict[str, Any] = found["answers"]
    assert {each.name for each in fields(ParityReport)} | {"same", "verdict"} == answers.keys()
    assert {each.name for each in fields(Difference)} == answers["definitions"][0].keys()
    assert {each.name for each in fields(ContractChange)} == found["contracts"]["others"][0].keys()
    for name in ("compared", "identical", "different", "unreadable", "unknown", "invalid", "newly_allowed"):
        assert getattr(FULL, name) == answers[name]
    assert {
        "version": "2026-03",
        "requests": 24,
        "unreadable": 2,
        "reasons": {"ServerError": 1, "UnreadableReply": 1},
        "p50_ms": 4.2,
        "p95_ms": 1200.0,
    } == answers["b"]
    assert ({"statuses: state": 3, "decisions: decision": 2}, "interrupted", "v4: HTTP 500", 75.2) == tuple(
        answers[name] for name in ("by_field", "stopped", "undefined", "seconds")
    )
    assert ["first", "second"] == [each["shown"] for each in answers["listed"]]
    assert {
        "field": "decision",
        "about": "decisions",
        "a": "no (not specified)",
        "b": "yes (subscribed)",
        "subscription_id": 7,
        "newly_allowed": True,
    } == answers["listed"][1]["differences"][1]
    contracts = found["contracts"]
    assert ("breaking", {"breaking": 1, "warning": 0, "info": 1}) == (contracts["verdict"], contracts["counts"])
    assert [
        {
            "level": "breaking",
            "rule": "a-rule",
            "operation": "GET /definitions",
            "place": "200 x",
            "subject": "S.x",
            "detail": "a → b",
        }
    ] == contracts["operations"][0]["changes"]
    assert [
        {"name": "v4", "released": None, "state": "supported", "supported_until": "2027-03-30", "days_left": 130}
    ] == found["support"]
    assert list(report.verdict(SOME, FULL)) == found["verdict"]


def test_json_names_every_key_in_its_documentation() -> None:
    """What as_json promises mentions each key at the top, and of the contracts, support and sides."""
    said = report.as_json.__doc__ or ""
    for part in (
        SCHEMA,
        SCHEMA["properties"]["contracts"],
        SCHEMA["properties"]["support"]["items"],
        SIDE,
        CHANGE,
    ):
        assert [] == [name for name in part["properties"] if name not in said]


# Markdown


def cells(text: str) -> list[list[str]]:
    """The rows of all tables in Markdown, each cell as a reader sees it; HTML in it is an error."""
    found: list[list[str]] = []
    cell = False
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        assert "html_block" != token.type
        if token.type == "tr_open":
            found.append([])
        elif token.type in ("td_open", "th_open", "td_close", "th_close"):
            cell = token.type.endswith("open")
        elif token.type == "inline":
            children = token.children or []
            kinds = {child.type for child in children}
            assert kinds <= {"text", "text_special", "code_inline", "strong_open", "strong_close"}, token.content
            if cell:
                found[-1].append("".join(child.content for child in children))
    return found


def test_markdown() -> None:
    """All of it, in tables, the answer at both ends."""
    text = report.markdown(SOME, FULL, today=date(2026, 11, 20))
    first = report.verdict(SOME, FULL)[0]
    assert (f"## {first}", f"**{first}**") == (text.splitlines()[0], text.splitlines()[-1])
    assert [
        ["verdict", "operation"],
        ["breaking", "GET /definitions"],
        ["same", "POST /links/generate"],
        ["level", "rule", "of", "change", "in"],
        ["breaking", "a-rule", "S.x", "a → b", "GET /definitions"],
        ["info", "a-rule", "", "", ""],
        ["version", "support"],
        ["v4", "supported until 2027-03-30 (130 days left)"],
        ["addresses", "number", ""],
        *([each.name, f"{each.number:,}", each.note] for each in report.counts(FULL)),
        ["version", "requests", "p50", "p95"],
        ["v4", "24", "34 ms", "120 ms"],
        ["2026-03", "24", "4.2 ms", "1,200 ms"],
        ["what", "v4", "2026-03"],
        ["definitions: name, 7", "News", "Newsletter"],
        ["address", "what", "v4", "2026-03"],
        ["second", "decision, 7", "no (not specified)", "yes (subscribed) (newly mailed)"],
        ["second", "statuses: state, 7", "UNSUBSCRIBED", "SUBSCRIBED"],
        ["first", "statuses: state, 7", "UNSUBSCRIBED", "SUBSCRIBED"],
    ] == cells(text)
    assert "\n\nstopped early: interrupted\n\n" in text


def test_markdown_without_anything_to_say() -> None:
    """Sections with nothing in them are left out."""
    text = report.markdown(diff(a="old.yaml"))
    assert ["## old.yaml → new.yaml: the contracts are the same (2 operations)", "### Operations"] == [
        line for line in text.splitlines() if line.startswith("#")
    ]


@property_test
@given(value=st.text(min_size=1, max_size=40))
@example(value=NASTY)
@example(value="`")
@example(value="\\|")
@example(value="a\\")
@example(value="a\n\n## b\n")
def test_markdown_is_as_it_was_said(value: str) -> None:
    """Whatever is in a value, its cell shows it, and nothing of it becomes Markdown or HTML."""
    difference = Difference("state", "statuses", value, value, 7)
    found = cells(
        report.markdown(
            diff(change(Level.INFO, subject=value, detail=value)),
            parity(different=1, listed=(Differing(value, (difference,)),)),
        )
    )
    shown = " ".join(report.visible(value).split(" ")).strip()
    assert ["info", "a-rule", shown, shown, "GET /definitions"] == found[4]
    assert [shown, "statuses: state, 7", shown, shown] == found[-1]


def test_markdown_of_hostile_names() -> None:
    """Names of files, reasons and rules are shown as they are too."""
    side = Side(NASTY, 1, 1, {NASTY: 1})
    found = cells(
        report.markdown(
            diff(ContractChange(Level.INFO, NASTY, NASTY), a=NASTY),
            parity(a=side, unreadable=1, by_field={NASTY: 1}, stopped=NASTY, definitions=(RENAMED,)),
        )
    )
    assert ["info", NASTY, "", "", NASTY] == found[4]
    assert f"{NASTY} 1" == found[8][2]
    assert f"{NASTY}: 1 ({NASTY} 1)" == found[10][2]
    assert ["what", NASTY, "2026-03"] == found[-2]


def test_markdown_of_real_contracts(reference: Path) -> None:
    """What HubSpot published is one row for each change, and one for each operation."""
    found = compare(reference / "upstream" / "2025-09.json", reference / "upstream" / "2026-03.json")
    assert 2 + len(found.operations) + len(found.grouped()) == len(cells(report.markdown(found)))
