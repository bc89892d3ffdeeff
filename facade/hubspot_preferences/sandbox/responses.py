"""What the sandbox answers: results in their envelope, and errors in the shapes of HubSpot's."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from attrs import field, frozen

from .choices import ERROR_CONTEXT_KEY
from .routes import Flaw

JSON = "application/json;charset=utf-8"
HTML = "text/html; charset=utf-8"

SECONDLY = "SECONDLY"
TEN_SECONDLY_ROLLING = "TEN_SECONDLY_ROLLING"
DAILY = "DAILY"

_PAGE = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>Error {0}</h1></body></html>\n"


@frozen
class Reply:
    """One answer: `payload` is sent as JSON unless `text` is there to be sent as it is."""

    status: int
    payload: Any = None
    text: str | None = None
    content_type: str = JSON
    headers: Mapping[str, str] = field(factory=dict)

    def encoded(self) -> bytes:
        """The body as bytes."""
        if self.text is not None:
            return self.text.encode()
        return json.dumps(self.payload, ensure_ascii=False, separators=(",", ":")).encode()


def envelope(results: list[Any], started: str, completed: str, errors: Iterable[Any] = ()) -> dict[str, Any]:
    """Results as every operation but one answers. Recorded: no errors, no numErrors unless there are any.

    [source: envelope-status]
    """
    payload: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": started,
        "completedAt": completed,
    }
    if errors := list(errors):
        payload |= {"numErrors": len(errors), "errors": errors}
    return payload


def input_error(message: str, address: str | None = None) -> dict[str, Any]:
    """One error of a batch, in the fields HubSpot declares as required; its context names the address, if any."""
    return {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": message,
        "context": {} if address is None else {ERROR_CONTEXT_KEY: [address]},
        "errors": [],
        "links": {},
    }


def error(status: int, category: str, message: str, **more: Any) -> Reply:
    """An error reply; further fields by name."""
    return Reply(
        status,
        {
            "status": "error",
            "message": message,
            "correlationId": str(uuid4()),
            "category": category,
            **more,
        },
    )


def invalid(flaws: Iterable[Flaw]) -> Reply:
    """400: something in the request is missing or wrong."""
    listed = list(flaws)
    return error(
        400,
        "VALIDATION_ERROR",
        "The request is not valid: " + "; ".join(f"{flaw.name} {flaw.message}" for flaw in listed),
        errors=[{"message": f"{flaw.name} {flaw.message}", "in": flaw.name} for flaw in listed],
    )


def unauthorized(category: str = "INVALID_AUTHENTICATION") -> Reply:
    """401: no token, a wrong one, or (EXPIRED_AUTHENTICATION) an old one."""
    if category == "EXPIRED_AUTHENTICATION":
        return error(
            401,
            category,
            "The access token has expired.",
            context={"expire time": ["2026-01-05T09:00:00.000Z"]},
        )
    return error(401, category, "The access token is missing or not known here.")


def missing_scopes(scopes: Iterable[str]) -> Reply:
    """403: the token was not granted what the operation asks for."""
    return error(
        403,
        "MISSING_SCOPES",
        "The token lacks scopes this call needs.",
        errors=[
            {"message": "One or more of these scopes are needed.", "context": {"requiredScopes": sorted(scopes)}}
        ],
        links={"scopes": "https://developers.hubspot.com/scopes"},
    )


def rate_limited(policy: str) -> Reply:
    """429: recorded with `errorType` and `policyName`, and without a category [source: rate-limit-replies]."""
    return Reply(
        429,
        {
            "status": "error",
            "message": f"The {policy} limit is reached.",
            "errorType": "RATE_LIMIT",
            "correlationId": str(uuid4()),
            "policyName": policy,
            "requestId": str(uuid4()),
        },
    )


def page(status: int) -> Reply:
    """What a proxy in front of HubSpot answers by itself: HTML."""
    return Reply(status, text=_PAGE.format(status), content_type=HTML)
