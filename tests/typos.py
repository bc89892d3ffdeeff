"""What type checkers refuse: `make types` fails where a line here is not an error, for mypy or for pyright.

Never run. Each comment silences an error, and both checkers report one that silences nothing.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=error

from hubspot_preferences import Change, LegalBasis, Preferences, SubscriptionState, versions
from hubspot_preferences.answers import compare_live


def versions_of_the_api(prefs: Preferences, text: str) -> None:
    """A version is one there is, "latest", or text that was looked up."""
    Preferences(version="2026-3")  # type: ignore[arg-type]
    Preferences(version=text)  # type: ignore[arg-type]
    Preferences(shadow="2026-9")  # type: ignore[arg-type]
    prefs.with_version("V4")  # type: ignore[arg-type]
    prefs.with_version("newest")  # type: ignore[arg-type]
    compare_live(prefs, "v4", "2026-3", [])  # type: ignore[arg-type]
    compare_live(prefs, text, "latest", [])  # type: ignore[arg-type]

    Preferences(version="2026-03", shadow="latest")
    Preferences(version=versions.version(text), shadow=versions.version(text))
    prefs.with_version("v4").with_version(prefs.version)
    compare_live(prefs, "v4", versions.version(text), [])


def states(prefs: Preferences, text: str) -> None:
    """A state is a member, its name, or text made one."""
    prefs.set_status("jane@example.com", 7, "SUBSCRIBD")  # type: ignore[arg-type]
    prefs.set_status("jane@example.com", 7, "subscribed")  # type: ignore[arg-type]
    prefs.set_status("jane@example.com", 7, text)  # type: ignore[arg-type]
    Change("jane@example.com", 7, "UNSUBSCRIBD")  # type: ignore[arg-type]
    Change("jane@example.com", 7, LegalBasis.NON_GDPR)  # type: ignore[arg-type]

    prefs.set_status("jane@example.com", 7, "NOT_SPECIFIED")
    prefs.set_status("jane@example.com", 7, SubscriptionState(text))
    Change("jane@example.com", 7, SubscriptionState.UNSUBSCRIBED)


def legal_bases(prefs: Preferences, text: str) -> None:
    """A legal basis is a member, its name, or text made one."""
    prefs.subscribe("jane@example.com", 7, legal_basis="CONSENT")  # type: ignore[arg-type]
    prefs.subscribe("jane@example.com", 7, legal_basis=text)  # type: ignore[arg-type]
    prefs.unsubscribe("jane@example.com", 7, legal_basis="GDPR")  # type: ignore[arg-type]
    prefs.set_status("jane@example.com", 7, "SUBSCRIBED", legal_basis="CONSENT")  # type: ignore[arg-type]
    Change("jane@example.com", 7, "SUBSCRIBED", legal_basis="CONSENT")  # type: ignore[arg-type]

    prefs.subscribe("jane@example.com", 7, legal_basis="CONSENT_WITH_NOTICE")
    prefs.subscribe("jane@example.com", 7, legal_basis=LegalBasis(text))
    Change("jane@example.com", 7, "SUBSCRIBED", legal_basis=LegalBasis.PROCESS_AND_STORE)


def others(prefs: Preferences) -> None:
    """Channels, and what to do with those who never said."""
    prefs.statuses("jane@example.com", channel="E-MAIL")  # type: ignore[arg-type]
    prefs.may_email("jane@example.com", 7, unspecified="alow")  # type: ignore[arg-type]
    prefs.may_email("jane@example.com", 7, unspecified=True)  # type: ignore[arg-type]
    Change("jane@example.com", 7, "SUBSCRIBED", channel="FAX")  # type: ignore[arg-type]

    prefs.statuses("jane@example.com", channel="EMAIL")
    prefs.may_email("jane@example.com", 7, unspecified="allow")
