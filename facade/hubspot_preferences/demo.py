"""Every operation on every API version, against the local sandbox: `python -m hubspot_preferences.demo`."""

import json
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from . import versions
from .client import Preferences
from .errors import APIError, EndOfSupportWarning, PreferencesError, UnsupportedInVersion
from .models import Change, Definition, Links, Status
from .outcomes import BatchResult
from .reports.words import counted
from .versions import declared

if TYPE_CHECKING:
    from .sandbox import Sandbox

JANE, JOE = "jane@example.com", "joe@example.com"
TOPIC = 7001  # "Marketing Information"
PEOPLE = ["subscribed@example.com", "opted-out@example.com"]  # the seed says who they are

# Every method once. Who is read about is nobody who is written to: a version may have the one and not the other.
STEPS: tuple[tuple[str, Callable[[Preferences], Any]], ...] = (
    ("definitions", lambda prefs: prefs.definitions(include_translations=True)),
    ("set_status", lambda prefs: prefs.set_status(JANE, TOPIC, "SUBSCRIBED")),
    ("statuses", lambda prefs: prefs.statuses(PEOPLE[0])),
    ("links", lambda prefs: prefs.links(JANE, subscription=TOPIC)),
    ("batch.write", lambda prefs: prefs.batch.write([Change(JOE, TOPIC, "SUBSCRIBED")])),
    ("batch.statuses", lambda prefs: prefs.batch.statuses(PEOPLE)),
    ("unsubscribe_all", lambda prefs: prefs.unsubscribe_all(JANE, verbose=True)),
    ("opt_outs", lambda prefs: prefs.opt_outs(PEOPLE[1])),
    ("batch.unsubscribe_all", lambda prefs: prefs.batch.unsubscribe_all([JOE])),
    ("batch.opt_outs", lambda prefs: prefs.batch.opt_outs(PEOPLE)),
)


def attempt(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a call answers, or the error it ends with."""
    try:
        return call(*args, **kwargs)
    except PreferencesError as error:
        return error


def answers(box: "Sandbox", version: str) -> dict[str, Any]:
    """What every step answers on one version, starting from the seed; and what `request` does, by operationId,
    for each operation of the version that no step called.
    """
    box.reset()
    with Preferences(box.token, base_url=box.url, version=versions.version(version)) as prefs:
        by_method = {name: attempt(step, prefs) for name, step in STEPS}
        called = {entry.operation for entry in box.log}
        others = {name: call for name, call in box.calls(version, JANE).items() if name not in called}
        return by_method | {name: attempt(prefs.request, *call, json={}) for name, call in others.items()}


def lasting(answer: Any) -> Any:
    """An answer without its times, for two runs never share them, and without what a version lacks."""
    parts = list(answer) if isinstance(answer, tuple | BatchResult) else [answer]
    for version in versions.NAMES:
        parts = declared.shown(version, parts)
    text = json.dumps([part.to_dict() for part in parts])
    return json.loads(text, object_hook=lambda row: row | {"updated_at": None} if "state" in row else row)


def worked(answer: Any) -> bool:
    """Whether the answer is one: every input of a batch done, no list empty, no error."""
    if isinstance(answer, BatchResult):
        return all(outcome.ok for outcome in answer)
    return bool(answer) and not isinstance(answer, PreferencesError)


def summary(answer: Any) -> str:
    """An answer in a few words."""
    if isinstance(answer, UnsupportedInVersion):
        return "lacking"
    if isinstance(answer, PreferencesError):
        return f"HTTP {answer.status}" if isinstance(answer, APIError) else type(answer).__name__
    if isinstance(answer, Status):
        return answer.state
    if isinstance(answer, Links):
        return counted(sum(map(bool, attrs.astuple(answer)[1:])), "link")
    if all(isinstance(row, Definition) for row in answer):
        return counted(len(answer), "subscription type")
    amount = counted(len(answer), "input" if isinstance(answer, BatchResult) else "row")
    return f"{amount}: {', '.join(sorted({part.state for part in answer}))}"


def judged(name: str, given: dict[str, Any]) -> tuple[bool, str]:
    """Whether the versions' answers are what they should be, and what the table says of them."""
    if name not in dict(STEPS):
        is_declared = all(name in declared.of(version).adds for version in given)
        return is_declared, "by request only" if is_declared else f"not in {declared.PLACE}"
    having = [answer for answer in given.values() if not isinstance(answer, UnsupportedInVersion)]
    same = bool(having) and all(lasting(answer) == lasting(having[0]) for answer in having)
    return same and all(map(worked, having)), "yes" if same else "NO"


def main() -> int:
    """Run, print the table and the verdict; 0 when every version gives the same answers."""
    try:
        from .sandbox import Sandbox
    except ImportError as error:
        print(f"the demo runs against the sandbox, and {error}", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore", EndOfSupportWarning)  # nobody chose these: it shows them all
    with Sandbox() as box:
        table = {version: answers(box, version) for version in versions.NAMES}
    by_request = sorted({name for of_version in table.values() for name in of_version} - dict(STEPS).keys())
    rows: list[tuple[str, ...]] = [("operation", "answer", "version", "same answer?")]
    lacks: list[str] = []
    bad = 0
    names = [*dict(STEPS), *by_request]
    for name in names:
        given = {version: of_version[name] for version, of_version in table.items() if name in of_version}
        good, verdict = judged(name, given)
        bad += not good
        lacks += [
            f"{version} lacks {name}" for version in given if isinstance(given[version], UnsupportedInVersion)
        ]
        shown = {version: summary(answer) for version, answer in given.items()}
        if shown.keys() == table.keys() and len({*shown.values()}) == 1:
            shown = {"all": shown.popitem()[1]}
        first, *others = [(answer, version) for version, answer in shown.items()]
        rows += [(name, *first, verdict), *(("", *other, "") for other in others)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())
    print()
    those = " and ".join(", ".join(table).rsplit(", ", 1))
    if bad:
        print(f"{bad} of {len(names)} operations fail, answer differently on {those}, or are not declared.")
        return 1
    if not lacks and not by_request:
        print(f"All {len(STEPS)} operations work on {those} and give the same answers.")
        return 0
    print(
        f"{len(STEPS)} operations work by methods on {those} and give the same answers",
        *lacks,
        sep="; ",
        end=".\n",
    )
    if by_request:
        print(f"{len(by_request)} by `request` only ({', '.join(by_request)}): the sandbox has no rules for it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
