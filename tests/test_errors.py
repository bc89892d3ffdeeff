"""The exceptions, and which reply means which: errors.py."""

import copy
import inspect
import json
import pickle
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hubspot_preferences
from hubspot_preferences import (
    AccountLocked,
    APIError,
    BadRequest,
    BatchFailed,
    BatchResult,
    Conflict,
    DailyLimitReached,
    Forbidden,
    InvalidArgument,
    NotFound,
    Outcome,
    OutcomeState,
    PreferencesError,
    RateLimited,
    ServerError,
    TimedOut,
    TransportError,
    Unauthorized,
    UnknownSubscription,
    UnreadableReply,
    UnsupportedInVersion,
    WouldResubscribe,
    errors,
    privacy,
)

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
    request = httpx.Request("GET", f"https://api.hubapi.com/{ADDRESS}", headers={"Authorization": TOKEN})
    return httpx.Response(status, content=content, headers=headers, request=request)


# The tree


def test_the_tree_is_the_one_in_the_docstring() -> None:
    """The docstring draws every exception below the one it comes from."""
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        name = line.strip(" ├└│─").split(" ")[0]
        if not inspect.isclass(getattr(errors, name, None)):
            continue
        depth = (len(line) - len(line.lstrip(" ├└│─"))) // 4 - 1
        above[depth:] = [name]
        if depth:
            drawn[name] = above[depth - 1]
    there = {
        name: kind.__bases__[0].__name__
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, PreferencesError) and kind is not PreferencesError
    }
    assert there == drawn


def test_every_exception_is_public() -> None:
    """What may be raised can be imported from the package."""
    assert set(errors.__all__) == {name for name in errors.__all__ if name in hubspot_preferences.__all__}


@pytest.mark.parametrize(
    ("kind", "builtin"), [(InvalidArgument, ValueError), (TimedOut, TimeoutError), (PreferencesError, Exception)]
)
def test_what_python_has_a_name_for_is_that_too(kind: type[Exception], builtin: type[Exception]) -> None:
    """A timeout is a TimeoutError, a wrong argument a ValueError."""
    assert issubclass(kind, builtin)


# From replies


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
        error = errors.from_response(reply(status, body))
        assert (kind, status) == (type(error), error.status)


@pytest.mark.parametrize(
    ("kind", "uncertain"),
    [(500, True), (503, True), (400, False), (401, False), (404, False), (423, False), (429, False), (302, False)],
)
def test_only_a_server_error_leaves_doubt(kind: int, uncertain: bool) -> None:
    """After a 5xx the request may have been carried out; after a refusal it was not."""
    assert uncertain is errors.from_response(reply(kind)).uncertain


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
    error = errors.from_response(reply(status, {"policyName": policy}))
    assert (kind, policy) == (type(error), error.policy)


def test_everything_a_reply_says_is_kept() -> None:
    """Category, words, correlation id and the reply itself are there for who handles the error."""
    body = {"status": "error", "message": "No.", "category": "VALIDATION_ERROR", "correlationId": "abc"}
    given = reply(400, body, {"retry-after": "3"})
    error = errors.from_response(given)
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
    error = errors.from_response(reply(429, body, headers))
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
    assert message == errors.from_response(reply(502, content, headers)).message


def test_a_redirect_is_named() -> None:
    """A redirect is an error that says why it is not followed."""
    error = errors.from_response(reply(302, {"message": "moved"}, {"location": "https://example.com"}))
    assert (
        "HTTP 302: HubSpot answered with a redirect, which is not followed: it could take the token elsewhere"
    ) == str(error)


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
    assert scopes == errors.from_response(reply(status, body)).missing_scopes


