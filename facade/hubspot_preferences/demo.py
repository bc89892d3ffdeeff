"""All ten operations on every API version, against the local sandbox: `python -m hubspot_preferences.demo`."""

import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from . import versions
from .client import Preferences
from .errors import EndOfSupportWarning
from .models import Change, Definition, Links, Status, WideStatus
from .outcomes import BatchResult

if TYPE_CHECKING:
    from .sandbox import Sandbox

JANE, JOE = "jane@example.com", "joe@example.com"
TOPIC = "Marketing Information"

# Each operation once, in an order that tells a story: the later ones find what the earlier ones did.
STEPS: tuple[tuple[str, Callable[[Preferences], Any]], ...] = (
    ("definitions", lambda prefs: prefs.definitions(include_translations=True)),
    ("set_status", lambda prefs: prefs.set_status(JANE, TOPIC, "SUBSCRIBED")),
    ("statuses", lambda prefs: prefs.statuses(JANE)),
    ("links", lambda prefs: prefs.links(JANE, subscription=TOPIC)),
    ("batch.write", lambda prefs: prefs.batch.write([Change(JOE, TOPIC, "SUBSCRIBED")])),
    ("batch.statuses", lambda prefs: prefs.batch.statuses([JANE, JOE])),
    ("unsubscribe_all", lambda prefs: prefs.unsubscribe_all(JANE, verbose=True)),
    ("opt_outs", lambda prefs: prefs.opt_outs(JANE)),
    ("batch.unsubscribe_all", lambda prefs: prefs.batch.unsubscribe_all([JOE])),
    ("batch.opt_outs", lambda prefs: prefs.batch.opt_outs([JANE, JOE])),
)


def answers(box: "Sandbox", version: str) -> list[Any]:
    """What every step answers on one version, starting from the seed."""
    box.reset()
    with Preferences(box.token, base_url=box.url, version=versions.version(version)) as prefs:
        return [step(prefs) for _, step in STEPS]


def lasting(answer: Any) -> Any:
    """An answer without its times: two runs never share them."""
    if isinstance(answer, BatchResult):
        return [(outcome.state, lasting(outcome.value), repr(outcome.error)) for outcome in answer]
    if isinstance(answer, tuple):
        return [lasting(value) for value in answer]
    if isinstance(answer, Status | WideStatus):
        return attrs.evolve(answer, updated_at=None)
    return answer


def worked(answer: Any) -> bool:
    """Whether the answer is one: every input of a batch done, no list empty."""
    if isinstance(answer, BatchResult):
        return all(outcome.ok for outcome in answer)
    return bool(answer)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def summary(answer: Any) -> str:
    """An answer in a few words."""
    if isinstance(answer, BatchResult):
        states = sorted({outcome.state for outcome in answer})
        return f"{_counted(len(answer), 'input')}: {', '.join(states)}"
    if isinstance(answer, Status):
        return answer.state
    if isinstance(answer, Links):
        return _counted(sum(1 for link in attrs.astuple(answer)[1:] if link), "link")
    if all(isinstance(row, Definition) for row in answer):
        return _counted(len(answer), "subscription type")
    states = sorted({row.state for row in answer})
    return f"{_counted(len(answer), 'row')}: {', '.join(states)}"


def main() -> int:
    """Run, print the table and the verdict; 0 when every version gives the same answers."""
    try:
        from .sandbox import Sandbox
    except ImportError as error:
        print(f"the demo runs against the sandbox, and {error}", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore", EndOfSupportWarning)  # nobody chose these: it shows them all
    with Sandbox() as box:
        found = {version: answers(box, version) for version in versions.NAMES}
    rows: list[tuple[str, ...]] = [("operation", *found, "same answer?")]
    bad = 0
    for place, (name, _) in enumerate(STEPS):
        given = [of_version[place] for of_version in found.values()]
        same = all(lasting(answer) == lasting(given[0]) for answer in given)
        bad += not (same and all(map(worked, given)))
        rows.append((name, *map(summary, given), "yes" if same else "NO"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, tuple("-" * width for width in widths))
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print()
    those = " and ".join(", ".join(found).rsplit(", ", 1))
    if bad:
        print(f"{bad} of {len(STEPS)} operations fail or answer differently on {those}.")
        return 1
    print(f"All {len(STEPS)} operations work on {those} and give the same answers.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
