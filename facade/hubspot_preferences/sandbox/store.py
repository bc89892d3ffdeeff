"""The state of an account in SQLite: in memory, or in a file that several processes may share."""

import json
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike

from attrs import astuple, evolve

from .state import Definition, OptOut, Seed, Status, Translation

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


class Store:
    """One connection, used by one thread at a time.

    In a file it writes ahead (WAL): what was committed outlives the process being killed at any moment.
    """

    def __init__(self, path: str | PathLike[str] | None, seed: Seed) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            ":memory:" if path is None else path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,  # transactions are begun and ended here, not guessed
            check_same_thread=False,
        )
        try:
            if path is not None:
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
        with self._lock:
            self._connection.execute(begin)
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def definitions(self, *, translations: bool = False) -> tuple[Definition, ...]:
        """Every subscription type, in the order it was made; with translations only on request."""
        by_type = defaultdict[int, list[Translation]](list)
        if translations:
            for subscription_id, *rest in self._connection.execute(
                "SELECT subscription_id, language_code, name, description, created_at, updated_at"
                " FROM translations ORDER BY subscription_id, language_code"
            ):
                by_type[subscription_id].append(Translation(*rest))
        return tuple(
            evolve(
                Definition(*row),
                is_active=bool(row[5]),
                is_default=bool(row[6]),
                is_internal=bool(row[7]),
                translations=tuple(by_type.get(row[0], ())),
            )
            for row in self._connection.execute(
                "SELECT id, name, description, purpose, business_unit_id, is_active, is_default, is_internal,"
                " created_at, updated_at FROM definitions ORDER BY place, id"
            )
        )

    def statuses(self, subscribers: Iterable[str]) -> Mapping[str, Mapping[int, Status]]:
        """The states on file, by subscriber and subscription type."""
        by_subscriber = defaultdict[str, dict[int, Status]](dict)
        for row in self._connection.execute(
            "SELECT subscriber, subscription_id, state, source, timestamp, legal_basis, legal_basis_explanation"
            " FROM statuses WHERE subscriber IN (SELECT value FROM json_each(?))",
            (json.dumps(list(subscribers)),),
        ):
            by_subscriber[row[0]][row[1]] = Status(*row)
        return by_subscriber

    def opt_outs(self, subscribers: Iterable[str]) -> Mapping[str, Mapping[int, OptOut]]:
        """The opt-outs on file, by subscriber and brand."""
        by_subscriber = defaultdict[str, dict[int, OptOut]](dict)
        for row in self._connection.execute(
            "SELECT subscriber, business_unit_id, timestamp"
            " FROM opt_outs WHERE subscriber IN (SELECT value FROM json_each(?))"
            " ORDER BY subscriber, business_unit_id",
            (json.dumps(list(subscribers)),),
        ):
            by_subscriber[row[0]][row[1]] = OptOut(*row)
        return by_subscriber

    def put(self, statuses: Iterable[Status] = (), opt_outs: Iterable[OptOut] = ()) -> None:
        """File states and opt-outs, in place of earlier ones."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO statuses VALUES (?, ?, ?, ?, ?, ?, ?)",
            [astuple(status) for status in statuses],
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO opt_outs VALUES (?, ?, ?)",
            [astuple(opt_out) for opt_out in opt_outs],
        )

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
