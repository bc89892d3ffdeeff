"""What a reply says, or which error it means: replies.py."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import (
    AccountLocked,
    APIError,
    BadRequest,
    Conflict,
    DailyLimitReached,
    Forbidden,
    NotFound,
    RateLimited,
    ServerError,
    Status,
    SubscriptionState,
    Unauthorized,
    UnreadableReply,
    replies,
)
from hubspot_preferences.versions import reading

property_test = settings(max_examples=100, deadline=None, derandomize=True)
TOKEN = "pat-na1-0123abcd-4567-89ef"
ADDRESS = "jane.doe@example.com"

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
error_fields = [
    "status",
    "message",
    "category",
    "errorType",
    "correlationId",
    "policyName",
    "context",
    "errors",
    "requiredScopes",
]
error_like = st.dictionaries(
    st.sampled_from(error_fields),
    anything
    | st.dictionaries(st.sampled_from(error_fields), anything, max_size=3)
    | st.lists(st.dictionaries(st.sampled_from(error_fields), anything, max_size=2), max_size=2)
    | st.lists(
        st.fixed_dictionaries({"context": st.fixed_dictionaries({"requiredScopes": anything})}), max_size=2
    ),
    max_size=6,
)
bodies = st.one_of(
    st.binary(max_size=60),
    anything.map(lambda value: json.dumps(value).encode()),
    error_like.map(lambda value: json.dumps(value).encode()),
)
dates = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.tuples(st.integers(), st.integers(min_value=-99, max_value=10**20), st.text(max_size=6)).map(
        lambda parts: f"Mon, {parts[0]} Nov {parts[1]} 08:49:37 {parts[2]}"
    ),
).map(lambda text: "".join(character for character in text if 32 < ord(character) < 127 or character == " "))


def reply(status: int, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
    """A reply with JSON, or with the bytes given; the request that led to it holds a token."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    request = httpx.Request(
        "GET", f"https://api.hubapi.com/{ADDRESS}", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    return httpx.Response(status, content=content, headers=headers, request=request)


# Success


@pytest.mark.parametrize("status", [{}, {"status": None}, {"status": "COMPLETE"}, {"status": "SUCCESS"}])
def test_a_reply_of_success_is_an_object(status: dict[str, Any]) -> None:
    """It is HubSpot's last word where its status says so, or says nothing."""
    given = {**status, "results": []}
    assert given == replies.body(reply(200, given), (200,))
    assert given == replies.body(reply(200, b"\xef\xbb\xbf" + json.dumps(given).encode()), (200,))


@pytest.mark.parametrize(("status", "declared"), [(202, (200, 207)), (207, (200,)), (299, ())])
def test_what_the_contract_does_not_declare_is_no_answer(status: int, declared: tuple[int, ...]) -> None:
    """However fine the body; a write takes any success, for its rows are its confirmation."""
    given = reply(status, {"results": []})
    with pytest.raises(UnreadableReply) as caught:
        replies.body(given, declared)
    assert f"HTTP {status} is no answer that the contract declares" == str(caught.value)
    assert given is caught.value.response
    assert {"results": []} == replies.body(given, replies.ANY_SUCCESS)


@pytest.mark.parametrize(
    "body",
    [
        b'{"status": "PENDING", "status": "COMPLETE", "results": []}',
        b'{"status": "COMPLETE", "status": "COMPLETE", "results": []}',
        b'{"results": [{"a": 1}], "results": []}',
        b'{"results": [{"a": 1, "a": 2}]}',
        b'{"results": [{"status": 1, "st\\u0061tus": 2}]}',
        b'{"results": [{"status" : 1, "status":2}]}',
        b'{"results": [{"\\"a\\":": 1, "b": {"c": [{"d": 1, "d": 1}]}}]}',
        '{"results": [{"ü": 1, "\\u00fc": 2}]}'.encode(),
    ],
)
def test_what_is_said_twice_is_doubt(body: bytes) -> None:
    """Which of two values holds? However the keys are spelled, and however deep they are."""
    given = reply(200, body)
    with pytest.raises(UnreadableReply) as caught:
        replies.body(given, (200,))
    assert "the reply says something twice: an object of it has a key two times" == str(caught.value)
    assert given is caught.value.response


