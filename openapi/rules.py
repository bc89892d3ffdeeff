"""The named rules that make HubSpot's document fit to generate from, each with its reason.

A rule takes the document as HubSpot publishes it (a mapping that `documents.check` let through) and
changes it in place. Where a rule deviates from HubSpot's word, that word stays under `x-hubspot`,
so that versions are compared by what HubSpot declared. `apply` runs the rules in order.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from hubspot_preferences.contracts.documents import METHODS, Document, walk

Node = dict[str, Any]
SCHEMAS = "#/components/schemas/"

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
    found: dict[str, Node] = document["components"]["schemas"]
    return found


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
            yield from below(parameter, "schema", (name, parameter["name"]))
        contents = [("request", operation.get("requestBody", {})), *sorted(operation["responses"].items())]
        for part, found in contents:
            for media in found.get("content", {}).values():
                if "schema" in media:
                    yield from below(media, "schema", (name, part))
    for name, response in document["components"]["responses"].items():
        for media in response.get("content", {}).values():
            if "schema" in media:
                yield from below(media, "schema", (name,))
    for name in list(schemas(document)):
        yield from below(schemas(document), name, (name,))


def hubspot_says(schema: Node, **declared: Any) -> None:
    """Keep what HubSpot declared where the contract says something else."""
    schema.setdefault("x-hubspot", {}).update(declared)


def pascal(text: str) -> str:
    """`set-status reason` → `SetStatusReason`: a name by rule for what has none yet."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^0-9A-Za-z]+", text))


