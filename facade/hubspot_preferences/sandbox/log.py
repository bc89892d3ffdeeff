"""The request log: what arrived, kept for tests to read."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen


@frozen
class LoggedRequest:
    """One request as it arrived, and the status it was answered with."""

    at: float
    """When it arrived, in seconds of the monotonic clock."""
    method: str
    path: str
    """Decoded."""
    raw_path: str
    """As it came."""
    operation: str | None
    version: str | None
    query: Mapping[str, str]
    body: Any
    """Read from JSON; as text where it is not JSON, None where there is none."""
    headers: Mapping[str, str]
    """By lower-case name, without the token."""
    status: int | None
    """None where the connection was cut before a status was sent."""


LONGEST_LOG = 10_000  # a sandbox may run for days
