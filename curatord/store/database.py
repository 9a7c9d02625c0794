"""The SQLite store: opened with durability on, brought up to date, written in one transaction at a time."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from curatord.errors import StoreError
from curatord.store.migrations import migrations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPLICATION_ID = 0x63757264  # "curd", big-endian, as `file` and `PRAGMA application_id` show it
BUSY_MILLISECONDS = 5000
_BUSY_PAUSE = 0.01  # seconds


class Store:
    """The database of one state directory; a connection belongs to the thread that opened it."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Wrap an open connection; use `open` or `open_reader` instead."""
        self.connection = connection
        self.path = path

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open the store for writing, making it and bringing its schema up to date as needed.

        Raises StoreError when the file is another program's, damaged, or of a newer curatord.
        """
        _create_private(path)
        connection = _connect(path, read_only=False)
        try:
            _check_application(connection, path)
            # WAL lets readers go on during a write; FULL makes each commit durable before it returns.
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            if sys.platform == "darwin":
                # fsync(2) on macOS does not flush the drive's cache; F_FULLFSYNC does.
                connection.execute("PRAGMA fullfsync = 1")
                connection.execute("PRAGMA checkpoint_fullfsync = 1")
            connection.execute("PRAGMA foreign_keys = ON")
            _migrate(connection, path)
        except sqlite3.DatabaseError as error:
            connection.close()
            raise explained(error, path) from error
        except StoreError:
            connection.close()
            raise
        return cls(connection, path)

    @classmethod
    def open_reader(cls, path: Path) -> Store:
        """Open the store read-only; any number of readers work beside the writer.

        Raises StoreError where there is none, or where it is of another curatord than this one: an upgrade takes
        effect when the daemon is restarted, and until then its store is the old one.
        """
        if not path.exists():
            raise StoreError(f"There is no store at {path}.", hint="Run `curatord run` or `curatord build` first.")
        connection = _connect(path, read_only=True)
        try:
            _check_version(schema_version(connection), path)
        except sqlite3.DatabaseError as error:
            connection.close()
            raise explained(error, path) from error
        except StoreError:
            connection.close()
            raise
        return cls(connection, path)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block in one write transaction: all of it, or on any exception none.

        Raises StoreError where the disk or the file fails, which ends this transaction but not the next.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException as error:
            if self.connection.in_transaction:  # SQLite itself may have rolled back already: it does on a full disk
                self.connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
                raise explained(error, self.path) from error
            raise

    def get(self, key: str, default: str = "") -> str:
        """Return a remembered value, or the default."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if row is None else str(row[0])

    def set(self, key: str, value: str) -> None:
        """Remember a value; within a transaction it is part of it."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def explained(error: sqlite3.DatabaseError, path: Path) -> StoreError:
    """Return what SQLite could not do as an error that says what to do about it."""
    code = error.sqlite_errorcode & 0xFF  # the primary code of an extended one
    if code == sqlite3.SQLITE_FULL:
        return StoreError(f"The disk that holds {path} is full.", hint="Free some space.")
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return StoreError(
            f"{path} is not a usable curatord store: {error}.",
            hint="Stop curatord, move it away and start again: everything in it is made from the notes.",
        )
    return StoreError(f"{path} cannot be used: {error}.", hint="Check the disk and the permissions of its directory.")


def _create_private(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rw"
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
        )
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    except sqlite3.Error as error:
        raise StoreError(f"The store {path} cannot be opened: {error}.", hint="Check its permissions.") from error
    connection.row_factory = sqlite3.Row
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL; here SQLite does not wait for another that opens the store, whatever its busy timeout says."""
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_BUSY_PAUSE)
        else:
            return


def _check_application(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if found != APPLICATION_ID and not empty:
        raise StoreError(f"{path} is a database of another program.", hint="Choose another [state] dir.")


def schema_version(connection: sqlite3.Connection) -> int:
    """Return the number of the last migration that a database has seen; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the schema up to date, once and as a whole: whoever opens it meanwhile waits, and finds it done."""
    version, known = schema_version(connection), migrations()
    if version > len(known):
        _check_version(version, path)
    if version == len(known):
        return  # a transaction costs a flush of the disk
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        for migration in known[schema_version(connection) :]:
            for statement in _statements(migration.sql):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {migration.number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _check_version(version: int, path: Path) -> None:
    """Raise StoreError where a schema is not that of this curatord."""
    known = len(migrations())
    if version > known:
        raise StoreError(
            f"{path} was written by a newer curatord (schema {version}, this one knows {known}).",
            hint="Upgrade curatord, or move the store away: it is made from the notes.",
        )
    if version < known:
        raise StoreError(
            f"{path} is of an older curatord (schema {version}, this one needs {known}).",
            hint="Run `curatord restart`, or `curatord build` where no daemon runs: that brings it up to date.",
        )


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script: `executescript` would commit the transaction that they belong to."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
