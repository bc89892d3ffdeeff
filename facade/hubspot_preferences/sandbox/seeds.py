"""What a sandbox starts from: `demo`, with subscribers in every state, and `empty`, without any."""

from collections.abc import Iterable

from attrs import evolve

from . import choices
from .state import (
    NOT_SPECIFIED,
    PORTAL,
    SUBSCRIBED,
    UNSUBSCRIBED,
    Definition,
    OptOut,
    Seed,
    Status,
    Translation,
)

MARKETING_INFORMATION = 7001
CUSTOMER_SERVICE_COMMUNICATION = 7002
ONE_TO_ONE = 7003
PRODUCT_UPDATES = 7004
PRINTED_CATALOGUE = 7005
"""Archived."""

_MADE = 1_767_603_600_000  # 2026-01-05 09:00 UTC
_SET = _MADE + 86_400_000

_DEFAULT = tuple(
    Definition(
        number,
        name,
        description,
        purpose,
        is_default=True,
        is_internal=purpose != "Marketing",
        created_at=_MADE + milliseconds,
        updated_at=_MADE + milliseconds,
    )
    for number, name, purpose, milliseconds, description in (
        (MARKETING_INFORMATION, "Marketing Information", "Marketing", 319, "What is new and on offer."),
        (
            CUSTOMER_SERVICE_COMMUNICATION,
            "Customer Service Communication",
            "Service",
            669,
            "Answers to requests, and questions about them.",
        ),
        (ONE_TO_ONE, "One to One", "Sales", 223, "Mail from one person to another."),
    )
)

_DEMO = (
    *_DEFAULT,
    Definition(
        PRODUCT_UPDATES,
        "Product Updates",
        "What changed in the product, once a month.",
        created_at=_MADE + 3_600_000,
        updated_at=_MADE + 7_200_000,
        translations=(
            # One with times and one without: 0 stands for an unknown time.
            Translation(
                "de", "Neues vom Produkt", "Einmal im Monat, was sich geändert hat.", _MADE + 3_600_000, _MADE
            ),
            Translation("fr", "Nouveautés du produit", "Une fois par mois, ce qui a changé."),
        ),
    ),
    Definition(
        PRINTED_CATALOGUE,
        "Printed Catalogue",
        "Notes on the catalogue, which is no longer printed.",
        is_active=False,
        created_at=_MADE + 3_700_000,
        updated_at=_MADE + 9_000_000,
    ),
)


def _status(
    person: str, subscription_id: int, state: str, seconds: int, *legal_basis: str, source: str = choices.SOURCE
) -> Status:
    return Status(f"{person}@example.com", subscription_id, state, source, _SET + 1000 * seconds, *legal_basis)


_BY_PAGE = "Self Service Resubscription"
_STATUSES = (
    _status(
        "subscribed",
        MARKETING_INFORMATION,
        SUBSCRIBED,
        0,
        "CONSENT_WITH_NOTICE",
        "Ticked the box on the order form",
    ),
    _status("subscribed", PRODUCT_UPDATES, SUBSCRIBED, 1, source=_BY_PAGE),
    _status("unsubscribed", MARKETING_INFORMATION, UNSUBSCRIBED, 2),
    _status("mixed", MARKETING_INFORMATION, SUBSCRIBED, 0, "LEGITIMATE_INTEREST_CLIENT", "Customer since 2024"),
    _status("mixed", PRODUCT_UPDATES, UNSUBSCRIBED, 3),
    _status("withdrawn", MARKETING_INFORMATION, NOT_SPECIFIED, 4, source=choices.SOURCE_NOT_SPECIFIED),
    *(_status("opted-out", definition.id, UNSUBSCRIBED, 5) for definition in _DEMO),
    # Subscribed again after opting out of everything: the type says yes, the account says no.
    _status("returned", MARKETING_INFORMATION, SUBSCRIBED, 6, source=_BY_PAGE),
)

_OPT_OUTS = (
    OptOut("opted-out@example.com", PORTAL, _SET + 5_000),
    OptOut("returned@example.com", PORTAL, _SET + 5_500),
)

# never-asked@example.com, like every other address, is in no state at all.
_SEEDS = {"demo": Seed(_DEMO, _STATUSES, _OPT_OUTS), "empty": Seed(_DEFAULT)}
NAMES = tuple(_SEEDS)


def seed(name: str | Seed, brands: Iterable[int] = (0,)) -> Seed:
    """The seed of that name. Each further brand gets a "Marketing Information" of its own.

    Raises ValueError for a name that is not known.
    """
    if isinstance(name, Seed):
        return name
    if name not in _SEEDS:
        raise ValueError(f"no seed is called {name!r}; there are {', '.join(NAMES)}")
    chosen = _SEEDS[name]
    further = tuple(
        evolve(_DEFAULT[0], id=MARKETING_INFORMATION + 1000 * place, business_unit_id=brand, is_default=False)
        for place, brand in enumerate((brand for brand in sorted(set(brands)) if brand), 1)
    )
    return evolve(chosen, definitions=chosen.definitions + further)
