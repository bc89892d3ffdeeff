"""What is meant to break the sandbox: it is refused in one line, and everybody else is served."""

import errno
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve

from hubspot_preferences.sandbox import Fault, Sandbox, choices, seeds, store
from hubspot_preferences.sandbox.log import Log, LoggedRequest
from hubspot_preferences.sandbox.store import Store

from .conftest import Call

PATH = "/communication-preferences/2026-03/statuses/a%40example.com"
WRITE = b'{"channel":"EMAIL","statusState":"SUBSCRIBED","subscriptionId":7001,"extra":%s}'


def nested(depth: int) -> bytes:
    """Lists within lists."""
    return b"[" * depth + b"]" * depth


def short(value: object) -> str:
    """What a case is called."""
    return repr(value)[:60]


def post(http: httpx.Client, path: str, body: bytes) -> httpx.Response:
    """A body as it is."""
    return http.post(path, content=body, headers={"content-type": "application/json"})


def readable(text: str) -> Any:
    """JSON as others read it, who do not know NaN and Infinity."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in {text[:80]}"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        *((nested(depth), "nested too deeply") for depth in (choices.DEEPEST_BODY + 1, 500, 900)),
        (WRITE % nested(choices.DEEPEST_BODY), "nested too deeply"),
        (WRITE % (b'{"a":' * 400 + b"1" + b"}" * 400), "nested too deeply"),
        (WRITE % nested(100_000), "is not JSON"),
        (WRITE % b"1e400", "is not JSON"),
        (WRITE % b"-Infinity", "is not JSON"),
        (WRITE % (b"9" * 5000), "is not JSON"),
        (WRITE % b'"\xed\xa0\x80"', "is not JSON"),
        (WRITE % b'"\xff"', "is not JSON"),
        ((WRITE % b"1").decode().encode("utf-16"), "is not JSON"),
    ],
    ids=short,
)
def test_bodies_that_are_meant_to_break_it(http: httpx.Client, body: bytes, words: str) -> None:
    """400, and the log can be read afterwards."""
    reply = post(http, PATH, body)
    assert (400, "VALIDATION_ERROR", True) == (reply.status_code, reply.json()["category"], words in reply.text)
    assert [400] == [entry["status"] for entry in readable(http.get("/sandbox/log").text)]


def test_a_body_may_be_nested(http: httpx.Client) -> None:
    """As deeply as it is allowed to be; the log shows it."""
    body = WRITE % nested(choices.DEEPEST_BODY - 1)
    assert 200 == post(http, PATH, body).status_code
    assert [json.loads(body)] == [entry["body"] for entry in readable(http.get("/sandbox/log").text)]


@pytest.mark.parametrize("path", [PATH, "/sandbox/faults"])
def test_a_large_body(http: httpx.Client, path: str) -> None:
    """413, whether its length is told or not; the connection goes on."""
    large = b" " * (choices.LARGEST_BODY + 1)
    replies = [http.post(path, content=content) for content in (large, iter([large] * 20))]
    assert [413, 413] == [reply.status_code for reply in replies]
    assert 400 == post(http, path, large[1:]).status_code


def test_the_log_does_not_fill_memory() -> None:
    """It keeps ten thousand requests, and fewer when they are large."""
    log = Log()
    entry = LoggedRequest(0.0, "GET", "/", "/", None, None, {}, None, {}, 200)
    counts = []
    for size, times in ((0, 10_001), (1_000_000, 100)):
        for _ in range(times):
            log.add(entry, size)
        counts.append(len(log.entries()))
    log.clear()
    log.add(entry, 64_000_000)
    assert ([10_000, 64], 1) == (counts, len(log.entries()))


@pytest.mark.parametrize(
    "wrong",
    [
        '{"delay": NaN}',
        '{"delay": 1e400}',
        '{"delay": 1e10}',
        '{"delay": true}',
        '{"retry_after": NaN, "status": 429}',
        '{"retry_after": 1e300, "status": 429}',
        '{"times": 1.5}',
        '{"skip": null}',
        '{"status": true}',
        '{"subscription_id": true}',
        '{"headers": {"x": "a\\r\\nset-cookie: b"}}',
        '{"headers": {"x": "\\u20ac"}}',
        '{"headers": {"x": "a\\u0000"}}',
        '{"headers": {"x": " a"}}',
        '{"headers": {"x": 1}}',
        '{"headers": {"x": null}}',
        '{"headers": {"a b": "1"}}',
        '{"headers": {"": "1"}}',
        '{"headers": {"\\u00e9": "1"}}',
        '{"headers": {"content-length": "5"}}',
        '{"headers": {"Transfer-Encoding": "chunked"}}',
        '{"headers": [1]}',
        '{"headers": "ab"}',
        '{"body": "\\ud800"}',
        '{"category": "\\ud800", "status": 400}',
        '{"fields": {"a": NaN}}',
        '{"fields": {"a": "\\ud800"}}',
        '{"addresses": [1]}',
        '{"addresses": [null]}',
        '{"without": [1]}',
        '{"rows": ["drop"]}',
        '{"policy": null}',
        f'{{"fields": {{"a": {nested(900).decode()}}}}}',
        nested(900).decode(),
        nested(100_000).decode(),
        "",
    ],
    ids=short,
)
def test_faults_that_make_no_sense(http: httpx.Client, wrong: str) -> None:
    """Refused in words when they are sent, not by a broken connection when they apply."""
    reply = http.post("/sandbox/faults", content=wrong)
    assert (400, "VALIDATION_ERROR") == (reply.status_code, reply.json()["category"])
    assert 0 < len(reply.json()["message"].splitlines()[0]) < 300
    assert [] == http.get("/sandbox/faults").json()


@pytest.mark.parametrize(
    "headers",
    [
        {"x-empty": "", "x-tab": "a\tb", "x-latin": "é"},
        {"X-HubSpot-RateLimit-Max": "many", "retry-after": "Tue, 32 Foo"},
        {"connection": "close", "content-encoding": "br", "content-type": "nonsense"},
    ],
)
def test_headers_that_faults_may_set(box: Sandbox, call: Call, headers: dict[str, str]) -> None:
    """Whatever HTTP can carry: that others do not understand it is what faults are for."""
    box.fail(Fault(headers=headers))
    reply = call("GET", "/statuses/a%40example.com")
    assert headers == {name: reply.headers[name] for name in headers}


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("more", [{}, {"body": "x"}, {"fields": {"a": 1}}])
def test_a_status_without_a_body_has_none(
    box: Sandbox, http: httpx.Client, call: Call, status: int, more: dict[str, Any]
) -> None:
    """And its connection serves the next request."""
    box.fail(Fault(status=status, **more))
    sockets = []
    for expected in (status, 200):
        with http.stream("GET", PATH, params={"channel": "EMAIL"}) as reply:
            sockets.append(reply.extensions["network_stream"].get_extra_info("client_addr"))
            assert (expected, expected == 200) == (reply.status_code, bool(reply.read()))
    assert sockets[0] == sockets[1]


def test_what_cannot_be_said_in_json(box: Sandbox, http: httpx.Client, call: Call) -> None:
    """A fault made in Python may hold anything: whoever asked is told, and the server goes on."""
    box.fail(Fault(fields={"a": object()}), Fault(body="\ud800", skip=1))
    assert (500, "SANDBOX_FAILED") == (
        (shown := http.get("/sandbox/faults")).status_code,
        shown.json()["category"],
    )
    replies = [call("GET", "/statuses/a%40example.com") for _ in range(3)]
    assert [500, 500, 200] == [reply.status_code for reply in replies]
    assert ["SANDBOX_FAILED"] * 2 == [reply.json()["category"] for reply in replies[:2]]


@pytest.mark.parametrize("garbage", [None, True, "text", 10**30, 1.5, [], [None], {"a": 1}], ids=short)
def test_faults_take_what_others_left(box: Sandbox, call: Call, garbage: Any) -> None:
    """Several meet in one reply, and none of them is told that the sandbox failed."""
    two = {"inputs": ["a@example.com", "b@example.com"]}
    names = ("results", "errors", "numErrors", "statuses", "wideStatuses", "subscriberIdString", "subscriptionId")
    before = [Fault(envelope={name: garbage}) for name in names] + [
        Fault(fields={name: garbage}) for name in names
    ]
    before += [Fault(rows="malformed"), Fault(without=("statuses", "wideStatuses"))]
    after = Fault(errors="context", rows="upper", fields={"x": 1}, subscription_id=7001, nested=False)
    for first in before:
        for second in (after, evolve(after, nested=True, addresses=("a@example.com",))):
            box.fail(evolve(first, times=None), evolve(second, times=None))
            replies = [
                call("POST", "/statuses/batch/read", two),
                call("POST", "/statuses/batch/unsubscribe-all/read", two),
                call("POST", "/statuses/a%40example.com/unsubscribe-all", verbose="true"),
            ]
            assert [] == [reply.text for reply in replies if reply.status_code == 500]
            box.clear_faults()


def test_a_row_without_states_stays_so(box: Sandbox, call: Call) -> None:
    """A second fault does not put back, empty, what the first took out."""
    box.fail(Fault(without=("statuses",), addresses=("b@example.com",)), Fault(fields={"status": "SUBSCRIBED"}))
    rows = call("POST", "/statuses/batch/read", {"inputs": ["a@example.com", "b@example.com"]}).json()["results"]
    assert [True, False] == ["statuses" in row for row in rows]


OWN = [
    "localhost",
    "LOCALHOST:1",
    "box.localhost:80",
    "localhost.",
    "127.0.0.1",
    "127.8.7.6:5",
    "[::1]",
    "[::1]:80",
]
OTHERS = ["example.com", "localhost.example.com", "127.0.0.1.example.com", "127.0.0.1@example.com", "10.0.0.1"]
OTHERS += [
    "0.0.0.0",
    "[::2]",
    "xlocalhost",
    "example.com:127.0.0.1",
    "",
    "localhost:80:80",
    "127.0.0.1, example.com",
]


@pytest.mark.parametrize(("host", "status"), [*((name, 200) for name in OWN), *((name, 421) for name in OTHERS)])
def test_only_names_of_this_machine(box: Sandbox, http: httpx.Client, host: str, status: int) -> None:
    """A web page elsewhere may have its name lead here: it learns and changes nothing, whatever it knows."""
    for method, path in (("GET", "/sandbox/faults"), ("GET", f"{PATH}?channel=EMAIL")):
        reply = http.request(method, path, headers={"host": host})
        assert (status, "MISDIRECTED_REQUEST" if status == 421 else None) == (
            reply.status_code,
            reply.json()["category"] if status == 421 else None,
        )
    reply = http.post("/sandbox/faults", headers={"host": host}, json={"status": 502})
    assert (status, status == 200) == (reply.status_code, bool(http.get("/sandbox/faults").json()))


def test_without_a_name(box: Sandbox) -> None:
    """HTTP/1.0 has no Host header; 1.1 without one is no request."""
    for version, status in (("1.0", b"421"), ("1.1", b"400")):
        with socket.create_connection(("127.0.0.1", httpx.URL(box.url).port or 0)) as client:
            client.sendall(f"GET /sandbox/log HTTP/{version}\r\n\r\n".encode())
            assert status == client.recv(100).split()[1]


def test_any_name_where_that_is_wanted(call_to: Callable[[Sandbox], Call]) -> None:
    """In a container others know it by a name that only they know."""
    with Sandbox(host="0.0.0.0", allow_remote=True, token="demo") as box:
        reply = httpx.get(
            f"http://127.0.0.1:{httpx.URL(box.url).port}/sandbox/log",
            headers={"host": "hubspot:8787", "authorization": "Bearer demo"},
        )
    assert 200 == reply.status_code


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by its name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def database(path: Path, *statements: str) -> None:
    """Somebody else's."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in ("CREATE TABLE definitions (id)", "INSERT INTO definitions VALUES (1)", *statements):
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("notes"),
        lambda path: path.write_bytes(b"SQLite format 3\0"),
        lambda path: path.write_bytes(b"\0" * 4096),
        lambda path: path.write_bytes(b"a" * 68 + b"HubP"),
        database,
        lambda path: database(path, "PRAGMA application_id = 5"),
        lambda path: database(path, "PRAGMA journal_mode = WAL"),
        Path.mkdir,
        os.mkfifo,
        lambda path: path.symlink_to("/dev/null"),
    ],
)
def test_a_file_of_others_is_left_as_it_is(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """Not a byte of it changes, and nothing is written beside it."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    make(folder / "db")
    regular = (folder / "db").is_file()
    before = contents(folder) if regular else {}
    with pytest.raises(sqlite3.DatabaseError, match=r"not a (database that a sandbox made|file)"):
        Sandbox(db=folder / "db").start()
    assert ["db"] == [path.name for path in folder.iterdir()]
    assert before == (contents(folder) if regular else {})


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As any other that cannot be kept: the user is told about the file, not about the port."""

    def refuses(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "db").touch()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuses)
        with pytest.raises(sqlite3.OperationalError, match="Permission denied"):
            Sandbox(db=tmp_path / "db").start()


