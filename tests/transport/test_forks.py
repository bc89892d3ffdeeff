"""After a fork: connections of its own, a clear error for those of others, no lock that nobody holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.transport.carriers import CARRIERS, script

if TYPE_CHECKING:
    from hubspot_preferences.sandbox import Sandbox

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

# How a program uses a client of either kind; then the program, which `use`s one of them.
BLOCKING = """
import os, sys, threading
import httpx
from hubspot_preferences import Limiter, Preferences as Client

def run(function, *args, **kwargs):
    return function(*args, **kwargs)

own, close = httpx.Client, lambda client: client.close()
"""
AWAITED = """
import asyncio, os, sys, threading
import httpx
from hubspot_preferences import AsyncPreferences as Client, Limiter
from hubspot_preferences.transport import awaited

awaited.carrier = lambda: sys.argv[2]
parent, loop = os.getpid(), asyncio.new_event_loop()

def run(function, *args, **kwargs):
    if os.getpid() == parent:
        return loop.run_until_complete(function(*args, **kwargs))
    return asyncio.run(function(*args, **kwargs))

own = httpx.AsyncClient
def close(client):
    run(client.aclose)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
"""
FORK = """
import faulthandler

def children(count, work, end=sys.exit):
    pids = []
    for number in range(count):
        if not (pid := os.fork()):
            faulthandler.dump_traceback_later(20, exit=True)  # a child that hangs says where
            work(number)
            end(0)
        pids.append(pid)
    return pids

def ended(pids):
    assert [0] * len(pids) == [os.waitpid(pid, 0)[1] for pid in pids]
"""


def outcome(carrier: str, text: str, url: str) -> tuple[int, str, str]:
    """What becomes of a program: its status, its two outputs."""
    way, library = carrier.split()
    with script((BLOCKING if way == "blocking" else AWAITED) + FORK + text, url, library) as process:
        output, errors = process.communicate(timeout=50)
        return process.returncode, output, errors


USED_ON = """
client = Client("demo", base_url=sys.argv[1], limiter=None, retry=None)

def work(number):
    for turn in range(20):
        email = f"{'out' if turn % 2 else 'in'}-{number}-{turn}@example.com"
        if turn % 2:
            run(client.unsubscribe_all, email)
        assert bool(turn % 2) == run(client.is_opted_out, email, business_unit_id=0), email

run(client.is_opted_out, "x@example.com")  # opens a connection, which no child may use
pids = children(3, work)
work("parent")
ended(pids)
assert not run(client.is_opted_out, "x@example.com")  # over a connection that no child has closed
close(client)
"""


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_client_that_was_used_is_used_on_in_children(box: Sandbox, carrier: str) -> None:
    """Each process reads its own replies; a child that ends leaves the parent's connections as they are."""
    assert (0, "", "") == outcome(carrier, USED_ON, box.url)


LENT = """
http_client = own()
client = Client("demo", base_url=sys.argv[1], limiter=None, retry=None, http_client=http_client)
assert run(client.opt_outs, "opted-out@example.com")

def refused(_):
    for call in (client.definitions, lambda: client.opt_outs("opted-out@example.com")):
        try:
            run(call)
        except RuntimeError as error:
            assert "http_client" in str(error), error
        else:
            raise AssertionError("not refused")
    fresh = Client("demo", base_url=sys.argv[1], limiter=None, http_client=own())
    assert run(fresh.opt_outs, "opted-out@example.com")

ended(children(2, refused, os._exit))  # the caller's own connections are not ours to close
assert run(client.opt_outs, "opted-out@example.com")
run(http_client.aclose if hasattr(http_client, "aclose") else http_client.close)
close(client)
"""


@pytest.mark.parametrize("carrier", CARRIERS[:2])
def test_a_callers_own_client_is_refused_in_a_child(box: Sandbox, carrier: str) -> None:
    """Its connections are the parent's, and only the caller can make another one."""
    code, output, errors = outcome(carrier, LENT, box.url)
    assert (0, "", "") == (code, output, errors)
    # The parent's two reads, and one in each child through a client of its own.
    assert ["get_opt_outs"] * 4 == [entry.operation for entry in box.log]


