"""May this person be mailed?: consent.py."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import (
    Channel,
    Decision,
    PreferencesError,
    Reason,
    Status,
    SubscriptionState,
    UnreadableReply,
    WideStatus,
    WideStatusType,
    consent,
)
from hubspot_preferences import decide as public_decide
from hubspot_preferences.consent import Unspecified

property_test = settings(max_examples=300, deadline=None, derandomize=True)

JANE = "jane@example.com"
NEWS = 7
YES, NO, NOT_SAID = "SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED"
PORTAL, BRAND = "PORTAL_WIDE", "BUSINESS_UNIT_WIDE"

states = st.sampled_from([YES, NO, NOT_SAID, "ADDED_LATER"])
brands = st.sampled_from([None, 0, 5])


def said(state: str, subscription: int = NEWS, *, brand: int | None = 0, email: str = JANE) -> Status:
    """A row about one subscription type."""
    return Status(email, subscription, SubscriptionState(state), business_unit_id=brand)


def wide(state: str, kind: str | None = PORTAL, *, brand: int | None = None, email: str = JANE) -> WideStatus:
    """A row about all e-mail."""
    return WideStatus(
        email, SubscriptionState(state), WideStatusType(kind) if kind else None, business_unit_id=brand
    )


def decide(
    *rows: Status | WideStatus, unspecified: Unspecified = "deny", business_unit_id: int | None = None
) -> Decision:
    """The decision about Jane and the news."""
    return consent.decide(
        JANE,
        NEWS,
        tuple(row for row in rows if isinstance(row, Status)),
        tuple(row for row in rows if isinstance(row, WideStatus)),
        unspecified=unspecified,
        business_unit_id=business_unit_id,
    )


@pytest.mark.parametrize(
    ("rows", "unspecified", "allowed", "reason"),
    [
        ([said(YES)], "deny", True, Reason.SUBSCRIBED),
        ([said(YES), said(YES)], "deny", True, Reason.SUBSCRIBED),
        ([said(YES), said(NO, 8)], "deny", True, Reason.SUBSCRIBED),
        ([said(YES, email="JANE@Example.com")], "deny", True, Reason.SUBSCRIBED),
        ([said(NO)], "allow", False, Reason.UNSUBSCRIBED),
        ([said(YES), said(NO)], "allow", False, Reason.UNSUBSCRIBED),
        ([said(NOT_SAID)], "deny", False, Reason.NOT_SPECIFIED),
        ([said(NOT_SAID)], "allow", True, Reason.UNSPECIFIED_ALLOWED),
        ([said(NOT_SAID)], "Allow", False, Reason.NOT_SPECIFIED),
        ([said(YES), said(NOT_SAID)], "deny", False, Reason.NOT_SPECIFIED),
        ([said(YES), said(NOT_SAID)], "allow", True, Reason.UNSPECIFIED_ALLOWED),
        ([], "allow", False, Reason.NO_ROW),
        ([said(YES, 8)], "allow", False, Reason.NO_ROW),
        ([wide(YES)], "allow", False, Reason.NO_ROW),
        ([wide(NO)], "allow", False, Reason.OPTED_OUT),
        ([said("ADDED_LATER")], "allow", False, Reason.UNKNOWN_STATE),
        ([said(YES), said("ADDED_LATER")], "allow", False, Reason.UNKNOWN_STATE),
        ([said(""), said(YES)], "allow", False, Reason.UNKNOWN_STATE),
        ([said(YES), said("ADDED_LATER", 8)], "deny", True, Reason.SUBSCRIBED),
        # Opt-outs from all e-mail
        ([said(YES), wide(NO)], "allow", False, Reason.OPTED_OUT),
        ([said(YES), wide(YES)], "deny", True, Reason.SUBSCRIBED),
        ([said(YES), wide(NOT_SAID)], "deny", True, Reason.SUBSCRIBED),
        ([said(YES), wide("ADDED_LATER")], "allow", False, Reason.UNKNOWN_STATE),
        ([said(YES), wide(YES), wide(NO, BRAND, brand=0)], "allow", False, Reason.OPTED_OUT),
        ([said(NO), wide(NO)], "allow", False, Reason.OPTED_OUT),
        ([said("ADDED_LATER"), wide(NO)], "allow", False, Reason.OPTED_OUT),
        # Brands
        ([said(YES, brand=5), wide(NO, BRAND, brand=5)], "allow", False, Reason.OPTED_OUT),
        ([said(YES, brand=5), wide(NO, BRAND, brand=0)], "deny", True, Reason.SUBSCRIBED),
        ([said(YES, brand=5), wide("ADDED_LATER", BRAND, brand=0)], "deny", True, Reason.SUBSCRIBED),
        ([said(YES, brand=None), wide(NO, BRAND, brand=5)], "allow", False, Reason.OPTED_OUT),
        ([said(YES, brand=5), wide(NO, BRAND)], "allow", False, Reason.OPTED_OUT),
        ([said(YES, brand=5), wide(NO, PORTAL, brand=0)], "allow", False, Reason.OPTED_OUT),
        ([said(YES, brand=5), wide(NO, None, brand=0)], "allow", False, Reason.OPTED_OUT),
        ([said(YES, brand=5), wide(NO, "ADDED_LATER", brand=0)], "allow", False, Reason.OPTED_OUT),
        ([said(YES, brand=5), said(YES), wide(NO, BRAND, brand=0)], "allow", False, Reason.OPTED_OUT),
        ([wide(NO, BRAND, brand=5)], "allow", False, Reason.OPTED_OUT),
        # Somebody else's rows
        ([said(YES, email="joe@example.com")], "allow", False, Reason.SOMEBODY_ELSE),
        ([said(YES), said(YES, email="joe@example.com")], "allow", False, Reason.SOMEBODY_ELSE),
        ([said(YES), wide(NO, email="joe@example.com")], "allow", False, Reason.SOMEBODY_ELSE),
        ([said(YES), said(NO, 8, email="joe@example.com")], "deny", True, Reason.SUBSCRIBED),
    ],
)
def test_the_rules(rows: list[Any], unspecified: Unspecified, allowed: bool, reason: Reason) -> None:
    """Only a known yes, contradicted by nothing, is a yes."""
    decision = decide(*rows, unspecified=unspecified)
    assert (allowed, reason) == (decision.allowed, decision.reason)
    assert allowed is bool(decision)


@pytest.mark.parametrize("channel", [Channel.EMAIL, None])
@pytest.mark.parametrize(
    ("elsewhere", "alone", "beside_a_yes"),
    [
        (YES, Reason.NO_ROW, Reason.SUBSCRIBED),
        (NOT_SAID, Reason.NO_ROW, Reason.SUBSCRIBED),
        (NO, Reason.UNSUBSCRIBED, Reason.UNSUBSCRIBED),
        ("ADDED_LATER", Reason.UNKNOWN_STATE, Reason.UNKNOWN_STATE),
    ],
)
def test_any_no_is_a_no_but_only_e_mail_is_a_yes(
    channel: Channel | None, elsewhere: str, alone: Reason, beside_a_yes: Reason
) -> None:
    """A row about another channel, even an odd one, is a no, never a yes; one that names none is about e-mail."""
    row, yes = evolve(said(elsewhere), channel=Channel("SMS")), evolve(said(YES), channel=channel)
    assert [alone, beside_a_yes] == [decide(row).reason, decide(row, yes).reason]
    assert [(row,), (row, yes)] == [decide(row).statuses, decide(row, yes).statuses]


@pytest.mark.parametrize(
    ("rows", "brand", "reason"),
    [
        ([said(YES, brand=5)], 5, Reason.SUBSCRIBED),
        ([said(YES, brand=5)], 0, Reason.NO_ROW),
        ([said(YES, brand=None)], 0, Reason.SUBSCRIBED),
        ([said(YES, brand=None)], 5, Reason.NO_ROW),
        ([said(YES, brand=0)], 0, Reason.SUBSCRIBED),
        ([said(YES, brand=5), said(NOT_SAID, brand=0)], 5, Reason.SUBSCRIBED),
        ([said(YES, brand=5), said(NO, brand=0)], 5, Reason.UNSUBSCRIBED),
        ([said(YES, brand=5), wide(NO, BRAND, brand=0)], 5, Reason.SUBSCRIBED),
        ([said(YES, brand=5), said(YES, brand=0), wide(NO, BRAND, brand=0)], 5, Reason.OPTED_OUT),
        ([said(YES, brand=5), wide(NO, BRAND, brand=5)], 5, Reason.OPTED_OUT),
        ([said(YES, brand=None), wide(NO, BRAND, brand=5)], 0, Reason.OPTED_OUT),
        ([said(YES, brand=5), wide(NO)], 5, Reason.OPTED_OUT),
        ([wide(NO, BRAND, brand=0)], 5, Reason.NO_ROW),
    ],
)
def test_the_brand_that_wants_to_mail(rows: list[Any], brand: int, reason: Reason) -> None:
    """Only its rows are a yes, and a row that names no brand is the default one's; a no is one in any brand."""
    assert reason == decide(*rows, business_unit_id=brand).reason


