"""The account's subscription types, remembered for a while: their ids by name, and their brands."""

from . import consent
from .errors import UnknownSubscription
from .models import Definition
from .privacy import redact

KEPT = 30.0  # seconds: reading them for each address would double the calls
LOOKED_AGAIN = 1.0  # seconds before a name that is not among them makes for another look


class SubscriptionTypes:
    """What was read of them last, and when, on the clock that waits are measured by."""

    def __init__(self) -> None:
        self.read_at: float = float("-inf")
        self.ids: dict[str, list[int]] = {}  # by name
        self.definitions: tuple[Definition, ...] = ()

    @property
    def brands(self) -> frozenset[int]:
        """The brands that they are of. Raises UnreadableReply where one names a brand that cannot be."""
        return consent.brands_of(self.definitions)

    def remember(self, definitions: tuple[Definition, ...], now: float) -> None:
        """Take them in."""
        in_use: dict[str, list[int]] = {}
        archived: dict[str, list[int]] = {}
        for definition in dict.fromkeys(definitions):  # the same row again is no namesake
            named = archived if definition.is_active is False else in_use
            named.setdefault(definition.name or "", []).append(definition.id)
        self.ids = archived | in_use  # an archived type may have left its name to another
        self.definitions, self.read_at = definitions, now

    def id_of(self, name: str) -> int:
        """The id of the type with this name. Raises UnknownSubscription, with the candidates."""
        ids = self.ids.get(name, [])
        if len(ids) == 1:
            return ids[0]
        if ids:
            raise UnknownSubscription(f"{name!r} is the name of several subscription types: use one of {ids}")
        names = ", ".join(repr(other) for other in sorted(self.ids) if other)
        # Arguments in the wrong order make an address of the name.
        raise UnknownSubscription(redact(f"no subscription type is named {name!r}; there are {names or 'none'}"))
