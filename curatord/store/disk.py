"""What the store remembers about the disk: files as last seen, problems, and deletions on hold."""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import TYPE_CHECKING, NamedTuple

from curatord.memory.scan import Entry

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator

    from curatord.store.records import FileRecord, ProblemRecord


class KnownFile(NamedTuple):
    """A file as last seen: what `stat` said, why it gave no document (if so), and the code that judged it."""

    entry: Entry
    reason: str
    curation: str


def known_files(connection: sqlite3.Connection, root: str, paths: Iterable[str] | None = None) -> list[KnownFile]:
    """Return the files of a root as last seen, ordered by path: all, or those at or below some paths."""
    if paths is None:
        return list(_files(connection, "root = ?", [root]))
    found = {
        known.entry.path: known
        for path in paths
        for known in _files(connection, f"root = ? AND {_AT_OR_BELOW}", [root, *_at_or_below(path)])
    }
    return [found[path] for path in sorted(found)]


def count_files(connection: sqlite3.Connection, root: str) -> int:
    """Return how many files of a root are known."""
    return int(connection.execute("SELECT count(*) FROM files WHERE root = ?", (root,)).fetchone()[0])


def count_lost(connection: sqlite3.Connection, root: str, gone: Collection[str]) -> int:
    """Return how many of a root's vanished files are lost: no other file, in whatever root, has their content."""
    vanished = frozenset(gone)
    left: set[str] = set()
    taken: list[str | None] = []
    for name, path, content in connection.execute("SELECT root, path, content FROM files"):
        if name == root and path in vanished:
            taken.append(content)
        elif content is not None:
            left.add(content)
    return sum(content not in left for content in taken)


def put_file(connection: sqlite3.Connection, record: FileRecord) -> None:
    """Remember a look at a file."""
    values = astuple(replace(record, inode=_signed(record.inode)))
    connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def forget_file(connection: sqlite3.Connection, root: str, path: str) -> None:
    """Forget a file and its problems."""
    connection.execute("DELETE FROM files WHERE root = ? AND path = ?", (root, path))
    connection.execute("DELETE FROM problems WHERE root = ? AND path = ?", (root, path))


def files_of_other_roots(connection: sqlite3.Connection, names: Collection[str]) -> list[tuple[str, str]]:
    """Return (root, path) of the files of roots that are not among these."""
    rows = connection.execute("SELECT root, path FROM files ORDER BY root, path")
    return [(root, path) for root, path in rows if root not in names]


def forget_other_roots(connection: sqlite3.Connection, names: Collection[str]) -> None:
    """Forget roots that are not among these, once their files have been forgotten."""
    for (root,) in connection.execute("SELECT name FROM roots").fetchall():
        if root not in names:
            connection.execute("DELETE FROM problems WHERE root = ?", (root,))
            connection.execute("DELETE FROM roots WHERE name = ?", (root,))


def put_problems(
    connection: sqlite3.Connection,
    root: str,
    path: str,
    source: str,
    problems: Iterable[ProblemRecord],
    now: str,
) -> None:
    """Make these the problems of one file from one source; one that was there before keeps its date."""
    where = "root = ? AND path = ? AND source = ?"
    _replace_problems(connection, where, (root, path, source), source, problems, now)


def put_scan_problems(
    connection: sqlite3.Connection, root: str, problems: Iterable[ProblemRecord], now: str, below: str | None = None
) -> None:
    """Make these the problems that a walk found: of the whole root, or of one path and what lies below it."""
    condition, values = "root = ? AND source = 'scan'", [root]
    if below is not None:
        condition += f" AND {_AT_OR_BELOW}"
        values += _at_or_below(below)
    _replace_problems(connection, condition, tuple(values), "scan", problems, now)


def root_device(connection: sqlite3.Connection, root: str) -> int | None:
    """Return the device a root was on when last seen."""
    row = connection.execute("SELECT device FROM roots WHERE name = ?", (root,)).fetchone()
    return None if row is None else row[0]


