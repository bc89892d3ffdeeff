"""Everything that can be made to go wrong, and that nothing else does."""

import json
import time
from typing import Any

import httpx
import pytest

from hubspot_preferences.sandbox import Fault, Sandbox

from .conftest import Call

PATH = "/statuses/a%40example.com"
WRITE = {"channel": "EMAIL", "statusState": "SUBSCRIBED", "subscriptionId": 7001}
TWO = {"inputs": ["a@example.com", "b@example.com"]}
ONE_OF_TWO = ("A@example.com",)


def addresses(reply: httpx.Response) -> list[str]:
    """The addresses of the rows."""
    return [row["subscriberIdString"] for row in reply.json()["results"]]


@pytest.mark.parametrize(
    ("fault", "status", "name", "value"),
    [
        (Fault(status=429), 429, "policyName", "TEN_SECONDLY_ROLLING"),
        (Fault(status=429, policy="SECONDLY"), 429, "policyName", "SECONDLY"),
        (Fault(status=429, policy="DAILY"), 429, "policyName", "DAILY"),
        (Fault(status=423), 423, "category", "LOCKED"),
        (Fault(status=477), 477, "category", "MIGRATION_IN_PROGRESS"),
        (Fault(status=401), 401, "category", "INVALID_AUTHENTICATION"),
        (Fault(status=401, category="EXPIRED_AUTHENTICATION"), 401, "category", "EXPIRED_AUTHENTICATION"),
        (Fault(status=403), 403, "category", "MISSING_SCOPES"),
        (Fault(status=404), 404, "category", "OBJECT_NOT_FOUND"),
        (Fault(status=409), 409, "category", "CONFLICT"),
        (Fault(status=418), 418, "category", "ERROR"),
        (Fault(status=500, category="INTERNAL_ERROR"), 500, "category", "INTERNAL_ERROR"),
    ],
)
def test_errors(box: Sandbox, call: Call, fault: Fault, status: int, name: str, value: str) -> None:
    """Once, in the shape of that error; then true replies again."""
    box.fail(fault)
    reply = call("GET", PATH)
    assert (reply.status_code, reply.json()[name]) == (status, value)
    assert call("GET", PATH).status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526])
def test_errors_of_the_edge(box: Sandbox, call: Call, status: int) -> None:
    """HTML."""
    box.fail(Fault(status=status))
    reply = call("GET", PATH)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert reply.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("seconds", "header"), [(None, None), (3, "3"), (3.0, "3"), (86_400, "86400"), (0.5, "0.5")]
)
def test_retry_after(box: Sandbox, call: Call, seconds: float | None, header: str | None) -> None:
    """Only where it was asked for."""
    box.fail(Fault(status=477, retry_after=seconds))
    assert call("GET", PATH).headers.get("retry-after") == header


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "true", '"text"', "<p>hello</p>"])
def test_bodies(box: Sandbox, call: Call, body: str) -> None:
    """Any text in place of the true one."""
    box.fail(Fault(body=body))
    reply = call("GET", PATH)
    assert (reply.status_code, reply.text) == (200, body)


def test_redirect(box: Sandbox, call: Call) -> None:
    """A header makes it one."""
    box.fail(Fault(status=307, headers={"location": "http://127.0.0.1:9/"}))
    reply = call("GET", PATH)
    assert (reply.status_code, reply.headers["location"]) == (307, "http://127.0.0.1:9/")


def test_replaced_replies_change_nothing(box: Sandbox, call: Call) -> None:
    """Unless the fault says that the request is carried out."""
    box.fail(Fault(status=502), Fault(status=502, carried_out=True))
    assert call("POST", PATH, WRITE).status_code == 502
    assert box.state("a@example.com", 7001) == "NOT_SPECIFIED"
    assert call("POST", PATH, WRITE).status_code == 502
    assert box.state("a@example.com", 7001) == "SUBSCRIBED"


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Fault(disconnect="before"), "NOT_SPECIFIED"),
        (Fault(disconnect="before", carried_out=True), "SUBSCRIBED"),
        (Fault(disconnect="headers"), "SUBSCRIBED"),
        (Fault(disconnect="body"), "SUBSCRIBED"),
    ],
)
def test_dropped_connections(box: Sandbox, call: Call, fault: Fault, state: str) -> None:
    """The client sees a broken connection, and whether the write happened depends on where it broke."""
    box.fail(fault)
    with pytest.raises(httpx.TransportError):
        call("POST", PATH, WRITE)
    assert box.state("a@example.com", 7001) == state
    assert [entry.status for entry in box.log] == [None if fault.disconnect == "before" else 200]
    assert call("GET", PATH).status_code == 200


