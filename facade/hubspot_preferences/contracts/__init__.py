"""The contracts of API versions, and what differs between two of them."""

from .changes import ContractChange, ContractDiff, Level, OperationDiff
from .diff import compare

__all__ = ["ContractChange", "ContractDiff", "Level", "OperationDiff", "compare"]
