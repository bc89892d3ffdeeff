"""A comparison as plain values, for scripts."""

from datetime import date
from typing import Any, Final

from attrs import asdict

from ..answers.result import ParityReport, VersionSummary
from ..contracts.changes import LEVELS, ContractChange, ContractDiff
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
            "operations": [
                {
                    "method": operation.method,
                    "path": operation.path,
                    "verdict": operation.verdict,
                    "changes": [_values(change) for change in operation.changes],
                }
                for operation in diff.operations
            ],
            "others": [_values(change) for change in diff.others],
        },
        "support": [
            {
                "name": window.version,
                "released": window.released and str(window.released),
                "state": window.state,
                "supported_until": str(window.until),
                "days_left": window.days_left,
            }
            for window in words.support(diff, today)
        ],
        "answers": None if report is None else _answers(report),
    }


def _values(change: ContractChange) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(change, recurse=False).items()}


def _answers(report: ParityReport) -> dict[str, Any]:
    return {
        "verdict": report.verdict,
        "same": report.same,
        **asdict(report, recurse=False),
        "a": _summary(report.a),
        "b": _summary(report.b),
        "by_field": dict(report.by_field),
        "definitions": [asdict(difference) for difference in report.definitions],
        "listed": [
            {
                "shown": address.shown,
                "differences": [asdict(difference) for difference in address.differences],
            }
            for address in report.listed
        ],
    }


def _summary(summary: VersionSummary) -> dict[str, Any]:
    def in_ms(seconds: float | None) -> float | None:
        return None if seconds is None else round(seconds * 1000, 3)

    return {
        "version": summary.version,
        "requests": summary.requests,
        "unreadable": summary.unreadable,
        "reasons": dict(summary.reasons),
        "p50_ms": in_ms(summary.p50),
        "p95_ms": in_ms(summary.p95),
    }