@pytest.mark.parametrize(
    "body", [b'{"results": [{"a": "a"}, {"a": "\\"a\\":"}], "a": {"a": 1}}', b'{"a": {}, "A": {}, "a ": {}}']
)
def test_the_same_key_elsewhere_is_not_said_twice(body: bytes) -> None:
    """In another object, within a text, or another spelling of it."""
    assert json.loads(body) == replies.body(reply(200, body), (200,))


@pytest.mark.parametrize(
    "sign",
    [
        {"paging": {"next": {"after": "10"}}},
        {"paging": {"next": ""}},
        {"paging": []},
        {"links": {"next": "https://example.com"}},
        {"links": ["next"]},
        {"hasMore": True},
        {"hasMore": "false"},
        {"has-more": []},
        {"total": 2},
        {"total": -1},
        {"total": 1.0},
        {"total": True},
        {"total": "1"},
        {"total": {"value": 1}},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["results", "statuses", "wideStatuses"])
def test_a_sign_of_more_is_doubt(sign: dict[str, Any], name: str) -> None:
    """Another page, or a sign that is none, leaves open what was not sent, around rows as within one."""
    assert "there may be more than the reply holds" == replies.doubt({name: [{}], **sign})
    with pytest.raises(UnreadableReply, match="there may be more than the reply holds"):
        replies.body(reply(200, {name: [{}], **sign}), (200,))


@pytest.mark.parametrize(
    "sign",
    [
        {},
        {"paging": None, "links": None, "hasMore": None, "total": None},
        {"paging": {}, "links": {}},
        {"paging": {"next": None, "prev": {"before": "0"}}, "links": {"self": "https://example.com"}},
        {"hasMore": False, "has-more": False},
        {"total": 1},
        {"total": 0},
    ],
    ids=str,
)
def test_a_sign_of_the_end_is_none_of_more(sign: dict[str, Any]) -> None:
    """What says that this is all, or nothing about it; without rows there is nothing to be more than."""
    assert {"results": [{}], **sign} == replies.body(reply(200, {"results": [{}], **sign}), (200,))
    assert replies.doubt(sign | {"total": 0}) is None
    assert replies.doubt({**sign, "results": {}, "total": 1}) is not None


def test_all_rows_that_are_told_of_are_there() -> None:
    """By whichever name the list of them goes; what is no list has no rows."""
    for name in ("results", "statuses", "wideStatuses"):
        assert replies.doubt({"results": None, name: [{}, {}], "total": 2}) is None


@pytest.mark.parametrize("sign", [{"category": "VALIDATION_ERROR"}, {"errorType": "RATE_LIMIT"}, {"category": ""}])
def test_an_error_under_a_status_of_success_is_one(sign: dict[str, Any]) -> None:
    """What HubSpot puts into errors only."""
    with pytest.raises(UnreadableReply, match="the reply of success is an error"):
        replies.body(reply(200, {"results": [], **sign}), (200,))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the HTTP 207 reply is not JSON"),
        (b"{", "the HTTP 207 reply is not JSON"),
        (b"\xff", "the HTTP 207 reply is not JSON"),
        (b"[" * 100_000, "the HTTP 207 reply is not JSON"),
        (b"[]", "the HTTP 207 reply is not a JSON object"),
        (b"null", "the HTTP 207 reply is not a JSON object"),
        ({"status": "PENDING"}, "HubSpot may not have finished: the reply's status is PENDING"),
        ({"status": ""}, "HubSpot may not have finished: the reply's status is "),
        ({"status": 0}, "HubSpot may not have finished: the reply's status is int"),
        ({"status": "X" * 50}, "HubSpot may not have finished: the reply's status is " + "X" * 40),
        ({"status": ADDRESS}, "HubSpot may not have finished: the reply's status is <redacted>"),
        ('{"results": []}'.encode("utf-16"), "the HTTP 207 reply is not JSON"),
    ],
)
def test_a_reply_that_is_not_the_last_word_raises(body: Any, message: str) -> None:
    """Something else than an object of JSON, or a status that does not say it is done; the reply goes along."""
    given = reply(207, body)
    with pytest.raises(UnreadableReply) as caught:
        replies.body(given, (200, 207))
    assert message == str(caught.value)
    assert given is caught.value.response


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({}, 0),
        ({"numErrors": 0, "errors": []}, 0),
        ({"numErrors": None, "errors": None}, 0),
        ({"numErrors": 3}, 3),
        ({"errors": [{}, {}]}, 2),
        ({"numErrors": 1, "errors": [{}, {}]}, 2),
        ({"numErrors": 3, "errors": [{}, None]}, 3),
    ],
)
def test_errors_of_success_are_counted_by_whatever_says_more(body: dict[str, Any], count: int) -> None:
    """By number or by list."""
    assert count == replies.error_count(body)
    assert replies.doubt(body) is None


