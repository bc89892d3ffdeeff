# pyright: reportMissingImports=false
"""The command mutmut with changes besides its own: none of those takes a guard away."""

from collections.abc import Iterator
from typing import Any

import libcst as cst
from mutmut.__main__ import cli
from mutmut.mutation import file_mutation, mutators


def _conditions(node: cst.If | cst.CompIf) -> Iterator[cst.CSTNode]:
    """A condition that never holds, or always: the guard is gone, or stops everybody."""
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    for operator, constant in ((cst.And(), "False"), (cst.Or(), "True")):
        yield node.with_changes(test=cst.BooleanOperation(left=test, operator=operator, right=cst.Name(constant)))


def _operands(node: cst.BooleanOperation | cst.BinaryOperation) -> Iterator[cst.CSTNode]:
    """One side of an `and`, an `or` or a `|` alone."""
    if isinstance(node.operator, cst.And | cst.Or | cst.BitOr):
        yield from (
            side.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]) for side in (node.left, node.right)
        )


def _statements(node: cst.Raise | cst.Expr) -> Iterator[cst.CSTNode]:
    """A statement left out."""
    if isinstance(node, cst.Raise) or not isinstance(node.value, cst.BaseString):
        yield cst.Pass()


def _returns(node: cst.Return) -> Iterator[cst.CSTNode]:
    """None instead of the value."""
    if node.value is not None and not (isinstance(node.value, cst.Name) and node.value.value == "None"):
        yield node.with_changes(value=cst.Name("None"))


def _strings(node: cst.BaseString) -> Iterator[cst.CSTNode]:
    """Another string, unless it is prose: what a message says word for word is no rule."""
    if isinstance(node, cst.SimpleString) and " " not in node.value:
        yield from list(mutators.operator_string(node))[:1]


def extend() -> None:
    """Give mutmut the changes above, and take its own away that they contain."""
    operators: Any = mutators.mutation_operators
    operators[:] = [
        *(entry for entry in operators if entry[1] is not mutators.operator_string),
        (cst.If, _conditions),
        (cst.CompIf, _conditions),
        (cst.BooleanOperation, _operands),
        (cst.BinaryOperation, _operands),
        (cst.Raise, _statements),
        (cst.Expr, _statements),
        (cst.Return, _returns),
        (cst.BaseString, _strings),
    ]
    for operator in (cst.And, cst.Or, cst.BitOr):  # one side alone goes further
        del mutators._operator_mapping[operator]
    file_mutation.NEVER_MUTATE_FUNCTION_CALLS.discard("isinstance")


if __name__ == "__main__":
    extend()
    cli()
