"""The comparison as a page: what it says, that nothing in a value can act, and how it does in a real browser."""

import base64
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from attrs import define, evolve, field
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reports.browser import Eyes, chromium

from hubspot_preferences.answers import Difference, Differing, ParityReport, VersionSummary
from hubspot_preferences.contracts import ContractChange, ContractDiff, Level, OperationDiff, compare
from hubspot_preferences.privacy import visible
from hubspot_preferences.reports import page as module
from hubspot_preferences.reports import words
from hubspot_preferences.reports.page import page
from hubspot_preferences.versions import LATEST, NAMES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from tests.conftest import Listen

DAY = date(2026, 11, 20)


def operation(name: str, verdict: str, *changes: tuple[Level, str, str, str, str]) -> OperationDiff:
    """An operation with what has changed in it: level, rule, place, subject, detail."""
    method, path = name.split()
    return OperationDiff(
        method, path, verdict, tuple(ContractChange(level, rule, name, *rest) for level, rule, *rest in changes)
    )


TYPE = (Level.BREAKING, "response-property-type-changed", "200 id", "Row.id", "integer → string")
DIFF = ContractDiff(
    "v4",
    "2026-03",
    (
        operation("GET /a", "breaking", TYPE),
        operation("GET /b", "breaking", TYPE),
        operation("GET /c", "breaking", TYPE),
        operation("POST /gone", "removed", (Level.BREAKING, "api-removed-without-deprecation", "", "", "")),
        operation("POST /new", "added", (Level.INFO, "endpoint-added", "", "", "")),
        operation("GET /calm", "same"),
    ),
    (ContractChange(Level.WARNING, "servers-changed", "", "servers", "servers", "one → other"),),
)
CALM = compare("v4", "2026-03")


def differing(shown: str, *, newly: bool = False) -> Differing:
    """An address about which a state differs, and with it the decision if it would be newly mailed."""
    state = Difference("state", "statuses", "UNSUBSCRIBED", "SUBSCRIBED", 7001)
    decision = Difference("decision", "decisions", "no (opted_out)", "yes (subscribed)", 7001, newly_allowed=True)
    return Differing(shown, (state, decision) if newly else (state,))


REPORT = ParityReport(
    a=VersionSummary("v4", 2412, 0, {}, 0.0871, 0.214),
    b=VersionSummary("2026-03", 2440, 3, {"TimedOut": 2, "ServerError": 1}, 0.0912, 1.3402),
    compared=12034,
    identical=12000,
    different=21,
    unreadable=3,
    unknown=10,
    invalid=7,
    newly_allowed=5,
    by_field={"statuses: state": 21, "decisions: decision": 5},
    definitions=(Difference("name", "definitions", "Marketing", "Advertising", 7002),),
    listed=(differing("00000000000000aa"), differing("00000000000000bb", newly=True)),
    seconds=734.2,
    stopped="interrupted",
)
SAME = ParityReport(
    VersionSummary("v4", 24, 0, {}, 0.087, 0.214),
    VersionSummary("2026-03", 24, 0, {}, 0.091, 0.34),
    12,
    12,
    0,
    0,
    0,
    0,
    0,
    {},
    (),
    (),
    4.2,
)

HOSTILE = (
    "</title></style></script><script>window.taken = 1; alert(1)</script><img src=x onerror='window.taken = 2'>"
    "<a href='javascript:alert(3)'>\" onfocus=\"alert(4)\" ' {{ 7 * 7 }} {% raw %} <!-- ]]> &lt; &#60; "
    "\u202edesrever\u202c a\x00b\x1b[2J \ud800 \u05e9\u05dc\u05d5\u05dd " + "W" * 10_000
)


