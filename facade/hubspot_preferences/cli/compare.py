"""`hubprefs compare`: two API versions beside each other, their contracts and what they answer about people."""

import os
import re
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from secrets import token_hex
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
from attrs import evolve

from .. import versions
from ..client import BASE_URL, TOKEN_VARIABLE
from ..errors import EndOfSupportWarning, InvalidArgument, PreferencesError, TransportError
from ..privacy import redact
from .output import SUPPORT, Refused, lacking, rendered, say

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.padding import Padding
    from rich.segment import Segment
    from rich.table import Table

    from ..contracts import ContractDiff, Difference, OperationDiff, ParityReport
    from .addresses import Addresses

KEY_VARIABLE: Final = "HUBPREFS_HASH_KEY"
INTERRUPTED: Final = "interrupted"
_EXTRA: Final = frozenset({"jinja2", "markdown_it", "markupsafe", "mdurl", "pygments", "rich", "yaml"})
_NEWLY: Final = "newly mailed"
_STYLES: Final = {
    "same": "green",
    "info": "cyan",
    "added": "cyan",
    "warning": "yellow",
    "breaking": "bold red",
    "removed": "bold red",
}
_ANSWERS: Final = {"same": "same", "incomplete": "warning", "different": "breaking"}


@click.command()
@click.argument("a")
@click.argument("b")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "html"]),
    default="text",
    show_default=True,
    help="How to say it.",
)
@click.option(
    "--output", metavar="FILE", help="Write the report there, whole or not at all.  [default: to the screen]"
)
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "warning", "any"]),
    help="Exit with 1 where a difference between the contracts is as bad as this, or worse.",
)
@click.option("--live", metavar="FILE", help="Read these addresses through both versions; - is standard input.")
@click.option("--column", metavar="NAME", help="FILE is CSV, and this column holds the addresses.")
@click.option(
    "--limit",
    metavar="NUMBER",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    help="How many addresses that differ are listed.",
)
@click.option("--show-addresses", is_flag=True, help="List them as they are, not as hashes.")
@click.option("--base-url", default=BASE_URL, show_default=True, help="Where to read from: the sandbox's, say.")
@click.pass_context
def compare(context: click.Context, /, *, a: str, b: str, **options: Any) -> None:
    """Compare API versions A and B: what changes for whoever goes from A to B.

    A and B are versions (v4, say, or latest; hubprefs versions lists them) or files with OpenAPI documents
    (JSON or YAML); their contracts are compared offline.

    With --live FILE the versions are asked about people too: every address in FILE, one a line, is read
    through both, and what they answer is compared. Nothing is written. The token is HUBSPOT_ACCESS_TOKEN.
    The report shows addresses as hashes; with a secret of your own as HUBPREFS_HASH_KEY they are the same in
    every run.

    Exit code: 0; 1 where --fail-on says so, or where not all answers were the same; 2 where nothing
    could be compared, or not all of FILE could be read; 130 after Ctrl-C, with the report so far.
    """
    stopping = _Stopping()
    try:
        with stopping:
            code = _compare(a, b, stopping, **options)
    except KeyboardInterrupt:
        code = stopping.code
    except PreferencesError as error:
        raise Refused(str(error)) from None
    except ModuleNotFoundError as missing:
        raise Refused(lacking(missing, "this", "cli", _EXTRA)) from None
    context.exit(code)


