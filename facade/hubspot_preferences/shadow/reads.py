"""What is read again, and how it is compared: pure, as operations are."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from attrs import define, evolve, field, frozen

from .. import batch, consent, operations
from ..answers.differences import Difference, about_decision, about_decisions, about_definitions
from ..answers.differences import about_opt_outs as about_wide_rows
from ..answers.differences import about_statuses as about_rows
from ..consent import Decision, Reason
from ..engine import Op, Sleep
from ..errors import (
    BadRequest,
    Forbidden,
    NotFound,
    PreferencesError,
    UnknownSubscription,
    UnreadableReply,
)
from ..models import Definition, Status, WideStatus, address_key
from ..operations import Session
from ..outcomes import BatchResult
from ..privacy import redact
from .values import Mismatch

ROUNDS: Final = 3  # readings of an answer that changes meanwhile


@frozen(eq=False)
class Read:
    """One read of the caller's: what it said by address (None: about nobody), how to ask again and compare."""

    operation: str
    said: dict[str | None, Any]
    ask: "Callable[[Session, list[Any]], Op[dict[str | None, Any]]]"
    compare: "Callable[[Any, Any, Any], tuple[Difference, ...]]"


@frozen(eq=False)
class Kind:
    """What reads of one operation share."""

    operation: str
    again: Callable[..., Op[Any]]
    compare: "Callable[[Any, Any, Any], tuple[Difference, ...]]"
    single: Callable[..., Op[Any]] | None = None
    """Of a batch: the same for one address."""


def _is_opted_out(session: Session, email: str, **kwargs: Any) -> Op[bool | None]:
    """is_opted_out, where a state that nobody knows is an answer as well."""
    rows = yield from operations.every_opt_out(session, email, one_is_enough=True, **kwargs)
    return _opted_out(rows)


def _opted_out(rows: Iterable[WideStatus]) -> bool | None:
    try:
        return consent.opted_out(rows)
    except UnreadableReply:
        return None


def _may_email(session: Session, *args: Any, **kwargs: Any) -> Op[Decision]:
    """may_email, where a failed read is an error; a name that means nothing (any more) and a 404 are answers."""
    try:
        decision = yield from operations.may_email(session, *args, **kwargs)
    except UnknownSubscription as error:
        return Decision(allowed=False, reason=Reason.NO_ANSWER, error=error)
    if decision.error and not isinstance(decision.error, NotFound):
        raise decision.error
    return decision


def _about_definitions(_: None, a: tuple[Definition, ...], b: tuple[Definition, ...]) -> tuple[Difference, ...]:
    return about_definitions(a, b)


def _about_statuses(email: str, a: tuple[Status, ...], b: tuple[Status, ...]) -> tuple[Difference, ...]:
    rows = about_rows(a, b)
    return rows and (*rows, *about_decisions(email, (a, ()), (b, ())))


def _about_opt_outs(email: str, a: tuple[WideStatus, ...], b: tuple[WideStatus, ...]) -> tuple[Difference, ...]:
    rows = about_wide_rows(a, b)
    return rows and (*rows, *_about_opted_out(email, _opted_out(a), _opted_out(b)))


def _about_opted_out(_: str, a: bool | None, b: bool | None) -> tuple[Difference, ...]:
    if a == b:
        return ()
    words = {True: "opted out", False: "not opted out", None: "unknown"}
    return (Difference("decision", "opt_outs", words[a], words[b], newly_allowed=b is False),)


def _about_decision(_: str, a: Decision, b: Decision) -> tuple[Difference, ...]:
    rows = (*about_rows(a.statuses, b.statuses), *about_wide_rows(a.opt_outs, b.opt_outs))
    if (a.allowed, a.reason) == (b.allowed, b.reason):
        return rows
    ids = {row.subscription_id for row in (*a.statuses, *b.statuses)}
    found = about_decision(a, b, ids.pop() if len(ids) == 1 else None)
    return (*rows, evolve(found, a=_named(a) or found.a, b=_named(b) or found.b))


def _named(decision: Decision) -> str | None:
    return f"no ({redact(str(decision.error))[:80]})" if decision.error else None


# The reads of a client, by the operation that carries them out: nothing else is ever repeated.
KINDS: Final[dict[Callable[..., Any], Kind]] = {
    operations.definitions: Kind("definitions", operations.definitions, _about_definitions),
    operations.statuses: Kind("statuses", operations.statuses, _about_statuses),
    operations.opt_outs: Kind("opt_outs", operations.opt_outs, _about_opt_outs),
    operations.is_opted_out: Kind("is_opted_out", _is_opted_out, _about_opted_out),
    operations.may_email: Kind("may_email", _may_email, _about_decision),
    batch.statuses: Kind("batch.statuses", batch.statuses, _about_statuses, operations.statuses),
    batch.opt_outs: Kind("batch.opt_outs", batch.opt_outs, _about_opt_outs, operations.every_opt_out),
}


