"""The comparison as one HTML file that needs nothing else: no network, and no JavaScript to be read."""

import base64
import hashlib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .. import versions
from .._version import __version__
from ..answers.differences import Difference
from ..answers.result import Differing, ParityReport
from ..contracts.changes import ContractChange, ContractDiff, OperationDiff, worst
from ..privacy import visible
from . import words

if TYPE_CHECKING:
    from jinja2 import Template

# What a row of the page can be filtered by, in this order, and what it is called.
KINDS: Final = {
    "breaking": "breaking",
    "warning": "warning",
    "info": "info",
    "same": "same",
    "mailed": "newly mailed",
    "differs": "other differences",
}
_Row: TypeAlias = OperationDiff | ContractChange | Difference | Differing


def page(diff: ContractDiff, report: ParityReport | None, *, today: date | None = None) -> str:
    """An HTML document, to be written as UTF-8, about two contracts and, with a report, about their answers.

    today: the day as of which HubSpot's support is told; without it, this one. Offline. Whatever would not
    show in a value, control and direction characters above all, is shown by its code.
    """
    day = today or versions.today()
    verdicts = [(diff.level or "same", words.about_contracts(diff))]
    if report:
        verdicts.insert(0, (words.TONES[report.verdict], words.about_answers(report)))
    differing = words.worst_first(report) if report else []
    changes = diff.grouped()
    rows: tuple[_Row, ...] = (*diff.operations, *changes, *(report.definitions if report else ()), *differing)
    present = {_kind(row) for row in rows}
    return _template().render(
        diff=diff,
        report=report,
        verdicts=[(tone, words.sentence(text)) for tone, text in verdicts],
        counts=words.counts(report) if report else (),
        summaries=(report.a, report.b) if report else (),
        support=words.support((diff.a, diff.b), day),
        present=[kind for kind in KINDS if kind in present],
        changes=changes.items(),
        differing=differing,
        today=day,
        release=__version__,
    )


def _kind(row: _Row) -> str:
    """Which of KINDS a row is."""
    if isinstance(row, OperationDiff):
        return worst(row.changes) or "same"
    if isinstance(row, ContractChange):
        return row.level
    differences = row.differences if isinstance(row, Differing) else (row,)
    return "mailed" if any(one.newly_allowed for one in differences) else "differs"


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined  # only this page needs it
    from markupsafe import Markup

    source, style, script = (
        (files("hubspot_preferences.reports") / f"page.{ending}").read_text(encoding="utf-8")
        for ending in ("html.jinja", "css", "js")
    )
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["sentence"] = words.sentence
    environment.globals |= {
        "kind": _kind,
        "kinds": KINDS,
        **{
            word.__name__: word
            for word in (words.about, words.counted, words.listed, words.milliseconds, words.subject, words.within)
        },
        "newly_mailed": words.NEWLY_MAILED,
        # Files of this package, and all that is not escaped; the page's policy lets nothing else run or style.
        "style": Markup(style),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "style_hash": _hash(style),
        "script_hash": _hash(script),
    }
    return environment.from_string(source)


def _hash(text: str) -> str:
    """What a Content-Security-Policy calls an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _visible(value: Any) -> Any:
    """What the template puts out, made to show; what it made itself is left as it is."""
    return value if hasattr(value, "__html__") else visible(str(value))
