"""Refuses documents that cannot be worked with: no paths, references astray, one thing where another is needed."""

from collections.abc import Callable
from typing import Any, Final

from ..errors import InvalidArgument
from ..privacy import visible
from .openapi import DEEPEST, HOLDS, Document, Node, on_wire, walk


def check(root: Node, name: str) -> None:
    """Refuse what cannot be worked with: no paths, a reference to nothing or to itself, the wrong kind of thing.

    Raises InvalidArgument naming the place.
    """

    def refuse(what: str) -> InvalidArgument:
        return InvalidArgument(f"{visible(name)} is not a usable OpenAPI document: {visible(what)}")

    if not str(root.get("openapi", "")).startswith("3."):
        raise refuse("it does not say openapi: 3.x")
    if not isinstance(root.get("paths"), dict) or not root["paths"]:
        raise refuse("it has no paths")
    _references(root, refuse)
    _types(root, refuse)
    _twice(root, refuse)


_PLAIN: Final[dict[str, type]] = {"text": str, "flag": bool, "list": list}
_CALLED: Final = {str: "a text", bool: "true or false", list: "a list", dict: "a mapping"}


def _types(root: Node, refuse: Callable[[str], InvalidArgument]) -> None:
    """Refuse what is of another kind than OpenAPI says. References are followed: they may point astray."""
    ours = "x-hubspot" in root
    document = Document("", root)
    todo: list[tuple[str, Any, str]] = [("the document", root, "document")]
    seen: set[tuple[int, str]] = set()
    while todo:
        key, value, kind = todo.pop()
        if " or " in kind:
            first, second = kind.split(" or ")
            kind = second if _is(value, bool | list) else first
        needed = _PLAIN.get(kind) or (list if kind.startswith("[") else dict)
        if not _is(value, needed):
            raise refuse(f"{key[:80]!r} is {_type(value)} where {_CALLED[needed]} is needed")
        if (id(value), kind) in seen or kind in _PLAIN:
            continue
        seen.add((id(value), kind))
        if kind.startswith("["):
            todo += [(key, item, kind[1:-1]) for item in value]
        elif kind.startswith("{"):
            notes = kind in ("{path item}", "{response}")  # where x- begins no name
            todo += [(k, v, kind[1:-1]) for k, v in value.items() if not (notes and k.startswith("x-"))]
        elif "$ref" in value and (kind == "path item" or not isinstance(value["$ref"], str)):
            raise refuse(f"the reference in {key[:80]!r} is none that can be followed")
        elif "$ref" in value and kind != "schema":  # what stands beside it is prose
            todo.append((key, document.target(value["$ref"]), kind))
        else:
            if "$ref" in value:
                todo.append((key, document.target(value["$ref"]), kind))
            if kind == "schema" and ours and "x-hubspot" in value:
                todo.append(("x-hubspot", value["x-hubspot"], "declared"))
            holds = HOLDS[kind]
            todo += [(name, value[name], holds[name]) for name in holds if name in value]
            if kind == "parameter" and not (
                {"name", "in"} <= value.keys() and value.keys() & {"schema", "content"}
            ):
                raise refuse("a parameter has no name, no place or no schema")


def _is(value: Any, needed: Any) -> bool:
    return isinstance(value, needed)


def _twice(root: Node, refuse: Callable[[str], InvalidArgument]) -> None:
    """Refuse what stands twice where only one can hold: no telling which."""
    paths: dict[str, str] = {}
    for path in root["paths"]:
        if (other := paths.setdefault(on_wire(path), path)) != path:
            raise refuse(f"{path[:80]!r} and {other[:80]!r} are the same, names and version aside")
    document = Document("", root)
    owners = [item for path, item in root["paths"].items() if not path.startswith("x-")]
    owners += [operation for _, _, operation in document.operations()]
    for owner in owners:
        seen = set()
        for one in map(document.resolved, owner.get("parameters", ())):
            if (place := (one["in"], one["name"])) in seen:
                raise refuse(f"the parameter {one['name'][:80]!r} stands twice in one place")
            seen.add(place)


def _type(value: object) -> str:
    return "null" if value is None else f"a {type(value).__name__}"


def _references(root: Node, refuse: Callable[[str], InvalidArgument]) -> None:
    """Refuse references that lead nowhere, out of the document or in a circle."""
    for start in walk(root):
        node: Any = start
        seen: set[str] = set()
        while isinstance(reference := node.get("$ref"), str):
            if not reference.startswith("#/"):
                raise refuse(f"{reference[:80]!r} points out of it")
            if reference in seen or len(seen) == DEEPEST:
                raise refuse(f"{reference[:80]!r} points to itself")
            seen.add(reference)
            node = root
            for part in reference.removeprefix("#/").split("/"):
                node = node.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
            if not isinstance(node, dict):
                raise refuse(f"{reference[:80]!r} points to nothing")
