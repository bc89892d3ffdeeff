"""A version taken in with all that follows from it: openapi/update.py, and openapi/watch.py."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from tests.conftest import Make
from tests.openapi.published import Node, published

import refresh
import rules
import update
import upstream
import watch
import words
from hubspot_preferences.versions import NAMES, VERSIONS

if TYPE_CHECKING:
    from tests.conftest import Listen

ROOT = update.ROOT
HERE = refresh.HERE
NEWEST = VERSIONS[-1]
CONTRACT = "openapi/2099-03.yaml"
ROW = "facade/hubspot_preferences/versions/__init__.py"
NEITHER = f"is none of {', '.join(NAMES)}, and not a new one such as 2027-03"
PLACES = ["CHANGELOG.md", "README.md", ROW, "pyproject.toml"]


def document(name: str, version: str = NEWEST.name) -> Node:
    """What HubSpot would publish for version `name`, had it the contract of `version`."""
    return published(refresh.bare(HERE / f"{version}.yaml"), version, name)


def broken(name: str, version: str = NEWEST.name) -> Node:
    """The same without an operation."""
    root = document(name, version)
    del root["paths"][f"/communication-preferences/{name}/definitions"]
    return root


class Checkout:
    """A copy of what the command writes to, and the command."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._monkeypatch, self._capsys = root, monkeypatch, capsys
        for path in [*HERE.glob("*.yaml"), *(ROOT / place for place in PLACES)]:
            (root / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path.relative_to(ROOT))
        monkeypatch.setattr(update, "ROOT", root)
        monkeypatch.setattr(refresh, "HERE", root / "openapi")
        monkeypatch.setattr(words, "HERE", root / "openapi")
        monkeypatch.delenv("TAKE", raising=False)
        self.first = self.files()
        self.out: list[str] = []
        self.err: list[str] = []

    def files(self) -> dict[str, str]:
        """Every file."""
        paths = [path for path in self.root.rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_text(encoding="utf-8") for path in paths}

    @property
    def added(self) -> dict[str, list[str]]:
        """What the command added to each file, by lines; a line that changed is added."""
        return {
            name: [line for line in text.splitlines() if line not in self.first.get(name, "").splitlines()]
            for name, text in self.files().items()
            if text != self.first.get(name)
        }

    def __call__(self, *arguments: object, main: Callable[[], None] = update.main) -> object:
        """Run it; the exit status, or what it ends with instead."""
        self._monkeypatch.setattr(sys, "argv", ["command", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        printed = self._capsys.readouterr()
        self.out, self.err = printed.out.splitlines(), printed.err.splitlines()
        return stop.value.code


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Checkout:
    """A copy for one test."""
    return Checkout(tmp_path / "checkout", monkeypatch, capsys)


@pytest.fixture
def publish(tmp_path: Path) -> Callable[[Node], Path]:
    """Writes a document to a file."""

    def write(root: Node) -> Path:
        path = tmp_path / "published.json"
        path.write_text(json.dumps(root), encoding="utf-8")
        return path

    return write


Publish = Callable[[Node], Path]


@pytest.fixture
def collection(listen: "Listen", monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Any, ...]]:
    """The replies of a server in the place of HubSpot's collection, by version; 404 for any other."""
    replies: dict[str, tuple[Any, ...]] = {}
    server = listen(lambda request: replies.get(request.split()[1].decode().split("/")[2], (404, "")))
    monkeypatch.setenv("COLLECTION", f"{server.url}/Rollouts/{{version}}/subscriptions.json")
    return replies


def test_a_contract_that_is_published_again_is_the_same(version: str) -> None:
    """What stands for HubSpot's document in these tests gives the contract it was made of."""
    bare = refresh.bare(HERE / f"{version}.yaml")
    assert json.dumps(bare) == json.dumps(rules.apply(published(bare, version, version))[0])


# A new version


def test_all_that_is_mechanical_is_done(checkout: Checkout, publish: Publish) -> None:
    """Contract, row, wheel, table and change log, each by one line or block; the same contract needs no words."""
    assert 0 == checkout("2099-03", publish(document("2099-03")), "2099-03-31")
    assert f"2099-03 is new; against {NEWEST}: the contract is the same" == checkout.out[0]
    assert [CONTRACT, "pyproject.toml", "README.md", "CHANGELOG.md", ROW] == [
        line.removeprefix("wrote ") for line in checkout.out[2:]
    ]
    contract = checkout.files()[CONTRACT]
    assert checkout.first[f"openapi/{NEWEST}.yaml"].replace(NEWEST.name, "2099-03") == contract
    names = ", ".join(f'"{name}"' for name in (*NAMES, "2099-03"))
    assert {
        "CHANGELOG.md": [
            f"- API version 2099-03, released on 2099-03-31; against {NEWEST} the contract is the same."
        ],
        "README.md": ["| `2099-03` | 2099-03-31 | 2100-09-30 |"],
        "pyproject.toml": ['"openapi/2099-03.yaml" = "hubspot_preferences/_openapi/2099-03.yaml"'],
        ROW: [
            f"VersionName = Literal[{names}]",
            'def _v2099_03() -> "Wire":',
            "    from hubspot_preferences_api.v2099_03 import wire",
            '    Version("2099-03", released=date(2099, 3, 31), load=_v2099_03),',
        ],
    } == {name: lines for name, lines in checkout.added.items() if name != CONTRACT}


def test_the_row_is_a_version(checkout: Checkout, publish: Publish) -> None:
    """The module with the new row runs, names the version last, and has it in the type of names."""
    checkout("2099-03", publish(document("2099-03")), "2099-03-31")
    names: dict[str, Any] = {
        "__name__": "hubspot_preferences.versions",
        "__package__": "hubspot_preferences.versions",
    }
    exec(checkout.files()[ROW], names)  # noqa: S102  # our own code
    row = names["VERSIONS"][-1]
    assert ("2099-03", date(2099, 3, 31), date(2100, 9, 30)) == (row.name, row.released, row.end_of_support)
    assert (*NAMES, "2099-03") == names["NAMES"] == get_args(names["VersionName"])


def test_it_stands_after_its_neighbours(checkout: Checkout, publish: Publish) -> None:
    """Each line follows that of the newest version."""
    checkout("2099-03", publish(document("2099-03")), "2099-03-31")
    files = checkout.files()
    for place, mark in (("README.md", "| `"), ("pyproject.toml", '"openapi/'), (ROW, '    Version("')):
        lines = [line for line in files[place].splitlines() if line.startswith(mark)]
        own = [position for position, line in enumerate(lines) if "2099-03" in line]
        assert [position + 1 for position, line in enumerate(lines) if NEWEST.name in line][-1:] == own
    section = files["CHANGELOG.md"].split("\n## ")[1]
    assert "2099-03" in section.rstrip().splitlines()[-1]


def test_twice_is_once(checkout: Checkout, publish: Publish) -> None:
    """A command that was broken off can be run again."""
    arguments = ("2099-03", publish(document("2099-03")), "2099-03-31")
    assert 0 == checkout(*arguments)
    files = checkout.files()
    for gone in (None, ROW, "README.md"):
        if gone:
            (checkout.root / gone).write_text(checkout.first[gone], encoding="utf-8")
        assert 0 == checkout(*arguments)
        assert files == checkout.files()


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_looks_otherwise_is_named(checkout: Checkout, publish: Publish, place: str) -> None:
    """Where a file is not as the command knows it nothing at all is written."""
    (checkout.root / place).write_text("something else\n", encoding="utf-8")
    before = checkout.files()
    assert 2 == checkout("2099-03", publish(document("2099-03")), "2099-03-31")
    assert [f"{place} does not look as it did: 2099-03 cannot be put in"] == checkout.err[-1:]
    assert before == checkout.files()


def test_what_needs_words_stops_it(checkout: Checkout, publish: Publish) -> None:
    """A new operation or field is listed, with what to do; nothing is written before it has words."""
    root = document("2099-03")
    root["paths"]["/communication-preferences/2099-03/audit"] = {
        "get": {"responses": {"200": {"description": ""}}}
    }
    root["components"]["schemas"]["SubscriptionStatus"]["properties"]["later"] = {"type": "string", "enum": ["A"]}
    assert 1 == checkout("2099-03", publish(root), "2099-03-31")
    assert [
        "needs our words in openapi/words.yaml:",
        "  fields.later",
        "  operations.get_audit.description",
        "  operations.get_audit.scopes",
        "  operations.get_audit.summary",
        "  schemas.Later.description",
        "Nothing was written. Put them in, then run the same command again.",
    ] == checkout.out[-7:]
    assert checkout.first == checkout.files()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            (),
            "usage: make update VERSION=2027-03 [UPSTREAM=<file or https URL>] [RELEASED=2027-03-15]; "
            "RELEASED for a new version",
        ),
        (
            ("2099-03", "x.json"),
            "RELEASED: 2099-03 is new; on which day did HubSpot release it? RELEASED=2027-03-15",
        ),
        (("2099-03", "x.json", "soon"), "RELEASED: 'soon' is not a day, such as 2027-03-15"),
        (("2099-03", "x.json", "2099-02-30"), "RELEASED: '2099-02-30' is not a day, such as 2027-03-15"),
        (
            ("2099-03", "x.json", "2020-01-01"),
            f"RELEASED: 2020-01-01 is before the release of {NEWEST} ({NEWEST.released})",
        ),
        (("2025-09", "x.json", "2025-09-01"), f"VERSION: 2025-09 is older than {NEWEST}, the newest here"),
        (
            ("v5", "x.json", "2099-03-31"),
            f"VERSION: 'v5' is none of {', '.join(NAMES)}, and not a new one such as 2027-03",
        ),
        (("latest",), f"VERSION: 'latest' is none of {', '.join(NAMES)}, and not a new one such as 2027-03"),
        (("../x",), f"VERSION: '../x' is none of {', '.join(NAMES)}, and not a new one such as 2027-03"),
        (("2026-03", "x.json", "2026-04-01"), "RELEASED: 2026-03 is known as released on 2026-03-30"),
        (("2099-03", "nowhere.json", "2099-03-31"), "nowhere.json: No such file or directory"),
        (("2099-03", "ftp://x.example/", "2099-03-31"), "ftp://x.example/: must be a file or an https URL"),
    ],
)
def test_arguments_that_cannot_be_used(checkout: Checkout, arguments: tuple[str, ...], line: str) -> None:
    """What is wrong or missing is said in one line, with status 2; nothing is written."""
    assert (2, [], [line]) == (checkout(*arguments), checkout.out, checkout.err)
    assert checkout.first == checkout.files()


