"""Replies that lie, each with a sign by which it can be told: whoever overlooks the sign believes the lie."""

import json
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from hubspot_preferences.sandbox import responses
from hubspot_preferences.sandbox.consent_rules import Row, definition_row, status_row
from hubspot_preferences.sandbox.routes import Operation
from hubspot_preferences.sandbox.state import SUBSCRIBED, UNSUBSCRIBED, Status

from .world import World

Payload = dict[str, Any]
Answer = tuple[int, bytes]

LINKS = {"generate_links"}
NO_STATES = {"list_definitions", "get_opt_outs", "batch_read_opt_outs"}
ONE = {"get_statuses", "get_opt_outs", "list_definitions", "set_status", "unsubscribe_all"}
WRITES = {"set_status", "unsubscribe_all", "batch_write_statuses", "batch_unsubscribe_all"}
READS = {"get_statuses", "batch_read_statuses", *NO_STATES}
DOUBLED = "\x00"  # stands behind a key that is there twice: no dict can hold that
ODD_ROWS: tuple[Any, ...] = (None, "SUBSCRIBED", [], 7001, {})
SOMEBODY_ELSE = "mallory@example.com"


def lie(world: World, operation: Operation, address: str | None, body: Any) -> Payload:
    """What a reply would say if everybody could be mailed, or if everything asked for had been done."""
    now = "2026-01-05T09:00:00.000Z"

    def rows(person: str, state: str, types: Mapping[int, str] | None = None) -> list[Row]:
        return [
            status_row(definition, Status(person, definition.id, state, "", 0), person)
            for definition in world.store.definitions().values()
            if types is None or definition.id in types
        ]

    inputs = body["inputs"] if isinstance(body, dict) and "inputs" in body else []
    match operation.name:
        case "get_statuses":
            results = rows(address or "", SUBSCRIBED)
        case "batch_read_statuses":
            results = [{"subscriberIdString": one, "statuses": rows(one, SUBSCRIBED)} for one in inputs]
        case "batch_read_opt_outs":
            results = [{"subscriberIdString": one, "wideStatuses": []} for one in inputs]
        case "batch_unsubscribe_all":
            results = [{"subscriberIdString": one, "statuses": rows(one, UNSUBSCRIBED)} for one in inputs]
        case "set_status":
            results = rows(address or "", body["statusState"], {body["subscriptionId"]: ""})
        case "batch_write_statuses":
            results = [
                row
                for one in inputs
                for row in rows(one["subscriberIdString"], one["statusState"], {one["subscriptionId"]: ""})
            ]
        case "unsubscribe_all":
            results = rows(address or "", UNSUBSCRIBED)
        case "list_definitions":
            definitions = world.store.definitions().values()
            names = [definition.name for definition in definitions]
            results = [
                {**definition_row(definition, translations=False), "name": name}
                for definition, name in zip(definitions, names[1:] + names[:1], strict=True)
            ]
        case _:  # get_opt_outs; links are no rows
            results = []
    return responses.envelope(results, now, now)


def state_rows(payload: Payload) -> Iterator[Row]:
    """Every row of a state in it, also within the rows of a batch."""
    for row in payload["results"]:
        if "statuses" in row:
            yield from row["statuses"]
        elif "status" in row:
            yield row


# The signs. Each takes what is claimed and what is true, and returns the reply.


