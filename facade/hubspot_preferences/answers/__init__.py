"""What two API versions answer about the same people, and where it differs."""

from .differences import Difference
from .live import compare_live
from .result import Differing, ParityReport, VersionSummary

__all__ = ["Difference", "Differing", "ParityReport", "VersionSummary", "compare_live"]
