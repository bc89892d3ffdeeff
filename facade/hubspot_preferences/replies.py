"""Reply → value or error: what each HTTP reply of HubSpot's says, without I/O."""

from collections.abc import Callable, Container, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from . import errors
from .errors import APIError, UnreadableReply
from .models import Status, WideStatus, address_key
from .privacy import redact, repeats_token, token_of, without_token
from .versions import reading

if TYPE_CHECKING:
    from json import JSONDecoder

    from httpx import Response

    from .versions.wire import Wire

T = TypeVar("T")
R = TypeVar("R", Status, WideStatus)

# COMPLETE is recorded, SUCCESS stands in documentation samples, and it may be left out [source: envelope-status].
# With anything else the work may not be done, and what the reply lists not be all there is.
FINISHED = ("COMPLETE", "SUCCESS")

ANY_SUCCESS: Final = range(200, 300)  # of a write
REPEATED: Final = "hubspot_preferences.repeated"  # the name of a reply's extension

# 423 and 477: [source: locked]. What a 429 says: [source: rate-limit-replies].
_BY_STATUS: Mapping[int, type[APIError]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    422: errors.BadRequest,
    423: errors.AccountLocked,
    429: errors.RateLimited,
    477: errors.AccountLocked,
}

# 2xx: the values in it


def repeated(reply: "Response") -> bool:
    """Whether an earlier try may have been carried out: what that one changed is not in this reply."""
    return bool(reply.extensions.get(REPEATED))


def body(reply: "Response", declared: Container[int]) -> dict[str, Any]:
    """The JSON object of a 2xx reply, if it is HubSpot's last word and says everything. Raises UnreadableReply.

    declared: the statuses that are an answer. A read has those of its contract; a write may have any, as
    its rows confirm it or do not.
    """
    if reply.status_code not in declared:
        raise UnreadableReply(f"HTTP {reply.status_code} is no answer that the contract declares", reply)
    if repeats_token(reply):
        raise UnreadableReply("the reply repeats the token that it was asked with", reply)
    parsed = _json_object(reply)
    status = parsed.get("status")
    if status is not None and status not in FINISHED:
        shown = redact(status)[:40] if isinstance(status, str) else type(status).__name__
        raise UnreadableReply(f"HubSpot may not have finished: the reply's status is {shown}", reply)
    if parsed.get("category") is not None or parsed.get("errorType") is not None:
        raise UnreadableReply("the reply of success is an error", reply)
    if why := doubt(parsed):
        raise UnreadableReply(why, reply)
    return parsed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise KeyError
    return fields


@cache
def _decoder() -> "JSONDecoder":
    """Costs a tenth of what reading the rows does; counting keys in the bytes costs no less, and finds fewer."""
    from json import JSONDecoder  # httpx has it already; without a client nobody waits for it

    return JSONDecoder(object_pairs_hook=_unique)


def _json_object(reply: "Response") -> dict[str, Any]:
    try:
        parsed = _decoder().decode(reply.content.decode("utf-8-sig"))
    except KeyError:
        raise UnreadableReply(
            "the reply says something twice: an object of it has a key two times", reply
        ) from None
    except (ValueError, RecursionError):
        raise UnreadableReply(f"the HTTP {reply.status_code} reply is not JSON", reply) from None
    if not isinstance(parsed, dict):
        raise UnreadableReply(f"the HTTP {reply.status_code} reply is not a JSON object", reply)
    return parsed


def doubt(fields: Mapping[str, Any]) -> str | None:
    """What leaves open whether an object with rows holds all of them, if anything does."""
    more = "there may be more than the reply holds"
    for name in ("paging", "links"):
        pages = fields.get(name)
        if pages is not None and (not isinstance(pages, dict) or pages.get("next") is not None):
            return more
    if any(fields.get(name) not in (None, False) for name in ("hasMore", "has-more")):
        return more
    total, count, listed = fields.get("total"), fields.get("numErrors"), fields.get("errors")
    rows = next((rows for name in _ROWS if isinstance(rows := fields.get(name), list)), ())
    if total is not None and not (type(total) is int and 0 <= total <= len(rows)):
        return more
    if not isinstance(listed, list | None) or not (count is None or (type(count) is int and count >= 0)):
        return "the errors that the reply reports cannot be counted"
    return None


