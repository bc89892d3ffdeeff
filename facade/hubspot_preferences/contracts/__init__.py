"""Compare API versions: their contracts, and what they answer about the same people."""

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
