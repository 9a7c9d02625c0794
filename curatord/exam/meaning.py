"""The meanings of texts as numbers, how they are compared, and how those of all facts are kept.

Two texts are compared token by token (late interaction: ColBERT, arXiv:2004.12832): each token of the question counts
with its nearest token of the other text. Here it also has a weight, so that "which" does not count as "pumps" does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DIMENSIONS = 128
_STEPS = 127.0  # of an int8
_TOGETHER = 2048  # facts that are made float32 at a time


@dataclass(frozen=True, slots=True)
class Meaning:
    """A text of T tokens: `vectors` (T, 128) float32 of length 1, and their `weights` (T,) float32, which sum to 1."""

    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]


NOTHING = Meaning(np.zeros((0, DIMENSIONS), np.float32), np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class Meanings:
    """The vectors of all facts behind one another: (N, 128) int8; `ends` (facts,) int32 are where each one's end.

    `encoder` names what made them: only what it has made of a question can be compared with them.
    """

    vectors: NDArray[np.int8]
    ends: NDArray[np.int32]
    encoder: str = ""

    @classmethod
    def from_bytes(cls, data: bytes) -> Meanings:
        """Return what `to_bytes` gave; raise ValueError for anything else."""
        try:
            arrays = load(data)
            found = cls(arrays["vectors"], arrays["ends"], arrays["encoder"].tobytes().decode())
        except (SafetensorError, KeyError) as error:
            raise ValueError(str(error)) from error
        if found.vectors.ndim != 2 or found.ends.ndim != 1 or found.ends.max(initial=0) != len(found.vectors):
            raise ValueError("vectors and ends do not fit")
        return found

    def to_bytes(self) -> bytes:
        """Return the content of a safetensors file."""
        encoder = np.frombuffer(self.encoder.encode(), np.uint8)
        data: bytes = save({"vectors": self.vectors, "ends": self.ends, "encoder": encoder})
        return data

    @classmethod
    def of(cls, meanings: Sequence[Meaning], encoder: str = "") -> Meanings:
        """Put the meanings of facts together that an encoder has found."""
        whole = np.concatenate([np.zeros((0, DIMENSIONS), np.float32), *(one.vectors for one in meanings)])
        ends = np.cumsum([len(one.vectors) for one in meanings], dtype=np.int32)
        return cls(np.rint(whole * _STEPS).astype(np.int8), ends, encoder)

    def only(self, fact: int) -> Meanings:
        """Return the meaning of one of the facts."""
        first = int(self.ends[fact - 1]) if fact else 0
        vectors = self.vectors[first : self.ends[fact]]
        return Meanings(vectors, np.array([len(vectors)], np.int32), self.encoder)

    def likeness(self, questions: Sequence[Meaning]) -> NDArray[np.float32]:
        """Return how like each question is to each fact, (questions, facts) in [-1, 1].

        Each token of a question counts with the nearest one of the fact.
        """
        found = np.full((len(questions), len(self.ends)), -1.0, np.float32)
        starts = np.concatenate([np.zeros(1, np.int32), self.ends[:-1]])
        with_tokens = np.flatnonzero(self.ends > starts)
        for some in np.split(with_tokens, range(_TOGETHER, len(with_tokens), _TOGETHER)):
            if len(some):
                first = starts[some[0]]
                facts = self.vectors[first : self.ends[some[-1]]].astype(np.float32) / np.float32(_STEPS)
                for row, question in enumerate(questions):
                    if len(question.vectors):
                        cosines = question.vectors @ facts.T
                        found[row, some] = question.weights @ np.maximum.reduceat(cosines, starts[some] - first, axis=1)
        return found
