"""Rows of replies as values: versions/reading.py, on every version."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import (
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
    versions,
)
from hubspot_preferences.versions import declared, reading
from hubspot_preferences.versions.reading import Unreadable
from hubspot_preferences.versions.wire import Wire

property_test = settings(max_examples=60, deadline=None, derandomize=True)

JANE = "jane@example.com"
BODY: dict[str, Any] = {"subscriberIdString": JANE, "subscriptionId": 5, "status": "SUBSCRIBED"}
WIDE: dict[str, Any] = {"subscriberIdString": JANE, "status": "UNSUBSCRIBED"}
ROW = Status(JANE, 5, SubscriptionState.SUBSCRIBED)
WIDE_ROW = WideStatus(JANE, SubscriptionState.UNSUBSCRIBED)


class Offered:
    """What a version offers; a test that needs what goes with an operation that it lacks is passed over."""

    def __init__(self, version: str) -> None:
        self.version = version

    def __getattr__(self, name: str) -> object:
        if (value := getattr(versions.load(self.version), name)) is None:
            pytest.skip(f"{self.version} lacks what {name} is for")
        return value


@pytest.fixture
def wire(version: str) -> Wire:
    """The table of every version in turn."""
    return cast(Wire, Offered(version))


def links(wire: Wire, data: object) -> Links:
    """The links of Jane."""
    return reading.links(wire, data, JANE)


Reader = Callable[[Wire, object], Any]
READERS: list[Reader] = [
    reading.status,
    reading.wide_status,
    reading.subscriber_statuses,
    reading.subscriber_wide_statuses,
    reading.subscriber_opt_out,
    reading.definition,
    links,
]


def complaint(read: Reader, wire: Wire, data: object) -> str:
    """What is wrong with the row."""
    with pytest.raises(Unreadable) as caught:
        read(wire, data)
    return str(caught.value)


# What has to be there


def test_a_row_needs_no_more_than_what_decides(wire: Wire) -> None:
    """Address, subscription and state are enough; everything else is None."""
    assert ROW == reading.status(wire, BODY)
    assert WIDE_ROW == reading.wide_status(wire, WIDE)
    assert Definition(5) == reading.definition(wire, {"id": "5"})
    assert Links(JANE, unsubscribe_all="a") == links(wire, {"unsubscribeAllUrl": "a"})


@pytest.mark.parametrize(
    ("read", "row", "words"),
    [
        (reading.status, None, "a row is null instead of an object"),
        (reading.status, [], "a row is a list instead of an object"),
        (reading.status, "x", "a row is a str instead of an object"),
        (reading.status, {**BODY, "status": None}, "a field has the wrong type (ValueError)"),
        (reading.status, {**BODY, "status": 5}, "a field has the wrong type (ValueError)"),
        (reading.status, {**BODY, "status": ["SUBSCRIBED"]}, "a field has the wrong type (TypeError)"),
        (reading.status, {**BODY, "subscriberIdString": None}, "subscriberIdString: null"),
        (reading.status, {**BODY, "subscriberIdString": ""}, "subscriberIdString: a str"),
        (reading.status, {**BODY, "subscriberIdString": 5}, "subscriberIdString: a int"),
        (reading.status, {**BODY, "subscriptionId": None}, "subscriptionId: null instead of an integer"),
        (reading.status, {**BODY, "subscriptionId": 5.0}, "subscriptionId: a float instead of an integer"),
        (reading.status, {**BODY, "subscriptionId": True}, "subscriptionId: a bool instead of an integer"),
        (reading.status, {**BODY, "subscriptionId": "five"}, "subscriptionId: a str instead of an integer"),
        (reading.status, {**BODY, "subscriptionId": "٥"}, "subscriptionId: a str instead of an integer"),
        (reading.status, {"subscriptionId": 5, "status": "SUBSCRIBED"}, "subscriberIdString: missing"),
        (reading.status, {"subscriberIdString": JANE, "status": "SUBSCRIBED"}, "subscriptionId: missing"),
        (reading.status, {"subscriberIdString": JANE, "subscriptionId": 5}, "status: missing"),
        (reading.wide_status, {"subscriberIdString": JANE}, "status: missing"),
        (reading.wide_status, {"status": "SUBSCRIBED"}, "subscriberIdString: missing"),
        (reading.definition, {}, "id: missing"),
        (reading.definition, {"id": None}, "id: null instead of an integer"),
        (reading.definition, {"id": "x"}, "id: a str instead of an integer"),
        (reading.subscriber_statuses, {}, "subscriberIdString: missing"),
        (reading.subscriber_statuses, {"subscriberIdString": JANE}, "statuses: missing instead of a list"),
        (
            reading.subscriber_statuses,
            {"subscriberIdString": JANE, "statuses": None},
            "statuses: null instead of a list",
        ),
        (
            reading.subscriber_statuses,
            {"subscriberIdString": JANE, "statuses": "none"},
            "statuses: a str instead of a list",
        ),
        (
            reading.subscriber_wide_statuses,
            {"subscriberIdString": JANE},
            "wideStatuses: missing instead of a list",
        ),
        (reading.subscriber_opt_out, {"statuses": []}, "subscriberIdString: missing"),
        (links, {}, "managePreferencesUrl, unsubscribeAllUrl: missing"),
        (
            links,
            {"managePreferencesUrl": None, "unsubscribeAllUrl": 5, "unsubscribeSingleUrl": ""},
            "managePreferencesUrl, unsubscribeAllUrl: missing",
        ),
        (
            links,
            {"subscriberIdString": JANE, "message": "No."},
            "managePreferencesUrl, unsubscribeAllUrl: missing",
        ),
    ],
)
def test_what_decides_may_not_be_missing(wire: Wire, read: Reader, row: Any, words: str) -> None:
    """A row without address, subscription or state is unreadable; the words name the field, not the value."""
    assert words == complaint(read, wire, row)


@pytest.mark.parametrize(
    ("read", "row", "expected"),
    [
        (reading.status, {**BODY, "subscriptionId": "5"}, ROW),
        (reading.status, {**BODY, "added": {"later": 1}}, ROW),
        (reading.definition, {"id": 5}, Definition(5)),
        (reading.subscriber_statuses, {"subscriberIdString": JANE, "statuses": []}, ()),
        (reading.subscriber_statuses, {"subscriberIdString": JANE, "statuses": [BODY, BODY]}, (ROW, ROW)),
        (reading.subscriber_statuses, {"subscriberIdString": "JANE@example.com", "statuses": [BODY]}, (ROW,)),
        (reading.subscriber_wide_statuses, {"subscriberIdString": JANE, "wideStatuses": [WIDE]}, (WIDE_ROW,)),
        (reading.subscriber_opt_out, {"subscriberIdString": JANE}, ()),
        (reading.subscriber_opt_out, {"subscriberIdString": JANE, "statuses": None}, ()),
        (reading.subscriber_opt_out, {"subscriberIdString": JANE, "statuses": [BODY]}, (ROW,)),
        (
            links,
            {"subscriberIdString": "Jane@Example.com", "managePreferencesUrl": "m"},
            Links(JANE, manage_preferences="m"),
        ),
        (
            links,
            {"managePreferencesUrl": "m", "unsubscribeAllUrl": "a", "unsubscribeSingleUrl": "s"},
            Links(JANE, "m", "a", "s"),
        ),
        (links, {"managePreferencesUrl": 5, "unsubscribeSingleUrl": "s"}, Links(JANE, unsubscribe_single="s")),
    ],
)
def test_what_differs_in_form_only_is_read(wire: Wire, read: Reader, row: Any, expected: object) -> None:
    """Ids as text or number, addresses in any case, unknown fields, nothing where nothing is needed."""
    assert expected == read(wire, row)


@pytest.mark.parametrize(
    ("read", "row", "words"),
    [
        (
            reading.subscriber_statuses,
            {"subscriberIdString": "joe@example.com", "statuses": [BODY]},
            "subscriberIdString: a row within one subscriber's is somebody else's",
        ),
        (
            reading.subscriber_statuses,
            {"subscriberIdString": JANE, "statuses": [BODY, {**BODY, "subscriberIdString": "joe@example.com"}]},
            "subscriberIdString: a row within one subscriber's is somebody else's",
        ),
        (
            reading.subscriber_wide_statuses,
            {"subscriberIdString": "joe@example.com", "wideStatuses": [WIDE]},
            "subscriberIdString: a row within one subscriber's is somebody else's",
        ),
        (
            reading.subscriber_opt_out,
            {"subscriberIdString": "joe@example.com", "statuses": [BODY]},
            "subscriberIdString: a row within one subscriber's is somebody else's",
        ),
        (links, {"subscriberIdString": "joe@example.com"}, "subscriberIdString: these are somebody else's links"),
        (
            reading.subscriber_statuses,
            {"subscriberIdString": None, "statuses": [BODY]},
            "subscriberIdString: null",
        ),
    ],
)
def test_somebody_elses_rows_are_not_taken(wire: Wire, read: Reader, row: Any, words: str) -> None:
    """A row about another person within one person's spoils the whole of it."""
    assert words == complaint(read, wire, row)


