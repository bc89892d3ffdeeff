"""A local HubSpot for communication preferences, to test against and to try things out with.

    with Sandbox() as box:
        Preferences(box.token, base_url=box.url)

or `hubprefs sandbox`. It needs the extra: pip install "hubspot-preferences[sandbox]".

It serves every version there is a contract for, keeps state, checks tokens, scopes, limits and
bodies, and fails on demand (`Fault`). What it decides without knowing how HubSpot does is in
`choices.py`, and nowhere else.

Besides HubSpot's routes it has its own, for whoever runs the command. They need the token too:

    POST   /sandbox/faults   one fault or a list, as JSON with the fields of `Fault`
    GET    /sandbox/faults   those in force
    DELETE /sandbox/faults   none from now on
    GET    /sandbox/log      the requests so far, without tokens
    DELETE /sandbox/log      forget them
    POST   /sandbox/reset    back to the seed, without faults and log
"""

try:
    from .faults import Fault
    from .log import LoggedRequest
    from .server import Sandbox
    from .state import PORTAL, Definition, OptOut, Seed, Status, Translation
except ModuleNotFoundError as _missing:
    if _missing.name not in ("jsonschema_rs", "starlette", "uvicorn", "yaml"):
        raise
    raise ModuleNotFoundError(
        f'the sandbox needs {_missing.name}: pip install "hubspot-preferences[sandbox]"', name=_missing.name
    ) from None

__all__ = [
    "PORTAL",
    "Definition",
    "Fault",
    "LoggedRequest",
    "OptOut",
    "Sandbox",
    "Seed",
    "Status",
    "Translation",
]
