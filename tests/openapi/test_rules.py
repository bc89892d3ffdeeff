"""The named rules, and the contracts they make: openapi/rules.py, openapi/*.yaml.

What the contracts say is compared with HubSpot's documents by code of its own: nothing here calls a rule
to find out what a rule should have done.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import rules
from hubspot_preferences import models, versions
from hubspot_preferences.versions import declared

Node = dict[str, Any]
REF = "#/components/schemas/"

# HubSpot's name of a schema → ours, as the contract is read here.
NAMES = {
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
    "ErrorDetail": "ErrorDetail",
    "LinkGenerationRequest": "LinkGenerationRequest",
    "LinkGenerationResponse": "LinkGenerationResponse",
    "PartialPublicStatusRequest": "StatusRequest",
    "PublicBulkOptOutFromAllResponse": "SubscriberOptOut",
    "PublicStatus": "SubscriptionStatus",
    "PublicStatusBulkResponse": "SubscriberStatuses",
    "PublicStatusRequest": "SubscriberStatusRequest",
    "PublicSubscriptionTranslation": "SubscriptionTranslation",
    "PublicWideStatus": "WideStatus",
    "PublicWideStatusBulkResponse": "SubscriberWideStatuses",
    "StandardError": "BatchError",
    "SubscriptionDefinition": "SubscriptionDefinition",
}
REQUESTS = {
    "BatchSubscriberInput",
    "BatchWriteInput",
    "LinkGenerationRequest",
    "StatusRequest",
    "SubscriberStatusRequest",
}
# What a consent decision rests on: all that a reply has to have.
DECISIVE = {
    "SubscriptionStatus": ["status", "subscriberIdString", "subscriptionId"],
    "WideStatus": ["status", "subscriberIdString"],
    "SubscriberStatuses": ["subscriberIdString"],
    "SubscriberWideStatuses": ["subscriberIdString"],
    "SubscriberOptOut": ["subscriberIdString"],
    "SubscriptionDefinition": ["id"],
}
ENUMS = {
    "Channel": models.Channel,
    "LegalBasis": models.LegalBasis,
    "SetStatusSuccessReason": models.SetStatusSuccessReason,
    "SubscriptionState": models.SubscriptionState,
    "WideStatusType": models.WideStatusType,
    "ProcessingState": ("CANCELED", "COMPLETE", "PENDING", "PROCESSING"),
}
OPERATIONS = {
    "get /definitions": "list_definitions",
    "post /links/generate": "generate_links",
    "get /statuses/{subscriberIdString}": "get_statuses",
    "post /statuses/{subscriberIdString}": "set_status",
    "get /statuses/{subscriberIdString}/unsubscribe-all": "get_opt_outs",
    "post /statuses/{subscriberIdString}/unsubscribe-all": "unsubscribe_all",
    "post /statuses/batch/read": "batch_read_statuses",
    "post /statuses/batch/unsubscribe-all/read": "batch_read_opt_outs",
    "post /statuses/batch/unsubscribe-all": "batch_unsubscribe_all",
    "post /statuses/batch/write": "batch_write_statuses",
}


def nodes(node: Any) -> Iterator[Node]:
    """Every mapping of a document."""
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(value)


def calls(document: Node) -> dict[str, Node]:
    """Every operation by method and path below the version."""
    return {
        f"{method} {'/' + path.split('/', 3)[3]}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def shape(schema: Node, document: Node) -> Any:
    """What a value may be, in one form for both documents: references, enums and null resolved."""
    if "anyOf" in schema:
        (schema,) = (part for part in schema["anyOf"] if part != {"type": "null"})
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        target = document["components"]["schemas"][name]
        if "enum" in target or "additionalProperties" in target:
            return shape(target, document)
        return NAMES.get(name, name)
    kind = schema.get("type")
    kind = next(one for one in kind if one != "null") if isinstance(kind, list) else kind
    found: Node = {"type": kind, "format": schema.get("format"), "enum": sorted(schema.get("enum", ()))}
    for below in ("items", "additionalProperties"):
        if below in schema:
            found[below] = shape(schema[below], document)
    return found


def content(response: Node, document: Node) -> Any:
    """What a response or a body carries, the media type aside."""
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    (media,) = response["content"].values()
    return shape(media["schema"], document)


# The contracts


def test_a_contract_is_openapi(contract: Node) -> None:
    """The contract is a valid OpenAPI 3.1 document."""
    assert [] == list(OpenAPIV31SpecValidator(contract).iter_errors())


def test_the_operations_have_stable_names(contract: Node, version: str) -> None:
    """The ten operations have the same ids in every version that has them, and stand below its path."""
    difference = declared.of(version)
    assert {call: name for call, name in OPERATIONS.items() if name not in difference.lacks} == {
        call: operation["operationId"]
        for call, operation in calls(contract).items()
        if operation["operationId"] not in difference.adds
    }
    assert {f"/communication-preferences/{version}"} == {
        "/".join(path.split("/")[:3]) for path in contract["paths"]
    }


def test_the_versions_say_the_same() -> None:
    """Versions of which nothing is declared differ in nothing but their name."""
    folder = Path(rules.__file__).parent
    names = [name for name in versions.NAMES if name not in declared.DECLARED]
    texts = {(folder / f"{name}.yaml").read_text(encoding="utf-8").replace(name, "VERSION") for name in names}
    assert bool(names) == len(texts)


def test_each_enum_stands_once(contract: Node, version: str) -> None:
    """Six enums, each with the values that the library knows or that are declared, and none inline."""
    schemas, difference = contract["components"]["schemas"], declared.of(version)
    named = {name: schema["enum"] for name, schema in schemas.items() if "enum" in schema}
    for name, values in ENUMS.items():
        known = sorted(str(value) for value in values if f"{name}.{value}" not in difference.lacks)
        assert known == [value for value in named[name] if f"{name}.{value}" not in difference.adds]
    assert difference.adds or set(ENUMS) == set(named)
    assert len(named) == sum("enum" in node for node in nodes(contract))


def test_errors_are_json(contract: Node) -> None:
    """Every operation answers errors in JSON: a generator drops any other."""
    assert {"application/json"} == {kind for node in nodes(contract) for kind in node.get("content", ())}
    assert {True} == {"default" in operation["responses"] for operation in calls(contract).values()}


def test_nothing_is_sent_that_nobody_asked_for(contract: Node) -> None:
    """No parameter has a default: the generated client would send it in every call."""
    assert [] == [node for node in nodes(contract["paths"]) if "default" in node.get("schema", ())]


def test_a_reply_needs_only_what_decides(contract: Node, version: str) -> None:
    """Replies must have the fields that a consent decision needs, and no others."""
    schemas = contract["components"]["schemas"]
    required = {name: schema["required"] for name, schema in schemas.items() if "required" in schema}
    if any("." not in name for name in declared.of(version).adds):  # requests of its own are no business of ours
        required = {name: fields for name, fields in required.items() if name in {*DECISIVE, *REQUESTS}}
    expected = {name: fields for name, fields in DECISIVE.items() if name in schemas}
    assert expected == {name: fields for name, fields in required.items() if name not in REQUESTS}
    assert REQUESTS & {*schemas} == {name for name in required if name not in DECISIVE}


def replies(contract: Node) -> dict[str, Node]:
    """The schemas of objects in replies."""
    schemas: dict[str, Node] = contract["components"]["schemas"]
    return {name: schema for name, schema in schemas.items() if "properties" in schema and name not in REQUESTS}


def validator(contract: Node, name: str) -> jsonschema_rs.Draft202012Validator:
    """What checks a value against one schema of the contract."""
    schema = {"$ref": f"{REF}{name}", "components": contract["components"]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


VALUES: Node = {"status": "SUBSCRIBED", "subscriberIdString": "a@b.example", "subscriptionId": 5, "id": "5"}


def test_null_is_an_answer_where_nothing_depends_on_it(contract: Node) -> None:
    """Every optional field of every reply may be null; what decides may not, and may not be missing."""
    for name, schema in replies(contract).items():
        decisive = DECISIVE.get(name, [])
        least = {field: VALUES[field] for field in decisive}
        check = validator(contract, name)
        assert check.is_valid(least), name
        for field in schema["properties"]:
            assert (field not in decisive) is check.is_valid({**least, field: None}), (name, field)
        for field in decisive:
            assert not check.is_valid({key: value for key, value in least.items() if key != field}), (name, field)


@pytest.mark.parametrize(
    ("recorded", "schema"),
    [
        ("v4-statuses.json", "StatusResults"),
        ("v4-set-status-resubscribed.json", "StatusResults"),
        ("v4-unsubscribe-all.json", "StatusResults"),
        ("v4-opt-outs.json", "WideStatusResults"),
        ("v4-definitions.json", "DefinitionResults"),
        ("v4-batch-read.json", "BatchStatusResults"),
        ("v4-batch-opt-outs.json", "BatchWideStatusResults"),
        ("v4-batch-write.json", "BatchWriteResults"),
        ("error-400-v3-already-subscribed-1.json", "ErrorReply"),
        ("error-401-expired-1.json", "ErrorReply"),
        ("error-403-missing-scopes-1.json", "ErrorReply"),
        ("error-429-secondly-1.json", "ErrorReply"),
    ],
)
def test_recorded_replies_are_as_the_contract_says(
    reference: Path, contract: Node, recorded: str, schema: str
) -> None:
    """What HubSpot really sent is valid, and what is not of that kind is not."""
    body = json.loads((reference / "recorded" / recorded).read_text(encoding="utf-8"))
    check = validator(contract, schema)
    assert [] == [error.message for error in check.iter_errors(body)]
    assert not check.is_valid({**body, "results": 5, "errors": 5})


# Against HubSpot's documents


def test_the_operations_are_hubspots(contract: Node, upstream: Node) -> None:
    """The same paths, parameters, bodies and replies as in HubSpot's document."""
    ours, theirs = calls(contract), calls(upstream)
    assert theirs.keys() == ours.keys()
    for call, operation in theirs.items():
        assert {
            (one["name"], one["in"], one["required"], json.dumps(shape(one["schema"], upstream)))
            for one in operation.get("parameters", [])
        } == {
            (one["name"], one["in"], one["required"], json.dumps(shape(one["schema"], contract)))
            for one in ours[call]["parameters"]
        }, call
        assert ("requestBody" in operation) is ("requestBody" in ours[call]), call
        if "requestBody" in operation:
            assert True is operation["requestBody"]["required"] is ours[call]["requestBody"]["required"]
            assert content(operation["requestBody"], upstream) == content(ours[call]["requestBody"], contract), (
                call
            )
        assert {code: content(reply, upstream) for code, reply in operation["responses"].items()} == {
            code: content(reply, contract) for code, reply in ours[call]["responses"].items()
        }, call


