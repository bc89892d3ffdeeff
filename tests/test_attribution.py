"""Which row or error of a reply is about whom: attribution.py, with replies that are made up."""

import json
from collections.abc import Container, Hashable
from typing import Any

import httpx
import pytest

from hubspot_preferences import APIError, Outcome, OutcomeState, PreferencesError, UnreadableReply, attribution
from hubspot_preferences.attribution import Attribution, outcomes
from hubspot_preferences.versions import reading

JANE, JOE, ANN = "jane@example.com", "joe@example.com", "ann@example.com"


class Reads(Attribution[str, Any]):
    """Inputs that are addresses; a row says a word about one, or nothing, as a tuple."""

    @property
    def declared(self) -> Container[int]:
        return (200, 207)

    def key(self, value: str) -> Hashable:
        return value.lower()

    def address(self, value: str) -> str:
        return value

    def row_key(self, row: dict[str, str]) -> Hashable:
        return row["email"].lower()

    def read(self, row: Any) -> Any:
        if not isinstance(row["says"], str | list):
            raise reading.Unreadable("says: no text")
        return row["says"] or ()


class Writes(Attribution[tuple[str, int], str]):
    """Inputs that are an address and a number, so that an address may have several."""

    def key(self, value: tuple[str, int]) -> Hashable:
        return value

    def address(self, value: tuple[str, int]) -> str:
        return value[0]

    def row_key(self, row: Any) -> Hashable:
        return row["email"], int(row["number"])

    def read(self, row: Any) -> str:
        return str(row["says"])

    def judge(self, value: tuple[str, int], answer: str, /) -> tuple[OutcomeState, PreferencesError | None]:
        """`same` is no change, anything else is doubtful."""
        if answer == "same":
            return OutcomeState.NO_CHANGE, None
        return OutcomeState.UNKNOWN, UnreadableReply(f"{answer} for {value[1]}")


