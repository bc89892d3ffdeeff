"""Documents from anywhere: read without being trusted, refused in one line."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.test_diff import api, findings, nodes

from hubspot_preferences import InvalidArgument
from hubspot_preferences.contracts import compare, normal_form
from hubspot_preferences.contracts.checking import check
from hubspot_preferences.contracts.diff import difference
from hubspot_preferences.contracts.documents import document, folder
from hubspot_preferences.contracts.openapi import Document
from hubspot_preferences.versions import NAMES

Node = dict[str, Any]
Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Makes a file of a text or of bytes."""

    def write_it(content: str | bytes) -> Path:
        path = tmp_path / "contract.any"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_it


def refused(path: Path | str) -> str:
    """Why a file is refused: one line, fit for a terminal, that names the file."""
    with pytest.raises(InvalidArgument) as caught:
        compare("v4", path)
    assert caught.value.__cause__ is None
    line = str(caught.value)
    assert line.isprintable(), line
    assert str(path) in line or not str(path).isprintable()
    return line.removeprefix(str(path))


def smallest(**more: Any) -> Node:
    """A document with one operation."""
    return {"openapi": "3.0.1", "paths": {"/a": {"get": {"responses": {}}}}, **more}


def with_schemas(**schemas: Any) -> Node:
    """A document whose one operation replies with the schema `A`."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}
    return smallest(
        paths={"/a": {"get": {"responses": {"200": {"content": content}}}}}, components={"schemas": schemas}
    )


REF_A = "#/components/schemas/A"

# What is no document


DAMAGED: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", " is not an OpenAPI document: it is no mapping"),
    "a comment": ("# nothing", " is not an OpenAPI document: it is no mapping"),
    "a list": ("[]", " is not an OpenAPI document: it is no mapping"),
    "null": ("null", " is not an OpenAPI document: it is no mapping"),
    "a number": ("17", " is not an OpenAPI document: it is no mapping"),
    "a page": ("<!DOCTYPE html>\n<title>Not found</title>", " is not an OpenAPI document: it is no mapping"),
    "a number that is none": ('{"openapi": NaN}', " cannot be read: NaN is not JSON"),
    "a huge number": (f'{{"openapi": {"9" * 5000}}}', " cannot be read: Exceeds the limit"),
    "binary": (b"\x00\xff\xfe\x80", " is not UTF-8 text"),
    "a control character": (b"openapi: \x00\x1b[31m", " cannot be read: unacceptable character #x0000"),
    "UTF-16": ('{"openapi": "3.0.1"}'.encode("utf-16"), " is not UTF-8 text"),
    "a key twice": ('{"openapi": "3.0.1", "openapi": "3.1.0"}', " cannot be read: the key 'openapi' stands twice"),
    "a code without quotes": (
        "openapi: 3.0.1\npaths: {/a: {get: {responses: {200: {}}}}}",
        " cannot be read: the key 200 is no text: put it in quotes",
    ),
    "a key twice, the last of many": (
        '{"a": {' + "".join(f'"k{n}": 0, ' for n in range(100_000)) + '"k99999": 0}}',
        " cannot be read: the key 'k99999' stands twice",
    ),
    "a number that takes minutes": ("a: 1" + ":1" * 1_000_000, " cannot be read: a number in it has a thousand"),
    "a day for a key": (
        "a: {b: [{2026-03-01: c}]}",
        " cannot be read: the key datetime.date(2026, 3, 1) is no text",
    ),
    "a number that YAML alone knows": ("a: .inf", " cannot be read: Out of range float values"),
    "half of a character": ('{"a": ["\\ud800"]}', " cannot be read: it holds half of a character"),
    "half of a character for a key": ('{"\\udfff": 1}', " cannot be read: it holds half of a character"),
    "a key twice, deep": ('{"a": [{"b": {"c": 1, "c": 1}}]}', " cannot be read: the key 'c' stands twice"),
    "a key twice in YAML": (
        "openapi: 3.0.1\npaths:\n  /a: {}\n  /a: {}\n",
        " cannot be read: the key '/a' stands twice",
    ),
    "a key twice in a flow": ("a: [{b: 1, c: {d: e}, b: 2}]", " cannot be read: the key 'b' stands twice"),
    "an alias": ("a: &a [1]\nb: *a\n", " cannot be read: it holds YAML aliases"),
    "a merge": ("a: &a {b: 1}\nc:\n  <<: *a\n", " cannot be read: it holds YAML aliases"),
    "a bomb": (
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 99)),
        " cannot be read: it holds YAML aliases",
    ),
    "an object": ("openapi: !!python/object:os.system {}", " cannot be read: could not determine a constructor"),
    "a call": (
        "openapi: !!python/object/apply:os.system [id]",
        " cannot be read: could not determine a constructor",
    ),
    "a tag": ("openapi: !thing 3", " cannot be read: could not determine a constructor"),
    "a value not of its type": ("openapi: !!int ''", " cannot be read: a value in it is none of its type"),
    "a date that is none": ("openapi: 2024-99-99", " cannot be read: "),
    "two documents": ("a: 1\n---\nb: 2\n", " cannot be read: expected a single document"),
    "a tab": ("a:\n\t- b", " cannot be read: while scanning"),
    "a bracket": ("{", " cannot be read: "),
    "a deep list": ('{"a": ' + "[" * 100 + "]" * 100 + "}", " is nested more than 64 levels deep"),
    "deep YAML": ("a: " + "[" * 100 + "]" * 100, " is nested more than 64 levels deep"),
    "a hundred thousand brackets": ("[" * 100_000, " is nested more than 64 levels deep"),
    "a hundred thousand braces": ('{"a":' * 100_000, " is nested more than 64 levels deep"),
    "a hundred thousand brackets in YAML": ("a: " + "[" * 100_000, " is nested more than 64 levels deep"),
    "a hundred thousand dashes": ("- " * 100_000, " is nested more than 64 levels deep"),
    "ten megabytes": (b" " * 10_000_000, " is larger than 5,000,000 bytes: not an API document of HubSpot's"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_what_is_no_document_is_refused(write: Write, kind: str) -> None:
    """Whatever is in the file, the answer is one line that names it, and comes at once."""
    content, why = DAMAGED[kind]
    path = write(content)
    began = time.process_time()
    assert refused(path).startswith(why)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("form", ["JSON", "YAML"])
def test_a_truncated_document_is_never_taken_for_whole(write: Write, form: str) -> None:
    """Cut off anywhere, a document is refused, or says no more than it still holds."""
    text = json.dumps(api(), indent=1) if form == "JSON" else yaml.safe_dump(api())
    taken = 0
    for end in range(0, len(text), 97):
        path = write(text[:end])
        try:
            root = document(path).root
        except InvalidArgument as error:
            line = str(error)
        else:
            taken += 1
            line = str(path)
            assert findings(api(), root)
        assert line.startswith(str(path))
        assert line.isprintable()
    assert (form == "YAML") is bool(taken)


def test_a_byte_order_mark_is_no_part_of_a_document(write: Write) -> None:
    """As some editors write it."""
    root = {**api(), "x-note": "\N{GRINNING FACE}"}  # written as two halves, which JSON may and YAML may not
    path = write(b"\xef\xbb\xbf" + json.dumps(root).encode())
    assert root == document(path).root


def test_a_line_is_never_long(write: Write) -> None:
    """However much of the file the reader of YAML would like to show."""
    assert len(refused(write(f"openapi: !{'x' * 9999} 3"))) < 250


@pytest.mark.parametrize("form", ["JSON", "YAML"])
def test_a_document_is_what_was_written(write: Write, form: str) -> None:
    """In either form; it is called as its file is, and shows none of its content."""
    path = write(json.dumps(api()) if form == "JSON" else yaml.safe_dump(api()))
    found = document(path)
    assert (api(), "contract.any", "Document(name='contract.any')") == (found.root, found.name, repr(found))
    assert api() == document(str(path)).root


# What is no file


def test_a_path_to_nothing_is_refused(tmp_path: Path) -> None:
    """The line says what would have been taken: a version or a file."""
    for source, why in (
        (tmp_path / "nothing", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        assert f" is neither a version ({', '.join(NAMES)}) nor a file: {why}" == refused(source)
    assert refused("v5").endswith("No such file or directory")
    assert f"'' is neither a version ({', '.join(NAMES)}) nor a file: Is a directory" == refused("")
    assert refused("a\x00b").startswith("a\\x00b is neither")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(write: Write) -> None:
    """As the operating system says it."""
    path = write("{}")
    path.chmod(0)
    assert refused(path).endswith("Permission denied")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="Linux has a file that root cannot read either")
def test_a_file_that_cannot_be_read_is_refused() -> None:
    """As the operating system says it."""
    assert refused(Path("/proc/self/mem")).endswith("nor a file: Input/output error")


def test_a_pipe_without_a_writer_is_not_waited_for(tmp_path: Path) -> None:
    """Otherwise the command would hang without a word."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert " is not an OpenAPI document: it is no mapping" == refused(path)


