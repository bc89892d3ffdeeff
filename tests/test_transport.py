"""The wire: redirects, proxies, broken connections, retries, odd addresses, interruptions; what is never shown."""

from __future__ import annotations

import asyncio
import gzip
import logging
import os
import signal
import socket
import threading
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from attrs import evolve
from tests.transport.carriers import script

from hubspot_preferences import (
    AccountLocked,
    APIError,
    AsyncPreferences,
    BadRequest,
    BatchFailed,
    Change,
    DailyLimitReached,
    Forbidden,
    InvalidArgument,
    Limiter,
    Preferences,
    PreferencesError,
    RateLimited,
    Retry,
    ServerError,
    TimedOut,
    TransportError,
    Unauthorized,
    UnreadableReply,
    WouldResubscribe,
)
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.settings import transport_settings
from hubspot_preferences.transport import SeverableTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Connect, Listen

NEWS = 7001
JANE = "jane@example.com"
TOKEN = "pat-na1-5ec4e7aa-0000-4000-8000-5ec4e7aabbbb"
PERSON = "leaky.person+tag@example.com"
SECRETS = ("5ec4e7", "leaky", "person+tag", "person%2Btag")
EMPTY: tuple[Any, ...] = (200, {"results": []})
NOWHERE = "http://127.0.0.1:9/communication-preferences/v4/statuses/"


def shown(error: BaseException) -> str:
    """All that a program shows of an error without asking it for more."""
    return "\n".join([str(error), repr(error), *traceback.format_exception(error)])


def check_discreet(text: str) -> None:
    """Neither token nor address, plain, encoded or in part."""
    assert [] == [secret for secret in SECRETS if secret in text.lower()]


