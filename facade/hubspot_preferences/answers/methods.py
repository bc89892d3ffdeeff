"""How two answers to one method of the client differ: in their rows, and in what follows from these."""

from collections.abc import Iterable
from typing import TypeAlias

from attrs import evolve

from .. import consent
from ..consent import Decision
from ..errors import NotFound, UnreadableReply
from ..models import Definition, Status, WideStatus
from ..privacy import redact
from . import differences
from .differences import Difference

Differences: TypeAlias = tuple[Difference, ...]


def definitions(_: None, a: tuple[Definition, ...], b: tuple[Definition, ...]) -> Differences:
    """How two readings of the subscription types differ."""
    return differences.about_definitions(a, b)


def statuses(email: str, a: tuple[Status, ...], b: tuple[Status, ...]) -> Differences:
    """How two readings of somebody's states differ, and the decisions that rest on them."""
    rows = differences.about_statuses(a, b)
    return rows and (*rows, *differences.about_decisions(email, (a, ()), (b, ())))


def opt_outs(email: str, a: tuple[WideStatus, ...], b: tuple[WideStatus, ...]) -> Differences:
    """How two readings of somebody's opt-outs differ, and whether they are opted out."""
    rows = differences.about_opt_outs(a, b)
    return rows and (*rows, *is_opted_out(email, opted_out(a), opted_out(b)))


def is_opted_out(_: str, a: bool | None, b: bool | None) -> Differences:
    """How two answers to whether somebody is opted out differ; None: nobody knows."""
    if a == b:
        return ()
    words = {True: "opted out", False: "not opted out", None: "unknown"}
    return (Difference("decision", "opt_outs", words[a], words[b], newly_allowed=b is False),)


def opted_out(rows: Iterable[WideStatus]) -> bool | None:
    """Whether somebody is opted out; None where a row holds a state that this library does not know."""
    try:
        return consent.opted_out(rows)
    except UnreadableReply:
        return None


def may_email(_: str, a: Decision, b: Decision) -> Differences:
    """How two decisions differ, and the rows that they rest on. Raises NotFound where only b rests on a 404."""
    if isinstance(b.error, NotFound) and not isinstance(a.error, NotFound):
        raise b.error  # nobody can tell a missing person from a missing version
    rows = differences.about_statuses(a.statuses, b.statuses)
    rows += differences.about_opt_outs(a.opt_outs, b.opt_outs)
    if (a.allowed, a.reason) == (b.allowed, b.reason):
        return rows
    ids = {row.subscription_id for row in (*a.statuses, *b.statuses)}
    decision = differences.about_decision(a, b, ids.pop() if len(ids) == 1 else None)
    return (*rows, evolve(decision, a=_failure(a) or decision.a, b=_failure(b) or decision.b))


def _failure(decision: Decision) -> str | None:
    return f"no ({redact(str(decision.error))[:80]})" if decision.error else None
