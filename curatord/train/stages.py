"""The two stages of a run: their batches, their courses and their objectives, from the rows and the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.train.batches import Batch, batch_at, plan
from curatord.train.dpo import PreferenceObjective, PreferenceRow, stacked
from curatord.train.loop import Course
from curatord.train.material import Material
from curatord.train.sft import SupervisedObjective

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curatord.config import Dpo, Sft, Training
    from curatord.train.dataset import Dataset
    from curatord.train.material import Tools
    from curatord.train.rows import TokenRow

SMALLEST_BATCH = 64  # tokens


@dataclass(frozen=True, slots=True)
class StagePlan:
    """Batches of a stage, and how it is trained on them."""

    training: list[Batch]
    validation: list[Batch]
    replay: list[Batch]
    course: Course


@dataclass(frozen=True, slots=True)
class Plans:
    """Both stages; `dpo` is None where there is nothing to prefer, or the settings leave it out."""

    sft: StagePlan
    dpo: StagePlan | None


def plan_stages(data: Dataset, settings: Training, seed: int, shrink: int) -> Plans:
    """Return the plans; each `shrink` halves the batches and doubles how many make a step."""
    return Plans(_plan_sft(data, settings, seed, shrink), plan_preferences(data, settings, seed, shrink))


def supervised(stage: StagePlan, data: Dataset, settings: Training, seed: int, tools: Tools) -> SupervisedObjective:
    """Return the objective of SFT; the model's LoRA updates must still be zero."""

    def material(name: str, batches: list[Batch], rows: Sequence[TokenRow]) -> Material:
        return Material(name, batches, lambda entries: [rows[entry] for entry in entries], tools)

    return SupervisedObjective(
        tools.split,
        material("sft-train", stage.training, data.sft_train),
        material("sft-valid", stage.validation, data.sft_valid),
        material("replay", stage.replay, data.replay),
        kl=settings.replay.kl,
        word_dropout=settings.sft.word_dropout,
        seed=seed,
        cache=tools.cache,
    )


def preference(stage: StagePlan, data: Dataset, settings: Dpo, tools: Tools, name: str = "dpo") -> PreferenceObjective:
    """Return the objective of DPO; the model must hold what is to be its reference.

    What frozen layers make of the rows is kept under `name`: other rows need another one.
    """

    def material(name: str, batches: list[Batch], rows: Sequence[PreferenceRow]) -> Material:
        return Material(name, batches, lambda entries: stacked([rows[entry] for entry in entries]), tools)

    return PreferenceObjective(
        tools.split,
        material(f"{name}-train", stage.training, data.preference_train),
        material(f"{name}-valid", stage.validation, data.preference_valid),
        settings,
        used=(batch_at(turn, len(stage.training), stage.course.seed) for turn in range(stage.course.turns)),
    )


def _plan_sft(data: Dataset, settings: Training, seed: int, shrink: int) -> StagePlan:
    budget = _budget(settings.sft.batch_tokens, shrink)
    share = settings.replay.share
    training = _batches(data.sft_train, budget, seed)
    beside = max(SMALLEST_BATCH, round(budget * share / (1 - share)))
    return StagePlan(
        training=training,
        validation=_batches(data.sft_valid, budget, seed),
        replay=_batches(data.replay, beside, seed) if settings.replay.kl > 0 else [],
        course=_course(settings, settings.sft, len(training), settings.sft.accumulate << shrink, seed),
    )


def plan_preferences(data: Dataset, settings: Training, seed: int, shrink: int) -> StagePlan | None:
    """Return the plan of DPO, None where the settings leave it out or there is nothing to prefer."""
    if not (settings.dpo.enabled and data.preference_train):
        return None
    budget = _budget(settings.dpo.batch_tokens, shrink)
    training, validation = (
        plan([row.length for row in rows], budget, seed, rows_each=2)
        for rows in (data.preference_train, data.preference_valid)
    )
    return StagePlan(training, validation, [], _course(settings, settings.dpo, len(training), 1 << shrink, seed))


def _course(settings: Training, stage: Sft | Dpo, batches: int, accumulate: int, seed: int) -> Course:
    turns = batches * stage.epochs
    return Course(
        turns=min(turns, stage.max_steps * accumulate) if stage.max_steps else turns,
        accumulate=accumulate,
        peak=stage.learning_rate,
        warmup=stage.warmup,
        weight_decay=getattr(stage, "weight_decay", 0.0),
        max_norm=settings.max_gradient_norm,
        seed=seed,
        validate_every=settings.validate_every,
        checkpoint_every=settings.checkpoint_every,
        patience=getattr(stage, "patience", 0),
    )


def _batches(rows: Sequence[TokenRow], budget: int, seed: int) -> list[Batch]:
    return plan([len(row.tokens) for row in rows], budget, seed)


def _budget(tokens: int, shrink: int) -> int:
    return max(SMALLEST_BATCH, tokens >> shrink)
