"""Reads a document as HubSpot publishes it, from a file or by https, and refuses what cannot be worked with."""

import hashlib
import os
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema_rs
from attrs import frozen

import rules
from hubspot_preferences.contracts import checking, documents
from hubspot_preferences.errors import InvalidArgument
from hubspot_preferences.privacy import visible

SECONDS = 30.0  # for each step of a download, and for all that comes

ALL = "/communication-preferences/"


# Where HubSpot publishes a version's document [source: published-documents]. Another pattern may stand in
# COLLECTION in the environment.
COLLECTION = (
    "https://raw.githubusercontent.com/HubSpot/HubSpot-public-api-spec-collection/main/PublicApiSpecs/"
    "Communication%20Preferences/Subscriptions/Rollouts/176901/{version}/subscriptions.json"
)


@frozen
class Published:
    """A document as HubSpot publishes it, checked, and `label`: which one that is, in one line."""

    document: rules.Node
    label: str


def address(version: str) -> str:
    """The URL of a version's document in HubSpot's public collection."""
    return (os.environ.get("COLLECTION") or COLLECTION).replace("{version}", version)


def read(source: str, version: str) -> Published:
    """The document, checked. Raises InvalidArgument, in one line, for what is none or is about another version."""
    data, dated = _fetched(source) if "://" in source else _from_file(source)
    name = Path(urlsplit(source).path).name if "://" in source else source
    root = documents.parse(data, name)
    checking.check(root, name)
    mine = f"{ALL}{version}/"
    if not any(path.startswith(mine) for path in root["paths"]):
        first = min(root["paths"])
        raise InvalidArgument(
            f"{name} is not about {version}: no path begins with {mine}; there is {first[:80]!r}"
        )
    if odd := sorted(path for path in root["paths"] if path.startswith(ALL) and not path.startswith(mine)):
        raise InvalidArgument(f"{name} is not only about {version}: there is {odd[0][:80]!r} as well")
    return Published(root, visible(f"{source} ({dated}, sha256 {hashlib.sha256(data).hexdigest()[:16]})"))


def _from_file(path: str) -> tuple[bytes, str]:
    try:
        data = documents.contents(path)
        changed = datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
    except (OSError, ValueError) as error:
        raise InvalidArgument(f"{path}: {getattr(error, 'strerror', None) or 'no such path'}") from None
    return data, f"of {changed:%Y-%m-%d %H:%M} UTC"


def _fetched(url: str) -> tuple[bytes, str]:
    import httpx  # a file needs no network

    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")):
        raise InvalidArgument(f"{url}: must be a file or an https URL")
    data, end = b"", time.monotonic() + SECONDS
    try:
        with httpx.stream("GET", url, timeout=SECONDS, headers={"Accept": "application/json"}) as reply:
            if reply.status_code != 200:
                raise InvalidArgument(f"{url}: HTTP {reply.status_code} instead of a document")
            for piece in reply.iter_bytes():
                data += piece
                if len(data) > documents.LARGEST:
                    break  # refused by its size
                if time.monotonic() > end:
                    raise InvalidArgument(f"{url}: took more than {SECONDS:.0f} seconds")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise InvalidArgument(f"{url}: {type(error).__name__}: {error}") from None
    for title, header in (("ETag", "etag"), ("of", "last-modified"), ("read", "date")):
        if value := reply.headers.get(header):
            return data, f"{title} {value[:100]}"
    return data, "without ETag or date"


def flaws(root: rules.Node) -> list[str]:
    """Where the document is not valid OpenAPI. HubSpot publishes such ones, in places that matter to nobody."""
    written = "3.1" if str(root["openapi"]).startswith("3.1") else "3.0"
    return [
        "/".join(map(str, error.instance_path)) or "the document" for error in _meta(written).iter_errors(root)
    ]


def refuse_invalid(contract: rules.Node) -> None:
    """Raise InvalidArgument where what the rules made is not valid OpenAPI 3.1."""
    for error in _meta("3.1").iter_errors(contract):
        at = "/".join(map(str, error.instance_path))
        raise InvalidArgument(f"what the rules make of it is not valid OpenAPI 3.1 at {at[:200]!r}")
    for name, schema in rules.schemas(contract).items():
        if not jsonschema_rs.meta.is_valid(schema):
            raise InvalidArgument(f"what the rules make of it holds a schema that is none: {name}")


def _meta(version: str) -> jsonschema_rs.Validator:
    """OpenAPI's own schema of OpenAPI, from a package that is not imported for it: that takes half a second."""
    package = find_spec("openapi_spec_validator")
    assert package is not None
    assert package.submodule_search_locations
    path = Path(package.submodule_search_locations[0]) / "resources" / "schemas" / f"v{version}" / "schema.json"
    return jsonschema_rs.validator_for(path.read_text(encoding="utf-8"))
