"""Takes in a new document of HubSpot's: says what changed in the contract, and writes it.

    python openapi/refresh.py [--check] VERSION UPSTREAM

UPSTREAM is a document as HubSpot publishes it: a file or an https URL. The contract lands in
`openapi/VERSION.yaml`, which stays as it is, to the byte, where the contract is the same. Ends with 0;
with 2 and one line where the document cannot be used; with `--check` nothing is written, and 1 says
that the contract changed.
"""

import json
import os
import re
import sys
from collections import Counter
from pathlib import Path

import rules
import upstream
import words as own_words
from hubspot_preferences.contracts.diff import ContractDiff, Level, difference
from hubspot_preferences.contracts.documents import Document, parse
from hubspot_preferences.errors import InvalidArgument
from hubspot_preferences.privacy import visible

HERE = Path(__file__).resolve().parent
VERSION = re.compile(r"v\d+|\d{4}-\d{2}")


def contracts() -> list[Path]:
    """The contract files, oldest version first: everything named like a version."""
    found = [path for path in HERE.glob("*.yaml") if VERSION.fullmatch(path.stem)]
    return sorted(found, key=lambda path: (path.stem[0] != "v", path.stem))


def bare(path: Path) -> rules.Node:
    """A contract file without its words. Raises InvalidArgument."""
    try:
        return own_words.bare(parse(path.read_bytes(), path.name))
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidArgument(f"openapi/{path.name} is not a contract of `make refresh`: {error!r}") from None


def refresh(version: str, source: str, *, check: bool) -> int:
    """Do it; the exit status. Raises InvalidArgument where the document cannot be used."""
    if not VERSION.fullmatch(version):
        raise InvalidArgument(f"VERSION: {version!r} is not a version, such as v4 or 2026-03")
    published = upstream.read(source, version)
    try:
        fresh, idle = rules.apply(published)
    except ValueError as error:
        raise InvalidArgument(f"{source} cannot be taken in: {error}") from None
    words = own_words.Words.read()
    text = own_words.text(fresh, version, words)
    upstream.refuse_invalid(parse(text.encode(), version))

    target = HERE / f"{version}.yaml"
    there = contracts()
    before = target if target in there else next(iter(reversed(there)), None)
    old = bare(before) if before else None
    changed = json.dumps(old) != json.dumps(fresh) or before != target  # as text: in Python True is 1
    for place in sorted(set(upstream.flaws(published))):
        print(f"warning: {visible(place[:200])} is not valid OpenAPI; the contract made of it is", file=sys.stderr)
    for rule in idle:
        print(f"warning: the rule {rule.__name__} has nothing to change in this document", file=sys.stderr)
    if old and before:
        print(
            *_told(
                version, before.stem, difference(Document(before.stem, old), Document(version, fresh)), changed
            ),
            sep="\n",
        )
    else:
        print(f"{version}: the first contract")
    written = target.read_text(encoding="utf-8") if target in there else None
    if text == written:
        print(f"openapi/{target.name} stays as it is")
    elif check:
        print(f"openapi/{target.name} was not written")
    else:
        write(target, text)
        print(f"wrote openapi/{target.name}; next: make generate")
    if words.missing:
        print("needs our words in openapi/words.yaml; until they are there, make check fails:")
        print(*(f"  {entry}" for entry in sorted(words.missing)), sep="\n")
    return 1 if check and changed else 0


def _told(version: str, before: str, diff: ContractDiff, changed: bool) -> list[str]:
    """What changed in the contract, the worst first."""
    subject = version if before == version else f"{version} is new; against {before}"
    if not diff.changes:
        wire = "nothing on the wire, names aside" if changed and before == version else "the contract is the same"
        return [f"{subject}: {wire}"]
    groups = diff.grouped()
    counts = Counter(change.level for change in groups)
    told = ", ".join(f"{counts[level]} {level}" for level in Level if counts[level])
    lines = [f"{subject}: the contract changed ({told})"]
    for change, operations in groups.items():
        where = operations[0] if len(operations) == 1 else f"{len(operations)} operations"
        what = " ".join(part for part in (change.subject or change.place, change.detail) if part)
        lines.append(f"  {change.level:8}  {change.rule}  {what}{'  in ' if what else ''}{where}".rstrip())
    return [visible(line) for line in lines]


def write(target: Path, text: str) -> None:
    """The whole file or nothing."""
    target = target.resolve()  # a link stays one
    new = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def main() -> None:
    """Read the arguments, run. Ends with one line and 2 where that cannot be done."""
    arguments = sys.argv[1:]
    check = "--check" in arguments
    given = [each for each in arguments if each != "--check"]
    try:
        if len(given) != 2 or not all(given):
            raise InvalidArgument("usage: make refresh VERSION=2026-03 UPSTREAM=<file or https URL> [CHECK=1]")
        sys.exit(refresh(*given, check=check))
    except InvalidArgument as error:
        print(visible(str(error)), file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