def test_delay(box: Sandbox, call: Call) -> None:
    """The reply is late; what was asked for is done at once."""
    box.fail(Fault(delay=0.05))
    started = time.monotonic()
    assert call("GET", PATH).status_code == 200
    assert time.monotonic() - started >= 0.05


def test_delay_longer_than_anybody_waits(box: Sandbox, http: httpx.Client) -> None:
    """The write happened although its reply never came."""
    box.fail(Fault(delay=60))
    with pytest.raises(httpx.ReadTimeout):
        http.post(f"/communication-preferences/v4{PATH}", json=WRITE, timeout=0.5)
    assert box.state("a@example.com", 7001) == "SUBSCRIBED"


def test_which_requests(box: Sandbox, call: Call) -> None:
    """By operation, version and address; others neither see the fault nor use it up."""
    box.fail(Fault(status=423, operation="get_statuses", version="v4", addresses=("B@example.com",)))
    assert [
        call("GET", "/statuses/a%40example.com", version="v4").status_code,
        call("GET", "/statuses/b%40example.com").status_code,
        call("GET", "/statuses/b%40example.com/unsubscribe-all", version="v4").status_code,
        call("GET", "/statuses/b%40example.com", version="v4").status_code,
        call("GET", "/statuses/b%40example.com", version="v4").status_code,
    ] == [200, 200, 200, 423, 200]


def test_in_turn(box: Sandbox, call: Call) -> None:
    """Faults that replace the reply come one after the other, as often as they say."""
    box.fail(Fault(status=429, times=2, skip=1), Fault(status=502), Fault(status=423, times=0))
    assert [call("GET", PATH).status_code for _ in range(5)] == [502, 429, 429, 200, 200]


def test_no_times(box: Sandbox, call: Call) -> None:
    """A fault that is to happen no times never does."""
    box.fail(Fault(status=423, times=0))
    assert [200, 200] == [call("GET", PATH).status_code for _ in range(2)]


def test_together(box: Sandbox, call: Call) -> None:
    """Changes meet in one reply."""
    box.fail(Fault(rows="reverse"), Fault(envelope={"status": "PENDING"}), Fault(fields={"extra": 1}))
    body = call("GET", PATH).json()
    assert body["status"] == "PENDING"
    assert [(row["subscriptionId"], row["extra"]) for row in body["results"]] == [
        (7005, 1),
        (7004, 1),
        (7003, 1),
        (7002, 1),
        (7001, 1),
    ]


def test_for_a_while(box: Sandbox, call: Call) -> None:
    """For as long as a block runs, and only its own faults end with it."""
    box.fail(Fault(status=423))
    with box.faults(Fault(status=502, times=None, operation="list_definitions")):
        assert [call("GET", "/definitions", channel=None).status_code for _ in range(3)] == [423, 502, 502]
    assert call("GET", "/definitions", channel=None).status_code == 200


@pytest.mark.parametrize("path", ["/statuses/batch/read", "/statuses/batch/unsubscribe-all/read"])
def test_batch_reads_with_errors(box: Sandbox, call: Call, path: str) -> None:
    """207; the rest is there."""
    box.fail(Fault(errors="context", addresses=ONE_OF_TWO))
    reply = call("POST", path, TWO)
    assert (reply.status_code, addresses(reply)) == (207, ["b@example.com"])
    assert reply.json()["errors"][0]["context"] == {"subscriberIdString": ["a@example.com"]}


def test_errors_that_name_nobody(box: Sandbox, call: Call) -> None:
    """How many, but not who; or nothing but a number, with a 200."""
    box.fail(Fault(errors="unmapped", addresses=ONE_OF_TWO), Fault(errors="count", addresses=ONE_OF_TWO, skip=1))
    reply = call("POST", "/statuses/batch/read", TWO)
    assert (reply.status_code, [error["context"] for error in reply.json()["errors"]]) == (207, [{}])
    reply = call("POST", "/statuses/batch/read", TWO)
    assert (reply.status_code, reply.json()["numErrors"], "errors" in reply.json()) == (200, 1, False)