def test_who_has_the_rows_decides_without_a_client() -> None:
    """Rows come from anywhere, in any iterable; not having said is a no unless the caller says otherwise."""
    assert public_decide(JANE, NEWS, iter([said(YES), said(NO, 8)]), [])
    assert Reason.NOT_SPECIFIED == public_decide(JANE, NEWS, [said(NOT_SAID)], iter([wide(YES)])).reason
    assert public_decide(JANE, NEWS, [said(NOT_SAID)], [], unspecified="allow")


def test_a_decision_holds_the_rows_it_rests_on() -> None:
    """The rows of the subscription type and the opt-outs that concern it, no others."""
    mine, other = said(YES, brand=5), said(NO, 8)
    concerning, elsewhere = wide(YES, BRAND, brand=5), wide(NO, BRAND, brand=0)
    decision = decide(other, mine, elsewhere, concerning)
    assert ((mine,), (concerning,), None) == (decision.statuses, decision.opt_outs, decision.error)


def test_a_decision_shows_nobody() -> None:
    """No address is in a decision's repr."""
    decision = decide(said(YES), wide(YES))
    assert f"Decision(allowed=True, reason={Reason.SUBSCRIBED!r}, error=None)" == repr(decision)


statuses = st.builds(said, states, st.sampled_from([NEWS, 8]), brand=brands)
opt_outs = st.builds(wide, states, st.sampled_from([PORTAL, BRAND, None, "ADDED_LATER"]), brand=brands)


