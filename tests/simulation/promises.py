"""What has to hold after every run, whatever happened in it, checked against the world's truth."""

from collections.abc import Iterator
from typing import Any

from hubspot_preferences import PreferencesError, WouldResubscribe
from hubspot_preferences.models import address_key
from hubspot_preferences.outcomes import BatchResult, Outcome
from hubspot_preferences.sandbox.state import PORTAL, SUBSCRIBED, UNSUBSCRIBED

from .calls import Call
from .world import PEOPLE, World

LONGEST = 900.0  # seconds for one input, whatever the server does: tries end after 120, and five follow each other

Broken = tuple[str, str]
"""The name of a promise that was broken, and how."""


def broken(world: World, call: Call) -> Iterator[Broken]:
    """The promises that a call broke."""
    if call.given_up:
        return
    if call.ended is None:
        yield "ends", f"{call} never ended"
        return
    inputs = call.args[0] if call.method.startswith("batch.") else [None]
    if call.ended - call.started > LONGEST * len(inputs):
        yield "ends", f"{call} took {call.ended - call.started:.0f} s"
    if call.error is not None and not isinstance(call.error, PreferencesError):
        yield "errors", f"{call} raised {call.error!r}"
        return
    judge = _Judge(world, call, call.ended)
    outcomes = tuple(call.value) if isinstance(call.value, BatchResult) else ()
    for error in (call.error, *(outcome.error for outcome in outcomes)):
        yield from judge.secrets(error)
    if isinstance(call.value, BatchResult):
        if [outcome.input for outcome in outcomes] != list(inputs):
            yield "outcomes", f"{call}: the outcomes are not those of the inputs"
        for outcome in outcomes:
            yield from judge.outcome(outcome)
    elif call.error is None:
        yield from judge.answer()
    elif judge.writes and not call.method.startswith("batch."):
        yield from judge.failed(call.args, call.error)


