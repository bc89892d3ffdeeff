"""What can go wrong, as a tree of exceptions.

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

from typing import TYPE_CHECKING, Any

from .privacy import redact, token_of, without_token

if TYPE_CHECKING:
    from httpx import Response


class EndOfSupportWarning(FutureWarning):
    """HubSpot's support of the API version in use ends within 90 days, or has ended: move to a newer one."""


class PreferencesError(Exception):
    """Everything this library raises on purpose.

    `uncertain` is True where the request may have been carried out all the same: no reply came, or
    none that tells, in the last try or an earlier one.
    """

    uncertain: bool = False

    def to_dict(self) -> dict[str, Any]:
        """What it says, without addresses, ready for JSON."""
        return {"type": type(self).__name__, "message": str(self), "uncertain": self.uncertain}


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
        super().__init__(without_token(redact(message), token_of(response)))
        self.response = response
        if response is not None and (renew := response.extensions.get("renew")):
            renew()  # the connections that it came over may be out of step

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, {**self.__dict__, "response": None}  # it holds the token


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
            parts.append(self.category)
        if self.policy:
            parts.append(f"policy {self.policy}")
        text = " ".join(parts)
        if self.message:
            text += f": {self.message}"
        if self.missing_scopes:
            text += f" (missing scopes: {', '.join(self.missing_scopes)})"
        if self.retry_after is not None:
            text += f" (retry after {self.retry_after:g} s)"
        if self.correlation_id:
            text += f" [correlation id {self.correlation_id}]"
        return redact(text)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def to_dict(self) -> dict[str, Any]:
        """What it says, without addresses, ready for JSON."""
        known = ("category", "correlation_id", "policy")
        texts = {name: text and redact(text) for name in known for text in [getattr(self, name)]}
        return {**super().to_dict(), "status": self.status, **texts, "retry_after": self.retry_after}


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


def likeness(error: PreferencesError | None) -> tuple[object, ...] | None:
    """What two errors have in common that say the same, one of them being a copy of the other, say."""
    return None if error is None else (type(error), str(error), error.uncertain)


def shown(error: BaseException) -> str:
    """Any error in words: ours in its own, another under its name; no address."""
    text = redact(str(error))
    return text if isinstance(error, PreferencesError) else f"{type(error).__name__}: {text}".removesuffix(": ")
