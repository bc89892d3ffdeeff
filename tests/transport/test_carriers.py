"""What carries the bytes: which library it is, TLS over each, and clients of a caller's own."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
from tests.test_transport import TOKEN, check_discreet, shown
from tests.transport.carriers import script
from tests.transport.test_spares import NOBODY, emails, truth

from hubspot_preferences import (
    AsyncPreferences,
    InvalidArgument,
    Preferences,
    Retry,
    TimedOut,
    TransportError,
)
from hubspot_preferences.sandbox import Fault
from hubspot_preferences.transport import awaited, blocking, origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Connect
    from tests.transport.carriers import Keep

    from hubspot_preferences.sandbox import Sandbox

JANE = "jane@example.com"
PERSON = "leaky.person+tag@example.com"


# Which it is


def test_the_carrier_is_what_is_installed(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    """Aiohttp where it is there, httpcore else, as the repr says; a caller's own client is neither."""
    if pytestconfig.getoption("--carrier"):
        pytest.skip("one was chosen")
    assert "transport='aiohttp'" in repr(AsyncPreferences("demo"))
    assert "transport='httpcore'" in repr(Preferences("demo"))
    with httpx.Client() as own:
        assert "transport='http_client'" in repr(Preferences("demo", http_client=own))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "transport='httpcore'" in repr(AsyncPreferences("demo"))


def test_aiohttp_is_imported_with_the_first_request(box: Sandbox) -> None:
    """Neither the package nor a client that is never used pays for it."""
    text = """
import sys
def there():
    return [name for name in ("httpx_aiohttp", "aiohttp") if name in sys.modules]
import hubspot_preferences
client = hubspot_preferences.AsyncPreferences("demo", base_url=sys.argv[1])
assert [] == there(), there()
import asyncio
assert asyncio.run(client.opt_outs("opted-out@example.com"))
assert ["httpx_aiohttp", "aiohttp"] == there(), there()
"""
    with script(text, box.url) as process:
        assert ("", "") == process.communicate(timeout=50)


@pytest.mark.parametrize("carrier", ["httpcore", "aiohttp"])
def test_a_proxy_that_only_httpcore_can_use(monkeypatch: pytest.MonkeyPatch, carrier: str) -> None:
    """For SOCKS httpcore needs another package, and says so, whatever carries the rest."""
    monkeypatch.setattr(awaited, "carrier", lambda: carrier)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(ImportError, match="socksio"):
        Preferences("demo", base_url="http://127.0.0.1:9")
    client = AsyncPreferences("demo", base_url="http://127.0.0.1:9", retry=None)
    with pytest.raises(ImportError, match="socksio"):
        asyncio.run(client.definitions())


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for this machine, in one file."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("openssl makes the certificate")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    out = ["-keyout", str(path), "-out", str(path.with_suffix(".crt")), "-days", "2"]
    subprocess.run([*command, *names, *out], check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """What a server needs of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def _trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment names it as one to be trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    origin.ssl_context.cache_clear()
    yield
    origin.ssl_context.cache_clear()


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_over_tls_as_well_no_answer_is_another_ones(
    connect: Connect, keep: Keep, tls: ssl.SSLContext, host: str
) -> None:
    """The connection is kept; one that is out of step is not."""
    server = keep(lambda request: [truth(request), *[NOBODY] * (b"odd" in request)], tls)
    client = connect(base_url=server.url.replace("127.0.0.1", host))
    for email in emails(10):
        assert email.startswith("out") == bool(client.opt_outs(email))
        assert server.said.acquire(timeout=20)
    assert 1 == len(server.connections)
    for email in emails(10):
        assert email.startswith("out") == bool(client.opt_outs(f"{email}.odd"))
        assert server.said.acquire(timeout=20)  # the spare reply too
    assert 10 == len(server.connections)


def test_a_certificate_that_nobody_vouches_for(connect: Connect, keep: Keep, tls: ssl.SSLContext) -> None:
    """Nothing is sent, and the error is certain."""
    server = keep(truth, tls)
    with pytest.raises(TransportError, match=r"CERTIFICATE_VERIFY_FAILED|certificate verify failed") as caught:
        connect(base_url=server.url, token=TOKEN).unsubscribe_all(PERSON)
    assert not caught.value.uncertain
    check_discreet(shown(caught.value))
    assert [] == server.requests


def test_certificates_that_cannot_be_read(
    connect: Connect, keep: Keep, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call says so, before anything is opened; who needs none is not concerned."""
    monkeypatch.setenv("SSL_CERT_FILE", "no-such.pem")
    origin.ssl_context.cache_clear()
    server = keep(truth, tls)
    with pytest.raises(TransportError, match=r"^the certificates cannot be read: .*No such file") as caught:
        connect(base_url=server.url, retry=Retry()).unsubscribe_all(PERSON)
    assert (False, False) == (caught.value.uncertain, caught.value.passing)
    assert [] == server.connections
    assert connect().opt_outs("opted-out@example.com")


# A caller's own client


@pytest.fixture
def own2(connect: Connect) -> Iterator[Any]:
    """A client of httpx2, as a caller may bring one."""
    if connect.blocking:
        with httpx2.Client(timeout=0.5) as client:
            yield client
    else:
        other = httpx2.AsyncClient(timeout=0.5)
        yield other
        connect.portal.call(other.aclose)


def test_a_client_of_httpx2_serves_as_well(box: Sandbox, connect: Connect, own2: Any) -> None:
    """The fork of httpx has the same interface."""
    client = connect(http_client=own2)
    assert client.opt_outs("opted-out@example.com")
    assert "UNSUBSCRIBED" == client.unsubscribe(JANE, 7001).state
    assert ["applied"] * 3 == [row.state for row in client.batch.statuses([JANE, "a@b.c", "c@d.e"], chunk_size=1)]
    assert 200 == client.request("GET", "/communication-preferences/2026-03/definitions").status_code


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(delay=5), TimedOut),
        (Fault(disconnect="before"), TransportError),
        (Fault(disconnect="body"), TransportError),
    ],
)
def test_errors_of_httpx2_are_translated(
    box: Sandbox, connect: Connect, own2: Any, fault: Fault, error: type[TransportError]
) -> None:
    """They are ours, uncertain, without token and address."""
    client = connect(http_client=own2)
    with box.faults(fault), pytest.raises(TransportError) as caught:
        client.unsubscribe(PERSON, 7001)
    assert error is type(caught.value)
    assert caught.value.uncertain
    check_discreet(shown(caught.value))
    with pytest.raises(InvalidArgument, match="the URL cannot be sent"):
        client.request("GET", "/" + "a" * 70_000)


@pytest.mark.parametrize("own", [object(), httpx.MockTransport(lambda _: httpx.Response(200)), "httpx.Client"])
def test_what_is_no_client_is_refused(connect: Connect, own: Any) -> None:
    """And so is one of the other kind; the message says which there are."""
    with pytest.raises(InvalidArgument, match=r"^http_client: must be an httpx\.Client"):
        connect(http_client=own)
    other: Any = httpx2.AsyncClient if connect.blocking else httpx2.Client
    with pytest.raises(InvalidArgument, match=r"^http_client: must be an httpx\.Client"):
        connect(http_client=other())


def test_httpx_0_27_names_more_that_is_not_for_a_transport() -> None:
    """An ASGI or WSGI application, which callers' own clients may have."""
    limits = httpx.Limits(keepalive_expiry=5)
    with blocking._Client() as client:
        assert client.pools[0] is not client._init_transport(app=None, transport=None, verify=True, limits=limits)
        assert 2 == len(client.pools)
