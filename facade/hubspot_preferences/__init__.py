"""HubSpot's communication preferences: who may be e-mailed about what, on v4 and on the dated versions.

In short:

    with Preferences() as prefs:  # token from HUBSPOT_ACCESS_TOKEN
        if prefs.may_email("jane@example.com", "Marketing Information"):
            ...
"""

import typing

from ._version import __version__ as __version__
from .client import Preferences
from .consent import Decision, Reason, decide
from .errors import (
    AccountLocked,
    APIError,
    BadRequest,
    Conflict,
    DailyLimitReached,
    EndOfSupportWarning,
    Forbidden,
    InvalidArgument,
    NotFound,
    PreferencesError,
    RateLimited,
    ServerError,
    TimedOut,
    TransportError,
    Unauthorized,
    UnknownSubscription,
    UnreadableReply,
    UnsupportedInVersion,
    WouldResubscribe,
)
from .limits import Limiter
from .models import (
    Change,
    Channel,
    Definition,
    LegalBasis,
    Links,
    SetStatusSuccessReason,
    Status,
    SubscriptionState,
    Translation,
    WideStatus,
    WideStatusType,
)
from .retry import Retry
from .versions import Version

if typing.TYPE_CHECKING:
    from .async_client import AsyncPreferences
    from .outcomes import BatchFailed, BatchResult, Outcome, OutcomeState
    from .shadow import Mismatch, ShadowCounts

__all__ = [
    "APIError",
    "AccountLocked",
    "AsyncPreferences",
    "BadRequest",
    "BatchFailed",
    "BatchResult",
    "Change",
    "Channel",
    "Conflict",
    "DailyLimitReached",
    "Decision",
    "Definition",
    "EndOfSupportWarning",
    "Forbidden",
    "InvalidArgument",
    "LegalBasis",
    "Limiter",
    "Links",
    "Mismatch",
    "NotFound",
    "Outcome",
    "OutcomeState",
    "Preferences",
    "PreferencesError",
    "RateLimited",
    "Reason",
    "Retry",
    "ServerError",
    "SetStatusSuccessReason",
    "ShadowCounts",
    "Status",
    "SubscriptionState",
    "TimedOut",
    "Translation",
    "TransportError",
    "Unauthorized",
    "UnknownSubscription",
    "UnreadableReply",
    "UnsupportedInVersion",
    "Version",
    "WideStatus",
    "WideStatusType",
    "WouldResubscribe",
    "decide",
]

if not typing.TYPE_CHECKING:  # type checkers are to see what is not there

    def __getattr__(name: str) -> typing.Any:
        """What many programs do without, and without the time to import it."""
        modules = {
            "AsyncPreferences": ".async_client",
            **dict.fromkeys(("BatchFailed", "BatchResult", "Outcome", "OutcomeState"), ".outcomes"),
            **dict.fromkeys(("Mismatch", "ShadowCounts"), ".shadow"),
        }
        if name not in modules:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        return globals().setdefault(name, getattr(importlib.import_module(modules[name], __name__), name))