# A known one


def test_a_known_version_that_did_not_change_stays(checkout: Checkout, publish: Publish) -> None:
    """Its release day may be given again."""
    for released in ("", str(NEWEST.released)):
        assert 0 == checkout(NEWEST, publish(document(NEWEST.name)), released)
        assert f"openapi/{NEWEST}.yaml stays as it is" == checkout.out[-1]
    assert checkout.first == checkout.files()


def test_a_known_version_that_changed_is_noted(checkout: Checkout, publish: Publish) -> None:
    """The contract and one line of the change log, once."""
    for _ in range(2):
        assert 0 == checkout(NEWEST, publish(broken(NEWEST.name)))
    assert [f"- API version {NEWEST}: the contract changed (1 breaking)."] == checkout.added["CHANGELOG.md"]
    assert {"CHANGELOG.md", f"openapi/{NEWEST}.yaml"} == set(checkout.added)


# HubSpot's collection


def test_a_document_of_the_collection_is_shown(checkout: Checkout, collection: dict[str, tuple[Any, ...]]) -> None:
    """Without UPSTREAM the document is that of HubSpot's collection, and named with what tells it from others."""
    body = json.dumps(document("2099-03"))
    for header, label in (
        ('etag: W/"abc"', 'ETag W/"abc"'),
        ("last-modified: Sun, 15 Mar 2099 10:00:00 GMT", "of Sun, 15 Mar 2099 10:00:00 GMT"),
        ("date: Sun, 15 Mar 2099 11:00:00 GMT", "read Sun, 15 Mar 2099 11:00:00 GMT"),
        ("x: y", "without ETag or date"),
    ):
        collection["2099-03"] = (200, body, header)
        assert 0 == checkout("2099-03", "", "2099-03-31")
        assert f"/Rollouts/2099-03/subscriptions.json ({label}" in checkout.out[1]
        assert checkout.out[1].endswith(f", sha256 {hashlib.sha256(body.encode()).hexdigest()[:16]})")


