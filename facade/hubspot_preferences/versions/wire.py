"""What a version's generated package must offer, stated so that mypy checks every version against it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from hubspot_preferences_api.v4 import models as v4
    from hubspot_preferences_api.v2026_03 import models as v2026_03
    from hubspot_preferences_api.v2026_09 import models as v2026_09

    # One union for each reply class: reading a field that one version lacks is a type error.
    SubscriptionStatus = v4.SubscriptionStatus | v2026_03.SubscriptionStatus | v2026_09.SubscriptionStatus
    WideStatus = v4.WideStatus | v2026_03.WideStatus | v2026_09.WideStatus
    SubscriptionDefinition = (
        v4.SubscriptionDefinition | v2026_03.SubscriptionDefinition | v2026_09.SubscriptionDefinition
    )
    SubscriptionTranslation = (
        v4.SubscriptionTranslation | v2026_03.SubscriptionTranslation | v2026_09.SubscriptionTranslation
    )
    SubscriberStatuses = v4.SubscriberStatuses | v2026_03.SubscriberStatuses | v2026_09.SubscriberStatuses
    SubscriberWideStatuses = (
        v4.SubscriberWideStatuses | v2026_03.SubscriberWideStatuses | v2026_09.SubscriberWideStatuses
    )
    SubscriberOptOut = v4.SubscriberOptOut | v2026_03.SubscriberOptOut | v2026_09.SubscriberOptOut
    LinkGenerationResponse = (
        v4.LinkGenerationResponse | v2026_03.LinkGenerationResponse | v2026_09.LinkGenerationResponse
    )

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


@frozen(eq=False)
class Wire:
    """One version's table: how each request is built, how each row is read. None: not in this version."""

    name: str
    unset: Any

    channel: Callable[[str], Any]
    subscription_state: Callable[[str], Any]
    legal_basis: Callable[[str], Any]

    list_definitions: ListDefinitions | None
    generate_links: GenerateLinks | None
    get_statuses: ReadOne | None
    set_status: SetOne | None
    get_opt_outs: ReadOrOptOutOne | None
    unsubscribe_all: ReadOrOptOutOne | None
    batch_read_statuses: ReadMany | None
    batch_read_opt_outs: ReadMany | None
    batch_unsubscribe_all: OptOutMany | None
    batch_write_statuses: SetMany | None

    status_request: MakeStatusRequest
    subscriber_status_request: MakeSubscriberStatusRequest
    link_generation_request: MakeLinkGenerationRequest
    subscriber_input: MakeInputs
    write_input: MakeInputs

    status: "Callable[[Mapping[str, Any]], SubscriptionStatus]"
    wide_status: "Callable[[Mapping[str, Any]], WideStatus]"
    subscriber_statuses: "Callable[[Mapping[str, Any]], SubscriberStatuses]"
    subscriber_wide_statuses: "Callable[[Mapping[str, Any]], SubscriberWideStatuses]"
    subscriber_opt_out: "Callable[[Mapping[str, Any]], SubscriberOptOut]"
    definition: "Callable[[Mapping[str, Any]], SubscriptionDefinition]"
    links: "Callable[[Mapping[str, Any]], LinkGenerationResponse]"
