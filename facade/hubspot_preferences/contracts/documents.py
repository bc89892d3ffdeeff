"""Contracts as documents: those of the package by version, anybody's by path, read without being trusted."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from ..errors import InvalidArgument
from ..privacy import visible
from ..versions import NAMES, Version, version

Node = dict[str, Any]
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# HubSpot's documents are 70 kB and 16 levels deep; what is far beyond that is something else, or an attack.
LARGEST: Final = 5_000_000  # bytes
DEEPEST: Final = 64  # mappings and lists within one another, and references to references


@frozen
class Document:
    """An OpenAPI document: a contract of this package, or one as HubSpot publishes it."""

    name: str
    root: Node = field(repr=False)

    def operations(self) -> Iterator[tuple[str, str, Node]]:
        """(method, path below the version, operation), in the order of the document."""
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if not path.startswith("x-") and method in item:
                    yield method.upper(), below_version(path), item[method]

    def target(self, reference: str) -> Node:
        """What a `$ref` points to; `check` has seen that it is there."""
        found: Any = self.root
        for part in reference.removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        assert isinstance(found, dict)
        return found

    def resolved(self, node: Node) -> Node:
        """The node itself, or what it refers to."""
        while "$ref" in node:
            node = self.target(node["$ref"])
        return node


def below_version(path: str) -> str:
    """A path without its beginning, which is another one in every version."""
    return re.sub(r"^/communication-preferences/[^/]+(?=/|$)", "", path)


def on_wire(path: str) -> str:
    """The same for all paths that a server cannot tell apart: what a path calls its parameters is not sent."""
    return re.sub(r"\{[^{}]*\}", "{}", below_version(path))


def folder() -> Traversable:
    """Where the contracts are: package data of a wheel, or the folder of a checkout."""
    packaged = files("hubspot_preferences") / "_openapi"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[3] / "openapi"


def document(source: str | Path | Version) -> Document:
    """The contract of a version, or the OpenAPI document (JSON or YAML) in a file.

    Raises InvalidArgument, in one line, for what is neither or cannot be read.
    """
    if not isinstance(source, Path):
        with suppress(InvalidArgument):  # then it may be a file
            name = version(source).name
            return Document(name, parse((folder() / f"{name}.yaml").read_bytes(), f"{name}.yaml"))
    path = Path(str(source))
    try:
        data = contents(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such path"
        given = visible(str(source)) or "''"
        raise InvalidArgument(f"{given} is neither a version ({', '.join(NAMES)}) nor a file: {why}") from None
    root = parse(data, str(source))
    check(root, str(source))
    # A file may be called like a version, and has no support window for that.
    return Document(f"./{path.name}" if path.name in NAMES else path.name, root)


def contents(path: str | Path) -> bytes:
    """What is in a file, as far as it is not too large to be one of HubSpot's. Raises OSError and ValueError."""
    with open(path, "rb", opener=_at_once) as file:
        return file.read(LARGEST + 1)


