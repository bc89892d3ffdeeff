"""What the clients offer is what was promised."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from hubspot_preferences import Limiter, Preferences, Retry, client

REQUIRED = inspect.Parameter.empty
KEYWORD = inspect.Parameter.KEYWORD_ONLY

# The promised signatures: positional names, then keywords with their defaults. More keywords may be added.
PROMISED: dict[str, tuple[list[str], dict[str, Any]]] = {
    "Preferences.__init__": (
        ["token"],
        {
            "version": "2026-03",
            "base_url": "https://api.hubapi.com",
            "timeout": 30.0,
            "retry": Retry(),
            "concurrency": 8,
            "http_client": None,
            "shadow": None,
            "on_mismatch": None,
        },
    ),
    "Preferences.definitions": ([], {"business_unit_id": None, "include_translations": False}),
    "Preferences.statuses": (["email"], {"channel": "EMAIL", "business_unit_id": None}),
    "Preferences.set_status": (
        ["email", "subscription", "state"],
        {"legal_basis": None, "legal_basis_explanation": None},
    ),
    "Preferences.subscribe": (
        ["email", "subscription"],
        {"legal_basis": None, "legal_basis_explanation": None, "resubscribe": False},
    ),
    "Preferences.unsubscribe": (
        ["email", "subscription"],
        {"legal_basis": None, "legal_basis_explanation": None},
    ),
    "Preferences.opt_outs": (["email"], {"business_unit_id": None}),
    "Preferences.is_opted_out": (["email"], {"business_unit_id": None}),
    "Preferences.unsubscribe_all": (["email"], {"business_unit_id": None, "verbose": False}),
    "Preferences.links": (["email"], {"subscription": None, "language": None, "business_unit_id": None}),
    "Preferences.may_email": (["email", "subscription"], {"unspecified": "deny"}),
    "Preferences.with_version": (["version"], {}),
    "Preferences.request": (["method", "path"], {}),
    "Preferences.close": ([], {}),
    "Batch.statuses": (["emails"], {}),
    "Batch.opt_outs": (["emails"], {}),
    "Batch.write": (["changes"], {}),
    "Batch.unsubscribe_all": (["emails"], {}),
}

RETURNS = {
    "Preferences.definitions": "tuple[Definition, ...]",
    "Preferences.statuses": "tuple[Status, ...]",
    "Preferences.set_status": "Status",
    "Preferences.subscribe": "Status",
    "Preferences.unsubscribe": "Status",
    "Preferences.opt_outs": "tuple[WideStatus, ...]",
    "Preferences.is_opted_out": "bool",
    "Preferences.unsubscribe_all": "tuple[Status, ...]",
    "Preferences.links": "Links",
    "Preferences.may_email": "Decision",
    "Preferences.request": "transport.Response",
    "Batch.statuses": "BatchResult[str, tuple[Status, ...]]",
    "Batch.opt_outs": "BatchResult[str, tuple[WideStatus, ...]]",
    "Batch.write": "BatchResult[Change, Status]",
    "Batch.unsubscribe_all": "BatchResult[str, tuple[Status, ...]]",
}


def function(value: Any) -> Callable[..., Any]:
    """What is called, also where it looks like an attribute."""
    if isinstance(value, property):
        assert value.fget is not None
        return value.fget
    found: Callable[..., Any] = getattr(value, "__func__", value)
    return found


def method(path: str) -> Callable[..., Any]:
    """`Preferences.links` → the function."""
    kind, _, name = path.partition(".")
    return function(vars(getattr(client, kind))[name])


@pytest.mark.parametrize("path", PROMISED)
def test_a_signature_is_the_promised_one(path: str) -> None:
    """Names, order and defaults are those that were published; further keywords may come."""
    positional, keywords = PROMISED[path]
    parameters = list(inspect.signature(method(path)).parameters.values())[1:]
    fixed = [parameter.name for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    assert positional == fixed
    named = {parameter.name: parameter.default for parameter in parameters if parameter.kind is KEYWORD}
    assert keywords == {name: named.get(name, "missing") for name in keywords}
    assert REQUIRED not in named.values()


@pytest.mark.parametrize("path", RETURNS)
def test_a_result_is_the_promised_one(path: str) -> None:
    """Each operation returns a value of this library, never one of the generated classes."""
    found = inspect.signature(method(path)).return_annotation
    text = found if isinstance(found, str) else inspect.formatannotation(found)
    assert RETURNS[path] == re.sub(r"\bhubspot_preferences\.\w+\.", "", text)


def test_a_token_may_be_left_out() -> None:
    """The token is the one argument that has a default by position."""
    assert None is inspect.signature(Preferences).parameters["token"].default


def test_each_client_has_a_limiter_of_its_own() -> None:
    """The default limiter stands for a new one: two clients do not share it unless told to."""
    assert isinstance(inspect.signature(Preferences).parameters["limiter"].default, Limiter)
    clients = [Preferences("pat-made-up") for _ in range(2)]
    limiters = [one._session.exchange.limiter for one in clients]
    for one in clients:
        one.close()
    assert limiters[0] is not limiters[1]
    assert None not in limiters


def test_every_public_method_says_which_operation_it_calls() -> None:
    """Each method that talks to HubSpot names the operation, or the method whose operation it shares."""
    silent = {"with_version", "close", "request", "batch", "unsubscribe", "is_opted_out"}
    names = [path for path in RETURNS if path.partition(".")[2] not in silent]
    assert [] == [path for path in names if not re.search(r"(GET|POST)\s+/", method(path).__doc__ or "")]