def test_the_schemas_are_hubspots(contract: Node, upstream: Node) -> None:
    """The same fields of the same types, formats and values, and HubSpot's own list of required ones."""
    ours, theirs = contract["components"]["schemas"], upstream["components"]["schemas"]
    assert NAMES.keys() == theirs.keys()
    assert {*NAMES.values(), *ENUMS, "Links", "ErrorContext"} == ours.keys()
    for name, schema in theirs.items():
        mine = ours[NAMES[name]]
        expected = {field: shape(value, upstream) for field, value in schema.get("properties", {}).items()}
        # Two deviations: a correlationId need not be a UUID; subCategory is a string here and an object there.
        if "correlationId" in expected:
            assert "uuid" == expected["correlationId"].pop("format")
            expected["correlationId"]["format"] = None
        if "subCategory" in expected:
            assert expected["subCategory"]["type"] in ("string", "object")
            expected["subCategory"] = {"type": None, "format": None, "enum": []}
        assert expected == {field: shape(value, contract) for field, value in mine["properties"].items()}, name
        kept = mine.get("x-hubspot", {}).get("required", mine.get("required", []))
        assert sorted(schema.get("required", [])) == kept, name


def sentences(document: Node) -> set[str]:
    """Every sentence of more than three words in what a document says about itself, bare of punctuation."""
    said = (node[key] for node in nodes(document) for key in ("description", "summary", "title") if key in node)
    texts = (text for text in said if isinstance(text, str))
    parts = (re.sub(r"\W+", " ", part).strip().lower() for text in texts for part in re.split(r"[.;:!?]", text))
    return {part for part in parts if len(part.split()) > 3}


