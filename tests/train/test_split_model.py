"""A model in parts says what the whole says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlx.core as mx
import pytest
from mlx import nn

from curatord.train.split_model import SplitModel
from tests.train.tiny import FACTS, load_tiny

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("shared", [0, 5])
def test_the_parts_together_give_the_logits_of_the_whole(tiny_directory: Path, layers: int, shared: int) -> None:
    """Below the cut, above it, and the head at chosen positions; with tokens that all rows begin with, and without."""
    tiny = load_tiny(tiny_directory, lora={"layers": layers, "rank": 4})
    tokens = mx.array([row.tokens[:30] for row in tiny.rows(FACTS[:3])])
    positions = mx.array([0, 7, 26, 60])
    arrays = {"tokens": tokens[:, shared:], "positions": positions}
    if shared:
        arrays["prefix"] = tokens[0, :shared]

    logits = tiny.split.upper(arrays | tiny.split.lower(arrays))

    whole = tiny.model(tokens)[:, shared:].reshape(3 * (30 - shared), -1)[positions]
    assert mx.allclose(logits, whole, atol=1e-5)
    assert tiny.split.fit(tokens[:1])
    assert tiny.split.shares_prefix


def test_the_model_is_whole_again_after_each_part(tiny_directory: Path) -> None:
    """Stand-ins leave no trace, so that saving and serving see the model as it is."""
    tiny = load_tiny(tiny_directory)
    tokens = mx.array([tiny.rows(FACTS[:1])[0].tokens])
    before, names = tiny.model(tokens), [name for name, _ in tiny.model.named_modules()]

    arrays = {"tokens": tokens, "positions": mx.array([0])}
    tiny.split.upper(arrays | tiny.split.lower(arrays))

    assert [name for name, _ in tiny.model.named_modules()] == names
    assert mx.array_equal(tiny.model(tokens), before)


def test_a_model_that_works_between_its_layers_is_not_cut(tiny_directory: Path) -> None:
    """Were the parts to differ from the whole, another model would be trained."""
    tiny = load_tiny(tiny_directory)
    tiny.model.model = _Halving(tiny.model.model)
    split = SplitModel(tiny.model, 1)
    tokens, positions = mx.array([tiny.rows(FACTS[:1])[0].tokens]), mx.array([3, 5])

    assert not split.fit(tokens)

    arrays = {"tokens": tokens, "positions": positions}
    assert (split.lower(arrays), split.shares_prefix) == ({}, False)
    assert mx.allclose(split.upper(arrays), tiny.model(tokens)[0, positions], atol=1e-5)


class _Halving(nn.Module):  # type: ignore[misc]  # mlx.nn has no types
    """A stack that does something to the hidden states between its layers."""

    def __init__(self, stack: nn.Module) -> None:
        super().__init__()
        self.embed_tokens, self.layers, self.norm = stack.embed_tokens, stack.layers, stack.norm

    def __call__(self, tokens: mx.array, *_: object) -> mx.array:
        states: mx.array = self.embed_tokens(tokens)
        for layer in self.layers:
            states = layer(states, "causal", None) * 0.5
        normed: mx.array = self.norm(states)
        return normed
