"""The release, which everything else reads from here."""

__version__ = "0.1.0"
