"""The API versions: one row each, whose generated package is loaded when first used."""

import threading
import warnings
from collections.abc import Callable
from datetime import date
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from attrs import field, frozen

from ..errors import EndOfSupportWarning, InvalidArgument, UnsupportedInVersion
from ..forks import held_off
from ..privacy import redact

if TYPE_CHECKING:
    from .wire import Wire

__all__ = ["DEFAULT", "LATEST", "NAMES", "VERSIONS", "Version", "VersionLike", "VersionName", "newest", "version"]

VersionName = Literal["v4", "2026-03", "2026-09"]
DEFAULT: Final = "2026-03"
LATEST: Final = "latest"  # stands for the newest that is released

# HubSpot's policy for dated versions: current for 6 months, supported for 18 [source: support-policy].
MONTHS_CURRENT: Final = 6
MONTHS_SUPPORTED: Final = 18

# HubSpot announces breaking changes as many days ahead [source: notice]: the notice it gives, a user gets.
DAYS_OF_NOTICE: Final = 90

_warned: set[str] = set()
_lock = threading.Lock()


@frozen
class Version:
    """One API version: its name and its dates (calendar days; HubSpot's policy knows no hours).

    The state and the end of support are computed from the release date by HubSpot's policy;
    `announced_end` is another end that HubSpot announced, and the only one for a version from before
    that policy (released=None). `str()` gives the name.
    """

    name: str
    released: date | None
    announced_end: date | None = field(default=None, repr=False)
    _load: "Callable[[], Wire] | None" = field(default=None, alias="load", repr=False, eq=False)

    @property
    def end_of_support(self) -> date:
        """The first day on which HubSpot no longer supports this version."""
        if self.announced_end:
            return self.announced_end
        assert self.released
        return _after(self.released, MONTHS_SUPPORTED)

    def state(self, on: date | None = None) -> str:
        """What HubSpot calls it, today or on another day: current, supported or unsupported; before
        its release: unreleased.
        """
        day = on or today()
        if self.released and day < self.released:
            return "unreleased"
        if day >= self.end_of_support:
            return "unsupported"
        return "current" if self.released and day < _after(self.released, MONTHS_CURRENT) else "supported"

    def days_left(self, on: date | None = None) -> int:
        """Days until the end of support, today or from another day; negative afterwards."""
        return (self.end_of_support - (on or today())).days

    def __str__(self) -> str:
        return self.name


VersionLike: TypeAlias = Version | VersionName | Literal["latest"]


# What a package offers is written by the generator; returning it as a Wire is what type checkers prove.


def _v4() -> "Wire":
    from hubspot_preferences_api.v4 import wire

    return wire


def _v2026_03() -> "Wire":
    from hubspot_preferences_api.v2026_03 import wire

    return wire


def _v2026_09() -> "Wire":
    from hubspot_preferences_api.v2026_09 import wire

    return wire


# By release, oldest first. `make update` adds a row.
VERSIONS: Final = (
    # Older than HubSpot's dated versions, and never dated itself. HubSpot names two ends; planned with the
    # earlier [source: end-of-v4].
    Version("v4", released=None, announced_end=date(2027, 3, 30), load=_v4),
    Version("2026-03", released=date(2026, 3, 30), load=_v2026_03),
    Version("2026-09", released=date(2026, 9, 8), load=_v2026_09),
)
NAMES: Final = tuple(row.name for row in VERSIONS)
_ROWS: Final = {row.name: row for row in VERSIONS}


def today() -> date:
    """The day that every answer about today is for: this machine's."""
    return date.today()


def _after(day: date, months: int) -> date:
    from dateutil.relativedelta import relativedelta  # slow to import, and only these dates need it

    return day + relativedelta(months=months)


def version(name: "str | Version") -> Version:
    """The row of a version; "latest" is the newest released by today.

    Raises InvalidArgument naming the valid ones.
    """
    if isinstance(name, Version):
        name = name.name
    if name == LATEST:
        return newest()
    if name not in NAMES:
        shown = redact(repr(name)) if isinstance(name, str) else type(name).__name__
        raise InvalidArgument(f"version: {shown} is not one of {', '.join((*NAMES, LATEST))}")
    return _ROWS[name]


def newest(on: date | None = None) -> Version:
    """The version that HubSpot released last, by today or by another day; before all of them, the oldest."""
    day = on or today()
    known = map(version, reversed(NAMES))
    released = (row for row in known if row.released is None or row.released <= day)
    return next(released, None) or version(NAMES[0])


def warn_of_end(used: Version, stacklevel: int) -> None:
    """Warn where HubSpot's support ends soon or has ended, once per process and version.

    stacklevel: whose line the warning names: 1 the caller's, 2 that of the caller's caller.
    Where the warning is made an error it is raised, and counts as not given: the next client on
    that version is refused too.
    """
    if used.name in _warned or _clearly_supported(used) or used.days_left() > DAYS_OF_NOTICE:
        return
    with _lock:
        if used.name in _warned:
            return
        _warned.add(used.name)
    try:  # outside the lock: what shows a warning is the user's, and may make a client itself
        warnings.warn(_of_end(used), EndOfSupportWarning, stacklevel=stacklevel + 1)
    except EndOfSupportWarning:
        _warned.discard(used.name)
        raise


def _clearly_supported(used: Version) -> bool:
    # Eighteen months are more than 18 * 30 days: so much is known without the 3 ms to import relativedelta.
    if used.announced_end or used.released is None:
        return False
    return (today() - used.released).days < MONTHS_SUPPORTED * 30 - DAYS_OF_NOTICE


def _of_end(used: Version) -> str:
    left, end = used.days_left(), used.end_of_support
    if left > 0:
        words = f"HubSpot supports {used} until {end}, {left} day{'' if left == 1 else 's'} from now"
    else:
        words = f"HubSpot has not supported {used} since {end}"
    other = newest()
    if other.days_left() > max(left, 0):
        return f"{words}: move to {other} (hubprefs compare {used} {other})"
    upgrade = "pip install --upgrade hubspot-preferences"
    return f"{words}: a newer version takes a newer hubspot-preferences ({upgrade})"


@cache
def load(name: str) -> "Wire":
    """What the generated package of a version offers."""
    row = version(name)
    assert row._load
    with held_off:
        wire = row._load()
    vars(wire)["import_module"] = _imported  # what it imports its parts by, each when it is first used
    return wire


def _imported(name: str, package: str) -> object:
    with held_off:
        return import_module(name, package)


def unsupported(operation: str, name: str) -> UnsupportedInVersion:
    """The error for an operation that a version lacks, naming those that have it."""
    having = [other for other in NAMES if getattr(load(other), operation) is not None]
    return UnsupportedInVersion(
        f"{operation} is missing in API version {name}; it is in {', '.join(having) or 'no supported version'}"
    )
