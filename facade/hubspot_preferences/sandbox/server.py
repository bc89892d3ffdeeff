"""The sandbox as a server: uvicorn in a thread of its own, started and stopped quickly."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..models import address_key
from . import choices, seeds
from .app import TRANSPORT, App
from .faults import Fault, Faults
from .log import Log, LoggedRequest
from .rate_limits import Limits
from .routes import contracts
from .state import NOT_SPECIFIED, Account, Seed
from .store import Store

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Sandbox:
    """A local HubSpot for communication preferences.

        with Sandbox() as box:
            httpx.get(f"{box.url}/communication-preferences/2026-03/definitions",
                      headers={"Authorization": f"Bearer {box.token}"})

    `port` 0 takes a free one. `rate_limit` is (requests, milliseconds), `daily_limit` a number of requests.
    `db` is a file that keeps the state; the seed is filled in when it is new. `scopes` None grants all.
    `missing_brand`: whether one subscriber's opt-outs, read without a brand, are those of "every" brand or of the
    "default" one; HubSpot does not say. `clock` returns seconds since 1970. `contracts` is another folder to read
    the versions from.
    A `host` other than loopback needs `allow_remote`: the token travels in clear text.
    Raises OSError where the port is taken, ValueError for a seed or a host that will not do.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        token: str = "demo",  # noqa: S107  # guards nothing but a sandbox
        seed: str | Seed = "demo",
        db: str | PathLike[str] | None = None,
        enterprise: bool = True,
        data_privacy: bool = False,
        brands: Iterable[int] = (0,),
        missing_brand: Literal["every", "default"] = choices.MISSING_BRAND,
        scopes: Iterable[str] | None = None,
        rate_limit: tuple[int, int] | None = None,
        daily_limit: int | None = None,
        lenient: bool = False,
        clock: Callable[[], float] = time.time,
        contracts: Path | None = None,
        allow_remote: bool = False,
    ) -> None:
        if host not in _LOOPBACK and not allow_remote:
            raise ValueError(f"{host} is not loopback: allow_remote would let others reach the sandbox")
        self.account: Account = Account(
            token=token,
            enterprise=enterprise,
            data_privacy=data_privacy,
            brands=brands,
            scopes=None if scopes is None else frozenset(scopes),
            lenient=lenient,
            missing_brand=choices.MISSING_BRANDS[missing_brand],
        )
        self._seed = seeds.seed(seed, self.account.brands)
        self._db = db
        self._host = host
        self._port = port
        self._contracts = contracts
        self._clock = clock
        self._faults = Faults()
        self._log = Log()
        self._limits = Limits(rate_limit, daily_limit, clock)
        self._running: _Running | None = None

    @property
    def token(self) -> str:
        """The token it accepts."""
        return self.account.token

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end. Raises RuntimeError where it does not."""
        host, port = self._started.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def versions(self) -> tuple[str, ...]:
        """The API versions it serves, oldest first."""
        return contracts(self._contracts).versions

    def calls(self, version: str, address: str) -> dict[str, tuple[str, str]]:
        """Method and path of every operation of a version about one subscriber, by operationId."""
        return contracts(self._contracts).calls(version, address)

    @property
    def log(self) -> tuple[LoggedRequest, ...]:
        """The requests so far, oldest first; the last ten thousand."""
        return self._log.entries()

    def clear_log(self) -> None:
        """Forget the requests so far."""
        self._log.clear()

    def fail(self, *faults: Fault) -> None:
        """Put faults in force, after those already there."""
        self._faults.add(faults)

    def clear_faults(self) -> None:
        """Take all faults out of force."""
        self._faults.clear()

    @contextmanager
    def faults(self, *faults: Fault) -> Iterator[None]:
        """Faults for as long as the block runs."""
        armed = self._faults.add(faults)
        try:
            yield
        finally:
            self._faults.remove(armed)

    def reset(self) -> None:
        """Return to the seed, without faults, log and counted requests."""
        self._started.store.reset(self._seed)
        self._faults.clear()
        self._log.clear()
        self._limits.clear()

    def state(self, address: str, subscription_id: int) -> str:
        """What is on file, without a request: SUBSCRIBED, UNSUBSCRIBED or NOT_SPECIFIED."""
        store = self._started.store
        with store.reading():
            status = store.statuses([address_key(address)]).get(address_key(address), {}).get(subscription_id)
        return NOT_SPECIFIED if status is None else status.state

    def opted_out(self, address: str) -> tuple[int, ...]:
        """The brands an address opted out of, without a request; `state.PORTAL` is the whole account."""
        store = self._started.store
        with store.reading():
            return tuple(store.opt_outs([address_key(address)]).get(address_key(address), ()))

    def start(self) -> None:
        """Listen. Returns once it does."""
        if self._running is not None:
            raise RuntimeError("the sandbox is running already")
        served = contracts(self._contracts)
        listener = _listener(self._host, self._port)
        try:
            store = Store(self._db, self._seed)
        except BaseException:
            listener.close()
            raise
        app = App(
            served,
            self.account,
            store,
            faults=self._faults,
            log=self._log,
            limits=self._limits,
            clock=self._clock,
            reset=self.reset,
        )
        self._running = _Running(app, store, listener)

    def stop(self) -> None:
        """Stop listening, cut what is still connected and free everything; harmless when it is not running."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _started(self) -> "_Running":
        if self._running is None:
            raise RuntimeError("the sandbox is not running: use it in a with block, or call start()")
        return self._running


class _Running:
    """A listening socket, the thread that serves it and the store behind it."""

    def __init__(self, app: App, store: Store, listener: socket.socket) -> None:
        self.store = store
        self.address: tuple[str, int] = listener.getsockname()[:2]
        self._server = _Server(
            uvicorn.Config(
                app,
                http=_Connection,
                ws="none",
                loop="asyncio",
                lifespan="off",
                access_log=False,  # paths hold addresses
                log_config=None,
                log_level="critical",
                server_header=False,
                timeout_keep_alive=60,
            )
        )
        # What connects from now on waits in the backlog, so there is no need to wait for the thread.
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="hubspot-preferences-sandbox", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.stop()
        self._thread.join()
        self.store.close()


class _Connection(H11Protocol):
    """uvicorn's HTTP/1.1, with its transport within reach of faults."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class _Server(uvicorn.Server):
    """uvicorn, which looks ten times a second whether to stop, told to stop at once."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def stop(self) -> None:
        """Stop, from another thread."""
        self._ready.wait()
        assert self._loop is not None
        assert self._stopping is not None
        self._loop.call_soon_threadsafe(self._stopping.set)

    async def main_loop(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        while not self._stopping.is_set():
            await self.on_tick(0)  # the Date header
            try:
                async with asyncio.timeout(1):
                    await self._stopping.wait()
            except TimeoutError:
                pass

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Whoever is just being let in becomes a connection first, to be closed like the others:
        # a server that is closed meanwhile would drop it half made, with its socket open.
        for listener in sockets or ():
            asyncio.get_running_loop().remove_reader(listener)
        entering = asyncio.all_tasks() - {asyncio.current_task()} - self.server_state.tasks
        await asyncio.gather(*entering, return_exceptions=True)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for listener in sockets or ():
            listener.close()
        await asyncio.sleep(0)  # aborted transports close their sockets in the next round


def _listener(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left may be taken again
        listener.bind(address)
        listener.listen(1024)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