def _compare(
    a: str,
    b: str,
    stopping: "_Stopping",
    *,
    form: str,
    output: str | None,
    fail_on: str | None,
    live: str | None,
    column: str | None,
    limit: int,
    show_addresses: bool,
    base_url: str,
) -> int:
    """Do it; the exit code."""
    from .. import contracts
    from .addresses import Addresses

    if live is None and (column is not None or show_addresses):
        raise Refused("--column and --show-addresses go with --live")
    if live is not None:
        _refuse_files(a, b)
    with ExitStack() as stack:
        write = stack.enter_context(_target(output, [a, b, live]))
        diff = contracts.compare(a, b)
        report, problem = None, None
        if live is not None:
            emails = stack.enter_context(Addresses(live, column))
            _rendered(form, diff, None, on_screen=False)  # what is not installed is found out now, not in an hour
            report = _ask(a, b, emails, limit, show_addresses, base_url)
            problem = emails.problem
            if problem is not None and report.stopped is None:
                report = evolve(report, stopped=redact(str(problem)))  # a path may hold an address
            _say_invalid(emails, report.invalid)
        write(_rendered(form, diff, report, on_screen=output is None), form == "text")
        if output is not None:
            _say(diff, report)
    if problem is not None:
        raise problem
    if report is not None and report.stopped == INTERRUPTED:
        return stopping.code
    if report is not None and not report.same:
        return 1
    return int(fail_on is not None and diff.fails(fail_on))


def _refuse_files(*names: str) -> None:
    for name in names:
        try:
            versions.version(name)
        except InvalidArgument as error:
            raise Refused(f"--live asks API versions, not files: {error}") from None


# Asking


def _ask(a: str, b: str, emails: "Addresses", limit: int, show_addresses: bool, base_url: str) -> "ParityReport":
    from ..client import Preferences
    from ..contracts.live import compare_live

    if not os.environ.get(TOKEN_VARIABLE):
        raise Refused(f"--live needs a token in {TOKEN_VARIABLE}: a private app's, or an OAuth access token")
    key = os.environ.get(KEY_VARIABLE, "").encode("utf-8", "surrogateescape") or None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EndOfSupportWarning)  # the report says it
        with Preferences(version=a, base_url=base_url) as prefs, _progress(emails) as on_progress:
            try:
                return compare_live(
                    prefs,
                    a,
                    b,
                    emails,
                    key=key,
                    show_addresses=show_addresses,
                    listed=limit,
                    on_progress=on_progress,
                )
            except TransportError as error:
                raise Refused(f"{base_url} cannot be reached: {error}") from None


