"""The benchmarks' pieces run and measure what they say; how fast anything is, is not tested."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from tests.benchmarks import bench, measure
from tests.benchmarks.measure import Figure, Samples
from tests.benchmarks.servers import ADDRESSES

from hubspot_preferences import Preferences
from hubspot_preferences.sandbox import Sandbox


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server that always says the same, in a process of its own."""
    with measure.serving("fixed") as found:
        yield found


def test_fixed_server_answers_the_work(url: str) -> None:
    """One subscriber has three statuses, a batch a thousand, all of them readable."""
    with closing(Preferences("demo", base_url=url, limiter=None, retry=None)) as prefs:
        one, batch = prefs.statuses(ADDRESSES[0]), prefs.batch.statuses(ADDRESSES)
    assert [3, 100, 1000] == [
        len(one),
        len(batch.applied),
        sum(len(outcome.value or ()) for outcome in batch),
    ]


def test_request_figures(url: str) -> None:
    """Each figure of the requests has a value and, where it is compared, a baseline."""
    found = [*bench.one_get(url, 1), *bench.decode(1), *bench.batch_read(url, 1), *bench.gather(url, 2, 1)]
    assert [
        ("one GET, statuses()", "httpx, json()"),
        ("… the baseline not read", "httpx"),
        ("… neither read", "httpx"),
        ("decode 1,000 statuses", "orjson"),
        ("… of which json alone", "orjson"),
        ("batch read of 100 × 10", "httpx, json()"),
        ("2 GETs, 50 at once", "httpx, semaphore"),
        ("2 GETs, 50 at once", "aiohttp, semaphore"),
        ("2 GETs, 8 at once", "httpx, semaphore"),
        ("2 GETs, 8 at once", "aiohttp, semaphore"),
    ] == [(figure.name, figure.against) for figure in found]
    assert all(figure.value > 0 and figure.ratio is not None and figure.ratio > 0 for figure in found)


def test_sandbox_answers_the_load(box: Sandbox) -> None:
    """Requests as bytes are what the sandbox takes for requests."""
    assert [True, True] == [figure.value > 0 for figure in bench.sandbox(box.url, 0.05)]


def test_load_fails_on_another_status(box: Sandbox) -> None:
    """A figure must not count errors."""
    with pytest.raises(RuntimeError, match="404"):
        asyncio.run(bench.load(box.url, bench.request_bytes("GET", "/nowhere"), 0.05, connections=1))


def test_first_answers_are_the_same(url: str) -> None:
    """What is timed to a first answer asks the same of the same server, and gets the same."""
    codes = [code.format(url=url, path=bench.PATH, address=bench.ADDRESS) for code in bench.FIRST_ANSWERS.values()]
    printed = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for code in codes
    ]
    assert ["3 SUBSCRIBED\n"] * 2 == printed


def test_in_turn_reverses_the_order() -> None:
    """Nobody always goes first."""
    order: list[str] = []
    taken = measure.in_turn({name: partial(order.append, name) for name in "ab"}, 2, warm=0)
    assert ["a", "b", "b", "a"] == order
    assert {"a": 2, "b": 2} == {name: len(samples.values) for name, samples in taken.items()}


def test_samples() -> None:
    """The median and the least."""
    samples = Samples((3.0, 1.0, 8.0))
    assert (3.0, 1.0) == (samples.middle, samples.least)


@pytest.mark.parametrize(
    ("figure", "met", "ratio"),
    [
        (Figure("", 2.0, "ms"), None, None),
        (Figure("", 2.1, "ms", "x", 2.0), None, 1.05),
        (Figure("", 2.1, "ms", "x", 2.0, 1.25), True, 1.05),
        (Figure("", 3.0, "ms", "x", 2.0, 1.25), False, 1.5),
    ],
)
def test_figure(figure: Figure, met: bool | None, ratio: float | None) -> None:
    """An aim is met by the ratio to the baseline; without one there is nothing to meet."""
    assert (met, ratio) == (figure.met, figure.ratio)


def test_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A table within 100 columns that marks what is missed, and JSON that names no folder."""
    monkeypatch.setattr(measure, "ROOT", tmp_path)
    monkeypatch.setattr(measure, "KEPT", tmp_path / ".bench")
    found = [Figure("one", 1.0, "ms", "other", 0.5, 1.25), Figure("two", 4.0, "kB", "other", 4.0, 1.5)]
    assert 1 == bench.report("bench", found, measure.machine("httpx"), quick=True)
    printed = capsys.readouterr().out
    assert ["NO", "yes"] == [line.split()[-1] for line in printed.splitlines()[2:4]]
    assert 100 >= max(map(len, printed.splitlines()))
    kept = (tmp_path / ".bench" / "bench.json").read_text(encoding="utf-8")
    assert str(Path.home()) not in kept
    assert str(tmp_path) not in kept
    assert [(2.0, False), (1.0, True)] == [
        (figure["ratio"], figure["met"]) for figure in json.loads(kept)["figures"]
    ]