NO_COUNTS: list[Any] = [-1, "0", "3", "", 0.0, 2.5, True, False, {}, {"a": 1}]


@pytest.mark.parametrize("errors", [*NO_COUNTS, 0, 1], ids=repr)
@pytest.mark.parametrize("count", [*NO_COUNTS, []], ids=repr)
def test_errors_that_cannot_be_counted_are_doubt(count: Any, errors: Any) -> None:
    """Less than none, a text or a truth: how many there are, and so whose, nobody knows."""
    words = "the errors that the reply reports cannot be counted"
    assert [words] * 3 == [
        replies.doubt(body)
        for body in ({"numErrors": count}, {"errors": errors}, {"numErrors": count, "errors": [{}, {}]})
    ]


WIRE: Any = object()


def read(wire: object, row: object) -> Status:
    """A row that is an address."""
    assert wire is WIRE
    if not isinstance(row, str):
        raise reading.Unreadable("row: no text")
    return Status(row, 7, SubscriptionState.SUBSCRIBED)


def test_rows_are_read_in_order() -> None:
    """Each by the function for it."""
    about = replies.rows_about(ADDRESS, reply(200, {"results": [ADDRESS, ADDRESS.upper()]}), read, WIRE, (200,))
    assert [ADDRESS, ADDRESS.upper()] == [row.email for row in about]
    given = reply(200, {"status": "COMPLETE", "numErrors": 0, "results": ["b", "a"]})
    assert ["b", "a"] == [row.email for row in replies.rows(given, read, WIRE, (200,))]
    assert () == replies.rows(reply(200, {"results": []}), read, WIRE, (200,))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"status": "PENDING", "results": []}, "HubSpot may not have finished: the reply's status is PENDING"),
        ({"numErrors": 2, "results": []}, "HubSpot reports 2 error(s) in a reply of success"),
        ({"results": {}}, "the reply has no list of results"),
        ({}, "the reply has no list of results"),
        ({"results": [ADDRESS, 5]}, "a row cannot be read: row: no text"),
        ({"results": [ADDRESS, "joe@example.com"]}, "HubSpot answered about another address"),
    ],
)
def test_one_bad_row_spoils_the_reply(body: Any, message: str) -> None:
    """Whoever asked about one person gets all rows or none; the reply goes along."""
    given = reply(200, body)
    with pytest.raises(UnreadableReply) as caught:
        replies.rows_about(ADDRESS, given, read, WIRE, (200,))
    assert message == str(caught.value)
    assert given is caught.value.response


