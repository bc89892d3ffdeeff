"""One form for the many ways to say the same in OpenAPI: contracts are compared in it, and made from it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import define, field

from ..errors import InvalidArgument
from ..privacy import visible
from .openapi import DEEPEST, HOLDS, METHODS, Document, Node, walk

# What binds nobody. Vendors' notes, which begin with x-, do not either.
ANNOTATIONS: Final = frozenset(
    ("description", "summary", "title", "example", "examples", "externalDocs", "xml", "$comment")
)
# What may stand beside a reference, or around a schema, without adding to what that allows.
NOTES: Final = frozenset(("nullable", "default", "deprecated", "readOnly", "writeOnly"))
# Said or left out, these mean the same.
_DEFAULTS: Final[Mapping[str, Node]] = {
    "operation": {"deprecated": False},
    "parameter": {"deprecated": False, "allowReserved": False, "allowEmptyValue": False},
    "header": {"deprecated": False, "allowReserved": False, "required": False},
    "schema": {
        **dict.fromkeys(("nullable", "deprecated", "readOnly", "writeOnly", "uniqueItems"), False),
        **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), False),  # in OpenAPI 3.0 no figures
        **dict.fromkeys(("minLength", "minItems", "minProperties"), 0),
        "additionalProperties": True,
        "allOf": [],
        "required": [],
    },
}
# Characters that a comparison looks at where no rule does; references can make it any number. HubSpot's have few.
MOST_TEXT: Final = 100_000_000
_CHOICES: Final = ("allOf", "anyOf", "oneOf")


@define(eq=False)
class NormalForm:
    """A document in its normal form; the document itself is left as it is.

    Annotations, x- and defaults are gone. What a path says about all of its operations stands at each, and
    shared parameters, headers and bodies stand where they are used. Null is a flag, as in OpenAPI 3.0. A schema
    wraps nothing for nothing, but for the named ones, which may lead back to themselves. A contract of this
    package is taken as HubSpot declared it: where one deviates, `x-hubspot` says from what.
    """

    document: Document
    _named: frozenset[int] = field(init=False)
    _done: dict[tuple[int, str], Any] = field(factory=dict)
    _together: dict[int, Node | None] = field(factory=dict)
    _depth: int = 0
    _compared: int = 0

    def __attrs_post_init__(self) -> None:
        self._named = frozenset(map(id, self.document.root.get("components", {}).get("schemas", {}).values()))

    @property
    def root(self) -> Node:
        """All of it. What is shared is one object; references to components stay, and lead there."""
        return self._object(self.document.root, "document")

    def target(self, reference: str, kind: str = "schema") -> Node:
        """What a `$ref` points to, which may be anywhere in the document."""
        return self._object(self.document.target(reference), kind)

    def resolved(self, response: Node) -> Node:
        """The response itself, or what it refers to."""
        return self._object(self.document.resolved(response), "response") if "$ref" in response else response

    def reached(self, value: Any) -> list[str]:
        """The value and all that it leads to, as texts.

        Every name and every word outside of schemas counts: nobody knows what they mean here.
        """
        texts: dict[str, str] = {}
        todo = [value]
        while todo:
            for node in walk(todo.pop()):
                reference = node.get("$ref")
                if isinstance(reference, str) and reference not in texts:
                    named = reference.startswith("#/components/schemas/")
                    target = self.target(reference) if named else self.document.target(reference)
                    texts[reference] = as_text(target)
                    todo.append(target)
        reached = [as_text(value), *(texts[reference] for reference in sorted(texts))]
        self._compared += sum(map(len, reached))
        if self._compared > MOST_TEXT:
            raise InvalidArgument(f"{visible(self.document.name)} holds too much to be compared")
        return reached

    # Schemas

    def followed(self, schema: Node, name: str) -> tuple[Node, str]:
        """What a schema describes, through all that only refers to it or wraps it, and what it is called.

        name: where no reference says another.
        """
        notes: Node = {}
        seen: set[int] = set()  # something may wrap nothing but itself
        while id(schema) not in seen and (inner := self._inner(schema)) is not None:
            seen.add(id(schema))
            notes = {**{key: schema[key] for key in schema if key in NOTES}, **notes}
            name = schema["$ref"].rpartition("/")[2] if "$ref" in schema else name
            schema = inner
        return {**schema, **notes}, name

    def merged(self, schema: Node) -> Node:
        """A schema with those of its allOf written into it; as it was where two differ about one thing."""
        if "allOf" not in schema:
            return schema
        members = schema["allOf"]
        if id(members) not in self._together:
            self._together[id(members)] = None  # for one that leads back to itself
            if self._depth < DEEPEST:
                self._depth += 1
                parts = [self.merged(self.followed(member, "")[0]) for member in members]
                self._depth -= 1
                self._together[id(members)] = None if any("nullable" in part for part in parts) else _union(parts)
        together = self._together[id(members)]
        own = {key: value for key, value in schema.items() if key != "allOf"}
        return (together is not None and _union((own, together))) or schema

    def _inner(self, schema: Node) -> Node | None:
        """What a schema refers to or wraps, with notes beside that at most; None for one that says more."""
        for key in ("$ref", *_CHOICES):
            if key in schema and schema.keys() <= {key, *NOTES}:
                if key == "$ref":
                    return self.target(schema[key])
                if len(schema[key]) == 1:
                    inner: Node = schema[key][0]
                    return inner
        return None

    # The form

    def _part(self, node: Any, kind: str) -> Any:
        if kind.startswith("["):
            return [self._part(item, kind[1:-1]) for item in node]
        if kind.startswith("{"):
            notes = kind in ("{path item}", "{response}")  # where x- begins no name
            return {
                name: self._part(item, kind[1:-1])
                for name, item in node.items()
                if not (notes and name.startswith("x-"))
            }
        kind = kind.partition(" or ")[0]
        return self._object(node, kind) if kind in HOLDS and isinstance(node, dict) else node

    def _object(self, node: Node, kind: str) -> Node:
        key = id(node), kind
        if key not in self._done:
            self._done[key] = self._written(node, kind)
        written: Node = self._done[key]
        return written

    def _written(self, node: Node, kind: str) -> Node:
        if kind == "path item":
            return self._path(node)
        if kind in ("parameter", "header", "request body"):
            node = self.document.resolved(node)
        if kind == "response" and "$ref" in node:
            return {"$ref": node["$ref"]}
        named = id(node) in self._named
        if kind == "schema" and "x-hubspot" in self.document.root:
            node = _declared(node)
        written = {
            name: self._part(value, HOLDS[kind].get(name, ""))
            for name, value in node.items()
            if name not in ANNOTATIONS and not name.startswith("x-")
        }
        if kind == "schema":
            written = self._schema(written, named=named)
        if kind in ("parameter", "header"):
            usual = "form" if written.get("in") in ("query", "cookie") else "simple"
            style = written.pop("style", usual)
            if written.get("explode", style == "form") == (style == "form"):
                written.pop("explode", None)
            written |= {"style": style} if style != usual else {}
        if kind in ("parameter", "request body"):
            written.setdefault("required", False)
        if kind == "operation":
            written.setdefault("responses", {})
        return _without_defaults(written, kind)

    def _path(self, item: Node) -> Node:
        """A path's operations, each with what the path says about all of them."""
        shared = {key: value for key, value in item.items() if key not in METHODS}
        operations: Node = {}
        for method in METHODS:
            if method in item:
                own = item[method]
                parameters = map(
                    self.document.resolved, (*shared.get("parameters", ()), *own.get("parameters", ()))
                )
                by_place = {(parameter["in"], parameter["name"]): parameter for parameter in parameters}
                whole = {**shared, **own, "parameters": list(by_place.values())}
                operations[method] = self._written(whole, "operation")
        return operations

    def _schema(self, schema: Node, *, named: bool) -> Node:
        types = schema.get("type")
        if isinstance(types, list):
            others = sorted({*types} - {"null"}) or ["null"]
            schema["type"] = others[0] if len(others) == 1 else others
            schema["nullable"] = ("null" in types and others != ["null"]) or schema.get("nullable", False)
        if schema.get("additionalProperties") == {}:
            del schema["additionalProperties"]
        if "required" in schema:
            schema["required"] = list(dict.fromkeys(schema["required"]))
        if "enum" in schema:
            schema["enum"] = [value for value in schema["enum"] if value is not None]
        schema = _without_defaults(schema, "schema")
        for key in _CHOICES:
            options = schema.get(key, [])
            others = [option for option in options if not _is_null(option)]
            if key != "allOf" and 0 < len(others) < len(options):
                schema |= {key: others, "nullable": True}
            if not named and "$ref" not in schema and key in schema and (inner := self._inner(schema)) is not None:
                schema = {**inner, **{name: value for name, value in schema.items() if name != key}}
        if "$ref" in schema and not schema.keys() <= {"$ref", *NOTES}:  # more than notes: both hold
            reference = {"$ref": schema.pop("$ref")}
            schema["allOf"] = [*schema.get("allOf", ()), reference]
        return schema


