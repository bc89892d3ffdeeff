"""Starting, stopping, and what stays in a file."""

import gc
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from hubspot_preferences.contracts.documents import folder
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.sandbox.app import TRANSPORT, App

from .conftest import Call

WRITE = {"channel": "EMAIL", "statusState": "SUBSCRIBED", "subscriptionId": 7001}
SERVE = """
import sys
from hubspot_preferences.sandbox import Sandbox
with Sandbox(db=sys.argv[1], token="demo") as box:
    print(box.url, flush=True)
    sys.stdin.read()
"""


def serve(db: Path) -> tuple[subprocess.Popen[str], str]:
    """A sandbox in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(db)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    """Let it end, and close what leads to it."""
    process.communicate(timeout=10)


def write(client: httpx.Client, url: str, address: str) -> int:
    """Subscribe somebody."""
    reply = client.post(
        f"{url}/communication-preferences/v4/statuses/{address}",
        json=WRITE,
        headers={"Authorization": "Bearer demo"},
    )
    return reply.status_code


def test_starts_and_stops_again_and_again() -> None:
    """At once, with nothing left behind."""
    before = set(threading.enumerate())
    box = Sandbox()
    for _ in range(10):
        with box:
            assert httpx.get(box.url + "/").status_code == 404
    assert set() == set(threading.enumerate()) - before
    with pytest.raises(RuntimeError, match="not running"):
        _ = box.url


def test_stops_while_clients_are_connected(call_to: Callable[[Sandbox], Call]) -> None:
    """A kept connection does not hold it up."""
    with Sandbox() as box:
        call_to(box)("GET", "/definitions", channel=None)
        started = time.monotonic()
    assert time.monotonic() - started < 0.5


def test_stops_during_a_delayed_reply() -> None:
    """Whoever waits for the reply sees the connection end."""
    seen: list[Exception] = []

    def ask(url: str) -> None:
        try:
            httpx.get(f"{url}/communication-preferences/v4/definitions", timeout=30)
        except httpx.HTTPError as error:
            seen.append(error)

    with Sandbox() as box:
        box.fail(Fault(delay=30))
        waiting = threading.Thread(target=ask, args=(box.url,))
        waiting.start()
        while not box.log:
            threading.Event().wait(0.001)
        started = time.monotonic()
    assert time.monotonic() - started < 0.5
    waiting.join(5)
    assert [type(error) for error in seen] in ([httpx.RemoteProtocolError], [httpx.ReadError])


def test_stops_during_half_a_request() -> None:
    """A request that never arrives in full does not hold it up either."""
    with Sandbox() as box, socket.create_connection(("127.0.0.1", httpx.URL(box.url).port or 0)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345")
        started = time.monotonic()
        box.stop()
        assert time.monotonic() - started < 0.5


@pytest.mark.slow
def test_stops_while_others_knock() -> None:
    """Whoever is just being let in leaves nothing half open: not a socket, not a line in the log."""
    over = threading.Event()
    ports = [0]

    def knock() -> None:
        while not over.is_set():
            with suppress(OSError), socket.create_connection(("127.0.0.1", ports[0]), timeout=0.2):
                pass

    threads = [threading.Thread(target=knock) for _ in range(3)]
    box = Sandbox()
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            with box:
                ports[0] = httpx.URL(box.url).port or 0
                threading.Event().wait(0.005)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    gc.collect()  # what was left open is told of here, which fails the test


@pytest.mark.slow
def test_stops_while_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    """Clients that ask and ask and never read hold up neither others nor the end."""
    inputs = json.dumps({"inputs": [f"{number}@example.com" for number in range(100)]})
    asked = (
        "POST /communication-preferences/v4/statuses/batch/read?channel=EMAIL HTTP/1.1\r\nhost: localhost\r\n"
        "authorization: Bearer demo\r\ncontent-type: application/json\r\n"
        f"content-length: {len(inputs)}\r\n\r\n{inputs}"
    ).encode()
    with Sandbox(token="demo") as box, ExitStack() as deaf:
        for _ in range(10):
            client = deaf.enter_context(socket.create_connection(("127.0.0.1", httpx.URL(box.url).port or 0)))
            client.setblocking(False)
            with suppress(BlockingIOError):
                for _ in range(100):
                    client.send(asked)
        with httpx.Client() as other:
            assert 200 == write(other, box.url, "a@example.com")
        started = time.monotonic()
        box.stop()
        assert time.monotonic() - started < 0.5
    gc.collect()
    assert [] == caplog.messages


def test_replies_are_not_held_back(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small reply leaves at once: otherwise it waits 40 ms until the client has acknowledged the one before."""
    options = []
    serve = App._serve

    def look(app: App, request: Request, *rest: Any) -> Any:
        connection = request.scope["state"][TRANSPORT].get_extra_info("socket")
        options.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        return serve(app, request, *rest)

    monkeypatch.setattr(App, "_serve", look)
    with httpx.Client() as client:
        write(client, box.url, "a@example.com")
    assert [True] == [bool(option) for option in options]