@pytest.fixture(autouse=True)
def _discreet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does, no logger shows the token or the address at any level."""
    with caplog.at_level(logging.DEBUG):
        yield
    for record in caplog.get_records("call"):
        check_discreet(f"{record.getMessage()} {record.exc_text or ''}")


@pytest.fixture
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy but the test's own."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def _running_vault() -> Iterator[Sandbox]:
    """A sandbox with a token that looks like one; it takes any address."""
    with Sandbox(token=TOKEN, lenient=True) as vault:
        yield vault


@pytest.fixture
def vault(_running_vault: Sandbox) -> Sandbox:
    """The same, as at its start."""
    _running_vault.reset()
    return _running_vault


# What is never shown


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=400), BadRequest),
        (Fault(status=401), Unauthorized),
        (Fault(status=403), Forbidden),
        (Fault(status=418), APIError),
        (Fault(status=423), AccountLocked),
        (Fault(status=429), RateLimited),
        (Fault(status=429, policy="DAILY"), DailyLimitReached),
        (Fault(status=502), ServerError),
        (Fault(status=307, headers={"location": NOWHERE + PERSON}), APIError),
        (Fault(status=307, headers={"location": NOWHERE + "leaky.person%2Btag%40example.com"}), APIError),
        (Fault(status=400, body='{"message": "leaky.person+tag@example.com is not valid"}'), BadRequest),
        (Fault(status=400, body='{"message": "statuses/leaky.person%2Btag%40example.com"}'), BadRequest),
        (Fault(status=400, body='{"category": "leaky.person+tag@example.com"}'), BadRequest),
        (Fault(status=400, body='{"correlationId": "leaky.person+tag@example.com"}'), BadRequest),
        (Fault(status=401, body=f'{{"message": "the token {TOKEN} is not known"}}'), Unauthorized),
        (Fault(status=500, body="<p>leaky.person+tag@example.com</p>"), ServerError),
        (Fault(body="leaky.person+tag@example.com"), UnreadableReply),
        (Fault(body='["leaky.person+tag@example.com"]'), UnreadableReply),
        (Fault(body='{"results": ["leaky.person+tag@example.com"]}'), UnreadableReply),
        (Fault(body='{"results": [{"leaky.person+tag@example.com": 1}]}'), UnreadableReply),
        (Fault(envelope={"status": "PENDING"}), UnreadableReply),
        (Fault(rows="drop"), UnreadableReply),
        (Fault(fields={"status": "PAUSED", "subscriptionName": PERSON}), UnreadableReply),
        (Fault(disconnect="before"), TransportError),
        (Fault(disconnect="body"), TransportError),
        (Fault(delay=5), TimedOut),
    ],
)
def test_errors_show_neither_token_nor_address(
    vault: Sandbox, connect: Connect, fault: Fault, error: type
) -> None:
    """In no text of an error, and in none of what is logged on the way to it."""
    client = connect(base_url=vault.url, token=TOKEN, timeout=0.05 if fault.delay else 5)
    vault.fail(evolve(fault, times=None))
    with pytest.raises(PreferencesError) as caught:
        client.unsubscribe(PERSON, NEWS)
    assert error is type(caught.value)
    check_discreet(shown(caught.value))
    result = client.batch.write([Change(PERSON, NEWS, "UNSUBSCRIBED")])
    check_discreet(repr(list(result)) + repr(result))
    with pytest.raises(BatchFailed) as failed:
        result.raise_for_failures()
    check_discreet(shown(failed.value))
    check_discreet(repr(client.may_email(PERSON, NEWS)))
    check_discreet(repr(client) + repr(client.version) + repr(client._session) + repr(client._pool))


def test_success_shows_neither_token_nor_address(vault: Sandbox, connect: Connect) -> None:
    """The values that come back can be printed, and the requests logged."""
    client = connect(base_url=vault.url, token=TOKEN)
    check_discreet(repr(client.subscribe(PERSON, NEWS, legal_basis="NON_GDPR", legal_basis_explanation=PERSON)))
    check_discreet(repr(client.unsubscribe_all(PERSON, verbose=True)))
    check_discreet(repr(client.statuses(PERSON)) + repr(client.opt_outs(PERSON)) + repr(client.links(PERSON)))
    check_discreet(repr(client.batch.statuses([PERSON])[0]) + repr(Change(PERSON, NEWS, "SUBSCRIBED")))
    with pytest.raises(WouldResubscribe) as caught:
        client.subscribe(PERSON, NEWS)
    check_discreet(shown(caught.value))


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.statuses(PERSON + "\n"),
        lambda client: client.statuses(" " + PERSON),
        lambda client: client.set_status(PERSON, NEWS, PERSON),
        lambda client: client.set_status(PERSON, PERSON, "SUBSCRIBED"),
        lambda client: client.set_status(PERSON, NEWS, "SUBSCRIBED", legal_basis=PERSON),
        lambda client: client.statuses("a" * 70_000 + PERSON),
        lambda client: client.request("GET", f"/ {PERSON}"),
        lambda client: client.batch.statuses(PERSON),
        lambda client: client.links(PERSON, business_unit_id=PERSON),
    ],
)
def test_bad_arguments_are_not_shown(
    vault: Sandbox, connect: Connect, call: Callable[[Preferences], object]
) -> None:
    """What is refused before it is sent shows no address either."""
    with pytest.raises(PreferencesError) as caught:
        call(connect(base_url=vault.url, token=TOKEN))
    check_discreet(f"{caught.value} {caught.value!r}")


def test_the_logs_do_tell_of_requests(vault: Sandbox, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """What is hidden is the address, not the request: httpx's line is there."""
    connect(base_url=vault.url, token=TOKEN).statuses(PERSON)
    lines = [record.getMessage() for record in caplog.records if record.name == "httpx"]
    assert 1 == len(lines)
    assert lines[0].startswith(
        f"HTTP Request: GET {vault.url}/communication-preferences/2026-03/statuses/<redacted>"
    )


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("own", [False, True], ids=["", "own client"])
def test_a_redirect_is_refused(connect: Connect, listen: Listen, status: int, own: bool) -> None:
    """Not even a client of the caller's that follows redirects takes the token to another host."""
    elsewhere = listen(lambda _: EMPTY)
    server = listen(lambda _: (status, "", f"location: {elsewhere.url}/statuses/{PERSON}"))
    options: dict[str, Any] = {}
    if own:
        options["http_client"] = connect.own(follow_redirects=True)
    client = connect(base_url=server.url, retry=Retry(base=0), **options)
    for call in (lambda: client.statuses(JANE), lambda: client.unsubscribe(JANE, NEWS)):
        with pytest.raises(APIError, match="redirect") as caught:
            call()
        assert status == caught.value.status
    assert ["failed"] == [outcome.state for outcome in client.batch.unsubscribe_all([JANE])]
    assert 3 == len(server.requests)
    assert [] == elsewhere.requests