@property_test
@given(
    st.lists(statuses, max_size=4), st.lists(opt_outs, max_size=3), st.sampled_from(["deny", "allow", "", "ALLOW"])
)
def test_nobody_who_may_have_said_no_is_mailed(
    rows: list[Status], wide_rows: list[WideStatus], unspecified: Unspecified
) -> None:
    """Allowed exactly where every row of the type is a yes, and no opt-out that may concern it speaks against."""
    fine = {YES, NOT_SAID} if unspecified == "allow" else {YES}
    mine = [row for row in rows if row.subscription_id == NEWS]
    others = {brand for brand in (0, 5) if all(row.business_unit_id not in (None, brand) for row in mine) and mine}
    concerning = [row for row in wide_rows if not (row.type == BRAND and row.business_unit_id in others)]
    expected = (
        bool(mine)
        and all(row.state in fine for row in mine)
        and all(row.state in (YES, NOT_SAID) for row in concerning)
    )
    assert expected is bool(decide(*rows, *wide_rows, unspecified=unspecified))


@property_test
@given(st.lists(statuses, max_size=3), st.lists(opt_outs, max_size=3), st.data())
def test_the_order_of_rows_decides_nothing(
    rows: list[Status], wide_rows: list[WideStatus], data: st.DataObject
) -> None:
    """The same rows in another order are the same decision for the same reason."""
    decision = decide(*rows, *wide_rows)
    again = decide(*data.draw(st.permutations(rows)), *data.draw(st.permutations(wide_rows)))
    assert (decision.allowed, decision.reason) == (again.allowed, again.reason)


