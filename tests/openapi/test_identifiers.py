"""What becomes a name in generated code: told apart, or refused before any code is made of it."""

import ast
import copy
import re
from collections.abc import Callable
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest
from tests.openapi.published import published

import generate
import identifiers
import refresh
import rules

Node = dict[str, Any]
Change = Callable[[Node], object]
REF = "#/components/schemas/"
TEXT = {"type": "string"}


@pytest.fixture(scope="module")
def whole() -> Node:
    """A document as HubSpot would publish it."""
    return published(refresh.bare(refresh.HERE / "2026-03.yaml"), "2026-03", "2026-03")


@pytest.fixture
def document(whole: Node) -> Node:
    """The same, to be changed."""
    return copy.deepcopy(whole)


def fields(document: Node) -> Node:
    """The fields of a row."""
    held: Node = document["components"]["schemas"]["SubscriptionStatus"]["properties"]
    return held


def with_fields(**new: Any) -> Change:
    """Give a row these fields."""
    return lambda document: fields(document).update(new)


def named(*names: str) -> Change:
    """Give a row fields with these names."""
    return with_fields(**dict.fromkeys(names, TEXT))


def with_schemas(**new: Any) -> Change:
    """Add these schemas, and a field of each."""

    def change(document: Node) -> None:
        document["components"]["schemas"].update(new)
        fields(document).update({f"of{at}": {"$ref": REF + name} for at, name in enumerate(new)})

    return change


def asked(*names: str, where: str = "query") -> Change:
    """Give the reading of definitions these parameters."""
    new = [{"name": name, "in": where, "required": True, "schema": TEXT} for name in names]
    path = "/communication-preferences/2026-03/definitions"
    return lambda document: document["paths"][path]["get"]["parameters"].extend(new)


def with_slash(document: Node) -> None:
    """Rename a schema, and what refers to it."""
    document["components"]["schemas"]["a/b"] = TEXT
    fields(document)["new"] = {"$ref": f"{REF}a~1b"}


