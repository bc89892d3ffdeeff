"""Writes `generated/hubspot_preferences_api/`: one package for each contract, by openapi-python-client.

    python openapi/generate.py            write
    python openapi/generate.py --check    compare with what is there; write nothing

Run by `make generate` and `make check-generated` in an environment of its own, with every tool
pinned in requirements.txt, so that the same contract gives the same bytes in any year and folder.
"""

import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version as installed
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "generated" / "hubspot_preferences_api"
HEADER = """\
# Generated from openapi/{contract} by openapi-python-client {tool}. Do not edit:
# change what is in openapi/, then run `make generate`.

"""
PACKAGE = '"""The low-level clients: one package for each API version."""\n'


def contracts() -> list[Path]:
    """The contract files: everything named like a version."""
    return sorted(path for path in HERE.glob("*.yaml") if path.stem == "v4" or path.stem[:2] == "20")


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
        for path in package.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            path.write_text(HEADER.format(contract=contract.name, tool=tool) + text, encoding="utf-8")
    (root / "__init__.py").write_text(HEADER.format(contract="*.yaml", tool=tool) + PACKAGE, encoding="utf-8")
    (root / "py.typed").touch()


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


def main() -> None:
    """Generate into a temporary folder, then compare or replace."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / TARGET.name
        fresh.mkdir()
        generate(fresh)
        found = differences(fresh, TARGET)
        if "--check" in sys.argv:
            if found:
                print(*found, sep="\n")
                sys.exit("generated/ is not what openapi/ says. Run `make generate` and commit the result.")
        elif found:
            shutil.rmtree(TARGET, ignore_errors=True)
            shutil.copytree(fresh, TARGET)
        print(f"generated/: {len(files(fresh))} files, {len(found)} of them changed")


if __name__ == "__main__":
    main()
