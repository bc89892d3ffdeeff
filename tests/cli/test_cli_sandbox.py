"""`hubprefs sandbox`, as somebody at a terminal uses it."""

import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from hubspot_preferences import Preferences
from hubspot_preferences.cli.root import hubprefs

RUN = "from hubspot_preferences.cli import main; main()"


def invoke(*arguments: str) -> Result:
    """The command, to its end, in this process; what it does not expect is raised."""
    return CliRunner().invoke(hubprefs, arguments, catch_exceptions=False)


def run(*arguments: str, code: str = RUN) -> subprocess.CompletedProcess[str]:
    """The command, to its end, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=20, check=False
    )


@contextmanager
def running(arguments: Sequence[str] = ("--token", "demo")) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The command while it serves: the process, its URL and the example it shows."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "sandbox", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.stdout.readline()
        example = process.stdout.readline().strip()
        url = re.search(r"http://\S+", first)
        yield process, url[0] if url else first, example
    finally:
        process.kill()
        process.communicate(timeout=10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_stopped(number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it without a word, with a client still connected."""
    with running() as (process, url, _), httpx.Client() as client:
        headers = {"Authorization": "Bearer demo"}
        assert client.get(f"{url}/communication-preferences/v4/definitions", headers=headers).status_code == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out.strip(), err) == (0, "", "")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_example_works() -> None:
    """Copied from the screen."""
    with running() as (_, _, example):
        done = subprocess.run(
            [*shlex.split(example), "--silent", "--noproxy", "*"], capture_output=True, text=True, check=True
        )
    assert '"status":"SUBSCRIBED"' in done.stdout


def test_options(tmp_path: Path) -> None:
    """They reach the sandbox; a token of one's own is not shown."""
    options = ["--token", "mine", "--seed", "empty", "--db", str(tmp_path / "db"), "--brand", "7"]
    limits = ["--rate-limit", "5/1", "--daily-limit", "9", "--data-privacy", "--no-enterprise", "--lenient"]
    with running([*options, *limits]) as (_, url, example):
        base, headers = f"{url}/communication-preferences/2026-03", {"Authorization": "Bearer mine"}
        reply = httpx.get(f"{base}/definitions", headers=headers)
        assert [row["businessUnitId"] for row in reply.json()["results"]] == [0, 0, 0, 7]
        assert (reply.headers["x-hubspot-ratelimit-max"], reply.headers["x-hubspot-ratelimit-daily"]) == ("5", "9")
        assert reply.headers["x-hubspot-ratelimit-interval-milliseconds"] == "1000"
        body = {"channel": "EMAIL", "statusState": "SUBSCRIBED", "subscriptionId": 1}
        reply = httpx.post(f"{base}/statuses/anybody", headers=headers, json=body)
        assert [each["in"] for each in reply.json()["errors"]] == ["legalBasis"]
        reply = httpx.post(f"{base}/statuses/batch/write", headers=headers, json={"inputs": []})
        assert reply.status_code == 403
        assert "mine" not in example
    assert (tmp_path / "db").exists()


def test_a_token_is_made_up_and_shown() -> None:
    """It stands in the example, and is the one that is accepted."""
    with running(()) as (_, url, example):
        token = re.search(r"Bearer (sandbox-[0-9a-f]{32})'", example)
        assert token is not None
        replies = [
            httpx.get(f"{url}/sandbox/log", headers={"Authorization": f"Bearer {bearer}"})
            for bearer in (token[1], "demo")
        ]
    assert [200, 401] == [reply.status_code for reply in replies]


def test_port_in_use() -> None:
    """One line, and not a zero."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = invoke("sandbox", "--port", str(taken.getsockname()[1]))
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "in use" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["--host", "192.0.2.1"], "--allow-remote", 1),
        (["--seed", "other"], "no seed is called 'other'", 1),
        (["--db", __file__], "not a database that a sandbox made", 1),
        (["--token", ""], "the token is not one", 1),
        (["--rate-limit", "many"], "not like 100 or 100/10", 2),
        (["--rate-limit", f"1/{10**400}"], "not like 100 or 100/10", 2),
        (["--brand", str(2**63)], "a brand is a number from 0", 1),
        (["--db", ""], "not a file", 1),
        (["--host", "a" * 300, "--allow-remote"], "no name of a host", 1),
        (["--host", "no such host", "--allow-remote"], "cannot listen", 1),
    ],
)
def test_what_cannot_be_done(arguments: list[str], words: str, code: int) -> None:
    """Said plainly, without a traceback."""
    done = invoke("sandbox", "--port", "0", *arguments)
    assert (done.exit_code, words in done.stderr) == (code, True)


@pytest.mark.parametrize("missing", ["click", "starlette", "uvicorn", "yaml", "jsonschema_rs"])
def test_what_is_not_installed(missing: str) -> None:
    """One line says what to install."""
    done = run("sandbox", code=f"import sys; sys.modules[{missing!r}] = None; {RUN}")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    extra = "cli" if missing == "click" else "sandbox"
    assert f'needs {missing}: pip install "hubspot-preferences[{extra}]"' in done.stderr


def test_help_and_version() -> None:
    """Every option is explained."""
    assert invoke("--version").exit_code == 0
    done = invoke("sandbox", "--help")
    assert (done.exit_code, [line for line in done.stdout.splitlines() if line.strip() == "--port"]) == (0, [])
    assert "--lenient" in done.stdout


def test_help_is_quick_to_load() -> None:
    """The server is loaded when it is needed, and not before."""
    code = f"import atexit, sys; atexit.register(lambda: print('starlette' in sys.modules)); {RUN}"
    assert run("--help", code=code).stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize(("reading", "rows"), [("every", 1), ("default", 0)])
def test_a_missing_brand_is_read_as_it_was_chosen(reading: str, rows: int) -> None:
    """Whoever left brand 5 is in a read without a brand, or is not."""
    with (
        running(["--token", "demo", "--brand", "5", "--missing-brand", reading]) as (_, url, _),
        Preferences("demo", base_url=url) as prefs,
    ):
        prefs.unsubscribe_all("jane@example.com", business_unit_id=5)
        assert rows == len(prefs.opt_outs("jane@example.com"))


def test_a_missing_brand_has_two_readings() -> None:
    """A third one is refused, and those there are named."""
    refused = invoke("sandbox", "--missing-brand", "none")
    assert 2 == refused.exit_code
    assert "'every', 'default'" in refused.output
