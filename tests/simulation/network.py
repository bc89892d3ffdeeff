"""A network that loses, doubles, delays and reorders, an edge that fails, and a HubSpot that answers garbage."""

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from math import inf
from random import Random
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx
from attrs import evolve

from hubspot_preferences import TimedOut, TransportError
from hubspot_preferences.sandbox import responses
from hubspot_preferences.sandbox.endpoints import addresses_in
from hubspot_preferences.sandbox.responses import DAILY, SECONDLY, TEN_SECONDLY_ROLLING, Reply

from . import garbage
from .scheduler import PROCESS, Scheduler
from .world import TOKEN, World, asked

CALL: contextvars.ContextVar[str] = contextvars.ContextVar("CALL")
"""Whose request it is."""

OUTSIDE = contextvars.Context()  # what happens here happens also when the process is dead that asked for it
TIMEOUT = 30.0  # seconds for a piece of a reply; the client's default

Result = httpx.Response | TransportError


ECHOES: tuple[Callable[[str, str], str], ...] = (
    lambda token, address: "",
    lambda token, address: f"{token} {address}",
    lambda token, address: f"{quote(token)} {quote(address, safe='')}",
    lambda token, address: "".join(f"%{byte:02x}" for byte in f"{token} {address}".encode()),
    lambda token, address: address.replace("@", "＠"),
)
"""How an error repeats what was sent."""


_REQUEST = httpx.Request("GET", "https://api.hubapi.com/", headers={"authorization": f"Bearer {TOKEN}"})


