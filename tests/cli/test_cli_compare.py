"""`hubprefs compare`, as somebody at a terminal uses it, as a script does, and as neither should."""

import hmac
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from tests.conftest import Listen, Listener

from hubspot_preferences import contracts, versions
from hubspot_preferences.cli import compare as command
from hubspot_preferences.cli.root import hubprefs
from hubspot_preferences.contracts import ContractDiff, compare
from hubspot_preferences.reports.words import verdict
from hubspot_preferences.sandbox import Fault, Sandbox

RUN = "from hubspot_preferences.cli import main; main()"
LAST = 10  # operations of a version
NAMES = ", ".join(versions.NAMES)
SEEDED = ("subscribed@example.com", "unsubscribed@example.com", "opted-out@example.com")


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    """`hubprefs compare`, in this process, piped."""
    return CliRunner().invoke(hubprefs, ["compare", *arguments], input=stdin, catch_exceptions=False)


packaged = cache(compare)


def compared(a: str, b: str) -> ContractDiff:
    """The difference, found out once between versions: their contracts stay as they are while tests run."""
    return (packaged if a in versions.NAMES and b in (*versions.NAMES, "latest") else compare)(a, b)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token of the sandbox, and nothing of whoever runs the tests."""
    monkeypatch.setattr(contracts, "compare", compared)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "demo")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", command.KEY_VARIABLE):
        monkeypatch.delenv(name, raising=False)


def contract(folder: Path, paths: dict[str, Any]) -> str:
    """A file with an OpenAPI document."""
    path = folder / "contract.json"
    path.write_text(json.dumps({"openapi": "3.0.1", "paths": paths}))
    return str(path)


@contextmanager
def process(*arguments: str, code: str = "", **options: Any) -> Iterator[subprocess.Popen[str]]:
    """`hubprefs compare` in a process of its own, that ran `code` before; killed if it does not end by itself."""
    settings: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    with subprocess.Popen([sys.executable, "-c", f"{code}\n{RUN}", "compare", *arguments], **settings) as running:
        try:
            yield running
        finally:
            running.kill()


# Contracts


def test_the_first_line_is_the_answer() -> None:
    """Then one line for each operation, and how long HubSpot supports both versions."""
    done = run("v4", "2026-09")
    lines = done.stdout.splitlines()
    assert (0, "v4 → 2026-09: the contracts are the same (10 operations)") == (done.exit_code, lines[0])
    assert ["same  GET   /definitions", "same  POST  /links/generate"] == [line.strip() for line in lines[2:4]]
    assert LAST == sum(line.startswith("  same") for line in lines)
    assert [
        "HubSpot's support, as of 2026-11-20",
        "  v4       supported until 2027-03-30 (130 days left)",
        "  2026-09  current, supported until 2028-03-08 (474 days left)",
    ] == lines[-3:]


def test_latest_may_be_compared() -> None:
    """The report says which version that is."""
    assert run("v4", "latest").stdout.startswith(f"v4 → {versions.newest()}: the contracts ")


def test_what_is_piped_is_plain_and_whole(reference: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No colour, no width, nothing at the end of a line: every change stands in a line of its own."""
    monkeypatch.setenv("COLUMNS", "20")
    old, new = (reference / "upstream" / name for name in ("2025-09.json", "2026-03.json"))
    lines = run(str(old), str(new)).stdout.splitlines()
    assert [] == [line for line in lines if line != line.rstrip() or "\x1b" in line or "…" in line]
    assert (lines[0],) == verdict(compare(old, new))
    shared = re.compile(
        r"  response-property-type-\w+  PublicStatus\.subscriptionId: integer/int32 → integer/int64"
    )
    at = next(number for number, line in enumerate(lines) if shared.fullmatch(line))
    assert ["breaking"] == [line for line in lines[:at] if line in ("breaking", "warning", "info")]
    assert (
        "      POST /statuses/batch/read, POST /statuses/batch/unsubscribe-all, POST /statuses/batch/write, "
        "GET /statuses/{subscriberIdString}, POST /statuses/{subscriberIdString}, "
        "POST /statuses/{subscriberIdString}/unsubscribe-all"
    ) == lines[at + 1]
    assert "  api-removed-without-deprecation  POST /resubscribe" in lines
    assert "  removed   POST  /resubscribe" in lines
    assert not any("support" in line for line in lines)  # files have no end of support