def test_no_sentence_is_hubspots(contract: Node, upstream: Node) -> None:
    """No sentence of more than three words was taken over."""
    assert len(sentences(upstream)) > 50
    assert len(sentences(contract)) > 50
    assert set() == sentences(upstream) & sentences(contract)


# The rules


def mended(upstream: Node) -> Node:
    """The document, as far as the rule that is asked about needs it."""
    return copy.deepcopy(upstream)


def test_the_document_is_left_alone(upstream: Node) -> None:
    """Making a contract changes nothing in what it is made from."""
    before = mended(upstream)
    rules.apply(upstream)
    assert before == upstream


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_a_rule_has_a_reason(rule: rules.Rule) -> None:
    """Each rule says why it is there."""
    assert (rule.__doc__ or "").strip().endswith(".")


# Run twice, these have nothing left to do; the others are not made to be run twice.
REPEATABLE = [
    rules.stable_operation_names,
    rules.errors_as_json,
    rules.one_class_per_enum,
    rules.short_schema_names,
    rules.no_defaults,
    rules.json_schema_dialect,
    rules.sorted_contract,
]


def test_every_rule_has_work(upstream: Node) -> None:
    """A rule that changes nothing in HubSpot's document has outlived its reason."""
    assert () == rules.apply(upstream)[1]


