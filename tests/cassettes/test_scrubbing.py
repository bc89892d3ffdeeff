"""Addresses and tokens are taken out wherever they are, and found where they were left."""

from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from .scrubbing import Pseudonyms, leaks

JANE = "jane.doe+news@customer.example"


def test_addresses_are_numbered_as_they_come() -> None:
    """The same address gets the same pseudonym, those given first come first."""
    pseudonyms = Pseudonyms(["a@x.example", "b@x.example"])
    expected = [f"subscriber-{number}@example.com" for number in (2, 3, 1, 3)]
    assert expected == [pseudonyms.address(f"{name}@x.example") for name in ("b", "c", "a", "c")]


def test_spellings_stay_spellings() -> None:
    """Spellings that differ in case get pseudonyms that differ in case, whichever comes first."""
    pseudonyms = Pseudonyms()
    spelt = [pseudonyms.address(spelling) for spelling in ("Jane@X.example", "JANE@x.example", "jane@x.example")]
    expected = ["Subscriber-1@example.com", "sUbscriber-1@example.com"]
    assert ["subscriber-1@example.com", *expected] == spelt


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (JANE, "subscriber-1@example.com"),
        (f"<{JANE}> is known.", "<subscriber-1@example.com> is known."),
        (f"'{JANE}' is.", "'subscriber-1@example.com' is."),
        (f"It is {JANE}.", "It is subscriber-1@example.com."),
        (f"mailto:{JANE},{JANE}", "mailto:subscriber-1@example.com,subscriber-1@example.com"),
        ("at jane.doe%2Bnews%40customer.example, too", "at subscriber-1%40example.com, too"),
        ("jane.doe%252Bnews%2540customer.example", "subscriber-1%2540example.com"),
        (f"(see https://x.example/of/{JANE}).", "(see https://x.example/of/subscriber-1%40example.com)."),
        ("https://jane@y.example/", "https://subscriber-2@example.com/"),
        (f"https://[x/{JANE}", "https://[subscriber-2@example.com"),
        (f"https://x.example/of/{JANE}?a=b", "https://x.example/of/subscriber-1%40example.com?a=b"),
        (
            "https://x.example/?next=https%3A%2F%2Fy.example%2Fjane.doe%252Bnews%2540customer.example",
            "https://x.example/?next=https%3A%2F%2Fy.example%2Fsubscriber-1%2540example.com",
        ),
        ("the token pat-na1-1234-5678 and Bearer abcdefghijklmnop", "the token REDACTED and Bearer REDACTED"),
        ("by s3cret and s3cret%2Ftoken", "by s3cret and REDACTED"),
        (
            "7d1a9c52-8a34-4f0e-9f6e-6f2f0d9f3b11 7D1A9C52-8A34-4F0E-9F6E-6F2F0D9F3B11",
            "00000000-0000-4000-8000-000000000001 00000000-0000-4000-8000-000000000001",
        ),
        ("nothing: 2026-04-01T09:00:00.000Z", "nothing: 2026-04-01T09:00:00.000Z"),
    ],
)
def test_texts_are_scrubbed(text: str, expected: str) -> None:
    """Addresses go, however they are set and encoded; tokens go, and ids of requests."""
    pseudonyms = Pseudonyms([JANE], {"s3cret/token": "REDACTED"})
    assert expected == pseudonyms.text(text)
    assert expected == pseudonyms.text(expected)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/v/statuses/jane.doe%2Bnews%40customer.example/x?a=B", "/v/statuses/subscriber-1%40example.com/x?a=B"),
        ("/v/a%2Fb%40c.example", "/v/subscriber-2%40example.com"),
        ("/v/%22a%20b%22%40c.example", "/v/subscriber-2%40example.com"),
        ("/v?who=jane.doe%2Bnews%40customer.example&n=1", "/v?who=subscriber-1%40example.com&n=1"),
        ("/v?jane%40x.example#joe@x.example", "/v?subscriber-2%40example.com#subscriber-3%40example.com"),
        ("/a%20b?c=d%2Fe+f&g", "/a%20b?c=d%2Fe+f&g"),
    ],
)
def test_uris_are_scrubbed(uri: str, expected: str) -> None:
    """Each segment and value is decoded first; whatever holds no address stays as it was written."""
    pseudonyms = Pseudonyms([JANE])
    assert f"https://h.example{expected}" == pseudonyms.uri(f"https://h.example{uri}")
    assert f"https://h.example{expected}" == pseudonyms.uri(f"https://h.example{expected}")


