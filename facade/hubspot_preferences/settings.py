"""What a client is made from, checked, and what the blocking and the awaited one share."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, Self, TypeAlias, TypedDict, TypeVar, Unpack

from attrs import evolve

from . import arguments, versions
from .engine import Exchange, Op
from .errors import InvalidArgument
from .limits import Limiter
from .operations import Session
from .retry import Retry
from .versions import Version, VersionLike

if TYPE_CHECKING:
    from .transport.base import Common

P = ParamSpec("P")
T = TypeVar("T")
Operation: TypeAlias = Callable[Concatenate[Session, P], Op[T]]

TOKEN_VARIABLE: Final = "HUBSPOT_ACCESS_TOKEN"  # noqa: S105  # the name of a variable
BASE_URL: Final = "https://api.hubapi.com"
LARGEST_REPLY: Final = 64_000_000  # bytes; a batch of 100 with 1,000 rows each has half of that
NEW_LIMITER: Final = Limiter()  # stands in the signature for "a new one for each client"


class Options(TypedDict, total=False):
    """What with_options changes."""

    timeout: float | None
    retry: Retry | None
    deadline: float | None


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
        session = evolve(self._session, version=versions.version(version))
        versions.warn_of_end(session.version, stacklevel=2)
        return self._sharing(session, _shadow=None)

    def with_options(self, **options: Unpack[Options]) -> Self:
        """The same client with another timeout, retry or deadline, for a call or for many.

        timeout: seconds for each request, as in the constructor; also with your own http_client.
        retry, deadline: as in the constructor. What is left out stays as it is. It shares connections,
        limiter and shadow; closing the original closes both. Raises InvalidArgument.
        """
        if unknown := sorted(options.keys() - Options.__annotations__.keys()):
            raise TypeError(f"with_options() got an unexpected keyword argument {unknown[0]!r}")
        changes: dict[str, Any] = {}
        if "retry" in options:
            changes["retry"] = _retry(options["retry"])
        if "deadline" in options:
            changes["deadline"] = arguments.seconds(options["deadline"], "deadline")
        if "timeout" in options:
            changes["httpx_options"] = {"timeout": arguments.seconds(options["timeout"], "timeout")}
        return self._sharing(evolve(self._session, exchange=evolve(self._session.exchange, **changes)))

    def _sharing(self, session: Session, **changes: Any) -> Self:
        """A client on the same connections."""
        other = object.__new__(type(self))
        other.__dict__ |= {**self.__dict__, "_session": session, "_owner": False, **changes}
        return other

    def _begin(self) -> Session:
        """The session for one call: its deadline begins now."""
        exchange = self._session.exchange.of_call()
        return self._session if exchange is self._session.exchange else evolve(self._session, exchange=exchange)

    def __repr__(self) -> str:
        pool: Common | None = self.__dict__.get("_pool")
        if pool is None:
            return f"<{type(self).__name__} that was not made>"
        shown = {"version": self.version.name, "base_url": self._base_url, "transport": pool.name}
        return f"<{type(self).__name__} {' '.join(f'{name}={value!r}' for name, value in shown.items())}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"{type(self).__name__} holds connections and a token, and cannot be pickled or copied")


def transport_settings(
    token: str | None, base_url: str, timeout: float | None, concurrency: int, max_reply_bytes: int
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
    return {
        "url": transport.base_url(base_url),
        "headers": headers,
        "timeout": arguments.seconds(timeout, "timeout"),
        "concurrency": arguments.integer(concurrency, "concurrency", least=1),
        "max_reply_bytes": arguments.integer(max_reply_bytes, "max_reply_bytes", least=1),
    }


def session(version: VersionLike, retry: Retry | None, limiter: Limiter | None, deadline: float | None) -> Session:
    """What operations need. Raises InvalidArgument for what cannot be used."""
    if not isinstance(limiter, Limiter | None):
        raise InvalidArgument(f"limiter: must be a Limiter or None, not {type(limiter).__name__}")
    exchange = Exchange(
        retry=_retry(retry),
        limiter=Limiter() if limiter is NEW_LIMITER else limiter,
        deadline=arguments.seconds(deadline, "deadline"),
    )
    return Session(versions.version(version), exchange)


def _retry(value: object) -> Retry | None:
    if not isinstance(value, Retry | None):
        raise InvalidArgument(f"retry: must be a Retry or None, not {type(value).__name__}")
    return value
