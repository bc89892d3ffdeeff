"""What differs between two contracts, seen from a client: direction-aware, by oasdiff's rules and levels.

A request may become wider, a reply may become narrower; the other way round breaks somebody. Prose,
tags, operationIds, order, security and `x-` fields bind nobody and are not compared. A contract of this
package is compared as HubSpot declared it: where one deviates, `x-hubspot` says from what.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from attrs import define, field, frozen

from ..errors import InvalidArgument
from ..privacy import visible
from ..versions import Version
from .documents import METHODS, Document, Node, document, on_wire, walk


class Level(StrEnum):
    """How much a change matters to a client, the worst first."""

    BREAKING = "breaking"
    WARNING = "warning"
    INFO = "info"


LEVELS: Final = tuple(Level)


@frozen
class ContractChange:
    """One difference.

    rule: oasdiff's name where it has one. operation: "GET /definitions". place: where in it, such as
    "200 results[].status". subject: the same by schema, "SubscriptionStatus.status", equal in every
    operation that uses it. detail: from what to what.
    """

    level: Level
    rule: str
    operation: str
    place: str = ""
    subject: str = ""
    detail: str = ""


@frozen
class OperationDiff:
    """One operation of either contract. verdict: "same", "added", "removed" or the worst level."""

    method: str
    path: str
    verdict: str
    changes: tuple[ContractChange, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@frozen
class ContractDiff:
    """What differs between contracts `a` and `b` for a client that goes from a to b."""

    a: str
    b: str
    operations: tuple[OperationDiff, ...] = field(repr=False)
    others: tuple[ContractChange, ...] = field(default=(), repr=False)
    """Differences that belong to no single operation."""

    @property
    def changes(self) -> tuple[ContractChange, ...]:
        """All of them, the worst first."""
        found = [*self.others, *(change for operation in self.operations for change in operation.changes)]
        return tuple(sorted(found, key=lambda change: LEVELS.index(change.level)))

    @property
    def level(self) -> Level | None:
        """The worst level; None where nothing differs."""
        return worst(self.changes)

    def count(self, level: Level) -> int:
        """How many changes are of this level."""
        return sum(change.level is level for change in self.changes)

    def fails(self, on: str) -> bool:
        """Whether anything is as bad as `on` or worse: "breaking", "warning" or "any"."""
        bar = Level.INFO if on == "any" else Level(on)
        return any(LEVELS.index(change.level) <= LEVELS.index(bar) for change in self.changes)

    def grouped(self) -> dict[ContractChange, tuple[str, ...]]:
        """Each change once, with the operations it is in: what is in a shared schema shows up in many."""
        groups: dict[tuple[str, ...], list[ContractChange]] = {}
        for change in self.changes:
            where = change.subject or f"{change.operation} {change.place}"
            groups.setdefault((change.level, change.rule, where, change.detail), []).append(change)
        return {found[0]: tuple(dict.fromkeys(one.operation for one in found)) for found in groups.values()}


def worst(changes: Iterable[ContractChange]) -> Level | None:
    """The worst level among changes."""
    return min((change.level for change in changes), key=LEVELS.index, default=None)


def compare(a: str | Path | Version, b: str | Path | Version) -> ContractDiff:
    """What changes for a client that goes from contract `a` to contract `b`.

    a, b: a version of this package ("v4", "2026-03", "latest"), or a file with an OpenAPI document
    (JSON or YAML), such as one that HubSpot publishes. Offline. Raises InvalidArgument for anything else.
    """
    return difference(document(a), document(b))


# A comparison of HubSpot's documents looks at 530 pairs of schemas; references can make it any number.
MOST_PAIRS: Final = 30_000


def difference(a: Document, b: Document) -> ContractDiff:
    """The same for documents that were read and checked. Raises InvalidArgument where it would never end."""
    ours, theirs = _operations(a), _operations(b)
    operations = []
    pairs = iter(range(MOST_PAIRS))
    for key in sorted(ours.keys() | theirs.keys(), key=lambda key: (key[1], key[0])):
        old, new = ours.get(key), theirs.get(key)
        method, path = key[0], (new or old or ("", {}))[0]
        if old and new:
            changes = _Comparison(a, b, f"{method} {path}", pairs).operation(old, new)
            verdict = worst(changes) or "same"
        else:
            changes = [_existence(f"{method} {path}", old and old[1])]
            verdict = "removed" if old else "added"
        operations.append(OperationDiff(method, path, str(verdict), tuple(changes)))
    return ContractDiff(a.name, b.name, tuple(operations), tuple(_others(a, b)))


_Operation = tuple[str, Node]  # the path below the version, and the operation


def _operations(found: Document) -> dict[tuple[str, str], _Operation]:
    """By method and path, each with what its path says about all operations."""
    operations = {}
    items = {on_wire(path): item for path, item in found.root["paths"].items() if not path.startswith("x-")}
    for method, path, operation in found.operations():
        item = items[on_wire(path)]
        shared = {key: value for key, value in item.items() if key not in METHODS}
        parameters = {
            (one["in"], one["name"]): one
            for one in map(found.resolved, [*item.get("parameters", ()), *operation.get("parameters", ())])
        }
        whole = {**shared, **operation, "parameters": list(parameters.values())}
        operations[method, on_wire(path)] = path, whole
    return operations


def _existence(operation: str, old: Node | None) -> ContractChange:
    """What to say of an operation that only one contract has: `old`, or else the new one."""
    if old is None:
        return ContractChange(Level.INFO, "endpoint-added", operation)
    # oasdiff says api-path-removed where it was the last one of its path; to a client that is all the same
    if old.get("deprecated") is True:
        return ContractChange(Level.INFO, "api-removed-with-deprecation", operation)
    return ContractChange(Level.BREAKING, "api-removed-without-deprecation", operation)


def _others(a: Document, b: Document) -> Iterator[ContractChange]:
    """What belongs to no operation: where the servers are, and whatever else a document may hold."""
    default = [{"url": "/"}]
    urls, all_ = [], []
    for each in (a, b):
        servers = each.root.get("servers") or default
        urls.append(", ".join(sorted(str(one.get("url")) for one in servers)))
        bare = [
            {key: one[key] for key in one if key not in _PROSE and not key.startswith("x-")} for one in servers
        ]
        all_.append(sorted(map(_said, bare)))
    if all_[0] != all_[1]:
        detail = f"{urls[0]} → {urls[1]}"
        yield ContractChange(Level.WARNING, "servers-changed", "", "servers", "servers", detail)
    known = {"openapi", "info", "tags", "paths", "components", "security", "servers", "externalDocs"}
    for key in sorted((a.root.keys() | b.root.keys()) - known):
        if not key.startswith("x-") and _differ(a, b, a.root, b.root, key):
            yield ContractChange(Level.WARNING, f"document-{_kebab(key)}-changed", "", key, key)


def _said(value: Any) -> str:
    """A value as text that is equal for equal values: in Python 1 is True, and what is no number is not itself."""
    return json.dumps(value, sort_keys=True, default=str)


def _differ(a: Document, b: Document, x: Mapping[str, Any], y: Mapping[str, Any], key: str) -> bool:
    """Whether what stands under a key differs, or anything that it refers to."""
    if key in x and key in y:
        return _reached(a, x[key]) != _reached(b, y[key])
    return key in x or key in y


def _reached(found: Document, value: Any) -> list[str]:
    """The value and all that it leads to. Every name and every word counts: nobody knows what they mean here."""
    seen: dict[str, str] = {}
    todo = [value]
    while todo:
        for node in walk(todo.pop()):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference not in seen:
                target = found.target(reference)
                seen[reference] = _said(target)
                todo.append(target)
    return [_said(value), *(seen[reference] for reference in sorted(seen))]


@frozen
class _Schema:
    """A schema with its references followed, as HubSpot declared it."""

    node: Mapping[str, Any]
    name: str
    types: frozenset[str]
    nullable: bool

    @property
    def type(self) -> str:
        shown = "|".join(sorted(self.types)) or "any"
        return f"{shown}/{self.node['format']}" if "format" in self.node else shown


# What may stand beside a reference without adding to what it refers to.
_PROSE: Final = {"description", "summary", "title", "example", "examples", "externalDocs", "xml"}
_NOTES: Final = {*_PROSE, "nullable", "default", "deprecated", "readOnly", "writeOnly"}
# Said or left out, these mean the same.
_DEFAULTS: Final[dict[str, Any]] = {
    **dict.fromkeys(("nullable", "deprecated", "readOnly", "writeOnly", "uniqueItems"), False),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), False),  # in OpenAPI 3.0 no figures
    **dict.fromkeys(("minLength", "minItems", "minProperties"), 0),
    "allOf": [],
    "properties": {},
    "required": [],
}


def _schema(found: Document, node: Mapping[str, Any], name: str) -> _Schema:
    """The value that `node` describes. name: what to call it where no reference does."""
    ours = "x-hubspot" in found.root  # a contract of this package: its nulls are ours unless it says otherwise
    nullable = False
    outer: dict[str, Any] = {}  # what stands beside a reference holds as well
    seen: set[int] = set()
    while id(node) not in seen:  # something may wrap nothing but itself
        seen.add(id(node))
        if ours and "x-hubspot" in node:
            declared = dict(node["x-hubspot"])
            said = declared.pop("schema", None)
            outer = {**declared, **outer}
            if said is not None:
                node = said
                continue
        key, inner, null = _within(found, node)
        if inner is None:
            break
        outer = {**{other: node[other] for other in node if other != key}, **outer}
        nullable = nullable or (null and not ours)
        if key == "$ref":
            name = node["$ref"].rpartition("/")[2]
        node = inner
    if "$ref" in node:  # with more than notes beside it: both hold
        node = {**node, "allOf": [*node.get("allOf", ()), {"$ref": node["$ref"]}]}
    node = {**node, **outer}
    types = frozenset(kinds if isinstance(kinds := node.get("type", []), list) else [kinds])
    nullable = nullable or node.get("nullable") is True or ("null" in types and not ours)
    if node.get("additionalProperties") == {}:
        node["additionalProperties"] = True
    said = {
        key: value for key, value in node.items() if key not in _DEFAULTS or _said(value) != _said(_DEFAULTS[key])
    }
    return _Schema(said, name, types - {"null"} or types, nullable)


def _within(found: Document, node: Mapping[str, Any]) -> tuple[str, Node | None, bool]:
    """What a schema only wraps: the key, what is under it, and whether null is allowed besides."""
    for key in ("$ref", "allOf", "anyOf", "oneOf"):
        if key not in node or not all(other in _NOTES or other.startswith("x-") for other in node.keys() - {key}):
            continue
        if key == "$ref":
            return key, found.target(node[key]), False
        options = [each for each in node[key] if each != {"type": "null"}]
        if len(options) == 1 and (null := len(node[key]) - 1) in ((0,) if key == "allOf" else (0, 1)):
            return key, options[0], bool(null)
    return "", None, False


# Keywords that bound a value, and whether a higher figure allows more.
_BOUNDS: Final = {
    "maximum": ("max", True),
    "exclusiveMaximum": ("exclusive-max", True),
    "maxLength": ("max-length", True),
    "maxItems": ("max-items", True),
    "maxProperties": ("max-properties", True),
    "minimum": ("min", False),
    "exclusiveMinimum": ("exclusive-min", False),
    "minLength": ("min-length", False),
    "minItems": ("min-items", False),
    "minProperties": ("min-properties", False),
}
# Keywords that restrict a value, what is said where one appears or disappears, and how bad another value of it is:
# no telling for a pattern; worse for the others.
_LIMITS: Final = {
    "pattern": ("pattern", "added", "removed", Level.WARNING),
    "const": ("const", "added", "removed", Level.BREAKING),
    "multipleOf": ("multiple-of", "set", "unset", Level.BREAKING),
    "uniqueItems": ("unique-items", "set", "unset", Level.BREAKING),
}
# Lists of schemas, and whether one more allows more.
_CHOICES: Final = {"allOf": ("all-of", False), "anyOf": ("any-of", True), "oneOf": ("one-of", True)}
# Compared by rules of their own.
_HANDLED: Final = {
    *(*_BOUNDS, *_LIMITS, *_CHOICES),
    *("type", "format", "enum", "required", "properties", "items", "additionalProperties", "nullable", "default"),
    *("deprecated", "$ref"),
}


@define
class _Comparison:
    """The walk through one operation of both contracts.

    oasdiff has finer names, at the same or a lower level, for what is read-only, write-only, has a default or is
    within a parameter's object, and for lists of types; here these fall under the plain rule. What neither oasdiff
    nor this knows is a warning that ends in "-changed".
    """

    a: Document
    b: Document
    name: str
    pairs: Iterator[int]
    found: list[ContractChange] = field(factory=list)
    todo: deque[tuple[Mapping[str, Any], Mapping[str, Any], str, str, str]] = field(factory=deque)
    seen: dict[tuple[int, int, bool], tuple[object, object]] = field(factory=dict)
    """What was compared, by identity; it holds them, or an identity could come back."""
    told: set[tuple[object, ...]] = field(factory=set)

    def add(self, level: Level, rule: str, place: str, subject: str = "", detail: str = "") -> None:
        self.found.append(ContractChange(level, rule, self.name, place.strip(), subject, detail))

    def operation(self, old: _Operation, new: _Operation) -> list[ContractChange]:
        x, y = old[1], new[1]
        if y.get("deprecated") is True and not x.get("deprecated"):
            self.add(Level.INFO, "endpoint-deprecated", "")
        if x.get("deprecated") is True and not y.get("deprecated"):
            self.add(Level.INFO, "endpoint-reactivated", "")
        self.parameters(_by_place(*old), _by_place(*new))
        self.body(x.get("requestBody"), y.get("requestBody"))
        self.responses(x.get("responses", {}), y.get("responses", {}))
        # Scopes and schemes change almost daily upstream, and the client sends the same token whatever they are;
        # oasdiff has rules for them.
        known = {"deprecated", "parameters", "requestBody", "responses", "operationId", "tags", "security"}
        self.rest(x, y, known, "operation", "", "")
        while self.todo:
            self.pair(*self.todo.popleft())
        return self.found

    def rest(
        self, x: Mapping[str, Any], y: Mapping[str, Any], known: set[str], rule: str, place: str, subject: str
    ) -> None:
        """Whatever no rule knows: a difference in it is a difference all the same."""
        for key in sorted((x.keys() | y.keys()) - known - _PROSE):
            if not key.startswith("x-") and _differ(self.a, self.b, x, y, key):
                self.add(Level.WARNING, f"{rule}-{_kebab(key)}-changed", place, subject)

    def lifecycle(self, x: Mapping[str, Any], y: Mapping[str, Any], kind: str, place: str, subject: str) -> None:
        if bool(x.get("deprecated")) != bool(y.get("deprecated")):
            act = "deprecated" if y.get("deprecated") else "reactivated"
            self.add(Level.INFO, f"{kind}-{act}", place, subject)

    # What is sent

    def parameters(self, ours: Mapping[tuple[str, str], Node], theirs: Mapping[tuple[str, str], Node]) -> None:
        for key in sorted(ours.keys() | theirs.keys()):
            old, new = ours.get(key), theirs.get(key)
            place = f"{key[0]} {(new or old or {})['name']}"
            if old and new:
                self.parameter(old, new, place)
            elif old and old.get("deprecated"):
                self.add(Level.INFO, "request-parameter-removed-with-deprecation", place)
            elif old:
                self.add(Level.WARNING, "request-parameter-removed", place)
            elif key[0] == "path":
                self.add(Level.BREAKING, "new-request-path-parameter", place)
            elif new:
                required = new.get("required") is True
                rule = f"new-{'required' if required else 'optional'}-request-parameter"
                self.add(Level.BREAKING if required else Level.INFO, rule, place)

    def parameter(self, old: Node, new: Node, place: str) -> None:
        if new.get("required") and not old.get("required"):
            self.add(Level.BREAKING, "request-parameter-became-required", place)
        if old.get("required") and not new.get("required"):
            self.add(Level.INFO, "request-parameter-became-optional", place)
        self.written(old, new, "request-parameter", place, known={"name", "in"})

    def written(self, old: Node, new: Node, kind: str, place: str, known: set[str]) -> None:
        """What a parameter and a header have in common."""
        self.lifecycle(old, new, kind, place, "")
        if "content" in old or "content" in new:
            self.content(old, new, kind, place)
        self.schema(old.get("schema", _ANYTHING), new.get("schema", _ANYTHING), kind, place, "")
        known = known | {"required", "deprecated", "schema", "content"}
        self.rest(_with_defaults(old), _with_defaults(new), known, kind, place, "")

    def body(self, x: Node | None, y: Node | None) -> None:
        old = None if x is None else self.a.resolved(x)
        new = None if y is None else self.b.resolved(y)
        if new is not None and old is None:
            required = new.get("required") is True
            rule = f"request-body-added-{'required' if required else 'optional'}"
            self.add(Level.BREAKING if required else Level.INFO, rule, "body")
        elif old is not None and new is None:
            self.add(Level.BREAKING, "request-body-removed", "body")
        elif old is not None and new is not None:
            if new.get("required") and not old.get("required"):
                self.add(Level.BREAKING, "request-body-became-required", "body")
            if old.get("required") and not new.get("required"):
                self.add(Level.INFO, "request-body-became-optional", "body")
            self.content(old, new, "request-body", "body")
            self.rest(old, new, {"content", "required"}, "request-body", "body", "")

    # What comes back

    def responses(self, x: Node, y: Node) -> None:
        for code in sorted(key for key in x.keys() | y.keys() if not key.startswith("x-")):
            success = code.startswith("2")
            kind = f"response-{'success' if success else 'non-success'}-status"
            if code not in y:
                self.add(Level.BREAKING if success else Level.INFO, f"{kind}-removed", code)
            elif code not in x:
                self.add(Level.INFO, f"{kind}-added", code)
            else:
                old, new = self.a.resolved(x[code]), self.b.resolved(y[code])
                self.content(old, new, "response-body", code)
                self.headers(old.get("headers", {}), new.get("headers", {}), code)
                self.rest(old, new, {"content", "headers"}, "response", code, "")

    def headers(self, x: Node, y: Node, code: str) -> None:
        ours = {name.lower(): self.a.resolved(header) for name, header in x.items()}
        theirs = {name.lower(): self.b.resolved(header) for name, header in y.items()}
        for name in sorted(ours.keys() | theirs.keys()):
            old, new, place = ours.get(name), theirs.get(name), f"{code} header {name}"
            if old is None:
                self.add(Level.INFO, "response-header-added", place)
            elif new is None:
                required = old.get("required") is True
                rule = f"{'required' if required else 'optional'}-response-header-removed"
                self.add(Level.BREAKING if required else Level.WARNING, rule, place)
            else:
                if old.get("required") and not new.get("required"):
                    self.add(Level.BREAKING, "response-header-became-optional", place)
                if new.get("required") and not old.get("required"):
                    self.add(Level.INFO, "response-header-became-required", place)
                self.written({"in": "header", **old}, {"in": "header", **new}, "response-header", place, {"in"})

    def content(self, x: Node, y: Node, kind: str, place: str) -> None:
        """Media types. Errors are published as */* and are JSON."""
        old, new = _media(x), _media(y)
        rule = {"response-body": "response"}.get(kind, kind) + "-media-type"
        for media in sorted(old.keys() | new.keys()):
            if media not in new:
                self.add(Level.BREAKING, f"{rule}-removed", place, "", media)
            elif media not in old:
                self.add(Level.INFO, f"{rule}-added", place, "", media)
            else:
                one, other = old[media].get("schema", _ANYTHING), new[media].get("schema", _ANYTHING)
                self.schema(one, other, kind, place, "")
                self.rest(old[media], new[media], {"schema"}, f"{kind}-media-type", place, "")

    # Values

    def schema(self, x: Mapping[str, Any], y: Mapping[str, Any], kind: str, place: str, subject: str) -> None:
        """To be compared later, for references go as deep as they like, unless the same pair was.

        kind: what the rules' names begin with, such as response-property.
        """
        pair = id(x), id(y), kind.startswith("request")
        if pair in self.seen:
            return  # a schema that holds itself, or stands twice in this operation
        if next(self.pairs, None) is None:
            both = visible(f"{self.a.name} and {self.b.name}")
            raise InvalidArgument(f"{both} hold too many schemas to be compared")
        self.seen[pair] = x, y
        self.todo.append((x, y, kind, place, subject))

    def pair(self, x: Mapping[str, Any], y: Mapping[str, Any], kind: str, place: str, subject: str) -> None:
        request = kind.startswith("request")
        old, new = _schema(self.a, x, subject), _schema(self.b, y, subject)
        about = {"place": place, "subject": subject or new.name}
        if old.nullable != new.nullable:
            rule = f"{kind}-became-{'' if new.nullable else 'not-'}nullable"
            self.add(Level.INFO if request is new.nullable else Level.BREAKING, rule, **about)
        if (old.types, old.node.get("format")) != (new.types, new.node.get("format")):
            self.types(old, new, kind, request, about)
            if old.types and new.types and not _wider(old, new) and not _wider(new, old):
                return  # of another type altogether: nothing below has a meaning
        self.values(old, new, kind, request, about)
        self.bounds(old, new, kind, request, about)
        self.limits(old, new, kind, request, about)
        self.lifecycle(old.node, new.node, kind, **about)
        self.choices(old, new, kind, request, about)
        self.properties(old, new, kind, place)
        self.items(old, new, kind, place, about["subject"])
        self.rest(old.node, new.node, _HANDLED, kind, place, about["subject"])

    def types(self, old: _Schema, new: _Schema, kind: str, request: bool, about: dict[str, str]) -> None:
        detail = f"{old.type} → {new.type}"
        if _wider(old, new):
            level = Level.INFO if request else Level.BREAKING
            self.add(level, f"{kind}-type-generalized", **about, detail=detail)
        elif _wider(new, old) and not request:
            self.add(Level.INFO, f"{kind}-type-specialized", **about, detail=detail)
        else:
            self.add(Level.BREAKING, f"{kind}-type-changed", **about, detail=detail)

    def values(self, old: _Schema, new: _Schema, kind: str, request: bool, about: dict[str, str]) -> None:
        before, after = (
            {_said(value): value for value in each.node["enum"] if value is not None}
            if "enum" in each.node
            else None
            for each in (old, new)
        )
        # oasdiff's name for the values of a whole reply
        removed = "response-mediatype" if kind == "response-body" else kind
        if before is None and after is not None:
            self.add(Level.BREAKING if request else Level.INFO, f"{kind}-became-enum", **about)
        elif after is None and before is not None:
            self.add(Level.INFO if request else Level.WARNING, f"{kind}-became-not-enum", **about)
        elif before is not None and after is not None:
            for value in sorted(before.keys() - after.keys()):
                level = Level.BREAKING if request else Level.INFO
                self.add(level, f"{removed}-enum-value-removed", **about, detail=str(before[value]))
            for value in sorted(after.keys() - before.keys()):
                level = Level.INFO if request else Level.WARNING
                self.add(level, f"{kind}-enum-value-added", **about, detail=str(after[value]))
        if _differ(self.a, self.b, old.node, new.node, "default"):
            which = "changed" if {"default"} <= old.node.keys() & new.node.keys() else "added"
            which = which if "default" in new.node else "removed"
            detail = f"{old.node.get('default', 'none')} → {new.node.get('default', 'none')}"
            self.add(Level.INFO, f"{kind}-default-value-{which}", **about, detail=detail)

    def bounds(self, old: _Schema, new: _Schema, kind: str, request: bool, about: dict[str, str]) -> None:
        for key, (name, higher_is_wider) in _BOUNDS.items():
            if not _differ(self.a, self.b, old.node, new.node, key):
                continue
            x, y = old.node.get(key), new.node.get(key)
            if x is None or y is None:
                act, wider = ("unset" if y is None else "set"), y is None
            else:
                grew = isinstance(x, int | float) and isinstance(y, int | float) and y > x
                act, wider = ("increased" if grew else "decreased"), grew is higher_is_wider
            level = Level.INFO if request is wider else Level.BREAKING
            self.add(level, f"{kind}-{name}-{act}", **about, detail=f"{_shown(x)} → {_shown(y)}")

    def limits(self, old: _Schema, new: _Schema, kind: str, request: bool, about: dict[str, str]) -> None:
        for key, (name, appeared, gone, otherwise) in _LIMITS.items():
            if not _differ(self.a, self.b, old.node, new.node, key):
                continue
            if key in old.node and key in new.node:
                level, act = otherwise, "changed"
            else:
                act = appeared if key in new.node else gone
                level = Level.BREAKING if request is (key in new.node) else Level.INFO
            detail = f"{_shown(old.node.get(key))} → {_shown(new.node.get(key))}"
            self.add(level, f"{kind}-{name}-{act}", **about, detail=detail)

    def choices(self, old: _Schema, new: _Schema, kind: str, request: bool, about: dict[str, str]) -> None:
        """allOf, anyOf, oneOf: by name, those without one by their order."""
        for key, (name, more_is_wider) in _CHOICES.items():
            x, y = old.node.get(key), new.node.get(key)
            if more_is_wider and (x is None) != (y is None):
                self.add(Level.BREAKING, f"{kind}-{name}-{'set' if x is None else 'unset'}", **about)
                continue
            before, after = _by_name(x or ()), _by_name(y or ())
            gone = [each for each in before if each not in after]
            fresh = [each for each in after if each not in before]
            renamed = dict(zip(gone, fresh, strict=False))
            for each in before:
                if other := each if each in after else renamed.get(each):
                    one = f"{about['place']}<{other}>"
                    self.schema(before[each], after[other], kind, one, _part(about["subject"], f"<{other}>"))
            for each in (*gone[len(fresh) :], *fresh[len(gone) :]):
                added = each in after
                level = Level.INFO if request is (added is more_is_wider) else Level.BREAKING
                self.add(level, f"{kind}-{name}-{'added' if added else 'removed'}", **about, detail=each)

    def properties(self, old: _Schema, new: _Schema, kind: str, place: str) -> None:
        way = "request" if kind.startswith("request") else "response"
        before, after = old.node.get("properties", _ANYTHING), new.node.get("properties", _ANYTHING)
        was, now = set(old.node.get("required", ())), set(new.node.get("required", ()))
        if (fields := (id(before), id(after), way, frozenset(was), frozenset(now))) in self.told:
            return  # of a schema that several others refer to
        self.told.add(fields)
        for name in sorted(before.keys() | after.keys() | (was ^ now)):
            below = f"{place}{'.' if ' ' in place else ' '}{name}"
            subject = _part(new.name or old.name, f".{name}")
            if name in before and name not in after:
                if way == "request":
                    self.add(Level.WARNING, "request-property-removed", below, subject)
                else:
                    which = "required" if name in was else "optional"
                    # oasdiff: info for an optional one; but who reads it reads nothing any more
                    level = Level.BREAKING if name in was else Level.WARNING
                    self.add(level, f"response-{which}-property-removed", below, subject)
            elif name in after and name not in before:
                which = "required" if name in now else "optional"
                if way == "request":
                    level = Level.BREAKING if name in now else Level.INFO
                    self.add(level, f"new-{which}-request-property", below, subject)
                else:
                    self.add(Level.INFO, f"response-{which}-property-added", below, subject)
            else:
                if name in now - was:
                    level = Level.BREAKING if way == "request" else Level.INFO
                    self.add(level, f"{way}-property-became-required", below, subject)
                if name in was - now:
                    level = Level.INFO if way == "request" else Level.BREAKING
                    self.add(level, f"{way}-property-became-optional", below, subject)
                if name in before:
                    self.schema(before[name], after[name], f"{way}-property", below, subject)

    def items(self, old: _Schema, new: _Schema, kind: str, place: str, subject: str) -> None:
        """What lists and maps are made of."""
        if "items" in old.node and "items" in new.node:
            self.schema(old.node["items"], new.node["items"], kind, f"{place}[]", _part(subject, "[]"))
        elif "items" in old.node or "items" in new.node:
            self.add(Level.WARNING, f"{kind}-items-changed", place, subject)
        x, y = old.node.get("additionalProperties", True), new.node.get("additionalProperties", True)
        if isinstance(x, dict) and isinstance(y, dict):
            self.schema(x, y, kind, f"{place}.*", _part(subject, ".*"))
        elif x != y:
            self.add(Level.WARNING, f"{kind}-additional-properties-changed", place, subject)


_ANYTHING: Final[Mapping[str, Any]] = {}


def _by_place(path: str, operation: Node) -> dict[tuple[str, str], Node]:
    """Parameters by place and name; those in the path by their order in it, for their names are not sent."""
    in_path = re.findall(r"\{([^{}]*)\}", path)
    found = {}
    for one in operation["parameters"]:
        name = one["name"].lower() if one["in"] == "header" else one["name"]
        if one["in"] == "path" and name in in_path:
            name = str(in_path.index(name))
        found[one["in"], name] = one
    return found


def _with_defaults(one: Node) -> Node:
    """A parameter or header with what it leaves unsaid about the way it is written."""
    style = one.get("style") or ("form" if one["in"] in ("query", "cookie") else "simple")
    defaults = {"explode": style == "form", "allowReserved": False, "allowEmptyValue": False}
    return {**defaults, **one, "style": style}


def _media(node: Node) -> Node:
    content: Node = node.get("content", {})
    known_as = {"*/*": "*/*" if "application/json" in content else "application/json"}
    return {known_as.get(media, media): body for media, body in content.items()}


def _by_name(schemas: Iterable[Node]) -> dict[str, Node]:
    """By what they refer to; by their number where they refer to nothing, or to the same once more."""
    found: dict[str, Node] = {}
    for each in schemas:
        name = str(each.get("$ref", "")).rpartition("/")[2]
        found[name if name and name not in found else f"#{len(found) + 1}"] = each
    return found


def _part(subject: str, part: str) -> str:
    """What to call a part of a schema; a part of one without a name has none either."""
    return f"{subject}{part}" if subject else ""


def _wider(old: _Schema, new: _Schema) -> bool:
    """Whether every value of the old type is one of the new."""
    before, old_format = old.types, old.node.get("format")
    after, new_format = new.types, new.node.get("format")
    if not after and new_format is None:
        return True
    if before == {"integer"} and after == {"number"}:
        return True
    if before == after == {"integer"} and (old_format, new_format) == ("int32", "int64"):
        return True
    return before <= after and bool(before) and (new_format is None or old_format == new_format)


def _kebab(key: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"-\1", key).lower()


def _shown(value: object) -> str:
    return "none" if value is None else str(value)
