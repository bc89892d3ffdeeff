"""What may be sent: every argument is checked here before anything leaves the process.

Each function returns the checked value or raises InvalidArgument. A message starts with the name of
the argument and never holds an address.
"""

import unicodedata
from collections.abc import Iterable
from typing import TypeVar

from .errors import InvalidArgument, PreferencesError
from .models import Channel, LegalBasis, OpenStrEnum, SubscriptionState

E = TypeVar("E", bound=OpenStrEnum)
T = TypeVar("T")

# Control, format, surrogate, private-use, unassigned; separators of lines, paragraphs and words.
_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
_BIGGEST_ID = 2**63 - 1  # HubSpot's ids are int64
_LONGEST_WAIT = 2**31 / 1000  # seconds; sockets count milliseconds in 32 bits


def email(value: object, name: str = "email") -> str:
    """An address that names one subscriber and stays one path segment."""
    if not isinstance(value, str):
        raise InvalidArgument(f"{name}: must be a string, not {type(value).__name__}")
    if not value:
        raise InvalidArgument(f"{name}: is empty")
    if any(unicodedata.category(character) in _FORBIDDEN for character in value):
        raise InvalidArgument(f"{name}: holds white space, a line break or a control character")
    local, at, domain = value.rpartition("@")
    if not (local and at and domain):
        raise InvalidArgument(f"{name}: is not an e-mail address (something@domain)")
    return value


def member(enum: type[E], value: object, name: str) -> E:
    """A value of the enum that this library knows: what is sent is strict, what is read is not."""
    if isinstance(value, str) and value in enum.__members__:
        return enum(str(value))
    shown = repr(value) if isinstance(value, str) and value.isidentifier() else type(value).__name__
    raise InvalidArgument(f"{name}: {shown} is not one of {', '.join(enum.__members__)}")


def channel(value: object, name: str = "channel") -> Channel:
    """A channel of communication."""
    return member(Channel, value, name)


def state(value: object, name: str = "state") -> SubscriptionState:
    """A state to set."""
    return member(SubscriptionState, value, name)


def legal_basis(value: object, name: str = "legal_basis") -> LegalBasis | None:
    """A legal basis, or None."""
    return None if value is None else member(LegalBasis, value, name)


def text(value: object, name: str) -> str | None:
    """A text that is not blank, or None."""
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgument(f"{name}: must be a text that is not blank, or None")
    if any(unicodedata.category(character) == "Cs" for character in value):
        raise InvalidArgument(f"{name}: holds half of a surrogate pair, which cannot be sent")
    return value


def integer(value: object, name: str, *, least: int = 0) -> int:
    """An id: an integer of at least `least`, within int64. A bool is none."""
    if type(value) is not int:
        raise InvalidArgument(f"{name}: must be an integer, not {type(value).__name__}")
    if not least <= value <= _BIGGEST_ID:
        raise InvalidArgument(f"{name}: must be between {least} and {_BIGGEST_ID}")
    return value


def business_unit_id(value: object) -> int | None:
    """A brand's id (0 is the default brand), or None."""
    return None if value is None else integer(value, "business_unit_id")


def subscription(value: object, name: str = "subscription") -> int | str:
    """A subscription type: its id, also as the string that definitions carry, or its name."""
    if isinstance(value, str):
        if value.isascii() and value.isdigit():
            return integer(int(value.lstrip("0")[:20] or "0"), name, least=1)  # 20 digits are too big already
        if not value.strip():
            raise InvalidArgument(f"{name}: is empty")
        return value
    return integer(value, name, least=1)


def source(values: T, name: str, kinds: type | tuple[type, ...]) -> T:
    """Something that inputs can be read from. A single string is refused: it would be read letter by letter."""
    if isinstance(values, str | bytes) or not isinstance(values, kinds):
        raise InvalidArgument(f"{name}: must be a list, not {type(values).__name__}")
    return values


def several(values: Iterable[T], name: str) -> list[T]:
    """The inputs of a batch."""
    return list(source(values, name, Iterable))


def emails(values: Iterable[str], first: int = 0) -> tuple[list[str], list[str | PreferencesError]]:
    """The addresses of a batch as they were given, and each checked: what cannot be sent is its error instead.

    first: the place of the first of them, in a stream.
    """
    inputs = several(values, "emails")
    checked: list[str | PreferencesError] = []
    for place, value in enumerate(inputs, first):
        try:
            checked.append(email(value, f"emails[{place}]"))
        except InvalidArgument as error:
            checked.append(error)
    return inputs, checked


def seconds(value: object, name: str) -> float | None:
    """A time that a socket can wait, or None for no limit."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LONGEST_WAIT:
        raise InvalidArgument(f"{name}: must be a positive number of seconds, or None for no limit")
    return value


def flag(value: object, name: str) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise InvalidArgument(f"{name}: must be True or False, not {type(value).__name__}")
    return value
