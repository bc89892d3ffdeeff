"""What has to hold after every run, whatever happened in it, checked against the world's truth."""

from asyncio import CancelledError
from collections.abc import Iterator
from math import inf
from typing import Any
from urllib.parse import unquote

from hubspot_preferences import (
    Change,
    Forbidden,
    InvalidArgument,
    PreferencesError,
    UnknownSubscription,
    WouldResubscribe,
)
from hubspot_preferences.models import address_key
from hubspot_preferences.outcomes import Outcome
from hubspot_preferences.sandbox.state import PORTAL, SUBSCRIBED, UNSUBSCRIBED

from .calls import Call, Enough
from .world import PEOPLE, TOKEN, World

LONGEST = 900.0  # seconds for one input, whatever the server does: tries end after 120, and five follow each other

Broken = tuple[str, str]
"""The name of a promise that was broken, and how."""


def broken(world: World, call: Call) -> Iterator[Broken]:
    """The promises that a call broke."""
    judge = _Judge(world, call)
    if call.given_up == "killed":
        yield from judge.outcomes(call.heard)
        return
    if call.ended is None:
        yield "ends", f"{call} never ended"
        return
    yield from judge.duration(call.ended - call.started)
    yield from judge.errors()
    if call.inputs is not None:
        yield from judge.batch(call.inputs)
    elif call.error is None:
        yield from judge.answer()
    elif judge.writes and isinstance(call.error, PreferencesError) and not call.error.uncertain:
        yield from judge.failed(call.args, call.error)


