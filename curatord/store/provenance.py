"""From a note's lines to what they gave, and back."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

Row = dict[str, Any]


def find_document(connection: sqlite3.Connection, file: str) -> Row | None:
    """Return the document of an absolute file name (its root's links resolved), or None where it gave none."""
    path = PurePath(file)
    for name, directory in connection.execute("SELECT name, path FROM roots"):
        if path.is_relative_to(directory):
            below = path.relative_to(directory).as_posix()
            row = connection.execute(
                "SELECT id, root, path, title, language FROM documents WHERE root = ? AND path = ?", (name, below)
            ).fetchone()
            return None if row is None else dict(row)
    return None


def facts_of(connection: sqlite3.Connection, document: str, line: int | None = None) -> list[Row]:
    """Return a document's facts in reading order with the pairs that ask for them, all or those that rest on a line."""
    facts: dict[int, Row] = {}
    values = {"document": document, "line": line}
    for row in connection.execute(_FACTS, values):
        facts[row["id"]] = {**{name: row[name] for name in _FACT_COLUMNS}, "pairs": []}
    for row in connection.execute(_PAIRS, values):
        if row["fact"] in facts:
            facts[row["fact"]]["pairs"].append(
                {name: row[name] for name in _PAIR_COLUMNS} | {"kept": bool(row["kept"])}
            )
    return list(facts.values())


_FACTS = """
    SELECT facts.id, fact, extractor, statement, sections.first_line + facts.first_line AS first_line,
           sections.first_line + facts.last_line AS last_line
    FROM sections JOIN facts ON facts.section = sections.id
    WHERE sections.document = :document
      AND (:line IS NULL OR :line BETWEEN sections.first_line + facts.first_line
                                      AND sections.first_line + facts.last_line)
    ORDER BY sections.ordinal, facts.ordinal
"""
_FACT_COLUMNS = ("fact", "extractor", "statement", "first_line", "last_line")
_PAIRS = """
    SELECT pairs.fact, pair AS id, category, split, phrasing, question, kept, verdict
    FROM sections JOIN facts ON facts.section = sections.id JOIN pairs ON pairs.fact = facts.id
    WHERE sections.document = :document
    ORDER BY sections.ordinal, facts.ordinal, pairs.ordinal
"""
_PAIR_COLUMNS = ("id", "category", "split", "phrasing", "question", "verdict")