@pytest.mark.parametrize(
    ("removed", "bar", "code"),
    [
        (False, "any", 0),
        (True, None, 0),
        (True, "breaking", 1),
        (True, "warning", 1),
        (True, "any", 1),
    ],
)
def test_what_fails(tmp_path: Path, removed: bool, bar: str | None, code: int) -> None:
    """The exit code is 1 where --fail-on says so, and only then; the report is the same."""
    paths: dict[str, Any] = {"/definitions": {"get": {}}, "/other": {"get": {}}}
    old = contract(tmp_path, paths)
    if removed:
        del paths["/other"]
    (tmp_path / "b").mkdir()
    new = contract(tmp_path / "b", paths)
    done = run(old, new, *([] if bar is None else ["--fail-on", bar]))
    assert (code, removed) == (done.exit_code, "removed  GET  /other" in done.stdout)


@pytest.mark.parametrize(("bar", "code"), [("breaking", 0), ("warning", 0), ("any", 1)])
def test_what_is_harmless_fails_only_any(tmp_path: Path, bar: str, code: int) -> None:
    """A new operation breaks nobody."""
    (tmp_path / "b").mkdir()
    old = contract(tmp_path, {"/definitions": {"get": {}}})
    new = contract(tmp_path / "b", {"/definitions": {"get": {}, "post": {}}})
    assert code == run(old, new, "--fail-on", bar).exit_code


def test_formats() -> None:
    """Each says the same in its own way, in UTF-8."""
    sentence = "v4 → 2026-03: the contracts are the same (10 operations)"
    assert f"## {sentence}\n" == run("v4", "2026-03", "--format", "markdown").stdout.splitlines(keepends=True)[0]
    found: dict[str, Any] = json.loads(run("v4", "2026-03", "--format", "json").stdout)
    assert ([sentence], None, LAST) == (found["verdict"], found["answers"], len(found["contracts"]["operations"]))
    html = run("v4", "2026-03", "--format", "html").stdout
    assert html.startswith("<!")
    assert "he contracts are the same (10 operations)" in html


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["v5", "v4"], f"v5 is neither a version ({NAMES}) nor a file: No such file or directory"),
        (["v4", "."], f". is neither a version ({NAMES}) nor a file: Is a directory"),
        (["v4", os.devnull], "/dev/null is not an OpenAPI document: it is no mapping"),
        (["v4", "a\nb\x1b[2J"], "a\\nb\\x1b[2J is neither"),
        (["v4", "a\udcff"], "a\\udcff is neither"),
        (["v4", __file__], "cannot be read"),
        (["v4", "latest", "--column", "Email"], "--column and --show-addresses go with --live"),
        (["v4", "latest", "--show-addresses"], "--column and --show-addresses go with --live"),
        (["v4", "latest", "--output", "."], ".: cannot be written: it is a directory"),
        (["v4", "latest", "--output", "/nowhere/x"], "/nowhere/x: cannot be written: No such file or directory"),
        (["v4", "latest", "--output", "/dev/full"], "/dev/full: cannot be written: No space left on device"),
        (["v4", __file__, "--live", "-"], "--live asks API versions, not files: version: "),
        (["v4", "latest", "--live", "nobody"], "nobody: cannot be read: No such file or directory"),
        (["v4", "latest", "--live", "no\nbody\x1b[2J"], "no\\nbody\\x1b[2J: cannot be read"),
        (["v4", "latest", "--live", os.devnull], "/dev/null: holds no address"),
        (["v4", "v4", "--live", "-"], "b: is the same version as a, v4: there is nothing to compare"),
        (["v4", "latest", "--live", "-", "--base-url", "http://example.com"], "base_url: "),
    ],
)
def test_what_cannot_be_compared(arguments: list[str], line: str) -> None:
    """One line, and exit code 2."""
    done = run(*arguments, stdin="a@example.com\n")
    assert (2, 1, True) == (done.exit_code, len(done.stderr.splitlines()), line in done.stderr)
    assert done.stderr.startswith("Error: ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["v4"], "Missing argument 'B'"), (["v4", "latest", "--limit", "-1"], "'--limit'")],
)
def test_wrong_usage(arguments: list[str], words: str) -> None:
    """Said as for every command."""
    done = run(*arguments)
    assert (2, True) == (done.exit_code, words in done.stderr)


