"""The model that finds what a text means: a vector for each of its tokens, and how much each of them counts.

People ask in words that no note has: "who looks after the pumps" for "Owner: Dana Voss". This is all-MiniLM-L6-v2,
whatever base is trained, with LoRA of its own and a projection. They come with curatord (`meaning.safetensors`, 2 MB)
and were fitted to questions about invented worlds, as `tests/bench/meaning.py` does it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

import mlx.core as mx
import numpy as np
from mlx import nn
from mlx.utils import tree_unflatten

from curatord.exam import minilm
from curatord.exam.meaning import DIMENSIONS, NOTHING, Meaning
from curatord.train import tensor_file
from curatord.train.model_files import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.exam.minilm import MiniLM, Vocabulary

RANK, SCALE = 16, 2.0
MOST_TOKENS = 72
FILE = Path(__file__).with_name("meaning.safetensors")
_BATCH = 64
_EPSILON = 1e-5
_BARE = 2  # tokens of a text without any: the first and the last, which every text has


class MeaningModel(nn.Module):  # type: ignore[misc]
    """MiniLM with LoRA, a projection (384, 128) and a gate (384,); its `name` is the hash of its weights."""

    def __init__(self, encoder: MiniLM, vocabulary: Vocabulary) -> None:
        """Put fresh LoRA layers on the encoder."""
        super().__init__()
        encoder.add_lora(RANK, SCALE)
        self.encoder = encoder
        self.projection = mx.random.normal((minilm.WIDTH, DIMENSIONS)) / minilm.WIDTH**0.5
        self.gate = mx.zeros((minilm.WIDTH,))
        self._vocabulary = vocabulary
        self.name = ""

    @classmethod
    def load(cls) -> Self:
        """Return the model that comes with curatord; raise BaseModelError where the encoder below it is missing."""
        model = cls(*minilm.load())
        model.update(tree_unflatten([(name, leaf.astype(mx.float32)) for name, leaf in tensor_file.read(FILE).items()]))
        model.eval()
        model.name = sha256_of(FILE)
        return model

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text, as many as are looked at, between the two that are around every text."""
        return [minilm.BEGINNING, *self._vocabulary.tokens(text)[:MOST_TOKENS], minilm.SEPARATOR]

    def __call__(self, tokens: mx.array, lengths: mx.array) -> tuple[mx.array, mx.array]:
        """Return vectors (B, T, 128) and weights (B, T) of padded rows (B, T); the weights of padding are 0."""
        states = self.encoder(tokens, lengths)
        vectors = states @ self.projection
        vectors = vectors * mx.rsqrt(mx.maximum((vectors * vectors).sum(-1, keepdims=True), _EPSILON**2))
        there = mx.arange(tokens.shape[1]) < lengths[:, None]
        weights = mx.softmax(mx.where(there, states @ self.gate, -mx.inf), axis=-1)
        return vectors, weights

    def meanings(self, texts: Sequence[str]) -> list[Meaning]:
        """Return what each text means; one without tokens means nothing."""
        rows = [self.tokens(text) for text in texts]
        found = [NOTHING] * len(rows)
        for places in _batches(rows):
            batch = [rows[place] for place in places]
            vectors, weights = (np.array(one) for one in self(*minilm.padded(batch)))
            for number, (place, row) in enumerate(zip(places, batch, strict=True)):
                found[place] = Meaning(vectors[number, : len(row)], weights[number, : len(row)])
        return found


def _batches(rows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the places of rows that have tokens, those of like length together."""
    order = sorted((place for place, row in enumerate(rows) if len(row) > _BARE), key=lambda place: len(rows[place]))
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]
