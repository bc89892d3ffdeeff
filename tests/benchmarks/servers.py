"""Servers to measure against, each in a process of its own: `fixed` says always the same, `sandbox` is real.

    python -m tests.benchmarks.servers fixed

prints its URL and serves until its standard input ends.
"""

import asyncio
import json
import re
import sys
from contextlib import suppress
from typing import Any

SUBSCRIBERS = 100
TYPES = 10
TYPES_OF_ONE = 3  # what a fresh account has
ADDRESSES = tuple(f"someone-{number}@example.com" for number in range(SUBSCRIBERS))

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def status(address: str, place: int) -> dict[str, Any]:
    """One row, with the fields and nulls of recorded replies."""
    return {
        "businessUnitId": 0,
        "channel": "EMAIL",
        "subscriberIdString": address,
        "subscriptionId": 530858989 + place,
        "subscriptionName": f"Newsletter number {place}",
        "status": ("SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED")[place % 3],
        "source": "Public status API, App ID:5848098",
        "legalBasis": "LEGITIMATE_INTEREST_CLIENT" if place % 3 == 0 else None,
        "legalBasisExplanation": "Ticked the box on the order form" if place % 3 == 0 else None,
        "setStatusSuccessReason": None,
        "timestamp": f"2026-01-08T04:18:48.{place:03}Z",
    }


def _envelope(results: list[Any]) -> bytes:
    told = {"startedAt": "2026-01-08T06:15:22.294Z", "completedAt": "2026-01-08T06:15:22.352Z"}
    return json.dumps({"status": "COMPLETE", "results": results, **told}).encode()


def one_body() -> bytes:
    """The reply to a read of one subscriber."""
    return _envelope([status(ADDRESSES[0], place) for place in range(TYPES_OF_ONE)])


def batch_body() -> bytes:
    """The reply to a read of a hundred subscribers with ten statuses each."""
    return _envelope(
        [
            {
                "subscriberIdString": address,
                "statuses": [status(address, place) for place in range(TYPES)],
            }
            for address in ADDRESSES
        ]
    )


def v3_body() -> bytes:
    """What the v3 API says instead of one_body."""
    rows = [
        {
            "id": str(530858989 + place),
            "name": f"Newsletter number {place}",
            "description": "What is new.",
            "status": "SUBSCRIBED",
            "sourceOfStatus": "SUBSCRIPTION_STATUS",
            "brandId": 0,
            "preferenceGroupName": None,
            "legalBasis": "LEGITIMATE_INTEREST_CLIENT",
            "legalBasisExplanation": "Ticked the box on the order form",
        }
        for place in range(TYPES_OF_ONE)
    ]
    return json.dumps({"recipient": ADDRESSES[0], "subscriptionStatuses": rows}).encode()


def _reply(body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\n"
        b"Content-Type: application/json;charset=utf-8\r\n"
        b"X-HubSpot-RateLimit-Max: 190\r\n"
        b"X-HubSpot-RateLimit-Remaining: 189\r\n"
        b"X-HubSpot-RateLimit-Interval-Milliseconds: 10000\r\n"
        b"X-HubSpot-Correlation-Id: 00000000-0000-4000-8000-000000000000\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )


class Fixed(asyncio.Protocol):
    """As little HTTP as an answer takes, so that the client's share is what is measured."""

    ONE, BATCH, V3 = _reply(one_body()), _reply(batch_body()), _reply(v3_body())

    def __init__(self) -> None:
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end]
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._held) < whole:
                return
            self._held = self._held[whole:]
            line = head.partition(b"\r\n")[0]
            reply = self.BATCH if b"/batch/" in line else self.V3 if b"/v3/" in line else self.ONE
            self._transport.write(reply)


async def _serve_fixed() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Fixed, "127.0.0.1", 0, backlog=1024)
    _announce(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await loop.run_in_executor(None, sys.stdin.read)


def _serve_sandbox() -> None:
    from hubspot_preferences.sandbox import Sandbox

    with Sandbox(token="demo", seed="demo") as box:
        _announce(box.url)
        sys.stdin.read()


def _announce(url: str) -> None:
    sys.stdout.write(url + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        _serve_sandbox() if sys.argv[1] == "sandbox" else asyncio.run(_serve_fixed())
