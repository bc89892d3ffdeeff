"""What a sandbox starts from: `demo`, with subscribers in every state, and `empty`, without any."""

from collections.abc import Iterable, Iterator

from attrs import evolve

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

_DEFAULT = (
    Definition(
        MARKETING_INFORMATION,
        "Marketing Information",
        "What is new and on offer.",
        is_default=True,
        created_at=_MADE + 319,
        updated_at=_MADE + 319,
    ),
    Definition(
        CUSTOMER_SERVICE_COMMUNICATION,
        "Customer Service Communication",
        "Answers to requests, and questions about them.",
        "Service",
        is_default=True,
        is_internal=True,
        created_at=_MADE + 669,
        updated_at=_MADE + 669,
    ),
    Definition(
        ONE_TO_ONE,
        "One to One",
        "Mail from one person to another.",
        "Sales",
        is_default=True,
        is_internal=True,
        created_at=_MADE + 223,
        updated_at=_MADE + 223,
    ),
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


def _everywhere(address: str, state: str, source: str, timestamp: int = _SET) -> Iterator[Status]:
    for definition in _DEMO:
        yield Status(address, definition.id, state, source, timestamp)


_STATUSES = (
    Status(
        "subscribed@example.com",
        MARKETING_INFORMATION,
        SUBSCRIBED,
        "Public status API",
        _SET,
        "CONSENT_WITH_NOTICE",
        "Ticked the box on the order form",
    ),
    Status("subscribed@example.com", PRODUCT_UPDATES, SUBSCRIBED, "Self Service Resubscription", _SET + 1_000),
    Status("unsubscribed@example.com", MARKETING_INFORMATION, UNSUBSCRIBED, "Public status API", _SET + 2_000),
    Status(
        "mixed@example.com",
        MARKETING_INFORMATION,
        SUBSCRIBED,
        "Public status API",
        _SET,
        "LEGITIMATE_INTEREST_CLIENT",
        "Customer since 2024",
    ),
    Status("mixed@example.com", PRODUCT_UPDATES, UNSUBSCRIBED, "Public status API", _SET + 3_000),
    Status("withdrawn@example.com", MARKETING_INFORMATION, NOT_SPECIFIED, "Not specified", _SET + 4_000),
    *_everywhere("opted-out@example.com", UNSUBSCRIBED, "Public status API", _SET + 5_000),
    # Subscribed again after opting out of everything: the type says yes, the account says no.
    Status("returned@example.com", MARKETING_INFORMATION, SUBSCRIBED, "Self Service Resubscription", _SET + 6_000),
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
