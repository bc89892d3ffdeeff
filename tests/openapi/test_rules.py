"""The named rules, and the contracts they make: openapi/rules.py, openapi/*.yaml.

What the contracts say is compared with HubSpot's documents by code of its own: nothing here calls a rule
to find out what a rule should have done.
"""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import rules
from hubspot_preferences import models, versions

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
    """The ten operations have the same ids in every version, and stand below its path."""
    assert OPERATIONS == {call: operation["operationId"] for call, operation in calls(contract).items()}
    assert {f"/communication-preferences/{version}"} == {
        "/".join(path.split("/")[:3]) for path in contract["paths"]
    }


def test_the_versions_say_the_same() -> None:
    """v4 and 2026-03 differ in nothing but the version: a difference is news."""
    texts = {}
    for name in versions.NAMES:
        text = (Path(rules.__file__).parent / f"{name}.yaml").read_text(encoding="utf-8")
        texts[name] = text.replace(name, "VERSION")
    assert texts["v4"] == texts["2026-03"]


def test_each_enum_stands_once(contract: Node) -> None:
    """Six enums, each with the values that the library knows, and none inline."""
    schemas = contract["components"]["schemas"]
    named = {name: schema["enum"] for name, schema in schemas.items() if "enum" in schema}
    assert {name: sorted(str(value) for value in values) for name, values in ENUMS.items()} == named
    assert len(ENUMS) == sum("enum" in node for node in nodes(contract))


def test_errors_are_json(contract: Node) -> None:
    """Every operation answers errors in JSON: a generator drops any other."""
    assert {"application/json"} == {kind for node in nodes(contract) for kind in node.get("content", ())}
    assert {True} == {"default" in operation["responses"] for operation in calls(contract).values()}


def test_nothing_is_sent_that_nobody_asked_for(contract: Node) -> None:
    """No parameter has a default: the generated client would send it in every call."""
    assert [] == [node for node in nodes(contract["paths"]) if "default" in node.get("schema", ())]


def test_a_reply_needs_only_what_decides(contract: Node) -> None:
    """Replies must have the fields that a consent decision needs, and no others."""
    schemas = contract["components"]["schemas"]
    required = {name: schema["required"] for name, schema in schemas.items() if "required" in schema}
    assert DECISIVE == {name: fields for name, fields in required.items() if name not in REQUESTS}
    assert REQUESTS == {name for name in required if name not in DECISIVE}


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
        kept = mine.get("required" if NAMES[name] in REQUESTS else "x-hubspot-required", [])
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
    rules.contract_only,
    rules.stable_operation_names,
    rules.errors_as_json,
    rules.one_class_per_enum,
    rules.short_schema_names,
    rules.free_error_details,
    rules.no_defaults_in_queries,
    rules.json_schema_dialect,
]


@pytest.mark.parametrize("rule", REPEATABLE, ids=lambda rule: rule.__name__)
def test_a_rule_without_work_raises(upstream: Node, monkeypatch: pytest.MonkeyPatch, rule: rules.Rule) -> None:
    """A rule that changes nothing has outlived its reason, and is named: of two runs the second does."""
    place = rules.RULES.index(rule) + 1
    monkeypatch.setattr(rules, "RULES", (*rules.RULES[:place], rule, *rules.RULES[place:]))
    with pytest.raises(ValueError, match=rf"the rule {rule.__name__} changes nothing any more: .+"):
        rules.apply(upstream)


def test_what_decides_is_required_even_where_hubspot_requires_nothing(upstream: Node) -> None:
    """A document without lists of required fields still gives a contract that fails closed."""
    for schema in upstream["components"]["schemas"].values():
        schema.pop("required", None)
    ours = rules.apply(upstream)["components"]["schemas"]
    assert ["status", "subscriberIdString", "subscriptionId"] == ours["SubscriptionStatus"]["required"]
    assert "x-hubspot-required" not in ours["SubscriptionStatus"]


def test_order_is_noise(upstream: Node) -> None:
    """The same document with its keys, parameters and enum values turned round is the same contract."""

    def turned(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: turned(node[key]) for key in reversed(node)}
        if isinstance(node, list):
            return [turned(value) for value in reversed(node)]
        return node

    def text(document: Node) -> str:
        made = rules.apply(document)
        for key in ("paths", "components"):
            made[key] = {name: made[key][name] for name in sorted(made[key])}
        return json.dumps({"schemas": made["components"]["schemas"], "paths": made["paths"]}, sort_keys=True)

    assert text(upstream) == text(turned(upstream))


def test_two_shapes_under_one_name_are_refused(upstream: Node) -> None:
    """An enum that differs between two places is not quietly made one."""
    state = upstream["components"]["schemas"]["PublicWideStatus"]["properties"]["status"]
    state["enum"] = [*state["enum"], "ADDED_LATER"]
    with pytest.raises(ValueError, match="SubscriptionState: two shapes under one name"):
        rules.apply(upstream)


def test_an_enum_may_grow(upstream: Node) -> None:
    """An enum that gained a value keeps its name."""
    for node in nodes(upstream):
        if "PORTAL_WIDE" in node.get("enum", ()):
            node["enum"] = ["ADDED_LATER", *node["enum"]]
    found = rules.schemas(rules.apply(upstream))["WideStatusType"]
    assert ["ADDED_LATER", "BUSINESS_UNIT_WIDE", "PORTAL_WIDE"] == found["enum"]


def test_a_schema_named_like_an_enum_is_refused(upstream: Node) -> None:
    """A schema of HubSpot's is not overwritten by an enum that was named here."""
    upstream["components"]["schemas"]["Channel"] = {"type": "object", "properties": {}}
    with pytest.raises(ValueError, match="the name of one of our enums"):
        rules.apply(upstream)


def test_a_new_operation_gets_a_name_by_rule(upstream: Node) -> None:
    """What has no name yet is named by its method and path."""
    path = next(iter(upstream["paths"])).rsplit("/", 1)[0] + "/audit-log/{entryId}"
    upstream["paths"][path] = {
        "get": {"operationId": "x", "responses": {"200": {"description": "", "content": {}}}}
    }
    found = {
        operation["operationId"]: operation["tags"] for _, _, operation in rules.operations(rules.apply(upstream))
    }
    assert ["audit_log"] == found["get_audit_log_entry_id"]
