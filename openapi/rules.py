"""The named rules that make HubSpot's document fit to generate from, each with its reason.

A rule takes the document as HubSpot publishes it (a mapping that `checking.check` let through) and
changes it in place. Where a rule deviates from HubSpot's word, that word stays under `x-hubspot`,
so that versions are compared by what HubSpot declared. `apply` runs the rules in order.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import identifiers
from hubspot_preferences.contracts.normal_form import NormalForm
from hubspot_preferences.contracts.openapi import Document, on_wire, walk
from identifiers import CLASSES, LONGEST, SCHEMAS, pascal, plain, snake, unused

Node = dict[str, Any]

# (method, path below the version) -> (operationId, tag): the same names in every version.
OPERATIONS = {
    ("GET", "/definitions"): ("list_definitions", "definitions"),
    ("POST", "/links/generate"): ("generate_links", "links"),
    ("GET", "/statuses/{subscriberIdString}"): ("get_statuses", "statuses"),
    ("POST", "/statuses/{subscriberIdString}"): ("set_status", "statuses"),
    ("GET", "/statuses/{subscriberIdString}/unsubscribe-all"): ("get_opt_outs", "statuses"),
    ("POST", "/statuses/{subscriberIdString}/unsubscribe-all"): ("unsubscribe_all", "statuses"),
    ("POST", "/statuses/batch/read"): ("batch_read_statuses", "batch"),
    ("POST", "/statuses/batch/unsubscribe-all/read"): ("batch_read_opt_outs", "batch"),
    ("POST", "/statuses/batch/unsubscribe-all"): ("batch_unsubscribe_all", "batch"),
    ("POST", "/statuses/batch/write"): ("batch_write_statuses", "batch"),
}

SCHEMA_NAMES = {
    "ActionResponseWithResultsPublicStatus": "StatusResults",
    "ActionResponseWithResultsPublicWideStatus": "WideStatusResults",
    "ActionResponseWithResultsSubscriptionDefinition": "DefinitionResults",
    "BatchInputPublicStatusRequest": "BatchWriteInput",
    "BatchInputString": "BatchSubscriberInput",
    "BatchResponsePublicBulkOptOutFromAllResponse": "BatchOptOutResults",
    "BatchResponsePublicStatus": "BatchWriteResults",
    "BatchResponsePublicStatusBulkResponse": "BatchStatusResults",
    "BatchResponsePublicStatusBulkResponseWithErrors": "BatchStatusResultsWithErrors",
    "BatchResponsePublicWideStatusBulkResponse": "BatchWideStatusResults",
    "BatchResponsePublicWideStatusBulkResponseWithErrors": "BatchWideStatusResultsWithErrors",
    "Error": "ErrorReply",
    "PartialPublicStatusRequest": "StatusRequest",
    "PublicBulkOptOutFromAllResponse": "SubscriberOptOut",
    "PublicStatus": "SubscriptionStatus",
    "PublicStatusBulkResponse": "SubscriberStatuses",
    "PublicStatusRequest": "SubscriberStatusRequest",
    "PublicSubscriptionTranslation": "SubscriptionTranslation",
    "PublicWideStatus": "WideStatus",
    "PublicWideStatusBulkResponse": "SubscriberWideStatuses",
    "StandardError": "BatchError",
}

# An inline enum is known by the values it had when it was named, whatever it has gained since.
ENUM_NAMES = {
    "EMAIL": "Channel",
    "SUBSCRIBED": "SubscriptionState",
    "NON_GDPR": "LegalBasis",
    "NO_STATUS_CHANGE": "SetStatusSuccessReason",
    "PORTAL_WIDE": "WideStatusType",
    "COMPLETE": "ProcessingState",
}
MAP_NAMES = {"links": "Links", "context": "ErrorContext"}

# What a consent decision rests on, by schema (short names): the only fields a reply must have.
DECISIVE = {
    "SubscriptionStatus": ("status", "subscriberIdString", "subscriptionId"),
    "WideStatus": ("status", "subscriberIdString"),
    "SubscriberStatuses": ("subscriberIdString",),
    "SubscriberWideStatuses": ("subscriberIdString",),
    "SubscriberOptOut": ("subscriberIdString",),
    "SubscriptionDefinition": ("id",),
}


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """(METHOD, path below the version, operation), in the order of the document."""
    return Document("", document).operations()


def schemas(document: Node) -> dict[str, Node]:
    """The document's named schemas."""
    named: dict[str, Node] = document["components"]["schemas"]
    return named


