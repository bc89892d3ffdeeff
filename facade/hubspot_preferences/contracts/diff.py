"""What differs between two contracts, seen from a client: direction-aware, by oasdiff's rules and levels.

A request may become wider, a reply may become narrower; the other way round breaks somebody. Both contracts are
compared in their normal form. Annotations, tags, operationIds, order, security and `x-` fields bind nobody.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

from attrs import define, evolve, field, frozen

from ..errors import InvalidArgument
from ..privacy import visible
from ..versions import Version
from .changes import ContractChange, ContractDiff, Level, OperationDiff, worst
from .documents import document
from .normal_form import NormalForm, as_text
from .openapi import Document, Node, on_wire

K = TypeVar("K", str, tuple[str, str])
V = TypeVar("V")

BREAKING, WARNING, INFO = Level


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
    forms = NormalForm(a), NormalForm(b)
    pairs = iter(range(MOST_PAIRS))
    operations = []
    for (_, method), old, new in _both(*map(_operations, forms)):
        path, operation = new or old or ("", {})
        comparison = _Comparison(*forms, f"{method} {path}", pairs)
        if old and new:
            comparison.operation(old[1], new[1])
        else:
            comparison.alone(old, operation, _Spot("endpoint", ""))
        verdict = (
            "added" if old is None else "removed" if new is None else str(worst(comparison.changes) or "same")
        )
        operations.append(OperationDiff(method, path, verdict, tuple(comparison.changes)))
    whole = _Comparison(*forms, "", pairs)
    whole.document()
    return ContractDiff(a.name, b.name, tuple(operations), tuple(whole.changes))


def _operations(form: NormalForm) -> dict[tuple[str, str], tuple[str, Node]]:
    """By path and method: the path below the version, and the operation with its parameters by place."""
    return {
        (on_wire(path), method): (path, {**operation, "parameters": _by_place(path, operation)})
        for method, path, operation in Document("", form.root).operations()
    }


@frozen
class _Spot:
    """Where in an operation a value is.

    kind: what the names of rules begin with, such as response-property. place and subject: as in a change.
    traits: what matters of it there: where a parameter is, whether a property has to be there.
    """

    kind: str
    place: str
    subject: str = ""
    traits: tuple[str, ...] = ()

    @property
    def sent(self) -> bool:
        return self.kind.startswith("request")

    def part(self, part: str) -> "_Spot":
        """A part of it; a part of a schema without a name has none either."""
        return _Spot(self.kind, f"{self.place}{part}", f"{self.subject}{part}" if self.subject else "")


# How bad it is that only one of two contracts has a thing, and the rule. Whatever is not named here is harmless
# where it is added, and breaks somebody where it is removed.
_ALONE: Final = {
    # oasdiff says api-path-removed where it was the last one of its path; to a client that is all the same
    "endpoint removed": (BREAKING, "api-removed-without-deprecation"),
    "deprecated endpoint removed": (INFO, "api-removed-with-deprecation"),
    "request-parameter added": (INFO, "new-optional-request-parameter"),
    "required request-parameter added": (BREAKING, "new-required-request-parameter"),
    "path request-parameter added": (BREAKING, "new-request-path-parameter"),
    "request-parameter removed": (WARNING, "request-parameter-removed"),
    "deprecated request-parameter removed": (INFO, "request-parameter-removed-with-deprecation"),
    "request-body added": (INFO, "request-body-added-optional"),
    "required request-body added": (BREAKING, "request-body-added-required"),
    "response-non-success-status removed": (INFO, "response-non-success-status-removed"),
    "response-header removed": (WARNING, "optional-response-header-removed"),
    "required response-header removed": (BREAKING, "required-response-header-removed"),
    "request-property added": (INFO, "new-optional-request-property"),
    "required request-property added": (BREAKING, "new-required-request-property"),
    "request-property removed": (WARNING, "request-property-removed"),
    "response-property added": (INFO, "response-optional-property-added"),
    "required response-property added": (INFO, "response-required-property-added"),
    # oasdiff: info for an optional one; but who reads it reads nothing any more
    "response-property removed": (WARNING, "response-optional-property-removed"),
    "required response-property removed": (BREAKING, "response-required-property-removed"),
}
# Keywords that bound a value; a higher figure of those with "max" in them allows more.
_BOUNDS: Final = (
    *("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"),
    *("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"),
)
# Keywords that restrict a value, what is said where one appears or disappears, how bad it is where a reply loses
# it, and how bad another value of it is: of a bound that depends, of a pattern there is no telling, any other is
# worse. A reply may hold an item twice without breaking who reads it.
_LIMITS: Final = {
    **dict.fromkeys(_BOUNDS, ("set", "unset", BREAKING, None)),
    "pattern": ("added", "removed", BREAKING, WARNING),
    "const": ("added", "removed", BREAKING, BREAKING),
    "multipleOf": ("set", "unset", BREAKING, BREAKING),
    "uniqueItems": ("set", "unset", WARNING, BREAKING),
}
# Lists of schemas, and whether one more allows more.
_CHOICES: Final = {"allOf": False, "anyOf": True, "oneOf": True}
# What rules of their own compare. Any other keyword of a schema may restrict it, nobody knows how.
_KNOWN: Final = {
    *(*_LIMITS, *_CHOICES, "type", "format", "enum", "required", "properties", "items", "additionalProperties"),
    *("nullable", "default", "deprecated", "discriminator", "readOnly", "writeOnly", "$ref"),
}


@define
class _Comparison:
    """The walk through one operation of both contracts.

    oasdiff has finer names, at the same or a lower level, for what is read-only, write-only, has a default or is
    within a parameter's object, and for lists of types; here these fall under the plain rule.
    """

    a: NormalForm
    b: NormalForm
    name: str
    pairs: Iterator[int]
    changes: list[ContractChange] = field(factory=list)
    todo: deque[tuple[Node, Node, _Spot]] = field(factory=deque)
    # What was compared, by identity; it is held here, or an identity could come back.
    seen: dict[tuple[object, ...], tuple[Node, Node]] = field(factory=dict)

    def note(self, level: Level, rule: str, at: _Spot, detail: str = "") -> None:
        """Add a change. rule: what begins with a hyphen continues the kind of the place."""
        rule = f"{at.kind}{rule}" if rule.startswith("-") else rule
        self.changes.append(ContractChange(level, rule, self.name, at.place.strip(), at.subject, detail))

    def widened(self, wider: bool, rule: str, at: _Spot, detail: str = "", reply: Level = BREAKING) -> None:
        """Add a change that allows more than before, or less. reply: how bad more is in a reply."""
        bad = BREAKING if at.sent else reply
        self.note(INFO if at.sent is wider else bad, rule, at, detail)

    def alone(self, old: object, node: Node, at: _Spot, detail: str = "") -> None:
        """Add that only one side has a thing, this node: the old one, or else the new one."""
        act, usual = ("added", INFO) if old is None else ("removed", BREAKING)
        traits = (*at.traits, *(trait for trait in ("deprecated", "required") if node.get(trait)), "")
        names = (f"{trait} {at.kind} {act}".lstrip() for trait in traits)
        self.note(*next((_ALONE[name] for name in names if name in _ALONE), (usual, f"-{act}")), at, detail)

    def parts(
        self, x: Mapping[K, Node], y: Mapping[K, Node], spot: Callable[[K, Node], _Spot]
    ) -> Iterator[tuple[Node, Node, _Spot]]:
        """What both sides have under a key, and where it is; what only one of them has is a change."""
        for key, old, new in _both(x, y):
            if old is not None and new is not None:
                yield old, new, spot(key, new)
            elif (node := old if new is None else new) is not None:
                self.alone(old, node, spot(key, node))

    def flag(self, key: str, old: Node, new: Node, at: _Spot) -> None:
        """Add that a flag was set or taken away, of which nobody knows what it does to a client."""
        if bool(old.get(key)) != bool(new.get(key)):
            self.note(WARNING, f"-became-{'' if new.get(key) else 'not-'}{_kebab(key)}", at)

    def lifecycle(self, old: Node, new: Node, at: _Spot) -> None:
        if bool(old.get("deprecated")) != bool(new.get("deprecated")):
            self.note(INFO, "-deprecated" if new.get("deprecated") else "-reactivated", at)

    def required(self, old: Node, new: Node, at: _Spot) -> None:
        if bool(old.get("required")) != (required := bool(new.get("required"))):
            self.widened(not required, f"-became-{'required' if required else 'optional'}", at)

    def rest(self, x: Node, y: Node, known: set[str], at: _Spot) -> None:
        """Whatever no rule knows: a difference in it is a difference all the same."""
        for key in self.differing(x, y, {*x, *y} - known):
            self.note(WARNING, f"-{_kebab(key)}-changed", at)

    def differing(self, x: Node, y: Node, keys: Iterable[str]) -> list[str]:
        """Those keys under which something differs, or anything that it refers to."""
        return [
            key
            for key in sorted({*x, *y}.intersection(keys))
            if (key in x) != (key in y) or (key in x and self.a.reached(x[key]) != self.b.reached(y[key]))
        ]

    def document(self) -> None:
        """What belongs to no operation: where the servers are, and whatever else a document may hold."""
        x, y = self.a.root, self.b.root
        servers = [sorted(root.get("servers") or [{"url": "/"}], key=as_text) for root in (x, y)]
        if as_text(servers[0]) != as_text(servers[1]):
            urls = (", ".join(sorted(str(server.get("url")) for server in side)) for side in servers)
            self.note(WARNING, "servers-changed", _Spot("", "servers", "servers"), " → ".join(urls))
        known = {"openapi", "info", "tags", "paths", "components", "security", "servers"}
        for key in self.differing(x, y, {*x, *y} - known):
            self.note(WARNING, f"document-{_kebab(key)}-changed", _Spot("", key, key))

    def operation(self, x: Node, y: Node) -> None:
        self.lifecycle(x, y, _Spot("endpoint", ""))
        for old, new, at in self.parts(x["parameters"], y["parameters"], _parameter):
            self.written(old, new, at)
        one, other = ({key: side[key] for key in side if key == "requestBody"} for side in (x, y))
        for old, new, at in self.parts(one, other, lambda *_: _Spot("request-body", "body")):
            self.required(old, new, at)
            self.content(old, new, at)
            self.rest(old, new, {"content", "required"}, at)
        for before, after, at in self.parts(x["responses"], y["responses"], _response):
            old, new = self.a.resolved(before), self.b.resolved(after)
            self.content(old, new, evolve(at, kind="response-body"))
            self.headers(old.get("headers", {}), new.get("headers", {}), at.place)
            self.rest(old, new, {"content", "headers"}, evolve(at, kind="response"))
        # Scopes and schemes change almost daily upstream, and the client sends the same token whatever they are;
        # oasdiff has rules for them.
        known = {"deprecated", "parameters", "requestBody", "responses", "operationId", "tags", "security"}
        self.rest(x, y, known, _Spot("operation", ""))
        while self.todo:
            self.pair(*self.todo.popleft())

    def headers(self, x: Node, y: Node, code: str) -> None:
        x, y = ({name.lower(): header for name, header in headers.items()} for headers in (x, y))
        for old, new, at in self.parts(x, y, lambda name, _: _Spot("response-header", f"{code} header {name}")):
            self.written(old, new, at)

    def written(self, old: Node, new: Node, at: _Spot) -> None:
        """What a parameter and a header have in common."""
        self.required(old, new, at)
        self.lifecycle(old, new, at)
        if "content" in old or "content" in new:
            self.content(old, new, evolve(at, traits=()))
        self.schema(old.get("schema", {}), new.get("schema", {}), at)
        self.flag("allowReserved", old, new, at)
        known = {"name", "in", "required", "deprecated", "schema", "content", "allowReserved"}
        if old.get("style") != new.get("style"):
            known.add("explode")  # what it is, where nothing is said, depends on the style
        self.rest(old, new, known, at)

    def content(self, x: Node, y: Node, at: _Spot) -> None:
        """Media types. Errors are published as */* and are JSON."""
        kind = "response" if at.kind == "response-body" else at.kind
        for media, old, new in _both(_media(x), _media(y)):
            if old is None or new is None:
                self.alone(old, {}, _Spot(f"{kind}-media-type", at.place), media)
            else:
                self.schema(old.get("schema", {}), new.get("schema", {}), at)
                self.rest(old, new, {"schema"}, _Spot(f"{at.kind}-media-type", at.place))

    # Values

    def first(self, old: Node, new: Node, *about: object) -> bool:
        """Whether these two were not compared before, in this respect."""
        both = old, new
        return self.seen.setdefault((id(old), id(new), *about), both) is both

    def schema(self, x: Node, y: Node, at: _Spot) -> None:
        """To be compared later, for references go as deep as they like, unless the same pair was."""
        if self.first(x, y, at.sent):  # else a schema that holds itself, or stands twice in this operation
            if next(self.pairs, None) is None:
                both = visible(f"{self.a.document.name} and {self.b.document.name}")
                raise InvalidArgument(f"{both} hold too many schemas to be compared")
            self.todo.append((x, y, at))

    def pair(self, x: Node, y: Node, at: _Spot) -> None:
        (old, before), (new, name) = self.a.followed(x, at.subject), self.b.followed(y, at.subject)
        if ("allOf" in old) != ("allOf" in new):
            flat = self.a.merged(old), self.b.merged(new)
            fields = [schema.get("properties", {}).keys() for schema in flat if "allOf" not in schema]
            if fields == [fields[0]] * 2 and fields[0]:  # the same, but on one side they stand in place
                old, new = flat
        at = evolve(at, subject=at.subject or name)
        was, null = ("nullable" in schema or "null" in _types(schema) for schema in (old, new))
        if was != null:
            self.widened(null, f"-became-{'' if null else 'not-'}nullable", at)
        if not self.types(old, new, at):
            return  # of another type altogether: nothing below has a meaning
        self.values(old, new, at)
        self.limits(old, new, at)
        for key in self.differing(old, new, ["default"]):
            self.note(INFO, f"-default-value-{_act(key, old, new)}", at, _change(key, old, new))
        self.lifecycle(old, new, at)
        # Who may set a value: oasdiff tells required properties from others.
        of = evolve(at, kind=at.kind.replace("-property", "-".join(["", *at.traits, "property"])))
        self.flag("readOnly", old, new, of)
        self.flag("writeOnly", old, new, of)
        self.choices(old, new, at)
        self.discriminator(old.get("discriminator"), new.get("discriminator"), at)
        self.properties(old, new, at, name or before)
        self.items(old, new, at)
        for key in self.differing(old, new, {*old, *new} - _KNOWN):
            self.note(BREAKING, f"-{_kebab(key)}-{_act(key, old, new)}", at)

    def types(self, old: Node, new: Node, at: _Spot) -> bool:
        """Whether the types have values in common."""
        before, after = _types(old), _types(new)
        if (before, old.get("format")) == (after, new.get("format")):
            return True
        detail = f"{_type(old)} → {_type(new)}"
        wider, narrower = (
            _wider(old, new, sent_as_text="path" in at.traits or "query" in at.traits),
            _wider(new, old),
        )
        if wider and (at.sent or before != after):  # to oasdiff another format alone generalizes no reply
            self.widened(True, "-type-generalized", at, detail)
        elif narrower and not at.sent:
            self.note(INFO, "-type-specialized", at, detail)
        else:
            self.note(BREAKING, "-type-changed", at, detail)
        return wider or narrower or not before or not after

    def values(self, old: Node, new: Node, at: _Spot) -> None:
        # oasdiff's name for the values of a whole reply
        of = evolve(at, kind="response-mediatype") if at.kind == "response-body" else at
        if ("enum" in old) != ("enum" in new):
            self.widened("enum" in old, f"-became-{'not-' if 'enum' in old else ''}enum", of, reply=WARNING)
            return
        before, after = ({as_text(value): value for value in schema.get("enum", ())} for schema in (old, new))
        for text in sorted(before.keys() ^ after.keys()):
            act, value = ("added", after[text]) if text in after else ("removed", before[text])
            self.widened(text in after, f"-enum-value-{act}", of, str(value), reply=WARNING)

    def limits(self, old: Node, new: Node, at: _Spot) -> None:
        for key in self.differing(old, new, _LIMITS):
            appeared, gone, lifted, otherwise = _LIMITS[key]
            name, detail = f"-{_kebab(key).replace('imum', '')}", _change(key, old, new)
            x, y = old.get(key), new.get(key)
            if otherwise and key in old and key in new:
                self.note(otherwise, f"{name}-changed", at, detail)
            elif x is None or y is None:
                self.widened(y is None, f"{name}-{gone if y is None else appeared}", at, detail, reply=lifted)
            else:
                grew = isinstance(x, int | float) and isinstance(y, int | float) and y > x
                self.widened(grew is ("max" in name), f"{name}-{'increased' if grew else 'decreased'}", at, detail)

    def choices(self, old: Node, new: Node, at: _Spot) -> None:
        """allOf, anyOf, oneOf: by name, those without one by their order."""
        for key, more_is_wider in _CHOICES.items():
            x, y = old.get(key), new.get(key)
            if more_is_wider and (x is None) != (y is None):  # a choice in place of no choice
                self.note(BREAKING, f"-{_kebab(key)}-{_act(key, old, new)}", at)
                continue
            before, after = _by_name(x or ()), _by_name(y or ())
            gone = [option for option in before if option not in after]
            fresh = [option for option in after if option not in before]
            renamed = dict(zip(gone, fresh, strict=False))
            for option, schema in before.items():
                if other := option if option in after else renamed.get(option):
                    self.schema(schema, after[other], at.part(f"<{other}>"))
            for option in (*gone[len(fresh) :], *fresh[len(gone) :]):
                act = _act(option, before, after)
                self.widened((act == "added") is more_is_wider, f"-{_kebab(key)}-{act}", at, option)

    def discriminator(self, x: Node | None, y: Node | None, at: _Spot) -> None:
        """By which field one tells which of several schemas a value has."""
        of = evolve(at, kind=f"{at.kind}-discriminator")
        if x is None or y is None:
            if x is not y:
                self.note(WARNING, "-added" if x is None else "-removed", of)
            return
        if x.get("propertyName") != y.get("propertyName"):
            self.note(WARNING, "-property-name-changed", of, _change("propertyName", x, y))
        before, after = x.get("mapping", {}), y.get("mapping", {})
        for value in self.differing(before, after, {*before, *after}):
            act = _act(value, before, after).replace("removed", "deleted")
            self.note(WARNING, f"-mapping-{act}", of, value)
        self.rest(x, y, {"propertyName", "mapping"}, of)

    def properties(self, old: Node, new: Node, at: _Spot, name: str) -> None:
        before, after = old.get("properties", {}), new.get("properties", {})
        was, now = frozenset(old.get("required", ())), frozenset(new.get("required", ()))
        if not self.first(before, after, at.sent, was, now):
            return  # of a schema that several others refer to
        without = (was ^ now) - before.keys() - after.keys()  # has to be there, or not, whatever it is
        x, y = (
            {one: {"required": one in names, "schema": fields.get(one, {})} for one in (*fields, *without)}
            for fields, names in ((before, was), (after, now))
        )

        def spot(one: str, node: Node) -> _Spot:
            kind, place = "request" if at.sent else "response", f"{at.place}{'.' if ' ' in at.place else ' '}{one}"
            which = "required" if node["required"] else "optional"
            return _Spot(f"{kind}-property", place, f"{name}.{one}" if name else "", (which,))

        for one, other, of in self.parts(x, y, spot):
            self.required(one, other, of)
            self.schema(one["schema"], other["schema"], of)

    def items(self, old: Node, new: Node, at: _Spot) -> None:
        """What lists and maps are made of."""
        if "items" in old and "items" in new:
            self.schema(old["items"], new["items"], at.part("[]"))
        elif "items" in old or "items" in new:
            self.note(WARNING, "-items-changed", at)
        x, y = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if isinstance(x, dict) and isinstance(y, dict):
            self.schema(x, y, at.part(".*"))
        elif x != y:
            self.note(WARNING, "-additional-properties-changed", at)


def _both(x: Mapping[K, V], y: Mapping[K, V]) -> Iterator[tuple[K, V | None, V | None]]:
    """What two mappings hold under each key, in order; None where one has nothing."""
    return ((key, x.get(key), y.get(key)) for key in sorted(x.keys() | y.keys()))


def _by_place(path: str, operation: Node) -> dict[tuple[str, str], Node]:
    """Parameters by place and name; those in the path by their order in it, for their names are not sent."""
    in_path = re.findall(r"\{([^{}]*)\}", path)
    parameters = {}
    for parameter in operation["parameters"]:
        name = parameter["name"].lower() if parameter["in"] == "header" else parameter["name"]
        if parameter["in"] == "path" and name in in_path:
            name = str(in_path.index(name))
        parameters[parameter["in"], name] = parameter
    return parameters


def _parameter(key: tuple[str, str], node: Node) -> _Spot:
    return _Spot("request-parameter", f"{key[0]} {node['name']}", traits=key[:1])


def _response(code: str, _: Node) -> _Spot:
    return _Spot(f"response-{'success' if code.startswith('2') else 'non-success'}-status", code)


def _media(node: Node) -> Node:
    content: Node = node.get("content", {})
    known_as = {"*/*": "*/*" if "application/json" in content else "application/json"}
    return {known_as.get(media, media): body for media, body in content.items()}


def _by_name(schemas: Iterable[Node]) -> dict[str, Node]:
    """By what they refer to; by their number where they refer to nothing, or to the same once more."""
    named: dict[str, Node] = {}
    for schema in schemas:
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        named[name if name and name not in named else f"#{len(named) + 1}"] = schema
    return named


def _types(schema: Node) -> frozenset[str]:
    types = schema.get("type", [])
    return frozenset(types if isinstance(types, list) else [types])


def _type(schema: Node) -> str:
    shown = "|".join(sorted(_types(schema))) or "any"
    return f"{shown}/{schema['format']}" if "format" in schema else shown


def _wider(old: Node, new: Node, *, sent_as_text: bool = False) -> bool:
    """Whether every value of the old type is one of the new."""
    before, old_format = _types(old), old.get("format")
    after, new_format = _types(new), new.get("format")
    if not after and new_format is None:
        return True
    if before == {"integer"} and after == {"number"}:
        return True
    if before == after == {"integer"} and (old_format, new_format) == ("int32", "int64"):
        return True
    if sent_as_text and before and before <= {"integer", "boolean"} and after == {"string"}:
        return new_format is None
    return before <= after and bool(before) and (new_format is None or old_format == new_format)


def _act(key: str, old: Node, new: Node) -> str:
    return "changed" if key in old and key in new else "added" if key in new else "removed"


def _kebab(key: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"-\1", key).lower()


def _change(key: str, old: Node, new: Node) -> str:
    return " → ".join("none" if side.get(key) is None else str(side[key]) for side in (old, new))
