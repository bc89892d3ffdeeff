"""What can go wrong, as a tree of exceptions, and which reply means which.

    PreferencesError
    ├── InvalidArgument (also ValueError)   never left this process
    ├── UnsupportedInVersion                the operation is missing in the chosen API version
    ├── UnknownSubscription                 no, or more than one, subscription type has that name
    ├── WouldResubscribe                    this would undo an opt-out
    ├── TransportError                      no reply: refused, dropped, cut off
    │   └── TimedOut (also TimeoutError)
    ├── APIError                            a reply other than 2xx
    │   ├── BadRequest                      400, 422
    │   ├── Unauthorized                    401
    │   ├── Forbidden                       403
    │   ├── NotFound                        404
    │   ├── Conflict                        409
    │   ├── AccountLocked                   423, 477 (the account is being moved)
    │   ├── RateLimited                     429
    │   │   └── DailyLimitReached
    │   └── ServerError                     5xx
    ├── UnreadableReply                     a 2xx reply that does not say what it has to
    └── BatchFailed                         raise_for_failures() found failed or unknown inputs

and what is warned of, not raised:

    EndOfSupportWarning (a FutureWarning)   the API version in use will soon not be supported, or is not

No message shows a token or an address: HubSpot's own words are kept in `message`, and in `str()`
anything that looks like an address is left out.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .privacy import redact, without_token

if TYPE_CHECKING:
    from httpx import Response

    from .batch import BatchResult

__all__ = [
    "APIError",
    "AccountLocked",
    "BadRequest",
    "BatchFailed",
    "Conflict",
    "DailyLimitReached",
    "EndOfSupportWarning",
    "Forbidden",
    "InvalidArgument",
    "NotFound",
    "PreferencesError",
    "RateLimited",
    "ServerError",
    "TimedOut",
    "TransportError",
    "Unauthorized",
    "UnknownSubscription",
    "UnreadableReply",
    "UnsupportedInVersion",
    "WouldResubscribe",
]


class EndOfSupportWarning(FutureWarning):
    """HubSpot's support of the API version in use ends within 90 days, or has ended: move to a newer one."""


class PreferencesError(Exception):
    """Everything this library raises on purpose.

    `uncertain` is True where the request may have been carried out all the same: no reply came, or
    none that tells, in the last try or an earlier one.
    """

    uncertain: bool = False


class InvalidArgument(PreferencesError, ValueError):
    """An argument that cannot be sent; nothing left the process. The message starts with its name."""


class UnsupportedInVersion(PreferencesError):
    """The chosen API version lacks the operation; the message names the versions that have it."""


class UnknownSubscription(PreferencesError):
    """No subscription type has that name, or more than one has; the message lists the candidates."""


class WouldResubscribe(PreferencesError):
    """Subscribing would undo an opt-out, or might. Nothing was changed, unless the message says otherwise."""


class TransportError(PreferencesError):
    """No reply arrived. `passing` tells whether trying again may help."""

    def __init__(self, message: str, *, uncertain: bool = True, passing: bool = True) -> None:
        super().__init__(message)
        self.uncertain = uncertain
        self.passing = passing

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, self.__dict__


class TimedOut(TransportError, TimeoutError):
    """No reply arrived in time."""


class UnreadableReply(PreferencesError):
    """A reply that does not say what a consent decision needs. `response` is the reply, where there is one."""

    uncertain = True

    def __init__(self, message: str, response: "Response | None" = None) -> None:
        super().__init__(message)
        self.response = response

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, {**self.__dict__, "response": None}  # it holds the token


class BatchFailed(PreferencesError):
    """Some inputs of a batch failed or are unknown; `result` holds every outcome."""

    def __init__(self, message: str, result: "BatchResult[Any, Any]") -> None:
        super().__init__(message)
        self.result = result

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self.args, self.result), self.__dict__


