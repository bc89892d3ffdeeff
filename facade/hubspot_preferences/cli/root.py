"""The command itself, with every group below it."""

import click

from .compare import compare
from .sandbox import sandbox
from .versions import versions


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hubspot-preferences")
def hubprefs() -> None:
    """HubSpot's communication preferences, from the command line."""


hubprefs.add_command(compare)
hubprefs.add_command(sandbox)
hubprefs.add_command(versions)
