"""Ask two versions about the same people, and count whether they answer the same."""

import hmac
import logging
import math
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from attrs import define, field, frozen

from .. import arguments, batch, operations, versions
from ..engine import Gather, Op, drive
from ..errors import (
    AccountLocked,
    DailyLimitReached,
    Forbidden,
    InvalidArgument,
    NotFound,
    PreferencesError,
    TransportError,
    Unauthorized,
    UnsupportedInVersion,
)
from ..models import Definition, Status, WideStatus, address_key
from ..operations import Session
from ..privacy import redact
from ..versions import VersionLike
from .differences import (
    Difference,
    about_decisions,
    about_definitions,
    about_opt_outs,
    about_statuses,
    holds_unknown,
)
from .result import Differing, ParityReport, VersionSummary

if TYPE_CHECKING:
    from ..client import Preferences
    from ..transport import Response, Transport

T = TypeVar("T")

WINDOW: Final = 400  # addresses held at a time: 16 requests, enough to keep a client's connections busy
SINGLY: Final = 25  # the same for single calls (100 requests), and to find out whether batches are allowed

# Nothing more will succeed on a version that says one of these.
HOPELESS: Final = (Unauthorized, AccountLocked, DailyLimitReached, UnsupportedInVersion)


def compare_live(
    prefs: "Preferences",
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

    prefs: an open client, of which connections, limiter and retry are used. emails: any number; no more than
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
    transport = prefs._transport  # noqa: SLF001  # as above
    sides = (_Side(Session(old, exchange)), _Side(Session(new, exchange)))
    watch = _Watch(transport, {side.name: side.durations for side in sides}, exchange.clock)
    run = _Run(sides, watch, (key or secrets.token_bytes(32)) if hidden else None, listed)
    began = exchange.clock()
    try:
        run.compare_definitions()
        run.compare_all(emails, on_progress)
    except KeyboardInterrupt:
        run.stopped = "interrupted"
    return run.report(exchange.clock() - began)


class Durations:
    """How long things took: any number of seconds in little memory, for quantiles that are 2 % off at most."""

    _STEP: Final = math.log(1.04)  # each bin is 4 % wider than the one before
    _LEAST: Final = 1e-6  # seconds; less is counted as this

    def __init__(self) -> None:
        self._bins: Counter[int] = Counter()
        self._lock = threading.Lock()

    def add(self, seconds: float) -> None:
        """Count one."""
        place = math.floor(math.log(max(seconds, self._LEAST)) / self._STEP)
        with self._lock:
            self._bins[place] += 1

    @property
    def count(self) -> int:
        """How many there are."""
        with self._lock:
            return self._bins.total()

    def quantile(self, percent: int) -> float | None:
        """The least number of seconds that so many percent of all took at most; None where there are none."""
        with self._lock:
            bins = sorted(self._bins.items())
        left = math.ceil(sum(count for _, count in bins) * percent / 100)
        for place, count in bins:
            left -= count
            if left <= 0:
                return math.exp((place + 0.5) * self._STEP)
        return None


class _Watch:
    """A transport that takes the time of each request, for the version in its path."""

    def __init__(
        self, transport: "Transport", durations: Mapping[str, Durations], clock: Callable[[], float]
    ) -> None:
        self.concurrency = transport.concurrency
        self._transport = transport
        self._durations = durations
        self._clock = clock

    def send(self, kwargs: dict[str, Any]) -> "Response":
        """One request, as the transport sends it."""
        began = self._clock()
        seconds = None
        try:
            reply = self._transport.send(kwargs)
            with suppress(RuntimeError):  # a caller's client may answer from elsewhere than from the network
                seconds = reply.elapsed.total_seconds()  # without the wait for a connection that others use
            return reply
        finally:
            name = kwargs["url"].split("/")[2]  # /communication-preferences/<version>/…
            self._durations[name].add(self._clock() - began if seconds is None else seconds)


@define(eq=False)
class _Side:
    """One version during a run."""

    session: Session
    durations: Durations = field(factory=Durations)
    hopeless: PreferencesError | None = None
    silent: int = 0
    """Windows in a row in which it answered about nobody."""

    @property
    def name(self) -> str:
        return self.session.version.name


@frozen
class _Answer:
    """What one version says about one address: None where it knows nobody of that name (404), or the error."""

    statuses: tuple[Status, ...] | PreferencesError | None = ()
    opt_outs: tuple[WideStatus, ...] | PreferencesError | None = ()

    @property
    def error(self) -> PreferencesError | None:
        """Why it cannot be relied on."""
        return next((each for each in (self.statuses, self.opt_outs) if isinstance(each, PreferencesError)), None)

    @property
    def unknown(self) -> bool:
        """Whether it holds a value that this library does not know."""
        parts = (self.statuses, self.opt_outs)
        return any(isinstance(part, tuple) and holds_unknown(part) for part in parts)


@frozen
class _Tally:
    """What was counted."""

    counts: Counter[str] = field(factory=Counter)
    by_field: Counter[str] = field(factory=Counter)
    reasons: Counter[tuple[str, str]] = field(factory=Counter)
    """(version, name of the error)"""
    listed: list[Differing] = field(factory=list)

    def __add__(self, other: "_Tally") -> "_Tally":
        return _Tally(
            self.counts + other.counts,
            self.by_field + other.by_field,
            self.reasons + other.reasons,
            self.listed + other.listed,
        )


class _Run:
    """One comparison while it runs."""

    def __init__(self, sides: tuple[_Side, _Side], watch: _Watch, key: bytes | None, listed: int) -> None:
        self.stopped: str | None = None
        self._sides = sides
        self._transport = cast("Transport", watch)
        self._key = key
        self._most = listed
        self._tally = _Tally()
        self._definitions: tuple[Difference, ...] = ()
        self._undefined: str | None = "they were not read"
        self._together = True  # until batches turn out to be forbidden

    def compare_definitions(self) -> None:
        """Read both versions' subscription types. Raises what leaves no hope for the rest."""
        found: list[tuple[Definition, ...] | PreferencesError] = self._side_by_side(
            [operations.attempt(operations.definitions(side.session)) for side in self._sides]
        )
        errors = [each for each in found if isinstance(each, PreferencesError)]
        for error in errors:
            if isinstance(error, (*HOPELESS, Forbidden)):
                raise error
        if len(errors) == 2 and all(isinstance(error, TransportError) for error in errors):
            raise errors[0]
        # A 404 is an answer, if not a good one, where the other version has them.
        known = [None if isinstance(each, NotFound) else each for each in found]
        if any(isinstance(each, PreferencesError) for each in known) or known == [None, None]:
            named = zip(self._sides, found, strict=True)
            self._undefined = _line(
                "; ".join(f"{side.name}: {each}" for side, each in named if isinstance(each, PreferencesError))
            )
        else:
            self._undefined = None
            self._definitions = about_definitions(*cast("list[Any]", known))

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
        for each in inputs:
            try:
                emails.append(arguments.email(each))
            except InvalidArgument:
                tally.counts["invalid"] += 1
        unique: dict[str, str] = {}
        for email in emails:
            unique.setdefault(address_key(email), email)
        answers = self._read(list(unique.values())) if unique else {}
        for email in emails:
            self._judge(email, answers[unique[address_key(email)]], tally)
        self._tally = self._tally + tally  # in one step: Ctrl-C finds a window counted, or not
        for place, side in enumerate(self._sides):
            errors = [error for pair in answers.values() if (error := pair[place].error)]
            if answers:
                side.silent = side.silent + 1 if len(errors) == len(answers) else 0
            if side.hopeless:
                self._stop(f"{side.name}: {side.hopeless}")
            elif side.silent == 2:
                self._stop(f"{side.name} answered about nobody in two windows in a row: {errors[-1]}")

    def _stop(self, why: str) -> None:
        self.stopped = _line(why if self.stopped is None else f"{self.stopped}; {why}")

    def _judge(self, email: str, answers: tuple[_Answer, _Answer], tally: _Tally) -> None:
        """Count one address in exactly one place."""
        a, b = answers
        for side, answer in zip(self._sides, answers, strict=True):
            if answer.error:
                tally.reasons[side.name, type(answer.error).__name__] += 1
        differences = _differences(email, a, b)
        if differences:
            tally.counts["different"] += 1
            tally.counts["newly_allowed"] += any(difference.newly_allowed for difference in differences)
            tally.by_field.update({f"{difference.about}: {difference.field}" for difference in differences})
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

    def _read(self, emails: list[str]) -> dict[str, tuple[_Answer, _Answer]]:
        """Both versions' answers about each address, asked in turns: little time passes between the two."""
        found = self._read_together(emails) if self._together else None
        if found is None:
            found = self._side_by_side([_singly(side, email) for email in emails for side in self._sides])
        return {email: (found[2 * place], found[2 * place + 1]) for place, email in enumerate(emails)}

    def _read_together(self, emails: list[str]) -> list[_Answer] | None:
        """By batches, or None where these are forbidden to either version: then both are asked alike."""
        chunks = [emails[start : start + batch.CHUNK_SIZE] for start in range(0, len(emails), batch.CHUNK_SIZE)]
        jobs = [
            _chunk(side, read, chunk)
            for chunk in chunks
            for read in (batch.statuses, batch.opt_outs)
            for side in self._sides
        ]
        # For each chunk: a's states, b's states, a's opt-outs, b's opt-outs.
        found = iter(self._side_by_side(jobs))
        answers: list[_Answer] = []
        for chunk in chunks:
            a_statuses, b_statuses, a_opt_outs, b_opt_outs = islice(found, 4)
            for place in range(len(chunk)):
                answers.append(_Answer(a_statuses[place], a_opt_outs[place]))
                answers.append(_Answer(b_statuses[place], b_opt_outs[place]))
        for place, answer in enumerate(answers):
            if isinstance(answer.error, Forbidden | UnsupportedInVersion):
                self._together = False
                logging.getLogger("hubspot_preferences").warning(
                    "%s has no batch calls for this token (%s): going on with single calls on both versions",
                    self._sides[place % 2].name,
                    _line(str(answer.error)),
                )
                return None
        return answers

    def _side_by_side(self, jobs: list[Op[Any]]) -> list[Any]:
        def gathered() -> Op[list[Any]]:
            results: list[Any] = yield Gather(jobs)
            return results

        return drive(gathered(), self._transport)

    # Reporting

    def report(self, seconds: float) -> ParityReport:
        """What was found out so far."""
        counts = self._tally.counts
        a, b = (self._side(side) for side in self._sides)
        return ParityReport(
            a=a,
            b=b,
            compared=sum(counts[name] for name in ("identical", "different", "unreadable", "unknown")),
            identical=counts["identical"],
            different=counts["different"],
            unreadable=counts["unreadable"],
            unknown=counts["unknown"],
            invalid=counts["invalid"],
            newly_allowed=counts["newly_allowed"],
            by_field=dict(self._tally.by_field.most_common()),
            definitions=self._definitions,
            listed=tuple(self._tally.listed),
            seconds=seconds,
            stopped=self.stopped,
            undefined=self._undefined,
        )

    def _side(self, side: _Side) -> VersionSummary:
        reasons = {kind: count for (name, kind), count in self._tally.reasons.items() if name == side.name}
        return VersionSummary(
            version=side.name,
            requests=side.durations.count,
            unreadable=sum(reasons.values()),
            reasons=reasons,
            p50=side.durations.quantile(50),
            p95=side.durations.quantile(95),
        )


def _differences(email: str, a: _Answer, b: _Answer) -> tuple[Difference, ...]:
    """What differs, as far as both could be read: half an answer must not hide that the other half differs."""
    states: tuple[Any, Any] = a.statuses, b.statuses
    opt_outs: tuple[Any, Any] = a.opt_outs, b.opt_outs
    found: list[Difference] = []
    if not _unread(*states):
        found += about_statuses(*states)
    if not _unread(*opt_outs):
        found += about_opt_outs(*opt_outs)
    if found and _unread(*opt_outs):
        opt_outs = (), ()  # the decision that the states alone lead to
    if found and _unread(*states):
        # What one version says of the states is taken for both: the opt-outs alone decide.
        told = next((each for each in states if not isinstance(each, PreferencesError)), ())
        states = told, told
    # Decisions rest on nothing but what was compared: where no row differs, none does.
    return (*found, *about_decisions(email, *zip(states, opt_outs, strict=True))) if found else ()


def _unread(*parts: object) -> bool:
    return any(isinstance(part, PreferencesError) for part in parts)


def _chunk(side: _Side, read: Callable[..., Op[Any]], emails: list[str]) -> Op[list[Any]]:
    """The rows about each address, or the error in their place."""
    if side.hopeless:
        return [side.hopeless] * len(emails)
    result = yield from operations.attempt(
        read(side.session, emails, business_unit_id=None, chunk_size=len(emails), fallback=False)
    )
    if isinstance(result, PreferencesError):
        return [result] * len(emails)
    for outcome in result:
        _despair(side, outcome.error)
    return [outcome.value if outcome.ok else outcome.error for outcome in result]


def _singly(side: _Side, email: str) -> Op[_Answer]:
    """The same about one address, by single calls."""
    if side.hopeless:
        return _Answer(side.hopeless, side.hopeless)
    statuses = yield from operations.attempt(_known(operations.statuses(side.session, email)))
    if isinstance(statuses, PreferencesError):  # which brands to ask for is not known either
        _despair(side, statuses)
        return _Answer(statuses, statuses)
    opt_outs = yield from operations.attempt(_every_opt_out(side.session, email, statuses or ()))
    if isinstance(opt_outs, PreferencesError):
        _despair(side, opt_outs)
    return _Answer(statuses, opt_outs)


def _every_opt_out(session: Session, email: str, statuses: Sequence[Status]) -> Op[tuple[WideStatus, ...] | None]:
    wide = yield from _known(operations.opt_outs(session, email))
    rows = yield from operations.every_opt_out(session, email, statuses=statuses, read=wide or ())
    return None if wide is None and not rows else rows


def _known(op: Op[T]) -> Op[T | None]:
    """What was read, or None for a 404: about one person that is an answer. About a batch it says nothing."""
    try:
        return (yield from op)
    except NotFound:
        return None


def _despair(side: _Side, error: PreferencesError | None) -> None:
    """Remember what leaves no hope: this version is asked no more, and the run ends with its window."""
    if isinstance(error, HOPELESS):
        side.hopeless = error


def _line(text: str) -> str:
    """One line without addresses."""
    return " ".join(redact(text).split())[:300]