def test_stopping_twice_is_harmless() -> None:
    """And so is stopping what never ran; starting twice is a mistake."""
    box = Sandbox()
    box.stop()
    with box:
        with pytest.raises(RuntimeError, match="already"):
            box.start()
        box.stop()
        box.stop()


def test_port_in_use() -> None:
    """Said at once, by the call that starts it."""
    with Sandbox() as box:
        other = Sandbox(port=httpx.URL(box.url).port or 0)
        with pytest.raises(OSError, match="in use"):
            other.start()


def test_file_that_is_no_database(tmp_path: Path) -> None:
    """Refused, and nothing is left open."""
    (tmp_path / "db").write_text("this is not a database, however long one looks at it")
    with pytest.raises(Exception, match="not a database"):
        Sandbox(db=tmp_path / "db").start()


def test_loopback_only() -> None:
    """Unless told otherwise."""
    with pytest.raises(ValueError, match="loopback"):
        Sandbox(host="0.0.0.0")  # refused
    with pytest.raises(ValueError, match="no seed"):
        Sandbox(seed="other")


@pytest.mark.parametrize("brand", [-1, 2**63])
def test_brands_that_are_none(brand: int) -> None:
    """What no row could carry is refused at once."""
    with pytest.raises(ValueError, match="a brand is a number from 0"):
        Sandbox(brands=(0, brand))


def test_does_not_show_its_token() -> None:
    """Neither in a repr nor on the screen."""
    assert "secret" not in repr(Sandbox(token="secret").account)


def test_a_token_is_made_up(call_to: Callable[[Sandbox], Call]) -> None:
    """Another one for each sandbox, that nobody can guess; it is the one that is accepted."""
    with Sandbox() as one, Sandbox() as other:
        assert one.token != other.token
        assert {40} == {len(one.token), len(other.token)}
        assert 200 == call_to(one)("GET", "/definitions", channel=None).status_code
        headers = {"Authorization": f"Bearer {other.token}"}
        assert 401 == httpx.get(f"{one.url}/sandbox/log", headers=headers).status_code


@pytest.mark.parametrize("token", ["", " ", "a b", "tokén", "a\n", "\x7f"])
def test_tokens_that_no_header_can_carry(token: str) -> None:
    """Refused, and not repeated; an empty one would let everybody in."""
    with pytest.raises(ValueError, match="the token is not one") as caught:
        Sandbox(token=token)
    assert not token.strip() or token not in str(caught.value)


def test_says_nothing_by_itself(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """No line for a request, for a broken one neither."""
    with Sandbox() as box:
        box.fail(Fault(disconnect="body"))
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{box.url}/communication-preferences/v4/definitions")
        with socket.create_connection(("127.0.0.1", httpx.URL(box.url).port or 0)) as client:
            client.sendall(b"nonsense\r\n\r\n")
            client.recv(100)
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_many_at_once(box: Sandbox) -> None:
    """Requests from several threads all arrive and all count."""

    def work(worker: int) -> None:
        with httpx.Client() as client:
            for number in range(20):
                write(client, box.url, f"{worker}-{number}@example.com")

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.status for entry in box.log] == [200] * 100
    assert {box.state(f"{worker}-{number}@example.com", 7001) for worker in range(5) for number in range(20)} == {
        "SUBSCRIBED"
    }