# Where the report goes


def test_output_is_a_file(tmp_path: Path) -> None:
    """The screen gets the answer alone; nothing else is left in the folder."""
    done = run("v4", "2026-09", "--format", "markdown", "--output", str(tmp_path / "report.md"))
    assert (0, "v4 → 2026-09: the contracts are the same (10 operations)\n") == (done.exit_code, done.stdout)
    assert ["report.md"] == [path.name for path in tmp_path.iterdir()]
    assert run("v4", "2026-09", "--format", "markdown").stdout == (tmp_path / "report.md").read_text(
        encoding="utf-8"
    )


def test_output_is_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file gets no colours, wherever the command runs."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("v4", "latest").stdout
    run("v4", "latest", "--output", str(tmp_path / "report"))
    assert "\x1b" not in (tmp_path / "report").read_text(encoding="utf-8")


def test_output_stays_as_it_was_where_nothing_was_compared(tmp_path: Path) -> None:
    """A report is written whole or not at all."""
    path = tmp_path / "report"
    path.write_text("before")
    assert 2 == run("v4", "v5", "--output", str(path)).exit_code
    assert (["report"], "before") == ([each.name for each in tmp_path.iterdir()], path.read_text())


def test_output_is_never_half_of_a_report(tmp_path: Path) -> None:
    """A new file takes the place of the old one: whoever has that open reads on in it."""
    path, other = tmp_path / "report", tmp_path / "other"
    path.write_text("before")
    other.hardlink_to(path)
    assert 0 == run("v4", "latest", "--output", str(path)).exit_code
    assert ("before", False) == (other.read_text(), path.read_text() == "before")


def test_output_through_a_link(tmp_path: Path) -> None:
    """The link stays, and what it points to is replaced."""
    (tmp_path / "link").symlink_to(tmp_path / "report")
    assert 0 == run("v4", "latest", "--output", str(tmp_path / "link")).exit_code
    assert (True, True) == ((tmp_path / "link").is_symlink(), (tmp_path / "report").is_file())


