"""E-mail addresses from a file, a pipe or standard input, text or CSV: in constant memory, nothing lost unsaid."""

import csv
import re
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Final, Self

from .. import arguments
from ..errors import InvalidArgument
from ..privacy import redact

LONGEST: Final = 1_000_000  # bytes in a line; far more than any row of an export has
_BOM: Final = b"\xef\xbb\xbf"
_DELIMITERS: Final = ",;\t"
_SHOWN: Final = 20  # columns named in a message


class Addresses:
    """The addresses of an input, in its order.

    file: a path, or "-" for standard input. column: the title of the CSV column that holds them; None: plain
    text, one address per line, where blank lines and lines beginning with # do not count. Cells that are
    blank do not count either. Lines that can hold no address come out as they are, or empty where the cells
    do not fit the titles: whoever uses them counts them as invalid.

    A regular file is read twice: first to see that it can be read to its end, and how many addresses there
    are (`total`, else None). Raises InvalidArgument, in one line, for what cannot be read; of other inputs
    this may be known only in the middle: then the addresses end there and `problem` says why. `invalid` are
    the numbers of the first lines that hold no address.
    """

    def __init__(self, file: str, column: str | None = None) -> None:
        self.name: str = "standard input" if file == "-" else file
        self.column = column
        self.problem: InvalidArgument | None = None
        self.total: int | None = None
        self.invalid: list[int] = []
        self._line = 0
        self._stream = self._open(file)
        try:
            self._first = self._check()
        except BaseException:
            self.close()
            raise

    def _open(self, file: str) -> IO[bytes]:
        if file == "-":
            if sys.stdin is None:
                raise InvalidArgument("standard input is closed")
            return sys.stdin.buffer
        try:
            return Path(file).open("rb")
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from None

    def _check(self) -> Iterator[str]:
        """See what can be seen before anything is sent; the addresses from the first one on."""
        start = self._stream.tell() if self._stream.seekable() else None  # a pipe can be read but once
        addresses = self._read()
        first = next(addresses, None)
        if first is None:
            raise InvalidArgument(f"{self.name}: holds no address")
        if start is not None:
            self.total = 1 + sum(1 for _ in addresses)
            self._stream.seek(start)
            self._line = 0
            return self._read()
        return chain([first], addresses)

    def __iter__(self) -> Iterator[str]:
        try:
            for address in self._first:
                if len(self.invalid) < _SHOWN and not _is_address(address):
                    self.invalid.append(self._line)
                yield address
        except InvalidArgument as problem:
            self.problem = problem

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if sys.stdin is None or self._stream is not sys.stdin.buffer:
            self._stream.close()

    def _read(self) -> Iterator[str]:
        try:
            yield from self._plain() if self.column is None else self._cells(self.column)
        except OSError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: OSError | ValueError) -> InvalidArgument:
        why = getattr(error, "strerror", None) or "no such path"
        return InvalidArgument(f"{self.name}: cannot be read: {why}")

    def _lines(self) -> Iterator[str]:
        """The lines as text, with their ends, each bounded."""
        while line := self._stream.readline(LONGEST + 1):
            self._line += 1
            if self._line == 1:
                line = line.removeprefix(_BOM)
            if len(line) > LONGEST:
                raise self._wrong(f"is longer than {LONGEST:,} bytes")
            if b"\0" in line:
                raise self._wrong("holds a NUL byte: this is no text, or it is UTF-16; save it as UTF-8")
            try:
                yield line.decode()
            except UnicodeDecodeError:
                raise self._wrong("is not UTF-8 text; save it as UTF-8") from None

    def _wrong(self, what: str) -> InvalidArgument:
        return InvalidArgument(f"{self.name}: line {self._line:,} {what}")

    def _plain(self) -> Iterator[str]:
        for line in self._lines():
            text = line.strip()
            if not text or _is_comment(text):
                continue
            if _several(text) or _is_title(text):
                raise self._wrong("looks like CSV: say which column holds the addresses with --column")
            yield text

    def _cells(self, column: str) -> Iterator[str]:
        lines = self._lines()
        head = next((line for line in lines if line.strip()), None)
        if head is None:
            return
        delimiter = max(_DELIMITERS, key=lambda mark: len(next(csv.reader([head], delimiter=mark))))
        # Strict: a quote that is never closed would swallow the rows after it.
        rows = csv.reader(chain([head], lines), delimiter=delimiter, strict=True)
        try:
            titles = [title.strip() for title in next(rows)]
            place = self._place(column, titles)
            for row in rows:
                if not any(cell.strip() for cell in row):
                    continue
                if len(row) < len(titles) or any(cell.strip() for cell in row[len(titles) :]):
                    yield ""  # which of its cells is which, nobody can say
                elif cell := row[place].strip():
                    yield "" if _several(cell) else cell
        except csv.Error as error:
            raise self._wrong(f"is not CSV: {error}") from None

    def _place(self, column: str, titles: list[str]) -> int:
        wanted = column.strip()
        for same in (str, str.casefold):
            places = [place for place, title in enumerate(titles) if same(title) == same(wanted)]
            if len(places) == 1:
                return places[0]
            if places:
                raise InvalidArgument(f"{self.name}: more than one column is called {wanted!r}")
        shown = ", ".join(repr(redact(title)[:60]) for title in titles[:_SHOWN])
        more = f" and {len(titles) - _SHOWN} more" if len(titles) > _SHOWN else ""
        raise InvalidArgument(f"{self.name}: there is no column {wanted!r}; there are {shown}{more}")


def _several(text: str) -> bool:
    """Whether it may be more than one value, which must not be taken for one address that nobody knows."""
    return re.search(rf"[{_DELIMITERS}]", re.sub(r'"[^"]*"(?=@)', "", text)) is not None


def _is_comment(line: str) -> bool:
    # An address may begin with # as well, and must not be passed over.
    return line.startswith("#") and ("@" not in line or any(character.isspace() for character in line))


def _is_title(text: str) -> bool:
    """Whether it is what exports call the column of addresses: "Email", "E-mail address"."""
    return "@" not in text and "mail" in text.casefold()


def _is_address(text: str) -> bool:
    try:
        arguments.email(text)
    except InvalidArgument:
        return False
    return True
