"""What became of the inputs of a batch: one outcome per input, in input order."""

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Generic, TypeVar, overload

from attrs import field, frozen

from .errors import PreferencesError, likeness
from .models import Value

I = TypeVar("I")  # noqa: E741  # an input
V = TypeVar("V")  # what HubSpot says about it


class OutcomeState(StrEnum):
    """What became of one input."""

    APPLIED = "applied"
    NO_CHANGE = "no_change"
    FAILED = "failed"
    UNKNOWN = "unknown"


@frozen
class Outcome(Value, Generic[I, V]):
    """What became of one input.

    state: "applied" (done; for reads: read), "no_change" (it was so already), "failed" (nothing
    happened; `error` says why) or "unknown" (it may have happened or not; `error` says why).
    value: what HubSpot answered about this input, where it did. An outcome is truthy where it is `ok`, one
    that holds a Decision only where that is a yes.
    """

    input: I = field(repr=False)  # it is or holds an address
    state: OutcomeState
    value: V | None = field(default=None, repr=False)
    error: PreferencesError | None = field(default=None, eq=likeness)

    @property
    def ok(self) -> bool:
        """Whether the input is as it was asked for: applied or no_change."""
        return self.state in (OutcomeState.APPLIED, OutcomeState.NO_CHANGE)

    def __bool__(self) -> bool:
        return self.ok and bool(getattr(self.value, "allowed", True))  # a Decision


def unsent(value: I, error: PreferencesError) -> Outcome[I, Any]:
    """The outcome of what was never sent: failed, whatever the error says about the request that it came from."""
    return Outcome(value, OutcomeState.FAILED, None, error)


def ended_by(error: PreferencesError, value: I) -> Outcome[I, Any]:
    """The outcome of an error: unknown where the request may have been carried out all the same."""
    return Outcome(value, OutcomeState.UNKNOWN if error.uncertain else OutcomeState.FAILED, None, error)


class BatchResult(Sequence[Outcome[I, V]]):
    """The outcomes of a batch, one per input, in input order."""

    def __init__(self, outcomes: Sequence[Outcome[I, V]]) -> None:
        self._outcomes = tuple(outcomes)

    @overload
    def __getitem__(self, index: int) -> Outcome[I, V]: ...
    @overload
    def __getitem__(self, index: slice) -> "BatchResult[I, V]": ...
    def __getitem__(self, index: int | slice) -> "Outcome[I, V] | BatchResult[I, V]":
        if isinstance(index, slice):
            return BatchResult(self._outcomes[index])
        return self._outcomes[index]

    def __len__(self) -> int:
        return len(self._outcomes)

    def __iter__(self) -> Iterator[Outcome[I, V]]:
        return iter(self._outcomes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BatchResult) and self._outcomes == other._outcomes

    def __hash__(self) -> int:
        return hash(self._outcomes)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self.summary().items())
        return f"<BatchResult of {len(self)}: {counts}>"

    def summary(self) -> dict[str, int]:
        """How many inputs are in which state; every state is there."""
        counts = Counter(outcome.state for outcome in self)
        return {str(state): counts[state] for state in OutcomeState}

    def to_dicts(self) -> list[dict[str, Any]]:
        """The outcomes, addresses included, ready for JSON."""
        return [outcome.to_dict() for outcome in self]

    def _in(self, state: OutcomeState) -> tuple[Outcome[I, V], ...]:
        return tuple(outcome for outcome in self._outcomes if outcome.state is state)

    @property
    def applied(self) -> tuple[Outcome[I, V], ...]:
        """The inputs that were carried out (for reads: read)."""
        return self._in(OutcomeState.APPLIED)

    @property
    def no_change(self) -> tuple[Outcome[I, V], ...]:
        """The inputs for which everything was so already."""
        return self._in(OutcomeState.NO_CHANGE)

    @property
    def failed(self) -> tuple[Outcome[I, V], ...]:
        """The inputs for which nothing happened; each `error` says why."""
        return self._in(OutcomeState.FAILED)

    @property
    def unknown(self) -> tuple[Outcome[I, V], ...]:
        """The inputs of which nobody can say; each `error` says why."""
        return self._in(OutcomeState.UNKNOWN)

    def raise_for_failures(self) -> None:
        """Raise BatchFailed, with this result, if any input failed or is unknown."""
        bad = [*self.failed, *self.unknown]
        if bad:
            names = sorted({type(outcome.error).__name__ for outcome in bad})
            raise BatchFailed(
                f"of {len(self)} inputs {len(self.failed)} failed and {len(self.unknown)} are unknown "
                f"({', '.join(names)}); the first: {bad[0].error}",
                self,
            )


class BatchFailed(PreferencesError):
    """Some inputs of a batch failed or are unknown; `result` holds every outcome."""

    def __init__(self, message: str, result: BatchResult[Any, Any]) -> None:
        super().__init__(message)
        self.result = result

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self.args, self.result), self.__dict__