@pytest.mark.parametrize("name", ["people", "./people", "link"])
def test_output_is_not_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The list of addresses is not overwritten by the report about it."""
    monkeypatch.chdir(tmp_path)
    Path("people").write_text("a@example.com\n")
    Path("link").symlink_to("people")
    done = run("v4", "latest", "--live", "people", "--output", name)
    assert (2, f"Error: {name}: is what is to be read, and would be overwritten\n") == (
        done.exit_code,
        done.stderr,
    )
    assert "a@example.com\n" == Path("people").read_text()


def test_a_full_disk_does_not_cost_the_report() -> None:
    """What cannot be written where it should is shown."""
    done = run("v4", "latest", "--output", "/dev/full")
    assert (2, run("v4", "latest").stdout) == (done.exit_code, done.stdout)


def test_a_reader_may_leave() -> None:
    """`| head` ends it without a word, and the verdict is what it was."""
    read, write = os.pipe()
    os.close(read)
    with process("v4", "latest", stdout=write) as running:
        os.close(write)
        _, err = running.communicate(timeout=60)
    assert (0, "") == (running.returncode, err)


@pytest.mark.parametrize(
    ("redirected", "line"),
    [
        (">&-", "Error: standard output is closed: say where to write with --output\n"),
        (">/dev/full", "Error: standard output: cannot be written: No space left on device\n"),
        ("<&-", ""),
    ],
)
def test_streams_that_are_closed_or_full(redirected: str, line: str) -> None:
    """One line at most."""
    shell = f'"{sys.executable}" -c "{RUN}" compare v4 latest {redirected}'
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=False)
    assert (2 if line else 0, line) == (done.returncode, done.stderr)


def test_a_locale_without_letters() -> None:
    """ASCII alone gets ASCII; what is a document stays UTF-8."""
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for form, arrow in (("text", b"v4 -> 2026-09: the"), ("markdown", "## v4 → 2026-09: the".encode())):
        command_line = [sys.executable, "-c", RUN, "compare", "v4", "2026-09", "--format", form]
        done = subprocess.run(command_line, env=environment, capture_output=True, check=False)
        assert (0, b"", True) == (done.returncode, done.stderr, done.stdout.startswith(arrow))


def on_a_terminal(*arguments: str, columns: int = 80, **environment: str) -> str:
    """What `hubprefs compare` prints to a terminal so wide."""
    ours, theirs = os.openpty()
    settings = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color", **environment}
    printed: list[bytes] = []

    def watch() -> None:
        try:
            while data := os.read(ours, 65536):
                printed.append(data)
        except OSError:  # the other end was closed
            pass

    watching = threading.Thread(target=watch)
    watching.start()
    with process(*arguments, stdout=theirs, stderr=theirs, env=settings) as running:
        os.close(theirs)
        running.wait(timeout=60)
    watching.join(20)
    os.close(ours)
    return b"".join(printed).decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour(tmp_path: Path) -> None:
    """What breaks stands out; NO_COLOR is heeded."""
    (tmp_path / "b").mkdir()
    old = contract(tmp_path, {"/a": {"get": {}}, "/b": {"get": {}}})
    arguments = old, contract(tmp_path / "b", {"/a": {"get": {}}})
    assert "\x1b[1;31mremoved\x1b[0m  GET  /b\n" in on_a_terminal(*arguments)
    assert "\x1b[3" not in on_a_terminal(*arguments, NO_COLOR="1")


def test_who_would_be_mailed_stands_out(box: Sandbox, people: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever skims a long list sees it in red; a file is plain, and else the same."""
    monkeypatch.setenv(command.KEY_VARIABLE, "secret")
    plain = re.compile(r"\x1b\[[0-9;]*m")
    with box.faults(opted_in("unsubscribed@example.com")):
        piped = live(box, people).stdout
        monkeypatch.setenv("FORCE_COLOR", "1")
        coloured = live(box, people).stdout
    listed = [text[text.index("1 address that differs") :] for text in (piped, plain.sub("", coloured))]
    assert listed[0] == listed[1]
    shown = re.findall(r"^  [0-9a-f]{16}$", piped, re.MULTILINE)
    assert [f"\x1b[1m{each}\x1b[0m" for each in shown] == re.findall(
        r"^\x1b\[1m  [0-9a-f]{16}\x1b\[0m$", coloured, re.MULTILINE
    )
    assert 5 == piped.count("(subscribed)  newly mailed\n")  # types
    assert 5 == coloured.count("(subscribed)  \x1b[1;31mnewly mailed\x1b[0m\n")


@pytest.mark.parametrize("columns", [20, 60])
def test_a_narrow_terminal_loses_nothing(columns: int, reference: Path) -> None:
    """Lines are broken, and never cut, nor wider than the terminal."""
    upstream = reference / "upstream"
    arguments = str(upstream / "2025-09.json"), str(upstream / "2026-03.json")
    text = on_a_terminal(*arguments, columns=columns, NO_COLOR="1")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert columns >= max(len(line) for line in plain.splitlines())
    assert [] == [line for line in plain.splitlines() if line != line.rstrip()]

    if columns > 50:  # what belongs together is not torn apart where it fits
        assert [] == re.findall(r", (?:GET|POST)$", plain, re.MULTILINE)

    def letters(found: str) -> str:
        return "".join(sorted(re.findall(r"\w", found)))

    assert letters(run(*arguments).stdout) == letters(plain)


# What they answer


@pytest.fixture
def people(tmp_path: Path, box: Sandbox) -> str:
    """A file with addresses of the sandbox's, and one it never heard of."""
    path = tmp_path / "people"
    path.write_text("".join(f"{each}\n" for each in ("# people", *SEEDED, "", "nobody@example.com")))
    return str(path)


