"""The API versions: one table each, loaded when first used."""

from datetime import date
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ..errors import InvalidArgument, UnsupportedInVersion, redact

if TYPE_CHECKING:
    from .wire import Wire

# Oldest first. Adding a version: a contract in openapi/, a module here, a name in this table.
NAMES: Final = ("v4", "2026-03")
DEFAULT: Final = "2026-03"

# HubSpot's policy for dated versions: current for 6 months, supported for 18, then neither.
MONTHS_CURRENT: Final = 6
MONTHS_SUPPORTED: Final = 18


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

    @property
    def end_of_support(self) -> date:
        """The first day on which HubSpot no longer supports this version."""
        if self.announced_end:
            return self.announced_end
        assert self.released
        return _after(self.released, MONTHS_SUPPORTED)

    def state(self, on: date | None = None) -> str:
        """What HubSpot calls it, today or on another day: current, supported or unsupported."""
        day = on or date.today()
        if day >= self.end_of_support:
            return "unsupported"
        return "current" if self.released and day < _after(self.released, MONTHS_CURRENT) else "supported"

    def days_left(self, on: date | None = None) -> int:
        """Days until the end of support, today or from another day; negative afterwards."""
        return (self.end_of_support - (on or date.today())).days

    def __str__(self) -> str:
        return self.name


def _after(day: date, months: int) -> date:
    from dateutil.relativedelta import relativedelta  # slow to import, and only these dates need it

    return day + relativedelta(months=months)


def version(name: "str | Version") -> Version:
    """The table of a version. Raises InvalidArgument naming the valid ones."""
    if isinstance(name, Version):
        name = name.name
    if name not in NAMES:
        shown = redact(repr(name)) if isinstance(name, str) else type(name).__name__
        raise InvalidArgument(f"version: {shown} is not one of {', '.join(NAMES)}")
    found: Version = import_module(f".{_module(name)}", __name__).VERSION
    return found


@cache
def load(name: str) -> "Wire":
    """What the generated package of a version offers; importing it takes a moment, so it is done once."""
    found: Wire = import_module(f".{_module(name)}", __name__).wire()
    return found


def unsupported(operation: str, name: str) -> UnsupportedInVersion:
    """The error for an operation that a version lacks, naming those that have it."""
    having = [other for other in NAMES if getattr(load(other), operation) is not None]
    return UnsupportedInVersion(
        f"{operation} is missing in API version {name}; it is in {', '.join(having) or 'no supported version'}"
    )


def _module(name: str) -> str:
    return "v" + name.removeprefix("v").replace("-", "_")