def responses(document: Node) -> Iterator[Node]:
    """Every response object, in the operations and in the components; references are left out."""
    for _, _, operation in operations(document):
        yield from (response for response in operation["responses"].values() if "$ref" not in response)
    yield from document["components"]["responses"].values()


Place = tuple[Any, Any, tuple[str, ...]]  # what holds a schema, under which key, and the names on the way to it


def below(holder: Any, key: Any, names: tuple[str, ...]) -> Iterator[Place]:
    """The schema at `holder[key]` and every schema within it, outermost first; references are not followed."""
    yield holder, key, names
    schema = holder[key]
    for name in list(schema.get("properties", ())):
        yield from below(schema["properties"], name, (*names, name))
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from below(schema, name, names)
    for name in ("anyOf", "oneOf", "allOf"):
        for index in range(len(schema.get(name, ()))):
            yield from below(schema[name], index, names)


def places(document: Node) -> Iterator[Place]:
    """Where schemas stand: in parameters, in bodies and replies, and in the components."""
    for _, tail, operation in operations(document):
        name = operation.get("operationId", tail)
        for parameter in operation["parameters"]:
            yield from _written(parameter, (name, parameter["name"]))
        yield from _written(operation.get("requestBody", {}), (name, "request"))
        for code, response in sorted(operation["responses"].items()):
            yield from _replied(response, (name, code))
    for name, response in document["components"]["responses"].items():
        yield from _replied(response, (name,))
    for name in list(schemas(document)):
        yield from below(schemas(document), name, (name,))


def _written(part: Node, names: tuple[str, ...]) -> Iterator[Place]:
    """The same in a parameter, a header, a body or a reply without its headers."""
    for holder in (part, *part.get("content", {}).values()):
        if "schema" in holder:
            yield from below(holder, "schema", names)


def _replied(response: Node, names: tuple[str, ...]) -> Iterator[Place]:
    yield from _written(response, names)
    for name, header in response.get("headers", {}).items():
        yield from _written(header, (*names, name))


def hubspot_says(schema: Node, **declared: Any) -> None:
    """Keep what HubSpot declared where the contract says something else."""
    schema.setdefault("x-hubspot", {}).update(declared)


_KEPT = ("openapi", "info", "servers", "paths", "components")


def contract_only(document: Node) -> None:
    """Prose, tags, scopes, examples and vendor notes change upstream almost daily and bind nobody."""
    components = document.setdefault("components", {})
    for part in ("schemas", "responses"):
        components.setdefault(part, {})
    form = _written_out(NormalForm(Document("", document)).root)  # nothing in it is shared
    document.clear()
    document.update({key: form[key] for key in _KEPT if key in form})
    for _, _, operation in operations(document):
        for key in ("tags", "security", "operationId", "callbacks"):
            operation.pop(key, None)
    for response in responses(document):
        response["description"] = ""
        response.pop("links", None)  # what one might ask next
    document["components"] = {part: form["components"][part] for part in ("responses", "schemas")}
    _unused_left_out(document)
    document["info"] = {}
    document.setdefault("servers", [])


# A few shared parts can make any number of characters; HubSpot's documents have 40,000 that bind somebody.
MOST = 20_000_000


def _written_out(node: Node) -> Node:
    """A copy in which nothing stands in two places. Raises ValueError where that would be far too large."""
    lengths: dict[int, int] = {}

    def length(part: Any) -> int:
        if not isinstance(part, dict | list):
            return len(str(part))
        if id(part) not in lengths:
            held = part.values() if isinstance(part, dict) else part
            lengths[id(part)] = sum(map(length, held), start=len(part))
        return lengths[id(part)]

    if length(node) > MOST:
        raise ValueError("its shared parts, written out, are too large")
    copied: Node = json.loads(json.dumps(node))
    return copied


# Under these the keys are names that HubSpot gives ("description" is one of them), and under those there is data.
_BY_NAME = {
    *("schemas", "responses", "parameters", "requestBodies", "headers", "properties", "content", "mapping"),
    *("variables", "encoding", "patternProperties", "dependentSchemas", "$defs", "definitions"),
}
_DATA = {"default", "enum", "const"}


def _objects(node: Any, *, named: bool = False) -> Iterator[Node]:
    """Every mapping whose keys are OpenAPI's own words, outermost first."""
    if isinstance(node, list):
        for item in node:
            yield from _objects(item)
    elif isinstance(node, dict):
        if not named:
            yield node
        for key, value in list(node.items()):
            if named or key not in _DATA:
                yield from _objects(value, named=not named and key in _BY_NAME)