LIMITED = """
limiter = Limiter()
client = Client("demo", base_url=sys.argv[1], limiter=limiter)
held = threading.Event()

def hold():
    with limiter._lock:
        held.set()
        threading.Event().wait()

threading.Thread(target=hold, daemon=True).start()
held.wait()
ended(children(1, lambda _: run(client.opt_outs, "x@example.com")))
os._exit(0)
"""


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_limiter_that_was_in_use_is_free_in_a_child(box: Sandbox, carrier: str) -> None:
    """The thread that held its lock does not exist there."""
    assert (0, "", "") == outcome(carrier, LIMITED, box.url)
    assert 1 == len(box.log)


IMPORTING = """
client = Client("demo", base_url=sys.argv[1], limiter=None)
begun, forked = threading.Event(), threading.Event()

class Slow:
    def find_spec(self, name, path, target=None):
        if name == "hubspot_preferences_api.v2026_03.models":
            begun.set()
            forked.wait(0.3)  # a fork that waits for the import lets it go on

sys.meta_path.insert(0, Slow())
first = threading.Thread(target=run, args=(client.opt_outs, "x@example.com"))
first.start()
begun.wait()
pids = children(1, lambda _: run(client.opt_outs, "x@example.com"))
forked.set()
first.join()
ended(pids)
close(client)
"""


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_fork_waits_for_what_is_being_imported(box: Sandbox, carrier: str) -> None:
    """An import that another thread has begun would never end in a child."""
    assert (0, "", "") == outcome(carrier, IMPORTING, box.url)
    assert 2 == len(box.log)


LOGGING = """
import logging, time
from hubspot_preferences import forks

client = Client("demo", base_url=sys.argv[1], limiter=None)
begun = threading.Event()

def work():
    with forks.held_off:
        begun.set()
        threading.Event().wait(0.3)  # by now the fork waits, if it does
        logging.getLogger("of.somebody")

thread = threading.Thread(target=work)
thread.start()
begun.wait()
started = time.monotonic()
ended(children(1, lambda _: logging.getLogger("of.somebody.else")))
assert time.monotonic() - started < forks.LONGEST
thread.join()
close(client)
"""
FOR_EVER = """
from hubspot_preferences import forks

forks.LONGEST = 0.05
client = Client("demo", base_url=sys.argv[1], limiter=None)
begun = threading.Event()

def work():
    with forks.held_off:
        begun.set()
        threading.Event().wait()

threading.Thread(target=work, daemon=True).start()
begun.wait()
ended(children(2, lambda _: run(client.opt_outs, "x@example.com")))
os._exit(0)
"""


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_fork_keeps_no_lock_from_whom_it_waits_for(box: Sandbox, carrier: str) -> None:
    """Logging's lock is taken by each fork, and needed by much of what is imported."""
    assert (0, "", "") == outcome(carrier, LOGGING, box.url)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_fork_does_not_wait_for_ever(box: Sandbox, carrier: str) -> None:
    """Whoever does not come to an end is no part of the child."""
    assert (0, "", "") == outcome(carrier, FOR_EVER, box.url)
    assert 2 == len(box.log)


CLOSING = """
from hubspot_preferences.transport import base

client = Client("demo", base_url=sys.argv[1], limiter=None)
run(client.opt_outs, "x@example.com")
held = threading.Event()

def hold():
    pool = client._pool
    carrying = pool._client if hasattr(pool, "_client") else next(iter(pool._rooms.values())).client
    for one in carrying.pools:
        if hasattr(one, "_lock"):
            one._lock.acquire()
    held.set()
    threading.Event().wait()

threading.Thread(target=hold, daemon=True).start()
held.wait()

def close_it(_):
    (run(client.aclose) if hasattr(client, "aclose") else client.close())
    assert client._pool.closed
    assert base.INHERITED  # left to the parent as it is

ended(children(2, close_it))
os._exit(0)
"""


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_child_closes_nothing_of_its_parents(box: Sandbox, carrier: str) -> None:
    """It leaves a `with` block although another thread held the parent's pool when it was forked."""
    assert (0, "", "") == outcome(carrier, CLOSING, box.url)
