"""What OpenAPI documents are made of, and how to get about in them."""

import re
from collections.abc import Iterator
from typing import Any, Final

from attrs import field, frozen

Node = dict[str, Any]
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# HubSpot's documents are 16 levels deep; what is far beyond that is something else, or an attack.
DEEPEST: Final = 64  # mappings and lists within one another, and references to references


@frozen
class Document:
    """An OpenAPI document: a contract of this package, or one as HubSpot publishes it."""

    name: str
    root: Node = field(repr=False)

    def operations(self) -> Iterator[tuple[str, str, Node]]:
        """(method, path below the version, operation), in the order of the document."""
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if not path.startswith("x-") and method in item:
                    yield method.upper(), below_version(path), item[method]

    def target(self, reference: str) -> Node:
        """What a `$ref` points to; `check` has seen that it is there."""
        node: Any = self.root
        for part in reference.removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        assert isinstance(node, dict)
        return node

    def resolved(self, node: Node) -> Node:
        """The node itself, or what it refers to."""
        while "$ref" in node:
            node = self.target(node["$ref"])
        return node


def below_version(path: str) -> str:
    """A path without its beginning, which is another one in every version."""
    return re.sub(r"^/communication-preferences/[^/]+(?=/|$)", "", path)


def on_wire(path: str) -> str:
    """The same for all paths that a server cannot tell apart: what a path calls its parameters is not sent."""
    return re.sub(r"\{[^{}]*\}", "{}", below_version(path))


def walk(node: Any) -> Iterator[Node]:
    """Every mapping in a document, outermost first."""
    if isinstance(node, dict):
        yield node
        for value in list(node.values()):
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


# What each object of OpenAPI holds, by kind: itself, a [list] of it, a {mapping} to it by name.
HOLDS: Final[dict[str, dict[str, str]]] = {
    "document": {"paths": "{path item}", "components": "components", "servers": "[server]"},
    "components": {
        "schemas": "{schema}",
        "parameters": "{parameter}",
        "requestBodies": "{request body}",
        "responses": "{response}",
        "headers": "{header}",
    },
    "server": {"url": "text", "variables": "{server variable}"},
    "server variable": {},
    "path item": {
        **dict.fromkeys(METHODS, "operation"),
        "parameters": "[parameter]",
        "servers": "[server]",
    },
    "operation": {
        "parameters": "[parameter]",
        "requestBody": "request body",
        "responses": "{response}",
        "deprecated": "flag",
        "servers": "[server]",
    },
    "parameter": {
        "name": "text",
        "in": "text",
        "required": "flag",
        "deprecated": "flag",
        "schema": "schema",
        "content": "{media type}",
    },
    "request body": {"required": "flag", "content": "{media type}"},
    "response": {"content": "{media type}", "headers": "{header}"},
    "header": {"required": "flag", "deprecated": "flag", "schema": "schema", "content": "{media type}"},
    "media type": {"schema": "schema", "encoding": "{encoding}"},
    "encoding": {"headers": "{header}"},
    "schema": {
        "type": "text or [text]",
        "format": "text",
        "enum": "list",
        "required": "[text]",
        "properties": "{schema}",
        "items": "schema",
        "additionalProperties": "schema or flag",
        "allOf": "[schema]",
        "anyOf": "[schema]",
        "oneOf": "[schema]",
        "prefixItems": "[schema]",
        "patternProperties": "{schema}",
        "dependentSchemas": "{schema}",
        **dict.fromkeys(("not", "if", "then", "else", "contains", "propertyNames"), "schema or flag"),
        **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties", "contentSchema"), "schema or flag"),
        **dict.fromkeys(("nullable", "deprecated", "readOnly", "writeOnly", "uniqueItems"), "flag"),
    },
}
HOLDS["declared"] = {**HOLDS["schema"], "schema": "schema"}  # under x-hubspot
