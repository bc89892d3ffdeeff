"""The contracts, HubSpot's documents, and the way to the scripts that make one of the other."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

OPENAPI = Path(__file__).resolve().parents[2] / "openapi"
sys.path.insert(0, str(OPENAPI))  # the scripts are run from there, not installed


@pytest.fixture
def contract(version: str) -> Any:
    """The checked-in contract of every version in turn."""
    return yaml.load((OPENAPI / f"{version}.yaml").read_bytes(), yaml.CSafeLoader)


@pytest.fixture
def upstream(reference: Path, version: str) -> Any:
    """HubSpot's own document of the same version."""
    path = reference / "upstream" / f"{version}.json"
    if not path.is_file():
        pytest.skip(f"HubSpot's document of {version} is not among the reference material")
    return json.loads(path.read_text(encoding="utf-8"))
