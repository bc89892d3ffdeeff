"""Faults on demand: what the sandbox is told to do wrong, and to which requests.

A `Fault` is plain data. One value may name several things at once, and several faults may meet
in one request: all of their changes apply; the first that replaces the reply, or cuts the
connection, is the one that does so.

    Fault(status=429, policy="DAILY")                        one 429, then true replies again
    Fault(status=429, retry_after=1, times=3)                three of them (TEN_SECONDLY_ROLLING)
    Fault(status=502)                                        HTML, as every status from 500 up
    Fault(status=477, retry_after=3600)                      the account is being moved; 423: it is locked
    Fault(status=401, category="EXPIRED_AUTHENTICATION")     403 names the scopes the operation needs
    Fault(status=400, addresses=("bad@example.com",), times=None)   every request with this address
    Fault(status=307, headers={"location": "http://127.0.0.1:9/"})  a redirect
    Fault(body="")                                           also "[]", "null", "{"
    Fault(delay=0.5)                                         the true reply, late
    Fault(disconnect="before")                               "headers", "body": how far the reply gets
    Fault(status=502, carried_out=True)                      the write happened, the reply is lost
    Fault(errors="context", addresses=("a@example.com",))    not carried out for this one: 207, or 200 for writes
    Fault(rows="drop", addresses=("a@example.com",))         also "null", "malformed", "reverse", "repeat", "upper"
    Fault(fields={"status": "PAUSED", "extra": 1})           in every row; a new field or an unknown value
    Fault(without=("subscriptionId",), nested=True)          in the rows within the rows of a batch read
    Fault(envelope={"status": "PENDING", "numErrors": 1})
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from re import ASCII, IGNORECASE
from typing import Any, Literal, get_args

from attrs import define, evolve, field, fields_dict, frozen
from attrs.validators import (
    and_,
    deep_iterable,
    deep_mapping,
    ge,
    in_,
    instance_of,
    le,
    lt,
    matches_re,
    not_,
    optional,
)

from ..models import address_key
from . import responses
from .responses import HTML, JSON, TEN_SECONDLY_ROLLING, Reply
from .routes import Operation

Policy = Literal["SECONDLY", "TEN_SECONDLY_ROLLING", "DAILY"]
Rows = Literal["drop", "null", "malformed", "reverse", "repeat", "upper"]
Errors = Literal["context", "unmapped", "count"]
Disconnect = Literal["before", "headers", "body"]


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    """A tuple, also of a list from JSON. One text alone is a slip: it would be taken for its letters."""
    if isinstance(values, str):
        raise TypeError(f"a list of texts is needed, not the one text {values!r}")
    return tuple(values)


def _mapping(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(values)


_Check = Callable[[Any, Any, Any], Any]
_text: _Check = optional(instance_of(str))
_flag: _Check = instance_of(bool)
_count: _Check = and_(instance_of(int), not_(_flag), ge(0))
_count_or_none: _Check = optional(_count)
_seconds: _Check = and_(instance_of((int, float)), not_(_flag), ge(0), le(1e9))  # neither NaN nor infinity
_texts_only: _Check = deep_iterable(instance_of(str))
# What HTTP allows as a header. How long a reply is and how it is sent are the server's own business.
_headers: _Check = deep_mapping(
    key_validator=matches_re(r"(?!content-length$|transfer-encoding$)[!#$%&'*+.^`|~\w-]+", IGNORECASE | ASCII),
    value_validator=matches_re(r"([!-~\x80-\xff]([ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?"),
)


@frozen(kw_only=True)
class Fault:
    """What goes wrong, for which requests and how often."""

    # which requests
    operation: str | None = field(default=None, validator=_text)
    """The operationId, such as "get_statuses"; None: any."""
    version: str | None = field(default=None, validator=_text)
    addresses: tuple[str, ...] = field(default=(), converter=_texts, validator=_texts_only)
    """Only requests that name one of these, and in their replies only rows about these; (): any."""
    times: int | None = field(default=1, validator=_count_or_none)
    """How many requests; None: every one until it is taken back."""
    skip: int = field(default=0, validator=_count)
    """How many fitting requests are let through first."""

    # instead of the true reply
    status: int | None = field(default=None, validator=optional(and_(instance_of(int), ge(200), lt(600))))
    """An error with this status. Beside a change to the true reply: that reply, with this status."""
    body: str | None = field(default=None, validator=_text)
    """This text as the body, whatever it is."""
    category: str | None = field(default=None, validator=_text)
    policy: Policy = field(default=TEN_SECONDLY_ROLLING, validator=in_(get_args(Policy)))
    """Which limit a 429 names."""
    retry_after: float | None = field(default=None, validator=optional(_seconds))
    """The header of that name, in seconds; None: no such header."""
    headers: Mapping[str, str] = field(factory=dict, converter=_mapping, validator=_headers)
    """Headers of the reply, whichever it is; by lower-case name."""
    carried_out: bool = field(default=False, validator=_flag)
    """Whether the request takes effect although its reply is replaced or lost."""

    # around any reply
    delay: float = field(default=0.0, validator=_seconds)
    """Seconds before the reply; what was asked for is done before."""
    disconnect: Disconnect | None = field(default=None, validator=optional(in_(get_args(Disconnect))))
    """Cut the connection before anything is sent (without carrying the request out), after the headers, or
    in the middle of the body (both carried out)."""

    # changes to the true reply
    errors: Errors | None = field(default=None, validator=optional(in_(get_args(Errors))))
    """The addresses are not carried out and are reported: by name, as errors that name nobody, or as a number."""
    rows: Rows | None = field(default=None, validator=optional(in_(get_args(Rows))))
    """What becomes of the rows; "upper" spells their addresses in capitals."""
    subscription_id: int | None = field(default=None, validator=optional(and_(instance_of(int), not_(_flag))))
    """Of the rows about subscription types only those about this one."""
    fields: Mapping[str, Any] = field(factory=dict, converter=_mapping)
    """Fields set in the rows."""
    without: tuple[str, ...] = field(default=(), converter=_texts, validator=_texts_only)
    """Fields taken out of the rows."""
    nested: bool = field(default=False, validator=_flag)
    """Of a batch read: the rows within its rows, where `rows` and `without` mean the outer ones otherwise."""
    envelope: Mapping[str, Any] = field(factory=dict, converter=_mapping)
    """Fields set around the rows."""

    @classmethod
    def from_json(cls, data: object) -> "Fault":
        """The fault a JSON object stands for. Raises ValueError where it stands for none."""
        if not isinstance(data, dict):
            raise ValueError("a fault is a JSON object")  # noqa: TRY004  # about what was sent, not about a call
        if unknown := sorted(set(data) - set(fields_dict(cls))):
            raise ValueError(f"a fault has no {', '.join(unknown)}")
        try:
            return cls(**data)
        except (TypeError, ValueError) as wrong:
            raise ValueError(wrong.args[0]) from wrong  # attrs puts the validator's parts behind the message

    @property
    def changes(self) -> bool:
        """Whether it changes the true reply."""
        return bool(self.errors or self.rows or self.fields or self.without or self.envelope)

    @property
    def replaces(self) -> bool:
        """Whether it answers instead of the true reply."""
        return not self.changes and (self.status is not None or self.body is not None)

    @property
    def decides(self) -> bool:
        """Whether no other such fault may apply to the same request."""
        return self.replaces or self.disconnect is not None

    def concerns(self, operation: Operation, addresses: Iterable[str]) -> bool:
        """Whether a request is one that this fault is for."""
        if self.operation not in {None, operation.name} or self.version not in {None, operation.version}:
            return False
        return not self.addresses or any(map(self._about, addresses))

    def refused(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """The addresses of a request that are not carried out."""
        return tuple(filter(self._about, addresses)) if self.errors else ()

    def _about(self, address: str) -> bool:
        return not self.addresses or address_key(address) in map(address_key, self.addresses)

    def reply(self, operation: Operation) -> Reply:
        """The reply in place of the true one."""
        reply = self._reply(operation)
        if self.retry_after is None:
            return reply
        return evolve(reply, headers={"retry-after": str(self.retry_after).removesuffix(".0")})

    def _reply(self, operation: Operation) -> Reply:
        status = 200 if self.status is None else self.status
        if self.body is not None:
            return Reply(status, text=self.body, content_type=HTML if self.body.startswith("<") else JSON)
        if 300 <= status < 400:
            return Reply(status, text="")
        if status == 401:
            return responses.unauthorized(self.category or "INVALID_AUTHENTICATION")
        if status == 403 and self.category in {None, "MISSING_SCOPES"}:
            return responses.missing_scopes(next(iter(operation.scopes), ()))
        if status == 429:
            return responses.rate_limited(self.policy)
        if status >= 500 and self.category is None:
            return responses.page(status)
        category, message = _WORDS.get(status, ("ERROR", "The sandbox was told to answer so."))
        return responses.error(status, self.category or category, message)

    def change(self, reply: Reply, operation: Operation, refused: Collection[str]) -> Reply:
        """The true reply, changed."""
        if not self.changes or not isinstance(reply.payload, dict) or reply.status >= 300:
            return reply
        payload = dict(reply.payload)
        status = reply.status
        if self.errors and refused:
            payload["results"] = [row for row in _listed(payload.get("results")) if not self._names(row)]
            number = payload.get("numErrors")
            payload["numErrors"] = len(refused) + (number if isinstance(number, int) else 0)
            if self.errors != "count":
                status = 207 if "207" in operation.shows else 200
                payload["errors"] = _listed(payload.get("errors")) + [
                    responses.input_error(
                        "This one could not be carried out.", address if self.errors == "context" else None
                    )
                    for address in refused
                ]
        if isinstance(rows := payload.get("results"), list):
            payload["results"] = self._rows(rows, self.nested)
        elif "results" not in payload and self._meant(payload):  # links/generate has no rows: its reply is one
            payload = self._row(payload, None)
        payload.update(self.envelope)
        return evolve(reply, payload=payload, status=status if self.status is None else self.status)

    def _rows(self, rows: list[Any], nested: bool) -> list[Any]:
        first = next((row for row in rows if isinstance(row, dict)), {})
        inner = next((name for name in ("statuses", "wideStatuses") if isinstance(first.get(name), list)), None)
        if inner is not None and nested:
            return [
                {**row, inner: self._rows(_listed(row.get(inner)), nested=False)} if self._meant(row) else row
                for row in rows
            ]
        become = _ROWS[self.rows]
        rows = [new for row in rows for new in (become(self._row(row, inner)) if self._meant(row) else [row])]
        return rows[::-1] if self.rows == "reverse" else rows

    def _row(self, row: dict[str, Any], inner: str | None) -> dict[str, Any]:
        if inner is None:
            row = {**row, **self.fields}
        elif isinstance(
            states := row.get(inner), list
        ):  # `fields` speaks of states, which are the inner rows here
            row = {**row, inner: [{**state, **self.fields} if self._meant(state) else state for state in states]}
        return {name: value for name, value in row.items() if name not in self.without}

    def _names(self, row: Any) -> bool:
        return isinstance(row, dict) and self._about(str(row.get("subscriberIdString", "")))

    def _meant(self, row: Any) -> bool:
        return self._names(row) and (
            self.subscription_id is None or row.get("subscriptionId") in (None, self.subscription_id)
        )


_WORDS = {
    400: ("VALIDATION_ERROR", "The request is not valid."),
    404: ("OBJECT_NOT_FOUND", "There is no such thing."),
    409: ("CONFLICT", "Something else is going on with this."),
    423: ("LOCKED", "The account is locked for the moment."),
    477: ("MIGRATION_IN_PROGRESS", "The account is being moved to another place."),
}


def _listed(value: Any) -> list[Any]:
    """A list as it is, and nothing where another fault has put something else."""
    return value if isinstance(value, list) else []


def _in_capitals(row: Any) -> Any:
    if isinstance(row, list):
        return [_in_capitals(item) for item in row]
    if isinstance(row, dict):
        return {
            name: value.upper() if name == "subscriberIdString" and isinstance(value, str) else _in_capitals(value)
            for name, value in row.items()
        }
    return row


_ROWS: dict[Rows | None, Callable[[dict[str, Any]], list[Any]]] = {
    None: lambda row: [row],
    "drop": lambda _: [],
    "null": lambda _: [None],
    "malformed": lambda _: ["not a row"],
    "reverse": lambda row: [row],
    "repeat": lambda row: [row, row],
    "upper": lambda row: [_in_capitals(row)],
}


class Faults:
    """The faults in force, oldest first. Used by the server's thread and by tests at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter([armed.fault for armed in self._armed])

    def add(self, faults: Iterable[Fault]) -> "list[_Armed]":
        """Put faults in force; what comes back takes them out again."""
        fresh = [_Armed(fault, fault.times, fault.skip) for fault in faults]
        with self._lock:
            self._armed += [armed for armed in fresh if armed.left != 0]
        return fresh

    def remove(self, gone: "list[_Armed]") -> None:
        """Take these out of force, where they still are."""
        with self._lock:
            self._armed = [armed for armed in self._armed if armed not in gone]

    def clear(self) -> None:
        """Take all out of force."""
        with self._lock:
            self._armed = []

    def taken(self, operation: Operation, addresses: Collection[str]) -> tuple[Fault, ...]:
        """The faults that apply to a request; each is used up by one."""
        faults: list[Fault] = []
        with self._lock:
            for armed in self._armed:
                fault = armed.fault
                if fault.decides and any(other.decides for other in faults):
                    continue
                if not fault.concerns(operation, addresses):
                    continue
                if armed.skip:
                    armed.skip -= 1
                    continue
                faults.append(fault)
                if armed.left is not None:
                    armed.left -= 1
            self._armed = [armed for armed in self._armed if armed.left != 0]
        return tuple(faults)


@define(eq=False)
class _Armed:
    """A fault and how often it is still to happen."""

    fault: Fault
    left: int | None
    skip: int