def reply(body: Any, status: int = 200) -> httpx.Response:
    """A reply of success with JSON, or with the bytes given."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, content=content)


def row(email: str, says: Any = "yes", **more: Any) -> Any:
    """A row about one address."""
    return {"email": email, "says": says, **more}


def listed(*emails: str, **fields: Any) -> Any:
    """An error within a reply, that names these addresses."""
    return {"category": "VALIDATION_ERROR", "message": "No.", "context": {"emails": list(emails)}, **fields}


def read(body: Any, *emails: str) -> list[Outcome[str, str]]:
    """The outcomes of reading these addresses, Jane and Joe if none is named."""
    emails = emails or (JANE, JOE)
    by_key = outcomes(Reads(), emails, reply(body))
    assert [email.lower() for email in emails] == list(by_key)
    assert list(emails) == [outcome.input for outcome in by_key.values()]
    return list(by_key.values())


def told(rows: list[Outcome[Any, str]]) -> list[tuple[str, str | None, type | None]]:
    """State, value and kind of error of each outcome."""
    return [(str(row.state), row.value, type(row.error) if row.error else None) for row in rows]


YES: tuple[str, str | None, type | None] = ("applied", "yes", None)
DOUBT: tuple[str, str | None, type | None] = ("unknown", "yes", UnreadableReply)
SILENCE: tuple[str, str | None, type | None] = ("unknown", None, UnreadableReply)
FAILED: tuple[str, str | None, type | None] = ("failed", None, APIError)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # Rows
        ({"results": [row(JANE), row(JOE)]}, [YES, YES]),
        ({"results": [row(JOE, "no"), row("JANE@example.com")]}, [YES, ("applied", "no", None)]),
        ({"results": [row(JANE)]}, [YES, SILENCE]),
        ({"results": []}, [SILENCE, SILENCE]),
        ({}, [SILENCE, SILENCE]),
        ({"results": None}, [SILENCE, SILENCE]),
        ({"status": "COMPLETE", "results": [row(JANE), row(JOE)]}, [YES, YES]),
        ({"results": [row(JANE), row(JANE), row(JOE)]}, [YES, YES]),
        ({"results": [row(JANE), row(JANE, "no"), row(JOE)]}, [SILENCE, YES]),
        ({"results": [row(JANE, 5), row(JOE)]}, [SILENCE, YES]),
        ({"results": [row(JANE, 5), row(JANE), row(JOE)]}, [SILENCE, YES]),
        ({"results": [row(JANE), row(JANE, 5), row(JOE)]}, [SILENCE, YES]),
        ({"results": [row(JANE), row(ANN, "no"), row(JOE)]}, [YES, YES]),
        # Rows about nobody
        ({"results": [None, 5, "x", [], {}, {"email": None}, row(JANE), row(JOE)]}, [YES, YES]),
        # Whole replies that say nothing
        ({"results": {}}, [SILENCE, SILENCE]),
        ({"results": "x"}, [SILENCE, SILENCE]),
        ({"status": "PENDING", "results": [row(JANE), row(JOE)]}, [SILENCE, SILENCE]),
        (b"{", [SILENCE, SILENCE]),
        (b"[]", [SILENCE, SILENCE]),
        # Errors
        ({"results": [row(JANE)], "errors": [listed(JOE)]}, [YES, FAILED]),
        ({"errors": [listed(JANE, JOE)]}, [FAILED, FAILED]),
        ({"errors": [listed("JOE@EXAMPLE.COM")]}, [SILENCE, FAILED]),
        ({"results": [row(JANE)], "errors": [listed(ANN)]}, [YES, SILENCE]),
        ({"results": [row(JANE)], "errors": [listed()]}, [YES, SILENCE]),
        ({"results": [row(JANE)], "errors": "x", "numErrors": 1}, [SILENCE, SILENCE]),
        ({"results": [row(JANE)], "numErrors": 1}, [YES, SILENCE]),
        ({"results": [row(JANE)], "errors": [5, listed(JOE)]}, [DOUBT, FAILED]),
        # An error that no input without a row accounts for may be about any, and about one whose row is empty
        ({"results": [row(JANE), row(JOE)], "errors": [listed()]}, [DOUBT, DOUBT]),
        ({"results": [row(JANE), row(JOE)], "numErrors": 1}, [DOUBT, DOUBT]),
        ({"results": [row(JANE)], "errors": [listed(), listed(ANN)]}, [DOUBT, SILENCE]),
        ({"results": [row(JANE), row(JOE)], "errors": [listed(ANN)]}, [DOUBT, DOUBT]),
        ({"results": [row(JANE)], "numErrors": -1}, [SILENCE, SILENCE]),
        ({"results": [row(JANE, [])], "errors": [listed()]}, [("unknown", (), UnreadableReply), SILENCE]),
        ({"results": [row(JANE, [])], "errors": [listed(JOE)]}, [("applied", (), None), FAILED]),
        # More than there is, around the rows or in one
        ({"results": [row(JANE), row(JOE)], "hasMore": True}, [SILENCE, SILENCE]),
        ({"results": [row(JANE, total=1), row(JOE, hasMore=False)]}, [SILENCE, YES]),
        ({"results": [row(JANE, errors=[{}]), row(JOE, numErrors=0)]}, [SILENCE, YES]),
        ({"results": [row(JANE, numErrors=-1), row(JOE, numErrors=1)]}, [SILENCE, SILENCE]),
        # A row and an error about the same input: nobody knows which holds
        ({"results": [row(JANE), row(JOE)], "errors": [listed(JANE)]}, [("unknown", "yes", APIError), YES]),
        ({"results": [row(JANE, 5)], "errors": [listed(JANE)]}, [SILENCE, SILENCE]),
    ],
)
def test_what_a_reply_says_about_each_input(body: Any, expected: list[Any]) -> None:
    """A row that can be read is the answer, an error that names the address is one, anything else says nothing."""
    assert expected == told(read(body))


@pytest.mark.parametrize(
    "entry",
    [
        {"message": f"Cannot read {JOE}."},
        {"message": f"Cannot read '{JOE}'"},
        {"message": f'Cannot read "{JOE}", sorry'},
        {"message": f"<{JOE}>: no"},
        {"message": f"({JOE})"},
        {"message": JOE.upper()},
        {"context": {JOE: 1}},
        {"context": {"id": [JOE]}},
        {"context": {"ids": [[{"deep": [JOE]}]]}},
        {"errors": [{"message": JOE}]},
        {"category": JOE},
        {"message": JOE, "errors": ["x", ["y"]]},
        {"message": JOE, "context": {"a": "b"}},
    ],
)
def test_an_error_may_name_an_address_anywhere(entry: dict[str, Any]) -> None:
    """As a name, a value, or in words; in any case, depth and punctuation."""
    assert [YES, FAILED] == told(read({"results": [row(JANE)], "errors": [entry]}))


@pytest.mark.parametrize(
    "text",
    [
        "ajoe@example.com",
        "a.joe@example.com",
        "a+joe@example.com",
        "a-joe@example.com",
        "a%joe@example.com",
        "o'joe@example.com",
        "joe@example.com.au",
        "joe@example.community",
        "joe@example.com-x.org",
        "joe@exampleXcom",
        "joe@example",
        "joe",
    ],
)
def test_an_address_within_another_is_not_named(text: str) -> None:
    """A longer address that holds this one is somebody else's."""
    assert [YES, SILENCE] == told(read({"results": [row(JANE)], "errors": [{"message": f"about {text} only"}]}))


