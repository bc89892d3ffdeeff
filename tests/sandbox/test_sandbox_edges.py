"""What the sandbox does when it fails itself, when it is busy, and on the less travelled of its routes."""

import sqlite3
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from hubspot_preferences.sandbox import Fault, Sandbox, choices, seeds, store
from hubspot_preferences.sandbox.endpoints import Endpoints
from hubspot_preferences.sandbox.store import Store

from .conftest import Call

SUBSCRIBED = {"channel": "EMAIL", "statusState": "SUBSCRIBED", "subscriptionId": seeds.MARKETING_INFORMATION}


def test_a_failure_of_its_own_is_told_without_values(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server goes on, and the reply says where it failed, but not with whose address."""

    def fails(*_: object) -> Any:
        raise KeyError("jane@example.com")

    with monkeypatch.context() as broken:
        broken.setattr(Endpoints, "answer", fails)
        reply = call("GET", "/statuses/jane%40example.com")
    assert (500, "SANDBOX_FAILED", False) == (reply.status_code, reply.json()["category"], "jane" in reply.text)
    assert "failed with KeyError in fails" in reply.json()["message"]
    assert 200 == call("GET", "/statuses/jane%40example.com").status_code


def test_a_control_route_that_is_none(http: httpx.Client) -> None:
    """It is told, in HubSpot's words for what is not there."""
    reply = http.get("/sandbox/statuses")
    assert (404, "OBJECT_NOT_FOUND") == (reply.status_code, reply.json()["category"])


def test_the_log_is_forgotten_over_http(box: Sandbox, http: httpx.Client, call: Call) -> None:
    """As the package's docstring has it."""
    call("GET", "/definitions", channel=None)
    logged = [len(box.log)]
    status = http.delete("/sandbox/log").status_code
    assert (204, [1, 0]) == (status, [*logged, len(box.log)])


def test_faults_are_taken_out_of_force(box: Sandbox, call: Call) -> None:
    """All of them, without a `with`."""
    box.fail(Fault(status=502, times=None))
    assert 502 == call("GET", "/definitions", channel=None).status_code
    box.clear_faults()
    assert 200 == call("GET", "/definitions", channel=None).status_code


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/links/generate", {"subscriberIdString": "jane"}, 400),
        ("/statuses/batch/write", {"inputs": [{"subscriberIdString": "jane", **SUBSCRIBED}]}, 200),
    ],
)
def test_what_is_no_address_is_refused(call: Call, path: str, body: dict[str, Any], status: int) -> None:
    """Wherever an address may stand in a body; in a batch, among the errors."""
    reply = call("POST", path, body, channel="EMAIL" if path.startswith("/links") else None)
    assert (status, True) == (reply.status_code, "is not an e-mail address" in reply.text)
    assert not reply.json().get("results")


@pytest.mark.parametrize("lifts", [False, True])
def test_what_subscribing_again_does_to_an_opt_out(
    box: Sandbox, call: Call, monkeypatch: pytest.MonkeyPatch, lifts: bool
) -> None:
    """It is not known of HubSpot, so it is a choice, and both are tried."""
    monkeypatch.setattr(choices, "RESUBSCRIBING_LIFTS_OPT_OUT", lifts)
    call("POST", "/statuses/new%40example.com", SUBSCRIBED, channel=None)
    call("POST", "/statuses/new%40example.com/unsubscribe-all")
    reply = call("POST", "/statuses/new%40example.com", SUBSCRIBED, channel=None)
    assert ["RESUBSCRIBE_OCCURRED"] == [row["setStatusSuccessReason"] for row in reply.json()["results"]]
    opt_outs = call("GET", "/statuses/new%40example.com/unsubscribe-all").json()["results"]
    assert lifts == (opt_outs == [])


def test_half_a_change_is_undone() -> None:
    """An exception while writing leaves everything as it was, and the store in use."""
    kept = Store(None, seeds.seed("demo"))
    before = len(kept.definitions())

    def fails() -> None:
        with kept.writing():
            kept._connection.execute("DELETE FROM definitions")
            assert () == tuple(kept.definitions())
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fails()
    with kept.reading():
        assert before == len(kept.definitions())
    kept.close()


class Busy:
    """A connection to a file that another process has locked for the first so many statements."""

    def __init__(self, refusals: int) -> None:
        self.statements: list[str] = []
        self.refusals = refusals

    def execute(self, statement: str) -> None:
        """Take it down, and refuse it while the file is locked."""
        self.statements.append(statement)
        if len(self.statements) <= self.refusals:
            raise sqlite3.OperationalError("database is locked")


@pytest.mark.parametrize(("refusals", "tries"), [(3, 4), (10_000, 502)])
def test_a_locked_file_is_waited_for(monkeypatch: pytest.MonkeyPatch, refusals: int, tries: int) -> None:
    """Two processes that open one file at once get it one after the other; after 5 seconds one is told."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    monkeypatch.setattr(store, "time", SimpleNamespace(monotonic=lambda: passed[0], sleep=sleep))
    connection = Busy(refusals)
    waiting = cast(Store, SimpleNamespace(_connection=connection))
    if tries > refusals:
        Store._write_ahead(waiting)
    else:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            Store._write_ahead(waiting)
    assert tries == pytest.approx(len(connection.statements), abs=1)
    assert {"PRAGMA journal_mode = WAL"} == set(connection.statements)
