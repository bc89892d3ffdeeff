"""What may be sent: arguments.py."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import Channel, InvalidArgument, LegalBasis, SubscriptionState, arguments
from hubspot_preferences.models import address_key

property_test = settings(max_examples=100, deadline=None, derandomize=True)

# Mostly what addresses are made of, with everything else in between.
addresses = st.one_of(
    st.text(max_size=20),
    st.tuples(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12)).map("@".join),
    st.from_regex(r"\A[\w.+%/?#'&=!-]{1,12}@[\w.-]{1,12}\Z"),
)


def refusal(check: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The words with which the arguments are refused."""
    with pytest.raises(InvalidArgument) as caught:
        check(*args, **kwargs)
    return str(caught.value)


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        "jane@example.com",
        "Jane.Doe+news@Example.COM",
        "o'brien@example.com",
        "jane@example",
        "a@b",
        '"jane@home"@example.com',
        "jürgen@bücher.example",
        "a/b?c#d%2e@example.com",
        ".@.",
    ],
)
def test_an_address_is_given_back_as_it_is(address: str) -> None:
    """An address is neither folded nor trimmed on its way."""
    assert address == arguments.email(address)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "email: is empty"),
        (None, "email: must be a string, not NoneType"),
        (b"jane@example.com", "email: must be a string, not bytes"),
        (7, "email: must be a string, not int"),
        (".", "email: is not an e-mail address (something@domain)"),
        ("..", "email: is not an e-mail address (something@domain)"),
        ("jane", "email: is not an e-mail address (something@domain)"),
        ("@example.com", "email: is not an e-mail address (something@domain)"),
        ("jane@", "email: is not an e-mail address (something@domain)"),
        ("@", "email: is not an e-mail address (something@domain)"),
        (" jane@example.com", "email: holds white space, a line break or a control character"),
        ("jane@example.com\n", "email: holds white space, a line break or a control character"),
        ("jane\t@example.com", "email: holds white space, a line break or a control character"),
        ("jane\0@example.com", "email: holds white space, a line break or a control character"),
        ("jane\u00a0@example.com", "email: holds white space, a line break or a control character"),
        ("jane\u200b@example.com", "email: holds white space, a line break or a control character"),
        ("jane\u2028@example.com", "email: holds white space, a line break or a control character"),
        ("\ufeffjane@example.com", "email: holds white space, a line break or a control character"),
        ("jane\ud800@example.com", "email: holds white space, a line break or a control character"),
        ("jane\ue000@example.com", "email: holds white space, a line break or a control character"),
    ],
)
def test_what_is_no_address_is_refused_without_showing_it(value: object, words: str) -> None:
    """A refusal says what is wrong, and not what was given."""
    assert words == refusal(arguments.email, value)


def test_a_refusal_names_the_place() -> None:
    """A refusal starts with the name that the caller knows the argument by."""
    assert "emails[3]: is empty" == refusal(arguments.email, "", "emails[3]")


@property_test
@given(addresses)
def test_an_accepted_address_is_one_path_segment(address: str) -> None:
    """Whatever is accepted stays one segment of the path, and is read back as it was."""
    try:
        accepted = arguments.email(address)
    except InvalidArgument:
        return
    path = f"/statuses/{quote(accepted, safe='')}/unsubscribe-all"
    parts = urlsplit(f"https://api.hubapi.com{path}")
    assert (path, "", "") == (parts.path, parts.query, parts.fragment)
    segments = parts.path.split("/")
    assert ["", "statuses", accepted, "unsubscribe-all"] == [unquote(segment) for segment in segments]
    assert segments[2] not in ("", ".", "..")


