"""Ask two versions about the same people, and count whether they answer the same."""

import hmac
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

from attrs import asdict, define, field, frozen

from .. import arguments, batch, operations, versions
from ..chunks import CHUNK_SIZE
from ..engine import Gather, Op, drive
from ..errors import (
    Forbidden,
    InvalidArgument,
    NotFound,
    PreferencesError,
    TransportError,
    UnsupportedInVersion,
)
from ..models import Status, WideStatus, address_key
from ..privacy import redact
from ..versions import VersionLike
from . import asking
from .asking import HOPELESS, Answer, VersionRun
from .differences import (
    Difference,
    about_decisions,
    about_definitions,
    about_opt_outs,
    about_statuses,
)
from .durations import TimedExchange
from .result import Differing, ParityReport, VersionSummary

if TYPE_CHECKING:
    from ..transport import Transport

T = TypeVar("T")
R = TypeVar("R", Status, WideStatus)
_Pair: TypeAlias = tuple[tuple[R, ...] | None, tuple[R, ...] | None]

WINDOW: Final = 400  # addresses held at a time: 16 requests, enough to keep a client's connections busy
SINGLY: Final = 25  # the same for single calls (100 requests), and to find out whether batches are allowed


class Client(Protocol):
    """What is used of an open Preferences: which below the clients nobody knows by name."""

    @property
    def _session(self) -> operations.Session: ...

    @property
    def _transport(self) -> "Transport": ...


def compare_live(
    prefs: Client,
    a: VersionLike,
    b: VersionLike,
    emails: Iterable[str],
    *,
    key: bytes | None = None,
    show_addresses: bool = False,
    listed: int = 100,
    on_progress: Callable[[int], None] | None = None,
) -> ParityReport:
    """Whether versions `a` and `b` answer the same about these people: their states, their opt-outs, and what
    may_email would decide; and whether they have the same subscription types.

    prefs: an open Preferences, of which connections, limiter and retry are used. emails: any number; no more than
    400 of them are held at a time. key: for the keyed hash that stands for an address (HMAC-SHA256 of it in
    lower case, 16 hex digits), to find it in your own records; a new one for each call where it is None.
    show_addresses: list the addresses themselves. listed: how many of those that differ to list. on_progress:
    called with the number of inputs that are done, now and then.

    Only reads: GET /definitions, POST /statuses/batch/read and …/batch/unsubscribe-all/read; where batches
    are forbidden, from then on GET /statuses/{subscriberIdString} and …/unsubscribe-all on both versions.
    Where one of the two reads fails, the other one is compared: an address about which it differs is
    different, and only else unreadable.
    Anything that keeps an address from being compared is counted, and what ends the run early (a token that
    is refused, the daily limit, Ctrl-C, a version that answers about nobody any more, an error of `emails` or
    `on_progress`) is told by the report's `stopped`: what was found out until then is not lost.

    Raises InvalidArgument; and before any address is read Unauthorized, Forbidden, AccountLocked,
    DailyLimitReached and UnsupportedInVersion, and TransportError where neither version can be reached.
    """
    old, new = versions.version(a), versions.version(b)
    if old == new:
        raise InvalidArgument(f"b: is the same version as a, {old}: there is nothing to compare")
    if isinstance(emails, str | bytes) or not isinstance(emails, Iterable):
        raise InvalidArgument(f"emails: must be a list, not {type(emails).__name__}")
    if key is not None and not (isinstance(key, bytes) and key):
        raise InvalidArgument("key: must be bytes, at least one, or None")
    arguments.integer(listed, "listed")
    hidden = not arguments.flag(show_addresses, "show_addresses")
    # Not by with_version: it warns of a version's end, and moving away from that one is what this is for.
    exchange = prefs._session.exchange  # noqa: SLF001  # shares what with_version does
    run = _Run(
        [VersionRun(version, TimedExchange(**asdict(exchange, recurse=False))) for version in (old, new)],
        prefs._transport,  # noqa: SLF001  # a client's connections are its own business, and ours here
        (key or secrets.token_bytes(32)) if hidden else None,
        listed,
    )
    began = exchange.clock()
    try:
        run.compare_definitions()
        run.compare_all(emails, on_progress)
    except KeyboardInterrupt:
        run.stopped = "interrupted"
    return run.report(exchange.clock() - began)


