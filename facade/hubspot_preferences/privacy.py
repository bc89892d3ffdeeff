"""What may not be seen: addresses and tokens in texts that people log, and what a terminal would act upon."""

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from httpx import Response

# An address, plain or percent-encoded, or a private app's token: never in a text that people log.
# It begins where its run of characters does, not within: otherwise a long text takes quadratic time.
_PERSONAL = re.compile(
    r"""
    (?: "[^"]{0,64}"
      | (?<![^\s"'<>(),;:=/?&]) (?<!\w') (?: [^\s"'<>(),;:=/?&] | (?<=\w)'(?=\w) )+
    )?
    (?: @ | %40 ) [^\s"'<>(),;:/?&]*
    | \bpat-[A-Za-z0-9-]{8,}
    | (?<=\bBearer[ ]) \S{8,}
    """,
    re.IGNORECASE | re.VERBOSE,
)


def redact(text: str) -> str:
    """The text, with anything that looks like an address or a token left out."""
    return _PERSONAL.sub("<redacted>", text)


def without_token(text: str, response: "Response | None") -> str:
    """The text without the token of the request that the reply is to: OAuth tokens have no form of their own."""
    try:
        sent = str(response.request.headers.get("authorization", "")) if response is not None else ""
    except RuntimeError:  # a reply that no request led to, as tests make them
        sent = ""
    token = sent.partition(" ")[2]
    return re.sub(rf"(?<!\w){re.escape(token)}(?!\w)", "<redacted>", text) if token else text


# Control, format (also what turns the direction of writing), surrogate, private-use, unassigned, line ends.
_INVISIBLE: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """The text in one line, with escapes for what a terminal would act upon instead of showing it."""
    return "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character) in _INVISIBLE else character
        for character in text
    )
