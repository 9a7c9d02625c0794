"""all-MiniLM-L6-v2, a sentence encoder of 23 million parameters, in MLX.

A BERT (arXiv:1810.04805) of six layers, distilled as in MiniLM (arXiv:2002.10957) and taught by the project
sentence-transformers on a billion pairs of sentences that belong together. `minilm_files` tells where its weights are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlx.core as mx
from mlx import nn
from mlx.utils import tree_unflatten
from mlx_lm.tuner.lora import LoRALinear
from tokenizers import Tokenizer

from curatord.exam import minilm_files
from curatord.train import tensor_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LAYERS, WIDTH, HEADS = 6, 384, 12
BEGINNING, SEPARATOR = 101, 102  # [CLS] and [SEP]
_EPSILON = 1e-12
_NAMES = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "gather",
    "attention.output.LayerNorm": "gather_norm",
    "intermediate.dense": "widen",
    "output.dense": "narrow",
    "output.LayerNorm": "narrow_norm",
}
_LINEAR = ("query", "key", "value", "gather", "widen", "narrow")


class Layer(nn.Module):  # type: ignore[misc]
    """Attention over a whole text, in both directions, and a perceptron; each is normed after it is added."""

    def __init__(self) -> None:
        """Make a layer whose weights are still to come."""
        super().__init__()
        self.query, self.key, self.value, self.gather = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.widen, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.gather_norm, self.narrow_norm = (nn.LayerNorm(WIDTH, eps=_EPSILON) for _ in range(2))

    def __call__(self, states: mx.array, mask: mx.array) -> mx.array:
        """Return the states (B, T, 384) that follow; `mask` (B, 1, 1, T) is True where there is a token."""
        rows, length, width = states.shape
        query, key, value = (
            linear(states).reshape(rows, length, HEADS, -1).transpose(0, 2, 1, 3)
            for linear in (self.query, self.key, self.value)
        )
        attended = mx.fast.scaled_dot_product_attention(query, key, value, scale=(width // HEADS) ** -0.5, mask=mask)
        states = self.gather_norm(states + self.gather(attended.transpose(0, 2, 1, 3).reshape(rows, length, width)))
        result: mx.array = self.narrow_norm(states + self.narrow(nn.gelu(self.widen(states))))
        return result


class MiniLM(nn.Module):  # type: ignore[misc]
    """The encoder: a state for each token."""

    def __init__(self, *, tokens: int = 30522, places: int = 512) -> None:
        """Make a model whose weights are still to come."""
        super().__init__()
        self.words, self.places, self.kinds = (nn.Embedding(count, WIDTH) for count in (tokens, places, 2))
        self.norm = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.layers = [Layer() for _ in range(LAYERS)]

    def __call__(self, tokens: mx.array, lengths: mx.array, kinds: mx.array | None = None) -> mx.array:
        """Return states (B, T, 384) float32 of padded rows of tokens (B, T).

        `kinds` (B, T) tells the second of two texts (1) from the first (0).
        """
        places = mx.arange(tokens.shape[1])
        mask = (places < lengths[:, None])[:, None, None, :]
        of_kind = self.kinds(mx.zeros_like(tokens) if kinds is None else kinds)
        states: mx.array = self.norm(self.words(tokens) + self.places(places) + of_kind)
        for layer in self.layers:
            states = layer(states, mask)
        return states

    def add_lora(self, rank: int, scale: float) -> None:
        """Freeze everything but the embedding of kinds, and put fresh LoRA layers beside every linear one."""
        self.freeze()
        self.kinds.unfreeze()
        for layer in self.layers:
            for name in _LINEAR:
                setattr(layer, name, LoRALinear.from_base(getattr(layer, name), r=rank, scale=scale))


class Vocabulary:
    """The tokenizer of the encoder: pieces of words, all in small letters."""

    def __init__(self, file: Path) -> None:
        """Read the file of the package."""
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text, without those that stand around it."""
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found


def load() -> tuple[MiniLM, Vocabulary]:
    """Return the model and its vocabulary; raise BaseModelError where no package has them."""
    package = minilm_files.directory()
    model = MiniLM()
    own = ((_renamed(name), leaf) for name, leaf in tensor_file.read(package / minilm_files.WEIGHTS).items())
    model.update(tree_unflatten([(name, leaf) for name, leaf in own if name]))
    return model, Vocabulary(package / minilm_files.VOCABULARY)


def padded(rows: Sequence[Sequence[int]]) -> tuple[mx.array, mx.array]:
    """Return rows of tokens as one array (B, T), filled up with zeros, and their lengths (B,)."""
    longest = max(map(len, rows))
    return mx.array([[*row, *[0] * (longest - len(row))] for row in rows]), mx.array([len(row) for row in rows])


def _renamed(name: str) -> str | None:
    """Return what a tensor is called here; None for one that is not needed."""
    if name.startswith("encoder.layer."):
        number, part = name.removeprefix("encoder.layer.").split(".", 1)
        module, kind = part.rsplit(".", 1)
        return f"layers.{number}.{_NAMES[module]}.{kind}"
    embeddings = {
        "embeddings.word_embeddings.weight": "words.weight",
        "embeddings.position_embeddings.weight": "places.weight",
        "embeddings.token_type_embeddings.weight": "kinds.weight",
        "embeddings.LayerNorm.weight": "norm.weight",
        "embeddings.LayerNorm.bias": "norm.bias",
    }
    return embeddings.get(name)
