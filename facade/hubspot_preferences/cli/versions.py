"""`hubprefs versions`: the API versions of this library, and how long HubSpot supports them."""

import json
from datetime import date, datetime
from typing import Any

import click

from .. import versions as known
from .output import SUPPORT, lacking, rendered, say

_EXTRA = frozenset({"rich", "markdown_it", "mdurl", "pygments"})


@click.command()
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="As of this day, not today.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to say it.",
)
def versions(*, on: datetime | None, form: str) -> None:
    """List the API versions: their state, and the days until HubSpot's support ends."""
    day = on.date() if on else known.today()
    rows = [_row(known.version(name), day) for name in known.NAMES]
    if form == "json":
        say(f"{json.dumps(rows, indent=2)}\n", local=True)
    else:
        _show(rows)


def _row(version: known.Version, day: date) -> dict[str, Any]:
    return {
        "name": version.name,
        "released": version.released and str(version.released),
        "state": version.state(day),
        "supported_until": str(version.end_of_support),
        "days_left": version.days_left(day),
        "default": version.name == known.DEFAULT,
        "latest": version.name == known.newest(day).name,
    }


def _show(rows: list[dict[str, Any]]) -> None:
    try:
        from rich.table import Table
        from rich.text import Text
    except ModuleNotFoundError as missing:
        line = lacking(missing, "the table", "cli", _EXTRA)
        raise click.ClickException(f"{line}, or use --format json") from None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("version", "released", "state", "supported until", "days left", ""):
        table.add_column(title, justify="right" if title == "days left" else "left", overflow="fold")
    for row in rows:
        marks = ", ".join(mark for mark in ("default", "latest") if row[mark])
        state = Text(row["state"], SUPPORT.get(row["state"], ""))
        left = str(row["days_left"])
        table.add_row(row["name"], row["released"] or "-", state, row["supported_until"], left, marks)
    say(rendered(lambda _: [table]), local=True)
