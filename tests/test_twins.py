"""The blocking and the awaited client are the same text but for the words of waiting."""

from functools import reduce
from pathlib import Path

import pytest

FACADE = Path(__file__).resolve().parents[1] / "facade" / "hubspot_preferences"

# What the awaited client says, and what the blocking one says for it; replaced in this order.
WORDS = (
    ("async def ", "def "),
    ("async with ", "with "),
    ("await ", ""),
    ("adrive", "drive"),
    ("aclose", "close"),
    ("__aenter__", "__enter__"),
    ("__aexit__", "__exit__"),
    ("AsyncPreferences", "Preferences"),
    ("AsyncBatch", "Batch"),
    ("AsyncStream", "Stream"),
    ("AsyncInputs", "Inputs"),
    ("AsyncShadow", "Shadow"),
    ("shadow.awaited", "shadow.worker"),
    ("transport.awaited", "transport.blocking"),
    ("AsyncTransport", "Transport"),
    ("AsyncHttpClient", "HttpClient"),
    ("httpx.AsyncClient", "httpx.Client"),
    ("to be awaited", "blocking"),
    ("One client serves one event loop.", "One client may serve many threads."),
)


@pytest.fixture(scope="module")
def awaited() -> str:
    """The source of the awaited client."""
    return (FACADE / "async_client.py").read_text(encoding="utf-8")


def test_the_clients_are_the_same_but_for_the_words_of_waiting(awaited: str) -> None:
    """Whatever is changed in one client is changed in the other, in code, signatures and docstrings alike."""
    expected = reduce(lambda text, words: text.replace(*words), WORDS, awaited)
    assert expected == (FACADE / "client.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", range(len(WORDS)), ids=[words[0] for words in WORDS])
def test_every_replacement_is_needed(awaited: str, number: int) -> None:
    """A replacement that replaces nothing, when its turn comes, is one too many."""
    before = reduce(lambda text, words: text.replace(*words), WORDS[:number], awaited)
    assert WORDS[number][0] in before
