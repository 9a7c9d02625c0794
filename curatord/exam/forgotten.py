"""Facts that have left the notes since an adapter was made, and whether it still says them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.exam.verdict import by_keys
from curatord.store.database import Store
from curatord.train.snapshot import open_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A question for a fact that is in no note any more, what the note said, and what the model says."""

    question: str
    answer: str
    topic: str
    reply: str
    still_said: bool


def forgotten(store: Path, snapshot: Path, answers: Callable[[list[str]], list[str]]) -> list[Forgotten]:
    """Ask for every fact of a snapshot that the store has no longer; raises StoreError where one cannot be read.

    A fact whose words changed counts as gone too; where its old answer is still right by its keys, nothing was lost.
    """
    reader = Store.open_reader(store)
    try:
        known = {fact for (fact,) in reader.connection.execute("SELECT DISTINCT fact FROM facts")}
    finally:
        reader.close()
    gone = [row for row in open_snapshot(snapshot).test() if row.fact not in known]
    replies = answers([row.question for row in gone])
    return [
        Forgotten(row.question, row.answer, f"{row.root}/{row.path}", reply, still_said=by_keys(row, reply).right)
        for row, reply in zip(gone, replies, strict=True)
    ]
