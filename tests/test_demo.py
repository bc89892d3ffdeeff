"""`make demo`: what it counts, and what it does not let pass."""

import re
import subprocess
import sys

import pytest

from hubspot_preferences import Preferences, PreferencesError, UnsupportedInVersion, demo, versions
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.versions import declared
from hubspot_preferences.versions.declared import PLACE, Difference

THOSE = f"{', '.join(versions.NAMES[:-1])} and {versions.NAMES[-1]}"


def test_the_demo_works_and_says_so() -> None:
    """The demo ends with the verdict and status 0."""
    done = subprocess.run(
        [sys.executable, "-m", "hubspot_preferences.demo"], capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stderr)
    lines = done.stdout.splitlines()
    verdicts = (
        f"All 10 operations work on {THOSE} and give the same answers.",
        f"10 operations work by methods on {THOSE} and give the same answers",  # where versions differ
    )
    assert any(line.startswith(verdicts) for line in lines)
    assert ["operation", "answer", "version", "same answer?"] == re.split(r"\s{2,}", lines[0])
    assert 10 == sum(line.endswith("yes") for line in lines)


def test_the_demo_notices_a_version_that_answers_differently(box: Sandbox) -> None:
    """A difference between two versions is found, whatever their times are."""
    first = demo.answers(box, versions.NAMES[0])
    for other in versions.NAMES[1:]:
        second = demo.answers(box, other)
        lacking = {name for name, answer in second.items() if isinstance(answer, UnsupportedInVersion)}
        beyond = {lack for lack in declared.of(other).adds if "." not in lack}
        assert {name: demo.lasting(first[name]) for name in first.keys() - lacking} == {
            name: demo.lasting(second[name]) for name in second.keys() - lacking - beyond
        }
    box.reset()
    with Preferences(box.token, base_url=box.url) as prefs, box.faults(Fault(fields={"status": "UNSUBSCRIBED"})):
        changed = prefs.set_status(demo.JANE, demo.TOPIC, "NOT_SPECIFIED")
    assert demo.lasting(first["set_status"]) != demo.lasting(changed)
    assert not demo.worked(())
    assert not demo.worked(PreferencesError("no"))


@pytest.fixture
def alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions of which nothing is declared."""
    monkeypatch.setattr(versions, "NAMES", ("v4", "2026-03"))
    monkeypatch.setattr(declared, "DECLARED", {})


def with_fault(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """Every sandbox has the fault, whenever it starts from its seed."""
    reset = Sandbox.reset

    def reset_and_fail(box: Sandbox) -> None:
        reset(box)
        box.fail(fault)

    monkeypatch.setattr(Sandbox, "reset", reset_and_fail)


@pytest.mark.usefixtures("alike")
def test_an_operation_without_a_method_is_not_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is counted as one by `request` where that is declared, and as a failure where it is not."""
    calls = Sandbox.calls
    pause = {"pause": ("POST", "/communication-preferences/2026-03/pause")}
    monkeypatch.setattr(
        Sandbox, "calls", lambda box, name, who: calls(box, name, who) | (pause if name == "2026-03" else {})
    )
    assert 1 == demo.main()
    *_, row, _, verdict = capsys.readouterr().out.splitlines()
    assert ["pause", "HTTP 404", "2026-03", f"not in {PLACE}"] == re.split(r"\s{2,}", row)
    assert "1 of 11 operations fail, answer differently on v4 and 2026-03, or are not declared." == verdict

    monkeypatch.setattr(declared, "DECLARED", {"2026-03": Difference(adds=("pause", "StatusRequest.until"))})
    assert 0 == demo.main()
    *_, row, _, methods, by_request = capsys.readouterr().out.splitlines()
    assert ["pause", "HTTP 404", "2026-03", "by request only"] == re.split(r"\s{2,}", row)
    assert "10 operations work by methods on v4 and 2026-03 and give the same answers." == methods
    assert "1 by `request` only (pause): the sandbox has no rules for it." == by_request


@pytest.mark.usefixtures("alike")
def test_what_a_version_lacks_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An operation and a field less are no difference where they are declared; an unknown field less is one."""
    monkeypatch.setattr(versions.load("v4"), "generate_links", None)
    monkeypatch.setattr(Sandbox, "calls", lambda *_: {})
    monkeypatch.setattr(declared, "DECLARED", {"v4": Difference(lacks=("generate_links", "WideStatus.channel"))})
    forget = Fault(version="v4", operation="get_opt_outs", without=("channel",))
    with_fault(monkeypatch, forget)
    assert 0 == demo.main()
    out = capsys.readouterr().out
    assert 80 >= max(map(len, out.partition("\n\n")[0].splitlines()))
    assert "10 operations work by methods on v4 and 2026-03 and give the same answers; v4 lacks links.\n" in out
    assert re.search(r"^links +lacking +v4 +yes\n +3 links +2026-03$", out, re.MULTILINE)
    monkeypatch.setattr(declared, "DECLARED", {"v4": Difference(lacks=("generate_links",))})
    assert 1 == demo.main()
    assert re.search(r"^opt_outs .* NO$", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.usefixtures("alike")
def test_what_fails_is_counted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where it fails alike on every version."""
    fault = Fault(operation="list_definitions", status=403, times=None)
    with_fault(monkeypatch, fault)
    assert 1 == demo.main()
    out = capsys.readouterr().out
    assert re.search(r"^definitions +HTTP 403 +all ", out, re.MULTILINE)
    assert "1 of 10 operations fail, answer differently on v4 and 2026-03, or are not declared." in out
