"""Writes a contract: HubSpot's document, the named rules, our words.

    python openapi/refresh.py VERSION UPSTREAM

UPSTREAM is a file with a document as HubSpot publishes it. The contract lands in
`openapi/VERSION.yaml`.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

import rules

HERE = Path(__file__).resolve().parent
HEADER = """\
# HubSpot's communication-preferences API {version}: the contract the client is generated from.
# Written by `make refresh VERSION={version} UPSTREAM=…`: structure by rules.py, words by words.yaml.
"""


def worded(document: rules.Node, words: rules.Node, version: str) -> rules.Node:
    """The bare contract, with our words. Raises ValueError naming everything that has no words yet."""
    missing: list[str] = []

    def say(book: Any, key: str, what: str) -> str:
        if not (isinstance(book, dict) and book.get(key)):
            missing.append(what)
            return ""
        return str(book[key])

    for _, _, operation in rules.operations(document):
        name = operation["operationId"]
        entry = words["operations"].get(name, {})
        summary = say(entry, "summary", f"operations.{name}.summary")
        description = say(entry, "description", f"operations.{name}.description")
        operation["x-hubspot-scopes"] = entry.get("scopes", [])
        for parameter in operation["parameters"]:
            field = parameter["name"]
            parameter["description"] = say(words["parameters"], field, f"parameters.{field}")
        for code, response in operation["responses"].items():
            if "$ref" not in response:
                response["description"] = say(words["responses"], code, f"responses.{code}")
        rest = dict(operation)
        operation.clear()
        operation.update({"summary": summary, "description": description, **rest})
    for name, response in document["components"]["responses"].items():
        response["description"] = say(words["responses"], name, f"responses.{name}")
    for name, schema in rules.schemas(document).items():
        entry = words["schemas"].get(name, {})
        rest = dict(schema)
        schema.clear()
        schema["description"] = say(entry, "description", f"schemas.{name}.description")
        schema.update(rest)
        for field, value in schema.get("properties", {}).items():
            own = entry.get("fields", {})
            value["description"] = say(own if field in own else words["fields"], field, f"fields.{field}")
    if missing:
        raise ValueError("needs our words in openapi/words.yaml: " + ", ".join(sorted(set(missing))))
    document["info"] = {"title": words["title"], "description": words["description"], "version": version}
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": document["openapi"],
        "info": document["info"],
        "servers": document["servers"],
        "security": [{"token": []}],
        "paths": document["paths"],
        "components": document["components"],
    }


def contract(upstream: rules.Node, version: str) -> str:
    """The text of the contract file for one version of HubSpot's document."""
    words = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))
    document = worded(rules.apply(upstream), words, version)
    body = yaml.dump(document, sort_keys=False, allow_unicode=True, width=110, Dumper=_Plain)
    return HEADER.format(version=version) + body


class _Plain(yaml.SafeDumper):
    """No anchors: a repeated mapping is written out."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # the signature is PyYAML's
        return True


def main() -> None:
    """Read the arguments, write the file. Exits with one line and 2 where that cannot be done."""
    arguments = sys.argv[1:]
    if len(arguments) != 2 or not all(arguments):
        sys.exit(_refused("usage: make refresh VERSION=2026-03 UPSTREAM=document.json"))
    version, upstream = arguments
    if not re.fullmatch(r"v\d+|\d{4}-\d{2}", version):
        sys.exit(_refused(f"VERSION: {version!r} is not a version, such as v4 or 2026-03"))
    try:
        text = contract(json.loads(Path(upstream).read_text(encoding="utf-8")), version)
    except OSError as error:
        sys.exit(_refused(f"UPSTREAM: {error.strerror}: {upstream}"))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        sys.exit(_refused(f"{upstream} cannot be taken in: {type(error).__name__}: {error}"))
    target = HERE / f"{version}.yaml"
    target.write_text(text, encoding="utf-8")
    print(f"wrote {target.name}")


def _refused(why: str) -> int:
    print(why, file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
