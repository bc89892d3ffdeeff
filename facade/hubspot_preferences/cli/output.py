"""What commands print or write, whatever stands behind it, and what they refuse."""

import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from io import StringIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import click

from ..files import replacing

if TYPE_CHECKING:
    from rich.console import RenderableType

_NO_END: Final = 1_000_000  # columns: text that goes elsewhere than to a terminal is cut nowhere
_BLANK_END: Final = re.compile(r"(?: |\x1b\[[0-9;]*m)+$", re.MULTILINE)  # tables are filled up with blanks
_PLAIN: Final = str.maketrans({"→": "->", "…": "..."})  # for a terminal or pipe that takes ASCII only


# How a version's state is shown.
SUPPORT: Final = {"current": "green", "unsupported": "red", "unreleased": "dim"}


def lacking(missing: ModuleNotFoundError, what: str, extra: str, packages: Collection[str]) -> str:
    """The line that says what to install; what is missing for another reason is raised again."""
    package = (missing.name or "").partition(".")[0]
    if package not in packages:
        raise missing
    return f'{what} needs {package}: pip install "hubspot-preferences[{extra}]"'


class Refused(click.ClickException):
    """What cannot be done, in one line; exit code 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        from ..privacy import visible

        click.echo(f"Error: {visible(self.format_message())}", file=file, err=file is None)


def say(text: str, local: bool) -> None:
    """Print, in the terminal's encoding where it is local, else in UTF-8.

    Somebody who has stopped reading, such as `head`, has what they wanted.
    """
    stream = sys.stdout
    encoding = stream.encoding if local else "utf-8"
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:
        data = text.translate(_PLAIN).encode(encoding, "backslashreplace")
    try:
        stream.flush()
        stream.buffer.write(data)
        stream.flush()
    except OSError as error:
        # What is left in the buffer would fail once more when the process ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            raise Refused(f"standard output: cannot be written: {error.strerror}") from None


def rendered(parts: "Callable[[int], Iterable[RenderableType]]", *, on_screen: bool = True) -> str:
    """Rich's parts as text, for so many columns; plain, and as wide as it has to be, where it goes elsewhere."""
    from rich.console import Console

    # Rich finds out what the screen is, and does not write to it: what cannot be written is dealt with by `say`.
    screen, text = Console(), StringIO()
    console = Console(
        file=text,
        width=screen.width if on_screen and sys.stdout.isatty() else _NO_END,
        force_terminal=on_screen and screen.is_terminal,
        highlight=False,
    )
    for part in parts(console.width):
        console.print(part, crop=False)
    return _BLANK_END.sub(lambda end: end[0].replace(" ", ""), text.getvalue())


@contextmanager
def destination(output: str | None, inputs: Iterable[str | None]) -> Iterator[Callable[[str, bool], None]]:
    """What takes a text, once: the screen or a file, whole. Found out before the work begins whether it will.

    inputs: the files that are to be read, and not to be written over. Raises Refused.
    """
    if output is None:
        if sys.stdout is None:
            raise Refused("standard output is closed: say where to write with --output")
        yield say
        return
    path = Path(output)
    with ExitStack() as stack:
        with _writing(output):
            if path.is_dir():
                raise Refused(f"{output}: cannot be written: it is a directory")
            if any(Path(name).exists() and path.exists() and path.samefile(name) for name in inputs if name):
                raise Refused(f"{output}: is what is to be read, and would be overwritten")
            stream = stack.enter_context(replacing(path))

        def write(text: str, local: bool) -> None:
            try:
                with _writing(output):
                    stream.write(text.encode("utf-8", "backslashreplace"))
                    stack.close()
            except Refused:
                if sys.stdout is not None:
                    say(text, local)  # what took an hour to find out must not be lost to a full disk
                raise

        yield write


@contextmanager
def _writing(output: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such path"
        raise Refused(f"{output}: cannot be written: {why}") from None