@frozen
class _Tally:
    """What was counted: by verdict, by ("by_field", what differs), by ("reasons", version, name of the error)."""

    counts: Counter[str | tuple[str, ...]] = field(factory=Counter)
    listed: list[Differing] = field(factory=list)

    def of(self, *key: str) -> dict[str, int]:
        """The counts below a key, by its last part, the most first."""
        return {name[-1]: count for name, count in self.counts.most_common() if name[:-1] == key}


@define(eq=False)
class _Run:
    """One comparison while it runs."""

    _versions: Sequence[VersionRun]
    _transport: "Transport"
    _key: bytes | None
    _most: int
    """How many addresses to list."""
    stopped: str | None = None
    _tally: _Tally = field(factory=_Tally)
    _definitions: tuple[Difference, ...] = ()
    _undefined: str | None = "they were not read"
    _together: bool = True  # until batches turn out to be forbidden

    def compare_definitions(self) -> None:
        """Read both versions' subscription types. Raises what leaves no hope for the rest."""
        replies = self._side_by_side(
            [operations.attempt(operations.definitions(one.session)) for one in self._versions]
        )
        errors = [reply for reply in replies if isinstance(reply, PreferencesError)]
        for error in errors:
            if isinstance(error, (*HOPELESS, Forbidden)):
                raise error
        if len(errors) == 2 and all(isinstance(error, TransportError) for error in errors):
            raise errors[0]
        # A 404 is an answer, if not a good one, where the other version has them.
        a, b = (None if isinstance(reply, NotFound) else reply for reply in replies)
        if isinstance(a, PreferencesError) or isinstance(b, PreferencesError) or a is b is None:
            named = zip(self._versions, replies, strict=True)
            self._undefined = _line(
                "; ".join(
                    f"{one.version.name}: {reply}" for one, reply in named if isinstance(reply, PreferencesError)
                )
            )
        else:
            self._undefined = None
            self._definitions = about_definitions(a, b)

    def compare_all(self, emails: Iterable[object], on_progress: Callable[[int], None] | None) -> None:
        """Window after window, to the end or until there is no use in going on."""
        try:
            left = iter(emails)
            size, done = SINGLY, 0
            while self.stopped is None and (window := list(islice(left, size))):
                self._compare(window)
                done += len(window)
                if on_progress:
                    on_progress(done)
                size = WINDOW if self._together else SINGLY
        except Exception as error:  # noqa: BLE001  # hours of comparing must not be lost to a line of the input
            self._stop(f"{type(error).__name__}: {error}")

    def _compare(self, inputs: Sequence[object]) -> None:
        tally = _Tally()
        emails: list[str] = []
        for address in inputs:
            try:
                emails.append(arguments.email(address))
            except InvalidArgument:
                tally.counts["invalid"] += 1
        unique: dict[str, str] = {}
        for email in emails:
            unique.setdefault(address_key(email), email)
        answers = dict(zip(unique, self._read(list(unique.values())), strict=True))
        for email in emails:
            self._judge(email, answers[address_key(email)], tally)
        # In one step: Ctrl-C finds a window counted, or not.
        self._tally = _Tally(self._tally.counts + tally.counts, self._tally.listed + tally.listed)
        for place, one in enumerate(self._versions):
            errors = [error for pair in answers.values() if (error := pair[place].error)]
            if answers:
                one.silent = one.silent + 1 if len(errors) == len(answers) else 0
            if one.hopeless:
                self._stop(f"{one.version.name}: {one.hopeless}")
            elif one.silent == 2:
                self._stop(f"{one.version.name} answered about nobody in two windows in a row: {errors[-1]}")

    def _stop(self, why: str) -> None:
        self.stopped = _line(why if self.stopped is None else f"{self.stopped}; {why}")

    def _judge(self, email: str, answers: tuple[Answer, Answer], tally: _Tally) -> None:
        """Count one address in exactly one place."""
        a, b = answers
        for one, answer in zip(self._versions, answers, strict=True):
            if answer.error:
                tally.counts["reasons", one.version.name, type(answer.error).__name__] += 1
        differences = _differences(email, a, b)
        if differences:
            tally.counts["different"] += 1
            tally.counts["newly_allowed"] += any(difference.newly_allowed for difference in differences)
            tally.counts.update({("by_field", f"{one.about}: {one.field}") for one in differences})
            if len(self._tally.listed) + len(tally.listed) < self._most:
                tally.listed.append(Differing(self._shown(email), differences))
        elif a.error or b.error:
            tally.counts["unreadable"] += 1
        elif a.unknown:
            tally.counts["unknown"] += 1
        else:
            tally.counts["identical"] += 1

    def _shown(self, email: str) -> str:
        if self._key is None:
            return email
        return hmac.digest(self._key, address_key(email).encode(), "sha256").hex()[:16]

    # Reading

    def _read(self, emails: list[str]) -> list[tuple[Answer, Answer]]:
        """Both versions' answers about each address, asked in turns: little time passes between the two."""
        pairs = self._read_together(emails) if self._together else []
        for pair in pairs:
            for one, answer in zip(self._versions, pair, strict=True):
                if self._together and isinstance(answer.error, Forbidden | UnsupportedInVersion):
                    self._together = False  # on either version: both are asked alike
                    logging.getLogger("hubspot_preferences").warning(
                        "%s has no batch calls for this token (%s): going on with single calls on both versions",
                        one.version.name,
                        _line(str(answer.error)),
                    )
        if self._together:
            return pairs
        answers = self._side_by_side([asking.singly(one, email) for email in emails for one in self._versions])
        return [*zip(answers[::2], answers[1::2], strict=True)]

    def _read_together(self, emails: list[str]) -> list[tuple[Answer, Answer]]:
        """The same by batches."""
        chunks = [emails[start : start + CHUNK_SIZE] for start in range(0, len(emails), CHUNK_SIZE)]
        jobs = [
            asking.chunk(one, read, part)
            for part in chunks
            for read in (batch.statuses, batch.opt_outs)
            for one in self._versions
        ]
        replies = iter(self._side_by_side(jobs))
        pairs: list[tuple[Answer, Answer]] = []
        for a_statuses, b_statuses, a_opt_outs, b_opt_outs in zip(replies, replies, replies, replies, strict=True):
            a, b = map(Answer, a_statuses, a_opt_outs), map(Answer, b_statuses, b_opt_outs)
            pairs += zip(a, b, strict=True)
        return pairs

    def _side_by_side(self, jobs: list[Op[T]]) -> list[T]:
        def gathered() -> Op[list[T]]:
            results: list[T] = yield Gather(jobs)
            return results

        return drive(gathered(), self._transport)

    # Reporting

    def report(self, seconds: float) -> ParityReport:
        """What was found out so far."""
        counts = self._tally.counts
        a, b = map(self._summary, self._versions)
        verdicts = ("identical", "different", "unreadable", "unknown")
        return ParityReport(
            a=a,
            b=b,
            compared=sum(counts[name] for name in verdicts),
            **{name: counts[name] for name in (*verdicts, "invalid", "newly_allowed")},
            by_field=self._tally.of("by_field"),
            definitions=self._definitions,
            listed=tuple(self._tally.listed),
            seconds=seconds,
            stopped=self.stopped,
            undefined=self._undefined,
        )

    def _summary(self, one: VersionRun) -> VersionSummary:
        reasons = self._tally.of("reasons", one.version.name)
        durations = one.exchange.durations
        return VersionSummary(
            version=one.version.name,
            requests=durations.count,
            unreadable=sum(reasons.values()),
            reasons=reasons,
            p50=durations.quantile(50),
            p95=durations.quantile(95),
        )


