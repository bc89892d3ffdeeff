"""Contracts as documents: those of the package by version, anybody's by path, read without being trusted."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from ..errors import InvalidArgument
from ..privacy import visible
from ..versions import NAMES, Version, version
from .checking import check
from .openapi import DEEPEST, Document, Node

_ENDLESS: Final = re.compile(r"[-+0-9_:.]{1000,}")  # PyYAML multiplies 1:1:1:… out, for as long as it takes
LARGEST: Final = 5_000_000  # bytes; HubSpot's documents have 70 kB


def folder() -> Traversable:
    """Where the contracts are: package data of a wheel, or the folder of a checkout."""
    packaged = files("hubspot_preferences") / "_openapi"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[3] / "openapi"


def document(source: str | Path | Version) -> Document:
    """The contract of a version, or the OpenAPI document (JSON or YAML) in a file.

    Raises InvalidArgument, in one line, for what is neither or cannot be read.
    """
    if not isinstance(source, Path):
        with suppress(InvalidArgument):  # then it may be a file
            name = version(source).name
            return Document(name, parse((folder() / f"{name}.yaml").read_bytes(), f"{name}.yaml"))
    path = Path(str(source))
    try:
        data = contents(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such path"
        given = visible(str(source)) or "''"
        raise InvalidArgument(f"{given} is neither a version ({', '.join(NAMES)}) nor a file: {why}") from None
    root = parse(data, str(source))
    check(root, str(source))
    # A file may be called like a version, and has no support window for that.
    return Document(f"./{path.name}" if path.name in NAMES else path.name, root)


def contents(path: str | Path) -> bytes:
    """What is in a file, as far as it is not too large to be one of HubSpot's. Raises OSError and ValueError."""
    with open(path, "rb", opener=_at_once) as file:
        return file.read(LARGEST + 1)


def _at_once(path: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to is empty, and not waited for."""
    file = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(file, True)
    return file


def parse(data: bytes, name: str) -> Node:
    """The mapping in JSON or YAML text.

    Raises InvalidArgument where there is none, where it is huge or deep, or where a key stands twice.
    """
    name = visible(name)
    if len(data) > LARGEST:
        raise InvalidArgument(f"{name} is larger than {LARGEST:,} bytes: not an API document of HubSpot's")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidArgument(f"{name} is not UTF-8 text") from None
    try:
        root = _json(text) if text.lstrip()[:1] in ("{", "[") else _yaml(text)
        if _levels(root) > DEEPEST:
            raise RecursionError
        # What only YAML knows, such as dates, becomes text; what is no JSON at all is refused.
        written = json.dumps(root, ensure_ascii=False, allow_nan=False, default=str).encode()
    except RecursionError:
        raise InvalidArgument(f"{name} is nested more than {DEEPEST} levels deep") from None
    except UnicodeEncodeError:  # escaped in the document it can be read, and written nowhere
        raise InvalidArgument(f"{name} cannot be read: it holds half of a character, a lone surrogate") from None
    except ValueError as error:
        why = visible(" ".join(str(error).split())[:200])
        raise InvalidArgument(f"{name} cannot be read: {why}") from None
    if not isinstance(root, dict):
        raise InvalidArgument(f"{name} is not an OpenAPI document: it is no mapping")
    plain: Node = json.loads(written)
    return plain


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once_each)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _once_each(pairs: list[tuple[str, Any]]) -> Node:
    node = dict(pairs)
    if len(node) < len(pairs):  # two words for one thing, and no telling which of them holds
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {name[:80]!r} stands twice")
    return node


def _yaml(text: str) -> Any:
    try:
        import yaml  # only these commands need it
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            'comparing contracts needs yaml: pip install "hubspot-preferences[cli]"', name="yaml"
        ) from None

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_tricks(yaml.parse(text, Loader=loader))
        return yaml.load(text, loader)  # noqa: S506  # a safe loader
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    except (LookupError, ArithmeticError, TypeError, AttributeError):  # from `!!int ""` and its like
        raise ValueError("a value in it is none of its type") from None


def _refuse_tricks(events: Iterable[Any]) -> None:
    """Raise for what PyYAML takes and no contract holds: aliases, a key twice, and more depth than it can bear."""
    keys: list[set[str] | None] = []  # of each mapping that is open; None for a list
    key_next: list[bool] = []
    for event in events:
        kind = type(event).__name__
        if kind == "AliasEvent":  # it makes a few bytes into gigabytes
            raise ValueError("it holds YAML aliases")
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            keys.pop()
            key_next.pop()
        elif kind in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent"):
            if kind == "ScalarEvent" and _ENDLESS.fullmatch(event.value):
                raise ValueError("a number in it has a thousand digits")
            if keys and (mine := keys[-1]) is not None:
                if key_next[-1] and kind == "ScalarEvent":
                    if event.value in mine:
                        raise ValueError(f"the key {event.value[:80]!r} stands twice")
                    mine.add(event.value)
                key_next[-1] = not key_next[-1]
            if kind != "ScalarEvent":
                keys.append(set() if kind == "MappingStartEvent" else None)
                key_next.append(True)
            if len(keys) > 10 * DEEPEST:
                raise RecursionError


def _levels(node: Any) -> int:
    if not isinstance(node, dict | list | tuple | set):
        return 0
    if odd := [key for key in node if not isinstance(key, str)] if isinstance(node, dict) else []:
        raise ValueError(f"the key {odd[0]!r} is no text: put it in quotes")
    return 1 + max(map(_levels, node.values() if isinstance(node, dict) else node), default=0)