# What may be anything

OPTIONAL = {
    "subscriptionName": ("subscription_name", "News", "News"),
    "channel": ("channel", "EMAIL", Channel.EMAIL),
    "source": ("source", "Not specified", "Not specified"),
    "legalBasis": ("legal_basis", "NON_GDPR", LegalBasis.NON_GDPR),
    "legalBasisExplanation": ("legal_basis_explanation", "Asked.", "Asked."),
    "setStatusSuccessReason": ("reason", "NO_STATUS_CHANGE", SetStatusSuccessReason.NO_STATUS_CHANGE),
    "businessUnitId": ("business_unit_id", 0, 0),
    "timestamp": ("updated_at", "2025-01-08T04:18:48.015Z", datetime(2025, 1, 8, 4, 18, 48, 15000, UTC)),
}


@pytest.mark.parametrize("field", OPTIONAL)
def test_an_optional_field_is_read(wire: Wire, version: str, field: str) -> None:
    """Every field of a row that says something says it here."""
    name, sent, expected = OPTIONAL[field]
    lacking = f"SubscriptionStatus.{field}" in declared.of(version).lacks
    assert (None if lacking else expected) == getattr(reading.status(wire, {**BODY, field: sent}), name)


DECIDING = ("channel", "businessUnitId")


@pytest.mark.parametrize("field", [field for field in OPTIONAL if field not in DECIDING])
@pytest.mark.parametrize("value", [None, 5.5, True, [], {}, ["x"], {"x": 1}], ids=repr)
def test_an_optional_field_may_be_anything(wire: Wire, field: str, value: object) -> None:
    """A field that decides nothing reads as None when it is not what it should be."""
    assert ROW == reading.status(wire, {**BODY, field: value})


