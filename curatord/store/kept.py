"""What a store holds that is not derived from the notes, taken over into a new one: judgements, history, what runs saw.

Whatever is not named here as derived is kept, so that a table of later days is not forgotten by mistake.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Made again by one look at the files, or (the last two) what is remembered of the shards.
_DERIVED = frozenset(
    {"roots", "files", "documents", "sections", "facts", "pairs", "tally", "problems", "shards", "dirty"}
)
_SEARCH = "pairs_search"
_FORM = "shard_form"  # of `meta`: the shards of a new store are written in any case


@dataclass(slots=True)
class TakenOver:
    """How many rows were taken over, by table, and the tables that are damaged: of those, as many as can be read."""

    rows: dict[str, int] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)


def take_over(old: Path, new: sqlite3.Connection) -> TakenOver:
    """Copy what is kept from a store, which may be damaged, into one that was just made."""
    taken = TakenOver()
    try:
        connection = sqlite3.connect(f"{old.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        taken.damaged.append(old.name)
        return taken
    try:
        known = _tables(connection)
        for table, columns in _tables(new).items():
            if table in known and not _is_derived(table):
                _copy(connection, new, table, [name for name in columns if name in known[table]], taken)
    except sqlite3.DatabaseError:
        taken.damaged.append(old.name)
    finally:
        connection.close()
    new.execute("DELETE FROM meta WHERE key = ?", (_FORM,))
    return taken


def days(connection: sqlite3.Connection) -> dict[str, str]:
    """Return what `meta` says of how many pairs came to be on which day, as `activity` writes it."""
    return dict(connection.execute("SELECT key, value FROM meta WHERE key GLOB 'made:*'").fetchall())


def restore_days(connection: sqlite3.Connection, known: dict[str, str]) -> None:
    """Have a store made anew say of the days what the one before it said: its pairs have not all come to be today."""
    connection.execute("DELETE FROM meta WHERE key GLOB 'made:*'")
    connection.executemany("INSERT INTO meta VALUES (?, ?)", known.items())


def _is_derived(table: str) -> bool:
    return table in _DERIVED or table.startswith(_SEARCH)


def _tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the columns of every table, those that are computed from others left out."""
    names = connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'").fetchall()
    return {
        name: [column for (column,) in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))]
        for (name,) in names
        if not name.startswith("sqlite_")
    }


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str, columns: list[str], taken: TakenOver) -> None:
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  names of our own schema
    taken.rows[table] = 0
    try:
        for row in _rows(old, table, names):
            new.execute(insert, row)
            taken.rows[table] += 1
    except sqlite3.DatabaseError:
        taken.damaged.append(table)


def _rows(old: sqlite3.Connection, table: str, names: str) -> Iterator[tuple[object, ...]]:
    cursor = old.cursor()
    cursor.row_factory = None
    yield from cursor.execute(f"SELECT {names} FROM {table}")  # noqa: S608  see above