def with_everywhere(text: str) -> str:
    """A page on which every text that comes from outside is this one."""
    change = ContractChange(Level.BREAKING, text, text, text, text, text)
    several = tuple(evolve(change, operation=f"{text}{number}") for number in range(4))
    diff = ContractDiff(
        text, text, (OperationDiff(text, text, text, several), OperationDiff(text, text, text)), (change,)
    )
    difference = Difference(text, text, text, text, 7001, newly_allowed=True)
    report = ParityReport(
        a=VersionSummary(text, 1, 1, {text: 1}, 0.1, 0.2),
        b=VersionSummary(text, 1, 1, {text: 1}),
        compared=1,
        identical=0,
        different=1,
        unreadable=1,
        unknown=0,
        invalid=0,
        newly_allowed=1,
        by_field={text: 1},
        definitions=(difference,),
        listed=(Differing(text, (difference, difference)),),
        seconds=1.0,
        stopped=text,
    )
    return page(diff, report, today=DAY)


def with_thousand() -> str:
    """A page with a thousand addresses."""
    listed = tuple(differing(f"{number:016d}", newly=number % 10 == 0) for number in range(1000))
    return page(DIFF, evolve(REPORT, listed=listed, different=1000, newly_allowed=100), today=DAY)


PAGES = {
    "contracts alone": lambda: page(DIFF, None, today=DAY),
    "the same": lambda: page(CALM, SAME, today=DAY),
    "different": lambda: page(DIFF, REPORT, today=DAY),
    "hostile": lambda: with_everywhere(HOSTILE),
    "a thousand": with_thousand,
}


@pytest.fixture(params=PAGES)
def document(request: pytest.FixtureRequest) -> str:
    """Each kind of page in turn."""
    made: str = PAGES[request.param]()
    return made


# Read without a browser

VOID = ("meta", "input", "br", "img", "link")