def _unused_left_out(document: Node) -> None:
    """What no operation refers to binds nobody."""
    components = document["components"]
    used: set[str] = set()
    queue: list[Any] = [document["paths"]]
    while queue:
        for node in walk(queue.pop()):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference not in used:
                if not re.match(r"#/components/(schemas|responses)/[^/]*$", reference):
                    raise ValueError(f"{reference[:80]!r} points to what is neither a schema nor a response")
                if not _REFERENCE.fullmatch(reference):
                    name = reference.rpartition("/")[2]
                    raise ValueError(f"a name holds what must not get into code: {name[:80]!r}")
                used.add(reference)
                queue.append(Document("", document).target(reference))
    for part, held in components.items():
        components[part] = {name: held[name] for name in held if f"#/components/{part}/{name}" in used}


def stable_operation_names(document: Node) -> None:
    """HubSpot's operationIds are paths, and one of them names v4 in every version."""
    taken: set[str] = set()
    for method, tail, operation in sorted(operations(document), key=lambda operation: operation[:2]):
        tag = next((snake(part) for part in tail.split("/") if snake(part)), "other")
        name, tag = _NAMED.get((method, on_wire(tail)), (snake(f"{method} {tail}"), tag))
        if (method, on_wire(tail)) not in _NAMED:
            name = unused(name, "_2", lambda one: one in taken or one in _NAMES)
        taken.add(name)
        operation["operationId"], operation["tags"] = name, [tag]


_NAMED = {(method, on_wire(tail)): names for (method, tail), names in OPERATIONS.items()}
_NAMES = {name for name, _ in OPERATIONS.values()}


def errors_as_json(document: Node) -> None:
    """Errors are declared as `*/*`; a stock generator then drops every error reply."""
    for response in responses(document):
        content = response.get("content", {})
        if "*/*" in content:
            response["content"] = {"application/json": content.pop("*/*"), **content}


def one_class_per_enum(document: Node) -> None:
    """The same six enums stand inline 26 times, and so do two maps.

    Whether HubSpot writes one in place or names it makes no difference. Where two would get the same
    name, the one that stands in more places keeps it and the other is named by its place.
    """
    bodies = {
        SCHEMAS + name: body
        for name, body in schemas(document).items()
        if (_is_enum(body) or _is_map(body))
        and not any("$ref" in node for node in walk(body))  # it may hold itself, or more than can be written out
    }
    for holder, key, _ in list(places(document)):
        if (reference := holder[key].get("$ref")) in bodies:
            del holder[key]["$ref"]
            holder[key].update(bodies[reference])
    whole = _written_out(document)
    document.clear()
    document.update(whole)
    left = {reference for node in walk(document) if isinstance(reference := node.get("$ref"), str)}
    for reference in bodies.keys() - left:  # one may stay where no rule looks
        del schemas(document)[reference.removeprefix(SCHEMAS)]
    _hoist(document, _is_map, lambda _, names: MAP_NAMES.get(names[-1], pascal(names[-1])))
    _hoist(document, _is_enum, _enum_name)


_OURS = "="  # begins names that are given here, until short_schema_names has made room for them


def _hoist(document: Node, wanted: Callable[[Node], bool], named: Callable[[Node, tuple[str, ...]], str]) -> None:
    """Give every inline schema that is `wanted` a name, one for all that look alike."""
    alike: dict[str, dict[str, list[Place]]] = {}  # by name, then by looks
    for place in list(places(document)):
        holder, key, names = place
        if holder is not schemas(document) and wanted(holder[key]):
            looks = json.dumps(_body(holder[key]), sort_keys=True)
            alike.setdefault(named(holder[key], names), {}).setdefault(looks, []).append(place)
    taken = CLASSES | {plain(name) for name in schemas(document) if name.startswith(_OURS)}
    for base, shapes in sorted(alike.items()):
        for looks in sorted(shapes, key=lambda looks: (-len(shapes[looks]), looks)):
            name, body = base, json.loads(looks)
            if plain(name) in taken:
                owner, *way = min(names for _, _, names in shapes[looks])
                name = pascal("-".join([SCHEMA_NAMES.get(owner, owner), *way]))
            name = unused(name, "2", lambda one: plain(one) in taken)
            taken.add(plain(name))
            schemas(document)[_OURS + name] = body
            for holder, key, _ in shapes[looks]:
                beside = {word: value for word, value in holder[key].items() if word not in body}
                holder[key] = {"$ref": SCHEMAS + _OURS + name, **beside}