def snake(text: str) -> str:
    """`unsubscribe-all/{id}` → `unsubscribe_all_id`."""
    return re.sub(r"[^0-9a-z]+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text).lower()).strip("_")


_PROSE = {"description", "summary", "example", "examples", "externalDocs", "title", "xml"}
_KEPT = ("openapi", "info", "servers", "paths", "components")
# Said or left out, these mean the same.
_DEFAULTS = {"nullable": False, "deprecated": False, "uniqueItems": False, "readOnly": False, "writeOnly": False}


def contract_only(document: Node) -> None:
    """Prose, tags, scopes, examples and vendor notes change upstream almost daily and bind nobody."""
    components = document.setdefault("components", {})
    for part in ("schemas", "responses", "parameters", "requestBodies"):
        components.setdefault(part, {})
    by_name = _maps_by_name(document)
    for node in walk(document):
        if id(node) not in by_name:
            for key in [key for key in node if key in _PROSE or key.startswith("x-")]:
                del node[key]
            for key in [key for key in _DEFAULTS if node.get(key) is _DEFAULTS[key]]:
                del node[key]
    _written_out(document)
    for holder, key, _ in places(document):
        _null_as_a_flag(holder[key])
    for _, _, operation in operations(document):
        for key in ("tags", "security", "operationId", "callbacks"):
            operation.pop(key, None)
    for response in responses(document):
        response["description"] = ""
    document["components"] = {part: components[part] for part in ("responses", "schemas")}
    _unused_left_out(document)
    for key in [key for key in document if key not in _KEPT]:
        del document[key]
    document["info"] = {}


def _maps_by_name(document: Node) -> set[int]:
    """The ids of mappings whose keys are HubSpot's names and not OpenAPI's: "description" is one of them."""
    maps = [*document["components"].values()]
    maps += [node["properties"] for node in walk(document) if isinstance(node.get("properties"), dict)]
    return {id(each) for each in maps}


def _written_out(document: Node) -> None:
    """Shared parameters and bodies in place, and the defaults of OpenAPI neither here nor there."""
    found = Document("", document)
    for item in document["paths"].values():
        shared = item.pop("parameters", [])
        for key in [key for key in item if key not in METHODS]:
            del item[key]
        for operation in item.values():
            own = {
                (one["in"], one["name"]): one
                for one in map(found.resolved, [*shared, *operation.get("parameters", [])])
            }
            operation["parameters"] = [copy.deepcopy(one) for one in own.values()]
            operation.setdefault("responses", {})
            if "requestBody" in operation:
                operation["requestBody"] = copy.deepcopy(found.resolved(operation["requestBody"]))
                operation["requestBody"].setdefault("required", False)
            for code, response in operation["responses"].items():
                if "$ref" in response:
                    operation["responses"][code] = {"$ref": response["$ref"]}
            for parameter in operation["parameters"]:
                parameter.setdefault("required", False)
                style = "form" if parameter["in"] in ("query", "cookie") else "simple"
                for key, default in (("style", style), ("explode", style == "form"), ("allowReserved", False)):
                    if parameter.get(key) == default:
                        del parameter[key]


def _unused_left_out(document: Node) -> None:
    """What no operation refers to binds nobody."""
    components = document["components"]
    used: set[str] = set()
    queue: list[Any] = [document["paths"]]
    while queue:
        for node in walk(queue.pop()):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference not in used:
                used.add(reference)
                queue.append(Document("", document).target(reference))
    for part, held in components.items():
        components[part] = {name: held[name] for name in held if f"#/components/{part}/{name}" in used}


def _null_as_a_flag(schema: Node) -> None:
    """OpenAPI 3.1's ways to allow null, in the one of 3.0."""
    kinds, options = schema.get("type"), schema.get("anyOf", [])
    if isinstance(kinds, list):
        bare = sorted(kind for kind in kinds if kind != "null")
        schema["type"] = bare[0] if len(bare) == 1 else bare
        if "null" in kinds:
            schema["nullable"] = True
    if {"type": "null"} in options:
        schema["nullable"] = True
        options.remove({"type": "null"})
        if len(options) == 1:
            del schema["anyOf"]
            schema.update(options[0])
    if "enum" in schema and None in schema["enum"]:
        schema["enum"] = [value for value in schema["enum"] if value is not None]


def stable_operation_names(document: Node) -> None:
    """HubSpot's operationIds are paths, and one of them names v4 in every version."""
    taken: set[str] = set()
    for method, tail, operation in sorted(operations(document), key=lambda found: found[:2]):
        tag = next((snake(part) for part in tail.split("/") if snake(part)), "other")
        name, tag = OPERATIONS.get((method, tail), (snake(f"{method} {tail}"), tag))
        while name in taken or (name in _NAMED and (method, tail) not in OPERATIONS):
            name += "_2"
        taken.add(name)
        operation["operationId"], operation["tags"] = name, [tag]


_NAMED = {name for name, _ in OPERATIONS.values()}


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
    for name in [name for name, schema in schemas(document).items() if _is_enum(schema) or _is_map(schema)]:
        body = schemas(document).pop(name)
        for holder, key, _ in places(document):
            if holder[key].get("$ref") == SCHEMAS + name:
                del holder[key]["$ref"]
                holder[key].update(copy.deepcopy(body))
    _hoist(document, _is_map, lambda _, names: MAP_NAMES.get(names[-1], pascal(names[-1])))
    _hoist(document, _is_enum, _enum_name)


_OURS = "="  # begins names that are given here, until short_schema_names has made room for them


def _hoist(document: Node, wanted: Callable[[Node], bool], named: Callable[[Node, tuple[str, ...]], str]) -> None:
    """Give every inline schema that is `wanted` a name, one for all that look alike."""
    found: dict[str, dict[str, list[Place]]] = {}  # by name, then by looks
    for place in list(places(document)):
        holder, key, names = place
        if holder is not schemas(document) and wanted(holder[key]):
            looks = json.dumps(_body(holder[key]), sort_keys=True)
            found.setdefault(named(holder[key], names), {}).setdefault(looks, []).append(place)
    for base, shapes in sorted(found.items()):
        for looks in sorted(shapes, key=lambda looks: (-len(shapes[looks]), looks)):
            name, body = base, json.loads(looks)
            if _OURS + name in schemas(document):
                owner, *way = min(names for _, _, names in shapes[looks])
                name = pascal("-".join([SCHEMA_NAMES.get(owner, owner), *way]))
            schemas(document)[_OURS + name] = body
            for holder, key, _ in shapes[looks]:
                beside = {each: holder[key][each] for each in holder[key] if each not in body}
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
    ours = {name.removeprefix(_OURS) for name in schemas(document) if name.startswith(_OURS)}
    taken = ours | {SCHEMA_NAMES[name] for name in schemas(document) if name in SCHEMA_NAMES}

    def short(name: str) -> str:
        if name.startswith(_OURS):
            return name.removeprefix(_OURS)
        return SCHEMA_NAMES.get(name) or (f"{name}Schema" if name in taken else name)

    for node in walk(document):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(SCHEMAS):
            node["$ref"] = SCHEMAS + short(reference.removeprefix(SCHEMAS))
    document["components"]["schemas"] = {short(name): schema for name, schema in schemas(document).items()}


def reply_schemas(document: Node) -> set[str]:
    """Names of the schemas that replies are made of."""
    found: set[str] = set()
    queue: list[Any] = list(responses(document))
    while queue:
        for node in walk(queue.pop()):
            name = str(node.get("$ref", "")).removeprefix(SCHEMAS)
            if name in schemas(document) and name not in found:
                found.add(name)
                queue.append(schemas(document)[name])
    return found


def reply_objects(document: Node) -> Iterator[tuple[str, Node]]:
    """(name or "", schema) of everything with fields in replies."""
    names = reply_schemas(document)
    replies = {id(node) for response in responses(document) for node in walk(response)}
    for holder, key, _ in places(document):
        if "properties" in holder[key] and (id(holder[key]) in replies or key in names):
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
    """A declared default makes the generated client send it in every call."""
    for holder, key, _ in places(document):
        if "default" in holder[key]:
            hubspot_says(holder[key], default=holder[key].pop("default"))


def null_where_optional(document: Node) -> None:
    """Replies hold null in fields that no document declares nullable (recorded)."""
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
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"], **beside}
    return {"anyOf": [schema, {"type": "null"}], **beside}


def sorted_contract(document: Node) -> None:
    """Key, parameter and enum order are noise; sorted, the same contract is the same file."""
    by_name = _maps_by_name(document)
    for node in walk(document):
        known = () if id(node) in by_name else _ORDER
        items = sorted(node.items(), key=lambda item: (known.index(item[0]) if item[0] in known else 99, item[0]))
        node.clear()
        node.update(items)
        for key in ("required", "enum", "type"):
            if isinstance(node.get(key), list):
                node[key].sort(key=lambda value: (value == "null", str(value)))
        for key in ("anyOf", "oneOf", "allOf"):
            if isinstance(node.get(key), list):
                node[key].sort(key=lambda one: json.dumps(one, sort_keys=True))
    for _, _, operation in operations(document):
        operation["parameters"].sort(key=lambda parameter: (parameter["in"] != "path", parameter["name"]))


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

    def look(node: Any, way: str) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "x-hubspot" or (key == "description" and value == ""):
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
_SAFE = re.compile(r"[A-Za-z0-9_$./:*+ -]{1,200}")
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
    return document, tuple(idle)
