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
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from attrs import Attribute, evolve, field, fields_dict, frozen
from attrs.validators import in_, instance_of, optional

from ..models import address_key
from . import responses
from .choices import ERROR_CONTEXT_KEY
from .responses import DAILY, HTML, JSON, SECONDLY, TEN_SECONDLY_ROLLING, Reply
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


def _not_negative(_: object, attribute: "Attribute[Any]", value: float | None) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
        raise ValueError(f"{attribute.name} must be a number from 0 up")


def _count(_: object, attribute: "Attribute[Any]", value: int | None) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise ValueError(f"{attribute.name} must be a whole number from 0 up")


def _http_status(_: object, __: object, value: int | None) -> None:
    if value is not None and (not isinstance(value, int) or not 200 <= value < 600):
        raise ValueError("status must be a number from 200 to 599")


_text = optional(instance_of(str))


@frozen(kw_only=True)
class Fault:
    """What goes wrong, for which requests and how often."""

    # which requests
    operation: str | None = field(default=None, validator=_text)
    """The operationId, such as "get_statuses"; None: any."""
    version: str | None = field(default=None, validator=_text)
    addresses: tuple[str, ...] = field(default=(), converter=_texts)
    """Only requests that name one of these, and in their replies only rows about these; (): any."""
    times: int | None = field(default=1, validator=_count)
    """How many requests; None: every one until it is taken back."""
    skip: int = field(default=0, validator=_count)
    """How many fitting requests are let through first."""

    # instead of the true reply
    status: int | None = field(default=None, validator=_http_status)
    """An error with this status. Beside a change to the true reply: that reply, with this status."""
    body: str | None = field(default=None, validator=_text)
    """This text as the body, whatever it is."""
    category: str | None = field(default=None, validator=_text)
    policy: Policy = field(default=TEN_SECONDLY_ROLLING, validator=in_((SECONDLY, TEN_SECONDLY_ROLLING, DAILY)))
    """Which limit a 429 names."""
    retry_after: float | None = field(default=None, validator=_not_negative)
    """The header of that name, in seconds; None: no such header."""
    headers: Mapping[str, str] = field(factory=dict, converter=_mapping)
    """Headers of the reply, whichever it is; by lower-case name."""
    carried_out: bool = field(default=False, validator=instance_of(bool))
    """Whether the request takes effect although its reply is replaced or lost."""

    # around any reply
    delay: float = field(default=0.0, validator=_not_negative)
    """Seconds before the reply; what was asked for is done before."""
    disconnect: Disconnect | None = field(default=None, validator=optional(in_(("before", "headers", "body"))))
    """Cut the connection before anything is sent (without carrying the request out), after the headers, or
    in the middle of the body (both carried out)."""

    # changes to the true reply
    errors: Errors | None = field(default=None, validator=optional(in_(("context", "unmapped", "count"))))
    """The addresses are not carried out and are reported: by name, as errors that name nobody, or as a number."""
    rows: Rows | None = field(
        default=None, validator=optional(in_(("drop", "null", "malformed", "reverse", "repeat", "upper")))
    )
    """What becomes of the rows; "upper" spells their addresses in capitals."""
    subscription_id: int | None = field(default=None, validator=optional(instance_of(int)))
    """Of the rows about subscription types only those about this one."""
    fields: Mapping[str, Any] = field(factory=dict, converter=_mapping)
    """Fields set in the rows."""
    without: tuple[str, ...] = field(default=(), converter=_texts)
    """Fields taken out of the rows."""
    nested: bool = field(default=False, validator=instance_of(bool))
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
        except TypeError as wrong:
            raise ValueError(str(wrong)) from wrong

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
        mine = {address_key(address) for address in self.addresses}
        return not mine or any(address_key(address) in mine for address in addresses)

    def refused(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """The addresses of a request that are not carried out."""
        if not self.errors:
            return ()
        mine = {address_key(address) for address in self.addresses}
        return tuple(address for address in addresses if not mine or address_key(address) in mine)

    def reply(self, operation: Operation) -> Reply:
        """The reply in place of the true one."""
        reply = self._reply(operation)
        if self.retry_after is None:
            return reply
        whole = int(self.retry_after)
        seconds = str(whole if whole == self.retry_after else self.retry_after)
        return evolve(reply, headers={"retry-after": seconds})

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

    def change(self, reply: Reply, operation: Operation, refused: Iterable[str]) -> Reply:
        """The true reply, changed."""
        if not self.changes or not isinstance(reply.payload, dict) or reply.status >= 300:
            return reply
        payload = dict(reply.payload)
        status = reply.status
        if self.errors and (refused := list(refused)):
            payload = _with_errors(payload, self.errors, refused)
            status = 207 if "207" in operation.shows and self.errors != "count" else 200
        if "results" in payload:
            payload["results"] = self._rows(payload["results"], self.nested)
        elif self._meant(payload):  # links/generate has no rows: its reply is one
            payload = self._fields(payload)
        payload.update(self.envelope)
        return evolve(reply, payload=payload, status=status if self.status is None else self.status)

    def _rows(self, rows: list[Any], nested: bool) -> list[Any]:
        first = next((row for row in rows if isinstance(row, dict)), {})
        inner = next((name for name in ("statuses", "wideStatuses") if name in first), None)
        if inner is None:
            return self._fields_of(self._rearranged(rows))
        if nested:
            return [
                {**row, inner: self._rows(row[inner], nested=False)} if self._meant(row) else row for row in rows
            ]
        return self._rearranged([self._with_inner(row, inner) if self._meant(row) else row for row in rows])

    def _with_inner(self, row: dict[str, Any], inner: str) -> dict[str, Any]:
        # `fields` speaks of states, which are the inner rows here.
        states = [self._more(state) if self._meant(state) else state for state in row.get(inner, ())]
        return self._less({**row, inner: states})

    def _meant(self, row: Any) -> bool:
        if not isinstance(row, dict):
            return False
        mine = {address_key(address) for address in self.addresses}
        return (not mine or address_key(str(row.get("subscriberIdString", ""))) in mine) and (
            self.subscription_id is None or row.get("subscriptionId") in {None, self.subscription_id}
        )

    def _rearranged(self, rows: list[Any]) -> list[Any]:
        change: dict[str | None, Callable[[Any], list[Any]]] = {
            "drop": lambda _: [],
            "null": lambda _: [None],
            "malformed": lambda _: ["not a row"],
            "repeat": lambda row: [row, row],
            "upper": lambda row: [_in_capitals(row)],
        }
        if self.rows == "reverse":
            return rows[::-1]
        if self.rows is None:
            return rows
        return [new for row in rows for new in (change[self.rows](row) if self._meant(row) else [row])]

    def _fields_of(self, rows: list[Any]) -> list[Any]:
        return [self._fields(row) if self._meant(row) else row for row in rows]

    def _fields(self, row: dict[str, Any]) -> dict[str, Any]:
        return self._less(self._more(row))

    def _more(self, row: dict[str, Any]) -> dict[str, Any]:
        return {**row, **self.fields}

    def _less(self, row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name not in self.without}


_WORDS = {
    400: ("VALIDATION_ERROR", "The request is not valid."),
    404: ("OBJECT_NOT_FOUND", "There is no such thing."),
    409: ("CONFLICT", "Something else is going on with this."),
    423: ("LOCKED", "The account is locked for the moment."),
    477: ("MIGRATION_IN_PROGRESS", "The account is being moved to another place."),
}


def _in_capitals(row: Any) -> Any:
    if isinstance(row, list):
        return [_in_capitals(item) for item in row]
    if isinstance(row, dict):
        return {
            name: value.upper() if name == "subscriberIdString" else _in_capitals(value)
            for name, value in row.items()
        }
    return row


def _with_errors(payload: dict[str, Any], how: Errors, refused: list[str]) -> dict[str, Any]:
    gone = {address_key(address) for address in refused}
    payload["results"] = [
        row
        for row in payload.get("results", ())
        if not isinstance(row, dict) or address_key(str(row.get("subscriberIdString", ""))) not in gone
    ]
    there = payload.get("errors", [])
    payload["numErrors"] = payload.get("numErrors", 0) + len(refused)
    if how == "context":
        payload["errors"] = there + [
            responses.input_error("This one could not be carried out.", {ERROR_CONTEXT_KEY: [address]})
            for address in refused
        ]
    elif how == "unmapped":
        payload["errors"] = there + [responses.input_error("One could not be carried out.") for _ in refused]
    return payload


class Faults:
    """The faults in force, oldest first. Used by the server's thread and by tests at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter([armed.fault for armed in self._armed])

    def add(self, faults: Iterable[Fault]) -> "tuple[object, ...]":
        """Put faults in force; what comes back takes them out again."""
        fresh = tuple(_Armed(fault) for fault in faults)
        with self._lock:
            self._armed += [armed for armed in fresh if armed.left != 0]
        return fresh

    def remove(self, armed: Iterable[object]) -> None:
        """Take these out of force, where they still are."""
        gone = set(map(id, armed))
        with self._lock:
            self._armed = [armed for armed in self._armed if id(armed) not in gone]

    def clear(self) -> None:
        """Take all out of force."""
        with self._lock:
            self._armed = []

    def taken(self, operation: Operation, addresses: Iterable[str]) -> tuple[Fault, ...]:
        """The faults that apply to a request; each is used up by one."""
        if not self._armed:
            return ()
        faults: list[Fault] = []
        addresses = list(addresses)
        with self._lock:
            for armed in self._armed:
                fault = armed.fault
                if not fault.concerns(operation, addresses):
                    continue
                if fault.decides and any(other.decides for other in faults):
                    continue
                if armed.skip:
                    armed.skip -= 1
                    continue
                faults.append(fault)
                if armed.left is not None:
                    armed.left -= 1
            self._armed = [armed for armed in self._armed if armed.left != 0]
        return tuple(faults)


class _Armed:
    """A fault and how often it is still to happen."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.left = fault.times
        self.skip = fault.skip
