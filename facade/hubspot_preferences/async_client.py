"""AsyncPreferences, to be awaited: signatures and one-line bodies; the work is in operations.py and batch.py.

client.py and async_client.py are the same text but for the words of waiting: a change belongs into both.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from . import batch, operations, versions
from .attribution import V
from .chunks import CHUNK_SIZE, Account, check
from .consent import Decision, Unspecified
from .engine import Op, adrive
from .errors import InvalidArgument
from .limits import Limiter
from .models import (
    Change,
    Channel,
    ChannelName,
    Definition,
    LegalBasis,
    LegalBasisName,
    Links,
    Status,
    SubscriptionState,
    SubscriptionStateName,
    WideStatus,
)
from .outcomes import BatchResult, I, Outcome
from .retry import Retry
from .settings import BASE_URL, LARGEST_REPLY, NEW_LIMITER, Client, Operation, session, transport_settings
from .versions import VersionLike

if TYPE_CHECKING:
    from . import transport
    from .shadow import Mismatch
    from .shadow.awaited import AsyncShadow
    from .streams import AsyncInputs, AsyncStream
    from .transport.awaited import AsyncTransport

P = ParamSpec("P")
T = TypeVar("T")


class AsyncPreferences(Client):
    """HubSpot's communication preferences, to be awaited.

    token: a private app's token or an OAuth access token; None reads HUBSPOT_ACCESS_TOKEN.
    version: the API version, such as "v4" or "2026-09" (`hubprefs versions` lists them); "latest" is the
    newest that is released. Text from a configuration goes through versions.version.
    base_url: https, or http to this machine (the sandbox).
    timeout: seconds to connect, and to wait for each piece of a reply; None waits for ever.
    retry: when to try again; None never does.
    deadline: seconds that one call may take, all its requests and waits included: then TimedOut. None: as
    long as it takes, but no try of a request starts or lasts beyond retry.total after the first.
    limiter: the rate limit on this side, a new one for each client; None sends at once.
    concurrency: requests under way at the same time, at most.
    max_reply_bytes: what a reply may have, decompressed; a larger one is a TransportError.
    http_client: your own httpx.AsyncClient, used as it is and not closed; timeout then has no effect.
    shadow: another API version: what was read is asked of it again, in the background, and compared. See
    hubspot_preferences.shadow. None compares nothing.
    on_mismatch: called with a Mismatch for each answer about which the two disagree; None logs a line.

    Raises InvalidArgument for what cannot be used. Warns (EndOfSupportWarning) where the version's
    support ends within 90 days or has ended, once per process and version. Close it, or use it as
    `async with AsyncPreferences() as prefs`. One client serves one event loop.
    """

    _pool: "AsyncTransport"
    _shadow: "AsyncShadow | None"

    def __init__(
        self,
        token: str | None = None,
        *,
        version: VersionLike = versions.DEFAULT,
        base_url: str = BASE_URL,
        timeout: float | None = 30.0,
        retry: Retry | None = Retry(),  # noqa: B008  # frozen
        deadline: float | None = None,
        limiter: Limiter | None = NEW_LIMITER,
        concurrency: int = 8,
        max_reply_bytes: int = LARGEST_REPLY,
        http_client: "transport.AsyncHttpClient | None" = None,
        shadow: VersionLike | None = None,
        on_mismatch: "Callable[[Mismatch], object] | None" = None,
    ) -> None:
        from .transport.awaited import AsyncTransport

        self._session = session(version, retry, limiter, deadline)
        settings = transport_settings(token, base_url, timeout, concurrency, max_reply_bytes)
        versions.warn_of_end(self._session.version, stacklevel=2)  # before anything is opened: it may raise
        self._shadow = None
        if shadow is not None:
            from .shadow.awaited import AsyncShadow

            self._shadow = AsyncShadow(self._session, shadow, on_mismatch, settings)
        elif on_mismatch is not None:
            raise InvalidArgument("on_mismatch: needs a shadow, an API version to compare with")
        self._base_url = settings["url"]
        self._pool = AsyncTransport(http_client, **settings)
        self._owner = True

    async def aclose(self) -> None:
        """Close the connections; not those of your own http_client, nor those shared by with_version."""
        if self._owner:
            try:
                if self._shadow is not None:
                    await self._shadow.aclose()
            finally:
                await self._pool.aclose()

    @property
    def _transport(self) -> "AsyncTransport":
        return self._pool.ready()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    @property
    def shadow(self) -> "AsyncShadow | None":
        """What the version given as `shadow` says to the same reads: `counts`, and `wait` for all of them.

        None where no shadow was asked for.
        """
        return self._shadow

    async def _run(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry an operation out."""
        return await adrive(operation(self._begin(), *args, **kwargs), self._transport)

    async def _read(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry a read out, and have the shadow, if there is one, repeat it afterwards."""
        answer = await self._run(operation, *args, **kwargs)
        if self._shadow is not None:
            self._shadow.offer(operation, args, kwargs, answer)
        return answer

    def _stream(
        self,
        operation: "Callable[..., Op[BatchResult[I, V]]]",
        inputs: "AsyncInputs[I]",
        name: str,
        *,
        writes: bool,
        chunk_size: int,
        fallback: bool,
        **kwargs: Any,
    ) -> "AsyncStream[I, V]":
        """Carry a batch operation out chunk by chunk."""
        from .streams import AsyncStream

        check(chunk_size, fallback)
        session = self._begin()

        def batch_of(part: list[I], account: Account[I, V]) -> "Op[BatchResult[I, V]]":
            return operation(session, part, account=account, chunk_size=chunk_size, fallback=fallback, **kwargs)

        return AsyncStream(batch_of, inputs, name, lambda: self._transport, chunk_size=chunk_size, writes=writes)

    @property
    def batch(self) -> "AsyncBatch":
        """The same for many subscribers at once."""
        return AsyncBatch(self)

    @property
    def stream(self) -> "AsyncStreams":
        """The same for any number of subscribers, in bounded memory."""
        return AsyncStreams(self)

    async def definitions(
        self, *, business_unit_id: int | None = None, include_translations: bool = False
    ) -> tuple[Definition, ...]:
        """The account's subscription types, archived ones included.

        business_unit_id: only those of this brand. Operation: GET /definitions.
        Raises APIError, TransportError, UnreadableReply.
        """
        return await self._read(
            operations.definitions, business_unit_id=business_unit_id, include_translations=include_translations
        )

    async def statuses(
        self, email: str, *, channel: Channel | ChannelName = Channel.EMAIL, business_unit_id: int | None = None
    ) -> tuple[Status, ...]:
        """One subscriber's state for every subscription type.

        business_unit_id: only those of this brand. Operation: GET /statuses/{subscriberIdString}.
        Raises InvalidArgument, APIError, TransportError, UnreadableReply.
        """
        return await self._read(operations.statuses, email, channel=channel, business_unit_id=business_unit_id)

    async def set_status(
        self,
        email: str,
        subscription: int | str,
        state: SubscriptionState | SubscriptionStateName,
        *,
        legal_basis: LegalBasis | LegalBasisName | None = None,
        legal_basis_explanation: str | None = None,
    ) -> Status:
        """Set one subscriber's state for one subscription type, whatever it was: no guard; see subscribe.

        subscription: an id or a name. legal_basis and its explanation are needed where the account's
        data privacy is on. The status's `reason` tells what the change amounted to.
        Operation: POST /statuses/{subscriberIdString}. A repeat sets the same state, so lost replies
        are retried. Raises InvalidArgument, UnknownSubscription, APIError, TransportError, and
        UnreadableReply where the reply does not confirm the state.
        """
        return await self._run(
            operations.set_status,
            email,
            subscription,
            state,
            legal_basis=legal_basis,
            legal_basis_explanation=legal_basis_explanation,
        )

    async def subscribe(
        self,
        email: str,
        subscription: int | str,
        *,
        legal_basis: LegalBasis | LegalBasisName | None = None,
        legal_basis_explanation: str | None = None,
        resubscribe: bool = False,
    ) -> Status:
        """Subscribe somebody, but never somebody who opted out.

        Reads first, and raises WouldResubscribe where the person unsubscribed, opted out of all
        e-mail, is in a state this library does not know, or has rows but none for this type.
        resubscribe=True undoes an opt-out, on the person's own wish; it needs legal_basis and
        legal_basis_explanation. Who opted out of all e-mail may stay so: the status then has a
        `warning`, the reason for which may_email says no. subscription: an id or a name. Operations: GET
        /statuses/{subscriberIdString} and …/unsubscribe-all, then POST /statuses/{subscriberIdString};
        with resubscribe=True that one, then GET …/unsubscribe-all. Raises as set_status does.
        """
        return await self._run(
            operations.subscribe,
            email,
            subscription,
            legal_basis=legal_basis,
            legal_basis_explanation=legal_basis_explanation,
            resubscribe=resubscribe,
        )

    async def unsubscribe(
        self,
        email: str,
        subscription: int | str,
        *,
        legal_basis: LegalBasis | LegalBasisName | None = None,
        legal_basis_explanation: str | None = None,
    ) -> Status:
        """Unsubscribe somebody from one subscription type: set_status with UNSUBSCRIBED; raises as it does."""
        return await self._run(
            operations.set_status,
            email,
            subscription,
            SubscriptionState.UNSUBSCRIBED,
            legal_basis=legal_basis,
            legal_basis_explanation=legal_basis_explanation,
        )

    async def opt_outs(self, email: str, *, business_unit_id: int | None = None) -> tuple[WideStatus, ...]:
        """One subscriber's opt-outs from all e-mail of the account or of a brand; none where there is none.

        One request, as it is answered: whether no brand means every brand is not documented [source:
        missing-brand]. A row may also say SUBSCRIBED. Use is_opted_out for the answer.
        Operation: GET /statuses/{subscriberIdString}/unsubscribe-all.
        Raises InvalidArgument, APIError, TransportError, UnreadableReply.
        """
        return await self._read(operations.opt_outs, email, business_unit_id=business_unit_id)

    async def is_opted_out(self, email: str, *, business_unit_id: int | None = None) -> bool:
        """Whether somebody opted out of all e-mail of the account, of any brand, or of the brand that is named.

        That no brand means every brand is not documented [source: missing-brand], so where the first
        answer is no opt-out each brand of the account's subscription types is asked for as well; an
        account without brands needs no further read. Operations: GET
        /statuses/{subscriberIdString}/unsubscribe-all for each brand, and GET /definitions, remembered
        for half a minute. Raises as opt_outs does, and UnreadableReply where the rows hold an unknown
        state and no UNSUBSCRIBED: that is not a no.
        """
        return await self._read(operations.is_opted_out, email, business_unit_id=business_unit_id)

    async def unsubscribe_all(
        self, email: str, *, business_unit_id: int | None = None, verbose: bool = False
    ) -> tuple[Status, ...]:
        """Opt somebody out of all e-mail.

        business_unit_id: of this brand only; needed in accounts with brands. verbose: return the
        states that it set; without, the result is empty.
        Operation: POST /statuses/{subscriberIdString}/unsubscribe-all; lost replies are retried.
        Raises InvalidArgument, APIError, TransportError, UnreadableReply.
        """
        return await self._run(
            operations.unsubscribe_all,
            email,
            business_unit_id=business_unit_id,
            verbose=verbose,
        )

    async def links(
        self,
        email: str,
        *,
        subscription: int | str | None = None,
        language: str | None = None,
        business_unit_id: int | None = None,
    ) -> Links:
        """One subscriber's personal preference links. Whoever holds one can use it.

        subscription: an id or a name; only with one is there an unsubscribe_single link. language: of
        the pages. Operation: POST /links/generate (marked beta by HubSpot).
        Raises InvalidArgument, UnknownSubscription, APIError, TransportError, UnreadableReply.
        """
        return await self._run(
            operations.links,
            email,
            subscription=subscription,
            language=language,
            business_unit_id=business_unit_id,
        )

    async def may_email(
        self,
        email: str,
        subscription: int | str,
        *,
        unspecified: Unspecified = "deny",
        business_unit_id: int | None = None,
    ) -> Decision:
        """Whether somebody may be mailed about a subscription type: a Decision, truthy only if so.

        Anything not known to be a yes is a no, with its `reason`: an opt-out, an unknown state, a
        missing row, a read that failed (its `error`). unspecified: "deny" or "allow" for those who
        never said; allow only where the account's data privacy is off. business_unit_id: the brand that
        wants to mail; only its rows are a yes, and its opt-outs are asked for as well. subscription: an
        id or a name. Operations: GET /statuses/{subscriberIdString} and …/unsubscribe-all, at the same
        time; the latter again for each brand that the rows name.
        Raises InvalidArgument and UnknownSubscription only.
        """
        return await self._read(
            operations.may_email,
            email,
            subscription,
            unspecified=unspecified,
            business_unit_id=business_unit_id,
        )

    async def request(self, method: str, path: str, **kwargs: Any) -> "transport.Response":
        """Any other request to HubSpot, with the same token, limiter and retry.

        path: starts with a slash; the host is that of base_url. kwargs: httpx's (params, json,
        content, headers, timeout …). After lost replies and 5xx only GET, HEAD, OPTIONS, PUT and
        DELETE are retried. Returns the 2xx reply; raises InvalidArgument, APIError, TransportError.
        """
        return await self._run(operations.request, method, path, kwargs)


class AsyncBatch:
    """The batch operations. Each returns a BatchResult: one outcome per input, in input order.

    chunk_size: inputs in one request (HubSpot documents no maximum; 100 is what public clients use).
    fallback: where batches are forbidden (they need Marketing Hub Enterprise and scopes of their
    own), go on with single calls, announced by one log line; False raises Forbidden instead.
    on_outcome: called with one Outcome, once for each input, as soon as it is known; one call at a time.
    An input that cannot be sent fails alone, as an outcome. Whatever ends a batch before its time (Ctrl-C,
    a deadline, a cancellation, an on_outcome that raises) has the outcomes of all inputs as its `partial`:
    what was under way is unknown, what was not sent has failed, and nothing more is sent.
    """

    def __init__(self, client: AsyncPreferences) -> None:
        self._run, self._read = client._run, client._read  # noqa: SLF001  # a batch is a part of its client

    async def statuses(
        self,
        emails: Iterable[str],
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: "Callable[[Outcome[str, tuple[Status, ...]]], object] | None" = None,
    ) -> BatchResult[str, tuple[Status, ...]]:
        """Many subscribers' states for every subscription type. Operation: POST /statuses/batch/read."""
        return await self._read(
            batch.statuses,
            emails,
            business_unit_id=business_unit_id,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )

    async def opt_outs(
        self,
        emails: Iterable[str],
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: "Callable[[Outcome[str, tuple[WideStatus, ...]]], object] | None" = None,
    ) -> BatchResult[str, tuple[WideStatus, ...]]:
        """Many subscribers' opt-outs from all e-mail. Operation: POST /statuses/batch/unsubscribe-all/read."""
        return await self._read(
            batch.opt_outs,
            emails,
            business_unit_id=business_unit_id,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )

    async def may_email(
        self,
        emails: Iterable[str],
        subscription: int | str,
        *,
        unspecified: Unspecified = "deny",
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: "Callable[[Outcome[str, Decision]], object] | None" = None,
    ) -> BatchResult[str, Decision]:
        """Whether many may be mailed about a subscription type: a Decision as the value of every outcome.

        Where no answer came, or the address cannot be one, it is a no as well, with the reason. An outcome
        is truthy only where its decision is. unspecified, business_unit_id: as in may_email of one.
        Operations: POST /statuses/batch/read and POST /statuses/batch/unsubscribe-all/read.
        Raises UnknownSubscription, and InvalidArgument for what is no input of its own.
        """
        return await self._read(
            batch.may_email,
            emails,
            subscription=subscription,
            unspecified=unspecified,
            business_unit_id=business_unit_id,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )

    async def write(
        self,
        changes: Iterable[Change],
        *,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: "Callable[[Outcome[Change, Status]], object] | None" = None,
    ) -> BatchResult[Change, Status]:
        """Set many states, whatever they were: no guard; see subscribe. Operation: POST /statuses/batch/write.

        Changes that contradict each other (same subscriber and subscription type) all fail unsent.
        """
        return await self._run(
            batch.write,
            changes,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )

    async def subscribe(
        self,
        changes: Iterable[Change],
        *,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: "Callable[[Outcome[Change, Status]], object] | None" = None,
    ) -> BatchResult[Change, Status]:
        """Subscribe many, but never somebody who opted out: those fail, with WouldResubscribe as the error.

        Every change asks for SUBSCRIBED. Operations: POST /statuses/batch/read and POST
        /statuses/batch/unsubscribe-all/read, then POST /statuses/batch/write for those who never said no.
        """
        return await self._run(
            batch.subscribe,
            changes,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )

    async def unsubscribe_all(
        self,
        emails: Iterable[str],
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
        on_outcome: "Callable[[Outcome[str, tuple[Status, ...]]], object] | None" = None,
    ) -> BatchResult[str, tuple[Status, ...]]:
        """Opt many subscribers out of all e-mail. Operation: POST /statuses/batch/unsubscribe-all.

        Always verbose: without details no single input could be confirmed.
        """
        return await self._run(
            batch.unsubscribe_all,
            emails,
            business_unit_id=business_unit_id,
            chunk_size=chunk_size,
            fallback=fallback,
            account=Account(on_outcome),
        )


