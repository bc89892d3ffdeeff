"""Where the cassettes lie."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def vcr_cassette_dir() -> str:
    """This folder; cassettes are named by their path below it."""
    return str(Path(__file__).parent)
