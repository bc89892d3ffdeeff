"""The same calls over real connections, to a sandbox that is told to fail in the same ways."""

import asyncio
import logging
import time
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.transport.carriers import CARRIERS

from hubspot_preferences import AsyncPreferences, Change, Preferences, Retry
from hubspot_preferences.sandbox import Fault, Sandbox, server
from hubspot_preferences.sandbox.faults import Rows
from hubspot_preferences.sandbox.routes import Operation, contracts
from hubspot_preferences.transport import awaited
from hubspot_preferences.versions import VersionName

from . import garbage, promises
from .calls import METHODS, Call, Draw
from .network import REFUSALS
from .world import TOKEN, VERSIONS, World

pytestmark = pytest.mark.slow

OPERATIONS = {
    "may_email": ("get_statuses", "get_opt_outs", "list_definitions"),
    "is_opted_out": ("get_opt_outs", "list_definitions"),
    "links": ("generate_links",),
    "set_status": ("set_status", "list_definitions"),
    "unsubscribe": ("set_status", "list_definitions"),
    "unsubscribe_all": ("unsubscribe_all",),
    "subscribe": ("get_statuses", "get_opt_outs", "set_status"),
    "batch.statuses": ("batch_read_statuses", "get_statuses"),
    "batch.opt_outs": ("batch_read_opt_outs", "get_opt_outs"),
    "batch.may_email": ("batch_read_statuses", "batch_read_opt_outs"),
    "batch.write": ("batch_write_statuses", "set_status"),
    "batch.subscribe": ("batch_read_statuses", "batch_read_opt_outs", "batch_write_statuses"),
    "batch.unsubscribe_all": ("batch_unsubscribe_all", "unsubscribe_all"),
}
"""What each method may ask for."""


ROWS: tuple[Rows, ...] = ("null", "malformed", "reverse", "repeat", "upper")  # without one, a reply lies unseen


def garbled(chance: Random, world: World, call: Call, version: str) -> Fault:
    """A lie, with a sign of it, as an answer to what the call asks for."""
    name = chance.choice(OPERATIONS[call.method.replace("stream", "batch")])
    operation = _operation(version, name)
    sign = chance.choice([sign for sign, suits in garbage.SIGNS.items() if name in suits])
    address, body = _asked(world, call, name)
    claimed = garbage.lie(world, operation, address, body)
    status, content = sign(chance, claimed, {"results": []}, operation)
    undone = name in garbage.WRITES and "NOT_SPECIFIED" not in str(body) and chance.random() < 0.5
    return Fault(
        operation=name,
        status=202 if status == 204 else status,  # HTTP knows no body of a 204
        body=content.decode(errors="replace"),
        carried_out=not undone,
        times=chance.choice((1, None)),
    )


def fault(chance: Random, world: World, call: Call, version: VersionName) -> Fault:
    """Something that goes wrong."""
    times, done = chance.choice((1, 2, None)), chance.random() < 0.5
    match chance.randrange(9):
        case 0:
            return Fault(disconnect=chance.choice(("before", "headers", "body")), carried_out=done, times=times)
        case 1:
            return Fault(status=chance.choice((500, 502, 503, 504, 520)), carried_out=done, times=times)
        case 2:
            return Fault(status=chance.choice((*REFUSALS, 429)), times=times)
        case 3:
            return Fault(rows=chance.choice(ROWS), nested=chance.random() < 0.5, times=times)
        case 4:
            return Fault(errors=chance.choice(("context", "unmapped", "count")), times=times)
        case _:
            return garbled(chance, world, call, version)


@pytest.mark.parametrize("way", CARRIERS)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(chance=st.randoms(use_true_random=True), method=st.sampled_from(sorted(METHODS)))
def test_no_promise_is_broken_over_sockets(way: str, chance: Random, method: str) -> None:
    """Whatever a connection does, what is said of a person or a write is true."""
    world = World(chance, time.monotonic)
    version = chance.choice(VERSIONS)
    call = Call("call", method, *Draw(chance, world).arguments(method))
    if call.inputs is not None and chance.random() < 0.2:
        call.hears_at_most = chance.randrange(4)
    kind, carrier = way.split()
    options: dict[str, Any] = {
        "retry": Retry(attempts=3, base=0, longest_wait=0.1),
        "limiter": None,
        "concurrency": 3,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger("hubspot_preferences"), "disabled", True)
        patch.setattr(server, "Store", lambda *_: world.store)
        patch.setattr(awaited, "carrier", lambda: carrier)
        box = Sandbox(clock=time.monotonic)
        box.account = world.account
        with box:
            box.fail(*(fault(chance, world, call, version) for _ in range(chance.randrange(1, 4))))
            world.store.by = call.label
            call.started = time.monotonic()
            try:
                if kind == "blocking":
                    with Preferences(TOKEN, base_url=box.url, version=version, **options) as prefs:
                        call.value = call.begin(prefs)
                else:
                    call.value = asyncio.run(_awaited(call, base_url=box.url, version=version, **options))
            except Exception as error:  # noqa: BLE001  # judged below
                call.error = error
            call.ended = time.monotonic()
    assert [] == list(promises.broken(world, call))


async def _awaited(call: Call, **settings: Any) -> Any:
    async with AsyncPreferences(TOKEN, **settings) as prefs:
        return await call.begin(prefs)


def _operation(version: str, name: str) -> Operation:
    return next(
        operation
        for path in contracts().paths
        for operation in path.operations.values()
        if (operation.version, operation.name) == (version, name)
    )


def _asked(world: World, call: Call, operation: str) -> tuple[str | None, Any]:
    """The address and the body of a request of this call, as far as a lie needs them."""
    states = {"subscribe": "SUBSCRIBED", "unsubscribe": "UNSUBSCRIBED"}
    rows: list[dict[str, Any]] = [
        {
            "subscriberIdString": given.email if isinstance(given, Change) else given,
            "statusState": given.state if isinstance(given, Change) else states.get(call.method, call.args[-1]),
            "subscriptionId": (world.named(_subscription(call, given), 0, time.monotonic()) or world.types)[0],
        }
        for given in (call.args[0] if isinstance(call.args[0], list) else call.args[:1])
    ]
    if not operation.startswith("batch"):
        return rows[0]["subscriberIdString"], rows[0]
    return None, {"inputs": rows if "write" in operation else [row["subscriberIdString"] for row in rows]}


def _subscription(call: Call, given: Any) -> int | str:
    if isinstance(given, Change):
        return given.subscription
    return call.args[1] if len(call.args) > 1 else 0
