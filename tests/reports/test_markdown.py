"""A comparison as Markdown, whatever stands in it."""

from datetime import date
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.reports.samples import FULL, NASTY, RENAMED, SOME, change, diff, parity

from hubspot_preferences.answers import Difference, Differing, VersionSummary
from hubspot_preferences.contracts import ContractChange, Level, compare
from hubspot_preferences.privacy import visible
from hubspot_preferences.reports.markdown import markdown
from hubspot_preferences.reports.words import counts, verdict


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
    text = markdown(SOME, FULL, today=date(2026, 11, 20))
    first = verdict(SOME, FULL)[0]
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
        *([each.name, f"{each.number:,}", each.note] for each in counts(FULL)),
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
    text = markdown(diff(a="old.yaml"))
    assert ["## old.yaml → new.yaml: the contracts are the same (2 operations)", "### Operations"] == [
        line for line in text.splitlines() if line.startswith("#")
    ]


@settings(max_examples=100, deadline=None, derandomize=True)
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
        markdown(
            diff(change(Level.INFO, subject=value, detail=value)),
            parity(different=1, listed=(Differing(value, (difference,)),)),
        )
    )
    shown = " ".join(visible(value).split(" ")).strip()
    assert ["info", "a-rule", shown, shown, "GET /definitions"] == found[4]
    assert [shown, "statuses: state, 7", shown, shown] == found[-1]


def test_markdown_of_hostile_names() -> None:
    """Names of files, reasons and rules are shown as they are too."""
    side = VersionSummary(NASTY, 1, 1, {NASTY: 1})
    found = cells(
        markdown(
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
    assert 2 + len(found.operations) + len(found.grouped()) == len(cells(markdown(found)))
