"""A contract as HubSpot would publish it: what the rules made of its document, undone."""

import copy
from typing import Any

from hubspot_preferences.contracts.openapi import walk

Node = dict[str, Any]


def published(bare: Node, version: str, name: str) -> Node:
    """A document of version `name`, made of the contract of `version` without its words."""
    document = copy.deepcopy(bare)
    document.pop("x-hubspot")
    for node in list(walk(document)):
        declared = node.pop("x-hubspot", {}) if isinstance(node.get("x-hubspot"), dict) else {}
        _without_null(node)
        node.update(declared.pop("schema", {}))
        node.update(declared)
    document["info"] = {"title": "Communication Preferences Subscriptions", "version": name}
    document["paths"] = {
        path.replace(f"/{version}/", f"/{name}/"): item for path, item in document["paths"].items()
    }
    return document


def _without_null(node: Node) -> None:
    """In no document of HubSpot's anything is declared nullable."""
    if isinstance(node.get("type"), list):
        (node["type"],) = (kind for kind in node["type"] if kind != "null")
    if {"type": "null"} in node.get("anyOf", ()):
        (schema,) = (schema for schema in node.pop("anyOf") if schema != {"type": "null"})
        node.update(schema)
