"""What a client is made from, checked, and what the blocking and the awaited one share."""

import os
from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec, Self, TypeAlias, TypeVar

from . import arguments, versions
from .engine import Exchange, Op
from .errors import InvalidArgument
from .limits import Limiter
from .operations import Session
from .retry import Retry
from .versions import Version, VersionLike

P = ParamSpec("P")
T = TypeVar("T")
Operation: TypeAlias = Callable[Concatenate[Session, P], Op[T]]

TOKEN_VARIABLE: Final = "HUBSPOT_ACCESS_TOKEN"  # noqa: S105  # the name of a variable
BASE_URL: Final = "https://api.hubapi.com"
_LONGEST_TIMEOUT: Final = 2**31 / 1000  # seconds; sockets count milliseconds in 32 bits
NEW_LIMITER: Final = Limiter()  # stands in the signature for "a new one for each client"


class Client:
    """What both clients share: their settings, and what they show of themselves."""

    _session: Session
    _base_url: str

    @property
    def version(self) -> Version:
        """The API version in use: its name, its dates, its state today."""
        return self._session.version

    def with_version(self, version: VersionLike) -> Self:
        """The same client on another API version: it shares connections, limiter and retry. It has no shadow.

        Closing the original closes both. Raises InvalidArgument for an unknown version; warns as
        the constructor does.
        """
        other = object.__new__(type(self))
        session = Session(versions.version(version), self._session.exchange, self._session.types)
        other.__dict__ |= {**self.__dict__, "_session": session, "_owner": False, "_shadow": None}
        versions.warn_of_end(other.version, stacklevel=2)
        return other

    def __repr__(self) -> str:
        return f"<{type(self).__name__} version={self.version.name!r} base_url={self._base_url!r}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"{type(self).__name__} holds connections and a token, and cannot be pickled or copied")


def transport_settings(
    token: str | None, base_url: str, timeout: float | None, concurrency: int
) -> dict[str, Any]:
    """What a transport is made from, checked. Raises InvalidArgument."""
    from . import transport

    given = os.environ.get(TOKEN_VARIABLE) if token is None else token
    if given is None:
        raise InvalidArgument(f"token: none was given, and {TOKEN_VARIABLE} is not set")
    try:
        headers = transport.bearer(given)
    except InvalidArgument as error:
        source = f" (from {TOKEN_VARIABLE})" if token is None else ""
        raise InvalidArgument(f"{error}{source}") from None
    if timeout is not None and (
        isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < _LONGEST_TIMEOUT
    ):
        raise InvalidArgument("timeout: must be a positive number of seconds, or None for no limit")
    return {
        "url": transport.base_url(base_url),
        "headers": headers,
        "timeout": timeout,
        "concurrency": arguments.integer(concurrency, "concurrency", least=1),
    }


def session(version: VersionLike, retry: Retry | None, limiter: Limiter | None) -> Session:
    """What operations need. Raises InvalidArgument for an unknown version."""
    return Session(
        versions.version(version),
        Exchange(retry=retry, limiter=Limiter() if limiter is NEW_LIMITER else limiter),
    )
