"""A fingerprint of everything the store holds that is derived from the notes.

Two stores made from the same files with the same settings have the same digest, whatever happened on the way.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    import sqlite3

# Row ids tell the order of arrival and are left out; every ordering is by content and place.
_DERIVED = (
    "SELECT * FROM documents ORDER BY id",
    "SELECT document, ordinal, key, heading, first_line, last_line, dropped FROM sections ORDER BY document, ordinal",
    """
    SELECT sections.document, sections.ordinal, facts.ordinal, fact, extractor, subject, statement, keys, siblings,
           facts.first_line, facts.last_line, sense, attribute, repeated,
           superseded
    FROM facts JOIN sections ON sections.id = facts.section
    ORDER BY sections.document, sections.ordinal, facts.ordinal
    """,
    """
    SELECT sections.document, sections.ordinal, pairs.ordinal, fact.fact, pair, question_hash, split, category,
           phrasing, question, answer, score, parts, strategy, rejected, kept, verdict,
           made_pair
    FROM pairs JOIN facts AS fact ON fact.id = pairs.fact JOIN sections ON sections.id = fact.section
    ORDER BY sections.document, sections.ordinal, pairs.ordinal
    """,
)


def digest(connection: sqlite3.Connection) -> str:
    """Return the sha256, in hex, over documents, sections, facts and pairs in a canonical order."""
    total = hashlib.sha256()
    for query in _DERIVED:
        for row in connection.execute(query):
            total.update(orjson.dumps(tuple(row)))
            total.update(b"\n")
    return total.hexdigest()
