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
from importlib.metadata import version as installed
from pathlib import Path

from hubspot_preferences.errors import InvalidArgument
from refresh import bare, contracts, write
from words import Words, text

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "generated" / "hubspot_preferences_api"
HEADER = """\
# Generated from openapi/{contract} by openapi-python-client {tool}. Do not edit:
# change what is in openapi/, then run `make generate`.

"""
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
        one_module_of_models(package)
        for path in package.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            path.write_text(HEADER.format(contract=contract.name, tool=tool) + text, encoding="utf-8")
    (root / "__init__.py").write_text(HEADER.format(contract="*.yaml", tool=tool) + PACKAGE, encoding="utf-8")
    (root / "py.typed").touch()


def one_module_of_models(package: Path) -> None:
    """`models/`, a module for each class, becomes `models.py`: a smaller wheel, and no imports within calls."""
    folder = package / "models"
    imports: set[str] = set()
    classes: list[str] = []
    for path in sorted(folder.glob("[!_]*.py")):
        top, start, body = re.split(
            r"^(@_attrs_define|class \w+\()", path.read_text(encoding="utf-8"), maxsplit=1, flags=re.MULTILINE
        )
        imports.update(
            re.findall(r"^(?:from (?!\.\.models)\S+ )?import (?:\([^)]*\)|[^(\n]+)$", top, flags=re.MULTILINE)
        )
        body = re.sub(r"^ +from \.\.models\S* import (?:\([^)]*\)|.*)\n", "", start + body, flags=re.MULTILINE)
        classes.append(body.replace("cls: type[T]", "cls").replace("-> T:", "-> Self:"))
    shutil.rmtree(folder)
    module = ['"""All models of requests and replies."""', *sorted(imports), "from typing import Self", *classes]
    text = "\n".join(module).replace("from ..types", "from .types")
    (package / "models.py").write_text(text, encoding="utf-8")
    for path in package.glob("api/*/*.py"):
        text = re.sub(r"(from \.\.\.models)\.\w+ import", r"\1 import", path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    for hook in ("check --fix-only --select F401,I", "format --line-length 100"):
        ruff = [sys.executable, "-m", "ruff", *hook.split(), "--isolated", "--no-cache", "--quiet", str(package)]
        subprocess.run(ruff, check=True)


def files(root: Path) -> set[str]:
    """Relative paths of all files below `root`, compiled ones aside."""
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def differences(fresh: Path, there: Path) -> list[str]:
    """What `there` lacks, has too much, or has differently."""
    wanted, found = files(fresh), files(there)
    return [
        *(f"missing    {name}" for name in sorted(wanted - found)),
        *(f"stale      {name}" for name in sorted(found - wanted)),
        *(
            f"different  {name}"
            for name in sorted(wanted & found)
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
        found = differences(fresh, TARGET)
        if check:
            if found:
                print(*found, sep="\n")
                sys.exit("generated/ is not what openapi/ says. Run `make generate` and commit the result.")
        elif found:
            shutil.rmtree(TARGET, ignore_errors=True)
            shutil.copytree(fresh, TARGET)
        print(f"generated/: {len(files(fresh))} files, {len(found)} of them changed")


if __name__ == "__main__":
    main()