@pytest.mark.parametrize("rule", REPEATABLE, ids=lambda rule: rule.__name__)
def test_a_rule_without_work_is_named(upstream: Node, monkeypatch: pytest.MonkeyPatch, rule: rules.Rule) -> None:
    """A rule that changes nothing is named: of two runs the second does."""
    place = rules.RULES.index(rule) + 1
    monkeypatch.setattr(rules, "RULES", (*rules.RULES[:place], rule, *rules.RULES[place:]))
    assert (rule,) == rules.apply(upstream)[1]


def test_what_decides_is_required_even_where_hubspot_requires_nothing(upstream: Node) -> None:
    """A document without lists of required fields still gives a contract that fails closed."""
    for schema in upstream["components"]["schemas"].values():
        schema.pop("required", None)
    ours = made(upstream)
    assert ["status", "subscriberIdString", "subscriptionId"] == ours["SubscriptionStatus"]["required"]
    assert [] == ours["SubscriptionStatus"]["x-hubspot"]["required"]


def test_an_enum_that_differs_gets_a_name_of_its_own(upstream: Node) -> None:
    """Where one of four places has another value, the others keep the name, and so does their shape."""
    state = upstream["components"]["schemas"]["PublicWideStatus"]["properties"]["status"]
    state["enum"] = [*state["enum"], "ADDED_LATER"]
    found = made(upstream)
    assert ["NOT_SPECIFIED", "SUBSCRIBED", "UNSUBSCRIBED"] == found["SubscriptionState"]["enum"]
    assert {"$ref": f"{REF}WideStatusStatus"} == found["WideStatus"]["properties"]["status"]
    assert {"$ref": f"{REF}SubscriptionState"} == found["SubscriptionStatus"]["properties"]["status"]
    assert ["ADDED_LATER", "NOT_SPECIFIED", "SUBSCRIBED", "UNSUBSCRIBED"] == found["WideStatusStatus"]["enum"]


