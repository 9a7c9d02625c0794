"""What judgements do to the pairs they are in force for.

A pair that is edited is another pair: its texts, its content hash and its question's form are those of the edit, so
that whatever reads pairs (shards, snapshots, search) needs to know nothing of it; what was made of the fact is put by,
and comes back with the edit's end. Which of equal questions is kept is for `batch` to decide, by the verdict.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import orjson

from curatord.curate.dedupe import question_key
from curatord.curate.pair import Split, Strategy, pair_id
from curatord.curate.text import folded, hard_tokens
from curatord.store import judgements
from curatord.store.judgements import Verdict
from curatord.store.rows import form_hash

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from curatord.store.judgements import Judgement


@dataclass(frozen=True, slots=True)
class Text:
    """What of a pair an edit may change: its content hash, its question's form, and its words."""

    pair: str
    question_hash: int
    question: str
    answer: str
    made_strategy: str | None
    made_rejected: str | None


@dataclass(slots=True)
class Effects:
    """What no longer is as it was: documents, by identity, and questions, by the hash of their form."""

    documents: set[str] = field(default_factory=set)
    questions: set[int] = field(default_factory=set)


def new_rows(connection: sqlite3.Connection, first: int) -> list[int]:
    """Return the rows from an id on that a judgement may be in force for; none of them is edited yet."""
    return [row[0] for row in connection.execute(_NEW, {"first": first})]


def rows_under(connection: sqlite3.Connection, judgement: Judgement) -> list[int]:
    """Return the rows that a judgement is in force for, or may come to be."""
    values = {"pair": judgement.pair, "question": judgement.question_hash, "sense": judgement.sense}
    return [row[0] for row in connection.execute(_UNDER, values)]


def rows_of(connection: sqlite3.Connection, judgement: str) -> list[int]:
    """Return the rows that a judgement, given by its key, is in force for."""
    return [row[0] for row in connection.execute(_OF, (judgement,))]


def bring_in_line(connection: sqlite3.Connection, rows: Iterable[int]) -> Effects:
    """Let rows, all of them in the search index, say what their judgements want; return what changed by it."""
    effects = Effects()
    for identity in rows:
        row = connection.execute(_ROW, (identity,)).fetchone()
        made = Text(**orjson.loads(row["made"])) if row["made"] else _text(row)
        judgement = judgements.in_force(connection, made.pair, made.question_hash, row["sense"])
        is_edited = judgement is not None and judgement.verdict is Verdict.EDITED
        text = _edited(made, judgement, row["split"]) if judgement and is_edited else made
        if text == _text(row) and _mark(judgement) == (row["judgement"], row["verdict"]):
            continue
        effects.documents.add(row["document"])
        effects.questions |= {row["question_hash"], text.question_hash}
        _write(connection, row, text, judgement, made if is_edited else None)
    return effects


def _write(
    connection: sqlite3.Connection, row: sqlite3.Row, text: Text, judgement: Judgement | None, made: Text | None
) -> None:
    put_by = (made.pair, orjson.dumps(asdict(made)).decode()) if made else (None, None)
    connection.execute(_UNINDEX, (row["id"], row["question"], row["answer"]))
    connection.execute(_UPDATE, asdict(text) | {"id": row["id"]} | _named(judgement, *put_by))
    connection.execute(_INDEX, (row["id"], text.question, text.answer))


def _named(judgement: Judgement | None, made_pair: str | None, made: str | None) -> dict[str, str | None]:
    key, verdict = _mark(judgement)
    return {"judgement": key, "verdict": verdict, "made_pair": made_pair, "made": made}


def _mark(judgement: Judgement | None) -> tuple[str | None, str | None]:
    return (judgement.pair, judgement.verdict.value) if judgement else (None, None)


def _text(row: sqlite3.Row) -> Text:
    return Text(*(row[name] for name in Text.__slots__))


def _edited(made: Text, judgement: Judgement, split: str) -> Text:
    question = made.question if judgement.question is None else judgement.question
    answer = made.answer if judgement.answer is None else judgement.answer
    strategy, rejected = _rejected(made, answer, judgement.rejected) if split == Split.TRAIN else (None, None)
    form = made.question_hash if question == made.question else form_hash(question_key(question))
    pair = made.pair if (question, answer) == (made.question, made.answer) else pair_id(question, answer)
    return Text(pair, form, question, answer, strategy, rejected)


def _rejected(made: Text, answer: str, wanted: str | None) -> tuple[str | None, str | None]:
    """Return what an edited answer is preferred over: what the person wants, else the answer that it corrects.

    Where the numbers and names are the same, only the wording was edited: that is no mistake to train against, and the
    rejected answer stays as it was made.
    """
    if wanted is not None:
        return Strategy.WRONG.value, wanted
    if set(hard_tokens(made.answer)) != set(hard_tokens(answer)):
        return Strategy.WRONG.value, made.answer
    if made.made_rejected is not None and folded(made.made_rejected) == folded(answer):
        return None, None
    return made.made_strategy, made.made_rejected


_NEW = """
    SELECT pairs.id FROM judgements
    CROSS JOIN pairs INDEXED BY pairs_by_hash ON pairs.pair = judgements.pair WHERE pairs.id >= :first
    UNION
    SELECT pairs.id FROM judgements
    CROSS JOIN pairs INDEXED BY pairs_by_question ON pairs.question_hash = judgements.question_hash
    CROSS JOIN facts ON facts.id = pairs.fact AND facts.sense = judgements.sense WHERE pairs.id >= :first
    ORDER BY 1
"""
_OF = "SELECT id FROM pairs INDEXED BY pairs_by_judgement WHERE judgement = ? ORDER BY id"
_UNDER = """
    SELECT id FROM pairs INDEXED BY pairs_by_judgement WHERE judgement = :pair
    UNION
    SELECT id FROM pairs INDEXED BY pairs_by_hash WHERE pair = :pair
    UNION
    SELECT id FROM pairs INDEXED BY pairs_by_made_hash WHERE made_pair = :pair
    UNION
    SELECT pairs.id FROM pairs INDEXED BY pairs_by_question JOIN facts ON facts.id = pairs.fact
    WHERE question_hash = :question AND sense = :sense
    UNION
    SELECT pairs.id FROM pairs INDEXED BY pairs_by_made_hash JOIN facts ON facts.id = pairs.fact
    WHERE made_pair IS NOT NULL AND json_extract(made, '$.question_hash') = :question AND sense = :sense
    ORDER BY 1
"""
_ROW = """
    SELECT pairs.id, document, split, pair, question_hash, question, answer, made_strategy, made_rejected, judgement,
        verdict, made, sense
    FROM pairs JOIN facts ON facts.id = pairs.fact WHERE pairs.id = ?
"""
_UPDATE = """
    UPDATE pairs SET pair = :pair, question_hash = :question_hash, question = :question, answer = :answer,
        made_strategy = :made_strategy, made_rejected = :made_rejected, judgement = :judgement, verdict = :verdict,
        made_pair = :made_pair, made = :made, seen = EXISTS (SELECT 1 FROM seen WHERE seen.pair = :pair)
    WHERE id = :id
"""
_UNINDEX = "INSERT INTO pairs_search (pairs_search, rowid, question, answer) VALUES ('delete', ?, ?, ?)"
_INDEX = "INSERT INTO pairs_search (rowid, question, answer) VALUES (?, ?, ?)"
