"""The command as a process: what it costs whoever starts it."""

import subprocess
import sys

CODE = """
import sys
from hubspot_preferences.cli import main

sys.argv = ["hubprefs", "--version"]
try:
    main()
except SystemExit:
    from hubspot_preferences import Preferences

    Preferences("x")
print(sorted({"httpx", "rich", "pygments", "markdown_it"} & set(sys.modules)))
"""


def test_httpx_does_not_bring_its_own_command_along() -> None:
    """Where rich and pygments are installed, `import httpx` imports them, for a command that nobody asked for."""
    assert "['httpx']" == subprocess.check_output([sys.executable, "-c", CODE], text=True).splitlines()[-1]