def test_a_new_enum_gets_a_name_by_its_field(upstream: Node) -> None:
    """An enum of values never seen is named after the field, in whatever place it stands."""
    fields = upstream["components"]["schemas"]["PublicStatus"]["properties"]
    fields["deliveryHint"] = {"type": "array", "items": {"type": "string", "enum": ["SLOW", "FAST"]}}
    fields["mood"] = {"type": "string", "enum": ["GOOD"], "nullable": True, "default": "GOOD"}
    fields["level"] = {"type": "integer", "enum": [2, 1]}
    found = made(upstream)
    assert {"type": "string", "enum": ["FAST", "SLOW"]} == found["DeliveryHint"]
    properties = found["SubscriptionStatus"]["properties"]
    assert {"type": ["array", "null"], "items": {"$ref": f"{REF}DeliveryHint"}} == properties["deliveryHint"]
    assert {
        "anyOf": [{"$ref": f"{REF}Mood"}, {"type": "null"}],
        "x-hubspot": {"default": "GOOD", "nullable": True},
    } == properties["mood"]
    # among the figures no validator would take null
    assert {"anyOf": [{"type": "integer", "enum": [1, 2]}, {"type": "null"}]} == properties["level"]


def test_an_enum_that_hubspot_names_is_the_same(upstream: Node) -> None:
    """Whether an enum stands in place or has a name of HubSpot's, the contract is the same."""
    before = rules.apply(upstream)[0]
    schemas = upstream["components"]["schemas"]
    schemas["SomeEnum"] = schemas["PublicStatus"]["properties"]["legalBasis"]
    schemas["PublicStatus"]["properties"]["legalBasis"] = {"$ref": "#/components/schemas/SomeEnum"}
    assert before == rules.apply(upstream)[0]


def test_an_enum_may_grow(upstream: Node) -> None:
    """An enum that gained a value keeps its name."""
    for node in nodes(upstream):
        if "PORTAL_WIDE" in node.get("enum", ()):
            node["enum"] = ["ADDED_LATER", *node["enum"]]
    found = made(upstream)["WideStatusType"]
    assert ["ADDED_LATER", "BUSINESS_UNIT_WIDE", "PORTAL_WIDE"] == found["enum"]


def test_a_schema_named_like_an_enum_makes_room(upstream: Node) -> None:
    """A schema of HubSpot's with the name of one of our enums, or of another schema here, gets another name."""
    schemas = upstream["components"]["schemas"]
    for name in ("Channel", "StatusResults"):
        schemas[name] = {"type": "object", "properties": {name.lower(): {"type": "string"}}}
        schemas["PublicStatus"]["properties"][f"new{name}"] = {"$ref": f"{REF}{name}"}
    found = made(upstream)
    assert ["EMAIL"] == found["Channel"]["enum"]
    assert ["channel"] == list(found["ChannelSchema"]["properties"])
    assert ["statusresults"] == list(found["StatusResultsSchema"]["properties"])
    assert "results" in found["StatusResults"]["properties"]
    new = found["SubscriptionStatus"]["properties"]["newStatusResults"]
    assert {"anyOf": [{"$ref": f"{REF}StatusResultsSchema"}, {"type": "null"}]} == new


def test_enums_of_one_name_in_one_schema_stay_apart(upstream: Node) -> None:
    """Fields whose names differ by what no class name holds keep their own values."""
    new = {"new-kind": "A", "new_kind": "B", "newKind": "C"}
    field_of(upstream).update({name: {"type": "string", "enum": [value]} for name, value in new.items()})
    contract = made(upstream)
    found = contract["SubscriptionStatus"]["properties"]
    named = {name: found[name]["anyOf"][0]["$ref"].removeprefix(REF) for name in new}
    assert {name: [value] for name, value in new.items()} == {name: contract[named[name]]["enum"] for name in new}


def test_an_enum_stays_where_no_rule_looks(upstream: Node) -> None:
    """What refers to a named enum or map from a keyword that no rule knows finds it there."""
    upstream["components"]["schemas"]["Mood"] = {"type": "string", "enum": ["GOOD", "BAD"]}
    field_of(upstream).update(new={"not": {"$ref": REF + "Mood"}}, other={"$ref": REF + "Mood"})
    contract = made(upstream)
    left = contract["SubscriptionStatus"]["properties"]["new"]["anyOf"][0]["not"]["$ref"].removeprefix(REF)
    named = contract["SubscriptionStatus"]["properties"]["other"]["anyOf"][0]["$ref"].removeprefix(REF)
    assert [["BAD", "GOOD"]] * 2 == [contract[name]["enum"] for name in (left, named)]


