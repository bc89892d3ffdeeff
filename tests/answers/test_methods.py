"""How two answers to one method of the client differ: methods.py, without any request."""

from typing import Any

import pytest
from attrs import evolve

from hubspot_preferences import (
    APIError,
    Decision,
    NotFound,
    Status,
    SubscriptionState,
    UnknownSubscription,
    WideStatus,
    WideStatusType,
)
from hubspot_preferences.answers import Difference, methods
from hubspot_preferences.consent import Reason

JANE = "jane@example.com"
NEWS, OFFERS = 7, 8
YES, NO, NEW = (SubscriptionState(state) for state in ("SUBSCRIBED", "UNSUBSCRIBED", "PAUSED"))
ROW = Status(email=JANE, subscription_id=NEWS, state=YES)
OUT = WideStatus(email=JANE, state=NO, type=WideStatusType.PORTAL_WIDE)
MAILED = Decision(allowed=True, reason=Reason.SUBSCRIBED, statuses=(ROW,))
REFUSED = Decision(allowed=False, reason=Reason.OPTED_OUT, statuses=(ROW,), opt_outs=(OUT,))
UNKNOWN = Decision(allowed=False, reason=Reason.NO_ANSWER, error=NotFound(404))
UNNAMED = Decision(allowed=False, reason=Reason.NO_ANSWER, error=UnknownSubscription(f"no type for {JANE}"))


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        (methods.definitions, ()),
        (methods.statuses, (ROW, evolve(ROW, subscription_id=OFFERS, state=NEW))),
        (methods.opt_outs, (OUT, evolve(OUT, state=NEW))),
        (methods.is_opted_out, True),
        (methods.is_opted_out, None),
        (methods.may_email, MAILED),
        (methods.may_email, REFUSED),
        (methods.may_email, UNKNOWN),
        (methods.may_email, UNNAMED),
    ],
)
def test_the_same_answer_differs_in_nothing(method: Any, answer: Any) -> None:
    """Whatever it is, also where nobody knows what it means."""
    assert () == method(JANE, answer, answer)


def test_states_that_differ_may_allow_mail() -> None:
    """The row is told, and the decision that rests on it, with whether the second would have somebody mailed."""
    rows = (evolve(ROW, state=NO),)
    row, decision = methods.statuses(JANE, rows, (ROW,))
    assert ("state", "UNSUBSCRIBED", "SUBSCRIBED", False) == (row.field, row.a, row.b, row.newly_allowed)
    assert ("decision", NEWS, True) == (decision.field, decision.subscription_id, decision.newly_allowed)
    assert not any(difference.newly_allowed for difference in methods.statuses(JANE, (ROW,), rows))


@pytest.mark.parametrize(
    ("a", "b", "words", "alarm"),
    [
        ((OUT,), (), ("opted out", "not opted out"), True),
        ((), (OUT,), ("not opted out", "opted out"), False),
        ((OUT,), (evolve(OUT, state=NEW),), ("opted out", "unknown"), False),
        ((evolve(OUT, state=NEW),), (evolve(OUT, state=YES),), ("unknown", "not opted out"), True),
    ],
)
def test_opt_outs_that_differ(a: Any, b: Any, words: tuple[str, str], alarm: bool) -> None:
    """Whoever is no longer opted out would be mailed; a state that nobody knows is not a no."""
    expected = Difference("decision", "opt_outs", *words, newly_allowed=alarm)
    assert expected == methods.opt_outs(JANE, a, b)[-1]
    assert (expected,) == methods.is_opted_out(JANE, methods.opted_out(a), methods.opted_out(b))


def test_opt_outs_that_mean_the_same() -> None:
    """Rows that differ are told also where they come to the same."""
    assert ["row"] == [
        difference.field for difference in methods.opt_outs(JANE, (OUT,), (OUT, evolve(OUT, business_unit_id=5)))
    ]


def test_decisions_that_differ() -> None:
    """The rows first, then yes and no with their reasons, of the type that they are about."""
    *rows, decision = methods.may_email(JANE, REFUSED, MAILED)
    assert ["row"] == [row.field for row in rows]
    assert ("no (opted out of all e-mail)", "yes (subscribed)") == (decision.a, decision.b)
    assert (NEWS, True) == (decision.subscription_id, decision.newly_allowed)
    assert [False, False] == [difference.newly_allowed for difference in methods.may_email(JANE, MAILED, REFUSED)]


def test_a_decision_says_which_read_failed_without_the_address() -> None:
    """What failed stands in place of the reason, cut short, with addresses left out."""
    (decision,) = methods.may_email(JANE, UNNAMED, evolve(MAILED, statuses=()))
    assert ("no (no type for <redacted>)", "yes (subscribed)") == (decision.a, decision.b)
    long = evolve(UNNAMED, error=APIError(500, message="x" * 500))
    assert len(methods.may_email(JANE, long, evolve(MAILED, statuses=()))[0].a) <= 85


def test_only_the_second_rests_on_a_404() -> None:
    """Nobody can tell a missing person from a missing version: that is no difference, it is raised."""
    with pytest.raises(NotFound):
        methods.may_email(JANE, MAILED, UNKNOWN)
    assert methods.may_email(JANE, UNKNOWN, MAILED)[-1].newly_allowed