def test_an_error_holds_what_it_said_and_the_reply() -> None:
    """Category and message where they are texts, the status, and the reply."""
    body = {"errors": [listed(JANE, message="Words.", category="A"), listed(JOE, message=5, category=["B"])]}
    jane, joe = (outcome.error for outcome in read(body))
    assert isinstance(jane, APIError)
    assert isinstance(joe, APIError)
    assert (200, "A", "Words.") == (jane.status, jane.category, jane.message)
    assert (200, None, None) == (joe.status, joe.category, joe.message)
    assert jane.response is not None
    assert jane.response is joe.response


def test_the_first_error_about_an_input_is_its_error() -> None:
    """Where several name it."""
    outcome = read({"errors": [listed(JOE), listed(JANE, category="A"), listed(JANE, category="B")]}, JANE)[0]
    assert isinstance(outcome.error, APIError)
    assert "A" == outcome.error.category


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"results": {}}, "the reply's results are not a list"),
        ({"results": [row(JANE, 5)]}, "the row cannot be read: says: no text"),
        ({"results": [row(JANE), row(JANE, "no")]}, "two rows for the same input disagree"),
        ({"results": []}, "the reply says nothing about this input"),
        (
            {"errors": [listed(JOE)]},
            "the reply says nothing about this input (it reports 1 error(s) that name no input)",
        ),
        ({"numErrors": 3}, "the reply says nothing about this input (it reports 3 error(s) that name no input)"),
        (
            {"numErrors": 3, "errors": [5, {}]},
            "the reply says nothing about this input (it reports 3 error(s) that name no input)",
        ),
    ],
)
def test_silence_says_why(body: Any, message: str) -> None:
    """The error of an unknown input tells what is missing, and holds the reply."""
    outcome = read(body, JANE)[0]
    assert isinstance(outcome.error, UnreadableReply)
    assert message == str(outcome.error)
    assert outcome.error.response is not None


def test_errors_that_name_an_input_are_not_counted_as_nameless() -> None:
    """Of three errors one names an input, and one of them two: the others are left."""
    body = {"errors": [listed(JANE, JOE), listed(JANE), {}]}
    assert "(it reports 1 error(s) that name no input)" in str(read(body, JANE, JOE, ANN)[2].error)
    assert "reports" not in str(read({"errors": [listed(JANE)]}, JANE, JOE)[1].error)


@pytest.mark.parametrize("status", [200, 201, 202, 206, 207, 299])
def test_what_is_not_declared_answers_no_read_but_may_confirm_a_write(status: int) -> None:
    """A read has the statuses of its contract; a write is what its rows say."""
    given = reply({"results": [row(JANE, number=1)]}, status)
    assert ([YES] if status in (200, 207) else [SILENCE]) == told(list(outcomes(Reads(), [JANE], given).values()))
    given = reply({"results": [row(JANE, "same", number=1)]}, status)
    assert ["no_change"] == [outcome.state for outcome in outcomes(Writes(), [(JANE, 1)], given).values()]


