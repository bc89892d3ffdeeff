"""Takes in a new document of HubSpot's: says what changed in the contract, and writes it.

    python openapi/refresh.py [--check] VERSION [UPSTREAM]

UPSTREAM is a document as HubSpot publishes it: a file or an https URL; left out, HubSpot's public
collection. The contract lands in `openapi/VERSION.yaml`, which stays as it is, to the byte, where the
contract is the same. Ends with 0; with 2 and one line where the document cannot be used; with 1 where a
breaking change of the collection's was not asked for by TAKE=1; with `--check` nothing is written, and
1 says that the contract changed.
"""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

import rules
import upstream
import words as own_words
from hubspot_preferences.contracts import ContractDiff, Level
from hubspot_preferences.contracts.diff import difference
from hubspot_preferences.contracts.documents import parse
from hubspot_preferences.contracts.openapi import Document
from hubspot_preferences.errors import InvalidArgument
from hubspot_preferences.files import replacing
from hubspot_preferences.privacy import visible

HERE = Path(__file__).resolve().parent
VERSION = re.compile(r"v\d+|\d{4}-\d{2}")


def contracts() -> list[Path]:
    """The contract files, oldest version first: everything named like a version."""
    paths = [path for path in HERE.glob("*.yaml") if VERSION.fullmatch(path.stem)]
    return sorted(paths, key=lambda path: (path.stem[0] != "v", path.stem))


def bare(path: Path) -> rules.Node:
    """A contract file without its words. Raises InvalidArgument."""
    try:
        return own_words.bare(parse(path.read_bytes(), path.name))
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidArgument(f"openapi/{path.name} is not a contract of `make refresh`: {error!r}") from None


@frozen
class Look:
    """What a document of HubSpot's makes of the contract of a version, before anything is written."""

    version: str
    label: str
    """Which document it is."""
    collected: bool
    """Whether it was taken from HubSpot's collection, since nobody named another."""
    target: Path
    text: str
    """The contract file it makes."""
    before: str | None
    """The version compared with: itself, for a new one the newest; None where there is none."""
    changed: bool
    diff: ContractDiff | None
    missing: tuple[str, ...]
    """What needs our words."""

    @property
    def written(self) -> bool:
        """Whether the contract file holds it already."""
        return self.target.is_file() and self.target.read_text(encoding="utf-8") == self.text

    @property
    def verdict(self) -> str:
        """One line: whether the contract changed, and how badly."""
        if self.diff is None:
            return f"{self.version}: the first contract"
        own = self.before == self.version
        subject = self.version if own else f"{self.version} is new; against {self.before}"
        counts = Counter(change.level for change in self.diff.grouped())
        if counts:
            levels = ", ".join(f"{counts[level]} {level}" for level in Level if counts[level])
            return f"{subject}: the contract changed ({levels})"
        same = "nothing on the wire, names aside" if self.changed and own else "the contract is the same"
        return f"{subject}: {same}"

    @property
    def changes(self) -> list[str]:
        """A line for each change, the worst first."""
        lines = []
        for change, operations in (self.diff.grouped() if self.diff else {}).items():
            where = operations[0] if len(operations) == 1 else f"{len(operations)} operations"
            what = " ".join(part for part in (change.subject or change.place, change.detail) if part)
            lines.append(f"  {change.level:8}  {change.rule}  {what}{'  in ' if what else ''}{where}".rstrip())
        return [visible(line) for line in lines]

    def refuse_unasked(self) -> None:
        """End with 1 where a breaking change comes from the collection, and nobody said that it is meant."""
        breaking = self.diff is not None and self.diff.level is Level.BREAKING
        if self.collected and breaking and os.environ.get("TAKE") != "1":
            sys.exit(
                f"Nothing was written: {self.version} would break clients, and HubSpot's collection has held "
                "documents of versions that were not final. TAKE=1 takes it in all the same."
            )


def look(version: str, source: str) -> Look:
    """Read a document, apply the rules. Warnings go to stderr. Raises InvalidArgument where it cannot be used."""
    if not VERSION.fullmatch(version):
        raise InvalidArgument(f"VERSION: {version!r} is not a version, such as v4 or 2026-03")
    at = source or upstream.address(version)
    published = upstream.read(at, version)
    try:
        fresh, idle = rules.apply(published.document)
    except ValueError as error:
        raise InvalidArgument(f"{at} cannot be taken in: {error}") from None
    words = own_words.Words.read()
    text = own_words.text(fresh, version, words)
    upstream.refuse_invalid(parse(text.encode(), version))

    target = HERE / f"{version}.yaml"
    there = contracts()
    before = target if target in there else next(iter(reversed(there)), None)
    old = bare(before) if before else None
    for place in sorted(set(upstream.flaws(published.document))):
        print(f"warning: {visible(place[:200])} is not valid OpenAPI; the contract made of it is", file=sys.stderr)
    for rule in idle:
        print(f"warning: the rule {rule.__name__} has nothing to change in this document", file=sys.stderr)
    return Look(
        version,
        published.label,
        collected=not source,
        target=target,
        text=text,
        before=before.stem if before else None,
        changed=json.dumps(old) != json.dumps(fresh) or before != target,  # as text: in Python True is 1
        diff=difference(Document(before.stem, old), Document(version, fresh)) if before and old else None,
        missing=tuple(sorted(words.missing)),
    )


def refresh(version: str, source: str, *, check: bool) -> int:
    """Do it; the exit status. Raises InvalidArgument where the document cannot be used."""
    seen = look(version, source)
    print(seen.verdict, *seen.changes, f"read {seen.label}", sep="\n")
    if seen.written:
        print(f"openapi/{seen.target.name} stays as it is")
    elif check:
        print(f"openapi/{seen.target.name} was not written")
    else:
        seen.refuse_unasked()
        write(seen.target, seen.text)
        print(f"wrote openapi/{seen.target.name}; next: make generate")
    if seen.missing:
        print("needs our words in openapi/words.yaml; until they are there, make check fails:")
        print(*(f"  {entry}" for entry in seen.missing), sep="\n")
    return 1 if check and seen.changed else 0


def write(target: Path, text: str) -> None:
    """The whole file or nothing."""
    with replacing(target) as file:
        file.write(text.encode())


def run(command: Callable[[], int]) -> None:
    """Run a command to its exit status; where it cannot be done with 2 and one line."""
    try:
        sys.exit(command())
    except InvalidArgument as error:
        print(visible(str(error)), file=sys.stderr)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
    sys.exit(2)


def main() -> None:
    """Read the arguments, run."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]

    def command() -> int:
        if not 1 <= len(arguments) <= 2 or not arguments[0]:
            raise InvalidArgument("usage: make refresh VERSION=2026-03 [UPSTREAM=<file or https URL>] [CHECK=1]")
        return refresh(arguments[0], "".join(arguments[1:]), check="--check" in sys.argv)

    run(command)


if __name__ == "__main__":
    main()
