"""A comparison for a screen, in colours; plain, and as wide as it has to be, where it goes elsewhere."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.segment import Segment, Segments
from rich.style import Style
from rich.table import Table
from rich.text import Text

from ..answers.differences import Difference
from ..answers.result import ParityReport
from ..contracts.changes import ContractDiff
from ..privacy import visible
from . import words

_STYLES: Final = {
    "same": "green",
    "info": "cyan",
    "added": "cyan",
    "warning": "yellow",
    "breaking": "bold red",
    "removed": "bold red",
}
_NEWLY: Final = "newly mailed"


def text(
    diff: ContractDiff, report: ParityReport | None, today: date, width: int, states: dict[str, str]
) -> Iterator[RenderableType]:
    """What rich prints, one part below the other, in so many columns. states: the styles of support states."""
    sentences = words.verdict(diff, report)
    tones = [diff.level or "same"] if report is None else [words.TONES[report.verdict], diff.level or "same"]
    for sentence, tone in zip(sentences, tones, strict=True):
        yield Text(sentence, f"bold {_STYLES[tone]}")
    yield ""
    yield _table(
        (Text(operation.verdict, _STYLES[operation.verdict]), visible(operation.method), visible(operation.path))
        for operation in diff.operations
    )
    for level, changes in words.by_level(diff):
        yield ""
        yield Text(level, f"bold {_STYLES[level]}")
        for change, names in changes:
            about = ": ".join(part for part in (words.subject(change), visible(change.detail)) if part)
            where = "\n".join(_wrapped(re.split("(?<=,) ", words.within(diff, names)), width - 6))
            yield Padding.indent(Text.assemble((visible(change.rule), _STYLES[level]), f"  {about or where}"), 2)
            if about and where:
                yield Padding.indent(Text(where, "dim"), 6)
    if windows := words.support((diff.a, diff.b), today):
        yield ""
        yield Text(f"HubSpot's support, as of {today}", "bold")
        yield _table((window.name, Text(str(window), states.get(window.state, ""))) for window in windows)
    if report is not None:
        yield from _answers(report, width)
        yield ""
        yield Text(sentences[0], f"bold {_STYLES[tones[0]]}")


def _answers(report: ParityReport, width: int) -> Iterator[RenderableType]:
    yield ""
    yield Text("Answers", "bold")
    yield _table((_figure(count) for count in words.counts(report)), right=(1,))
    yield from (Padding.indent(Text(remark, "yellow"), 2) for remark in words.remarks(report))
    yield ""
    yield _table((("", "requests", "p50", "p95"), *words.timings(report)), right=(1, 2, 3))
    if report.definitions:
        yield ""
        yield Text("Subscription types", "bold")
        yield Segments(_differences(report.definitions, 2, width))
    if report.listed:
        yield ""
        yield Text(words.sentence(words.listed(report)), "bold")
        # Ready to be written: tables and texts take seconds for thousands of addresses.
        bold = Style(bold=True)
        yield Segments(
            segment
            for address in words.worst_first(report)
            for segment in (
                Segment(f"  {visible(address.shown)}", bold),
                Segment("\n"),
                *_differences(address.differences, 4, width),
            )
        )


def _figure(count: words.Count) -> tuple[RenderableType, ...]:
    mailed = count.alarming and count.name == words.NEWLY_MAILED
    style = "bold red" if mailed else "yellow" if count.alarming else ""
    return Text(count.name, "bold red" if mailed else ""), Text(f"{count.number:,}", style), count.note


def _differences(differences: Iterable[Difference], indent: int, width: int) -> Iterator[Segment]:
    """One below the other: what each is about, then what the versions say."""
    named = [(words.about(difference), difference) for difference in differences]
    column = indent + max(len(name) for name, _ in named) + 2
    for name, difference in named:
        values = f"{visible(difference.a)} → {visible(difference.b)}".split(" ")
        lines = _wrapped([*values, "", _NEWLY] if difference.newly_allowed else values, width - column)
        block = f"{' ' * indent}{name}".ljust(column) + f"\n{' ' * column}".join(lines)
        if difference.newly_allowed:
            yield Segment(block.removesuffix(_NEWLY))
            yield Segment(_NEWLY, Style(color="red", bold=True))
            yield Segment("\n")
        else:
            yield Segment(f"{block}\n")


def _wrapped(pieces: list[str], width: int) -> list[str]:
    """The pieces, with blanks between them, in lines of so many columns; none is broken."""
    lines = [""]
    for piece in pieces:
        if lines[-1] and len(lines[-1]) + 1 + len(piece) > width:
            lines.append(piece)
        else:
            lines[-1] += f" {piece}" if lines[-1] else piece
    return lines


def _table(rows: Iterable[tuple[RenderableType, ...]], right: tuple[int, ...] = ()) -> Table:
    """Cells in columns, a little to the right; what does not fit is broken into lines, and never cut."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=0)
    for row in rows:
        cells = [Text(cell) if isinstance(cell, str) else cell for cell in row]
        while len(table.columns) <= len(cells):
            table.add_column(overflow="fold", justify="right" if len(table.columns) - 1 in right else "left")
        table.add_row("", *cells)
    return table
