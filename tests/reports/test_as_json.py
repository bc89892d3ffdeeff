"""A comparison as JSON: every key, every value."""

import json
from datetime import date
from typing import Any

import jsonschema_rs
import pytest
from attrs import fields
from tests.reports.samples import FULL, SOME, diff, parity

from hubspot_preferences.answers import Difference, ParityReport, VersionSummary
from hubspot_preferences.contracts import ContractChange, ContractDiff, compare
from hubspot_preferences.reports.as_json import as_json
from hubspot_preferences.reports.words import verdict

TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 0}
MAYBE_TEXT = {"type": ["string", "null"]}
MS = {"type": ["number", "null"]}


def closed(**properties: Any) -> dict[str, Any]:
    """An object with these keys, all of them, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def many(items: Any) -> dict[str, Any]:
    """A list."""
    return {"type": "array", "items": items}


BY_NAME = {"type": "object", "additionalProperties": NUMBER}
CHANGE = closed(
    level={"enum": ["breaking", "warning", "info"]},
    rule=TEXT,
    operation=TEXT,
    place=TEXT,
    subject=TEXT,
    detail=TEXT,
)
DIFFERENCE = closed(
    field=TEXT,
    about={"enum": ["statuses", "opt_outs", "definitions", "decisions"]},
    a=TEXT,
    b=TEXT,
    subscription_id={"type": ["integer", "null"]},
    newly_allowed={"type": "boolean"},
)
SIDE = closed(version=TEXT, requests=NUMBER, unreadable=NUMBER, reasons=BY_NAME, p50_ms=MS, p95_ms=MS)
ANSWERS = closed(
    verdict={"enum": ["same", "incomplete", "different"]},
    same={"type": "boolean"},
    a=SIDE,
    b=SIDE,
    compared=NUMBER,
    identical=NUMBER,
    different=NUMBER,
    unreadable=NUMBER,
    unknown=NUMBER,
    invalid=NUMBER,
    newly_allowed=NUMBER,
    by_field=BY_NAME,
    definitions=many(DIFFERENCE),
    listed=many(closed(shown=TEXT, differences=many(DIFFERENCE))),
    seconds={"type": "number"},
    stopped=MAYBE_TEXT,
    undefined=MAYBE_TEXT,
)
SCHEMA = closed(
    format={"const": 1},
    a=TEXT,
    b=TEXT,
    verdict={"type": "array", "items": TEXT, "minItems": 1, "maxItems": 2},
    contracts=closed(
        verdict={"enum": ["same", "breaking", "warning", "info"]},
        counts=closed(breaking=NUMBER, warning=NUMBER, info=NUMBER),
        operations=many(
            closed(
                method=TEXT,
                path=TEXT,
                verdict={"enum": ["same", "added", "removed", "breaking", "warning", "info"]},
                changes=many(CHANGE),
            )
        ),
        others=many(CHANGE),
    ),
    support=many(
        closed(
            name=TEXT,
            released=MAYBE_TEXT,
            state={"enum": ["current", "supported", "unsupported", "unreleased"]},
            supported_until=TEXT,
            days_left={"type": "integer"},
        )
    ),
    answers={"anyOf": [{"type": "null"}, ANSWERS]},
)


@pytest.mark.parametrize("found", [diff(), SOME, compare("v4", "2026-09")])
@pytest.mark.parametrize("answers", [None, parity(), FULL, parity(a=VersionSummary("v4"), compared=0)])
def test_json_keeps_its_keys(found: ContractDiff, answers: ParityReport | None) -> None:
    """Exactly those that the documentation names, of these kinds, whatever was found."""
    text = json.dumps(as_json(found, answers))
    jsonschema_rs.validate(SCHEMA, json.loads(text))


def test_json_holds_everything() -> None:
    """Every field of every value is in it, with its value."""
    found = as_json(SOME, FULL, today=date(2026, 11, 20))
    answers: dict[str, Any] = found["answers"]
    assert {each.name for each in fields(ParityReport)} | {"same", "verdict"} == answers.keys()
    assert {each.name for each in fields(Difference)} == answers["definitions"][0].keys()
    assert {each.name for each in fields(ContractChange)} == found["contracts"]["others"][0].keys()
    for name in ("compared", "identical", "different", "unreadable", "unknown", "invalid", "newly_allowed"):
        assert getattr(FULL, name) == answers[name]
    assert {
        "version": "2026-03",
        "requests": 24,
        "unreadable": 2,
        "reasons": {"ServerError": 1, "UnreadableReply": 1},
        "p50_ms": 4.2,
        "p95_ms": 1200.0,
    } == answers["b"]
    assert ({"statuses: state": 3, "decisions: decision": 2}, "interrupted", "v4: HTTP 500", 75.2) == tuple(
        answers[name] for name in ("by_field", "stopped", "undefined", "seconds")
    )
    assert ["first", "second"] == [each["shown"] for each in answers["listed"]]
    assert {
        "field": "decision",
        "about": "decisions",
        "a": "no (not specified)",
        "b": "yes (subscribed)",
        "subscription_id": 7,
        "newly_allowed": True,
    } == answers["listed"][1]["differences"][1]
    contracts = found["contracts"]
    assert ("breaking", {"breaking": 1, "warning": 0, "info": 1}) == (contracts["verdict"], contracts["counts"])
    assert [
        {
            "level": "breaking",
            "rule": "a-rule",
            "operation": "GET /definitions",
            "place": "200 x",
            "subject": "S.x",
            "detail": "a → b",
        }
    ] == contracts["operations"][0]["changes"]
    assert [
        {"name": "v4", "released": None, "state": "supported", "supported_until": "2027-03-30", "days_left": 130}
    ] == found["support"]
    assert list(verdict(SOME, FULL)) == found["verdict"]


def test_json_names_every_key_in_its_documentation() -> None:
    """What as_json promises mentions each key at the top, and of the contracts, support and sides."""
    said = as_json.__doc__ or ""
    for part in (
        SCHEMA,
        SCHEMA["properties"]["contracts"],
        SCHEMA["properties"]["support"]["items"],
        SIDE,
        CHANGE,
    ):
        assert [] == [name for name in part["properties"] if name not in said]
