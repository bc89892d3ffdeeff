"""AsyncPreferences, to be awaited: signatures and one-line bodies; the work is in operations.py.

client.py and async_client.py are the same text but for the words of waiting: a change belongs into both.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from . import operations, versions
from .consent import Decision, Unspecified
from .engine import adrive
from .errors import InvalidArgument
from .forks import held_off
from .limits import Limiter
from .models import (
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
from .retry import Retry
from .settings import BASE_URL, LARGEST_REPLY, NEW_LIMITER, Client, Operation, session, transport_settings
from .versions import VersionLike

if TYPE_CHECKING:
    from . import transport
    from .async_many import AsyncBatch, AsyncStreams
    from .shadow import Mismatch
    from .shadow.awaited import AsyncShadow
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

    @property
    def batch(self) -> "AsyncBatch":
        """The same for many subscribers at once."""
        with held_off:
            from .async_many import AsyncBatch  # whoever does without is ready sooner
        return AsyncBatch(self._run, self._read)

    @property
    def stream(self) -> "AsyncStreams":
        """The same for any number of subscribers, in bounded memory."""
        with held_off:
            from .async_many import AsyncStreams
        return AsyncStreams(self._begin, lambda: self._transport)

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