class _Judge:
    """One call, compared with what was so while it ran."""

    def __init__(self, world: World, call: Call, ended: float) -> None:
        self.world = world
        self.call = call
        self.span = call.started, ended
        self.method = call.method.removeprefix("batch.")
        self.writes = self.method in ("set_status", "unsubscribe", "unsubscribe_all", "subscribe", "write")

    def answer(self) -> Iterator[Broken]:
        """What a single call returned."""
        call, value = self.call, self.call.value
        if self.writes:
            yield from self.done(call.args)
        elif call.method == "may_email" and value:
            unspecified = call.kwargs.get("unspecified", "deny")
            if not self.world.mailable(call.args[0], call.args[1], *self.span, unspecified):
                yield "yes", f"{call} said yes, and it was never so"
        elif call.method == "is_opted_out" and not value:
            brands = {call.kwargs["business_unit_id"]} if call.kwargs else self.world.account.brands
            if not self.world.was_in(call.args[0], *self.span, *brands):
                yield "yes", f"{call} said no, and they were opted out all the time"
        elif call.method == "links" and not value.manage_preferences:
            yield "done", f"{call} returned no links"

    def outcome(self, outcome: Outcome[Any, Any]) -> Iterator[Broken]:
        """Whether what became of one input of a batch is what it says."""
        given = outcome.input
        args = (given.email, given.subscription, given.state) if self.method == "write" else (given,)
        if outcome.ok:
            yield from self.done(args) if self.writes else self.read(given, outcome.value)
        elif outcome.state == "failed" and self.writes:
            yield from self.unchanged(args, f"failed ({outcome.error})")

    def failed(self, args: tuple[Any, ...], error: PreferencesError) -> Iterator[Broken]:
        """Whether an error that knows of nothing is right."""
        if error.uncertain or (
            isinstance(error, WouldResubscribe) and "opted out at the same moment" in str(error)
        ):
            return
        yield from self.unchanged(args, f"raised {error!r}")

    def read(self, person: str, rows: Any) -> Iterator[Broken]:
        """What a batch says that it read of one person, taken as one has to: any no is a no."""
        if self.method == "opt_outs":
            said_no = any(row.state != SUBSCRIBED for row in rows)
            if not said_no and not self.world.was_in(person, *self.span, *self.world.account.brands):
                yield "yes", f"{self.call}: {person} reads as not opted out, and was so all the time"
            return
        for type_ in self.world.types:
            states = {row.state for row in rows if row.subscription_id == type_}
            if states == {SUBSCRIBED} and not self.was(person, type_, SUBSCRIBED):
                yield "yes", f"{self.call}: {person} reads as subscribed to {type_}, and never was"

    def done(self, args: tuple[Any, ...]) -> Iterator[Broken]:
        """Whether what was to be written was so at some moment."""
        person = args[0]
        if self.method == "unsubscribe_all":
            brand = self.call.kwargs.get("business_unit_id", PORTAL)
            if not self.world.was(("out", address_key(person), brand), True, *self.span):
                yield "done", f"{self.call} is said to be done, and {person} was never opted out"
            concerned = [type_ for type_ in self.world.types if brand in (PORTAL, self.world.brand_of(type_))]
            missing = [type_ for type_ in concerned if not self.was(person, type_, UNSUBSCRIBED)]
        else:
            state = {"subscribe": SUBSCRIBED, "unsubscribe": UNSUBSCRIBED}.get(self.method) or args[2]
            types = self.world.named(args[1], *self.span)
            missing = [] if any(self.was(person, type_, state) for type_ in types) else types
        if missing:
            yield "done", f"{self.call} is said to be done, and it was never so for {person} and {missing}"
        if self.method == "subscribe":
            yield from self.guard(person, args[1])

    def guard(self, person: str, subscription: int | str) -> Iterator[Broken]:
        """Nobody is left subscribed who said no last."""
        for type_ in self.world.named(subscription, *self.span):
            events = self.world.store.about(("state", address_key(person), type_), self.span[1])
            theirs = [event for event in events if event.by != self.call.label]
            if theirs and theirs[-1].after == UNSUBSCRIBED and events[-1].after == SUBSCRIBED:
                yield "guard", f"{self.call} left them subscribed, and they had said no at {theirs[-1].at:.3f}"

    def unchanged(self, args: tuple[Any, ...], ending: str) -> Iterator[Broken]:
        """Whether everything about an input is as the others left it."""
        person, types = address_key(args[0]), self.world.types
        if self.method != "unsubscribe_all":
            types = tuple(self.world.named(args[1], *self.span))
            if len(types) > 1:
                return  # the name moved meanwhile: who knows which was meant
        for type_ in types:
            events = self.world.store.about(("state", person, type_), self.span[1])
            theirs = [event.after for event in events if event.by != self.call.label] or [
                event.before for event in events[:1]
            ]
            if events and events[-1].after != theirs[-1]:
                changed = f"{person} {type_} from {theirs[-1]} to {events[-1].after}"
                yield "unchanged", f"{self.call} {ending}, and it changed {changed}"

    def was(self, person: str, type_: int, state: str) -> bool:
        """Whether somebody was in this state at some moment of the call."""
        return self.world.was(("state", address_key(person), type_), state, *self.span)

    def secrets(self, error: BaseException | None) -> Iterator[Broken]:
        """No text that people log shows an address or a token."""
        shown = f"{error} {error!r}".lower()
        for secret in (self.world.account.token, *(person.partition("@")[0] for person in PEOPLE)):
            if secret in shown:
                yield "secrets", f"{self.call}: {error!r} shows {secret}"


def too_many(sent: list[float], requests: int, seconds: float) -> Iterator[Broken]:
    """The first window in which more was sent than the limit allows."""
    for first, last in zip(sent, sent[requests:], strict=False):
        if last - first < seconds:
            yield "limit", f"more than {requests} requests in the {seconds:g} s from {first:.3f}"
            return


def too_slow(sent: list[float], start: float, requests: int, seconds: float) -> Iterator[Broken]:
    """Whether less than 97 % of the limit was used by what was waiting from `start` on."""
    ideal = [at for at in sent if at < start]
    for _ in range(len(sent) - len(ideal)):
        ideal.append(max(start, ideal[-requests] + seconds) if len(ideal) >= requests else start)
    if (used := (ideal[-1] - start) / (sent[-1] - start)) < 0.97:
        yield "used", f"of {requests} requests in {seconds:g} s only {used:.0%} were sent from {start:.3f} on"