@pytest.mark.parametrize(
    ("read", "row", "field"),
    [(reading.status, BODY, field) for field in DECIDING] + [(reading.definition, {"id": 5}, "businessUnitId")],
)
@pytest.mark.parametrize("value", [5.5, True, [], {}, ["x"], {"x": 1}], ids=repr)
def test_what_decides_is_read_or_unreadable(
    wire: Wire, read: Reader, row: dict[str, Any], field: str, value: object
) -> None:
    """Which channel is a yes, and which brand's opt-outs concern it, may be left out but not be odd."""
    assert complaint(read, wire, {**row, field: value}).startswith(f"{field}: a {type(value).__name__} instead of")
    assert read(wire, row) == read(wire, {**row, field: None})


def test_a_brand_may_be_a_text_of_digits(wire: Wire) -> None:
    """As ids are: a brand that was not understood would not be asked for."""
    assert 5 == reading.status(wire, {**BODY, "businessUnitId": "5"}).business_unit_id
    assert 5 == reading.definition(wire, {"id": 1, "businessUnitId": "5"}).business_unit_id


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("status", "ADDED_LATER", "state"),
        ("channel", "SMS", "channel"),
        ("legalBasis", "ADDED_LATER", "legal_basis"),
        ("setStatusSuccessReason", "ADDED_LATER", "reason"),
    ],
)
def test_an_unknown_value_is_kept(wire: Wire, field: str, value: str, name: str) -> None:
    """A value that HubSpot added later arrives as one of ours, and is not known."""
    found = getattr(reading.status(wire, {**BODY, field: value}), name)
    assert (value, False) == (str(found), found.known)
    assert "hubspot_preferences.models" == type(found).__module__


def test_an_unknown_reach_is_kept(wire: Wire) -> None:
    """A new kind of opt-out is no reason not to read it."""
    found = reading.wide_status(wire, {**WIDE, "wideStatusType": "ADDED_LATER"})
    assert WideStatusType("ADDED_LATER") == found.type


