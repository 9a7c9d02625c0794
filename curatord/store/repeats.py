"""Which facts are asked where several notes say the same, or give the same thing different values.

Of facts that say the same one is asked; of different values given to one thing those of the newest dated note are.
Which ones depends on what the facts are and where they stand, never on the order in which they came, and only facts
that share a sense or an attribute with a changed note are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from curatord.store.rows import FactRow

_COLUMNS = {"sense": 9, "attribute": 10}  # positions in a row


def begin(connection: sqlite3.Connection) -> None:
    """Start a batch in which nothing is touched yet."""
    for column in _COLUMNS:
        connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS touched_{column} ({column} INTEGER PRIMARY KEY)")
        connection.execute(f"DELETE FROM touched_{column}")  # noqa: S608  a constant


def touch_document(connection: sqlite3.Connection, document: str) -> None:
    """Note what a document says, before it changes or goes."""
    for column in _COLUMNS:
        connection.execute(
            f"INSERT OR IGNORE INTO touched_{column} SELECT {column}"  # noqa: S608  a constant
            " FROM sections JOIN facts ON facts.section = sections.id"
            f" WHERE sections.document = ? AND {column} IS NOT NULL",
            (document,),
        )


def touch(connection: sqlite3.Connection, facts: Iterable[FactRow]) -> None:
    """Note what new facts say."""
    for column, position in _COLUMNS.items():
        connection.executemany(
            f"INSERT OR IGNORE INTO touched_{column} VALUES (?)",  # noqa: S608  a constant
            [(fact[position],) for fact in facts if fact[position] is not None],
        )


def settle(connection: sqlite3.Connection) -> None:
    """Decide which facts are asked, and contest the questions of those for which that changed."""
    for column, query in (("repeated", _REPEATED), ("superseded", _SUPERSEDED)):
        changed = [tuple(row) for row in connection.execute(query)]
        connection.executemany(f"UPDATE facts SET {column} = ? WHERE id = ?", changed)  # noqa: S608  a constant
        connection.executemany(_CONTEST, [(fact,) for _, fact in changed])


# Of facts that say the same that of the newest note is asked, then that of the least content hash and place.
_REPEATED = """
    SELECT now, id FROM (
        SELECT facts.id, facts.repeated, row_number() OVER (
            PARTITION BY facts.sense
            ORDER BY documents.date DESC NULLS LAST, facts.fact, documents.id, sections.ordinal, facts.ordinal
        ) > 1 AS now
        FROM (
            SELECT touched_sense.sense
            FROM touched_sense CROSS JOIN facts INDEXED BY facts_by_sense ON facts.sense = touched_sense.sense
            GROUP BY 1 HAVING count(*) > 1 OR max(facts.repeated)
        ) AS said
        CROSS JOIN facts INDEXED BY facts_by_sense ON facts.sense = said.sense
        JOIN sections ON sections.id = facts.section
        JOIN documents ON documents.id = sections.document
    ) WHERE repeated <> now
"""

# A thing that one note gives several values has several: none of them is out of date. And what happens may happen
# again: an episode makes another no less true.
_SUPERSEDED = """
    SELECT now, id FROM (
        SELECT id, superseded, NOT max(several) OVER given AND coalesce(
            date < CASE kind WHEN 'episodes' THEN max(lasting) OVER given ELSE max(date) OVER given END, 0
        ) AS now
        FROM (
            SELECT facts.id, facts.superseded, facts.attribute, documents.date, documents.kind,
                CASE documents.kind WHEN 'knowledge' THEN documents.date END AS lasting,
                min(facts.sense) OVER told <> max(facts.sense) OVER told AS several
            FROM (
                SELECT touched_attribute.attribute
                FROM touched_attribute
                CROSS JOIN facts INDEXED BY facts_by_attribute ON facts.attribute = touched_attribute.attribute
                GROUP BY 1 HAVING count(*) > 1 OR max(facts.superseded)
            ) AS named
            CROSS JOIN facts INDEXED BY facts_by_attribute ON facts.attribute = named.attribute
            JOIN sections ON sections.id = facts.section
            JOIN documents ON documents.id = sections.document
            WINDOW told AS (PARTITION BY facts.attribute, documents.id)
        )
        WINDOW given AS (PARTITION BY attribute)
    ) WHERE superseded <> now
"""

_CONTEST = "INSERT OR IGNORE INTO contested SELECT question_hash FROM pairs WHERE fact = ?"
