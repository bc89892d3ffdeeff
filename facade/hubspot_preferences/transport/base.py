"""What both transports share: what is sent, how much of a reply is read, what errors mean."""

import encodings.idna  # noqa: F401  # getaddrinfo would import it, and a fork in between find it half done
import os
import select
import sys
import time
import zlib
from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any, Final, Protocol

import httpx

from ..errors import InvalidArgument, TimedOut, TransportError
from ..privacy import redact, without_token
from .origin import LATER, proxy_is_here, ssl_context

ENCODINGS: Final = "gzip, deflate"
FORKED: Final = "http_client: its connections are those of the parent process: make a client in the forked one"

# What a forked process got from its parent is neither closed there nor collected: a lock in it may be held for
# ever, and whatever is done with a socket, or with a loop's selector, is done with the parent's.
INHERITED: Final[list[Any]] = []


def carried_by_us(settings: dict[str, Any]) -> dict[str, Any]:
    """What httpx makes a transport from, without the callers' own; httpx 0.27 knows two kinds of those."""
    return {name: value for name, value in settings.items() if name not in ("transport", "app")}


class Entering(Protocol):
    """Who becomes one of the requests under way: when to give up, and what makes room again, once entered."""

    until: float
    leave: Callable[[], object]


class Question:
    """A request under way: whether anything of it has been sent."""

    sent = False


# That of the task that runs.
QUESTION: ContextVar[Question] = ContextVar("hubspot_preferences_question")


def left(until: float) -> float:
    """Seconds until a moment of time.monotonic()."""
    return until - time.monotonic()


def late(uncertain: bool) -> TimedOut:
    """The error for what took longer than it may."""
    return TimedOut("the reply was not there in time", uncertain=uncertain)


def is_address(host: str) -> bool:
    """Whether nobody has to be asked where a host is."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def readable(opened: Any) -> bool:
    """Whether something has arrived on a socket, or its end has come."""
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([opened], [], [], 0)[0])
    poll = select.poll()
    poll.register(opened, select.POLLIN)
    return bool(poll.poll(0))


class Bounded:
    """Decodes the body of a reply, as far as it may be read."""

    def __init__(self, encoding: str, most: int, until: float) -> None:
        self._most, self._left, self._until = most, most, until
        # An encoding that was not asked for, or several, is left as it is, and read by nobody: it could make
        # gigabytes of every piece.
        window = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
        wbits = window.get(encoding.strip().lower())
        self._inflater = None if wbits is None else zlib.decompressobj(wbits)

    def decode(self, data: bytes) -> bytes:
        """A piece of the body. Raises TransportError."""
        if left(self._until) < 0:
            raise late(uncertain=True)
        if self._inflater is not None:
            try:
                data = self._inflater.decompress(data, self._left + 1)
            except zlib.error as error:
                raise TransportError(f"the reply cannot be decompressed: {error}", passing=False) from None
        self._left -= len(data)
        if self._left < 0:
            raise TransportError(f"the reply is larger than max_reply_bytes, {self._most:,}", passing=False)
        return data


class Common:
    """Where requests go, with which headers, how large replies may be, and whose client carries them.

    timeout: seconds for each step of an exchange. `until`, for all of it, is a moment of time.monotonic().
    """

    def __init__(
        self,
        client: Any,
        kind: str,
        carrier: str,
        *,
        url: str,
        headers: dict[str, str],
        timeout: float | None,
        concurrency: int,
        max_reply_bytes: int,
    ) -> None:
        self.url = url
        self._secure = url.startswith("https:")
        self.concurrency = concurrency
        self._headers = httpx.Headers({"Accept-Encoding": ENCODINGS, "Connection": "keep-alive", **headers})
        self._timeout = timeout
        self._timeouts = httpx.Timeout(timeout).as_dict()
        self._most = max_reply_bytes
        self._process = os.getpid()
        self._http: Any = _interface(client, kind)
        self._own = client is None
        self.name: str = carrier if self._own else "http_client"

    def _settings(self) -> dict[str, Any]:
        """For a client of our own; a caller's own client is used as it is."""
        return {
            "verify": LATER,
            "timeout": self._timeout,
            "limits": httpx.Limits(max_connections=self.concurrency, max_keepalive_connections=self.concurrency),
            "trust_env": self._secure or proxy_is_here(),
        }

    def _build(self, client: Any, kwargs: dict[str, Any], until: float) -> Any:
        """The request: absolute URL, and our headers, of which a caller may change any but the token."""
        headers: Any = self._headers
        if given := kwargs.get("headers"):
            headers = httpx.Headers(headers)
            headers.update(given)
            headers["Authorization"] = self._headers["Authorization"]  # for this host alone
        kwargs = {**kwargs, "url": self.url + kwargs["url"], "headers": headers}
        if self._own:
            if self._secure:
                ssl_context()  # nothing is open yet, should it fail
            # Without what a client would merge into it: there is nothing, and it takes a while.
            timeout = httpx.Timeout(kwargs.pop("timeout")).as_dict() if "timeout" in kwargs else self._timeouts
            request: Any = httpx.Request(**kwargs)
            if not given:
                request.headers.encoding = "ascii"  # as the token is; found out for each use of each header else
        else:
            request = client.build_request(**kwargs)
            seconds = max(left(until), 0.001)
            timeout = {
                name: seconds if value is None else min(value, seconds)
                for name, value in request.extensions["timeout"].items()
            }
        request.extensions |= {"timeout": timeout, "until": until}
        return request

    def _bounded(self, reply: Any, until: float, client: Any) -> "Bounded | None":
        """What reads its body, no more of it than is allowed and no longer; None where a hook has read it already.

        Whoever doubts the reply may close the pool.
        """
        if self._own:
            reply.extensions["renew"] = client.renew
        return None if reply.is_closed else Bounded(reply.headers.get("content-encoding", ""), self._most, until)

    def _translated(self, error: Exception) -> TransportError | InvalidArgument:
        """Our exception for one of httpx's, its request left behind; also where a hook of a caller's refuses."""
        http = self._http
        text = without_token(redact(str(error)), self._headers["authorization"].partition(" ")[2])
        if isinstance(error, http.InvalidURL):  # an address or a path of more than 65,536 characters
            return InvalidArgument(f"the URL cannot be sent: {text}")
        message = f"{type(error).__name__}: {text}" if text else type(error).__name__
        unsent = isinstance(error, http.ConnectError | http.ConnectTimeout | http.PoolTimeout)
        if isinstance(error, http.TimeoutException):
            return TimedOut(message, uncertain=not unsent)
        passing = isinstance(error, http.NetworkError | http.RemoteProtocolError)
        return TransportError(message, uncertain=not unsent, passing=passing)


def _interface(client: Any, kind: str) -> Any:
    """httpx, or httpx2 where the client is one of its own. Raises InvalidArgument for anything else."""
    for http in (httpx, sys.modules.get("httpx2")):
        if client is None or isinstance(client, getattr(http, kind, ())):
            return http
    raise InvalidArgument(
        "http_client: must be an httpx.Client for Preferences, an httpx.AsyncClient for AsyncPreferences"
    )
