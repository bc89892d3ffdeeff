"""HubSpot's document, damaged in every way: taken in or refused in one line, and never a traceback."""

import copy
import json
import os
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.openapi.published import published

import refresh
from hubspot_preferences import InvalidArgument
from hubspot_preferences.contracts.diff import difference
from hubspot_preferences.contracts.documents import document as read
from hubspot_preferences.reports.markdown import markdown

NUMBER = int(os.environ.get("DOCUMENTS", "1200"))
"""How many documents are tried."""
VERSION = "2026-03"
REF = "#/components/schemas/"

# Names and values that stand in a document somewhere, and those that should not.
WORDS = (
    *("", "x", "a/b", "a~1b", "\ud800", "a\nb", "é", "x-a", "cls", "from_dict", "StrEnum", "self", "=ErrorReply"),
    *("$ref", "type", "format", "enum", "required", "properties", "items", "additionalProperties", "nullable"),
    *("allOf", "anyOf", "oneOf", "not", "if", "then", "contains", "prefixItems", "patternProperties", "pattern"),
    *("default", "const", "discriminator", "mapping", "propertyName", "maximum", "exclusiveMaximum", "minimum"),
    *(
        "parameters",
        "requestBody",
        "responses",
        "content",
        "schema",
        "schemas",
        "headers",
        "encoding",
        "callbacks",
    ),
    *("name", "in", "components", "paths", "info", "openapi", "servers", "tags", "security", "links", "style"),
    *("x-hubspot", "get", "post", "trace", "summary", "parameters", "200", "2XX", "string", "object", "array"),
    *(
        "null",
        "integer",
        "path",
        "query",
        "header",
        "application/json",
        "*/*",
        "#/",
        "#/paths",
        f"{REF}ErrorReply",
    ),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, False, 0, -1, 1.5, 10**400, 1e400, *WORDS])
    | st.just({"$ref": f"{REF}SubscriptionStatus"})
    | st.just({"allOf": [{"$ref": f"{REF}SubscriptionStatus"}]}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=6,
)
Place: TypeAlias = tuple[Any, Any]  # what holds a value, and the key or number of it there
Edit: TypeAlias = Callable[[Place, Place], None]


def places(node: Any) -> Iterator[Place]:
    """Where every value of a document stands."""
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield node, key
        yield from places(node[key])


def put(value: Any) -> Edit:
    """Put a value in the place of another."""

    def edit(at: Place, _: Place) -> None:
        at[0][at[1]] = copy.deepcopy(value)

    return edit


def add(key: str, value: Any) -> Edit:
    """Put a value beside another."""

    def edit(at: Place, _: Place) -> None:
        if isinstance(at[0], dict):
            at[0][key] = copy.deepcopy(value)
        else:
            at[0].insert(at[1], copy.deepcopy(value))

    return edit


def rename(key: str) -> Edit:
    """Give a value another name."""

    def edit(at: Place, _: Place) -> None:
        if isinstance(at[0], dict):
            at[0][key] = at[0].pop(at[1])

    return edit


def remove(at: Place, _: Place) -> None:
    """Take a value away."""
    del at[0][at[1]]


def repeat(at: Place, other: Place) -> None:
    """Put what stands elsewhere there as well."""
    at[0][at[1]] = copy.deepcopy(other[0][other[1]])


def refer(at: Place, other: Place) -> None:
    """Let a value refer to a name that stands elsewhere."""
    if isinstance(other[1], str):
        at[0][at[1]] = {"$ref": f"{REF}{other[1].replace('~', '~0').replace('/', '~1')}"}


EDITS: st.SearchStrategy[Edit] = (
    st.builds(put, VALUES)
    | st.builds(add, st.sampled_from(WORDS), VALUES)
    | st.builds(rename, st.sampled_from(WORDS))
    | st.sampled_from([remove, repeat, refer])
)
WHERE = st.integers(0, 2**16)


SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


@pytest.fixture(scope="module")
def whole() -> Any:
    """A document as HubSpot would publish it."""
    return published(refresh.bare(refresh.HERE / f"{VERSION}.yaml"), VERSION, VERSION)


@pytest.mark.ci
@settings(max_examples=NUMBER, deadline=None, suppress_health_check=SLOW)
@given(edits=st.lists(st.tuples(WHERE, WHERE, EDITS), min_size=1, max_size=4))
def test_no_document_ends_in_a_traceback(
    whole: Any,
    tmp_path_factory: pytest.TempPathFactory,
    edits: list[tuple[int, int, Edit]],
) -> None:
    """What a document is made into, and what a comparison says of it, is an answer or one line that refuses it."""
    document = copy.deepcopy(whole)
    for one, other, edit in edits:
        if there := list(places(document)):
            edit(there[one % len(there)], there[other % len(there)])
    path = tmp_path_factory.getbasetemp() / "mutated.json"
    path.write_text(json.dumps(document))
    streams = StringIO(), StringIO()
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]), pytest.raises(SystemExit) as stop:
        refresh.run(lambda: refresh.refresh(VERSION, str(path), check=True))
    out, err = (stream.getvalue().splitlines() for stream in streams)
    assert stop.value.code in (0, 1, 2)
    assert all(line.isprintable() for line in (*out, *err))
    if stop.value.code == 2:
        assert ([], 1) == (out, len(err))
    assert "".join(compared(path)).isprintable()


def compared(path: Path) -> Iterator[str]:
    """What a comparison with the document says, or in one line why there can be none."""
    try:
        diff = difference(read(VERSION), read(path))
    except InvalidArgument as refused:
        yield str(refused)
    else:
        yield from markdown(diff).splitlines()
