"""What the tests of shadows share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


from tests.shadow.clients import (
    Held,
)


@pytest.fixture
def held() -> Iterator[Held]:
    """A callback that blocks, let go after the test."""
    callback = Held()
    yield callback
    callback.let_go.set()