def test_a_body_has_no_headers(upstream: Node) -> None:
    """What OpenAPI does not know there binds nobody, whatever it is."""
    before = rules.apply(upstream)[0]
    _, _, operation = next(one for one in rules.operations(upstream) if "requestBody" in one[2])
    operation["requestBody"]["headers"] = {"X-A": True}
    assert before["components"] == rules.apply(upstream)[0]["components"]


def test_schemas_that_make_room_do_not_meet(upstream: Node) -> None:
    """HubSpot's own schemas named like ours, and like the ones that made room, are all there."""
    names = ("SubscriptionStatus", "SubscriptionStatusSchema", "SubscriptionStatusSchemaSchema")
    for name in names:
        name_a_schema(upstream, name)
        upstream["components"]["schemas"][name]["properties"] = {f"of{name}": {"type": "string"}}
        field_of(upstream)[f"new{name}"] = field_of(upstream).pop("new")
    contract = made(upstream)
    for name in names:
        held = contract["SubscriptionStatus"]["properties"][f"new{name}"]["anyOf"][0]["$ref"].removeprefix(REF)
        assert [f"of{name}"] == list(contract[held]["properties"])


def test_a_map_of_itself_is_taken(upstream: Node) -> None:
    """A named map may lead back to itself, and is then left under its name."""
    upstream["components"]["schemas"]["Tree"] = {"type": "object", "additionalProperties": {"$ref": REF + "Tree"}}
    field_of(upstream)["new"] = {"$ref": REF + "Tree"}
    assert {"type": "object", "additionalProperties": {"$ref": REF + "Tree"}} == made(upstream)["Tree"]


def test_nothing_within_a_reply_has_to_be_there(upstream: Node) -> None:
    """An object in a field of a reply may lack what it declares required, and hold null."""
    new = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    field_of(upstream)["new"] = new
    held = made(upstream)["SubscriptionStatus"]["properties"]["new"]
    assert ["object", "null"] == held["type"]
    assert {"required": ["a"]} == held["x-hubspot"]
    assert "required" not in held
    assert ["string", "null"] == held["properties"]["a"]["type"]


def test_a_renamed_path_parameter_keeps_the_operations(upstream: Node) -> None:
    """What a path calls its parameter is not sent: the operations keep their names."""
    renamed = json.loads(json.dumps(upstream["paths"]).replace("{subscriberIdString}", "{sid}"))
    for item in renamed.values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                parameter["name"] = "sid" if parameter["in"] == "path" else parameter["name"]
    names = {one["operationId"] for _, _, one in rules.operations(rules.apply({**upstream, "paths": renamed})[0])}
    assert set(OPERATIONS.values()) == names


@pytest.mark.parametrize("name", ["properties", "description", "x-a", "x-hubspot"])
def test_names_that_are_words_elsewhere(upstream: Node, name: str) -> None:
    """A field or schema called like a word of OpenAPI's is one, and its prose is dropped as any other."""
    field_of(upstream)[name] = {"type": "string", "description": "It's; prose."}
    upstream["components"]["schemas"][name] = {"type": "object", "description": "It's; prose."}
    field_of(upstream)["new"] = {"$ref": REF + name}
    contract = made(upstream)
    assert {"type": ["string", "null"]} == contract["SubscriptionStatus"]["properties"][name]
    assert {"type": "object"} == contract[name]


def test_a_field_named_as_our_notes_is_looked_into(upstream: Node) -> None:
    """Only notes of ours are passed over in the search for code: not a field or header of that name."""
    for text in ("a'b", "a\nb"):
        field_of(upstream)["x-hubspot"] = {"type": "integer", "format": text}
        with pytest.raises(ValueError, match="holds what must not get into code"):
            rules.apply(upstream)


