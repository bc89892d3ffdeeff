"""What a version's generated package must offer, stated so that mypy checks every version against it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hubspot_preferences_api import unions

Kwargs = dict[str, Any]  # method, url, params, json, headers: what httpx takes


class ListDefinitions(Protocol):
    """GET /definitions."""

    def __call__(self, *, business_unit_id: Any, include_translations: Any) -> Kwargs: ...


class GenerateLinks(Protocol):
    """POST /links/generate."""

    def __call__(self, *, body: Any, business_unit_id: Any, channel: Any) -> Kwargs: ...


class ReadOne(Protocol):
    """GET /statuses/{subscriberIdString}."""

    def __call__(self, subscriber_id_string: str, *, business_unit_id: Any, channel: Any) -> Kwargs: ...


class ReadOrOptOutOne(Protocol):
    """GET and POST /statuses/{subscriberIdString}/unsubscribe-all."""

    def __call__(
        self, subscriber_id_string: str, *, business_unit_id: Any, channel: Any, verbose: Any
    ) -> Kwargs: ...


class SetOne(Protocol):
    """POST /statuses/{subscriberIdString}."""

    def __call__(self, subscriber_id_string: str, *, body: Any) -> Kwargs: ...


class ReadMany(Protocol):
    """POST /statuses/batch/read and /statuses/batch/unsubscribe-all/read."""

    def __call__(self, *, body: Any, business_unit_id: Any, channel: Any) -> Kwargs: ...


class OptOutMany(Protocol):
    """POST /statuses/batch/unsubscribe-all."""

    def __call__(self, *, body: Any, business_unit_id: Any, channel: Any, verbose: Any) -> Kwargs: ...


class SetMany(Protocol):
    """POST /statuses/batch/write."""

    def __call__(self, *, body: Any) -> Kwargs: ...


class MakeStatusRequest(Protocol):
    """The body of set_status."""

    def __call__(
        self,
        *,
        channel: Any,
        status_state: Any,
        subscription_id: int,
        legal_basis: Any,
        legal_basis_explanation: Any,
    ) -> Any: ...


class MakeSubscriberStatusRequest(Protocol):
    """One input of batch_write_statuses."""

    def __call__(
        self,
        *,
        channel: Any,
        status_state: Any,
        subscriber_id_string: str,
        subscription_id: int,
        legal_basis: Any,
        legal_basis_explanation: Any,
    ) -> Any: ...


class MakeLinkGenerationRequest(Protocol):
    """The body of generate_links."""

    def __call__(self, *, subscriber_id_string: str, language: Any, subscription_id: Any) -> Any: ...


class MakeInputs(Protocol):
    """The body of a batch."""

    def __call__(self, *, inputs: list[Any]) -> Any: ...


class Wire(Protocol):
    """The module `wire` of a generated package: how each request is built, how each row is read.

    An operation that is None is declared to be missing in that version.
    """

    @property
    def name(self) -> str: ...

    @property
    def success(self) -> Mapping[str, tuple[int, ...]]:
        """By operation: the statuses of success that its contract declares."""
        ...

    @property
    def unset(self) -> Any: ...

    @property
    def list_definitions(self) -> ListDefinitions | None: ...

    @property
    def generate_links(self) -> GenerateLinks | None: ...

    @property
    def get_statuses(self) -> ReadOne | None: ...

    @property
    def set_status(self) -> SetOne | None: ...

    @property
    def get_opt_outs(self) -> ReadOrOptOutOne | None: ...

    @property
    def unsubscribe_all(self) -> ReadOrOptOutOne | None: ...

    @property
    def batch_read_statuses(self) -> ReadMany | None: ...

    @property
    def batch_read_opt_outs(self) -> ReadMany | None: ...

    @property
    def batch_unsubscribe_all(self) -> OptOutMany | None: ...

    @property
    def batch_write_statuses(self) -> SetMany | None: ...

    @property
    def Channel(self) -> Callable[[str], Any]: ...

    @property
    def SubscriptionState(self) -> Callable[[str], Any]: ...

    @property
    def LegalBasis(self) -> Callable[[str], Any]: ...

    @property
    def StatusRequest(self) -> MakeStatusRequest: ...

    @property
    def SubscriberStatusRequest(self) -> MakeSubscriberStatusRequest: ...

    @property
    def LinkGenerationRequest(self) -> MakeLinkGenerationRequest: ...

    @property
    def BatchSubscriberInput(self) -> MakeInputs: ...

    @property
    def BatchWriteInput(self) -> MakeInputs: ...

    @property
    def SubscriptionStatus(self) -> "type[unions.SubscriptionStatus]": ...

    @property
    def WideStatus(self) -> "type[unions.WideStatus]": ...

    @property
    def SubscriberStatuses(self) -> "type[unions.SubscriberStatuses]": ...

    @property
    def SubscriberWideStatuses(self) -> "type[unions.SubscriberWideStatuses]": ...

    @property
    def SubscriberOptOut(self) -> "type[unions.SubscriberOptOut]": ...

    @property
    def SubscriptionDefinition(self) -> "type[unions.SubscriptionDefinition]": ...

    @property
    def LinkGenerationResponse(self) -> "type[unions.LinkGenerationResponse]": ...
