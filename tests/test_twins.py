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
    (".async_many", ".many"),
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


def source(name: str) -> str:
    """The text of a module."""
    return (FACADE / f"{name}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["client", "many"])
def test_the_clients_are_the_same_but_for_the_words_of_waiting(name: str) -> None:
    """Whatever is changed in one client is changed in the other, in code, signatures and docstrings alike."""
    assert reduce(lambda text, words: text.replace(*words), WORDS, source(f"async_{name}")) == source(name)


@pytest.mark.parametrize("number", range(len(WORDS)), ids=[words[0] for words in WORDS])
def test_every_replacement_is_needed(number: int) -> None:
    """A replacement that replaces nothing, when its turn comes, is one too many."""
    awaited = source("async_client") + source("async_many")
    before = reduce(lambda text, words: text.replace(*words), WORDS[:number], awaited)
    assert WORDS[number][0] in before
