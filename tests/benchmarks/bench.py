"""`make bench`: what this library costs, as ratios to a baseline of the same run, whatever the machine.

    python -m tests.benchmarks.bench [--quick] [--strict]

Times of processes are the least of their repetitions, times of requests the median; contestants
take turns. --quick repeats less. --strict exits with 1 where an aim is missed.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import httpx
import orjson

from hubspot_preferences import AsyncPreferences, Limiter, Preferences, versions
from hubspot_preferences.answers import compare_live
from hubspot_preferences.versions import reading

from . import measure
from .measure import Figure, cold_mypy, gathers, in_turn, note, peak, processes, run_fresh, serving
from .servers import ADDRESSES, batch_body

BASE = "/communication-preferences/2026-03"
ADDRESS = ADDRESSES[0]
PATH = f"{BASE}/statuses/{quote(ADDRESS, safe='')}"
QUERY = {"channel": "EMAIL"}
HEADERS = {"Authorization": "Bearer demo", "Accept": "application/json", "User-Agent": "hubspot-preferences/0"}
AT_ONCE = 50
EXTRAS = ("click", "jinja2", "pyyaml", "rich")

CODES = {
    "httpx.Client()": "import httpx; httpx.Client()",
    "ready": "from hubspot_preferences import Preferences; Preferences('x')",
}
# What a script does that asks one question: {url} is the server's, and the replies are the same.
FIRST_ANSWERS = {
    "httpx, json()": """\
import httpx
with httpx.Client(headers={{"Authorization": "Bearer x"}}) as client:
    rows = client.get("{url}{path}", params={{"channel": "EMAIL"}}).json()["results"]
    print(len(rows), rows[0]["status"])
""",
    "ours": """\
from hubspot_preferences import Preferences
with Preferences("x", base_url="{url}") as prefs:
    rows = prefs.statuses("{address}")
    print(len(rows), rows[0].state)
""",
}
STREAM = """\
from hubspot_preferences import Preferences
with Preferences("x", base_url="{url}", limiter=None) as prefs:
    people = (f"someone-{{number % 100}}@example.com" for number in range({count}))
    assert {count} == sum(outcome.ok for outcome in prefs.stream.statuses(people))
"""
COMMAND = """\
import sys
from hubspot_preferences.cli import main
sys.argv = ["hubprefs", "--version"]
try:
    main()
except SystemExit:
    from hubspot_preferences import Preferences
    Preferences("x")
"""
SCRIPT = """\
from hubspot_preferences import Preferences
with Preferences() as prefs:
    print(prefs.may_email("jane@example.com", "Marketing Information").allowed)
"""
RAW_SCRIPT = """\
import httpx
with httpx.Client() as client:
    print(client.get("https://example.com").status_code)
