"""The command `hubprefs`: one module for each group of commands."""

import sys


def main() -> None:
    """Run the command. What has to be installed for it is said in one line where it is missing."""
    # httpx has a command of its own: where rich is installed, importing httpx would take that and pygments along.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: "not to be had"
    try:
        from .root import hubprefs
    except ModuleNotFoundError as missing:
        if missing.name != "click":
            raise
        sys.exit('hubprefs needs click: pip install "hubspot-preferences[cli]"')
    except KeyboardInterrupt:
        sys.exit(130)
    hubprefs()