@property_test
@given(
    st.text(max_size=8),
    st.characters(categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"]),
    st.text(max_size=8),
)
def test_no_invisible_character_gets_through(before: str, character: str, after: str) -> None:
    """One white space, control or unassigned character anywhere makes an address unusable."""
    message = refusal(arguments.email, f"{before}{character}{after}@example.com")
    assert "email: holds white space, a line break or a control character" == message


@property_test
@given(addresses)
def test_a_refusal_never_holds_the_address(address: str) -> None:
    """Whatever is refused, the words are one of three."""
    message = ""
    try:
        assert address == arguments.email(address)
    except InvalidArgument as error:
        message = str(error)
    assert message in (
        "",
        "email: is empty",
        "email: is not an e-mail address (something@domain)",
        "email: holds white space, a line break or a control character",
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Jane@Example.com", "jane@example.COM", True),
        ("ÄNNE@example.com", "änne@example.com", True),
        ("jane@example.com", "jane@example.org", False),
        ("strauß@example.com", "strauss@example.com", False),
    ],
)
def test_a_key_joins_cases_and_nothing_else(one: str, other: str, same: bool) -> None:
    """Two spellings of one address share a key; two people never do."""
    assert same is (address_key(one) == address_key(other))


# Enums


@pytest.mark.parametrize(
    ("check", "value", "expected"),
    [
        (arguments.channel, "EMAIL", Channel.EMAIL),
        (arguments.channel, Channel.EMAIL, Channel.EMAIL),
        (arguments.state, "NOT_SPECIFIED", SubscriptionState.NOT_SPECIFIED),
        (arguments.state, SubscriptionState.UNSUBSCRIBED, SubscriptionState.UNSUBSCRIBED),
        (arguments.legal_basis, "NON_GDPR", LegalBasis.NON_GDPR),
        (arguments.legal_basis, None, None),
    ],
)
def test_a_known_value_becomes_a_member(
    check: Callable[[object], object], value: object, expected: object
) -> None:
    """A member is taken, and so is its value."""
    assert expected is check(value)


@pytest.mark.parametrize(
    ("check", "value", "words"),
    [
        (arguments.channel, "SMS", "channel: 'SMS' is not one of EMAIL"),
        (arguments.channel, Channel("SMS"), "channel: <Channel.SMS: 'SMS'> is not one of EMAIL"),
        (arguments.channel, None, "channel: NoneType is not one of EMAIL"),
        (
            arguments.state,
            "subscribed",
            "state: 'subscribed' is not one of SUBSCRIBED, UNSUBSCRIBED, NOT_SPECIFIED",
        ),
        (arguments.state, True, "state: bool is not one of SUBSCRIBED, UNSUBSCRIBED, NOT_SPECIFIED"),
        (
            arguments.state,
            "jane@example.com",
            "state: str is not one of SUBSCRIBED, UNSUBSCRIBED, NOT_SPECIFIED",
        ),
    ],
)
def test_an_unknown_value_is_never_sent(check: Callable[[object], object], value: object, words: str) -> None:
    """What is sent has to be known here, whatever may be read; an address given by mistake is not shown."""
    assert words == refusal(check, value)


def test_legal_basis_names_all_it_knows() -> None:
    """A refused legal basis is answered with all that there are."""
    message = refusal(arguments.legal_basis, "CONSENT", "changes[2].legal_basis")
    assert f"changes[2].legal_basis: 'CONSENT' is not one of {', '.join(LegalBasis.__members__)}" == message


# Texts, numbers, flags


@pytest.mark.parametrize("value", ["Asked for it by phone.", " x ", "🙂", None])
def test_a_text_is_given_back_as_it_is(value: str | None) -> None:
    """A text, or none, passes unchanged."""
    assert value == arguments.text(value, "language")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "language: must be a text that is not blank, or None"),
        (" \n\t", "language: must be a text that is not blank, or None"),
        (5, "language: must be a text that is not blank, or None"),
        (b"en", "language: must be a text that is not blank, or None"),
        ("a\udc00b", "language: holds half of a surrogate pair, which cannot be sent"),
    ],
)
def test_a_blank_text_is_refused(value: object, words: str) -> None:
    """A text that says nothing, or cannot be encoded, is refused."""
    assert words == refusal(arguments.text, value, "language")


@pytest.mark.parametrize(("value", "least"), [(0, 0), (1, 1), (2**63 - 1, 0), (2**53 + 1, 1)])
def test_an_int64_passes(value: int, least: int) -> None:
    """Every id that HubSpot can have is taken."""
    assert value == arguments.integer(value, "id", least=least)


