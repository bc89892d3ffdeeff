"""The account's subscription types as they are remembered: subscriptions.py."""

import pytest

from hubspot_preferences import Definition, UnknownSubscription, UnreadableReply
from hubspot_preferences.subscriptions import SubscriptionTypes


def remembered(*definitions: Definition, now: float = 0.0) -> SubscriptionTypes:
    """The types that were read of these definitions."""
    types = SubscriptionTypes()
    types.remember(definitions, now)
    return types


def test_nothing_is_remembered_before_it_was_read() -> None:
    """There are no types, no brands, and they were read longer ago than anything."""
    types = SubscriptionTypes()
    assert (float("-inf"), {}, frozenset()) == (types.read_at, types.ids, types.brands)


def test_what_was_read_last_is_remembered_with_its_time() -> None:
    """A later read replaces an earlier one whole."""
    types = remembered(Definition(7, "News"), now=3.0)
    assert (3.0, {"News": [7]}, frozenset({0})) == (types.read_at, types.ids, types.brands)
    types.remember((Definition(8, "Sales", business_unit_id=5), Definition(9, business_unit_id=0)), 4.0)
    assert (4.0, {"Sales": [8], "": [9]}, frozenset({0, 5})) == (types.read_at, types.ids, types.brands)


def test_a_brand_that_cannot_be_is_refused() -> None:
    """A type of such a brand leaves open which brands there are."""
    with pytest.raises(UnreadableReply, match="a brand that cannot be"):
        _ = remembered(Definition(7, business_unit_id=-1)).brands


def test_a_name_in_use_comes_before_an_archived_one() -> None:
    """An archived type may have left its name to another; alone it has it. Not known to be is not archived."""
    archived = Definition(7, "News", is_active=False)
    assert 7 == remembered(archived).id_of("News")
    for active in (True, None):
        in_use = Definition(8, "News", is_active=active)
        assert [8, 8] == [remembered(*both).id_of("News") for both in ((archived, in_use), (in_use, archived))]


def test_the_same_type_again_is_no_namesake() -> None:
    """A row that stands there twice is one."""
    assert 7 == remembered(Definition(7, "News"), Definition(8), Definition(7, "News")).id_of("News")


def test_a_name_of_several_is_refused_with_their_ids() -> None:
    """Nobody can say which of them is meant."""
    types = remembered(Definition(7, "News"), Definition(8, "News"), Definition(9, "News", is_active=False))
    with pytest.raises(UnknownSubscription) as caught:
        types.id_of("News")
    assert "'News' is the name of several subscription types: use one of [7, 8]" == str(caught.value)


@pytest.mark.parametrize(
    ("definitions", "name", "message"),
    [
        ([], "News", "no subscription type is named 'News'; there are none"),
        ([Definition(7)], "News", "no subscription type is named 'News'; there are none"),
        (
            [Definition(7, "b"), Definition(8), Definition(9, "a")],
            "News",
            "no subscription type is named 'News'; there are 'a', 'b'",
        ),
        (
            [Definition(7, "News")],
            "jane@example.com",
            "no subscription type is named '<redacted>'; there are 'News'",
        ),
    ],
)
def test_a_name_that_there_is_not_is_refused_with_those_that_there_are(
    definitions: list[Definition], name: str, message: str
) -> None:
    """The names are sorted, and an address in place of one is not shown."""
    with pytest.raises(UnknownSubscription) as caught:
        remembered(*definitions).id_of(name)
    assert message == str(caught.value)
