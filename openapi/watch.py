"""Looks at what HubSpot publishes for every version: one verdict each, then what changed.

    python openapi/watch.py

Run by `make watch`. Writes nothing. Ends with 0 where every contract is the same, with 1 where one changed,
with 2 where one could not be looked at.
"""

from hubspot_preferences.errors import InvalidArgument
from hubspot_preferences.privacy import visible
from refresh import contracts, look, run


def watch() -> int:
    """Print the verdicts; the exit status."""
    status = 0
    for contract in contracts():
        try:
            seen = look(contract.stem, "")
        except InvalidArgument as error:
            print(visible(f"{contract.stem}: could not be looked at: {error}"))
            status = 2
            continue
        print(seen.verdict, f"[{seen.label}]")
        print(*seen.changes, sep="\n", end="\n" if seen.changes else "")
        status = max(status, int(seen.changed))
    return status


if __name__ == "__main__":
    run(watch)
