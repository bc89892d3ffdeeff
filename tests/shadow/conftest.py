"""What the tests of shadows share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.shadow.clients import Held, gone

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def held() -> Iterator[Held]:
    """A callback that blocks, let go after the test."""
    callback = Held()
    yield callback
    callback.let_go.set()


@pytest.fixture(autouse=True)
def _alone() -> None:
    """The threads of the test before have ended: tests count them."""
    gone()
