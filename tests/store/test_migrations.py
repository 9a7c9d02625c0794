"""Every earlier schema becomes today's, and keeps what was in it."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from curatord.errors import StoreError
from curatord.store.batch import batch
from curatord.store.check import check_store
from curatord.store.database import Store
from curatord.store.digest import digest
from curatord.store.migrations import migrations
from curatord.store.seen import mark_seen
from tests.store.samples import document, pair, section

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = [migration.number for migration in migrations()]


def build(path: Path, version: int) -> sqlite3.Connection:
    """Make a database as a curatord of that schema made it, by the scripts themselves."""
    connection = sqlite3.connect(path, isolation_level=None)
    for migration in migrations()[:version]:
        connection.executescript(migration.sql)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("PRAGMA application_id = 0x63757264")
    return connection


def fill(connection: sqlite3.Connection) -> None:
    """Fill the tables that every schema has, from a store of today: what they share is copied, column by column."""
    columns = {name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")} for name in SHARED}
    for name in SHARED:
        wanted = [row[1] for row in connection.execute(f"PRAGMA source.table_info({name})") if row[1] in columns[name]]
        names = ", ".join(wanted)
        connection.execute(f"INSERT INTO main.{name} ({names}) SELECT {names} FROM source.{name}")
    connection.execute("INSERT INTO pairs_search (rowid, question, answer) SELECT id, question, answer FROM pairs")


SHARED = ("meta", "roots", "files", "documents", "sections", "facts", "seen", "pairs", "problems", "shards", "dirty")


def filled_today(path: Path) -> str:
    """Make a store of today with documents in it, and return its digest."""
    store = Store.open(path)
    try:
        with batch(store, 32) as changes:
            for name in ("a.md", "b.md"):
                asked = pair(f"What is {name}?", f"{name} is a note.", rejected="It is none.")
                changes.put(document(name, section(asked, pair("Why?", f"So says {name}."))))
                store.connection.execute(
                    "INSERT INTO files VALUES ('knowledge', ?, 1, 1, 1, 1, 1, 'document', '', 'x', 'y')", (name,)
                )
            mark_seen(store.connection, "run", [asked.id])
        store.set("generation", "7")
        return digest(store.connection)
    finally:
        store.close()


def shape(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """Return all that a schema consists of: columns, their order and their constraints included."""
    objects = connection.execute(
        "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"
    ).fetchall()
    found: list[tuple[object, ...]] = [tuple(row) for row in objects]
    for kind, name, _ in objects:
        if kind == "table":
            found += [(name, *row) for row in connection.execute(f"PRAGMA table_xinfo({name})")]
            found += [(name, *row) for row in connection.execute(f"PRAGMA foreign_key_list({name})")]
        elif kind == "index":
            found += [(name, *row) for row in connection.execute(f"PRAGMA index_xinfo({name})")]
        else:
            found += connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchall()
    return [tuple(row) for row in found]


@pytest.mark.parametrize("version", NUMBERS)
def test_every_earlier_schema_becomes_that_of_a_new_store(tmp_path: Path, version: int) -> None:
    """Table by table, column by column, index by index, trigger by trigger."""
    build(tmp_path / "old.db", version).close()
    old, new = Store.open(tmp_path / "old.db"), Store.open(tmp_path / "new.db")
    try:
        assert shape(old.connection) == shape(new.connection)
        assert old.connection.execute("PRAGMA user_version").fetchone()[0] == NUMBERS[-1]
    finally:
        old.close()
        new.close()


@pytest.mark.parametrize("version", NUMBERS)
def test_what_was_in_an_earlier_schema_is_there_afterwards(tmp_path: Path, version: int) -> None:
    """Derived or not, and it belongs together."""
    expected = filled_today(tmp_path / "today.db")
    connection = build(tmp_path / "old.db", version)
    connection.execute("ATTACH ? AS source", (str(tmp_path / "today.db"),))
    fill(connection)
    connection.close()
    store = Store.open(tmp_path / "old.db")
    try:
        assert digest(store.connection) == expected
        assert store.get("generation") == "7"
        assert store.connection.execute("SELECT count(*) FROM seen").fetchone()[0] == 1
        assert [finding for finding in check_store(store.connection) if not finding.is_right] == []
    finally:
        store.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    """None of the steps stands without the others."""
    connection = build(tmp_path / "old.db", 1)
    connection.execute("CREATE TABLE history (mine)")
    before = shape(connection)
    connection.close()
    with pytest.raises(StoreError):
        Store.open(tmp_path / "old.db")
    connection = sqlite3.connect(tmp_path / "old.db")
    assert shape(connection) == before
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 1
    connection.close()


def open_store(path: Path, together: threading.Barrier, failures: list[BaseException]) -> None:
    """Open a store at the same moment as others."""
    together.wait()
    try:
        Store.open(path).close()
    except StoreError as error:
        failures.append(error)


def test_two_that_open_an_old_store_at_once_migrate_it_once(tmp_path: Path) -> None:
    """The second waits, and finds it done."""
    for number in range(10):
        path = tmp_path / f"{number}.db"
        build(path, 1).close()
        failures: list[BaseException] = []
        together = threading.Barrier(3)

        threads = [threading.Thread(target=open_store, args=(path, together, failures)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []


def test_a_reader_of_an_older_store_is_told_to_have_it_brought_up_to_date(tmp_path: Path) -> None:
    """A newer command beside an older daemon must not fail with a missing column."""
    build(tmp_path / "old.db", 1).close()
    with pytest.raises(StoreError, match="is of an older curatord") as caught:
        Store.open_reader(tmp_path / "old.db")
    assert "`curatord restart`" in caught.value.hint


def test_a_reader_of_a_newer_store_is_told_to_upgrade(tmp_path: Path) -> None:
    """An older command beside a newer daemon."""
    Store.open(tmp_path / "new.db").close()
    connection = sqlite3.connect(tmp_path / "new.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StoreError, match="newer curatord") as caught:
        Store.open_reader(tmp_path / "new.db")
    assert "Upgrade" in caught.value.hint
