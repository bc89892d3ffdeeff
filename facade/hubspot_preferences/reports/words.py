"""The words and figures that all reports share."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Final

from attrs import evolve, frozen

from .. import versions
from ..answers.differences import Difference
from ..answers.result import Differing, ParityReport, VersionSummary
from ..contracts.changes import LEVELS, ContractChange, ContractDiff, Level
from ..errors import InvalidArgument
from ..privacy import visible

_NAMES: Final = {
    Level.BREAKING: ("breaking change", "breaking changes"),
    Level.WARNING: ("warning", "warnings"),
    Level.INFO: ("harmless change", "harmless changes"),
}
# What a verdict about answers is shown like.
TONES: Final = {"same": "same", "incomplete": "warning", "different": "breaking"}
NEWLY_MAILED: Final = "would be newly mailed"


# Words


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what it counts: "1 address", "1,204 operations"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def addresses(number: int) -> str:
    """A number of addresses."""
    return counted(number, "address", "addresses")


def milliseconds(seconds: float | None) -> str:
    """A time of a request: "34 ms"; "-" where there was none."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:,.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def duration(seconds: float) -> str:
    """A time for people: "0.4 s", "42 s", "3 min 5 s", "2 h 10 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


# The answer in a sentence


def verdict(diff: ContractDiff, report: ParityReport | None = None) -> tuple[str, ...]:
    """The answer in one sentence; where the versions were asked, in two: what they said, and the contracts."""
    contracts = f"{visible(diff.a)} → {visible(diff.b)}: {about_contracts(diff)}"
    if report is None:
        return (contracts,)
    return f"{visible(report.a.version)} → {visible(report.b.version)}: {about_answers(report)}", contracts


def about_contracts(diff: ContractDiff) -> str:
    """What differs between the contracts, in half a sentence."""
    number = len(diff.operations)
    if not diff.changes:
        return f"the contracts are the same ({counted(number, 'operation')})"
    amounts = ", ".join(counted(len(changes), *_NAMES[level]) for level, changes in by_level(diff))
    changed = sum(operation.verdict != "same" for operation in diff.operations)
    where = f" in {changed:,} of {counted(number, 'operation')}" if changed else ""
    return f"the contracts differ: {amounts}{where}"


def about_answers(report: ParityReport) -> str:
    """Whether both versions answer the same, in half a sentence."""
    if report.verdict == "same":
        one = report.compared == 1
        return f"they answer the same about {'the one address' if one else f'all {addresses(report.compared)}'}"
    gaps = [
        f"{number:,} {name}"
        for number, name in (
            (report.unreadable, "unreadable"),
            (report.unknown, "unknown"),
            (report.invalid, "invalid"),
        )
        if number
    ]
    if report.undefined is not None:
        gaps.append("the subscription types not compared")
    if report.stopped is not None:
        gaps.append(f"stopped early ({visible(report.stopped)})")
    if report.verdict == "incomplete":
        if not report.compared:
            gaps.insert(0, "no address was")
        return f"no difference found, but not everything was compared: {', '.join(gaps)}"
    newly = f" ({report.newly_allowed:,} would be newly mailed)" if report.newly_allowed else ""
    subjects = [f"about {report.different:,} of {addresses(report.compared)}{newly}"] if report.different else []
    if report.definitions:
        subjects.append("about the subscription types")
    return f"they answer differently {' and '.join(subjects)}{'; ' if gaps else ''}{', '.join(gaps)}"


# The parts


def by_level(diff: ContractDiff) -> tuple[tuple[Level, tuple[tuple[ContractChange, tuple[str, ...]], ...]], ...]:
    """Each change once, with the operations it is in, under its level; the worst first, empty levels left out."""
    groups = diff.grouped().items()
    levels = (
        (level, tuple((change, names) for change, names in groups if change.level is level)) for level in LEVELS
    )
    return tuple((level, changes) for level, changes in levels if changes)


def subject(change: ContractChange) -> str:
    """What has changed: by schema, or else the place in the operation; empty for the operation itself."""
    return visible(change.subject or change.place)


def within(diff: ContractDiff, operations: tuple[str, ...]) -> str:
    """The operations that a change is in: "GET /definitions, POST /links/generate", "all 10 operations"."""
    names = [visible(name) for name in operations if name]
    if len(names) == len(diff.operations) > 1:
        return f"all {counted(len(names), 'operation')}"
    return ", ".join(names)


@frozen
class Support:
    """How long HubSpot supports a version, as of one day."""

    name: str
    released: date | None
    state: str
    """current, supported, unsupported or unreleased."""
    supported_until: date
    """The first day without support."""
    days_left: int

    def __str__(self) -> str:
        if self.state == "unsupported":
            return f"not supported since {self.supported_until} ({counted(-self.days_left, 'day')})"
        if self.state == "unreleased":
            return f"comes out {self.released}, supported until {self.supported_until}"
        state = "current, supported" if self.state == "current" else "supported"
        return f"{state} until {self.supported_until} ({counted(self.days_left, 'day')} left)"


def support(names: Iterable[str], today: date | None = None) -> tuple[Support, ...]:
    """The support windows of those that are versions, as of a day; files have none."""
    day = today or versions.today()
    windows = []
    for name in dict.fromkeys(names):
        with suppress(InvalidArgument):  # then it is a file
            one = versions.version(name)
            windows.append(Support(one.name, one.released, one.state(day), one.end_of_support, one.days_left(day)))
    return tuple(windows)


@frozen
class Count:
    """One figure of a comparison of answers. alarming: it is not 0, and somebody has to look."""

    name: str
    number: int
    note: str = ""
    alarming: bool = False


def counts(report: ParityReport) -> tuple[Count, ...]:
    """The figures, in the order in which they are read."""
    a, b = visible(report.a.version), visible(report.b.version)
    why = "; ".join(f"{one.version}: {reasons(one)}" for one in (report.a, report.b) if one.unreadable)
    alarming = (
        ("different", report.different, ", ".join(f"{_field(key)} {n:,}" for key, n in report.by_field.items())),
        (NEWLY_MAILED, report.newly_allowed, report.newly_allowed and f"{b} allows what {a} does not"),
        ("unreadable", report.unreadable, visible(why)),
        (
            "unknown",
            report.unknown,
            report.unknown and "the same from both, with a value this library does not know",
        ),
        ("invalid", report.invalid, report.invalid and "no address: not sent"),
    )
    return (
        Count("compared", report.compared, f"in {duration(report.seconds)}"),
        Count("identical", report.identical),
        *(Count(name, number, str(note or ""), bool(number)) for name, number, note in alarming),
    )


def remarks(report: ParityReport) -> tuple[str, ...]:
    """What no figure says: why not everything was compared."""
    lines = []
    if report.undefined is not None:
        lines.append(f"the subscription types were not compared: {visible(report.undefined)}")
    if report.stopped is not None:
        lines.append(f"stopped early: {visible(report.stopped)}")
    return tuple(lines)


def reasons(summary: VersionSummary) -> str:
    """Of how many addresses a version gave no reliable answer, and why: "3 (TimedOut 2, ServerError 1)"."""
    named = ", ".join(f"{visible(name)} {number:,}" for name, number in summary.reasons.items())
    return f"{summary.unreadable:,}{f' ({named})' if named else ''}"


def timings(report: ParityReport) -> tuple[tuple[str, str, str, str], ...]:
    """How long each version took: its name, its requests, and the time that 50 and 95 % of them took at most."""
    return tuple(
        (visible(one.version), f"{one.requests:,}", milliseconds(one.p50), milliseconds(one.p95))
        for one in (report.a, report.b)
    )


def _field(name: str) -> str:
    """A key of `by_field`, for people."""
    return "decision" if name == "decisions: decision" else visible(name)


def about(difference: Difference) -> str:
    """What a difference is about: "decision, 7001", "statuses: state, 7001"."""
    name = _field(f"{difference.about}: {difference.field}")
    return name if difference.subscription_id is None else f"{name}, {difference.subscription_id}"


def worst_first(report: ParityReport) -> list[Differing]:
    """The listed addresses, and what differs about each: what would newly be mailed before the rest."""
    addresses = [
        evolve(address, differences=tuple(sorted(address.differences, key=lambda one: not one.newly_allowed)))
        for address in report.listed
    ]
    return sorted(addresses, key=lambda address: not any(one.newly_allowed for one in address.differences))


def listed(report: ParityReport) -> str:
    """How many are listed: "3 addresses that differ", "the first 100 of 3,421 addresses that differ"."""
    if len(report.listed) == report.different:
        return f"{addresses(report.different)} that differ{'s' if report.different == 1 else ''}"
    return f"the first {len(report.listed):,} of {addresses(report.different)} that differ"


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return f"{text[:1].upper()}{text[1:]}"
