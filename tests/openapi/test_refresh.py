"""From HubSpot's document to the contract: openapi/refresh.py, and what it refuses."""

import copy
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import generate
import refresh
import rules
import words
from hubspot_preferences.contracts import documents
from hubspot_preferences.contracts.diff import difference
from hubspot_preferences.contracts.openapi import Document, walk
from hubspot_preferences.versions import NAMES

if TYPE_CHECKING:
    from tests.conftest import Listen

HERE = Path(refresh.__file__).parent
Node = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of openapi/'s data, which the scripts take for the real one."""
    copied = tmp_path / "openapi"
    copied.mkdir()
    for path in HERE.glob("*.yaml"):
        shutil.copy(path, copied)
    monkeypatch.setattr(refresh, "HERE", copied)
    monkeypatch.setattr(words, "HERE", copied)
    return copied


class Refresh:
    """Runs the command; what it ends with and says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._monkeypatch, self._capsys, self.folder = monkeypatch, capsys, folder
        self.out: list[str] = []
        self.err: list[str] = []

    def __call__(self, *arguments: object) -> object:
        """The exit status."""
        self._monkeypatch.setattr(sys, "argv", ["refresh.py", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            refresh.main()
        said = self._capsys.readouterr()
        self.out, self.err = said.out.splitlines(), said.err.splitlines()
        return stop.value.code

    def files(self) -> dict[str, bytes]:
        """Every file of the folder."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> Refresh:
    """The command, on a copy of the contracts."""
    return Refresh(monkeypatch, capsys, folder)


