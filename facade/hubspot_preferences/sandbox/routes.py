"""The contracts the sandbox serves: one OpenAPI document for each version, read into routes and checks."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import yaml
from attrs import field, frozen

from ..contracts.documents import folder
from . import choices

_VERSION = re.compile(r"(v\d+|\d{4}-\d{2})\.yaml")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_INT64 = {"minimum": -(2**63), "maximum": 2**63 - 1}


@frozen
class Flaw:
    """One thing wrong with a request: the field or parameter, and what about it."""

    name: str
    message: str


@frozen
class Parameter:
    """One parameter of the query string."""

    name: str
    required: bool
    type: str
    validator: jsonschema_rs.Validator = field(eq=False, repr=False)

    def read(self, text: str) -> Any:
        """The value the text stands for. Raises ValueError where it stands for none."""
        value: object = text
        if self.type == "integer":
            if not _INTEGER.fullmatch(text):
                raise ValueError("must be an integer")
            value = int(text)
        elif self.type == "boolean":
            if text not in {"true", "false"}:
                raise ValueError("must be true or false")
            value = text == "true"
        for error in self.validator.iter_errors(value):
            raise ValueError(_words(error))
        return value


@frozen
class Operation:
    """One operation of one version."""

    name: str
    version: str
    parameters: tuple[Parameter, ...] = field(repr=False)
    body: jsonschema_rs.Validator | None = field(eq=False, repr=False)
    scopes: tuple[frozenset[str], ...]
    shows: Mapping[str, Callable[[Any], Any]] = field(eq=False, repr=False)
    """What cuts a payload down to what the version knows, by the status of the reply."""

    def allowed(self, granted: frozenset[str]) -> bool:
        """Whether the granted scopes are enough: all of any one list."""
        return not self.scopes or any(listed <= granted for listed in self.scopes)

    def wrong_with(self, body: object) -> list[Flaw]:
        """What in the body contradicts the contract."""
        if self.body is None:
            return []
        return [Flaw(_field(error), _words(error)) for error in self.body.iter_errors(body)]

    def shown(self, status: int, payload: Any) -> Any:
        """A reply's payload as far as the version knows it: without fields and values of others."""
        return self.shows[str(status)](payload) if str(status) in self.shows else payload


@frozen
class Route:
    """One path of a contract, as segments; None stands for the subscriber."""

    segments: tuple[str | None, ...]
    operations: Mapping[str, Operation]

    def match(self, segments: tuple[str, ...]) -> bool:
        """Whether these segments, decoded, are this path."""
        return len(segments) == len(self.segments) and all(
            mine is None or mine == theirs for mine, theirs in zip(self.segments, segments, strict=True)
        )

    def subscriber(self, segments: tuple[str, ...]) -> str | None:
        """The address in the path, where it has one."""
        return next((theirs for mine, theirs in zip(self.segments, segments, strict=True) if mine is None), None)


