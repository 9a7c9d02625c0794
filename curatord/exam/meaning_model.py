"""The model that finds what a text means: a vector for each of its tokens, and how much each of them counts.

People ask in words that no note has: "who looks after the pumps" for "Owner: Dana Voss". This is the lower part of the
built-in model, whatever base is trained, with LoRA of its own and a projection. They come with curatord
(`meaning.safetensors`, 4 MB) and were fitted to questions about invented worlds, by `tests/bench/meaning.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import mlx.core as mx
import numpy as np
from mlx import nn
from mlx.utils import tree_unflatten
from mlx_lm.tuner.utils import linear_to_lora_layers

from curatord.exam.meaning import DIMENSIONS, NOTHING, Meaning
from curatord.train import backend, base_model, embedded, tensor_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BLOCKS, RANK, SCALE = 12, 16, 2.0
MOST_TOKENS = 48
FILE = Path(__file__).with_name("meaning.safetensors")
_BEGINNING = 1  # <|im_start|>: the first token draws attention to itself, whatever it is, and says nothing
_BATCH = 64
_EPSILON = 1e-5


class MeaningModel(nn.Module):  # type: ignore[misc]
    """The lower blocks of the built-in model with LoRA, a projection (D, 128) and a gate (D,)."""

    def __init__(self, model: Any, tokenizer: Any) -> None:  # noqa: ANN401  mlx_lm has no types
        """Take the model cut down to its lower blocks, and put fresh LoRA layers on them."""
        super().__init__()
        model.model.norm.weight = mx.ones_like(model.model.norm.weight)
        model.freeze()
        linear_to_lora_layers(model, BLOCKS, {"rank": RANK, "scale": SCALE, "dropout": 0.0})
        self.blocks = model.model
        width = self.blocks.norm.weight.shape[0]
        self.projection = mx.random.normal((width, DIMENSIONS)) / width**0.5
        self.gate = mx.zeros((width,))
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, models: Path) -> Self:
        """Return the model that comes with curatord, on the built-in model of a directory of models.

        Raises BaseModelError where the built-in model is not there.
        """
        base = base_model.resolve(embedded.NAME, models)
        dtype = backend.dtype_for(base_model.parameters(base))
        model = cls(*base_model.load(base, dtype=dtype, blocks=BLOCKS))
        model.update(tree_unflatten([(name, leaf.astype(mx.float32)) for name, leaf in tensor_file.read(FILE).items()]))
        model.eval()
        return model

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text, as many as are looked at, behind the one that every text begins with."""
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return [_BEGINNING, *found[:MOST_TOKENS]]

    def __call__(self, tokens: mx.array, lengths: mx.array) -> tuple[mx.array, mx.array]:
        """Return vectors (B, T, 128) and weights (B, T) of padded rows (B, T); the weights of padding are 0."""
        places = mx.arange(tokens.shape[1])
        counts = (places > 0) & (places < lengths[:, None])
        states = self.blocks(tokens).astype(mx.float32)
        vectors = states @ self.projection
        vectors = vectors * mx.rsqrt(mx.maximum((vectors * vectors).sum(-1, keepdims=True), _EPSILON**2))
        weights = mx.softmax(mx.where(counts, states @ self.gate, -mx.inf), axis=-1)
        return vectors, weights

    def meanings(self, texts: Sequence[str]) -> list[Meaning]:
        """Return what each text means; one without tokens means nothing."""
        rows = [self.tokens(text) for text in texts]
        found = [NOTHING] * len(rows)
        for places in _batches(rows):
            batch = [rows[place] for place in places]
            vectors, weights = (np.array(one) for one in self(*padded(batch)))
            for number, (place, row) in enumerate(zip(places, batch, strict=True)):
                found[place] = Meaning(vectors[number, 1 : len(row)], weights[number, 1 : len(row)])
        return found


def padded(rows: Sequence[Sequence[int]]) -> tuple[mx.array, mx.array]:
    """Return rows of tokens as one array (B, T), filled up with zeros, and their lengths (B,)."""
    longest = max(map(len, rows))
    return mx.array([[*row, *[0] * (longest - len(row))] for row in rows]), mx.array([len(row) for row in rows])


def _batches(rows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the places of rows that have tokens, those of like length together."""
    order = sorted((place for place, row in enumerate(rows) if len(row) > 1), key=lambda place: len(rows[place]))
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]
