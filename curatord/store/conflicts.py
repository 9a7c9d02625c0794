"""Notes that contradict one another: the same question, another value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

Row = dict[str, Any]


def list_conflicts(connection: sqlite3.Connection, *, limit: int, offset: int = 0) -> tuple[int, list[Row]]:
    """Return how many pairs of facts contradict one another, and some of them: what is kept and what is not.

    Each has one question that both answer and the number of such questions; `stale` tells whether the other note is
    older, so that its answer is trained against, or whether that cannot be told.
    """
    rows = connection.execute(_CONFLICTS).fetchall()
    found = [
        {
            "question": row["question"],
            "questions": row["questions"],
            "stale": bool(row["stale"]),
            "kept": {name: row[f"kept_{name}"] for name in _SIDE},
            "other": {name: row[f"other_{name}"] for name in _SIDE},
        }
        for row in rows[offset : offset + limit]
    ]
    return len(rows), found


_SIDE = ("root", "path", "file", "date", "first_line", "last_line", "statement")
_COLUMNS = """
    {side}_document.root AS {side}_root, {side}_document.path AS {side}_path, {side}_document.date AS {side}_date,
    (SELECT path FROM roots WHERE name = {side}_document.root) || '/' || {side}_document.path AS {side}_file,
    {side}_section.first_line + {side}_fact.first_line AS {side}_first_line,
    {side}_section.first_line + {side}_fact.last_line AS {side}_last_line, {side}_fact.statement AS {side}_statement
"""
_JOINS = """
    JOIN facts AS {side}_fact ON {side}_fact.id = {side}.fact
    JOIN sections AS {side}_section ON {side}_section.id = {side}_fact.section
    JOIN documents AS {side}_document ON {side}_document.id = {side}.document
"""
_SELECT = f"SELECT {_COLUMNS.format(side='kept')}, {_COLUMNS.format(side='other')}"
_FROM = """,
    min(kept.question) AS question,
           count(*) AS questions, other_document.date < kept_document.date AS stale
    FROM pairs AS other INDEXED BY pairs_left_out
    JOIN pairs AS kept ON kept.question_hash = other.question_hash AND kept.kept
"""
# Frontmatter speaks of its own note: two notes of one title may well have two dates.
_WHERE = """
    WHERE NOT other.kept AND other.document <> kept.document AND other_fact.keys <> kept_fact.keys
      AND kept_fact.extractor <> 'frontmatter'
    GROUP BY kept_fact.id, other_fact.id
    ORDER BY kept_root, kept_path, kept_first_line, other_root, other_path, other_first_line
"""
_CONFLICTS = f"{_SELECT}{_FROM}{_JOINS.format(side='kept')}{_JOINS.format(side='other')}{_WHERE}"
