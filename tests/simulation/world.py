"""The world's truth: who is in which state by the sandbox's own rules, and who was ever so, when and by whom."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from functools import lru_cache
from random import Random
from typing import Any, Literal

from attrs import evolve, frozen

from hubspot_preferences.models import address_key
from hubspot_preferences.sandbox import responses
from hubspot_preferences.sandbox.endpoints import Call, Endpoints
from hubspot_preferences.sandbox.rate_limits import Limits
from hubspot_preferences.sandbox.responses import Reply
from hubspot_preferences.sandbox.routes import Operation, contracts, segments
from hubspot_preferences.sandbox.seeds import seed
from hubspot_preferences.sandbox.state import (
    NOT_SPECIFIED,
    PORTAL,
    SUBSCRIBED,
    UNSUBSCRIBED,
    Account,
    Definition,
    OptOut,
    Status,
)
from hubspot_preferences.sandbox.store import Store
from hubspot_preferences.versions import VersionName

VERSIONS: tuple[VersionName, ...] = ("v4", "2026-03", "2026-09")
PEOPLE = (
    "ann.quimby@example.com",
    "o'xanthos@example.com",
    "zorn+news@example.com",
    "jjudd@example.com",
    "wvern@example.com",
)
TOKEN = "pat-na1-0123456789abcdef"
BRAND = 11
BASES = ("CONSENT_WITH_NOTICE", "Ticked the box")

Fact = tuple[str, object, object]
"""What something is about: ("state", person, type), ("out", person, brand) or ("name", name, "")."""


@frozen
class Event:
    """Somebody made something so, or so once more."""

    at: float
    by: str
    fact: Fact
    before: Any
    after: Any

    def __str__(self) -> str:
        what = " ".join(str(part) for part in self.fact if part not in ("state", ""))
        return f"{what}: {self.before} → {self.after}".replace(str(PORTAL), "of everything")


class History(Store):
    """The sandbox's store without SQLite: what is so is what was said last, and what was said before is kept."""

    reading = writing = nullcontext  # type: ignore[assignment]  # nobody else is at it

    def close(self) -> None:
        """There is nothing to close."""

    def __init__(self, definitions: Iterable[Definition], clock: Callable[[], float]) -> None:
        self.by = "at the start"
        self.events: list[Event] = []
        self._clock = clock
        self._facts: dict[Fact, Any] = {}
        self._of_fact: defaultdict[Fact, list[Event]] = defaultdict(list)
        self._statuses: defaultdict[str, dict[int, Status]] = defaultdict(dict)
        self._opt_outs: defaultdict[str, dict[int, OptOut]] = defaultdict(dict)
        self._definitions: dict[int, Definition] = {}
        for definition in definitions:
            self.define(definition)

    def _note(self, fact: Fact, before: object, after: object) -> None:
        event = Event(self._clock(), self.by, fact, before, after)
        self.events.append(event)
        self._of_fact[fact].append(event)

    def definitions(self, *, translations: bool = False) -> dict[int, Definition]:
        return self._definitions

    def statuses(self, subscribers: Iterable[str]) -> defaultdict[str, dict[int, Status]]:
        return defaultdict(dict, {subscriber: dict(self._statuses[subscriber]) for subscriber in subscribers})

    def opt_outs(self, subscribers: Iterable[str]) -> defaultdict[str, dict[int, OptOut]]:
        return defaultdict(dict, {subscriber: dict(self._opt_outs[subscriber]) for subscriber in subscribers})

    def put(self, statuses: Iterable[Status] = (), opt_outs: Iterable[OptOut] = ()) -> None:
        for status in statuses:
            rows = self._statuses[status.subscriber]
            before = rows.get(status.subscription_id)
            self._note(
                ("state", status.subscriber, status.subscription_id),
                before.state if before else NOT_SPECIFIED,
                status.state,
            )
            rows[status.subscription_id] = status
        for opt_out in opt_outs:
            brands = self._opt_outs[opt_out.subscriber]
            fact = ("out", opt_out.subscriber, opt_out.business_unit_id)
            self._note(fact, opt_out.business_unit_id in brands, True)
            brands[opt_out.business_unit_id] = opt_out

    def define(self, definition: Definition) -> None:
        before = self._definitions.get(definition.id)
        self._note(("named", definition.id, ""), before and before.name, definition.name)
        self._definitions[definition.id] = definition

    def told(self, since: int) -> str:
        """What was said since there were so many events, in words."""
        changes = (
            f"{' '.join(map(str, event.fact))} {event.before} → {event.after}" for event in self.events[since:]
        )
        return "".join(f"; {change}" for change in changes)

    def about(self, fact: Fact, until: float) -> list[Event]:
        """Everything that was said about it until then, oldest first."""
        return [event for event in self._of_fact[fact] if event.at <= until]


def asked(kwargs: Mapping[str, Any]) -> tuple[Operation, str | None]:
    """What a request asks for, and the subscriber in its path."""
    return _asked(kwargs["method"].upper(), kwargs["url"])


@lru_cache(4096)
def _asked(method: str, url: str) -> tuple[Operation, str | None]:
    parts = segments(url)
    route = contracts().find(parts)
    assert route is not None
    return route.operations[method], route.subscriber(parts)


