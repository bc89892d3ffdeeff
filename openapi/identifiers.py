"""What becomes a name in generated code, and what no code that works can be made of."""

import builtins
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from keyword import iskeyword
from typing import Any

from hubspot_preferences.contracts.openapi import Document

Node = dict[str, Any]
SCHEMAS = "#/components/schemas/"
LONGEST = 200  # characters of a name

# What the templates call like this themselves; as `plain` has it.
CLASSES = {
    *("annotations", "any", "authenticatedclient", "binaryio", "callable", "cast", "classvar", "client"),
    *("datetime", "errors", "file", "filecontent", "filetypes", "final", "generator", "generic", "httpstatus"),
    *("httpx", "io", "isoparse", "json", "literal", "mapping", "mutablemapping", "quote", "requestfiles"),
    *("response", "self", "ssl", "strenum", "textio", "typechecking", "types", "typevar", "unexpectedstatus"),
    *("unset", "uuid"),
}
FIELDS = {
    *("additionalkeys", "additionalproperties", "cls", "d", "fielddict", "fromdict", "propdict", "propname"),
    *("srcdict", "todict", "tomultipart"),
}
PARAMETERS = {"body", "client", "cookies", "headers", "httpx", "json", "kwargs", "params", "quote", "url"}


def pascal(text: str) -> str:
    """`set-status reason` → `SetStatusReason`: a name by rule for what has none yet."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^0-9A-Za-z]+", text))


def snake(text: str) -> str:
    """`unsubscribe-all/{id}` → `unsubscribe_all_id`."""
    return re.sub(r"[^0-9a-z]+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text).lower()).strip("_")


def plain(text: str) -> str:
    """`Set_status` → `setstatus`: what is left where neither case nor anything but letters and digits counts."""
    return re.sub(r"[^0-9a-z]", "", text.lower())


def unused(name: str, ending: str, taken: Callable[[str], bool]) -> str:
    """The name, with as many endings as it takes to be a new one. Raises ValueError where that gets too long."""
    while taken(name):
        name += ending
        if len(name) > LONGEST:
            raise ValueError(f"too many names are like {name[:80]!r}")
    return name


def check(document: Node, schemas: Iterable[tuple[str, Node]]) -> None:
    """Refuse names that no code can be made of. Raises ValueError naming one.

    schemas: all of the document, those within others too, and what to call each.
    """
    for name, schema in schemas:
        _apart(f"fields of {name}", {field: _field(field) for field in schema.get("properties", ())}, FIELDS)
        texts = [value for value in schema.get("enum", ()) if isinstance(value, str)]
        # The generator numbers those that do not begin with a letter.
        _apart(
            f"values of {name}",
            {value: snake(value) if value[:1].isalpha() else f"value_{at}" for at, value in enumerate(texts)},
        )
    for method, path, operation in Document("", document).operations():
        parameters = operation["parameters"]
        for place in {parameter["in"] for parameter in parameters}:
            names = [parameter["name"] for parameter in parameters if parameter["in"] == place]
            taken = PARAMETERS | {plain(f"json{name}") for name in names}
            _apart(f"parameters of {method} {path}", {name: snake(name) for name in names}, taken)
        told = Counter(parameter["name"] for parameter in parameters if parameter["in"] == "path")
        if told != Counter(re.findall(r"\{([^{}]*)\}", path)):
            raise ValueError(f"the path {path[:80]!r} and the parameters of {method} do not fit each other")
    _of_something(document["components"]["schemas"])


def _field(name: str) -> str:
    """What the generator calls a field, at the latest where another one is too much like it."""
    code = re.sub(r"\W", "", name)
    return f"{code}_" if iskeyword(code) or hasattr(builtins, code) else code


def _apart(what: str, names: dict[str, str], taken: Iterable[str] = ()) -> None:
    """Refuse names of which generated code makes the same, or what it has already."""
    seen: dict[str, str] = {}
    for name, code in names.items():
        if plain(name) in taken:
            raise ValueError(
                f"{name[:80]!r} is among the {what[:120]}, and generated code has its own use for that"
            )
        if (other := seen.setdefault(code, name)) != name:
            raise ValueError(f"{other[:80]!r} and {name[:80]!r} are among the {what[:120]}: the same in Python")


def _of_something(schemas: dict[str, Node]) -> None:
    """Refuse a schema that is made of itself: nobody can say what it is."""
    try:
        TopologicalSorter({name: set(_made_of(schema)) for name, schema in schemas.items()}).prepare()
    except CycleError as circle:
        raise ValueError(f"the schema {circle.args[1][0]!r} is made of itself") from None


def _made_of(schema: Node) -> Iterator[str]:
    """The schemas of which a value has to be, or may be: not those of its fields and items."""
    if "$ref" in schema:
        yield schema["$ref"].removeprefix(SCHEMAS)
    for key in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(key, ()):
            yield from _made_of(part)