# Anything else


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (300, APIError),
        (302, APIError),
        (400, BadRequest),
        (401, Unauthorized),
        (402, APIError),
        (403, Forbidden),
        (404, NotFound),
        (405, APIError),
        (409, Conflict),
        (418, APIError),
        (422, BadRequest),
        (423, AccountLocked),
        (429, RateLimited),
        (477, AccountLocked),
        (500, ServerError),
        (502, ServerError),
        (521, ServerError),
        (599, ServerError),
    ],
)
def test_each_status_has_its_exception(status: int, kind: type[APIError]) -> None:
    """The status decides, whatever the body says."""
    for body in (None, {"category": "NO_SUCH"}, b"<html>"):
        error = replies.error_of(reply(status, body))
        assert (kind, status) == (type(error), error.status)


@pytest.mark.parametrize(
    ("kind", "uncertain"),
    [(500, True), (503, True), (400, False), (401, False), (404, False), (423, False), (429, False), (302, False)],
)
def test_only_a_server_error_leaves_doubt(kind: int, uncertain: bool) -> None:
    """After a 5xx the request may have been carried out; after a refusal it was not."""
    assert uncertain is replies.error_of(reply(kind)).uncertain


@pytest.mark.parametrize(
    ("status", "policy", "kind"),
    [
        (429, "DAILY", DailyLimitReached),
        (429, "SECONDLY", RateLimited),
        (429, "TEN_SECONDLY_ROLLING", RateLimited),
        (429, None, RateLimited),
        (400, "DAILY", BadRequest),
    ],
)
def test_the_daily_limit_is_an_error_of_its_own(status: int, policy: str | None, kind: type[APIError]) -> None:
    """A 429 of the daily policy is told apart: waiting does not help."""
    error = replies.error_of(reply(status, {"policyName": policy}))
    assert (kind, policy) == (type(error), error.policy)


def test_everything_a_reply_says_is_kept() -> None:
    """Category, words, correlation id and the reply itself are there for who handles the error."""
    body = {"status": "error", "message": "No.", "category": "VALIDATION_ERROR", "correlationId": "abc"}
    given = reply(400, body, {"retry-after": "3"})
    error = replies.error_of(given)
    assert ("VALIDATION_ERROR", "No.", "abc", 3.0, (), None) == (
        error.category,
        error.message,
        error.correlation_id,
        error.retry_after,
        error.missing_scopes,
        error.policy,
    )
    assert given is error.response
    assert "HTTP 400 VALIDATION_ERROR: No. (retry after 3 s) [correlation id abc]" == str(error)
    assert "<BadRequest: HTTP 400 VALIDATION_ERROR: No. (retry after 3 s) [correlation id abc]>" == repr(error)


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ({"errorType": "RATE_LIMIT"}, {}, ("RATE_LIMIT", None)),
        ({"errorType": "RATE_LIMIT", "category": "RATE_LIMITS"}, {}, ("RATE_LIMITS", None)),
        ({}, {"X-HubSpot-Correlation-Id": "from-header"}, (None, "from-header")),
        ({"correlationId": "from-body"}, {"X-HubSpot-Correlation-Id": "from-header"}, (None, "from-body")),
        ({"correlationId": None, "category": 5}, {"X-HubSpot-Correlation-Id": "h"}, (None, "h")),
    ],
)
def test_what_stands_elsewhere_is_found(
    body: dict[str, Any], headers: dict[str, str], expected: tuple[str | None, str | None]
) -> None:
    """A 429 calls its category otherwise; the correlation id may be a header only."""
    error = replies.error_of(reply(429, body, headers))
    assert expected == (error.category, error.correlation_id)