def live(box: Sandbox, people: str, *arguments: str, stdin: str | bytes | None = None) -> Result:
    """`hubprefs compare v4 2026-03 --live`, with the sandbox."""
    return run("v4", "2026-03", "--live", people, "--base-url", box.url, *arguments, stdin=stdin)


def opted_in(*addresses: str) -> Fault:
    """2026-03 forgets that these people opted out of all e-mail and of everything else."""
    return Fault(
        version="2026-03",
        operation="batch_read_statuses",
        addresses=addresses,
        fields={"status": "SUBSCRIBED"},
        nested=True,
        times=None,
    )


def test_the_same_answers(box: Sandbox, people: str) -> None:
    """Exit code 0: the contracts first, then the figures, and the verdict at both ends."""
    done = live(box, people)
    lines = done.stdout.splitlines()
    said = "v4 → 2026-03: they answer the same about all 4 addresses"
    assert (0, "", said, said) == (done.exit_code, done.stderr, lines[0], lines[-1])
    assert "v4 → 2026-03: the contracts are the same (10 operations)" == lines[1]
    assert lines.index("HubSpot's support, as of 2026-11-20") < lines.index("Answers")
    figures = ["  identical              4", "  different              0", "  would be newly mailed  0"]
    assert figures == lines[lines.index("Answers") + 2 :][:3]
    times = [re.sub(r" +[\d.,]+ ms", " time", line) for line in lines]
    assert ["  v4              3 time time", "  2026-03         3 time time"] == times[-4:-2]


def test_different_answers(box: Sandbox, people: str) -> None:
    """Exit code 1: who would be mailed, by hash, and what differs; no address in sight."""
    with box.faults(opted_in("unsubscribed@example.com")):
        done = live(box, people)
    lines = done.stdout.splitlines()
    said = "v4 → 2026-03: they answer differently about 1 of 4 addresses (1 would be newly mailed)"
    assert (1, said, said) == (done.exit_code, lines[0], lines[-1])
    assert "  would be newly mailed  1  2026-03 allows what v4 does not" in lines
    at = lines.index("1 address that differs")
    assert re.fullmatch(r"  [0-9a-f]{16}", lines[at + 1])
    decision = "no (unsubscribed from this subscription type) → yes (subscribed)  newly mailed"
    assert f"    decision, 7001         {decision}" == lines[at + 2]
    assert "    statuses: state, 7001  UNSUBSCRIBED → SUBSCRIBED" in lines[at:]
    assert "@" not in done.output


@pytest.mark.parametrize("columns", [25, 60])
def test_a_narrow_terminal_cuts_no_answer(box: Sandbox, people: str, columns: int) -> None:
    """Broken where there is a blank, and left to the terminal where there is none: nothing is cut off."""
    arguments = ["v4", "2026-03", "--live", people, "--base-url", box.url, "--show-addresses"]
    with box.faults(opted_in("unsubscribed@example.com")):
        piped = run(*arguments).stdout
        shown = on_a_terminal(*arguments, columns=columns, NO_COLOR="1")
    texts = [text[text.index("1 address that differs") :] for text in (piped, re.sub(r"\x1b\[\d*m", "", shown))]
    assert texts[0].split() == texts[1].split()
    if columns > 50:  # each word and what it is about fit
        assert columns >= max(len(line) for line in texts[1].splitlines())


def test_addresses_are_shown_on_request(box: Sandbox, people: str) -> None:
    """--show-addresses lists them, --limit as many of them."""
    with box.faults(opted_in(*SEEDED)):
        everybody = live(box, people, "--show-addresses").stdout
        one = live(box, people, "--show-addresses", "--limit", "1").stdout
        nobody = live(box, people, "--limit", "0").stdout
    assert [True, True, True] == [f"  {address}\n" in everybody for address in SEEDED]
    assert [1, True] == [sum(f"  {each}\n" in one for each in SEEDED), "The first 1 of 3 addresses" in one]
    assert (True, False) == ("about 3 of 4 addresses" in nobody, "addresses that differ" in nobody)