class _Judge:
    """One call, compared with what was so while it ran."""

    def __init__(self, world: World, call: Call) -> None:
        self.world = world
        self.call = call
        self.span = call.started, inf if call.ended is None else call.ended
        self.method = call.method.rpartition(".")[2]
        self.writes = self.method in ("set_status", "unsubscribe", "unsubscribe_all", "subscribe", "write")

    def duration(self, seconds: float) -> Iterator[Broken]:
        """Nothing waits for ever, nor past its deadline."""
        call, inputs = self.call, self.call.inputs
        longest = LONGEST if inputs is None else (LONGEST + call.reads_slowly) * len(inputs)
        if call.deadline is not None:
            longest = min(longest, call.deadline + 1e-6)
        if seconds > longest:
            yield "ends", f"{call} took {seconds:.3f} s"

    def errors(self) -> Iterator[Broken]:
        """Whatever is raised is ours, or was the caller's own; no text of it shows an address or a token."""
        call, error = self.call, self.call.error
        expected = (PreferencesError,) if not call.given_up else (TimeoutError, CancelledError, KeyboardInterrupt)
        if error is not None and not isinstance(error, (*expected, Enough)):
            yield "errors", f"{call} raised {error!r}"
        outcomes = [*call.heard, *(self.known() or ())]
        for told in {id(one): one for one in (error, *(outcome.error for outcome in outcomes))}.values():
            shown = unquote(f"{told} {told!r}").lower()
            for secret in (TOKEN, *(person.partition("@")[0] for person in PEOPLE)):
                if secret in shown:
                    yield "secrets", f"{call}: {told!r} shows {secret}"

    def known(self) -> list[Outcome[Any, Any]] | None:
        """The outcomes that the caller has in hand, whatever ended the call; None: they are lost."""
        call, error = self.call, self.call.error
        if error is None:
            return list(call.value) if call.inputs is not None else None
        left = getattr(error, "partial", getattr(error.__cause__, "partial", None))
        if left is None:
            return None
        return [*call.heard, *left] if call.method.startswith("stream.") else list(left)

    def batch(self, inputs: list[Any]) -> Iterator[Broken]:
        """One outcome for each input, whatever ended it, and each is true."""
        call, known = self.call, self.known()
        if known is None:
            if not isinstance(call.error, InvalidArgument | UnknownSubscription | Forbidden):
                yield "outcomes", f"{call} raised {call.error!r}, and the outcomes are lost"
            yield from self.outcomes(call.heard)
            return
        if [outcome.input for outcome in known] != inputs:
            yield "outcomes", f"{call}: the outcomes are not those of the inputs"
        untold = list(known)
        for outcome in call.heard:
            if outcome not in untold:
                yield "outcomes", f"{call}: the caller was told of {outcome!r}, and it is not there"
                break
            untold.remove(outcome)
        if untold and call.error is None and call.hears_at_most is None:
            yield "outcomes", f"{call}: the caller was not told of {untold[0]!r}"
        yield from self.outcomes(known)

    def outcomes(self, outcomes: list[Outcome[Any, Any]]) -> Iterator[Broken]:
        """Whether what became of each input of a batch is what it says."""
        for outcome in outcomes:
            given = outcome.input
            args = (given.email, given.subscription, given.state) if isinstance(given, Change) else (given,)
            if not outcome.ok:
                if outcome.state == "failed" and self.writes:
                    yield from self.failed(args, outcome.error)
            elif self.writes:
                yield from self.done(args)
            elif self.method == "may_email":
                yield from self.yes(str(given), outcome.value)
            else:
                yield from self.read(str(given), outcome.value)

    def answer(self) -> Iterator[Broken]:
        """What a single call returned."""
        call, value = self.call, self.call.value
        if self.writes:
            yield from self.done(call.args)
        elif call.method == "may_email":
            yield from self.yes(call.args[0], value)
        elif call.method == "is_opted_out" and not value:
            brands = {call.kwargs["business_unit_id"]} if call.kwargs else self.world.account.brands
            if not self.world.was_in(call.args[0], *self.span, *brands):
                yield "yes", f"{call} said no, and they were opted out all the time"
        elif call.method == "links" and not value.manage_preferences:
            yield "done", f"{call} returned no links"

    def yes(self, person: str, decision: Any) -> Iterator[Broken]:
        """Whether a yes was right at some moment."""
        unspecified = self.call.kwargs.get("unspecified", "deny")
        if decision and not self.world.mailable(person, self.call.args[1], *self.span, unspecified):
            yield "yes", f"{self.call} said yes to {person}, and it was never so"

    def failed(self, args: tuple[Any, ...], error: object) -> Iterator[Broken]:
        """Whether nothing happened: everything is as the others left it, to the end of the world."""
        put_back = isinstance(error, WouldResubscribe) and "put back" in str(error)
        until = self.span[1] if put_back else inf  # what is doubled on its way undoes it again
        person, types = address_key(args[0]), self.world.types
        if self.method != "unsubscribe_all":
            types = tuple(self.world.named(args[1], *self.span))
            if len(types) > 1:
                return  # the name moved meanwhile: who knows which was meant
        for type_ in types:
            events = self.world.store.about(("state", person, type_), until)
            theirs = [event.before for event in events[:1]]
            theirs += [event.after for event in events if event.by != self.call.label]
            if events and events[-1].after not in (theirs[-1], UNSUBSCRIBED if put_back else theirs[-1]):
                changed = f"{person} {type_} is {events[-1].after} and was {theirs[-1]}"
                yield "guard" if put_back else "unchanged", f"{self.call} failed ({error!r}), and by it {changed}"

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
        if self.call.kwargs.get("resubscribe"):
            if not self.call.value.warning and not self.world.mailable(person, args[1], *self.span, "deny"):
                yield "yes", f"{self.call} warned of nothing, and they were never to be mailed"
        elif self.method == "subscribe":
            yield from self.guard(person, args[1])

    def guard(self, person: str, subscription: int | str) -> Iterator[Broken]:
        """Nobody is left subscribed who said no last."""
        for type_ in self.world.named(subscription, *self.span):
            events = self.world.store.about(("state", address_key(person), type_), self.span[1])
            theirs = [event for event in events if event.by != self.call.label]
            if theirs and theirs[-1].after == UNSUBSCRIBED and events[-1].after == SUBSCRIBED:
                yield "guard", f"{self.call} left them subscribed, and they had said no at {theirs[-1].at:.3f}"

    def was(self, person: str, type_: int, state: str) -> bool:
        """Whether somebody was in this state at some moment of the call."""
        return self.world.was(("state", address_key(person), type_), state, *self.span)


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
        yield "used", f"of {requests} requests in {seconds:g} s only {used:.1%} were sent from {start:.3f} on"
