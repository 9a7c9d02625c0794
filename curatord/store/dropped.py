"""What gives no training pair, and why: counts for all of it, rows for what the store holds and leaves out.

What curation refuses is stored as counts alone; the questions themselves are made again from the note when asked for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from curatord.curate.pair import Refusal

if TYPE_CHECKING:
    import sqlite3

Row = dict[str, Any]


class LeftOut(StrEnum):
    """Why a pair that is good enough is not trained on."""

    THUMBED_DOWN = "thumbed_down"
    EQUAL_QUESTION = "equal_question"
    REPEATED_FACT = "repeated_fact"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Share:
    """How much of what is dropped belongs to one note: refused in curation, and left out in the store."""

    root: str
    path: str
    refused: int
    left_out: int


def drop_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many questions and facts gave no training pair, by reason; every reason is there."""
    found = Counter(dict.fromkeys((*Refusal, *LeftOut), 0))
    found.update(dict(connection.execute(_REFUSED_BY_REASON).fetchall()))
    found.update(dict(connection.execute(_LEFT_OUT_BY_REASON).fetchall()))
    return {str(reason): number for reason, number in found.items()}


def shares(connection: sqlite3.Connection, *, document: str | None = None, reason: str | None = None) -> list[Share]:
    """Return the notes from which something was dropped, ordered by root and path: all, or one path and one reason."""
    rows = connection.execute(_SHARES, {"document": document, "reason": reason})
    return [Share(*row) for row in rows]


def left_out(connection: sqlite3.Connection, share: Share, *, reason: str | None = None) -> list[Row]:
    """Return a note's pairs that are not trained on, in reading order; `detail` is what is asked instead."""
    values = {"root": share.root, "path": share.path, "reason": reason}
    return [dict(row) for row in connection.execute(_LEFT_OUT, values)]


_REASON = """
    CASE WHEN pairs.verdict = 'down' THEN 'thumbed_down' WHEN facts.repeated THEN 'repeated_fact'
        WHEN facts.superseded THEN 'superseded' ELSE 'equal_question' END
"""
_REFUSED_BY_REASON = "SELECT one.key, sum(one.value) FROM sections, json_each(sections.dropped) AS one GROUP BY 1"
_LEFT_OUT_BY_REASON = f"""
    SELECT {_REASON}, count(*) FROM pairs INDEXED BY pairs_left_out JOIN facts ON facts.id = pairs.fact
    WHERE NOT pairs.kept GROUP BY 1
"""  # noqa: S608  made of constants of this module
_SHARES = f"""
    SELECT documents.root, documents.path, sum(refused), sum(missing) FROM (
        SELECT document, one.value AS refused, 0 AS missing FROM sections, json_each(sections.dropped) AS one
        WHERE :reason IS NULL OR one.key = :reason
        UNION ALL
        SELECT pairs.document, 0, 1 FROM pairs INDEXED BY pairs_left_out JOIN facts ON facts.id = pairs.fact
        WHERE NOT pairs.kept AND (:reason IS NULL OR {_REASON} = :reason)
    ) AS found JOIN documents ON documents.id = found.document
    WHERE :document IS NULL OR documents.path = :document
    GROUP BY documents.id ORDER BY documents.root, documents.path
"""  # noqa: S608  made of constants of this module
# Instead of an equal question the pair that is kept is told; instead of a fact, the statement that is.
_LEFT_OUT = f"""
    SELECT {_REASON} AS reason, pairs.question, pairs.answer, pairs.score,
        sections.first_line + facts.first_line AS first_line, sections.first_line + facts.last_line AS last_line,
        coalesce(CASE {_REASON}
            WHEN 'equal_question' THEN (
                SELECT asked.pair || ' ' || asked.question FROM pairs AS asked
                WHERE asked.question_hash = pairs.question_hash AND asked.kept
            )
            WHEN 'thumbed_down' THEN ''
            WHEN 'repeated_fact' THEN (
                SELECT told.statement FROM facts AS told
                WHERE told.sense = facts.sense AND NOT told.repeated
            )
            ELSE (
                SELECT newer.statement FROM facts AS newer
                WHERE newer.attribute = facts.attribute AND NOT newer.superseded AND NOT newer.repeated
                ORDER BY newer.fact
            )
        END, '') AS detail
    FROM documents
    CROSS JOIN sections ON sections.document = documents.id
    CROSS JOIN facts ON facts.section = sections.id
    CROSS JOIN pairs INDEXED BY pairs_by_fact ON pairs.fact = facts.id
    WHERE documents.root = :root AND documents.path = :path AND NOT pairs.kept
        AND (:reason IS NULL OR {_REASON} = :reason)
    ORDER BY sections.ordinal, facts.ordinal, pairs.ordinal
"""  # noqa: S608  made of constants of this module
