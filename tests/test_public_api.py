"""What is public is what the snapshot says, and is documented."""

import inspect
import re
from pathlib import Path

from griffe import Module, load
from tests.public_api import SNAPSHOT, PublicAPI, public_api

from hubspot_preferences.client import Preferences
from hubspot_preferences.many import Batch, Streams

SMALL = """\
from collections.abc import Iterator
from typing import Final
from attrs import field, frozen
from enum import StrEnum
from .below import Held

MOST: Final = 100
_HIDDEN: Final = 7

class _Base:
    def inherited(self) -> int: ...
    def __repr__(self) -> str: ...

class Error(Exception):
    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status

class Worse(Error):
    pass

@frozen
class Value:
    email: str = field(repr=False)
    number: "int | None" = None
    _secret: str = ""

class State(StrEnum):
    ON = "on"

class Client(_Base):
    def __init__(self, *, most: int = MOST) -> None: ...
    @property
    def held(self) -> "Held": ...
    @classmethod
    def made(cls, text: str) -> "Client": ...
    async def work(self, first: str, /, *more: Value, **rest: object) -> Iterator[Value]: ...
    def _private(self) -> None: ...
    def __len__(self) -> int: ...

def call(text: str) -> Client: ...
def unlisted() -> None: ...
"""


def test_the_public_api_is_the_one_on_file() -> None:
    """A change of a public name, signature, field or value is a line in the diff of tests/public_api.txt."""
    assert SNAPSHOT.read_text(encoding="utf-8") == public_api(), "if that is meant: make public-api"


def test_whatever_is_public_is_a_line(tmp_path: Path) -> None:
    """Classes with what they inherit from private ones, fields, values, coroutines, and what a property holds."""
    package = tmp_path / "small"
    (package / "below").mkdir(parents=True)
    (package / "__init__.py").write_text(
        SMALL + '\n__all__ = ["MOST", "Client", "Error", "State", "Value", "Worse", "call"]\n', encoding="utf-8"
    )
    (package / "below" / "__init__.py").write_text(
        '"""."""\nfrom .. import call\nclass Held:\n    key = 5\ndef lent() -> None: ...\n'
        '__all__ = ["call", "lent"]\n',
        encoding="utf-8",
    )
    loaded = load("small", search_paths=[tmp_path])
    assert isinstance(loaded, Module)
    assert [
        "class small.Client(_Base)",
        "def small.Client.inherited() -> int",
        "def small.Client.__init__(*, most: int = 100) -> None",
        "small.Client.held: Held",
        "@classmethod def small.Client.made(text: str) -> Client",
        "async def small.Client.work(first: str, /, *more: Value, **rest: object) -> Iterator[Value]",
        "def small.Client.__len__() -> int",
        "class small.Error(Exception)",
        "def small.Error.__init__(text: str, status: int | None = None) -> None",
        "small.Error.status",
        "small.MOST: Final",
        "class small.State(StrEnum)",
        "small.State.ON = 'on'",
        "@frozen class small.Value()",
        "small.Value.email: str = field(repr=False)",
        "small.Value.number: int | None = None",
        "class small.Worse(Error)",
        "class small.below.Held()",
        "small.below.Held.key = 5",
        "def small.below.lent() -> None",
        "def small.call(text: str) -> Client",
    ] == PublicAPI(loaded).lines()


def test_every_public_method_says_which_operation_it_calls() -> None:
    """Each method that talks to HubSpot names the operation, or the method whose operation it shares."""
    silent = {"with_version", "with_options", "close", "request", "unsubscribe"}
    documented = {
        f"{owner.__name__}.{name}": function.__doc__ or ""
        for owner in (Preferences, Batch, Streams)
        for name, function in inspect.getmembers(owner, inspect.isfunction)
        if not name.startswith("_") and name not in silent
    }
    assert {"Preferences.statuses", "Batch.write"} <= documented.keys()
    assert [] == [name for name, text in documented.items() if not re.search(r"(GET|POST)\s+/", text)]
