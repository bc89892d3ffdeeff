"""The simulation: the client keeps its promises in it, and it repeats itself to the letter."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from hubspot_preferences import consent, versions
from hubspot_preferences.consent import Decision, Reason

from . import __main__ as command
from . import garbage
from .calls import METHODS
from .network import FATES
from .run import Run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """Thousands of batches fall back to single calls; no version is near its end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger("hubspot_preferences"), "disabled", True)
        patch.setattr(versions, "today", lambda: date(2026, 11, 20))
        yield


@pytest.fixture(scope="module")
def runs(quiet: None) -> list[Run]:
    """What happens under the first seeds."""
    return [Run(seed) for seed in range(1500)]


@pytest.mark.slow
def test_no_promise_is_broken(runs: list[Run]) -> None:
    """Whatever happens, nobody is called mailable who may not be, and what is said of a write is true."""
    assert {} == {seed: run.broken for seed, run in enumerate(runs) if run.broken}


@pytest.mark.slow
def test_everything_happens_that_can(runs: list[Run]) -> None:
    """A trouble that is never drawn, or a method that is never called, would prove nothing."""
    drawn = {name for run in runs for name in run.network.drawn}
    assert {"answered", *FATES, *(sign.__name__ for sign in garbage.SIGNS)} == drawn
    calls = [call for run in runs for call in run.calls]
    assert {*METHODS, "definitions"} == {call.method for call in calls if call.returned}
    assert {*METHODS, "definitions"} == {call.method for call in calls if call.error}
    assert {"", "cancelled", "interrupted", "killed"} == {call.given_up for call in calls}
    assert {"applied", "no_change", "failed", "unknown"} == {
        outcome.state for call in calls for outcome in getattr(call.error, "partial", ())
    }


@pytest.mark.slow
def test_a_seed_repeats_itself_to_the_letter() -> None:
    """In another process, whatever its hashes, the same happens: what broke a promise can be looked at again."""
    told = [
        subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--replay", "284"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hashes},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashes in ("1", "2")
    ]
    assert told[0] == told[1]
    assert "call 0: " in told[0]


def test_a_broken_promise_is_told_with_the_command_that_shows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each seed with what it broke and how to see it again; the first with all that happened."""
    monkeypatch.setattr(consent, "decide", lambda *_, **__: Decision(True, Reason.SUBSCRIBED))
    broken = command.broken_by(range(100))
    assert {"yes"} <= {promise for promise, _ in broken.values()}
    command.tell(broken)
    told = capsys.readouterr().out
    seed, (promise, how) = next(iter(broken.items()))
    assert told.startswith(f"seed {seed}: {promise}: {how}\n    make simulate REPLAY={seed}\n")
    assert f" broken: {promise}: {how}\n" in told
    assert 10 < len(told.splitlines())


def test_the_command_says_how_many_seeds_broke_a_promise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends with 1 where any did, with 0 where none did, also where one is shown."""
    monkeypatch.setattr(command, "_quiet", lambda: None)
    for arguments, ending in (["20", "--processes", "1"], "20 seeds, 0 broken"), (["--replay", "3"], ""):
        monkeypatch.setattr(sys, "argv", ["simulation", *arguments])
        assert 0 == command.main()
        assert ending in capsys.readouterr().out
