"""What one version shows of what another one set: the contracts decide, and where they cannot, choices.py."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from hubspot_preferences.contracts.documents import folder, parse
from hubspot_preferences.sandbox import Sandbox
from hubspot_preferences.sandbox.routes import contracts
from hubspot_preferences.versions import declared
from hubspot_preferences.versions.declared import PLACE, Difference

from .conftest import Call

MORE, LESS = "2099-03", "2099-09"
JANE = "jane@example.com"
Node = dict[str, Any]


def with_more(schemas: Node, paths: Node) -> None:
    """A state, a legal basis and an operation that no other version has."""
    schemas["SubscriptionState"]["enum"].append("PAUSED")
    schemas["LegalBasis"]["enum"].append("BY_LETTER")
    responses = {**next(iter(paths.values()))["get"]["responses"], "204": {"description": "Nothing to tell."}}
    paths[f"/communication-preferences/{MORE}/audit"] = {
        "get": {"operationId": "get_audit", "responses": responses}
    }


def with_less(schemas: Node, paths: Node) -> None:
    """Neither names of subscription types nor a link for one of them, nor a path; a schema that holds itself."""
    del schemas["SubscriptionStatus"]["properties"]["subscriptionName"]
    del schemas["LinkGenerationResponse"]["properties"]["unsubscribeSingleUrl"]
    del paths[f"/communication-preferences/{LESS}/statuses/{{subscriberIdString}}/unsubscribe-all"]
    itself = {"anyOf": [{"$ref": "#/components/schemas/SubscriptionStatus"}, {"type": "null"}]}
    schemas["SubscriptionStatus"]["properties"]["before"] = itself


@pytest.fixture(scope="module")
def differing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """v4, a version with more and one with less."""
    where = tmp_path_factory.mktemp("contracts")
    text = (folder() / "v4.yaml").read_text(encoding="utf-8")
    (where / "v4.yaml").write_text(text, encoding="utf-8")
    document = parse(text.encode(), "v4")
    for name, change in ((MORE, with_more), (LESS, with_less)):
        root = copy.deepcopy(document)
        root["paths"] = {path.replace("/v4/", f"/{name}/"): item for path, item in root["paths"].items()}
        change(root["components"]["schemas"], root["paths"])
        (where / f"{name}.yaml").write_text(yaml.dump(root), encoding="utf-8")
    return where


@pytest.fixture
def call(differing: Path, call_to: Callable[[Sandbox], Call]) -> Any:
    """A request to a sandbox with these versions."""
    with Sandbox(contracts=differing) as box:
        yield call_to(box)


def change(state: str, **more: str) -> Node:
    """A state to set."""
    return {"channel": "EMAIL", "statusState": state, "subscriptionId": 7001, **more}


def row(reply: httpx.Response) -> Node:
    """The first row."""
    assert reply.is_success
    first: Node = reply.json()["results"][0]
    return first


@pytest.mark.parametrize(("version", "state"), [(MORE, "PAUSED"), ("v4", "UNSUBSCRIBED"), (LESS, "UNSUBSCRIBED")])
def test_a_state_of_another_version_is_a_no(call: Call, version: str, state: str) -> None:
    """Whoever does not know the state that somebody is in is told not to mail them, alone and in a batch."""
    assert "PAUSED" == row(call("POST", f"/statuses/{JANE}", change("PAUSED"), version=MORE))["status"]
    assert state == row(call("GET", f"/statuses/{JANE}", version=version))["status"]
    batch = row(call("POST", "/statuses/batch/read", {"inputs": [JANE]}, version=version))
    assert state == batch["statuses"][0]["status"]


def test_a_state_of_another_version_is_not_taken(call: Call) -> None:
    """A version accepts what it knows."""
    assert 400 == call("POST", f"/statuses/{JANE}", change("PAUSED"), version="v4").status_code
    assert "NOT_SPECIFIED" == row(call("GET", f"/statuses/{JANE}", version=MORE))["status"]


def test_a_value_that_decides_nothing_is_null(call: Call) -> None:
    """Where a field may be null, it is for whoever does not know its value."""
    call("POST", f"/statuses/{JANE}", change("SUBSCRIBED", legalBasis="BY_LETTER"), version=MORE)
    assert "BY_LETTER" == row(call("GET", f"/statuses/{JANE}", version=MORE))["legalBasis"]
    shown = row(call("GET", f"/statuses/{JANE}", version="v4"))
    assert ("SUBSCRIBED", None) == (shown["status"], shown["legalBasis"])


def test_a_field_that_a_version_lacks_is_not_sent(call: Call) -> None:
    """In rows, in rows within rows and in a reply without any; all other fields are there."""
    for path in (f"/statuses/{JANE}", "/statuses/batch/read"):
        batch = {"inputs": [JANE]} if "batch" in path else None
        whole, less = (row(call("POST" if batch else "GET", path, batch, version=name)) for name in ("v4", LESS))
        whole, less = (found["statuses"][0] if batch else found for found in (whole, less))
        assert "subscriptionName" in whole
        assert {key: value for key, value in whole.items() if key != "subscriptionName"} == less
    wanted = {"subscriberIdString": JANE, "subscriptionId": 7001}
    assert {"subscriberIdString", "managePreferencesUrl", "unsubscribeAllUrl"} == set(
        call("POST", "/links/generate", wanted, version=LESS).json()
    )


def test_a_path_that_a_version_lacks_is_none(call: Call) -> None:
    """It is there for the others."""
    answers = {name: call("GET", f"/statuses/{JANE}/unsubscribe-all", version=name) for name in ("v4", LESS)}
    assert {"v4": 200, LESS: 404} == {name: reply.status_code for name, reply in answers.items()}


@pytest.mark.parametrize("adds", [(), ("get_audit",)])
def test_an_operation_without_rules_is_not_made_up(
    call: Call, monkeypatch: pytest.MonkeyPatch, adds: tuple[str, ...]
) -> None:
    """The sandbox says that it cannot carry it out; and where it is not declared, where to do that."""
    monkeypatch.setattr(declared, "DECLARED", {MORE: Difference(adds=adds)})
    reply = call("GET", "/audit", version=MORE)
    words = "" if adds else f" It is not declared in {PLACE} either."
    assert (501, "NOT_IMPLEMENTED") == (reply.status_code, reply.json()["category"])
    assert f"The sandbox cannot carry out get_audit of {MORE}.{words}" == reply.json()["message"]


def test_every_operation_can_be_called(differing: Path) -> None:
    """By method and path, with the subscriber in it."""
    calls = contracts(differing).calls(LESS, JANE)
    assert 8 == len(calls)
    assert ("GET", f"/communication-preferences/{LESS}/statuses/{JANE}") == calls["get_statuses"]
    assert "get_audit" in contracts(differing).calls(MORE, JANE)