def _differences(email: str, a: Answer, b: Answer) -> tuple[Difference, ...]:
    """What differs, as far as both could be read: half an answer must not hide that the other half differs."""
    differences: list[Difference] = []
    states, opt_outs = _both(a.statuses, b.statuses), _both(a.opt_outs, b.opt_outs)
    if states is not None:
        differences += about_statuses(*states)
    if opt_outs is not None:
        differences += about_opt_outs(*opt_outs)
    if not differences:
        return ()  # decisions rest on nothing but what was compared: where no row differs, none does
    if opt_outs is None:
        opt_outs = (), ()  # the decision that the states alone lead to
    if states is None:
        # What one version says of the states is taken for both: the opt-outs alone decide.
        readable = next((rows for rows in (a.statuses, b.statuses) if not isinstance(rows, PreferencesError)), ())
        states = readable, readable
    return (*differences, *about_decisions(email, (states[0], opt_outs[0]), (states[1], opt_outs[1])))


def _both(
    a: tuple[R, ...] | PreferencesError | None, b: tuple[R, ...] | PreferencesError | None
) -> _Pair[R] | None:
    """What both versions say; None where one of them could not be read."""
    if isinstance(a, PreferencesError) or isinstance(b, PreferencesError):
        return None
    return a, b


def _line(text: str) -> str:
    """One line without addresses."""
    return " ".join(redact(text).split())[:300]
