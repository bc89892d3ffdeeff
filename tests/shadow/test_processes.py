"""Shadows when a process ends or forks, and in one that has none."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hubspot_preferences.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.conftest import Listen

from tests.shadow.clients import (
    SOON,
    THEIRS,
    hanging,
    process,
)

ENDS = """
import asyncio, logging, os, sys, threading
from hubspot_preferences import AsyncPreferences, Preferences, Limiter

url, how = sys.argv[1:]
settings = dict(token="demo", base_url=url, version="v4", shadow="2026-03", limiter=Limiter(1000))
if how == "blocking":
    prefs = Preferences(**settings)
    prefs.is_opted_out("jane@example.com")
    sys.stdin.readline()
elif how == "asynchronous":
    async def main():
        prefs = AsyncPreferences(**settings)
        await prefs.is_opted_out("jane@example.com")
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        await prefs._pool.aclose()
    asyncio.run(main())
elif how == "no run":
    async def main():
        prefs = AsyncPreferences(**settings)
        await prefs.is_opted_out("jane@example.com")
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        await prefs.aclose()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
print("end")
"""


@pytest.mark.parametrize("how", ["blocking", "asynchronous", "no run"])
def test_a_program_ends_while_the_shadow_hangs(listen: Listen, how: str) -> None:
    """Whether the client was closed or not, the process ends at once and without a word of complaint."""
    server, waits, over = hanging(listen)
    with process(ENDS, server.url, how) as running:
        try:
            assert waits.wait(SOON)
            out, err = running.communicate("go\n", timeout=SOON)
        finally:
            running.kill()
            over.set()
    assert ("end\n", 0) == (out, running.returncode)
    assert "" == err


FORKS = """
import os, sys
from hubspot_preferences import Limiter, Preferences

url = sys.argv[1]
limiter = Limiter(100_000)
prefs = Preferences("demo", base_url=url, version="v4", shadow="2026-03", limiter=limiter)
prefs.is_opted_out("jane@example.com")
assert prefs.shadow.wait(20)
for _ in range(10):
    prefs.is_opted_out("jane@example.com")
before = prefs.shadow.counts
# A thread of the parent may hold any of these at the moment of the fork.
prefs.shadow._changed.acquire()
limiter._lock.acquire()
pid = os.fork()
if not pid:
    status = 1
    try:
        counts = prefs.shadow.counts
        assert (0, 0, 0) == (counts.identical, counts.waiting, counts.dropped), counts
        for _ in range(3):
            prefs.is_opted_out("joe@example.com")
        assert prefs.shadow.wait(20)
        assert 3 == prefs.shadow.counts.identical, prefs.shadow
        prefs.close()
        status = 0
    finally:
        os._exit(status)
limiter._lock.release()
prefs.shadow._changed.release()
assert 0 == os.waitpid(pid, 0)[1]
assert prefs.shadow.wait(20)
assert 11 == prefs.shadow.counts.identical, prefs.shadow
prefs.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_has_a_shadow_of_its_own(box: Sandbox) -> None:
    """A child has neither its parent's queue nor its connection, and no lock that a thread of the parent held."""
    with process("import warnings; warnings.filterwarnings('ignore', '.*fork')\n" + FORKS, box.url) as running:
        try:
            out, err = running.communicate(timeout=SOON)
        finally:
            running.kill()
    assert ("", "", 0) == (out, err, running.returncode)
    repeated = [entry.raw_path for entry in box.log if entry.version == THEIRS]
    assert {"jane": 11, "joe": 3, "definitions": 2} == Counter(
        name for path in repeated for name in ("jane", "joe", "definitions") if name in path
    )


def test_clients_without_a_shadow_do_not_pay_for_it(box: Sandbox) -> None:
    """Neither importing the package nor reading loads what only shadows need; asking for a name of theirs does."""
    text = (
        "import sys, hubspot_preferences as h\n"
        "prefs = h.Preferences('demo', base_url=sys.argv[1])\n"
        "prefs.is_opted_out('jane@example.com'); prefs.close()\n"
        "print([name for name in sys.modules if name.startswith(('hubspot_preferences.shadow',"
        " 'hubspot_preferences.answers'))])\n"
        "print(h.Mismatch.__module__, h.ShadowCounts.__name__, hasattr(h, 'Shade'))\n"
    )
    with process(text, box.url) as running:
        out, err = running.communicate(timeout=SOON)
    assert ("[]\nhubspot_preferences.shadow.mismatch ShadowCounts False\n", "") == (out, err)