class Network:
    """What lies between the clients and the world."""

    def __init__(self, world: World, scheduler: Scheduler, chance: Random, trace: list[str] | None) -> None:
        self.world = world
        self.sent: list[tuple[float, str]] = []
        """When requests left, and which process sent them."""
        self.drawn: set[str] = set()
        self.trace = trace
        self.latency = chance.choice((0.05, 0.05, 0.5))
        """Seconds for one way, on average."""
        self.trouble = 0.0
        """How often something happens to a request."""
        self.interference = 0.0
        """How often somebody changes their mind when a request about them arrives."""
        self._scheduler = scheduler
        self._chance = chance
        self._unanswered: set[tuple[str, str]] = set()
        # Few kinds of trouble in each run: together they meet more often than all would.
        fates = [name for name, weight in FATES.items() for _ in range(weight)]
        self._fates = chance.sample(fates, chance.choice((1, 2, 2, 3, len(fates))))
        self._refusals = [*chance.sample(REFUSALS, 1), 400]

    def note(self, who: str, what: str) -> None:
        """A line of the trace."""
        if self.trace is not None:
            self.trace.append(f"{self._scheduler.now:9.3f}  {who}: {what}")

    def send(self, kwargs: dict[str, Any], until: float) -> "asyncio.Future[Result]":
        """Send a request. What comes of it comes in time, whoever waits for it; nobody does after `until`."""
        self.sent.append((self._scheduler.now, PROCESS.get()))
        exchange = Exchange(self, self._scheduler, kwargs)
        fate = "answered" if self._chance.random() >= self.trouble else self._chance.choice(self._fates)
        again = exchange.by, str(kwargs)
        if again in self._unanswered and self._chance.random() < 0.2:
            fate = "turned_away"  # what was carried out and not answered may conflict with itself
        elif fate in ("reply_lost", "late", "fails_at_the_edge"):
            self._unanswered.add(again)
        self.drawn.add(fate)
        if self.trace is not None:
            exchange.note(f"is sent ({fate.replace('_', ' ')})")
        getattr(self, fate)(exchange)
        if until < inf:
            exchange.reply(until - self._scheduler.now, TimedOut("no whole reply in time"))
        return exchange.future

    def meddle(self, people: list[str]) -> None:
        """At such a moment people change their mind, about whom a request is."""
        if people and self._chance.random() < self.interference:
            person = self._chance.choice(people)
            self._scheduler.call_later(
                self._chance.choice((0.0, self.delay(), self.delay() + self.delay(), 3.0)),
                self._change_of_mind,
                person,
                context=OUTSIDE,
            )

    def _change_of_mind(self, person: str) -> None:
        if self._chance.random() < 0.2:
            self.note("the office", self.world.swap_names())
        else:
            self.note(person, self.world.change_of_mind(person))

    def delay(self) -> float:
        """Seconds for one way, most of the time."""
        return self._chance.expovariate(1 / self.latency)

    # What may become of a request

    def answered(self, exchange: "Exchange") -> None:
        """It arrives and is answered."""
        exchange.carry_out(self.delay(), lambda reply: exchange.reply(self.delay(), self._response(reply)))

    def refused(self, exchange: "Exchange") -> None:
        """Nobody listens: it was certainly not carried out."""
        exchange.reply(self.delay(), TransportError("ConnectError: refused", uncertain=False))

    def lost(self, exchange: "Exchange") -> None:
        """It never arrives."""
        exchange.reply(TIMEOUT, TimedOut("ReadTimeout"))

    def reply_lost(self, exchange: "Exchange") -> None:
        """It is carried out, and the connection is cut."""
        there = self.delay()
        exchange.carry_out(there)
        exchange.reply(there + self.delay(), TransportError("RemoteProtocolError: disconnected"))

    def late(self, exchange: "Exchange") -> None:
        """It is carried out after everybody has given up waiting."""
        exchange.carry_out(TIMEOUT + self._chance.uniform(0, 60))
        exchange.reply(TIMEOUT, TimedOut("ReadTimeout"))

    def twice(self, exchange: "Exchange") -> None:
        """Something on the way sends it a second time; the first answer counts."""
        # A yes comes at once again: if it came after a no, nobody could help.
        at_once = "'SUBSCRIBED'" in str(exchange.kwargs)

        def answer(reply: Reply) -> None:
            exchange.reply(self.delay(), self._response(reply))
            if reply.status < 300 and not at_once:  # else the second might be carried out and the first not
                exchange.carry_out(self._chance.uniform(0, 5))

        exchange.carry_out(self.delay(), answer, times=1 + at_once)

    def slow(self, exchange: "Exchange") -> None:
        """It takes long, but not too long."""
        there, back = self._chance.uniform(0, 14), self._chance.uniform(0, 14)
        exchange.carry_out(there, lambda reply: exchange.reply(back, self._response(reply)))

    def trickles(self, exchange: "Exchange") -> None:
        """The reply comes byte by byte, each in time."""
        back = self._chance.uniform(60, 3600)
        exchange.carry_out(self.delay(), lambda reply: exchange.reply(back, self._response(reply)))

    def fails_at_the_edge(self, exchange: "Exchange") -> None:
        """The edge in front of HubSpot fails, and does not know whether HubSpot has done it."""
        reply = responses.page(self._chance.choice((500, 502, 503, 504, 520, 522, 524)))
        if self._chance.random() < 0.5:
            exchange.carry_out(self.delay())
        exchange.reply(2 * self.delay(), self._response(reply))

    def turned_away(self, exchange: "Exchange") -> None:
        """HubSpot answers with an error, and has done nothing."""
        status = self._chance.choice(self._refusals)
        echo = self._chance.choice(ECHOES)(TOKEN, (exchange.people or [""])[0])
        reply = responses.error(status, f"NOT_NOW {echo}", f"No. {echo}")
        exchange.reply(self.delay(), self._response(reply))

    def misled(self, exchange: "Exchange") -> None:
        """It is answered, and says that nothing may be sent for an hour."""
        advice = {"max": "100", "remaining": "0", "interval-milliseconds": "3600000"}
        headers = {f"x-hubspot-ratelimit-{name}": value for name, value in advice.items()}
        exchange.carry_out(
            self.delay(), lambda reply: exchange.reply(self.delay(), self._response(reply, headers))
        )

    def told_to_wait(self, exchange: "Exchange") -> None:
        """Too many requests, it says."""
        reply = responses.rate_limited(self._chance.choice((SECONDLY, TEN_SECONDLY_ROLLING, DAILY)))
        headers = {} if self._chance.random() < 0.5 else {"retry-after": str(self._chance.choice((0, 1, 7, 30)))}
        exchange.reply(self.delay(), self._response(reply, headers))

    def garbled(self, exchange: "Exchange") -> None:
        """What is answered is a lie, with a sign of it."""
        operation, address = asked(exchange.kwargs)
        body = exchange.kwargs.get("json")
        signs = [sign for sign, suits in garbage.SIGNS.items() if operation.name in suits]
        sign = self._chance.choice(signs)

        def answer(true: Reply) -> None:
            claimed = garbage.lie(self.world, operation, address, body)
            if true.status >= 300:
                exchange.reply(self.delay(), self._response(true))
                return
            status, content = sign(self._chance, claimed, true.payload, operation)
            self.drawn.add(sign.__name__)
            exchange.note(f"is answered with {sign.__name__}: {status} {content[:200].decode(errors='replace')}")
            exchange.reply(self.delay(), httpx.Response(status, content=content, request=_REQUEST))

        # What a write of NOT_SPECIFIED reads as is not known: no reply to it is a lie.
        undone = operation.name in garbage.WRITES and "NOT_SPECIFIED" not in str(body)
        if undone and self._chance.random() < 0.5:
            answer(Reply(200, responses.envelope([], "", "")))
        else:
            exchange.carry_out(self.delay(), answer)

    def _response(self, reply: Reply, headers: Mapping[str, str] | None = None) -> httpx.Response:
        if isinstance(reply.payload, dict) and "correlationId" in reply.payload:
            reply = evolve(
                reply, payload={**reply.payload, "correlationId": "1"}
            )  # else no two runs were the same
        headers = {"content-type": reply.content_type, **self.world.limits.headers(), **(headers or {})}
        return httpx.Response(reply.status, content=reply.encoded(), headers=headers, request=_REQUEST)


