"""What the sandbox answers and remembers, over HTTP."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubspot_preferences.sandbox import PORTAL, Definition, OptOut, Sandbox, Seed, Status, Translation, seeds

from .conftest import Call


def change(state: str, subscription_id: int = seeds.MARKETING_INFORMATION, **more: Any) -> dict[str, Any]:
    """The body of a write."""
    return {"channel": "EMAIL", "statusState": state, "subscriptionId": subscription_id, **more}


def states(reply: httpx.Response) -> dict[int, str]:
    """State by subscription type."""
    return {row["subscriptionId"]: row["status"] for row in reply.json()["results"]}


def reasons(reply: httpx.Response) -> list[str]:
    """What each write amounted to."""
    return [row["setStatusSuccessReason"] for row in reply.json()["results"]]


def category(reply: httpx.Response) -> tuple[int, str]:
    """Status and category of an error."""
    return reply.status_code, reply.json()["category"]


def test_statuses(call: Call, version: str) -> None:
    """There is a row for each subscription type, set or not."""
    reply = call("GET", "/statuses/mixed%40example.com", version=version)
    assert states(reply) == {
        7001: "SUBSCRIBED",
        7002: "NOT_SPECIFIED",
        7003: "NOT_SPECIFIED",
        7004: "UNSUBSCRIBED",
        7005: "NOT_SPECIFIED",
    }


def test_write_is_read_back(box: Sandbox, call: Call, version: str) -> None:
    """What one version wrote every other reads."""
    reply = call("POST", "/statuses/new%40example.com", change("SUBSCRIBED"), version=version)
    assert reasons(reply) == ["REQUESTED_CHANGE_OCCURRED"]
    for other in box.versions:
        assert states(call("GET", "/statuses/new%40example.com", version=other))[7001] == "SUBSCRIBED"
    assert box.state("new@example.com", 7001) == "SUBSCRIBED"


@pytest.mark.parametrize(
    ("before", "asked", "reason"),
    [
        ("NOT_SPECIFIED", "SUBSCRIBED", "REQUESTED_CHANGE_OCCURRED"),
        ("NOT_SPECIFIED", "UNSUBSCRIBED", "REQUESTED_CHANGE_OCCURRED"),
        ("NOT_SPECIFIED", "NOT_SPECIFIED", "NO_STATUS_CHANGE"),
        ("SUBSCRIBED", "SUBSCRIBED", "NO_STATUS_CHANGE"),
        ("SUBSCRIBED", "UNSUBSCRIBED", "REQUESTED_CHANGE_OCCURRED"),
        ("SUBSCRIBED", "NOT_SPECIFIED", "REQUESTED_CHANGE_OCCURRED"),
        ("UNSUBSCRIBED", "SUBSCRIBED", "RESUBSCRIBE_OCCURRED"),
        ("UNSUBSCRIBED", "UNSUBSCRIBED", "NO_STATUS_CHANGE"),
        ("UNSUBSCRIBED", "NOT_SPECIFIED", "REQUESTED_CHANGE_OCCURRED"),
    ],
)
def test_reasons(call: Call, before: str, asked: str, reason: str) -> None:
    """Each pair of states has its reason."""
    call("POST", "/statuses/a%40example.com", change(before))
    assert reasons(call("POST", "/statuses/a%40example.com", change(asked))) == [reason]


def test_legal_basis_survives_a_repeat(call: Call) -> None:
    """Setting the same state again without a legal basis does not lose the one on file."""
    row = call("POST", "/statuses/subscribed%40example.com", change("SUBSCRIBED")).json()["results"][0]
    assert (row["setStatusSuccessReason"], row["legalBasis"]) == ("NO_STATUS_CHANGE", "CONSENT_WITH_NOTICE")


def test_nothing_specified_has_no_legal_basis(call: Call) -> None:
    """Whatever was sent with it: neither in the reply nor on file."""
    body = change("NOT_SPECIFIED", legalBasis="NON_GDPR", legalBasisExplanation="asked")
    rows = call("POST", "/statuses/subscribed%40example.com", body).json()["results"]
    rows += call("GET", "/statuses/subscribed%40example.com").json()["results"][:1]
    assert [("Not specified", None, None)] * 2 == [
        (row["source"], row["legalBasis"], row["legalBasisExplanation"]) for row in rows
    ]


def test_addresses_are_one_whatever_their_case(call: Call) -> None:
    """The reply spells the address as the request did."""
    reply = call("GET", "/statuses/Subscribed%40EXAMPLE.com")
    assert states(reply)[7001] == "SUBSCRIBED"
    assert {row["subscriberIdString"] for row in reply.json()["results"]} == {"Subscribed@EXAMPLE.com"}


def test_sharp_s_is_not_double_s(call: Call) -> None:
    """Lower case, not casefold: two people stay two."""
    call("POST", "/statuses/stra%C3%9Fe%40example.com", change("SUBSCRIBED"))
    assert states(call("GET", "/statuses/strasse%40example.com"))[7001] == "NOT_SPECIFIED"


@pytest.mark.parametrize("local", ["a+b", "a/b", "a%b", "a?b", "a#b", "batch", "ü", "o'neil", "a b"[:1]])
def test_addresses_as_one_segment(call: Call, local: str) -> None:
    """Whatever is in an address, encoded it stays one segment of the path."""
    segment = "".join(f"%{byte:02X}" for byte in f"{local}@example.com".encode())
    reply = call("POST", f"/statuses/{segment}", change("SUBSCRIBED"))
    assert reply.json()["results"][0]["subscriberIdString"] == f"{local}@example.com"


def test_opting_out_of_everything(call: Call, version: str) -> None:
    """No rows without `verbose`; then every type says no, and there is a row about the account."""
    assert call("GET", "/statuses/mixed%40example.com/unsubscribe-all", version=version).json()["results"] == []
    reply = call("POST", "/statuses/mixed%40example.com/unsubscribe-all", version=version)
    assert reply.json()["results"] == []
    assert set(states(call("GET", "/statuses/mixed%40example.com", version=version)).values()) == {"UNSUBSCRIBED"}
    rows = call("GET", "/statuses/mixed%40example.com/unsubscribe-all", version=version).json()["results"]
    assert [(row["status"], row["wideStatusType"]) for row in rows] == [("UNSUBSCRIBED", "PORTAL_WIDE")]


def test_without_brands_the_default_one_is_the_account(box: Sandbox, call: Call) -> None:
    """Naming brand 0 changes nothing where there is no other."""
    call("POST", "/statuses/a%40example.com/unsubscribe-all", businessUnitId="0")
    assert (PORTAL,) == box.opted_out("a@example.com")


def test_opting_out_with_verbose(call: Call) -> None:
    """One row for each type."""
    reply = call("POST", "/statuses/a%40example.com/unsubscribe-all", verbose="true")
    assert reasons(reply) == ["UNSUBSCRIBE_FROM_ALL_OCCURRED"] * 5


def test_a_row_is_not_an_opt_out(call: Call) -> None:
    """With `verbose` somebody who never opted out has a row as well."""
    reply = call("GET", "/statuses/never-asked%40example.com/unsubscribe-all", verbose="true")
    assert [row["status"] for row in reply.json()["results"]] == ["SUBSCRIBED"]


def test_resubscribing_leaves_the_opt_out(box: Sandbox, call: Call) -> None:
    """Subscribing to one type does not take back an opt-out from everything."""
    reply = call("POST", "/statuses/opted-out%40example.com", change("SUBSCRIBED"))
    assert reasons(reply) == ["RESUBSCRIBE_OCCURRED"]
    assert box.opted_out("opted-out@example.com") == (PORTAL,)


def test_brands(call_to: Callable[[Sandbox], Call]) -> None:
    """With brands an opt-out names one and reaches no further."""
    with Sandbox(brands=(0, 7, 9)) as box:
        call = call_to(box)
        assert category(call("POST", "/statuses/a%40example.com/unsubscribe-all")) == (400, "VALIDATION_ERROR")
        assert category(call("GET", "/statuses/a%40example.com", businessUnitId="8")) == (400, "VALIDATION_ERROR")
        call("POST", "/statuses/a%40example.com/unsubscribe-all", businessUnitId="7")
        rows = call("GET", "/statuses/a%40example.com/unsubscribe-all").json()["results"]
        assert [(row["businessUnitId"], row["wideStatusType"]) for row in rows] == [(7, "BUSINESS_UNIT_WIDE")]
        reply = call("GET", "/statuses/a%40example.com/unsubscribe-all", businessUnitId="9")
        assert reply.json()["results"] == []
        assert states(call("GET", "/statuses/a%40example.com", businessUnitId="7")) == {8001: "UNSUBSCRIBED"}
        assert states(call("GET", "/statuses/a%40example.com"))[9001] == "NOT_SPECIFIED"
        assert [
            row["id"] for row in call("GET", "/definitions", businessUnitId="9", channel=None).json()["results"]
        ] == ["9001"]
        assert box.opted_out("a@example.com") == (7,)


def test_definitions(call: Call) -> None:
    """Ids are strings, archived types are there, translations only on request."""
    rows = call("GET", "/definitions", channel=None).json()["results"]
    assert [(row["id"], row["isActive"], "subscriptionTranslations" in row) for row in rows] == [
        ("7001", True, False),
        ("7002", True, False),
        ("7003", True, False),
        ("7004", True, False),
        ("7005", False, False),
    ]
    rows = call("GET", "/definitions", channel=None, includeTranslations="true").json()["results"]
    assert [(item["languageCode"], item["createdAt"]) for item in rows[3]["subscriptionTranslations"]] == [
        ("de", 1_767_607_200_000),
        ("fr", 0),
    ]


def test_links(call: Call) -> None:
    """A link for one type comes only when the type was named; different people have different links."""
    plain = call("POST", "/links/generate", {"subscriberIdString": "a@example.com"}).json()
    assert list(plain) == ["subscriberIdString", "managePreferencesUrl", "unsubscribeAllUrl"]
    body = {"subscriberIdString": "b@example.com", "subscriptionId": 7001, "language": "de"}
    full = call("POST", "/links/generate", body).json()
    assert "language=de" in full["unsubscribeSingleUrl"]
    assert "example.com/unsubscribe/" in full["unsubscribeSingleUrl"]
    assert full["managePreferencesUrl"].partition("?")[0] != plain["managePreferencesUrl"]
    assert category(call("POST", "/links/generate", {**body, "subscriptionId": 1})) == (400, "VALIDATION_ERROR")


def test_batch_reads(call: Call, version: str) -> None:
    """One row for each address, in order, duplicates once."""
    inputs = ["b@example.com", "opted-out@example.com", "B@example.com"]
    reply = call("POST", "/statuses/batch/read", {"inputs": inputs}, version=version)
    assert [(row["subscriberIdString"], len(row["statuses"])) for row in reply.json()["results"]] == [
        ("b@example.com", 5),
        ("opted-out@example.com", 5),
    ]
    reply = call("POST", "/statuses/batch/unsubscribe-all/read", {"inputs": inputs}, version=version)
    assert [(row["subscriberIdString"], len(row["wideStatuses"])) for row in reply.json()["results"]] == [
        ("b@example.com", 0),
        ("opted-out@example.com", 1),
    ]


def test_batch_reads_report_what_is_no_address(call: Call) -> None:
    """207, with an error that names it."""
    reply = call("POST", "/statuses/batch/read", {"inputs": ["a@example.com", "nobody"]})
    body = reply.json()
    assert (reply.status_code, body["numErrors"], len(body["results"])) == (207, 1, 1)
    assert body["errors"][0]["context"] == {"subscriberIdString": ["nobody"]}


def test_batch_write(call: Call) -> None:
    """In order, each seeing the one before; what cannot be set is reported with a 200."""
    reply = call(
        "POST",
        "/statuses/batch/write",
        {
            "inputs": [
                change("UNSUBSCRIBED", subscriberIdString="a@example.com"),
                change("SUBSCRIBED", subscriberIdString="A@example.com"),
                change("SUBSCRIBED", 1, subscriberIdString="c@example.com"),
                change("SUBSCRIBED", 7005, subscriberIdString="d@example.com"),
            ]
        },
        channel=None,
    )
    assert reply.status_code == 200
    assert reasons(reply) == ["REQUESTED_CHANGE_OCCURRED", "RESUBSCRIBE_OCCURRED"]
    assert [error["context"]["subscriberIdString"] for error in reply.json()["errors"]] == [
        ["c@example.com"],
        ["d@example.com"],
    ]


def test_batch_opt_out(box: Sandbox, call: Call) -> None:
    """Rows name who it was done for; with `verbose` also what was done."""
    inputs = {"inputs": ["a@example.com", "b@example.com"]}
    rows = call("POST", "/statuses/batch/unsubscribe-all", inputs).json()["results"]
    assert rows == [{"subscriberIdString": "a@example.com"}, {"subscriberIdString": "b@example.com"}]
    rows = call("POST", "/statuses/batch/unsubscribe-all", inputs, verbose="true").json()["results"]
    assert [len(row["statuses"]) for row in rows] == [5, 5]
    assert box.opted_out("b@example.com") == (PORTAL,)


def test_batches_have_a_largest_size(call: Call) -> None:
    """One more is refused as a whole."""
    inputs = [f"{number}@example.com" for number in range(101)]
    assert category(call("POST", "/statuses/batch/read", {"inputs": inputs})) == (400, "VALIDATION_ERROR")
    assert call("POST", "/statuses/batch/read", {"inputs": inputs[1:]}).status_code == 200


def test_data_privacy(call_to: Callable[[Sandbox], Call]) -> None:
    """With data privacy on a write needs a legal basis and an explanation, an opt-out neither."""
    with Sandbox(data_privacy=True) as box:
        call = call_to(box)
        basis: dict[str, Any] = {"legalBasis": "CONSENT_WITH_NOTICE"}
        path = "/statuses/a%40example.com"
        assert call("POST", path, change("SUBSCRIBED")).json()["errors"][0]["in"] == "legalBasis"
        reply = call("POST", path, change("SUBSCRIBED", **basis, legalBasisExplanation=" "))
        assert reply.json()["errors"][0]["in"] == "legalBasisExplanation"
        reply = call("POST", path, change("SUBSCRIBED", **basis, legalBasisExplanation="form"))
        assert reply.json()["results"][0]["legalBasisExplanation"] == "form"
        assert call("POST", path + "/unsubscribe-all").status_code == 200


@pytest.mark.parametrize("authorization", [None, "", "demo", "Bearer other", "Basic demo"])
def test_tokens(box: Sandbox, authorization: str | None) -> None:
    """Anything but the token is refused."""
    headers = {} if authorization is None else {"Authorization": authorization}
    reply = httpx.get(f"{box.url}/communication-preferences/v4/definitions", headers=headers)
    assert category(reply) == (401, "INVALID_AUTHENTICATION")
    assert reply.headers["x-hubspot-correlation-id"] == reply.json()["correlationId"]


def test_scopes(call_to: Callable[[Sandbox], Call]) -> None:
    """All of any one list of the contract is needed; the error names one that would do."""
    with Sandbox(scopes=["communication_preferences.read"]) as box:
        call = call_to(box)
        assert call("GET", "/definitions", channel=None).status_code == 200
        reply = call("POST", "/links/generate", {"subscriberIdString": "a@example.com"})
        assert category(reply) == (403, "MISSING_SCOPES")
        assert reply.json()["errors"][0]["context"]["requiredScopes"] == [
            "communication_preferences.read",
            "communication_preferences.write",
        ]


def test_batches_need_enterprise(call_to: Callable[[Sandbox], Call]) -> None:
    """Below it nobody can be granted the scopes."""
    with Sandbox(enterprise=False) as box:
        call = call_to(box)
        reply = call("POST", "/statuses/batch/read", {"inputs": ["a@example.com"]})
        assert category(reply) == (403, "MISSING_SCOPES")
        assert call("GET", "/statuses/a%40example.com").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", "/statuses/a%40example.com", None, "channel"),
        ("GET", "/statuses/a%40example.com?channel=SMS", None, "channel"),
        ("GET", "/statuses/a%40example.com?channel=EMAIL&businessUnitId=x", None, "businessUnitId"),
        (
            "GET",
            "/statuses/a%40example.com?channel=EMAIL&businessUnitId=99999999999999999999",
            None,
            "businessUnitId",
        ),
        ("GET", "/statuses/a%40example.com/unsubscribe-all?channel=EMAIL&verbose=yes", None, "verbose"),
        ("GET", "/statuses/nobody?channel=EMAIL", None, "subscriberIdString"),
        ("POST", "/statuses/a%40example.com", "", "body"),
        ("POST", "/statuses/a%40example.com", "{", "body"),
        ("POST", "/statuses/a%40example.com", "[" * 100_000, "body"),
        ("POST", "/statuses/a%40example.com", '{"channel": NaN}', "body"),
        ("POST", "/statuses/a%40example.com", '{"channel": "\\ud800"}', "body"),
        ("POST", "/statuses/a%40example.com", "[]", "body"),
        ("POST", "/statuses/a%40example.com", '{"statusState":"SUBSCRIBED","subscriptionId":7001}', "channel"),
        ("POST", "/statuses/a%40example.com", json.dumps(change("PAUSED")), "statusState"),
        ("POST", "/statuses/a%40example.com", json.dumps(change("SUBSCRIBED", 10**30)), "subscriptionId"),
        ("POST", "/statuses/a%40example.com", json.dumps(change("SUBSCRIBED", 1)), "subscriptionId"),
        ("POST", "/statuses/batch/read?channel=EMAIL", '{"inputs":[1]}', "inputs.0"),
    ],
)
def test_requests_that_do_not_fit(
    http: httpx.Client, method: str, path: str, body: str | None, field: str
) -> None:
    """400, with the field named."""
    reply = http.request(
        method,
        f"/communication-preferences/2026-03{path}",
        content=body,
        headers={"content-type": "application/json"},
    )
    assert category(reply) == (400, "VALIDATION_ERROR")
    assert field in [error["in"] for error in reply.json()["errors"]]


def test_bodies_are_json(http: httpx.Client) -> None:
    """Another content type is refused."""
    path = "/communication-preferences/2026-03/statuses/batch/read?channel=EMAIL"
    assert http.post(path, content="{}", headers={"content-type": "text/plain"}).status_code == 415


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/communication-preferences/2025-09/definitions", 404),
        ("GET", "/communication-preferences/v4/definitions/", 404),
        ("GET", "/communication-preferences/v4/statuses/?channel=EMAIL", 404),
        ("GET", "/communication-preferences/v4/statuses/%FF?channel=EMAIL", 400),
        ("DELETE", "/communication-preferences/v4/definitions", 405),
        ("GET", "/communication-preferences/v4/statuses/batch/read?channel=EMAIL", 405),
    ],
)
def test_paths_that_are_none(http: httpx.Client, method: str, path: str, status: int) -> None:
    """404, or 405 where the method is wrong, as JSON."""
    reply = http.request(method, path)
    assert (reply.status_code, reply.json()["status"]) == (status, "error")
    assert reply.headers["content-type"] == "application/json;charset=utf-8"
    assert reply.headers["date"].endswith(" GMT")


def test_lenient(call_to: Callable[[Sandbox], Call]) -> None:
    """Any text is an address and any number a subscription type."""
    with Sandbox(lenient=True) as box:
        call = call_to(box)
        reply = call("POST", "/statuses/anybody", change("SUBSCRIBED", 1234))
        assert reply.json()["results"][0]["subscriptionName"] == "Subscription 1234"
        assert states(call("GET", "/statuses/anybody", businessUnitId="0"))[1234] == "SUBSCRIBED"
        assert call("POST", "/statuses/batch/read", {"inputs": [""] * 200}).status_code == 200


def test_window_is_exact(call_to: Callable[[Sandbox], Call]) -> None:
    """So many requests within any interval, and the next one as soon as the first is out of it."""
    now = 1_000_000.0
    with Sandbox(rate_limit=(2, 10_000), clock=lambda: now) as box:
        call = call_to(box)

        def ask() -> tuple[int, str]:
            reply = call("GET", "/definitions", channel=None)
            return reply.status_code, reply.headers["x-hubspot-ratelimit-remaining"]

        assert [ask(), ask(), ask()] == [(200, "1"), (200, "0"), (429, "0")]
        now += 9.999
        assert ask() == (429, "0")
        now += 0.001
        assert [ask(), ask(), ask()] == [(200, "1"), (200, "0"), (429, "0")]
        reply = call("GET", "/definitions", channel=None)
        assert reply.json()["policyName"] == "TEN_SECONDLY_ROLLING"
        assert (reply.headers["x-hubspot-ratelimit-max"], "retry-after" in reply.headers) == ("2", False)


def test_daily_limit(call_to: Callable[[Sandbox], Call]) -> None:
    """It starts again at midnight."""
    now = 86_400.0 * 20_000 - 1
    with Sandbox(daily_limit=1, clock=lambda: now) as box:
        call = call_to(box)
        assert call("GET", "/definitions", channel=None).headers["x-hubspot-ratelimit-daily-remaining"] == "0"
        assert call("GET", "/definitions", channel=None).json()["policyName"] == "DAILY"
        now += 1
        assert call("GET", "/definitions", channel=None).status_code == 200


def test_seed_of_ones_own(call_to: Callable[[Sandbox], Call]) -> None:
    """A test may bring its own subscription types and states; the clock is its own as well."""
    seed = Seed(
        (Definition(5, "Mine", translations=(Translation("sv", "Min", ""),)),),
        (Status("a@example.com", 5, "SUBSCRIBED", "import", 0),),
        (OptOut("b@example.com", PORTAL, 0),),
    )
    with Sandbox(seed=seed, clock=lambda: 1.5) as box:
        call = call_to(box)
        assert states(call("GET", "/statuses/a%40example.com")) == {5: "SUBSCRIBED"}
        assert call("GET", "/definitions", channel=None).json()["startedAt"] == "1970-01-01T00:00:01.500Z"
        box.reset()
        assert box.opted_out("b@example.com") == (PORTAL,)


def test_empty_seed(call_to: Callable[[Sandbox], Call]) -> None:
    """Only what a new account has."""
    with Sandbox(seed="empty") as box:
        rows = call_to(box)("GET", "/definitions", channel=None).json()["results"]
        assert [(row["name"], row["isInternal"]) for row in rows] == [
            ("Marketing Information", False),
            ("Customer Service Communication", True),
            ("One to One", True),
        ]


def shape(value: Any) -> Any:
    """Keys and nulls in order, with the types of what else is there."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None if value is None else type(value).__name__