def reads(
    operation: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    found: Any,
    forbidden: set[Any],
    room: int,
) -> tuple[list[Read], int]:
    """What of an answer can be compared; of a batch, each chunk by itself, and how many answers have no room."""
    kind = KINDS[operation]
    if isinstance(found, BatchResult):
        return _chunks(kind, kwargs, found, forbidden, room)
    unknown = isinstance(found, Decision) and isinstance(found.error, NotFound)
    if isinstance(found, Decision) and found.error and not unknown:
        return [], 0  # no answer

    def ask(session: Session, about: list[Any]) -> Op[dict[str | None, Any]]:
        answer = yield from operations.attempt(kind.again(session, *args, **kwargs))
        if isinstance(answer, Decision) and isinstance(answer.error, NotFound) and not unknown:
            answer = answer.error  # nobody can tell a missing person from a missing version
        return {about[0]: answer}

    return [Read(kind.operation, {args[0] if args else None: found}, ask, kind.compare)], 0


def _chunks(
    kind: Kind, kwargs: dict[str, Any], found: BatchResult[str, Any], forbidden: set[Any], room: int
) -> tuple[list[Read], int]:
    """The answers of a batch in chunks; an input that got none is left out, one given twice is one.

    What has no room is only counted: the caller waits for this.
    """
    single, brand = kind.single, kwargs["business_unit_id"]
    assert single is not None

    def ask(session: Session, about: list[Any]) -> Op[dict[str | None, Any]]:
        where = (session.version.name, kind.operation)
        if where not in forbidden:
            again = kind.again(session, about, business_unit_id=brand, chunk_size=len(about), fallback=False)
            result = yield from operations.attempt(again)
            if isinstance(result, BatchResult):
                return {outcome.input: outcome.value if outcome.ok else outcome.error for outcome in result}
            if not (isinstance(result, Forbidden) and kwargs["fallback"]):
                return dict.fromkeys(about, result)
            forbidden.add(where)
        answers: dict[str | None, Any] = {}
        for email in about:
            answers[email] = yield from operations.attempt(single(session, email, business_unit_id=brand))
            if isinstance(answers[email], PreferencesError) and not isinstance(
                answers[email], BadRequest | NotFound | UnreadableReply
            ):
                return dict.fromkeys(about, answers[email]) | answers  # the others would be told the same
        return answers

    said: dict[str, tuple[str, Any]] = {}
    size = min(kwargs["chunk_size"], batch.CHUNK_SIZE)  # bounds the queue, and holds up no event loop
    outcomes = iter(found)
    for outcome in outcomes if room > 0 else ():
        if outcome.ok:
            said.setdefault(address_key(outcome.input), (outcome.input, outcome.value))
            if len(said) == size * room:
                break
    answers = list(said.values())
    chunks = [
        Read(kind.operation, dict(answers[start : start + size]), ask, kind.compare)
        for start in range(0, len(answers), size)
    ]
    return chunks, sum(outcome.ok for outcome in outcomes)


@define(eq=False)
class Found:
    """What comparing one read came to."""

    identical: int = 0
    failed: int = 0
    mismatches: list[Mismatch] = field(factory=list)
    error: Exception | None = None
    answered: bool = False
    """Whether the shadow said anything that could be read."""

    def fail(self, error: Exception, count: int = 1) -> None:
        """Count answers of which nobody can say whether they differ, and why."""
        self.failed += count
        self.error = error


def compared(read: Read, ours: Session, shadow: Session) -> Op[Found]:
    """What the shadow says to a read; and before it counts as different, whether the answer still stands."""
    found = Found()
    try:
        yield from _rounds(read, ours, shadow, found)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the shadow's affair alone
        counted = found.identical + found.failed + len(found.mismatches)
        found.fail(error, len(read.said) - counted)
    return found


def _rounds(read: Read, ours: Session, shadow: Session, found: Found) -> Op[None]:
    left = dict(read.said)
    for _ in range(ROUNDS):
        if not left:
            return
        theirs = yield from read.ask(shadow, list(left))
        differing: dict[str | None, tuple[Difference, ...]] = {}
        for email, said in left.items():
            yield Sleep(0)  # lets an event loop go on
            other = theirs[email]
            if isinstance(other, PreferencesError):
                found.fail(other)
                continue
            found.answered = True
            if differences := read.compare(email, said, other):
                differing[email] = differences
            else:
                found.identical += 1
        # The caller, or the person, may have changed it between the two readings.
        now = (yield from read.ask(ours, list(differing))) if differing else {}
        left, before = {}, left
        for email, differences in differing.items():
            again = now[email]
            if isinstance(again, PreferencesError):
                found.fail(again)
            elif read.compare(email, before[email], again):
                left[email] = again
            else:
                mismatch = Mismatch(read.operation, ours.version.name, shadow.version.name, email, differences)
                found.mismatches.append(mismatch)
    if left:
        found.fail(PreferencesError("the answer kept changing while it was compared"), len(left))