"""


def start(python: Path, url: str, repetitions: int) -> Iterator[Figure]:
    """Import, a ready client, its memory and its first answer, in fresh processes of a clean environment."""
    imported = measure.imports(python, ("hubspot_preferences", "attrs", "httpx"), repetitions)
    ours, attrs, httpx_ = (imported[name].least * 1e3 for name in ("hubspot_preferences", "attrs", "httpx"))
    yield Figure("import", ours, "ms", "import attrs", attrs, 1.4)
    yield Figure("… beside that of httpx", ours, "ms", "import httpx", httpx_)
    taken = {name: samples.least * 1e3 for name, samples in processes(python, CODES, repetitions).items()}
    raw = "httpx.Client()"
    yield Figure("process to a ready client", taken["ready"], "ms", raw, taken[raw], 1.15)
    memory = {name: peak(python, code) / 1e6 for name, code in CODES.items()}
    yield Figure("… peak memory", memory["ready"], "MB", raw, memory[raw], 1.1)
    places = {"url": url, "path": PATH, "address": ADDRESS}
    codes = {name: code.format(**places) for name, code in FIRST_ANSWERS.items()}
    assert 1 == len({run_fresh(python, code) for code in codes.values()}), "the two got different answers"
    taken = {name: samples.least * 1e3 for name, samples in processes(python, codes, repetitions).items()}
    yield Figure("process to its first answer", taken["ours"], "ms", "httpx, json()", taken["httpx, json()"], 1.2)


def command(python: Path, repetitions: int) -> Iterator[Figure]:
    """`hubprefs` and a client where the extras are installed: there httpx brings a command of its own along."""
    codes = {"ours": COMMAND, "raw": "import click, httpx; httpx.Client()"}
    taken = {name: samples.least * 1e3 for name, samples in processes(python, codes, repetitions).items()}
    yield Figure("hubprefs to a ready client", taken["ours"], "ms", "click, httpx.Client()", taken["raw"])


def one_get(url: str, repetitions: int) -> Iterator[Figure]:
    """One GET: the same request, and as much of the reply read."""
    with (
        Preferences("demo", base_url=url, limiter=None) as prefs,
        httpx.Client(timeout=30.0, headers=HEADERS) as raw,
    ):
        address = url + PATH
        taken = in_turn(
            {
                "raw": lambda: raw.get(address, params=QUERY).json(),
                "raw, not read": lambda: raw.get(address, params=QUERY),
                "ours": lambda: prefs.statuses(ADDRESS),
                "ours, not read": lambda: prefs.request("GET", PATH, params=QUERY),
            },
            repetitions,
            warm=20,
        )
    middle = {name: samples.middle * 1e3 for name, samples in taken.items()}
    yield Figure("one GET, statuses()", middle["ours"], "ms", "httpx, json()", middle["raw"], 1.2)
    yield Figure("… the baseline not read", middle["ours"], "ms", "httpx", middle["raw, not read"])
    yield Figure("… neither read", middle["ours, not read"], "ms", "httpx", middle["raw, not read"])


def decode(repetitions: int) -> Iterator[Figure]:
    """A batch of 100 × 10 statuses from bytes to values, without I/O."""
    body = batch_body()
    wire = versions.load("2026-03")
    taken = in_turn(
        {
            "orjson": lambda: orjson.loads(body),
            "json": lambda: json.loads(body),
            "ours": lambda: [reading.subscriber_statuses(wire, row) for row in json.loads(body)["results"]],
        },
        repetitions,
        warm=3,
    )
    middle = {name: samples.middle * 1e3 for name, samples in taken.items()}
    yield Figure("decode 1,000 statuses", middle["ours"], "ms", "orjson", middle["orjson"])
    yield Figure("… of which json alone", middle["json"], "ms", "orjson", middle["orjson"])


def batch_read(url: str, repetitions: int) -> Iterator[Figure]:
    """A batch read of 100 × 10 statuses over HTTP."""
    address, sent = f"{url}{BASE}/statuses/batch/read", {"inputs": list(ADDRESSES)}
    with (
        Preferences("demo", base_url=url, limiter=None) as prefs,
        httpx.Client(timeout=30.0, headers=HEADERS) as raw,
    ):
        taken = in_turn(
            {
                "raw": lambda: raw.post(address, params=QUERY, json=sent).json(),
                "ours": lambda: prefs.batch.statuses(ADDRESSES),
            },
            repetitions,
            warm=3,
        )
    ours, bare = taken["ours"].middle * 1e3, taken["raw"].middle * 1e3
    yield Figure("batch read of 100 × 10", ours, "ms", "httpx, json()", bare, 2.8)


@asynccontextmanager
async def raw_gets(url: str, at_once: int) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """A GET over raw httpx, so many at the same time."""
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    slots = asyncio.Semaphore(at_once)
    async with httpx.AsyncClient(timeout=30.0, headers=HEADERS, limits=limits) as client:

        async def one() -> object:
            async with slots:
                return (await client.get(url + PATH, params=QUERY)).json()

        yield one


@asynccontextmanager
async def aiohttp_gets(url: str, at_once: int) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """The same over raw aiohttp, which carries ours where it is installed."""
    slots = asyncio.Semaphore(at_once)
    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(headers=HEADERS, connector=connector) as session:

        async def one() -> object:
            async with slots, session.get(url + PATH, params=QUERY) as reply:
                return await reply.json()

        yield one


@asynccontextmanager
async def our_gets(url: str, at_once: int) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """The same through ours."""
    async with AsyncPreferences("demo", base_url=url, limiter=None, concurrency=at_once) as prefs:
        yield lambda: prefs.statuses(ADDRESS)


def stream(python: Path, url: str, count: int) -> Iterator[Figure]:
    """What a stream holds in memory, beyond what one chunk of it takes."""
    long, short = (peak(python, STREAM.format(url=url, count=number), 1) / 1e6 for number in (count, 100))
    yield Figure(f"stream of {count:,}, memory", long - short, "MB", "what is allowed", 60.0, 1.0)


def gather(url: str, requests: int, repetitions: int) -> Iterator[Figure]:
    """Many GETs at the same time, 50 and 8 (the default) of them under way."""
    for at_once in (AT_ONCE, 8):
        works = {"httpx": raw_gets, "aiohttp": aiohttp_gets, "ours": our_gets}
        opened = {name: partial(gets, url, at_once) for name, gets in works.items()}
        taken = asyncio.run(gathers(opened, requests, repetitions))
        for name, aim in (("httpx", 1.3), ("aiohttp", 4.0)):
            ours, bare = taken["ours"].middle, taken[name].middle
            yield Figure(f"{requests:,} GETs, {at_once} at once", ours, "s", f"{name}, semaphore", bare, aim)


def limiter(repetitions: int) -> Iterator[Figure]:
    """What the limiter adds to a request at full speed: a slot taken, a reply's headers learnt."""
    headers = {
        "x-hubspot-ratelimit-max": "190",
        "x-hubspot-ratelimit-remaining": "1",
        "x-hubspot-ratelimit-interval-milliseconds": "10000",
    }
    found, now = Limiter(190, 10), 0.0

    def turn() -> None:
        nonlocal now
        now += 10 / 180
        found.queue(now)
        found.learn(headers, now, now)

    taken = in_turn({"ours": turn}, repetitions, warm=400)
    yield Figure("limiter, per request", taken["ours"].middle * 1e6, "µs")


async def load(url: str, request: bytes, seconds: float, connections: int = 8) -> float:
    """Requests per second that a server answers, each connection asking again as soon as it is answered."""
    parts = urlsplit(url)
    answered = 0
    end = time.perf_counter() + seconds

    async def ask() -> None:
        nonlocal answered
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            while time.perf_counter() < end:
                writer.write(request)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
                if not head.startswith(b"http/1.1 200"):
                    raise RuntimeError(f"the server answered {head.split(maxsplit=2)[1].decode()}")
                answered += 1
        finally:
            writer.close()
            await writer.wait_closed()

    started = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(connections)))
    return answered / (time.perf_counter() - started)


def request_bytes(method: str, path: str, body: object = None) -> bytes:
    """A request as it travels."""
    content = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {path}?channel=EMAIL HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer demo\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def shadowed(url: str, repetitions: int) -> Iterator[Figure]:
    """What a caller waits for who has a shadow: the same read with one and without."""
    settings: dict[str, Any] = {"base_url": url, "limiter": None, "version": "v4"}
    with (
        Preferences("demo", **settings) as plain,
        Preferences("demo", **settings, shadow="2026-09", on_mismatch=lambda _: None) as doubled,
    ):
        taken = in_turn(
            {"plain": lambda: plain.statuses(ADDRESS), "doubled": lambda: doubled.statuses(ADDRESS)},
            repetitions,
            warm=20,
        )
    ours, bare = taken["doubled"].middle * 1e3, taken["plain"].middle * 1e3
    yield Figure("one GET with a shadow", ours, "ms", "without", bare)


def live(url: str, repetitions: int) -> Iterator[Figure]:
    """Comparing 400 addresses on two versions, beside the sixteen batch reads alone."""
    many = [f"{number}.{address}" for number in range(4) for address in ADDRESSES]
    chunks = [many[start : start + 100] for start in range(0, len(many), 100)]
    paths = [f"/statuses/batch/{tail}" for tail in ("read", "unsubscribe-all/read")]
    with (
        Preferences("demo", base_url=url, limiter=None) as prefs,
        httpx.Client(timeout=30.0, headers=HEADERS) as raw,
    ):

        def bare() -> None:
            for version, path, chunk in product(("v4", "2026-09"), paths, chunks):
                address = f"{url}/communication-preferences/{version}{path}"
                raw.post(address, params=QUERY, json={"inputs": chunk}).json()

        taken = in_turn(
            {"raw": bare, "ours": lambda: compare_live(prefs, "v4", "2026-09", many)}, repetitions, warm=1
        )
    ours, alone = taken["ours"].middle * 1e3, taken["raw"].middle * 1e3
    yield Figure("compare --live, 400 addresses", ours, "ms", "httpx, json()", alone)


