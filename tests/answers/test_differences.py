"""How the answers of two versions about somebody differ: answers.py, without any request."""

from typing import Any

import pytest
from attrs import evolve, fields
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import Definition, LegalBasis, Status, SubscriptionState, WideStatus, consent
from hubspot_preferences.answers import Difference
from hubspot_preferences.answers.differences import (
    VOLATILE,
    Answers,
    about_decisions,
    about_definitions,
    about_opt_outs,
    about_statuses,
    holds_unknown,
)
from hubspot_preferences.models import Channel, SetStatusSuccessReason, WideStatusType

property_test = settings(max_examples=150, deadline=None, derandomize=True)

JANE = "jane@example.com"
NEWS, OFFERS = 7, 8
YES, NO, NOT_SAID = "SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED"

states = st.sampled_from([YES, NO, NOT_SAID, "ADDED_LATER"]).map(SubscriptionState)
statuses = st.builds(
    Status,
    email=st.sampled_from([JANE, JANE.upper()]),
    subscription_id=st.sampled_from([NEWS, OFFERS]),
    state=states,
    subscription_name=st.sampled_from([None, "News"]),
    channel=st.sampled_from([None, Channel.EMAIL, Channel("SMS")]),
    source=st.sampled_from([None, "Public status API"]),
    legal_basis=st.sampled_from([None, LegalBasis.NON_GDPR]),
    business_unit_id=st.sampled_from([None, 0, 5]),
)
opt_outs = st.builds(
    WideStatus,
    email=st.just(JANE),
    state=states,
    type=st.sampled_from([None, *WideStatusType]),
    business_unit_id=st.sampled_from([None, 0, 5]),
)
sides = st.tuples(st.lists(statuses, max_size=4), st.lists(opt_outs, max_size=2))


def said(state: str, subscription: int = NEWS, **more: Any) -> Status:
    """A row about one subscription type."""
    return Status(JANE, subscription, SubscriptionState(state), **more)


def wide(state: str, **more: Any) -> WideStatus:
    """A row about all e-mail."""
    return WideStatus(JANE, SubscriptionState(state), **more)


# Rows

# Another value for every field.
OTHER: dict[str, Any] = {
    "email": "JANE@example.com",
    "subscription_id": OFFERS,
    "state": SubscriptionState.UNSUBSCRIBED,
    "subscription_name": "Offers",
    "channel": Channel.EMAIL,
    "source": "Self Service Resubscription",
    "legal_basis": LegalBasis.NON_GDPR,
    "legal_basis_explanation": "Said so",
    "reason": SetStatusSuccessReason.NO_STATUS_CHANGE,
    "warning": "opted out of all e-mail",
    "business_unit_id": 5,
    "updated_at": "later",
    "type": WideStatusType.PORTAL_WIDE,
    "id": OFFERS,
    "name": "Offers",
    "description": "What is on offer",
    "purpose": "Sales",
    "communication_method": "Call",
    "is_active": False,
    "is_default": True,
    "is_internal": True,
    "created_at": "earlier",
    "translations": (None,),
}
ROWS: list[tuple[Any, Any, str, str]] = [
    (about_statuses, said(YES), "statuses", "subscription_id"),
    (about_opt_outs, wide(YES), "opt_outs", "business_unit_id"),
    (about_definitions, Definition(NEWS), "definitions", "id"),
]


def test_what_is_not_compared() -> None:
    """On none of these does a consent decision rest."""
    assert {
        "updated_at",
        "created_at",
        "source",
        "reason",
        "warning",
        "email",
        "translations",
        "description",
    } == VOLATILE