def test_hashes_are_the_same_with_a_key(box: Sandbox, people: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With HUBPREFS_HASH_KEY, and only with it; the help says so."""

    def shown() -> list[str]:
        with box.faults(opted_in("unsubscribed@example.com")):
            found: dict[str, Any] = json.loads(live(box, people, "--format", "json").stdout)
        return [each["shown"] for each in found["answers"]["listed"]]

    assert shown() != shown()
    monkeypatch.setenv(command.KEY_VARIABLE, "sécret")
    expected = hmac.digest("sécret".encode(), b"unsubscribed@example.com", "sha256").hex()[:16]
    assert [expected] == shown()
    monkeypatch.setenv(command.KEY_VARIABLE, "")
    assert shown() != shown()
    assert command.KEY_VARIABLE in run("--help").stdout


@pytest.mark.parametrize("form", ["json", "markdown", "html"])
def test_every_format_tells_what_was_answered(box: Sandbox, people: str, form: str) -> None:
    """The verdict is in each."""
    with box.faults(opted_in("unsubscribed@example.com")):
        done = live(box, people, "--format", form)
    assert (1, True) == (done.exit_code, "hey answer differently about 1 of 4 addresses" in done.stdout)


def test_a_worse_contract_fails_too(box: Sandbox, people: str) -> None:
    """--fail-on holds beside --live: the same contracts and the same answers are a 0."""
    assert 0 == live(box, people, "--fail-on", "any").exit_code


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_standard_input(box: Sandbox, end: str) -> None:
    """- reads it; with a byte-order mark, from Windows, without a last line end."""
    done = live(box, "-", stdin="\ufeff" + end.join(SEEDED))
    assert (0, "about all 3 addresses") == (done.exit_code, " ".join(done.stdout.splitlines()[0].split()[-4:]))


def test_csv(box: Sandbox, people: str) -> None:
    """--column names the column; without it what to do is said."""
    Path(people).write_text("Name;Email\n" + "".join(f'"{each}; x";{each}\n' for each in SEEDED))
    done = live(box, people, "--column", "Email")
    assert (0, True) == (done.exit_code, "about all 3 addresses" in done.stdout)
    done = live(box, people)
    assert (2, True, ()) == (done.exit_code, "with --column" in done.stderr, box.log[6:])


def test_lines_that_hold_no_address(box: Sandbox, people: str) -> None:
    """They are counted, not sent, and found: exit code 1."""
    Path(people).write_text(f"{SEEDED[0]}\nnobody\n\nx y@example.com\n")
    done = live(box, people)
    assert (1, f"{people}: no address in line 2, 4\n") == (done.exit_code, done.stderr)
    assert "  invalid                2  no address: not sent" in done.stdout.splitlines()
    assert not any("nobody" in str(each.body) for each in box.log)


def test_what_is_unreadable(box: Sandbox, people: str) -> None:
    """Nothing differs, but exit code 1: nobody knows."""
    fault = Fault(
        version="2026-03", operation="batch_read_opt_outs", addresses=SEEDED[:1], rows="drop", times=None
    )
    with box.faults(fault):
        done = live(box, people)
    assert (1, True) == (done.exit_code, "not everything was compared: 1 unreadable" in done.stdout)
    assert "  unreadable             1  2026-03: 1 (UnreadableReply 1)" in done.stdout.splitlines()


def test_nothing_is_written(box: Sandbox, people: str) -> None:
    """Only reads reach HubSpot."""
    live(box, people)
    assert {"list_definitions", "batch_read_statuses", "batch_read_opt_outs"} == {
        each.operation for each in box.log
    }


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_without_a_good_token(
    box: Sandbox, people: str, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, exit code 2, and no address was sent."""
    if token is None:
        monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    else:
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", token)
    done = live(box, people)
    words = "HTTP 401" if token else "--live needs a token in HUBSPOT_ACCESS_TOKEN"
    assert (2, "", 1, True) == (done.exit_code, done.stdout, done.stderr.count("\n"), words in done.stderr)
    assert not any("@" in f"{each.path}{each.body}" for each in box.log)


def test_a_token_that_is_refused_on_the_way(box: Sandbox, people: str) -> None:
    """The report so far, and why it ends there."""
    with box.faults(Fault(status=401, operation="batch_read_statuses", version="v4", times=None)):
        done = live(box, people)
    assert (1, True) == (done.exit_code, "stopped early: v4: HTTP 401" in done.stdout)


def test_no_warning_beside_the_report(box: Sandbox, people: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """That a version's support ends is in the report; it is what people move away from."""
    monkeypatch.setattr(versions, "today", lambda: date(2027, 4, 1))
    done = live(box, people)
    assert (0, "", True) == (done.exit_code, done.stderr, "v4       not supported since 2027-03-30" in done.stdout)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="it takes /dev/fd")
def test_a_pipe_that_goes_bad(box: Sandbox) -> None:
    """What was compared until then is reported, and why it ends there; exit code 2."""
    end, start = os.pipe()
    os.write(start, f"{SEEDED[0]}\n".encode() + b"\xff\n")
    os.close(start)
    done = live(box, f"/dev/fd/{end}")
    os.close(end)
    line = f"/dev/fd/{end}: line 2 is not UTF-8 text; save it as UTF-8"
    assert (2, f"Error: {line}\n") == (done.exit_code, done.stderr)
    assert f"  stopped early: {line}" in done.stdout.splitlines()
    assert "identical              1" in done.stdout


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="it takes /dev/fd")
def test_a_report_shows_no_address_of_its_input(box: Sandbox, tmp_path: Path) -> None:
    """A report is passed on: not even one in the name of the file is in it."""
    end, start = os.pipe()
    os.write(start, f"{SEEDED[0]}\n".encode() + b"\xff\n")
    os.close(start)
    path = tmp_path / "jane@example.com"
    path.symlink_to(f"/dev/fd/{end}")
    done = live(box, str(path))
    os.close(end)
    assert (2, True, False) == (done.exit_code, "stopped early" in done.stdout, "@" in done.stdout)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="it takes /dev/fd")
