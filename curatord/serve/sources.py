"""Where the notes speak of a question: what an answer should rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.exam.retrieval import content_words
from curatord.store.database import Store

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """A fact with its place: the note's root, path and file, the line counted from 1."""

    root: str
    path: str
    file: str | None
    line: int
    statement: str


def sources(store: Path, question: str, most: int) -> list[Source]:
    """Return the facts that full-text search finds for a question, the best first; raises StoreError."""
    words = content_words(question)
    if not words:
        return []
    reader = Store.open_reader(store)
    try:
        match = " OR ".join(f'"{word}"' for word in words)
        rows = reader.connection.execute(_FOUND, {"match": match, "most": most}).fetchall()
    finally:
        reader.close()
    return [Source(row["root"], row["path"], row["file"], row["line"] + 1, row["statement"]) for row in rows]


_FOUND = """
    WITH found AS MATERIALIZED (
        SELECT rowid AS pair, bm25(pairs_search) AS score FROM pairs_search WHERE pairs_search MATCH :match
    )
    SELECT documents.root, documents.path, facts.statement, sections.first_line + facts.first_line AS line,
        (SELECT roots.path FROM roots WHERE roots.name = documents.root) || '/' || documents.path AS file,
        min(found.score) AS score
    FROM found
    JOIN pairs ON pairs.id = found.pair
    JOIN facts ON facts.id = pairs.fact
    JOIN sections ON sections.id = facts.section
    JOIN documents ON documents.id = sections.document
    WHERE pairs.kept
    GROUP BY facts.fact
    ORDER BY score, facts.fact LIMIT :most
"""