# Proxies and callers' own clients


def forward(request: bytes) -> bytes:
    """What a forward proxy does: the request, to the host that its first line names."""
    method, target, rest = request.split(b" ", 2)
    url = urlsplit(target.decode())
    with socket.create_connection((str(url.hostname), int(url.port or 80))) as upstream:
        path = url.path + (f"?{url.query}" if url.query else "")
        upstream.sendall(b" ".join([method, path.encode(), rest]).replace(b"keep-alive", b"close"))
        found = b""
        while more := upstream.recv(65536):
            found += more
    return found


@pytest.mark.usefixtures("_no_proxy")
@pytest.mark.parametrize("how", ["environment", "own client"])
def test_a_forward_proxy(
    box: Sandbox, connect: Connect, listen: Listen, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Everything goes through the proxy: the one of the environment, or that of the caller's own client."""
    proxy = listen(forward)
    options: dict[str, Any] = {}
    if how == "environment":
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
    else:
        options["http_client"] = connect.own(proxy=proxy.url)
    client = connect(**options)
    client.subscribe(PERSON, "Marketing Information")
    assert "SUBSCRIBED" == box.state(PERSON, NEWS)
    assert ["applied"] * 5 == [
        outcome.state for outcome in client.batch.statuses([f"{n}@example.com" for n in range(5)], chunk_size=1)
    ]
    assert len(box.log) == len(proxy.requests)
    assert {box.url.encode()} == {b"/".join(request.split(b" ")[1].split(b"/")[:3]) for request in proxy.requests}


@pytest.mark.usefixtures("_no_proxy")
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_the_token_goes_to_no_other_machine_in_the_clear(
    box: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Http is for this machine only: a proxy elsewhere is passed by."""
    monkeypatch.setenv(variable, "http://proxy.example.com:3128")
    connect().definitions()
    assert 1 == len(box.log)


@pytest.mark.usefixtures("_no_proxy")
def test_a_proxy_that_is_no_address(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not known to be here, so the token is not given to it."""
    monkeypatch.setenv("HTTP_PROXY", "http://[")
    assert () == connect().opt_outs("new@example.com")


@pytest.mark.usefixtures("_no_proxy")
def test_a_proxy_that_refuses(connect: Connect, listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused tunnel is no reply of HubSpot's; the proxy sees neither token nor path."""
    proxy = listen(lambda _: (407, "who are you?"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(TransportError, match="407") as caught:
        connect(base_url="https://api.hubapi.com", token=TOKEN).statuses(PERSON)
    check_discreet(shown(caught.value))
    assert proxy.requests[0].startswith(b"CONNECT api.hubapi.com:443 ")
    check_discreet(proxy.requests[0].decode())


def test_the_callers_own_client_is_used_as_it_is(connect: Connect, listen: Listen) -> None:
    """Its headers and parameters go along, its token does not; closing is the caller's affair."""
    server = listen(lambda _: EMPTY)
    settings: dict[str, Any] = {
        "headers": {"X-Mine": "yes", "authorization": "Bearer other"},
        "params": {"trace": "1"},
        "base_url": "https://elsewhere.example.com",
    }
    own = connect.own(**settings)
    client = connect(base_url=server.url, http_client=own)
    client.definitions()
    client.close()
    assert not own.is_closed
    client.definitions()
    head = server.requests[0].lower()
    assert b"x-mine: yes\r\n" in head
    assert b"trace=1" in head
    assert [b"authorization: bearer demo"] == [
        line for line in head.split(b"\r\n") if line.startswith(b"authorization")
    ]


def test_the_callers_own_client_keeps_its_timeout(box: Sandbox, connect: Connect) -> None:
    """`timeout` is for clients of ours."""
    own = connect.own(timeout=0.05)
    box.fail(Fault(delay=5))
    with pytest.raises(TimedOut):
        connect(http_client=own, timeout=60).statuses(JANE)


def test_a_hook_of_the_callers_own_client_may_refuse_replies(vault: Sandbox, connect: Connect) -> None:
    """raise_for_status in a hook is a habit: it is our exception, and a batch has outcomes."""

    def refuse(reply: httpx.Response) -> None:
        reply.raise_for_status()

    async def refuse_later(reply: httpx.Response) -> None:
        reply.raise_for_status()

    own = connect.own(event_hooks={"response": [refuse if connect.blocking else refuse_later]})
    client = connect(base_url=vault.url, token=TOKEN, http_client=own, concurrency=1)
    vault.fail(Fault(status=502, times=2, carried_out=True))
    with pytest.raises(TransportError, match="HTTPStatusError") as caught:
        client.unsubscribe(PERSON, NEWS)
    assert caught.value.uncertain
    check_discreet(shown(caught.value))
    result = client.batch.unsubscribe_all([PERSON, JANE], chunk_size=1)
    assert ["unknown", "applied"] == [outcome.state for outcome in result]


def test_a_client_of_the_wrong_kind_is_refused(connect: Connect) -> None:
    """A blocking client cannot be awaited, nor the other way round."""
    wrong: Any = (httpx.AsyncClient if connect.blocking else httpx.Client)()
    with pytest.raises(InvalidArgument, match=r"^http_client: "):
        connect(http_client=wrong)


# What comes back

BROKEN = [
    b"",
    b"\x00\xff\x00\xff\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-le",
    b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    b"HTTP/1.1 99 Low\r\n\r\n",
    b"HTTP/1.1 2000 High\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nx: \x00\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\ncontent-length: 5\r\n\r\nhello",
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
]
CUT = gzip.compress(b'{"results": []}' * 100, mtime=0)[:-12]
UNREADABLE: list[tuple[Any, ...]] = [
    (200, ""),
    (200, b"\xff\xfe\x00"),
    (200, "NaN"),
    (200, "[" * 100_000),
    (200, '{"results": ' + "9" * 10_000 + "}"),
    (200, '{"results": [' + '{"a":' * 3000 + "1" + "}" * 3000 + "]}"),
    (200, CUT, "content-encoding: gzip"),
    (204, ""),
    (206, '{"results'),
]


@pytest.mark.parametrize("reply", [None, *BROKEN], ids=lambda reply: repr(reply)[:60])
def test_a_broken_reply_is_a_transport_error(connect: Connect, listen: Listen, reply: bytes | None) -> None:
    """Whatever comes instead of HTTP, it is our exception, uncertain; a batch has outcomes all the same."""
    client = connect(base_url=listen(lambda _: reply).url, token=TOKEN, timeout=2)
    with pytest.raises(TransportError) as caught:
        client.unsubscribe(PERSON, NEWS)
    assert caught.value.uncertain
    check_discreet(shown(caught.value))
    assert ["unknown"] == [outcome.state for outcome in client.batch.unsubscribe_all([PERSON])]
    assert not client.may_email(PERSON, NEWS)


@pytest.mark.parametrize("reply", UNREADABLE, ids=lambda reply: repr(reply)[:60])
def test_a_reply_that_is_not_the_json_wanted(connect: Connect, listen: Listen, reply: tuple[Any, ...]) -> None:
    """A 2xx with anything else in it is unreadable, and a batch has outcomes all the same."""
    client = connect(base_url=listen(lambda _: reply).url)
    with pytest.raises(UnreadableReply) as caught:
        client.unsubscribe(JANE, NEWS)
    assert caught.value.uncertain
    assert ["unknown"] == [outcome.state for outcome in client.batch.unsubscribe_all([JANE])]
    assert not client.may_email(JANE, NEWS)


@pytest.mark.parametrize("body", ["", "null", "[]", '"x"', "5", "{", "<html>", "\x00", '{"message": {"a": [1]}}'])
@pytest.mark.parametrize("status", [400, 403, 429, 502, 599])
def test_an_error_with_any_body_is_its_status(connect: Connect, listen: Listen, status: int, body: str) -> None:
    """The status decides; the body may be anything."""
    client = connect(base_url=listen(lambda _: (status, body)).url)
    with pytest.raises(APIError) as caught:
        client.statuses(JANE)
    assert status == caught.value.status


def test_compressed_replies_are_read(connect: Connect, listen: Listen) -> None:
    """HubSpot compresses what is long."""
    server = listen(lambda _: (200, gzip.compress(b'{"results": []}'), "content-encoding: gzip"))
    assert () == connect(base_url=server.url).statuses(JANE)


def test_an_encrypted_connection_to_something_else(connect: Connect, listen: Listen) -> None:
    """Where no TLS answers, nothing is sent: the error is certain."""
    server = listen(lambda _: EMPTY)
    with pytest.raises(TransportError) as caught:
        connect(base_url=server.url.replace("http:", "https:"), token=TOKEN, timeout=0.2).statuses(PERSON)
    check_discreet(shown(caught.value))
    check_discreet(b"".join(server.requests).decode("latin-1"))


def test_a_connection_that_is_refused_is_certain(connect: Connect, listen: Listen) -> None:
    """Nobody listens: nothing has happened."""
    server = listen(lambda _: None)
    server.close()
    with pytest.raises(TransportError) as caught:
        connect(base_url=server.url).unsubscribe(JANE, NEWS)
    assert not caught.value.uncertain


def test_a_connection_that_was_closed_meanwhile_is_opened_again(connect: Connect, listen: Listen) -> None:
    """A server that hangs up between requests, without a word, is no error."""
    server = listen(lambda _: b'HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{"results": []}')
    client = connect(base_url=server.url, retry=Retry(base=0))
    assert [(), (), ()] == [client.statuses(JANE) for _ in range(3)]


# Retries over HTTP


def test_a_timeout(box: Sandbox, connect: Connect) -> None:
    """Too late is a TimedOut, which is a TimeoutError, and leaves open whether it happened."""
    box.fail(Fault(delay=5))
    with pytest.raises(TimeoutError) as caught:
        connect(timeout=0.5).unsubscribe(JANE, NEWS)
    assert TimedOut is type(caught.value)
    assert getattr(caught.value, "uncertain", None) is True


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault(status=status, times=2) for status in (502, 503, 504, 520, 521, 522, 523, 524)),
        Fault(status=429, policy="SECONDLY", retry_after=0.001, times=2),
        Fault(status=429, retry_after=0.001, times=2),
        *(Fault(disconnect=when, times=2) for when in ("before", "headers", "body")),
    ],
)
def test_what_passes_is_tried_again(box: Sandbox, connect: Connect, fault: Fault) -> None:
    """Twice it fails, the third time it works, for reads and for writes."""
    client = connect(retry=Retry(base=0), limiter=Limiter())
    with box.faults(fault):
        assert client.statuses(JANE)
    with box.faults(fault):
        assert "UNSUBSCRIBED" == client.unsubscribe(JANE, NEWS).state
    assert {"get_statuses": 3, "set_status": 3} == Counter(entry.operation for entry in box.log)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=429, policy="DAILY", times=None), DailyLimitReached),
        (Fault(status=477, retry_after=3600, times=None), AccountLocked),
        (Fault(status=423, retry_after=86_400, times=None), AccountLocked),
        (Fault(status=503, retry_after=3600, times=None), ServerError),
        *((Fault(status=status, times=None), ServerError) for status in (500, 501, 525, 526)),
        *((Fault(status=status, times=None), APIError) for status in (400, 401, 403, 404, 409, 418)),
        (Fault(status=307, headers={"location": NOWHERE}, times=None), APIError),
    ],
)
def test_what_does_not_pass_is_raised_at_once(box: Sandbox, connect: Connect, fault: Fault, error: type) -> None:
    """One request, one error."""
    with box.faults(fault), pytest.raises(error) as caught:
        connect(retry=Retry(base=0)).statuses(JANE)
    assert fault.status == getattr(caught.value, "status", None)
    assert fault.retry_after == getattr(caught.value, "retry_after", None)
    assert 1 == len(box.log)