@pytest.mark.parametrize("name", ["2099-03", NEWEST.name])
def test_the_collection_breaks_nobody_unasked(
    checkout: Checkout, collection: dict[str, tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A breaking change out of it is shown and left alone, until TAKE=1 says that it is meant."""
    collection[name] = (200, json.dumps(broken(name)))
    released = "2099-03-31" if name == "2099-03" else ""
    for main, arguments in ((update.main, (name, "", released)), (refresh.main, (name,))):
        for value in (None, "0"):
            if value:
                monkeypatch.setenv("TAKE", value)
            assert (
                f"Nothing was written: {name} would break clients, and HubSpot's collection has held "
                "documents of versions that were not final. TAKE=1 takes it in all the same."
            ) == checkout(*arguments, main=main)
            assert "  breaking  api-removed-without-deprecation  GET /definitions" in checkout.out
            assert checkout.first == checkout.files()
        monkeypatch.delenv("TAKE")
    monkeypatch.setenv("TAKE", "1")
    assert 0 == checkout(name, "", released)
    assert f"openapi/{name}.yaml" in checkout.added


def test_looking_breaks_nobody(checkout: Checkout, collection: dict[str, tuple[Any, ...]]) -> None:
    """With --check the collection's document needs no consent, for nothing is written."""
    collection[NEWEST.name] = (200, json.dumps(broken(NEWEST.name)))
    assert 1 == checkout("--check", NEWEST, main=refresh.main)
    assert checkout.first == checkout.files()


def test_the_pattern_is_hubspots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing else is said it is the raw file of HubSpot's repository; an empty setting says nothing."""
    expected = (
        "https://raw.githubusercontent.com/HubSpot/HubSpot-public-api-spec-collection/main/PublicApiSpecs/"
        "Communication%20Preferences/Subscriptions/Rollouts/176901/2026-09/subscriptions.json"
    )
    monkeypatch.delenv("COLLECTION", raising=False)
    assert expected == upstream.address("2026-09")
    monkeypatch.setenv("COLLECTION", "")
    assert expected == upstream.address("2026-09")


# Every version


def test_every_version_is_watched(checkout: Checkout, collection: dict[str, tuple[Any, ...]]) -> None:
    """One verdict each with the document it is about; 1 where any changed, 2 where any could not be read."""

    def watched() -> object:
        return checkout(main=lambda: refresh.run(watch.watch))

    collection.update({name: (200, json.dumps(document(name, name)), 'etag: "x"') for name in NAMES})
    assert 0 == watched()
    assert list(NAMES) == [line.split(": the contract is the same [http://127.0.0.1:")[0] for line in checkout.out]
    assert all('/subscriptions.json (ETag "x", sha256 ' in line for line in checkout.out)

    collection["2026-03"] = (200, json.dumps(broken("2026-03", "2026-03")))
    assert 1 == watched()
    assert ["v4", "2026-03", "", *NAMES[2:]] == [line.split(":")[0].split("  ")[0] for line in checkout.out]
    assert checkout.out[1].startswith("2026-03: the contract changed (1 breaking) [")

    collection["v4"] = (200, "<html>")
    assert 2 == watched()
    assert checkout.out[0].startswith("v4: could not be looked at: subscriptions.json is not an OpenAPI document")
    assert checkout.first == checkout.files()


@pytest.mark.slow
@pytest.mark.parametrize(("reply", "status"), [(None, 2), ("same", 0), ("broken", 1)])
def test_make_ends_as_the_watch_does(
    collection: dict[str, tuple[Any, ...]], reply: str | None, status: int
) -> None:
    """`make watch` ends with 0, 1 or 2 as the script does."""
    if not (make := shutil.which("make")) or not (Path(sys.prefix) / ".ready-generate").is_file():
        pytest.skip("this is not the environment that make made, or there is no make")
    if reply:
        collection.update({name: (200, json.dumps(document(name, name))) for name in NAMES})
    if reply == "broken":
        collection["v4"] = (200, json.dumps(broken("v4", "v4")))
    command = [make, "watch", f"VENV={sys.prefix}"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert status == done.returncode, done.stderr
    assert list(NAMES) == [line.split(":")[0] for line in done.stdout.splitlines() if not line.startswith(" ")]


# All of it


@pytest.mark.ci
def test_a_version_is_added_in_one_command(copied: Path, make: Make, publish: Publish) -> None:
    """In a copy of the checkout, with no file edited by hand; a token at hand is not used for it.

    The version is another one than in the tests above, which run in the copy as well.
    """
    arguments = ("VERSION=2098-09", f"UPSTREAM={publish(document('2098-09'))}", "RELEASED=2098-09-15")
    done = make("update", *arguments, HUBSPOT_ACCESS_TOKEN="pat-made-up", HUBPREFS_RECORD_EMAILS="")
    assert 0 == done.returncode, done.stdout[-5000:] + done.stderr[-5000:]
    cassettes = {path.name for path in (copied / "tests" / "cassettes" / NEWEST.name).glob("*.yaml")}
    assert cassettes == {path.name for path in (copied / "tests" / "cassettes" / "2098-09").glob("*.yaml")}
    demo = make("demo")
    assert (0, True) == (demo.returncode, f"{NEWEST} and 2098-09" in demo.stdout)
