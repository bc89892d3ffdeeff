"""What may import what, and what is public: the rules of the house, read from the source."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import hubspot_preferences
from hubspot_preferences import versions

ROOT = Path(__file__).resolve().parents[1]
FACADE = ROOT / "facade" / "hubspot_preferences"
GENERATED = ROOT / "generated" / "hubspot_preferences_api"
OURS = "hubspot_preferences"

MODULES = sorted(FACADE.rglob("*.py"))


def within(path: Path) -> str:
    """A module's path below the package."""
    return path.relative_to(FACADE).as_posix()


def statements(path: Path, *, running: bool = False) -> Iterator[tuple[str, str | None]]:
    """Every import of a file, wherever in it: the module by its full name, and the name that is taken out of it.

    running: without those that only type checkers import.
    """
    package = [OURS, *path.relative_to(FACADE).parts[:-1]]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unseen = {
        id(inner)
        for node in ast.walk(tree)
        if running and isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((origin, alias.name) for alias in node.names)


def imports(path: Path, *, running: bool = False) -> Iterator[str]:
    """The full names of all that a file imports: modules, and what comes out of them."""
    for module, name in statements(path, running=running):
        yield module
        if name:
            yield f"{module}.{name}"


def importers(*packages: str, running: bool = False) -> set[str]:
    """The files that import one of these packages, or what is in it."""
    return {
        within(path)
        for path in MODULES
        if any(
            name == package or name.startswith(f"{package}.")
            for name in imports(path, running=running)
            for package in packages
        )
    }


def test_imports_are_found_however_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules below see every form of import, relative ones and those for type checkers included."""
    monkeypatch.setattr(sys.modules[__name__], "FACADE", tmp_path)
    path = tmp_path / "versions" / "v4.py"
    path.parent.mkdir()
    path.write_text(
        "import a.b\nfrom . import c\nfrom ..d import e\nfrom .. import cli\n"
        "if TYPE_CHECKING:\n    import f as g\n"
        "def h():\n    from i import j\n"
    )
    own = OURS
    assert {
        "a.b",
        f"{own}.versions",
        f"{own}.versions.c",
        f"{own}.d",
        f"{own}.d.e",
        own,
        f"{own}.cli",
        "f",
        "i",
        "i.j",
    } == set(imports(path))
    assert "f" not in set(imports(path, running=True))
    path.write_text("if typing.TYPE_CHECKING:\n    from f import g\nelse:\n    import h\n")
    assert {"h"} == set(imports(path, running=True))


def test_no_module_imports_itself_by_way_of_others() -> None:
    """There is no circle among the modules, imports for type checkers and within functions counted.

    The root's own __init__, a shop window, is left out.
    """
    modules = {
        ".".join([OURS, *path.relative_to(FACADE).with_suffix("").parts]).removesuffix(".__init__"): path
        for path in MODULES
        if path != FACADE / "__init__.py"
    }
    above = {
        name: {
            whole if (whole := f"{module}.{taken}") in modules else module for module, taken in statements(path)
        }
        & modules.keys()
        for name, path in modules.items()
    }
    assert len(above) > 50
    TopologicalSorter(above).prepare()  # raises CycleError, which names the circle


def test_only_versions_know_generated_code() -> None:
    """The packages that the generator writes are imported below versions/ alone."""
    found = importers("hubspot_preferences_api")
    assert {"versions/__init__.py", "versions/wire.py", "versions/reading.py"} == found


def test_only_the_transport_knows_httpx() -> None:
    """One room talks HTTP, others name its types at most; the sandbox is a server and may speak it as well."""
    libraries = importers("httpx", "httpcore", "aiohttp", "requests", "urllib3", running=True)
    found = {name.split("/")[0] for name in libraries if not name.startswith("sandbox/")}
    assert {"transport"} == found


@pytest.mark.parametrize(
    ("name", "below"),
    [
        ("models", {"privacy"}),
        ("privacy", set()),
        ("retry", set()),
        ("limits", set()),
        ("errors", {"privacy"}),
        ("outcomes", {"errors", "models"}),
    ],
)
def test_the_ground_floor_knows_nothing_above_it(name: str, below: set[str]) -> None:
    """Values, errors and policies import nothing of this project but what lies below them."""
    ours = {module for module, _ in statements(FACADE / f"{name}.py") if module.split(".")[0].startswith(OURS)}
    assert {f"{OURS}.{other}" for other in below} == ours


def test_nobody_knows_the_command_line() -> None:
    """The command line imports the library, and not the other way round."""
    assert set() == {name for name in importers(f"{OURS}.cli") if not name.startswith("cli/")}


def test_the_library_knows_no_server() -> None:
    """Nothing that people import in production imports the sandbox; commands and the demo do."""
    users = {
        name for name in importers(f"{OURS}.sandbox") if not name.startswith(("sandbox/", "cli/", "testing/"))
    }
    assert users <= {"demo.py", "testing.py"}


def test_importing_the_package_imports_little() -> None:
    """`import hubspot_preferences` loads neither the network nor what single features need."""
    heavy = [
        "asyncio",
        "aiohttp",
        "concurrent.futures",
        "httpx",
        "httpcore",
        "anyio",
        "ssl",
        "logging",
        "click",
        "rich",
        "starlette",
        "uvicorn",
        "yaml",
        "dateutil",
        "jsonschema_rs",
        "sqlite3",
        "email",
        "importlib.metadata",
        "hubspot_preferences.batch",
        "hubspot_preferences.outcomes",
        "hubspot_preferences_api",
    ]
    code = f"import sys, hubspot_preferences; print([name for name in {heavy!r} if name in sys.modules])"
    environment = {"PYTHONPATH": f"{FACADE.parent}:{GENERATED.parent}", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (0, "[]", "") == (done.returncode, done.stdout.strip(), done.stderr)


def test_every_generated_file_says_so() -> None:
    """The first line of each generated module names what it was generated from; the contract exists."""
    found = {}
    for path in GENERATED.rglob("*.py"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        found[path.relative_to(GENERATED).as_posix()] = first
    contracts = {"v" + name.removeprefix("v").replace("-", "_"): f"{name}.yaml" for name in versions.NAMES}
    assert contracts.keys() == {name.partition("/")[0] for name in found if "/" in name}
    for name, first in found.items():
        package = name.split("/")[0]
        contract = contracts.get(package, "*.yaml")
        assert first.startswith(f"# Generated from openapi/{contract} by openapi-python-client "), name


def test_no_other_file_says_so() -> None:
    """What was not generated does not claim it."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607  # whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if names.returncode:
        pytest.skip("not a git checkout")
    claiming = [
        name
        for name in names.stdout.splitlines()
        if not name.startswith("generated/")
        and (ROOT / name).is_file()
        and b"Generated from" in b"\n".join((ROOT / name).read_bytes().splitlines()[:3])
    ]
    assert [] == claiming


def test_public_names_are_sorted() -> None:
    """__all__ is in the order in which a reader looks for a name."""
    assert sorted(hubspot_preferences.__all__) == hubspot_preferences.__all__


def test_public_names_exist() -> None:
    """Everything in __all__ can be imported, and nothing that can be imported from here is left out of it."""
    tree = ast.parse((FACADE / "__init__.py").read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {"__version__", *hubspot_preferences.__all__} == imported
    assert all(hasattr(hubspot_preferences, name) for name in hubspot_preferences.__all__)


@pytest.mark.parametrize("path", MODULES, ids=within)
def test_a_module_has_a_purpose(path: Path) -> None:
    """Every module begins with what it is for."""
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