@pytest.mark.parametrize("there", [False, True])
def test_a_file_of_its_own(tmp_path: Path, there: bool) -> None:
    """It may be there already, as long as it is empty; opened again it is known, also after a crash."""
    path = tmp_path / "db"
    if there:
        path.touch()
    kept = Store(path, seeds.seed("demo"))
    copy = tmp_path / "copy"
    copy.write_bytes(path.read_bytes())  # as if it had been killed: without what is in the log beside it
    kept.close()
    for again in (path, copy):
        Store(again, seeds.seed("empty")).close()


def test_a_file_that_others_spoil(tmp_path: Path, connect: Callable[[Sandbox], httpx.Client]) -> None:
    """Whoever asks is told, on HubSpot's routes and on the sandbox's own; what does not need the file goes on."""
    with Sandbox(db=tmp_path / "db") as box, closing(sqlite3.connect(tmp_path / "db")) as connection:
        http = connect(box)
        connection.execute("DROP TABLE statuses")
        replies = [
            http.get(PATH, params={"channel": "EMAIL"}),
            http.post("/sandbox/reset"),
            http.get("/sandbox/log"),
        ]
    assert [500, 500, 200] == [reply.status_code for reply in replies]
    assert ["SANDBOX_FAILED"] * 2 == [reply.json()["category"] for reply in replies[:2]]