@pytest.mark.parametrize(
    ("recording", "method", "path", "body"),
    [
        ("v4-definitions", "GET", "/definitions", None),
        ("v4-statuses", "GET", "/statuses/opted-out%40example.com", None),
        ("v4-opt-outs", "GET", "/statuses/opted-out%40example.com/unsubscribe-all", None),
        ("v4-unsubscribe-all", "POST", "/statuses/a%40example.com/unsubscribe-all", None),
        ("v4-batch-read", "POST", "/statuses/batch/read", {"inputs": ["opted-out@example.com"]}),
        (
            "v4-batch-opt-outs",
            "POST",
            "/statuses/batch/unsubscribe-all/read",
            {"inputs": ["opted-out@example.com"]},
        ),
        (
            "v4-set-status-resubscribed",
            "POST",
            "/statuses/opted-out%40example.com",
            change("SUBSCRIBED", legalBasis="NON_GDPR", legalBasisExplanation="asked"),
        ),
        (
            "v4-batch-write",
            "POST",
            "/statuses/batch/write",
            {
                "inputs": [
                    change(
                        "SUBSCRIBED",
                        subscriberIdString="opted-out@example.com",
                        legalBasis="NON_GDPR",
                        legalBasisExplanation="asked",
                    )
                ]
            },
        ),
    ],
)
def test_replies_look_as_recorded(
    call: Call, reference: Path, recording: str, method: str, path: str, body: Any, version: str
) -> None:
    """The same keys in the same order, and null where null was recorded."""
    expected = json.loads((reference / "recorded" / f"{recording}.json").read_text())
    actual = call(method, path, body, version=version).json()
    assert json.dumps(shape(actual)) == json.dumps(shape(expected))
