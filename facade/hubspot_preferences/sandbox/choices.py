"""Everything the sandbox decides by itself because HubSpot's own behaviour is not known.

Each entry is a choice, not a fact: code that is to work against HubSpot must not depend on it.
"""

import re
from typing import Final

from attrs import evolve

from ..models import address_key
from .state import UNSUBSCRIBED, OptOut, Status

# The largest batch is not documented. 100 is what public clients of this API send [source: batch-maximum].
LARGEST_BATCH = 100

# How many bytes a body may have, and how deeply it may be nested: far more than a batch takes, and little enough
# to be kept in a log and shown again.
LARGEST_BODY = 1_000_000
DEEPEST_BODY = 32

# The text of `source` for what this API sets varies between recordings (with and without an app's id)
# [source: status-rows].
SOURCE = "Public status API"

# Recorded for rows that nobody ever set; what a state that was set back to NOT_SPECIFIED says is not known
# [source: status-rows, un-asking].
SOURCE_NOT_SPECIFIED = "Not specified"

# Whether subscribing somebody again lifts an opt-out from everything is not known. Here it stays, which is
# the answer that keeps mail from being sent.
RESUBSCRIBING_LIFTS_OPT_OUT = False

# Whether unsubscribing needs a legal basis too where data privacy is on is not said anywhere: the
# documentation speaks of every write of one state, so every write needs one [source: legal-basis].
STATES_NEEDING_LEGAL_BASIS = frozenset({"SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED"})

# How an error of a batch names its input is not known. Here its context carries the address under this key
# [source: batch-errors].
ERROR_CONTEXT_KEY = "subscriberIdString"

# Whether setting the state of an archived subscription type is refused is not known.
ARCHIVED_IS_READ_ONLY = True

# The daily limit starts again at midnight in the account's time zone [source: daily-reset]; here that zone is UTC.
SECONDS_OF_A_DAY = 86_400

# The format of the links is not known. These lead nowhere.
LINKS_BASE = "https://preferences.example.com"

# What HubSpot accepts as an address is not known: this is the least an address needs to be delivered to.
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]+\.[^@\s.\x00-\x1f\x7f]+")


def is_address(text: str) -> bool:
    """Whether the text passes for an e-mail address."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def spelling(asked: str, filed: str) -> str:  # noqa: ARG001  # the other possible answer
    """How a reply spells an address: as the request did, not as it is filed; not known of HubSpot."""
    return asked


def distinct(addresses: list[str]) -> list[str]:
    """The addresses a batch answers for: in the order given, duplicates once, in their first spelling.

    Whether HubSpot keeps the order and merges duplicates is not known [source: batch-errors].
    """
    first: dict[str, str] = {}
    for address in addresses:
        first.setdefault(address_key(address), address)
    return list(first.values())


def unknown_value(known: frozenset[str]) -> str | None:
    """How a version shows a value that it does not know, which was set through another version.

    Not known of HubSpot. Here a state is UNSUBSCRIBED, which keeps mail from being sent also where data privacy is
    off; any other value is null.
    """
    return UNSUBSCRIBED if UNSUBSCRIBED in known else None


def never_set(created_at: int) -> int:
    """The time in a row that nobody ever set; recordings have one [source: status-rows]. Here: the type's."""
    return created_at


def after_repeat(before: Status, asked: Status) -> Status:
    """What is filed when a state is set that was there already.

    Here the time moves, as an audit trail would have it, and a legal basis given earlier is not lost.
    """
    if asked.legal_basis is not None or asked.legal_basis_explanation is not None:
        return asked
    return evolve(asked, legal_basis=before.legal_basis, legal_basis_explanation=before.legal_basis_explanation)


def concerns_brand(brand: int | None, business_unit_id: int) -> bool:
    """Whether a subscription type belongs into a reply about `brand`.

    No brand is documented to mean all of them where batches of opt-outs are read [source: batch-brands], and reads
    like a filter that is not set where types and states are. For one subscriber's opt-outs see `MISSING_BRANDS`.
    """
    return brand is None or brand == business_unit_id


# Whether the opt-outs of one subscriber, asked for without a brand, are those of every brand or of the default one
# is not documented [source: missing-brand]: whatever is to work against HubSpot has to work with both.
MISSING_BRANDS: Final[dict[str, int | None]] = {"every": None, "default": 0}
MISSING_BRAND: Final = "every"


def shows_row_without_opt_out(verbose: bool) -> bool:
    """Whether reading opt-outs answers with a SUBSCRIBED row for somebody who never opted out.

    Recordings without `verbose` have no row; documentation samples have one [source: opt-out-rows]. Here `verbose`
    asks for it.
    """
    return verbose


def batch_opt_out_names_its_subscribers() -> bool:
    """Whether a batch opt-out without `verbose` answers with one row, without statuses, for each subscriber.

    The single operation is recorded with no rows at all [source: opting-out]; in the batch's rows only the address
    is required.
    """
    return True


def timestamp_of_wide_row(opt_out: OptOut | None, now: int) -> int:
    """The time of a SUBSCRIBED row that no opt-out stands behind: when it was asked for."""
    return opt_out.timestamp if opt_out is not None else now
