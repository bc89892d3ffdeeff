# Generated from openapi/2026-09.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

"""What this version offers: requests of its operations, models; each is imported when it is first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Final

__all__ = (
    "name",
    "success",
    "batch_read_opt_outs",
    "batch_read_statuses",
    "batch_unsubscribe_all",
    "batch_write_statuses",
    "generate_links",
    "get_opt_outs",
    "get_statuses",
    "list_definitions",
    "set_status",
    "unsubscribe_all",
    "BatchError",
    "BatchOptOutResults",
    "BatchStatusResults",
    "BatchStatusResultsWithErrors",
    "BatchSubscriberInput",
    "BatchWideStatusResults",
    "BatchWideStatusResultsWithErrors",
    "BatchWriteInput",
    "BatchWriteResults",
    "Channel",
    "DefinitionResults",
    "ErrorContext",
    "ErrorDetail",
    "ErrorReply",
    "LegalBasis",
    "LinkGenerationRequest",
    "LinkGenerationResponse",
    "Links",
    "ProcessingState",
    "SetStatusSuccessReason",
    "StatusRequest",
    "StatusResults",
    "SubscriberOptOut",
    "SubscriberStatusRequest",
    "SubscriberStatuses",
    "SubscriberWideStatuses",
    "SubscriptionDefinition",
    "SubscriptionState",
    "SubscriptionStatus",
    "SubscriptionTranslation",
    "WideStatus",
    "WideStatusResults",
    "WideStatusType",
    "unset",
)

name: Final = "2026-09"

# By operation: the statuses of success that its contract declares.
success: Final[dict[str, tuple[int, ...]]] = {
    "batch_read_opt_outs": (200, 207),
    "batch_read_statuses": (200, 207),
    "batch_unsubscribe_all": (200,),
    "batch_write_statuses": (200,),
    "generate_links": (200,),
    "get_opt_outs": (200,),
    "get_statuses": (200,),
    "list_definitions": (200,),
    "set_status": (200,),
    "unsubscribe_all": (200,),
}

if TYPE_CHECKING:
    from .api.batch.batch_read_opt_outs import _get_kwargs as batch_read_opt_outs
    from .api.batch.batch_read_statuses import _get_kwargs as batch_read_statuses
    from .api.batch.batch_unsubscribe_all import _get_kwargs as batch_unsubscribe_all
    from .api.batch.batch_write_statuses import _get_kwargs as batch_write_statuses
    from .api.links.generate_links import _get_kwargs as generate_links
    from .api.statuses.get_opt_outs import _get_kwargs as get_opt_outs
    from .api.statuses.get_statuses import _get_kwargs as get_statuses
    from .api.definitions.list_definitions import _get_kwargs as list_definitions
    from .api.statuses.set_status import _get_kwargs as set_status
    from .api.statuses.unsubscribe_all import _get_kwargs as unsubscribe_all
    from .models.batch_error import BatchError as BatchError
    from .models.batch_opt_out_results import BatchOptOutResults as BatchOptOutResults
    from .models.batch_status_results import BatchStatusResults as BatchStatusResults
    from .models.batch_status_results_with_errors import (
        BatchStatusResultsWithErrors as BatchStatusResultsWithErrors,
    )
    from .models.batch_subscriber_input import BatchSubscriberInput as BatchSubscriberInput
    from .models.batch_wide_status_results import BatchWideStatusResults as BatchWideStatusResults
    from .models.batch_wide_status_results_with_errors import (
        BatchWideStatusResultsWithErrors as BatchWideStatusResultsWithErrors,
    )
    from .models.batch_write_input import BatchWriteInput as BatchWriteInput
    from .models.batch_write_results import BatchWriteResults as BatchWriteResults
    from .models.channel import Channel as Channel
    from .models.definition_results import DefinitionResults as DefinitionResults
    from .models.error_context import ErrorContext as ErrorContext
    from .models.error_detail import ErrorDetail as ErrorDetail
    from .models.error_reply import ErrorReply as ErrorReply
    from .models.legal_basis import LegalBasis as LegalBasis
    from .models.link_generation_request import LinkGenerationRequest as LinkGenerationRequest
    from .models.link_generation_response import LinkGenerationResponse as LinkGenerationResponse
    from .models.links import Links as Links
    from .models.processing_state import ProcessingState as ProcessingState
    from .models.set_status_success_reason import SetStatusSuccessReason as SetStatusSuccessReason
    from .models.status_request import StatusRequest as StatusRequest
    from .models.status_results import StatusResults as StatusResults
    from .models.subscriber_opt_out import SubscriberOptOut as SubscriberOptOut
    from .models.subscriber_status_request import SubscriberStatusRequest as SubscriberStatusRequest
    from .models.subscriber_statuses import SubscriberStatuses as SubscriberStatuses
    from .models.subscriber_wide_statuses import SubscriberWideStatuses as SubscriberWideStatuses
    from .models.subscription_definition import SubscriptionDefinition as SubscriptionDefinition
    from .models.subscription_state import SubscriptionState as SubscriptionState
    from .models.subscription_status import SubscriptionStatus as SubscriptionStatus
    from .models.subscription_translation import SubscriptionTranslation as SubscriptionTranslation
    from .models.wide_status import WideStatus as WideStatus
    from .models.wide_status_results import WideStatusResults as WideStatusResults
    from .models.wide_status_type import WideStatusType as WideStatusType
    from .types import UNSET as unset
else:
    _ORIGINS = {
        "batch_read_opt_outs": (".api.batch.batch_read_opt_outs", "_get_kwargs"),
        "batch_read_statuses": (".api.batch.batch_read_statuses", "_get_kwargs"),
        "batch_unsubscribe_all": (".api.batch.batch_unsubscribe_all", "_get_kwargs"),
        "batch_write_statuses": (".api.batch.batch_write_statuses", "_get_kwargs"),
        "generate_links": (".api.links.generate_links", "_get_kwargs"),
        "get_opt_outs": (".api.statuses.get_opt_outs", "_get_kwargs"),
        "get_statuses": (".api.statuses.get_statuses", "_get_kwargs"),
        "list_definitions": (".api.definitions.list_definitions", "_get_kwargs"),
        "set_status": (".api.statuses.set_status", "_get_kwargs"),
        "unsubscribe_all": (".api.statuses.unsubscribe_all", "_get_kwargs"),
        "BatchError": (".models.batch_error", "BatchError"),
        "BatchOptOutResults": (".models.batch_opt_out_results", "BatchOptOutResults"),
        "BatchStatusResults": (".models.batch_status_results", "BatchStatusResults"),
        "BatchStatusResultsWithErrors": (
            ".models.batch_status_results_with_errors",
            "BatchStatusResultsWithErrors",
        ),
        "BatchSubscriberInput": (".models.batch_subscriber_input", "BatchSubscriberInput"),
        "BatchWideStatusResults": (".models.batch_wide_status_results", "BatchWideStatusResults"),
        "BatchWideStatusResultsWithErrors": (
            ".models.batch_wide_status_results_with_errors",
            "BatchWideStatusResultsWithErrors",
        ),
        "BatchWriteInput": (".models.batch_write_input", "BatchWriteInput"),
        "BatchWriteResults": (".models.batch_write_results", "BatchWriteResults"),
        "Channel": (".models.channel", "Channel"),
        "DefinitionResults": (".models.definition_results", "DefinitionResults"),
        "ErrorContext": (".models.error_context", "ErrorContext"),
        "ErrorDetail": (".models.error_detail", "ErrorDetail"),
        "ErrorReply": (".models.error_reply", "ErrorReply"),
        "LegalBasis": (".models.legal_basis", "LegalBasis"),
        "LinkGenerationRequest": (".models.link_generation_request", "LinkGenerationRequest"),
        "LinkGenerationResponse": (".models.link_generation_response", "LinkGenerationResponse"),
        "Links": (".models.links", "Links"),
        "ProcessingState": (".models.processing_state", "ProcessingState"),
        "SetStatusSuccessReason": (".models.set_status_success_reason", "SetStatusSuccessReason"),
        "StatusRequest": (".models.status_request", "StatusRequest"),
        "StatusResults": (".models.status_results", "StatusResults"),
        "SubscriberOptOut": (".models.subscriber_opt_out", "SubscriberOptOut"),
        "SubscriberStatusRequest": (".models.subscriber_status_request", "SubscriberStatusRequest"),
        "SubscriberStatuses": (".models.subscriber_statuses", "SubscriberStatuses"),
        "SubscriberWideStatuses": (".models.subscriber_wide_statuses", "SubscriberWideStatuses"),
        "SubscriptionDefinition": (".models.subscription_definition", "SubscriptionDefinition"),
        "SubscriptionState": (".models.subscription_state", "SubscriptionState"),
        "SubscriptionStatus": (".models.subscription_status", "SubscriptionStatus"),
        "SubscriptionTranslation": (".models.subscription_translation", "SubscriptionTranslation"),
        "WideStatus": (".models.wide_status", "WideStatus"),
        "WideStatusResults": (".models.wide_status_results", "WideStatusResults"),
        "WideStatusType": (".models.wide_status_type", "WideStatusType"),
        "unset": (".types", "UNSET"),
    }

    def __getattr__(wanted):
        if wanted not in _ORIGINS:
            raise AttributeError(f"module {__name__!r} has no attribute {wanted!r}")
        module, attribute = _ORIGINS[wanted]
        value = globals()[wanted] = getattr(import_module(module, __package__), attribute)
        return value