@pytest.fixture
def publish(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes a document to a file."""

    def write(document: Any) -> Path:
        path = tmp_path / "published.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path

    return write


Publish = Callable[[Any], Path]


def nodes(node: Any) -> Iterator[Node]:
    """Every mapping of a document."""
    return walk(node)


# What changed


def test_the_contract_is_what_the_document_gives(
    run: Refresh, upstream: Node, version: str, reference: Path
) -> None:
    """The checked-in contract is, byte for byte, what HubSpot's document, the rules and our words make."""
    (run.folder / f"{version}.yaml").unlink()
    assert 0 == run(version, reference / "upstream" / f"{version}.json")
    assert (HERE / f"{version}.yaml").read_bytes() == (run.folder / f"{version}.yaml").read_bytes()
    assert f"wrote openapi/{version}.yaml; next: make generate" == run.out[-1]


NARROWED = [
    "  breaking  request-property-type-changed  SubscriberStatusRequest.subscriptionId "
    "integer/int64 → integer/int32  in POST /statuses/batch/write",
    "  info      response-property-type-specialized  SubscriptionTranslation.createdAt "
    "integer/int64 → integer/int32  in GET /definitions",
    "  info      response-property-type-specialized  SubscriptionTranslation.subscriptionId "
    "integer/int64 → integer/int32  in GET /definitions",
    "  info      response-property-type-specialized  SubscriptionTranslation.updatedAt "
    "integer/int64 → integer/int32  in GET /definitions",
    "  info      response-property-type-specialized  SubscriptionStatus.subscriptionId "
    "integer/int64 → integer/int32  in 6 operations",
]
NO_207 = [
    "  breaking  response-success-status-removed  207  in POST /statuses/batch/read",
    "  breaking  response-success-status-removed  207  in POST /statuses/batch/unsubscribe-all/read",
    "  info      response-optional-property-added  BatchStatusResults.errors  in POST /statuses/batch/read",
    "  info      response-optional-property-added  BatchStatusResults.numErrors  in POST /statuses/batch/read",
    "  info      response-optional-property-added  BatchWideStatusResults.errors  "
    "in POST /statuses/batch/unsubscribe-all/read",
    "  info      response-optional-property-added  BatchWideStatusResults.numErrors  "
    "in POST /statuses/batch/unsubscribe-all/read",
]
ADDED = [
    "  info      endpoint-added  POST /resubscribe",
    "  info      endpoint-added  GET /status/email/{emailAddress}",
    "  info      endpoint-added  POST /subscribe",
    "  info      endpoint-added  POST /unsubscribe",
]


@pytest.mark.parametrize(
    ("version", "name", "status", "verdict", "changes"),
    [
        ("v4", "v4", 0, "v4: the contract is the same", []),
        ("2026-03", "2026-03", 0, "2026-03: the contract is the same", []),
        (
            "2026-03",
            "2026-03-invalid-no-scopes",
            1,
            "2026-03: the contract changed (1 breaking, 4 info)",
            NARROWED,
        ),
        (
            "2026-03",
            "2026-03-before-207",
            1,
            "2026-03: the contract changed (3 breaking, 8 info)",
            [*NARROWED, *NO_207],
        ),
        (
            "2025-09",
            "2025-09",
            1,
            f"2025-09 is new; against {NAMES[-1]}: the contract changed (3 breaking, 12 info)",
            [*NARROWED, *NO_207, *ADDED],
        ),
    ],
)
def test_the_verdict_on_hubspots_documents(
    run: Refresh, reference: Path, version: str, name: str, status: int, verdict: str, changes: list[str]
) -> None:
    """Each document that HubSpot published gets the right verdict, and looking writes nothing."""
    before = run.files()
    assert status == run("--check", version, reference / "upstream" / f"{name}.json")
    assert verdict == run.out[0]
    assert sorted(changes) == sorted(
        line for line in run.out if line.startswith(("  breaking", "  info", "  warn"))
    )
    assert f"openapi/{version}.yaml {'was not written' if status else 'stays as it is'}" in run.out
    flaws = ["warning: components/securitySchemes/oauth2 is not valid OpenAPI; the contract made of it is"]
    assert (flaws if "no-scopes" in name else []) == run.err
    assert before == run.files()


def test_a_document_of_another_version_is_refused(run: Refresh, reference: Path) -> None:
    """v4's document does not become the contract of 2026-03 by a slip of the keyboard."""
    before = run.files()
    for name, there in (("v4", "v4"), ("2025-09", "2025-09")):
        assert 2 == run("2026-03", reference / "upstream" / f"{name}.json")
        assert [] == run.out
        (line,) = run.err
        assert "is not about 2026-03: no path begins with /communication-preferences/2026-03/" in line
        assert f"'/communication-preferences/{there}/definitions'" in line
    assert before == run.files()


def test_a_prerelease_that_circulates_shows_what_it_breaks(
    run: Refresh, reference: Path, publish: Publish
) -> None:
    """A document that calls itself 2026-09 and has the old shape is a breaking change, and says which."""
    text = (reference / "upstream" / "2025-09.json").read_text(encoding="utf-8").replace("2025-09", "2026-09")
    assert 1 == run("--check", "2026-09", publish(text))
    assert "2026-09: the contract changed (3 breaking, 12 info)" == run.out[0]


def test_there_and_back(run: Refresh, reference: Path) -> None:
    """A change lands in the file; taking the first document in again gives the first bytes again."""
    before = run.files()
    upstream = reference / "upstream"
    assert 0 == run("2026-03", upstream / "2026-03-before-207.json")
    assert "wrote openapi/2026-03.yaml; next: make generate" == run.out[-1]
    changed = {name for name, data in run.files().items() if data != before[name]}
    assert {"2026-03.yaml"} == changed
    assert 0 == run("2026-03", upstream / "2026-03.json")
    assert "  info      response-success-status-added  207  in POST /statuses/batch/read" in run.out
    assert before == run.files()


def cuts(upstream: Node) -> Iterator[tuple[str | int, ...]]:
    """The way to everything whose absence is a change: fields, values, parameters, replies, operations."""
    for name, schema in upstream["components"]["schemas"].items():
        at = ("components", "schemas", name)
        yield from ((*at, "required", index) for index in range(len(schema.get("required", ()))))
        for field, value in schema.get("properties", {}).items():
            yield (*at, "properties", field)
            yield from ((*at, "properties", field, "enum", index) for index in range(len(value.get("enum", ()))))
    for path, item in upstream["paths"].items():
        for method, operation in item.items():
            at = ("paths", path, method)
            yield at
            yield from ((*at, "parameters", index) for index in range(len(operation.get("parameters", ()))))
            yield from ((*at, "responses", code) for code in operation["responses"])


@pytest.mark.slow
def test_every_single_change_shows(upstream: Node, version: str) -> None:
    """Taking any one field, value, parameter, reply or operation away changes the contract, and is told."""
    bare = rules.apply(upstream)[0]
    every = list(cuts(upstream))
    assert len(every) > 200
    found = every[version == "v4" :: 2]  # the documents are alike: each version's takes a half
    silent = []
    for *way, last in found:
        document = copy.deepcopy(upstream)
        node: Any = document
        for key in way:
            node = node[key]
        cut = node[last]
        del node[last]
        if isinstance(cut, dict) and cut.get("in") == "path":
            with pytest.raises(ValueError, match="do not fit each other"):
                rules.apply(document)
            continue
        after = rules.apply(document)[0]
        diff = difference(Document(version, bare), Document(version, after))
        if after == bare or not diff.changes:
            silent.append((*way, last))
    assert [] == silent


def shuffled(node: Any, chance: random.Random, names: bool = False) -> Any:
    """The same contract, said in another order and in other prose. names: the keys are HubSpot's names."""
    if isinstance(node, list):
        return [shuffled(value, chance) for value in node]
    if not isinstance(node, dict):
        return node
    found: Node = {}
    for key in chance.sample(list(node), len(node)):
        value = node[key]
        if not names:
            if key in ("description", "summary", "title", "operationId") and isinstance(value, str):
                value = chance.choice(["", value[::-1], "Ein Satz. 'Noch' einer\n{{ so }}"])
            elif key in ("enum", "required", "parameters", "security", "tags") and isinstance(value, list):
                value = chance.sample(value, len(value))
            elif key == "scopes":
                value = dict.fromkeys(chance.sample(list(value), chance.randint(0, len(value))), "?")
        found[key] = shuffled(value, chance, names=key in ("properties", "schemas", "content") and not names)
    if not names and chance.random() < 0.1:
        found[f"x-{chance.randint(0, 99)}"] = {"any": ["thing", None]}
    return found


@pytest.mark.parametrize("name", ["v4", "2026-03"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_what_binds_nobody_leaves_the_file_alone(reference: Path, name: str, seed: int) -> None:
    """Any order of keys, values and parameters, any prose, tags, ids, scopes and x- fields: the same bytes."""
    chance = random.Random(seed)  # noqa: S311  # nothing secret
    document = shuffled(json.loads((reference / "upstream" / f"{name}.json").read_text(encoding="utf-8")), chance)
    for _, _, operation in Document("", document).operations():
        operation["tags"] = [str(seed)]
        operation["security"] = [{"oauth2": [str(seed)]}] if seed % 2 else []
    made = words.text(rules.apply(document)[0], name, words.Words.read())
    assert (HERE / f"{name}.yaml").read_text(encoding="utf-8") == made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "name", "status"),
    [("v4", "v4", 0), ("2026-03", "2026-03-before-207", 1), ("2026-03", "v4", 2)],
)
def test_make_ends_as_the_script_does(reference: Path, version: str, name: str, status: int) -> None:
    """`make refresh CHECK=1` ends with 1 for a changed contract and with 2 for a bad document."""
    if not (make := shutil.which("make")) or not (Path(sys.prefix) / ".ready-generate").is_file():
        pytest.skip("this is not the environment that make made, or there is no make")
    document = reference / "upstream" / f"{name}.json"
    command = [make, "refresh", "CHECK=1", f"VENV={sys.prefix}", f"VERSION={version}", f"UPSTREAM={document}"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(command, cwd=HERE.parent, env=environment, capture_output=True, check=False)
    assert status == done.returncode, done.stderr


# Words


def added(upstream: Node) -> Node:
    """The document with a new field, a new enum, a new schema, a new parameter and a new operation."""
    schemas = upstream["components"]["schemas"]
    schemas["PublicStatus"]["properties"]["addedLater"] = {"type": "string", "enum": ["A", "B"]}
    schemas["PublicStatus"]["properties"]["other"] = {"$ref": "#/components/schemas/AddedSchema"}
    schemas["AddedSchema"] = {"type": "object", "properties": {"name": {"type": "string"}}}
    first = next(iter(upstream["paths"]))
    upstream["paths"][first]["get"]["parameters"].append(
        {"name": "addedParameter", "in": "query", "required": False, "schema": {"type": "string"}}
    )
    reply = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    upstream["paths"][first.rsplit("/", 1)[0] + "/audit"] = {"get": {"responses": {"200": reply}}}
    return upstream


NEEDED = [
    "fields.addedLater",
    "fields.other",
    "operations.get_audit.description",
    "operations.get_audit.scopes",
    "operations.get_audit.summary",
    "parameters.addedParameter",
    "schemas.AddedLater.description",
    "schemas.AddedSchema.description",
]


def test_what_has_no_words_yet_is_listed(
    run: Refresh, upstream: Node, version: str, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New things are taken in under names by rule and listed; the check fails until they have words."""
    assert [] == generate.reword(check=True)
    assert 0 == run(version, publish(added(upstream)))
    place = run.out.index("needs our words in openapi/words.yaml; until they are there, make check fails:")
    assert [f"  {entry}" for entry in NEEDED] == run.out[place + 1 :]
    missing = [f"missing    {entry}: needs our words in openapi/words.yaml" for entry in NEEDED]
    assert missing == generate.reword(check=True)

    book = yaml.safe_load((run.folder / "words.yaml").read_text(encoding="utf-8"))
    for entry in NEEDED:
        part, name, *more = entry.split(".")
        if more:
            book[part].setdefault(name, {})[more[0]] = [["some.scope"]] if more[0] == "scopes" else "Said."
        else:
            book[part][name] = "Said."
    (run.folder / "words.yaml").write_text(yaml.safe_dump(book), encoding="utf-8")
    different = [f"different  openapi/{version}.yaml: its words are not those of words.yaml"]
    assert different == generate.reword(check=True)
    assert [] == generate.reword(check=False)
    assert [] == generate.reword(check=True)
    contract = yaml.safe_load((run.folder / f"{version}.yaml").read_text(encoding="utf-8"))
    assert "Said." == contract["components"]["schemas"]["AddedLater"]["description"]
    operation = contract["paths"][f"/communication-preferences/{version}/audit"]["get"]
    assert ("Said.", [["some.scope"]]) == (operation["summary"], operation["x-hubspot-scopes"])


def test_words_nobody_needs_are_listed(folder: Path) -> None:
    """An entry of words.yaml that no contract has use for is stale, at every place where entries stand."""
    book = yaml.safe_load((folder / "words.yaml").read_text(encoding="utf-8"))
    book["operations"]["gone"] = {"summary": "x"}
    book["fields"]["goneField"] = "x"
    book["schemas"]["Gone"] = {"description": "x"}
    book["schemas"]["WideStatus"]["fields"] = {"gone": "x"}
    (folder / "words.yaml").write_text(yaml.safe_dump(book), encoding="utf-8")
    gone = {line.split(":")[0].split()[-1] for line in generate.reword(check=True)}
    assert {
        "operations.gone.summary",
        "operations.gone.description",
        "operations.gone.scopes",
        "fields.goneField",
        "schemas.Gone.description",
        "schemas.WideStatus.fields.gone",
    } == gone


def test_the_check_fails_on_words(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """`generate.py --check` stops at a contract whose words were changed by hand."""
    path = folder / "v4.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Somebody", "X").replace("summary: ", "summary: X "))
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    with pytest.raises(SystemExit) as stop:
        generate.main()
    assert "openapi/words.yaml does not fit the contracts. Change it, then run `make generate`." == stop.value.code
    assert "different  openapi/v4.yaml: its words are not those of words.yaml\n" == capsys.readouterr().out


# The same, said otherwise


def fields(document: Node) -> Node:
    """The fields of a schema that replies are made of."""
    found: Node = document["components"]["schemas"]["PublicStatus"]["properties"]
    return found


def definitions(document: Node) -> Node:
    """The path of one operation, which has parameters and no body."""
    found: Node = next(item for path, item in document["paths"].items() if path.endswith("/definitions"))
    return found


def wrapped_enum(document: Node) -> None:
    """An enum under a name, wrapped to carry a description."""
    document["components"]["schemas"]["Named"] = fields(document)["status"]
    reference = {"$ref": "#/components/schemas/Named"}
    fields(document)["status"] = {"allOf": [reference], "description": "Prose."}


def shared_link(document: Node) -> None:
    """A reply that leads to nothing but prose: its links."""
    document["components"]["links"] = {"Next": {"operationId": "x'y"}}
    definitions(document)["get"]["responses"]["200"]["links"] = {"a": {"$ref": "#/components/links/Next"}}


SAME: dict[str, Callable[[Node], object]] = {
    "wrapped enum": wrapped_enum,
    "links": shared_link,
    "no least length": lambda document: fields(document)["source"].update(minLength=0),
    "more fields allowed": lambda document: document["components"]["schemas"]["PublicStatus"].update(
        additionalProperties=True
    ),
    "any more fields": lambda document: document["components"]["schemas"]["PublicStatus"].update(
        additionalProperties={"description": "Anything."}
    ),
    "required twice": lambda document: document["components"]["schemas"]["PublicStatus"]["required"].append(
        "status"
    ),
}


@pytest.mark.parametrize("kind", SAME)
def test_the_same_said_otherwise_leaves_the_file_alone(upstream: Node, version: str, kind: str) -> None:
    """Several ways to say one thing give the same bytes."""
    SAME[kind](upstream)
    made = words.text(rules.apply(upstream)[0], version, words.Words.read())
    assert (HERE / f"{version}.yaml").read_text(encoding="utf-8") == made


LATER: dict[str, tuple[Callable[[Node], object], str]] = {
    "null by oneOf": (
        lambda document: fields(document).update(source={"oneOf": [{"type": "string"}, {"type": "null"}]}),
        "response-property-became-nullable",
    ),
    "servers of a path": (
        lambda document: definitions(document).update(servers=[{"url": "https://x.example"}]),
        "operation-servers-changed",
    ),
    "no servers": (lambda document: document.pop("servers"), "servers-changed"),
    "a header": (
        lambda document: definitions(document)["get"]["responses"]["200"].update(
            headers={"x-request-id": {"schema": {"type": "string"}}}
        ),
        "response-header-added",
    ),
    "a media type": (
        lambda document: definitions(document)["get"]["responses"]["200"]["content"].update({"x-a/b": {}}),
        "response-media-type-added",
    ),
    "parameters of a name": (
        lambda document: definitions(document)["get"]["parameters"].extend(
            {"name": "q", "in": where, "schema": {"type": "string"}} for where in ("query", "header", "cookie")
        ),
        "new-optional-request-parameter",
    ),
    "a parameter with content": (
        lambda document: definitions(document)["get"]["parameters"].append(
            {"name": "q", "in": "query", "content": {"application/json": {"schema": {"type": "string"}}}}
        ),
        "new-optional-request-parameter",
    ),
    "choices of choices": (
        lambda document: fields(document).update(
            later={
                "anyOf": [
                    {
                        "allOf": [
                            {"$ref": "#/components/schemas/Error"},
                            {"type": "object", "required": ["b", "a"]},
                        ]
                    },
                    {
                        "allOf": [
                            {"$ref": "#/components/schemas/Error"},
                            {"type": "object", "required": ["a", "c"]},
                        ]
                    },
                ]
            }
        ),
        "response-optional-property-added",
    ),
}


@pytest.mark.parametrize("kind", LATER)
def test_what_is_new_is_told_and_stays(upstream: Node, version: str, kind: str) -> None:
    """The change is found, the file gives the same contract when it is read, and order changes nothing in it."""
    before = rules.apply(upstream)[0]
    change, rule = LATER[kind]
    change(upstream)
    after = rules.apply(upstream)[0]
    diff = difference(Document(version, before), Document(version, after))
    assert {rule} == {found.rule for found in diff.changes}
    text = words.text(after, version, words.Words.read())
    assert json.dumps(after) == json.dumps(words.bare(documents.parse(text.encode(), version)))
    upturned = json.loads(json.dumps(upstream), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    for node in nodes(upturned):
        for key in ("parameters", "required", "allOf", "anyOf"):
            if isinstance(node.get(key), list):
                node[key].reverse()
    assert text == words.text(rules.apply(upturned)[0], version, words.Words.read())


def test_a_default_is_data(upstream: Node) -> None:
    """What a default holds is no prose, whatever it is called."""
    fields(upstream)["source"]["default"] = {"description": "x"}
    made = rules.schemas(rules.apply(upstream)[0])["SubscriptionStatus"]["properties"]["source"]
    assert {"description": "x"} == made["x-hubspot"]["default"]


def test_a_shared_header_is_written_out(upstream: Node) -> None:
    """A header that stands in the components is the same as one in its place."""
    header = {"schema": {"type": "integer"}}
    reply = definitions(upstream)["get"]["responses"]["200"]
    reply["headers"] = {"X-Limit": header}
    plain = rules.apply(upstream)[0]
    upstream["components"]["headers"] = {"Limit": header}
    reply["headers"] = {"X-Limit": {"$ref": "#/components/headers/Limit"}}
    assert plain == rules.apply(upstream)[0]


def test_a_value_of_another_type_is_a_change(run: Refresh, upstream: Node, version: str, publish: Publish) -> None:
    """1 and true are equal in Python only: the exit status says what the file would."""
    fields(upstream)["source"]["default"] = 1
    assert 0 == run(version, publish(upstream))
    assert 0 == run("--check", version, publish(upstream))
    fields(upstream)["source"]["default"] = True
    assert 1 == run("--check", version, publish(upstream))


def test_a_document_in_yaml_may_hold_dates(run: Refresh, upstream: Node, version: str, publish: Publish) -> None:
    """What YAML takes for a date is text."""
    fields(upstream)["source"]["example"] = "DAY"
    text = yaml.safe_dump(upstream, sort_keys=False).replace("example: DAY", "example: 2026-01-01")
    assert 0 == run("--check", version, publish(text))
    assert f"{version}: the contract is the same" == run.out[0]


def test_paths_of_two_versions_are_refused(run: Refresh, upstream: Node, version: str, publish: Publish) -> None:
    """Where most paths are another version's, the client of this one would call that."""
    paths = upstream["paths"]
    for path in list(paths)[1:]:
        paths[path.replace(version, "2031-03")] = paths.pop(path)
    assert 2 == run(version, publish(upstream))
    assert f"is not only about {version}: there is '/communication-preferences/2031-03/" in run.err[0]


def test_a_warning_cannot_move_the_cursor(run: Refresh, upstream: Node, version: str, publish: Publish) -> None:
    """The place of a flaw is the document's word, and shown as such."""
    definitions(upstream)["get"]["callbacks"] = {"a\x1b[2J\nb": 5}
    assert 0 == run("--check", version, publish(upstream))
    assert all(line.isprintable() for line in run.err)
    assert any(r"a\x1b[2J\nb" in line for line in run.err)


def test_a_link_stays_one(run: Refresh, reference: Path, tmp_path: Path) -> None:
    """A contract that lies elsewhere is written there."""
    path, real = run.folder / "2026-03.yaml", tmp_path / "real.yaml"
    path.rename(real)
    path.symlink_to(real)
    assert 0 == run("2026-03", reference / "upstream" / "2026-03-before-207.json")
    assert path.is_symlink()
    assert b"207" not in real.read_bytes()


# What cannot be taken in

ROOT = '{"openapi": "3.0.1", "info": {}, '
PATH = '"/communication-preferences/v4/a"'
BROKEN = {
    "empty": ("", "is no mapping"),
    "not a document": ("<!DOCTYPE html><title>Not found</title>", "is no mapping"),
    "truncated": (ROOT + '"paths": {' + PATH, "cannot be read"),
    "not a number": (ROOT + '"paths": NaN}', "NaN is not JSON"),
    "a list": ("[1, 2]", "is no mapping"),
    "no version": ('{"paths": {"/a": {}}}', "does not say openapi: 3.x"),
    "no paths": (ROOT + '"paths": {}}', "it has no paths"),
    "null paths": (ROOT + '"paths": null}', "it has no paths"),
    "huge": (ROOT + '"x": "' + "x" * documents.LARGEST + '"}', "larger than 5,000,000 bytes"),
    "deep": (ROOT + '"x": ' + "[" * 100 + "]" * 100 + "}", "nested more than 64 levels"),
    "very deep": ("[" * 200_000, "nested more than 64 levels"),
    "no target": (
        ROOT + f'"paths": {{{PATH}: {{"get": {{"responses": {{"200": {{"$ref": "#/components/x"}}}}}}}}}}}}',
        "'#/components/x' points to nothing",
    ),
    "another file": (
        ROOT + f'"paths": {{{PATH}: {{"get": {{"responses": {{"200": {{"$ref": "file:///etc/passwd"}}}}}}}}}}}}',
        "'file:///etc/passwd' points out of it",
    ),
    "kinds": (ROOT + f'"paths": {{{PATH}: {{"get": {{"responses": []}}}}}}}}', "'responses' is a list"),
    "code": (
        ROOT + f'"paths": {{{PATH}: {{"get": {{"responses": {{"__import__(1)": {{}}}}}}}}}}}}',
        "holds what must not get into code",
    ),
    "half of a character among what is required": (
        ROOT + f'"paths": {{{PATH}: {{}}}}, "components": {{"schemas": {{"A": {{"required": ["\\ud800"]}}}}}}}}',
        "half of a character",
    ),
    "half of a character in a tag": (
        ROOT + f'"paths": {{{PATH}: {{"get": {{"responses": {{}}, "tags": ["\\ud800"]}}}}}}}}',
        "half of a character",
    ),
    "half of a character in security": (
        ROOT + f'"paths": {{{PATH}: {{"get": {{"responses": {{}}, "security": [{{"\\ud800": []}}]}}}}}}}}',
        "half of a character",
    ),
    "a schema with a slash": (
        ROOT
        + f'"paths": {{{PATH}: {{"get": {{"responses": {{"200": {{"description": "", "content": '
        + '{"a/b": {"schema": {"$ref": "#/components/schemas/A~1B"}}}}}}}}, '
        + '"components": {"schemas": {"A/B": {}}}}',
        "a name holds what must not get into code: 'A~1B'",
    ),
    "terminal": (ROOT + '"paths": {"\\u001b[31m": {"get": {"responses": {}}}}}', "is not about v4"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_document_is_refused(run: Refresh, publish: Publish, kind: str) -> None:
    """One line that names the file and what is wrong with it, status 2, and nothing written."""
    text, why = BROKEN[kind]
    before = run.files()
    for check in ([], ["--check"]):
        assert 2 == run(*check, "v4", path := publish(text))
        assert [] == run.out
        (line,) = run.err
        assert why in line
        assert str(path) in line
        assert line.isprintable()
    assert before == run.files()


def test_a_document_cut_anywhere_is_refused(run: Refresh, reference: Path, publish: Publish) -> None:
    """A download that broke off is refused wherever it did."""
    text = (reference / "upstream" / "v4.json").read_text(encoding="utf-8")
    before = run.files()
    for length in range(0, len(text) - 1, 4321):
        assert 2 == run("v4", publish(text[:length])), length
        assert 1 == len(run.err)
    assert before == run.files()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "usage: make refresh VERSION=2026-03 [UPSTREAM=<file or https URL>] [CHECK=1]"),
        (("", "x.json"), "usage: make refresh VERSION=2026-03 [UPSTREAM=<file or https URL>] [CHECK=1]"),
        (("../evil", "x.json"), "VERSION: '../evil' is not a version, such as v4 or 2026-03"),
        (("latest", "x.json"), "VERSION: 'latest' is not a version, such as v4 or 2026-03"),
        (("v4", "nowhere.json"), "nowhere.json: No such file or directory"),
        (("v4", "/"), "/: Is a directory"),
        (("v4", "http://example.com/v4.json"), "http://example.com/v4.json: must be a file or an https URL"),
        (("v4", "ftp://example.com/v4.json"), "ftp://example.com/v4.json: must be a file or an https URL"),
    ],
)
def test_arguments_that_cannot_be_used(run: Refresh, arguments: tuple[str, ...], line: str) -> None:
    """Wrong arguments are told in one line, with status 2."""
    assert (2, [], [line]) == (run(*arguments), run.out, run.err)


def test_nothing_is_half_written(run: Refresh, reference: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk gives up, the contract is as it was and no other file is left."""
    before = run.files()

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "replace", full)
    assert 2 == run("2026-03", reference / "upstream" / "2026-03-before-207.json")
    assert run.err[-1].endswith(": No space left on device")
    assert before == run.files()


def test_a_contract_that_was_damaged_is_named(run: Refresh, reference: Path) -> None:
    """A contract file that refresh did not write is not compared with, and not overwritten."""
    path = run.folder / "v4.yaml"
    for text, why in (("openapi: [", "cannot be read"), ("a: 1", "is not a contract of `make refresh`")):
        path.write_text(text, encoding="utf-8")
        assert 2 == run("v4", reference / "upstream" / "v4.json")
        assert why in run.err[-1]
        assert text == path.read_text(encoding="utf-8")


# By HTTP


def test_a_document_is_fetched(run: Refresh, reference: Path, listen: "Listen") -> None:
    """A URL is as good as a file."""
    body = (reference / "upstream" / "v4.json").read_bytes()
    server = listen(lambda request: (200, body))
    assert 0 == run("--check", "v4", f"{server.url}/v4.json")
    verdict, label, last = run.out
    assert ("v4: the contract is the same", "openapi/v4.yaml stays as it is") == (verdict, last)
    assert label.startswith(f"read {server.url}/v4.json (")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ((404, "nothing here"), "HTTP 404 instead of a document"),
        ((302, "", "location: http://127.0.0.1:9/"), "HTTP 302 instead of a document"),
        ((200, "<html>"), "v4.json is not an OpenAPI document: it is no mapping"),
        (None, "RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{", "RemoteProtocolError"),
        ((200, b"x" * (documents.LARGEST + 1)), "larger than 5,000,000 bytes"),
    ],
    ids=["404", "302", "html", "hung up", "cut", "huge"],
)
def test_what_the_network_does_is_told(run: Refresh, listen: "Listen", reply: Any, why: str) -> None:
    """A download that fails, or brings something else, is refused in one line."""
    server = listen(lambda request: reply)
    assert 2 == run("v4", f"{server.url}/v4.json")
    (line,) = run.err
    assert why in line


def test_a_download_ends(run: Refresh, reference: Path, listen: "Listen", monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends a little at a time is not listened to for ever."""
    body = (reference / "upstream" / "v4.json").read_bytes()
    server = listen(lambda request: (200, body))
    monkeypatch.setattr("upstream.time.monotonic", iter(range(0, 10_000, 100)).__next__)
    assert 2 == run("v4", f"{server.url}/v4.json")
    assert [f"{server.url}/v4.json: took more than 30 seconds"] == run.err


def test_nobody_there(run: Refresh) -> None:
    """A server that is not there is told in one line."""
    assert 2 == run("v4", "http://127.0.0.1:9/v4.json")
    assert re.fullmatch(r"http://127.0.0.1:9/v4.json: ConnectError: .+", run.err[0])


# Into code

# Shapes that no document of HubSpot's had so far, as fields of a reply.
SHAPES: dict[str, Node] = {
    "number": {"type": "integer", "enum": [1, 2]},
    "constant": {"const": "abc"},
    "letters": {"type": "array", "items": {"type": "string", "enum": ["A", "C"]}},
    "either": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    "one": {"oneOf": [{"$ref": "#/components/schemas/ErrorDetail"}, {"$ref": "#/components/schemas/Error"}]},
    "all": {"allOf": [{"$ref": "#/components/schemas/ErrorDetail"}, {"properties": {"z": {"type": "string"}}}]},
    "within": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
    "itself": {"$ref": "#/components/schemas/ASchemaWithANameLongEnoughForItsImportToTakeThreeLinesOfCode"},
    "map": {"$ref": "#/components/schemas/MapOfItself"},
    "anything": {},
    "x-hubspot": {"type": "string"},
    "properties": {"type": "string"},
    # Called like what the templates use.
    "str": {"$ref": "#/components/schemas/StrEnum"},
    "StrEnum": {"type": "string", "enum": ["A", "StrEnum"]},
    "Unset": {"type": "string", "enum": ["A", "UNSET"]},
    "unsets": {"$ref": "#/components/schemas/UNSET"},
    "Any": {"type": "object", "additionalProperties": {"type": "integer"}},
}
TEMPLATES_OWN = {
    "StrEnum": {"type": "object", "properties": {"a": {"type": "string"}}},
    "UNSET": {"type": "object", "properties": {"b": {"type": "string"}}},
}
ODD = ["class", "import", "None", "__class__", "self", "$type", "1st", "a b"]


@pytest.mark.slow
def test_odd_names_give_code_that_runs(
    run: Refresh, upstream: Node, publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names that mean something to Python are taken in, and what is generated from them still imports."""
    if "v4" not in upstream["info"]["version"]:
        pytest.skip("once is enough")
    schemas = upstream["components"]["schemas"]
    for name in ODD:
        schemas["PublicStatus"]["properties"][name] = {"type": "string"}
        schemas["PublicStatus"]["properties"][f"{name}-kind"] = {"type": "string", "enum": ["A", name]}
    schemas["PublicStatus"]["properties"].update(SHAPES)
    long = SHAPES["itself"]["$ref"].rpartition("/")[2]
    schemas[long] = {"type": "object", "properties": {"more": SHAPES["itself"]}}
    schemas["MapOfItself"] = {"type": "object", "additionalProperties": SHAPES["map"]}
    schemas.update(TEMPLATES_OWN)
    assert 0 == run("v4", publish(upstream))
    monkeypatch.setattr(generate, "contracts", lambda: [run.folder / "v4.yaml"])
    root = tmp_path / "odd_names"
    root.mkdir()
    generate.generate(root)
    monkeypatch.syspath_prepend(str(tmp_path))
    wire = __import__("odd_names.v4.wire", fromlist=["SubscriptionStatus"])
    row = {"subscriberIdString": "a@b.example", "subscriptionId": 5, "status": "SUBSCRIBED"}
    shaped = {"number": 1, "constant": "abc", "letters": ["A", "B"], "either": 5, "within": {}, "map": {"a": {}}}
    shaped |= {"str": {"a": "A"}, "StrEnum": "StrEnum", "Unset": "new", "unsets": {"b": "B"}, "Any": {"n": 1}}
    data = {**row, **{name: name for name in ODD}, **shaped, "itself": {"more": {}}, "x-hubspot": "x"}
    assert data == wire.SubscriptionStatus.from_dict(data).to_dict()
    nothing = {**row, **dict.fromkeys(shaped)}
    assert nothing == wire.SubscriptionStatus.from_dict(nothing).to_dict()
    mypy = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, str(root)]
    done = subprocess.run(mypy, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout
