"""The named rules that make HubSpot's document fit to generate from, each with its reason.

A rule takes the document as HubSpot publishes it (an OpenAPI 3.0 mapping) and changes it in
place. `apply` runs them in order and refuses a rule that changes nothing: such a rule has
outlived its reason and should go.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Node = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
SCHEMAS = "#/components/schemas/"

# (method, path below the version) -> (operationId, tag): the same names in every version.
OPERATIONS = {
    ("get", "/definitions"): ("list_definitions", "definitions"),
    ("post", "/links/generate"): ("generate_links", "links"),
    ("get", "/statuses/{subscriberIdString}"): ("get_statuses", "statuses"),
    ("post", "/statuses/{subscriberIdString}"): ("set_status", "statuses"),
    ("get", "/statuses/{subscriberIdString}/unsubscribe-all"): ("get_opt_outs", "statuses"),
    ("post", "/statuses/{subscriberIdString}/unsubscribe-all"): ("unsubscribe_all", "statuses"),
    ("post", "/statuses/batch/read"): ("batch_read_statuses", "batch"),
    ("post", "/statuses/batch/unsubscribe-all/read"): ("batch_read_opt_outs", "batch"),
    ("post", "/statuses/batch/unsubscribe-all"): ("batch_unsubscribe_all", "batch"),
    ("post", "/statuses/batch/write"): ("batch_write_statuses", "batch"),
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


def walk(node: Any) -> Iterator[Node]:
    """Every mapping in the document, outermost first."""
    if isinstance(node, dict):
        yield node
        for value in list(node.values()):
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """(method, path below the version, operation), in the order of the document."""
    for path, item in document["paths"].items():
        tail = re.sub(r"^/communication-preferences/[^/]+", "", path)
        for method in METHODS:
            if method in item:
                yield method, tail, item[method]


def schemas(document: Node) -> dict[str, Node]:
    """The document's named schemas."""
    found: dict[str, Node] = document["components"]["schemas"]
    return found


def pascal(text: str) -> str:
    """`set-status reason` → `SetStatusReason`: a name by rule for what has none yet."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^0-9A-Za-z]+", text))


def snake(text: str) -> str:
    """`unsubscribe-all/{id}` → `unsubscribe_all_id`."""
    return re.sub(r"[^0-9a-z]+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text).lower()).strip("_")


def contract_only(document: Node) -> None:
    """Prose, tags, scopes, examples and vendor notes change upstream almost daily and bind nobody."""
    property_maps = {id(node["properties"]) for node in walk(document) if "properties" in node}
    noise = {"description", "summary", "example", "examples", "externalDocs", "title"}
    for node in walk(document):
        if id(node) in property_maps:
            continue  # here the keys are HubSpot's field names, and one of them is "description"
        for key in [key for key in node if key in noise or key.startswith("x-")]:
            del node[key]
    for _, _, operation in operations(document):
        operation.pop("tags", None)
        operation.pop("security", None)
        operation.setdefault("parameters", [])
        for parameter in operation["parameters"]:
            parameter.pop("style", None)  # every one is the default of its place
            parameter.pop("explode", None)
    for response in responses(document):
        response["description"] = ""
    for key in [key for key in document if key not in ("openapi", "info", "servers", "paths", "components")]:
        del document[key]
    document["components"] = {
        key: document["components"][key] for key in ("responses", "schemas") if key in document["components"]
    }
    document["info"] = {"version": document["info"].get("version", "")}


def responses(document: Node) -> Iterator[Node]:
    """Every response object, in the operations and in the components; references are left out."""
    for _, _, operation in operations(document):
        for code, response in operation["responses"].items():
            if "$ref" in response:
                operation["responses"][code] = {"$ref": response["$ref"]}
            else:
                yield response
    yield from document["components"].get("responses", {}).values()


def stable_operation_names(document: Node) -> None:
    """HubSpot's operationIds are paths, and one of them names v4 in every version."""
    for method, tail, operation in operations(document):
        name, tag = OPERATIONS.get((method, tail), (snake(f"{method} {tail}"), snake(tail.split("/")[1])))
        operation["operationId"], operation["tags"] = name, [tag]


def errors_as_json(document: Node) -> None:
    """Errors are declared as `*/*`; a stock generator then drops every error reply."""
    for response in responses(document):
        content = response.get("content", {})
        if "*/*" in content:
            response["content"] = {"application/json": content.pop("*/*"), **content}


