# pyright: reportMissingImports=false
"""Mutation testing: every small change of the rules fails a test, or stands in equivalent.toml with its reason.

`make mutants` runs it. mutmut makes the changes (changes.py has some besides its own) and runs the tests that
reach the changed function; here is what is changed, which tests have to notice, and what may survive.
"""

import configparser
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".mutants"
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
PACKAGE = "hubspot_preferences"

# What is changed, in groups that can be run by themselves: a module, or single functions of one.
GUARDS = (
    "both_reads",
    "confirmed_id",
    "every_opt_out",
    "is_opted_out",
    "may_email",
    "not_all_opted_out",
    "reads_for",
    "set_status",
    "subscribe",
    "subscription_id",
    "subscription_types",
    "unconfirmed",
    "with_warning",
)
GROUPS: dict[str, tuple[str, ...]] = {
    "consent": ("consent", "subscriptions", *(f"operations.{name}" for name in GUARDS)),
    "attribution": ("attribution", "replies"),
    "limits": ("limits", "retry"),
    "engine": ("engine",),
}
CI = ("consent", "attribution")

# Quick ones, without HTTP: all that reach a function are run for each change of it.
TESTS = (
    "test_attribution.py",
    "test_consent.py",
    "test_engine.py",
    "test_limits.py",
    "test_operations.py",
    "test_replies.py",
    "test_retry.py",
    "test_subscriptions.py",
)
PLUGINS = (
    "anyio",
    "_hypothesis_pytestplugin",
    "tests.mutants.unshrunk",
    "no:unraisableexception",
    "no:cacheprovider",
)


class Change(NamedTuple):
    """What was changed, wherever the lines have moved to: the function, and its lines before and after."""

    function: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"[[{self.function}]]\nwas = '''{self.was}'''\nnow = '''{self.now}'''\n"


def main(arguments: Sequence[str]) -> int:
    """Run the groups that are named (`ci`: those of .ci/run), or all. Returns 1 where a change went unnoticed."""
    names = [name for argument in arguments for name in (CI if argument == "ci" else (argument,))]
    if unknown := set(names) - set(GROUPS):
        return _tell(2, f"no such group: {', '.join(sorted(unknown))}; there are ci, {', '.join(GROUPS)}")
    targets = [target for name in names or GROUPS for target in GROUPS[name]]
    _prepare()
    patterns = [_pattern(target) for target in targets]
    command = [sys.executable, "-m", "tests.mutants.changes", "run", *patterns]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    with (WORK / "log").open("w") as log:
        # Only the plugins that are needed: starting pytest is most of what a change costs.
        environment = {**os.environ, "PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        code = subprocess.run(command, cwd=WORK, env=environment, stdout=log, stderr=subprocess.STDOUT).returncode
    if code:
        return _tell(1, (WORK / "log").read_text(), "mutmut did not get to the end: see above")
    os.chdir(WORK)
    return _judge(targets, patterns)


def _tell(code: int, *lines: str) -> int:
    for line in lines:
        sys.stderr.write(f"{line}\n")
    return code


def _prepare() -> None:
    """Copy what is needed to a folder of its own, laid out and configured as mutmut expects it."""
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(ROOT / "facade", WORK / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (WORK / "tests").mkdir()
    for name in ("conftest.py", *TESTS):
        shutil.copy(ROOT / "tests" / name, WORK / "tests")
    modules = sorted({target.partition(".")[0] for targets in GROUPS.values() for target in targets})
    settings = configparser.ConfigParser()
    settings["mutmut"] = {
        "source_paths": f"src/{PACKAGE}",
        "only_mutate": "\n".join(f"src/{PACKAGE}/{module}.py" for module in modules),
        "pytest_add_cli_args_test_selection": "tests",
        "use_git_change_detection": "false",
        # A change that makes for an endless loop costs (time of its tests + constant) · multiplier seconds.
        "timeout_constant": "2.0",
        "timeout_multiplier": "3.0",
    }
    settings["tool:pytest"] = {
        "addopts": " ".join(f"-p {name}" for name in PLUGINS),
        "filterwarnings": "error",
    }
    with (WORK / "setup.cfg").open("w") as file:
        settings.write(file)


def _pattern(target: str) -> str:
    """What mutmut calls the changes of a module or function."""
    module, _, function = target.partition(".")
    return f"{PACKAGE}.{module}.x" + (f"_{function}__mutmut_*" if function else "*")


def _judge(targets: Sequence[str], patterns: Sequence[str]) -> int:
    """Tell every change that no test noticed, and every reason given for none."""
    # Only here: mutmut reads its settings from the working directory when it is imported.
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.stats import status_by_exit_code
    from mutmut.utils.file_utils import walk_mutatable_files

    listed = Counter(_listed(tomllib.loads(EQUIVALENT.read_text())))
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    unmatched = dict(zip(targets, patterns, strict=True))
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        for mutant, code in data.exit_code_by_key.items():
            matching = [
                target for target, pattern in zip(targets, patterns, strict=True) if fnmatch(mutant, pattern)
            ]
            if not matching:
                continue
            unmatched.pop(matching[0], None)
            status = status_by_exit_code[code]
            counts[status] += 1
            if status == "killed":
                continue
            change = _change(mutant, path)
            if listed[change]:
                listed[change] -= 1
            elif status != "timeout":  # one that never ends is noticed
                wrong.append(f"# {status}: {mutant}\n{change}")
    every = [target for group in GROUPS.values() for target in group]
    wrong += [
        f"# listed, but killed or gone\n{change}"
        for change in +listed
        if _within(change.function, targets) or not _within(change.function, every)
    ]
    wrong += [f"# nothing to change: {target}" for target in unmatched]
    _tell(0, ", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    return _tell(1, *wrong, "write a test, or a reason into tests/mutants/equivalent.toml") if wrong else 0


def _listed(node: Any, function: str = "") -> Iterator[Change]:
    """The changes in equivalent.toml: a table for each part of the function's name, a list of them within."""
    if isinstance(node, list):
        for entry in node:
            assert entry["why"]
            yield Change(function, entry["was"], entry["now"])
        return
    for name, inner in node.items():
        yield from _listed(inner, f"{function}.{name}".lstrip("."))


def _change(mutant: str, path: Path) -> Change:
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.utils.format_utils import orig_function_and_class_names_from_key

    name, of_class = orig_function_and_class_names_from_key(mutant)
    lines = get_diff_for_mutant(mutant, path=path).splitlines()[2:]
    was, now = ("\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Change(".".join(filter(None, (path.stem, of_class, name))), was, now)


def _within(function: str, targets: Sequence[str]) -> bool:
    return any(function == target or function.startswith(f"{target}.") for target in targets)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
