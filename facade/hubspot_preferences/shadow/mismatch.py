"""A disagreement between two API versions, and how many there were."""

from attrs import field, frozen

from ..answers.differences import Difference
from ..models import Value


@frozen(repr=False)
class Mismatch(Value):
    """One answer about which two API versions disagree.

    operation: the method that the caller called, such as "statuses" or "batch.statuses". email: whom it
    is about; None for definitions. differences: what differs, `a` being what the caller was told and
    `b` what the shadow says; fit to be shown. `str()` is one line without the address.
    """

    operation: str
    version: str
    shadow_version: str
    email: str | None = field(repr=False)
    differences: tuple[Difference, ...]

    @property
    def newly_allowed(self) -> bool:
        """Whether the shadow would have the person mailed where the version in use would not."""
        return any(difference.newly_allowed for difference in self.differences)

    def __str__(self) -> str:
        shown = "; ".join(str(difference) for difference in self.differences[:3])
        more = f"; and {len(self.differences) - 3} more" if len(self.differences) > 3 else ""
        alarm = " (would be newly mailed)" if self.newly_allowed else ""
        return f"{self.operation}: {self.version} → {self.shadow_version} differ{alarm}: {shown}{more}"


@frozen(repr=False)
class ShadowCounts(Value):
    """What became of the caller's answers, each in exactly one of the first five.

    An answer is what one read said; of a batch, what it said about one address. failed: the shadow, or what it
    said, could not be read, or the answer kept changing. dropped: never compared, the queue being full, the
    shadow off, or the client closed; an input given twice in a batch that does not fit may count twice.
    waiting: in the queue, or being compared. newly_allowed: of the mismatched ones, those whom only the shadow
    would have mailed. off, paused: why nothing is read any more, or for the moment. last_error: the last of
    what made an answer count as failed.
    """

    identical: int = 0
    mismatched: int = 0
    failed: int = 0
    dropped: int = 0
    waiting: int = 0
    newly_allowed: int = 0
    off: str | None = None
    paused: str | None = None
    last_error: str | None = None

    @property
    def compared(self) -> int:
        """Answers that both versions gave: identical or mismatched."""
        return self.identical + self.mismatched