def _is_enum(schema: Node) -> bool:
    return bool(schema.get("enum")) and all(isinstance(value, str) for value in schema["enum"])


def _is_map(schema: Node) -> bool:
    return isinstance(schema.get("additionalProperties"), dict) and not schema.get("properties")


def _body(schema: Node) -> Node:
    if "enum" in schema:
        return {"type": "string", "enum": sorted(set(schema["enum"]))}
    return {key: schema[key] for key in schema if key not in ("nullable", "deprecated", "default")}


def _enum_name(schema: Node, names: tuple[str, ...]) -> str:
    return next((ENUM_NAMES[value] for value in ENUM_NAMES if value in schema["enum"]), pascal(names[-1]))


def short_schema_names(document: Node) -> None:
    """ActionResponseWithResultsPublicStatus and the like name a class library, not a thing."""
    given = {
        SCHEMA_NAMES.get(name, name)
        for name in schemas(document)
        if name in SCHEMA_NAMES or name.startswith(_OURS)
    }
    taken = CLASSES | set(map(plain, given))
    short: dict[str, str] = {}
    for name in sorted(schemas(document)):
        short[name] = SCHEMA_NAMES.get(name) or name.removeprefix(_OURS)
        if name not in SCHEMA_NAMES and not name.startswith(_OURS):
            short[name] = unused(short[name], "Schema", lambda one: plain(one) in taken)
            taken.add(plain(short[name]))
    for node in walk(document):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(SCHEMAS):
            node["$ref"] = SCHEMAS + short[reference.removeprefix(SCHEMAS)]
    document["components"]["schemas"] = {short[name]: schema for name, schema in schemas(document).items()}


def reply_schemas(document: Node) -> set[str]:
    """Names of the schemas that replies are made of."""
    reached: set[str] = set()
    queue: list[Any] = list(responses(document))
    while queue:
        for node in walk(queue.pop()):
            name = str(node.get("$ref", "")).removeprefix(SCHEMAS)
            if name in schemas(document) and name not in reached:
                reached.add(name)
                queue.append(schemas(document)[name])
    return reached


def reply_objects(document: Node) -> Iterator[tuple[str, Node]]:
    """(name or "", schema) of everything with fields in replies."""
    roots = [*responses(document), *(schemas(document)[name] for name in reply_schemas(document))]
    replies = {id(node) for root in roots for node in walk(root)}
    for holder, key, _ in places(document):
        if "properties" in holder[key] and id(holder[key]) in replies:
            yield (key if holder is schemas(document) else ""), holder[key]


def require_what_decides(document: Node) -> None:
    """Servers leave out fields declared required; only those a consent decision needs may fail a reply."""
    for name, schema in reply_objects(document):
        declared = sorted(schema.pop("required", []))
        decisive = [field for field in DECISIVE.get(name, ()) if field in schema["properties"]]
        if declared != decisive:
            hubspot_says(schema, required=declared)
        if decisive:
            schema["required"] = decisive


def free_error_details(document: Node) -> None:
    """A correlationId need not be a UUID, and subCategory is a string in one error and an object in another."""
    for name in ("ErrorReply", "BatchError", "ErrorDetail"):
        fields = schemas(document).get(name, {}).get("properties", {})
        if "format" in fields.get("correlationId", {}):
            hubspot_says(fields["correlationId"], format=fields["correlationId"].pop("format"))
        if "subCategory" in fields:
            fields["subCategory"] = {"x-hubspot": {"schema": fields["subCategory"]}}


def no_defaults(document: Node) -> None:
    """A declared default makes the generated client send it in every call; a pattern may hold anything."""
    for holder, key, _ in places(document):
        for name in ("default", "pattern"):
            if name in holder[key]:
                hubspot_says(holder[key], **{name: holder[key].pop(name)})


def null_where_optional(document: Node) -> None:
    """Replies hold null in fields that no document declares nullable [source: null-fields]."""
    document["x-hubspot"] = {"nullable": False}  # of all nulls below, except where it says so
    for holder, key, _ in places(document):
        if holder[key].get("nullable"):
            hubspot_says(holder[key], nullable=True)
    for _, schema in reply_objects(document):
        for field, value in schema["properties"].items():
            if field not in schema.get("required", ()):
                value["nullable"] = True