@pytest.mark.parametrize(
    ("value", "now", "expected"),
    [
        (None, None, None),
        ("", None, None),
        ("7", None, 7.0),
        ("0", None, 0.0),
        ("2.5", None, 2.5),
        ("-1", None, None),
        ("nan", None, None),
        ("inf", None, None),
        ("1e999", None, None),
        ("soon", None, None),
        ("Mon, 05 Jan 2026 10:00:30 GMT", "Mon, 05 Jan 2026 10:00:00 GMT", 30.0),
        ("Mon, 05 Jan 2026 09:59:59 GMT", "Mon, 05 Jan 2026 10:00:00 GMT", None),
        ("Mon, 05 Jan 2026 10:00:30 GMT", None, None),
        ("Mon, 05 Jan 2026 10:00:30 GMT", "today", None),
        ("Mon, 05 Jan 2026 10:00:30 GMT", "Mon, 05 Jan 2026 10:00:00 -0000", None),
        ("Mon, 05 Jan 99999999999 10:00:30 GMT", "Mon, 05 Jan 2026 10:00:00 GMT", None),
        ("Mon, 05 Jan 2026 10:00:30 +99999999999999999", "Mon, 05 Jan 2026 10:00:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str | None, now: str | None, expected: float | None) -> None:
    """Seconds as they are, a date against the reply's own clock, and nothing for nonsense or the past."""
    assert expected == errors.seconds(value, now)


@property_test
@given(st.integers(min_value=300, max_value=999), bodies, dates, dates)
def test_no_reply_breaks_the_error(status: int, content: bytes, retry_after: str, date: str) -> None:
    """Whatever came back, there is an exception for it that can be printed."""
    error = errors.from_response(reply(status, content, {"retry-after": retry_after, "date": date}))
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
    error = errors.from_response(reply(status, content))
    body = json.loads(content)
    assert expected == (type(error), error.category, error.policy, error.missing_scopes)
    assert (body["message"], body["correlationId"]) == (error.message, error.correlation_id)


# What is not told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jane@example.com is unsubscribed", "<redacted> is unsubscribed"),
        ("<jane@example.com>", "<<redacted>>"),
        ("'jane@example.com'", "'<redacted>'"),
        ("o'brien@example.com", "<redacted>"),
        ('"jane doe"@example.com', "<redacted>"),
        ("email=jane+news@example.com&x=1", "email=<redacted>&x=1"),
        ("GET /statuses/jane%40example.com/unsubscribe-all", "GET /statuses/<redacted>/unsubscribe-all"),
        ("jürgen@bücher.example, joe@example.com.", "<redacted>, <redacted>"),
        ("a@b@example.com", "<redacted>"),
        (f"token {TOKEN} expired", "token <redacted> expired"),
        (f"token {TOKEN.upper()}!", "token <redacted>!"),
        ("subscription 58687837 is unknown", "subscription 58687837 is unknown"),
        ("pat-1 on the back", "pat-1 on the back"),
        ("", ""),
    ],
)
def test_addresses_and_tokens_are_left_out(text: str, expected: str) -> None:
    """What looks like an address or a token goes; the rest of the text stays."""
    assert expected == privacy.redact(text)


@property_test
@given(
    st.text(max_size=12),
    st.text(min_size=1, max_size=12),
    st.sampled_from(["@", "%40"]),
    st.text(min_size=1, max_size=12),
    st.text(max_size=12),
)
def test_no_address_survives(before: str, local: str, at: str, domain: str, after: str) -> None:
    """Wherever an @ stands, plain or encoded, it is gone with what belongs to it."""
    told = privacy.redact(f"{before}{local}{at}{domain}{after}")
    assert "@" not in told
    assert "%40" not in told


@property_test
@given(
    st.from_regex(r"\A[a-z0-9._+-]{1,12}@[a-z0-9-]{1,8}\.[a-z]{2,4}\Z"),
    st.sampled_from(["", " ", "'", '"', "(", "<", ": ", "/", "=", ", "]),
    st.sampled_from(["", " ", "'", '"', ")", ">", ": ", "/", "?x", "&", ", "]),
)
def test_nothing_of_an_ordinary_address_survives(address: str, before: str, after: str) -> None:
    """Neither the name nor the domain of an address is left, and what stands around it is."""
    assert f"{before}<redacted>{after}" == privacy.redact(f"{before}{address}{after}")


@pytest.mark.parametrize("piece", ["a", "a'", '"', 'a"', "%4", "pat-", "@ ", "@", "'"])
def test_a_long_text_is_redacted_in_a_moment(piece: str) -> None:
    """A megabyte without an address takes no quadratic time (that would be hours)."""
    text = piece * (1_000_000 // len(piece))
    assert "@" not in privacy.redact(text)


def personal(message: str) -> list[PreferencesError]:
    """One exception of every kind that quotes HubSpot."""
    body = {
        "message": message,
        "category": message,
        "correlationId": message,
        "policyName": message,
        "errors": [{"context": {"requiredScopes": [message]}}],
    }
    return [errors.from_response(reply(status, body)) for status in (400, 401, 403, 404, 409, 423, 429, 500)]


@pytest.mark.parametrize("secret", [ADDRESS, ADDRESS.replace("@", "%40"), TOKEN])
def test_no_error_shows_an_address_or_a_token(secret: str) -> None:
    """Neither str nor repr holds them, wherever HubSpot's reply has them."""
    for error in personal(f"No: {secret}!"):
        assert secret not in str(error) + repr(error)
        assert "<redacted>" in str(error)


# Taken elsewhere


def batch_failure() -> BatchFailed:
    """What raise_for_failures raises."""
    error = errors.from_response(reply(429, {"policyName": "SECONDLY"}, {"retry-after": "1"}))
    result: BatchResult[str, None] = BatchResult([Outcome("a@example.com", OutcomeState.FAILED, None, error)])
    with pytest.raises(BatchFailed) as caught:
        result.raise_for_failures()
    return caught.value


EXCEPTIONS: list[PreferencesError] = [
    PreferencesError("words"),
    InvalidArgument("email: is empty"),
    UnsupportedInVersion("words"),
    UnknownSubscription("words"),
    WouldResubscribe("words"),
    TransportError("words"),
    TransportError("words", uncertain=False, passing=False),
    TimedOut("words", uncertain=False),
    UnreadableReply("words", reply(200, b"{}")),
    errors.from_response(reply(403, {"errors": [{"context": {"requiredScopes": ["a"]}}], "category": "C"})),
    errors.from_response(reply(429, {"policyName": "DAILY", "message": "M"}, {"retry-after": "5"})),
    errors.from_response(reply(500)),
    batch_failure(),
]


def state(error: BaseException) -> dict[str, Any]:
    """What an exception holds, but the reply; errors within as what they hold."""
    shown = {name: value for name, value in vars(error).items() if name != "response"}
    if isinstance(error, PreferencesError):
        shown["uncertain"] = error.uncertain
    if isinstance(error, BatchFailed):
        shown["result"] = [(one.input, one.state, state(one.error)) for one in error.result if one.error]
    return {"type": type(error), "args": error.args[:1], "str": str(error), **shown}


def carried(error: PreferencesError) -> PreferencesError:
    """The exception as another process gets it."""
    taken = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert isinstance(taken, PreferencesError)
    return taken


@pytest.mark.parametrize("error", EXCEPTIONS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("carry", [carried, copy.copy, copy.deepcopy])
def test_an_exception_can_be_taken_elsewhere(error: PreferencesError, carry: Any) -> None:
    """Exceptions cross process borders whole, save for the reply: its request holds the token."""
    taken = carry(error)
    assert state(error) == state(taken)
    assert getattr(taken, "response", None) is None
    assert TOKEN.encode() not in pickle.dumps(error)


@pytest.mark.parametrize("error", EXCEPTIONS, ids=lambda error: type(error).__name__)
def test_doubt_is_taken_along(error: PreferencesError) -> None:
    """Whether a request may have been carried out is not lost on the way."""
    changed = copy.copy(error)
    changed.uncertain = not error.uncertain
    assert changed.uncertain is carried(changed).uncertain


def test_a_token_that_a_reply_repeats_is_left_out() -> None:
    """OAuth tokens have no form of their own: the one that was sent is known, and so is the word before it."""
    token = "CJ3h+oauth/token=="
    request = httpx.Request("GET", "https://api.hubapi.com/", headers={"authorization": f"Bearer {token}"})
    body = {"message": f"{token} has expired", "category": "EXPIRED_AUTHENTICATION"}
    error = errors.from_response(httpx.Response(401, json=body, request=request))
    assert "<redacted> has expired" == error.message
    for elsewhere in ({"category": token}, {"correlationId": token}):
        assert token not in str(errors.from_response(httpx.Response(403, json=elsewhere, request=request)))
    assert "sent Bearer <redacted> twice" == privacy.redact(f"sent Bearer {token} twice")
