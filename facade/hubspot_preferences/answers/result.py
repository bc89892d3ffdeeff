"""What a comparison of two versions' answers comes to: plain values, fit to be shown and kept."""

from collections.abc import Mapping

from attrs import field, frozen

from .differences import Difference


@frozen
class VersionSummary:
    """How one version did. p50, p95: seconds per request, without waiting for the rate limit; None without any."""

    version: str
    requests: int = 0
    unreadable: int = 0
    """Addresses of which this version gave no answer that can be relied on."""
    reasons: Mapping[str, int] = field(factory=dict)
    """Why, by the name of the error."""
    p50: float | None = None
    p95: float | None = None


@frozen
class Differing:
    """One address about which the versions disagree: its keyed hash, or itself where that was asked for."""

    shown: str
    differences: tuple[Difference, ...]


@frozen
class ParityReport:
    """Whether versions `a` and `b` answer the same about the same people.

    Each address compared is counted in exactly one of identical, different, unreadable and unknown.
    """

    a: VersionSummary
    b: VersionSummary
    compared: int
    identical: int
    different: int
    unreadable: int
    """No reliable answer from one version or from both, and no difference in what could be read from both."""
    unknown: int
    """The same answer from both, but holding a value that this library does not know."""
    invalid: int
    """Lines of the input that are no address."""
    newly_allowed: int
    """Of the different ones: b would have them mailed about something where a would not, as far as was read."""
    by_field: Mapping[str, int]
    """Differing addresses by what differs, such as "statuses: state"."""
    definitions: tuple[Difference, ...]
    """How the subscription types themselves differ."""
    listed: tuple[Differing, ...] = field(repr=False)
    """The first of the different ones, up to the limit that was given."""
    seconds: float
    stopped: str | None = None
    """Why not every address was compared; None where all were."""
    undefined: str | None = None
    """Why the subscription types were not compared; None where they were."""

    @property
    def same(self) -> bool:
        """Whether everything was compared, nothing differs and nothing is unknown."""
        return self.verdict == "same"

    @property
    def verdict(self) -> str:
        """One of: "different", "incomplete" (nothing differs, but not everything could be compared) or "same"."""
        if self.different or self.definitions:
            return "different"
        if self.unreadable or self.unknown or self.invalid or not self.compared:
            return "incomplete"
        if self.stopped is not None or self.undefined is not None:
            return "incomplete"
        return "same"
