"""A tiny model with random weights, and rows for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import mlx_lm
from mlx import nn

from curatord.config import Training
from curatord.train import lora
from curatord.train.activations import Activations
from curatord.train.dataset import Dataset
from curatord.train.dpo import PreferenceRow
from curatord.train.loop import Moment, Position, StepReport
from curatord.train.material import Tools
from curatord.train.rows import Encoder, TokenRow
from curatord.train.split_model import SplitModel

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.train.objective import Score

SYSTEM = "Answer from the notes."
FACTS = [
    (f"What does flag {number} of the backup tool do?", f"Flag {number} limits it to {number * 10 + 3} kB/s.")
    for number in range(24)
]
SETTINGS: dict[str, Any] = {
    "lora": {"layers": 1, "rank": 4},
    "sft": {"epochs": 2, "ways": 6, "batch_tokens": 256, "learning_rate": 0.01, "word_dropout": 0.0},
    "dpo": {"batch_tokens": 512, "learning_rate": 0.01},
    "replay": {"kl": 0.0},
    "validate_every": 4,
    "checkpoint_every": 4,
}


@dataclass(frozen=True)
class Tiny:
    """The model with LoRA on its upper layer, as settings ask for."""

    settings: Training
    model: nn.Module
    tokenizer: Any
    encoder: Encoder
    split: SplitModel

    def tools(self, place: Path, *, memory_mb: int = 64) -> Tools:
        """Return what a stage computes with; activations that memory does not hold are computed again."""
        return Tools(self.split, Activations(place, memory_mb=memory_mb, disk_mb=0), prefix=self.encoder.prefix)

    def rows(self, facts: list[tuple[str, str]]) -> list[TokenRow]:
        """Return the token rows of questions and answers."""
        return self.encoder.rows(facts)[0]

    def data(self) -> Dataset:
        """Return rows for every purpose."""
        rows = self.rows(FACTS)
        others = [*rows[1:], rows[0]]
        vague = self.rows([(question, "It does some things with some tool.") for question, _ in FACTS])
        pairs = [PreferenceRow(chosen, rejected) for chosen, rejected in zip(rows, vague, strict=True)]
        return Dataset(rows[:20], rows[20:], pairs[:20], pairs[20:], others[:4], 0)


def load_tiny(directory: Path, dtype: mx.Dtype = mx.float32, **changes: Any) -> Tiny:  # noqa: ANN401  as TOML has it
    """Return the model with fresh LoRA layers; `changes` are to the settings."""
    settings = Training.model_validate(SETTINGS | changes)
    model, tokenizer = mlx_lm.load(str(directory))
    model.set_dtype(dtype)
    lora.attach(model, settings.lora, seed=1)
    encoder = Encoder(tokenizer, system=SYSTEM, max_tokens=256)
    return Tiny(settings, model, tokenizer, encoder, SplitModel(model, settings.lora.layers))


def first_moment(model: nn.Module) -> Moment:
    """Return the start of a stage."""
    weights = lora.trainable(model)
    return Moment(Position(), weights, weights, {})


class Recorder:
    """Remembers what a loop tells, and asks it to pause after some steps."""

    def __init__(self, pause_after: int | None = None) -> None:
        self.steps: list[StepReport] = []
        self.validations: list[tuple[int, Score]] = []
        self.skips: list[int] = []
        self.kept: list[Moment] = []
        self._pause_after = pause_after

    def stepped(self, report: StepReport) -> None:
        """Remember a step."""
        self.steps.append(report)

    def validated(self, step: int, score: Score) -> None:
        """Remember a validation."""
        self.validations.append((step, score))

    def skipped(self, step: int) -> None:
        """Remember a step left out."""
        self.skips.append(step)

    def keep(self, moment: Moment) -> None:
        """Remember a checkpoint."""
        self.kept.append(moment)

    def must_pause(self) -> bool:
        """Whether as many steps were made as asked for."""
        return self._pause_after is not None and len(self.steps) >= self._pause_after

    @property
    def losses(self) -> list[float]:
        """The loss of each step."""
        return [report.score.loss for report in self.steps]
