"""Addresses, personal links and tokens: taken out of recordings, and searched for in them. No I/O."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

REDACTED = "REDACTED"
BEARER = f"Bearer {REDACTED}"

# No part of an address comes before it or after it: "x.subscriber-1@example.com" is no pseudonym.
_PSEUDONYM = re.compile(r"(?<![\w.+%-])subscriber-\d+@example\.com(?![\w%-]|\.\w)", re.IGNORECASE)
# As much as may belong to an address: better to take a word too many than to leave half a name.
_ADDRESS = re.compile(r"""[^\s@<>()\[\],;:"\\]+@[^\s@<>()\[\],;:"'`\\/?&#=]+""")
_ENCODED_ADDRESS = re.compile(r"""[^\s<>()\[\],;:"\\/?&#=]*%(?:25)*40[^\s<>()\[\],;:"\\/?&#=]*""", re.IGNORECASE)
_URL = re.compile(r"""(https?://[^\s"<>\\]*[^\s"<>\\)\].,;:!'`])""", re.IGNORECASE)
_TOKEN = re.compile(r"\bpat-[a-z]{2}\d+-[\w-]+", re.IGNORECASE)
_BEARER = re.compile(r"\bbearer\s+[\w.~+/=-]{16,}", re.IGNORECASE)
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_NUMBERED_UUID = "00000000-0000-4000-8000-"
# Ways to write @ that are neither @ nor %40.
_DISGUISED = re.compile(r"\\u0040|&#0*64;|&#x0*40;|&commat;", re.IGNORECASE)

# Fields whose whole value names a subscriber, whatever it looks like.
_SUBSCRIBER_FIELDS = frozenset({"subscriberIdString", "inputs"})


class Pseudonyms:
    """What a recording says instead of addresses, personal links, tokens and ids of requests.

    Addresses are numbered as they come, those given first: a hash would confirm a guess. Spellings of
    one address that differ in case become spellings of one pseudonym that differ in case.
    `instead` maps further texts, such as the token, to what stands for them.
    Whatever has been through once stays as it is.
    """

    def __init__(self, addresses: Iterable[str] = (), instead: Mapping[str, str] | None = None) -> None:
        self._spellings: dict[str, list[str]] = {}
        self._identifiers: dict[str, str] = {}
        self._instead = {
            form: new for old, new in (instead or {}).items() if old for form in (old, quote(old, safe=""))
        }
        for address in addresses:
            self.address(address)

    def address(self, spelling: str) -> str:
        """The pseudonym of an address, in this spelling."""
        if _PSEUDONYM.fullmatch(spelling):
            return spelling
        spellings = self._spellings.setdefault(spelling.lower(), [])
        if spelling not in spellings:
            spellings.append(spelling)
        return _pseudonym(list(self._spellings).index(spelling.lower()) + 1, spellings.index(spelling))

    def text(self, text: str) -> str:
        """The text without tokens, without addresses however often they are percent-encoded, and without ids."""
        # A pseudonym may end up right behind what then looks like the beginning of an address.
        for _ in range(9):
            if (scrubbed := self._text(text)) == text:
                break
            text = scrubbed
        return text

    def _text(self, text: str) -> str:
        for old, new in self._instead.items():
            text = text.replace(old, new)
        text = _TOKEN.sub(REDACTED, _BEARER.sub(BEARER, text))
        text = _UUID.sub(lambda match: self._identifier(match[0]), text)
        # Every other piece is a URL.
        return "".join(
            self.uri(piece) if place % 2 else self._words(piece) for place, piece in enumerate(_URL.split(text))
        )

    def uri(self, uri: str) -> str:
        """The URI without the same. Each segment and value is decoded before it is looked at."""
        try:
            scheme, host, path, query, fragment = urlsplit(uri)
        except ValueError:
            return self._words(uri)
        return urlunsplit(
            (
                scheme,
                self._words(host),
                "/".join(self._part(part, whole="@" in unquote(part)) for part in path.split("/")),
                "&".join("=".join(map(self._part, pair.split("=", 1))) for pair in query.split("&")),
                self._part(fragment),
            )
        )

    def data(self, value: Any, field: str = "") -> Any:
        """The same for parsed JSON, keys included. Personal links become placeholders as a whole."""
        if isinstance(value, dict):
            return {self.text(name): self.data(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.data(item, field) for item in value]
        if not isinstance(value, str):
            return value
        if field.lower().endswith("url"):
            return f"https://links.example.com/{field}"
        if field in _SUBSCRIBER_FIELDS and "@" in value:
            return self.address(value)
        return self.text(value)

    def body(self, body: bytes | None) -> bytes | None:
        """The same for a body: JSON is parsed, anything else taken for text."""
        if not body:
            return body
        text = body.decode("utf-8", "replace")
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return self.text(text).encode()
        return json.dumps(self.data(parsed), ensure_ascii=False, separators=(",", ":")).encode()

    def _part(self, part: str, *, whole: bool = False) -> str:
        """A segment of a path, which an address has to itself, or one side of a pair in a query, where it may."""
        decoded = unquote(part)
        scrubbed = self.address(decoded) if whole or _lone_address(decoded) else self.text(decoded)
        return part if scrubbed == decoded else quote(scrubbed, safe="")

    def _words(self, text: str) -> str:
        return _ADDRESS.sub(self._pseudonym, _ENCODED_ADDRESS.sub(self._encoded, text))

    def _encoded(self, match: re.Match[str]) -> str:
        decoded, depth = match[0], 0
        while (further := unquote(decoded)) != decoded:
            decoded, depth = further, depth + 1
        scrubbed = self.address(decoded) if _lone_address(decoded) else self.text(decoded)
        if scrubbed == decoded:
            return match[0]
        for _ in range(depth):
            scrubbed = quote(scrubbed, safe="")
        return scrubbed

    def _pseudonym(self, match: re.Match[str]) -> str:
        # A quotation mark before an address and a full stop behind it are not of it.
        address = match[0].strip("'`").rstrip(".!")
        if address.startswith("@") or address.endswith("@"):
            return self.address(match[0])
        before, _, after = match[0].partition(address)
        return f"{before}{self.address(address)}{after}"

    def _identifier(self, uuid: str) -> str:
        if uuid.startswith(_NUMBERED_UUID):
            return uuid
        return self._identifiers.setdefault(uuid.lower(), f"{_NUMBERED_UUID}{len(self._identifiers) + 1:012}")


def leaks(cassette: object, secrets: Iterable[str] = ()) -> list[str]:
    """What in a cassette, as parsed from YAML, is an address or a token: the texts that have one, cut short.

    It does not share the scrubber's idea of an address: any @ that is not within a pseudonym counts.
    """
    known = [secret.lower() for secret in secrets if secret]
    return [
        *(text[:200] for text in _texts(cassette) if any(_leak(reading, known) for reading in _readings(text))),
        *(f"authorization: {value}"[:200] for value in _authorizations(cassette) if value != BEARER),
    ]


def _leak(text: str, secrets: list[str]) -> bool:
    return bool(
        "@" in _PSEUDONYM.sub("", text)
        or _DISGUISED.search(text)
        or _TOKEN.search(text)
        or _BEARER.search(text)
        or any(secret in text.lower() for secret in secrets)
    )


def _texts(value: object) -> Iterator[str]:
    """Every text, keys too, also those within bytes and within JSON within a text."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        yield value
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            return
        if isinstance(parsed, dict | list):
            yield from _texts(parsed)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(name)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _authorizations(value: object) -> Iterator[object]:
    """What headers of that name say."""
    if isinstance(value, dict):
        for name, item in value.items():
            if str(name).lower().endswith("authorization"):
                yield from item if isinstance(item, list) else [item]
            else:
                yield from _authorizations(item)
    elif isinstance(value, list):
        for item in value:
            yield from _authorizations(item)


def _readings(text: str) -> Iterator[str]:
    """The text, and what is left after each decoding of percent signs."""
    yield text
    while (decoded := unquote(text)) != text:
        yield decoded
        text = decoded


def _lone_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def _pseudonym(number: int, spelling: int) -> str:
    """The first spelling has small letters only; further ones differ in which are capitals."""
    word = "".join(
        letter.upper() if spelling >> place & 1 else letter for place, letter in enumerate("subscriber")
    )
    return f"{word}-{number}@example.com"
