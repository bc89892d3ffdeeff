"""What may not be seen: privacy.py."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import (
    privacy,
)

property_test = settings(max_examples=100, deadline=None, derandomize=True)

TOKEN = "pat-na1-0123abcd-4567-89ef"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jane@example.com is unsubscribed", "<redacted> is unsubscribed"),
        ("<jane@example.com>", "<<redacted>>"),
        ("'jane@example.com'", "'<redacted>'"),
        ("o'brien@example.com", "<redacted>"),
        ('"jane doe"@example.com', "<redacted>"),
        ("email=jane+news@example.com&x=1", "email=<redacted>&x=1"),
        ("GET /statuses/jane%40example.com/unsubscribe-all", "GET /statuses/<redacted>/unsubscribe-all"),
        ("jürgen@bücher.example, joe@example.com.", "<redacted>, <redacted>"),
        ("a@b@example.com", "<redacted>"),
        (f"token {TOKEN} expired", "token <redacted> expired"),
        (f"token {TOKEN.upper()}!", "token <redacted>!"),
        ("subscription 58687837 is unknown", "subscription 58687837 is unknown"),
        ("pat-1 on the back", "pat-1 on the back"),
        ("", ""),
    ],
)
def test_addresses_and_tokens_are_left_out(text: str, expected: str) -> None:
    """What looks like an address or a token goes; the rest of the text stays."""
    assert expected == privacy.redact(text)


@property_test
@given(
    st.text(max_size=12),
    st.text(min_size=1, max_size=12),
    st.sampled_from(["@", "%40"]),
    st.text(min_size=1, max_size=12),
    st.text(max_size=12),
)
def test_no_address_survives(before: str, local: str, at: str, domain: str, after: str) -> None:
    """Wherever an @ stands, plain or encoded, it is gone with what belongs to it."""
    told = privacy.redact(f"{before}{local}{at}{domain}{after}")
    assert "@" not in told
    assert "%40" not in told


@property_test
@given(
    st.from_regex(r"\A[a-z0-9._+-]{1,12}@[a-z0-9-]{1,8}\.[a-z]{2,4}\Z"),
    st.sampled_from(["", " ", "'", '"', "(", "<", ": ", "/", "=", ", "]),
    st.sampled_from(["", " ", "'", '"', ")", ">", ": ", "/", "?x", "&", ", "]),
)
def test_nothing_of_an_ordinary_address_survives(address: str, before: str, after: str) -> None:
    """Neither the name nor the domain of an address is left, and what stands around it is."""
    assert f"{before}<redacted>{after}" == privacy.redact(f"{before}{address}{after}")


@pytest.mark.parametrize("piece", ["a", "a'", '"', 'a"', "%4", "pat-", "@ ", "@", "'"])
def test_a_long_text_is_redacted_in_a_moment(piece: str) -> None:
    """A megabyte without an address takes no quadratic time (that would be hours)."""
    text = piece * (1_000_000 // len(piece))
    assert "@" not in privacy.redact(text)
