"""Where requests go and who sends them: the base URL, the token; no log line shows an address."""

import logging
import ssl
from functools import cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from .._version import __version__
from ..errors import InvalidArgument, TransportError
from ..forks import held_off, hold_off
from ..privacy import redact

USER_AGENT = f"hubspot-preferences/{__version__}"


class _WithoutAddresses(logging.Filter):
    """The path of this API holds an address, and a server may repeat address and token wherever it likes.

    httpx logs every URL and reason phrase at INFO, httpcore the heads of replies at DEBUG.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(str(record.msg).partition(" return_value=")[0])
        if isinstance(record.args, tuple):
            if record.msg.endswith(_REASON):
                record.msg, record.args = record.msg.removesuffix(_REASON) + '"', record.args[:-1]
            record.args = tuple(arg if isinstance(arg, int) else redact(str(arg)) for arg in record.args)
        return True


_REASON = ' %s"'  # at the end of httpx's line: words of the server's, that nobody needs


for _client, _core in (("httpx", "httpcore"), ("httpx2", "httpcore2")):
    for _logger in (_client, f"{_core}.http11", f"{_core}.http2", f"{_core}.proxy"):
        logging.getLogger(_logger).addFilter(_WithoutAddresses())

hold_off()


# Stands for ssl_context() until a connection is encrypted, and trusts nobody.
LATER: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@cache
def ssl_context() -> ssl.SSLContext:
    """Whom this machine trusts; reading it takes as long as several requests: once, when it is needed.

    Raises TransportError where SSL_CERT_FILE or SSL_CERT_DIR name what cannot be read.
    """
    with held_off:
        try:
            context = httpx.create_ssl_context()
        except OSError as error:
            raise TransportError(
                f"the certificates cannot be read: {error}", uncertain=False, passing=False
            ) from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def base_url(text: str) -> str:
    """The base URL without a trailing slash. https, or http to this machine; else InvalidArgument."""
    if not isinstance(text, str):
        raise InvalidArgument("base_url: must be a string")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
        host.encode("idna")
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


def proxy_is_here() -> bool:
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
