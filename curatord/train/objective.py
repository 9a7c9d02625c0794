"""What a stage of training minimizes, as the loop sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import mlx.core as mx

    from curatord.train.run_events import Trained
    from curatord.train.tensor_file import Arrays


@dataclass(frozen=True, slots=True)
class Work:
    """One batch, ready for the model: its arrays, how much its sums are to be divided by, how many tokens it holds.

    `arrays` is None where no row of the batch falls to this process.
    """

    arrays: Arrays | None
    weight: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Score:
    """Means over some rows: the loss, and other figures by name."""

    loss: float
    figures: dict[str, float] = field(default_factory=dict)


class Objective(Protocol):
    """A loss over batches; sums, not means, so that they add up over batches and machines."""

    stage: Trained
    figures: tuple[str, ...]

    @property
    def batches(self) -> int:
        """How many training batches an epoch has."""

    @property
    def validation_batches(self) -> int:
        """How many validation batches there are."""

    def work(self, batch: int, turn: int) -> Work:
        """Return a training batch; `turn` counts all batches of the stage from 0, for what runs beside them."""

    def validation_work(self, batch: int) -> Work:
        """Return a validation batch."""

    def sums(self, arrays: Arrays) -> tuple[mx.array, mx.array]:
        """Return the sum of the loss to descend, and the sums to report: the loss and the figures (1 + F,)."""