@pytest.mark.parametrize(
    ("value", "least", "words"),
    [
        (True, 0, "id: must be an integer, not bool"),
        (1.0, 0, "id: must be an integer, not float"),
        ("1", 0, "id: must be an integer, not str"),
        (None, 0, "id: must be an integer, not NoneType"),
        (-1, 0, "id: must be between 0 and 9223372036854775807"),
        (0, 1, "id: must be between 1 and 9223372036854775807"),
        (2**63, 0, "id: must be between 0 and 9223372036854775807"),
    ],
)
def test_what_is_no_int64_is_refused(value: object, least: int, words: str) -> None:
    """A bool is no id, and neither is what does not fit."""
    assert words == refusal(arguments.integer, value, "id", least=least)


@pytest.mark.parametrize(("value", "expected"), [(None, None), (0, 0), (5, 5)])
def test_the_default_brand_is_zero(value: int | None, expected: int | None) -> None:
    """Brand 0 is a brand, and None is none."""
    assert expected == arguments.business_unit_id(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        ("530858991", 530858991),
        ("007", 7),
        ("0" * 19 + "12", 12),  # 21 digits: none of them may be lost
        ("0" * 5000 + "7", 7),
        ("9223372036854775807", 2**63 - 1),
        ("Marketing Information", "Marketing Information"),
        (" 5", " 5"),
        ("٥", "٥"),  # an Arabic five is a name
        ("5.0", "5.0"),
    ],
)
def test_a_subscription_is_an_id_or_a_name(value: int | str, expected: int | str) -> None:
    """Digits are an id, as definitions write it; any other text is a name."""
    assert expected == arguments.subscription(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "subscription: is empty"),
        ("  ", "subscription: is empty"),
        (0, "subscription: must be between 1 and 9223372036854775807"),
        ("0", "subscription: must be between 1 and 9223372036854775807"),
        ("000", "subscription: must be between 1 and 9223372036854775807"),
        ("9223372036854775808", "subscription: must be between 1 and 9223372036854775807"),
        ("1" * 5000, "subscription: must be between 1 and 9223372036854775807"),
        (True, "subscription: must be an integer, not bool"),
        (None, "subscription: must be an integer, not NoneType"),
        (5.0, "subscription: must be an integer, not float"),
    ],
)
def test_what_names_no_subscription_is_refused(value: object, words: str) -> None:
    """An id that cannot be is refused before anything is sent."""
    assert words == refusal(arguments.subscription, value)


@property_test
@given(st.integers(min_value=1, max_value=2**63 - 1), st.integers(min_value=0, max_value=40))
def test_leading_zeros_change_no_id(identifier: int, zeros: int) -> None:
    """An id in digits is the same id however many zeros lead it."""
    assert identifier == arguments.subscription("0" * zeros + str(identifier))


def one_by_one() -> Iterator[str]:
    """Addresses that come only once."""
    yield "a@example.com"
    yield "b@example.com"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a"], ["a"]),
        (("a", 5), ["a", 5]),
        (one_by_one(), ["a@example.com", "b@example.com"]),
        ({"a": 1}, ["a"]),
    ],
)
def test_the_inputs_of_a_batch_may_come_in_any_iterable(values: Iterable[object], expected: list[object]) -> None:
    """A batch takes whatever can be gone through, and goes through it once."""
    assert expected == arguments.several(values, "emails")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("jane@example.com", "emails: must be a list, not str"),
        (b"jane@example.com", "emails: must be a list, not bytes"),
        (None, "emails: must be a list, not NoneType"),
        (5, "emails: must be a list, not int"),
    ],
)
def test_one_string_is_no_batch(values: object, words: str) -> None:
    """A string would be read letter by letter."""
    assert words == refusal(arguments.several, values, "emails")


@pytest.mark.parametrize("value", [True, False])
def test_a_flag_is_a_bool(value: bool) -> None:
    """A bool passes."""
    assert value is arguments.flag(value, "verbose")


@pytest.mark.parametrize(("value", "kind"), [(1, "int"), (0, "int"), ("false", "str"), (None, "NoneType")])
def test_what_is_merely_truthy_is_no_flag(value: object, kind: str) -> None:
    """The string "false" would be True."""
    assert f"verbose: must be True or False, not {kind}" == refusal(arguments.flag, value, "verbose")