def test_a_pipe_that_goes_bad_is_not_all(box: Sandbox) -> None:
    """Another reason for the early end is told, and not hidden by this one."""
    end, start = os.pipe()
    os.write(start, f"{SEEDED[0]}\n".encode() + b"\xff\n")
    os.close(start)
    with box.faults(Fault(status=401, operation="batch_read_statuses", version="v4", times=None)):
        done = live(box, f"/dev/fd/{end}")
    os.close(end)
    assert (2, True) == (done.exit_code, "stopped early: v4: HTTP 401" in done.stdout)
    assert "line 2 is not UTF-8" in done.stderr


# Ctrl-C


class Gate:
    """A server before the sandbox that lets so many requests through, and holds the others until it is opened."""

    def __init__(self, box: Sandbox, listen: Listen, through: int) -> None:
        self.held, self.open = threading.Event(), threading.Event()
        self._box, self._left, self._lock = box, through, threading.Lock()
        self.server: Listener = listen(self._answer)

    def _answer(self, request: bytes) -> tuple[Any, ...] | None:
        with self._lock:
            self._left -= 1
            hold = self._left < 0
        if hold:
            self.held.set()
            self.open.wait(60)
            return None
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        wanted = ("authorization", "content-type")
        headers = dict(line.split(": ", 1) for line in lines if line.lower().startswith(wanted))
        reply = httpx.request(method, f"{self._box.url}{path}", headers=headers, content=body)
        return reply.status_code, reply.content, f"content-type: {reply.headers['content-type']}"


