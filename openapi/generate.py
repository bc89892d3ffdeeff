"""Writes `generated/hubspot_preferences_api/`: one package for each contract, by openapi-python-client.

    python openapi/generate.py            write
    python openapi/generate.py --check    compare with what is there; write nothing

The contracts get our words anew before: words.yaml may have changed since the last refresh.

Run by `make generate` and `make check-generated` in an environment of its own, with every tool
pinned in requirements.txt, so that the same contract gives the same bytes in any year and folder.
"""

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import version as installed
from pathlib import Path

from hubspot_preferences.errors import InvalidArgument
from hubspot_preferences.versions import declared
from refresh import bare, contracts, write
from words import Words, text

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "generated" / "hubspot_preferences_api"
HEADER = """\
# Generated from openapi/{contract} by openapi-python-client {tool}. Do not edit:
# change what is in openapi/, then run `make generate`.

"""
WIRE = '''\
"""What this version offers: requests of its operations, models; each is imported when it is first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, {typing}

__all__ = ({names})

name: Final = "{version}"
{missing}
# By operation: the statuses of success that its contract declares.
success: Final[dict[str, tuple[int, ...]]] = {{
{success}}}

if TYPE_CHECKING:
{imports}else:
    _ORIGINS = {{
{origins}    }}

    def __getattr__(wanted):
        if wanted not in _ORIGINS:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{wanted!r}}")
        module, attribute = _ORIGINS[wanted]
        value = globals()[wanted] = getattr(import_module(module, __package__), attribute)
        return value
'''
UNIONS = '''\
"""All versions' classes of each model, for type checkers: reading a field that one version lacks is an error."""

{imports}
{unions}'''
PACKAGE = '"""The low-level clients: one package for each API version."""\n'


def package_name(version: str) -> str:
    """`2026-03` → `v2026_03`."""
    return "v" + version.removeprefix("v").replace("-", "_")


