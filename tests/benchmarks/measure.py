"""What the benchmarks share: work timed in turn, fresh processes, clean environments, figures as a table."""

import asyncio
import gc
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from attrs import frozen

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".bench"

# /proc knows the peak of the process alone; ru_maxrss starts from that of whoever started it.
_PEAK = """
try:
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")))
except OSError:
    import resource, sys
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""

_IMPORT = """
from time import perf_counter
start = perf_counter()
import {module}
print(perf_counter() - start)
"""


@frozen
class Samples:
    """What repetitions of one piece of work took, in seconds (or bytes)."""

    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median: for requests, of which each is as likely as the next."""
        return median(self.values)

    @property
    def least(self) -> float:
        """The least: for processes, to which other processes only add."""
        return min(self.values)


@frozen
class Figure:
    """One line of the table: a value, what it is measured against in the same run, the ratio that is aimed at."""

    name: str
    value: float
    unit: str
    against: str = ""
    baseline: float | None = None
    aim: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        return None if self.aim is None or self.ratio is None else self.ratio <= self.aim

    def row(self) -> tuple[str, ...]:
        """The cells of the table."""
        return (
            self.name,
            shown(self.value, self.unit),
            shown(self.baseline, self.unit) if self.baseline is not None else "",
            self.against,
            f"{self.ratio:.2f}" if self.ratio is not None else "",
            f"≤ {self.aim:g}" if self.aim is not None else "",
            {True: "yes", False: "NO", None: ""}[self.met],
        )

    def as_json(self) -> dict[str, Any]:
        """Everything, for comparing runs."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "against": self.against,
            "baseline": self.baseline,
            "ratio": self.ratio,
            "aim": self.aim,
            "met": self.met,
        }


def shown(value: float, unit: str) -> str:
    """A value in three digits or so."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def table(figures: Iterable[Figure]) -> str:
    """The figures, in at most 100 columns."""
    head = ("", "value", "baseline", "against", "ratio", "aim", "met")
    rows = [head, *(figure.row() for figure in figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    left = (0, 3)
    lines = [
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, "─" * max(map(len, lines)))
    return "\n".join(lines)


def machine(*distributions: str) -> dict[str, Any]:
    """What figures depend on, without a word on where things lie."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "cpus": os.cpu_count(),
        "versions": {name: version(name) for name in distributions},
    }


def keep(name: str, figures: Iterable[Figure], about: Mapping[str, Any], *, quick: bool) -> Path:
    """Write the figures down below .bench/."""
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{name}.json"
    found = {"machine": about, "quick": quick, "figures": [figure.as_json() for figure in figures]}
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def say(text: str) -> None:
    """To standard output, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """How far it got, to standard error."""
    sys.stderr.write(f"measuring {text} ...\n")


# Time


def in_turn(works: Mapping[str, Callable[[], object]], repetitions: int, *, warm: int = 1) -> dict[str, Samples]:
    """Seconds of each work. They take turns, the order reversed every time, so that noise hits all alike."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        for _ in range(warm):
            work()
    gc.collect()
    order = list(works)
    for _ in range(repetitions):
        for name in order:
            start = time.perf_counter()
            works[name]()
            taken[name].append(time.perf_counter() - start)
        order.reverse()
    return {name: Samples(tuple(values)) for name, values in taken.items()}


async def gathers(
    opened: Mapping[str, Callable[[], AbstractAsyncContextManager[Callable[[], Awaitable[object]]]]],
    requests: int,
    repetitions: int,
) -> dict[str, Samples]:
    """Seconds of so many requests in one gather: each of `opened` gives one request, while it is open.

    Opened anew every time, outside of what is timed: what a request takes depends on how many connections
    the pool holds, and those left idle by others' turns would expire.
    """
    taken: dict[str, list[float]] = {name: [] for name in opened}
    order = list(opened)
    for _ in range(repetitions):
        for name in order:
            async with opened[name]() as request:
                gc.collect()
                start = time.perf_counter()
                await asyncio.gather(*(request() for _ in range(requests)))
                taken[name].append(time.perf_counter() - start)
        order.reverse()
    return {name: Samples(tuple(values)) for name, values in taken.items()}


# Processes


def run_fresh(python: Path, code: str) -> str:
    """What the code prints in an interpreter of its own, which knows nothing of this one's settings."""
    done = subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True)
    return done.stdout


def processes(python: Path, codes: Mapping[str, str], repetitions: int) -> dict[str, Samples]:
    """Seconds from the start of an interpreter to its end."""
    return in_turn({name: partial(run_fresh, python, code) for name, code in codes.items()}, repetitions)


def imports(python: Path, modules: Iterable[str], repetitions: int) -> dict[str, Samples]:
    """Seconds of each import in an interpreter that has imported nothing else."""
    taken: dict[str, list[float]] = {module: [] for module in modules}
    for _ in range(repetitions):
        for module, found in taken.items():
            found.append(float(run_fresh(python, _IMPORT.format(module=module))))
    return {module: Samples(tuple(found)) for module, found in taken.items()}


def peak(python: Path, code: str, repetitions: int = 3) -> float:
    """Bytes of memory the process took at most."""
    return median(int(run_fresh(python, code + _PEAK)) for _ in range(repetitions))


def cold_mypy(python: Path, script: str, *, timeout: float = 120.0) -> float:
    """Seconds that mypy --strict takes for a script with an empty cache; `timeout` if it takes longer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "script.py")
        path.write_text(script, encoding="utf-8")
        command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python)]
        start = time.perf_counter()
        try:
            done = subprocess.run(
                [*command, "--cache-dir", str(Path(folder, "cache")), str(path)],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return timeout
        taken = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"mypy is not content with the script:\n{done.stdout}{done.stderr}")
    return taken


# Environments and servers


def wheel() -> Path:
    """This checkout, built. The same sources give the same bytes."""
    folder = KEPT / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT)]
    _quietly(command)
    return next(folder.glob("*.whl"))


def environment(name: str, *requirements: str) -> Path:
    """The interpreter of an environment that holds the wheel, the requirements and nothing else.

    Made afresh when either changes. Tools of the development environment would distort what it shows:
    where rich and click are installed, importing httpx imports its command line.
    """
    built = wheel()
    folder = KEPT / name
    python = folder / "bin" / "python"
    made_of = "\n".join([hashlib.sha256(built.read_bytes()).hexdigest(), *requirements])
    stamp = folder / "made-of.txt"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == made_of:
        return python
    note(f"nothing yet, making the environment {name}")
    _quietly([sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)])
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--disable-pip-version-check"]
    _quietly([*pip, str(built), *requirements])
    stamp.write_text(made_of, encoding="utf-8")
    return python


def _quietly(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[2]} failed:\n{done.stdout}{done.stderr}")


@contextmanager
def serving(kind: str) -> Iterator[str]:
    """The URL of a server in a process of its own (see servers.py), for as long as the block runs."""
    command = [sys.executable, "-m", "tests.benchmarks.servers", kind]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()  # it stops when nobody holds the other end
