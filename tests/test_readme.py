"""What the README shows works: its code runs against the sandbox, its commands and names exist."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import hubspot_preferences
from hubspot_preferences import AsyncPreferences, Preferences, versions
from hubspot_preferences.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOSTING = sorted(path for path in (ROOT / ".github").rglob("*") if path.suffix in (".md", ".yml"))
CODE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def as_hubspot(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox stands where HubSpot does by default, and its token in the environment."""
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", box.token)
    for client in (Preferences, AsyncPreferences):
        defaults = client.__init__.__kwdefaults__
        assert defaults is not None
        monkeypatch.setitem(defaults, "base_url", box.url)
    return box


def test_every_block_of_code_runs_in_the_order_of_the_page(
    as_hubspot: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    """The code of the page runs as it stands, and prints what the page says it does."""
    names: dict[str, object] = {"__name__": "readme"}
    opened: list[Preferences] = []
    for block in CODE:
        if block.startswith("from hubspot_preferences import Change"):
            names["prefs"] = Preferences()  # the page's own one is closed by its `with`
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102  # our own page
        opened += [value for value in names.values() if isinstance(value, Preferences)]
    for client in opened:
        client.close()
    printed = capsys.readouterr().out.splitlines()
    assert [
        "do not mail: not specified",
        "not subscribed: unsubscribed from this subscription type. To undo an opt-out on the person's own wish, "
        "pass resubscribe=True with legal_basis and legal_basis_explanation.",
    ] == printed[:2]
    assert [
        "jane@example.com no_change ",
        "joe@example.com applied ",
        "jane@example.com no: unsubscribed from this subscription type",
        "joe@example.com no: unsubscribed from this subscription type",
        "jill@example.com no: opted out of all e-mail",
    ] == [line for line in printed if line.startswith("j")]
    assert "subscribed, but not mailed: opted out of all e-mail" in printed
    assert any(line.startswith("Decision(allowed=True") for line in printed)


@pytest.mark.parametrize(
    "path", ["README.md", ".pre-commit-config.yaml", *(str(path.relative_to(ROOT)) for path in HOSTING)]
)
def test_every_make_target_of_a_page_exists(path: str) -> None:
    """No page, workflow or hook names a target that the Makefile lacks."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = re.findall(r"(?:^ *\$ |`|(?:run|entry): )make ((?:-\S+ |[a-z-]+ ?)+)", text, re.MULTILINE)
    assert set() == {word for line in lines for word in line.split() if not word.startswith("-")} - targets


def test_the_workflows_try_every_python_that_is_claimed() -> None:
    """Each Python of the classifiers has a job, and so has the oldest that may install it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    claimed = {line.rpartition(" ")[2] for line in project["classifiers"] if "Python :: 3." in line}
    checks = yaml.safe_load((ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8"))
    tried = checks["jobs"]["wheel"]["strategy"]["matrix"]["python"]
    assert set() == claimed - set(tried)
    assert project["requires-python"] == f">={tried[0]}"


def test_every_error_of_the_page_is_public() -> None:
    """The tree of errors names public classes only, and all of them."""
    tree = README.split("## Errors")[1].split("```")[1]
    named = set(re.findall(r"\b[A-Z][A-Za-z]+\b", tree)) - {"ValueError", "TimeoutError"}
    public = {
        name
        for name in hubspot_preferences.__all__
        if isinstance(getattr(hubspot_preferences, name), type)
        and issubclass(getattr(hubspot_preferences, name), Exception)
        and not issubclass(getattr(hubspot_preferences, name), Warning)
    }
    assert public == named


def test_the_table_of_versions_is_the_truth() -> None:
    """The page's dates are those the versions compute."""
    for name in versions.NAMES:
        version = versions.version(name)
        row = re.search(rf"^\| `{re.escape(name)}`.*$", README, re.MULTILINE)
        assert row is not None
        assert str(version.end_of_support) in row.group()
        assert version.released is None or str(version.released) in row.group()
