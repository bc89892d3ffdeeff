"""What differs between two contracts: every rule, nothing invented, nothing missed."""

import ast
import copy
import functools
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import InvalidArgument
from hubspot_preferences.contracts import ContractChange, ContractDiff, Level, OperationDiff, compare, diff
from hubspot_preferences.contracts.checking import check
from hubspot_preferences.contracts.diff import difference
from hubspot_preferences.contracts.openapi import Document

Node = dict[str, Any]
Finding = tuple[str, str, str, str, str, str]
Change = Callable[[Node], object]

BREAKING, WARNING, INFO = Level.BREAKING, Level.WARNING, Level.INFO
BASE = "/communication-preferences/v9"


def api() -> Node:
    """A small document in HubSpot's style, new in every call."""
    error = {"description": "Oops.", "content": {"*/*": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    note = {
        "description": "Done.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}},
    }
    document = {
        "openapi": "3.0.1",
        "info": {"title": "Notes", "version": "v9"},
        "servers": [{"url": "https://api.example.com", "description": "The one."}, {"url": "/"}],
        "tags": [{"name": "Notes"}, {"name": "Batches"}],
        "paths": {
            f"{BASE}/notes/{{noteId}}": {
                "get": {
                    "tags": ["Notes"],
                    "summary": "Read it",
                    "operationId": "get-notes",
                    "parameters": [
                        {"name": "noteId", "in": "path", "required": True, "schema": {"type": "string"}},
                        {
                            "name": "channel",
                            "in": "query",
                            "description": "Which.",
                            "required": True,
                            "schema": {"type": "string", "enum": ["EMAIL", "PHONE"]},
                        },
                        {"name": "page", "in": "query", "schema": {"type": "integer", "format": "int32"}},
                    ],
                    "responses": {
                        "200": {
                            **note,
                            "headers": {
                                "X-Left": {"required": True, "schema": {"type": "integer"}},
                                "X-Note": {"schema": {"type": "string"}},
                            },
                        },
                        "default": error,
                    },
                    "security": [{"oauth2": ["notes.read"]}, {"private_apps": ["notes.read"]}],
                },
                "post": {
                    "operationId": "post-notes",
                    "parameters": [
                        {"name": "noteId", "in": "path", "required": True, "schema": {"type": "string"}},
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NoteRequest"}}},
                    },
                    "responses": {"200": note, "default": error},
                },
            },
            f"{BASE}/notes/batch/read": {
                "post": {
                    "deprecated": True,
                    "parameters": [
                        {"name": "old", "in": "header", "deprecated": True, "schema": {"type": "string"}}
                    ],
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["inputs"],
                                    "properties": {"inputs": {"type": "array", "items": {"type": "string"}}},
                                }
                            }
                        },
                    },
                    "responses": {"200": note, "207": note, "default": error},
                }
            },
        },
        "components": {
            "schemas": {
                "Note": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {
                        "id": {"type": "integer", "format": "int64"},
                        "text": {"type": "string", "nullable": True, "maxLength": 80, "example": None},
                        "state": {"type": "string", "enum": ["OPEN", "DONE"]},
                        "links": {"type": "object", "additionalProperties": {"type": "string"}},
                        "replies": {"type": "array", "items": {"$ref": "#/components/schemas/Note"}},
                        "about": {"oneOf": [{"$ref": "#/components/schemas/Error"}, {"type": "integer"}]},
                    },
                },
                "NoteRequest": {
                    "type": "object",
                    "required": ["text"],
                    "properties": {
                        "text": {"type": "string", "minLength": 1, "pattern": "^[a-z]", "default": "none"},
                        "urgent": {"type": "boolean"},
                        "about": {"allOf": [{"$ref": "#/components/schemas/Error"}, {"minProperties": 1}]},
                    },
                },
                "Error": {
                    "type": "object",
                    "required": ["message"],
                    "properties": {"message": {"type": "string"}, "status": {"type": "string"}},
                },
            },
            "securitySchemes": {"oauth2": {"type": "oauth2", "flows": {}}},
        },
    }
    copied: Node = json.loads(json.dumps(document))  # nothing in it is shared
    return copied


NOTES, BATCH = f"{BASE}/notes/{{noteId}}", f"{BASE}/notes/batch/read"
GET, POST, READ = "GET /notes/{noteId}", "POST /notes/{noteId}", "POST /notes/batch/read"


def between(a: Node, b: Node) -> ContractDiff:
    """What changes from one document to the other, both checked."""
    check(a, "a")
    check(b, "b")
    return difference(Document("a", a), Document("b", b))


def findings(a: Node, b: Node) -> list[Finding]:
    """The same as plain tuples, sorted."""
    return sorted(told(change) for change in between(a, b).changes)


def told(change: ContractChange) -> Finding:
    """A change as a plain tuple."""
    return str(change.level), change.rule, change.operation, change.place, change.subject, change.detail


# Every rule


def got(document: Node, method: str = "get", path: str = NOTES) -> Any:
    """An operation of the document."""
    return document["paths"][path][method]


def schemas(document: Node) -> Any:
    """The named schemas of the document."""
    return document["components"]["schemas"]


def parameter(name: str, where: str = "query", **more: Any) -> Node:
    """A parameter that is a text."""
    return {"name": name, "in": where, "schema": {"type": "string"}, **more}


def add_parameter(**more: Any) -> Change:
    """Add a parameter to reading a note."""
    return lambda document: got(document)["parameters"].append(parameter("extra", **more))


PATH = f"{BASE}/notes/{{noteId}}/{{part}}"


def with_part(document: Node) -> None:
    """Give a second parameter a place in the path."""
    document["paths"][PATH] = {"get": copy.deepcopy(got(document))}


JSON = "application/json"
TEXT = {"schema": {"type": "string"}}
NOT_IN_OASDIFF = "what oasdiff has no rule for"

