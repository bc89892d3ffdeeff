"""The sandbox as a server: uvicorn in a thread of its own, started and stopped quickly."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from errno import EINVAL
from math import inf
from os import PathLike
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Any, Literal, Self

import uvicorn
from attrs import frozen
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from ..models import address_key
from . import choices, seeds
from .app import TRANSPORT, App
from .endpoints import Endpoints
from .faults import Fault, Faults
from .log import Log, LoggedRequest
from .rate_limits import Limits
from .routes import contracts
from .state import NOT_SPECIFIED, Account, Seed
from .store import Store

_LOGGER = logging.getLogger("hubspot_preferences.sandbox")
_QUIET_SECONDS = 60.0  # a server that runs out of descriptors tries again each second
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Sandbox:
    """A local HubSpot for communication preferences.

        with Sandbox() as box:
            httpx.get(f"{box.url}/communication-preferences/2026-03/definitions",
                      headers={"Authorization": f"Bearer {box.token}"})

    `port` 0 takes a free one; `token` None makes one up, to be read from the attribute. `rate_limit` is (requests,
    milliseconds), `daily_limit` a number of requests. `db` is a file that keeps the state, new or a sandbox's; the
    seed is filled in when it is new. `scopes` None grants all.
    `missing_brand`: whether one subscriber's opt-outs, read without a brand, are those of "every" brand or of the
    "default" one; HubSpot does not say. `clock` returns seconds since 1970. `contracts` is another folder to read
    the versions from.
    It listens on loopback and answers requests to names of this machine only: a web page elsewhere could send some
    through a name of its own. `allow_remote` lifts both; the token then travels in clear text.
    Raises OSError where the port is taken, ValueError for a seed, a token or a host that will not do,
    sqlite3.Error for a file that is not a sandbox's.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        token: str | None = None,
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
            token=f"sandbox-{token_hex(16)}" if token is None else token,
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
        self._allow_remote = allow_remote
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
        return self._started.url

    @property
    def versions(self) -> tuple[str, ...]:
        """The API versions it serves, oldest first."""
        return contracts(self._contracts).versions

    def calls(self, version: str, address: str) -> dict[str, tuple[str, str]]:
        """Method and path of every operation of a version about one subscriber, by operationId."""
        return contracts(self._contracts).calls(version, address)

    @property
    def log(self) -> tuple[LoggedRequest, ...]:
        """The requests so far, oldest first; the last ten thousand, or fewer where they are large."""
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
            status = store.statuses([address_key(address)])[address_key(address)].get(subscription_id)
        return NOT_SPECIFIED if status is None else status.state

    def opted_out(self, address: str) -> tuple[int, ...]:
        """The brands an address opted out of, without a request; `state.PORTAL` is the whole account."""
        store = self._started.store
        with store.reading():
            return tuple(store.opt_outs([address_key(address)])[address_key(address)])

    def start(self) -> None:
        """Listen. Returns once it does."""
        if self._running is not None:
            raise RuntimeError("the sandbox is running already")
        served = contracts(self._contracts)
        with ExitStack() as opened:
            listener = opened.enter_context(_listener(self._host, self._port))
            store = opened.enter_context(closing(Store(self._db, self._seed)))
            app = App(
                served,
                Endpoints(self.account, store, self._clock),
                faults=self._faults,
                log=self._log,
                limits=self._limits,
                reset=self.reset,
                allow_remote=self._allow_remote,
            )
            with (
                ExitStack() as spare
            ):  # a loop that runs out of descriptors is left half made, and complains later
                for _ in range(3):
                    spare.enter_context(socket.socket())
            loop = opened.enter_context(closing(asyncio.new_event_loop()))
            state = opened.enter_context(_serving(app, listener, loop))
            host, port = listener.getsockname()[:2]
            url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            self._running = _Running(url, store, state.tasks, opened.pop_all())

    def stop(self) -> None:
        """Stop listening, cut what is still connected and free everything; harmless when it is not running."""
        running, self._running = self._running, None
        if running is not None:
            running.opened.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return bool(self._started.requests)

    @property
    def _started(self) -> "_Running":
        if self._running is None:
            raise RuntimeError("the sandbox is not running: use it in a with block, or call start()")
        return self._running


@frozen
class _Running:
    """Where a sandbox listens, what it keeps, and all that is to be closed."""

    url: str
    store: Store
    requests: set[Any]
    opened: ExitStack


class _Connection(H11Protocol):
    """uvicorn's HTTP/1.1, with its transport within reach of faults."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {TRANSPORT: transport}
        # asyncio does so for sockets with a protocol number, which those of socket.create_server have not.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)


@contextmanager
def _serving(app: App, listener: socket.socket, loop: asyncio.AbstractEventLoop) -> Iterator[ServerState]:
    """The application, served by uvicorn's HTTP in a thread of its own.

    uvicorn's own server takes tenths of a second to stop, and waits for its clients.
    """
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        proxy_headers=False,
        access_log=False,  # paths hold addresses
        log_config=None,
        log_level="critical",
        timeout_keep_alive=60,
    )
    state = ServerState()
    thread = threading.Thread(target=loop.run_forever, name="hubspot-preferences-sandbox", daemon=True)

    def run(coroutine: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    async def close() -> None:
        # Whoever is just being let in becomes a connection first, to be closed like the others.
        loop.remove_reader(listener)
        entering = asyncio.all_tasks() - {asyncio.current_task()} - state.tasks
        await asyncio.gather(*entering, return_exceptions=True)
        for connection in state.connections:
            connection.transport.abort()  # whatever its task is waiting for
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await asyncio.sleep(0)  # aborted transports close their sockets in the next round

    told: dict[str, float] = {}

    def tell(_loop: object, context: dict[str, Any]) -> None:
        wrong = context.get("exception")
        why = wrong.strerror if isinstance(wrong, OSError) else type(wrong).__name__  # others may quote a request
        line = f"{context['message']}: {why}"
        if loop.time() - told.get(line, -inf) > _QUIET_SECONDS:
            told[line] = loop.time()
            _LOGGER.warning(line)

    loop.set_exception_handler(tell)
    thread.start()
    try:
        run(loop.create_server(lambda: _Connection(config, state, {}), sock=listener, backlog=1024))
        yield state
    finally:
        run(close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
    except UnicodeError as wrong:
        raise OSError(EINVAL, "that is no name of a host") from wrong
    both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    return socket.create_server((host, port), family=family, backlog=1024, dualstack_ipv6=both)
