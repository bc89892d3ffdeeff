"""The request log: what arrived, kept for tests to read."""

import threading
from collections import deque
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


class Log:
    """The last requests, oldest first. Used by the server's thread and by tests at once.

    A sandbox may run for days: it keeps ten thousand, or fewer where their bodies have more than 64 MB together.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[tuple[LoggedRequest, int]] = deque()
        self._size = 0

    def add(self, entry: LoggedRequest, size: int) -> None:
        """Append one, whose body had so many bytes."""
        with self._lock:
            self._entries.append((entry, size))
            self._size += size
            while len(self._entries) > 10_000 or self._size > 64_000_000:
                self._size -= self._entries.popleft()[1]

    def entries(self) -> tuple[LoggedRequest, ...]:
        """What is there now."""
        with self._lock:
            return tuple(entry for entry, _ in self._entries)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()
            self._size = 0