@define
class Outline(HTMLParser):
    """What a document is made of: tags with attributes, and the text of each element that holds any."""

    tags: list[tuple[str, dict[str, str | None]]] = field(factory=list)
    texts: list[tuple[str, str]] = field(factory=list)
    open: list[str] = field(factory=list)
    wrong: list[str] = field(factory=list)

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if len(dict(attrs)) < len(attrs):
            self.wrong.append(f"{tag} has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"{tag} ends out of turn")

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def named(self, *names: str) -> list[dict[str, str | None]]:
        """The attributes of every tag with one of these names."""
        return [attributes for tag, attributes in self.tags if tag in names]

    def text(self, *names: str) -> str:
        """The text within elements with these names, or of all that is to be read, in single spaces."""
        chosen = [data for tag, data in self.texts if (tag in names if names else tag not in ("style", "script"))]
        return " ".join(" ".join(chosen).split())


def outline(document: str) -> Outline:
    """The document, taken apart."""
    found = Outline()
    found.feed(document)
    found.close()
    assert [] == found.open
    return found


def said(diff: ContractDiff, report: ParityReport | None = None) -> str:
    """All that is to be read on a page."""
    return outline(page(diff, report, today=DAY)).text()


def test_the_verdict_is_said_in_words() -> None:
    """The page begins with what was found out, the answers first."""
    for diff, report in ((DIFF, REPORT), (CALM, SAME)):
        answers, contracts = words.about_answers(report), words.about_contracts(diff)
        assert f"v4 → 2026-03 T{answers[1:]}. T{contracts[1:]}. Answers" in said(diff, report)
    assert "v4 → 2026-03 The contracts are the same (10 operations). Support" in said(CALM)


@pytest.mark.parametrize(
    ("diff", "report", "expected"),
    [
        (DIFF, None, ["breaking"]),
        (CALM, None, ["same"]),
        (CALM, SAME, ["same", "same"]),
        (CALM, REPORT, ["breaking", "same"]),
        (CALM, evolve(SAME, invalid=1), ["warning", "same"]),
        (evolve(CALM, others=DIFF.others), None, ["warning"]),
        (evolve(CALM, operations=DIFF.operations[4:]), None, ["info"]),
    ],
)
def test_a_verdict_looks_as_bad_as_it_is(
    diff: ContractDiff, report: ParityReport | None, expected: list[str]
) -> None:
    """What looks calm is calm: only the same is green, an incomplete comparison is not."""
    classes = [str(each.get("class")) for each in outline(page(diff, report)).named("p")]
    assert [f"verdict {tone}" for tone in expected] == [each for each in classes if each.startswith("verdict")]


def test_every_operation_has_its_verdict() -> None:
    """One row per operation, with what became of it."""
    text = said(DIFF)
    for shown in (
        "breaking GET /a",
        "breaking GET /b",
        "breaking GET /c",
        "removed POST /gone",
        "added POST /new",
        "same GET /calm",
    ):
        assert shown in text
    assert text.count(" GET /calm") == 1


def test_every_change_is_told_once() -> None:
    """A change has its level, rule, subject and detail, and the operations it is in; of all it says so."""
    text = said(DIFF)
    assert (
        "breaking response-property-type-changed: Row.id integer → string in 3 operations GET /a GET /b GET /c"
    ) in text
    assert "breaking api-removed-without-deprecation in POST /gone" in text
    assert "warning servers-changed: servers one → other" in text
    assert "info endpoint-added in POST /new" in text
    assert 1 == text.count("response-property-type-changed")
    everywhere = evolve(DIFF, operations=DIFF.operations[:3])
    assert "integer → string in all 3 operations" in said(everywhere)
    assert "Changes" not in said(CALM)


def test_support_is_as_of_the_day() -> None:
    """Support windows are those of the day asked for, by default today; a file has none."""
    diff = ContractDiff("v4", "2026-03", ())
    assert (
        "By HubSpot, as of 2026-11-20 v4 supported until 2027-03-30 (130 days left)"
        " 2026-03 supported until 2027-09-30 (314 days left) , released 2026-03-30"
    ) in said(diff)
    assert page(diff, None) == page(diff, None, today=DAY)
    assert "v4 not supported since 2027-03-30 (2 days)" in outline(page(diff, None, today=date(2027, 4, 1))).text()
    assert "v4 supported until" not in said(ContractDiff("ours.json", "2026-03", ()))
    assert "Support" not in said(ContractDiff("ours.json", "theirs.json", ()))


def test_every_figure_is_there() -> None:
    """Of a comparison of answers, everything is told, with the reasons by version."""
    text = said(DIFF, REPORT)
    for one in words.counts(REPORT):
        assert f"{one.name} {one.note} ".replace("  ", " ") + f"{one.number:,}" in text
    for number in ("12,034", "12,000", "21", "5", "3", "10", "7"):
        assert f" {number} " in text
    for shown in (
        "TimedOut 2, ServerError 1",
        "statuses: state 21",
        "v4 2026-03 requests 2,412 2,440 p50 87 ms 91 ms p95 214 ms 1,340 ms",
        "(interrupted)",
        "definitions: name, 7002 Marketing → Advertising",
    ):
        assert shown in text


def test_who_would_be_newly_mailed_stands_out() -> None:
    """The row of those who would be newly mailed is the one that is marked, where there are any."""
    rows = [each.get("class") for each in outline(page(CALM, REPORT)).named("tr") if "data-kind" not in each]
    assert 1 == rows.count("alarming mailed")
    assert 4 == rows.count("alarming")
    calm = [each.get("class") for each in outline(page(CALM, SAME)).named("tr") if "data-kind" not in each]
    assert {None} == set(calm)


def test_listed_addresses_are_told_with_all_that_differs() -> None:
    """Each listed address has its differences, those that would have somebody newly mailed come first."""
    text = said(CALM, REPORT)
    assert (
        "The first 2 of 21 addresses that differ; newly mailed ones on top Address v4 → 2026-03"
        " 00000000000000bb decision, 7001 newly mailed no (opted_out) → yes (subscribed)"
        " statuses: state, 7001 UNSUBSCRIBED → SUBSCRIBED"
        " 00000000000000aa statuses: state, 7001 UNSUBSCRIBED → SUBSCRIBED"
    ) in text
    assert "0 of 21 addresses that differ" in said(CALM, evolve(REPORT, listed=()))
    assert "Addresses" not in said(CALM, SAME)


def test_the_filter_offers_what_there_is() -> None:
    """There is a box for each kind of row on the page, and none for others."""

    def offered(diff: ContractDiff, report: ParityReport | None) -> list[str | None]:
        return [each["value"] for each in outline(page(diff, report)).named("input") if each["type"] == "checkbox"]

    assert ["breaking", "warning", "info", "same", "mailed", "differs"] == offered(DIFF, REPORT)
    assert ["breaking", "warning", "info", "same"] == offered(DIFF, None)
    assert ["same", "mailed", "differs"] == offered(CALM, REPORT)
    assert [] == offered(CALM, None)


def test_the_same_gives_the_same_page() -> None:
    """Two reports about the same are equal to the byte: they can be kept and compared."""
    assert page(DIFF, REPORT, today=DAY) == page(DIFF, REPORT, today=DAY)


def test_a_page_is_whole_html(document: str) -> None:
    """Elements nest, ids are there once, it has a language and a title, headings go down one by one."""
    found = outline(document)
    assert [] == found.wrong
    assert document.endswith("</html>\n")
    assert document.startswith('<!doctype html>\n<html lang="en">')
    assert 1 == len(found.named("title"))
    assert found.text("title")
    ids = [each["id"] for _, each in found.tags if "id" in each]
    assert len(set(ids)) == len(ids)
    assert ["h1", *["h2"] * (len(found.named("h2")))] == [
        tag for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)
    ]
    assert "search" in ids
    assert "search" in [each.get("for") for each in found.named("label")]


