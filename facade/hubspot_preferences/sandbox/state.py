"""What the sandbox knows: an account's settings, its subscription types and its subscribers' states."""

import re
from collections.abc import Iterable

from attrs import field, frozen

SUBSCRIBED = "SUBSCRIBED"
UNSUBSCRIBED = "UNSUBSCRIBED"
NOT_SPECIFIED = "NOT_SPECIFIED"

PORTAL = -(2**63)
"""Stands for the whole account where a brand's id is expected: the one number no brand will have."""


def _ordered(brands: Iterable[int]) -> tuple[int, ...]:
    ordered = tuple(sorted(set(brands)))
    if any(not 0 <= brand < 2**63 for brand in ordered):
        raise ValueError("a brand is a number from 0 to 2**63 - 1")
    return ordered


def _token(_account: object, _attribute: object, token: str) -> None:
    if not re.fullmatch("[!-~]+", token):
        raise ValueError(
            "the token is not one that a header can carry: it takes letters, digits and signs of ASCII"
        )


@frozen
class Account:
    """How the account is set up. `scopes` None grants every scope there is."""

    token: str = field(repr=False, validator=_token)
    enterprise: bool = True
    data_privacy: bool = False
    brands: tuple[int, ...] = field(default=(0,), converter=_ordered)
    scopes: frozenset[str] | None = None
    lenient: bool = False
    missing_brand: int | None = None
    """Whose opt-outs a single read without a brand is about; None: every brand's."""

    @property
    def has_brands(self) -> bool:
        """Whether there is a brand besides the default one."""
        return self.brands != (0,)


@frozen
class Translation:
    """A subscription type in another language. Times are milliseconds since 1970."""

    language_code: str
    name: str
    description: str
    created_at: int = 0
    updated_at: int = 0


@frozen
class Definition:
    """A subscription type. Times are milliseconds since 1970."""

    id: int
    name: str
    description: str = ""
    purpose: str = "Marketing"
    business_unit_id: int = 0
    is_active: bool = True
    is_default: bool = False
    is_internal: bool = False
    created_at: int = 0
    updated_at: int = 0
    translations: tuple[Translation, ...] = ()


@frozen
class Status:
    """One subscriber's state for one subscription type. The time is milliseconds since 1970."""

    subscriber: str
    subscription_id: int
    state: str
    source: str
    timestamp: int
    legal_basis: str | None = None
    legal_basis_explanation: str | None = None


@frozen
class OptOut:
    """One subscriber's opt-out from everything a brand sends, or the account (`PORTAL`)."""

    subscriber: str
    business_unit_id: int
    timestamp: int


@frozen
class Seed:
    """What a fresh sandbox starts from."""

    definitions: tuple[Definition, ...]
    statuses: tuple[Status, ...] = ()
    opt_outs: tuple[OptOut, ...] = ()