@pytest.mark.parametrize("fault", [Fault(status=502, times=None), Fault(disconnect="before", times=None)])
def test_trying_again_ends(box: Sandbox, connect: Connect, fault: Fault) -> None:
    """What does not get better is raised after so many attempts."""
    with box.faults(fault), pytest.raises(PreferencesError):
        connect(retry=Retry(base=0, attempts=3)).statuses(JANE)
    assert 3 == len(box.log)


def test_a_read_that_timed_out_is_tried_again(box: Sandbox, connect: Connect) -> None:
    """A server that is slow once is asked again."""
    box.fail(Fault(delay=5))
    assert connect(timeout=0.5, retry=Retry(base=0)).statuses(JANE)


def test_the_limiter_learns_from_the_sandbox(connect: Connect) -> None:
    """The rate-limit headers set the pace, so that HubSpot's limit is not run into."""
    with Sandbox(token="demo", rate_limit=(4, 300)) as narrow:
        client = connect(base_url=narrow.url, limiter=Limiter())
        for _ in range(9):
            client.opt_outs(JANE)
        assert [200] * 9 == [entry.status for entry in narrow.log]


# Odd addresses

ODD = [
    "plus+tag@example.com",
    "per%cent@example.com",
    "already%40encoded@example.com",
    "per%2fcent@example.com",
    "sl/ash@example.com",
    "../up@example.com",
    "./here@example.com",
    "que?ry=1@example.com",
    "ha#sh@example.com",
    "semi;colon@example.com",
    "am&per=sand@example.com",
    "back\\slash@example.com",
    '"quoted"@example.com',
    '"a@b"@example.com',
    "o'neil@example.com",
    "star*{}|^~`!$@example.com",
    "jürgen@exämple.com",
    "ユーザー@例え.jp",
    "ẞtraße@example.com",
    "emoji😀@example.com",
    "[brackets]@[127.0.0.1]",
    "statuses/batch/read@example.com",
    "UPPER@EXAMPLE.COM",
    "dot.@example.com",
    "@@example.com",
]


