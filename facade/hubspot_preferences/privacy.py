"""What may not be seen: addresses and tokens in texts that people log, and what a terminal would act upon."""

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from httpx import Response


@cache  # most programs never need it
def _personal() -> re.Pattern[str]:
    return re.compile(_PERSONAL, re.IGNORECASE | re.VERBOSE)


# An address or a private app's token, plain or encoded as URLs, HTML or JSON do: never in a text that people log.
# It begins where its run of characters does, not within: otherwise a long text takes quadratic time.
_PERSONAL: Final = r"""
    (?: "[^"]{0,64}"
      | (?<![^\s"'<>(),;:=/?&]) (?<!\w') (?: [^\s"'<>(),;:=/?&] | (?<=\w)'(?=\w) )+
    )?
    (?: [@\uff20\ufe6b] | %(?:25)*(?: 40 | EF%(?:25)*BC%(?:25)*A0 | EF%(?:25)*B9%(?:25)*AB )
      | &(?: \#0*64 | \#x0*40 | commat ); | \\u(?: 0040 | ff20 | fe6b )
    ) [^\s"'<>(),;:/?&]*
    | \bpat(?: - | %(?:25)*2d ) (?: [A-Za-z0-9-] | %(?:25)*2d ){8,}
    | (?: (?<=\bBearer[ ]) | (?<=\bBearer%20) | (?<=\bBearer[+]) ) \S{8,}
"""


def redact(text: str) -> str:
    """The text, with anything that looks like an address or a token left out."""
    return _personal().sub("<redacted>", text)


def token_of(response: "Response | None") -> str:
    """The token of the request that the reply is to, or nothing."""
    try:
        sent = str(response.request.headers.get("authorization", "")) if response is not None else ""
    except RuntimeError:  # a reply that no request led to, as tests make them
        sent = ""
    return sent.partition(" ")[2]


def without_token(text: str, token: str) -> str:
    """The text without this token, plain or percent-encoded: OAuth tokens have no form of their own."""
    if not token or len(text) < len(token):
        return text
    spelled = "".join(f"(?:{re.escape(character)}|%(?:25)*{ord(character):02x})" for character in token)
    return re.sub(rf"(?<!\w){spelled}(?!\w)", "<redacted>", text, flags=re.IGNORECASE)


def repeats_token(response: "Response") -> bool:
    """Whether a reply holds the token that it was asked with; not one so short that texts hold it by chance."""
    token = token_of(response)
    return len(token) >= _SHORTEST and token.encode() in response.content


_SHORTEST: Final = 20  # characters; HubSpot's tokens have from 40 on


# Control, format (also what turns the direction of writing), surrogate, private-use, unassigned, line ends.
_INVISIBLE: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """The text in one line, with escapes for what a terminal would act upon instead of showing it."""
    return "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character) in _INVISIBLE else character
        for character in text
    )
