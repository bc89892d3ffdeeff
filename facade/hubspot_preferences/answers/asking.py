"""Ask one version about people: by batches, or one by one."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from attrs import Factory, define, field, frozen

from .. import operations
from ..engine import Op
from ..errors import (
    AccountLocked,
    DailyLimitReached,
    NotFound,
    PreferencesError,
    Unauthorized,
    UnsupportedInVersion,
)
from ..models import Status, WideStatus
from ..operations import Session
from ..versions import Version
from .differences import holds_unknown
from .durations import TimedExchange

T = TypeVar("T")

# Nothing more will succeed on a version that says one of these.
HOPELESS: Final = (Unauthorized, AccountLocked, DailyLimitReached, UnsupportedInVersion)


@define(eq=False)
class VersionRun:
    """One version during a run."""

    version: Version
    exchange: TimedExchange
    session: Session = field(
        init=False, default=Factory(lambda run: Session(run.version, run.exchange), takes_self=True)
    )
    hopeless: PreferencesError | None = None
    """What leaves no hope: this version is asked no more, and the run ends with its window."""
    silent: int = 0
    """Windows in a row in which it answered about nobody."""

    def note(self, answer: object) -> None:
        """Remember an error after which nothing more will succeed."""
        if isinstance(answer, HOPELESS):
            self.hopeless = answer


@frozen
class Answer:
    """What one version says about one address: None where it knows nobody of that name (404), or the error."""

    statuses: tuple[Status, ...] | PreferencesError | None = ()
    opt_outs: tuple[WideStatus, ...] | PreferencesError | None = ()

    @property
    def error(self) -> PreferencesError | None:
        """Why it cannot be relied on."""
        return next((part for part in (self.statuses, self.opt_outs) if isinstance(part, PreferencesError)), None)

    @property
    def unknown(self) -> bool:
        """Whether it holds a value that this library does not know."""
        parts = (self.statuses, self.opt_outs)
        return any(isinstance(part, tuple) and holds_unknown(part) for part in parts)


def chunk(one: VersionRun, read: Callable[..., Op[Any]], emails: list[str]) -> Op[list[Any]]:
    """The rows about each address, or the error in their place."""
    if one.hopeless:
        return [one.hopeless] * len(emails)
    result = yield from operations.attempt(
        read(one.session, emails, business_unit_id=None, chunk_size=len(emails), fallback=False)
    )
    if isinstance(result, PreferencesError):
        return [result] * len(emails)
    for outcome in result:
        one.note(outcome.error)
    return [outcome.value if outcome.ok else outcome.error for outcome in result]


def singly(one: VersionRun, email: str) -> Op[Answer]:
    """The same about one address, by single calls."""
    if one.hopeless:
        return Answer(one.hopeless, one.hopeless)
    statuses = yield from operations.attempt(_unless_unknown(operations.statuses(one.session, email)))
    one.note(statuses)
    if isinstance(statuses, PreferencesError):  # which brands to ask for is not known either
        return Answer(statuses, statuses)
    opt_outs = yield from operations.attempt(_every_opt_out(one.session, email, statuses or ()))
    one.note(opt_outs)
    return Answer(statuses, opt_outs)


def _every_opt_out(session: Session, email: str, statuses: Sequence[Status]) -> Op[tuple[WideStatus, ...] | None]:
    wide = yield from _unless_unknown(operations.opt_outs(session, email))
    rows = yield from operations.every_opt_out(session, email, statuses=statuses, read=wide or ())
    return None if wide is None and not rows else rows


def _unless_unknown(op: Op[T]) -> Op[T | None]:
    """What was read, or None for a 404: about one person that is an answer. About a batch it says nothing."""
    try:
        return (yield from op)
    except NotFound:
        return None