@pytest.mark.parametrize("email", ODD)
def test_odd_addresses_arrive_as_they_are(vault: Sandbox, connect: Connect, version: str, email: str) -> None:
    """In a path and in a body, the server reads the very address that was given, and files it under that."""
    client = connect(base_url=vault.url, token=TOKEN, version=version)
    assert email == client.set_status(email, NEWS, "SUBSCRIBED").email
    assert "SUBSCRIBED" == vault.state(email, NEWS)
    entry = vault.log[0]
    assert ("set_status", email) == (entry.operation, unquote(entry.raw_path.rsplit("/", 1)[1]))
    assert {email} == {status.email for status in client.statuses(email)}
    assert client.may_email(email, NEWS)
    client.unsubscribe_all(email)
    assert client.is_opted_out(email)
    assert ["applied"] == [outcome.state for outcome in client.batch.statuses([email])]
    assert [email] == vault.log[-1].body["inputs"]


@pytest.mark.parametrize(
    "email", ["", ".", "..", "a@b\n", "a b@example.com", "a\u200bb@example.com", "\x00@example.com"]
)
def test_what_escapes_a_path_is_never_sent(box: Sandbox, connect: Connect, email: str) -> None:
    """An address that would change the path or the request stays here."""
    client = connect()
    for call in (client.statuses, client.opt_outs, client.unsubscribe_all, client.links):
        with pytest.raises(InvalidArgument, match=r"^email: "):
            call(email)
    assert () == box.log


