"""Opening the store."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from curatord.errors import StoreError
from curatord.store.database import APPLICATION_ID, Store
from curatord.store.migrations import migrations

if TYPE_CHECKING:
    from pathlib import Path


def pragma(store: Store, name: str) -> object:
    """Return the value of a pragma."""
    return store.connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_durability_is_on(store: Store) -> None:
    """Every commit is flushed, foreign keys hold, and the file says whose it is."""
    found = {name: pragma(store, name) for name in ("journal_mode", "synchronous", "foreign_keys", "application_id")}
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "application_id": APPLICATION_ID}


def test_the_schema_number_is_that_of_the_last_migration(store: Store) -> None:
    """A new store is up to date."""
    assert pragma(store, "user_version") == len(migrations())


def test_every_table_is_strict(store: Store) -> None:
    """No table takes a value of another type than its column's; the search index is its library's business."""
    loose = store.connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict"
        " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'pairs_search%'"
    )
    assert loose.fetchall() == []


def test_the_file_is_private(store: Store) -> None:
    """The database is readable by its owner alone."""
    assert store.path.stat().st_mode & 0o777 == 0o600


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    """Migrations run once."""
    first = Store.open(tmp_path / "store.db")
    first.set("generation", "7")
    first.close()
    second = Store.open(tmp_path / "store.db")
    assert second.get("generation") == "7"
    second.close()


def test_a_newer_schema_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """A store of a later curatord is not touched."""
    Store.open(tmp_path / "store.db").close()
    connection = sqlite3.connect(tmp_path / "store.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StoreError, match="newer curatord"):
        Store.open(tmp_path / "store.db")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A database that is not ours is left as it is."""
    connection = sqlite3.connect(tmp_path / "store.db")
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        Store.open(tmp_path / "store.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Text where the store should be gives one clear line."""
    (tmp_path / "store.db").write_text("hello " * 1000)
    with pytest.raises(StoreError, match="not a usable"):
        Store.open(tmp_path / "store.db")


def test_a_reader_sees_what_is_committed_and_cannot_write(store: Store) -> None:
    """Readers work beside the writer and change nothing."""
    store.set("key", "value")
    reader = Store.open_reader(store.path)
    assert reader.get("key") == "value"
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.set("key", "other")
    reader.close()


def test_reading_a_store_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    """A missing store is an error with a hint, not an empty database."""
    with pytest.raises(StoreError, match="curatord build"):
        Store.open_reader(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def fill(store: Store) -> None:
    """Write more than the database may hold."""
    with store.transaction():
        for number in range(100):
            store.set(f"key{number}", "x" * 5000)


def add_orphan(store: Store) -> None:
    """Write what only the commit refuses."""
    with store.transaction() as connection:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO sections VALUES (1, 'no such document', 0, 'key', '[]', 1, 1, '{}')")


def test_a_full_disk_is_called_that_and_the_next_transaction_works(store: Store) -> None:
    """SQLite rolls back by itself then; taking that for a fault of ours would hide what happened."""
    store.connection.execute(f"PRAGMA max_page_count = {pragma(store, 'page_count')}")
    with pytest.raises(StoreError, match=r"The disk that holds .*store\.db is full\."):
        fill(store)
    store.connection.execute("PRAGMA max_page_count = 1000000")
    with store.transaction():
        store.set("after", "works")
    assert (store.get("key1"), store.get("after")) == ("", "works")


def test_a_commit_that_fails_leaves_no_transaction_open(store: Store) -> None:
    """Otherwise every later transaction would be refused."""
    with pytest.raises(sqlite3.IntegrityError):
        add_orphan(store)
    with store.transaction():
        store.set("after", "works")
    assert store.get("after") == "works"