def two_results(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """The key twice: whoever reads the last, or the first, overlooks the other."""
    both = [("results", true["results"]), ("results" + DOUBLED, claimed["results"])]
    return 200, _bytes({"status": "COMPLETE", **dict(both if chance.random() < 0.5 else both[::-1])})


def two_states(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """A row with its state twice."""
    for row in state_rows(claimed):
        opposite = UNSUBSCRIBED if row["status"] == SUBSCRIBED else SUBSCRIBED
        first, second = chance.sample((row["status"], opposite), 2)
        row["status"], row["status" + DOUBLED] = first, second
    return 200, _bytes(claimed)


def two_envelope_states(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """Finished and not."""
    first, second = chance.sample(("COMPLETE", "PENDING"), 2)
    return 200, _bytes({"status": first, "status" + DOUBLED: second, "results": claimed["results"]})


def unfinished(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """It says that it is not done."""
    return 200, _bytes({**claimed, "status": chance.choice(("PENDING", "PROCESSING", "CANCELED", "", 1, {}))})


def undeclared_success(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """A 2xx that the contract does not know for this read."""
    statuses = [
        status for status in (201, 202, 203, 204, 206, 207, 226, 299) if str(status) not in operation.shows
    ]
    return chance.choice(statuses), _bytes(claimed)


def more_to_come(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """A sign that this is not all."""
    length = len(claimed["results"])
    sign: Payload = chance.choice(
        (
            {"paging": {"next": {"after": "1", "link": "?after=1"}}},
            {"hasMore": True},
            {"total": length + 1},
            {"numErrors": -1},
            {"numErrors": "some"},
            {"numErrors": 0.5},
        )
    )
    return 200, _bytes({**claimed, **sign})


def another_channel(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """A yes beside the true no, which is about another channel."""
    noes = {
        (row["subscriberIdString"], row["subscriptionId"])
        for row in state_rows(true)
        if row["status"] == UNSUBSCRIBED
    }
    for mine in _lists(claimed):
        mine[:] = [row for row in mine if (row["subscriberIdString"], row["subscriptionId"]) in noes]
        mine += [
            {**row, "status": UNSUBSCRIBED, "channel": chance.choice(("SMS", "PHONE", "", "email"))}
            for row in mine
        ]
        chance.shuffle(mine)
    return 200, _bytes(claimed)


def somebody_else(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """Rows about another person."""
    for row in claimed["results"]:
        row["subscriberIdString"] = SOMEBODY_ELSE
    return 200, _bytes(claimed)


def somebody_else_within(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """Within somebody's rows of a batch, rows about another person."""
    for row in state_rows(claimed):
        row["subscriberIdString"] = SOMEBODY_ELSE
    return 200, _bytes(claimed)


def odd_state(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """A state that nobody knows, or none."""
    for row in state_rows(claimed):
        row["status"] = chance.choice(("PAUSED", "subscribed ", "", None, 1, ["SUBSCRIBED"]))
        if chance.random() < 0.2:
            del row["status"]
    return 200, _bytes(claimed)


def odd_rows(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """Rows that are none, or are not there."""
    for rows in _lists(claimed) if chance.random() < 0.5 else [claimed["results"]]:
        rows[:] = [chance.choice(ODD_ROWS)]
    return 200, _bytes(claimed)


def no_rows(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """No list where one has to be."""
    return 200, _bytes({"status": "COMPLETE", **chance.choice(({}, {"results": None}, {"results": {}}))})


def nameless_error(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """An error that names nobody, beside rows that say nothing of a state."""
    listed = [responses.input_error("One could not be carried out.")]
    sign = chance.choice(({"numErrors": 1, "errors": listed}, {"errors": listed}, {"numErrors": 1}))
    return 207 if "207" in operation.shows else 200, _bytes({**claimed, **sign})


def error_body(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """An error with the status of a success."""
    return 200, _bytes({"status": "error", "category": "VALIDATION_ERROR", "message": "no", "correlationId": "x"})


def cut_off(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """It stops in the middle."""
    whole = _bytes(claimed)
    return 200, whole[: chance.randrange(len(whole))]


def not_an_object(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """No JSON, or no object of it."""
    return 200, chance.choice(
        (b"", b"<html>SUBSCRIBED</html>", b"null", b"[]", b"[" * 10_000, b"\xff\xfe{}", b"NaN")
    )


def opposite(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """What was to be set is not what the row says."""
    for row in state_rows(claimed):
        row["status"] = UNSUBSCRIBED if row["status"] == SUBSCRIBED else SUBSCRIBED
    return 200, _bytes(claimed)


def both_states(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """Two rows for what was to be set, one of which says so."""
    for rows in _lists(claimed):
        turned = [{**row, "status": UNSUBSCRIBED if row["status"] == SUBSCRIBED else SUBSCRIBED} for row in rows]
        rows[:] = turned + rows if chance.random() < 0.5 else rows + turned
    return 200, _bytes(claimed)


def hollow(chance: Random, claimed: Payload, true: Payload, operation: Operation) -> Answer:
    """Everybody's row, and nothing in it."""
    for row in claimed["results"]:
        row["statuses"] = chance.choice((None, []))
        if chance.random() < 0.5:
            del row["statuses"]
    return 200, _bytes(claimed)


Sign = Callable[[Random, Payload, Payload, Operation], Answer]
EVERY = READS | WRITES
SIGNS: Mapping[Sign, set[str]] = {
    two_results: EVERY,
    two_states: EVERY - NO_STATES,
    two_envelope_states: EVERY,
    unfinished: EVERY,
    undeclared_success: READS,
    more_to_come: READS,
    another_channel: {"get_statuses", "batch_read_statuses"},
    somebody_else: EVERY - {"list_definitions", "get_opt_outs"},
    somebody_else_within: {"batch_read_statuses", "batch_unsubscribe_all"},
    odd_state: EVERY - NO_STATES,
    odd_rows: EVERY,
    no_rows: EVERY,
    nameless_error: ONE | {"batch_read_opt_outs"},  # in the other batches a row confirms each input
    error_body: EVERY | LINKS,
    cut_off: EVERY | LINKS,
    not_an_object: EVERY | LINKS,
    opposite: WRITES,
    both_states: WRITES,
    hollow: {"batch_unsubscribe_all"},
}
"""The signs, and the operations whose replies can bear them."""


def _lists(payload: Payload) -> list[list[Row]]:
    """The lists of rows in it, one for each person."""
    rows = payload["results"]
    inner = [row[name] for row in rows for name in ("statuses", "wideStatuses") if name in row]
    return inner or [rows]


def _bytes(payload: Payload) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode().replace(b"\\u0000", b"")