def json_schema_dialect(document: Node) -> None:
    """OpenAPI 3.1 says null the way JSON Schema does, so that one validator serves every tool."""
    document["openapi"] = "3.1.0"
    for holder, key, _ in reversed(list(places(document))):
        schema = holder[key]
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
                schema[exclusive] = schema.pop(bound)
        if schema.pop("nullable", False):
            holder[key] = _or_null(schema)


def _or_null(schema: Node) -> Node:
    beside: Node = {name: schema.pop(name) for name in ("x-hubspot", "deprecated") if name in schema}
    if not schema:
        return beside  # anything at all, null included
    if isinstance(schema.get("type"), str) and not schema.keys() & {"enum", "const"}:
        return {**schema, "type": [schema["type"], "null"], **beside}
    return {"anyOf": [schema, {"type": "null"}], **beside}


def sorted_contract(document: Node) -> None:
    """Key, parameter and enum order are noise; sorted, the same contract is the same file."""
    objects = {id(node) for node in _objects(document)}
    for node in reversed(list(walk(document))):  # the innermost first: the order of lists depends on them
        known = _ORDER if id(node) in objects else ()
        items = sorted(node.items(), key=lambda item: (known.index(item[0]) if item[0] in known else 99, item[0]))
        node.clear()
        node.update(items)
        for key in ("required", "enum", "type"):
            if known and isinstance(node.get(key), list):
                node[key].sort(key=lambda value: (value == "null", str(value), type(value).__name__))
        for key in ("anyOf", "oneOf", "allOf", "servers"):
            if known and isinstance(node.get(key), list):
                node[key].sort(key=lambda one: json.dumps(one, sort_keys=True))
    for _, _, operation in operations(document):
        operation["parameters"].sort(key=lambda one: (one["in"] != "path", one["name"], one["in"]))


# Reads best in this order; what is not among these comes after, by name.
_ORDER = (
    *("openapi", "info", "servers", "security", "paths", "components", "x-hubspot"),
    *("operationId", "tags", "parameters", "requestBody", "responses"),
    *("name", "in", "required", "schema", "type", "format", "enum", "properties", "items"),
)


def check_names(document: Node) -> None:
    """Refuse texts that could be code where the generator writes them. Raises ValueError naming the place.

    What is left of a document at the end of the rules are identifiers, paths, types and values of enums.
    """
    objects = {id(node) for node in _objects(document)}

    def look(node: Any, way: str) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            ours = key == "x-hubspot" and id(node) in objects  # and not a field of that name
            if ours or (key == "description" and value == ""):
                continue  # HubSpot's word, kept as data: the generator does not see it; or no word at all
            at = f"{way}/{key}"
            in_paths = way == "/paths"
            if isinstance(key, str) and not (_PATH if in_paths else _SAFE).fullmatch(key):
                raise ValueError(f"a name holds what must not get into code: {key[:80]!r} in {way[:200]!r}")
            if isinstance(value, str) and not (_REFERENCE if key == "$ref" else _SAFE).fullmatch(value):
                raise ValueError(f"a text holds what must not get into code: {value[:80]!r} in {at[:200]!r}")
            if isinstance(value, dict | list):
                look(value, at)

    look(document, "")


_PATH = re.compile(r"(?:/(?:[A-Za-z0-9_.-]+|\{[A-Za-z][A-Za-z0-9_]*\}))+")
_SAFE = re.compile(rf"[A-Za-z0-9_$./:*+ -]{{1,{LONGEST}}}")
_REFERENCE = re.compile(r"#/components/(?:schemas|responses)/[A-Za-z0-9_.-]+")

Rule = Callable[[Node], None]
RULES: tuple[Rule, ...] = (
    contract_only,
    stable_operation_names,
    errors_as_json,
    one_class_per_enum,
    short_schema_names,
    require_what_decides,
    free_error_details,
    no_defaults,
    null_where_optional,
    json_schema_dialect,
    sorted_contract,
)


def apply(document: Node) -> tuple[Node, tuple[Rule, ...]]:
    """HubSpot's document → the bare contract without words, and the rules that had nothing to change.

    The argument is left as it was. Raises ValueError for what must not get into generated code.
    """
    document = copy.deepcopy(document)
    idle: list[Rule] = []
    for rule in RULES:
        before = json.dumps(document)  # unlike the mappings themselves it shows their order
        rule(document)
        if json.dumps(document) == before:
            idle.append(rule)
    check_names(document)
    identifiers.check(document, ((".".join(names), holder[key]) for holder, key, names in places(document)))
    return document, tuple(idle)
