"""The calls that callers make in a run: which, with what, and what came of each."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import Any

from attrs import define, field

from hubspot_preferences import Change
from hubspot_preferences.models import SubscriptionStateName, address_key
from hubspot_preferences.outcomes import BatchResult, Outcome
from hubspot_preferences.streams import AsyncStream, Stream

from .world import BASES, BRAND, PEOPLE, World

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class Enough(Exception):
    """What a caller's own function raises."""


@define
class Call:
    """One call of a client's method, and what came of it. Times are seconds."""

    label: str
    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    deadline: float | None = None
    patience: float | None = None
    """After how long it is cancelled or interrupted."""
    hears_at_most: int | None = None
    """How many outcomes the caller is told of before they have enough: a function of theirs raises."""
    reads_slowly: float = 0.0
    """How long the caller of a stream takes for each outcome."""

    started: float = 0.0
    ended: float | None = None
    value: Any = None
    error: BaseException | None = None
    given_up: str = ""
    """Why it did not come to its own end: cancelled, interrupted, killed."""
    heard: list[Outcome[Any, Any]] = field(factory=list)
    """The outcomes that the caller was told of."""
    taken: int = 0
    """How many inputs of a stream were read."""

    def __str__(self) -> str:
        arguments = [repr(value) if isinstance(value, str | int) else _shown(value) for value in self.args]
        arguments += [f"{name}={value!r}" for name, value in self.kwargs.items()]
        limits = [f"within {self.deadline:g} s"] if self.deadline is not None else []
        return " ".join([f"{self.method}({', '.join(arguments)})", *limits])

    @property
    def inputs(self) -> list[Any] | None:
        """What each has an outcome of its own: the inputs of a batch; of a stream, those that were read."""
        if self.method.startswith("stream."):
            return list(self.args[0][: self.taken])
        return list(self.args[0]) if self.method.startswith("batch.") else None

    @property
    def returned(self) -> bool:
        """Whether it came to an end, and not to an error."""
        return self.ended is not None and self.error is None

    def begin(self, client: Any) -> Any:
        """Call the method; what it returns, or what is to be awaited."""
        target = client if self.deadline is None else client.with_options(deadline=self.deadline)
        for name in self.method.split("."):
            target = getattr(target, name)
        if self.method.startswith("stream."):
            stream = target(self._source(), *self.args[1:], **self.kwargs)
            return self._read(stream) if isinstance(stream, AsyncStream) else self._read_blocking(stream)
        return target(*self.args, **self.kwargs, **({"on_outcome": self._hear} if self.inputs is not None else {}))

    def _hear(self, outcome: Outcome[Any, Any]) -> None:
        self.heard.append(outcome)
        if self.hears_at_most is not None and len(self.heard) > self.hears_at_most:
            raise Enough

    def _source(self) -> Iterator[Any]:
        for given in self.args[0]:
            self.taken += 1
            yield given

    async def _read(self, stream: AsyncStream[Any, Any]) -> BatchResult[Any, Any]:
        """The outcomes of a stream, of which the caller may have enough; those not handed out come last."""
        left: Iterable[Outcome[Any, Any]] = ()
        try:
            async for outcome in stream:
                self._hear(outcome)
                await asyncio.sleep(self.reads_slowly)
        except Enough:
            left = await stream.aclose()
        except BaseException as error:
            if not hasattr(error, "partial"):  # it came to the caller between two outcomes
                error.partial = await stream.aclose()  # type: ignore[attr-defined]
            raise
        return BatchResult([*self.heard, *left])

    def _read_blocking(self, stream: Stream[Any, Any]) -> BatchResult[Any, Any]:
        left: Iterable[Outcome[Any, Any]] = ()
        try:
            for outcome in stream:
                self._hear(outcome)
        except Enough:
            left = stream.close()
        return BatchResult([*self.heard, *left])


def _shown(values: list[Any]) -> str:
    shown = (
        f"{one.email} {one.subscription} {one.state}" if isinstance(one, Change) else str(one) for one in values
    )
    return f"[{', '.join(shown)}]"


