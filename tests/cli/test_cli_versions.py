"""`hubprefs versions`, as somebody at a terminal uses it, and as a script does."""

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from typing import Any

import pytest
from click.testing import CliRunner

from hubspot_preferences import versions
from hubspot_preferences.cli.root import hubprefs

RUN = "from hubspot_preferences.cli import main; main()"

pytestmark = pytest.mark.usefixtures("three_versions")


def run(*arguments: str) -> str:
    """What `hubprefs versions` prints."""
    done = CliRunner().invoke(hubprefs, ["versions", *arguments], catch_exceptions=False)
    assert 0 == done.exit_code, done.output
    return done.stdout


def rows(text: str) -> list[list[str]]:
    """The words of each line."""
    return [line.split() for line in text.splitlines()]


def test_each_version_has_a_line() -> None:
    """Its dates, its state today, what is left of it, and whether it is the default or the latest."""
    assert [
        ["version", "released", "state", "supported", "until", "days", "left"],
        ["v4", "-", "supported", "2027-03-30", "130"],
        ["2026-03", "2026-03-30", "supported", "2027-09-30", "314", "default"],
        ["2026-09", "2026-09-08", "current", "2028-03-08", "474", "latest"],
    ] == rows(run())


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2026-05-01", [("supported", "333"), ("current", "517"), ("unreleased", "677")]),
        ("2027-03-30", [("unsupported", "0"), ("supported", "184"), ("supported", "344")]),
        ("2028-03-09", [("unsupported", "-345"), ("unsupported", "-161"), ("unsupported", "-1")]),
    ],
)
def test_another_day_may_be_asked_for(day: str, found: list[tuple[str, str]]) -> None:
    """--on counts from that day."""
    assert found == [(row[2], row[4]) for row in rows(run("--on", day))[1:]]


def test_the_latest_is_out() -> None:
    """A version that was not released by that day is not the latest."""
    found = {row["name"]: row["latest"] for row in json.loads(run("--format", "json", "--on", "2026-05-01"))}
    assert {"v4": False, "2026-03": True, "2026-09": False} == {name: found[name] for name in list(found)[:3]}


def test_scripts_get_json() -> None:
    """--format json says the same as a list of objects."""
    found: list[dict[str, Any]] = json.loads(run("--format", "json", "--on", "2027-02-01"))
    assert list(versions.NAMES) == [row["name"] for row in found]
    assert {
        "name": "v4",
        "released": None,
        "state": "supported",
        "supported_until": "2027-03-30",
        "days_left": 57,
        "default": False,
        "latest": False,
    } == found[0]
    assert [("2026-03", "2026-03-30", True, False), ("2026-09", "2026-09-08", False, True)] == [
        (row["name"], row["released"], row["default"], row["latest"]) for row in found[1:]
    ]


def test_what_is_piped_is_plain_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal there is no colour, and no width cuts a line."""
    monkeypatch.setenv("COLUMNS", "20")
    text = run()
    assert "\x1b" not in text
    assert 4 == len(text.splitlines())
    assert "…" not in text


def on_a_terminal(columns: int) -> str:
    """What the command prints to a terminal so wide."""
    ours, theirs = os.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color"}
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        environment.pop(name, None)
    code = f"from hubspot_preferences import versions; versions.NAMES = {versions.NAMES}; {RUN}"
    command = [sys.executable, "-c", code, "versions", "--on", "2027-04-01"]
    done = subprocess.run(command, stdout=theirs, env=environment, check=False)
    os.close(theirs)
    found = bytearray()
    with suppress(OSError):  # how a terminal ends
        while more := os.read(ours, 4096):
            found += more
    os.close(ours)
    assert 0 == done.returncode
    return found.decode()


def test_a_terminal_gets_colour() -> None:
    """What is no longer supported stands out."""
    assert "\x1b[31munsupported\x1b[0m" in on_a_terminal(80)


def test_a_narrow_terminal_loses_nothing() -> None:
    """Cells are broken into lines, and never cut."""
    text = on_a_terminal(30)
    assert "…" not in text
    letters = "".join(re.findall(r"[a-z]+", re.sub(r"\x1b\[[0-9;]*m", "", text)))
    assert len(on_a_terminal(80).splitlines()) < len(text.splitlines())
    assert sorted(
        "versionreleasedstatesupporteduntildaysleftvunsupportedsupporteddefaultsupportedlatest"
    ) == sorted(letters)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--on", "tomorrow"], "'tomorrow' does not match the format '%Y-%m-%d'"),
        (["--format", "xml"], "'xml' is not one of 'table', 'json'"),
    ],
)
def test_what_cannot_be_said(arguments: list[str], words: str) -> None:
    """A wrong option is answered with the right ones."""
    done = CliRunner().invoke(hubprefs, ["versions", *arguments])
    assert (2, True) == (done.exit_code, words in done.stderr)


def in_process(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, in a process of its own that ran this before."""
    return subprocess.run(
        [sys.executable, "-c", f"{code}; {RUN}", *arguments], capture_output=True, text=True, check=False
    )


def test_without_rich_one_line_says_what_to_install() -> None:
    """The table needs it, JSON does not."""
    code = "import sys; sys.modules['rich'] = None"
    done = in_process(code, "versions")
    assert (1, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert 'needs rich: pip install "hubspot-preferences[cli]", or use --format json' in done.stderr
    done = in_process(code, "versions", "--format", "json")
    assert (0, "") == (done.returncode, done.stderr)


def test_other_commands_do_not_load_rich() -> None:
    """It is loaded when a table is shown, and not before."""
    code = "import atexit, sys; atexit.register(lambda: print('rich' in sys.modules))"
    assert "False" == in_process(code, "sandbox", "--help").stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("> /dev/full", (2, "Error: standard output: cannot be written: No space left on device\n")),
        ("| true", (0, "")),
    ],
)
def test_whatever_stands_behind_standard_output(end: str, expected: tuple[int, str]) -> None:
    """A full disk is told in one line; who stops reading has what they wanted."""
    shell = f'"{sys.executable}" -c "{RUN}" versions {end}'
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=False)
    assert expected == (done.returncode, done.stderr)
