# Generated from openapi/*.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

"""All versions' classes of each model, for type checkers: reading a field that one version lacks is an error."""

from .v4 import wire as v4
from .v2026_03 import wire as v2026_03
from .v2026_09 import wire as v2026_09

BatchError = v4.BatchError | v2026_03.BatchError | v2026_09.BatchError
BatchOptOutResults = (
    v4.BatchOptOutResults | v2026_03.BatchOptOutResults | v2026_09.BatchOptOutResults
)
BatchStatusResults = (
    v4.BatchStatusResults | v2026_03.BatchStatusResults | v2026_09.BatchStatusResults
)
BatchStatusResultsWithErrors = (
    v4.BatchStatusResultsWithErrors
    | v2026_03.BatchStatusResultsWithErrors
    | v2026_09.BatchStatusResultsWithErrors
)
BatchSubscriberInput = (
    v4.BatchSubscriberInput | v2026_03.BatchSubscriberInput | v2026_09.BatchSubscriberInput
)
BatchWideStatusResults = (
    v4.BatchWideStatusResults | v2026_03.BatchWideStatusResults | v2026_09.BatchWideStatusResults
)
BatchWideStatusResultsWithErrors = (
    v4.BatchWideStatusResultsWithErrors
    | v2026_03.BatchWideStatusResultsWithErrors
    | v2026_09.BatchWideStatusResultsWithErrors
)
BatchWriteInput = v4.BatchWriteInput | v2026_03.BatchWriteInput | v2026_09.BatchWriteInput
BatchWriteResults = v4.BatchWriteResults | v2026_03.BatchWriteResults | v2026_09.BatchWriteResults
Channel = v4.Channel | v2026_03.Channel | v2026_09.Channel
DefinitionResults = v4.DefinitionResults | v2026_03.DefinitionResults | v2026_09.DefinitionResults
ErrorContext = v4.ErrorContext | v2026_03.ErrorContext | v2026_09.ErrorContext
ErrorDetail = v4.ErrorDetail | v2026_03.ErrorDetail | v2026_09.ErrorDetail
ErrorReply = v4.ErrorReply | v2026_03.ErrorReply | v2026_09.ErrorReply
LegalBasis = v4.LegalBasis | v2026_03.LegalBasis | v2026_09.LegalBasis
LinkGenerationRequest = (
    v4.LinkGenerationRequest | v2026_03.LinkGenerationRequest | v2026_09.LinkGenerationRequest
)
LinkGenerationResponse = (
    v4.LinkGenerationResponse | v2026_03.LinkGenerationResponse | v2026_09.LinkGenerationResponse
)
Links = v4.Links | v2026_03.Links | v2026_09.Links
ProcessingState = v4.ProcessingState | v2026_03.ProcessingState | v2026_09.ProcessingState
SetStatusSuccessReason = (
    v4.SetStatusSuccessReason | v2026_03.SetStatusSuccessReason | v2026_09.SetStatusSuccessReason
)
StatusRequest = v4.StatusRequest | v2026_03.StatusRequest | v2026_09.StatusRequest
StatusResults = v4.StatusResults | v2026_03.StatusResults | v2026_09.StatusResults
SubscriberOptOut = v4.SubscriberOptOut | v2026_03.SubscriberOptOut | v2026_09.SubscriberOptOut
SubscriberStatusRequest = (
    v4.SubscriberStatusRequest | v2026_03.SubscriberStatusRequest | v2026_09.SubscriberStatusRequest
)
SubscriberStatuses = (
    v4.SubscriberStatuses | v2026_03.SubscriberStatuses | v2026_09.SubscriberStatuses
)
SubscriberWideStatuses = (
    v4.SubscriberWideStatuses | v2026_03.SubscriberWideStatuses | v2026_09.SubscriberWideStatuses
)
SubscriptionDefinition = (
    v4.SubscriptionDefinition | v2026_03.SubscriptionDefinition | v2026_09.SubscriptionDefinition
)
SubscriptionState = v4.SubscriptionState | v2026_03.SubscriptionState | v2026_09.SubscriptionState
SubscriptionStatus = (
    v4.SubscriptionStatus | v2026_03.SubscriptionStatus | v2026_09.SubscriptionStatus
)
SubscriptionTranslation = (
    v4.SubscriptionTranslation | v2026_03.SubscriptionTranslation | v2026_09.SubscriptionTranslation
)
WideStatus = v4.WideStatus | v2026_03.WideStatus | v2026_09.WideStatus
WideStatusResults = v4.WideStatusResults | v2026_03.WideStatusResults | v2026_09.WideStatusResults
WideStatusType = v4.WideStatusType | v2026_03.WideStatusType | v2026_09.WideStatusType
