"""A comparison as plain values, for scripts."""

from datetime import date
from typing import Any, Final

from attrs import AttrsInstance, asdict

from ..answers.result import ParityReport, VersionSummary
from ..contracts.changes import LEVELS, ContractDiff
from . import words

FORMAT: Final = 1
"""Of the JSON report; a key that disappears or changes its meaning makes it one more."""


def as_json(
    diff: ContractDiff, report: ParityReport | None = None, *, today: date | None = None
) -> dict[str, Any]:
    """The comparison as plain values, fit for json.dumps.

    format: 1. a, b: the names. verdict: sentences for people. contracts: verdict ("same" or the worst
    level), counts by level (each change once, however many operations it is in), operations (method, path,
    verdict, changes), others (changes of no single operation); a change has level, rule, operation, place,
    subject, detail. support: per version name, released, state, supported_until, days_left. answers: null
    without a live comparison, else the fields of ParityReport with verdict and same; the versions a and b
    have version, requests, unreadable, reasons, p50_ms and p95_ms (null without requests).
    """
    return {
        "format": FORMAT,
        "a": diff.a,
        "b": diff.b,
        "verdict": list(words.verdict(diff, report)),
        "contracts": {
            "verdict": str(diff.level or "same"),
            "counts": {str(level): 0 for level in LEVELS}
            | {str(level): len(changes) for level, changes in words.by_level(diff)},
            "operations": [_plain(operation) for operation in diff.operations],
            "others": [_plain(change) for change in diff.others],
        },
        "support": [_plain(window) for window in words.support((diff.a, diff.b), today)],
        "answers": None if report is None else _answers(report),
    }


def _plain(value: AttrsInstance) -> dict[str, Any]:
    """The fields of a value, down to the lists, texts and numbers it is made of."""
    return asdict(value, value_serializer=lambda _instance, _field, part: _made_plain(part))


def _made_plain(part: Any) -> Any:
    if isinstance(part, tuple):
        return list(part)
    return str(part) if isinstance(part, str | date) else part  # an enum is a text too


def _answers(report: ParityReport) -> dict[str, Any]:
    sides = {"a": _summary(report.a), "b": _summary(report.b)}
    return {"verdict": report.verdict, "same": report.same, **_plain(report), **sides}


def _summary(summary: VersionSummary) -> dict[str, Any]:
    fields = _plain(summary)
    for name in ("p50", "p95"):
        seconds = fields.pop(name)
        fields[f"{name}_ms"] = seconds and round(seconds * 1000, 3)
    return fields