@pytest.mark.parametrize(
    ("about", "row", "place", "key", "name"),
    [(*each, field.name) for each in ROWS for field in fields(type(each[1]))],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_field_is_compared_or_named_volatile(about: Any, row: Any, place: str, key: str, name: str) -> None:
    """A field that changes is told, by its name and both values; a field added to a row later is not forgotten."""
    found = about([row], [evolve(row, **{name: OTHER[name]})])
    if name in VOLATILE:
        assert () == found
    elif name == key:
        assert [("row", "1 row", "no row"), ("row", "no row", "1 row")] == sorted(
            (each.field, each.a, each.b) for each in found
        )
    else:
        assert [(name, place)] == [(each.field, each.about) for each in found]
        assert found[0].a != found[0].b


def test_a_difference_names_the_row_and_both_values() -> None:
    """Which subscription type, and what either version says about it; in the order of the types."""
    found = about_statuses([said(YES), said(NO, OFFERS)], [said(NO, OFFERS, channel=Channel.EMAIL), said(NO)])
    assert (
        Difference("state", "statuses", "SUBSCRIBED", "UNSUBSCRIBED", NEWS),
        Difference("channel", "statuses", "nothing", "EMAIL", OFFERS),
    ) == found
    assert "statuses: state of 7: SUBSCRIBED → UNSUBSCRIBED" == str(found[0])


def test_an_opt_out_has_no_subscription_type() -> None:
    """Its key is a brand, which is not told as if it were a type."""
    assert (Difference("row", "opt_outs", "no row", "1 row"),) == about_opt_outs(
        [], [wide(NO, business_unit_id=5)]
    )
    assert "opt_outs: row: no row → 1 row" == str(about_opt_outs([], [wide(NO)])[0])


def test_several_rows_of_one_type_are_counted() -> None:
    """Two that contradict each other are not one of them."""
    assert (Difference("row", "statuses", "2 rows", "1 row", NEWS),) == about_statuses(
        [said(YES), said(NO)], [said(YES)]
    )


def test_free_text_about_a_person_is_not_shown() -> None:
    """That it differs is told, and not what it says."""
    found = about_statuses([said(YES, legal_basis_explanation="Ill")], [said(YES, legal_basis_explanation=None)])
    assert [("legal_basis_explanation", "a text", "nothing")] == [(each.field, each.a, each.b) for each in found]


def test_what_is_shown_holds_no_address_and_is_short() -> None:
    """HubSpot's own texts may hold anything."""
    found = about_statuses([said(f"FOR {JANE}")], [said("X" * 500)])[0]
    assert ("FOR <redacted>", "X" * 80) == (found.a, found.b)


@pytest.mark.parametrize(("about", "row"), [each[:2] for each in ROWS])
def test_a_404_is_not_an_empty_answer(about: Any, row: Any) -> None:
    """Nobody of that name, nothing about somebody, and something about somebody are three answers."""
    assert () == about(None, None)
    assert [("found", "no", "yes")] == [(each.field, each.a, each.b) for each in about(None, [])]
    assert [("found", "yes", "no")] == [(each.field, each.a, each.b) for each in about([row], None)]
    assert [("row", "no row", "1 row")] == [(each.field, each.a, each.b) for each in about([], [row])]


@property_test
@given(st.lists(statuses, max_size=5), st.randoms(use_true_random=False), st.data())
def test_order_and_repeats_mean_nothing(rows: list[Status], chance: Any, data: st.DataObject) -> None:
    """The same rows in any order, some of them twice, are the same answer."""
    again = rows + (data.draw(st.lists(st.sampled_from(rows), max_size=3)) if rows else [])
    chance.shuffle(again)
    assert () == about_statuses(rows, again)
    assert () == about_statuses(again, rows)


@property_test
@given(st.lists(statuses, max_size=4), st.lists(statuses, max_size=4))
def test_rows_that_differ_are_never_the_same(a: list[Status], b: list[Status]) -> None:
    """No difference means the same set of rows, in everything that is not volatile."""

    def compared(rows: list[Status]) -> set[Any]:
        return {evolve(row, email="", source=None, reason=None, updated_at=None) for row in rows}

    assert (compared(a) == compared(b)) == (about_statuses(a, b) == ())


@property_test
@given(sides, sides)
def test_the_other_way_round_it_is_the_same_difference(a: Any, b: Any) -> None:
    """With the two sides exchanged."""
    for about, mine, other in ((about_statuses, a[0], b[0]), (about_opt_outs, a[1], b[1])):
        turned = [evolve(each, a=each.b, b=each.a) for each in about(other, mine)]
        assert list(about(mine, other)) == turned


# Decisions


@pytest.mark.parametrize(
    ("a", "b", "newly_allowed"),
    [
        ([said(NO)], [said(YES)], True),
        ([said(YES)], [said(NO)], False),
        ([said(NO)], [said(NOT_SAID)], True),  # where unspecified="allow"
        ([], [said(NOT_SAID)], True),  # as above
        ([said(NOT_SAID)], [said(YES)], True),  # where unspecified="deny"
        ([said("ADDED_LATER")], [said(YES)], True),
        ([said(NO)], [said("ADDED_LATER")], False),
        ([said(NO), said(YES)], [said(YES)], True),
        ([said(YES), wide(NO)], [said(YES)], True),
        ([said(YES)], [said(YES), wide(NO)], False),
        ([said(NO)], [], False),
    ],
)
def test_the_dangerous_direction_is_told(a: list[Any], b: list[Any], newly_allowed: bool) -> None:
    """Where b would have somebody mailed and a would not, with either setting of `unspecified`."""
    found = about_decisions(JANE, split(a), split(b))
    assert [("decision", "decisions", NEWS, newly_allowed)] == [
        (each.field, each.about, each.subscription_id, each.newly_allowed) for each in found
    ]
    assert newly_allowed == (found[0].a.startswith("no (") and found[0].b.startswith("yes ("))


def split(rows: list[Any]) -> Any:
    """States and opt-outs."""
    return [row for row in rows if isinstance(row, Status)], [row for row in rows if isinstance(row, WideStatus)]


def test_a_404_is_never_a_yes() -> None:
    """Nobody is mailed about whom one of the reads says nothing, as may_email has it."""
    yes: Answers = ([said(YES)], [])
    nobodies: list[Answers] = [(None, None), ([said(YES)], None), (None, [])]
    for nobody in nobodies:
        assert [True] == [each.newly_allowed for each in about_decisions(JANE, nobody, yes)]
        assert [False] == [each.newly_allowed for each in about_decisions(JANE, yes, nobody)]
    assert () == about_decisions(JANE, (None, None), (None, None))


def test_only_what_differs_is_told() -> None:
    """A decision that is the same for the same reason is none, whatever the rows say besides."""
    a, b = [said(YES), said(NO, OFFERS)], [said(YES, source="x", subscription_name="y"), said(YES, OFFERS)]
    assert [OFFERS] == [each.subscription_id for each in about_decisions(JANE, (a, []), (b, []))]


@property_test
@given(sides, sides)
def test_nobody_newly_allowed_goes_unnoticed(a: Any, b: Any) -> None:
    """What may_email would answer for each type and setting is what decides whether somebody is newly allowed."""
    expected = {
        subscription: any(
            consent.decide(JANE, subscription, tuple(b[0]), tuple(b[1]), unspecified=setting)
            and not consent.decide(JANE, subscription, tuple(a[0]), tuple(a[1]), unspecified=setting)
            for setting in ("deny", "allow")
        )
        for subscription in (NEWS, OFFERS)
    }
    found = {each.subscription_id: each.newly_allowed for each in about_decisions(JANE, a, b)}
    assert expected == {NEWS: False, OFFERS: False, **found}


@property_test
@given(sides, sides)
def test_another_decision_needs_other_rows(a: Any, b: Any) -> None:
    """Nothing that decides is left out of comparing: where decisions differ, rows do."""
    if about_decisions(JANE, a, b):
        assert about_statuses(a[0], b[0]) or about_opt_outs(a[1], b[1])


@property_test
@given(sides)
def test_what_is_volatile_decides_nothing(a: Any) -> None:
    """The same rows in another order, spelling and from another source: the same decisions."""
    b = [evolve(row, email=JANE.upper(), source="x") for row in reversed(a[0])], list(reversed(a[1]))
    assert () == about_decisions(JANE, a, b)


# Values that this library does not know


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (said(YES), False),
        (said("ADDED_LATER"), True),
        (said(YES, channel=Channel("SMS")), True),
        (said(YES, legal_basis=LegalBasis("NEW_ONE")), True),
        (said(YES, reason=SetStatusSuccessReason("NEW_ONE")), False),  # volatile
        (wide(NO, type=WideStatusType.PORTAL_WIDE), False),
        (wide("ADDED_LATER"), True),
        (wide(NO, type=WideStatusType("WORLD_WIDE")), True),
    ],
)
def test_unknown_values_are_found(row: Any, expected: bool) -> None:
    """In any field that is compared, of any row."""
    assert expected == holds_unknown([said(YES), row])


def test_nothing_holds_nothing_unknown() -> None:
    """No rows, no doubt."""
    assert not holds_unknown([])