# Several inputs of one address


def write(body: Any, *inputs: tuple[str, int]) -> list[Outcome[tuple[str, int], str]]:
    """The outcomes of writing these."""
    by_key = outcomes(Writes(), inputs, reply(body))
    assert list(inputs) == list(by_key) == [outcome.input for outcome in by_key.values()]
    return list(by_key.values())


def test_a_write_is_judged_by_its_row() -> None:
    """What the row says decides the state, and may leave a doubt."""
    body = {"results": [row(JANE, "same", number=1), row(JANE, "other", number="2")]}
    same, other = write(body, (JANE, 1), (JANE, 2))
    assert [(OutcomeState.NO_CHANGE, "same", None)] == [(same.state, same.value, same.error)]
    assert (OutcomeState.UNKNOWN, "other", "other for 2") == (other.state, other.value, str(other.error))


@pytest.mark.parametrize(
    ("rows", "errors", "expected"),
    [
        # As many errors as inputs without a row: all of them failed.
        ([], 2, ["failed", "failed"]),
        ([], 3, ["failed", "failed"]),
        ([1], 1, ["no_change", "failed"]),
        # Fewer: nobody knows which.
        ([], 1, ["unknown", "unknown"]),
        # More: what has a row may be what failed.
        ([1], 2, ["unknown", "failed"]),
        ([1, 2], 1, ["unknown", "unknown"]),
        ([1, 2], 0, ["no_change", "no_change"]),
        ([1], 0, ["no_change", "unknown"]),
    ],
)
def test_errors_are_shared_out_among_the_inputs_of_an_address(
    rows: list[int], errors: int, expected: list[str]
) -> None:
    """An error names an address, not which of its inputs; other addresses count for nothing."""
    others = [row(JOE, "same", number=1)]
    body = {
        "results": [row(JANE, "same", number=number) for number in rows] + others,
        "errors": [listed(JANE)] * errors,
    }
    result = write(body, (JANE, 1), (JANE, 2), (JOE, 1), (JOE, 2))
    assert [*expected, "no_change", "unknown"] == [str(outcome.state) for outcome in result]
    assert [None if outcome.state == "no_change" else False for outcome in result] == [
        outcome.error if outcome.error is None else False for outcome in result
    ]
    assert ["same" if number in rows else None for number in (1, 2)] == [outcome.value for outcome in result[:2]]


def test_what_a_row_key_cannot_be_made_of_names_nobody() -> None:
    """Numbers that are none, or too many digits of one: whoever it was stays without a row."""
    body = {"results": [row(JANE, number="x"), row(JANE, number=None), row(JANE, number=float("inf")), row(JANE)]}
    outcome = write(json.dumps(body).encode(), (JANE, 1))[0]
    assert (OutcomeState.UNKNOWN, None) == (outcome.state, outcome.value)


def test_a_token_in_a_listed_error_is_cut() -> None:
    """An error within a reply of success repeats no token either."""
    token = "pat-na1-0123abcd-4567-89ef"
    request = httpx.Request("POST", "https://api.hubapi.com/", headers={"Authorization": f"Bearer {token}"})
    body = {"errors": [listed(JANE, message=f"{token}!", category=f"A {token}")], "numErrors": 1}
    given = httpx.Response(207, json=body, request=request)
    (entry,) = attribution._errors(body, given)
    error = entry.error
    assert [] == [text for text in (error.category, error.message) if not text or token in text]


def test_doubt_about_what_no_error_names_shows_the_reply() -> None:
    """Whoever looks for the reason finds the reply in the error."""
    body = {"results": [row(JANE, "same"), row(JOE, "same")], "errors": [{"message": "no"}], "numErrors": 1}
    errors = [outcome.error for outcome in read(body)]
    assert all(isinstance(error, UnreadableReply) and error.response is not None for error in errors)
    assert errors


def test_a_row_that_may_not_be_all_says_so() -> None:
    """A row with a sign that there is more is not read."""
    error = read({"results": [row(JANE, hasMore=True), row(JOE)]})[0].error
    assert "the row cannot be read: it may not be all there is" == str(error)