@contextmanager
def _progress(emails: "Addresses") -> Iterator[Callable[[int], None] | None]:
    """A line on standard error that moves, if there is somebody to see it."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    known = [BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeRemainingColumn()] if emails.total else []
    text = TextColumn("{task.completed:,.0f} addresses, {task.fields[rate]:,.0f} a second", markup=False)
    console = Console(stderr=True)
    start = time.monotonic()
    with Progress(
        SpinnerColumn(), text, *known, console=console, transient=True, redirect_stdout=False
    ) as progress:
        task = progress.add_task("", total=emails.total, rate=0)

        def on_progress(done: int) -> None:
            rate = done / max(time.monotonic() - start, 0.001)
            progress.update(task, completed=done, rate=rate)

        yield on_progress


class _Stopping:
    """While it is entered, Ctrl-C and SIGTERM end the work in good order. code: what to exit with then."""

    def __init__(self) -> None:
        self.code = 128 + signal.SIGINT
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():  # no other may
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._stop)

    def __exit__(self, *_: object) -> None:
        for number, previous in self._before.items():
            signal.signal(number, previous)

    def _stop(self, number: int, _frame: FrameType | None) -> NoReturn:
        self.code = 128 + number
        raise KeyboardInterrupt


# Saying


def _rendered(form: str, diff: "ContractDiff", report: "ParityReport | None", *, on_screen: bool) -> str:
    from ..contracts import report as reports

    today = versions.today()
    if form == "json":
        import json

        return json.dumps(reports.as_json(diff, report, today=today), indent=2) + "\n"
    if form == "markdown":
        return reports.markdown(diff, report, today=today)
    if form == "html":
        from ..contracts.page import page

        return page(diff, report, today=today)
    return _text(diff, report, today, on_screen=on_screen)


def _text(diff: "ContractDiff", report: "ParityReport | None", today: date, *, on_screen: bool) -> str:
    """The report for a screen; plain, and as wide as it has to be, where it goes elsewhere."""
    return rendered(lambda width: _parts(diff, report, today, width), on_screen=on_screen)


def _parts(
    diff: "ContractDiff", report: "ParityReport | None", today: date, width: int
) -> Iterator["RenderableType"]:
    from rich.text import Text

    from ..contracts import report as reports

    sentences = reports.verdict(diff, report)
    levels = [diff.level or "same"] if report is None else [_ANSWERS[report.verdict], diff.level or "same"]
    for sentence, level in zip(sentences, levels, strict=True):
        yield Text(sentence, f"bold {_STYLES[level]}")
    yield ""
    yield _table((Text(each.verdict, _STYLES[each.verdict]), *_operation(each)) for each in diff.operations)
    for level, changes in reports.by_level(diff):
        yield ""
        yield Text(level, f"bold {_STYLES[level]}")
        for change, names in changes:
            about = ": ".join(each for each in (reports.subject(change), reports.visible(change.detail)) if each)
            where = "\n".join(_wrapped(re.split("(?<=,) ", reports.within(diff, names)), width - 6))
            yield _indented(
                2, Text.assemble((reports.visible(change.rule), _STYLES[level]), f"  {about or where}")
            )
            if about and where:
                yield _indented(6, Text(where, "dim"))
    if windows := reports.support(diff, today):
        yield ""
        yield Text(f"HubSpot's support, as of {today}", "bold")
        yield _table((each.version, Text(str(each), SUPPORT.get(each.state, ""))) for each in windows)
    if report is not None:
        yield from _answers(report, width)
        yield ""
        yield Text(sentences[0], f"bold {_STYLES[levels[0]]}")


def _wrapped(pieces: list[str], width: int) -> list[str]:
    """The pieces, with blanks between them, in lines of so many columns; none is broken."""
    lines = [""]
    for piece in pieces:
        if lines[-1] and len(lines[-1]) + 1 + len(piece) > width:
            lines.append(piece)
        else:
            lines[-1] += f" {piece}" if lines[-1] else piece
    return lines


def _operation(found: "OperationDiff") -> tuple[str, str]:
    from ..privacy import visible

    return visible(found.method), visible(found.path)


def _answers(report: "ParityReport", width: int) -> Iterator["RenderableType"]:
    from rich.segment import Segment, Segments
    from rich.style import Style
    from rich.text import Text

    from ..contracts import report as reports

    yield ""
    yield Text("Answers", "bold")
    newly = "would be newly mailed"
    yield _table(
        (
            (
                Text(each.name, "bold red" if each.alarming and each.name == newly else ""),
                Text(
                    f"{each.number:,}", ("bold red" if each.name == newly else "yellow") if each.alarming else ""
                ),
                each.note,
            )
            for each in reports.counts(report)
        ),
        right=(1,),
    )
    yield from (_indented(2, Text(remark, "yellow")) for remark in reports.remarks(report))
    yield ""
    yield _table(
        (
            ("", "requests", "p50", "p95"),
            *(
                (
                    reports.visible(side.version),
                    f"{side.requests:,}",
                    reports.milliseconds(side.p50),
                    reports.milliseconds(side.p95),
                )
                for side in (report.a, report.b)
            ),
        ),
        right=(1, 2, 3),
    )
    if report.definitions:
        yield ""
        yield Text("Subscription types", "bold")
        yield Segments(_differences(report.definitions, 2, width))
    if report.listed:
        yield ""
        title = reports.listed(report)
        yield Text(f"{title[0].upper()}{title[1:]}", "bold")
        # Ready to be written: tables and texts take seconds for thousands of addresses.
        bold = Style(bold=True)
        yield Segments(
            segment
            for each in reports.worst_first(report)
            for segment in (
                Segment(f"  {reports.visible(each.shown)}", bold),
                Segment("\n"),
                *_differences(each.differences, 4, width),
            )
        )


def _differences(found: "Iterable[Difference]", indent: int, width: int) -> Iterator["Segment"]:
    """One below the other: what each is about, then what the versions say."""
    from rich.segment import Segment
    from rich.style import Style

    from ..contracts.report import about
    from ..privacy import visible

    named = [(about(each), each) for each in found]
    column = indent + max(len(name) for name, _ in named) + 2
    for name, each in named:
        said = f"{visible(each.a)} → {visible(each.b)}".split(" ")
        lines = _wrapped([*said, "", _NEWLY] if each.newly_allowed else said, width - column)
        text = f"{' ' * indent}{name}".ljust(column) + f"\n{' ' * column}".join(lines)
        if each.newly_allowed:
            yield Segment(text.removesuffix(_NEWLY))
            yield Segment(_NEWLY, Style(color="red", bold=True))
            yield Segment("\n")
        else:
            yield Segment(f"{text}\n")


def _table(rows: Iterable[tuple["RenderableType", ...]], right: tuple[int, ...] = ()) -> "Table":
    """Cells in columns, a little to the right; what does not fit is broken into lines, and never cut."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=0)
    for row in rows:
        cells = [Text(cell) if isinstance(cell, str) else cell for cell in row]
        while len(table.columns) <= len(cells):
            table.add_column(overflow="fold", justify="right" if len(table.columns) - 1 in right else "left")
        table.add_row("", *cells)
    return table