@frozen
class Contracts:
    """All versions together, literal paths before templated ones."""

    versions: tuple[str, ...]
    paths: tuple[Route, ...] = field(repr=False)

    def find(self, segments: tuple[str, ...]) -> Route | None:
        """The path these segments are, literal before templated."""
        return next((path for path in self.paths if path.match(segments)), None)

    def calls(self, version: str, address: str) -> dict[str, tuple[str, str]]:
        """Method and path of every operation of a version about one subscriber, by operationId."""
        return {
            operation.name: (method, "/" + "/".join(address if part is None else part for part in path.segments))
            for path in self.paths
            for method, operation in path.operations.items()
            if operation.version == version
        }

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope any operation asks for."""
        return frozenset(
            scope
            for path in self.paths
            for operation in path.operations.values()
            for listed in operation.scopes
            for scope in listed
        )


@cache
def contracts(where: Path | None = None) -> Contracts:
    """The contracts of a folder: every file that is named like a version, read once."""
    named = {
        match[1]: path
        for path in (where or folder()).iterdir()
        if (match := _VERSION.fullmatch(path.name)) is not None
    }
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    paths = [
        path
        for version, source in named.items()
        for path in _paths(version, yaml.load(source.read_bytes(), loader))  # noqa: S506  # a safe loader
    ]
    return Contracts(
        versions=tuple(sorted(named, key=lambda name: (name[0] != "v", name))),  # v4 came before the dated ones
        paths=tuple(sorted(paths, key=lambda path: path.segments.count(None))),
    )


def segments(raw_path: str) -> tuple[str, ...]:
    """A path as it came, taken apart and then decoded: a %2F within an address separates nothing.

    Raises UnicodeDecodeError where that is not UTF-8.
    """
    return tuple(unquote(part, errors="strict") for part in raw_path.removeprefix("/").split("/"))


def _paths(version: str, document: dict[str, Any]) -> list[Route]:
    schemas = _changed(_bounded, document["components"]["schemas"])

    known = _changed(_closed, schemas)

    def validator(schema: dict[str, Any], schemas: dict[str, Any] = schemas) -> jsonschema_rs.Validator:
        return jsonschema_rs.Draft202012Validator({**schema, "components": {"schemas": schemas}})

    def parameter(declared: dict[str, Any]) -> Parameter:
        schema = _changed(_bounded, declared["schema"])
        target = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        return Parameter(
            declared["name"], declared.get("required", False), target.get("type", "string"), validator(schema)
        )

    def operation(declared: dict[str, Any]) -> Operation:
        body = declared.get("requestBody")
        return Operation(
            name=declared["operationId"],
            version=version,
            parameters=tuple(parameter(item) for item in declared.get("parameters", ()) if item["in"] == "query"),
            body=validator(body["content"]["application/json"]["schema"]) if body else None,
            scopes=tuple(frozenset(listed) for listed in declared.get("x-hubspot-scopes", ())),
            shows={
                status: show(response["content"]["application/json"]["schema"])
                for status, response in declared["responses"].items()
                if status != "default" and "content" in response
            },
        )

    def show(schema: dict[str, Any]) -> Callable[[Any], Any]:
        # Nearly every reply is known whole, with thousands of values in it: those are left alone.
        whole = validator(_changed(_closed, schema), known)
        return lambda value: value if whole.is_valid(value) else _cut(value, schema, schemas)

    return [
        Route(
            segments=tuple(None if part.startswith("{") else part for part in path.removeprefix("/").split("/")),
            operations={
                method.upper(): operation(declared)
                for method, declared in methods.items()
                if method in {"get", "post", "put", "patch", "delete"}
            },
        )
        for path, methods in document["paths"].items()
    ]


def _cut(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The value without fields that the schema does not have, and with another value for one its enum lacks."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        return _cut(value, options[0], schemas)
    if "$ref" in schema:
        return _cut(value, schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "enum" in schema:
        return value if value in (None, *schema["enum"]) else choices.unknown_value(frozenset(schema["enum"]))
    if "items" in schema and isinstance(value, list):
        return [_cut(item, schema["items"], schemas) for item in value]
    if "properties" in schema and isinstance(value, dict):
        fields = schema["properties"]
        return {name: _cut(inner, fields[name], schemas) for name, inner in value.items() if name in fields}
    return value


def _changed(change: Callable[[dict[str, Any]], dict[str, Any]], schema: Any) -> Any:
    """The schema with a change to each object in it."""
    if isinstance(schema, list):
        return [_changed(change, item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return change({name: _changed(change, value) for name, value in schema.items()})


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """With what `format: int64` means said as bounds: JSON Schema takes it for a remark."""
    return {**schema, **_INT64} if schema.get("format") == "int64" else schema


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Without other fields than those named."""
    return {**schema, "additionalProperties": False} if "properties" in schema else schema


def _field(error: jsonschema_rs.ValidationError) -> str:
    missing = getattr(error.kind, "property", None) if error.kind.name == "required" else None
    parts = [*error.instance_path, *([missing] if missing else [])]
    return ".".join(str(part) for part in parts) or "body"


def _words(error: jsonschema_rs.ValidationError) -> str:
    """What is wrong in words of ours, which do not repeat the value."""
    kind = error.kind
    match kind.name:
        case "required":
            return "is required"
        case "enum":
            return f"must be one of {', '.join(map(str, getattr(kind, 'options', ())))}"
        case "type":
            return f"must be of type {', '.join(map(str, getattr(kind, 'types', ())))}"
        case other:
            return f"contradicts the contract ({other})"