def test_what_cannot_be_committed_is_undone() -> None:
    """A full disk, for instance: the next write finds no half of it in its way."""
    kept = Store(None, seeds.seed("demo"))
    for statement in (
        "PRAGMA foreign_keys = ON",
        "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
        "CREATE TABLE children (parent REFERENCES parents DEFERRABLE INITIALLY DEFERRED)",
    ):
        kept._connection.execute(statement)

    def fails() -> None:
        with kept.writing():
            kept._connection.execute("INSERT INTO children VALUES (1)")

    with pytest.raises(sqlite3.IntegrityError):
        fails()
    with kept.reading():
        assert [] == kept._connection.execute("SELECT * FROM children").fetchall()
    kept.close()


def test_a_file_that_another_process_did_not_finish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was in its head a moment ago is undone when that process was killed: it is a sandbox's all the same."""
    path = tmp_path / "db"
    Store(path, seeds.seed("demo")).close()
    look = store._refuse_others

    def undone(path: Path) -> None:
        look(path)
        path.write_bytes(b"")

    with monkeypatch.context() as patched:
        patched.setattr(store, "_refuse_others", undone)
        Store(path, seeds.seed("demo")).close()
    Store(path, seeds.seed("demo")).close()


STARTS_WITH_FEW_DESCRIPTORS = """
import gc, os, resource
from hubspot_preferences.sandbox import Sandbox
box = Sandbox()
box.versions  # read
used = max(map(int, os.listdir("/dev/fd"))) + 1
for spare in range(9):
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + spare, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    try:
        box.start()
    except OSError as wrong:
        print(wrong.errno)
    else:
        print("started")
        box.stop()
    gc.collect()
"""


