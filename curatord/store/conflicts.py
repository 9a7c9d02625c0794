"""Notes that contradict one another: the same thing, another value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

Row = dict[str, Any]


def list_conflicts(connection: sqlite3.Connection, *, limit: int, offset: int = 0) -> tuple[int, list[Row]]:
    """Return how many pairs of facts contradict one another, and some of them: what is kept and what is not.

    Each has a question that asks for the kept one, and the number of questions that are asked for both; `stale` tells
    whether the other note is older, so that its answer is not trained on, or whether that cannot be told.
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
    JOIN facts AS {side}_fact ON {side}_fact.id = found.{side}
    JOIN sections AS {side}_section ON {side}_section.id = {side}_fact.section
    JOIN documents AS {side}_document ON {side}_document.id = {side}_section.document
"""
_SIDES = ("kept", "other")

# A thing that is given one value in each of several notes, and not the same one everywhere: what the newest of them
# says and what others say, each value once. What happens may happen again: two episodes do not contradict one another.
_GIVEN = """
    SELECT attribute FROM (
        SELECT attribute, min(sense) <> max(sense) AS several
        FROM facts JOIN sections ON sections.id = facts.section
        WHERE attribute IN (
            SELECT attribute FROM facts WHERE attribute IS NOT NULL GROUP BY 1 HAVING min(sense) <> max(sense)
        )
        GROUP BY attribute, sections.document
    ) GROUP BY 1 HAVING NOT max(several)
"""
_FOUND = f"""
    SELECT first_value(id) OVER given AS kept, id AS other, kind, first_value(kind) OVER given AS kept_kind
    FROM (
        SELECT facts.id, facts.attribute, facts.fact, documents.date, documents.id AS document, documents.kind
        FROM ({_GIVEN}) AS named
        JOIN facts ON facts.attribute = named.attribute
        JOIN sections ON sections.id = facts.section
        JOIN documents ON documents.id = sections.document
        WHERE NOT facts.repeated
    )
    WINDOW given AS (PARTITION BY attribute ORDER BY date DESC NULLS LAST, kind DESC, fact, document)
"""  # noqa: S608  made of constants of this module
_QUESTION = """
    SELECT min(asked.question) FROM pairs AS asked WHERE asked.fact = found.kept AND asked.split = 'train'
"""
_QUESTIONS = """
    SELECT count(*) FROM pairs AS mine JOIN pairs AS theirs ON theirs.question_hash = mine.question_hash
    WHERE mine.fact = found.kept AND theirs.fact = found.other
"""
_CONFLICTS = f"""
    SELECT ({_QUESTION}) AS question, ({_QUESTIONS}) AS questions,
        coalesce(other_document.date < kept_document.date, 0) AS stale,
        {", ".join(_COLUMNS.format(side=side) for side in _SIDES)}
    FROM ({_FOUND}) AS found {"".join(_JOINS.format(side=side) for side in _SIDES)}
    WHERE found.kept <> found.other AND 'knowledge' IN (found.kind, found.kept_kind)
    ORDER BY kept_root, kept_path, kept_first_line, other_root, other_path, other_first_line
"""  # noqa: S608  made of constants of this module
