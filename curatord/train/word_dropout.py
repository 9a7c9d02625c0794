"""Words of a question that are hidden while its answer is learned: the answer must be reached from those that are left.

Whole hidden states are set to zero below the lowest trained layer, as word dropout does with embeddings (Iyyer et al.,
2015, Deep Unordered Composition Rivals Syntactic Methods, section 3.2). A model that has seen a fact from few wordings
otherwise learns the wordings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlx.core as mx

if TYPE_CHECKING:
    from curatord.train.tensor_file import Arrays

# Tokens before the one that predicts an answer: in ChatML "<|im_end|>", a new line and the head of the next turn.
_TURN_ENDS = 4


def without_some_words(arrays: Arrays, share: float) -> Arrays:
    """Return a batch's arrays in which a `share` of the question tokens, drawn anew each time, has zeros as `states`.

    `states` (B, T, D) keeps its type; answers, padding and the end of the question's turn stay. Arrays without `states`
    have no frozen layer below and are returned as they are.
    """
    if share == 0 or "states" not in arrays:
        return arrays
    dropped = _in_question(arrays) & mx.random.bernoulli(share, arrays["tokens"].shape)
    states = arrays["states"]
    return arrays | {"states": mx.where(dropped[..., None], mx.zeros((), states.dtype), states)}


def _in_question(arrays: Arrays) -> mx.array:
    """Return which tokens (B, T) come before the answer of their row and its turn."""
    rows, length = arrays["tokens"].shape
    answers = (arrays["rows"][None] == mx.arange(rows)[:, None]) & (arrays["weights"][None] > 0)
    first = mx.where(answers, arrays["positions"][None] % length, length).min(axis=-1)
    return mx.arange(length)[None] < first[:, None] - _TURN_ENDS
