"""Streams: inputs of any number go in, an outcome for each comes out, in their order, a few chunks at a time."""

import os
import threading
from abc import abstractmethod
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Hashable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeAlias

from . import arguments
from .attribution import V
from .chunks import Account, Learnt
from .engine import Op, adrive, drive
from .models import Change, address_key
from .outcomes import BatchResult, I, Outcome

if TYPE_CHECKING:
    from .transport import Transport
    from .transport.awaited import AsyncTransport

Inputs: TypeAlias = Iterable[I]
AsyncInputs: TypeAlias = Iterable[I] | AsyncIterable[I]
Batch: TypeAlias = Callable[[list[I], Account[I, V]], Op[BatchResult[I, V]]]


class _Running(Protocol[I, V]):
    """What `Future` and `Task` have in common."""

    def done(self) -> bool: ...
    def result(self) -> BatchResult[I, V]: ...


class _Part(Generic[I, V]):
    """One chunk of a stream."""

    def __init__(self, inputs: list[I], first: int, learnt: Learnt) -> None:
        self.inputs = inputs
        self.account: Account[I, V] = Account(learnt=learnt, first=first)
        self.account.open(inputs)
        self.running: Any = None

    def people(self) -> set[Hashable]:
        """Whom it is about."""
        emails = [given.email if isinstance(given, Change) else given for given in self.inputs]
        return {address_key(email) for email in emails if isinstance(email, str)}

    def so_far(self) -> BatchResult[I, V]:
        """Its outcomes, where the stream ends before it."""
        return self.account.so_far("the stream ended")


class _Stream(Generic[I, V]):
    """What the blocking and the awaited stream share: the chunks under way, and what is ready."""

    def __init__(self, batch: Batch[I, V], *, chunk_size: int, writes: bool) -> None:
        self._batch = batch
        self._chunk_size = chunk_size
        self._writes = writes
        self._learnt = Learnt()
        self._taken = 0  # inputs, from the source
        self._parts: deque[_Part[I, V]] = deque()  # under way, in the order of their inputs
        self._next: _Part[I, V] | None = None  # taken from the source, not yet under way
        self._later: list[I] = []  # taken, and to be sent after that
        self._ready: deque[Outcome[I, V]] = deque()
        self._ended = False
        self._process = os.getpid()

    def _check(self) -> None:
        if self._process != os.getpid():  # whatever is under way is not under way here
            raise RuntimeError("a stream is read by the process that began it: make another one in the forked one")

    @property
    @abstractmethod
    def _concurrency(self) -> int:
        """How many chunks are under way at the same time, at most."""

    @abstractmethod
    def _start(self, op: Op[BatchResult[I, V]]) -> _Running[I, V]:
        """Have a chunk carried out."""

    def _wanted(self) -> int:
        """How many inputs more are wanted: none while the next outcomes are there already."""
        if self._ended or self._next or len(self._parts) >= self._concurrency:
            return 0
        return 0 if self._parts and self._parts[0].running.done() else self._chunk_size - len(self._later)

    def _take(self) -> None:
        """What was read comes next; of changes that contradict each other, the later ones in another part."""
        inputs = self._later
        if not inputs or self._next:
            return
        wanted: dict[Hashable, I] = {}
        cut = len(inputs)
        for place, given in enumerate(inputs):
            if isinstance(given, Change) and isinstance(given.email, str):
                about = address_key(given.email), str(given.subscription)
                if wanted.setdefault(about, given) != given:
                    cut = place
                    break
        self._next, self._later = _Part(inputs[:cut], self._taken, self._learnt), inputs[cut:]
        self._taken += cut

    def _go_on(self) -> bool:
        """Send what was taken, but no two writes about one person at a time. Returns whether it was sent."""
        if (part := self._next) is None:
            return False
        if self._writes and not all(part.people().isdisjoint(other.people()) for other in self._parts):
            return False
        part.running = self._start(self._batch(part.inputs, part.account))
        self._parts.append(part)
        self._next = None
        return True

    def _finished(self, result: BatchResult[I, V]) -> None:
        self._ready.extend(result)
        self._parts.popleft()

    def _left(self) -> BatchResult[I, V]:
        """The outcomes of all inputs that were taken and not handed out; nothing more comes of the stream."""
        self._ended = True
        parts = [*self._parts, *([self._next] if self._next else [])]
        if self._later:
            parts.append(_Part(self._later, self._taken, self._learnt))
        outcomes = [*self._ready, *(outcome for part in parts for outcome in part.so_far())]
        self._parts, self._next, self._later, self._ready = deque(), None, [], deque()
        return BatchResult(outcomes)

    @staticmethod
    def _tell(error: BaseException, left: BatchResult[I, V]) -> None:
        error.partial = left  # type: ignore[attr-defined]
        error.add_note(f"The outcomes that were not handed out stand in the attribute partial: {left!r}")