# (what it does, the change, what it says of going there, and of going back)
OPERATION_RULES: list[tuple[str, Change, list[Finding], list[Finding]]] = [
    (
        "an operation goes",
        lambda d: d["paths"][NOTES].pop("get"),
        [("breaking", "api-removed-without-deprecation", GET, "", "", "")],
        [("info", "endpoint-added", GET, "", "", "")],
    ),
    (
        "a deprecated operation goes",
        lambda d: d["paths"].pop(BATCH),
        [("info", "api-removed-with-deprecation", READ, "", "", "")],
        [("info", "endpoint-added", READ, "", "", "")],
    ),
    (
        "an operation is deprecated",
        lambda d: got(d).update(deprecated=True),
        [("info", "endpoint-deprecated", GET, "", "", "")],
        [("info", "endpoint-reactivated", GET, "", "", "")],
    ),
    (
        "a parameter that must be there",
        add_parameter(required=True),
        [("breaking", "new-required-request-parameter", GET, "query extra", "", "")],
        [("warning", "request-parameter-removed", GET, "query extra", "", "")],
    ),
    (
        "a parameter that may be there",
        add_parameter(),
        [("info", "new-optional-request-parameter", GET, "query extra", "", "")],
        [("warning", "request-parameter-removed", GET, "query extra", "", "")],
    ),
    (
        "a deprecated parameter",
        add_parameter(deprecated=True),
        [("info", "new-optional-request-parameter", GET, "query extra", "", "")],
        [("info", "request-parameter-removed-with-deprecation", GET, "query extra", "", "")],
    ),
    (
        "a parameter in the path",
        lambda d: got(d, "post")["parameters"].append(parameter("other", "path", required=True)),
        [("breaking", "new-request-path-parameter", POST, "path other", "", "")],
        [("warning", "request-parameter-removed", POST, "path other", "", "")],
    ),
    (
        "a parameter has to be there",
        lambda d: got(d)["parameters"][2].update(required=True),
        [("breaking", "request-parameter-became-required", GET, "query page", "", "")],
        [("info", "request-parameter-became-optional", GET, "query page", "", "")],
    ),
    (
        "a parameter is deprecated",
        lambda d: got(d)["parameters"][2].update(deprecated=True),
        [("info", "request-parameter-deprecated", GET, "query page", "", "")],
        [("info", "request-parameter-reactivated", GET, "query page", "", "")],
    ),
    (
        "a parameter is written otherwise",
        lambda d: got(d)["parameters"][2].update(style="spaceDelimited", explode=True),
        [("warning", "request-parameter-style-changed", GET, "query page", "", "")],
        [("warning", "request-parameter-style-changed", GET, "query page", "", "")],
    ),
    (
        "a parameter is written with other characters",
        lambda d: got(d)["parameters"][2].update(allowReserved=True),
        [("warning", "request-parameter-became-allow-reserved", GET, "query page", "", "")],
        [("warning", "request-parameter-became-not-allow-reserved", GET, "query page", "", "")],
    ),
    (
        "a list in a parameter is written otherwise",
        lambda d: got(d)["parameters"][2].update(explode=False),
        [("warning", "request-parameter-explode-changed", GET, "query page", "", "")],
        [("warning", "request-parameter-explode-changed", GET, "query page", "", "")],
    ),
    (
        "a parameter is written as JSON",
        lambda d: got(d)["parameters"][2].update(content={JSON: TEXT}),
        [("info", "request-parameter-media-type-added", GET, "query page", "", JSON)],
        [("breaking", "request-parameter-media-type-removed", GET, "query page", "", JSON)],
    ),
    (
        "a body",
        lambda d: got(d).update(requestBody={"content": {JSON: TEXT}}),
        [("info", "request-body-added-optional", GET, "body", "", "")],
        [("breaking", "request-body-removed", GET, "body", "", "")],
    ),
    (
        "a body that must be there",
        lambda d: got(d).update(requestBody={"required": True, "content": {JSON: TEXT}}),
        [("breaking", "request-body-added-required", GET, "body", "", "")],
        [("breaking", "request-body-removed", GET, "body", "", "")],
    ),
    (
        "a body has to be there",
        lambda d: got(d, "post", BATCH)["requestBody"].update(required=True),
        [("breaking", "request-body-became-required", READ, "body", "", "")],
        [("info", "request-body-became-optional", READ, "body", "", "")],
    ),
    (
        "another way to send it",
        lambda d: got(d, "post")["requestBody"]["content"].update({"text/csv": TEXT}),
        [("info", "request-body-media-type-added", POST, "body", "", "text/csv")],
        [("breaking", "request-body-media-type-removed", POST, "body", "", "text/csv")],
    ),
    (
        "an encoding of what is sent",
        lambda d: got(d, "post")["requestBody"]["content"][JSON].update(encoding={"a": {"style": "form"}}),
        [("warning", "request-body-media-type-encoding-changed", POST, "body", "", "")],
        [("warning", "request-body-media-type-encoding-changed", POST, "body", "", "")],
    ),
    (
        "another way to reply",
        lambda d: got(d)["responses"]["200"]["content"].update({"text/csv": TEXT}),
        [("info", "response-media-type-added", GET, "200", "", "text/csv")],
        [("breaking", "response-media-type-removed", GET, "200", "", "text/csv")],
    ),
    (
        "a status of success goes",
        lambda d: got(d, "post", BATCH)["responses"].pop("207"),
        [("breaking", "response-success-status-removed", READ, "207", "", "")],
        [("info", "response-success-status-added", READ, "207", "", "")],
    ),
    (
        "a status of failure goes",
        lambda d: got(d)["responses"].pop("default"),
        [("info", "response-non-success-status-removed", GET, "default", "", "")],
        [("info", "response-non-success-status-added", GET, "default", "", "")],
    ),
    (
        "a header goes that was always there",
        lambda d: got(d)["responses"]["200"]["headers"].pop("X-Left"),
        [("breaking", "required-response-header-removed", GET, "200 header x-left", "", "")],
        [("info", "response-header-added", GET, "200 header x-left", "", "")],
    ),
    (
        "a header goes that was there now and then",
        lambda d: got(d)["responses"]["200"]["headers"].pop("X-Note"),
        [("warning", "optional-response-header-removed", GET, "200 header x-note", "", "")],
        [("info", "response-header-added", GET, "200 header x-note", "", "")],
    ),
    (
        "a header is there now and then",
        lambda d: got(d)["responses"]["200"]["headers"]["X-Left"].pop("required"),
        [("breaking", "response-header-became-optional", GET, "200 header x-left", "", "")],
        [("info", "response-header-became-required", GET, "200 header x-left", "", "")],
    ),
    (
        "a header is deprecated",
        lambda d: got(d)["responses"]["200"]["headers"]["X-Left"].update(deprecated=True),
        [("info", "response-header-deprecated", GET, "200 header x-left", "", "")],
        [("info", "response-header-reactivated", GET, "200 header x-left", "", "")],
    ),
    (
        "a field to send",
        lambda d: schemas(d)["NoteRequest"]["properties"].update(extra={}),
        [("info", "new-optional-request-property", POST, "body extra", "NoteRequest.extra", "")],
        [("warning", "request-property-removed", POST, "body extra", "NoteRequest.extra", "")],
    ),
    (
        "a field that must be sent",
        lambda d: (
            schemas(d)["NoteRequest"]["properties"].update(extra={}),
            schemas(d)["NoteRequest"]["required"].append("extra"),
        ),
        [("breaking", "new-required-request-property", POST, "body extra", "NoteRequest.extra", "")],
        [("warning", "request-property-removed", POST, "body extra", "NoteRequest.extra", "")],
    ),
    (
        "a field has to be sent",
        lambda d: schemas(d)["NoteRequest"]["required"].append("urgent"),
        [("breaking", "request-property-became-required", POST, "body urgent", "NoteRequest.urgent", "")],
        [("info", "request-property-became-optional", POST, "body urgent", "NoteRequest.urgent", "")],
    ),
    (
        "a field without a schema has to be sent",
        lambda d: schemas(d)["NoteRequest"]["required"].append("other"),
        [("breaking", "request-property-became-required", POST, "body other", "NoteRequest.other", "")],
        [("info", "request-property-became-optional", POST, "body other", "NoteRequest.other", "")],
    ),
    (
        "a field comes",
        lambda d: schemas(d)["Note"]["properties"].update(extra={}),
        [
            ("info", "response-optional-property-added", operation, "200 extra", "Note.extra", "")
            for operation in (GET, POST, READ)
        ],
        [
            ("warning", "response-optional-property-removed", operation, "200 extra", "Note.extra", "")
            for operation in (GET, POST, READ)
        ],
    ),
    (
        "a field always comes",
        lambda d: (
            schemas(d)["Note"]["properties"].update(extra={}),
            schemas(d)["Note"]["required"].append("extra"),
        ),
        [
            ("info", "response-required-property-added", operation, "200 extra", "Note.extra", "")
            for operation in (GET, POST, READ)
        ],
        [
            ("breaking", "response-required-property-removed", operation, "200 extra", "Note.extra", "")
            for operation in (GET, POST, READ)
        ],
    ),
    (
        "a field comes now and then",
        lambda d: schemas(d)["Note"]["required"].remove("id"),
        [
            ("breaking", "response-property-became-optional", operation, "200 id", "Note.id", "")
            for operation in (GET, POST, READ)
        ],
        [
            ("info", "response-property-became-required", operation, "200 id", "Note.id", "")
            for operation in (GET, POST, READ)
        ],
    ),
    (
        "a field within a field",
        lambda d: schemas(d)["Note"]["properties"]["links"]["additionalProperties"].update(format="uri"),
        [
            (
                "info",
                "response-property-type-specialized",
                operation,
                "200 links.*",
                "Note.links.*",
                "string → string/uri",
            )
            for operation in (GET, POST, READ)
        ],
        [
            (
                "breaking",
                "response-property-type-changed",
                operation,
                "200 links.*",
                "Note.links.*",
                "string/uri → string",
            )
            for operation in (GET, POST, READ)
        ],
    ),
    (
        "an item of a list",
        lambda d: got(d, "post", BATCH)["requestBody"]["content"][JSON]["schema"]["properties"]["inputs"][
            "items"
        ].update(maxLength=9),
        [("breaking", "request-property-max-length-set", READ, "body inputs[]", "", "none → 9")],
        [("info", "request-property-max-length-unset", READ, "body inputs[]", "", "9 → none")],
    ),
    (
        "one of several",
        lambda d: schemas(d)["Note"]["properties"]["about"]["oneOf"][1].update(maximum=5),
        [
            ("info", "response-property-max-set", operation, "200 about<#2>", "Note.about<#2>", "none → 5")
            for operation in (GET, POST, READ)
        ],
        [
            ("breaking", "response-property-max-unset", operation, "200 about<#2>", "Note.about<#2>", "5 → none")
            for operation in (GET, POST, READ)
        ],
    ),
    (
        "another server",
        lambda d: d["servers"][0].update(url="https://api.example.org"),
        [
            (
                "warning",
                "servers-changed",
                "",
                "servers",
                "servers",
                "/, https://api.example.com → /, https://api.example.org",
            )
        ],
        [
            (
                "warning",
                "servers-changed",
                "",
                "servers",
                "servers",
                "/, https://api.example.org → /, https://api.example.com",
            )
        ],
    ),
    (
        "no server",
        lambda d: d.pop("servers"),
        [("warning", "servers-changed", "", "servers", "servers", "/, https://api.example.com → /")],
        [("warning", "servers-changed", "", "servers", "servers", "/ → /, https://api.example.com")],
    ),
    (
        "a part of the document",
        lambda d: d.update(webhooks={"noted": {}}),
        [("warning", "document-webhooks-changed", "", "webhooks", "webhooks", "")],
        [("warning", "document-webhooks-changed", "", "webhooks", "webhooks", "")],
    ),
    (
        "a part of an operation",
        lambda d: got(d).update(callbacks={"noted": {}}),
        [("warning", "operation-callbacks-changed", GET, "", "", "")],
        [("warning", "operation-callbacks-changed", GET, "", "", "")],
    ),
    (
        "a part of a path",
        lambda d: d["paths"][NOTES].update(servers=[{"url": "https://other.example.com"}]),
        [("warning", "operation-servers-changed", operation, "", "", "") for operation in (GET, POST)],
        [("warning", "operation-servers-changed", operation, "", "", "") for operation in (GET, POST)],
    ),
    (
        "a part of a reply",
        lambda d: got(d)["responses"]["200"].update(links={"next": {}}),
        [("warning", "response-links-changed", GET, "200", "", "")],
        [("warning", "response-links-changed", GET, "200", "", "")],
    ),
    (
        "a part of a body",
        lambda d: got(d, "post")["requestBody"].update(fresh=1),
        [("warning", "request-body-fresh-changed", POST, "body", "", "")],
        [("warning", "request-body-fresh-changed", POST, "body", "", "")],
    ),
]