@pytest.mark.slow
def test_no_descriptor_left_to_start_with() -> None:
    """However few there are, it is said once, by an exception."""
    done = subprocess.run(
        [sys.executable, "-c", STARTS_WITH_FEW_DESCRIPTORS], capture_output=True, text=True, timeout=30, check=True
    )
    lines = done.stdout.split()
    assert (9, "") == (len(lines), done.stderr)
    assert ([str(errno.EMFILE)] * lines.count(str(errno.EMFILE)), "started") == (
        lines[: lines.index("started")],
        lines[-1],
    )
    assert 3 <= lines.index("started")


SERVES_WITH_FEW_DESCRIPTORS = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (20, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
from hubspot_preferences.sandbox import Sandbox
with Sandbox(token="demo") as box:
    print(box.url, flush=True)
    input()
"""


@pytest.mark.slow
def test_no_descriptor_left_for_who_connects() -> None:
    """One line says so, not one for each attempt; as soon as others leave, whoever waited is served."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVES_WITH_FEW_DESCRIPTORS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    url = httpx.URL(process.stdout.readline().strip())
    with ExitStack() as others:
        for _ in range(25):
            others.enter_context(socket.create_connection((url.host, url.port or 0)))
        first = process.stderr.readline()
    reply = httpx.get(f"{url}/sandbox/log", headers={"Authorization": "Bearer demo"}, timeout=30)
    _, rest = process.communicate("\n", timeout=30)
    assert (True, "", 200) == ("Too many open files" in first, rest, reply.status_code)