def generate(root: Path) -> None:
    """Write the packages for all contracts below `root`. Exits with the generator's words on any warning."""
    tool = installed("openapi-python-client")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for contract in contracts():
        package = root / package_name(contract.stem)
        # fmt: off
        done = subprocess.run(
            [
                sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning",
                "--path", str(contract), "--config", str(HERE / "generator.yaml"),
                "--custom-template-path", str(HERE / "templates"),
                "--meta", "none", "--output-path", str(package),
            ],
            env=environment, capture_output=True, text=True, cwd=root, check=False,
        )
        # fmt: on
        if done.returncode:
            sys.exit(f"openapi-python-client failed on {contract.name}:\n{done.stdout}{done.stderr}")
    packages = {contract: root / package_name(contract.stem) for contract in contracts()}
    every = {name for package in packages.values() for name in models(package)}
    for contract, package in packages.items():
        lacks = declared.of(contract.stem).lacks
        hollow(package, lacks)
        (package / "wire.py").write_text(wire(package, contract.stem, lacks, every), encoding="utf-8")
        for path in package.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            path.write_text(HEADER.format(contract=contract.name, tool=tool) + text, encoding="utf-8")
    for name, text in (("__init__.py", PACKAGE), ("unions.py", unions(packages.values()))):
        (root / name).write_text(HEADER.format(contract="*.yaml", tool=tool) + text, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--quiet", "--line-length", "100"]
    subprocess.run([*ruff, *map(str, root.glob("**/wire.py")), str(root / "unions.py")], check=True)
    (root / "py.typed").touch()


def hollow(package: Path, lacks: Iterable[str]) -> None:
    """Give the models the fields that the version is declared to lack, never set: reading one is no error."""
    for name, place in models(package).items():
        fields = [lack.removeprefix(f"{name}.") for lack in sorted(lacks) if lack.startswith(f"{name}.")]
        path = package.joinpath(*place.split(".")).with_suffix(".py")
        text = path.read_text(encoding="utf-8")
        if fields and "(StrEnum)" not in text:
            lines = "".join(f"\n    {declared.snake(field)}: ClassVar[Unset] = UNSET\n" for field in fields)
            imports = "from typing import ClassVar\n\nfrom ..types import UNSET, Unset\n"
            first = r"^(?=(?:from|import) (?!__future__))"
            path.write_text(re.sub(first, imports, text, count=1, flags=re.MULTILINE) + lines, "utf-8")


def wire(package: Path, version: str, lacks: Iterable[str], every: Iterable[str] = ()) -> str:
    """The module `wire.py` of a generated package: every operation and model by name, imported when first used.

    What the version is declared to lack is None, and so are models (of `every`) that go with it; anything else
    that is missing fails where a type checker holds the module against `Wire`.
    """
    paths = sorted(package.glob("api/*/[!_]*.py"), key=lambda path: path.stem)
    operations = {path.stem: (module(package, path), "_get_kwargs") for path in paths}
    classes = {name: (place, name) for name, place in models(package).items()}
    origins = {**operations, **classes, "unset": (".types", "UNSET")}
    missing = sorted({lack for lack in lacks if "." not in lack} - operations.keys())
    gone = sorted({*every} - classes.keys()) if missing else []
    nothing = [*(f"{operation}: Final" for operation in missing), *(f"{name}: Any" for name in gone)]
    return WIRE.format(
        names=", ".join(f'"{offer}"' for offer in ("name", "success", *origins, *missing, *gone)),
        typing="Any, Final" if gone else "Final",
        version=version,
        missing="".join(f"{line} = None\n" for line in nothing),
        success="".join(f'    "{path.stem}": {declared_success(path)},\n' for path in paths),
        imports="".join(
            f"    from {place} import {name} as {offer}\n" for offer, (place, name) in origins.items()
        ),
        origins="".join(f'        "{offer}": {origin},\n' for offer, origin in origins.items()),
    )


def declared_success(operation: Path) -> tuple[int, ...]:
    """The 2xx that the contract of a generated operation declares, each by itself or all of them as 2XX."""
    tests = r"if (?:(2\d\d) <= )?response\.status_code (?:==|<=) (2\d\d):"
    spans = re.findall(tests, operation.read_text(encoding="utf-8"))
    return tuple(sorted({status for low, high in spans for status in range(int(low or high), int(high) + 1)}))


def unions(packages: Iterable[Path]) -> str:
    """The module `unions.py`: for each model the classes of all versions that have it, for type checkers."""
    classes: dict[str, list[str]] = {}
    imports = []
    for package in packages:
        imports.append(f"from .{package.name} import wire as {package.name}\n")
        for name in models(package):
            classes.setdefault(name, []).append(f"{package.name}.{name}")
    lines = [f"{name} = {' | '.join(alternatives)}\n" for name, alternatives in sorted(classes.items())]
    return UNIONS.format(imports="".join(imports), unions="".join(lines))


def models(package: Path) -> dict[str, str]:
    """The classes of a generated package's models, each with the module it is in."""
    return {
        name: module(package, path)
        for path in sorted(package.glob("models/[!_]*.py"))
        for name in re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }


def module(package: Path, path: Path) -> str:
    """A file of a package as its other modules import it."""
    return f".{'.'.join(path.relative_to(package).with_suffix('').parts)}"


def files(root: Path) -> set[str]:
    """Relative paths of all files below `root`, compiled ones aside."""
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def differences(fresh: Path, there: Path) -> list[str]:
    """What `there` lacks, has too much, or has differently."""
    wanted, present = files(fresh), files(there)
    return [
        *(f"missing    {name}" for name in sorted(wanted - present)),
        *(f"stale      {name}" for name in sorted(present - wanted)),
        *(
            f"different  {name}"
            for name in sorted(wanted & present)
            if not filecmp.cmp(fresh / name, there / name, shallow=False)
        ),
    ]


def reword(*, check: bool) -> list[str]:
    """Put our words into the contracts, or only look; what is wrong with them, one line for each thing."""
    words, wrong = Words.read(), []
    for contract in contracts():
        worded = text(bare(contract), contract.stem, words)
        if worded == contract.read_text(encoding="utf-8"):
            continue
        if check:
            wrong.append(f"different  openapi/{contract.name}: its words are not those of words.yaml")
        else:
            write(contract, worded)
            print(f"openapi/{contract.name}: reworded")
    wrong += [f"missing    {entry}: needs our words in openapi/words.yaml" for entry in sorted(words.missing)]
    return [*wrong, *(f"stale      {entry}: nothing needs these words any more" for entry in words.left_over())]


def main() -> None:
    """Put the words in, generate into a temporary folder, then compare or replace."""
    check = "--check" in sys.argv
    try:
        wrong = reword(check=check)
    except InvalidArgument as error:
        sys.exit(str(error))
    if wrong:
        print(*wrong, sep="\n")
        if check:
            sys.exit("openapi/words.yaml does not fit the contracts. Change it, then run `make generate`.")
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / TARGET.name
        fresh.mkdir()
        generate(fresh)
        changed = differences(fresh, TARGET)
        if check:
            if changed:
                print(*changed, sep="\n")
                sys.exit("generated/ is not what openapi/ says. Run `make generate` and commit the result.")
        elif changed:
            shutil.rmtree(TARGET, ignore_errors=True)
            shutil.copytree(fresh, TARGET)
        print(f"generated/: {len(files(fresh))} files, {len(changed)} of them changed")


if __name__ == "__main__":
    main()