@pytest.mark.parametrize(
    ("content", "content_type", "message"),
    [
        (b"<html>502</html>", "text/html; charset=utf-8", "the reply is not a JSON object (text/html)"),
        (b"<html>502</html>", None, "the reply is not a JSON object"),
        (b"[]", "application/json", "the reply is not a JSON object (application/json)"),
        (b"\xff\xfe\xfa", None, "the reply is not a JSON object"),
        (b"[" * 100_000, None, "the reply is not a JSON object"),
        (b"", "text/html", None),
        (b"{}", "application/json", None),
        (b'{"message": 5}', None, None),
    ],
)
def test_a_body_may_be_anything(content: bytes, content_type: str | None, message: str | None) -> None:
    """HTML from the edge, half a reply, nothing: the error says what came instead of words."""
    headers = {"content-type": content_type} if content_type else None
    assert message == replies.error_of(reply(502, content, headers)).message


@pytest.mark.parametrize("status", [300, 302, 399])
def test_a_redirect_is_named(status: int) -> None:
    """A redirect is an error that says why it is not followed."""
    error = replies.error_of(reply(status, {"message": "moved"}, {"location": "https://example.com"}))
    words = "HubSpot answered with a redirect, which is not followed: it could take the token elsewhere"
    assert f"HTTP {status}: {words}" == str(error)


def test_what_is_empty_is_absent() -> None:
    """Empty texts say nothing."""
    error = replies.error_of(reply(429, dict.fromkeys(("message", "category", "correlationId", "policyName"), "")))
    assert (None, None, None, None) == (error.message, error.category, error.correlation_id, error.policy)


def test_a_token_in_words_is_cut() -> None:
    """A reply that repeats the token it was sent does not spread it."""
    message = replies.error_of(reply(401, {"message": f"{TOKEN} has expired"})).message
    assert message is not None
    assert message.endswith(" has expired")
    assert TOKEN not in message


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"category": TOKEN}, {}),
        ({"errorType": TOKEN}, {}),
        ({"policyName": TOKEN}, {}),
        ({"correlationId": TOKEN}, {}),
        ({"context": {"requiredScopes": [TOKEN]}}, {}),
        ({}, {"x-hubspot-correlation-id": TOKEN}),
        (b"<html>", {"content-type": f"text/{TOKEN}"}),
    ],
)
def test_a_token_anywhere_in_an_error_is_cut(body: Any, headers: dict[str, str]) -> None:
    """Whichever part of the reply repeats it."""
    error = replies.error_of(reply(403, body, headers))
    texts = [error.category, error.policy, error.correlation_id, error.message, *error.missing_scopes]
    assert [] == [text for text in texts if text and TOKEN in text]
    assert any(texts)


@pytest.mark.parametrize(
    "body",
    [
        {"results": [], "category": "X"},
        {"results": [], "hasMore": True},
        {"results": [{"status": TOKEN}]},
    ],
)
def test_a_doubtful_reply_is_shown(body: Any) -> None:
    """Whoever looks for the reason finds the reply in the error."""
    given = reply(200, body)
    with pytest.raises(UnreadableReply) as caught:
        replies.body(given, (200,))
    assert caught.value.response is given


def test_a_success_that_repeats_its_token_is_doubt() -> None:
    """No value, and so no repr of one, holds the token: nothing is read from such a reply."""
    given = reply(200, {"results": [{"status": TOKEN}]})
    with pytest.raises(UnreadableReply) as caught:
        replies.body(given, (200,))
    assert "the reply repeats the token that it was asked with" == str(caught.value)


def test_a_date_is_told_by_the_replys_own_clock() -> None:
    """Retry-After as a date counts from the reply's Date."""
    headers = {"retry-after": "Mon, 05 Jan 2026 10:00:30 GMT", "date": "Mon, 05 Jan 2026 10:00:00 GMT"}
    assert 30.0 == replies.error_of(reply(429, {}, headers)).retry_after


