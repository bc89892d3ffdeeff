"""Contracts by the names that `versions/declared.py` uses: what is in one, and one without some of it."""

import copy
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from hubspot_preferences.contracts.documents import folder, parse
from hubspot_preferences.contracts.openapi import Document
from hubspot_preferences.models import (
    Channel,
    LegalBasis,
    SetStatusSuccessReason,
    SubscriptionState,
    WideStatusType,
)
from hubspot_preferences.versions import NAMES, declared
from hubspot_preferences.versions.wire import Wire

Node = dict[str, Any]
ENUMS = (Channel, LegalBasis, SetStatusSuccessReason, SubscriptionState, WideStatusType)
KNOWN = {name for name in vars(Wire) if name.islower() and not name.startswith("_")} - {
    "name",
    "success",
    "unset",
} | {f"{enum.__name__}.{value}" for enum in ENUMS for value in enum}
"""The operations that have a method, and the values of enums that have a name."""


def parts(document: Node) -> Iterator[tuple[str, Any, Any]]:
    """Everything in a contract that can be declared: its name, what it is in, and its key or itself there."""
    for methods in document["paths"].values():
        for method, operation in methods.items():
            name = operation["operationId"]
            yield name, methods, method
            yield from ((f"{name}.{one['name']}", operation["parameters"], one) for one in operation["parameters"])
            yield from ((f"{name}.{status}", operation["responses"], status) for status in operation["responses"])
    for name, schema in document["components"]["schemas"].items():
        for field in schema.get("properties", ()):
            yield f"{name}.{field}", schema["properties"], field
        lists = [schema.get("enum", []), schema.get("required", [])]
        lists += [schema["x-hubspot"]["required"]] if "required" in schema.get("x-hubspot", {}) else []
        for values in lists:
            yield from ((f"{name}.{value}", values, value) for value in values)


def without(document: Node, names: Collection[str]) -> Node:
    """The contract without these parts."""
    document = copy.deepcopy(document)
    for name, owner, part in list(parts(document)):
        if name in names and isinstance(owner, dict):
            owner.pop(part, None)
        elif name in names:
            owner.remove(part)
    document["paths"] = {path: methods for path, methods in document["paths"].items() if methods}
    return document


@cache
def contract(version: str) -> Node:
    """The contract of a version."""
    document: Node = parse((folder() / f"{version}.yaml").read_bytes(), version)
    return document


def common(version: str) -> Document:
    """The contract of a version, as far as it is declared to be that of all."""
    lacking = {name for other in NAMES for name in declared.of(other).lacks}
    return Document(version, without(contract(version), {*declared.of(version).adds, *lacking}))
