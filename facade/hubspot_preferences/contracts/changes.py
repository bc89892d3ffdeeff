"""What a comparison of two contracts comes to: plain values, the worst first."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from attrs import field, frozen


class Level(StrEnum):
    """How much a change matters to a client, the worst first."""

    BREAKING = "breaking"
    WARNING = "warning"
    INFO = "info"


LEVELS: Final = tuple(Level)


@frozen
class ContractChange:
    """One difference.

    rule: oasdiff's name where it has one. operation: "GET /definitions". place: where in it, such as
    "200 results[].status". subject: the same by schema, "SubscriptionStatus.status", equal in every
    operation that uses it. detail: from what to what.
    """

    level: Level
    rule: str
    operation: str
    place: str = ""
    subject: str = ""
    detail: str = ""


@frozen
class OperationDiff:
    """One operation of either contract. verdict: "same", "added", "removed" or the worst level."""

    method: str
    path: str
    verdict: str
    changes: tuple[ContractChange, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@frozen
class ContractDiff:
    """What differs between contracts `a` and `b` for a client that goes from a to b."""

    a: str
    b: str
    operations: tuple[OperationDiff, ...] = field(repr=False)
    others: tuple[ContractChange, ...] = field(default=(), repr=False)
    """Differences that belong to no single operation."""

    @property
    def changes(self) -> tuple[ContractChange, ...]:
        """All of them, the worst first."""
        changes = [*self.others, *(change for operation in self.operations for change in operation.changes)]
        return tuple(sorted(changes, key=lambda change: LEVELS.index(change.level)))

    @property
    def level(self) -> Level | None:
        """The worst level; None where nothing differs."""
        return worst(self.changes)

    def count(self, level: Level) -> int:
        """How many changes are of this level."""
        return sum(change.level is level for change in self.changes)

    def fails(self, on: str) -> bool:
        """Whether anything is as bad as `on` or worse: "breaking", "warning" or "any"."""
        bar = Level.INFO if on == "any" else Level(on)
        return any(LEVELS.index(change.level) <= LEVELS.index(bar) for change in self.changes)

    def grouped(self) -> dict[ContractChange, tuple[str, ...]]:
        """Each change once, with the operations it is in: what is in a shared schema shows up in many."""
        groups: dict[tuple[str, ...], list[ContractChange]] = {}
        for change in self.changes:
            where = change.subject or f"{change.operation} {change.place}"
            groups.setdefault((change.level, change.rule, where, change.detail), []).append(change)
        return {group[0]: tuple(dict.fromkeys(one.operation for one in group)) for group in groups.values()}


def worst(changes: Iterable[ContractChange]) -> Level | None:
    """The worst level among changes."""
    return min((change.level for change in changes), key=LEVELS.index, default=None)
