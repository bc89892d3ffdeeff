"""`hubprefs compare`: two API versions beside each other, their contracts and what they answer about people."""

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
from attrs import evolve

from .. import versions
from ..errors import EndOfSupportWarning, InvalidArgument, PreferencesError, TransportError
from ..privacy import redact
from ..settings import BASE_URL, TOKEN_VARIABLE
from .output import SUPPORT, Refused, destination, lacking, rendered, say

if TYPE_CHECKING:
    from ..answers import ParityReport
    from ..contracts import ContractDiff
    from .addresses import Addresses

KEY_VARIABLE: Final = "HUBPREFS_HASH_KEY"
INTERRUPTED: Final = "interrupted"
_EXTRA: Final = frozenset({"jinja2", "markdown_it", "markupsafe", "mdurl", "pygments", "rich", "yaml"})


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
    "listed",
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
    show_addresses: bool,
    **asking: Any,
) -> int:
    """Do it; the exit code."""
    from .. import contracts
    from ..reports import words
    from .addresses import Addresses

    if live is None and (column is not None or show_addresses):
        raise Refused("--column and --show-addresses go with --live")
    if live is not None:
        _refuse_files(a, b)
    with ExitStack() as stack:
        write = stack.enter_context(destination(output, [a, b, live]))
        diff = contracts.compare(a, b)
        report, problem = None, None
        if live is not None:
            emails = stack.enter_context(Addresses(live, column))
            _rendered(form, diff, None, on_screen=False)  # what is not installed is found out now, not in an hour
            report = _ask(a, b, emails, show_addresses=show_addresses, **asking)
            problem = emails.problem
            if problem is not None and report.stopped is None:
                report = evolve(report, stopped=redact(str(problem)))  # a path may hold an address
            _say_invalid(emails, report.invalid)
        write(_rendered(form, diff, report, on_screen=output is None), form == "text")
        if output is not None and sys.stdout is not None:  # the report is elsewhere: the answer alone
            say("".join(f"{line}\n" for line in words.verdict(diff, report)), local=True)
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


def _ask(a: str, b: str, emails: "Addresses", *, base_url: str, **options: Any) -> "ParityReport":
    from ..answers.live import compare_live
    from ..client import Preferences

    if not os.environ.get(TOKEN_VARIABLE):
        raise Refused(f"--live needs a token in {TOKEN_VARIABLE}: a private app's, or an OAuth access token")
    old, new = versions.version(a), versions.version(b)
    key = os.environ.get(KEY_VARIABLE, "").encode("utf-8", "surrogateescape") or None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EndOfSupportWarning)  # the report says it
        with Preferences(version=old, base_url=base_url) as prefs, _progress(emails) as on_progress:
            try:
                return compare_live(prefs, old, new, emails, key=key, on_progress=on_progress, **options)
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


def _rendered(form: str, diff: "ContractDiff", report: "ParityReport | None", *, on_screen: bool) -> str:
    today = versions.today()
    if form == "json":
        import json

        from ..reports.as_json import as_json

        return json.dumps(as_json(diff, report, today=today), indent=2) + "\n"
    if form == "markdown":
        from ..reports.markdown import markdown

        return markdown(diff, report, today=today)
    if form == "html":
        from ..reports.page import page

        return page(diff, report, today=today)
    from ..reports.text import text

    return rendered(lambda width: text(diff, report, today, width, SUPPORT), on_screen=on_screen)


def _say_invalid(emails: "Addresses", number: int) -> None:
    """Where the lines are that hold no address: the report cannot tell."""
    if emails.invalid:
        lines = ", ".join(f"{line:,}" for line in emails.invalid)
        more = number - len(emails.invalid)
        click.echo(
            f"{emails.name}: no address in line {lines}{f' and {more:,} more' if more > 0 else ''}", err=True
        )