def test_errors_beside_true_ones(box: Sandbox, call: Call) -> None:
    """What a fault reports comes after what was wrong with the batch anyway, and counts with it."""
    box.fail(Fault(errors="context", addresses=ONE_OF_TWO))
    body = call("POST", "/statuses/batch/read", {"inputs": [*TWO["inputs"], "nobody"]}).json()
    assert (2, [["nobody"], ["a@example.com"]]) == (
        body["numErrors"],
        [error["context"]["subscriberIdString"] for error in body["errors"]],
    )


def test_batch_writes_with_errors(box: Sandbox, call: Call) -> None:
    """200; what is reported was not done."""
    box.fail(Fault(errors="context", addresses=ONE_OF_TWO))
    inputs = [{**WRITE, "subscriberIdString": address} for address in TWO["inputs"]]
    reply = call("POST", "/statuses/batch/write", {"inputs": inputs})
    assert (reply.status_code, reply.json()["numErrors"], addresses(reply)) == (200, 1, ["b@example.com"])
    assert [box.state(address, 7001) for address in TWO["inputs"]] == ["NOT_SPECIFIED", "SUBSCRIBED"]


def test_batch_opt_outs_with_errors(box: Sandbox, call: Call) -> None:
    """As for writes."""
    box.fail(Fault(errors="context", addresses=ONE_OF_TWO))
    reply = call("POST", "/statuses/batch/unsubscribe-all", TWO)
    assert (reply.status_code, addresses(reply)) == (200, ["b@example.com"])
    assert box.opted_out("a@example.com") == ()


def test_one_write_with_errors(box: Sandbox, call: Call) -> None:
    """A 200 that says nothing was done, and nothing was."""
    box.fail(Fault(errors="unmapped"))
    reply = call("POST", PATH, WRITE)
    assert (reply.status_code, reply.json()["results"], reply.json()["numErrors"]) == (200, [], 1)
    assert box.state("a@example.com", 7001) == "NOT_SPECIFIED"


def test_whole_batch_refused_for_one_address(box: Sandbox, call: Call) -> None:
    """400 for every batch with it in."""
    with box.faults(Fault(status=400, addresses=("b@example.com",), times=None)):
        assert call("POST", "/statuses/batch/read", TWO).status_code == 400
        assert call("POST", "/statuses/batch/read", {"inputs": ["a@example.com"]}).status_code == 200


def test_rows(box: Sandbox, call: Call) -> None:
    """Missing, null, of the wrong type, twice, in capitals, in another order."""
    rearranged: dict[str, Any] = {}
    for kind in ("drop", "null", "malformed", "repeat", "upper"):
        box.fail(Fault(rows=kind, addresses=ONE_OF_TWO))
        results = call("POST", "/statuses/batch/read", TWO).json()["results"]
        rearranged[kind] = [row["subscriberIdString"] if isinstance(row, dict) else row for row in results]
    box.fail(Fault(rows="reverse"))
    rearranged["reverse"] = addresses(call("POST", "/statuses/batch/read", TWO))
    assert rearranged == {
        "drop": ["b@example.com"],
        "null": [None, "b@example.com"],
        "malformed": ["not a row", "b@example.com"],
        "repeat": ["a@example.com", "a@example.com", "b@example.com"],
        "upper": ["A@EXAMPLE.COM", "b@example.com"],
        "reverse": ["b@example.com", "a@example.com"],
    }


def test_rows_within_rows(box: Sandbox, call: Call) -> None:
    """Of one subscriber and one subscription type."""
    box.fail(Fault(rows="null", nested=True, addresses=ONE_OF_TWO, subscription_id=7001))
    results = call("POST", "/statuses/batch/read", TWO).json()["results"]
    assert [[row and row["subscriptionId"] for row in result["statuses"]] for result in results] == [
        [None, 7002, 7003, 7004, 7005],
        [7001, 7002, 7003, 7004, 7005],
    ]


def test_fields(box: Sandbox, call: Call) -> None:
    """Values changed, added and taken out, in the rows of one subscription type."""
    box.fail(Fault(fields={"status": "PAUSED", "new": [1]}, without=("source",), subscription_id=7002))
    first, second, *_ = call("GET", PATH).json()["results"]
    assert (first["status"], "source" in first) == ("NOT_SPECIFIED", True)
    assert (second["status"], second["new"], "source" in second) == ("PAUSED", [1], False)