# Threads, tasks, processes


@contextmanager
def severable(url: str) -> Iterator[SeverableTransport]:
    """A transport that can be severed, for a server of one's own."""
    settings = transport_settings("demo", url, timeout=None, concurrency=1, max_reply_bytes=1_000_000)
    transport = SeverableTransport(**settings)
    with closing(transport):
        yield transport


def test_a_wait_for_a_reply_can_be_ended_from_another_thread(listen: Listen) -> None:
    """What waits without a timeout ends as if the connection had been lost, and so does what follows."""
    asked, over = threading.Event(), threading.Event()

    def answer(_: bytes) -> None:
        asked.set()
        over.wait(60)

    with severable(listen(answer).url) as transport:

        def sever() -> None:
            asked.wait(60)
            transport.sever()

        breaker = threading.Thread(target=sever)
        breaker.start()
        for _ in range(2):  # the second is severed as soon as it is connected
            with pytest.raises(TransportError) as caught:
                transport.send({"method": "GET", "url": "/"})
            assert caught.value.uncertain
        breaker.join()
    assert not over.is_set()
    over.set()


def test_severing_what_is_not_connected_does_nothing(listen: Listen) -> None:
    """Neither before the first request nor after closing there is anything to sever."""
    with severable(listen(lambda _: EMPTY).url) as transport:
        assert 200 == transport.send({"method": "GET", "url": "/"}).status_code
        transport.close()
        transport.sever()
    with severable("http://127.0.0.1:9") as transport:
        transport.sever()


