"""What the shadow says to a read, compared with what the caller was told: pure, as operations are."""

from collections import Counter
from typing import Any, Final

from attrs import define, field

from ..engine import Op
from ..errors import PreferencesError
from ..operations import Session
from .mismatch import Mismatch
from .reads import ByAddress, Read

ROUNDS: Final = 3  # readings of an answer that changes meanwhile


@define(eq=False)
class Comparison:
    """What comparing one read came to."""

    counts: Counter[str] = field(factory=Counter)  # of answers, under the names of ShadowCounts
    mismatches: list[Mismatch] = field(factory=list)
    error: Exception | None = None  # what made answers fail
    answered: bool = False  # whether the shadow said anything that could be read


def compared(read: Read, ours: Session, shadow: Session) -> Op[Comparison]:
    """What the shadow says to a read; and before it counts as different, whether the answer still stands."""
    result, left = Comparison(), read.answers
    method, compare = read.repetition.method, read.repetition.compare

    def ask(session: Session, addresses: list[Any]) -> Op[ByAddress]:
        replies = (yield from read.ask(session, addresses)) if addresses else {}
        errors = {email: reply for email, reply in replies.items() if isinstance(reply, PreferencesError)}
        result.error = next(reversed(errors.values()), result.error)
        return {email: replies[email] for email in replies if email not in errors}

    try:
        for _ in range(ROUNDS):
            theirs = yield from ask(shadow, list(left))
            result.answered |= bool(theirs)
            differences = {email: compare(email, left[email], theirs[email]) for email in theirs}
            differing = [email for email in differences if differences[email]]
            result.counts["identical"] += len(theirs) - len(differing)
            # The caller, or the person, may have changed it between the two readings.
            again = yield from ask(ours, differing)
            left = {email: again[email] for email in again if compare(email, left[email], again[email])}
            for email in [email for email in again if email not in left]:
                mismatch = Mismatch(method, ours.version.name, shadow.version.name, email, differences[email])
                result.mismatches.append(mismatch)
                result.counts.update(mismatched=1, newly_allowed=mismatch.newly_allowed)
        if left:
            raise PreferencesError("the answer kept changing while it was compared")
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the shadow's affair alone
        result.error = error
    result.counts["failed"] = len(read.answers) - result.counts["identical"] - result.counts["mismatched"]
    return result