def test_true_is_no_brand(wire: Wire) -> None:
    """Python takes True for 1: an opt-out of who knows which brand must not become one of brand 1 alone."""
    assert WIDE_ROW == reading.wide_status(wire, {**WIDE, "businessUnitId": True})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-01-08T04:18:48.015Z", datetime(2025, 1, 8, 4, 18, 48, 15000, UTC)),
        ("2025-01-08T06:18:48+02:00", datetime(2025, 1, 8, 4, 18, 48, 0, UTC)),
        ("2025-01-08T04:18:48", datetime(2025, 1, 8, 4, 18, 48, 0, UTC)),
        ("2025-01-08", datetime(2025, 1, 8, tzinfo=UTC)),
        ("2025-13-08T04:18:48Z", None),
        ("yesterday", None),
        ("", None),
        (1736309928015, None),
        # Out of the range of UTC: such a time must not take the consent in its row with it.
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
    ],
)
def test_a_time_is_aware_and_utc(wire: Wire, text: object, expected: datetime | None) -> None:
    """ISO 8601 with any offset becomes UTC; what cannot be read is None."""
    found = reading.status(wire, {**BODY, "timestamp": text}).updated_at
    assert expected == found
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (1736309928015, datetime(2025, 1, 8, 4, 18, 48, 15000, UTC)),
        (1, datetime(1970, 1, 1, 0, 0, 0, 1000, UTC)),
        (0, None),
        (-1, None),
        (10**18, None),
        (10**400, None),
        (1736309928015.0, None),
        ("1736309928015", None),
        (True, None),
        (None, None),
    ],
)
def test_a_translation_has_milliseconds(wire: Wire, sent: object, expected: datetime | None) -> None:
    """Translations tell the time in milliseconds since 1970; 0 stands for unknown."""
    row = {"id": "5", "subscriptionTranslations": [{"languageCode": "de", "createdAt": sent, "updatedAt": sent}]}
    assert (Translation("de", None, None, expected, expected),) == reading.definition(wire, row).translations


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (None, ()),
        ("de", ()),
        ({}, ()),
        ([], ()),
        ([None, "de", {"languageCode": "de", "name": "N"}, 5], (Translation("de", "N"),)),
        ([{}], (Translation(None),)),
        ([{"languageCode": 5, "name": [], "description": {}}], (Translation(None),)),
    ],
)
def test_translations_never_spoil_a_definition(wire: Wire, sent: object, expected: tuple[Any, ...]) -> None:
    """A translation decides nothing: what cannot be read is left out."""
    assert Definition(5, translations=expected) == reading.definition(
        wire, {"id": "5", "subscriptionTranslations": sent}
    )


def test_reading_changes_nothing(wire: Wire) -> None:
    """What is read is as it was."""
    row = {"id": "5", "subscriptionTranslations": [{"languageCode": "de"}]}
    before = json.dumps(row)
    reading.definition(wire, row)
    assert before == json.dumps(row)


# Anything at all

texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["SUBSCRIBED", JANE, "5", "9" * 5000, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    ),
    st.datetimes().map(str),
)
FIELDS = [
    *BODY,
    *OPTIONAL,
    "id",
    "statuses",
    "wideStatuses",
    "createdAt",
    "subscriptionTranslations",
    "languageCode",
]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=10,
)


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@pytest.mark.parametrize("name", versions.NAMES)
@property_test
@given(data=anything)
def test_any_json_is_read_or_unreadable(name: str, read: Reader, data: Any) -> None:
    """Whatever HubSpot sends, nothing but Unreadable is raised, and it shows no value."""
    told = ""
    try:
        read(versions.load(name), data)
    except Unreadable as error:
        told = str(error)
    assert JANE not in told


@pytest.mark.parametrize("name", versions.NAMES)
@property_test
@given(noise=st.dictionaries(st.sampled_from(sorted({*OPTIONAL} - {*DECIDING})), anything, max_size=8))
def test_what_decides_survives_any_company(name: str, noise: dict[str, Any]) -> None:
    """Whatever the other fields hold, address, subscription and state are read."""
    row = reading.status(versions.load(name), {**noise, **BODY})
    assert (JANE, 5, SubscriptionState.SUBSCRIBED) == (row.email, row.subscription_id, row.state)


# Recorded


