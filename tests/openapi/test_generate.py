"""The generated packages: openapi/generate.py, and what comes out of it."""

import copy
import pickle
import shutil
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest

import generate
import refresh
from hubspot_preferences import InvalidArgument, versions
from hubspot_preferences.sandbox import Sandbox
from hubspot_preferences.versions import declared


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the generated packages, which the script takes for the real ones."""
    copied = tmp_path / "generated" / generate.TARGET.name
    shutil.copytree(generate.TARGET, copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(generate, "TARGET", copied)
    return copied


@pytest.fixture
def generated(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The packages as they are; the script is made to find that the generator writes just these."""
    real = generate.TARGET

    def write(root: Path) -> None:
        shutil.copytree(real, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))

    monkeypatch.setattr(generate, "generate", write)
    return real


def missing(root: Path) -> None:
    """Remove a file."""
    (root / "v4" / "types.py").unlink()


def stale(root: Path) -> None:
    """Add a file."""
    (root / "v4" / "old.py").write_text("")


def different(root: Path) -> None:
    """Change a file, not its length."""
    path = root / "v2026_03" / "types.py"
    path.write_bytes(path.read_bytes()[:-1] + b"#")


def compiled(root: Path) -> None:
    """Add what Python itself leaves behind."""
    (root / "v4" / "__pycache__").mkdir()
    (root / "v4" / "__pycache__" / "types.pyc").write_text("")


CHANGES = [
    (missing, ["missing    v4/types.py"]),
    (stale, ["stale      v4/old.py"]),
    (different, ["different  v2026_03/types.py"]),
    (compiled, []),
]


@pytest.mark.parametrize(("change", "lines"), CHANGES)
def test_differences_are_found_both_ways(target: Path, change: Callable[[Path], None], lines: list[str]) -> None:
    """What is missing, stale or different is named; compiled files are nobody's business."""
    real = Path(generate.__file__).parents[1] / "generated" / target.name
    assert [] == generate.differences(real, target)
    change(target)
    assert lines == generate.differences(real, target)


def test_all_differences_are_named(target: Path) -> None:
    """Several differences are listed together."""
    real = Path(generate.__file__).parents[1] / "generated" / target.name
    for change, _ in CHANGES:
        change(target)
    assert [line for _, lines in CHANGES for line in lines] == generate.differences(real, target)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str | int | None:
    """Run the script; what it exits with."""
    monkeypatch.setattr(sys, "argv", ["generate.py", *arguments])
    try:
        generate.main()
    except SystemExit as stop:
        return stop.code
    return None


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file with its bytes."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("change", "lines"), CHANGES)
def test_the_check_repairs_nothing(
    generated: Path,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Path], None],
    lines: list[str],
) -> None:
    """--check names every difference, says how to repair it, and writes nothing."""
    change(target)
    before = snapshot(target)
    told = run(monkeypatch, "--check")
    expected = "generated/ is not what openapi/ says. Run `make generate` and commit the result."
    assert (expected if lines else None) == told
    assert before == snapshot(target)
    assert lines == [line for line in capsys.readouterr().out.splitlines() if not line.startswith("generated/:")]


@pytest.mark.parametrize(("change", "lines"), CHANGES[:3])
def test_without_check_all_is_repaired(
    generated: Path,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Path], None],
    lines: list[str],
) -> None:
    """Generating leaves exactly what the generator writes, and counts."""
    before = snapshot(target)
    change(target)
    assert None is run(monkeypatch)
    assert before == snapshot(target)
    assert f"generated/: {len(before)} files, 1 of them changed\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "ended"),
    [
        (["--check"], "openapi/words.yaml does not fit the contracts. Change it, then run `make generate`."),
        ([], None),
    ],
)
def test_words_that_do_not_fit_are_listed(
    generated: Path,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    ended: str | None,
) -> None:
    """The check fails for them; what is asked to generate does so all the same."""
    monkeypatch.setattr(generate, "reword", lambda *, check: ["missing    schemas.New: needs our words"])
    assert ended == run(monkeypatch, *arguments)
    lines = capsys.readouterr().out.splitlines()
    assert ["missing    schemas.New: needs our words"] == lines[:1]
    assert (ended is None) == lines[-1].startswith("generated/: ")


