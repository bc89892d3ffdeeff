"""Other people's tools against the sandbox: a contract fuzzer, and HubSpot's own client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from hubspot_preferences.contracts.documents import folder
from hubspot_preferences.sandbox import Sandbox
from hubspot_preferences.sandbox.routes import contracts
from hubspot_preferences.versions import declared

EXAMPLES = 10  # for each operation, valid ones and invalid ones


@pytest.fixture(scope="module")
def lenient() -> Iterator[Sandbox]:
    """Takes whatever the contract allows."""
    with Sandbox(lenient=True) as box:
        yield box


@pytest.mark.slow
@pytest.mark.parametrize("version", contracts().versions)
@pytest.mark.filterwarnings("ignore")  # the fuzzer's own
def test_contract_fuzzer_finds_nothing(lenient: Sandbox, version: str) -> None:
    """Whatever is sent, replies fit the contract; what fits it is accepted."""
    schemathesis = pytest.importorskip("schemathesis")
    # Parameters nobody declared are passed over, which counts as accepting what is invalid.
    passed_over = [schemathesis.checks.negative_data_rejection]
    schema = schemathesis.openapi.from_path(Path(str(folder())) / f"{version}.yaml")
    modes = schemathesis.GenerationMode
    seen = set()
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.definition.raw["operationId"] in declared.of(version).adds:
            continue  # the sandbox has no rules for it
        seen.add(operation.definition.raw["operationId"])
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
                    base_url=lenient.url,
                    headers={"Authorization": f"Bearer {lenient.token}"},
                    excluded_checks=passed_over,
                )

            try:
                attempt()
            except Exception as error:
                if type(error).__name__ != "Unsatisfiable":  # nothing can be wrong with some requests
                    raise
    assert len(seen) == 10 - sum("." not in lack for lack in declared.of(version).lacks)


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
