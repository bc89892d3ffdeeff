"""Addresses out of files, pipes and standard input."""

import csv
import io
import os
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences.cli.addresses import LONGEST, Addresses
from hubspot_preferences.errors import InvalidArgument


def file(folder: Path, content: bytes | str) -> str:
    """A file with that content."""
    path = folder / "people"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def read(path: str, column: str | None = None) -> list[str]:
    """All the addresses in it."""
    with Addresses(path, column) as found:
        return list(found)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a@x.example\nb@x.example\n", ["a@x.example", "b@x.example"]),
        ("a@x.example", ["a@x.example"]),
        ("\ufeffa@x.example\r\n\r\n  b@x.example \t\r\n", ["a@x.example", "b@x.example"]),
        ("# people\n\n   # more\na@x.example\n", ["a@x.example"]),
        ("a@x.example\nno address\n", ["a@x.example", "no address"]),
        ("# b@x.example\n#\n#a@x.example\n", ["#a@x.example"]),  # an address may begin so
        ('"a, b"@x.example\nmülle®@x.example\n', ['"a, b"@x.example', "mülle®@x.example"]),
        ("a@x.example\n" * 2, ["a@x.example", "a@x.example"]),
    ],
)
def test_text(tmp_path: Path, content: str, expected: list[str]) -> None:
    """One address a line; blank lines and comments do not count, and what is no address is not left out."""
    assert expected == read(file(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Email,Name\na@x.example,Ann\nb@x.example,Bob\n", ["a@x.example", "b@x.example"]),
        ('\ufeff"Email";Name\r\na@x.example;"Ann; of x"\r\n', ["a@x.example"]),
        ("Name\tEmail\nAnn\ta@x.example\n", ["a@x.example"]),
        ("Email\na@x.example\n", ["a@x.example"]),
        ("\n\nName,EMAIL \nAnn, a@x.example \n\n", ["a@x.example"]),
        ('Name,Email\n"Ann\nof ""x""",a@x.example\n', ["a@x.example"]),
        ('Email,Name\n"""a, b""@x.example",Ann\n', ['"a, b"@x.example']),
        ("Email,Name\n#a@x.example,Ann\n", ["#a@x.example"]),
        ("email,Email\nb@x.example,a@x.example\n", ["a@x.example"]),
        ("Email,Name\n,Nobody\na@x.example,Ann,\n", ["a@x.example"]),  # no e-mail is no address, and no loss
        ("Name,Email\nAnn,of x,a@x.example\n", [""]),  # which cell is which?
        ("Name,Email,Owner\nAnn,a@x.example\n", [""]),
        ("Name,Email\nAnn,a@x.example;b@x.example\n", [""]),  # two people, not one that nobody knows
    ],
)
def test_csv(tmp_path: Path, content: str, expected: list[str]) -> None:
    """The cells of one column, whatever separates them; those of rows that do not fit come out as no address."""
    assert expected == read(file(tmp_path, content), "Email")


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
people = st.lists(st.tuples(st.from_regex(r"[a-z0-9.+#'-]{1,9}@[a-z]{1,9}\.example", fullmatch=True), texts))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(people=people.filter(bool), delimiter=st.sampled_from(",;\t"), bom=st.booleans())
def test_csv_of_any_writer(people: list[tuple[str, str]], delimiter: str, bom: bool) -> None:
    """Every address that was written is read, once, in its order, whatever stands beside it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([("Note", "Email"), *((note, email) for email, note in people)])
    data = (b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode()
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(data))
    try:
        assert [email for email, _ in people] == read("-", "email")
    finally:
        sys.stdin = before


@pytest.mark.parametrize(
    ("content", "column", "words"),
    [
        ("", None, "holds no address"),
        ("# nobody\n\n", None, "holds no address"),
        ("Email\n", "Email", "holds no address"),
        (" \n", "Email", "holds no address"),
        (b"a@x.example\nb\xff@x.example\n", None, "line 2 is not UTF-8 text; save it as UTF-8"),
        ("a@x.example\n".encode("utf-16"), None, "line 1 holds a NUL byte: this is no text, or it is UTF-16"),
        ("a@x.example\nb@x\0.example\n", None, "line 2 holds a NUL byte"),
        ("a" * (LONGEST + 1), None, "line 1 is longer than 1,000,000 bytes"),
        ("Email,Name\na@x.example,Ann\n", None, "line 1 looks like CSV: say which column holds the addresses"),
        ("a@x.example\nb@x.example;c@x.example\n", None, "line 2 looks like CSV"),
        ("E-mail address\na@x.example\n", None, "line 1 looks like CSV"),
        ("Mail,Name\na@x.example,Ann\n", "Email", "there is no column 'Email'; there are 'Mail', 'Name'"),
        ("Email,email\n", "EMAIL", "more than one column is called 'EMAIL'"),
        ("Email,Email\n", "Email", "more than one column is called 'Email'"),
        (",".join(f"c{number}" for number in range(30)), "Email", "'c19' and 10 more"),
        ('Name,Email\n"Ann,a@x.example\nBob,b@x.example\n', "Email", "line 3 is not CSV: unexpected end of data"),
        ('Name,Email\n"Ann"s,a@x.example\n', "Email", "line 2 is not CSV"),
        ('Name,Email\n"' + "a\n" * 100_000, "Email", "is not CSV: field larger than field limit"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, content: bytes | str, column: str | None, words: str) -> None:
    """Said before the first address is handed out, in one line that names the file and the place."""
    path = file(tmp_path, content)
    with pytest.raises(InvalidArgument) as caught:
        Addresses(path, column)
    said = str(caught.value)
    assert (True, True, 1) == (said.startswith(f"{path}: "), words in said, len(said.splitlines()))


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ("a@x.example,b@x.example\n", "Email"),  # there is no row of titles
        (f"{'ann' * 30}@x.example,b@x.example\n", "Email"),  # of a long one not even the beginning
        ("a@x.example,b@x.example\n", None),
        (b"a@x.example\xff\n", None),
        ('Email\n"a@x.example"b\n', "Email"),
    ],
)
def test_no_message_shows_an_address(tmp_path: Path, content: bytes | str, column: str | None) -> None:
    """Not even where the address stands in the place of a title."""
    with pytest.raises(InvalidArgument) as caught:
        Addresses(file(tmp_path, content), column)
    assert [] == [part for part in ("x.example", "annann") if part in str(caught.value)]


@pytest.mark.parametrize(
    ("name", "why"),
    [(".", "Is a directory"), ("none", "No such file or directory"), ("a\0b", "no such path")],
)
def test_what_cannot_be_opened(tmp_path: Path, name: str, why: str) -> None:
    """Said in one line."""
    with pytest.raises(InvalidArgument, match=f": cannot be read: {why}$"):
        Addresses(os.fspath(tmp_path) + f"/{name}")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="it takes Linux's /proc")
def test_what_fails_while_it_is_read() -> None:
    """A disk that fails is said like the rest."""
    with pytest.raises(InvalidArgument, match=r"^/proc/self/mem: cannot be read: Input/output error$"):
        Addresses("/proc/self/mem")


def test_closed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `<&-` leaves it."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InvalidArgument, match=r"^standard input is closed$"):
        Addresses("-")


def test_a_regular_file_is_counted(tmp_path: Path) -> None:
    """How many addresses are to come is known before the first, so that progress can be shown."""
    with Addresses(file(tmp_path, "a@x.example\n\n# c\nb@x.example\n")) as found:
        assert (2, ["a@x.example", "b@x.example"]) == (found.total, list(found))


def test_standard_input_is_read_from_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell may have read some of it; a file is counted there too, and it is not closed."""
    with Path(file(tmp_path, "read before\na@x.example\nb@x.example\n")).open() as stdin:
        os.lseek(stdin.fileno(), 12, os.SEEK_SET)
        monkeypatch.setattr(sys, "stdin", stdin)
        with Addresses("-") as found:
            assert (2, ["a@x.example", "b@x.example"]) == (found.total, list(found))
        assert not stdin.closed


