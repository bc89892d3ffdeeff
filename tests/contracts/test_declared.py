"""Versions differ as is declared, and in nothing else: versions/declared.py."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import asdict

from hubspot_preferences import LegalBasis, Status, SubscriptionState
from hubspot_preferences.contracts.diff import difference
from hubspot_preferences.contracts.openapi import Document
from hubspot_preferences.versions import NAMES, declared, load, reading
from hubspot_preferences.versions.declared import PLACE, Difference

from . import declarations
from .declarations import KNOWN, common, contract, parts, without


def names(document: Document) -> set[str]:
    """What can be declared of a contract."""
    return {name for name, _, _ in parts(document.root)}


def whole(names: set[str]) -> list[str]:
    """The names without parts of an operation that is one of them."""
    return sorted(name for name in names if "." not in name or name.partition(".")[0] not in names)


def undeclared(name: str) -> list[str]:
    """How a version differs from the others and from what this library knows, beyond what is declared."""
    here = names(common(name))
    lines = []
    for other in NAMES:
        if changes := difference(common(other), common(name)).changes:
            there = names(common(other))
            lines.append(f"beyond {other}: {whole(here - there)}, short of it: {whole(there - here)}")
            lines += sorted(
                {f"  {change.rule} {change.subject} {change.place} {change.detail}" for change in changes}
            )
    operations = {operation["operationId"] for _, _, operation in common(name).operations()}
    lacking = {lack for other in NAMES for lack in declared.of(other).lacks}
    lines += [f"no method calls {operation}" for operation in sorted(operations - KNOWN)]
    lines += [f"it has no {known}" for known in sorted(KNOWN - here - lacking)]
    return [f"{name} is declared otherwise in {PLACE}:", *lines] if lines else []


@pytest.mark.parametrize("name", NAMES)
def test_versions_differ_as_declared(name: str) -> None:
    """Between two versions nothing differs but what is declared of either; the library knows all the rest."""
    assert not (lines := undeclared(name)), "\n".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_declared_is_so(name: str) -> None:
    """A version has what it is declared to add, which this library does not know, and not what it is to lack."""
    there = {part for part, _, _ in parts(contract(name))}
    adds, lacks = {*declared.of(name).adds}, {*declared.of(name).lacks}
    assert (set(), set(), set()) == (adds - there, adds & KNOWN, lacks & there)
    elsewhere = {part for other in NAMES for part, _, _ in parts(contract(other))}
    assert set() == lacks - elsewhere
    assert set(NAMES) >= set(declared.DECLARED)


@pytest.mark.parametrize(
    ("gone", "rule"),
    [
        ("generate_links", "api-removed-without-deprecation"),
        ("SubscriptionStatus.source", "response-required-property-removed"),
        ("LegalBasis.NON_GDPR", "request-property-enum-value-removed"),
        ("get_opt_outs.verbose", "request-parameter-removed"),
        ("batch_read_statuses.207", "response-success-status-removed"),
    ],
)
def test_what_is_not_declared_is_named(monkeypatch: pytest.MonkeyPatch, gone: str, rule: str) -> None:
    """With the place to declare it, for a version that has less and for one that has more; declared it is well."""
    monkeypatch.setattr(declared, "DECLARED", {})
    for module in (declarations, sys.modules[__name__]):
        monkeypatch.setattr(module, "NAMES", ("v4", "2026-03"))
    root = without(contract("v4"), [gone])
    roots = {name: root if name == "v4" else contract(name) for name in NAMES}
    monkeypatch.setattr(declarations, "contract", roots.get)
    lines = undeclared("v4")
    assert f"v4 is declared otherwise in {PLACE}:" == lines[0]
    assert f"beyond 2026-03: [], short of it: ['{gone}']" in lines
    assert any(line.startswith(f"  {rule} ") for line in lines)
    assert f"beyond v4: ['{gone}'], short of it: []" in undeclared("2026-03")
    monkeypatch.setattr(declared, "DECLARED", {"v4": Difference(lacks=(gone,))})
    assert [] == undeclared("v4")
    assert [] == undeclared("2026-03")


MOMENT = datetime(2026, 4, 1, tzinfo=UTC)
STATUS = Status(
    "a@b.example", 5, SubscriptionState.SUBSCRIBED, legal_basis=LegalBasis.NON_GDPR, source="us", updated_at=MOMENT
)


@pytest.mark.parametrize(
    ("lacks", "expected"),
    [
        (("SubscriptionStatus.source", "SubscriptionStatus.timestamp"), {"source": None, "updated_at": None}),
        (("LegalBasis.NON_GDPR",), {"legal_basis": None}),
        (("generate_links", "WideStatus.timestamp", "LegalBasis.PROCESS_AND_STORE"), {}),
    ],
)
def test_a_value_is_shown_without_what_is_lacking(
    monkeypatch: pytest.MonkeyPatch, lacks: tuple[str, ...], expected: dict[str, Any]
) -> None:
    """Within tuples and lists too; by a version of which nothing is declared as it is."""
    monkeypatch.setattr(declared, "DECLARED", {"v4": Difference(lacks=lacks)})
    assert STATUS is declared.shown("2026-03", STATUS)
    (shown,), *rest = declared.shown("v4", [(STATUS,), 5, None])
    assert [5, None] == rest
    assert {**asdict(STATUS), **expected} == asdict(shown)


READERS: dict[str, Callable[..., Any]] = {
    "SubscriptionStatus": reading.status,
    "WideStatus": reading.wide_status,
    "SubscriptionDefinition": reading.definition,
    "LinkGenerationResponse": lambda wire, row: reading.links(wire, row, "a@b.example"),
}
EXAMPLES = {"integer": 5, "boolean": True, "array": [{"languageCode": "de"}], "string": "5"}


def optional() -> Iterator[tuple[str, str]]:
    """Every field of a reply that decides nothing."""
    schemas = contract("2026-03")["components"]["schemas"]
    for schema in READERS:
        for field in schemas[schema]["properties"]:
            if field not in [*schemas[schema].get("required", ()), "subscriberIdString"]:
                yield schema, field


def row(schema: str) -> dict[str, Any]:
    """A reply's row with every field."""
    fields = contract("2026-03")["components"]["schemas"][schema]["properties"]
    kinds = {field: str(declaration.get("type", "string")) for field, declaration in fields.items()}
    moments = {"timestamp", "createdAt", "updatedAt"}
    example = {
        field: "2026-04-01"
        if field in moments
        else next(EXAMPLES[kind] for kind in EXAMPLES if kind in kinds[field])
        for field in fields
    }
    return {**example, "subscriberIdString": "a@b.example"}


@pytest.mark.parametrize(("schema", "field"), list(optional()))
def test_each_field_is_known_by_its_attribute(monkeypatch: pytest.MonkeyPatch, schema: str, field: str) -> None:
    """What a version is declared to lack is the attribute that a row without the field leaves empty."""
    wire, read = load("2026-03"), READERS[schema]
    whole, short = row(schema), {name: value for name, value in row(schema).items() if name != field}
    monkeypatch.setattr(declared, "DECLARED", {"v4": Difference(lacks=(f"{schema}.{field}",))})
    assert read(wire, short) == declared.shown("v4", read(wire, whole)) != read(wire, whole)