def _indented(columns: int, text: "RenderableType") -> "Padding":
    from rich.padding import Padding

    return Padding(text, (0, 0, 0, columns), expand=False)


def _say(diff: "ContractDiff", report: "ParityReport | None") -> None:
    """The answer alone, on the screen: the report is elsewhere."""
    from ..contracts.report import verdict

    if sys.stdout is not None:
        say("".join(f"{line}\n" for line in verdict(diff, report)), local=True)


def _say_invalid(emails: "Addresses", number: int) -> None:
    """Where the lines are that hold no address: the report cannot tell."""
    if emails.invalid:
        lines = ", ".join(f"{line:,}" for line in emails.invalid)
        more = number - len(emails.invalid)
        click.echo(
            f"{emails.name}: no address in line {lines}{f' and {more:,} more' if more > 0 else ''}", err=True
        )


# Where to


@contextmanager
def _target(output: str | None, inputs: list[str | None]) -> Iterator[Callable[[str, bool], None]]:
    """What takes the report, once: the screen or a file. Found out before the work begins whether it will."""
    if output is None:
        if sys.stdout is None:
            raise Refused("standard output is closed: say where to write with --output")
        yield say
        return
    path = Path(output).resolve()  # a link stays, and what it points to is replaced
    with ExitStack() as stack:
        with _writing(output):
            if path.is_dir():
                raise Refused(f"{output}: cannot be written: it is a directory")
            if any(Path(name).exists() and path.exists() and path.samefile(name) for name in inputs if name):
                raise Refused(f"{output}: is what is to be read, and would be overwritten")
            if path.exists() and not path.is_file():  # a device, a pipe
                part, stream = None, stack.enter_context(path.open("wb"))
            else:
                part = path.with_name(f".hubprefs-{token_hex(4)}.part")
                stream = part.open("xb")
                stack.callback(part.unlink, missing_ok=True)
            stack.callback(stream.close)

        def write(text: str, local: bool) -> None:
            try:
                with _writing(output):
                    stream.write(text.encode("utf-8", "backslashreplace"))
                    stream.close()
                    if part is not None:
                        part.replace(path)
            except Refused:
                if sys.stdout is not None:
                    say(text, local)  # what took an hour to find out must not be lost to a full disk
                raise

        yield write


@contextmanager
def _writing(output: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such path"
        raise Refused(f"{output}: cannot be written: {why}") from None