def shown(expected: list[Finding]) -> list[Finding]:
    """As `findings` gives them."""
    return sorted(expected)


@pytest.mark.parametrize(
    ("change", "there", "back"), [pytest.param(*rest, id=name) for name, *rest in OPERATION_RULES]
)
def test_what_an_operation_may_change(change: Change, there: list[Finding], back: list[Finding]) -> None:
    """One change, and exactly what it means: how bad, by which rule, where."""
    after = api()
    change(after)
    assert shown(there) == findings(api(), after)
    assert shown(back) == findings(after, api())


Said = tuple[Level, str]

# How a value may change: old, new, and (level, rule) of going there and of going back, each where it is sent
# and where it comes back.
VALUE_RULES: list[tuple[Node, Node, tuple[Said, Said], tuple[Said, Said], str, str]] = [
    (
        {"type": "string"},
        {"type": "string", "nullable": True},
        ((INFO, "became-nullable"), (BREAKING, "became-nullable")),
        ((BREAKING, "became-not-nullable"), (INFO, "became-not-nullable")),
        "",
        "",
    ),
    (
        {"type": "string"},
        {"type": "number"},
        ((BREAKING, "type-changed"), (BREAKING, "type-changed")),
        ((BREAKING, "type-changed"), (BREAKING, "type-changed")),
        "string → number",
        "number → string",
    ),
    *(
        (
            old,
            new,
            ((INFO, "type-generalized"), (BREAKING, rule)),
            ((BREAKING, "type-changed"), (INFO, "type-specialized")),
            f"{before} → {after}",
            f"{after} → {before}",
        )
        for old, new, before, after, rule in (
            ({"type": "integer"}, {"type": "number"}, "integer", "number", "type-generalized"),
            ({"type": "integer"}, {}, "integer", "any", "type-generalized"),
            (
                {"type": "string"},
                {"type": ["string", "integer"]},
                "string",
                "integer|string",
                "type-generalized",
            ),
            (
                {"type": "string", "format": "date-time"},
                {"type": "string"},
                "string/date-time",
                "string",
                "type-changed",
            ),
            (
                {"type": "integer", "format": "int32"},
                {"type": "integer", "format": "int64"},
                "integer/int32",
                "integer/int64",
                "type-changed",
            ),
        )
    ),
    (
        {"type": "string"},
        {"format": "date"},
        ((BREAKING, "type-changed"), (BREAKING, "type-changed")),
        ((BREAKING, "type-changed"), (BREAKING, "type-changed")),
        "string → any/date",
        "any/date → string",
    ),
    (
        {"type": "string", "maxLength": 5, "enum": ["A"]},
        {"type": "object", "minProperties": 1},
        ((BREAKING, "type-changed"), (BREAKING, "type-changed")),
        ((BREAKING, "type-changed"), (BREAKING, "type-changed")),
        "string → object",
        "object → string",
    ),
    (
        {"type": "string", "format": "date"},
        {"type": "string", "format": "date-time"},
        ((BREAKING, "type-changed"), (BREAKING, "type-changed")),
        ((BREAKING, "type-changed"), (BREAKING, "type-changed")),
        "string/date → string/date-time",
        "string/date-time → string/date",
    ),
    (
        {"type": "string"},
        {"type": "string", "enum": ["A"]},
        ((BREAKING, "became-enum"), (INFO, "became-enum")),
        ((INFO, "became-not-enum"), (WARNING, "became-not-enum")),
        "",
        "",
    ),
    *(
        (
            {"enum": ["A", "1"]},
            {"enum": ["A", "1", value]},
            ((INFO, "enum-value-added"), (WARNING, "enum-value-added")),
            ((BREAKING, "enum-value-removed"), (INFO, "enum-value-removed")),
            str(value),
            str(value),
        )
        for value in ("B", 1, True)
    ),
    (
        {},
        {"default": 0},
        ((INFO, "default-value-added"), (INFO, "default-value-added")),
        ((INFO, "default-value-removed"), (INFO, "default-value-removed")),
        "none → 0",
        "0 → none",
    ),
    (
        {"default": 0},
        {"default": False},
        ((INFO, "default-value-changed"), (INFO, "default-value-changed")),
        ((INFO, "default-value-changed"), (INFO, "default-value-changed")),
        "0 → False",
        "False → 0",
    ),
    (
        {},
        {"deprecated": True},
        ((INFO, "deprecated"), (INFO, "deprecated")),
        ((INFO, "reactivated"), (INFO, "reactivated")),
        "",
        "",
    ),
    *(
        entry
        for keyword, name in (
            ("maximum", "max"),
            ("exclusiveMaximum", "exclusive-max"),
            ("maxLength", "max-length"),
            ("maxItems", "max-items"),
            ("maxProperties", "max-properties"),
        )
        for entry in (
            (
                {keyword: 5},
                {keyword: 6},
                ((INFO, f"{name}-increased"), (BREAKING, f"{name}-increased")),
                ((BREAKING, f"{name}-decreased"), (INFO, f"{name}-decreased")),
                "5 → 6",
                "6 → 5",
            ),
            (
                {keyword: 5},
                {},
                ((INFO, f"{name}-unset"), (BREAKING, f"{name}-unset")),
                ((BREAKING, f"{name}-set"), (INFO, f"{name}-set")),
                "5 → none",
                "none → 5",
            ),
        )
    ),
    *(
        entry
        for keyword, name in (
            ("minimum", "min"),
            ("exclusiveMinimum", "exclusive-min"),
            ("minLength", "min-length"),
            ("minItems", "min-items"),
            ("minProperties", "min-properties"),
        )
        for entry in (
            (
                {keyword: 6},
                {keyword: 5},
                ((INFO, f"{name}-decreased"), (BREAKING, f"{name}-decreased")),
                ((BREAKING, f"{name}-increased"), (INFO, f"{name}-increased")),
                "6 → 5",
                "5 → 6",
            ),
            (
                {keyword: 5},
                {},
                ((INFO, f"{name}-unset"), (BREAKING, f"{name}-unset")),
                ((BREAKING, f"{name}-set"), (INFO, f"{name}-set")),
                "5 → none",
                "none → 5",
            ),
        )
    ),
    *(
        (
            {},
            {keyword: value},
            ((BREAKING, f"{name}-{appeared}"), (INFO, f"{name}-{appeared}")),
            ((INFO, f"{name}-{gone}"), (lifted, f"{name}-{gone}")),
            f"none → {value}",
            f"{value} → none",
        )
        for keyword, name, value, appeared, gone, lifted in (
            ("pattern", "pattern", "^a", "added", "removed", BREAKING),
            ("const", "const", "A", "added", "removed", BREAKING),
            ("multipleOf", "multiple-of", 5, "set", "unset", BREAKING),
            ("uniqueItems", "unique-items", True, "set", "unset", WARNING),
        )
    ),
    *(
        (
            {keyword: one},
            {keyword: other},
            ((level, f"{name}-changed"), (level, f"{name}-changed")),
            ((level, f"{name}-changed"), (level, f"{name}-changed")),
            f"{one} → {other}",
            f"{other} → {one}",
        )
        for keyword, name, one, other, level in (
            ("pattern", "pattern", "^a", "^b", WARNING),
            ("const", "const", 1, True, BREAKING),
            ("multipleOf", "multiple-of", 5, 10, BREAKING),
        )
    ),
    *(
        (
            {keyword: [{"type": "string"}, {"type": "integer"}]},
            {keyword: [{"type": "string"}, {"type": "integer"}, {"type": "array"}]},
            ((INFO, f"{name}-added"), (BREAKING, f"{name}-added")),
            ((BREAKING, f"{name}-removed"), (INFO, f"{name}-removed")),
            "#3",
            "#3",
        )
        for keyword, name in (("anyOf", "any-of"), ("oneOf", "one-of"))
    ),
    *(
        (
            {},
            {keyword: [{"type": "string"}, {"type": "integer"}]},
            ((BREAKING, f"{name}-added"), (BREAKING, f"{name}-added")),
            ((BREAKING, f"{name}-removed"), (BREAKING, f"{name}-removed")),
            "",
            "",
        )
        for keyword, name in (("anyOf", "any-of"), ("oneOf", "one-of"))
    ),
    (
        {"allOf": [{"type": "object"}, {"minProperties": 1}]},
        {"allOf": [{"type": "object"}, {"minProperties": 1}, {"maxProperties": 5}]},
        ((BREAKING, "all-of-added"), (INFO, "all-of-added")),
        ((INFO, "all-of-removed"), (BREAKING, "all-of-removed")),
        "#3",
        "#3",
    ),
    *(
        (old, new, ((level, there), (level, there)), ((level, back), (level, back)), "", "")
        for level, old, new, there, back in (
            (WARNING, {"type": "array"}, {"type": "array", "items": {}}, "items-changed", "items-changed"),
            (
                WARNING,
                {"type": "object"},
                {"type": "object", "additionalProperties": False},
                "additional-properties-changed",
                "additional-properties-changed",
            ),
            (WARNING, {}, {"readOnly": True}, "became-read-only", "became-not-read-only"),
            (WARNING, {}, {"writeOnly": True}, "became-write-only", "became-not-write-only"),
            (
                WARNING,
                {},
                {"discriminator": {"propertyName": "a"}},
                "discriminator-added",
                "discriminator-removed",
            ),
            # What no rule knows may restrict a value.
            (BREAKING, {}, {"not": {"type": "string"}}, "not-added", "not-removed"),
            (BREAKING, {"if": {"minimum": 1}}, {"if": {"minimum": 2}}, "if-changed", "if-changed"),
            (
                BREAKING,
                {"contentEncoding": "base64"},
                {"contentEncoding": "hex"},
                "content-encoding-changed",
                "content-encoding-changed",
            ),
            (BREAKING, {}, {"unheardOf": 1}, "unheard-of-added", "unheard-of-removed"),
        )
    ),
    *(
        (
            {"discriminator": old},
            {"discriminator": new},
            ((WARNING, f"discriminator-{there}"), (WARNING, f"discriminator-{there}")),
            ((WARNING, f"discriminator-{back}"), (WARNING, f"discriminator-{back}")),
            detail,
            reverse,
        )
        for old, new, there, back, detail, reverse in (
            (
                {"propertyName": "a"},
                {"propertyName": "b"},
                "property-name-changed",
                "property-name-changed",
                "a → b",
                "b → a",
            ),
            ({}, {"mapping": {"one": "#/x"}}, "mapping-added", "mapping-deleted", "one", "one"),
            (
                {"mapping": {"one": "#/x"}},
                {"mapping": {"one": "#/y"}},
                "mapping-changed",
                "mapping-changed",
                "one",
                "one",
            ),
            ({}, {"defaultMapping": "#/x"}, "default-mapping-changed", "default-mapping-changed", "", ""),
        )
    ),
]

