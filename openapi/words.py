"""Our own words for contracts: put in from words.yaml by name, taken out again; what is missing or left over."""

from pathlib import Path
from typing import Any

import yaml
from attrs import define, field

import rules

HERE = Path(__file__).resolve().parent
HEADER = """\
# HubSpot's communication-preferences API {version}: the contract the client is generated from.
# Written by `make refresh VERSION={version} UPSTREAM=…`: structure by rules.py, words by words.yaml.
"""


@define
class Words:
    """words.yaml, and which of its entries contracts had use for."""

    book: dict[str, Any]
    used: set[str] = field(factory=set)
    missing: set[str] = field(factory=set)

    @classmethod
    def read(cls) -> "Words":
        """The words of this folder."""
        return cls(yaml.load((HERE / "words.yaml").read_text(encoding="utf-8"), _LOADER))  # noqa: S506  # a safe one

    def say(self, *way: str) -> Any:
        """The entry under these keys; where there is none it is noted as missing."""
        entry: Any = self.book
        for key in way:
            entry = entry.get(key) if isinstance(entry, dict) else None
        (self.used if entry else self.missing).add(".".join(way))
        return entry

    def left_over(self) -> list[str]:
        """Entries that no contract had use for; ask after every contract was worded."""
        pairs = {"schemas": ("description",), "operations": ("summary", "description", "scopes")}
        entries = [
            f"{part}.{name}{end}"
            for part, held in self.book.items()
            if isinstance(held, dict)
            for name in held
            for end in ([f".{key}" for key in pairs[part]] if part in pairs else [""])
        ]
        entries += [
            f"schemas.{name}.fields.{key}"
            for name, held in self.book["schemas"].items()
            for key in held.get("fields", ())
        ]
        return sorted(set(entries) - self.used)


def text(bare: rules.Node, version: str, words: Words) -> str:
    """A contract file: the bare contract, with our words. The argument is left as it was."""
    document = _worded(bare, version, words)
    body = yaml.dump(document, sort_keys=False, allow_unicode=True, width=110, Dumper=_Plain)
    return HEADER.format(version=version) + body


def _worded(bare: rules.Node, version: str, words: Words) -> rules.Node:
    info = {"title": words.say("title"), "description": words.say("description")}
    return {
        "openapi": bare["openapi"],
        "info": {**info, "version": version},
        "servers": bare.get("servers", []),
        "security": [{"token": []}],
        "paths": {
            path: {method: _operation(operation, words) for method, operation in item.items()}
            for path, item in bare["paths"].items()
        },
        "components": {
            "responses": {
                name: {**response, "description": words.say("responses", name) or ""}
                for name, response in bare["components"]["responses"].items()
            },
            "schemas": {
                name: _schema(name, schema, words) for name, schema in bare["components"]["schemas"].items()
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "x-hubspot": bare["x-hubspot"],
    }


def _operation(operation: rules.Node, words: Words) -> rules.Node:
    name = operation["operationId"]
    texts = {key: words.say("operations", name, key) for key in ("summary", "description")}
    parameters = [
        {**parameter, **_description(words.say("parameters", parameter["name"]))}
        for parameter in operation["parameters"]
    ]
    responses = {
        code: response if "$ref" in response else {**response, "description": words.say("responses", code) or ""}
        for code, response in operation["responses"].items()
    }
    return {
        **{key: value for key, value in texts.items() if value},
        **operation,
        "parameters": parameters,
        "responses": responses,
        "x-hubspot-scopes": words.say("operations", name, "scopes") or [],
    }


def _schema(name: str, schema: rules.Node, words: Words) -> rules.Node:
    worded = {**_description(words.say("schemas", name, "description")), **schema}
    own = (words.book["schemas"].get(name) or {}).get("fields", {})
    if "properties" in schema:
        worded["properties"] = {
            key: {
                **value,
                **_description(
                    words.say("schemas", name, "fields", key) if key in own else words.say("fields", key)
                ),
            }
            for key, value in schema["properties"].items()
        }
    return worded


def _description(entry: Any) -> dict[str, str]:
    return {"description": str(entry)} if entry else {}


def bare(contract: rules.Node) -> rules.Node:
    """A contract without its words: what `text` makes the same contract of again."""

    def silent(node: rules.Node) -> rules.Node:
        return {
            key: value for key, value in node.items() if key not in ("summary", "description", "x-hubspot-scopes")
        }

    def operation(worded: rules.Node) -> rules.Node:
        return {
            **silent(worded),
            "parameters": [silent(parameter) for parameter in worded["parameters"]],
            "responses": {code: _emptied(response) for code, response in worded["responses"].items()},
        }

    def schema(worded: rules.Node) -> rules.Node:
        quiet = silent(worded)
        if "properties" in quiet:
            quiet["properties"] = {name: silent(value) for name, value in quiet["properties"].items()}
        return quiet

    components = contract["components"]
    return {
        "openapi": contract["openapi"],
        "info": {},
        "servers": contract["servers"],
        "paths": {
            path: {method: operation(worded) for method, worded in item.items()}
            for path, item in contract["paths"].items()
        },
        "components": {
            "responses": {name: _emptied(response) for name, response in components["responses"].items()},
            "schemas": {name: schema(worded) for name, worded in components["schemas"].items()},
        },
        "x-hubspot": contract["x-hubspot"],
    }


def _emptied(response: rules.Node) -> rules.Node:
    return response if "$ref" in response else {**response, "description": ""}


class _Plain(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """No anchors: a repeated mapping is written out."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # the signature is PyYAML's
        return True


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
