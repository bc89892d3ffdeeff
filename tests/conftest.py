"""What all tests share: a sandbox per worker, put back to its seed before each test, and clients of it."""

import asyncio
import inspect
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from hubspot_preferences import AsyncPreferences, Preferences, UnsupportedInVersion, versions
from hubspot_preferences.sandbox import Sandbox
from hubspot_preferences.transport import awaited
from hubspot_preferences.versions import VersionName, declared

VERSIONS = versions.NAMES
os.environ.pop("PYTHONUNBUFFERED", None)  # processes that tests start buffer as users' do
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's & has Ctrl-C ignored, and children inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
TODAY = date(2026, 11, 20)  # no version here is within 90 days of its end


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is there besides pytest's own options."""
    parser.addoption(
        "--carrier", choices=["aiohttp", "httpcore"], help="what AsyncPreferences goes over; else the default"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Carry it out."""
    if carrier := config.getoption("--carrier"):
        awaited.carrier = lambda: carrier


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test of every version passes over one that is declared to lack what it is about."""
    try:
        return (yield)
    except UnsupportedInVersion as error:
        operation, version = re.findall(r"^(\w+) is missing in API version ([\w-]+);", str(error))[0]
        if operation in declared.of(version).lacks:
            pytest.skip(f"{version} lacks {operation}, as is declared")
        raise


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> date:
    """The same day in every run: otherwise versions would age, and warn, with the years."""
    monkeypatch.setattr(versions, "today", lambda: TODAY)
    return TODAY


@pytest.fixture
def three_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only these, whichever came later: for tests that tell what is said about them, or which is the latest."""
    monkeypatch.setattr(versions, "NAMES", ("v4", "2026-03", "2026-09"))


@pytest.fixture(scope="session")
def running_box() -> Iterator[Sandbox]:
    """One sandbox for the whole run; use `box`."""
    with Sandbox(token="demo", seed="demo") as box:
        yield box


@pytest.fixture
def box(running_box: Sandbox) -> Sandbox:
    """The sandbox, as its seed has it, without faults and with an empty log."""
    if left_over(running_box):  # it would be answered within this test
        running_box.stop()
        running_box.start()
    running_box.reset()
    return running_box


def left_over(box: Sandbox) -> bool:
    """Whether a request of an earlier test is still under way: of a thread, or of a client that was cancelled."""
    ours = re.compile(r"hubspot-preferences-(stream|\d+)")
    return box.busy or any(ours.fullmatch(thread.name) for thread in threading.enumerate())


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> VersionName:
    """Every API version in turn."""
    name: VersionName = request.param
    return name


@pytest.fixture
def prefs(box: Sandbox, version: VersionName) -> Iterator[Preferences]:
    """A blocking client of the sandbox that neither retries nor waits."""
    with Preferences(box.token, base_url=box.url, version=version, retry=None, limiter=None) as client:
        yield client


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, the only loop supported."""
    return "asyncio"


@pytest.fixture
async def aprefs(box: Sandbox, version: VersionName, anyio_backend: str) -> AsyncIterator[AsyncPreferences]:
    """The same to be awaited."""
    async with AsyncPreferences(box.token, base_url=box.url, version=version, retry=None, limiter=None) as client:
        yield client


@pytest.fixture(scope="session")
def reference() -> Path:
    """HubSpot's documents and recorded replies, which lie beside the checkout on some machines only."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip("the reference material is not here")
    return folder


class Awaited:
    """An asynchronous client with the face of the blocking one: each call runs to its end on a portal's loop."""

    def __init__(self, target: object, portal: BlockingPortal) -> None:
        self._target = target
        self._portal = portal

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, {"close": "aclose"}.get(name, name))
        if inspect.iscoroutinefunction(found):
            return lambda *args, **kwargs: self._portal.call(partial(found, *args, **kwargs))
        if name == "batch":
            return Awaited(found, self._portal)
        if name in ("with_version", "with_options"):
            return lambda *args, **kwargs: Awaited(found(*args, **kwargs), self._portal)
        return found

    def __repr__(self) -> str:
        return repr(self._target)


OverWhen = Callable[[Callable[[], bool]], AbstractAsyncContextManager[None]]


@pytest.fixture
def over_when() -> OverWhen:
    """asyncio.timeout, whose time is over as soon as something is so."""

    @asynccontextmanager
    async def over(condition: Callable[[], bool]) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(None) as timeout:

            def look() -> None:
                if condition():
                    timeout.reschedule(loop.time())
                else:
                    loop.call_later(0.002, look)

            look()
            yield

    return over


