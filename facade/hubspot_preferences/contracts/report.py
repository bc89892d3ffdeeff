"""What a comparison found, in words: the sentences all renderings share, and the report as JSON and Markdown."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from attrs import asdict, evolve, frozen

from .. import versions
from ..errors import InvalidArgument
from ..privacy import visible as visible
from .answers import Difference
from .diff import LEVELS, ContractChange, ContractDiff, Level
from .parity import Differing, ParityReport, Side

FORMAT: Final = 1
"""Of the JSON report; a key that disappears or changes its meaning makes it one more."""

_NAMES: Final = {
    Level.BREAKING: ("breaking change", "breaking changes"),
    Level.WARNING: ("warning", "warnings"),
    Level.INFO: ("harmless change", "harmless changes"),
}


# Words


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what it counts: "1 address", "1,204 operations"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def addresses(number: int) -> str:
    """A number of addresses."""
    return counted(number, "address", "addresses")


def milliseconds(seconds: float | None) -> str:
    """A time of a request: "34 ms"; "-" where there was none."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:,.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def duration(seconds: float) -> str:
    """A time for people: "0.4 s", "42 s", "3 min 5 s", "2 h 10 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


# The answer in a sentence


def verdict(diff: ContractDiff, report: ParityReport | None = None) -> tuple[str, ...]:
    """The answer in one sentence; where the versions were asked, in two: what they said, and the contracts."""
    contracts = f"{visible(diff.a)} → {visible(diff.b)}: {about_contracts(diff)}"
    if report is None:
        return (contracts,)
    return f"{visible(report.a.version)} → {visible(report.b.version)}: {about_answers(report)}", contracts


def about_contracts(diff: ContractDiff) -> str:
    """What differs between the contracts, in half a sentence."""
    number = len(diff.operations)
    if not diff.changes:
        return f"the contracts are the same ({counted(number, 'operation')})"
    groups = {level: len(found) for level, found in by_level(diff)}
    amounts = ", ".join(counted(number, *_NAMES[level]) for level, number in groups.items())
    changed = sum(operation.verdict != "same" for operation in diff.operations)
    where = f" in {changed:,} of {counted(number, 'operation')}" if changed else ""
    return f"the contracts differ: {amounts}{where}"


def about_answers(report: ParityReport) -> str:
    """Whether both versions answer the same, in half a sentence."""
    if report.verdict == "same":
        one = report.compared == 1
        return f"they answer the same about {'the one address' if one else f'all {addresses(report.compared)}'}"
    gaps = [
        f"{number:,} {name}"
        for number, name in (
            (report.unreadable, "unreadable"),
            (report.unknown, "unknown"),
            (report.invalid, "invalid"),
        )
        if number
    ]
    if report.undefined is not None:
        gaps.append("the subscription types not compared")
    if report.stopped is not None:
        gaps.append(f"stopped early ({visible(report.stopped)})")
    if report.verdict == "incomplete":
        if not report.compared:
            gaps.insert(0, "no address was")
        return f"no difference found, but not everything was compared: {', '.join(gaps)}"
    newly = f" ({report.newly_allowed:,} would be newly mailed)" if report.newly_allowed else ""
    found = [f"about {report.different:,} of {addresses(report.compared)}{newly}"] if report.different else []
    if report.definitions:
        found.append("about the subscription types")
    return f"they answer differently {' and '.join(found)}{'; ' if gaps else ''}{', '.join(gaps)}"


# The parts


def by_level(diff: ContractDiff) -> tuple[tuple[Level, tuple[tuple[ContractChange, tuple[str, ...]], ...]], ...]:
    """Each change once, with the operations it is in, under its level; the worst first, empty levels left out."""
    groups = diff.grouped().items()
    found = (
        (level, tuple((change, names) for change, names in groups if change.level is level)) for level in LEVELS
    )
    return tuple((level, changes) for level, changes in found if changes)


def subject(change: ContractChange) -> str:
    """What has changed: by schema, or else the place in the operation; empty for the operation itself."""
    return visible(change.subject or change.place)


def within(diff: ContractDiff, operations: tuple[str, ...]) -> str:
    """The operations that a change is in: "GET /definitions, POST /links/generate", "all 10 operations"."""
    names = [visible(name) for name in operations if name]
    if len(names) == len(diff.operations) > 1:
        return f"all {counted(len(names), 'operation')}"
    return ", ".join(names)


@frozen
class Support:
    """How long HubSpot supports a version, as of one day."""

    version: str
    released: date | None
    state: str
    """current, supported, unsupported or unreleased."""
    until: date
    """The first day without support."""
    days_left: int

    def __str__(self) -> str:
        if self.state == "unsupported":
            return f"not supported since {self.until} ({counted(-self.days_left, 'day')})"
        if self.state == "unreleased":
            return f"comes out {self.released}, supported until {self.until}"
        state = "current, supported" if self.state == "current" else "supported"
        return f"{state} until {self.until} ({counted(self.days_left, 'day')} left)"


def support(diff: ContractDiff, today: date | None = None) -> tuple[Support, ...]:
    """The support windows of those two that are versions, as of a day; files have none."""
    found = []
    for name in dict.fromkeys((diff.a, diff.b)):
        try:
            known = versions.version(name)
        except InvalidArgument:
            continue
        day = today or versions.today()
        found.append(
            Support(known.name, known.released, known.state(day), known.end_of_support, known.days_left(day))
        )
    return tuple(found)


@frozen
class Count:
    """One figure of a comparison of answers. alarming: it is not 0, and somebody has to look."""

    name: str
    number: int
    note: str = ""
    alarming: bool = False


def counts(report: ParityReport) -> tuple[Count, ...]:
    """The figures, in the order in which they are read."""
    a, b = visible(report.a.version), visible(report.b.version)
    sides = "; ".join(f"{each.version}: {reasons(each)}" for each in (report.a, report.b) if each.unreadable)
    fields = ", ".join(f"{what(name)} {number:,}" for name, number in report.by_field.items())
    return (
        Count("compared", report.compared, f"in {duration(report.seconds)}"),
        Count("identical", report.identical),
        Count("different", report.different, fields, bool(report.different)),
        Count(
            "would be newly mailed",
            report.newly_allowed,
            f"{b} allows what {a} does not" if report.newly_allowed else "",
            bool(report.newly_allowed),
        ),
        Count("unreadable", report.unreadable, visible(sides), bool(report.unreadable)),
        Count(
            "unknown",
            report.unknown,
            "the same from both, with a value this library does not know" if report.unknown else "",
            bool(report.unknown),
        ),
        Count("invalid", report.invalid, "no address: not sent" if report.invalid else "", bool(report.invalid)),
    )


def remarks(report: ParityReport) -> tuple[str, ...]:
    """What no figure says: why not everything was compared."""
    found = []
    if report.undefined is not None:
        found.append(f"the subscription types were not compared: {visible(report.undefined)}")
    if report.stopped is not None:
        found.append(f"stopped early: {visible(report.stopped)}")
    return tuple(found)


def reasons(side: Side) -> str:
    """Of how many addresses a version gave no reliable answer, and why: "3 (TimedOut 2, ServerError 1)"."""
    named = ", ".join(f"{visible(name)} {number:,}" for name, number in side.reasons.items())
    return f"{side.unreadable:,}{f' ({named})' if named else ''}"


def what(name: str) -> str:
    """A key of `by_field`, for people."""
    return "decision" if name == "decisions: decision" else visible(name)


def about(difference: Difference) -> str:
    """What a difference is about: "decision, 7001", "statuses: state, 7001"."""
    name = what(f"{difference.about}: {difference.field}")
    return name if difference.subscription_id is None else f"{name}, {difference.subscription_id}"


def worst_first(report: ParityReport) -> list[Differing]:
    """The listed addresses, and what differs about each: what would newly be mailed before the rest."""
    found = [
        evolve(each, differences=tuple(sorted(each.differences, key=lambda one: not one.newly_allowed)))
        for each in report.listed
    ]
    return sorted(found, key=lambda each: not any(one.newly_allowed for one in each.differences))


def listed(report: ParityReport) -> str:
    """How many are listed: "3 addresses that differ", "the first 100 of 3,421 addresses that differ"."""
    if len(report.listed) == report.different:
        return f"{addresses(report.different)} that differ{'s' if report.different == 1 else ''}"
    return f"the first {len(report.listed):,} of {addresses(report.different)} that differ"


# JSON


def as_json(
    diff: ContractDiff, report: ParityReport | None = None, *, today: date | None = None
) -> dict[str, Any]:
    """The report as plain values, fit for json.dumps.

    format: 1. a, b: the names. verdict: sentences for people. contracts: verdict ("same" or the worst
    level), counts by level (each change once, however many operations it is in), operations (method, path,
    verdict, changes), others (changes of no single operation); a change has level, rule, operation, place,
    subject, detail. support: per version name, released, state, supported_until, days_left. answers: null
    without a live comparison, else the fields of ParityReport with verdict and same; the sides a and b
    have version, requests, unreadable, reasons, p50_ms and p95_ms (null without requests).
    """
    return {
        "format": FORMAT,
        "a": diff.a,
        "b": diff.b,
        "verdict": list(verdict(diff, report)),
        "contracts": {
            "verdict": str(diff.level or "same"),
            "counts": {str(level): 0 for level in LEVELS}
            | {str(level): len(all_) for level, all_ in by_level(diff)},
            "operations": [
                {
                    "method": operation.method,
                    "path": operation.path,
                    "verdict": operation.verdict,
                    "changes": [_values(change) for change in operation.changes],
                }
                for operation in diff.operations
            ],
            "others": [_values(change) for change in diff.others],
        },
        "support": [
            {
                "name": each.version,
                "released": each.released and str(each.released),
                "state": each.state,
                "supported_until": str(each.until),
                "days_left": each.days_left,
            }
            for each in support(diff, today)
        ],
        "answers": None if report is None else _answers(report),
    }


def _values(change: ContractChange) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(change, recurse=False).items()}


def _answers(report: ParityReport) -> dict[str, Any]:
    found = asdict(report, recurse=False)
    return {
        "verdict": report.verdict,
        "same": report.same,
        **found,
        "a": _side(report.a),
        "b": _side(report.b),
        "by_field": dict(report.by_field),
        "definitions": [asdict(difference) for difference in report.definitions],
        "listed": [_differing(each) for each in report.listed],
    }


def _differing(each: Differing) -> dict[str, Any]:
    return {"shown": each.shown, "differences": [asdict(difference) for difference in each.differences]}


def _side(side: Side) -> dict[str, Any]:
    def in_ms(seconds: float | None) -> float | None:
        return None if seconds is None else round(seconds * 1000, 3)

    return {
        "version": side.version,
        "requests": side.requests,
        "unreadable": side.unreadable,
        "reasons": dict(side.reasons),
        "p50_ms": in_ms(side.p50),
        "p95_ms": in_ms(side.p95),
    }


# Markdown


def markdown(diff: ContractDiff, report: ParityReport | None = None, *, today: date | None = None) -> str:
    """The report as Markdown with tables, as GitHub and GitLab show it: for a pull request."""
    first, *others = verdict(diff, report)
    lines = [f"## {_plain(first)}", ""]
    for sentence in others:
        lines += [_plain(sentence), ""]
    verdicts = [(_loud(each.verdict), _code(str(each))) for each in diff.operations]
    lines += ["### Operations", "", *_table(("verdict", "operation"), verdicts)]
    if diff.changes:
        lines += ["### Changes", "", *_table(("level", "rule", "of", "change", "in"), _changes(diff))]
    if windows := support(diff, today):
        lines += [
            "### Support",
            "",
            *_table(("version", "support"), ((_code(w.version), str(w)) for w in windows)),
        ]
    if report is not None:
        lines += _report(report)
        lines += [f"**{_plain(first)}**", ""]
    return "\n".join(lines)


def _changes(diff: ContractDiff) -> Iterator[tuple[str, ...]]:
    for level, changes in by_level(diff):
        for change, names in changes:
            all_or_each = within(diff, names)
            where = (
                all_or_each if all_or_each.startswith("all ") else ", ".join(_code(name) for name in names if name)
            )
            yield _loud(level), _code(change.rule), _code(subject(change)), _code(change.detail), where


def _report(report: ParityReport) -> Iterator[str]:
    yield from ("### Answers", "")
    rows = ((_loud(each), f"{each.number:,}", _plain(each.note)) for each in counts(report))
    yield from _table(("addresses", "number", ""), rows, right=(1,))
    for remark in remarks(report):
        yield from (_plain(remark), "")
    times = (
        (_code(side.version), f"{side.requests:,}", milliseconds(side.p50), milliseconds(side.p95))
        for side in (report.a, report.b)
    )
    yield from _table(("version", "requests", "p50", "p95"), times, right=(1, 2, 3))
    columns = ("what", report.a.version, report.b.version)
    if report.definitions:
        yield from ("### Subscription types", "")
        yield from _table(columns, (_row(each) for each in report.definitions))
    if report.listed:
        yield from (f"### {listed(report)[0].upper()}{listed(report)[1:]}", "")
        rows_by_address = (
            (_code(each.shown), *_row(difference))
            for each in worst_first(report)
            for difference in each.differences
        )
        yield from _table(("address", *columns), rows_by_address)


def _row(difference: Difference) -> tuple[str, str, str]:
    mine, other = _code(difference.a), _code(difference.b)
    return _plain(about(difference)), mine, f"**{other}** (newly mailed)" if difference.newly_allowed else other


def _loud(found: str | Count) -> str:
    """The name; what somebody has to look at stands out."""
    if isinstance(found, Count):
        return f"**{found.name}**" if found.alarming else found.name
    return f"**{found}**" if found in (Level.BREAKING, "removed") else str(found)


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]], right: tuple[int, ...] = ()) -> Iterator[str]:
    names = [_plain(visible(title)) for title in titles]
    yield f"| {' | '.join(names)} |"
    yield f"|{'|'.join('--:' if index in right else '---' for index in range(len(names)))}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _plain(text: str) -> str:
    """Text that Markdown and HTML leave as it is."""
    return re.sub(r"([\\`*_\[\]<>|~&#])", r"\\\1", text)


def _code(text: str) -> str:
    """A value as code, which nothing in it can end, in a cell of a table; empty where there is none."""
    shown = visible(text).strip()
    if not shown:
        return ""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}".replace("|", "\\|")