# Where a value may be: what rules say of it there, in which operation, at which place, called what.
SITES: dict[str, tuple[Callable[[Node, Node], object], str, str, str]] = {
    "request-parameter": (
        lambda d, value: got(d)["parameters"][2].update(schema=value),
        GET,
        "query page",
        "",
    ),
    "request-body": (
        lambda d, value: got(d, "post")["requestBody"]["content"][JSON].update(schema=value),
        POST,
        "body",
        "",
    ),
    "request-property": (
        lambda d, value: schemas(d)["NoteRequest"]["properties"].update(text=value),
        POST,
        "body text",
        "NoteRequest.text",
    ),
    "response-body": (
        lambda d, value: got(d)["responses"].update({"200": {"content": {JSON: {"schema": value}}}}),
        GET,
        "200",
        "",
    ),
    "response-property": (
        lambda d, value: got(d)["responses"].update(
            {"200": {"content": {JSON: {"schema": {"type": "array", "items": {"properties": {"text": value}}}}}}}
        ),
        GET,
        "200[] text",
        "",
    ),
    "response-header": (
        lambda d, value: got(d)["responses"]["200"]["headers"].update({"X-Note": {"schema": value}}),
        GET,
        "200 header x-note",
        "",
    ),
}


def rule_at(kind: str, suffix: str) -> str:
    """The name of a rule about a kind of value."""
    if kind == "response-body" and "enum" in suffix:
        return f"response-mediatype-{suffix}"  # oasdiff's name
    if kind.endswith("-property") and suffix.endswith(("read-only", "write-only")):
        way, which = kind.removesuffix("-property"), "required" if kind == "request-property" else "optional"
        return f"{way}-{which}-property-{suffix}"
    return f"{kind}-{suffix}"


def at(kind: str, value: Node) -> Node:
    """A document with little in it but that value, at that kind of place."""
    document = api()
    del document["paths"][BATCH], schemas(document)["Note"]
    for one in document["paths"][NOTES].values():
        one["responses"] = {"200": {"headers": {}, "content": {}}}
    SITES[kind][0](document, copy.deepcopy(value))
    return document