@pytest.mark.parametrize(
    ("status", "body", "scopes"),
    [
        (403, {"errors": [{"context": {"requiredScopes": ["a", "b"]}}]}, ("a", "b")),
        (
            403,
            {"context": {"requiredScopes": ["a"]}, "errors": [{"context": {"requiredScopes": ["b", "a"]}}]},
            ("a", "b"),
        ),
        (403, {"errors": [{"context": {"requiredScopes": ["a", 5, None]}}, "x", {"context": None}]}, ("a",)),
        (403, {"errors": {"context": {"requiredScopes": ["a"]}}}, ()),
        (403, {"context": {"requiredScopes": 5}}, ()),
        (403, {"context": {"requiredScopes": "contacts"}}, ()),
        (403, {"context": ["requiredScopes"]}, ()),
        (403, {}, ()),
        (400, {"errors": [{"context": {"requiredScopes": ["a"]}}]}, ()),
    ],
)
def test_a_403_names_the_scopes(status: int, body: dict[str, Any], scopes: tuple[str, ...]) -> None:
    """Every scope that the error or one of its details names, once."""
    assert scopes == replies.error_of(reply(status, body)).missing_scopes


@pytest.mark.parametrize(
    ("value", "now", "expected"),
    [
        (None, "", None),
        ("", "", None),
        ("7", "", 7.0),
        ("0", "", 0.0),
        ("2.5", "", 2.5),
        ("-1", "", None),
        ("nan", "", None),
        ("inf", "", None),
        ("1e999", "", None),
        ("soon", "", None),
        ("Mon, 05 Jan 2026 10:00:30 GMT", "Mon, 05 Jan 2026 10:00:00 GMT", 30.0),
        ("Mon, 05 Jan 2026 09:59:59 GMT", "Mon, 05 Jan 2026 10:00:00 GMT", None),
        ("Mon, 05 Jan 2026 10:00:30 GMT", "", None),
        ("Mon, 05 Jan 2026 10:00:30 GMT", "today", None),
        ("Mon, 05 Jan 2026 10:00:30 GMT", "Mon, 05 Jan 2026 10:00:00 -0000", None),
        ("Mon, 05 Jan 99999999999 10:00:30 GMT", "Mon, 05 Jan 2026 10:00:00 GMT", None),
        ("Mon, 05 Jan 2026 10:00:30 +99999999999999999", "Mon, 05 Jan 2026 10:00:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str | None, now: str, expected: float | None) -> None:
    """Seconds as they are, a date against the reply's own clock, and nothing for nonsense or the past."""
    assert expected == replies.seconds(value, now)


@property_test
@given(st.integers(min_value=300, max_value=999), bodies, dates, dates)
def test_no_reply_breaks_the_error(status: int, content: bytes, retry_after: str, date: str) -> None:
    """Whatever came back, there is an exception for it that can be printed."""
    error = replies.error_of(reply(status, content, {"retry-after": retry_after, "date": date}))
    assert str(error).startswith(f"HTTP {status}")
    assert repr(error) == f"<{type(error).__name__}: {error}>"
    assert all(isinstance(scope, str) for scope in error.missing_scopes)


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("error-400-v3-already-subscribed-1.json", 400, (BadRequest, "VALIDATION_ERROR", None, ())),
        ("error-401-expired-1.json", 401, (Unauthorized, "EXPIRED_AUTHENTICATION", None, ())),
        ("error-403-missing-scopes-1.json", 403, (Forbidden, "MISSING_SCOPES", None, ("contacts",))),
        ("error-429-secondly-1.json", 429, (RateLimited, "RATE_LIMIT", "SECONDLY", ())),
    ],
)
def test_recorded_errors_are_understood(
    reference: Any, name: str, status: int, expected: tuple[type[APIError], str, str | None, tuple[str, ...]]
) -> None:
    """Error bodies that HubSpot really sent are read in full."""
    content = (reference / "recorded" / name).read_bytes()
    error = replies.error_of(reply(status, content))
    body = json.loads(content)
    assert expected == (type(error), error.category, error.policy, error.missing_scopes)
    assert (body["message"], body["correlationId"]) == (error.message, error.correlation_id)
