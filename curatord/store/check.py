"""Whether a store and its shards are whole: the database by SQLite's own means, the rows by what ties them together."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and what is wrong with it; an empty text says that it is right."""

    name: str
    wrong: str = ""

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong


def check_store(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Look at everything in a store, in one read transaction; changes nothing.

    Where the file itself is damaged, the rows are not looked at.
    """
    connection.execute("BEGIN")
    try:
        integrity = _integrity(connection)
        yield integrity
        if integrity.is_right:
            yield _foreign_keys(connection)
            for name, (query, told) in _ROWS.items():
                number = connection.execute(query).fetchone()[0]
                yield Finding(name, f"{number} {told}" if number else "")
    finally:
        connection.execute("ROLLBACK")


def check_shards(connection: sqlite3.Connection, directory: Path) -> Finding:
    """Compare the shards with the manifest, and the manifest with the store.

    Something may be found wrong for a moment while the daemon writes them.
    """
    name = "shards"
    try:
        manifest = orjson.loads((directory / "manifest.json").read_bytes())
        said = {shard["path"]: (shard["sha256"], shard["bytes"], shard["pairs"]) for shard in manifest["shards"]}
    except FileNotFoundError:
        return Finding(name, "the manifest is not there")
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Finding(name, "the manifest cannot be read")
    wrong = [path for path, shard in sorted(said.items()) if _on_disk(directory / path) != shard]
    there = {file.relative_to(directory).as_posix() for file in directory.glob("*/*.jsonl")}
    if wrong:
        return Finding(name, f"not as the manifest says: {_listed(wrong)}")
    if stray := sorted(there - said.keys()):
        return Finding(name, f"not in the manifest: {_listed(stray)}")
    if said != _in_store(connection) and not _is_behind(connection):
        return Finding(name, "the manifest is not that of the store")
    return Finding(name)


def _integrity(connection: sqlite3.Connection) -> Finding:
    try:
        told = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({_MOST_TOLD})")]
    except sqlite3.DatabaseError as error:
        told = [str(error)]
    return Finding("database", "" if told == ["ok"] else "; ".join(told))


def _foreign_keys(connection: sqlite3.Connection) -> Finding:
    rows = connection.execute("PRAGMA foreign_key_check").fetchall()
    tables = sorted({row[0] for row in rows})
    return Finding("references", f"{len(rows)} rows of {_listed(tables)} refer to nothing" if rows else "")


def _on_disk(file: Path) -> tuple[str, int, int] | None:
    try:
        data = file.read_bytes()
    except OSError:
        return None
    return hashlib.sha256(data).hexdigest(), len(data), data.count(b"\n")


def _in_store(connection: sqlite3.Connection) -> dict[str, tuple[str, int, int]]:
    rows = connection.execute("SELECT kind, number, sha256, bytes, pairs FROM shards")
    return {f"{kind}/{number:03d}.jsonl": (sha256, size, pairs) for kind, number, sha256, size, pairs in rows}


def _is_behind(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM dirty LIMIT 1").fetchone() is not None


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_TOLD
    return ", ".join(names[:_MOST_TOLD]) + (f" and {more} more" if more > 0 else "")


# By what is looked at: a query for the number of what is wrong, and what that is.
_ROWS = {
    "documents": (
        """
        SELECT count(*) FROM documents WHERE NOT EXISTS (
            SELECT 1 FROM files
            WHERE files.root = documents.root AND files.path = documents.path AND outcome = 'document'
        )
        """,
        "documents belong to no file",
    ),
    "files": (
        """
        SELECT count(*) FROM files WHERE outcome = 'document' AND NOT EXISTS (
            SELECT 1 FROM documents WHERE files.root = documents.root AND files.path = documents.path
        )
        """,
        "files lack their documents",
    ),
    "sections": (
        "SELECT count(*) FROM sections WHERE document NOT IN (SELECT id FROM documents)",
        "sections belong to no document",
    ),
    "facts": (
        "SELECT count(*) FROM facts WHERE section NOT IN (SELECT id FROM sections)",
        "facts belong to no section",
    ),
    "pairs": (
        """
        SELECT count(*) FROM pairs
        LEFT JOIN facts ON facts.id = pairs.fact
        LEFT JOIN sections ON sections.id = facts.section
        WHERE sections.document IS NOT pairs.document
        """,
        "pairs stand in another document than their facts, or in none",
    ),
    "search": (
        "SELECT abs((SELECT count(*) FROM pairs) - (SELECT count(*) FROM pairs_search_docsize))",
        "pairs are missing from the search index, or are no more",
    ),
    "counts": (
        """
        SELECT count(*) FROM (
            SELECT sum(pairs) AS difference FROM (
                SELECT split, category, preferred, seen, pairs FROM tally
                UNION ALL
                SELECT split, category, strategy IS NOT NULL, seen, -count(*) FROM pairs WHERE kept GROUP BY 1, 2, 3, 4
            ) GROUP BY split, category, preferred, seen
        ) WHERE difference <> 0
        """,
        "counts of pairs are not those of the pairs",
    ),
    "seen": (
        "SELECT count(*) FROM pairs WHERE seen <> EXISTS (SELECT 1 FROM seen WHERE seen.pair = pairs.pair)",
        "pairs are marked as seen, or not, against what runs have seen",
    ),
    "problems": (
        """
        SELECT count(*) FROM problems WHERE source = 'note' AND NOT EXISTS (
            SELECT 1 FROM files WHERE files.root = problems.root AND files.path = problems.path
        )
        """,
        "problems are of no file",
    ),
}
