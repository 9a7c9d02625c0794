"""Keys and values of a beginning that all rows share, so that it is computed once and not once per row.

Every prompt begins with the same system text: a quarter of all tokens, where questions are short. The two classes take
the place of `mlx_lm.models.cache.KVCache`, one per layer; unlike it they change nothing in place, so that gradients
pass through them.
"""

from __future__ import annotations

import mlx.core as mx
from mlx_lm.models.cache import create_attention_mask

Mask = mx.array | str | None


class Recording:
    """Keeps what one layer computes of the beginning: keys and values (1, H, P, D)."""

    offset = 0

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self.kept: tuple[mx.array, mx.array] | None = None

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        """Keep keys and values, and return them."""
        self.kept = keys, values
        return keys, values

    def make_mask(self, length: int, *, return_array: bool = False, window_size: int | None = None) -> Mask:
        """Return the causal mask for the first tokens of all."""
        return _mask(length, 0, return_array, window_size)


class Following:
    """Puts the beginning in front of what one layer computes of the rows that follow it."""

    def __init__(self, recording: Recording, offset: int) -> None:
        """Follow what was recorded of `offset` tokens."""
        self.offset = offset
        self._recording = recording

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        """Return keys and values of beginning and row: (B, H, P + T, D)."""
        if self._recording.kept is None:  # a layer that a stand-in takes the place of computes nothing
            return keys, values
        before = self._recording.kept
        return _joined(before[0], keys), _joined(before[1], values)

    def make_mask(self, length: int, *, return_array: bool = False, window_size: int | None = None) -> Mask:
        """Return the causal mask for tokens that come after the beginning."""
        return _mask(length, self.offset, return_array, window_size)


def _joined(before: mx.array, after: mx.array) -> mx.array:
    return mx.concatenate([mx.broadcast_to(before, (after.shape[0], *before.shape[1:])), after], axis=2)


def _mask(length: int, offset: int, return_array: bool, window_size: int | None) -> Mask:
    mask: Mask = create_attention_mask(length, offset=offset, return_array=return_array, window_size=window_size)
    return mask