def test_a_contract_that_is_none_is_told_in_a_line(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is generated."""

    def refuses(*, check: bool) -> list[str]:
        raise InvalidArgument("openapi/v4.yaml is not a contract of `make refresh`")

    monkeypatch.setattr(generate, "reword", refuses)
    monkeypatch.setattr(generate, "generate", pytest.fail)
    assert "openapi/v4.yaml is not a contract of `make refresh`" == run(monkeypatch)


def test_the_contracts_are_the_versions() -> None:
    """One contract, one package and one table for each version."""
    names = {path.stem for path in refresh.contracts()}
    assert set(versions.NAMES) == names
    packages = {path.name for path in generate.TARGET.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {generate.package_name(name) for name in names} == packages


@pytest.mark.parametrize(
    ("version", "package"), [("v4", "v4"), ("2026-03", "v2026_03"), ("2026-09-beta", "v2026_09_beta")]
)
def test_a_package_has_a_name_that_python_takes(version: str, package: str) -> None:
    """A version becomes an importable name."""
    assert package == generate.package_name(version)
    assert package.isidentifier()


@pytest.mark.slow
def test_the_generator_writes_the_same_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From any folder, into any folder, the same contracts give the files that are checked in."""
    monkeypatch.chdir(tmp_path)
    fresh = tmp_path / "deep" / "down"
    fresh.mkdir(parents=True)
    generate.generate(fresh)
    assert [] == generate.differences(fresh, generate.TARGET)


@pytest.mark.slow
def test_a_contract_that_cannot_be_generated_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The generator's own words are shown, with the name of the contract."""
    broken = tmp_path / "2099-01.yaml"
    broken.write_text("openapi: 3.1.0\npaths: 5\n")
    monkeypatch.setattr(generate, "contracts", lambda: [broken])
    with pytest.raises(SystemExit) as stop:
        generate.generate(tmp_path)
    assert str(stop.value.code).startswith("openapi-python-client failed on 2099-01.yaml:\n")


def test_only_what_is_declared_to_be_missing_is_none(target: Path) -> None:
    """An operation that a version lacks is None where its row says so, and else fails the type checker."""
    (target / "v4" / "api" / "statuses" / "get_statuses.py").unlink()
    assert "get_statuses" not in generate.wire(target / "v4", "v4", [])
    names: dict[str, object] = {"__package__": "hubspot_preferences_api.v4", "__name__": "wire"}
    exec(generate.wire(target / "v4", "v4", ["get_statuses", "set_status"]), names)  # noqa: S102  # our own code
    assert (None, "v4", False) == (names["get_statuses"], names["name"], "set_status" in names)
    assert "get_statuses" in cast(Any, names["__all__"])


@pytest.mark.slow
def test_what_is_declared_is_generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a version is declared to lack is None in its package, and nothing else is."""
    (contract,) = (path for path in refresh.contracts() if path.stem == "v4")
    monkeypatch.setattr(generate, "contracts", lambda: [contract])
    monkeypatch.setattr(declared, "DECLARED", {"v4": declared.Difference(lacks=("subscribe_all",))})
    generate.generate(tmp_path)
    lines = (tmp_path / "v4" / "wire.py").read_text(encoding="utf-8").splitlines()
    assert ["subscribe_all: Final = None"] == [line for line in lines if line.endswith(" = None")]


def test_what_goes_with_a_missing_operation_may_be_missing(target: Path) -> None:
    """Models that other versions have are None beside an operation that is declared to be missing, only there."""
    (target / "v4" / "api" / "links" / "generate_links.py").unlink()
    (target / "v4" / "models" / "link_generation_request.py").unlink()
    every = generate.models(target / "v2026_03")
    names: dict[str, object] = {"__package__": "hubspot_preferences_api.v4", "__name__": "wire"}
    exec(generate.wire(target / "v4", "v4", ["generate_links"], every), names)  # noqa: S102  # our own code
    assert (None, None) == (names["generate_links"], names["LinkGenerationRequest"])
    assert "LinkGenerationRequest" not in generate.wire(target / "v4", "v4", ["Links.x"], every)


def test_a_field_that_a_version_lacks_is_never_set(target: Path) -> None:
    """It is an attribute of the class that no reply sets; enums and other models stay as they are."""
    before = {path: path.read_text(encoding="utf-8") for path in (target / "v4").rglob("*.py")}
    generate.hollow(target / "v4", ["get_statuses", "SubscriptionStatus.sourceOfMood", "LegalBasis.NON_GDPR"])
    changed = {path for path, text in before.items() if text != path.read_text(encoding="utf-8")}
    (path,) = changed
    assert "subscription_status.py" == path.name
    names: dict[str, Any] = {"__package__": "hubspot_preferences_api.v4.models", "__name__": "changed"}
    source = path.read_text(encoding="utf-8").replace("from __future__ import annotations\n", "", 1)
    exec(source, names)  # noqa: S102  # our own code
    row = names["SubscriptionStatus"].from_dict(
        {"status": "SUBSCRIBED", "subscriberIdString": "a@b.example", "subscriptionId": 5, "sourceOfMood": "x"}
    )
    assert (names["UNSET"], "x") == (row.source_of_mood, row.to_dict()["sourceOfMood"])


def test_a_union_is_of_the_versions_that_have_the_model(target: Path) -> None:
    """The classes of a model that one version lacks are those of the others."""
    (target / "v4" / "models" / "wide_status.py").unlink()
    lines = generate.unions(target / name for name in ("v4", "v2026_03", "v2026_09")).splitlines()
    assert "WideStatus = v2026_03.WideStatus | v2026_09.WideStatus" in lines
    assert "Links = v4.Links | v2026_03.Links | v2026_09.Links" in lines


@pytest.mark.parametrize("kind", ["Channel", "SubscriptionState", "LegalBasis", "WideStatusType"])
def test_a_generated_enum_is_open(version: str, kind: str) -> None:
    """A value that HubSpot added later prints, compares, hashes and pickles."""
    enum: Any = getattr(versions.load(version), kind)
    value = enum("ADDED_LATER")
    assert ("ADDED_LATER", "ADDED_LATER", "ADDED_LATER") == (value, str(value), value.value)
    assert {"ADDED_LATER": 1} == {value: 1}
    for taken in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):  # noqa: S301  # our own bytes
        assert (enum, value) == (type(taken), taken)
    with pytest.raises(ValueError, match="is not a valid"):
        enum(5)


def test_a_generated_client_works_by_itself(box: Sandbox, version: str) -> None:
    """Without the facade as well: it sends, and reads successes and errors as the classes of its package."""
    wire: Any = versions.load(version)
    package = wire.__package__
    client = import_module(f"{package}.client").AuthenticatedClient(base_url=box.url, token=box.token)
    statuses = import_module(f"{package}.api.statuses.get_statuses")
    batch = import_module(f"{package}.api.batch.batch_read_statuses")
    jane, channel = "subscribed@example.com", wire.Channel("EMAIL")
    with client:
        one = statuses.sync_detailed(jane, client=client, channel=channel)
        many = batch.sync(client=client, body=wire.BatchSubscriberInput(inputs=[jane]), channel=channel)
        refused = statuses.sync(jane, client=client, channel=wire.Channel("PIGEON"))
    assert (200, wire.StatusResults, wire.BatchStatusResults) == (one.status_code, type(one.parsed), type(many))
    assert [row.to_dict() for row in one.parsed.results] == [row.to_dict() for row in many.results[0].statuses]
    assert (wire.ErrorReply, "VALIDATION_ERROR") == (type(refused), refused.category)