def recorded(reference: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a recorded reply."""
    body = json.loads((reference / "recorded" / name).read_text(encoding="utf-8"))
    assert "COMPLETE" == body["status"]
    results: list[dict[str, Any]] = body["results"]
    return results


def moment(text: str) -> datetime:
    """A time of January 2025."""
    return datetime.fromisoformat(f"2025-01-{text}+00:00")


def unsubscribed(at: str) -> tuple[Status, ...]:
    """The three default subscription types, after an opt-out from all."""
    return tuple(
        Status(
            "bh@hubspot.com",
            identifier,
            SubscriptionState.UNSUBSCRIBED,
            name,
            Channel.EMAIL,
            "Public status API, App ID:5848098",
            business_unit_id=0,
            updated_at=moment(at),
        )
        for identifier, name in (
            (530858989, "Customer Service Communication"),
            (530858990, "One to One"),
            (530858991, "Marketing Information"),
        )
    )


def resubscribed(at: str) -> tuple[Status, ...]:
    """One subscription type, after its opt-out was undone."""
    return (
        Status(
            "bh@hubspot.com",
            530858989,
            SubscriptionState.SUBSCRIBED,
            "Customer Service Communication",
            Channel.EMAIL,
            "Public status API, App ID:5848098",
            LegalBasis.LEGITIMATE_INTEREST_PQL,
            "string",
            SetStatusSuccessReason.RESUBSCRIBE_OCCURRED,
            0,
            moment(at),
        ),
    )


def opted_out(at: str) -> tuple[WideStatus, ...]:
    """An opt-out of the whole account."""
    state, reach = SubscriptionState.UNSUBSCRIBED, WideStatusType.PORTAL_WIDE
    return (WideStatus("bh@hubspot.com", state, reach, Channel.EMAIL, None, moment(at)),)


@pytest.mark.parametrize(
    ("name", "read", "expected"),
    [
        ("v4-statuses.json", reading.status, unsubscribed("08T04:18:48.015")),
        ("v4-set-status-resubscribed.json", reading.status, resubscribed("08T05:51:16.245")),
        ("v4-batch-write.json", reading.status, resubscribed("08T06:34:39.478")),
        ("v4-opt-outs.json", reading.wide_status, opted_out("08T04:18:48.015")),
        ("v4-unsubscribe-all.json", reading.status, ()),
        ("v4-batch-read.json", reading.subscriber_statuses, (unsubscribed("08T06:01:18.033"),)),
        ("v4-batch-opt-outs.json", reading.subscriber_wide_statuses, (opted_out("08T06:01:18.033"),)),
    ],
)
def test_recorded_rows_are_read(
    reference: Path, wire: Wire, name: str, read: Reader, expected: tuple[Any, ...]
) -> None:
    """What HubSpot really sent becomes the values it means."""
    assert expected == tuple(read(wire, row) for row in recorded(reference, name))


def test_recorded_definitions_are_read(reference: Path, wire: Wire) -> None:
    """The three default subscription types, with all that is said about them."""
    found = [reading.definition(wire, row) for row in recorded(reference, "v4-definitions.json")]
    assert [
        (530858991, "Marketing Information", "Marketing", "Email", True, True, False, 0),
        (530858989, "Customer Service Communication", "Service", "Email", True, True, True, 0),
        (530858990, "One to One", "Sales", "Email", True, True, True, 0),
    ] == [
        (
            row.id,
            row.name,
            row.purpose,
            row.communication_method,
            row.is_active,
            row.is_default,
            row.is_internal,
            row.business_unit_id,
        )
        for row in found
    ]
    created = datetime(2024, 12, 16, 7, 5, 32, 319000, UTC)
    assert (created, created, ()) == (found[0].created_at, found[0].updated_at, found[0].translations)


@pytest.mark.parametrize("details", [0, "", False, {}])
def test_details_of_an_opt_out_are_a_list_or_absent(wire: Wire, details: Any) -> None:
    """An opt-out without details is named and done; details that are something else are not understood."""
    assert () == reading.subscriber_opt_out(wire, {"subscriberIdString": JANE})
    assert () == reading.subscriber_opt_out(wire, {"subscriberIdString": JANE, "statuses": None})
    with pytest.raises(Unreadable, match=r"^statuses: a \w+ instead of a list"):
        reading.subscriber_opt_out(wire, {"subscriberIdString": JANE, "statuses": details})
