"""The public API as text, one line for each signature, field and value: `make public-api` writes it.

Public is what the package and its subpackages list in `__all__`, and what is held by the attributes of that.
"""

from collections.abc import Iterator
from pathlib import Path

from griffe import Alias, AliasResolutionError, Attribute, Class, Expr, ExprName, Function, Module, Object, load

ROOT = Path(__file__).resolve().parents[1]
SNAPSHOT = ROOT / "tests" / "public_api.txt"


class PublicAPI:
    """What a package offers, read from its source: griffe imports nothing."""

    def __init__(self, package: Module) -> None:
        self._modules = package.modules_collection
        self._names: dict[str, str] = {}
        """The name under which each thing is public, by the place where it is defined."""
        # What `transport` has for the rooms above it is nobody else's.
        rooms = [room for name, room in package.modules.items() if room.is_subpackage and name != "transport"]
        for module in (package, *rooms):
            for name in map(str, module.exports or ()):
                self._names.setdefault(self._defined(f"{module.path}.{name}").path, f"{module.path}.{name}")

    def lines(self) -> list[str]:
        """Everything there is, by name; what a class has, in the order in which it is defined."""
        described: dict[str, list[str]] = {}
        while new := self._names.keys() - described.keys():
            for path in new:
                described[path] = list(self._described(self._modules[path], self._names[path]))
        return [line for path in sorted(described, key=self._names.__getitem__) for line in described[path]]

    def _defined(self, path: str) -> Object:
        """What a path stands for. Raises KeyError or AliasResolutionError for what is not ours."""
        return _resolved(self._modules[path])

    def _described(self, thing: Object, name: str) -> Iterator[str]:
        decorators = "".join(f"@{decorator.value} " for decorator in getattr(thing, "decorators", ()))
        if isinstance(thing, Class):
            yield f"{decorators}class {name}({', '.join(map(str, thing.bases))})"
            for member_name, member in thing.all_members.items():
                defined = _resolved(member)
                owner = defined.path.rpartition(".")[0]
                private = member_name.startswith("_") and not member_name.endswith("__")
                everyones = member_name in vars(object) and member_name != "__init__"
                listed_there = owner != thing.path and owner in self._names
                if not (private or everyones or listed_there):
                    yield from self._described(defined, f"{name}.{member_name}")
        elif isinstance(thing, Function):
            for parameter in thing.parameters:
                parameter.default = self._constant(parameter.default)
            keyword = "async def" if "async" in thing.labels else "def"
            yield f"{decorators}{keyword} {name}{thing.signature().removeprefix(thing.name)}"
        elif isinstance(thing, Attribute):
            self._publish(thing.annotation)
            annotation = f": {thing.annotation}" if thing.annotation else ""
            value = f" = {thing.value}" if thing.value and "class-attribute" in thing.labels else ""
            yield f"{name}{annotation}{value}"

    def _publish(self, annotation: str | Expr | None) -> None:
        """Make the classes public that an attribute holds."""
        for part in annotation.iterate(flat=True) if isinstance(annotation, Expr) else ():
            try:
                held = self._defined(part.canonical_path) if isinstance(part, ExprName) else None
            except (KeyError, AliasResolutionError):
                continue
            if isinstance(held, Class):
                self._names.setdefault(held.path, held.path)

    def _constant(self, default: str | Expr | None) -> str | Expr | None:
        """The value of a default that is the name of a constant."""
        try:
            named = self._defined(default.canonical_path) if isinstance(default, Expr) else None
        except (KeyError, AliasResolutionError):
            return default
        return named.value if isinstance(named, Attribute) and isinstance(named.parent, Module) else default


def _resolved(named: Object | Alias) -> Object:
    return named.final_target if isinstance(named, Alias) else named


def public_api() -> str:
    """The text of the snapshot, as the source is now."""
    package = load("hubspot_preferences", search_paths=[ROOT / "facade"])
    assert isinstance(package, Module)
    return "\n".join([*PublicAPI(package).lines(), ""])


if __name__ == "__main__":
    SNAPSHOT.write_text(public_api(), encoding="utf-8")
