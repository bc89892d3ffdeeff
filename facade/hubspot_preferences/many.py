"""The batches and streams of a client, blocking: signatures and one-line bodies; the work is in batch.py.

many.py and async_many.py are the same text but for the words of waiting: a change belongs into both.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from . import batch
from .attribution import V
from .chunks import CHUNK_SIZE, Account, check
from .consent import Decision, Unspecified
from .engine import Op
from .models import Change, Status, WideStatus
from .operations import Session
from .outcomes import BatchResult, I, Outcome
from .settings import Operation
from .streams import Inputs, Stream

if TYPE_CHECKING:
    from .transport.blocking import Transport

P = ParamSpec("P")
T = TypeVar("T")


class Run(Protocol):
    """Carries an operation out, as its client does."""

    def __call__(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the operation comes to."""
        ...


class Batch:
    """The batch operations. Each returns a BatchResult: one outcome per input, in input order.

    chunk_size: inputs in one request (HubSpot documents no maximum; 100 is what public clients use).
    fallback: where batches are forbidden (they need Marketing Hub Enterprise and scopes of their
    own), go on with single calls, announced by one log line; False raises Forbidden instead.
    on_outcome: called with one Outcome, once for each input, as soon as it is known; one call at a time.
    An input that cannot be sent fails alone, as an outcome. Whatever ends a batch before its time (Ctrl-C,
    a deadline, a cancellation, an on_outcome that raises) has the outcomes of all inputs as its `partial`:
    what was under way is unknown, what was not sent has failed, and nothing more is sent.
    """

    def __init__(self, run: Run, read: Run) -> None:
        self._run, self._read = run, read

    def statuses(
        self,
        emails: Iterable[str],
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: Callable[[Outcome[str, tuple[Status, ...]]], object] | None = None,
    ) -> BatchResult[str, tuple[Status, ...]]:
        """Many subscribers' states for every subscription type. Operation: POST /statuses/batch/read."""
        return self._read(
            batch.statuses,
            emails,
            business_unit_id=business_unit_id,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )

    def opt_outs(
        self,
        emails: Iterable[str],
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: Callable[[Outcome[str, tuple[WideStatus, ...]]], object] | None = None,
    ) -> BatchResult[str, tuple[WideStatus, ...]]:
        """Many subscribers' opt-outs from all e-mail. Operation: POST /statuses/batch/unsubscribe-all/read."""
        return self._read(
            batch.opt_outs,
            emails,
            business_unit_id=business_unit_id,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )

    def may_email(
        self,
        emails: Iterable[str],
        subscription: int | str,
        *,
        unspecified: Unspecified = "deny",
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: Callable[[Outcome[str, Decision]], object] | None = None,
    ) -> BatchResult[str, Decision]:
        """Whether many may be mailed about a subscription type: a Decision as the value of every outcome.

        Where no answer came, or the address cannot be one, it is a no as well, with the reason. An outcome
        is truthy only where its decision is. unspecified, business_unit_id: as in may_email of one.
        Operations: POST /statuses/batch/read and POST /statuses/batch/unsubscribe-all/read.
        Raises UnknownSubscription, and InvalidArgument for what is no input of its own.
        """
        return self._read(
            batch.may_email,
            emails,
            subscription=subscription,
            unspecified=unspecified,
            business_unit_id=business_unit_id,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )

    def write(
        self,
        changes: Iterable[Change],
        *,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: Callable[[Outcome[Change, Status]], object] | None = None,
    ) -> BatchResult[Change, Status]:
        """Set many states, whatever they were: no guard; see subscribe. Operation: POST /statuses/batch/write.

        Changes that contradict each other (same subscriber and subscription type) all fail unsent.
        """
        return self._run(
            batch.write,
            changes,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )

    def subscribe(
        self,
        changes: Iterable[Change],
        *,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: Callable[[Outcome[Change, Status]], object] | None = None,
    ) -> BatchResult[Change, Status]:
        """Subscribe many, but never somebody who opted out: those fail, with WouldResubscribe as the error.

        Every change asks for SUBSCRIBED. Operations: POST /statuses/batch/read and POST
        /statuses/batch/unsubscribe-all/read, then POST /statuses/batch/write for those who never said no.
        """
        return self._run(
            batch.subscribe,
            changes,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )

    def unsubscribe_all(
        self,
        emails: Iterable[str],
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: Callable[[Outcome[str, tuple[Status, ...]]], object] | None = None,
    ) -> BatchResult[str, tuple[Status, ...]]:
        """Opt many subscribers out of all e-mail. Operation: POST /statuses/batch/unsubscribe-all.

        Always verbose: without details no single input could be confirmed.
        """
        return self._run(
            batch.unsubscribe_all,
            emails,
            business_unit_id=business_unit_id,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )


class Streams:
    """The batch operations for inputs of any number: each returns a stream of outcomes, in input order.

    The inputs come from any iterable, which is read as far as it has to be; what is held at a time is bounded,
    whatever the number. While you read, the next chunks are under way. chunk_size, fallback: as in a batch.
    Changes that contradict each other are carried out in their order. Ending a stream early, by its `close`,
    an exception or a cancellation, sends nothing more: close returns, and the exception has as its `partial`,
    the outcomes that were not handed out. Streams have no shadow.
    """

    def __init__(self, begin: Callable[[], Session], transport: "Callable[[], Transport]") -> None:
        self._begin, self._transport = begin, transport

    def statuses(
        self,
        emails: Inputs[str],
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> Stream[str, tuple[Status, ...]]:
        """As batch.statuses. Operation: POST /statuses/batch/read."""
        return self._open(
            batch.statuses,
            emails,
            "emails",
            writes=False,
            chunk_size=chunk_size,
            fallback=fallback,
            business_unit_id=business_unit_id,
        )

    def opt_outs(
        self,
        emails: Inputs[str],
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> Stream[str, tuple[WideStatus, ...]]:
        """As batch.opt_outs. Operation: POST /statuses/batch/unsubscribe-all/read."""
        return self._open(
            batch.opt_outs,
            emails,
            "emails",
            writes=False,
            chunk_size=chunk_size,
            fallback=fallback,
            business_unit_id=business_unit_id,
        )

    def may_email(
        self,
        emails: Inputs[str],
        subscription: int | str,
        *,
        unspecified: Unspecified = "deny",
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> Stream[str, Decision]:
        """As batch.may_email, whose errors are raised by the first outcome that is read.

        Operations: POST /statuses/batch/read and POST /statuses/batch/unsubscribe-all/read.
        """
        return self._open(
            batch.may_email,
            emails,
            "emails",
            writes=False,
            chunk_size=chunk_size,
            fallback=fallback,
            subscription=subscription,
            unspecified=unspecified,
            business_unit_id=business_unit_id,
        )

    def write(
        self,
        changes: Inputs[Change],
        *,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> Stream[Change, Status]:
        """As batch.write: no guard. Operation: POST /statuses/batch/write."""
        return self._open(
            batch.write,
            changes,
            "changes",
            writes=True,
            chunk_size=chunk_size,
            fallback=fallback,
        )

    def subscribe(
        self,
        changes: Inputs[Change],
        *,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> Stream[Change, Status]:
        """As batch.subscribe: never somebody who opted out.

        Operations: POST /statuses/batch/read and POST /statuses/batch/unsubscribe-all/read, then POST
        /statuses/batch/write.
        """
        return self._open(
            batch.subscribe,
            changes,
            "changes",
            writes=True,
            chunk_size=chunk_size,
            fallback=fallback,
        )

    def unsubscribe_all(
        self,
        emails: Inputs[str],
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> Stream[str, tuple[Status, ...]]:
        """As batch.unsubscribe_all. Operation: POST /statuses/batch/unsubscribe-all."""
        return self._open(
            batch.unsubscribe_all,
            emails,
            "emails",
            writes=True,
            chunk_size=chunk_size,
            fallback=fallback,
            business_unit_id=business_unit_id,
        )

    def _open(
        self,
        operation: Callable[..., Op[BatchResult[I, V]]],
        inputs: Inputs[I],
        name: str,
        *,
        writes: bool,
        chunk_size: int,
        fallback: bool,
        **kwargs: Any,
    ) -> Stream[I, V]:
        """Carry a batch operation out chunk by chunk."""
        check(chunk_size, fallback)
        session = self._begin()

        def batch_of(part: list[I], account: Account[I, V]) -> Op[BatchResult[I, V]]:
            return operation(session, part, account=account, chunk_size=chunk_size, fallback=fallback, **kwargs)

        return Stream(batch_of, inputs, name, self._transport, chunk_size=chunk_size, writes=writes)