def test_tables_can_be_heard(document: str) -> None:
    """Every table has a caption, every heading cell says of what, every row has one or a badge in words."""
    found = outline(document)
    assert len(found.named("table")) == len(found.named("caption")) >= 1
    assert set() == {each.get("scope") for each in found.named("th")} - {"row", "col"}
    assert [] == [each for each in found.named("b") if not str(each["class"]).startswith("badge")]


def test_a_page_loads_nothing(document: str) -> None:
    """No element that fetches anything is on it, and the style names no address."""
    found = outline(document)
    for tag in ("link", "img", "iframe", "object", "embed", "a", "base", "audio", "video", "source", "svg"):
        assert [] == found.named(tag)
    given_away = {"src", "href", "action", "style", "formaction", "srcset", "poster", "background", "ping"}
    assert set() == {name for _, each in found.tags for name in each if name in given_away or name[:2] == "on"}
    plain = re.sub("<meta[^>]*>", "", document)
    for load in ("url(", "@import", "@font-face", "fetch(", "http://", "https://"):
        assert load not in plain


def test_the_policy_lets_only_these_run(document: str) -> None:
    """The policy forbids everything but the style and the script that are in the page, by their hashes."""
    found = outline(document)
    style, script = (
        f"'sha256-{base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()}'"
        for tag in ("style", "script")
        for inner in re.findall(f"<{tag}>(.*?)</{tag}>", document, re.DOTALL)
    )
    policies = [each["content"] for each in found.named("meta") if "http-equiv" in each]
    assert [
        f"default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
    ] == policies
    names = [tag for tag, _ in found.tags]
    assert (1, 1) == (names.count("style"), names.count("script"))
    assert names.index("meta") < names.index("style")


