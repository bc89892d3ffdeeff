"""Do two versions answer the same about somebody? Field by field, and the decision that rests on it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from attrs import fields, frozen

from .. import consent
from ..models import Definition, OpenStrEnum, Status, WideStatus
from ..privacy import redact

R = TypeVar("R", Status, WideStatus, Definition)

Answers: TypeAlias = tuple[Sequence[Status] | None, Sequence[WideStatus] | None]
"""The states and the opt-outs of one subscriber; None where the version knows nobody of that name (404)."""
_Compared: TypeAlias = tuple[tuple[str, Any], ...]

# Not compared: a consent decision rests on none of them, and they may differ for other reasons.
VOLATILE: Final = frozenset(
    {
        "updated_at",  # rows of people who never said anything carry the moment of reading
        "created_at",  # rows of people who never said anything carry the moment of reading
        "source",  # free text about the route of the last change
        "reason",  # about writes; null in replies to reads
        "warning",  # ours, and about writes
        "email",  # spelled as asked by one version and as stored by another; whose it is was checked when read
        "translations",  # words for people
        "description",  # words for people
    }
)
_PRIVATE: Final = frozenset({"legal_basis_explanation"})  # may hold anything about the person


@frozen
class Difference:
    """One thing about which two versions disagree.

    field: a field of the row, "row" where only one side has it, "found" where only one side knows what it was
    asked about, or "decision" (whether the person may be mailed, and why). about: "statuses", "opt_outs",
    "definitions" or "decisions". subscription_id: of which row, where it has one. a, b: what each version
    says, fit to be shown: no address, no free text about a person.
    """

    field: str
    about: str
    a: str
    b: str
    subscription_id: int | None = None
    newly_allowed: bool = False
    """Whether b would have the person mailed where a would not: the dangerous direction."""

    def __str__(self) -> str:
        which = f" of {self.subscription_id}" if self.subscription_id is not None else ""
        return f"{self.about}: {self.field}{which}: {self.a} → {self.b}"


def about_statuses(a: Sequence[Status] | None, b: Sequence[Status] | None) -> tuple[Difference, ...]:
    """How one subscriber's states differ; the order of rows and exact repeats mean nothing. None: a 404."""
    return tuple(_rows("statuses", lambda row: row.subscription_id, a, b))


def about_opt_outs(a: Sequence[WideStatus] | None, b: Sequence[WideStatus] | None) -> tuple[Difference, ...]:
    """How one subscriber's opt-outs differ. None: a 404."""
    return tuple(_rows("opt_outs", lambda row: row.business_unit_id, a, b))


def about_definitions(a: Sequence[Definition] | None, b: Sequence[Definition] | None) -> tuple[Difference, ...]:
    """How the subscription types differ: a name is resolved by them, so a decision may rest on them."""
    return tuple(_rows("definitions", lambda row: row.id, a, b))


def about_decisions(email: str, a: Answers, b: Answers) -> tuple[Difference, ...]:
    """Where may_email would decide differently, for every subscription type that either side names.

    Decided for both settings of `unspecified`; of two differences the one that newly allows is told.
    """
    differences: list[Difference] = []
    for subscription_id in sorted({row.subscription_id for rows in (a[0], b[0]) for row in rows or ()}):
        decisions = []
        for unspecified in ("deny", "allow"):
            ours, theirs = (_decided(email, subscription_id, answers, unspecified) for answers in (a, b))
            if (ours.allowed, ours.reason) != (theirs.allowed, theirs.reason):
                decisions.append(about_decision(ours, theirs, subscription_id))
        # Without the setting both may be a no, and with it one a yes: that must not hide behind the first.
        differences += sorted(decisions, key=lambda difference: not difference.newly_allowed)[:1]
    return tuple(differences)


def _decided(
    email: str, subscription_id: int, answers: Answers, unspecified: consent.Unspecified
) -> consent.Decision:
    statuses, opt_outs = answers
    if statuses is None or opt_outs is None:
        return consent.Decision(allowed=False, reason=consent.Reason.NO_ANSWER)
    return consent.decide(email, subscription_id, tuple(statuses), tuple(opt_outs), unspecified=unspecified)


def about_decision(a: consent.Decision, b: consent.Decision, subscription_id: int | None) -> Difference:
    """The difference between two decisions."""
    return Difference(
        field="decision",
        about="decisions",
        a=f"{'yes' if a.allowed else 'no'} ({a.reason})",
        b=f"{'yes' if b.allowed else 'no'} ({b.reason})",
        subscription_id=subscription_id,
        newly_allowed=b.allowed and not a.allowed,
    )


def holds_unknown(rows: Iterable[Status | WideStatus]) -> bool:
    """Whether any row has a value that this library does not know: equal or not, nobody can say what it means."""
    return any(isinstance(value, OpenStrEnum) and not value.known for row in rows for _, value in _compared(row))


def _rows(
    about: str, key: Callable[[R], Any], a: Sequence[R] | None, b: Sequence[R] | None
) -> Iterator[Difference]:
    if a is None or b is None:
        if a is not b:
            yield Difference("found", about, "no" if a is None else "yes", "no" if b is None else "yes")
        return
    if a == b:  # most are
        return
    ours, theirs = _by_key(key, a), _by_key(key, b)
    for identity in sorted(ours.keys() | theirs.keys(), key=str):
        old, new = ours.get(identity, []), theirs.get(identity, [])
        subscription = identity if about != "opt_outs" else None
        if len(old) != len(new):
            yield Difference("row", about, _counted(old), _counted(new), subscription)
            continue
        for mine, other in zip(old, new, strict=True):
            for (name, before), (_, after) in zip(mine, other, strict=True):
                if before != after:
                    yield Difference(name, about, _shown(name, before), _shown(name, after), subscription)


def _by_key(key: Callable[[R], Any], rows: Sequence[R]) -> dict[Any, list[_Compared]]:
    """What is compared of each row, exact repeats once, in an order that does not depend on the reply's."""
    by_key: dict[Any, set[_Compared]] = {}
    for row in rows:
        by_key.setdefault(key(row), set()).add(_compared(row))
    return {identity: sorted(distinct, key=repr) for identity, distinct in by_key.items()}


def _compared(row: Status | WideStatus | Definition) -> _Compared:
    """The fields on which a consent decision may rest, and what they hold."""
    names = (attribute.name for attribute in fields(type(row)))
    return tuple((name, getattr(row, name)) for name in names if name not in VOLATILE)


def _counted(rows: Sequence[object]) -> str:
    return "no row" if not rows else "1 row" if len(rows) == 1 else f"{len(rows)} rows"


def _shown(name: str, value: object) -> str:
    if value is None:
        return "nothing"
    if name in _PRIVATE:
        return "a text"
    return redact(str(value))[:80]
