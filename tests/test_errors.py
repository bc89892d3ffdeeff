"""The exceptions: errors.py."""

import copy
import inspect
import json
import pickle
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

import hubspot_preferences
from hubspot_preferences import (
    BatchFailed,
    BatchResult,
    InvalidArgument,
    Outcome,
    OutcomeState,
    PreferencesError,
    TimedOut,
    TransportError,
    UnknownSubscription,
    UnreadableReply,
    UnsupportedInVersion,
    WouldResubscribe,
    errors,
    outcomes,
    privacy,
    replies,
)

TOKEN = "pat-na1-0123abcd-4567-89ef"
ADDRESS = "jane.doe@example.com"


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
    rooms = {module.__name__: vars(module) for module in (errors, outcomes)}
    defined = {
        name
        for room, names in rooms.items()
        for name, value in names.items()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__ == room
    }
    assert {"APIError", "BatchFailed", "EndOfSupportWarning"} < defined
    assert set() == defined - set(hubspot_preferences.__all__)


@pytest.mark.parametrize(
    ("kind", "builtin"), [(InvalidArgument, ValueError), (TimedOut, TimeoutError), (PreferencesError, Exception)]
)
def test_what_python_has_a_name_for_is_that_too(kind: type[Exception], builtin: type[Exception]) -> None:
    """A timeout is a TimeoutError, a wrong argument a ValueError."""
    assert issubclass(kind, builtin)


def personal(message: str) -> list[PreferencesError]:
    """One exception of every kind that quotes HubSpot."""
    body = {
        "message": message,
        "category": message,
        "correlationId": message,
        "policyName": message,
        "errors": [{"context": {"requiredScopes": [message]}}],
    }
    return [replies.error_of(reply(status, body)) for status in (400, 401, 403, 404, 409, 423, 429, 500)]


@pytest.mark.parametrize("secret", [ADDRESS, ADDRESS.replace("@", "%40"), TOKEN])
def test_no_error_shows_an_address_or_a_token(secret: str) -> None:
    """Neither str nor repr holds them, wherever HubSpot's reply has them."""
    for error in personal(f"No: {secret}!"):
        assert secret not in str(error) + repr(error)
        assert "<redacted>" in str(error)


# Taken elsewhere


def batch_failure() -> BatchFailed:
    """What raise_for_failures raises."""
    error = replies.error_of(reply(429, {"policyName": "SECONDLY"}, {"retry-after": "1"}))
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
    replies.error_of(reply(403, {"errors": [{"context": {"requiredScopes": ["a"]}}], "category": "C"})),
    replies.error_of(reply(429, {"policyName": "DAILY", "message": "M"}, {"retry-after": "5"})),
    replies.error_of(reply(500)),
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


@pytest.mark.parametrize(
    "place", ["message", "category", "errorType", "correlationId", "policyName", "scope", "header", "content-type"]
)
@pytest.mark.parametrize("token", ["CJ3h+oauth/token==", TOKEN])
def test_wherever_a_reply_repeats_a_token_no_error_keeps_it(place: str, token: str) -> None:
    """Neither in its words nor in its fields, nor once it was pickled and has no reply to compare with."""
    request = httpx.Request("GET", "https://api.hubapi.com/", headers={"authorization": f"Bearer {token}"})
    for spelled in (token, quote_plus(token).replace("-", "%2D")):
        body: Any = {
            place: spelled,
            "errors": [{"context": {"requiredScopes": [spelled]}}] if place == "scope" else [],
        }
        headers = {"x-hubspot-correlation-id": spelled} if place == "header" else {}
        given = httpx.Response(403, json=body, headers=headers, request=request)
        if place == "content-type":
            given = httpx.Response(403, text="No.", headers={place: spelled}, request=request)
        error = replies.error_of(given)
        kept = {**error.__dict__, "response": None}
        for told in (str(error), repr(kept), str(pickle.loads(pickle.dumps(error)))):  # noqa: S301  # our own bytes
            assert spelled not in told
            assert "<redacted>" in told


def test_an_unreadable_reply_shows_nobody() -> None:
    """Whatever its message was made of, neither an address nor the token is in it."""
    token = "CJ3h+oauth/token=="
    request = httpx.Request("GET", "https://api.hubapi.com/", headers={"authorization": f"Bearer {token}"})
    error = UnreadableReply(f"jane@example.com is {token}", httpx.Response(200, request=request))
    assert "<redacted> is <redacted>" == str(error) == str(pickle.loads(pickle.dumps(error)))  # noqa: S301


def test_a_token_that_a_reply_repeats_is_left_out() -> None:
    """OAuth tokens have no form of their own: the one that was sent is known, and so is the word before it."""
    token = "CJ3h+oauth/token=="
    request = httpx.Request("GET", "https://api.hubapi.com/", headers={"authorization": f"Bearer {token}"})
    body = {"message": f"{token} has expired", "category": "EXPIRED_AUTHENTICATION"}
    error = replies.error_of(httpx.Response(401, json=body, request=request))
    assert "<redacted> has expired" == error.message
    for elsewhere in ({"category": token}, {"correlationId": token}):
        assert token not in str(replies.error_of(httpx.Response(403, json=elsewhere, request=request)))
    assert "sent Bearer <redacted> twice" == privacy.redact(f"sent Bearer {token} twice")