def _at_once(path: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to is empty, and not waited for."""
    file = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(file, True)
    return file


def parse(data: bytes, name: str) -> Node:
    """The mapping in JSON or YAML text.

    Raises InvalidArgument where there is none, where it is huge or deep, or where a key stands twice.
    """
    name = visible(name)
    if len(data) > LARGEST:
        raise InvalidArgument(f"{name} is larger than {LARGEST:,} bytes: not an API document of HubSpot's")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidArgument(f"{name} is not UTF-8 text") from None
    try:
        root = _json(text) if text.lstrip()[:1] in ("{", "[") else _yaml(text)
    except RecursionError:
        raise InvalidArgument(f"{name} is nested too deeply") from None
    except ValueError as error:
        why = visible(" ".join(str(error).split())[:200])
        raise InvalidArgument(f"{name} cannot be read: {why}") from None
    if not isinstance(root, dict):
        raise InvalidArgument(f"{name} is not an OpenAPI document: it is no mapping")
    _not_too_deep(root, name)
    return root


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once_each)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _once_each(pairs: list[tuple[str, Any]]) -> Node:
    found = dict(pairs)
    if len(found) < len(pairs):  # two words for one thing, and no telling which of them holds
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)[:80]!r} stands twice")
    return found


def _yaml(text: str) -> Any:
    try:
        import yaml  # only these commands need it
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            'comparing contracts needs yaml: pip install "hubspot-preferences[cli]"', name="yaml"
        ) from None

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_tricks(yaml.parse(text, Loader=loader))
        return yaml.load(text, loader)  # noqa: S506  # a safe loader
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    except (LookupError, ArithmeticError, TypeError, AttributeError):  # from `!!int ""` and its like
        raise ValueError("a value in it is none of its type") from None


def _refuse_tricks(events: Iterable[Any]) -> None:
    """Raise for what PyYAML takes and no contract holds: aliases, a key twice, and more depth than it can bear."""
    keys: list[set[str] | None] = []  # of each mapping that is open; None for a list
    key_next: list[bool] = []
    for event in events:
        kind = type(event).__name__
        if kind == "AliasEvent":  # it makes a few bytes into gigabytes
            raise ValueError("it holds YAML aliases")
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            keys.pop()
            key_next.pop()
        elif kind in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent"):
            if keys and (mine := keys[-1]) is not None:
                if key_next[-1] and kind == "ScalarEvent":
                    if event.value in mine:
                        raise ValueError(f"the key {event.value[:80]!r} stands twice")
                    mine.add(event.value)
                key_next[-1] = not key_next[-1]
            if kind != "ScalarEvent":
                keys.append(set() if kind == "MappingStartEvent" else None)
                key_next.append(True)
            if len(keys) > 10 * DEEPEST:
                raise RecursionError


def _not_too_deep(root: Node, name: str) -> None:
    level: list[Any] = [root]
    for _ in range(DEEPEST):
        if not level:
            return
        level = [
            value
            for node in level
            for value in (node.values() if isinstance(node, dict) else node)
            if isinstance(value, dict | list)
        ]
    raise InvalidArgument(f"{name} is nested more than {DEEPEST} levels deep")


def walk(node: Any) -> Iterator[Node]:
    """Every mapping in a document, outermost first."""
    if isinstance(node, dict):
        yield node
        for value in list(node.values()):
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def check(root: Node, name: str) -> None:
    """Refuse what cannot be worked with: no paths, a reference to nothing or to itself, the wrong kind of thing.

    Raises InvalidArgument naming the place.
    """

    def refuse(what: str) -> InvalidArgument:
        return InvalidArgument(f"{visible(name)} is not a usable OpenAPI document: {visible(what)}")

    if not str(root.get("openapi", "")).startswith("3."):
        raise refuse("it does not say openapi: 3.x")
    if not isinstance(root.get("paths"), dict) or not root["paths"]:
        raise refuse("it has no paths")
    _references(root, refuse)
    _kinds(root, refuse)
    _twice(root, refuse)


# What each object of OpenAPI holds, by kind: itself, a [list] of it, a {mapping} to it by name.
_HOLDS: Final[dict[str, dict[str, str]]] = {
    "document": {"paths": "{path item}", "components": "components", "servers": "[server]"},
    "components": {
        "schemas": "{schema}",
        "parameters": "{parameter}",
        "requestBodies": "{request body}",
        "responses": "{response}",
        "headers": "{header}",
    },
    "server": {"url": "text"},
    "path item": {
        **dict.fromkeys(METHODS, "operation"),
        "parameters": "[parameter]",
        "servers": "[server]",
    },
    "operation": {
        "parameters": "[parameter]",
        "requestBody": "request body",
        "responses": "{response}",
        "deprecated": "flag",
        "servers": "[server]",
    },
    "parameter": {
        "name": "text",
        "in": "text",
        "required": "flag",
        "deprecated": "flag",
        "schema": "schema",
        "content": "{media type}",
    },
    "request body": {"required": "flag", "content": "{media type}"},
    "response": {"content": "{media type}", "headers": "{header}"},
    "header": {"required": "flag", "deprecated": "flag", "schema": "schema", "content": "{media type}"},
    "media type": {"schema": "schema"},
    "schema": {
        "type": "text or [text]",
        "format": "text",
        "enum": "list",
        "required": "[text]",
        "properties": "{schema}",
        "items": "schema",
        "additionalProperties": "schema or flag",
        "allOf": "[schema]",
        "anyOf": "[schema]",
        "oneOf": "[schema]",
        **dict.fromkeys(("nullable", "deprecated", "readOnly", "writeOnly", "uniqueItems"), "flag"),
    },
}
_HOLDS["declared"] = {**_HOLDS["schema"], "schema": "schema"}  # under x-hubspot
_PLAIN: Final[dict[str, type]] = {"text": str, "flag": bool, "list": list}
_CALLED: Final = {str: "a text", bool: "true or false", list: "a list", dict: "a mapping"}


def _kinds(root: Node, refuse: Callable[[str], InvalidArgument]) -> None:
    """Refuse what is of another kind than OpenAPI says. References are followed: they may point astray."""
    ours = "x-hubspot" in root
    found = Document("", root)
    todo: list[tuple[str, Any, str]] = [("the document", root, "document")]
    seen: set[tuple[int, str]] = set()
    while todo:
        key, value, kind = todo.pop()
        if " or " in kind:
            first, second = kind.split(" or ")
            kind = second if _is(value, bool | list) else first
        needed = _PLAIN.get(kind) or (list if kind.startswith("[") else dict)
        if not _is(value, needed):
            raise refuse(f"{key[:80]!r} is {_kind(value)} where {_CALLED[needed]} is needed")
        if (id(value), kind) in seen or kind in _PLAIN:
            continue
        seen.add((id(value), kind))
        if kind.startswith("["):
            todo += [(key, each, kind[1:-1]) for each in value]
        elif odd := [name for name in value if not isinstance(name, str)]:
            raise refuse(f"the key {odd[0]!r} in {key[:80]!r} is no text: put it in quotes")
        elif kind.startswith("{"):
            notes = kind in ("{path item}", "{response}")  # where x- begins no name
            todo += [(k, v, kind[1:-1]) for k, v in value.items() if not (notes and k.startswith("x-"))]
        elif "$ref" in value and (kind == "path item" or not isinstance(value["$ref"], str)):
            raise refuse(f"the reference in {key[:80]!r} is none that can be followed")
        elif "$ref" in value and kind != "schema":  # what stands beside it is prose
            todo.append((key, found.target(value["$ref"]), kind))
        else:
            if "$ref" in value:
                todo.append((key, found.target(value["$ref"]), kind))
            if kind == "schema" and ours and "x-hubspot" in value:
                todo.append(("x-hubspot", value["x-hubspot"], "declared"))
            holds = _HOLDS[kind]
            todo += [(name, value[name], holds[name]) for name in holds if name in value]
            if kind == "parameter" and not (
                {"name", "in"} <= value.keys() and value.keys() & {"schema", "content"}
            ):
                raise refuse("a parameter has no name, no place or no schema")


def _is(value: Any, needed: Any) -> bool:
    return isinstance(value, needed)


def _twice(root: Node, refuse: Callable[[str], InvalidArgument]) -> None:
    """Refuse what stands twice where only one can hold: no telling which."""
    paths: dict[str, str] = {}
    for path in root["paths"]:
        if (other := paths.setdefault(on_wire(path), path)) != path:
            raise refuse(f"{path[:80]!r} and {other[:80]!r} are the same, names and version aside")
    found = Document("", root)
    owners = [item for path, item in root["paths"].items() if not path.startswith("x-")]
    owners += [operation for _, _, operation in found.operations()]
    for owner in owners:
        seen = set()
        for one in map(found.resolved, owner.get("parameters", ())):
            if (place := (one["in"], one["name"])) in seen:
                raise refuse(f"the parameter {one['name'][:80]!r} stands twice in one place")
            seen.add(place)


def _kind(value: object) -> str:
    return "null" if value is None else f"a {type(value).__name__}"


def _references(root: Node, refuse: Callable[[str], InvalidArgument]) -> None:
    """Refuse references that lead nowhere, out of the document or in a circle."""
    for start in walk(root):
        node: Any = start
        seen: set[str] = set()
        while isinstance(reference := node.get("$ref"), str):
            if not reference.startswith("#/"):
                raise refuse(f"{reference[:80]!r} points out of it")
            if reference in seen or len(seen) == DEEPEST:
                raise refuse(f"{reference[:80]!r} points to itself")
            seen.add(reference)
            node = root
            for part in reference.removeprefix("#/").split("/"):
                node = node.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
            if not isinstance(node, dict):
                raise refuse(f"{reference[:80]!r} points to nothing")