_ROWS: Final = ("results", "statuses", "wideStatuses")


def error_count(fields: Mapping[str, Any]) -> int:
    """How many errors a reply without doubt reports, by count or list, whichever says more."""
    return max(fields.get("numErrors") or 0, len(fields.get("errors") or ()))


def rows(
    reply: "Response", read: "Callable[[Wire, object], T]", wire: "Wire", declared: Container[int]
) -> tuple[T, ...]:
    """All rows of a 2xx reply to a single call. Raises UnreadableReply: one bad row spoils the reply."""
    envelope = body(reply, declared)
    if count := error_count(envelope):
        raise UnreadableReply(f"HubSpot reports {count} error(s) in a reply of success", reply)
    results = envelope.get("results")
    if not isinstance(results, list):
        raise UnreadableReply("the reply has no list of results", reply)
    try:
        return tuple(read(wire, row) for row in results)
    except reading.Unreadable as error:
        raise UnreadableReply(f"a row cannot be read: {error}", reply) from None


def rows_about(
    email: str, reply: "Response", read: "Callable[[Wire, object], R]", wire: "Wire", declared: Container[int]
) -> tuple[R, ...]:
    """The same for one subscriber; a row about somebody else spoils the reply."""
    about = rows(reply, read, wire, declared)
    if any(address_key(row.email) != address_key(email) for row in about):
        raise UnreadableReply("HubSpot answered about another address", reply)
    return about


# Anything else: the error it means


def error_of(reply: "Response") -> APIError:
    """The exception a reply means. Never fails: any field may be missing, the body may be HTML."""
    status, headers = reply.status_code, reply.headers
    try:
        parsed = reply.json()
    except (ValueError, RecursionError):
        parsed = None
    fields = parsed if isinstance(parsed, dict) else {}
    token = token_of(reply)
    policy = words(fields.get("policyName"), token)
    error_class = _BY_STATUS.get(status, errors.ServerError if status >= 500 else APIError)
    if status == 429 and policy == "DAILY":
        error_class = errors.DailyLimitReached
    message = words(fields.get("message"), token)
    if 300 <= status < 400:
        message = "HubSpot answered with a redirect, which is not followed: it could take the token elsewhere"
    elif reply.content and not isinstance(parsed, dict):
        named_type = words(headers.get("content-type", "").partition(";")[0].strip(), token)
        message = "the reply is not a JSON object" + (f" ({named_type})" if named_type else "")
    scopes = required_scopes(fields) if status == 403 else ()
    return error_class(
        status,
        category=words(fields.get("category"), token) or words(fields.get("errorType"), token),
        message=message,
        correlation_id=words(fields.get("correlationId"), token)
        or words(headers.get("x-hubspot-correlation-id"), token),
        missing_scopes=tuple(without_token(scope, token) for scope in scopes),
        retry_after=seconds(headers.get("retry-after"), headers.get("date")),
        policy=policy,
        response=reply,
    )


def required_scopes(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The scopes that the fields of an error name in its context or in those of its details."""
    details = fields.get("errors")
    scopes: dict[str, None] = {}
    for part in (fields, *(details if isinstance(details, list) else ())):
        context = part.get("context") if isinstance(part, dict) else None
        names = context.get("requiredScopes") if isinstance(context, dict) else None
        if isinstance(names, list):
            scopes.update(dict.fromkeys(name for name in names if isinstance(name, str)))
    return tuple(scopes)


def seconds(value: str | None, now: str | None = None) -> float | None:
    """A Retry-After header in seconds: a number, or an HTTP date against the reply's own Date header."""
    if not value:
        return None
    try:
        wait = float(value)
    except ValueError:
        from email.utils import parsedate_to_datetime  # rarely needed, slow to import

        try:
            wait = (parsedate_to_datetime(value) - parsedate_to_datetime(now or "")).total_seconds()
        except (IndexError, OverflowError, TypeError, ValueError):
            return None
    return wait if 0 <= wait < float("inf") else None


def words(value: object, token: str) -> str | None:
    """What a reply says in words, the token left out; None where it is empty, or no text."""
    return without_token(value, token) if isinstance(value, str) and value else None