@contextmanager
def piped(data: bytes) -> Iterator[str]:
    """A pipe with all of this in it, by the path of its end."""
    end, start = os.pipe()
    os.write(start, data)
    os.close(start)
    yield f"/dev/fd/{end}"
    os.close(end)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="it takes /dev/fd")
def test_a_pipe_is_read_once() -> None:
    """What goes wrong in the middle ends the addresses, and is kept; those before it are not lost."""
    data = b"a@x.example\nb@x.example\n\xff\nc@x.example\n"
    with piped(data) as path, Addresses(path) as found:
        assert (None, None) == (found.total, found.problem)
        assert ["a@x.example", "b@x.example"] == list(found)
        assert str(found.problem).endswith(": line 3 is not UTF-8 text; save it as UTF-8")


def test_lines_without_an_address_are_remembered(tmp_path: Path) -> None:
    """By their numbers, the first twenty of them."""
    with Addresses(file(tmp_path, "# c\nnone\na@x.example\n\nneither\n" + "nor\n" * 30)) as found:
        assert 33 == len(list(found))
        assert [2, 5, *range(6, 24)] == found.invalid


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Ten times the lines take no more room."""
    peaks = []
    for times in (2_000, 20_000):
        path = file(tmp_path, "Email,Name\n" + "somebody@x.example,Ann\n" * times)
        tracemalloc.start()
        with Addresses(path, "Email") as found:
            assert times == sum(1 for _ in found)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_a_huge_line_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A file without a line end is refused for what its first megabyte is."""
    path = file(tmp_path, "")
    os.truncate(path, 100_000_000)
    tracemalloc.start()
    with pytest.raises(InvalidArgument, match=r"line 1 is longer than 1,000,000 bytes"):
        Addresses(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000
