"""Compare API versions: their contracts, and what they answer about the same people."""

import typing

if typing.TYPE_CHECKING:
    from .answers import Difference
    from .diff import ContractChange, ContractDiff, Level, OperationDiff, compare
    from .live import compare_live
    from .parity import Differing, ParityReport, Side

__all__ = [
    "ContractChange",
    "ContractDiff",
    "Difference",
    "Differing",
    "Level",
    "OperationDiff",
    "ParityReport",
    "Side",
    "compare",
    "compare_live",
]

if not typing.TYPE_CHECKING:  # type checkers are to see what is not there

    def __getattr__(name: str) -> typing.Any:
        """Each name from its module, when it is first asked for: a shadow needs answers.py alone."""
        import importlib

        if name in __all__:
            for module in ("answers", "parity", "diff", "live"):
                found = vars(importlib.import_module(f".{module}", __name__)).get(name)
                if found is not None:
                    return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
