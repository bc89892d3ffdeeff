"""The values that go in and come out: models.py."""

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import Any, get_args

import attrs
import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import (
    Change,
    Channel,
    Definition,
    LegalBasis,
    Links,
    SetStatusSuccessReason,
    Status,
    SubscriptionState,
    Translation,
    WideStatus,
    WideStatusType,
)
from hubspot_preferences.models import ChannelName, LegalBasisName, OpenStrEnum, SubscriptionStateName

property_test = settings(max_examples=100, deadline=None, derandomize=True)

ENUMS: dict[type[OpenStrEnum], tuple[str, ...]] = {
    Channel: ("EMAIL",),
    SubscriptionState: ("SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED"),
    LegalBasis: (
        "LEGITIMATE_INTEREST_PQL",
        "LEGITIMATE_INTEREST_CLIENT",
        "LEGITIMATE_INTEREST_OTHER",
        "PERFORMANCE_OF_CONTRACT",
        "CONSENT_WITH_NOTICE",
        "NON_GDPR",
        "PROCESS_AND_STORE",
    ),
    WideStatusType: ("PORTAL_WIDE", "BUSINESS_UNIT_WIDE"),
    SetStatusSuccessReason: (
        "NO_STATUS_CHANGE",
        "REQUESTED_CHANGE_OCCURRED",
        "RESUBSCRIBE_OCCURRED",
        "UNSUBSCRIBE_FROM_ALL_OCCURRED",
    ),
}

PERSON = "jane@example.com"
SECRET = "https://example.com/manage/0a1b2c"
VALUES: list[Any] = [
    Status(PERSON, 1, SubscriptionState.SUBSCRIBED, "News", legal_basis_explanation=f"{PERSON} asked"),
    WideStatus(PERSON, SubscriptionState.UNSUBSCRIBED, WideStatusType.PORTAL_WIDE),
    Translation("de", "Nachrichten"),
    Definition(1, "News", translations=(Translation("de"),)),
    Links(PERSON, SECRET, SECRET, SECRET),
    Change(PERSON, 1, "SUBSCRIBED", legal_basis_explanation=f"{PERSON} asked"),
]


def restored(value: Any) -> Any:
    """The value as another process gets it."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301  # our own bytes


# Open enums


@pytest.mark.parametrize(
    ("enum", "names"),
    [(Channel, ChannelName), (SubscriptionState, SubscriptionStateName), (LegalBasis, LegalBasisName)],
)
def test_what_may_be_written_for_a_member_is_its_name(enum: type[OpenStrEnum], names: object) -> None:
    """The Literal that a signature takes beside an enum has the members of that enum, and no others."""
    assert tuple(enum.__members__) == get_args(names)


@pytest.mark.parametrize(("enum", "values"), ENUMS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_the_known_values_are_hubspots(enum: type[OpenStrEnum], values: tuple[str, ...]) -> None:
    """Each enum has HubSpot's values, each named as it is written."""
    assert values == tuple(enum.__members__)
    assert values == tuple(member.value for member in enum)
    assert all(member.known for member in enum)


@pytest.mark.parametrize("enum", ENUMS)
@pytest.mark.parametrize("carry", [restored, copy.copy, copy.deepcopy])
def test_an_unknown_value_is_a_value(enum: type[OpenStrEnum], carry: Any) -> None:
    """A value that HubSpot adds later prints, compares, hashes, pickles and says that it is not known."""
    value = enum("ADDED_LATER")
    assert "ADDED_LATER" == value
    assert "ADDED_LATER" == str(value) == value.value == value.name
    assert f"<{enum.__name__}.ADDED_LATER: 'ADDED_LATER'>" == repr(value)
    assert '"ADDED_LATER"' == json.dumps(value)
    assert enum("ADDED_LATER") == value
    assert {"ADDED_LATER"} == {value, enum("ADDED_LATER")}
    assert not value.known
    taken = carry(value)
    assert (enum, value, False) == (type(taken), taken, taken.known)


@pytest.mark.parametrize("enum", ENUMS)
def test_an_unknown_value_does_not_become_known(enum: type[OpenStrEnum]) -> None:
    """Meeting an unknown value leaves the enum as it was."""
    enum("ADDED_LATER")
    assert ENUMS[enum] == tuple(enum.__members__)
    assert ENUMS[enum] == tuple(enum)
    assert not enum("ADDED_LATER").known


