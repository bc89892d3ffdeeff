"""Clients with a shadow, and what tests want to know of them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final, cast

from hubspot_preferences import (
    Limiter,
    Mismatch,
    Preferences,
    ShadowCounts,
    versions,
)
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.shadow.worker import Shadow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connect, Listen, Listener

NEWS = 7001
OURS: Final = "v4"
THEIRS: Final = "2026-03"
SUBSCRIBED, UNSUBSCRIBED, MIXED = "subscribed@example.com", "unsubscribed@example.com", "mixed@example.com"
OPTED_OUT, RETURNED = "opted-out@example.com", "returned@example.com"
SOON = 20.0  # seconds, after which what has not come will not come

READS: dict[str, Callable[[Preferences], Any]] = {
    "definitions": lambda prefs: prefs.definitions(include_translations=True, business_unit_id=0),
    "statuses": lambda prefs: prefs.statuses(MIXED, channel="EMAIL", business_unit_id=0),
    "opt_outs": lambda prefs: prefs.opt_outs(RETURNED, business_unit_id=0),
    "is_opted_out": lambda prefs: prefs.is_opted_out(RETURNED, business_unit_id=0),
    "may_email": lambda prefs: prefs.may_email(SUBSCRIBED, "Marketing Information", unspecified="allow"),
    "batch.statuses": lambda prefs: prefs.batch.statuses([MIXED, OPTED_OUT], business_unit_id=0),
    "batch.opt_outs": lambda prefs: prefs.batch.opt_outs([MIXED, OPTED_OUT], business_unit_id=0),
}


def shadow_of(prefs: Preferences) -> Shadow:
    """The client's shadow, an asynchronous one with the face of the blocking one."""
    shadow = prefs.shadow
    assert shadow is not None
    if isinstance(prefs, Preferences):
        return shadow
    return cast(Shadow, type(prefs)(shadow, prefs._portal))


def inside(prefs: Preferences) -> Any:
    """The shadow itself, to look into and to change."""
    return prefs.shadow


def settled(prefs: Preferences) -> ShadowCounts:
    """What became of everything, once it is done."""
    assert shadow_of(prefs).wait(SOON)
    return shadow_of(prefs).counts


class Mismatches(list[Mismatch]):
    """What on_mismatch was called with."""

    def __call__(self, mismatch: Mismatch) -> None:
        self.append(mismatch)


class Held:
    """An on_mismatch that blocks until it is let go; meanwhile the shadow does nothing else."""

    def __init__(self) -> None:
        self.entered, self.let_go, self.left = threading.Event(), threading.Event(), threading.Event()
        self.mismatches: list[Mismatch] = []

    def __call__(self, mismatch: Mismatch) -> None:
        self.mismatches.append(mismatch)
        self.entered.set()
        self.let_go.wait(SOON)
        self.left.set()


def shadowed(connect: Connect, **settings: Any) -> Preferences:
    """A client with a shadow, and a rate limit that is no limit."""
    return connect(**{"version": OURS, "shadow": THEIRS, "limiter": Limiter(100_000), **settings})


def hold(box: Sandbox, prefs: Preferences, held: Held) -> None:
    """Make the shadow busy with telling a mismatch."""
    with box.faults(Fault(version=THEIRS, fields={"status": "UNSUBSCRIBED"})):
        prefs.statuses(SUBSCRIBED)
        assert held.entered.wait(SOON)


def asked(box: Sandbox, version: str | None = None) -> list[str | None]:
    """Which operations of a version were called."""
    return [entry.operation for entry in box.log if entry.version == version]


def workers() -> list[str]:
    """The threads of shadows."""
    return [thread.name for thread in threading.enumerate() if thread.name == "hubspot-preferences-shadow"]


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + SOON
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)
    assert condition()


def gone() -> None:
    """Wait until the shadow's thread has ended."""
    until(lambda: not workers())


def hanging(listen: Listen) -> tuple[Listener, threading.Event, threading.Event]:
    """A HubSpot that answers v4 at once and 2026-03 not at all; set when somebody waits, and to let them go."""
    waits, over = threading.Event(), threading.Event()

    def answer(request: bytes) -> tuple[Any, ...] | None:
        if b"/2026-03/" not in request:
            return 200, {"results": []}
        waits.set()
        over.wait(SOON)
        return None

    return listen(answer), waits, over


def plain_shadow(**settings: Any) -> Any:
    """A shadow that never runs, to be asked what it would do."""
    prefs = Preferences("pat-made-up", version=OURS, shadow=THEIRS, **settings)
    prefs.close()
    shadow = inside(prefs)
    shadow._reset()
    return shadow


def process(text: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process of its own, warnings being errors."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "HUBSPOT"))}
    day = f"import datetime, hubspot_preferences.versions as v; v.today = lambda: {versions.today()!r}\n"
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", day + text, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