@pytest.mark.parametrize(
    "pointer", ["#/components/parameters/Q/schema", "#/components/schemas/PublicStatus/properties/status"]
)
def test_a_reference_astray_is_refused(upstream: Node, pointer: str) -> None:
    """A schema that is no named one cannot be referred to; that is said in one line."""
    upstream["components"]["parameters"] = {"Q": {"name": "q", "in": "query", "schema": {"type": "string"}}}
    field_of(upstream)["new"] = {"$ref": pointer}
    with pytest.raises(ValueError, match=f"^'{pointer}' points to what is neither a schema nor a response$"):
        rules.apply(upstream)


def test_a_name_kept_for_ours_is_refused(upstream: Node) -> None:
    """The mark of names given here cannot come from outside."""
    name_a_schema(upstream, "=Channel")
    with pytest.raises(ValueError, match="holds what must not get into code: '=Channel'"):
        rules.apply(upstream)


def test_a_new_operation_gets_a_name_by_rule(upstream: Node) -> None:
    """What has no name yet is named by its method and path; two never share one."""
    root = next(iter(upstream["paths"])).rsplit("/", 1)[0]
    entry, everything = (
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in ("entryId", "all")
    )
    for path in ("/audit-log/{entryId}", "/audit_log/{entryId}", "/get/statuses"):
        parameters = [entry] if "{" in path else []
        upstream["paths"][root + path] = {"get": {"operationId": "x", "parameters": parameters, "responses": {}}}
    upstream["paths"][root + "/{all}"] = {"delete": {"parameters": [everything], "responses": {}}}
    found = operation_names(rules.apply(upstream)[0])
    assert {
        "get_audit_log_entry_id": ["audit_log"],
        "get_audit_log_entry_id_2": ["audit_log"],
        "get_get_statuses": ["get"],
        "delete_all": ["all"],
    } == {name: tags for name, tags in found.items() if name not in OPERATIONS.values()}
    assert set(OPERATIONS.values()) < set(found)


def operation_names(contract: Node) -> dict[str, list[str]]:
    """The operations' names and tags."""
    return {operation["operationId"]: operation["tags"] for _, _, operation in rules.operations(contract)}


def made(upstream: Node) -> dict[str, Node]:
    """The schemas that the rules make of a document."""
    return rules.schemas(rules.apply(upstream)[0])


def test_hubspots_word_stays_beside_ours(upstream: Node) -> None:
    """Required lists, formats, defaults and nulls that the contract changes can still be read in it."""
    fields = upstream["components"]["schemas"]["PublicStatus"]["properties"]
    fields["legalBasis"]["nullable"] = True
    upstream["components"]["schemas"]["PublicStatusRequest"]["properties"]["channel"]["default"] = "EMAIL"
    fields["source"]["pattern"] = "^[a-z'\"\\]+$"
    contract = rules.apply(upstream)[0]
    found = rules.schemas(contract)
    assert {"nullable": False} == contract["x-hubspot"]
    properties = found["SubscriptionStatus"]["properties"]
    assert {"nullable": True} == properties["legalBasis"]["x-hubspot"]
    assert {"pattern": "^[a-z'\"\\]+$"} == properties["source"]["x-hubspot"]
    assert "x-hubspot" not in properties["subscriptionName"]
    assert {"format": "uuid"} == found["ErrorReply"]["properties"]["correlationId"]["x-hubspot"]
    assert {"default": "EMAIL"} == found["SubscriberStatusRequest"]["properties"]["channel"]["x-hubspot"]
    brand = next(
        parameter
        for _, tail, operation in rules.operations(contract)
        if tail == "/links/generate"
        for parameter in operation["parameters"]
        if parameter["name"] == "businessUnitId"
    )
    assert {"default": 0} == brand["schema"]["x-hubspot"]