def test_state_stays_in_a_file(tmp_path: Path) -> None:
    """And the seed is filled in only once."""
    with Sandbox(db=tmp_path / "db", token="demo") as box, httpx.Client() as client:
        write(client, box.url, "unsubscribed@example.com")
    with Sandbox(db=tmp_path / "db", seed="empty") as box:
        assert box.state("unsubscribed@example.com", 7001) == "SUBSCRIBED"
        box.reset()
        assert box.state("unsubscribed@example.com", 7001) == "NOT_SPECIFIED"


@pytest.mark.slow
def test_survives_being_killed(tmp_path: Path) -> None:
    """Every write that was answered is there afterwards."""
    process, url = serve(tmp_path / "db")
    acknowledged: list[str] = []

    def work(worker: int) -> None:
        try:
            with httpx.Client() as client:
                for number in range(100_000):
                    address = f"{worker}-{number}@example.com"
                    if write(client, url, address) == 200:
                        acknowledged.append(address)
        except httpx.TransportError:
            return

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(2)]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 200:
        threading.Event().wait(0.001)
    process.send_signal(signal.SIGKILL)
    end(process)
    for thread in threads:
        thread.join(10)
    with Sandbox(db=tmp_path / "db") as box:
        lost = [address for address in acknowledged if box.state(address, 7001) != "SUBSCRIBED"]
    assert (len(acknowledged) >= 200, lost) == (True, [])


@pytest.mark.slow
def test_two_processes_share_a_file(tmp_path: Path) -> None:
    """What one writes the other sees, and nothing gets lost; also when both make the file."""
    with ThreadPoolExecutor(2) as pool:
        processes = list(pool.map(serve, [tmp_path / "db"] * 2))
    urls = [url for _, url in processes]
    statuses: list[int] = []

    def work(url: str) -> None:
        with httpx.Client() as client:
            statuses.extend(
                write(client, url, f"{httpx.URL(url).port}-{number}@example.com") for number in range(60)
            )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, urls))
    for process, _ in processes:
        end(process)
    with Sandbox(db=tmp_path / "db") as box:
        there = [
            box.state(f"{httpx.URL(url).port}-{number}@example.com", 7001) for url in urls for number in range(60)
        ]
    assert (statuses, there) == ([200] * 120, ["SUBSCRIBED"] * 120)


def test_a_new_version_is_a_new_file(tmp_path: Path, call_to: Callable[[Sandbox], Call]) -> None:
    """Routes come from the contracts: a third one is served as soon as it is there."""
    source = Path(str(folder()))
    shutil.copy(source / "v4.yaml", tmp_path)
    text = (source / "2026-03.yaml").read_text(encoding="utf-8")
    text = text.replace("2026-03", "2027-03").replace("operationId: list_definitions", "operationId: list_all")
    (tmp_path / "2027-03.yaml").write_text(text, encoding="utf-8")
    with Sandbox(contracts=tmp_path) as box:
        call = call_to(box)
        assert box.versions == ("v4", "2027-03")
        assert call("GET", "/statuses/a%40example.com", version="2027-03").status_code == 200
        assert call("GET", "/statuses/a%40example.com", version="2026-03").status_code == 404
        reply = call("GET", "/definitions", version="2027-03", channel=None)
        assert (reply.status_code, reply.json()["category"]) == (501, "NOT_IMPLEMENTED")


def test_on_ipv6(call_to: Callable[[Sandbox], Call]) -> None:
    """Where there is any."""
    try:
        with Sandbox(host="::1") as box:
            assert call_to(box)("GET", "/definitions", channel=None).status_code == 200
    except OSError:
        pytest.skip("no IPv6 here")


def test_on_every_interface(call_to: Callable[[Sandbox], Call]) -> None:
    """`::` is any address, of IPv4 as well."""
    try:
        box = Sandbox(host="::", allow_remote=True)
        box.start()
    except OSError:
        pytest.skip("no IPv6 here")
    with ExitStack() as stack:
        stack.callback(box.stop)
        reply = httpx.get(
            f"http://127.0.0.1:{httpx.URL(box.url).port}/sandbox/log",
            headers={"Authorization": f"Bearer {box.token}"},
        )
        assert 200 == reply.status_code