def test_data_is_scrubbed_in_names_and_values() -> None:
    """Every text of a body is walked; links are replaced as a whole; other values stay."""
    pseudonyms = Pseudonyms([JANE])
    given_data = {
        "inputs": [JANE, "a b@c.example", {"subscriberIdString": JANE.upper(), "subscriptionId": 7}],
        "unsubscribeAllUrl": "https://x.example/W2nXS",
        "unsubscribeSingleUrl": None,
        JANE: [None, 1.5, True, f"by {JANE}"],
    }
    expected = {
        "inputs": [
            "subscriber-1@example.com",
            "subscriber-2@example.com",
            {"subscriberIdString": "Subscriber-1@example.com", "subscriptionId": 7},
        ],
        "unsubscribeAllUrl": "https://links.example.com/unsubscribeAllUrl",
        "unsubscribeSingleUrl": None,
        "subscriber-1@example.com": [None, 1.5, True, "by subscriber-1@example.com"],
    }
    assert expected == pseudonyms.data(given_data)
    assert expected == pseudonyms.data(expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, None),
        (b"", b""),
        (b'{"a": "x@y.example", "b": "\\u00fc"}', '{"a":"subscriber-1@example.com","b":"ü"}'.encode()),
        (b"<html>x@y.example</html>", b"<html>subscriber-1@example.com</html>"),
        (b'{"a": "x@y.example', b'{"a": "subscriber-1@example.com'),
        (b'"x\\u0040y.example"', b'"subscriber-1@example.com"'),
        (b"\xff x@y.example", "\ufffd subscriber-1@example.com".encode()),
    ],
)
def test_bodies_are_scrubbed(body: bytes | None, expected: bytes | None) -> None:
    """JSON is parsed; what is none is taken for text."""
    assert expected == Pseudonyms().body(body)


NAME = "zqxj"
LETTERS = st.text(st.characters(categories=("L", "M", "N"), include_characters="._+-'`/=?&#%!$^{|}~*"))
DOMAINS = st.from_regex(r"[a-z]{1,9}(-[a-z0-9]{1,9})?\.(example|co\.uk|бел)", fullmatch=True)
ADDRESSES = st.builds(lambda one, two, domain: f"{one}{NAME}{two}@{domain}", LETTERS, LETTERS, DOMAINS)


@settings(deadline=None)
@given(address=ADDRESSES, depth=st.integers(1, 3))
def test_no_name_survives(address: str, depth: int) -> None:
    """Whatever the address, and however often it is encoded, nothing of its name is left anywhere."""
    pseudonyms = Pseudonyms()
    encoded = address
    for _ in range(depth):
        encoded = quote(encoded, safe="")
    texts = [
        pseudonyms.uri(f"https://h.example/v/{encoded}/w?channel=EMAIL&who={encoded}"),
        pseudonyms.data({"inputs": [address], "context": {"subscriberIdString": [address]}, "to": address}),
        pseudonyms.text(f'No "{address}" at all, nor {encoded} ({address.upper()}).'),
    ]
    assert [] == leaks(texts, [NAME])


@given(address=st.emails() | ADDRESSES)
def test_a_request_and_its_reply_share_the_pseudonym(address: str) -> None:
    """Path, body, and reply say the same of one address."""
    pseudonyms = Pseudonyms()
    path = pseudonyms.uri(f"https://h.example/v/{quote(address, safe='')}").rpartition("/")[2]
    body = pseudonyms.data({"inputs": [address]})["inputs"][0]
    assert path == quote(body, safe="")
    assert body == pseudonyms.data({"subscriberIdString": address})["subscriberIdString"]


@example(text="0@/@0")
@example(text="0@'@0")
@example(text="0@`@0")
@given(text=st.text() | st.builds("{}@{} {}".format, st.text(), st.text(), st.text()))
def test_scrubbing_again_changes_nothing(text: str) -> None:
    """A cassette may be scrubbed more than once."""
    pseudonyms = Pseudonyms()
    once = pseudonyms.text(text)
    assert once == pseudonyms.text(once)
