"""The ASGI application: routes from the contracts, tokens, scopes, limits, checks, faults and the log."""

import asyncio
import hmac
import json
import re
import time
import traceback
from asyncio import WriteTransport
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.utils import formatdate
from functools import cached_property
from math import isfinite
from typing import Any, cast
from uuid import uuid4

from attrs import asdict, evolve, frozen
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..models import address_key
from . import choices, responses
from .endpoints import Call, Endpoints, addresses_in, beyond
from .faults import Fault, Faults
from .log import Log, LoggedRequest
from .rate_limits import Limits
from .responses import Reply
from .routes import Contracts, Flaw, Operation, segments

TRANSPORT = "hubspot_preferences.transport"
"""Where the server leaves the connection's transport in the ASGI state, so that a fault can cut it."""

# What leads to this machine whatever a DNS server says.
_OWN_NAME = re.compile(r"(([\w-]+\.)*localhost\.?|127(\.\d{1,3}){3}|\[::1\])(:\d*)?", re.ASCII | re.IGNORECASE)


@frozen
class App:
    """One account, served. Everything in it runs in the thread of one event loop."""

    contracts: Contracts
    endpoints: Endpoints
    faults: Faults
    log: Log
    limits: Limits
    reset: Callable[[], None]
    allow_remote: bool

    @cached_property
    def granted(self) -> frozenset[str]:
        """Without Marketing Hub Enterprise nobody can be granted the batch scopes [source: batch-product]."""
        account = self.endpoints.account
        granted = self.contracts.scopes if account.scopes is None else account.scopes
        return frozenset(scope for scope in granted if account.enterprise or ".batch." not in scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        if not self.allow_remote and not _OWN_NAME.fullmatch(request.headers.get("host", "")):
            refusal = responses.error(421, "MISDIRECTED_REQUEST", "The Host header does not name this machine.")
            await _response(refusal)(scope, receive, send)
            return
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > choices.LARGEST_BODY:
                    refusal = responses.error(413, "VALIDATION_ERROR", "The body is too large.")
                    await _response(refusal)(scope, receive, send)
                    return
        except ClientDisconnect:
            return
        if request.scope["path"].startswith("/sandbox/"):
            try:
                response = _response(self._control(request, bytes(body)))
            except Exception as wrong:  # noqa: BLE001  # whoever asked is told; the server goes on
                response = _response(_broken(wrong))
            await response(scope, receive, send)
            return
        await self._serve(request, bytes(body), send)

    async def _serve(self, request: Request, body: bytes, send: Send) -> None:
        at = time.monotonic()
        raw_path = request.scope["raw_path"].decode("latin-1")
        parsed, unreadable = _parsed(body)
        route = self._route(request.method, raw_path)
        operation: Operation | None = None
        faults: tuple[Fault, ...] = ()
        try:
            if isinstance(route, Reply):
                reply = route
            else:
                operation, address = route
                asked = _Asked(request, operation, address, parsed, unreadable)
                faults = self.faults.taken(operation, asked.addresses)
                reply = self._reply(asked, faults)
            response = self._response(reply, faults)
        except Exception as wrong:  # noqa: BLE001  # whoever asked is told; the server goes on
            reply = _broken(wrong)
            response = self._response(reply)
        cut = next((fault.disconnect for fault in faults if fault.disconnect is not None), None)
        self.log.add(
            LoggedRequest(
                at=at,
                method=request.method,
                path=request.scope["path"],
                raw_path=raw_path,
                operation=None if operation is None else operation.name,
                version=None if operation is None else operation.version,
                query=dict(request.query_params),
                body=parsed if unreadable is None else body.decode(errors="replace") or None,
                headers={name: value for name, value in request.headers.items() if name != "authorization"},
                status=None if cut == "before" else reply.status,
            ),
            len(body),
        )
        if not await _waited(sum(fault.delay for fault in faults), request.receive):
            return
        if cut is None:
            await response(request.scope, request.receive, send)
            return
        if cut != "before":
            await send({"type": "http.response.start", "status": reply.status, "headers": response.raw_headers})
        if cut == "body":
            half = bytes(response.body[: len(response.body) // 2])
            await send({"type": "http.response.body", "body": half, "more_body": True})
        cast(WriteTransport, request.scope["state"][TRANSPORT]).abort()
        await _left(request.receive)

    def _response(self, reply: Reply, faults: tuple[Fault, ...] = ()) -> Response:
        """As HubSpot sends it: with an id and the limits, and the headers that faults set."""
        headers = {"x-hubspot-correlation-id": _correlation_id(reply), **self.limits.headers(), **reply.headers}
        for fault in faults:
            headers |= fault.headers
        return _response(reply, headers)

    def _route(self, method: str, raw_path: str) -> tuple[Operation, str | None] | Reply:
        """The operation and the address in its path, or the reply where there is no such operation."""
        try:
            parts = segments(raw_path)
        except UnicodeDecodeError:
            return responses.invalid([Flaw("path", "is not UTF-8")])
        route = self.contracts.find(parts)
        if route is None or "" in parts:
            return responses.error(404, "OBJECT_NOT_FOUND", "There is no such resource.")
        if method not in route.operations:
            refusal = responses.error(405, "METHOD_NOT_ALLOWED", "This resource does not have that method.")
            return evolve(refusal, headers={"allow": ", ".join(sorted(route.operations))})
        return route.operations[method], route.subscriber(parts)

    def _reply(self, asked: "_Asked", faults: tuple[Fault, ...]) -> Reply:
        operation = asked.operation
        instead = next((fault for fault in faults if fault.replaces), None)
        if instead is not None and not instead.carried_out:
            return instead.reply(operation)
        if any(fault.disconnect == "before" and not fault.carried_out for fault in faults):
            return Reply(200, {})
        refused = [fault.refused(asked.addresses) for fault in faults]
        reply = self._checked(asked, frozenset(address_key(name) for names in refused for name in names))
        for fault, addresses in zip(faults, refused, strict=True):
            reply = fault.change(reply, operation, addresses)
        return reply if instead is None else instead.reply(operation)

    def _checked(self, asked: "_Asked", refused: frozenset[str]) -> Reply:
        """The true reply, in the order token, limit, scopes, request."""
        request, operation = asked.request, asked.operation
        if not self._known(request):
            return responses.unauthorized()
        policy = self.limits.admit()
        if policy is not None:
            return responses.rate_limited(policy)
        if not operation.allowed(self.granted):
            return responses.missing_scopes(next(iter(operation.scopes)))
        if (unknown := beyond(operation)) is not None:
            return unknown
        flaws: list[Flaw] = []
        query: dict[str, Any] = {}
        for parameter in operation.parameters:
            text = request.query_params.get(parameter.name)
            try:
                if text is not None:
                    query[parameter.name] = parameter.read(text)
                elif parameter.required:
                    flaws.append(Flaw(parameter.name, "is required"))
            except ValueError as wrong:
                flaws.append(Flaw(parameter.name, str(wrong)))
        if operation.body is not None:
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                return responses.error(415, "VALIDATION_ERROR", "The body must be sent as application/json.")
            flaws += [Flaw("body", asked.unreadable)] if asked.unreadable else operation.wrong_with(asked.body)
        if flaws:
            return responses.invalid(flaws)
        return self.endpoints.answer(
            Call(operation, asked.address, query, asked.body, self.endpoints.now(), refused)
        )

    def _known(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = self.endpoints.account.token
        return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), known.encode())

    def _control(self, request: Request, body: bytes) -> Reply:
        """The sandbox's own routes; see the package's docstring."""

        def fail() -> list[Any]:
            sent, wrong = _parsed(body)
            if wrong is not None:
                raise ValueError(f"The body {wrong}.")
            self.faults.add([Fault.from_json(item) for item in (sent if isinstance(sent, list) else [sent])])
            return faults()

        def faults() -> list[Any]:
            return [asdict(fault) for fault in self.faults]

        routes: dict[tuple[str, str], Callable[[], list[Any] | None]] = {
            ("GET", "/sandbox/faults"): faults,
            ("POST", "/sandbox/faults"): fail,
            ("DELETE", "/sandbox/faults"): self.faults.clear,
            ("GET", "/sandbox/log"): lambda: [asdict(entry) for entry in self.log.entries()],
            ("DELETE", "/sandbox/log"): self.log.clear,
            ("POST", "/sandbox/reset"): self.reset,
        }
        if not self._known(request):
            return responses.unauthorized()
        route = routes.get((request.method, request.scope["path"]))
        if route is None:
            return responses.error(404, "OBJECT_NOT_FOUND", "The sandbox has no such route.")
        try:
            payload = route()
        except ValueError as wrong:
            return responses.error(400, "VALIDATION_ERROR", str(wrong))
        return Reply(204, text="") if payload is None else Reply(200, payload)


@frozen
class _Asked:
    """A request to an operation, before anything about it is checked."""

    request: Request
    operation: Operation
    address: str | None
    body: Any
    unreadable: str | None

    @property
    def addresses(self) -> list[str]:
        """Every address it names."""
        return addresses_in(self.address, self.body)


def _response(reply: Reply, headers: dict[str, str] | None = None) -> Response:
    headers = {"date": formatdate(usegmt=True), **(headers or reply.headers)}
    body = b"" if reply.status in {204, 304} else reply.encoded()  # these have none, whatever is sent
    return Response(body, reply.status, headers=headers, media_type=reply.content_type)


def _broken(wrong: Exception) -> Reply:
    """The sandbox itself failed: where, but without values, which may be addresses."""
    where = traceback.extract_tb(wrong.__traceback__)[-1]
    return responses.error(
        500,
        "SANDBOX_FAILED",
        f"The sandbox failed with {type(wrong).__name__} in {where.name}, line {where.lineno}.",
    )


def _correlation_id(reply: Reply) -> str:
    """The one in the body, where it has one."""
    there = reply.payload.get("correlationId") if isinstance(reply.payload, dict) else None
    return there if isinstance(there, str) else str(uuid4())


def _parsed(body: bytes) -> tuple[Any, str | None]:
    """The body read from JSON, and what is wrong with it where it cannot be."""
    if not body:
        return None, "is required"
    try:
        text = body.decode()
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
        if "\\u" in text:  # half a surrogate pair is JSON, but no text
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None, "is not JSON"
    level = [value]
    for _ in range(choices.DEEPEST_BODY):
        level = [inner for outer in level for inner in _within(outer)]
    return (None, "is nested too deeply") if level else (value, None)


def _within(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} cannot be said in JSON")
    return number


async def _waited(seconds: float, receive: Receive) -> bool:
    """Wait; whether anybody is still there. Ends early when the client hangs up or the server stops."""
    if not seconds:
        return True
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _left(receive)
            return False
    return True


async def _left(receive: Receive) -> None:
    """Wait until the client has hung up, or the server has noticed that its connection was dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass
