"""One run: a seed makes the world, the network and the callers; afterwards every promise is checked."""

import asyncio
import contextvars
from collections import defaultdict
from random import Random
from typing import Any

from hubspot_preferences import Limiter, Retry
from hubspot_preferences.sandbox.rate_limits import Limits

from . import clients, promises
from .calls import METHODS, Call, Draw, invoke
from .network import CALL, OUTSIDE, Network
from .promises import Broken
from .scheduler import PROCESS, Endless, Scheduler
from .world import VERSIONS, World


class Run:
    """What happens under one seed.

    without: troubles that do not happen, by name, and promises that are not asked for. trace: filled with what
    happens, a line for each.
    """

    def __init__(
        self, seed: int, *, without: frozenset[str] = frozenset(), trace: list[str] | None = None
    ) -> None:
        self.chance = Random(seed)  # noqa: S311  # it is to be foreseen
        self.scheduler = Scheduler(self.chance)  # type: ignore[abstract]  # as much of a loop as is needed
        self.world = World(self.chance, self.scheduler.time)
        self.network = Network(self.world, self.scheduler, self.chance, without, trace)
        self.calls: list[Call] = []
        self.broken: list[Broken] = []
        self._draw = Draw(self.chance, self.world)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._most: tuple[int, float] | None = None
        self._limited: set[str] = set()
        try:
            if self.chance.random() < 0.02:
                self._under_load()
            else:
                self._in_trouble()
            self.scheduler.run_until(lambda: False)
            self._judge()
        except Endless:
            self.broken.append(("ends", "the run never ended"))
        finally:
            self.scheduler.close()
        self.broken = [(promise, how) for promise, how in self.broken if promise not in without]
        for promise, how in self.broken:
            self.network.note("broken", f"{promise}: {how}")

    # Scenarios

    def _in_trouble(self) -> None:
        """A few calls on a bad day."""
        self.network.trouble = self.chance.choice((0.1, 0.4, 0.4, 0.7))
        self.network.interference = self.chance.choice((0.0, 0.0, 0.5, 0.9))
        retry = self.chance.choice((Retry(), Retry(), Retry(attempts=3, base=0.1), None))
        limiter = None
        if self.chance.random() < 0.5:
            self._limit(*self.chance.choice(((3, 1.0), (20, 10.0), (100, 10.0))))
            limiter = self._limiter("app")
        calls = [self._call(f"call {number}") for number in range(self.chance.randrange(1, 4))]
        main = calls.pop() if self.chance.random() < 0.3 else None
        for call in calls:
            self._begin(call, "app", self.chance.choice((0.0, self.network.delay())), retry=retry, limiter=limiter)
            if self.chance.random() < 0.15:
                patience = self.chance.choice((self.network.delay(), self.chance.uniform(0, 40)))
                self.scheduler.call_later(patience, self._cancel, call, context=OUTSIDE)
        if self.chance.random() < 0.1:
            self._killed_and_repeated(retry)
        if main is not None:
            self._run_blocking(main, retry, limiter)

    def _killed_and_repeated(self, retry: Retry | None) -> None:
        """A process that dies somewhere in its call, and another one that makes the same call again."""
        first = self._call("killed")
        again = Call("again", first.method, first.args, first.kwargs)
        self.calls.append(again)

        def kill() -> None:
            if first.ended is None:
                first.given_up = "killed"
                self.network.note("killed", "is killed")
            self.scheduler.dead.add("killed")

        self._begin(first, "killed", 0.0, retry=retry, limiter=self._limiter("killed"))
        at = sum(self.network.delay() for _ in range(self.chance.randrange(1, 8)))
        self.scheduler.call_later(at, kill, context=OUTSIDE)
        self._begin(again, "again", at + self.network.delay(), retry=retry, limiter=self._limiter("again"))

    def _under_load(self) -> None:
        """More calls than the limit allows, after a crowd that waited in vain."""
        self.network.latency = 0.01  # more, and the server's window would not be the clients'
        requests, seconds = self.chance.randrange(3, 20), 10.0
        self._limit(requests, seconds)
        limiter = self._limiter("app")
        start = 0.0
        if self.chance.random() < 0.7:
            start = 5.0
            for number in range(self.chance.randrange(requests, 6 * requests)):
                waiting = self._call(f"crowd {number}", "definitions")
                self._begin(waiting, "app", 0.0, limiter=limiter)
                self.scheduler.call_later(self.chance.uniform(0, start), self._cancel, waiting, context=OUTSIDE)
        for number in range(self.chance.randrange(3 * requests, 6 * requests)):
            self._begin(self._call(f"call {number}", "definitions"), "app", start, limiter=limiter)
        self.scheduler.run_until(lambda: False)
        sent = [at for at, _ in self.network.sent]
        self.broken += promises.too_slow(sent, start, requests, seconds)

    # Callers

    def _limit(self, requests: int, seconds: float) -> None:
        """How much each process may send; HubSpot keeps to the same limit, and says so, or to none."""
        self._most = requests, seconds
        if self.chance.random() < 0.5:
            self.world.limits = Limits((requests, int(seconds * 1000)), None, self.scheduler.time)

    def _limiter(self, process: str) -> Limiter | None:
        if self._most is None:
            return None
        self._limited.add(process)
        return Limiter(*self._most)

    def _call(self, label: str, method: str | None = None) -> Call:
        if method is None:
            method = self.chance.choices(list(METHODS), list(METHODS.values()))[0]
        call = Call(label, method, *self._draw.arguments(method))
        self.calls.append(call)
        return call

    def _begin(self, call: Call, process: str, at: float, **settings: Any) -> None:
        """An awaited call, of a client of its own."""
        version = self.chance.choice(VERSIONS)
        client = clients.awaited(self.network, self.scheduler, self.chance, version=version, **settings)

        async def run() -> None:
            self._start(call)
            try:
                self._end(call, await invoke(client, call), None)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  # judged afterwards
                self._end(call, None, error)

        def start() -> None:
            if not call.given_up:
                self._tasks[call.label] = self.scheduler.create_task(run(), name=call.label)

        self.scheduler.call_later(at, start, context=_context(call, process))

    def _cancel(self, call: Call) -> None:
        if call.ended is None:
            call.given_up = "cancelled"
            self.network.note(call.label, "is cancelled")
            if call.label in self._tasks:
                self._tasks[call.label].cancel()

    def _run_blocking(self, call: Call, retry: Retry | None, limiter: Limiter | None) -> None:
        """A call of the main thread, which Ctrl-C may end; meanwhile the others go on."""
        version = self.chance.choice(VERSIONS)
        client = clients.blocking(
            self.network, self.scheduler, self.chance, version=version, retry=retry, limiter=limiter
        )

        def interrupt() -> None:
            if call.ended is None:
                call.given_up = "interrupted"
                self.network.note(call.label, "is interrupted")
                raise KeyboardInterrupt

        def run() -> None:
            self._start(call)
            try:
                self._end(call, invoke(client, call), None)
            except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # judged afterwards
                self._end(call, None, error)

        if self.chance.random() < 0.3:
            self.scheduler.call_later(self.chance.uniform(0, 5), interrupt, context=OUTSIDE)
        _context(call, "app").run(run)

    def _start(self, call: Call) -> None:
        call.started = self.scheduler.now
        self.network.note(call.label, str(call))

    def _end(self, call: Call, value: Any, error: BaseException | None) -> None:
        call.value, call.error, call.ended = value, error, self.scheduler.now
        self.network.note(call.label, f"returns {value!r}" if error is None else f"raises {error!r}")

    # Afterwards

    def _judge(self) -> None:
        for call in self.calls:
            self.broken += promises.broken(self.world, call)
        sent = defaultdict[str, list[float]](list)
        for at, process in self.network.sent:
            sent[process].append(at)
        for process in sorted(self._limited):
            assert self._most is not None
            self.broken += promises.too_many(sent[process], *self._most)
        self.broken += [("left over", f"nobody was told: {stray}") for stray in self.scheduler.strays]
        self.broken += [("left over", f"a task of {name} never ended") for name in self.scheduler.left_over()]


def _context(call: Call, process: str) -> contextvars.Context:
    context = contextvars.copy_context()
    context.run(CALL.set, call.label)
    context.run(PROCESS.set, process)
    return context
