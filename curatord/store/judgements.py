"""What people say of pairs: a thumb up, a thumb down, or how one should read instead.

Kept apart from all that is derived, and found again by what a pair says: a judgement is in force for the pair with its
content hash, and for one that asks the same question (in normal form) for a fact that says the same, in whatever note.
Where no such pair is there, it lies dormant. What follows for the pairs is told in `judged`.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import sqlite3

Row = dict[str, Any]


class Verdict(StrEnum):
    """What is said of a pair: keep it, before others that ask the same; never use it; or use it as edited."""

    UP = "up"
    DOWN = "down"
    EDITED = "edited"


class By(StrEnum):
    """Through what it was said."""

    CLI = "cli"
    DASHBOARD = "dashboard"
    API = "api"


class State(StrEnum):
    """Whether there is a pair that a judgement is in force for."""

    IN_FORCE = "in_force"
    DORMANT = "dormant"


@dataclass(frozen=True, slots=True)
class Edit:
    """How a pair should read; None leaves a text as it was made. `rejected` is what to train the answer against."""

    question: str | None = None
    answer: str | None = None
    rejected: str | None = None

    def __bool__(self) -> bool:
        """Whether anything is edited."""
        return self != Edit()

    def over(self, before: Edit) -> Edit:
        """Return this edit with what it leaves out taken from one before."""
        kept = (new if new is not None else old for new, old in zip(astuple(self), astuple(before), strict=True))
        return Edit(*kept)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One row of the table: what is said, and what the pair was as it was made, and where it stood.

    A thumb down keeps the edit that it overrules, so that a thumb up brings it back.
    """

    pair: str
    question_hash: int
    sense: int | None
    verdict: Verdict
    question: str | None
    answer: str | None
    rejected: str | None
    made_question: str
    made_answer: str
    fact: str
    root: str
    path: str
    judged_at: str
    judged_by: By

    @property
    def edit(self) -> Edit:
        """The texts as edited."""
        return Edit(self.question, self.answer, self.rejected)


_COLUMNS = ", ".join(field.name for field in fields(Judgement))


def put(connection: sqlite3.Connection, judgement: Judgement) -> None:
    """Remember a judgement in the place of any before of the same pair."""
    marks = ", ".join("?" * len(fields(Judgement)))
    connection.execute(f"INSERT OR REPLACE INTO judgements ({_COLUMNS}) VALUES ({marks})", astuple(judgement))  # noqa: S608  ours


def remove(connection: sqlite3.Connection, pair: str) -> bool:
    """Forget the judgement of a pair, by its content hash as it was made; return whether there was one."""
    return connection.execute("DELETE FROM judgements WHERE pair = ?", (pair,)).rowcount > 0


def in_force(connection: sqlite3.Connection, made_pair: str, question_hash: int, sense: int | None) -> Judgement | None:
    """Return the judgement of a pair as it was made: its own, else the latest of one that says the same."""
    row = connection.execute(_IN_FORCE, {"pair": made_pair, "question": question_hash, "sense": sense}).fetchone()
    return None if row is None else _judgement(row)


def find(connection: sqlite3.Connection, identity: str) -> str | None:
    """Return the key of the judgement whose pair's content hash (as made) is this, or begins so as the only one."""
    rows = connection.execute(
        "SELECT pair FROM judgements WHERE pair BETWEEN ? AND ? ORDER BY pair LIMIT 2",
        (identity, f"{identity}\U0010ffff"),
    ).fetchall()
    keys = [str(row[0]) for row in rows]
    return keys[0] if len(keys) == 1 or (keys and keys[0] == identity) else None


def list_judgements(
    connection: sqlite3.Connection,
    *,
    verdict: str | None = None,
    state: str | None = None,
    limit: int,
    offset: int = 0,
) -> tuple[int, list[Row]]:
    """Return how many judgements there are, and some, the latest first, with the pairs they are in force for."""
    values = {"verdict": verdict, "state": state, "limit": limit, "offset": offset}
    total = connection.execute(f"SELECT count(*) FROM judgements WHERE {_WANTED}", values).fetchone()[0]  # noqa: S608  ours
    rows = (dict(row) for row in connection.execute(_LIST, values))
    return int(total), [_entry(row) for row in rows]


def _entry(row: Row) -> Row:
    pairs = orjson.loads(row["pairs"])
    return row | {"pairs": pairs, "state": State.IN_FORCE if pairs else State.DORMANT}


def _judgement(row: sqlite3.Row) -> Judgement:
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118  iterating over a Row gives its values
    return Judgement(**values | {"verdict": Verdict(row["verdict"]), "judged_by": By(row["judged_by"])})


_IN_FORCE = f"""
    SELECT {_COLUMNS} FROM judgements WHERE pair = :pair OR (question_hash = :question AND sense = :sense)
    ORDER BY pair = :pair DESC, judged_at DESC, pair LIMIT 1
"""  # noqa: S608  made of constants of this module
_WANTED = """
    (:verdict IS NULL OR verdict = :verdict) AND (:state IS NULL OR (:state = 'in_force') = EXISTS (
        SELECT 1 FROM pairs WHERE pairs.judgement = judgements.pair
    ))
"""
_LIST = f"""
    SELECT judgements.*, (
        SELECT json_group_array(pair) FROM (
            SELECT DISTINCT pairs.pair FROM pairs WHERE pairs.judgement = judgements.pair ORDER BY 1
        )
    ) AS pairs
    FROM judgements WHERE {_WANTED} ORDER BY judged_at DESC, pair LIMIT :limit OFFSET :offset
"""  # noqa: S608  made of constants of this module
