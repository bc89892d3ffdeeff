"""Takes in a document with everything that follows from it and needs no words: run by `make update`.

    python openapi/update.py VERSION [UPSTREAM] [RELEASED]

The contract of the version; where that is new also its row, its line for the wheel, in the README's table
and in the CHANGELOG. UPSTREAM as for refresh.py; RELEASED is the day on which HubSpot released a new
version. What lacks words or cannot be used ends the command before anything is written.
Ends with 0; with 1 where a person has to do something first; with 2 and one line for what cannot be used.
"""

import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from generate import package_name
from hubspot_preferences.errors import InvalidArgument
from hubspot_preferences.versions import NAMES, VERSIONS, Version
from refresh import Look, look, run, write

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG = "CHANGELOG.md"
DATED = re.compile(r"\d{4}-\d{2}")

LOADER = """\
def _{package}() -> "Wire":
    from hubspot_preferences_api.{package} import wire

    return wire


"""
ROW = '    Version("{name}", released=date({day.year}, {day.month}, {day.day}), load=_{package}),\n'


def update(version: str, source: str, released: str) -> int:
    """Do it; the exit status. Raises InvalidArgument for what cannot be used."""
    new = _new(version, released)
    seen = look(version, source)
    print(seen.verdict, *seen.changes, f"read {seen.label}", sep="\n")
    if seen.missing:
        print("needs our words in openapi/words.yaml:", *(f"  {entry}" for entry in seen.missing), sep="\n")
        print("Nothing was written. Put them in, then run the same command again.")
        return 1
    seen.refuse_unasked()
    texts = {} if seen.written else {seen.target: seen.text}
    for place, edit in {**(_PLACES if new else {}), CHANGELOG: _with_entry}.items():
        path = ROOT / place
        before = path.read_text(encoding="utf-8")
        if (after := edit(before, new or _known(version), seen)) is None:
            raise InvalidArgument(f"{place} does not look as it did: {version} cannot be put in")
        if after != before:
            texts[path] = after
    for path, text in texts.items():
        write(path, text)
        print(f"wrote {path.relative_to(ROOT)}")
    if not texts:
        print(f"openapi/{seen.target.name} stays as it is")
    return 0


def _new(name: str, released: str) -> Version | None:
    """The version, where it is a new one, with the day of its release."""
    known = {version.name: version for version in VERSIONS}
    newest = VERSIONS[-1]
    try:
        day = date.fromisoformat(released) if released else None
    except ValueError:
        raise InvalidArgument(f"RELEASED: {released!r} is not a day, such as 2027-03-15") from None
    if name in known:
        if day and day != known[name].released:
            raise InvalidArgument(f"RELEASED: {name} is known as released on {known[name].released}")
        return None
    if not DATED.fullmatch(name):
        raise InvalidArgument(
            f"VERSION: {name!r} is none of {', '.join(known)}, and not a new one such as 2027-03"
        )
    if name < newest.name:
        raise InvalidArgument(f"VERSION: {name} is older than {newest}, the newest here")
    if day is None:
        raise InvalidArgument(f"RELEASED: {name} is new; on which day did HubSpot release it? RELEASED=2027-03-15")
    if newest.released and day < newest.released:
        raise InvalidArgument(f"RELEASED: {day} is before the release of {newest} ({newest.released})")
    return Version(name, day)


def _known(name: str) -> Version:
    return next(version for version in VERSIONS if version.name == name)


# Each puts a version into a text, once however often it is run; None where the text is not as expected.


def _with_wheel_line(text: str, version: Version, _: Look) -> str | None:
    line = f'"openapi/{version}.yaml" = "hubspot_preferences/_openapi/{version}.yaml"\n'
    return _after_last(r'^"openapi/\S+\.yaml" = "hubspot_preferences/_openapi/\S+\.yaml"\n', line, text)


def _with_table_row(text: str, version: Version, _: Look) -> str | None:
    line = f"| `{version}` | {version.released} | {version.end_of_support} |\n"
    return _after_last(r"^\| `(?:v\d+|\d{4}-\d{2})`.*\|\n", line, text)


def _with_row(text: str, version: Version, _: Look) -> str | None:
    assert version.released
    package = package_name(version.name)
    after: str | None = text
    for pattern, piece in (
        (r'^def _v\w+\(\) -> "Wire":\n(?:.*\n){3}\n\n', LOADER.format(package=package)),
        (r"^    Version\(.*\),\n(?=\))", ROW.format(name=version.name, day=version.released, package=package)),
        (r'^VersionName = Literal\[.*"(?=\])', f', "{version}"'),
    ):
        after = after and _after_last(pattern, piece, after)
    return after


def _with_entry(text: str, version: Version, seen: Look) -> str | None:
    """A line at the end of what is not released yet."""
    what = seen.verdict.partition(": ")[2]
    if version.name not in NAMES:
        line = f"- API version {version}, released on {version.released}; against {seen.before} {what}.\n"
    elif seen.diff and seen.diff.changes:
        line = f"- API version {version}: {what}.\n"
    else:
        return text
    if line.partition(";")[0] in text:  # broken off last time, and by now compared with itself
        return text
    return _after_last(r"\A# .*\n\n## .*unreleased.*\n\n(?:(?!## ).*\S.*\n)*", line, text)


def _after_last(pattern: str, piece: str, text: str) -> str | None:
    """The piece after the last match of the pattern, unless it is there already."""
    matches = list(re.finditer(pattern, text, re.MULTILINE))
    if piece in text or not matches:
        return text if matches else None
    at = matches[-1].end()
    return text[:at] + piece + text[at:]


# The row last: a version with a row is a known one.
_PLACES: dict[str, Callable[[str, Version, Look], str | None]] = {
    "pyproject.toml": _with_wheel_line,
    "README.md": _with_table_row,
    CHANGELOG: _with_entry,
    "facade/hubspot_preferences/versions/__init__.py": _with_row,
}


def main() -> None:
    """Read the arguments, run."""
    version, source, released = [*sys.argv[1:4], "", "", ""][:3]

    def command() -> int:
        if not version:
            usage = "make update VERSION=2027-03 [UPSTREAM=<file or https URL>] [RELEASED=2027-03-15]"
            raise InvalidArgument(f"usage: {usage}; RELEASED for a new version")
        return update(version, source, released)

    run(command)


if __name__ == "__main__":
    main()
