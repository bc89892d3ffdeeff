"""Claims about HubSpot carry the name of their source: openapi/sources.yaml."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SOURCES: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "openapi" / "sources.yaml").read_text(encoding="utf-8")
)
FILES = sorted([*(ROOT / "facade").rglob("*.py"), *(ROOT / "openapi").glob("*.py")])

CITED = re.compile(r"\[source: ([a-z0-9-]+(?:, [a-z0-9-]+)*)\]")
CLAIMS = re.compile(r"\b(un)?documented\b|\brecorded\b|\brecordings?\b|\bdocumentation samples?\b", re.IGNORECASE)


def texts(path: Path) -> Iterator[str]:
    """Every docstring of a file, and every run of comment lines."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
    run, last = "", -2
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if token.start[0] != last + 1:
                yield run
                run = ""
            run, last = f"{run} {token.string.strip('# ')}", token.start[0]
    yield run


def cited(text: str) -> set[str]:
    """The sources that a text names."""
    return {name for names in CITED.findall(" ".join(text.split())) for name in names.split(", ")}


def test_every_source_is_cited_and_every_citation_has_one() -> None:
    """The table lists what the code rests on, and nothing besides."""
    assert sorted(SOURCES) == sorted({name for path in FILES for text in texts(path) for name in cited(text)})


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_source_can_be_checked(name: str) -> None:
    """A claim, how sure it is, when it was looked for, and where it can be read if it is documented."""
    entry = SOURCES[name]
    assert {"claim", "sure", "read"} <= set(entry) <= {"claim", "sure", "read", "address"}
    assert entry["sure"] in ("documented", "recorded", "third party", "inferred", "not known")
    assert isinstance(entry["read"], date)
    assert ("address" in entry) or entry["sure"] != "documented"
    assert entry.get("address", "https://").startswith("https://")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_claim_names_its_source(path: Path) -> None:
    """Who writes that something is documented, recorded or neither says where that can be looked up."""
    assert [] == [text for text in texts(path) if CLAIMS.search(text) and not cited(text)]
