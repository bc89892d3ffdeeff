"""From HubSpot's document to the contract: openapi/refresh.py."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import refresh

HERE = Path(refresh.__file__).parent


def document(reference: Path, name: str) -> Any:
    """One of HubSpot's documents."""
    return json.loads((reference / "upstream" / name).read_text(encoding="utf-8"))


def test_the_contract_is_what_the_document_gives(upstream: Any, version: str) -> None:
    """The checked-in contract is, byte for byte, what HubSpot's document and our words make."""
    made = refresh.contract(upstream, version)
    assert (HERE / f"{version}.yaml").read_bytes() == made.encode()


def test_an_invalid_document_gives_a_contract(reference: Path) -> None:
    """A revision that is no valid OpenAPI (no scopes) does no harm: only its narrower integers differ."""
    made = refresh.contract(document(reference, "2026-03-invalid-no-scopes.json"), "2026-03").splitlines()
    there = (HERE / "2026-03.yaml").read_text(encoding="utf-8").splitlines()
    changed = {(old.strip(), new.strip()) for old, new in zip(there, made, strict=True) if old != new}
    assert {("format: int64", "format: int32")} == changed


def test_a_change_of_the_contract_shows(reference: Path) -> None:
    """A revision from before the 207 replies gives another contract: it lacks them."""
    made = yaml.safe_load(refresh.contract(document(reference, "2026-03-before-207.json"), "2026-03"))
    codes = {
        code for item in made["paths"].values() for operation in item.values() for code in operation["responses"]
    }
    assert {"200", "default"} == codes


def test_what_has_no_words_yet_is_named(upstream: Any, version: str) -> None:
    """A new field, schema or parameter stops the refresh, and all of them are listed at once."""
    upstream["components"]["schemas"]["PublicStatus"]["properties"]["addedLater"] = {"type": "string"}
    upstream["components"]["schemas"]["AddedSchema"] = {
        "type": "object",
        "properties": {"other": {"type": "string"}},
    }
    next(iter(upstream["paths"].values()))["get"]["parameters"].append(
        {"name": "addedParameter", "in": "query", "required": False, "schema": {"type": "string"}}
    )
    with pytest.raises(ValueError, match="needs our words") as caught:
        refresh.contract(upstream, version)
    assert (
        "needs our words in openapi/words.yaml: fields.addedLater, fields.other, parameters.addedParameter, "
        "schemas.AddedSchema.description"
    ) == str(caught.value)


def test_every_word_is_used(version: str) -> None:
    """words.yaml describes nothing that is not in the contract."""
    words = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))
    contract = yaml.safe_load((HERE / f"{version}.yaml").read_text(encoding="utf-8"))
    schemas = contract["components"]["schemas"]
    operations = [operation for item in contract["paths"].values() for operation in item.values()]
    fields = {field for schema in schemas.values() for field in schema.get("properties", ())}
    assert set(words["operations"]) == {operation["operationId"] for operation in operations}
    assert set(words["parameters"]) == {one["name"] for operation in operations for one in operation["parameters"]}
    assert set(words["schemas"]) == set(schemas)
    assert set() == set(words["fields"]) - fields
    for name, entry in words["schemas"].items():
        assert set() == set(entry.get("fields", ())) - set(schemas[name].get("properties", ())), name


def test_the_command_writes_the_file(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`refresh.py VERSION FILE` writes the contract beside the rules."""
    (tmp_path / "words.yaml").write_bytes((HERE / "words.yaml").read_bytes())
    monkeypatch.setattr(refresh, "HERE", tmp_path)
    monkeypatch.setattr(sys, "argv", ["refresh.py", "v4", str(reference / "upstream" / "v4.json")])
    refresh.main()
    assert "wrote v4.yaml\n" == capsys.readouterr().out
    assert (HERE / "v4.yaml").read_bytes() == (tmp_path / "v4.yaml").read_bytes()
