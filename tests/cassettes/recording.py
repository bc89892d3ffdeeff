"""How recordings are made: from the sandbox, or from HubSpot where there is a token; and what is kept of them."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml
from attrs import evolve, field, frozen

from hubspot_preferences import Change, Preferences, versions
from hubspot_preferences.sandbox import PORTAL, Fault, OptOut, Sandbox, Seed, Status
from hubspot_preferences.sandbox.seeds import MARKETING_INFORMATION, PRODUCT_UPDATES, seed
from hubspot_preferences.settings import BASE_URL, TOKEN_VARIABLE

from .scrubbing import BEARER, REDACTED, Pseudonyms

ADDRESSES_VARIABLE = "HUBPREFS_RECORD_EMAILS"

# Who takes part, as cassettes call them.
ANN, BEN = "subscriber-1@example.com", "subscriber-2@example.com"
# Who they are in the sandbox: a name in every part, and what has to be encoded in a path.
SANDBOX_ADDRESSES = ("jane.doe+news@customer.example", "o'hara/sales@bücher.example")
SANDBOX_TOKEN = "pat-na1-stands-for-a-real-one"
NOW = 1_775_034_000  # 2026-04-01 09:00 UTC, whenever it is recorded

# Whatever a cassette shows besides says when, where and by whom it was recorded.
REQUEST_HEADERS = ("accept", "authorization", "content-type")
REPLY_HEADERS = ("content-type", "location", "retry-after")
REPLY_HEADERS_FROM = "x-hubspot-ratelimit-"

MATCH_ON = ("method", "scheme", "host", "port", "path", "query", "body")


def _with_body(asked: Any) -> Any:
    """A request as httpx makes it, to vcrpy: that of aiohttp has no body where httpx has an empty one."""
    asked.body = asked.body or b""
    return asked


REPLAYING: dict[str, Any] = {
    "record_mode": "none",
    "match_on": MATCH_ON,
    "before_record_request": _with_body,
}


@frozen
class Source:
    """Where recordings come from, and the real addresses of those who take part, in their order."""

    url: str
    token: str = field(repr=False)
    addresses: tuple[str, ...] = field(repr=False)

    def client(self, version: str, token: str | None = None) -> Preferences:
        """A client whose every request can be recorded: without retries, without waiting."""
        return Preferences(
            token or self.token,
            base_url=self.url,
            version=versions.version(version),
            retry=None,
            limiter=None,
            concurrency=1,
        )

    def settings(self) -> dict[str, Any]:
        """What vcrpy is told for one recording: all is scrubbed before it is kept, and the host is HubSpot's."""
        pseudonyms = Pseudonyms(self.addresses, {self.token: REDACTED, self.url: BASE_URL})

        # Functions, not methods: settings are copied on their way, and both must share the pseudonyms.
        def request(asked: Any) -> Any:
            asked.uri = pseudonyms.uri(asked.uri.replace(self.url, BASE_URL, 1))
            asked.body = pseudonyms.body(asked.body)
            asked.headers = {
                name: BEARER if name == "authorization" else pseudonyms.text(asked.headers[name])
                for name in REQUEST_HEADERS
                if name in asked.headers
            }
            return asked

        def reply(answer: Any) -> Any:
            answer["headers"] = {
                name.lower(): [pseudonyms.text(value) for value in values]
                for name, values in sorted(answer["headers"].items())
                if name.lower() in REPLY_HEADERS or name.lower().startswith(REPLY_HEADERS_FROM)
            }
            answer["body"]["string"] = pseudonyms.body(answer["body"]["string"])
            return answer

        return {
            "match_on": MATCH_ON,
            "decode_compressed_response": True,
            "before_record_request": request,
            "before_record_response": reply,
        }

    def meant(self, value: Any) -> Any:
        """An argument of a scene, with the real addresses. Raises ValueError for whoever does not take part."""
        if isinstance(value, str):
            return re.sub(r"\S+@\S+", lambda match: self._real(match[0]), value)
        if isinstance(value, list | tuple):
            return type(value)(map(self.meant, value))
        if isinstance(value, dict):
            return {name: self.meant(item) for name, item in value.items()}
        if isinstance(value, Change):
            return evolve(value, email=self.meant(value.email))
        if isinstance(value, Fault):
            return evolve(value, addresses=self.meant(value.addresses))
        return value

    def _real(self, pseudonym: str) -> str:
        for number, address in enumerate(self.addresses, 1):
            if pseudonym == f"subscriber-{number}@example.com":
                return address
        raise ValueError(
            f"{pseudonym} does not take part: only those that {ADDRESSES_VARIABLE} names may be written to"
        )


def from_hubspot() -> bool:
    """Whether a recording made now comes from HubSpot."""
    return bool(os.environ.get(TOKEN_VARIABLE))


def hubspot() -> Source:
    """HubSpot itself, and two addresses whose preferences may be changed. Raises ValueError without."""
    named = os.environ.get(ADDRESSES_VARIABLE, "")
    addresses = tuple(address.strip() for address in named.split(",") if address.strip())
    if len(set(map(str.lower, addresses))) != 2 or not all("@" in address for address in addresses):
        raise ValueError(
            f"{TOKEN_VARIABLE} is set, so this would record from HubSpot: set {ADDRESSES_VARIABLE} to two "
            "addresses of yours, with a comma between them. They will be subscribed, unsubscribed, and stay opted "
            f"out of all e-mail. To record from the sandbox, unset {TOKEN_VARIABLE}."
        )
    return Source(BASE_URL, os.environ[TOKEN_VARIABLE], addresses)


@contextmanager
def sandbox(faults: tuple[Fault, ...] = (), **account: Any) -> Iterator[Source]:
    """A sandbox in which it is always the same time.

    Ann said yes to one subscription type and no to another, Ben no to everything.
    """
    ann, ben = SANDBOX_ADDRESSES
    api, at = "Public status API", NOW * 1000 - 86_400_000
    basis = "CONSENT_WITH_NOTICE", "Ticked the box on the order form"
    seeded = Seed(
        seed("demo", account.get("brands", ())).definitions,
        (
            Status(ann, MARKETING_INFORMATION, "SUBSCRIBED", api, at, *basis),
            # Texts may name people too.
            Status(ann, PRODUCT_UPDATES, "UNSUBSCRIBED", f"Set by {ben}.", at + 1000),
            Status(ben, MARKETING_INFORMATION, "UNSUBSCRIBED", api, at + 2000),
        ),
        (OptOut(ben, PORTAL, at + 2000),),
    )
    settings: dict[str, Any] = {"rate_limit": (190, 10_000), "daily_limit": 650_000, **account}
    with Sandbox(token=SANDBOX_TOKEN, seed=seeded, clock=lambda: float(NOW), **settings) as box:
        source = Source(box.url, box.token, SANDBOX_ADDRESSES)
        box.fail(*map(source.meant, faults))
        yield source


def parsed(text: str) -> Any:
    """A cassette's YAML, read quickly."""
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # a safe loader


def interactions(text: str) -> list[dict[str, Any]]:
    """The exchanges of a cassette."""
    exchanges: list[dict[str, Any]] = parsed(text)["interactions"]
    return exchanges