@pytest.mark.parametrize("value", [None, 5, True, ["EMAIL"]])
def test_what_is_no_text_is_no_value(value: Any) -> None:
    """An enum is open to texts only."""
    with pytest.raises(ValueError, match="is not a valid Channel"):
        Channel(value)


@property_test
@given(st.text(), st.sampled_from(list(ENUMS)))
def test_any_text_can_be_met(text: str, enum: type[OpenStrEnum]) -> None:
    """Whatever text a reply holds, it is read, equals itself and is known only if it is HubSpot's."""
    assert (text, text in ENUMS[enum]) == (str(enum(text)), enum(text).known)
    assert {text: 1} == {enum(text): 1}


# Values


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_are_frozen(value: Any) -> None:
    """No value can be changed after it was made."""
    for field in attrs.fields(type(value)):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field.name, None)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_compare_and_travel(value: Any) -> None:
    """Equal values are equal, hash alike, and come back the same from pickle and copy."""
    same = attrs.evolve(value)
    assert value == same
    assert hash(value) == hash(same)
    assert value == restored(value) == copy.deepcopy(value)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_no_repr_shows_a_person(value: Any) -> None:
    """Neither an address, nor an explanation about somebody, nor a personal link is in a repr."""
    assert PERSON not in repr(value)
    assert SECRET not in repr(value)
    assert repr(value).startswith(type(value).__name__)


PERSONAL = "jane@example.com"


@pytest.mark.parametrize(
    "value",
    [
        Status(PERSONAL, 7, SubscriptionState(PERSONAL), PERSONAL, Channel(PERSONAL), PERSONAL),
        Status(
            PERSONAL,
            7,
            SubscriptionState.SUBSCRIBED,
            legal_basis=LegalBasis(PERSONAL),
            legal_basis_explanation=PERSONAL,
            reason=SetStatusSuccessReason(PERSONAL),
        ),
        WideStatus(PERSONAL, SubscriptionState(PERSONAL), WideStatusType(PERSONAL), Channel(PERSONAL)),
        Definition(
            7, PERSONAL, PERSONAL, PERSONAL, PERSONAL, translations=(Translation(PERSONAL, PERSONAL, PERSONAL),)
        ),
        Translation(PERSONAL),
        SubscriptionState(PERSONAL),
    ],
)
def test_no_value_shows_an_address_that_hubspot_put_somewhere(value: Any) -> None:
    """Whatever field it stands in, and also where the value stands in another one's repr."""
    assert PERSONAL not in repr([value])
    assert "<redacted>" in repr(value)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (
            Status,
            "email subscription_id state subscription_name channel source legal_basis legal_basis_explanation "
            "reason business_unit_id updated_at warning",
        ),
        (WideStatus, "email state type channel business_unit_id updated_at"),
        (
            Definition,
            "id name description purpose communication_method is_active is_default is_internal business_unit_id "
            "created_at updated_at translations",
        ),
        (Translation, "language_code name description created_at updated_at"),
        (Links, "email manage_preferences unsubscribe_all unsubscribe_single"),
        (Change, "email subscription state legal_basis legal_basis_explanation channel"),
    ],
)
def test_the_fields_are_the_published_ones(kind: Any, names: str) -> None:
    """Names and order of the fields are part of the public surface."""
    assert names.split() == [field.name for field in attrs.fields(kind)]


def test_what_is_absent_is_none() -> None:
    """A value made of what it must have has nothing else."""
    row = Status(PERSON, 1, SubscriptionState.SUBSCRIBED)
    assert {None} == {getattr(row, field.name) for field in attrs.fields(Status)[3:]}
    assert (Channel.EMAIL, None, None) == (
        (change := Change(PERSON, 1, "SUBSCRIBED")).channel,
        change.legal_basis,
        change.legal_basis_explanation,
    )
    assert () == Definition(1).translations


def test_two_rows_that_differ_are_different() -> None:
    """A row equals only one with the same address, state and time."""
    row = Status(PERSON, 1, SubscriptionState.SUBSCRIBED, updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    for changes in (
        {"email": "joe@example.com"},
        {"state": SubscriptionState.UNSUBSCRIBED},
        {"updated_at": None},
    ):
        assert row != attrs.evolve(row, **changes)