@property_test
@given(st.lists(statuses, max_size=3), st.lists(opt_outs, max_size=3), opt_outs)
def test_one_more_opt_out_row_allows_nobody(
    rows: list[Status], wide_rows: list[WideStatus], another: WideStatus
) -> None:
    """A further row about all e-mail never turns a no into a yes."""
    assert decide(*rows, *wide_rows) or not decide(*rows, *wide_rows, another)


# Opted out of everything


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], False),
        ([wide(YES)], False),
        ([wide(NOT_SAID)], False),
        ([wide(NO)], True),
        ([wide(YES), wide(NO, BRAND, brand=5)], True),
        ([wide("ADDED_LATER"), wide(NO)], True),
    ],
)
def test_opted_out_is_what_a_row_says(rows: list[WideStatus], expected: bool) -> None:
    """Any row that says UNSUBSCRIBED, and not that there is a row."""
    assert expected is consent.opted_out(iter(rows))


def test_an_unknown_state_is_not_a_no() -> None:
    """Rows that may mean an opt-out raise, and name what is not understood."""
    with pytest.raises(UnreadableReply) as caught:
        consent.opted_out([wide(YES), wide("LATER"), wide("EVER"), wide("LATER")])
    assert "an opt-out row has the unknown state EVER, LATER" == str(caught.value)


# Brands


def test_brands_are_what_rows_name() -> None:
    """A row that names no brand is about the default one."""
    rows = [said(YES, brand=5), said(NO, brand=None), said(YES, 8, brand=0)]
    assert [{0, 5}, {0}, set()] == [consent.brands_of(iter(some)) for some in (rows, rows[1:], [])]


@pytest.mark.parametrize("brand", [-1, 2**63])
def test_a_brand_that_cannot_be_is_refused(brand: int) -> None:
    """It could not be asked for, so nobody would know what it says."""
    with pytest.raises(UnreadableReply) as caught:
        consent.brands_of([said(YES), said(YES, brand=brand)])
    assert f"a row names a brand that cannot be: businessUnitId: must be between 0 and {2**63 - 1}" == str(
        caught.value
    )


# The guard


@pytest.mark.parametrize(
    ("reason", "refused"),
    [
        (Reason.SUBSCRIBED, False),
        (Reason.UNSPECIFIED_ALLOWED, False),
        (Reason.NOT_SPECIFIED, False),
        (Reason.NO_ROW, False),
        (Reason.UNSUBSCRIBED, True),
        (Reason.OPTED_OUT, True),
        (Reason.UNKNOWN_STATE, True),
        (Reason.SOMEBODY_ELSE, True),
        (Reason.NO_ANSWER, True),
    ],
)
def test_the_guard_lets_only_those_pass_who_never_said_no(reason: Reason, refused: bool) -> None:
    """Subscribing needs more where somebody said no, or may have; the refusal says why."""
    decision = Decision(allowed=False, reason=reason, error=PreferencesError("words"))
    assert (str(reason) if refused else None) == consent.subscribe_refused(decision, ())


def test_the_guard_stops_where_only_this_row_is_missing() -> None:
    """An address with rows, but none for this type, may have said no where nobody can see it."""
    decision = Decision(allowed=False, reason=Reason.NO_ROW)
    assert str(Reason.NO_ROW) == consent.subscribe_refused(
        decision, (Status(JANE, 8, SubscriptionState.SUBSCRIBED),)
    )


def test_the_guard_knows_every_reason() -> None:
    """Every reason there is stands in the table above."""
    mark = next(iter(test_the_guard_lets_only_those_pass_who_never_said_no.pytestmark))  # type: ignore[attr-defined]
    assert set(Reason) == {reason for reason, _ in mark.args[1]}