def test_one_client_serves_sixteen_threads(box: Sandbox, connect: Connect, listen: Listen) -> None:
    """Each caller gets the answer about the person it asked for; tasks of a loop stand for threads."""
    client = connect()

    def ask(number: int) -> set[str]:
        email = f"{number}@example.com"
        client.set_status(email, "Marketing Information", "SUBSCRIBED")
        batch = client.batch.statuses([email, f"other-{email}"], chunk_size=1)
        return {status.email for status in (*client.statuses(email), *(batch[0].value or ()))}

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(ask, range(48)))
    assert [{f"{number}@example.com"} for number in range(48)] == found
    assert ["SUBSCRIBED"] * 48 == [box.state(f"{number}@example.com", NEWS) for number in range(48)]


def test_concurrency_holds_for_all_callers_together(connect: Connect, listen: Listen) -> None:
    """Sixteen callers with a batch each: the client as a whole has no more than `concurrency` under way."""
    together = threading.Barrier(3, timeout=5)

    def answer(_: bytes) -> tuple[Any, ...]:
        together.wait()
        return EMPTY

    server = listen(answer)
    client = connect(base_url=server.url, concurrency=3)
    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(
                lambda n: client.batch.statuses([f"{n}-{m}@example.com" for m in range(3)], chunk_size=1),
                range(16),
            )
        )
    assert (48, 3) == (len(server.requests), server.most)


@pytest.mark.parametrize("close", ["before use", "after use"])
def test_a_closed_client_says_so(box: Sandbox, connect: Connect, close: str) -> None:
    """Every call of a closed client is an error that says what is wrong, and nothing is sent."""
    client = connect()
    if close == "after use":
        client.statuses(JANE)
    client.close()
    client.close()
    box.clear_log()
    calls: list[Callable[[], object]] = [
        client.definitions,
        lambda: client.statuses(JANE),
        lambda: client.may_email(JANE, NEWS),
        lambda: client.batch.statuses([JANE, "john@example.com"], chunk_size=1),
        lambda: client.request("GET", "/"),
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match="closed"):
            call()
    assert () == box.log


@pytest.mark.anyio
async def test_a_cancelled_batch_leaves_nothing_behind(listen: Listen) -> None:
    """Cancelling ends the batch at once, its tasks with it, and the client can be used afterwards."""
    started, release = threading.Event(), threading.Event()

    def answer(_: bytes) -> tuple[Any, ...]:
        started.set()
        release.wait(5)
        return EMPTY

    server = listen(answer)
    async with AsyncPreferences("demo", base_url=server.url, concurrency=3, limiter=None) as client:
        before = asyncio.all_tasks()
        task = asyncio.create_task(client.batch.statuses([f"{n}@example.com" for n in range(50)], chunk_size=1))
        while not started.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert before == asyncio.all_tasks()
        release.set()
        assert () == await client.statuses(JANE)
    assert 4 >= len(server.requests)


@pytest.mark.anyio
async def test_a_batch_under_a_deadline(listen: Listen) -> None:
    """asyncio.timeout works as everywhere else."""
    release = threading.Event()
    server = listen(lambda _: EMPTY if release.wait(5) else None)
    async with AsyncPreferences("demo", base_url=server.url) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await client.batch.statuses([JANE, "john@example.com"], chunk_size=1)
    release.set()