def test_values_are_text() -> None:
    """Whatever a value holds makes no tag and no attribute, and is there to be read."""
    hostile, calm = outline(with_everywhere(HOSTILE)), outline(with_everywhere("calm"))
    assert calm.tags[:2] == hostile.tags[:2]
    assert [(tag, sorted(each)) for tag, each in calm.tags] == [(tag, sorted(each)) for tag, each in hostile.tags]
    assert [each for each in calm.tags if each[0] != "meta"] == [
        each for each in hostile.tags if each[0] != "meta"
    ]
    shown = " ".join(visible(HOSTILE).split())
    assert said(ContractDiff("a", "b", ())).count(shown) == 0
    assert calm.text().count("calm") == hostile.text().count(shown) > 20


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(min_size=1).filter(lambda text: text not in (*NAMES, LATEST)))  # a version has a support window
def test_any_text_is_text(text: str) -> None:
    """No text makes another page than any other text does, and nothing of it is lost."""
    found, calm = outline(with_everywhere(text)), outline(with_everywhere("calm"))
    assert [tag for tag, _ in calm.tags] == [tag for tag, _ in found.tags]
    assert calm.tags == found.tags
    assert " ".join(visible(text).split()) in found.text("code")


def test_control_and_direction_characters_show_as_codes() -> None:
    """What would not show, or would turn the line around, is not in the page; its code is."""
    made = with_everywhere("a\x00b\u202ec\ud800d\u2028e\u200bf\x7fg")
    assert "a\\x00b\\u202ec\\ud800d\\u2028e\\u200bf\\x7fg" in made
    assert set() == set("\x00\u202e\ud800\u2028\u200b\x7f") & set(made)
    made.encode("utf-8")


def test_a_gap_in_the_template_is_an_error() -> None:
    """A name that the template does not get fails; it does not print as nothing."""
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        module._template().render(diff=CALM)


def test_what_the_page_is_made_of_is_small() -> None:
    """Template, style and script together stay below 15 kB."""
    folder = Path(module.__file__).parent
    assert sum(each.stat().st_size for each in folder.glob("page.*") if each.suffix != ".py") < 15_000


