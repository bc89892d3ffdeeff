"""The contracts of API versions, and what differs between two of them."""

from .diff import ContractChange, ContractDiff, Level, OperationDiff, compare

__all__ = ["ContractChange", "ContractDiff", "Level", "OperationDiff", "compare"]
