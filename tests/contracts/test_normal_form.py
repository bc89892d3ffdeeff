"""One form for the many ways to say the same, whoever asks for it."""

import copy
import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.test_diff import BASE, Disguise, api

from hubspot_preferences.contracts.documents import document
from hubspot_preferences.contracts.normal_form import NormalForm
from hubspot_preferences.contracts.openapi import Document
from hubspot_preferences.versions import NAMES

Node = dict[str, Any]


def normal(root: Node) -> Node:
    """The normal form of a document."""
    form: Node = json.loads(json.dumps(NormalForm(Document("", root)).root))
    return form


def normal_schema(schema: Node, **named: Node) -> Node:
    """The normal form of a schema, in a document with some others."""
    media = {"content": {"application/json": {"schema": schema}}}
    root = {
        "openapi": "3.1.0",
        "paths": {f"{BASE}/a": {"put": {"requestBody": media}}},
        "components": {"schemas": named},
    }
    body: Node = normal(root)["paths"][f"{BASE}/a"]["put"]["requestBody"]
    written: Node = body["content"]["application/json"]["schema"]
    return written


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 2**32))
def test_what_is_in_the_form_stays_as_it_is(seed: int) -> None:
    """To put a document into the form twice is to put it there once; the document itself is left alone."""
    root = Disguise(Random(seed)).document(api())  # noqa: S311
    before = copy.deepcopy(root)
    once = normal(root)
    assert before == root
    assert once == normal(once)


@pytest.mark.parametrize("version", NAMES)
def test_a_contract_of_ours_is_what_hubspot_declared(version: str) -> None:
    """What a contract leaves out of HubSpot's word is back, and its own nulls are gone."""
    schemas = normal(document(version).root)["components"]["schemas"]
    assert {"status", "subscriberIdString", "subscriptionId"} < {*schemas["SubscriptionStatus"]["required"]}
    assert "nullable" not in json.dumps(schemas)
    assert {"type": "string"} == schemas["ErrorReply"]["properties"]["subCategory"]
    assert "uuid" == schemas["ErrorReply"]["properties"]["correlationId"]["format"]


STRING: Node = {"type": "string"}
SAME: dict[str, tuple[Node, Node]] = {
    "annotations": (
        {
            "type": "string",
            "description": "",
            "title": "",
            "example": 1,
            "examples": [],
            "$comment": "",
            "xml": {},
        },
        STRING,
    ),
    "notes of the vendor's": ({"type": "string", "x-any": {"thing": 1}}, STRING),
    "a list of one type": ({"type": ["string"]}, STRING),
    "null as a type": ({"type": ["null", "string"]}, {"type": "string", "nullable": True}),
    "nothing but null": ({"type": ["null"]}, {"type": "null"}),
    "null as a choice": ({"anyOf": [STRING, {"type": "null"}]}, {"type": "string", "nullable": True}),
    "null as one choice of three": (
        {"oneOf": [STRING, {"type": "integer"}, {"type": "null", "title": "None"}]},
        {"oneOf": [STRING, {"type": "integer"}], "nullable": True},
    ),
    "what is never null": (
        {"anyOf": [STRING, {"type": "null", "const": 1}]},
        {"anyOf": [STRING, {"type": "null", "const": 1}]},
    ),
    "null as a value": ({"enum": ["A", None]}, {"enum": ["A"]}),
    "false is no null": ({"enum": ["A", False, 0]}, {"enum": ["A", False, 0]}),
    "wrapped": ({"allOf": [STRING], "nullable": True}, {"type": "string", "nullable": True}),
    "wrapped with a bound": ({"allOf": [STRING], "maxLength": 5}, {"allOf": [STRING], "maxLength": 5}),
    "wrapped twice": (
        {"oneOf": [{"allOf": [STRING]}], "deprecated": True},
        {"type": "string", "deprecated": True},
    ),
    "required twice": ({"required": ["a", "b", "a"]}, {"required": ["a", "b"]}),
    "anything more": ({"additionalProperties": {"description": "Any."}}, {}),
    "defaults": (
        {"nullable": False, "minLength": 0, "uniqueItems": False, "required": [], "allOf": [], "readOnly": False},
        {},
    ),
    "zero is not false": (
        {"exclusiveMinimum": 0, "minLength": False},
        {"exclusiveMinimum": 0, "minLength": False},
    ),
    "names that are words": (
        {"properties": {"description": {"type": "string", "description": "x"}, "x-a": {}, "title": {}}},
        {"properties": {"description": STRING, "x-a": {}, "title": {}}},
    ),
    "data": ({"default": {"description": "x", "x-a": 1}}, {"default": {"description": "x", "x-a": 1}}),
    "more than notes beside a reference": (
        {"$ref": "#/components/schemas/A", "maxProperties": 3},
        {"maxProperties": 3, "allOf": [{"$ref": "#/components/schemas/A"}]},
    ),
    "notes beside a reference": (
        {"allOf": [{"$ref": "#/components/schemas/A", "description": "x"}], "default": 1},
        {"$ref": "#/components/schemas/A", "default": 1},
    ),
    "within what no rule knows": (
        {"not": {"type": ["string"], "title": "x"}, "unheardOf": {"title": "x"}},
        {"not": STRING, "unheardOf": {"title": "x"}},
    ),
}