@pytest.mark.parametrize("kind", SITES)
def test_how_a_value_may_change(kind: str) -> None:
    """One change, and what it means where the value is sent or comes back; the reverse means the reverse."""
    _, operation, place, subject = SITES[kind]
    which = kind.startswith("response")
    expected, actual = [], []
    for old, new, there, back, detail, reverse in VALUE_RULES:
        for a, b, said, words in ((old, new, there, detail), (new, old, back, reverse)):
            level, suffix = said[which]
            expected.append([(str(level), rule_at(kind, suffix), operation, place, subject, words)])
            actual.append(findings(at(kind, a), at(kind, b)))
    assert expected == actual


def all_findings() -> list[Finding]:
    """Everything the two tables give rise to, both ways."""
    found = []
    for _, change, _, _ in OPERATION_RULES:
        after = api()
        change(after)
        found += findings(api(), after) + findings(after, api())
    for kind in SITES:
        for old, new, *_ in VALUE_RULES:
            found += findings(at(kind, old), at(kind, new)) + findings(at(kind, new), at(kind, old))
    return found


NOTING = ("self.note", "self.widened", "self.alone", "comparison.alone")


def test_the_tables_reach_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """No place in the code that reports something is without its change here, and no piece of a rule's name."""
    tree = ast.parse(inspect.getsource(diff))
    calls = {
        (node.lineno, node.end_lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in NOTING
    }
    reached: set[int] = set()

    def noting(act: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **more: Any) -> Any:
            reached.add(sys._getframe(1).f_lineno)
            return act(*args, **more)

        return noted

    for name in ("note", "widened", "alone"):
        monkeypatch.setattr(diff._Comparison, name, noting(getattr(diff._Comparison, name)))
    rules = {rule for _, rule, *_ in all_findings()}
    assert set() == {first for first, last in calls if not any(first <= line <= (last or 0) for line in reached)}
    pieces = {
        piece
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for piece in [node.value.strip("-")]
        if re.fullmatch(r"[a-z]+(-[a-z]+)+", piece) and piece != "x-hubspot"
    }
    assert set() == {piece for piece in pieces if not any(piece in rule for rule in rules)}


# What oasdiff taught


def queried(schema: Node, where: str = "query") -> Node:
    """A document with such a parameter."""
    document = api()
    got(document)["parameters"].append({"name": "size", "in": where, "required": True, "schema": schema})
    return document


@pytest.mark.parametrize("where", ["path", "query", "header", "cookie"])
@pytest.mark.parametrize("name", ["integer", "boolean", "number", "array"])
def test_a_parameter_that_may_be_any_text(where: str, name: str) -> None:
    """What a path or a query holds is text: an integer or a boolean in it is as it was; nothing else is."""
    there = findings(queried({"type": name}, where), queried({"type": "string"}, where))
    harmless = where in ("path", "query") and name in ("integer", "boolean")
    expected = (
        ("info", "request-parameter-type-generalized")
        if harmless
        else ("breaking", "request-parameter-type-changed")
    )
    assert [expected] == [change[:2] for change in there]
    back = findings(queried({"type": "string"}, where), queried({"type": name}, where))
    assert [("breaking", "request-parameter-type-changed")] == [change[:2] for change in back]


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ({"type": "integer", "format": "int64"}, {"type": "string"}, {("info", "type-generalized")}),
        (
            {"type": "integer", "maximum": 9},
            {"type": "string"},
            {("info", "type-generalized"), ("info", "max-unset")},
        ),
        ({"type": "integer"}, {"type": "string", "format": "date"}, {("breaking", "type-changed")}),
        (
            {"type": "integer"},
            {"type": "string", "enum": ["1"]},
            {("info", "type-generalized"), ("breaking", "became-enum")},
        ),
        (
            {"type": "integer"},
            {"type": "string", "maxLength": 1},
            {("info", "type-generalized"), ("breaking", "max-length-set")},
        ),
        (
            {"type": "array", "items": {"type": "integer"}},
            {"type": "array", "items": {"type": "string"}},
            {("breaking", "type-changed")},
        ),
    ],
)
def test_not_every_text_is_allowed(old: Node, new: Node, rules: set[tuple[str, str]]) -> None:
    """A text that has to be of a form, short, or one of a few, still refuses what was allowed."""
    assert {(level, f"request-parameter-{rule}") for level, rule in rules} == {
        change[:2] for change in findings(queried(old), queried(new))
    }


def test_a_parameter_that_is_sent_as_json_is_no_text() -> None:
    """In JSON 5 is not "5"."""
    before, after = api(), api()
    for document, name in ((before, "integer"), (after, "string")):
        content = {JSON: {"schema": {"type": name}}}
        got(document)["parameters"].append({"name": "size", "in": "query", "content": content})
    assert [("breaking", "request-parameter-type-changed")] == [change[:2] for change in findings(before, after)]


BASE_PART = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "size": {"type": "integer"}},
}
OWN_PART = {"required": ["text"], "properties": {"text": {"type": "string", "nullable": True}}}
WHOLE = {
    "type": "object",
    "required": ["text", "id"],
    "properties": {**BASE_PART["properties"], **OWN_PART["properties"]},  # type: ignore[dict-item]
}
IN_ALL_OF: dict[str, tuple[Node, Node]] = {
    "two in place": ({"allOf": [BASE_PART, OWN_PART]}, {}),
    "one by reference": ({"allOf": [{"$ref": "#/components/schemas/Base"}, OWN_PART]}, {"Base": BASE_PART}),
    "beside its own": ({**OWN_PART, "allOf": [{"$ref": "#/components/schemas/Base"}]}, {"Base": BASE_PART}),
    "one in another": (
        {"allOf": [{"$ref": "#/components/schemas/More"}]},
        {"Base": BASE_PART, "More": {"allOf": [{"$ref": "#/components/schemas/Base"}, OWN_PART]}},
    ),
    "the same said twice": ({"allOf": [BASE_PART, WHOLE]}, {}),
}


@pytest.mark.parametrize("kind", SITES)
@pytest.mark.parametrize("form", IN_ALL_OF)
def test_fields_in_place_are_those_of_an_all_of(kind: str, form: str) -> None:
    """Where the fields of a schema stand is no change; what they are is."""

    def document(schema: Node) -> Node:
        made = at(kind, schema)
        schemas(made).update(copy.deepcopy(IN_ALL_OF[form][1]))
        return made

    before, whole = document(IN_ALL_OF[form][0]), document(WHOLE)
    assert [] == findings(before, whole)
    assert [] == findings(whole, before)
    wider = copy.deepcopy(WHOLE)
    wider["properties"]["size"]["type"] = "number"  # type: ignore[index]
    way = "request" if kind.startswith("request") else "response"
    assert [f"{way}-property-type-generalized"] == [change[1] for change in findings(before, document(wider))]


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [BASE_PART, {**OWN_PART, "properties": {**OWN_PART["properties"], "id": {"type": "integer"}}}]},  # type: ignore[dict-item]
        {"allOf": [{**BASE_PART, "additionalProperties": False}, OWN_PART]},
        {"allOf": [{**BASE_PART, "nullable": True}, OWN_PART]},
        {"allOf": [BASE_PART, {**OWN_PART, "type": "string"}]},
    ],
)
def test_an_all_of_that_contradicts_itself_is_not_the_same(schema: Node) -> None:
    """What cannot be written in one place without a decision is compared as it stands."""
    for kind in ("request-body", "response-body"):
        rules = {change[1] for change in findings(at(kind, schema), at(kind, WHOLE))}
        assert f"{kind}-all-of-removed" in rules


def test_an_all_of_with_other_fields_is_another() -> None:
    """A reply that lost a part of what it was made of breaks whoever reads it."""
    after = {**WHOLE, "properties": {"id": {"type": "string"}, "text": {"type": "string", "nullable": True}}}
    there = findings(at("response-body", {"allOf": [BASE_PART, OWN_PART]}), at("response-body", after))
    assert ("breaking", "response-body-all-of-removed") in [change[:2] for change in there]