class Draw:
    """Arguments, by chance."""

    def __init__(self, chance: Random, world: World) -> None:
        self.chance = chance
        self.world = world

    def maybe(self, probability: float) -> bool:
        """True that often."""
        return self.chance.random() < probability

    def person(self) -> str:
        """Somebody, now and then in another spelling."""
        person = self.world.person if self.maybe(0.3) else self.chance.choice(PEOPLE)
        return person.upper() if self.maybe(0.1) else person

    def anybody(self) -> str:
        """Somebody, or what HubSpot takes for no address."""
        return "no address@" if self.maybe(0.03) else self.person()

    def subscription(self) -> int | str:
        """A subscription type, by its id or its name."""
        type_ = self.world.type if self.maybe(0.5) else self.chance.choice(self.world.types)
        return self.world.store.definitions()[type_].name if self.maybe(0.4) else type_

    def state(self) -> SubscriptionStateName:
        """A state."""
        return self.chance.choice(("SUBSCRIBED", "UNSUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED"))

    def basis(self) -> dict[str, Any]:
        """A legal basis, where one is needed."""
        if not self.world.account.data_privacy:
            return {}
        return {"legal_basis": BASES[0], "legal_basis_explanation": BASES[1]}

    def brand(self) -> dict[str, Any]:
        """A brand, where there are any."""
        return {"business_unit_id": self.chance.choice((0, BRAND))} if self.world.account.has_brands else {}

    def decision(self) -> dict[str, Any]:
        """What a decision is to go by."""
        unspecified = {"unspecified": "allow"} if self.maybe(0.3) else {}
        return {**unspecified, **(self.brand() if self.maybe(0.3) else {})}

    def several(self, one: Callable[[], Any]) -> list[Any]:
        """A batch, with doubles."""
        return [one() for _ in range(self.chance.randrange(1, 9))]

    def changes(self, *states: SubscriptionStateName) -> list[Change]:
        """What a batch is to write; all types by id, or by name. Few contradictions: those are not sent."""
        by_name = self.maybe(0.3)

        def change() -> Change:
            type_ = self.chance.choice(self.world.types)
            state = self.chance.choice(states or _STATES[type_ % 2])
            named = self.world.store.definitions()[type_].name if by_name else type_
            return Change(self.anybody(), named, state, **self.basis())

        return self.several(change)

    def sizes(self) -> dict[str, Any]:
        """How a batch is cut."""
        return {"chunk_size": self.chance.choice((1, 2, 4, 100)), "fallback": self.maybe(0.9)}

    def arguments(self, method: str) -> Arguments:
        """What a method is called with."""
        match method:
            case "may_email":
                return (self.person(), self.subscription()), self.decision()
            case "is_opted_out":
                return (self.person(),), self.brand() if self.maybe(0.5) else {}
            case "definitions":
                return (), {}
            case "links":
                return (self.person(),), {}
            case "set_status":
                return (self.anybody(), self.subscription(), self.state()), self.basis()
            case "subscribe" if self.maybe(0.2):
                basis = {"legal_basis": BASES[0], "legal_basis_explanation": BASES[1]}
                return (self.anybody(), self.subscription()), {**basis, "resubscribe": True}
            case "unsubscribe" | "subscribe":
                return (self.anybody(), self.subscription()), self.basis()
            case "unsubscribe_all":
                return (self.anybody(),), {**self.brand(), "verbose": self.maybe(0.5)}
            case "batch.unsubscribe_all":
                return (self.several(self.anybody),), {**self.brand(), **self.sizes()}
            case "batch.may_email":
                return (self.several(self.anybody), self.subscription()), {**self.decision(), **self.sizes()}
            case "batch.write":
                return (self.changes(),), self.sizes()
            case "batch.subscribe":
                return (self.changes("SUBSCRIBED"),), self.sizes()
            case streamed if streamed.startswith("stream."):
                (inputs, *more), options = self.arguments(streamed.replace("stream", "batch"))
                return (_once(inputs), *more), options
            case _:  # batch.statuses, batch.opt_outs
                return (self.several(self.anybody),), self.sizes()


def _once(inputs: list[Any]) -> list[Any]:
    """Each person, of changes for each type, once: of a stream, a second time is a second write."""
    about = (
        (address_key(given.email), given.subscription) if isinstance(given, Change) else address_key(given)
        for given in inputs
    )
    return list(dict(zip(about, inputs, strict=True)).values())


_STATES: tuple[tuple[SubscriptionStateName, ...], ...] = (
    ("UNSUBSCRIBED", "NOT_SPECIFIED"),
    ("SUBSCRIBED", "UNSUBSCRIBED"),
)

METHODS: Mapping[str, int] = {
    "may_email": 4,
    "is_opted_out": 1,
    "links": 1,
    "set_status": 1,
    "unsubscribe": 1,
    "unsubscribe_all": 2,
    "subscribe": 5,
    "batch.statuses": 1,
    "batch.opt_outs": 1,
    "batch.may_email": 3,
    "batch.write": 3,
    "batch.subscribe": 3,
    "stream.statuses": 1,
    "stream.opt_outs": 1,
    "stream.may_email": 1,
    "stream.write": 2,
    "stream.unsubscribe_all": 1,
    "stream.subscribe": 1,
    "batch.unsubscribe_all": 2,
}
"""The methods, and how often each is drawn."""
