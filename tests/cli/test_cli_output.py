"""How commands print, and what they do where that is not to be done."""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubspot_preferences.cli.output import Refused, destination, lacking, say


class Stream:
    """A standard output that is a pipe, or a file, with an encoding of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, descriptor: int, encoding: str) -> None:
        self.stream = io.TextIOWrapper(os.fdopen(descriptor, "wb"), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", self.stream)

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self.stream.close()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Where to read and where to write."""
    read, write = os.pipe()
    yield read, write
    os.close(read)


@pytest.mark.parametrize(
    ("encoding", "local", "printed"),
    [
        ("utf-8", True, "a → b…\n"),
        ("ascii", True, "a -> b...\n"),
        ("ascii", False, "a → b…\n"),
    ],
)
def test_what_a_terminal_cannot_show_is_written_another_way(
    monkeypatch: pytest.MonkeyPatch, pipe: tuple[int, int], encoding: str, local: bool, printed: str
) -> None:
    """Text for elsewhere is UTF-8 whatever the terminal has."""
    with Stream(monkeypatch, pipe[1], encoding):
        say("a → b…\n", local)
    assert printed.encode() == os.read(pipe[0], 100)


def test_what_has_no_other_way_is_escaped(monkeypatch: pytest.MonkeyPatch, pipe: tuple[int, int]) -> None:
    """It is not lost, and it is no traceback."""
    with Stream(monkeypatch, pipe[1], "ascii"):
        say("Ж → b\n", local=True)
    assert b"\\u0416 -> b\n" == os.read(pipe[0], 100)


def test_somebody_who_stopped_reading_has_what_they_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """No error, and none when the process ends either."""
    read, write = os.pipe()
    os.close(read)
    with Stream(monkeypatch, write, "utf-8"):
        say("a\n", local=True)
        say("b\n", local=True)  # into nothing from now on


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it takes /dev/full")
def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be printed is not taken for printed."""
    full = os.open("/dev/full", os.O_WRONLY)
    with (
        Stream(monkeypatch, full, "utf-8"),
        pytest.raises(Refused, match="standard output: cannot be written: No space left on device"),
    ):
        say("a\n", local=True)


def test_what_is_missing_is_told_with_its_extra() -> None:
    """By the package's name, whichever of its modules was asked for."""
    missing = ModuleNotFoundError("", name="rich.table")
    line = lacking(missing, "the table", "cli", {"rich"})
    assert 'the table needs rich: pip install "hubspot-preferences[cli]"' == line


def test_what_nobody_can_install_is_raised_as_it_is() -> None:
    """A module of ours that is missing is a fault, not an extra."""
    missing = ModuleNotFoundError("", name="hubspot_preferences.other")
    with pytest.raises(ModuleNotFoundError) as raised:
        lacking(missing, "the table", "cli", {"rich"})
    assert missing is raised.value


def test_nowhere_to_print(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found out before the work."""
    monkeypatch.setattr(sys, "stdout", None)
    with (
        pytest.raises(Refused, match="standard output is closed: say where to write with --output"),
        destination(None, []),
    ):
        pass
