"""What may not be seen: privacy.py."""

from collections.abc import Callable
from functools import partial
from urllib.parse import quote_plus

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import privacy

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
        ("GET /jane%2540example.com", "GET /<redacted>"),
        ("%6A%61%6E%65%40example.com is", "<redacted> is"),
        ("jane\uff20example.com, joe\ufe6bexample.com", "<redacted>, <redacted>"),
        ("jane%EF%BC%A0example.com", "<redacted>"),
        ("jane%ef%b9%abexample.com", "<redacted>"),
        ("jane%25EF%25BC%25A0example.com", "<redacted>"),
        ("jane&#64;example.com", "<redacted>"),
        ("jane&#x0040;example.com and joe&commat;example.com", "<redacted> and <redacted>"),
        (r"jane\u0040example.com", "<redacted>"),
        (r"jane\uFF20example.com", "<redacted>"),
        (f"token {TOKEN.replace('-', '%2D')} expired", "token <redacted> expired"),
        (f"token {TOKEN.replace('-', '%252d')} expired", "token <redacted> expired"),
        ("Bearer%20CJ3hoauth and Bearer+CJ3hoauth", "Bearer%20<redacted> and Bearer+<redacted>"),
        ("100%40 & more", "<redacted> & more"),
        ("5%4 of R&#D; \\u0041", "5%4 of R&#D; \\u0041"),
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
    st.sampled_from(["@", "%40", "\uff20", "\ufe6b", "%2540", "&#64;"]),
    st.text(min_size=1, max_size=12),
    st.text(max_size=12),
)
def test_no_address_survives(before: str, local: str, at: str, domain: str, after: str) -> None:
    """Wherever an @ stands, plain or encoded, it is gone with what belongs to it."""
    told = privacy.redact(f"{before}{local}{at}{domain}{after}")
    assert at not in told


@property_test
@given(
    st.from_regex(r"\A[a-z0-9._+-]{1,12}@[a-z0-9-]{1,8}\.[a-z]{2,4}\Z"),
    st.sampled_from(["", " ", "'", '"', "(", "<", ": ", "/", "=", ", "]),
    st.sampled_from(["", " ", "'", '"', ")", ">", ": ", "/", "?x", "&", ", "]),
)
def test_nothing_of_an_ordinary_address_survives(address: str, before: str, after: str) -> None:
    """Neither the name nor the domain of an address is left, and what stands around it is."""
    assert f"{before}<redacted>{after}" == privacy.redact(f"{before}{address}{after}")


@pytest.mark.parametrize(
    "piece", ["a", "a'", '"', 'a"', "%4", "%25", "&#0", "\\u", "pat-", "pat%25", "@ ", "@", "'"]
)
def test_a_long_text_is_redacted_in_a_moment(piece: str) -> None:
    """A megabyte without an address takes no quadratic time (that would be hours)."""
    text = piece * (1_000_000 // len(piece))
    assert "@" not in privacy.redact(text)


OAUTH = "CJ3h+oauth/token=="


def encoded(token: str, percent: str = "%") -> str:
    """The token as a URL spells every character of it."""
    return "".join(f"{percent}{ord(character):02x}" for character in token)


@pytest.mark.parametrize("token", [OAUTH, TOKEN])
@pytest.mark.parametrize("spell", [str, str.upper, quote_plus, encoded, partial(encoded, percent="%25")])
def test_a_token_is_left_out_however_it_is_spelled(token: str, spell: Callable[[str], str]) -> None:
    """Plain, in another case, or as in URLs; a longer word that holds it is none."""
    assert "<<redacted>>: no" == privacy.without_token(f"<{spell(token)}>: no", token)
    assert f"x{spell('demo')}" == privacy.without_token(f"x{spell('demo')}", "demo")
    assert "nothing" == privacy.without_token("nothing", "")


@pytest.mark.parametrize(
    ("sent", "content", "repeated"),
    [
        (f"Bearer {TOKEN}", f'{{"a": "{TOKEN}"}}', True),
        (f"Bearer {TOKEN}", f'{{"{TOKEN}": 1}}', True),
        (f"Bearer {TOKEN}", "{}", False),
        ("Bearer " + "a" * 20, "a" * 20, True),
        ("Bearer " + "a" * 19, "a" * 19, False),  # as short as a word of a text
        ("", TOKEN, False),
    ],
)
def test_a_reply_that_repeats_its_token_is_known(sent: str, content: str, repeated: bool) -> None:
    """By the request that led to it; without one there is no token."""
    request = httpx.Request("GET", "https://api.hubapi.com/", headers={"authorization": sent} if sent else {})
    assert repeated is privacy.repeats_token(httpx.Response(200, text=content, request=request))
    assert not privacy.repeats_token(httpx.Response(200, text=content))
