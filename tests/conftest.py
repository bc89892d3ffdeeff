"""What all tests share: a sandbox per worker, put back to its seed before each test, and clients of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hubspot_preferences import AsyncPreferences, Preferences
from hubspot_preferences.sandbox import Sandbox

VERSIONS = ("v4", "2026-03")


@pytest.fixture(scope="session")
def running_box() -> Iterator[Sandbox]:
    """One sandbox for the whole run; use `box`."""
    with Sandbox(token="demo", seed="demo") as box:
        yield box


@pytest.fixture
def box(running_box: Sandbox) -> Sandbox:
    """The sandbox, as its seed has it, without faults and with an empty log."""
    running_box.reset()
    return running_box


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Every API version in turn."""
    name: str = request.param
    return name


@pytest.fixture
def prefs(box: Sandbox, version: str) -> Iterator[Preferences]:
    """A blocking client of the sandbox that neither retries nor waits."""
    with Preferences(box.token, base_url=box.url, version=version, retry=None, limiter=None) as client:
        yield client


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, the only loop supported."""
    return "asyncio"


@pytest.fixture
async def aprefs(box: Sandbox, version: str, anyio_backend: str) -> AsyncIterator[AsyncPreferences]:
    """The same to be awaited."""
    async with AsyncPreferences(box.token, base_url=box.url, version=version, retry=None, limiter=None) as client:
        yield client


@pytest.fixture(scope="session")
def reference() -> Path:
    """HubSpot's documents and recorded replies, which lie beside the checkout on some machines only."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip("the reference material is not here")
    return folder
