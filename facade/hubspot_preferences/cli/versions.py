"""`hubprefs versions`: the API versions of this library, and how long HubSpot supports them."""

import json
from datetime import datetime
from typing import Any

import click
from attrs import asdict

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
    from ..reports.words import support

    day = on.date() if on else known.today()
    latest = known.newest(day).name
    rows = [
        {**asdict(window), "default": window.name == known.DEFAULT, "latest": window.name == latest}
        for window in support(known.NAMES, day)
    ]
    if form == "json":
        say(f"{json.dumps(rows, indent=2, default=str)}\n", local=True)
    else:
        _show(rows)


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
        cells = row["released"] or "-", state, row["supported_until"], row["days_left"], marks
        table.add_row(row["name"], *(cell if cell is state else str(cell) for cell in cells))
    say(rendered(lambda _: [table]), local=True)
