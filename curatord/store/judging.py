"""Judging pairs, and taking it back: each in one batch, with all that follows for the pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from curatord.errors import NotFoundError, UsageError
from curatord.store import judged, judgements
from curatord.store.batch import batch
from curatord.store.judgements import Edit, Judgement, Verdict
from curatord.store.queries import resolve_pair

if TYPE_CHECKING:
    import sqlite3

    from curatord.store.database import Store
    from curatord.store.judgements import By


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a pair: through what, and when (ISO 8601, UTC, milliseconds).

    With `whole_fact` it is said of every pair that asks for the same fact in the same note.
    """

    verdict: Verdict
    by: By
    at: str
    edit: Edit = field(default_factory=Edit)
    whole_fact: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many judgements were made or taken back, and the rows of the pairs that were asked for."""

    judgements: int
    rows: tuple[int, ...]


def judge(store: Store, documents_per_shard: int, identity: str, said: Said) -> Outcome:
    """Remember what is said of a pair, named by its id or the beginning of it, and let it be so.

    Raises NotFoundError where there is no such pair, UsageError where an edit changes nothing.
    """
    with batch(store, documents_per_shard) as changes:
        targets = _targets(changes.connection, identity, whole_fact=said.whole_fact)
        if not targets:
            raise _no_pair(identity)
        made = {target["made_pair"]: _judgement(changes.connection, target, said) for target in targets}
        for judgement in made.values():
            judgements.put(changes.connection, judgement)
        for judgement in made.values():
            changes.reconsider(judged.rows_under(changes.connection, judgement))
        return Outcome(len(made), tuple(target["id"] for target in targets))


def take_back(store: Store, documents_per_shard: int, identity: str, *, whole_fact: bool = False) -> Outcome:
    """Forget the judgement that is in force for a pair, or a dormant one, and let the pair be as it was made.

    Raises NotFoundError where there is none.
    """
    with batch(store, documents_per_shard) as changes:
        targets = _targets(changes.connection, identity, whole_fact=whole_fact)
        keys = {target["judgement"] for target in targets if target["judgement"]}
        if not keys and (dormant := judgements.find(changes.connection, identity)):
            keys = {dormant}
        if not keys:
            raise _no_judgement(identity) if targets else _no_pair(identity)
        for key in sorted(keys):
            judgements.remove(changes.connection, key)
            changes.reconsider(judged.rows_of(changes.connection, key))
        return Outcome(len(keys), tuple(target["id"] for target in targets))


def _targets(connection: sqlite3.Connection, identity: str, *, whole_fact: bool) -> list[sqlite3.Row]:
    found = resolve_pair(connection, identity)
    query = _OF_FACT if whole_fact else _OF_PAIR
    return [] if found is None else connection.execute(query, {"pair": found}).fetchall()


def _judgement(connection: sqlite3.Connection, target: sqlite3.Row, said: Said) -> Judgement:
    before = judgements.in_force(connection, target["made_pair"], target["question_hash"], target["sense"])
    edit = _edit(target, said, before.edit if before else Edit())
    verdict = Verdict.EDITED if said.verdict is Verdict.UP and edit else said.verdict
    return Judgement(
        pair=target["made_pair"],
        question_hash=target["question_hash"],
        sense=target["sense"],
        verdict=verdict,
        question=edit.question,
        answer=edit.answer,
        rejected=edit.rejected,
        made_question=target["question"],
        made_answer=target["answer"],
        fact=target["fact"],
        root=target["root"],
        path=target["path"],
        judged_at=said.at,
        judged_by=said.by,
    )


def _edit(target: sqlite3.Row, said: Said, before: Edit) -> Edit:
    """Return what is edited from now on; raise UsageError where that is nothing, or makes no sense."""
    whole = said.edit.over(before)
    edit = Edit(
        question=whole.question if whole.question != target["question"] else None,
        answer=whole.answer if whole.answer != target["answer"] else None,
        rejected=whole.rejected,
    )
    if said.verdict is Verdict.EDITED and not edit:
        raise UsageError(
            "The pair reads just so already.",
            hint="To take an edit back: `curatord pairs judge ID --clear`; to approve it: --up.",
        )
    if edit.rejected is not None and edit.rejected == (edit.answer or target["answer"]):
        raise UsageError("The rejected answer is the answer itself.", hint="Give another one.")
    return edit


def _no_pair(identity: str) -> NotFoundError:
    return NotFoundError(
        f"No pair's id is {identity}, or begins so as the only one.", hint="`curatord pairs list` shows them."
    )


def _no_judgement(identity: str) -> NotFoundError:
    return NotFoundError(
        f"Nobody has judged the pair {identity}.", hint="`curatord judgements list` shows all that is."
    )


_COLUMNS = """
    pairs.id, coalesce(pairs.made_pair, pairs.pair) AS made_pair, pairs.judgement,
    coalesce(json_extract(pairs.made, '$.question_hash'), pairs.question_hash) AS question_hash,
    coalesce(json_extract(pairs.made, '$.question'), pairs.question) AS question,
    coalesce(json_extract(pairs.made, '$.answer'), pairs.answer) AS answer,
    facts.fact, facts.sense, documents.root, documents.path
"""
_JOINS = "JOIN facts ON facts.id = pairs.fact JOIN documents ON documents.id = pairs.document"
_ORDER = "ORDER BY documents.root, documents.path, pairs.fact, pairs.ordinal"
_OF_PAIR = f"SELECT {_COLUMNS} FROM pairs {_JOINS} WHERE pairs.pair = :pair OR pairs.made_pair = :pair {_ORDER}"  # noqa: S608  ours
_OF_FACT = f"""
    SELECT {_COLUMNS} FROM pairs {_JOINS} WHERE pairs.fact IN (
        SELECT asked.fact FROM pairs AS asked WHERE asked.pair = :pair OR asked.made_pair = :pair
    ) {_ORDER}
"""  # noqa: S608  made of constants of this module
