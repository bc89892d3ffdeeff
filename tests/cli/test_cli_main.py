"""The command as such: what it costs whoever starts it, and what it needs."""

import subprocess
import sys

import pytest

import hubspot_preferences
from hubspot_preferences import cli

CODE = """
import sys
from hubspot_preferences.cli import main

sys.argv = ["hubprefs", "--version"]
try:
    main()
except SystemExit:
    from hubspot_preferences import Preferences

    Preferences("x")
print(sorted({"httpx", "rich", "pygments", "markdown_it"} & set(sys.modules)))
"""


def test_httpx_does_not_bring_its_own_command_along() -> None:
    """Where rich and pygments are installed, `import httpx` imports them, for a command that nobody asked for."""
    assert "['httpx']" == subprocess.check_output([sys.executable, "-c", CODE], text=True).splitlines()[-1]


@pytest.fixture
def afresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """`hubprefs --version` is about to be loaded for the first time; what the command puts aside comes back."""
    monkeypatch.setattr(sys, "argv", ["hubprefs", "--version"])
    monkeypatch.setitem(sys.modules, "httpx._main", None)
    monkeypatch.delitem(sys.modules, "hubspot_preferences.cli.root", raising=False)
    monkeypatch.delattr(cli, "root", raising=False)
    return monkeypatch


def test_the_command_runs(afresh: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """By its name, with what follows it."""
    with pytest.raises(SystemExit) as ended:
        cli.main()
    printed = capsys.readouterr().out
    assert (0, True) == (
        ended.value.code,
        printed.endswith(f"hubprefs, version {hubspot_preferences.__version__}\n"),
    )


def test_without_click_one_line_says_what_to_install(afresh: pytest.MonkeyPatch) -> None:
    """And nothing else is said."""
    afresh.setitem(sys.modules, "click", None)
    with pytest.raises(SystemExit, match=r'^hubprefs needs click: pip install "hubspot-preferences\[cli\]"$'):
        cli.main()


def test_what_else_is_missing_is_an_error_of_ours(afresh: pytest.MonkeyPatch) -> None:
    """It is not told as if the caller could install it."""
    afresh.setitem(sys.modules, "hubspot_preferences.cli.root", None)
    with pytest.raises(ModuleNotFoundError, match=r"cli\.root"):
        cli.main()
