"""An answer belongs to its question: replies that nobody asked for, and connections that are out of step."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from tests.transport.carriers import opted_out, reply

from hubspot_preferences import BadRequest, PreferencesError, Retry, TransportError, UnreadableReply

if TYPE_CHECKING:
    from tests.conftest import Connect
    from tests.transport.carriers import Keep

NOBODY = opted_out()
NEWS = 7001


def asked_about(request: bytes) -> str:
    """Whom a read of one subscriber is about."""
    return unquote(request.split(b" ")[1].decode().split("/statuses/")[1].split("/")[0])


def truth(request: bytes) -> bytes:
    """Whoever is called "out" opted out."""
    email = asked_about(request)
    return opted_out(email) if email.startswith("out") else NOBODY


def emails(count: int) -> list[str]:
    """As many people, every other one opted out."""
    return [f"{'out' if number % 2 else 'in'}-{number}@example.com" for number in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [1, 8])
def test_no_answer_is_wrong_whatever_else_is_said(connect: Connect, keep: Keep, at_once: int) -> None:
    """A thousand questions, and in every third packet something that nobody asked for: whole, in part, twice."""
    chance = random.Random(20)  # noqa: S311  # a seed
    spares = [
        NOBODY,
        NOBODY * 2,
        NOBODY[:9],
        NOBODY[:-5],
        NOBODY + b"HTTP/1.1 2",
        b"\r\n",
        b"x",
        opted_out("in-0@e.x"),
    ]

    def answer(request: bytes) -> bytes:
        return truth(request) + (chance.choice(spares) if chance.random() < 1 / 3 else b"")

    # A parser may refuse the reply for what follows it: then it is asked for again.
    client = connect(base_url=keep(answer).url, concurrency=at_once, retry=Retry(attempts=20, base=0))
    questions = emails(1000)
    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(lambda email: bool(client.opt_outs(email)), questions))
    assert [email.startswith("out") for email in questions] == answers


@pytest.mark.parametrize("spare", [NOBODY, NOBODY[:9], b"\r\n"], ids=["whole", "half", "blank line"])
def test_what_is_said_between_two_questions_answers_neither(connect: Connect, keep: Keep, spare: bytes) -> None:
    """It is refused, and the question asked on a new connection: reads and writes, without an error."""
    server = keep(truth)
    client = connect(base_url=server.url)
    for email in emails(20):
        server.say(spare)
        assert email.startswith("out") == bool(client.opt_outs(email))
        server.say(spare)
        with pytest.raises(UnreadableReply, match="no row"):  # the server's answer to any write names nobody
            client.unsubscribe("in@example.com", NEWS)
    assert 40 == len(server.requests)


def test_a_connection_that_was_closed_meanwhile_is_no_error(connect: Connect, keep: Keep) -> None:
    """A server that hangs up between requests costs a new connection, for a write as well."""
    server = keep(lambda request: reply({"results": []}))
    client = connect(base_url=server.url)
    for number in range(5):
        with pytest.raises(UnreadableReply, match="no row"):
            client.unsubscribe("in@example.com", NEWS)
        server.hang_up()
        assert number + 1 == len(server.requests)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (opted_out("somebody.else@example.com"), UnreadableReply),
        (reply(b"[1"), UnreadableReply),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", TransportError),
        (b"HTTP/1.1 2000 High\r\n\r\n", TransportError),
        (NOBODY + NOBODY, None),
    ],
    ids=["somebody else", "not JSON", "not HTTP", "no status", "two replies"],
)
def test_what_is_out_of_step_closes_all_connections(
    connect: Connect, keep: Keep, answer: bytes, error: type[PreferencesError] | None
) -> None:
    """Whatever was mixed up before it got there, none of the pool's connections is asked again."""
    together = threading.Barrier(3, timeout=20)

    def both(request: bytes) -> bytes:
        if asked_about(request).startswith("odd"):
            return answer
        together.wait()
        return NOBODY

    server = keep(both)
    client = connect(base_url=server.url, concurrency=3, retry=Retry(attempts=1))

    def three() -> None:
        with ThreadPoolExecutor(3) as pool:
            assert [()] * 3 == list(pool.map(client.opt_outs, emails(3)))

    three()
    three()
    assert 3 == len(server.connections)
    if error is None:
        assert () == client.opt_outs("odd@example.com")
    else:
        with pytest.raises(error):
            client.opt_outs("odd@example.com")
    three()
    assert 6 == len(server.connections)


def test_good_replies_keep_their_connection(connect: Connect, keep: Keep) -> None:
    """Neither errors nor bodies in chunks, nor what comes before a reply, cost a connection."""
    replies = [
        NOBODY,
        reply({"message": "no"}, status=400),
        b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{"re\r\nb\r\nsults": []}\r\n0\r\n\r\n',
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + NOBODY,
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ]
    answers = iter(replies * 3)
    server = keep(lambda _: next(answers))
    client = connect(base_url=server.url)
    for _ in replies * 3:
        with suppress(BadRequest):
            client.request("GET", "/anything")
    assert (15, 1) == (len(server.requests), len(server.connections))
