"""Which rows are trained on together: batches of like length within a budget of tokens.

A batch keeps its rows for the whole run; only the order of the batches changes from epoch to epoch. So what the frozen
layers make of a batch can be kept, and is the same to the last bit wherever it is computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MULTIPLE = 8  # widths are rounded up to it: fewer shapes to compile for


@dataclass(frozen=True, slots=True)
class Batch:
    """Row numbers of one batch, and how many tokens wide it is, padding included."""

    rows: tuple[int, ...]
    width: int


def plan(lengths: Sequence[int], budget: int, seed: int, rows_each: int = 1) -> list[Batch]:
    """Divide rows of the given lengths among batches of at most `budget` tokens, padding included.

    A row longer than the budget has a batch of its own. `rows_each` is how many token rows each entry stands for (2 for
    a preference pair). Among rows of one padded width chance decides which come together, so that the phrasings of a
    fact, which are of like length, are spread. A function of its arguments.
    """
    padded = [-(-length // MULTIPLE) * MULTIPLE for length in lengths]
    order = sorted(range(len(lengths)), key=lambda row: (padded[row], _chance(seed, row)))
    batches: list[Batch] = []
    together: list[int] = []
    for row in order:
        if together and (len(together) + 1) * rows_each * padded[row] > budget:
            batches.append(Batch(tuple(together), padded[together[-1]]))
            together = []
        together.append(row)
    if together:
        batches.append(Batch(tuple(together), padded[together[-1]]))
    return batches


@lru_cache(maxsize=8)
def epoch_order(count: int, seed: int, epoch: int) -> tuple[int, ...]:
    """Return the numbers of `count` batches in the order in which an epoch takes them."""
    order = list(range(count))
    Random(f"{seed}/{epoch}").shuffle(order)  # noqa: S311  repeatable, not secret
    return tuple(order)


def batch_at(turn: int, count: int, seed: int) -> int:
    """Return the number of the batch whose turn it is, counted from 0 over all epochs."""
    epoch, place = divmod(turn, count)
    return epoch_order(count, seed, epoch)[place]


def waste(batches: Sequence[Batch], lengths: Sequence[int]) -> float:
    """Return the share of all tokens in the batches that is padding."""
    total = sum(batch.width * len(batch.rows) for batch in batches)
    return 1 - sum(lengths[row] for batch in batches for row in batch.rows) / total if total else 0.0


def _chance(seed: int, row: int) -> bytes:
    return blake2b(f"{seed}/{row}".encode(), digest_size=8).digest()