BLOCKING_BATCH = """
import sys
from hubspot_preferences import Preferences
emails = [f"leaky.{n}@example.com" for n in range(200)]
with Preferences(sys.argv[2], base_url=sys.argv[1], concurrency=3, limiter=None) as client:
    try:
        client.batch.unsubscribe_all(emails, chunk_size=1)
    except KeyboardInterrupt:
        if len(sys.argv) == 3:
            raise
        print("interrupted", flush=True)
        sys.stdin.readline()
"""
ASYNCHRONOUS_BATCH = """
import asyncio, sys
from hubspot_preferences import AsyncPreferences
emails = [f"leaky.{n}@example.com" for n in range(200)]
async def main():
    async with AsyncPreferences(sys.argv[2], base_url=sys.argv[1], concurrency=3, limiter=None) as client:
        await client.batch.unsubscribe_all(emails, chunk_size=1)
asyncio.run(main())
"""


@pytest.mark.parametrize("program", [BLOCKING_BATCH, ASYNCHRONOUS_BATCH], ids=["blocking", "asynchronous"])
def test_ctrl_c_ends_a_batch_quickly(listen: Listen, program: str) -> None:
    """With replies outstanding for half a minute, an interrupt ends the process in a moment."""
    release, under_way = threading.Event(), threading.Semaphore(0)

    def answer(_: bytes) -> tuple[Any, ...]:
        under_way.release()
        release.wait(30)
        return EMPTY

    server = listen(answer)
    with script(program, server.url, TOKEN) as process:
        for _ in range(3):
            assert under_way.acquire(timeout=20)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    release.set()
    assert "KeyboardInterrupt" in errors
    assert 0 != process.returncode
    assert 3 == len(server.requests)
    check_discreet(errors)


def test_after_ctrl_c_nothing_more_is_sent(listen: Listen) -> None:
    """A program that goes on after the interrupt has no batch going on behind its back."""
    release, under_way = threading.Event(), threading.Semaphore(0)

    def answer(_: bytes) -> tuple[Any, ...]:
        under_way.release()
        release.wait(30)
        return EMPTY

    server = listen(answer)
    with script(BLOCKING_BATCH, server.url, TOKEN, "go on") as process:
        for _ in range(3):
            assert under_way.acquire(timeout=20)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert "interrupted\n" == process.stdout.readline()
        release.set()  # the three replies arrive
        assert not under_way.acquire(timeout=0.1)
        assert ("", "") == process.communicate("\n", timeout=20)
    assert 3 == len(server.requests)


TWO_PROCESSES = """
import os, sys
from hubspot_preferences import Change, Preferences

def work(client, who):
    emails = [f"{who}-{n}@example.com" for n in range(20)]
    for email in emails:
        assert {email} == {status.email for status in client.statuses(email)}
    result = client.batch.write([Change(email, 7001, "SUBSCRIBED") for email in emails], chunk_size=3)
    assert 20 == len(result.applied), result

with Preferences("demo", base_url=sys.argv[1], limiter=None) as client:
    if sys.argv[2:] != ["fork"]:
        work(client, sys.argv[2])
    else:
        client.statuses("x@example.com")  # opens a connection, which a child must not use
        children = []
        for who in ("child-a", "child-b"):
            if not (pid := os.fork()):
                status = 1
                try:
                    work(client, who)
                    status = 0
                finally:
                    os._exit(status)
            children.append(pid)
        work(client, "parent")
        assert [0, 0] == [os.waitpid(pid, 0)[1] for pid in children]
"""


def test_two_processes_at_once(box: Sandbox) -> None:
    """Two programs with a client each do not get in each other's way."""
    with script(TWO_PROCESSES, box.url, "one") as one, script(TWO_PROCESSES, box.url, "two") as two:
        for process in (one, two):
            assert ("", "") == process.communicate(timeout=20)
            assert 0 == process.returncode
    assert ["SUBSCRIBED"] * 40 == [
        box.state(f"{w}-{n}@example.com", NEWS) for w in ("one", "two") for n in range(20)
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_client_survives_a_fork(box: Sandbox) -> None:
    """Children of a process do not read its replies, which would be about somebody else."""
    with script(TWO_PROCESSES, box.url, "fork") as process:
        assert ("", "") == process.communicate(timeout=20)
    assert 0 == process.returncode
    assert ["SUBSCRIBED"] * 60 == [
        box.state(f"{who}-{n}@example.com", NEWS) for who in ("parent", "child-a", "child-b") for n in range(20)
    ]