def crowd(folder: Path, number: int = 60) -> str:
    """A file with so many addresses, more than are asked about at once."""
    path = folder / "crowd"
    path.write_text("".join(f"somebody-{each}@example.com\n" for each in range(number)))
    return str(path)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_keeps_what_was_found(
    box: Sandbox, listen: Listen, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """The report so far, at once, in every bit as if it had come to its end."""
    gate = Gate(box, listen, through=6)  # the subscription types, and the first 25 addresses
    arguments = ["v4", "2026-03", "--live", crowd(tmp_path), "--base-url", gate.server.url]
    report = tmp_path / "report"
    with process(*arguments, "--format", "json", "--output", str(report)) as running:
        assert gate.held.wait(60)
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
        gate.open.set()
    found: dict[str, Any] = json.loads(report.read_text())
    assert (code, "") == (running.returncode, err)
    assert (25, 25, "interrupted") == tuple(found["answers"][key] for key in ("compared", "identical", "stopped"))
    assert "not everything was compared: stopped early (interrupted)" in out


def test_ctrl_c_before_anything(box: Sandbox, tmp_path: Path) -> None:
    """Nothing was compared, nothing is left behind, and there is no traceback."""
    sign, write = os.pipe()
    output = tmp_path / "report"
    ready = "import os\nfrom hubspot_preferences.cli import addresses\n"
    ready += f"addresses.Addresses._check = lambda self: (os.write({write}, b'.'), self._stream.read())"
    arguments = ["v4", "2026-03", "--live", "-", "--base-url", box.url, "--output", str(output)]
    with process(*arguments, code=ready, stdin=subprocess.PIPE, pass_fds=(write,)) as running:
        os.close(write)
        assert b"." == os.read(sign, 1)  # it reads its input now, or has ended, and then this is empty
        running.send_signal(signal.SIGINT)
        running.wait(timeout=60)
        assert running.stderr
        assert (130, "", []) == (running.returncode, running.stderr.read(), list(tmp_path.iterdir()))
    os.close(sign)


def test_ctrl_c_while_the_command_is_loaded() -> None:
    """No traceback."""
    press = "import signal, sys\nsys.meta_path.insert(0, type('', (), {'find_spec': lambda name, *_: "
    press += "signal.raise_signal(2) if name == 'hubspot_preferences.cli.root' else None}))"
    with process("v4", "latest", code=press) as running:
        assert ("", "") == running.communicate(timeout=60)
    assert 130 == running.returncode


# Progress


def test_progress_is_for_terminals(box: Sandbox, people: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It moves where somebody can see it, and is wiped away when the report comes."""
    arguments = ["v4", "2026-03", "--live", people, "--base-url", box.url]
    moving, wiped, report = on_a_terminal(*arguments).partition("\x1b[1A\x1b[2K")
    assert (True, True, True) == ("4 addresses, " in moving, "100 %" in moving, bool(wiped))
    assert "4 addresses, " not in report
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "" == run(*arguments).stderr


# What is loaded


@pytest.mark.parametrize("arguments", [["--help"], ["sandbox", "--help"], ["compare", "--help"]])
def test_other_commands_load_nothing_of_it(arguments: list[str]) -> None:
    """What only a comparison needs is loaded for a comparison."""
    names = ["rich", "yaml", "jinja2", "httpx", "hubspot_preferences.contracts"]
    code = f"import atexit, sys\natexit.register(lambda: print([n for n in {names!r} if n in sys.modules]))\n{RUN}"
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert "[]" == done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("missing", "form"), [("rich", "text"), ("yaml", "json"), ("jinja2", "html"), ("markupsafe", "html")]
)
def test_what_is_not_installed(missing: str, form: str) -> None:
    """One line says what to install."""
    with process("v4", "latest", "--format", form, code=f"import sys; sys.modules[{missing!r}] = None") as running:
        out, err = running.communicate(timeout=60)
    assert (2, "") == (running.returncode, out)
    assert f'Error: this needs {missing}: pip install "hubspot-preferences[cli]"\n' == err


def test_what_is_not_installed_is_found_out_first(box: Sandbox, people: str) -> None:
    """Before anybody was asked, not when a report of an hour's work cannot be written."""
    arguments = ["v4", "2026-03", "--live", people, "--base-url", box.url, "--format", "html"]
    with process(*arguments, code="import sys; sys.modules['jinja2'] = None") as running:
        _, err = running.communicate(timeout=60)
    assert (2, ()) == (running.returncode, box.log)
    assert err.startswith("Error: this needs jinja2")


def test_without_jinja2_the_rest_works() -> None:
    """Only the page needs it."""
    with process("v4", "latest", code="import sys; sys.modules['jinja2'] = None") as running:
        running.communicate(timeout=60)
    assert 0 == running.returncode
