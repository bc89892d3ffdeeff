"""What is read of a document, and what the rules may make of it: openapi/upstream.py."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import upstream
from hubspot_preferences import InvalidArgument
from hubspot_preferences.contracts import documents

if TYPE_CHECKING:
    from tests.conftest import Listen

CONTRACT = Path(upstream.__file__).parent / "v4.yaml"


def test_what_never_ends_is_not_read_to_the_end(listen: "Listen", monkeypatch: pytest.MonkeyPatch) -> None:
    """A download stops soon after it is larger than any document."""
    monkeypatch.setattr(documents, "LARGEST", 1000)
    server = listen(lambda request: (200, b"x" * 20_000_000))
    assert 1000 < len(upstream._fetched(f"{server.url}/v4.json")[0]) < 10_000_000


@pytest.mark.parametrize(
    ("way", "value", "why"),
    [
        (
            ("paths", "/communication-preferences/v4/definitions", "get", "responses"),
            5,
            "not valid OpenAPI 3.1 at",
        ),
        (("components", "schemas", "WideStatus", "type"), "text", "holds a schema that is none: WideStatus"),
    ],
)
def test_no_invalid_contract_is_written(way: tuple[str, ...], value: object, why: str) -> None:
    """A contract that is no OpenAPI, or holds a schema that is none, is refused; the real one is not."""
    contract = documents.parse(CONTRACT.read_bytes(), CONTRACT.name)
    upstream.refuse_invalid(contract)
    *above, last = way
    node = contract
    for key in above:
        node = node[key]
    node[last] = value
    with pytest.raises(InvalidArgument, match=why):
        upstream.refuse_invalid(contract)
