"""What the store holds, as texts that a question may be near to: each fact's statement and one question for it.

Not for the daemon: this needs NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from curatord.exam.embedding import VectorCache, nearest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from curatord.exam.embedding import Model

CACHE = "vectors.db"


@dataclass(frozen=True, slots=True)
class Nearness:
    """The text of the store that is nearest to a question, its note, and whether a training run was given it.

    `distance` is the cosine distance, in [0, 1].
    """

    distance: float
    text: str
    topic: str
    seen: bool


class KnownTexts:
    """The texts of the store with their vectors, which are kept in a file of the state directory."""

    def __init__(self, connection: sqlite3.Connection, state: Path, model: Model) -> None:
        """Read the store, and compute the vectors of the texts that are new."""
        self._model = model
        self._rows = connection.execute(_TEXTS).fetchall()
        with VectorCache(state / CACHE, model) as cache:
            self._vectors = cache.vectors([row["text"] for row in self._rows])
        self._seen = np.array([bool(row["seen"]) for row in self._rows], bool)

    def nearest(self, questions: Sequence[str], *, only_seen: bool = False) -> list[Nearness]:
        """Return what is nearest to each question; nothing where nothing is known.

        With `only_seen` only what a training run was given counts.
        """
        places: NDArray[np.intp] = np.flatnonzero(self._seen) if only_seen else np.arange(len(self._rows))
        found = nearest(self._model.embed(questions), self._vectors[places])
        return [self._nearness(one.distance, int(places[one.known])) for one in found]

    def _nearness(self, distance: float, place: int) -> Nearness:
        row = self._rows[place]
        return Nearness(distance, row["text"], row["topic"], bool(row["seen"]))


_TEXTS = """
    WITH asked AS (
        SELECT facts.statement, min(pairs.question) AS question, max(pairs.seen) AS seen,
            documents.root || '/' || documents.path AS topic
        FROM pairs
        JOIN facts ON facts.id = pairs.fact
        JOIN documents ON documents.id = pairs.document
        WHERE pairs.kept AND pairs.split = 'train' GROUP BY facts.id
    )
    SELECT statement AS text, topic, seen FROM asked UNION ALL SELECT question, topic, seen FROM asked
    ORDER BY topic, text
"""
