# Generated from openapi/2026-03.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

"""Contains all the data models used in inputs/outputs"""

from .batch_error import BatchError
from .batch_opt_out_results import BatchOptOutResults
from .batch_status_results import BatchStatusResults
from .batch_status_results_with_errors import BatchStatusResultsWithErrors
from .batch_subscriber_input import BatchSubscriberInput
from .batch_wide_status_results import BatchWideStatusResults
from .batch_wide_status_results_with_errors import BatchWideStatusResultsWithErrors
from .batch_write_input import BatchWriteInput
from .batch_write_results import BatchWriteResults
from .channel import Channel
from .definition_results import DefinitionResults
from .error_context import ErrorContext
from .error_detail import ErrorDetail
from .error_reply import ErrorReply
from .legal_basis import LegalBasis
from .link_generation_request import LinkGenerationRequest
from .link_generation_response import LinkGenerationResponse
from .links import Links
from .processing_state import ProcessingState
from .set_status_success_reason import SetStatusSuccessReason
from .status_request import StatusRequest
from .status_results import StatusResults
from .subscriber_opt_out import SubscriberOptOut
from .subscriber_status_request import SubscriberStatusRequest
from .subscriber_statuses import SubscriberStatuses
from .subscriber_wide_statuses import SubscriberWideStatuses
from .subscription_definition import SubscriptionDefinition
from .subscription_state import SubscriptionState
from .subscription_status import SubscriptionStatus
from .subscription_translation import SubscriptionTranslation
from .wide_status import WideStatus
from .wide_status_results import WideStatusResults
from .wide_status_type import WideStatusType

__all__ = (
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
    "SubscriberStatuses",
    "SubscriberStatusRequest",
    "SubscriberWideStatuses",
    "SubscriptionDefinition",
    "SubscriptionState",
    "SubscriptionStatus",
    "SubscriptionTranslation",
    "WideStatus",
    "WideStatusResults",
    "WideStatusType",
)