class APIError(PreferencesError):
    """HubSpot answered with something other than success.

    `status` is the HTTP status (an int: HubSpot uses some that have no name), `category` HubSpot's
    error category (part of its contract), `message` HubSpot's own words (not part of it, and they may
    hold addresses), `correlation_id` what HubSpot's support asks for, `missing_scopes` what a 403
    names, `retry_after` seconds to wait (where the reply says so), `policy` the rate-limit policy of a
    429, and `response` the HTTP reply.
    """

    def __init__(
        self,
        status: int,
        *,
        category: str | None = None,
        message: str | None = None,
        correlation_id: str | None = None,
        missing_scopes: tuple[str, ...] = (),
        retry_after: float | None = None,
        policy: str | None = None,
        response: "Response | None" = None,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.category = category
        self.message = message
        self.correlation_id = correlation_id
        self.missing_scopes = missing_scopes
        self.retry_after = retry_after
        self.policy = policy
        self.response = response

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status,), {**self.__dict__, "response": None}  # it holds the token

    def __str__(self) -> str:
        parts = [f"HTTP {self.status}"]
        if self.category:
            parts.append(redact(self.category))
        if self.policy:
            parts.append(f"policy {redact(self.policy)}")
        text = " ".join(parts)
        if self.message:
            text += f": {redact(self.message)}"
        if self.missing_scopes:
            text += f" (missing scopes: {redact(', '.join(self.missing_scopes))})"
        if self.retry_after is not None:
            text += f" (retry after {self.retry_after:g} s)"
        if self.correlation_id:
            text += f" [correlation id {redact(self.correlation_id)}]"
        return without_token(text, self.response)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"


class BadRequest(APIError):
    """400 or 422: HubSpot refuses what was sent."""


class Unauthorized(APIError):
    """401: the token is missing, wrong or expired."""


class Forbidden(APIError):
    """403: the token lacks scopes, or the account lacks the product; see `missing_scopes`."""


class NotFound(APIError):
    """404: no such thing."""


class Conflict(APIError):
    """409: the request conflicts with another one."""


class AccountLocked(APIError):
    """423 or 477: the account is locked for a moment, or being moved to another data centre."""


class RateLimited(APIError):
    """429: too many requests; `policy` says which limit, `retry_after` for how long."""


class DailyLimitReached(RateLimited):
    """429 with policy DAILY: nothing goes until midnight in the account's time zone. Never retried."""


class ServerError(APIError):
    """5xx: HubSpot, or the edge in front of it, failed."""

    uncertain = True


_BY_STATUS: Mapping[int, type[APIError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: BadRequest,
    423: AccountLocked,
    429: RateLimited,
    477: AccountLocked,
}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _mappings(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def required_scopes(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The scopes that an error names in its context or in those of its details."""
    found: dict[str, None] = {}
    for part in (body, *_mappings(body.get("errors"))):
        context = part.get("context")
        names = context.get("requiredScopes") if isinstance(context, dict) else None
        if isinstance(names, list):
            found.update(dict.fromkeys(name for name in names if isinstance(name, str)))
    return tuple(found)


def seconds(value: str | None, now: str | None = None) -> float | None:
    """A Retry-After header in seconds: a number, or an HTTP date against the reply's own Date header."""
    if not value:
        return None
    try:
        found = float(value)
    except ValueError:
        from email.utils import parsedate_to_datetime  # rarely needed, slow to import

        try:
            found = (parsedate_to_datetime(value) - parsedate_to_datetime(now or "")).total_seconds()
        except (IndexError, OverflowError, TypeError, ValueError):
            return None
    return found if 0 <= found < float("inf") else None


def from_response(response: "Response") -> APIError:
    """The exception a reply means. Never fails: any field may be missing, the body may be HTML."""
    status, headers = response.status_code, response.headers
    try:
        found = json.loads(response.content)
    except (ValueError, RecursionError):
        found = None
    body = found if isinstance(found, dict) else {}
    policy = _text(body.get("policyName"))
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else APIError)
    if status == 429 and policy == "DAILY":
        kind = DailyLimitReached
    message = _text(body.get("message"))
    if message:
        message = without_token(message, response)
    if 300 <= status < 400:
        message = "HubSpot answered with a redirect, which is not followed: it could take the token elsewhere"
    elif response.content and not isinstance(found, dict):
        message = "the reply is not a JSON object" + _named_type(headers.get("content-type"))
    return kind(
        status,
        category=_text(body.get("category")) or _text(body.get("errorType")),
        message=message,
        correlation_id=_text(body.get("correlationId")) or _text(headers.get("x-hubspot-correlation-id")),
        missing_scopes=required_scopes(body) if status == 403 else (),
        retry_after=seconds(headers.get("retry-after"), headers.get("date")),
        policy=policy,
        response=response,
    )


def _named_type(content_type: str | None) -> str:
    return f" ({content_type.partition(';')[0].strip()})" if content_type else ""
