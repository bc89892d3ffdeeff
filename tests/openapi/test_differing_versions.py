"""A version that differs, taken in as the README says, in a copy of the checkout: one with more, one with less."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.openapi.published import Node, published

import refresh
from hubspot_preferences.versions import VERSIONS, declared

ROOT = Path(__file__).resolve().parents[2]
NEWEST = VERSIONS[-1].name
NEW = "2098-03"
BASE = f"/communication-preferences/{NEW}"
VERSION_ROWS = "facade/hubspot_preferences/versions/__init__.py"


def with_more(document: Node) -> None:
    """HubSpot adds an operation, a field that it declares required, and a state."""
    responses = document["paths"][f"{BASE}/statuses/{{subscriberIdString}}"]["get"]["responses"]
    document["paths"][f"{BASE}/statuses/{{subscriberIdString}}/pause"] = {
        "post": {
            "operationId": "pause",
            "parameters": [
                {"name": "subscriberIdString", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "responses": responses,
        }
    }
    schemas = document["components"]["schemas"]
    schemas["SubscriptionStatus"]["properties"]["pausedUntil"] = {"type": "string", "format": "date-time"}
    schemas["SubscriptionStatus"]["required"].append("pausedUntil")
    schemas["SubscriptionState"]["enum"].append("PAUSED")


def with_less(document: Node) -> None:
    """HubSpot takes an operation, a field and a legal basis away."""
    del document["paths"][f"{BASE}/links/generate"]
    schemas = document["components"]["schemas"]
    del schemas["SubscriptionStatus"]["properties"]["source"]
    schemas["SubscriptionStatus"]["required"].remove("source")
    schemas["LegalBasis"]["enum"].remove("NON_GDPR")


PAUSE = "post_statuses_subscriber_id_string_pause"
WORDS = {
    "operations": f"""\
  {PAUSE}:
    summary: Pause one subscriber
    description: Nothing is sent for a while.
    scopes: [[communication_preferences.write], [communication_preferences.read_write]]
""",
    "fields": "  pausedUntil: Until when nothing is sent.\n",
}
MORE = """adds=(
            "post_statuses_subscriber_id_string_pause",
            "SubscriptionStatus.pausedUntil",
            "SubscriptionState.PAUSED",
        )"""
LESS = 'lacks=("generate_links", "SubscriptionStatus.source", "LegalBasis.NON_GDPR")'


class Checkout:
    """A copy of the checkout, and the project's own commands in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        skipped = shutil.ignore_patterns(".*", "__pycache__", "dist", "build", "*.egg-info")
        shutil.copytree(ROOT, root, ignore=skipped)
        paths = os.pathsep.join(str(root / part) for part in ("facade", "generated", "openapi"))
        outer = ("PYTEST", "COV", "HUB")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
        self._environment = {**inherited, "PYTHONPATH": paths}

    def run(self, *command: str, status: int = 0) -> str:
        """What a command prints, which has to end with this status."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert status == done.returncode, done.stdout[-8000:]
        return done.stdout

    def edit(self, path: str, after: str, text: str) -> None:
        """Put a text behind the first match of a pattern."""
        whole = (self.root / path).read_text(encoding="utf-8")
        match = re.search(after, whole, re.MULTILINE)
        assert match, path
        (self.root / path).write_text(whole[: match.end()] + text + whole[match.end() :], encoding="utf-8")

    def take_in(self, change: Callable[[Node], None], declaration: str) -> None:
        """A new version, by hand and by the project's commands."""
        document = published(refresh.bare(refresh.HERE / f"{NEWEST}.yaml"), NEWEST, NEW)
        change(document)
        (self.root / "published.json").write_text(json.dumps(document), encoding="utf-8")
        for part, words in WORDS.items() if change is with_more else ():
            self.edit("openapi/words.yaml", f"^{part}:\n", words)
        self.edit(declared.PLACE, r"^DECLARED.*\n", f'    "{NEW}": Difference({declaration}),\n')
        self.run("openapi/update.py", NEW, "published.json", "2098-03-31")
        self.run("openapi/generate.py")


AFFECTED = (
    "tests/contracts/test_declared.py",
    "tests/openapi/test_rules.py",
    "tests/openapi/test_generate.py",
    "tests/cassettes/test_cassettes.py",
    "tests/sandbox/test_sandbox_others.py",
    "tests/test_client.py",
    "tests/test_demo.py",
    "tests/test_reading.py",
    "tests/test_versions.py",
)
NAMED = f"{NEW} or declared or demo or fuzzer or own_client or missing"  # the others were green before
RECORD = ("tests/cassettes/test_cassettes.py", "-k", "test_both_clients", "--record-mode=rewrite")
SUMMARY = "10 operations work by methods on v4, 2026-03, 2026-09 and 2098-03 and give the same answers"


@pytest.mark.ci
@pytest.mark.parametrize(("change", "declaration"), [(with_more, MORE), (with_less, LESS)])
def test_a_version_that_differs_is_taken_in(
    tmp_path: Path, change: Callable[[Node], None], declaration: str
) -> None:
    """Words and declarations apart by commands alone: then every check that the versions concern is green."""
    checkout = Checkout(tmp_path / "checkout")
    checkout.take_in(change, declaration)
    checkout.run("openapi/generate.py", "--check")
    checkout.run("-m", "mypy", "facade")
    checkout.run("-m", "pytest", "-q", "-p", "no:randomly", *RECORD)
    checkout.run("-m", "pytest", "-q", "-n", "2", *AFFECTED, "-k", NAMED)
    lines = checkout.run("-m", "hubspot_preferences.demo").splitlines()
    if change is with_more:
        assert f"{SUMMARY}." in lines
        assert f"1 by `request` only ({PAUSE}): the sandbox has no rules for it." in lines
    else:
        assert f"{SUMMARY}; 2098-03 lacks links." in lines


@pytest.mark.ci
@pytest.mark.parametrize("change", [with_more, with_less])
def test_what_is_not_declared_fails(tmp_path: Path, change: Callable[[Node], None]) -> None:
    """A test names the place, and so does the demo for what it would have left out."""
    checkout = Checkout(tmp_path / "checkout")
    checkout.take_in(change, "")
    out = checkout.run("-m", "pytest", "-q", "tests/contracts/test_declared.py", status=1)
    assert f"{NEW} is declared otherwise in {declared.PLACE}:" in out
    demo = checkout.run("-m", "hubspot_preferences.demo", status=1)
    assert change is with_less or f"not in {declared.PLACE}" in demo