def test_fields_of_a_batch(box: Sandbox, call: Call) -> None:
    """States are in the inner rows, so that is where they are changed."""
    box.fail(Fault(fields={"status": "SUBSCRIBED"}, addresses=ONE_OF_TWO))
    results = call("POST", "/statuses/batch/read", TWO).json()["results"]
    assert [{row["status"] for row in result["statuses"]} for result in results] == [
        {"SUBSCRIBED"},
        {"NOT_SPECIFIED"},
    ]
    box.fail(Fault(without=("statuses",)))
    assert call("POST", "/statuses/batch/read", TWO).json()["results"][0] == {
        "subscriberIdString": "a@example.com"
    }


def test_fields_of_links(box: Sandbox, call: Call) -> None:
    """That reply has no rows: it is one."""
    box.fail(Fault(without=("unsubscribeAllUrl",), fields={"managePreferencesUrl": None}))
    reply = call("POST", "/links/generate", {"subscriberIdString": "a@example.com"})
    assert reply.json() == {"subscriberIdString": "a@example.com", "managePreferencesUrl": None}


def test_status_of_a_true_reply(box: Sandbox, call: Call) -> None:
    """Beside a change the status goes with the true reply."""
    box.fail(Fault(status=201, envelope={"results": None}))
    reply = call("GET", PATH)
    assert (reply.status_code, reply.json()["results"]) == (201, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": "melt"},
        {"disconnect": "later"},
        {"policy": "HOURLY"},
        {"errors": "some"},
        {"times": -1},
        {"delay": -1},
        {"status": 99},
        {"status": "502"},
        {"addresses": "a@example.com"},
        {"colour": "red"},
        [],
        "text",
    ],
)
def test_faults_that_are_none(http: httpx.Client, wrong: Any) -> None:
    """A slip is refused where it is made."""
    reply = http.post("/sandbox/faults", content=json.dumps([wrong]))
    assert (reply.status_code, reply.json()["category"]) == (400, "VALIDATION_ERROR")
    assert http.get("/sandbox/faults").json() == []


def test_faults_over_http(http: httpx.Client, call: Call) -> None:
    """The same data as JSON."""
    asked = {"status": 429, "policy": "DAILY", "addresses": ["a@example.com"], "times": None}
    reply = http.post("/sandbox/faults", json=asked).json()
    assert {name: reply[0][name] for name in asked} == asked
    assert [call("GET", PATH).status_code for _ in range(2)] == [429, 429]
    assert http.delete("/sandbox/faults").status_code == 204
    assert call("GET", PATH).status_code == 200


def test_log_over_http(http: httpx.Client, call: Call) -> None:
    """What the sandbox was asked; not what it was asked about itself, and not the token."""
    call("POST", PATH, WRITE, channel=None)
    (entry,) = http.get("/sandbox/log").json()
    assert (entry["operation"], entry["body"], entry["status"]) == ("set_status", WRITE, 200)
    assert "demo" not in json.dumps(entry)
    assert http.delete("/sandbox/log").status_code == 204
    assert http.get("/sandbox/log").json() == []


def test_reset_over_http(box: Sandbox, http: httpx.Client, call: Call) -> None:
    """Back to the seed."""
    call("POST", "/statuses/subscribed%40example.com/unsubscribe-all")
    assert http.post("/sandbox/reset").status_code == 204
    assert box.state("subscribed@example.com", 7001) == "SUBSCRIBED"
    assert box.log == ()


@pytest.mark.parametrize("path", ["faults", "log", "reset", "other"])
def test_own_routes_need_the_token(box: Sandbox, path: str) -> None:
    """Nobody else sees or changes anything."""
    assert httpx.post(f"{box.url}/sandbox/{path}").status_code == 401
    headers = {"Authorization": f"Bearer {box.token}"}
    assert httpx.put(f"{box.url}/sandbox/{path}", headers=headers).status_code == 404


def test_log(box: Sandbox, http: httpx.Client, call: Call) -> None:
    """Each request as it came and as it was understood."""
    call("GET", "/statuses/a%2Fb%40example.com")
    http.post("/communication-preferences/v4/nothing", content="{")
    known, unknown = box.log
    assert (known.method, known.operation, known.version) == ("GET", "get_statuses", "2026-03")
    assert (known.query, known.body, known.status) == ({"channel": "EMAIL"}, None, 200)
    assert known.path == "/communication-preferences/2026-03/statuses/a/b@example.com"
    assert known.raw_path == "/communication-preferences/2026-03/statuses/a%2Fb%40example.com"
    assert "authorization" not in known.headers
    assert known.headers["accept"] == "*/*"
    assert (unknown.operation, unknown.body, unknown.status) == (None, "{", 404)
    box.clear_log()
    assert box.log == ()
