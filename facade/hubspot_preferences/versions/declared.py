"""Where API versions differ from what this library knows: the one place that tests, sandbox and demo go by."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import attrs

PLACE: Final = "facade/hubspot_preferences/versions/declared.py"


@attrs.frozen
class Difference:
    """What one version has beyond the methods and values of this library, and what it has not of them.

    Everything by its name in the contract: an operation by its operationId, a field, an enum's value, an
    operation's parameter or a status it answers with as "SubscriptionStatus.source", "LegalBasis.NON_GDPR",
    "get_statuses.channel" and "batch_read_statuses.207".

    An operation in `adds` has no method: callers reach it by `request`. One in `lacks` raises
    UnsupportedInVersion. A field of a reply in `lacks` reads as None.
    """

    adds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


DECLARED: Final[Mapping[str, Difference]] = {
    # All versions have the same contract.
}


def of(version: str) -> Difference:
    """What is declared of a version."""
    return DECLARED.get(version, Difference())


# Fields of replies whose attributes here are not called the same.
_ATTRIBUTES: Final = {
    "managePreferencesUrl": "manage_preferences",
    "setStatusSuccessReason": "reason",
    "status": "state",
    "subscriberIdString": "email",
    "subscriptionTranslations": "translations",
    "timestamp": "updated_at",
    "unsubscribeAllUrl": "unsubscribe_all",
    "unsubscribeSingleUrl": "unsubscribe_single",
    "wideStatusType": "type",
}
_SCHEMAS: Final = {
    "Definition": "SubscriptionDefinition",
    "Links": "LinkGenerationResponse",
    "Status": "SubscriptionStatus",
    "Translation": "SubscriptionTranslation",
}


def snake(field: str) -> str:
    """A field as generated classes call it."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in field)


def shown(version: str, value: Any) -> Any:
    """A value, or any number of them in tuples and lists, without what the version is declared to lack."""
    lacks = of(version).lacks
    if not lacks:
        return value
    if isinstance(value, StrEnum):
        return None if f"{type(value).__name__}.{value}" in lacks else value
    if isinstance(value, tuple | list):
        return type(value)(shown(version, item) for item in value)
    if not attrs.has(type(value)):
        return value
    name = type(value).__name__
    schema = _SCHEMAS.get(name, name)
    missing = [lack.partition(".")[2] for lack in lacks if lack.startswith(f"{schema}.")]
    gone = {_ATTRIBUTES.get(field, snake(field)) for field in missing}
    fields = attrs.fields_dict(type(value))
    kept = {name: shown(version, getattr(value, name)) for name in fields if name not in gone}
    return attrs.evolve(value, **kept, **{name: fields[name].default for name in gone})
