"""The same work through HubSpot's own clients and through ours, in turn, in the environment of `peers.py`.

Prints medians in seconds as JSON. Each client reads its reply into the values it offers.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from typing import Any

from hubspot_preferences import AsyncPreferences, Preferences

from .measure import gathers, in_turn
from .servers import ADDRESSES

# Neither is installed where types are checked.
SDK: Any = import_module("hubspot_sdk")
V3: Any = import_module("hubspot")

ADDRESS = ADDRESSES[0]


def blocking(url: str, *, gets: int, batches: int) -> dict[str, float]:
    """One GET and one batch read."""
    v3 = V3.Client.create(access_token="demo", host=url)
    v3_status = v3.communication_preferences.status_api
    with (
        Preferences("demo", base_url=url, limiter=None) as ours,
        SDK.HubSpot(access_token="demo", base_url=url) as sdk,
    ):
        works: dict[str, Callable[[], object]] = {
            "ours": lambda: ours.statuses(ADDRESS),
            "sdk": lambda: sdk.communication_preferences.get_statuses(ADDRESS, channel="EMAIL"),
            "v3": lambda: v3_status.get_email_status(ADDRESS),
            "v3, as documented": lambda: v3.communication_preferences.status_api.get_email_status(ADDRESS),
        }
        taken = in_turn(works, gets, warm=10)
        batch_works: dict[str, Callable[[], object]] = {
            "ours, batch": lambda: ours.batch.statuses(ADDRESSES),
            "sdk, batch": lambda: sdk.communication_preferences.statuses.batch.read(
                channel="EMAIL", inputs=list(ADDRESSES)
            ),
        }
        taken |= in_turn(batch_works, batches, warm=3)
    return {name: samples.middle for name, samples in taken.items()}


@asynccontextmanager
async def sdk_gets(url: str, at_once: int) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """A GET through hubspot-sdk, with a semaphore around it: it bounds nothing itself."""
    slots = asyncio.Semaphore(at_once)
    async with SDK.AsyncHubSpot(access_token="demo", base_url=url) as sdk:

        async def one() -> object:
            async with slots:
                return await sdk.communication_preferences.get_statuses(ADDRESS, channel="EMAIL")

        yield one


@asynccontextmanager
async def our_gets(url: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """A GET through ours, as bounded as it comes."""
    async with AsyncPreferences("demo", base_url=url, limiter=None) as ours:
        yield lambda: ours.statuses(ADDRESS)


async def many(url: str, *, requests: int, repetitions: int) -> dict[str, float]:
    """Many GETs in one gather."""
    opened = {
        "ours, gather": partial(our_gets, url),
        "sdk, semaphore 8": partial(sdk_gets, url, 8),
        "sdk, semaphore 50": partial(sdk_gets, url, 50),
    }
    taken = await gathers(opened, requests, repetitions)
    # As it comes. Only once: it may take long.
    taken |= await gathers({"sdk, gather": partial(sdk_gets, url, requests)}, requests, 1)
    return {name: samples.middle for name, samples in taken.items()}


def main() -> None:
    """Arguments: URL, GETs, batches, requests of a gather, gathers."""
    url, *counts = sys.argv[1:]
    gets, batches, requests, repetitions = map(int, counts)
    found = blocking(url, gets=gets, batches=batches)
    found |= asyncio.run(many(url, requests=requests, repetitions=repetitions))
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
