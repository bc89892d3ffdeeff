"""Which reads of a client are repeated, how they are asked again, and how two answers to one are compared."""

from collections.abc import Callable
from itertools import islice
from typing import Any, Final, TypeAlias

from attrs import frozen

from .. import batch, operations
from ..answers import methods
from ..answers.methods import Differences
from ..chunks import CHUNK_SIZE
from ..consent import Decision, Reason
from ..engine import Op
from ..errors import BadRequest, Forbidden, NotFound, PreferencesError, UnknownSubscription, UnreadableReply
from ..models import address_key
from ..operations import Session, attempt
from ..outcomes import BatchResult

OF_BATCHES: Final = ("chunk_size", "fallback", "account")  # what a single call is not given

Operation: TypeAlias = Callable[..., Op[Any]]
ByAddress: TypeAlias = dict[str | None, Any]  # an answer, or the error in its place; None: it is about nobody


@frozen(eq=False)
class Repetition:
    """How the reads of one method are asked again, and what differs in two answers about an address."""

    method: str
    again: Operation
    compare: Callable[[Any, Any, Any], Differences]
    single: Operation | None = None  # of a batch: the same for one address


@frozen(eq=False)
class Read:
    """One read of the caller's, or a chunk of a batch: what it answered, and how to ask for it again."""

    repetition: Repetition
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    answers: ByAddress
    singly: set[str]  # the batches that the account may not read; found out by asking

    def ask(self, session: Session, addresses: list[Any]) -> Op[ByAddress]:
        """What a version answers about some of the addresses."""
        method, again, single = self.repetition.method, self.repetition.again, self.repetition.single
        if single is None:
            return {addresses[0]: (yield from attempt(again(session, *self.args, **self.kwargs)))}
        if method not in self.singly:
            settings = self.kwargs | {"chunk_size": len(addresses), "fallback": False, "account": None}
            result = yield from attempt(again(session, addresses, **settings))
            if isinstance(result, BatchResult):
                return {outcome.input: outcome.value if outcome.ok else outcome.error for outcome in result}
            if not (isinstance(result, Forbidden) and self.kwargs["fallback"]):
                return dict.fromkeys(addresses, result)
            self.singly.add(method)
        singly: ByAddress = {}
        asked = {name: value for name, value in self.kwargs.items() if name not in OF_BATCHES}
        for email in addresses:
            row = yield from attempt(single(session, email, **asked))
            singly[email] = row
            if isinstance(row, PreferencesError) and not isinstance(row, BadRequest | NotFound | UnreadableReply):
                return dict.fromkeys(addresses, row) | singly  # the others would be told the same
        return singly


def _is_opted_out(session: Session, email: str, **kwargs: Any) -> Op[bool | None]:
    """is_opted_out, where a state that nobody knows is an answer as well."""
    return methods.opted_out((yield from operations.every_opt_out(session, email, one_is_enough=True, **kwargs)))


def _may_email(session: Session, *args: Any, **kwargs: Any) -> Op[Decision]:
    """may_email, where a failed read is an error; a name that means nothing (any more) and a 404 are answers."""
    try:
        decision = yield from operations.may_email(session, *args, **kwargs)
    except UnknownSubscription as error:
        return Decision(allowed=False, reason=Reason.NO_ANSWER, error=error)
    if decision.error and not isinstance(decision.error, NotFound):
        raise decision.error
    return decision


# The reads of a client, by the operation that carries them out: nothing else is ever repeated.
REPETITIONS: Final[dict[Operation, Repetition]] = {
    operations.definitions: Repetition("definitions", operations.definitions, methods.definitions),
    operations.statuses: Repetition("statuses", operations.statuses, methods.statuses),
    operations.opt_outs: Repetition("opt_outs", operations.opt_outs, methods.opt_outs),
    operations.is_opted_out: Repetition("is_opted_out", _is_opted_out, methods.is_opted_out),
    operations.may_email: Repetition("may_email", _may_email, methods.may_email),
    batch.statuses: Repetition("batch.statuses", batch.statuses, methods.statuses, operations.statuses),
    batch.opt_outs: Repetition("batch.opt_outs", batch.opt_outs, methods.opt_outs, operations.every_opt_out),
    batch.may_email: Repetition("batch.may_email", batch.may_email, methods.may_email, _may_email),
}


def reads(
    operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Any, singly: set[str], room: int
) -> tuple[list[Read], int]:
    """What of an answer can be compared, of a batch in chunks; and how many answers there is no room for.

    An input that got no answer is left out, one given twice is one. The caller waits for this.
    """
    repetition = REPETITIONS[operation]
    if not isinstance(answer, BatchResult):
        if isinstance(answer, Decision) and answer.error and not isinstance(answer.error, NotFound):
            return [], 0  # no answer
        read = Read(repetition, args, kwargs, {args[0] if args else None: answer}, singly)
        return ([read], 0) if room else ([], 1)
    size = min(kwargs["chunk_size"], CHUNK_SIZE)  # bounds the queue
    answered = (outcome for outcome in answer if outcome.ok)
    fitting: dict[str, tuple[str | None, Any]] = {}
    for outcome in islice(answered, size * room):
        fitting.setdefault(address_key(outcome.input), (outcome.input, outcome.value))
    pairs = list(fitting.values())
    chunks = [dict(pairs[start : start + size]) for start in range(0, len(pairs), size)]
    return [Read(repetition, (), kwargs, chunk, singly) for chunk in chunks], sum(1 for _ in answered)
