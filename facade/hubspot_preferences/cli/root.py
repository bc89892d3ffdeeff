"""The command itself, with every group below it."""

import click

from .sandbox import sandbox


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hubspot-preferences")
def hubprefs() -> None:
    """HubSpot's communication preferences, from the command line."""


hubprefs.add_command(sandbox)
