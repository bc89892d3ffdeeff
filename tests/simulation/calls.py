"""The calls that callers make in a run: which, with what, and what came of each."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from attrs import define

from hubspot_preferences import Change
from hubspot_preferences.models import SubscriptionStateName

from .world import BASES, BRAND, PEOPLE, World

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@define
class Call:
    """One call of a client's method, and what came of it. Times are seconds."""

    label: str
    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    started: float = 0.0
    ended: float | None = None
    value: Any = None
    error: BaseException | None = None
    given_up: str = ""
    """Why nobody waits for it any more, or "": cancelled, interrupted, killed."""

    def __str__(self) -> str:
        arguments = [repr(value) if isinstance(value, str | int) else _shown(value) for value in self.args]
        arguments += [f"{name}={value!r}" for name, value in self.kwargs.items()]
        return f"{self.method}({', '.join(arguments)})"

    @property
    def returned(self) -> bool:
        """Whether it came to an end, and not to an error."""
        return self.ended is not None and self.error is None


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

    def brand(self) -> dict[str, int]:
        """A brand, where there are any."""
        return {"business_unit_id": self.chance.choice((0, BRAND))} if self.world.account.has_brands else {}

    def several(self, one: Callable[[], Any]) -> list[Any]:
        """A batch, with doubles."""
        return [one() for _ in range(self.chance.randrange(1, 9))]

    def changes(self) -> list[Change]:
        """What a batch is to write; all types by id, or by name."""
        by_name = self.maybe(0.3)

        def change() -> Change:
            definition = self.chance.choice(self.world.definitions)
            # Few contradictions: those are not sent.
            states: tuple[SubscriptionStateName, ...] = (
                ("SUBSCRIBED", "UNSUBSCRIBED") if definition.id % 2 else ("UNSUBSCRIBED", "NOT_SPECIFIED")
            )
            named = definition.name if by_name else definition.id
            return Change(self.anybody(), named, self.chance.choice(states), **self.basis())

        return self.several(change)

    def sizes(self) -> dict[str, Any]:
        """How a batch is cut."""
        return {"chunk_size": self.chance.choice((1, 2, 4, 100)), "fallback": self.maybe(0.9)}

    def arguments(self, method: str) -> Arguments:
        """What a method is called with."""
        match method:
            case "may_email":
                unspecified = {"unspecified": "allow"} if self.maybe(0.3) else {}
                return (self.person(), self.subscription()), unspecified
            case "is_opted_out":
                return (self.person(),), self.brand() if self.maybe(0.5) else {}
            case "definitions":
                return (), {}
            case "links":
                return (self.person(),), {}
            case "set_status":
                return (self.anybody(), self.subscription(), self.state()), self.basis()
            case "unsubscribe" | "subscribe":
                return (self.anybody(), self.subscription()), self.basis()
            case "unsubscribe_all":
                return (self.anybody(),), {**self.brand(), "verbose": self.maybe(0.5)}
            case "batch.write":
                return (self.changes(),), self.sizes()
            case "batch.unsubscribe_all":
                return (self.several(self.anybody),), {**self.brand(), **self.sizes()}
            case _:  # batch.statuses, batch.opt_outs
                return (self.several(self.anybody),), self.sizes()


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
    "batch.write": 3,
    "batch.unsubscribe_all": 2,
}
"""The methods, and how often each is drawn."""


def invoke(client: Any, call: Call) -> Any:
    """Call the method; what it returns, or what is to be awaited."""
    target = client
    for name in call.method.split("."):
        target = getattr(target, name)
    return target(*call.args, **call.kwargs)
