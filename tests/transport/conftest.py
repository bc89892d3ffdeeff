"""What the tests of connections share."""

from tests.transport.carriers import connect, keep

__all__ = ["connect", "keep"]