class AsyncStreams:
    """The batch operations for inputs of any number: each returns a stream of outcomes, in input order.

    The inputs come from any iterable, which is read as far as it has to be; what is held at a time is bounded,
    whatever the number. While you read, the next chunks are under way. chunk_size, fallback: as in a batch.
    Changes that contradict each other are carried out in their order. Ending a stream early, by its `close`,
    an exception or a cancellation, sends nothing more: close returns, and the exception has as its `partial`,
    the outcomes that were not handed out. Streams have no shadow.
    """

    def __init__(self, client: AsyncPreferences) -> None:
        self._stream = client._stream  # noqa: SLF001  # a part of its client

    def statuses(
        self,
        emails: "AsyncInputs[str]",
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> "AsyncStream[str, tuple[Status, ...]]":
        """As batch.statuses. Operation: POST /statuses/batch/read."""
        return self._stream(
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
        emails: "AsyncInputs[str]",
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> "AsyncStream[str, tuple[WideStatus, ...]]":
        """As batch.opt_outs. Operation: POST /statuses/batch/unsubscribe-all/read."""
        return self._stream(
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
        emails: "AsyncInputs[str]",
        subscription: int | str,
        *,
        unspecified: Unspecified = "deny",
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> "AsyncStream[str, Decision]":
        """As batch.may_email, whose errors are raised by the first outcome that is read.

        Operations: POST /statuses/batch/read and POST /statuses/batch/unsubscribe-all/read.
        """
        return self._stream(
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
        changes: "AsyncInputs[Change]",
        *,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> "AsyncStream[Change, Status]":
        """As batch.write: no guard. Operation: POST /statuses/batch/write."""
        return self._stream(
            batch.write,
            changes,
            "changes",
            writes=True,
            chunk_size=chunk_size,
            fallback=fallback,
        )

    def subscribe(
        self,
        changes: "AsyncInputs[Change]",
        *,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> "AsyncStream[Change, Status]":
        """As batch.subscribe: never somebody who opted out.

        Operations: POST /statuses/batch/read and POST /statuses/batch/unsubscribe-all/read, then POST
        /statuses/batch/write.
        """
        return self._stream(
            batch.subscribe,
            changes,
            "changes",
            writes=True,
            chunk_size=chunk_size,
            fallback=fallback,
        )

    def unsubscribe_all(
        self,
        emails: "AsyncInputs[str]",
        *,
        business_unit_id: int | None = None,
        chunk_size: int = CHUNK_SIZE,
        fallback: bool = True,
    ) -> "AsyncStream[str, tuple[Status, ...]]":
        """As batch.unsubscribe_all. Operation: POST /statuses/batch/unsubscribe-all."""
        return self._stream(
            batch.unsubscribe_all,
            emails,
            "emails",
            writes=True,
            chunk_size=chunk_size,
            fallback=fallback,
            business_unit_id=business_unit_id,
        )