FATES: Mapping[str, int] = {
    "refused": 1,
    "lost": 1,
    "reply_lost": 5,
    "late": 1,
    "twice": 1,
    "slow": 1,
    "trickles": 1,
    "fails_at_the_edge": 5,
    "turned_away": 5,
    "told_to_wait": 1,
    "misled": 1,
    "garbled": 8,
}
"""What may become of a request besides an answer, and how often."""

REFUSALS = (302, 401, 401, 403, 404, 409, 422, 423, 451, 477)


class Exchange:
    """One request on its way, and whoever waits for its reply."""

    def __init__(self, network: Network, scheduler: Scheduler, kwargs: dict[str, Any]) -> None:
        self.kwargs = kwargs
        self.by = CALL.get()
        self.people = addresses_in(asked(kwargs)[1], kwargs.get("json"))
        self.future: asyncio.Future[Result] = scheduler.create_future()
        self._network = network
        self._scheduler = scheduler

    def note(self, what: str) -> None:
        """A line of the trace."""
        if self._network.trace is None:
            return
        url = urlsplit(self.kwargs["url"])
        parts = [self.kwargs["method"].upper(), unquote(url.path).split("/", 3)[-1]]
        parts += [f"{name}={value}" for name, value in self.kwargs.get("params", {}).items() if name != "channel"]
        body = self.kwargs.get("json") or {}
        inputs = body.get("inputs", [body] if body else [])
        parts += [one if isinstance(one, str) else " ".join(map(str, one.values())) for one in inputs]
        self._network.note(self.by, f"{', '.join(parts)}: {what}")

    def carry_out(self, delay: float, then: Callable[[Reply], object] | None = None, times: int = 1) -> None:
        """It arrives after so many seconds, and is done."""

        def arrive() -> None:
            world = self._network.world
            before = len(world.store.events)
            self._network.meddle(self.people)
            reply, *_ = [world.answer(self.kwargs, self.by) for _ in range(times)]
            if self._network.trace is not None:
                self.note(f"arrives: {reply.status}{world.store.told(before)}")
            self._network.meddle(self.people)
            if then is not None:
                then(reply)

        self._scheduler.call_later(delay, arrive, context=OUTSIDE)

    def reply(self, delay: float, result: Result) -> None:
        """Whoever waits has this after so many seconds."""

        def hand_over() -> None:
            if not self.future.done():
                self.future.set_result(result)

        self._scheduler.call_later(delay, hand_over, context=OUTSIDE)
