"""Every operation on every version, replayed from one recording through both clients.

`make record` records them again: see recording.py.
"""

import asyncio
import gzip
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema_rs
import pytest
import vcr as vcrpy  # type: ignore[import-untyped]
from attrs import evolve, frozen
from vcr.errors import CannotOverwriteExistingCassetteException  # type: ignore[import-untyped]

from hubspot_preferences import AsyncPreferences, Change, Forbidden, Preferences, versions
from hubspot_preferences.contracts.documents import folder
from hubspot_preferences.sandbox import Sandbox
from hubspot_preferences.settings import TOKEN_VARIABLE
from hubspot_preferences.transport import awaited
from hubspot_preferences.versions import NAMES, declared, load

from . import recording
from .recording import ANN, BEN, interactions, parsed
from .scenes import OPERATIONS, SCENES, Scene, aplay, play
from .scrubbing import REDACTED, leaks

HERE = Path(__file__).parent


@frozen
class Case:
    """One cassette: a scene on a version. Those from HubSpot lie apart, for they answer otherwise."""

    scene: Scene
    version: str
    hubspot: bool = False

    @property
    def name(self) -> str:
        """The cassette's path below this folder."""
        return f"{'hubspot/' * self.hubspot}{self.version}/{self.scene.name}"

    @property
    def path(self) -> Path:
        """The cassette."""
        return HERE / f"{self.name}.yaml"