class Stream(_Stream[I, V], Iterator[Outcome[I, V]]):
    """The outcomes of a stream, in input order. While you read, the next chunks are under way.

    Use it once, in one thread. It reads its source no further than it has to, and what it holds is bounded
    by chunk_size and the client's concurrency. close() ends it early.
    """

    def __init__(
        self,
        batch: Batch[I, V],
        inputs: Inputs[I],
        name: str,
        transport: "Callable[[], Transport]",
        *,
        chunk_size: int,
        writes: bool,
    ) -> None:
        super().__init__(batch, chunk_size=chunk_size, writes=writes)
        self._source = iter(arguments.source(inputs, name, Iterable))
        self._transport = transport
        self._stop = threading.Event()

    @property
    def _concurrency(self) -> int:
        return self._transport().concurrency

    def _start(self, op: Op[BatchResult[I, V]]) -> _Running[I, V]:
        from concurrent.futures import Future  # only streams need it

        future: Future[BatchResult[I, V]] = Future()
        transport, stop = self._transport(), self._stop  # not the stream: it ends when nobody has it any more

        def work() -> None:
            try:
                future.set_result(drive(op, transport, stop.wait, stop))
            except BaseException as error:  # noqa: BLE001  # raised again by whoever waits
                future.set_exception(error)

        threading.Thread(target=work, name="hubspot-preferences-stream", daemon=True).start()
        return future

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Outcome[I, V]:
        self._check()
        try:
            while not self._ready:
                self._read()
                while self._go_on():
                    self._read()
                if not self._parts:
                    raise StopIteration
                self._finished(self._parts[0].running.result())
        except StopIteration:
            raise
        except BaseException as error:
            self._tell(error, self.close())
            raise
        return self._ready.popleft()

    def _read(self) -> None:
        for given in islice(self._source, self._wanted()):
            self._later.append(given)  # each at once: none is lost where the source fails
        self._take()

    def close(self) -> BatchResult[I, V]:
        """Send nothing more. Returns the outcomes that were not handed out.

        What was under way is unknown, what was not sent has failed; inputs that are still in the source
        are not among them.
        """
        self._stop.set()
        return self._left()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_stop"):
            self._stop.set()


class AsyncStream(_Stream[I, V], AsyncIterator[Outcome[I, V]]):
    """The same to be awaited. The source may be an iterable or an async iterable."""

    def __init__(
        self,
        batch: Batch[I, V],
        inputs: AsyncInputs[I],
        name: str,
        transport: "Callable[[], AsyncTransport]",
        *,
        chunk_size: int,
        writes: bool,
    ) -> None:
        super().__init__(batch, chunk_size=chunk_size, writes=writes)
        arguments.source(inputs, name, (Iterable, AsyncIterable))
        self._source = aiter(inputs) if isinstance(inputs, AsyncIterable) else iter(inputs)
        self._transport = transport

    @property
    def _concurrency(self) -> int:
        return self._transport().concurrency

    def _start(self, op: Op[BatchResult[I, V]]) -> _Running[I, V]:
        import asyncio

        return asyncio.ensure_future(adrive(op, self._transport()))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Outcome[I, V]:
        import asyncio

        self._check()
        try:
            while not self._ready:
                await self._read()
                while self._go_on():
                    await self._read()
                if not self._parts:
                    raise StopAsyncIteration
                running = self._parts[0].running
                await asyncio.wait([running])
                self._finished(running.result())
        except StopAsyncIteration:
            raise
        except BaseException as error:
            self._tell(error, await self.aclose())
            raise
        return self._ready.popleft()

    async def _read(self) -> None:
        for _ in range(self._wanted()):
            try:
                given = next(self._source) if isinstance(self._source, Iterator) else await anext(self._source)
            except (StopIteration, StopAsyncIteration):
                break
            self._later.append(given)  # each at once: none is lost where the source fails
        self._take()

    async def aclose(self) -> BatchResult[I, V]:
        """Send nothing more. Returns the outcomes that were not handed out.

        What was under way is unknown, what was not sent has failed; inputs that are still in the source
        are not among them.
        """
        import asyncio

        running = [part.running for part in self._parts]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        return self._left()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()
