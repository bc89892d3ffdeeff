"""Comparisons to be told: of contracts, of answers, and of what nobody would call a version."""

from typing import Any

from attrs import evolve

from hubspot_preferences.answers import Difference, Differing, ParityReport, VersionSummary
from hubspot_preferences.contracts import ContractChange, ContractDiff, Level, OperationDiff

NASTY = "a|b `c` ``d\\| <script>alert(1)</script> *e* _f_ [g](http://h) &amp; @i #1 \\"


def change(level: Level, operation: str = "GET /definitions", **values: str) -> ContractChange:
    """A change."""
    return ContractChange(level, "a-rule", operation, **values)


def diff(*changes: ContractChange, **values: Any) -> ContractDiff:
    """Two operations of v4 and of a file; the changes are in the first."""
    verdict = str(changes[0].level) if changes else "same"
    operations = (
        OperationDiff("GET", "/definitions", verdict, changes),
        OperationDiff("POST", "/links/generate", "same"),
    )
    return evolve(ContractDiff("v4", "new.yaml", operations), **values)


def differing(shown: str = "0123456789abcdef", *, mailed: bool = False) -> Differing:
    """An address about which the versions differ."""
    state = Difference("state", "statuses", "UNSUBSCRIBED", "SUBSCRIBED", 7)
    decision = Difference("decision", "decisions", "no (not specified)", "yes (subscribed)", 7, newly_allowed=True)
    return Differing(shown, (state, decision) if mailed else (state,))


def parity(**values: Any) -> ParityReport:
    """A report of a thousand addresses, all the same unless said otherwise."""
    return evolve(
        ParityReport(
            a=VersionSummary("v4", 24, p50=0.0341, p95=0.12),
            b=VersionSummary("2026-03", 24, p50=0.0042, p95=1.2),
            compared=1000,
            identical=1000,
            different=0,
            unreadable=0,
            unknown=0,
            invalid=0,
            newly_allowed=0,
            by_field={},
            definitions=(),
            listed=(),
            seconds=75.2,
        ),
        **values,
    )


RENAMED = Difference("name", "definitions", "News", "Newsletter", 7)
FULL = parity(
    a=VersionSummary("v4", 24, 1, {"TimedOut": 1}, 0.0341, 0.12),
    b=VersionSummary("2026-03", 24, 2, {"ServerError": 1, "UnreadableReply": 1}, 0.0042, 1.2),
    identical=992,
    different=3,
    unreadable=3,
    unknown=2,
    invalid=1,
    newly_allowed=2,
    by_field={"statuses: state": 3, "decisions: decision": 2},
    definitions=(RENAMED,),
    listed=(differing("first"), differing("second", mailed=True)),
    stopped="interrupted",
    undefined="v4: HTTP 500",
)
SOME = diff(change(Level.BREAKING, place="200 x", subject="S.x", detail="a → b"), others=(change(Level.INFO, ""),))