def refresh(repetitions: int) -> Iterator[Figure]:
    """A look at a document of the size of HubSpot's: `make refresh CHECK=1` without make."""
    document = measure.ROOT / "openapi" / "v4.yaml"
    command = [sys.executable, str(measure.ROOT / "openapi" / "refresh.py"), "--check", "v4", str(document)]
    taken: list[tuple[float, float]] = []
    for _ in range(repetitions):
        moments = [time.perf_counter()]
        for each in ([sys.executable, "-c", "pass"], command):
            done = subprocess.run(each, capture_output=True, check=False)
            assert done.returncode in (0, 1), done.stderr
            moments.append(time.perf_counter())
        taken.append((moments[1] - moments[0], moments[2] - moments[1]))
    bare, ours = (min(times) * 1e3 for times in zip(*taken, strict=True))
    yield Figure("refresh, only looking", ours, "ms", "python -c pass", bare)


def sandbox(url: str, seconds: float) -> Iterator[Figure]:
    """How much load the sandbox bears, from this process, which does next to nothing itself."""
    read = request_bytes("GET", PATH)
    yield Figure("sandbox, GETs", asyncio.run(load(url, read, seconds)), "/s")
    many = request_bytes("POST", f"{BASE}/statuses/batch/read", {"inputs": ADDRESSES})
    yield Figure("sandbox, batch reads of 100", asyncio.run(load(url, many, seconds)), "/s")


def wheel() -> Iterator[Figure]:
    """What is downloaded."""
    yield Figure("wheel", measure.wheel().stat().st_size / 1e3, "kB")


def types(python: Path, repetitions: int) -> Iterator[Figure]:
    """What a type checker without a cache takes for three lines of a user's."""
    taken = [(cold_mypy(python, SCRIPT), cold_mypy(python, RAW_SCRIPT)) for _ in range(repetitions)]
    ours, raw = (min(times) for times in zip(*taken, strict=True))
    yield Figure("cold mypy of three lines", ours, "s", "three of httpx", raw)


def figures(*, quick: bool) -> Iterator[Figure]:
    """All of them, one after the other."""
    python = measure.environment("clean")
    with serving("fixed") as url:
        note("processes")
        yield from start(python, url, 5 if quick else 20)
        yield from command(measure.environment("extras", *EXTRAS), 5 if quick else 20)
        note("requests")
        yield from one_get(url, 200 if quick else 1500)
        yield from decode(20 if quick else 150)
        yield from batch_read(url, 20 if quick else 150)
        yield from stream(python, url, 20_000 if quick else 200_000)
        note("gathers")
        yield from gather(url, 200 if quick else 1000, 3 if quick else 5)
    yield from limiter(2000 if quick else 20_000)
    note("the sandbox")
    with serving("sandbox") as url:
        yield from sandbox(url, 0.5 if quick else 2.0)
        yield from shadowed(url, 200 if quick else 1000)
        yield from live(url, 3 if quick else 10)
    yield from refresh(3 if quick else 10)
    yield from wheel()
    note("mypy")
    yield from types(python, 1 if quick else 2)


def report(name: str, found: list[Figure], about: dict[str, Any], *, quick: bool) -> int:
    """Print the table, keep the JSON; how many aims are missed."""
    missed = [figure.name for figure in found if figure.met is False]
    path = measure.keep(name, found, about, quick=quick)
    measure.say(measure.table(found))
    verdict = f"missed: {', '.join(missed)}" if missed else "all aims met"
    measure.say(f"\nEach aim is a ratio to the baseline. {verdict}; kept in {path.relative_to(measure.ROOT)}")
    return len(missed)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="repeat less")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where an aim is missed")
    chosen = parser.parse_args(arguments)
    found = list(figures(quick=chosen.quick))
    missed = report(
        "bench", found, measure.machine("httpx", "aiohttp", "attrs", "orjson", "mypy"), quick=chosen.quick
    )
    return 1 if missed and chosen.strict else 0


if __name__ == "__main__":
    sys.exit(main())
