"""The only module that imports httpx: one connection pool, one request, one reply or a TransportError."""

import logging
import os
import socket
import ssl
import threading
from contextlib import suppress
from functools import cache
from ipaddress import ip_address
from math import inf
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx
from httpx import AsyncClient as AsyncHttpClient
from httpx import Client as HttpClient
from httpx import Response as Response

from ._version import __version__
from .errors import InvalidArgument, TimedOut, TransportError
from .privacy import redact

__all__ = [
    "AsyncHttpClient",
    "AsyncTransport",
    "HttpClient",
    "Response",
    "SeverableTransport",
    "Transport",
    "base_url",
    "bearer",
]


USER_AGENT = f"hubspot-preferences/{__version__}"


class _WithoutAddresses(logging.Filter):
    """The path of this API holds an address: httpx logs every URL at INFO, httpcore a redirect's at DEBUG."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(redact(str(arg)) if isinstance(arg, httpx.URL) else arg for arg in record.args)
        record.msg = redact(str(record.msg))
        return True


for _logger in ("httpx", "httpcore.http11", "httpcore.http2", "httpcore.proxy"):
    logging.getLogger(_logger).addFilter(_WithoutAddresses())


@cache
def _ssl_context() -> ssl.SSLContext:
    """Building one takes longer than a request: one serves every client of the process."""
    return httpx.create_ssl_context()


def base_url(text: str) -> str:
    """The base URL without a trailing slash. https, or http to this machine; else InvalidArgument."""
    if not isinstance(text, str):
        raise InvalidArgument("base_url: must be a string")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidArgument("base_url: is not a URL") from None
    if any(ord(character) <= 32 or ord(character) == 127 for character in text):
        raise InvalidArgument("base_url: holds white space or a control character")
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidArgument("base_url: must start with https:// and name a host")
    if parts.scheme == "http" and not _loopback(host):
        raise InvalidArgument("base_url: must be https, or the token travels in the clear (http only to loopback)")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InvalidArgument("base_url: must hold neither credentials nor query nor fragment")
    return text.rstrip("/")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _proxy_is_here() -> bool:
    """Whether a proxy for http, if the environment names one, is on this machine: else it would see the token."""
    proxies = getproxies()
    proxy = proxies.get("http") or proxies.get("all") or "http://localhost"
    try:
        return _loopback(urlsplit(proxy if "://" in proxy else f"http://{proxy}").hostname or "")
    except ValueError:
        return False


def bearer(token: str) -> dict[str, str]:
    """The headers of every request. Raises InvalidArgument for what cannot be a token."""
    if not isinstance(token, str) or not token:
        raise InvalidArgument("token: must be a text that is not empty")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise InvalidArgument("token: holds white space, a line break or another character that no token has")
    return {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": USER_AGENT}


def _translated(error: httpx.HTTPError | httpx.InvalidURL) -> TransportError | InvalidArgument:
    """Our exception for httpx's, its request left behind; also where a hook of a caller's client refuses."""
    kind = type(error).__name__
    if isinstance(error, httpx.InvalidURL):  # an address or a path of more than 65,536 characters
        return InvalidArgument(f"the URL cannot be sent: {redact(str(error))}")
    text = redact(str(error))
    message = f"{kind}: {text}" if text else kind
    unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    if isinstance(error, httpx.TimeoutException):
        return TimedOut(message, uncertain=not unsent)
    passing = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
    return TransportError(message, uncertain=not unsent, passing=passing)


class _Common:
    """What both transports share: where requests go, with which headers, how long they may take."""

    def __init__(self, *, url: str, headers: dict[str, str], timeout: float | None, concurrency: int) -> None:
        self.url = url
        self.concurrency = concurrency
        self._headers = headers
        self._timeout = timeout

    def _settings(self) -> dict[str, Any]:
        """For a client of our own; a caller's own client is used as it is."""
        limits = httpx.Limits(max_connections=self.concurrency, max_keepalive_connections=self.concurrency)
        return {
            "verify": _ssl_context(),
            "timeout": self._timeout,
            "limits": limits,
            "trust_env": self.url.startswith("https:") or _proxy_is_here(),
        }

    def _request(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Absolute URL, and our headers: a caller may change any but the token, which is for this host alone."""
        headers: Any = self._headers
        if given := kwargs.get("headers"):
            headers = httpx.Headers(self._headers)
            headers.update(given)
            headers["Authorization"] = self._headers["Authorization"]
        return {**kwargs, "url": self.url + kwargs["url"], "headers": headers}


class Transport(_Common):
    """Blocking requests through one httpx.Client, at most `concurrency` at a time."""

    def __init__(self, client: httpx.Client | None, **common: Any) -> None:
        super().__init__(**common)
        if isinstance(client, httpx.AsyncClient):
            raise InvalidArgument("http_client: must be an httpx.Client; an AsyncClient is for AsyncPreferences")
        self._own = client is None
        self._client = client or httpx.Client(**self._settings())
        self._slots = threading.BoundedSemaphore(self.concurrency)
        self._process = os.getpid()

    @property
    def closed(self) -> bool:
        """Whether the pool is closed."""
        return self._client.is_closed

    def send(self, kwargs: dict[str, Any], until: float = inf) -> Response:  # noqa: ARG002
        """One request, one reply of any status, or TransportError."""
        if self._process != os.getpid():
            self._after_fork()
        with self._slots:
            try:
                request = self._client.build_request(**self._request(kwargs))
                return self._client.send(request, follow_redirects=False)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                failure = _translated(error)
        raise failure  # outside of `except`: the httpx error holds the request, and so the token

    def _after_fork(self) -> None:
        """A forked process must not share its parent's sockets: it would read replies about somebody else."""
        if self._own and not self._client.is_closed:
            self._inherited = self._client  # neither closed nor collected: a lock in it may be held for ever
            self._client = httpx.Client(**self._settings())
        self._slots = threading.BoundedSemaphore(self.concurrency)
        self._process = os.getpid()

    def close(self) -> None:
        """Close the pool, unless it is the caller's."""
        if self._own:
            self._client.close()


class SeverableTransport(Transport):
    """A transport of one connection whose wait for a reply another thread can end."""

    def __init__(self, **common: Any) -> None:
        super().__init__(None, **common)
        self._stream: Any = None
        self._severed = False

    def send(self, kwargs: dict[str, Any], until: float = inf) -> Response:
        """One request, one reply of any status, or TransportError."""
        return super().send({**kwargs, "extensions": {"trace": self._trace}}, until)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]
            if self._severed:
                self.sever()

    def sever(self) -> None:
        """End the wait for a reply, now and for good: the request fails as one whose connection was lost."""
        self._severed = True
        opened = self._stream and self._stream.get_extra_info("socket")
        if isinstance(opened, socket.socket):
            with suppress(OSError):  # it is closed already
                # Neither close, after which the number may be somebody else's socket while a thread still reads
                # it, nor SSLSocket.shutdown, which changes what that thread is using.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)


class AsyncTransport(_Common):
    """The same through one httpx.AsyncClient."""

    def __init__(self, client: httpx.AsyncClient | None, **common: Any) -> None:
        import asyncio

        super().__init__(**common)
        if isinstance(client, httpx.Client):
            raise InvalidArgument("http_client: must be an httpx.AsyncClient; a Client is for Preferences")
        self._own = client is None
        self._client = client or httpx.AsyncClient(**self._settings())
        self._slots = asyncio.Semaphore(self.concurrency)

    @property
    def closed(self) -> bool:
        """Whether the pool is closed."""
        return self._client.is_closed

    async def send(self, kwargs: dict[str, Any], until: float = inf) -> Response:  # noqa: ARG002
        """One request, one reply of any status, or TransportError."""
        async with self._slots:
            try:
                request = self._client.build_request(**self._request(kwargs))
                return await self._client.send(request, follow_redirects=False)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                failure = _translated(error)
        raise failure  # outside of `except`: the httpx error holds the request, and so the token

    async def aclose(self) -> None:
        """Close the pool, unless it is the caller's."""
        if self._own:
            await self._client.aclose()
