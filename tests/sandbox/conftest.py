"""Requests to the sandbox in one line each."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import httpx
import pytest

from hubspot_preferences.sandbox import Sandbox

# Building httpx's own takes 17 ms each time, and nothing here is encrypted.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Call(Protocol):
    """One request to an operation's path below the version."""

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str = "2026-03",
        channel: str | None = "EMAIL",
        **query: str,
    ) -> httpx.Response: ...


@pytest.fixture
def connect() -> Iterator[Callable[[Sandbox], httpx.Client]]:
    """Makes clients and closes them."""
    with ExitStack() as stack:

        def make(box: Sandbox) -> httpx.Client:
            return stack.enter_context(
                httpx.Client(base_url=box.url, headers={"Authorization": f"Bearer {box.token}"}, verify=NO_TLS)
            )

        yield make


@pytest.fixture
def http(box: Sandbox, connect: Callable[[Sandbox], httpx.Client]) -> httpx.Client:
    """A client of the shared sandbox, with its token."""
    return connect(box)


@pytest.fixture
def caller() -> Callable[[httpx.Client], Call]:
    """Makes a `Call` of a client."""

    def make(client: httpx.Client) -> Call:
        def call(
            method: str,
            path: str,
            body: Any = None,
            *,
            version: str = "2026-03",
            channel: str | None = "EMAIL",
            **query: str,
        ) -> httpx.Response:
            parameters = {**({"channel": channel} if channel else {}), **query}
            return client.request(
                method, f"/communication-preferences/{version}{path}", params=parameters, json=body
            )

        return call

    return make


@pytest.fixture
def call(http: httpx.Client, caller: Callable[[httpx.Client], Call]) -> Call:
    """A request to the shared sandbox."""
    return caller(http)


@pytest.fixture
def call_to(
    connect: Callable[[Sandbox], httpx.Client], caller: Callable[[httpx.Client], Call]
) -> Callable[[Sandbox], Call]:
    """Requests to a sandbox of the test's own."""
    return lambda box: caller(connect(box))