def one_class_per_enum(document: Node) -> None:
    """The same six enums stand inline 26 times, and so do two maps."""
    named: Node = {}

    def hoist(name: str, schema: Node) -> Node:
        if "enum" in schema:
            values = sorted(schema["enum"])
            target = next((ENUM_NAMES[value] for value in ENUM_NAMES if value in values), pascal(name))
            body = {"type": schema["type"], "enum": values}
        elif isinstance(schema.get("additionalProperties"), dict) and not schema.get("properties"):
            target = MAP_NAMES.get(name, pascal(name))
            body = {"type": "object", "additionalProperties": schema["additionalProperties"]}
        else:
            return schema
        if named.setdefault(target, body) != body:
            raise ValueError(f"{target}: two shapes under one name: {named[target]} and {body}")
        return {"$ref": SCHEMAS + target}

    for _, _, operation in operations(document):
        for parameter in operation["parameters"]:
            parameter["schema"] = hoist(parameter["name"], parameter["schema"])
    for schema in schemas(document).values():
        for name, value in schema.get("properties", {}).items():
            schema["properties"][name] = hoist(name, value)
    if clash := named.keys() & schemas(document).keys():
        raise ValueError(f"a schema of HubSpot's has the name of one of our enums: {sorted(clash)}")
    schemas(document).update(named)


def short_schema_names(document: Node) -> None:
    """ActionResponseWithResultsPublicStatus and the like name a class library, not a thing."""
    for node in walk(document):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(SCHEMAS):
            name = reference.removeprefix(SCHEMAS)
            node["$ref"] = SCHEMAS + SCHEMA_NAMES.get(name, name)
    renamed = {SCHEMA_NAMES.get(name, name): schema for name, schema in schemas(document).items()}
    document["components"]["schemas"] = renamed


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


def require_what_decides(document: Node) -> None:
    """Servers leave out fields declared required; only those a consent decision needs may fail a reply.

    HubSpot's own list is kept as `x-hubspot-required`, for comparing versions.
    """
    for name in reply_schemas(document):
        schema = schemas(document)[name]
        if declared := schema.pop("required", None):
            schema["x-hubspot-required"] = sorted(declared)
        if decisive := [field for field in DECISIVE.get(name, ()) if field in schema.get("properties", {})]:
            schema["required"] = decisive


def null_where_optional(document: Node) -> None:
    """Replies hold null in fields that no document declares nullable (recorded)."""
    for name in reply_schemas(document):
        schema = schemas(document)[name]
        for field, value in schema.get("properties", {}).items():
            if field in schema.get("required", ()):
                continue
            if "$ref" in value:
                schema["properties"][field] = {"anyOf": [value, {"type": "null"}]}
            elif "type" in value:
                value["type"] = [value["type"], "null"]


def free_error_details(document: Node) -> None:
    """A correlationId need not be a UUID, and subCategory is a string in one error and an object in another."""
    for name in ("ErrorReply", "BatchError", "ErrorDetail"):
        fields = schemas(document).get(name, {}).get("properties", {})
        fields.get("correlationId", {}).pop("format", None)
        if "subCategory" in fields:
            fields["subCategory"] = {}


def no_defaults_in_queries(document: Node) -> None:
    """A declared default makes the generated client send it in every call."""
    for _, _, operation in operations(document):
        for parameter in operation["parameters"]:
            parameter["schema"].pop("default", None)


def json_schema_dialect(document: Node) -> None:
    """OpenAPI 3.1 says null the way JSON Schema does, so that one validator serves every tool."""
    document["openapi"] = "3.1.0"


def sorted_contract(document: Node) -> None:
    """Key, parameter and enum order are noise; sorted, the same contract is the same file."""
    document["paths"] = {path: dict(sorted(item.items())) for path, item in sorted(document["paths"].items())}
    for _, _, operation in operations(document):
        operation["parameters"].sort(key=lambda parameter: (parameter["in"] != "path", parameter["name"]))
    document["components"]["schemas"] = dict(sorted(schemas(document).items()))
    for schema in schemas(document).values():
        if "properties" in schema:
            schema["properties"] = dict(sorted(schema["properties"].items()))
        if "required" in schema:
            schema["required"] = sorted(schema["required"])


Rule = Callable[[Node], None]
RULES: tuple[Rule, ...] = (
    contract_only,
    stable_operation_names,
    errors_as_json,
    one_class_per_enum,
    short_schema_names,
    require_what_decides,
    free_error_details,
    null_where_optional,
    no_defaults_in_queries,
    json_schema_dialect,
    sorted_contract,
)


def apply(document: Node) -> Node:
    """HubSpot's document → the bare contract, without words. The argument is left as it was.

    Raises ValueError where a rule has nothing left to change.
    """
    document = copy.deepcopy(document)
    for rule in RULES:
        before = json.dumps(document)  # unlike the mappings themselves it shows their order
        rule(document)
        if json.dumps(document) == before:
            raise ValueError(f"the rule {rule.__name__} changes nothing any more: {rule.__doc__}")
    return document
