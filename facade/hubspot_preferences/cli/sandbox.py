"""`hubprefs sandbox`: a local HubSpot for communication preferences, until it is stopped."""

import re
import signal
import sqlite3
import threading
from types import FrameType
from typing import Any, NoReturn

import click

from .output import lacking

_EXTRA = frozenset({"jsonschema_rs", "starlette", "uvicorn", "yaml"})
_RATE_LIMIT = re.compile(r"([1-9][0-9]{0,8})(?:/([1-9][0-9]{0,8}))?")


def _rate_limit(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[int, int] | None:
    """Requests and milliseconds. HubSpot's own limits are per 10 seconds."""
    if text is None:
        return None
    match = _RATE_LIMIT.fullmatch(text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not like 100 or 100/10")
    return int(match[1]), int(match[2] or 10) * 1000


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8787, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--token", help="The token to accept; without it: one made up and shown.")
@click.option("--seed", default="demo", show_default=True, help="What to start from: demo or empty.")
@click.option("--db", type=click.Path(dir_okay=False), help="File to keep the state in; without it: memory.")
@click.option("--lenient", is_flag=True, help="Accept any subscription id and any text as an address.")
@click.option("--no-enterprise", is_flag=True, help="Refuse batches, as below Marketing Hub Enterprise.")
@click.option("--data-privacy", is_flag=True, help="Require a legal basis for every state that is set.")
@click.option("--brand", "brands", multiple=True, type=click.IntRange(1), help="A further brand's id; repeatable.")
@click.option(
    "--missing-brand",
    default="every",
    show_default=True,
    type=click.Choice(["every", "default"]),
    help="Whose opt-outs a read without a brand is about.",
)
@click.option(
    "--rate-limit",
    metavar="REQUESTS[/SECONDS]",
    callback=_rate_limit,
    help="So many requests within 10 seconds, or within SECONDS.",
)
@click.option("--daily-limit", type=click.IntRange(1), help="Requests a day.")
@click.option(
    "--allow-remote", is_flag=True, help="Listen beyond loopback, to any Host: state and token are open."
)
def sandbox(*, no_enterprise: bool, brands: tuple[int, ...], **options: Any) -> None:
    """Serve a local HubSpot for communication preferences.

    It keeps state, checks what it is sent and fails on demand: see POST /sandbox/faults,
    GET /sandbox/log and POST /sandbox/reset.
    """
    try:
        from hubspot_preferences.sandbox import Sandbox
    except ModuleNotFoundError as missing:
        raise click.ClickException(lacking(missing, "the sandbox", "sandbox", _EXTRA)) from None
    try:
        box = Sandbox(**options, enterprise=not no_enterprise, brands=(0, *brands))
    except ValueError as wrong:
        raise click.ClickException(str(wrong).replace("allow_remote", "--allow-remote")) from None
    before = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        box.start()
        # A token of somebody's own does not belong onto a screen.
        token = box.token if options["token"] in {None, "demo"} else "<token>"
        click.echo(f"Serving {', '.join(box.versions)} at {box.url} - stop with Ctrl-C. Try:\n")
        click.echo(f"  {_example(box.url, box.versions[-1], token)}\n")
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except OSError as wrong:
        where = f"{options['host']}, port {options['port']}"
        why = str(wrong.strerror).partition(" (")[0]  # behind it Python says where once more
        raise click.ClickException(f"cannot listen on {where}: {why}") from None
    except sqlite3.Error as wrong:
        raise click.ClickException(f"cannot keep the state in {options['db']}: {wrong}") from None
    finally:
        for number in before:  # a second Ctrl-C must not cut the stopping short, which takes milliseconds
            signal.signal(number, signal.SIG_IGN)
        box.stop()
        for number, previous in before.items():
            signal.signal(number, previous)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Stop on SIGTERM and on SIGINT, which a shell's `&` would have ignored."""
    raise KeyboardInterrupt


def _example(url: str, version: str, token: str) -> str:
    path = f"/communication-preferences/{version}/statuses/subscribed%40example.com"
    return f"curl -H 'Authorization: Bearer {token}' '{url}{path}?channel=EMAIL'"
