"""One run: a seed makes the world, the network and the callers; afterwards every promise is checked."""

import asyncio
import contextvars
from collections import defaultdict
from random import Random
from typing import Any

from hubspot_preferences import Limiter, Retry, TimedOut
from hubspot_preferences.sandbox.rate_limits import Limits

from . import clients, promises
from .calls import METHODS, Call, Draw
from .network import CALL, OUTSIDE, Network
from .promises import Broken
from .scheduler import PROCESS, Endless, Scheduler
from .world import VERSIONS, World

NEVER = 1e9  # seconds


class Run:
    """What happens under one seed. trace: filled with it, a line for each step."""

    def __init__(self, seed: int, trace: list[str] | None = None) -> None:
        self.chance = Random(seed)  # noqa: S311  # it is to be foreseen
        self.scheduler = Scheduler(self.chance)  # type: ignore[abstract]  # as much of a loop as is needed
        self.world = World(self.chance, self.scheduler.time)
        self.network = Network(self.world, self.scheduler, self.chance, trace)
        self.calls: list[Call] = []
        self.broken: list[Broken] = []
        self._draw = Draw(self.chance, self.world)
        self._limit: tuple[int, float] | None = None
        try:
            if self.chance.random() < 0.01:
                self._under_load()
            else:
                self._in_trouble()
            self.scheduler.run_until(lambda: False)
            self._judge()
        except Endless:
            self.broken.append(("ends", "the run never ended"))
        finally:
            self.scheduler.close()
        for promise, how in self.broken:
            self.network.note("broken", f"{promise}: {how}")

    # Scenarios

    def _in_trouble(self) -> None:
        """A few calls on a bad day."""
        self.network.trouble = self.chance.choice((0.1, 0.4, 0.4, 0.7))
        self.network.interference = self.chance.choice((0.0, 0.0, 0.5, 0.9))
        if self.chance.random() < 0.5:
            self._limited(*self.chance.choice(((3, 1.0), (20, 10.0), (100, 10.0))))
        retry = self.chance.choice((Retry(), Retry(), Retry(attempts=3, base=0.1), None))
        settings = {"retry": retry, "limiter": self._limiter()}
        calls = [self._call(f"call {number}") for number in range(self.chance.randrange(1, 6))]
        main = None
        if self.chance.random() < 0.3 and not calls[-1].method.startswith("stream."):  # those take threads
            main = calls.pop()
        program = self._program("app", **settings)
        for call in calls:
            self._begin(program, call, self.chance.choice((0.0, self.network.delay(), self.chance.uniform(0, 20))))
        if self.chance.random() < 0.1:
            self._killed_and_repeated(retry)
        if main is not None:
            self._run_blocking(main, **settings)

    def _killed_and_repeated(self, retry: Retry | None) -> None:
        """A process that dies somewhere in its call, and another one that makes the same call again."""
        killed = self._call("killed")
        again = Call("again", killed.method, killed.args, killed.kwargs)
        self.calls.append(again)

        def kill() -> None:
            if killed.ended is None:
                self._give_up(killed, "killed")
            self.scheduler.dead.add("killed")

        at = sum(self.network.delay() for _ in range(self.chance.randrange(1, 8)))
        self.scheduler.call_later(at, kill, context=OUTSIDE)
        for program, call, start in ("killed", killed, 0.0), ("again", again, at + self.network.delay()):
            self._begin(self._program(program, retry=retry, limiter=self._limiter()), call, start)

    def _under_load(self) -> None:
        """More calls than the limit allows, after a crowd that waited in vain."""
        self.network.latency = 0.01  # more, and the server's window would not be the clients'
        requests, seconds = self.chance.randrange(3, 12), 10.0
        self._limited(requests, seconds)
        if self.chance.random() < 0.3:
            self._slow_at_first(requests)
            return
        program = self._program("app", limiter=self._limiter())
        start = 0.0
        if self.chance.random() < 0.7:
            start = 5.0
            for number in range(self.chance.randrange(requests, 6 * requests)):
                call = self._call(f"crowd {number}", "definitions")
                call.patience = self.chance.uniform(0, start)
                self._begin(program, call, 0.0)
        for number in range(self.chance.randrange(3 * requests, 6 * requests)):
            self._begin(program, self._call(f"call {number}", "definitions"), start)
        self.scheduler.run_until(lambda: False)
        self.broken += promises.too_slow([at for at, _ in self.network.sent], start, requests, seconds)

    def _slow_at_first(self, requests: int) -> None:
        """A server that gets fast again: what it has held up comes no faster than the limit allows."""
        fast, self.network.latency = self.network.latency, 3.0
        self.scheduler.call_later(20, setattr, self.network, "latency", fast)
        program = self._program("app", limiter=self._limiter(), concurrency=2)
        for number in range(6 * requests):
            self._begin(program, self._call(f"call {number}", "definitions"), 0.0)

    # Callers

    def _limited(self, requests: int, seconds: float) -> None:
        """How much each process may send; HubSpot keeps to the same limit, and says so, or to none."""
        self._limit = requests, seconds
        if self.chance.random() < 0.5:
            self.world.limits = Limits((requests, int(seconds * 1000)), None, self.scheduler.time)

    def _limiter(self) -> Limiter | None:
        return Limiter(*self._limit) if self._limit else None

    def _call(self, label: str, method: str | None = None) -> Call:
        if method is None:
            method = self.chance.choices(list(METHODS), list(METHODS.values()))[0]
        call = Call(label, method, *self._draw.arguments(method))
        if self.chance.random() < 0.15:
            call.patience = self.chance.choice((self.network.delay(), self.chance.uniform(0, 40)))
        if self.chance.random() < 0.15 and not method.startswith("stream."):
            call.deadline = self.chance.choice((0.1, 1.0, 10.0, 100.0))
        if self.chance.random() < 0.08:
            call.hears_at_most = self.chance.randrange(4)
        call.reads_slowly = self.chance.choice((0.0, 0.0, self.network.delay(), 5.0))
        self.calls.append(call)
        return call

    def _program(self, name: str, **settings: Any) -> tuple[str, Any]:
        """A process and its client, with which all its calls are made."""
        return name, clients.awaited(self.network, self.scheduler, self.chance, **settings)

    def _begin(self, program: tuple[str, Any], call: Call, at: float) -> None:
        """An awaited call, so many seconds from now; it may be cancelled, by its task or by a timeout."""
        process, client = program
        client = client.with_version(self.chance.choice(VERSIONS))
        by_timeout = self.chance.random() < 0.5
        patience = NEVER if call.patience is None else call.patience

        async def run() -> None:
            self._start(call)
            try:
                async with asyncio.timeout(patience if by_timeout else None):
                    self._end(call, await call.begin(client), None)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  # judged afterwards
                if isinstance(error, asyncio.CancelledError | TimeoutError) and not isinstance(error, TimedOut):
                    self._give_up(call, "cancelled")
                self._end(call, None, error)

        def start() -> None:
            task = self.scheduler.create_task(run(), name=call.label)
            if not by_timeout and call.patience is not None:
                self.scheduler.call_later(patience, task.cancel)

        self.scheduler.call_later(at, start, context=_context(call, process))

    def _run_blocking(self, call: Call, **settings: Any) -> None:
        """A call of the main thread, which Ctrl-C may end; meanwhile the others go on."""
        client = clients.blocking(self.network, self.scheduler, self.chance, **settings)
        client = client.with_version(self.chance.choice(VERSIONS))

        def interrupt() -> None:
            if call.ended is None:
                self._give_up(call, "interrupted")
                raise KeyboardInterrupt

        def run() -> None:
            self._start(call)
            try:
                self._end(call, call.begin(client), None)
            except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # judged afterwards
                self._end(call, None, error)

        if call.patience is not None:
            self.scheduler.call_later(call.patience, interrupt, context=OUTSIDE)
        _context(call, "app").run(run)

    def _start(self, call: Call) -> None:
        call.started = self.scheduler.now
        if self.network.trace is not None:
            self.network.note(call.label, str(call))

    def _give_up(self, call: Call, why: str) -> None:
        if not call.given_up:
            call.given_up = why
            self.network.note(call.label, f"is {why}")

    def _end(self, call: Call, value: Any, error: BaseException | None) -> None:
        if call.given_up == "killed":
            return  # nobody is there any more
        call.value, call.error, call.ended = value, error, self.scheduler.now
        if self.network.trace is not None:
            self.network.note(call.label, f"returns {value!r}" if error is None else f"raises {error!r}")

    # Afterwards

    def _judge(self) -> None:
        for call in self.calls:
            self.broken += promises.broken(self.world, call)
        if self._limit is not None:
            sent = defaultdict[str, list[float]](list)
            for at, process in self.network.sent:
                sent[process].append(at)
            for times in sent.values():
                self.broken += promises.too_many(times, *self._limit)
        self.broken += [("left over", f"nobody was told: {stray}") for stray in self.scheduler.strays]
        self.broken += [("left over", f"a task of {name} never ended") for name in self.scheduler.left_over()]


def _context(call: Call, process: str) -> contextvars.Context:
    context = contextvars.copy_context()
    context.run(CALL.set, call.label)
    context.run(PROCESS.set, process)
    return context