def test_what_nothing_refers_to_is_left_out(upstream: Node) -> None:
    """A schema that no operation needs is no part of the contract."""
    before = rules.apply(upstream)[0]
    upstream["components"]["schemas"]["Unused"] = {"type": "object", "properties": {"a": {"type": "string"}}}
    upstream["components"]["parameters"] = {"Shared": {"name": "x", "in": "query", "schema": {"type": "string"}}}
    assert before == rules.apply(upstream)[0]


HOSTILE = [
    "a'b",
    'a"b',
    'a"""b',
    "a\nimport os",
    "a\\",
    "{{ 7 * 7 }}",
    "{% import 'os' %}",
    "{0.__class__}",
    "a;b",
    "a(b)",
    "a=b",
    "a,b",
    "a\u2028b",
    "a\x00",
    "ａ",
    "",
    "a" * 201,
    "__import__('os').system('true')",
]
GET: Node = {"get": {"responses": {"200": {"description": ""}}}}
PLACES: dict[str, Callable[[Node, str], object]] = {
    "field": lambda document, text: field_of(document).__setitem__(text, {"type": "string"}),
    "schema": lambda document, text: name_a_schema(document, text),
    "enum": lambda document, text: field_of(document).__setitem__("new", {"type": "string", "enum": ["A", text]}),
    "type": lambda document, text: field_of(document).__setitem__("new", {"type": text}),
    "format": lambda document, text: field_of(document).__setitem__("new", {"type": "string", "format": text}),
    "parameter": lambda document, text: add_parameter(document, text),
    "path": lambda document, text: document["paths"].update({f"/communication-preferences/v4/{text}": GET}),
    "path parameter": lambda document, text: document["paths"].update({f"/a/{{{text}}}": GET}),
    "media type": lambda document, text: first(document)["responses"]["200"]["content"].update({text: {}}),
    "code": lambda document, text: first(document)["responses"].update({text: {"description": ""}}),
    "keyword": lambda document, text: field_of(document).__setitem__("new", {"type": "string", text: "x"}),
}


def first(document: Node) -> Node:
    """The first operation of a document."""
    found: Node = next(iter(next(iter(document["paths"].values())).values()))
    return found


def field_of(document: Node) -> Node:
    """The fields of a schema that replies are made of."""
    found: Node = document["components"]["schemas"]["PublicStatus"]["properties"]
    return found


def name_a_schema(document: Node, text: str) -> None:
    """A schema of this name, in use."""
    document["components"]["schemas"][text] = {"type": "object", "properties": {"a": {"type": "string"}}}
    field_of(document)["new"] = {"$ref": REF + text}


def add_parameter(document: Node, text: str) -> None:
    """A parameter of this name."""
    first(document).setdefault("parameters", []).append(
        {"name": text, "in": "query", "required": False, "schema": {"type": "string"}}
    )


@pytest.mark.parametrize("place", PLACES)
def test_no_text_gets_into_code(upstream: Node, place: str) -> None:
    """A name or value that could be code is refused, wherever it stands, and named in one line."""
    for text in HOSTILE:
        document = copy.deepcopy(upstream)
        PLACES[place](document, text)
        with pytest.raises(ValueError, match="holds what must not get into code") as caught:
            rules.apply(document)
        assert 1 == len(str(caught.value).splitlines()), text


def test_prose_and_defaults_may_hold_anything(upstream: Node) -> None:
    """What the generator never sees may hold anything: prose is dropped, defaults are kept as data."""
    before = json.dumps(rules.apply(upstream)[0])
    for text in HOSTILE:
        document = copy.deepcopy(upstream)
        for node in nodes(document["paths"]):
            if "operationId" in node:
                node.update({"summary": text, "description": text, "operationId": text, "tags": [text]})
        for schema in document["components"]["schemas"].values():
            schema.update({"description": text, "title": text, "example": text, "x-code": text})
        document["info"] = {"title": text, "description": text, "version": text}
        assert before == json.dumps(rules.apply(document)[0])
        field_of(document)["source"]["default"] = text
        assert text == made(document)["SubscriptionStatus"]["properties"]["source"]["x-hubspot"]["default"]
