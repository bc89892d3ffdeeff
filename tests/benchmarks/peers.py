"""`make bench-peers`: the same work through HubSpot's own clients, beside ours, in one environment and run.

    python -m tests.benchmarks.peers [--quick]

hubspot-sdk speaks 2026-03. hubspot-api-client speaks v3, which has neither batches nor async.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from . import measure
from .bench import CODES, SCRIPT
from .measure import Figure, cold_mypy, note, peak, processes, serving

SDK = "hubspot-sdk==0.1.0a9"
V3 = "hubspot-api-client==12.0.0"

READY = {
    "ours": CODES["ready"],
    "sdk": "from hubspot_sdk import HubSpot; HubSpot(access_token='x').communication_preferences",
    "v3": "import hubspot; hubspot.Client.create(access_token='x').communication_preferences.status_api",
}
MODULES = {"ours": "hubspot_preferences", "sdk": "hubspot_sdk", "v3": "hubspot"}
NAMES = {"sdk": "hubspot-sdk", "v3": "hubspot-api-client"}
SDK_SCRIPT = """\
from hubspot_sdk import HubSpot
with HubSpot(access_token="x") as client:
    print(client.communication_preferences.get_statuses("jane@example.com", channel="EMAIL").results)
"""


def start(python: Path, repetitions: int) -> Iterator[Figure]:
    """Import, a ready client and its memory."""
    imported = measure.imports(python, MODULES.values(), repetitions)
    ready = processes(python, READY, repetitions)
    memory = {name: peak(python, code) / 1e6 for name, code in READY.items()}
    for peer, name in NAMES.items():
        least = [imported[MODULES[who]].least * 1e3 for who in (peer, "ours")]
        yield Figure(f"{name}: import", least[0], "ms", "ours", least[1])
        least = [ready[who].least * 1e3 for who in (peer, "ours")]
        yield Figure(f"{name}: process to a ready client", least[0], "ms", "ours", least[1])
        yield Figure(f"{name}: … peak memory", memory[peer], "MB", "ours", memory["ours"])


def work(python: Path, *, quick: bool) -> Iterator[Figure]:
    """Requests, in one process of the environment, against one server."""
    requests = 200 if quick else 1000
    counts = [100, 10, requests, 1] if quick else [800, 60, requests, 5]
    with serving("fixed") as url:
        command = [str(python), "-m", "tests.benchmarks.peer_work", url, *map(str, counts)]
        done = subprocess.run(command, cwd=measure.ROOT, check=True, stdout=subprocess.PIPE, text=True)
    taken: dict[str, float] = json.loads(done.stdout)
    ms = {name: seconds * 1e3 for name, seconds in taken.items()}
    yield Figure("hubspot-sdk: one GET", ms["sdk"], "ms", "ours", ms["ours"])
    yield Figure("hubspot-api-client: one GET (v3)", ms["v3"], "ms", "ours", ms["ours"])
    yield Figure("… as documented, a connection each", ms["v3, as documented"], "ms", "ours", ms["ours"])
    yield Figure("hubspot-sdk: batch read of 100 × 10", ms["sdk, batch"], "ms", "ours", ms["ours, batch"])
    ours = taken["ours, gather"]
    many = f"hubspot-sdk: {requests:,} GETs"
    yield Figure(f"{many}, semaphore of 8", taken["sdk, semaphore 8"], "s", "ours", ours)
    yield Figure(f"{many}, semaphore of 50", taken["sdk, semaphore 50"], "s", "ours", ours)
    yield Figure(f"{many}, plain gather", taken["sdk, gather"], "s", "ours", ours)


def types(python: Path) -> Iterator[Figure]:
    """A type checker without a cache; two minutes at most. hubspot-api-client has no types."""
    theirs, ours = cold_mypy(python, SDK_SCRIPT, timeout=120.0), cold_mypy(python, SCRIPT)
    yield Figure("hubspot-sdk: cold mypy of three lines", theirs, "s", "ours", ours)


def main(arguments: list[str] | None = None) -> int:
    """Make the environment, measure, print, keep."""
    parser = argparse.ArgumentParser(prog="make bench-peers")
    parser.add_argument("--quick", action="store_true", help="repeat less, and leave mypy out")
    chosen = parser.parse_args(arguments)
    python = measure.environment("peers", SDK, V3)
    note("processes")
    found = list(start(python, 5 if chosen.quick else 15))
    note("requests")
    found += work(python, quick=chosen.quick)
    if not chosen.quick:
        note("mypy")
        found += types(python)
    about = {**measure.machine("mypy"), "peers": [SDK, V3]}
    path = measure.keep("peers", found, about, quick=chosen.quick)
    measure.say(measure.table(found))
    measure.say(f"\nA ratio above 1: so many times ours. Kept in {path.relative_to(measure.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
