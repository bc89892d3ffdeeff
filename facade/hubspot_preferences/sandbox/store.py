"""The state of an account in SQLite: in memory, or in a file that several processes may share."""

import json
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from attrs import astuple

from .state import Definition, OptOut, Seed, Status, Translation

Filed = TypeVar("Filed", Status, OptOut)

# Columns in the order of the fields of the classes; what a definition has beyond its own is its place.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS definitions (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, purpose TEXT NOT NULL,
    business_unit_id INTEGER NOT NULL, is_active INTEGER NOT NULL, is_default INTEGER NOT NULL,
    is_internal INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    place INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS translations (
    subscription_id INTEGER NOT NULL, language_code TEXT NOT NULL, name TEXT NOT NULL,
    description TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    PRIMARY KEY (subscription_id, language_code)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS statuses (
    subscriber TEXT NOT NULL, subscription_id INTEGER NOT NULL, state TEXT NOT NULL, source TEXT NOT NULL,
    timestamp INTEGER NOT NULL, legal_basis TEXT, legal_basis_explanation TEXT,
    PRIMARY KEY (subscriber, subscription_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS opt_outs (
    subscriber TEXT NOT NULL, business_unit_id INTEGER NOT NULL, timestamp INTEGER NOT NULL,
    PRIMARY KEY (subscriber, business_unit_id)
) STRICT, WITHOUT ROWID;
"""

# Another process may be writing; it is done within milliseconds, so whoever waits this long should be told.
_BUSY_SECONDS = 5.0


# What SQLite writes at the beginning of a database, and 68 bytes on what tells which program's it is.
_SQLITE = b"SQLite format 3\0"
_OWN = b"HubP"


def _refuse_others(path: Path) -> None:
    """Raises sqlite3.DatabaseError for what is there already and was not made by a sandbox.

    It is read as bytes, because SQLite writes beside a database that it only reads.
    """
    try:
        if not path.exists():
            return
        if not path.is_file():
            raise sqlite3.DatabaseError("it is not a file")
        with path.open("rb") as file:
            head = file.read(72)
    except OSError as wrong:
        raise sqlite3.OperationalError(wrong.strerror) from wrong
    if head and not (head.startswith(_SQLITE) and head.endswith(_OWN)):
        raise sqlite3.DatabaseError("it is not a database that a sandbox made, and is left as it is")


class Store:
    """One connection, used by one thread at a time.

    In a file it writes ahead (WAL): what was committed outlives the process being killed at any moment.
    """

    def __init__(self, path: str | PathLike[str] | None, seed: Seed) -> None:
        if path is not None:
            _refuse_others(Path(path))
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            ":memory:" if path is None else path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,  # transactions are begun and ended here, not guessed
            check_same_thread=False,
        )
        try:
            if path is not None:
                # Before it is switched to WAL: what tells whose it is must not stand in the log beside it only.
                if self._connection.execute("PRAGMA application_id").fetchone() != (int.from_bytes(_OWN),):
                    self._connection.execute(f"PRAGMA application_id = {int.from_bytes(_OWN)}")
                self._write_ahead()
                self._connection.execute("PRAGMA synchronous = NORMAL")  # enough with WAL for a killed process
            with self.writing():
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self._connection.execute(statement)
                if not self._connection.execute("SELECT EXISTS (SELECT 1 FROM definitions)").fetchone()[0]:
                    self._fill(seed)
        except BaseException:
            self._connection.close()
            raise

    def _write_ahead(self) -> None:
        """Changing to WAL does not wait for another process that is doing the same: it fails, so try again."""
        give_up = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.01)

    def close(self) -> None:
        """Close the connection; whatever was committed stays in the file."""
        with self._lock:
            self._connection.close()

    def reset(self, seed: Seed) -> None:
        """Throw everything away and start from the seed."""
        with self.writing():
            for table in ("definitions", "translations", "statuses", "opt_outs"):
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  # the names stand above
            self._fill(seed)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One view of the state for everything read within."""
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """As `reading`, and nobody else writes meanwhile. Committed at the end, undone by an exception."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self._lock, self._connection:  # which commits, and rolls back where that fails as well
            self._connection.execute(begin)
            yield

    def definitions(self, *, translations: bool = False) -> dict[int, Definition]:
        """Every subscription type by its id, in the order they were made; with translations only on request."""
        by_type = defaultdict[int, tuple[Translation, ...]](tuple)
        if translations:
            for subscription_id, *rest in self._connection.execute("SELECT * FROM translations ORDER BY 1, 2"):
                by_type[subscription_id] += (Translation(*rest),)
        by_id: dict[int, Definition] = {}
        for number, *row in self._connection.execute("SELECT * FROM definitions ORDER BY place, id"):
            fields: list[Any] = [*row[:4], *map(bool, row[4:7]), *row[7:9], by_type[number]]
            by_id[number] = Definition(number, *fields)
        return by_id

    def statuses(self, subscribers: Iterable[str]) -> defaultdict[str, dict[int, Status]]:
        """The states on file, by subscriber and subscription type."""
        return self._filed("statuses", Status, subscribers)

    def opt_outs(self, subscribers: Iterable[str]) -> defaultdict[str, dict[int, OptOut]]:
        """The opt-outs on file, by subscriber and brand."""
        return self._filed("opt_outs", OptOut, subscribers)

    def _filed(
        self, table: str, filed: Callable[..., Filed], subscribers: Iterable[str]
    ) -> defaultdict[str, dict[int, Filed]]:
        by_subscriber = defaultdict[str, dict[int, Filed]](dict)
        for row in self._connection.execute(
            f"SELECT * FROM {table} WHERE subscriber IN (SELECT value FROM json_each(?)) ORDER BY 1, 2",  # noqa: S608  # the names stand above
            (json.dumps(list(subscribers)),),
        ):
            by_subscriber[row[0]][row[1]] = filed(*row)
        return by_subscriber

    def put(self, statuses: Iterable[Status] = (), opt_outs: Iterable[OptOut] = ()) -> None:
        """File states and opt-outs, in place of earlier ones."""
        for insert, rows in (
            ("INSERT OR REPLACE INTO statuses VALUES (?, ?, ?, ?, ?, ?, ?)", statuses),
            ("INSERT OR REPLACE INTO opt_outs VALUES (?, ?, ?)", opt_outs),
        ):
            self._connection.executemany(insert, map(astuple, rows))

    def lift(self, subscriber: str) -> None:
        """Forget a subscriber's opt-outs."""
        self._connection.execute("DELETE FROM opt_outs WHERE subscriber = ?", (subscriber,))

    def define(self, definition: Definition) -> None:
        """File a subscription type after those already there."""
        self._connection.execute(
            "INSERT OR REPLACE INTO definitions VALUES"
            " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT count(*) FROM definitions))",
            astuple(definition, recurse=False)[:-1],
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO translations VALUES (?, ?, ?, ?, ?, ?)",
            [(definition.id, *astuple(translation)) for translation in definition.translations],
        )

    def _fill(self, seed: Seed) -> None:
        for definition in seed.definitions:
            self.define(definition)
        self.put(seed.statuses, seed.opt_outs)