ITSELF = {"$ref": f"{REF}Itself"}
REFUSED: dict[str, tuple[Change, str]] = {
    "a slash": (with_slash, "a name holds what must not get into code: 'a~1b'"),
    **{
        f"a field {name}": (named(name), f"{name!r} is among the fields of SubscriptionStatus, and generated code")
        for name in ("cls", "CLS", "from_dict", "fromDict", "to_dict", "d", "field_dict", "additionalProperties")
    },
    **{
        f"fields {one} and {other}": (
            named(one, other),
            f"are among the fields of {'SubscriptionStatus'}: the same",
        )
        for one, other in (("class", "class_"), ("a b", "a.b"), ("$", "*"))
    },
    "a field within a field": (
        with_fields(new={"type": "object", "properties": {"cls": TEXT}}),
        "'cls' is among the fields of SubscriptionStatus.new",
    ),
    **{
        f"values {one} and {other}": (
            with_fields(new={"type": "string", "enum": [one, other]}),
            "are among the values of New: the same in Python",
        )
        for one, other in (("A", "a"), ("A B", "A-B"), ("1", "VALUE_0"))
    },
    **{
        f"a parameter {name}": (
            asked(name),
            f"{name!r} is among the parameters of GET /definitions, and generated",
        )
        for name in ("body", "params", "quote", "json_businessUnitId")
    },
    "parameters": (asked("x y", "x-y"), "are among the parameters of GET /definitions: the same in Python"),
    "no such part of the path": (
        asked("id", where="path"),
        "the path '/definitions' and the parameters of GET do not fit each other",
    ),
    **{
        f"{key} of itself": (
            with_schemas(Itself={key: [ITSELF, {"type": "object", "properties": {"a": TEXT}}]}),
            "the schema 'Itself' is made of itself",
        )
        for key in ("allOf", "anyOf", "oneOf")
    },
    "nothing but itself": (with_schemas(Itself={"allOf": [ITSELF]}), "the schema 'Itself' is made of itself"),
    "itself, a long way round": (
        with_schemas(
            Itself={"allOf": [{"anyOf": [{"$ref": f"{REF}Other"}, TEXT]}]}, Other={"oneOf": [ITSELF, TEXT]}
        ),
        "is made of itself",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_code_can_be_made_of_is_refused(document: Node, case: str) -> None:
    """It is told what stands in the way."""
    change, why = REFUSED[case]
    rules.apply(document)
    change(document)
    with pytest.raises(ValueError, match=re.escape(why)):
        rules.apply(document)


ALIKE: dict[str, tuple[Change, str]] = {
    "schemas": (
        with_schemas(
            **{
                "".join(one): {"properties": {"a": TEXT}}
                for one in islice(product(*zip("STRENUM", "strenum", strict=True)), 40)
            }
        ),
        "too many names are like '",
    ),
    "enums": (
        with_fields(**{f"a{'_' * n}b": {"type": "string", "enum": [f"V{n}"]} for n in range(250)}),
        "too many names are like '",
    ),
    "operations": (
        lambda document: document["paths"].update(
            {f"/communication-preferences/2026-03/a{'-' * n}b": {"get": {"responses": {}}} for n in range(1, 150)}
        ),
        "too many names are like 'get_a_b_2_2",
    ),
}


@pytest.mark.parametrize("case", ALIKE)
def test_not_everything_can_be_called_alike(document: Node, case: str) -> None:
    """A name that would get too long is refused before thousands of them take for ever."""
    change, why = ALIKE[case]
    change(document)
    with pytest.raises(ValueError, match=re.escape(why)):
        rules.apply(document)


def shared_enum(document: Node) -> None:
    """Let many fields refer to one large enum."""
    document["components"]["schemas"]["Large"] = {"type": "string", "enum": [f"V{n}" for n in range(1000)]}
    fields(document).update({f"f{n}": {"$ref": f"{REF}Large"} for n in range(100)})


def shared_parameter(document: Node) -> None:
    """Let many operations refer to one large parameter."""
    large = {"type": "string", "enum": [f"V{n}" for n in range(1000)]}
    document["components"]["parameters"] = {"Large": {"name": "large", "in": "query", "schema": large}}
    operation = {"get": {"parameters": [{"$ref": "#/components/parameters/Large"}], "responses": {}}}
    document["paths"].update({f"/communication-preferences/2026-03/p{n}": operation for n in range(100)})


@pytest.mark.parametrize(
    ("change", "rule"), [(shared_enum, rules.one_class_per_enum), (shared_parameter, rules.contract_only)]
)
def test_what_is_shared_is_not_written_out_for_ever(
    document: Node, monkeypatch: pytest.MonkeyPatch, change: Change, rule: rules.Rule
) -> None:
    """A document of a few megabytes cannot become one of gigabytes."""
    change(document)
    rules.apply(document)
    for earlier in rules.RULES[: rules.RULES.index(rule)]:
        earlier(document)
    monkeypatch.setattr(rules, "MOST", 300_000)
    with pytest.raises(ValueError, match="its shared parts, written out, are too large"):
        rule(document)


def test_a_schema_may_hold_itself(document: Node) -> None:
    """In its fields, its items and its values: there it ends somewhere."""
    node = {"type": "object", "properties": {"one": ITSELF, "more": {"type": "array", "items": ITSELF}}}
    with_schemas(Itself=node)(document)
    assert "Itself" in rules.schemas(rules.apply(document)[0])


def test_fields_may_differ_by_little(document: Node) -> None:
    """What the generator can tell apart is taken."""
    named("new-kind", "new_kind", "newKind", "ID", "_d_d")(document)
    rules.apply(document)


@pytest.mark.parametrize("name", ["StrEnum", "strenum", "STR_ENUM", "Unset", "UNSET", "Any", "HTTPStatus"])
def test_a_class_makes_room_for_those_of_the_templates(document: Node, name: str) -> None:
    """A schema, an enum and a map called like a class that generated code has already get another name."""
    with_schemas(**{name: {"type": "object", "properties": {"a": TEXT}}})(document)
    with_fields(
        **{
            name: {"type": "string", "enum": ["A"]},
            f"{name}_": {"type": "object", "additionalProperties": {"type": "integer"}},
        }
    )(document)
    names = rules.schemas(rules.apply(document)[0])
    assert f"{name}Schema" in names
    assert set() == identifiers.CLASSES & set(map(identifiers.plain, names))
    assert [["A"]] == [schema["enum"] for schema in names.values() if schema.get("enum") == ["A"]]
    assert 1 == sum(schema.get("additionalProperties") == {"type": "integer"} for schema in names.values())


def test_schemas_that_differ_in_case_alone_stay_apart(document: Node) -> None:
    """Some file systems know one of them only, and the generator makes one class of both."""
    with_schemas(
        News={"type": "object", "properties": {"a": TEXT}}, news={"type": "object", "properties": {"b": TEXT}}
    )(document)
    made = rules.schemas(rules.apply(document)[0])
    assert ["News", "newsSchema"] == sorted(name for name in made if "news" in name.lower())


def test_the_templates_names_are_known() -> None:
    """Whatever a generated module imports, or defines beside its model, no model may be called."""
    package = generate.TARGET / "v4"
    own: set[str] = set()
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and "models" not in (node.module or "") and path.name != "wire.py":
                own |= {alias.name for alias in node.names if not _sibling(path, node)}
            elif isinstance(node, ast.ClassDef) and path.parent.name != "models":
                own.add(node.name)
    assert {"StrEnum", "Unset", "Any"} < own
    assert set() == set(map(identifiers.plain, own)) - identifiers.CLASSES - {
        "annotations",
        "define",
        "evolve",
        "field",
    }


def _sibling(path: Path, node: ast.ImportFrom) -> bool:
    """Whether it is one model that imports another."""
    return node.level == 1 and path.parent.name == "models"