def test_an_all_of_of_itself_ends() -> None:
    """Neither a schema that is a part of itself nor a long way to the fields is followed without end."""

    def document(schema: Node, named: Node) -> Node:
        made = at("response-body", schema)
        schemas(made).update(named)
        return made

    looped = {"Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}, OWN_PART]}}
    chain = {
        f"C{number}": {"allOf": [{"$ref": f"#/components/schemas/C{number + 1}"}, {"maxProperties": 9}]}
        for number in range(2000)
    } | {"C2000": BASE_PART}
    for start, named in (("Loop", looped), ("C0", chain)):
        reference = {"$ref": f"#/components/schemas/{start}"}
        assert findings(document(reference, named), document(WHOLE, {}))
        assert [] == findings(document(reference, named), document(reference, named))


def test_annotations_of_unknown_keywords_pass() -> None:
    """Prose is prose wherever a schema may stand, also behind a reference."""

    def document(words: str) -> Node:
        made = at("response-body", {"not": {"$ref": "#/components/schemas/Odd"}, "if": {"title": words}})
        schemas(made)["Odd"] = {"type": "string", "description": words, "x-words": words}
        return made

    assert [] == findings(document("one"), document("two"))


# Nothing invented


class Disguise:
    """The same contract in other words: whatever binds nobody, changed by chance."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.names: dict[str, str] = {}
        self.components: dict[str, Node] = {}

    def document(self, document: Node) -> Node:
        """All of it."""
        self.schemas = document["components"]["schemas"]
        self.names = {name: f"{name}{self.chance.randrange(99)}" for name in self.schemas}
        self.components = {"schemas": {}, "parameters": {}, "requestBodies": {}, "responses": {}, "headers": {}}
        version = self.chance.choice(["v9", "2030-03"])
        paths = [
            (path.replace("/v9/", f"/{version}/"), self.item(item)) for path, item in document["paths"].items()
        ]
        for name, schema in self.schemas.items():
            self.components["schemas"][self.names[name]] = self.schema(schema)
        whole = {
            **document,
            "info": {"title": self.word()},
            "tags": [{"name": self.word()}],
            "servers": [self.noisy(one) for one in self.chance.sample(document["servers"], 2)],
            "paths": dict(paths),
            "components": self.mixed(self.components),
        }
        return dict(self.mixed({**whole, "x-one": self.word()}))

    def word(self) -> str:
        return self.chance.choice(["one", "two", "three"]) + str(self.chance.randrange(10**6))

    def coin(self) -> bool:
        return self.chance.random() < 0.5

    def mixed(self, node: Any) -> Any:
        """Another order."""
        return dict(self.chance.sample(list(node.items()), len(node)))

    def noisy(self, node: Node) -> Node:
        """Another order, other words, other notes of the vendor's."""
        words = {"description", "summary", "externalDocs", "example", "x-one", "x-two", "title"}
        kept = {key: value for key, value in node.items() if key not in words}
        chosen = {key: self.word() for key in words if self.coin()}
        return dict(self.mixed({**chosen, **kept}))

    def shared(self, part: str, node: Node) -> Node:
        """In place, or in the components and referred to."""
        if self.coin():
            return node
        name = f"{self.word()}{len(self.components[part])}"
        self.components[part][name] = node
        return {"$ref": f"#/components/{part}/{name}"}

    def item(self, item: Node) -> Node:
        """A path: its parameters may stand at the operation or at the path."""
        operations = {method: self.operation(operation) for method, operation in item.items()}
        if len(operations) == 1 and self.coin():
            (operation,) = operations.values()
            return {"parameters": operation.pop("parameters"), **operations, "x-one": 1}
        return self.noisy(operations)

    def operation(self, operation: Node) -> Node:
        parameters = [self.shared("parameters", self.parameter(one)) for one in operation["parameters"]]
        self.chance.shuffle(parameters)
        body = {}
        if "requestBody" in operation:
            body["requestBody"] = self.shared("requestBodies", self.body(operation["requestBody"]))
        return self.noisy(
            {
                **operation,
                "operationId": self.word(),
                "tags": [self.word()],
                "security": [{self.word(): [self.word()]}],
                "parameters": parameters,
                "responses": self.mixed(
                    {
                        code: self.shared("responses", self.response(one))
                        for code, one in operation["responses"].items()
                    }
                ),
                **body,
            }
        )

    def said(self, node: Node, **defaults: Any) -> Node:
        """Some of what is meant anyway is said, some is not."""
        for key, value in defaults.items():
            if node.get(key, value) == value:
                node = {**node, key: value} if self.coin() else {k: v for k, v in node.items() if k != key}
        return node

    def parameter(self, one: Node) -> Node:
        query = one["in"] == "query"
        one = self.said(one, required=False, deprecated=False, allowReserved=False, explode=query)
        one = self.said(one, style="form" if query else "simple")
        name = one["name"].upper() if one["in"] == "header" and self.coin() else one["name"]
        return self.noisy({**one, "name": name, "schema": self.schema(one["schema"])})

    def body(self, body: Node) -> Node:
        return self.noisy({**self.said(body, required=False), "content": self.content(body["content"])})

    def response(self, response: Node) -> Node:
        headers = {
            (name.lower() if self.coin() else name): self.shared(
                "headers",
                self.noisy(
                    {**self.said(one, required=False, style="simple"), "schema": self.schema(one["schema"])}
                ),
            )
            for name, one in response.get("headers", {}).items()
        }
        return self.noisy(
            {**response, "content": self.content(response["content"]), **({"headers": headers} if headers else {})}
        )

    def content(self, content: Node) -> Node:
        return {
            (self.chance.choice([JSON, "*/*"]) if media in (JSON, "*/*") else media): self.noisy(
                {"schema": self.schema(one["schema"])}
            )
            for media, one in content.items()
        }

    def schema(self, schema: Node, deep: int = 0) -> Node:
        """In place or by reference, under whatever name, with null said in any way."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if deep < 2 and self.coin():
                return self.schema(self.schemas[name], deep + 1)
            reference: Node = {"$ref": f"#/components/schemas/{self.names[name]}"}
            return (
                {"allOf": [reference], **({"description": "x"} if self.coin() else {})}
                if self.coin()
                else reference
            )
        schema = dict(schema)
        if schema.pop("nullable", False):
            way = self.chance.randrange(4)
            if way == 0:
                schema = {**schema, "nullable": True}
            elif way == 1:
                schema = {**schema, "type": self.chance.sample([schema["type"], "null"], 2)}
            else:
                schema = {self.chance.choice(["anyOf", "oneOf"]): [schema, {"type": "null"}]}
                return self.noisy(schema)
        schema = self.said(schema, nullable=False, deprecated=False, readOnly=False, uniqueItems=False, minItems=0)
        for key in ("enum", "required"):
            if key in schema:
                schema[key] = self.chance.sample(schema[key], len(schema[key]))
        if "properties" in schema:
            fields = {name: self.schema(one, deep) for name, one in schema["properties"].items()}
            schema["properties"] = self.mixed(fields)
        for key in ("items", "additionalProperties"):
            if key in schema:
                schema[key] = self.schema(schema[key], deep)
        for key in ("oneOf", "allOf"):
            if key in schema:
                schema[key] = [self.schema(one, 9) for one in schema[key]]
        if deep < 9 and self.coin():
            name = f"Own{len(self.components['schemas'])}"
            self.components["schemas"][name] = self.noisy(schema)
            return {"$ref": f"#/components/schemas/{name}"}
        return self.noisy(schema)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_nothing_is_invented(one: int, other: int) -> None:
    """Order, prose, names, notes and the several ways to say the same are no change, in either direction."""
    a, b = (Disguise(Random(seed)).document(api()) for seed in (one, other))  # noqa: S311
    assert [] == findings(api(), a)
    assert [] == findings(a, b)
    assert [] == findings(b, api())


def test_the_names_in_a_path_are_not_sent() -> None:
    """Parameters of a path are known by their order in it, whatever they are called."""

    def with_two(first: str, second: str, kinds: tuple[str, str]) -> Node:
        document = api()
        document["paths"] = {
            f"{BASE}/{{{first}}}/{{{second}}}": {
                "get": {
                    "parameters": [
                        parameter(second, "path", schema={"type": kinds[1]}),
                        parameter(first, "path", schema={"type": kinds[0]}),
                    ]
                }
            }
        }
        return document

    assert [] == findings(
        with_two("alpha", "beta", ("string", "integer")), with_two("zulu", "beta", ("string", "integer"))
    )
    assert [("breaking", "path zulu"), ("info", "path beta")] == [
        (level, place)
        for level, _, _, place, _, _ in findings(
            with_two("alpha", "beta", ("string", "integer")), with_two("zulu", "beta", ("integer", "string"))
        )
    ]


def test_what_stands_beside_a_reference() -> None:
    """Notes beside a reference, or around it, are part of what is declared."""
    reference = {"$ref": "#/components/schemas/Error"}
    for wrapped in (reference, {"allOf": [reference]}, {"oneOf": [reference]}):
        for note, rule in (
            ({"nullable": True}, "request-property-became-nullable"),
            ({"deprecated": True}, "request-property-deprecated"),
            ({"default": {}}, "request-property-default-value-added"),
        ):
            after = at("request-property", {**wrapped, **note})
            assert [rule] == [each[1] for each in findings(at("request-property", reference), after)]


def test_what_is_sent_and_comes_back_is_told_twice() -> None:
    """One schema in the request and in the reply of an operation: what is harmless in the one breaks the other."""
    before = api()
    got(before, "post")["responses"]["200"]["content"][JSON]["schema"] = {
        "$ref": "#/components/schemas/NoteRequest"
    }
    after = copy.deepcopy(before)
    schemas(after)["NoteRequest"]["properties"].pop("urgent")
    schemas(after)["NoteRequest"]["required"] = []
    assert [
        ("breaking", "response-property-became-optional", POST, "200 text", "NoteRequest.text", ""),
        ("info", "request-property-became-optional", POST, "body text", "NoteRequest.text", ""),
        ("warning", "request-property-removed", POST, "body urgent", "NoteRequest.urgent", ""),
        ("warning", "response-optional-property-removed", POST, "200 urgent", "NoteRequest.urgent", ""),
    ] == findings(before, after)


def test_more_fields_are_allowed_where_nothing_else_is_said() -> None:
    """Saying so changes nothing, in either way to say it."""
    plain = at("request-body", {"type": "object"})
    same: tuple[Any, ...] = (True, {})
    for anything in same:
        assert [] == findings(plain, at("request-body", {"type": "object", "additionalProperties": anything}))


def test_nothing_but_null_is_a_type() -> None:
    """A field that is always null is not one that may be anything."""
    there = findings(at("request-property", {"type": "string"}), at("request-property", {"type": "null"}))
    assert ("breaking", "request-property-type-changed", "string → null") in [
        (level, rule, detail) for level, rule, _, _, _, detail in there
    ]


def test_what_an_unknown_part_leads_to() -> None:
    """A change is found behind any number of references, also where no rule knows what refers to it."""

    def called_back(kind: str) -> Node:
        document = api()
        got(document)["callbacks"] = {"noted": {"$ref": "#/components/callbacks/Noted"}}
        schemas(document)["Sent"] = {"type": kind}
        document["components"]["callbacks"] = {"Noted": {"a": {"schema": {"$ref": "#/components/schemas/Sent"}}}}
        return document

    assert [] == findings(called_back("string"), called_back("string"))
    assert [("warning", "operation-callbacks-changed", GET, "", "", "")] == findings(
        called_back("string"), called_back("integer")
    )


def test_any_media_type_is_json_unless_json_is_there_too() -> None:
    """HubSpot publishes errors as */*; where a reply has both, neither is lost."""

    def both(kind: str) -> Node:
        document = api()
        content = got(document)["responses"]["default"]["content"]
        content[JSON] = {"schema": {"type": "string"}}
        content["*/*"] = {"schema": {"type": kind}}
        return document

    assert [] == findings(both("string"), both("string"))
    for kinds in (("string", "integer"), ("integer", "string")):
        (change,) = findings(*map(both, kinds))
        assert ("breaking", "response-body-type-changed", GET, "default") == change[:4]


# Nothing missed

# Keys that bind nobody, wherever they are OpenAPI's and not a name of HubSpot's.
NOISE = {"description", "summary", "title", "example", "examples", "externalDocs", "xml"}
NAMES = {"paths", "responses", "headers", "content", "properties", "schemas", "securitySchemes"}
Way = tuple[Any, ...]


def nodes(node: Any, way: Way = ()) -> Iterator[Way]:
    """The way to every node of a document."""
    if way:
        yield way
    for key, value in (
        node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    ):
        yield from nodes(value, (*way, key))


def named(way: Way) -> bool:
    """Whether the keys of the mapping at the end of the way are names, and not OpenAPI's."""
    return bool(way) and way[-1] in NAMES and not named(way[:-1])


def binds_nobody(way: Way) -> bool:
    """Whether what is there may change without a word, and why."""
    for index, key in enumerate(way):
        if named(way[:index]):
            continue
        if key in NOISE or str(key).startswith("x-"):
            return True  # prose, examples, the vendor's notes
        if key in ("tags", "operationId", "security"):
            return True  # the client sends one token for whatever scheme, and none of the others
    if way[:1] == ("info",) or way == ("openapi",):
        return True  # what the document says of itself
    return way[:2] == ("components", "securitySchemes") or way == ("components",)


def altered(value: Any) -> Iterator[Any]:
    """The value, changed in every way that is not the end of the document."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str) and not value.startswith("#/"):
        yield f"{value}X"
    elif isinstance(value, list):
        yield [*value, value[0]] if value and isinstance(value[0], dict) else [*value, "added"]
    elif isinstance(value, dict):
        yield {**value, "addedKey": "x"}
        yield {**value, "addedName": next(iter(value.values()), {})}
        yield {**value, "addedSchema": {"type": "array"}}


def mutations(document: Node) -> Iterator[tuple[Way, Node]]:
    """Every node deleted and altered, one at a time."""
    for way in nodes(document):
        *above, key = way
        value: Any = document
        for step in way:
            value = value[step]
        for other in (None, *altered(value)):
            after = copy.deepcopy(document)
            holder: Any = after
            for step in above:
                holder = holder[step]
            if other is None:
                del holder[key]
            else:
                holder[key] = other
            yield way, after


def test_nothing_is_missed() -> None:
    """Whatever is deleted, altered or added: it is refused, it is reported both ways, or it binds nobody."""
    document = api()
    document["paths"][NOTES]["parameters"] = [parameter("shared", "header", required=True)]
    document["paths"][BATCH]["post"]["parameters"].append({"$ref": "#/components/parameters/Kept"})
    document["components"]["parameters"] = {
        "Kept": {"name": "kept", "in": "cookie", "content": {JSON: {"schema": {"type": "string"}}}}
    }
    document["webhooks"] = {"noted": {"post": {"requestBody": {"$ref": "#/components/requestBodies/Noted"}}}}
    document["components"]["requestBodies"] = {"Noted": {"content": {JSON: {"schema": {"type": "string"}}}}}
    check(document, "the document")
    checked, missed, noise = 0, [], 0
    for way, after in mutations(document):
        try:
            check(after, "after")
        except InvalidArgument:
            continue
        there = difference(Document("a", document), Document("b", after)).changes
        back = difference(Document("b", after), Document("a", document)).changes
        checked += 1
        if there and back:
            continue
        noise += 1
        if not quiet(way, document, after):
            missed.append((way, there, back))
    assert [] == missed
    assert checked > 500
    assert noise < checked / 3


def quiet(way: Way, before: Node, after: Node) -> bool:
    """Whether a mutation changes nothing for anybody, and why."""
    if binds_nobody(way):
        return True
    if way[0] == "components" and len(way) == 2:
        return True  # a part of the components that nothing refers to
    try:
        old, new = (functools.reduce(lambda node, step: node[step], way, each) for each in (before, after))
    except LookupError:
        return False  # something is gone
    if way == ("paths",):
        return bool({*new} - {*old} == {"addedSchema"})  # a path without an operation
    return "$ref" in old and way[-2:-1] == ("parameters",)  # what stands beside a reference to a parameter


# The contracts of this package, and HubSpot's documents


@pytest.mark.parametrize("name", ["v4", "2026-03"])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_contract_is_what_hubspot_declared(reference: Path, name: str, reverse: bool) -> None:
    """A contract of this package deviates in many places, and each says what HubSpot's word was."""
    pair = [name, reference / "upstream" / f"{name}.json"]
    assert () == compare(*reversed(pair) if reverse else pair).changes


# Seen by hand, in HubSpot's own documents. 207: with it came int64 ids, and two fields moved to it from the 200.
SINCE_207 = (9, 4, 3)
UPSTREAM = {
    ("v4", "2026-03"): (0, 0, 0),
    ("2026-03-before-207", "2026-03"): SINCE_207,
    ("2026-03", "2026-03-before-207"): (3, 0, 13),
    # four operations more, which nobody has today, and otherwise as before 207
    ("2025-09", "2026-03-before-207"): (4, 0, 0),
    ("2026-03-before-207", "2025-09"): (0, 0, 4),
    ("2026-03-invalid-no-scopes", "2026-03"): (9, 0, 1),
    ("2026-03-before-207", "2026-03-invalid-no-scopes"): (0, 4, 2),
    ("2026-03-invalid-no-scopes", "2026-03-before-207"): (2, 0, 4),
    ("2025-09", "v4"): (13, 4, 3),
    ("v4", "2025-09"): (3, 0, 17),
}


@pytest.mark.parametrize(("a", "b"), UPSTREAM)
def test_hubspots_own_documents(reference: Path, a: str, b: str) -> None:
    """How many changes of each level there are between documents that HubSpot published."""
    found = compare(*(reference / "upstream" / f"{name}.json" for name in (a, b)))
    assert UPSTREAM[a, b] == tuple(found.count(level) for level in Level)


def test_what_came_with_207(reference: Path) -> None:
    """Every change of 2026-03 since its first days, each once, with how many operations it is in."""
    found = compare(*(reference / "upstream" / f"{name}.json" for name in ("2026-03-before-207", "2026-03")))
    wider, narrower = "response-property-type-changed", "response-optional-property-removed"
    bulk = [f"BatchResponsePublic{kind}BulkResponse" for kind in ("Status", "WideStatus")]
    assert sorted(
        [
            ("breaking", wider, "PublicStatus.subscriptionId", 6),
            ("breaking", wider, "PublicSubscriptionTranslation.createdAt", 1),
            ("breaking", wider, "PublicSubscriptionTranslation.subscriptionId", 1),
            ("breaking", wider, "PublicSubscriptionTranslation.updatedAt", 1),
            *(("warning", narrower, f"{name}.{field}", 1) for name in bulk for field in ("errors", "numErrors")),
            ("info", "response-success-status-added", "207", 1),
            ("info", "response-success-status-added", "207", 1),
            ("info", "request-property-type-generalized", "PublicStatusRequest.subscriptionId", 1),
        ]
    ) == sorted(
        (str(change.level), change.rule, change.subject or change.place, len(operations))
        for change, operations in found.grouped().items()
    )


# What a comparison can be asked


def several() -> ContractDiff:
    """A comparison with something of every level, and an operation that is as it was."""
    after = api()
    del after["paths"][BATCH]["post"]["responses"]["207"]
    after["servers"] = []
    schemas(after)["Note"]["properties"]["extra"] = {}
    del schemas(after)["Note"]["properties"]["text"]
    after["paths"][f"{BASE}/more"] = {"put": {"responses": {}}}
    del after["paths"][NOTES]["post"]
    for document in (before := api(), after):
        document["paths"][f"{BASE}/same"] = {"delete": {"responses": {}}}
    return between(before, after)


def test_changes_come_the_worst_first() -> None:
    """All changes of all operations and of none, by level, and within a level as the operations stand."""
    found = several()
    assert [
        ("breaking", "api-removed-without-deprecation", POST),
        ("breaking", "response-success-status-removed", READ),
        ("warning", "response-optional-property-removed", GET),
        ("warning", "response-optional-property-removed", READ),
        ("warning", "servers-changed", ""),
    ] == sorted(told(change)[:3] for change in found.changes if change.level is not INFO)
    levels = [change.level for change in found.changes]
    assert levels == sorted(levels, key=list(Level).index)
    assert {"breaking": 2, "warning": 3, "info": 3} == {str(level): found.count(level) for level in Level}
    assert BREAKING is found.level
    assert ("servers-changed",) == tuple(change.rule for change in found.others)
    assert len(found.changes) == len(found.others) + sum(len(each.changes) for each in found.operations)


def test_each_operation_has_a_verdict() -> None:
    """Every operation of either contract, by its path and then its method, with the worst that happened to it."""
    assert [
        ("PUT /more", "added"),
        (READ, "breaking"),
        (GET, "warning"),
        (POST, "removed"),
        ("DELETE /same", "same"),
    ] == [(str(operation), operation.verdict) for operation in several().operations]


def test_a_change_of_a_shared_schema_is_grouped() -> None:
    """A change is one change in however many operations it shows up; without a name it is one in each."""
    after = api()
    schemas(after)["Note"]["properties"]["extra"] = {}
    for operation in (got(after), got(after, "post")):
        operation["responses"]["200"]["content"][JSON]["schema"] = {"properties": {"b": {"type": "string"}}}
    before = api()
    for operation in (got(before), got(before, "post")):
        operation["responses"]["200"]["content"][JSON]["schema"] = {"properties": {"b": {"type": "integer"}}}
    assert [
        ("200 b", (GET,)),
        ("200 b", (POST,)),
        ("200 extra", (READ,)),
    ] == sorted((change.place, operations) for change, operations in between(before, after).grouped().items())
    after = api()
    schemas(after)["Note"]["properties"]["extra"] = {}
    assert [(READ, GET, POST)] == list(between(api(), after).grouped().values())


def changed(level: Level | None) -> ContractDiff:
    """A comparison with one change of that level, or with none."""
    found = () if level is None else (ContractChange(level, "a-rule", "GET /a"),)
    return ContractDiff("a", "b", (OperationDiff("GET", "/a", str(level or "same"), found),))


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (BREAKING, [True, True, True]),
        (WARNING, [False, True, True]),
        (INFO, [False, False, True]),
        (None, [False, False, False]),
    ],
)
def test_what_fails(level: Level | None, expected: list[bool]) -> None:
    """A bar is passed by what is as bad, and by what is worse."""
    found = changed(level)
    assert expected == [found.fails(on) for on in ("breaking", "warning", "any")]
    assert level == found.level


def test_a_bar_that_is_none_is_refused() -> None:
    """Nobody is told that all is well because of a misspelt level."""
    with pytest.raises(ValueError, match="braking"):
        changed(None).fails("braking")


def test_a_bound_of_zero_is_a_bound() -> None:
    """Zero is not False, which says that there is no such bound."""
    plain = at("request-property", {"type": "integer"})
    bound = at("request-property", {"type": "integer", "exclusiveMinimum": 0})
    unbound = at("request-property", {"type": "integer", "exclusiveMinimum": False})
    assert ["request-property-exclusive-min-set"] == [each[1] for each in findings(plain, bound)]
    assert [] == findings(plain, unbound)