SANDBOX_CASES = tuple(Case(scene, version) for version in NAMES for scene in SCENES if scene.on(version))
HUBSPOT_CASES = tuple(evolve(case, hubspot=True) for case in SANDBOX_CASES if case.scene.anywhere)
CASSETTES = sorted(HERE.rglob("*.yaml"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Replay all cassettes there are; record from one source."""
    if "case" not in metafunc.fixturenames:
        return
    if metafunc.config.getoption("--record-mode") in (None, "none"):
        cases = SANDBOX_CASES + tuple(case for case in HUBSPOT_CASES if case.path.exists())
    else:
        cases = HUBSPOT_CASES if recording.from_hubspot() else SANDBOX_CASES
    metafunc.parametrize("case", cases, ids=lambda case: case.name)


@pytest.fixture
def default_cassette_name(case: Case) -> str:
    """The cassette of the case."""
    return case.name


@pytest.fixture
def source(case: Case, record_mode: str) -> Iterator[recording.Source | None]:
    """Where to record from; None while replaying."""
    if record_mode == "none":
        yield None
    elif record_mode != "rewrite":
        pytest.exit("cassettes are recorded as a whole: run `make record`, or --record-mode=rewrite", returncode=4)
    elif case.hubspot:
        try:
            hubspot = recording.hubspot()
        except ValueError as error:
            pytest.exit(str(error), returncode=4)
        yield hubspot
    else:
        with recording.sandbox(case.scene.faults, **case.scene.account) as source:
            yield source


@pytest.fixture
def vcr_config(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How vcrpy records, or replays. The plugin asks in tests without a cassette too."""
    source = request.getfixturevalue("source") if "case" in request.fixturenames else None
    return recording.REPLAYING if source is None else source.settings()


def replayed(version: str) -> Preferences:
    """A client of HubSpot, as anybody would make it, that neither retries nor waits."""
    return Preferences(REDACTED, version=versions.version(version), retry=None, limiter=None)


async def areplayed(case: Case) -> list[Any]:
    """The answers of a scene by the other client."""
    async with AsyncPreferences(
        REDACTED, version=versions.version(case.version), retry=None, limiter=None
    ) as prefs:
        return await aplay(case.scene, prefs)


@pytest.mark.vcr
def test_both_clients_read_the_same_from_a_recording(
    case: Case, source: recording.Source | None, vcr: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each client gives the answers of the scene, over whatever carries the bytes, and nothing is left over."""
    if source is not None:  # recording: replayed by the next run
        with source.client(case.version, case.scene.token) as prefs:
            play(case.scene, prefs, source.meant)
        return
    with replayed(case.version) as prefs:
        blocking = play(case.scene, prefs)
    assert vcr.all_played
    for carrier in ("httpcore", "aiohttp"):
        monkeypatch.setattr(awaited, "carrier", lambda carrier=carrier: carrier)
        vcr.rewind()
        assert blocking == asyncio.run(areplayed(case)), carrier
        assert vcr.all_played
    if not case.hubspot:
        assert [declared.shown(case.version, call.answer) for call in case.scene.calls] == blocking


# Replaying


@pytest.fixture
def other_cassette(version: str) -> Any:
    """The cassette of batch_opt_outs."""
    path = HERE / version / "batch_opt_outs.yaml"
    with vcrpy.VCR().use_cassette(str(path), **recording.REPLAYING) as cassette:
        yield cassette


@pytest.mark.parametrize(
    ("operation", "addresses"),
    [
        pytest.param("opt_outs", [BEN, ANN], id="another body"),
        pytest.param("opt_outs", ["jane@customer.example", BEN], id="another address"),
        pytest.param("statuses", [ANN, BEN], id="another path"),
    ],
)
def test_a_request_that_was_not_recorded_goes_nowhere(
    other_cassette: Any, version: str, operation: str, addresses: list[str]
) -> None:
    """A request that differs in body or path alone is an error, not a connection."""
    with replayed(version) as prefs:
        result = getattr(prefs.batch, operation)(addresses)
    assert [CannotOverwriteExistingCassetteException] * 2 == [type(outcome.error.__cause__) for outcome in result]


def test_requests_are_told_apart_by_their_body(other_cassette: Any, version: str) -> None:
    """Two batches to one path get each its own reply, in whichever order they are sent."""
    with replayed(version) as prefs:
        second, first = prefs.batch.opt_outs([ANN]), prefs.batch.opt_outs([ANN, BEN])
    assert [1, 2] == [len(second), len(first)]


# Recording


def recorded(source: recording.Source, scene: Scene, version: str, path: Path) -> None:
    """Record a scene without the plugin."""
    with (
        vcrpy.VCR().use_cassette(str(path), record_mode="new_episodes", **source.settings()),
        source.client(version, scene.token) as prefs,
    ):
        play(scene, prefs, source.meant)


@pytest.mark.parametrize("again", SANDBOX_CASES, ids=lambda case: case.name)
def test_recording_again_writes_the_same_bytes(again: Case, tmp_path: Path) -> None:
    """The recordings are what the sandbox answers today: if not, run `make record` and look at the difference."""
    path = tmp_path / "again.yaml"
    with recording.sandbox(again.scene.faults, **again.scene.account) as source:
        recorded(source, again.scene, again.version, path)
    assert again.path.read_bytes() == path.read_bytes()


def test_recording_sends_the_real_addresses_and_keeps_none(version: str, tmp_path: Path) -> None:
    """What goes out is what the sandbox would not know under a pseudonym."""
    scene = next(scene for scene in SCENES if scene.name == "batch_opt_outs")
    path = tmp_path / "real.yaml"
    with Sandbox(token="pat-na1-real", seed="demo") as box:
        source = recording.Source(box.url, box.token, ("Opted-Out@Example.com", "mixed+1@example.com"))
        recorded(source, scene, version, path)
        assert {"inputs": ["Opted-Out@Example.com", "mixed+1@example.com"]} == box.log[0].body
        assert "Bearer pat-na1-real" not in path.read_text("utf-8")
    with vcrpy.VCR().use_cassette(str(path), **recording.REPLAYING), replayed(version) as prefs:
        assert prefs.batch.opt_outs([ANN, BEN])[0].value
    assert [] == leaks(parsed(path.read_text("utf-8")), ["opted-out", "mixed", "pat-na1"])


def test_whatever_a_reply_gives_away_is_not_kept(tmp_path: Path) -> None:
    """Compressed bodies, messages, links and headers are scrubbed; headers that only tell of the day go."""
    token, address = "CJ3h-oauth+token/of=somebody", "Jane.Doe+news@customer.example"
    source = recording.Source("https://api.hubapi.com", token, (address, "ben@customer.example"))
    body = json.dumps(
        {
            "message": f"No access for {address.lower()} by {token}, "
            "see https://x.example/?to=jane.doe%2Bnews%40customer.example.",
            "source": "ben@customer.example",
            "managePreferencesUrl": "https://links.example/manage/W2nXS?data=personal",
            "context": {"subscriberIdString": [address]},
        }
    )

    def reply(request: httpx.Request) -> httpx.Response:
        assert f"Bearer {token}" == request.headers["authorization"]
        headers = {
            "content-encoding": "gzip",
            "content-type": "application/json",
            "date": "Wed, 01 Apr 2026 09:00:00 GMT",
            "location": "https://api.hubapi.com/of/jane.doe%2Bnews%40customer.example?by=ben%40customer.example",
            "set-cookie": "session=secret",
            "x-hubspot-correlation-id": "2f6c3f6e-9a55-4e39-9d1c-0f1b8bb0f3f1",
        }
        return httpx.Response(403, headers=headers, content=gzip.compress(body.encode()))

    path = tmp_path / "leaky.yaml"
    with (
        vcrpy.VCR().use_cassette(str(path), record_mode="new_episodes", **source.settings()),
        httpx.Client(transport=httpx.MockTransport(reply)) as client,
        Preferences(token, http_client=client, retry=None, limiter=None) as prefs,
        pytest.raises(Forbidden),
    ):
        prefs.statuses(address)
    (exchange,) = interactions(path.read_text("utf-8"))
    assert exchange["request"]["uri"].endswith("/statuses/subscriber-1%40example.com?channel=EMAIL")
    assert {
        "message": "No access for Subscriber-1@example.com by REDACTED, "
        "see https://x.example/?to=Subscriber-1%40example.com.",
        "source": BEN,
        "managePreferencesUrl": "https://links.example.com/managePreferencesUrl",
        "context": {"subscriberIdString": [ANN]},
    } == json.loads(exchange["response"]["body"]["string"])
    assert {
        "content-type": ["application/json"],
        "location": ["https://api.hubapi.com/of/Subscriber-1%40example.com?by=subscriber-2%40example.com"],
    } == exchange["response"]["headers"]
    assert [] == leaks(exchange, [token, "jane", "customer", "personal", "secret"])


def test_nobody_else_is_written_to() -> None:
    """A scene can name those who take part, and nobody besides."""
    source = recording.Source("https://api.hubapi.com", "t", ("jane@own.example", "joe@own.example"))
    assert ("jane@own.example", ["joe@own.example"], 7) == source.meant((ANN, [BEN], 7))
    assert Change("joe@own.example", 1, "SUBSCRIBED") == source.meant(Change(BEN, 1, "SUBSCRIBED"))
    for stranger in ("subscriber-3@example.com", "jane@own.example", "anybody@example.com"):
        with pytest.raises(ValueError, match="HUBPREFS_RECORD_EMAILS"):
            source.meant([stranger])


def test_recording_from_hubspot_needs_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token alone records nothing: two addresses of one's own have to be named."""
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    assert not recording.from_hubspot()
    monkeypatch.setenv(TOKEN_VARIABLE, "pat-na1-real")
    assert recording.from_hubspot()
    for named_so in ("", "jane@own.example", "jane@own.example,Jane@own.example", "jane@own.example,joe"):
        monkeypatch.setenv(recording.ADDRESSES_VARIABLE, named_so)
        with pytest.raises(ValueError, match="two addresses of yours"):
            recording.hubspot()
    monkeypatch.setenv(recording.ADDRESSES_VARIABLE, "jane@own.example, joe@own.example")
    expected = recording.Source("https://api.hubapi.com", "pat-na1-real", ("jane@own.example", "joe@own.example"))
    assert expected == recording.hubspot()
    assert "own" not in repr(expected)
    assert "pat" not in repr(expected)


# What is recorded


@cache
def contract(version: str) -> dict[str, Any]:
    """The contract of a version."""
    document: dict[str, Any] = parsed((folder() / f"{version}.yaml").read_text("utf-8"))
    return document


def operation_of(version: str, exchange: dict[str, Any]) -> dict[str, Any]:
    """The operation of the contract that a request calls."""
    asked = exchange["request"]
    parts = urlsplit(asked["uri"]).path.split("/")
    paths = contract(version)["paths"]
    for path in sorted(paths, key=lambda path: path.count("{")):
        expected = path.split("/")
        if len(parts) == len(expected) and all(
            mine == theirs or mine.startswith("{") for mine, theirs in zip(expected, parts, strict=True)
        ):
            operation: dict[str, Any] = paths[path][asked["method"].lower()]
            return operation
    raise LookupError(f"{asked['uri']} is not in the contract of {version}")


@cache
def strictly(version: str, name: str) -> jsonschema_rs.Validator:
    """A schema as HubSpot declares it: with all it requires, no field beyond, no unknown word, real times.

    What a version is declared to add the sandbox does not know.
    """
    schemas = {
        key: {
            **schema,
            "required": [
                field
                for field in schema.get("x-hubspot", {}).get("required", schema.get("required", []))
                if f"{key}.{field}" not in declared.of(version).adds
            ],
            **({"additionalProperties": False} if "properties" in schema else {}),
        }
        for key, schema in contract(version)["components"]["schemas"].items()
    }
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def version_of(cassette: Path) -> str:
    """The version a cassette speaks."""
    return cassette.parent.name


def named(cassette: Path) -> str:
    """A cassette in the name of a test."""
    return cassette.relative_to(HERE).with_suffix("").as_posix()


@pytest.mark.parametrize("cassette", CASSETTES, ids=named)
def test_every_recorded_success_parses_strictly(cassette: Path) -> None:
    """A 2xx reply fulfils HubSpot's own schema to the letter, and the generated class reads and writes it."""
    version = version_of(cassette)
    wire = load(version)
    for exchange in interactions(cassette.read_text("utf-8")):
        status = exchange["response"]["status"]["code"]
        if not 200 <= status < 300:
            continue
        reply = json.loads(exchange["response"]["body"]["string"])
        schema = operation_of(version, exchange)["responses"][str(status)]["content"]["application/json"]["schema"]
        name = schema["$ref"].rpartition("/")[2]
        assert [] == [error.message for error in strictly(version, name).iter_errors(reply)]
        assert set(reply) == set(getattr(wire, name).from_dict(reply).to_dict())


def test_every_operation_of_every_version_is_recorded(version: str) -> None:
    """Each operation of the contract that has a method has a recorded success."""
    succeeded = {
        operation_of(version, exchange)["operationId"]
        for cassette in CASSETTES
        if version_of(cassette) == version
        for exchange in interactions(cassette.read_text("utf-8"))
        if exchange["response"]["status"]["code"] == 200
    }
    paths = contract(version)["paths"].values()
    there, difference = (
        {operation["operationId"] for path in paths for operation in path.values()},
        declared.of(version),
    )
    assert {*OPERATIONS.values()} - {*difference.lacks} == there - {*difference.adds} == succeeded


def test_every_cassette_belongs_to_a_scene() -> None:
    """No recording outlives its scene, and no scene lacks its recording."""
    there = set(CASSETTES)
    assert set() == {case.path for case in SANDBOX_CASES} - there
    assert set() == there - {case.path for case in SANDBOX_CASES + HUBSPOT_CASES}


def secrets() -> list[str]:
    """What no cassette may hold, besides what looks like an address or a token."""
    own = [address.strip() for address in os.environ.get(recording.ADDRESSES_VARIABLE, "").split(",")]
    names = [address.partition("@")[0] for address in own]
    return [
        *(part for address in recording.SANDBOX_ADDRESSES for part in address.split("@")),
        recording.SANDBOX_TOKEN,
        os.environ.get(TOKEN_VARIABLE, ""),
        *own,
        *(name for name in names if len(name) > 5),  # shorter ones are in other words
    ]


@pytest.mark.parametrize("cassette", CASSETTES, ids=named)
def test_no_cassette_holds_an_address_or_a_token(cassette: Path) -> None:
    """Whatever way they are written, there are pseudonyms and nothing else."""
    text = cassette.read_text("utf-8")
    assert [] == leaks(text, secrets())
    assert [] == leaks(parsed(text), secrets())


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param(("subscriber-1%40example.com", "jane.doe%2Bnews%40gmail.com"), id="address in a path"),
        pytest.param(("subscriber-1%40example.com", "jane%2540gmail.com"), id="address encoded twice"),
        pytest.param(("subscriber-1@example.com", "jane@example.com"), id="address that is no pseudonym"),
        pytest.param(("subscriber-1@example.com", "x.subscriber-1@example.com"), id="address around a pseudonym"),
        pytest.param(("subscriber-1@example.com", "jane\\u0040gmail.com"), id="address escaped"),
        pytest.param(("Bearer REDACTED", "Bearer CJ3h"), id="token"),
        pytest.param(("Bearer REDACTED", recording.SANDBOX_TOKEN), id="token of the sandbox"),
        pytest.param(("Public status API", "by pat-eu1-0a1b2c3d"), id="token in a reply"),
        pytest.param(("Public status API", "by jane.doe+news"), id="name of somebody known"),
    ],
)
def test_the_search_finds_what_is_planted(planted: tuple[str, str]) -> None:
    """One address or token, put into a recording that is clean, is found."""
    text = (HERE / "v4" / "set_status.yaml").read_text("utf-8")
    assert planted[0] in text
    assert [] != leaks(parsed(text.replace(*planted, 1)), secrets())


def test_every_cassette_names_hubspot_as_its_host(version: str) -> None:
    """A recording does not tell where the sandbox listened."""
    hosts = {
        urlsplit(exchange["request"]["uri"])[:2]
        for cassette in CASSETTES
        for exchange in interactions(cassette.read_text("utf-8"))
    }
    assert {("https", "api.hubapi.com")} == hosts
