"""What differs between two contracts, seen from a client: direction-aware, by oasdiff's rules and levels.

A request may become wider, a reply may become narrower; the other way round breaks somebody. Both contracts are
compared in their normal form. Annotations, tags, operationIds, order, security and `x-` fields bind nobody.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import define, evolve, field, frozen

from ..errors import InvalidArgument
from ..privacy import visible
from ..versions import Version
from .changes import ContractChange, ContractDiff, Level, OperationDiff, worst
from .documents import document
from .normal_form import NormalForm, as_text
from .openapi import Document, Node, on_wire

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
    before, after = map(_operations, forms)
    pairs = iter(range(MOST_PAIRS))
    operations = []
    for key in sorted(before.keys() | after.keys(), key=lambda key: (key[1], key[0])):
        old, new = before.get(key), after.get(key)
        method, path = key[0], (new or old or ("", {}))[0]
        if old and new:
            changes = _Comparison(*forms, f"{method} {path}", pairs).operation(old, new)
            verdict = worst(changes) or "same"
        else:
            changes = [_existence(f"{method} {path}", old and old[1])]
            verdict = "removed" if old else "added"
        operations.append(OperationDiff(method, path, str(verdict), tuple(changes)))
    return ContractDiff(a.name, b.name, tuple(operations), tuple(_others(*forms)))


_Operation = tuple[str, Node]  # the path below the version, and the operation


def _operations(form: NormalForm) -> dict[tuple[str, str], _Operation]:
    """By method and path."""
    operations = Document("", form.root).operations()
    return {(method, on_wire(path)): (path, operation) for method, path, operation in operations}


def _existence(operation: str, old: Node | None) -> ContractChange:
    """What to say of an operation that only one contract has: `old`, or else the new one."""
    if old is None:
        return ContractChange(INFO, "endpoint-added", operation)
    # oasdiff says api-path-removed where it was the last one of its path; to a client that is all the same
    if old.get("deprecated"):
        return ContractChange(INFO, "api-removed-with-deprecation", operation)
    return ContractChange(BREAKING, "api-removed-without-deprecation", operation)


def _others(a: NormalForm, b: NormalForm) -> Iterator[ContractChange]:
    """What belongs to no operation: where the servers are, and whatever else a document may hold."""
    servers = [form.root.get("servers") or [{"url": "/"}] for form in (a, b)]
    if sorted(map(as_text, servers[0])) != sorted(map(as_text, servers[1])):
        urls = (", ".join(sorted(str(server.get("url")) for server in side)) for side in servers)
        yield ContractChange(WARNING, "servers-changed", "", "servers", "servers", " → ".join(urls))
    known = {"openapi", "info", "tags", "paths", "components", "security", "servers"}
    for key in sorted((a.root.keys() | b.root.keys()) - known):
        if _differ(a, b, a.root, b.root, key):
            yield ContractChange(WARNING, f"document-{_kebab(key)}-changed", "", key, key)


def _differ(a: NormalForm, b: NormalForm, x: Node, y: Node, key: str) -> bool:
    """Whether what stands under a key differs, or anything that it refers to."""
    if key in x and key in y:
        return a.reached(x[key]) != b.reached(y[key])
    return key in x or key in y


@frozen
class _Spot:
    """Where in an operation a value is.

    kind: what the names of rules begin with, such as response-property. place and subject: as in a change.
    on_wire_a_text: whether it is sent as text, whatever its type. required: whether this property has to be there.
    """

    kind: str
    place: str
    subject: str = ""
    on_wire_a_text: bool = False
    required: bool | None = None

    @property
    def sent(self) -> bool:
        return self.kind.startswith("request")

    def part(self, part: str, place: str = "") -> "_Spot":
        """A part of it; a part of a schema without a name has none either."""
        subject = f"{self.subject}{part}" if self.subject else ""
        return _Spot(self.kind, f"{self.place}{place or part}", subject)


# Keywords that bound a value; a higher figure of those with "max" in them allows more.
_BOUNDS: Final = (
    *("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"),
    *("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"),
)
# Keywords that restrict a value, what is said where one appears or disappears, and how bad another value of it is:
# no telling for a pattern; worse for the others. A reply may hold an item twice without breaking who reads it.
_LIMITS: Final = {
    "pattern": ("pattern", "added", "removed", BREAKING, WARNING),
    "const": ("const", "added", "removed", BREAKING, BREAKING),
    "multipleOf": ("multiple-of", "set", "unset", BREAKING, BREAKING),
    "uniqueItems": ("unique-items", "set", "unset", WARNING, BREAKING),
}
# Lists of schemas, and whether one more allows more.
_CHOICES: Final = {"allOf": ("all-of", False), "anyOf": ("any-of", True), "oneOf": ("one-of", True)}
_MUTABLE: Final = {"readOnly": "read-only", "writeOnly": "write-only"}
# What rules of their own compare. Any other keyword of a schema may restrict it, nobody knows how.
_KNOWN: Final = {
    *(*_BOUNDS, *_LIMITS, *_CHOICES, *_MUTABLE),
    *("type", "format", "enum", "required", "properties", "items", "additionalProperties", "nullable", "default"),
    *("deprecated", "discriminator", "$ref"),
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
    # What was compared, by identity; they hold it, or an identity could come back.
    seen: dict[tuple[int, int, bool], tuple[Node, Node]] = field(factory=dict)
    seen_fields: dict[tuple[object, ...], tuple[Node, Node]] = field(factory=dict)

    def add(self, level: Level, rule: str, place: str, subject: str = "", detail: str = "") -> None:
        self.changes.append(ContractChange(level, rule, self.name, place.strip(), subject, detail))

    def note(self, level: Level, suffix: str, at: _Spot, detail: str = "") -> None:
        """Add a change of a value."""
        self.add(level, f"{at.kind}-{suffix}", at.place, at.subject, detail)

    def widened(self, wider: bool, suffix: str, at: _Spot, detail: str = "", reply: Level = BREAKING) -> None:
        """Add a change that allows more than before, or less. reply: how bad more is in a reply."""
        bad = BREAKING if at.sent else reply
        self.note(INFO if at.sent is wider else bad, suffix, at, detail)

    def operation(self, old: _Operation, new: _Operation) -> list[ContractChange]:
        x, y = old[1], new[1]
        if bool(x.get("deprecated")) != bool(y.get("deprecated")):
            self.add(INFO, "endpoint-deprecated" if y.get("deprecated") else "endpoint-reactivated", "")
        self.parameters(_by_place(*old), _by_place(*new))
        self.body(x.get("requestBody"), y.get("requestBody"))
        self.responses(x["responses"], y["responses"])
        # Scopes and schemes change almost daily upstream, and the client sends the same token whatever they are;
        # oasdiff has rules for them.
        known = {"deprecated", "parameters", "requestBody", "responses", "operationId", "tags", "security"}
        self.rest(x, y, known, _Spot("operation", ""))
        while self.todo:
            self.pair(*self.todo.popleft())
        return self.changes

    def rest(self, x: Node, y: Node, known: set[str], at: _Spot) -> None:
        """Whatever no rule knows: a difference in it is a difference all the same."""
        for key in sorted((x.keys() | y.keys()) - known):
            if _differ(self.a, self.b, x, y, key):
                self.note(WARNING, f"{_kebab(key)}-changed", at)

    def lifecycle(self, x: Node, y: Node, at: _Spot) -> None:
        if bool(x.get("deprecated")) != bool(y.get("deprecated")):
            self.note(INFO, "deprecated" if y.get("deprecated") else "reactivated", at)

    # What is sent

    def parameters(self, before: Mapping[tuple[str, str], Node], after: Mapping[tuple[str, str], Node]) -> None:
        for key in sorted(before.keys() | after.keys()):
            old, new = before.get(key), after.get(key)
            place = f"{key[0]} {(new or old or {})['name']}"
            if old and new:
                self.required(old, new, "request-parameter", place)
                self.written(old, new, _Spot("request-parameter", place), key[0] in ("path", "query"))
            elif old and old.get("deprecated"):
                self.add(INFO, "request-parameter-removed-with-deprecation", place)
            elif old:
                self.add(WARNING, "request-parameter-removed", place)
            elif key[0] == "path":
                self.add(BREAKING, "new-request-path-parameter", place)
            elif new and new["required"]:
                self.add(BREAKING, "new-required-request-parameter", place)
            else:
                self.add(INFO, "new-optional-request-parameter", place)

    def required(self, old: Node, new: Node, kind: str, place: str) -> None:
        if bool(old.get("required")) != bool(new.get("required")):
            act = "required" if new.get("required") else "optional"
            self.widened(act == "optional", f"became-{act}", _Spot(kind, place))

    def written(self, old: Node, new: Node, at: _Spot, as_text: bool) -> None:
        """What a parameter and a header have in common."""
        self.lifecycle(old, new, at)
        if "content" in old or "content" in new:
            self.content(old, new, at)
        self.schema(old.get("schema", {}), new.get("schema", {}), evolve(at, on_wire_a_text=as_text))
        if old.get("allowReserved") != new.get("allowReserved"):
            self.note(WARNING, f"became-{'' if new.get('allowReserved') else 'not-'}allow-reserved", at)
        known = {"name", "in", "required", "deprecated", "schema", "content", "allowReserved"}
        if old.get("style") != new.get("style"):
            known.add("explode")  # what it is, where nothing is said, depends on the style
        self.rest(old, new, known, at)

    def body(self, old: Node | None, new: Node | None) -> None:
        if old is None and new is not None:
            required = new["required"]
            rule = f"request-body-added-{'required' if required else 'optional'}"
            self.add(BREAKING if required else INFO, rule, "body")
        elif old is not None and new is None:
            self.add(BREAKING, "request-body-removed", "body")
        elif old is not None and new is not None:
            self.required(old, new, "request-body", "body")
            self.content(old, new, _Spot("request-body", "body"))
            self.rest(old, new, {"content", "required"}, _Spot("request-body", "body"))

    # What comes back

    def responses(self, x: Node, y: Node) -> None:
        for code in sorted(x.keys() | y.keys()):
            success = code.startswith("2")
            kind = f"response-{'success' if success else 'non-success'}-status"
            if code not in y:
                self.add(BREAKING if success else INFO, f"{kind}-removed", code)
            elif code not in x:
                self.add(INFO, f"{kind}-added", code)
            else:
                old, new = self.a.resolved(x[code]), self.b.resolved(y[code])
                self.content(old, new, _Spot("response-body", code))
                self.headers(old.get("headers", {}), new.get("headers", {}), code)
                self.rest(old, new, {"content", "headers"}, _Spot("response", code))

    def headers(self, x: Node, y: Node, code: str) -> None:
        before, after = ({name.lower(): header for name, header in headers.items()} for headers in (x, y))
        for name in sorted(before.keys() | after.keys()):
            old, new, place = before.get(name), after.get(name), f"{code} header {name}"
            if old is None:
                self.add(INFO, "response-header-added", place)
            elif new is None:
                required = old.get("required")
                rule = f"{'required' if required else 'optional'}-response-header-removed"
                self.add(BREAKING if required else WARNING, rule, place)
            else:
                self.required(old, new, "response-header", place)
                self.written(old, new, _Spot("response-header", place), as_text=False)

    def content(self, x: Node, y: Node, at: _Spot) -> None:
        """Media types. Errors are published as */* and are JSON."""
        old, new = _media(x), _media(y)
        rule = {"response-body": "response"}.get(at.kind, at.kind) + "-media-type"
        for media in sorted(old.keys() | new.keys()):
            if media not in new:
                self.add(BREAKING, f"{rule}-removed", at.place, "", media)
            elif media not in old:
                self.add(INFO, f"{rule}-added", at.place, "", media)
            else:
                self.schema(old[media].get("schema", {}), new[media].get("schema", {}), at)
                self.rest(old[media], new[media], {"schema"}, evolve(at, kind=f"{at.kind}-media-type"))

    # Values

    def schema(self, x: Node, y: Node, at: _Spot) -> None:
        """To be compared later, for references go as deep as they like, unless the same pair was."""
        pair = id(x), id(y), at.sent
        if pair in self.seen:
            return  # a schema that holds itself, or stands twice in this operation
        if next(self.pairs, None) is None:
            both = visible(f"{self.a.document.name} and {self.b.document.name}")
            raise InvalidArgument(f"{both} hold too many schemas to be compared")
        self.seen[pair] = x, y
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
            self.widened(null, f"became-{'' if null else 'not-'}nullable", at)
        if not self.types(old, new, at):
            return  # of another type altogether: nothing below has a meaning
        self.values(old, new, at)
        self.bounds(old, new, at)
        self.limits(old, new, at)
        self.lifecycle(old, new, at)
        self.mutability(old, new, at)
        self.choices(old, new, at)
        self.discriminator(old.get("discriminator"), new.get("discriminator"), at)
        self.properties(old, new, at, name or before)
        self.items(old, new, at)
        for key in sorted((old.keys() | new.keys()) - _KNOWN):
            if _differ(self.a, self.b, old, new, key):
                self.note(BREAKING, f"{_kebab(key)}-{_act(key, old, new)}", at)

    def types(self, old: Node, new: Node, at: _Spot) -> bool:
        """Whether the types have values in common."""
        before, after = _types(old), _types(new)
        if (before, old.get("format")) == (after, new.get("format")):
            return True
        detail = f"{_type(old)} → {_type(new)}"
        wider, narrower = _wider(old, new, at.on_wire_a_text), _wider(new, old)
        if wider and (at.sent or before != after):  # to oasdiff another format alone generalizes no reply
            self.widened(True, "type-generalized", at, detail)
        elif narrower and not at.sent:
            self.note(INFO, "type-specialized", at, detail)
        else:
            self.note(BREAKING, "type-changed", at, detail)
        return wider or narrower or not before or not after

    def values(self, old: Node, new: Node, at: _Spot) -> None:
        # oasdiff's name for the values of a whole reply
        of = evolve(at, kind="response-mediatype") if at.kind == "response-body" else at
        before, after = (
            {as_text(value): value for value in schema["enum"]} if "enum" in schema else None
            for schema in (old, new)
        )
        if before is None and after is not None:
            self.widened(False, "became-enum", of)
        elif after is None and before is not None:
            self.widened(True, "became-not-enum", of, reply=WARNING)
        elif before is not None and after is not None:
            for value in sorted(before.keys() - after.keys()):
                self.widened(False, "enum-value-removed", of, str(before[value]))
            for value in sorted(after.keys() - before.keys()):
                self.widened(True, "enum-value-added", of, str(after[value]), reply=WARNING)
        if _differ(self.a, self.b, old, new, "default"):
            act = (
                "changed" if "default" in old and "default" in new else "added" if "default" in new else "removed"
            )
            detail = f"{old.get('default', 'none')} → {new.get('default', 'none')}"
            self.note(INFO, f"default-value-{act}", at, detail)

    def bounds(self, old: Node, new: Node, at: _Spot) -> None:
        for key in _BOUNDS:
            if not _differ(self.a, self.b, old, new, key):
                continue
            x, y = old.get(key), new.get(key)
            if x is None or y is None:
                act, wider = ("unset" if y is None else "set"), y is None
            else:
                grew = isinstance(x, int | float) and isinstance(y, int | float) and y > x
                act, wider = ("increased" if grew else "decreased"), grew is ("max" in key.lower())
            self.widened(wider, f"{_kebab(key).replace('imum', '')}-{act}", at, f"{_shown(x)} → {_shown(y)}")

    def limits(self, old: Node, new: Node, at: _Spot) -> None:
        for key, (name, appeared, gone, lifted, otherwise) in _LIMITS.items():
            if not _differ(self.a, self.b, old, new, key):
                continue
            detail = f"{_shown(old.get(key))} → {_shown(new.get(key))}"
            if key in old and key in new:
                self.note(otherwise, f"{name}-changed", at, detail)
            else:
                act = appeared if key in new else gone
                self.widened(key in old, f"{name}-{act}", at, detail, reply=lifted)

    def mutability(self, old: Node, new: Node, at: _Spot) -> None:
        """Who may set a value. oasdiff tells required properties from others."""
        of = at
        if at.required is not None:
            way, which = at.kind.removesuffix("-property"), "required" if at.required else "optional"
            of = evolve(at, kind=f"{way}-{which}-property")
        for key, name in _MUTABLE.items():
            if old.get(key) != new.get(key):
                self.note(WARNING, f"became-{'' if new.get(key) else 'not-'}{name}", of)

    def choices(self, old: Node, new: Node, at: _Spot) -> None:
        """allOf, anyOf, oneOf: by name, those without one by their order."""
        for key, (name, more_is_wider) in _CHOICES.items():
            x, y = old.get(key), new.get(key)
            if more_is_wider and (x is None) != (y is None):  # a choice in place of no choice
                self.note(BREAKING, f"{name}-{'added' if x is None else 'removed'}", at)
                continue
            before, after = _by_name(x or ()), _by_name(y or ())
            gone = [option for option in before if option not in after]
            fresh = [option for option in after if option not in before]
            renamed = dict(zip(gone, fresh, strict=False))
            for option, schema in before.items():
                if other := option if option in after else renamed.get(option):
                    self.schema(schema, after[other], at.part(f"<{other}>"))
            for option in (*gone[len(fresh) :], *fresh[len(gone) :]):
                added = option in after
                self.widened(added is more_is_wider, f"{name}-{'added' if added else 'removed'}", at, option)

    def discriminator(self, x: Node | None, y: Node | None, at: _Spot) -> None:
        """By which field one tells which of several schemas a value has."""
        if x is None or y is None:
            if x is not y:
                self.note(WARNING, f"discriminator-{'added' if x is None else 'removed'}", at)
            return
        if x.get("propertyName") != y.get("propertyName"):
            detail = f"{x.get('propertyName')} → {y.get('propertyName')}"
            self.note(WARNING, "discriminator-property-name-changed", at, detail)
        before, after = x.get("mapping", {}), y.get("mapping", {})
        for value in sorted(before.keys() | after.keys()):
            if before.get(value) != after.get(value):
                act = "deleted" if value not in after else "added" if value not in before else "changed"
                self.note(WARNING, f"discriminator-mapping-{act}", at, value)
        self.rest(x, y, {"propertyName", "mapping"}, evolve(at, kind=f"{at.kind}-discriminator"))

    def properties(self, old: Node, new: Node, at: _Spot, name: str) -> None:
        way = "request" if at.sent else "response"
        before, after = old.get("properties", {}), new.get("properties", {})
        was, now = {*old.get("required", ())}, {*new.get("required", ())}
        fields = id(before), id(after), way, frozenset(was), frozenset(now)
        if fields in self.seen_fields:
            return  # of a schema that several others refer to
        self.seen_fields[fields] = before, after
        for one in sorted(before.keys() | after.keys() | (was ^ now)):
            place = f"{at.place}{'.' if ' ' in at.place else ' '}{one}"
            of = _Spot(f"{way}-property", place, f"{name}.{one}" if name else "", required=one in now)
            which = "required" if one in (was if one in before else now) else "optional"
            if one in before and one not in after:
                if at.sent:
                    self.add(WARNING, "request-property-removed", of.place, of.subject)
                else:
                    # oasdiff: info for an optional one; but who reads it reads nothing any more
                    level = BREAKING if one in was else WARNING
                    self.add(level, f"response-{which}-property-removed", of.place, of.subject)
            elif one in after and one not in before:
                if at.sent:
                    level = BREAKING if one in now else INFO
                    self.add(level, f"new-{which}-request-property", of.place, of.subject)
                else:
                    self.add(INFO, f"response-{which}-property-added", of.place, of.subject)
            else:
                if (one in was) != (one in now):
                    act = "required" if one in now else "optional"
                    self.widened(one in was, f"became-{act}", of)
                if one in before:
                    self.schema(before[one], after[one], of)

    def items(self, old: Node, new: Node, at: _Spot) -> None:
        """What lists and maps are made of."""
        if "items" in old and "items" in new:
            self.schema(old["items"], new["items"], at.part("[]"))
        elif "items" in old or "items" in new:
            self.note(WARNING, "items-changed", at)
        x, y = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if isinstance(x, dict) and isinstance(y, dict):
            self.schema(x, y, at.part(".*"))
        elif x != y:
            self.note(WARNING, "additional-properties-changed", at)


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


def _wider(old: Node, new: Node, on_wire_a_text: bool = False) -> bool:
    """Whether every value of the old type is one of the new."""
    before, old_format = _types(old), old.get("format")
    after, new_format = _types(new), new.get("format")
    if not after and new_format is None:
        return True
    if before == {"integer"} and after == {"number"}:
        return True
    if before == after == {"integer"} and (old_format, new_format) == ("int32", "int64"):
        return True
    if on_wire_a_text and before and before <= {"integer", "boolean"} and after == {"string"}:
        return new_format is None
    return before <= after and bool(before) and (new_format is None or old_format == new_format)


def _act(key: str, old: Node, new: Node) -> str:
    return "changed" if key in old and key in new else "added" if key in new else "removed"


def _kebab(key: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"-\1", key).lower()


def _shown(value: object) -> str:
    return "none" if value is None else str(value)
