"""A comparison as Markdown with tables."""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from ..answers.differences import Difference
from ..answers.result import ParityReport
from ..contracts.changes import ContractDiff, Level
from ..privacy import visible
from . import words


def markdown(diff: ContractDiff, report: ParityReport | None = None, *, today: date | None = None) -> str:
    """The comparison as GitHub and GitLab show it: for a pull request."""
    first, *others = words.verdict(diff, report)
    lines = [f"## {_plain(first)}", ""]
    for sentence in others:
        lines += [_plain(sentence), ""]
    operations = ((_loud(operation.verdict), _code(str(operation))) for operation in diff.operations)
    lines += ["### Operations", "", *_table(("verdict", "operation"), operations)]
    if diff.changes:
        lines += ["### Changes", "", *_table(("level", "rule", "of", "change", "in"), _changes(diff))]
    if windows := words.support((diff.a, diff.b), today):
        rows = ((_code(window.name), str(window)) for window in windows)
        lines += ["### Support", "", *_table(("version", "support"), rows)]
    if report is not None:
        lines += _answers(report)
        lines += [f"**{_plain(first)}**", ""]
    return "\n".join(lines)


def _changes(diff: ContractDiff) -> Iterator[tuple[str, ...]]:
    for level, changes in words.by_level(diff):
        for change, names in changes:
            where = words.within(diff, names)
            if not where.startswith("all "):
                where = ", ".join(_code(name) for name in names if name)
            yield _loud(level), _code(change.rule), _code(words.subject(change)), _code(change.detail), where


def _answers(report: ParityReport) -> Iterator[str]:
    yield from ("### Answers", "")
    figures = (
        (f"**{count.name}**" if count.alarming else count.name, f"{count.number:,}", _plain(count.note))
        for count in words.counts(report)
    )
    yield from _table(("addresses", "number", ""), figures, right=(1,))
    for remark in words.remarks(report):
        yield from (_plain(remark), "")
    timings = ((_code(version), *figures) for version, *figures in words.timings(report))
    yield from _table(("version", "requests", "p50", "p95"), timings, right=(1, 2, 3))
    columns = ("what", report.a.version, report.b.version)
    if report.definitions:
        yield from ("### Subscription types", "")
        yield from _table(columns, (_row(difference) for difference in report.definitions))
    if report.listed:
        yield from (f"### {words.sentence(words.listed(report))}", "")
        rows = (
            (_code(address.shown), *_row(difference))
            for address in words.worst_first(report)
            for difference in address.differences
        )
        yield from _table(("address", *columns), rows)


def _row(difference: Difference) -> tuple[str, str, str]:
    a, b = _code(difference.a), _code(difference.b)
    return _plain(words.about(difference)), a, f"**{b}** (newly mailed)" if difference.newly_allowed else b


def _loud(verdict: str) -> str:
    """The verdict; what somebody has to look at stands out."""
    return f"**{verdict}**" if verdict in (Level.BREAKING, "removed") else verdict


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
    value = visible(text).strip()
    if not value:
        return ""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", value)), default=0) + 1)
    space = " " if value.startswith("`") or value.endswith("`") else ""
    return f"{fence}{space}{value}{space}{fence}".replace("|", "\\|")
