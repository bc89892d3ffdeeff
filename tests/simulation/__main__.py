"""Many seeds, `python -m tests.simulation 20000`; or one, traced: `python -m tests.simulation --replay 17`."""

import argparse
import logging
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Mapping
from itertools import islice

from .promises import Broken
from .run import Run

AT_A_TIME = 100
SHOWN = 5


def broken_by(seeds: range) -> dict[int, Broken]:
    """The seeds that break a promise, and the first that each breaks."""
    runs = ((seed, Run(seed)) for seed in seeds)
    return {seed: run.broken[0] for seed, run in runs if run.broken}


def replay(seed: int) -> bool:
    """Show what happens under one seed. Whether it breaks a promise."""
    trace: list[str] = []
    run = Run(seed, trace)
    sys.stdout.write("\n".join(trace) + "\n")
    return bool(run.broken)


def simulate(seeds: range, processes: int) -> bool:
    """Run them. Whether one breaks a promise: the first few are told, and the first is shown."""
    started = time.perf_counter()
    parts = [seeds[at : at + AT_A_TIME] for at in range(0, len(seeds), AT_A_TIME)]
    broken: dict[int, Broken] = {}
    with multiprocessing.Pool(processes, _quiet) as pool:
        for part in pool.imap(broken_by, parts):
            broken |= part
    spent = time.perf_counter() - started
    tell(broken)
    sys.stdout.write(f"{len(seeds):,} seeds, {len(broken)} broken, {len(seeds) / spent:,.0f} a second\n")
    return bool(broken)


def tell(broken: Mapping[int, Broken]) -> None:
    """The first seeds that broke a promise, what shows each again, and what happened in the very first."""
    for seed, (promise, how) in islice(broken.items(), SHOWN):
        sys.stdout.write(f"seed {seed}: {promise}: {how}\n")
        sys.stdout.write(f"    make simulate REPLAY={seed}\n")
    if broken:
        sys.stdout.write("\n")
        replay(next(iter(broken)))


def _quiet() -> None:
    logging.disable()
    warnings.simplefilter("ignore")  # versions age; what is simulated does not


def main() -> int:
    """The command. Ends with 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seeds", nargs="?", type=int, default=20_000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", type=int, metavar="SEED", help="show what happens under this one")
    given = parser.parse_args()
    _quiet()
    if given.replay is not None:
        return int(replay(given.replay))
    return int(simulate(range(given.first, given.first + given.seeds), given.processes))


if __name__ == "__main__":
    sys.exit(main())