def test_the_template_engine_is_loaded_for_pages_only() -> None:
    """Importing the comparison, or this module, does not import jinja2."""
    code = (
        "import sys; import hubspot_preferences.reports.page;"
        "print([name for name in ('jinja2', 'markupsafe') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (0, "[]", "") == (done.returncode, done.stdout.strip(), done.stderr)


# Looked at in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """One Chromium for these tests; not for the whole run, because no event loop can run beside it."""
    with chromium() as found:
        yield found


@pytest.fixture
def eyes(browser: "Browser", tmp_path: Path) -> Iterator[Eyes]:
    """Opens pages. After the test: none of them asked for anything, complained, or opened anything."""
    found = Eyes(browser, tmp_path)
    yield found
    assert [] == found.noticed


def shown(page: "Page") -> list[str]:
    """The first words of every row that can be filtered and is to be seen."""
    rows = page.locator("[data-kind]").filter(visible=True)
    return [" ".join(text.split()) for text in rows.all_inner_texts()]


def count(page: "Page") -> str:
    """What the live region says."""
    return page.locator("output[aria-live=polite]").inner_text()


def focused(page: "Page") -> str:
    """What the keyboard is at."""
    found: str = page.evaluate(
        "(({tagName, type, value}) => `${tagName} ${type ?? ''} ${type === 'checkbox' ? value : ''}`.trim())"
        "(document.activeElement)"
    )
    return found.lower()


ALL = "6 of 6 operations, 4 of 4 changes, 1 of 1 points about types, 2 of 2 addresses"


@pytest.mark.slow
def test_the_filter_finds_words_and_forgets_them(eyes: Eyes) -> None:
    """Rows that hold all the words stay, in any case; the live count says how many; Escape brings all back."""
    with eyes.on(page(DIFF, REPORT, today=DAY)) as seen:
        before = shown(seen)
        assert (13, ALL) == (len(before), count(seen))
        seen.keyboard.press("/")
        seen.keyboard.type("unsub 00BB")
        assert [before[-2]] == shown(seen)
        assert "0 of 6 operations, 0 of 4 changes, 0 of 1 points about types, 1 of 2 addresses" == count(seen)
        seen.keyboard.press("Escape")
        assert (before, ALL, "") == (shown(seen), count(seen), seen.input_value("#search"))
        seen.keyboard.type("/new")
        assert ["added POST /new", "info endpoint-added in POST /new"] == shown(seen)
        seen.keyboard.press("Enter")
        assert "/new" == seen.input_value("#search")
        seen.get_by_role("button", name="Show all").click()
        assert (before, ALL) == (shown(seen), count(seen))


@pytest.mark.slow
def test_nothing_is_left_out_at_first(eyes: Eyes, document: str) -> None:
    """Before anybody filters every row is to be seen, and the live count says so."""
    with eyes.on(document) as seen:
        rows = seen.locator("[data-kind]")
        assert rows.count() == rows.filter(visible=True).count() > 0
        left, every = zip(*(part.split()[::2][:2] for part in count(seen).split(", ")), strict=True)
        assert left == every
        assert rows.count() == sum(int(number) for number in every)


@pytest.mark.slow
def test_what_is_folded_is_found(eyes: Eyes) -> None:
    """The filter looks into folded lists of operations as well."""
    with eyes.on(page(DIFF, None, today=DAY)) as seen:
        seen.get_by_role("searchbox", name="Filter").fill("get /b")
        assert ["breaking GET /b"] == shown(seen)[:1]
        assert "1 of 6 operations, 1 of 4 changes" == count(seen)


@pytest.mark.slow
def test_all_of_it_works_by_keyboard(eyes: Eyes) -> None:
    """Tab reaches the search, each kind and the folded lists, in the order of the page; keys work them."""
    with eyes.on(page(DIFF, REPORT, today=DAY)) as seen:
        path = []
        for _ in range(9):
            seen.keyboard.press("Tab")
            path.append(focused(seen))
        kinds = ["breaking", "warning", "info", "same", "mailed", "differs"]
        assert ["input search", "button button", *(f"input checkbox {kind}" for kind in kinds), "summary"] == path

        hidden = seen.get_by_role("listitem").first
        assert not hidden.is_visible()
        seen.keyboard.press("Enter")
        assert hidden.is_visible()

        for _ in range(2):
            seen.keyboard.press("Shift+Tab")
        seen.keyboard.press("Space")
        assert [] == [row for row in shown(seen) if "newly mailed" in row]
        assert "6 of 6 operations, 4 of 4 changes, 1 of 1 points about types, 1 of 2 addresses" == count(seen)
        seen.keyboard.press("/")
        assert ("input search", "") == (focused(seen), seen.input_value("#search"))
        seen.keyboard.press("Escape")
        assert ALL == count(seen)
        assert [True] * 6 == [box.is_checked() for box in seen.get_by_role("checkbox").all()]


@pytest.mark.slow
def test_what_has_the_focus_shows_it(eyes: Eyes) -> None:
    """Everything that the keyboard reaches has an outline while it does."""
    with eyes.on(page(DIFF, REPORT, today=DAY)) as seen:
        outlines = []
        for _ in range(9):
            seen.keyboard.press("Tab")
            outlines.append(seen.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
        assert ["solid"] * 9 == outlines


@pytest.mark.slow
def test_each_kind_can_be_left_out(eyes: Eyes) -> None:
    """A box that is not ticked takes its rows away, and only these."""
    with eyes.on(page(DIFF, REPORT, today=DAY)) as seen:
        for box in seen.get_by_role("checkbox").all():
            kind = box.get_attribute("value")
            rows = seen.locator("[data-kind]").filter(visible=True)
            box.uncheck()
            left = rows.evaluate_all("rows => [...new Set(rows.map(row => row.dataset.kind))].sort()")
            assert sorted({"breaking", "warning", "info", "same", "mailed", "differs"} - {kind}) == left
            box.check()
        assert ALL == count(seen)


@pytest.mark.slow
def test_a_thousand_addresses_are_filtered_at_once(eyes: Eyes) -> None:
    """Typing a letter takes well below a blink, the new layout included."""
    with eyes.on(with_thousand()) as seen:
        took = seen.evaluate(
            """() => ["0", "00", "000099", "", "1", "12", "mailed", ""].map((text) => {
                const search = document.querySelector("#search"), start = performance.now();
                search.value = text;
                search.dispatchEvent(new Event("input", {bubbles: true}));
                document.body.offsetHeight;
                return performance.now() - start;
            })"""
        )
        assert "1000 of 1000 addresses" in count(seen)
        assert sorted(took)[2] < 100  # milliseconds; not the slowest, for the machine may be busy


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 1100])
def test_nothing_runs_over(eyes: Eyes, document: str, width: int) -> None:
    """No page is wider than its window, a small phone's included, and no cell runs into the next."""
    with eyes.on(document, width=width) as seen:
        wide = seen.evaluate(
            """() => [...document.querySelectorAll("html, body, th, td, caption, form, p, output")]
                .filter((each) => each.scrollWidth > each.clientWidth && each.clientWidth)
                .map((each) => `${each.tagName} ${each.scrollWidth} > ${each.clientWidth}`)"""
        )
        assert [] == wide
        assert width == seen.evaluate("innerWidth")


