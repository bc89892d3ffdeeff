"""How much of a reply is read: no more than was agreed on, whatever it says of itself."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from tests.transport.carriers import opted_out, reply

from hubspot_preferences import InvalidArgument, Preferences, Retry, TransportError, UnreadableReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Connect
    from tests.transport.carriers import Keep

JANE = "jane@example.com"
MOST = 200_000
TOO_LARGE = "larger than max_reply_bytes, 200,000"
BODY = b'{"results": []}'


def endless(head: bytes, piece: bytes) -> Callable[[bytes], Iterator[bytes]]:
    """A reply that goes on for as long as somebody listens."""

    def answer(_: bytes) -> Iterator[bytes]:
        yield head
        while True:
            yield piece

    return answer


def chunk(data: bytes) -> bytes:
    """A piece of a body whose length nobody tells in advance."""
    return b"%x\r\n%s\r\n" % (len(data), data)


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n"
ENDLESS = {
    "chunks": endless(CHUNKED + b"\r\n", chunk(b" " * 5000)),
    "until the end": endless(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 5000),
    "a length": endless(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n", b" " * 5000),
    "an error": endless(CHUNKED.replace(b"200 OK", b"502 No") + b"\r\n", chunk(b" " * 5000)),
    "compressed": endless(
        CHUNKED + b"content-encoding: gzip\r\n\r\n" + chunk(gzip.compress(b"")[:10]),
        chunk(b"\x00\x00\x10\xff\xef" + b" " * 4096),  # as deflate has what it does not compress
    ),
}


@pytest.fixture(params=["our client", "own client"])
def limited(request: pytest.FixtureRequest, connect: Connect) -> Callable[[str], Preferences]:
    """Makes a client that reads so much and no more, over connections of ours or the caller's."""

    def make(url: str) -> Preferences:
        own: dict[str, Any] = {"http_client": connect.own()} if request.param == "own client" else {}
        return connect(base_url=url, max_reply_bytes=MOST, retry=Retry(base=0), **own)

    return make


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_endless_body_ends_at_the_limit(limited: Callable[[str], Preferences], keep: Keep, kind: str) -> None:
    """It is an error, uncertain, and not tried again: the next reply would be as long."""
    server = keep(ENDLESS[kind])
    with pytest.raises(TransportError, match=TOO_LARGE) as caught:
        limited(server.url).unsubscribe_all(JANE)
    assert caught.value.uncertain
    assert 1 == len(server.requests)
    assert server.ended.acquire(timeout=20)  # the connection is not kept


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("x-gzip", gzip.compress)]
)
def test_what_was_compressed_counts_as_it_was(
    limited: Callable[[str], Preferences], keep: Keep, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    """Thirty megabytes in thirty kilobytes take no more memory than the limit allows."""
    bomb = reply(compress(b" " * 30_000_000), f"content-encoding: {encoding}")
    client = limited(keep(lambda _: bomb).url)
    with pytest.raises(TransportError, match=TOO_LARGE):
        client.opt_outs(JANE)  # imports, connects
    tracemalloc.start()
    with pytest.raises(TransportError, match=TOO_LARGE):
        client.opt_outs(JANE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "compress"])
def test_what_was_not_asked_for_is_not_unpacked(
    limited: Callable[[str], Preferences], keep: Keep, encoding: str
) -> None:
    """Encodings in encodings, or others, could make gigabytes of any piece: nobody reads them."""
    twice = gzip.compress(gzip.compress(BODY))
    server = keep(lambda _: reply(twice, f"content-encoding: {encoding}"))
    with pytest.raises(UnreadableReply, match="not JSON"):
        limited(server.url).opt_outs(JANE)
    assert b"\r\naccept-encoding: gzip, deflate\r\n" in server.requests[0].lower()


@pytest.mark.parametrize(("room", "error"), [(0, False), (-1, True)])
@pytest.mark.parametrize("compressed", [False, True])
def test_the_limit_is_exact(connect: Connect, keep: Keep, room: int, error: bool, compressed: bool) -> None:
    """A body of as many bytes is read, one of one more is not."""
    whole = opted_out(JANE).partition(b"\r\n\r\n")[2]
    sent = reply(gzip.compress(whole), "content-encoding: gzip") if compressed else reply(whole)
    client = connect(base_url=keep(lambda _: sent).url, max_reply_bytes=len(whole) + room)
    if error:
        with pytest.raises(TransportError, match="larger than max_reply_bytes"):
            client.opt_outs(JANE)
    else:
        assert client.opt_outs(JANE)


def test_the_shadow_reads_no_more_either(keep: Keep) -> None:
    """What is too large for it is a read that failed; the caller has an answer."""
    long = ENDLESS["chunks"]
    server = keep(lambda request: long(request) if b"/2026-09/" in request else reply({"results": []}))
    told = threading.Event()
    with Preferences(
        "demo",
        base_url=server.url,
        version="v4",
        shadow="2026-09",
        max_reply_bytes=MOST,
        on_mismatch=lambda _: told.set(),
    ) as client:
        assert () == client.opt_outs(JANE)
        assert client.shadow is not None
        assert client.shadow.wait(20)
        counts = client.shadow.counts
    assert (0, 1) == (counts.identical, counts.failed)
    assert TOO_LARGE in str(counts.last_error)
    assert not told.is_set()


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "1", None])
def test_a_limit_is_a_positive_integer(connect: Connect, value: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(InvalidArgument, match=r"^max_reply_bytes: "):
        connect(max_reply_bytes=value)