def put_root(connection: sqlite3.Connection, root: str, path: str, device: int | None) -> None:
    """Remember where a root is and on which device; an unknown device keeps the former."""
    connection.execute(
        "INSERT INTO roots (name, path, device) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET path = excluded.path, device = coalesce(excluded.device, device)"
        # Writing the same values would still cost a flush of the disk.
        " WHERE path <> excluded.path OR device IS NOT coalesce(excluded.device, device)",
        (root, path, device),
    )


def hold_deletions(connection: sqlite3.Connection, root: str, reason: str, now: str) -> None:
    """Put the deletions of a root on hold; the first date stays."""
    connection.execute(
        "UPDATE roots SET held_at = CASE WHEN held IS NULL THEN ? ELSE held_at END, held = ?"
        " WHERE name = ? AND held IS NOT ?",
        (now, reason, root, reason),
    )


def release_deletions(connection: sqlite3.Connection, root: str) -> None:
    """Take the hold off a root, and with it any confirmation."""
    connection.execute(
        "UPDATE roots SET held = NULL, held_at = NULL, confirmed = 0"
        " WHERE name = ? AND (held IS NOT NULL OR confirmed)",
        (root,),
    )


def holds(connection: sqlite3.Connection) -> dict[str, str]:
    """Return why deletions wait, by root, for the roots where they do."""
    rows = connection.execute("SELECT name, held FROM roots WHERE held IS NOT NULL ORDER BY name")
    return {row["name"]: row["held"] for row in rows}


def confirm_deletions(connection: sqlite3.Connection) -> list[str]:
    """Mark every hold as confirmed, to be carried out by the next pass; return the roots concerned."""
    rows = connection.execute("UPDATE roots SET confirmed = 1 WHERE held IS NOT NULL RETURNING name").fetchall()
    return sorted(row[0] for row in rows)


def is_confirmed(connection: sqlite3.Connection, root: str) -> bool:
    """Tell whether the person has confirmed the deletions of a root."""
    row = connection.execute("SELECT confirmed FROM roots WHERE name = ?", (root,)).fetchone()
    return bool(row and row[0])


def _files(connection: sqlite3.Connection, condition: str, values: list[str]) -> Iterator[KnownFile]:
    cursor = connection.cursor()
    cursor.row_factory = None  # plain tuples: every file passes here at every start
    query = f"SELECT {_ENTRY}, reason, curation FROM files WHERE {condition} ORDER BY path"  # noqa: S608  ours
    for path, size, mtime_ns, ctime_ns, inode, device, reason, curation in cursor.execute(query, values):
        yield KnownFile(Entry(path, size, mtime_ns, ctime_ns, inode % 2**64, device), reason, curation)


_ENTRY = "path, size, mtime_ns, ctime_ns, inode, device"

# "0" is the character after "/": the range holds all that lies below a directory.
_AT_OR_BELOW = "(path = ? OR path >= ? AND path < ?)"


def _at_or_below(path: str) -> list[str]:
    return [path, f"{path}/", f"{path}0"]


def _signed(inode: int) -> int:
    """Fold an inode number into SQLite's signed 64 bits; some network file systems use all 64."""
    return inode - 2**64 if inode >= 2**63 else inode


def _replace_problems(
    connection: sqlite3.Connection,
    condition: str,
    values: tuple[str, ...],
    source: str,
    problems: Iterable[ProblemRecord],
    now: str,
) -> None:
    before = {
        (row["path"], row["code"]): row["since"]
        for row in connection.execute(f"SELECT path, code, since FROM problems WHERE {condition}", values)  # noqa: S608
    }
    connection.execute(f"DELETE FROM problems WHERE {condition}", values)  # noqa: S608  constants of this module
    connection.executemany(
        "INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(p.root, p.path, source, p.code, p.message, p.line, before.get((p.path, p.code), now)) for p in problems],
    )