@pytest.mark.parametrize("kind", SAME)
def test_schemas(kind: str) -> None:
    """Several ways to say one thing become one; what means something else stays."""
    schema, expected = SAME[kind]
    assert expected == normal_schema(schema, A={"type": "object"})


def test_named_schemas_are_not_unwrapped() -> None:
    """They may lead back to themselves, and their names are what others refer to."""
    loop = {"allOf": [{"$ref": "#/components/schemas/Loop"}]}
    root = {"paths": {}, "components": {"schemas": {"Loop": loop}}}
    assert {"Loop": loop} == normal(root)["components"]["schemas"]


def test_what_a_path_says_stands_at_each_operation() -> None:
    """Shared parameters, of which an operation may have its own; servers; and what nobody knows."""
    page = {"name": "page", "in": "query", "schema": STRING}
    root = {
        "paths": {
            "/a": {
                "parameters": [
                    {"$ref": "#/components/parameters/Page"},
                    {"name": "b", "in": "path", "schema": {}},
                ],
                "servers": [{"url": "/x", "description": "x"}],
                "odd": 1,
                "summary": "x",
                "get": {"parameters": [{**page, "style": "form", "explode": True, "required": True}]},
                "put": {"servers": [], "deprecated": False, "responses": {"x-note": {}}},
            }
        },
        "components": {"parameters": {"Page": {**page, "allowReserved": False, "explode": False}}},
    }
    b = {"name": "b", "in": "path", "required": False, "schema": {}}
    assert {
        "get": {
            "parameters": [{**page, "required": True}, b],
            "responses": {},
            "servers": [{"url": "/x"}],
            "odd": 1,
        },
        "put": {
            "parameters": [{**page, "required": False, "explode": False}, b],
            "responses": {},
            "servers": [],
            "odd": 1,
        },
    } == normal(root)["paths"]["/a"]


@pytest.mark.parametrize(
    ("where", "style", "explode", "expected"),
    [
        ("query", "form", True, {}),
        ("query", "form", False, {"explode": False}),
        ("query", "spaceDelimited", False, {"style": "spaceDelimited"}),
        ("query", "spaceDelimited", True, {"style": "spaceDelimited", "explode": True}),
        ("path", "simple", False, {}),
        ("path", "form", True, {"style": "form"}),
        ("header", "simple", True, {"explode": True}),
        ("cookie", "form", True, {}),
    ],
)
def test_how_a_parameter_is_written(where: str, style: str, explode: bool, expected: Node) -> None:
    """What is usual for its place is left out: explode depends on the style, and that on the place."""
    parameter = {"name": "a", "in": where, "required": True, "schema": {}}
    root = {"paths": {"/a": {"get": {"parameters": [{**parameter, "style": style, "explode": explode}]}}}}
    assert [{**parameter, **expected}] == normal(root)["paths"]["/a"]["get"]["parameters"]


def test_references_lead_where_they_did() -> None:
    """Also into what the form takes apart: a schema within a wrapped one, a reply of a path."""
    inner = {"type": ["string", "null"], "title": "x"}
    reply = {"description": "x", "content": {"a/b": {"schema": {"allOf": [{"properties": {"b": inner}}]}}}}
    root = {"paths": {"/a": {"get": {"responses": {"200": reply}}}}}
    form = NormalForm(Document("", root))
    assert {"properties": {"b": {"type": "string", "nullable": True}}} == form.target(
        "#/paths/~1a/get/responses/200/content/a~1b/schema"
    )
    assert {"content"} == form.resolved({"$ref": "#/paths/~1a/get/responses/200"}).keys()