class Connect:
    """Makes clients of the sandbox, blocking or asynchronous ones, that neither retry nor wait."""

    def __init__(self, box: Sandbox, stack: ExitStack, *, blocking: bool) -> None:
        self.blocking = blocking
        self._settings = {"base_url": box.url, "token": box.token, "retry": None, "limiter": None}
        self._stack = stack
        self._portal: BlockingPortal | None = None

    def __call__(self, **settings: Any) -> Preferences:
        """A client with these settings, closed after the test. An asynchronous one is used as the other is."""
        settings = {**self._settings, **settings}
        if self.blocking:
            return self._stack.enter_context(Preferences(**settings))
        client = cast(Preferences, Awaited(AsyncPreferences(**settings), self.portal))
        self._stack.callback(client.close)
        return client

    def own(self, **settings: Any) -> Any:
        """An httpx client as a caller may bring along, of the kind that fits; closed after the test."""
        if self.blocking:
            return self._stack.enter_context(httpx.Client(**settings))
        portal, client = self.portal, httpx.AsyncClient(**settings)
        self._stack.callback(portal.call, client.aclose)
        return client

    @property
    def portal(self) -> BlockingPortal:
        """The event loop of the asynchronous clients."""
        if self._portal is None:
            self._portal = self._stack.enter_context(start_blocking_portal())
        return self._portal


@pytest.fixture(params=["blocking", "asynchronous"])
def connect(request: pytest.FixtureRequest, box: Sandbox) -> Iterator[Connect]:
    """What makes blocking clients, then what makes asynchronous ones: a test runs once with each."""
    with ExitStack() as stack:
        yield Connect(box, stack, blocking=request.param == "blocking")


@pytest.fixture
def client(connect: Connect, version: str) -> Preferences:
    """A client of the sandbox: on each version, blocking and asynchronous."""
    return connect(version=version)


Answer = Callable[[bytes], tuple[Any, ...] | bytes | None]


class Listener:
    """A server on loopback for replies that no HTTP library would send, one per connection.

    `answer` gets the bytes of a request and returns (status, body, header line ...), or the bytes of the
    reply, or None to hang up.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.most = 0
        """How many requests were under way at the same time, at most."""
        self._under_way = 0
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = self._request(connection)
            if request:
                with self._lock:
                    self.requests.append(request)
                    self._under_way += 1
                    self.most = max(self.most, self._under_way)
                reply = self.answer(request)
                with self._lock:
                    self._under_way -= 1
                if reply is not None:
                    connection.sendall(reply if isinstance(reply, bytes) else self._reply(*reply))
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(1)  # lets the client hang up first: nothing it was sent gets lost
        with self._lock:
            self._open.discard(connection)

    @staticmethod
    def _reply(status: int, body: object = "", *headers: str) -> bytes:
        """The bytes of a reply; a body that is no text is sent as JSON."""
        content = (
            body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        )
        lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(content)}", "connection: close", *headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content

    @staticmethod
    def _request(connection: socket.socket) -> bytes:
        """The bytes of one request, head and body; empty where none came."""
        found = b""
        while b"\r\n\r\n" not in found:
            if not (more := connection.recv(65536)):
                return b""
            found += more
        head, _, body = found.partition(b"\r\n\r\n")
        lengths = [
            line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        ]
        missing = int(lengths[0]) - len(body) if lengths else 0
        while missing > 0 and (more := connection.recv(65536)):
            found, missing = found + more, missing - len(more)
        return found

    def close(self) -> None:
        """Stop listening and hang up."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            left = list(self._open)
        for connection in left:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


Listen = Callable[[Answer], Listener]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Makes servers out of a function from request to reply; they stop after the test."""
    with ExitStack() as stack:

        def start(answer: Answer) -> Listener:
            listener = Listener(answer)
            stack.callback(listener.close)
            return listener

        yield start


Make = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the checkout, as git sees it with what is not committed, and without an environment."""
    root, copy = Path(__file__).resolve().parents[1], tmp_path / "checkout"
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(lambda name: name and (root / name).exists(), names):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, copy / name)
    subprocess.run(["git", "init", "--quiet", str(copy)], check=True)  # noqa: S607  # whichever git there is
    return copy


@pytest.fixture
def make(copied: Path) -> Make:
    """Runs make in that copy: its targets, and by name what is to be in the environment."""
    outer = ("MAKE", "MFLAGS", "PYTEST", "COV", "VIRTUAL_ENV", "PYTHON")

    def run(*targets: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
        command = ["make", "PYTHON=" + sys.executable, *targets]
        return subprocess.run(
            command, cwd=copied, env={**inherited, **environment}, capture_output=True, text=True, check=False
        )

    return run