def as_text(value: Any) -> str:
    """A value as text that is equal for equal values: in Python 1 is True, and what is no number is not itself."""
    return json.dumps(value, sort_keys=True, default=str)


def _is_null(schema: Node) -> bool:
    return schema.get("type") == "null" and schema.keys() <= {"type", *ANNOTATIONS}


def _without_defaults(node: Node, kind: str) -> Node:
    defaults = _DEFAULTS.get(kind, {})
    return {
        key: value
        for key, value in node.items()
        if key not in defaults or as_text(value) != as_text(defaults[key])
    }


def _declared(schema: Node) -> Node:
    """A schema of a contract of this package as HubSpot declared it: nulls are ours unless x-hubspot says so."""
    while "schema" in schema.get("x-hubspot", ()):  # HubSpot's word for all of it
        notes = {key: value for key, value in schema["x-hubspot"].items() if key != "schema"}
        schema = {**schema["x-hubspot"]["schema"], **notes}
    own = {**schema}
    if isinstance(types := schema.get("type"), list):
        own["type"] = [name for name in types if name != "null"] or types
    for key in ("anyOf", "oneOf"):
        if key in schema:
            own[key] = [option for option in schema[key] if not _is_null(option)] or schema[key]
    return {**own, **schema.get("x-hubspot", {})}


def _union(schemas: Iterable[Node]) -> Node | None:
    """What several schemas say together; None where two say different things of one point."""
    whole: Node = {}
    for schema in schemas:
        if "additionalProperties" in schema:
            return None  # it is about the fields that this schema alone names
        for key, value in schema.items():
            if key == "required":
                whole[key] = list(dict.fromkeys([*whole.get(key, ()), *value]))
                continue
            if key == "properties":
                known = whole.get(key, {})
                differ = any(as_text(known[name]) != as_text(value[name]) for name in known.keys() & value.keys())
                value = {**known, **value}
            else:
                differ = key in whole and as_text(whole[key]) != as_text(value)
            if differ:
                return None
            whole[key] = value
    return whole