class World:
    """An account, its people and the server that HubSpot is to them."""

    def __init__(self, chance: Random, clock: Callable[[], float]) -> None:
        self._chance = chance
        brands = (0, BRAND) if chance.random() < 0.3 else (0,)
        self.account = Account(
            token=TOKEN,
            brands=brands,
            enterprise=chance.random() < 0.8,
            data_privacy=chance.random() < 0.15,
            missing_brand=chance.choice((None, 0)),
        )
        self.definitions = tuple(row for row in seed("demo", brands).definitions if row.is_active)[-3:]
        self.types = tuple(definition.id for definition in self.definitions)
        self.store = History(self.definitions, clock)
        self.limits = Limits(None, None, clock)
        self._endpoints = Endpoints(self.account, self.store, clock)
        self._granted = frozenset(
            scope for scope in contracts().scopes if self.account.enterprise or ".batch." not in scope
        )
        self.person, self.type = chance.choice(PEOPLE), chance.choice(self.types)
        """Whom and what much of it is about."""
        noes = chance.choice((0.1, 0.6))
        for person in PEOPLE:
            for type_ in self.types:
                state = UNSUBSCRIBED if chance.random() < noes else chance.choice((SUBSCRIBED, None))
                if state is not None:
                    self.store.put([Status(person, type_, state, "", 0)])
            if chance.random() < noes:
                self.store.put(opt_outs=[OptOut(person, chance.choice((PORTAL, *brands)), 0)])

    # The server

    def answer(self, kwargs: Mapping[str, Any], by: str) -> Reply:
        """Carry a request out."""
        operation, address = asked(kwargs)
        if (policy := self.limits.admit()) is not None:
            return responses.rate_limited(policy)
        if not operation.allowed(self._granted):
            return responses.missing_scopes(next(iter(operation.scopes)))
        body = kwargs.get("json")
        flaws = operation.wrong_with(body)
        if flaws:
            return responses.invalid(flaws)
        given = kwargs.get("params", {})
        query = {
            parameter.name: parameter.read(_text(given[parameter.name]))
            for parameter in operation.parameters
            if parameter.name in given
        }
        self.store.by = by
        return self._endpoints.answer(Call(operation, address, query, body, self._endpoints.now()))

    # Those who live in it

    def change_of_mind(self, person: str) -> str:
        """Somebody says yes, or no, or no to everything, elsewhere. Returns what."""
        self.store.by = f"{person} themself"
        if self._chance.random() < 0.3:
            brand = self._chance.choice((PORTAL, *self.account.brands))
            brands = {definition.id: definition.business_unit_id for definition in self.definitions}
            concerned = [type_ for type_, of in brands.items() if brand in (PORTAL, of)]
            self.store.put(
                [Status(person, type_, UNSUBSCRIBED, "", 0) for type_ in concerned], [OptOut(person, brand, 0)]
            )
            return f"opts out of {'everything' if brand == PORTAL else f'brand {brand}'}"
        type_ = self._chance.choice((self.type, *self.types))
        state = self._chance.choice((SUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED))
        self.store.put([Status(person, type_, state, "", 0)])
        return f"{type_} becomes {state}"

    def swap_names(self) -> str:
        """Two subscription types get each other's name."""
        self.store.by = "somebody in the office"
        first, second = self._chance.sample(list(self.store.definitions().values()), 2)
        self.store.define(evolve(first, name=second.name))
        self.store.define(evolve(second, name=first.name))
        return f"{first.id} and {second.id} swap names"

    # What was so: every value that something had between two moments

    def during(self, fact: Fact, start: float, end: float) -> Iterator[Any]:
        """The value it had at the start, and those that it got until the end."""
        value: Any = {"state": NOT_SPECIFIED, "out": False, "named": None}[fact[0]]
        for event in self.store.about(fact, end):
            if event.at > start:
                yield value
            value = event.after
        yield value

    def was(self, fact: Fact, value: object, start: float, end: float) -> bool:
        """Whether it had this value at some moment."""
        return value in self.during(fact, start, end)

    def was_in(self, person: str, start: float, end: float, *brands: int) -> bool:
        """Whether at some moment there was no opt-out of each of these brands, nor of the whole account."""
        return all(self.was(("out", address_key(person), brand), False, start, end) for brand in (PORTAL, *brands))

    def named(self, subscription: int | str, start: float, end: float) -> list[int]:
        """The types that at some moment had this id or name."""
        return [
            type_
            for type_ in self.types
            if type_ == subscription or self.was(("named", type_, ""), subscription, start, end)
        ]

    def brand_of(self, type_: int) -> int:
        """The brand of a subscription type."""
        return next(definition.business_unit_id for definition in self.definitions if definition.id == type_)

    def mailable(
        self, person: str, subscription: int | str, start: float, end: float, unspecified: Literal["allow", "deny"]
    ) -> bool:
        """Whether each part of a yes was true at some moment: no reply tells all of it at once."""
        states = (SUBSCRIBED, NOT_SPECIFIED) if unspecified == "allow" else (SUBSCRIBED,)
        return any(
            any(self.was(("state", address_key(person), type_), state, start, end) for state in states)
            and self.was_in(person, start, end, self.brand_of(type_))
            for type_ in self.named(subscription, start, end)
        )


def _text(value: object) -> str:
    """A parameter as it stands in a URL."""
    return str(value).lower() if isinstance(value, bool) else str(value)
