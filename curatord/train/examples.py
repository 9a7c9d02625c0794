"""Batches of token rows as arrays: what the model reads, and where and what it must say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import mlx.core as mx
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curatord.train.rows import TokenRow

POSITIONS_MULTIPLE = 32  # how many positions there are is rounded up to it: fewer shapes to compile for


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows of one width, padded on the right, where causal attention does not see the padding.

    `tokens` is (B, T) int32: what comes after the tokens that all rows begin with, `prefix` (P,), or all, where that is
    None. The N supervised places, padded with weightless ones, are told by `positions` (N,) int32, the numbers in the
    flattened batch of the tokens *before* those to be said; `targets` (N,) int32, the tokens to be said; `rows` (N,)
    int32, the row of each; `weights` (N,) float32, 1, or 0 for padding.
    """

    tokens: mx.array
    positions: mx.array
    targets: mx.array
    rows: mx.array
    weights: mx.array
    prefix: mx.array | None = None

    def named(self) -> dict[str, mx.array]:
        """Return the arrays under their names."""
        arrays = {
            "tokens": self.tokens,
            "positions": self.positions,
            "targets": self.targets,
            "rows": self.rows,
            "weights": self.weights,
        }
        return arrays if self.prefix is None else arrays | {"prefix": self.prefix}


def examples(rows: Sequence[TokenRow], width: int, prefix: tuple[int, ...] = ()) -> Examples:
    """Return the arrays of some rows, none longer than `width`; the prefix is split off where all begin with it."""
    shared = len(prefix) if all(row.tokens[: len(prefix)] == prefix for row in rows) else 0
    width -= shared
    tokens = np.zeros((len(rows), width), dtype=np.int32)
    for number, row in enumerate(rows):
        tokens[number, : len(row.tokens) - shared] = row.tokens[shared:]
    positions = np.concatenate([_positions(number, row, width, shared) for number, row in enumerate(rows)])
    missing = -len(positions) % POSITIONS_MULTIPLE
    padded = np.pad(positions, (0, missing))
    return Examples(
        tokens=mx.array(tokens),
        positions=mx.array(padded),
        targets=mx.array(tokens.reshape(-1)[padded + 1]),
        rows=mx.array(padded // width),
        weights=mx.array(np.pad(np.ones(len(positions), dtype=np.float32), (0, missing))),
        prefix=mx.array(np.array(prefix, dtype=np.int32)) if shared else None,
    )


def _positions(number: int, row: TokenRow, width: int, shared: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    start = number * width + row.answer - shared - 1
    return np.arange(start, start + row.supervised, dtype=np.int32)
