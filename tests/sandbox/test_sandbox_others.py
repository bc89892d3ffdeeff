"""Other people's tools against the sandbox: a contract fuzzer, and HubSpot's own client."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from hubspot_preferences.contracts.documents import folder, parse
from hubspot_preferences.sandbox import Sandbox
from hubspot_preferences.sandbox.routes import contracts
from hubspot_preferences.versions import declared

EXAMPLES = 10  # for each operation, valid ones and invalid ones


@pytest.fixture(scope="module")
def lenient() -> Iterator[Sandbox]:
    """Takes whatever the contract allows."""
    with Sandbox(lenient=True) as box:
        yield box


def fuzz(box: Sandbox, document: Any, passed_over: Collection[str] = ()) -> set[str]:
    """Send what the document allows and what it does not; replies have to fit it. Which operations there were."""
    schemathesis = pytest.importorskip("schemathesis")
    # Parameters nobody declared are passed over, which counts as accepting what is invalid.
    excluded = [schemathesis.checks.negative_data_rejection]
    modes = schemathesis.GenerationMode
    seen = set()
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = result.ok()
        if operation.definition.raw["operationId"] in passed_over:
            continue
        seen.add(f"{operation.method} {operation.path}")
        for mode in (modes.POSITIVE, modes.NEGATIVE):

            @settings(
                max_examples=EXAMPLES,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=[
                    HealthCheck.too_slow,
                    HealthCheck.filter_too_much,
                    HealthCheck.data_too_large,
                ],
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def attempt(case: Any) -> None:
                case.call_and_validate(
                    base_url=box.url, headers={"Authorization": f"Bearer {box.token}"}, excluded_checks=excluded
                )

            try:
                attempt()
            except Exception as error:
                if type(error).__name__ != "Unsatisfiable":  # nothing can be wrong with some requests
                    raise
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("version", contracts().versions)
@pytest.mark.filterwarnings("ignore")  # the fuzzer's own
def test_contract_fuzzer_finds_nothing(lenient: Sandbox, version: str) -> None:
    """Whatever is sent, replies fit the contract; what fits it is accepted."""
    document = parse((folder() / f"{version}.yaml").read_bytes(), version)
    seen = fuzz(lenient, document, declared.of(version).adds)  # for what is added the sandbox has no rules
    assert len(seen) == 10 - sum("." not in lack for lack in declared.of(version).lacks)


# Where replies are recorded, and the sandbox's like them, that HubSpot's own document does not allow: fields of
# PublicStatus that are null [source: status-rows].
NULL_AND_NOT_DOCUMENTED = ("legalBasis", "legalBasisExplanation", "setStatusSuccessReason")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the fuzzer's own
def test_hubspots_own_document_knows_all_but_three_nulls(lenient: Sandbox, reference: Path) -> None:
    """Whoever generates a client from it can do without HubSpot; each difference is one, and there is no other."""
    document = json.loads((reference / "upstream" / "v4.json").read_bytes())
    fields = document["components"]["schemas"]["PublicStatus"]["properties"]
    assert [None] * 3 == [fields[name].get("nullable") for name in NULL_AND_NOT_DOCUMENTED]
    recorded = json.loads((reference / "recorded" / "v4-statuses.json").read_bytes())
    assert set(NULL_AND_NOT_DOCUMENTED) == {
        name for row in recorded["results"] for name, value in row.items() if value is None
    }
    for name in NULL_AND_NOT_DOCUMENTED:
        with pytest.raises(BaseExceptionGroup) as caught:
            fuzz(lenient, document)
        assert "violates schema" in str(caught.value)
        fields[name]["nullable"] = True
    assert 10 == len(fuzz(lenient, document))


@pytest.mark.slow
def test_hubspots_own_client(box: Sandbox) -> None:
    """All ten operations, through a client that was not written with the sandbox in mind."""
    sdk = pytest.importorskip("hubspot_sdk")
    with sdk.HubSpot(access_token=box.token, base_url=box.url, max_retries=0) as client:
        preferences = client.communication_preferences
        batch = preferences.statuses.batch
        who, inputs = "sdk@example.com", ["sdk@example.com", "opted-out@example.com"]
        change = {"channel": "EMAIL", "status_state": "SUBSCRIBED", "subscription_id": 7001}

        assert [definition.name for definition in preferences.definitions.list().results][:1] == [
            "Marketing Information"
        ]
        links = preferences.generate_links(channel="EMAIL", subscriber_id_string=who, subscription_id=7001)
        assert links.unsubscribe_single_url.startswith("https://preferences.example.com/")

        done = preferences.update_status(who, **change).results[0]
        assert (done.status, done.set_status_success_reason) == ("SUBSCRIBED", "REQUESTED_CHANGE_OCCURRED")
        assert preferences.get_statuses(who, channel="EMAIL").results[0].status == "SUBSCRIBED"
        assert preferences.get_unsubscribe_all_status(who, channel="EMAIL").results == []

        assert [row.subscriber_id_string for row in batch.read(channel="EMAIL", inputs=inputs).results] == inputs
        written = batch.update_statuses(inputs=[{**change, "subscriber_id_string": address} for address in inputs])
        assert [row.set_status_success_reason for row in written.results] == [
            "NO_STATUS_CHANGE",
            "RESUBSCRIBE_OCCURRED",
        ]

        assert preferences.unsubscribe_all(who, channel="EMAIL").results == []
        wide = batch.get_unsubscribe_all_statuses(channel="EMAIL", inputs=inputs).results
        assert [row.wide_statuses[0].wide_status_type for row in wide] == ["PORTAL_WIDE", "PORTAL_WIDE"]
        left = batch.unsubscribe_all(channel="EMAIL", inputs=inputs, verbose=True).results
        assert [len(row.statuses) for row in left] == [5, 5]

        with pytest.raises(sdk.BadRequestError):
            preferences.update_status("nobody", **change)
    every = {operation for version in box.versions for operation in box.calls(version, who)}
    assert {entry.operation for entry in box.log} == every - {
        addition for version in box.versions for addition in declared.of(version).adds
    }
