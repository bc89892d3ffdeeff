"""The ASGI application: routes from the contracts, tokens, scopes, limits, checks, faults and the log."""

import asyncio
import hmac
import json
import time
import traceback
from asyncio import WriteTransport
from collections.abc import Callable
from typing import Any, cast
from uuid import uuid4

from attrs import asdict
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from . import responses
from .consent_rules import iso
from .endpoints import Call, Endpoints, addresses_in, beyond
from .faults import Fault, Faults
from .log import Log, LoggedRequest
from .rate_limits import Limits
from .responses import Reply
from .routes import Contracts, Flaw, Operation, segments
from .state import Account
from .store import Store

TRANSPORT = "hubspot_preferences.transport"
"""Where the server leaves the connection's transport in the ASGI state, so that a fault can cut it."""


class App:
    """One account, served. Everything in it runs in the thread of one event loop."""

    def __init__(
        self,
        contracts: Contracts,
        account: Account,
        store: Store,
        *,
        faults: Faults,
        log: Log,
        limits: Limits,
        clock: Callable[[], float],
        reset: Callable[[], None],
    ) -> None:
        self.contracts = contracts
        self.account = account
        self.faults = faults
        self.log = log
        self.limits = limits
        self._reset = reset
        self._clock = clock
        self._endpoints = Endpoints(account, store, self._milliseconds)
        granted = contracts.scopes if account.scopes is None else account.scopes
        # Without Marketing Hub Enterprise nobody can be granted the batch scopes [source: batch-product].
        self._granted = frozenset(scope for scope in granted if account.enterprise or ".batch." not in scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        if request.scope["path"].startswith("/sandbox/"):
            await _response(self._control(request, body))(scope, receive, send)
            return
        await self._serve(request, body, send)

    async def _serve(self, request: Request, body: bytes, send: Send) -> None:
        at = time.monotonic()
        raw_path = request.scope["raw_path"].decode("latin-1")
        parsed, unreadable = _parsed(body)
        route, address, operation = self._route(request.method, raw_path)
        faults = self.faults.taken(operation, addresses_in(address, parsed)) if operation is not None else ()
        cut = next((fault.disconnect for fault in faults if fault.disconnect is not None), None)
        try:
            reply = (
                route
                if isinstance(route, Reply)
                else self._reply(request, route, address, parsed, unreadable, faults)
            )
        except Exception as wrong:  # noqa: BLE001  # whoever asked is told; the server goes on
            reply = _broken(wrong)
        headers = {"x-hubspot-correlation-id": _correlation_id(reply), **self.limits.headers(), **reply.headers}
        for fault in faults:
            headers |= fault.headers
        self.log.add(
            LoggedRequest(
                at=at,
                method=request.method,
                path=request.scope["path"],
                raw_path=raw_path,
                operation=operation.name if operation is not None else None,
                version=operation.version if operation is not None else None,
                query=dict(request.query_params),
                body=parsed if unreadable is None else body.decode(errors="replace") or None,
                headers={name: value for name, value in request.headers.items() if name != "authorization"},
                status=None if cut == "before" else reply.status,
            )
        )
        if not await _waited(sum(fault.delay for fault in faults), request.receive):
            return
        response = _response(reply, headers)
        if cut is None:
            await response(request.scope, request.receive, send)
            return
        if cut != "before":
            await send({"type": "http.response.start", "status": reply.status, "headers": response.raw_headers})
            if cut == "body":
                half = bytes(response.body[: len(response.body) // 2])
                await send({"type": "http.response.body", "body": half, "more_body": True})
        await _cut(request)

    def _route(self, method: str, raw_path: str) -> tuple[Operation | Reply, str | None, Operation | None]:
        try:
            parts = segments(raw_path)
        except UnicodeDecodeError:
            return responses.invalid([Flaw("path", "is not UTF-8")]), None, None
        route = self.contracts.find(parts)
        if route is None or "" in parts:
            return responses.error(404, "OBJECT_NOT_FOUND", "There is no such resource."), None, None
        if method not in route.operations:
            refusal = responses.error(405, "METHOD_NOT_ALLOWED", "This resource does not have that method.")
            allow = {"allow": ", ".join(sorted(route.operations))}
            return Reply(refusal.status, refusal.payload, headers=allow), None, None
        operation = route.operations[method]
        return operation, route.subscriber(parts), operation

    def _reply(
        self,
        request: Request,
        operation: Operation,
        address: str | None,
        body: Any,
        unreadable: str | None,
        faults: tuple[Fault, ...],
    ) -> Reply:
        instead = next((fault for fault in faults if fault.replaces), None)
        lost = any(fault.disconnect == "before" and not fault.carried_out for fault in faults)
        if instead is not None and not instead.carried_out:
            return instead.reply(operation)
        if lost:
            return Reply(200, {})
        refused = [fault.refused(addresses_in(address, body)) for fault in faults]
        left_alone = tuple(name for addresses in refused for name in addresses)
        reply = self._checked(request, operation, address, body, unreadable, left_alone)
        for fault, addresses in zip(faults, refused, strict=True):
            reply = fault.change(reply, operation, addresses)
        return reply if instead is None else instead.reply(operation)

    def _checked(
        self,
        request: Request,
        operation: Operation,
        address: str | None,
        body: Any,
        unreadable: str | None,
        refused: tuple[str, ...],
    ) -> Reply:
        """The true reply, in the order token, limit, scopes, request."""
        if not self._known(request):
            return responses.unauthorized()
        policy = self.limits.admit()
        if policy is not None:
            return responses.rate_limited(policy)
        if not operation.allowed(self._granted):
            return responses.missing_scopes(next(iter(operation.scopes)))
        if (unknown := beyond(operation)) is not None:
            return unknown
        flaws: list[Flaw] = []
        query: dict[str, Any] = {}
        for parameter in operation.parameters:
            text = request.query_params.get(parameter.name)
            if text is None:
                if parameter.required:
                    flaws.append(Flaw(parameter.name, "is required"))
                continue
            try:
                query[parameter.name] = parameter.read(text)
            except ValueError as wrong:
                flaws.append(Flaw(parameter.name, str(wrong)))
        if operation.body is not None:
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                return responses.error(415, "VALIDATION_ERROR", "The body must be sent as application/json.")
            flaws += [Flaw("body", unreadable)] if unreadable else operation.wrong_with(body)
        if flaws:
            return responses.invalid(flaws)
        if refused and address is not None:  # nothing is left to carry out
            now = self._milliseconds()
            return Reply(200, responses.envelope([], iso(now), iso(now)))
        return self._endpoints.answer(Call(operation, address, query, body, self._milliseconds(), refused))

    def _known(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            token.strip().encode(), self.account.token.encode()
        )

    def _milliseconds(self) -> int:
        return int(self._clock() * 1000)

    def _control(self, request: Request, body: bytes) -> Reply:
        """The sandbox's own routes; see the package's docstring."""
        if not self._known(request):
            return responses.unauthorized()
        match request.method, request.scope["path"]:
            case "GET", "/sandbox/faults":
                return Reply(200, [asdict(fault) for fault in self.faults])
            case "POST", "/sandbox/faults":
                try:
                    sent = json.loads(body)
                    faults = [Fault.from_json(item) for item in (sent if isinstance(sent, list) else [sent])]
                except ValueError as wrong:
                    return responses.error(400, "VALIDATION_ERROR", str(wrong))
                self.faults.add(faults)
                return Reply(200, [asdict(fault) for fault in self.faults])
            case "DELETE", "/sandbox/faults":
                self.faults.clear()
            case "GET", "/sandbox/log":
                return Reply(200, [asdict(entry) for entry in self.log.entries()])
            case "DELETE", "/sandbox/log":
                self.log.clear()
            case "POST", "/sandbox/reset":
                self._reset()
            case _:
                return responses.error(404, "OBJECT_NOT_FOUND", "The sandbox has no such route.")
        return Reply(204, text="")


def _response(reply: Reply, headers: dict[str, str] | None = None) -> Response:
    return Response(
        reply.encoded(), reply.status, headers=headers or dict(reply.headers), media_type=reply.content_type
    )


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
        value = json.loads(body, parse_constant=_refuse)
        if b"\\u" in body:  # half a surrogate pair is JSON, but no text
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None, "is not JSON"
    return value, None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


async def _waited(seconds: float, receive: Receive) -> bool:
    """Wait; whether anybody is still there. Ends early when the client hangs up or the server stops."""
    if not seconds:
        return True
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return True
    return False


async def _cut(request: Request) -> None:
    """Drop the connection, and wait until the server has noticed."""
    cast(WriteTransport, request.scope["state"][TRANSPORT]).abort()
    while (await request.receive())["type"] != "http.disconnect":
        pass