def test_a_pipe_is_read_to_its_end() -> None:
    """`hubprefs compare v4 <(curl ...)`: a command's output comes piece by piece, through a pipe."""
    text = json.dumps(api()).encode() + b" " * 1_000_000  # more than a pipe holds
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(text)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert api() == document(Path(f"/dev/fd/{reading}")).root
    finally:
        os.close(reading)
        writer.join(5)


def test_no_control_character_reaches_the_terminal(tmp_path: Path) -> None:
    """Neither from the name of a file nor from what is in it."""
    path = tmp_path / "red\x1b[31m\u202e\n.json"
    for content, why in (
        (None, "nor a file: No such file or directory"),
        (b"\xff", "is not UTF-8 text"),
        (b"[" * 100_000, "is nested more than 64 levels deep"),
        (b"x" * 5_000_001, "is larger than 5,000,000 bytes: not an API document of HubSpot's"),
        (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "is nested more than 64 levels deep"),
        (b"[]", "it is no mapping"),
        (b"{}", "it does not say openapi: 3.x"),
        (b'{"\\u001b[1m\\ud800": 1, "\\u001b[1m\\ud800": 1}', "the key '\\x1b[1m\\ud800' stands twice"),
        (
            json.dumps(smallest(paths={"/\x1b[1m\u202e": 7})).encode(),
            "'/\\x1b[1m\\u202e' is a int where a mapping is needed",
        ),
        (json.dumps(with_schemas(A={"$ref": "#/\x1b\n"})).encode(), "'#/\\x1b\\n' points to nothing"),
    ):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InvalidArgument) as caught:
            document(path)
        line = str(caught.value)
        assert line.isprintable()
        assert line.endswith(why)
        assert "red\\x1b[31m\\u202e\\n.json" in line


# What cannot be worked with


REFUSED: dict[str, tuple[Node, str]] = {
    "no version": ({"paths": {"/a": {}}}, "it does not say openapi: 3.x"),
    "Swagger": ({"swagger": "2.0", "paths": {"/a": {}}}, "it does not say openapi: 3.x"),
    "a number for a version": ({"openapi": 2, "paths": {"/a": {}}}, "it does not say openapi: 3.x"),
    "no paths": ({"openapi": "3.0.1"}, "it has no paths"),
    "null paths": (smallest(paths=None), "it has no paths"),
    "a list of paths": (smallest(paths=[]), "it has no paths"),
    "empty paths": (smallest(paths={}), "it has no paths"),
    "a path that is null": (smallest(paths={"/a": None}), "'/a' is null where a mapping is needed"),
    "an operation that is a list": (
        smallest(paths={"/a": {"get": []}}),
        "'get' is a list where a mapping is needed",
    ),
    "a path elsewhere": (
        smallest(paths={"/a": {"$ref": "#/components/a"}}, components={"a": {}}),
        "the reference in '/a' is none that can be followed",
    ),
    "a reference that is none": (with_schemas(A={"$ref": 7}), "the reference in 'A' is none that can be followed"),
    "a reference to nothing": (with_schemas(A={"$ref": "#/components/schemas/B"}), "points to nothing"),
    "a reference to a text": (with_schemas(A={"$ref": "#/openapi"}), "'#/openapi' points to nothing"),
    "a reference to itself": (with_schemas(A={"$ref": "#/components/schemas/A"}), "points to itself"),
    "references in a circle": (
        with_schemas(A={"$ref": "#/components/schemas/B"}, B={"$ref": "#/components/schemas/A"}),
        "points to itself",
    ),
    "references without end": (
        with_schemas(
            A={"$ref": "#/components/schemas/S1"},
            **{f"S{n}": {"$ref": f"#/components/schemas/S{n + 1}"} for n in range(1, 99)},
            S99={},
        ),
        "points to itself",
    ),
    "a reference to a file": (with_schemas(A={"$ref": "/etc/passwd"}), "'/etc/passwd' points out of it"),
    "a reference to a page": (
        with_schemas(A={"$ref": "https://a.example"}),
        "'https://a.example' points out of it",
    ),
    "a reference to another kind": (
        smallest(
            paths={"/a": {"get": {"parameters": [{"$ref": "#/components/schemas/A"}]}}},
            components={"schemas": {"A": {"type": "string"}}},
        ),
        "a parameter has no name, no place or no schema",
    ),
    "a parameter twice": (
        smallest(paths={"/a": {"get": {"parameters": [{"name": "b", "in": "query", "schema": {}}] * 2}}}),
        "the parameter 'b' stands twice in one place",
    ),
    "a parameter twice at a path": (
        smallest(paths={"/a": {"parameters": [{"name": "b", "in": "query", "schema": {}}] * 2}}),
        "the parameter 'b' stands twice in one place",
    ),
    "a parameter without a schema": (
        smallest(paths={"/a": {"get": {"parameters": [{"name": "b", "in": "query"}]}}}),
        "a parameter has no name, no place or no schema",
    ),
    "a path twice": (
        smallest(paths={"/a/{b}": {}, "/a/{c}": {}}),
        "'/a/{c}' and '/a/{b}' are the same, names and version aside",
    ),
    "two versions in one": (
        smallest(paths={"/communication-preferences/v3/a": {}, "/communication-preferences/v4/a": {}}),
        "are the same, names and version aside",
    ),
    "a schema that is a list": (with_schemas(A={}, B=[]), "'B' is a list where a mapping is needed"),
    "a flag that is a text": (with_schemas(A={"nullable": "false"}), "'nullable' is a str where true or false is"),
    "a name that is a number": (with_schemas(A={"required": [1]}), "'required' is a int where a text is needed"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_worked_with_is_refused(kind: str) -> None:
    """The line says what is wrong, and where."""
    root, why = REFUSED[kind]
    with pytest.raises(InvalidArgument) as caught:
        check(root, "a.json")
    line = str(caught.value)
    assert line.startswith("a.json is not a usable OpenAPI document: ")
    assert why in line
    assert line.isprintable()


def test_names_are_no_keywords() -> None:
    """A field may be called as OpenAPI calls something, and a note of the vendor's may hold anything."""
    words = (
        "properties",
        "items",
        "enum",
        "$ref",
        "required",
        "x-note",
        "schema",
        "parameters",
        "allOf",
        "default",
    )
    fields = {word: {"type": "string"} for word in words}
    root = with_schemas(A={"properties": fields})
    root["components"]["parameters"] = {word: {"name": "a", "in": "query", "schema": {}} for word in words}
    root["components"]["responses"] = {word: {"content": {"items": {"schema": {}}}} for word in words}
    root["paths"]["x-note"] = 7
    root["paths"]["/a"]["get"]["responses"]["x-note"] = [7]
    root["paths"]["/a"]["x-note"] = root["x-note"] = None
    check(root, "a")
    assert [] == findings(root, json.loads(json.dumps(root)))
    del fields["$ref"]
    assert ["A.$ref"] == [
        subject
        for _, _, _, _, subject, _ in findings(with_schemas(A={"properties": {**fields, "$ref": {}}}), root)
    ]


def test_the_keys_beside_a_reference_hold() -> None:
    """What stands beside a reference to a schema adds to it."""
    plain = with_schemas(A={"$ref": "#/components/schemas/B"}, B={"properties": {"b": {"type": "string"}}})
    more = with_schemas(
        A={"$ref": "#/components/schemas/B", "required": ["c"], "properties": {"c": {}}},
        B={"properties": {"b": {"type": "integer"}}},
    )
    rules = {rule for _, rule, *_ in findings(plain, more)}
    assert "response-required-property-added" in rules or "response-body-all-of-added" in rules
    changed = with_schemas(
        A={"$ref": "#/components/schemas/B", "required": ["c"], "properties": {"c": {}}},
        B={"properties": {"b": {"type": "string"}}},
    )
    assert [("breaking", "response-property-type-changed")] == [each[:2] for each in findings(more, changed)]


def usable(root: Node) -> bool:
    """Whether a document is let through; if not, the reason is one line."""
    why = ""
    try:
        check(root, "a")
    except InvalidArgument as error:
        why = str(error)
    assert why.isprintable()
    return not why


KINDS = st.sampled_from(
    [None, 7, -1.5, True, "text", "", "#/a", [], [7], [None], {}, {"a": 7}, {"$ref": "#/paths"}]
)
WAYS = tuple(nodes(api()))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(WAYS), KINDS), min_size=1, max_size=3))
def test_anything_anywhere(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    """Whatever stands wherever: a line, or a comparison; and a document does not differ from itself."""
    root: Any = api()
    for way, value in changes:
        node = root
        try:
            for step in way[:-1]:
                node = node[step]
            node[way[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took it away
    if not usable(root):
        return
    difference(Document("a", api()), Document("b", root))
    difference(Document("b", root), Document("a", api()))
    assert [] == findings(root, json.loads(json.dumps(root)))


def test_every_node_of_another_kind() -> None:
    """The same for each node by itself, and each kind."""
    refused_ones = 0
    values: tuple[Any, ...] = (None, 7, "text", [7], {})
    for way in WAYS:
        for value in values:
            root = api()
            node: Any = root
            for step in way[:-1]:
                node = node[step]
            node[way[-1]] = value
            if not usable(root):
                refused_ones += 1
                continue
            difference(Document("a", api()), Document("b", root))
            difference(Document("b", root), Document("a", api()))
    assert refused_ones > 500


def test_notes_of_ours_are_not_trusted_either() -> None:
    """A file may say x-hubspot as our contracts do."""
    notes: tuple[Any, ...] = (None, 7, [], {"schema": 7}, {"schema": {"type": 7}}, {"required": "a"})
    for declared in notes:
        root = with_schemas(A={"x-hubspot": declared})
        root["x-hubspot"] = {}
        with pytest.raises(InvalidArgument, match="where"):
            check(root, "a")
    root = with_schemas(A={"type": "integer", "x-hubspot": {"type": "string"}})
    root["x-hubspot"] = {}
    assert [] == findings(root, with_schemas(A={"type": "string"}))
    del root["x-hubspot"]
    assert ["response-body-type-changed"] == [
        rule for _, rule, *_ in findings(root, with_schemas(A={"type": "string"}))
    ]


# What would take for ever


def laughs(leaf: Node) -> Node:
    """Forty schemas, each with ten fields of the next one's."""
    return with_schemas(
        A={"$ref": "#/components/schemas/S0"},
        **{
            f"S{n}": {"properties": {f"p{m}": {"$ref": f"#/components/schemas/S{n + 1}"} for m in range(10)}}
            for n in range(40)
        },
        S40=leaf,
    )


def a_chain(length: int, last: str) -> Node:
    """Schemas that each have a field of the next one's."""
    links = {f"S{n}": {"properties": {"p": {"$ref": f"#/components/schemas/S{n + 1}"}}} for n in range(length)}
    return with_schemas(A={"$ref": "#/components/schemas/S0"}, **links, **{f"S{length}": {"type": last}})


def circle(length: int, kind: str) -> Node:
    """Schemas that each have a field of the next one's, the last one of the first's."""
    return with_schemas(
        A={"$ref": "#/components/schemas/S0"},
        **{
            f"S{n}": {
                "type": kind,
                "properties": {"p": {"$ref": f"#/components/schemas/S{(n + 1) % length}"}},
            }
            for n in range(length)
        },
    )


def test_ten_to_the_forty_ways_are_one() -> None:
    """What many fields lead to is looked at once."""
    began = time.process_time()
    found = findings(laughs({"type": "string"}), laughs({"type": "integer"}))
    assert {("breaking", "response-property-type-changed")} == {each[:2] for each in found}
    assert [] == findings(laughs({}), laughs({}))
    assert time.process_time() - began < 2


def test_a_long_way_is_no_deep_one() -> None:
    """Three thousand schemas, each in the one before it, are compared to the last."""
    assert [("breaking", "response-property-type-changed", "S2999.p")] == [
        (level, rule, subject)
        for level, rule, _, _, subject, _ in findings(a_chain(3000, "string"), a_chain(3000, "integer"))
    ]


def test_circles_come_to_an_end() -> None:
    """Also where they are of different lengths, and where nothing is in them but themselves."""
    assert [] == findings(circle(2, "object"), circle(3, "object"))
    itself = with_schemas(A={"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]})
    assert [] == findings(itself, itself)
    assert findings(itself, with_schemas(A={"type": "string"}))
    through = with_schemas(A={"not": {"$ref": "#/components/schemas/A"}})
    assert [] == findings(through, through)


@pytest.mark.parametrize("key", ["not", "zz"])
def test_what_no_rule_looks_into_is_not_looked_at_for_ever(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """What every schema leads to, and what every operation shares, is bounded in all."""
    leading = {
        f"S{n}": {"properties": {"p": {"$ref": f"#/components/schemas/S{n + 1}"}}, key: {"$ref": REF_A}}
        for n in range(100)
    }
    document = with_schemas(A={"$ref": "#/components/schemas/S0"}, **leading, S100={})
    assert [] == findings(document, document)
    monkeypatch.setattr(normal_form, "MOST_TEXT", 100_000)
    with pytest.raises(InvalidArgument, match=r"^a holds too much to be compared$"):
        findings(document, document)


def test_what_would_take_for_ever_is_refused() -> None:
    """Two circles of a thousand schemas make a million pairs; nobody waits, and nobody is told all is well."""
    began = time.process_time()
    with pytest.raises(InvalidArgument, match=r"^a and b hold too many schemas to be compared$"):
        findings(circle(997, "object"), circle(1009, "object"))
    assert time.process_time() - began < 30


# Behind references


def by_reference(document: Node) -> Node:
    """The document with its parameters, bodies, replies and headers in the components."""
    parts: dict[str, Node] = {"parameters": {}, "requestBodies": {}, "responses": {}, "headers": {}}

    def moved(part: str, node: Node) -> Node:
        name = f"P{len(parts[part])}"
        parts[part][name] = node
        return {"$ref": f"#/components/{part}/{name}"}

    for item in document["paths"].values():
        for operation in item.values():
            operation["parameters"] = [moved("parameters", one) for one in operation["parameters"]]
            if "requestBody" in operation:
                operation["requestBody"] = moved("requestBodies", operation["requestBody"])
            for response in operation["responses"].values():
                if "headers" in response:
                    response["headers"] = {k: moved("headers", v) for k, v in response["headers"].items()}
            operation["responses"] = {k: moved("responses", v) for k, v in operation["responses"].items()}
    document["components"].update(parts)
    return document


def leaves(node: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each type of a schema."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "type" and isinstance(value, str):
                yield (*way, key)
            yield from leaves(value, (*way, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, (*way, index))


def test_changes_behind_references_are_the_same() -> None:
    """In place or in the components: what is found is the same, to the word."""
    ways = list(leaves(api()["paths"], ("paths",)))
    assert len(ways) > 8
    for way in ways:
        after = api()
        node: Any = after
        for step in way[:-1]:
            node = node[step]
        node["type"] = "boolean"
        plain = findings(api(), after)
        assert plain
        assert plain == findings(by_reference(api()), by_reference(json.loads(json.dumps(after))))
        assert plain == findings(api(), by_reference(after))


def test_parameters_of_a_path_belong_to_its_operations() -> None:
    """Said for all operations of a path, and said otherwise by one of them."""
    query = {"name": "page", "in": "query", "schema": {"type": "integer"}}

    def paths(shared: list[Node], own: list[Node]) -> Node:
        return smallest(paths={"/a": {"parameters": shared, "get": {"parameters": own}}})

    assert [] == findings(paths([query], []), paths([], [query]))
    assert [] == findings(paths([{**query, "required": True}], [query]), paths([], [query]))
    assert ["new-optional-request-parameter"] == [
        rule for _, rule, *_ in findings(paths([], []), paths([query], []))
    ]
    assert ["new-optional-request-parameter"] == [rule for _, rule, *_ in findings(smallest(), paths([query], []))]


def test_a_path_without_an_operation_is_none() -> None:
    """Nobody can call it."""
    assert [] == findings(smallest(), smallest(paths={**smallest()["paths"], "/b": {"description": "Soon."}}))


def test_a_file_called_like_a_version_is_a_file(tmp_path: Path) -> None:
    """It has a path for a name, so that nobody takes it for HubSpot's version and its support."""
    path = tmp_path / "v4"
    path.write_bytes((folder() / "v4.yaml").read_bytes())
    assert ("./v4", "v4") == (document(path).name, document("v4").name)