@pytest.mark.slow
def test_no_verdict_is_broken_on_a_phone(eyes: Eyes) -> None:
    """Each verdict stands in one line, whole, on a small phone."""
    with eyes.on(page(DIFF, REPORT, today=DAY), width=320) as seen:
        boxes = [each.bounding_box() for each in seen.locator(".badge").all()]
        assert len(boxes) > 10
        assert [] == [each for each in boxes if each is None or each["height"] > 30]


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 1100])
def test_a_long_value_leaves_room_for_the_others(eyes: Eyes, width: int) -> None:
    """A value of 10,000 characters does not press the address beside it into a column of single letters."""
    long = Difference("name", "statuses", "W" * 10_000, "words " * 2_000, 7001)
    side, listed = VersionSummary("W" * 10_000), (Differing("00000000000000aa", (long,)),)
    with eyes.on(page(DIFF, evolve(REPORT, a=side, b=side, listed=listed), today=DAY), width=width) as seen:
        for name in ("00000000000000aa", "requests"):
            beside = seen.get_by_role("rowheader", name=name).bounding_box()
            assert beside is not None
            assert beside["width"] >= 80


@pytest.mark.slow
def test_print_has_all_of_it(eyes: Eyes) -> None:
    """On paper there is no filter, nothing is left out or folded, no row is cut, and it is dark on white."""
    with eyes.on(page(DIFF, REPORT, today=DAY), scheme="dark") as seen:
        before = shown(seen)
        seen.get_by_role("searchbox").fill("nothing has this")
        assert [] == shown(seen)
        seen.emulate_media(media="print")
        assert not seen.locator("form").is_visible()
        assert len(before) == len(shown(seen))
        assert ["GET /a", "GET /b", "GET /c"] == [each.inner_text() for each in seen.locator("details li").all()]
        assert seen.locator("details li").last.is_visible()
        styles = seen.evaluate(
            """() => [...document.querySelectorAll("tr")].map((row) => getComputedStyle(row).breakInside)
                .concat(getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color)"""
        )
        assert {"avoid", "rgb(255, 255, 255)", "rgb(28, 33, 40)"} == set(styles)
        assert seen.pdf().startswith(b"%PDF")


@pytest.mark.slow
def test_it_reads_without_javascript(eyes: Eyes) -> None:
    """Without JavaScript everything is there but the filter; folded lists open."""
    made = page(DIFF, REPORT, today=DAY)
    with eyes.on(made) as seen:
        expected = shown(seen)
    with eyes.on(made, javascript=False) as seen:
        assert not seen.locator("form").is_visible()
        assert expected == shown(seen)
        seen.locator("summary").click()
        assert seen.locator("details li").first.is_visible()


# WCAG 2.2, contrast (minimum): of every element that holds text of its own, against what is behind it.
CONTRASTS = """() => {
    const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = (color) => rgb(color).slice(0, 3)
        .map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (element) => {
        const color = getComputedStyle(element).backgroundColor;
        return rgb(color)[3] === 0 ? behind(element.parentElement) : color;
    };
    const worst = {};
    for (const element of document.querySelectorAll("body *:not(script)")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own && element.type !== "search") continue;
        const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
        const name = element.className || element.tagName.toLowerCase();
        worst[name] = Math.min(worst[name] ?? 21, (a + 0.05) / (b + 0.05));
    }
    return worst;
}"""


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_told_from_what_is_behind_it(eyes: Eyes, scheme: str) -> None:
    """Text has a contrast of 4.5 or more in either scheme, and the schemes are what they are called."""
    with eyes.on(page(DIFF, REPORT, today=DAY), scheme=scheme) as seen:
        worst: dict[str, float] = seen.evaluate(CONTRASTS)
        back = seen.evaluate("getComputedStyle(document.body).backgroundColor")
    assert {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 27)"}[scheme] == back
    assert {"verdict breaking", "badge warning", "badge info", "badge same", "badge mailed", "small"} <= set(worst)
    assert {} == {name: round(ratio, 2) for name, ratio in worst.items() if ratio < 4.5}


@pytest.mark.slow
def test_hostile_values_are_read_and_do_nothing(eyes: Eyes) -> None:
    """In a real browser a value is text: nothing runs, no element comes of it, and it is there whole."""
    with eyes.on(with_everywhere(HOSTILE)) as seen:
        assert seen.evaluate("window.taken === undefined")
        assert 0 == seen.locator("img, a, body style").count()
        assert 1 == seen.locator("script").count()
        expected = " ".join(visible(HOSTILE).split())
        assert f"{expected} → {expected}: HubSpot communication preferences" == seen.title()
        assert expected in " ".join(seen.locator("h1").inner_text().split())
        assert expected in " ".join(seen.locator("th code").last.inner_text().split())
        seen.get_by_role("searchbox").fill("window.taken = 1; alert(1)</script> a\\x00b")
        assert "2 of 2 operations" in count(seen)


@pytest.mark.slow
def test_the_policy_holds_where_escaping_fails(browser: "Browser", tmp_path: Path, listen: "Listen") -> None:
    """Were a value to come through, it would neither run nor style nor reach anybody; every try is noticed."""
    server = listen(lambda _: (200, "window.taken = 3"))
    attack = (
        "<script>window.taken = 1</script><svg onload='window.taken = 2'></svg><style>body{color:red}</style>"
        f"<script src='{server.url}/x.js'></script><img src='{server.url}/x.png'>"
        f"<link rel=stylesheet href='{server.url}/x.css'><base href='{server.url}'>"
        f"<iframe src='{server.url}'></iframe><p style='color:red'>"
    )
    eyes = Eyes(browser, tmp_path)
    with eyes.on(page(CALM, None, today=DAY).replace("<header>", f"<header>{attack}")) as seen:
        seen.wait_for_load_state("networkidle")
        assert seen.evaluate("window.taken === undefined")
        assert "rgb(28, 33, 40)" == seen.evaluate("getComputedStyle(document.body).color")
        assert "10 of 10 operations" == count(seen)
    assert [] == server.requests
    assert len([each for each in eyes.noticed if "Content Security Policy" in each]) >= 6


@pytest.mark.slow
def test_what_a_page_does_is_noticed(browser: "Browser", tmp_path: Path, listen: "Listen") -> None:
    """The record that the tests above find empty is not always empty."""
    server = listen(lambda _: (200, ""))
    eyes = Eyes(browser, tmp_path)
    script = "console.log('words'); alert('box'); throw new Error('wrong')"
    with eyes.on(f"<img src='{server.url}/x.png'><script>{script}</script>") as seen:
        seen.wait_for_load_state("networkidle")
    assert {f"request {server.url}/x.png", "console words", "dialog box", "error wrong"} <= {
        each.partition("\n")[0].replace("Error: ", "") for each in eyes.noticed
    }
    assert 1 == len(server.requests)
