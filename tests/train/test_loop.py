"""The training loop on a tiny model: what it does to the weights, when it ends, and how it goes on after a pause."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import numpy as np
import pytest

from curatord.train import checkpoint, lora, stages
from curatord.train.checkpoint import Checkpoint
from curatord.train.loop import Course, DivergedError, Loop, Moment
from curatord.train.run_events import Stage
from curatord.train.split_model import SplitModel
from tests.train.tiny import SETTINGS, Recorder, Tiny, first_moment, load_tiny

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.train.objective import Objective
    from curatord.train.tensor_file import Arrays


def _objective(tiny: Tiny, place: Path, *, memory_mb: int = 64) -> tuple[Objective, Course]:
    data = tiny.data()
    plan = stages.plan_stages(data, tiny.settings, seed=3, shrink=0).sft
    return stages.supervised(plan, data, tiny.settings, 3, tiny.tools(place, memory_mb=memory_mb)), plan.course


def _train(
    directory: Path,
    place: Path,
    *,
    pause_after: int | None = None,
    **changes: Any,  # noqa: ANN401  as TOML has it
) -> tuple[Moment, Recorder]:
    tiny = load_tiny(directory, **changes)
    objective, course = _objective(tiny, place)
    moment, recorder = first_moment(tiny.model), Recorder(pause_after)
    Loop(tiny.model, objective, course, recorder).run(moment)
    return moment, recorder


def _same(left: dict[str, mx.array], right: dict[str, mx.array]) -> bool:
    return left.keys() == right.keys() and all(mx.array_equal(left[name], right[name]).item() for name in left)


def test_the_loss_falls_and_only_lora_changes(tiny_directory: Path, tmp_path: Path) -> None:
    """Twenty answers in two epochs; the base model's own weights stay to the last bit."""
    tiny = load_tiny(tiny_directory)
    base = {name: leaf for name, leaf in _leaves(tiny) if name not in lora.trainable(tiny.model)}
    objective, course = _objective(tiny, tmp_path)
    recorder = Recorder()

    assert Loop(tiny.model, objective, course, recorder).run(first_moment(tiny.model))

    assert recorder.losses[-1] < recorder.losses[0] - 0.2
    assert len(recorder.losses) == course.steps
    assert _same(base, {name: leaf for name, leaf in _leaves(tiny) if name in base})
    lora.check_trainable(tiny.model)


def _leaves(tiny: Tiny) -> list[tuple[str, mx.array]]:
    from mlx.utils import tree_flatten  # noqa: PLC0415

    return list(tree_flatten(tiny.model.parameters()))


@pytest.mark.parametrize("pause_after", [1, 3, 4, 7])
def test_a_run_that_was_paused_ends_with_the_same_bits(tiny_directory: Path, tmp_path: Path, pause_after: int) -> None:
    """Weights, optimizer and losses of a run that goes on from disk equal those of one that was left alone."""
    changes: dict[str, Any] = {
        "lora": {"layers": 1, "rank": 4, "dropout": 0.3},
        "sft": SETTINGS["sft"] | {"word_dropout": 0.3},
    }
    whole, undisturbed = _train(tiny_directory, tmp_path, **changes)
    half, before = _train(tiny_directory, tmp_path, pause_after=pause_after, **changes)
    checkpoint.save(tmp_path, Checkpoint(Stage.SFT, half))

    loaded = checkpoint.load_last(tmp_path)
    assert loaded is not None
    tiny = load_tiny(tiny_directory, **changes)
    objective, course = _objective(tiny, tmp_path)
    after = Recorder()
    assert Loop(tiny.model, objective, course, after).run(loaded.moment)

    assert before.losses + after.losses == undisturbed.losses
    assert loaded.moment.position == whole.position
    assert _same(loaded.moment.weights, whole.weights)
    assert _same(lora.trainable(tiny.model), whole.best)


def test_kept_activations_change_no_bit(tiny_directory: Path, tmp_path: Path) -> None:
    """Computed once or in every epoch, the hidden states below the cut are the same."""
    found = []
    for memory_mb in (64, 0):
        tiny = load_tiny(tiny_directory)
        objective, course = _objective(tiny, tmp_path, memory_mb=memory_mb)
        moment = first_moment(tiny.model)
        Loop(tiny.model, objective, course, Recorder()).run(moment)
        found.append(moment.weights)
    assert _same(*found)


def test_a_prefix_computed_once_gives_the_losses_of_one_computed_for_every_row(
    tiny_directory: Path, tmp_path: Path
) -> None:
    """But for rounding."""
    found = []
    for shared in (True, False):
        tiny = load_tiny(tiny_directory)
        data = tiny.data()
        plan = stages.plan_stages(data, tiny.settings, seed=3, shrink=0).sft
        tools = tiny.tools(tmp_path)
        tools = tools if shared else replace(tools, prefix=())
        recorder = Recorder()
        objective = stages.supervised(plan, data, tiny.settings, 3, tools)
        assert ("prefix" in (objective.work(0, 0).arrays or {})) is shared
        Loop(tiny.model, objective, plan.course, recorder).run(first_moment(tiny.model))
        found.append(recorder.losses)
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_recomputed_activations_change_no_bit(tiny_directory: Path, tmp_path: Path) -> None:
    """Gradient checkpointing costs time, not accuracy."""
    found = []
    for recompute in (False, True):
        tiny = load_tiny(tiny_directory, lora={"layers": 2, "rank": 4})
        split = SplitModel(tiny.model, 2, recompute=recompute)
        data = tiny.data()
        plan = stages.plan_stages(data, tiny.settings, seed=3, shrink=0).sft
        course = plan.course
        tools = replace(tiny.tools(tmp_path), split=split, prefix=())
        objective = stages.supervised(plan, data, tiny.settings, 3, tools)
        moment = first_moment(tiny.model)
        Loop(tiny.model, objective, course, Recorder()).run(moment)
        found.append(moment.weights)
    assert _same(*found)


def test_a_limit_of_steps_is_kept(tiny_directory: Path, tmp_path: Path) -> None:
    """A short trial ends after as many optimizer steps as asked for."""
    sft = {"epochs": 9, "batch_tokens": 256, "max_steps": 3, "accumulate": 2}
    moment, _ = _train(tiny_directory, tmp_path, sft=sft)
    assert moment.position.step == 3


def test_accumulated_batches_weigh_each_token_the_same(tiny_directory: Path, tmp_path: Path) -> None:
    """One step over all batches of an epoch follows the gradient of the mean over all its tokens."""
    tiny = load_tiny(tiny_directory)
    objective, course = _objective(tiny, tmp_path)
    recorder = Recorder()
    once = replace(course, turns=objective.batches, accumulate=objective.batches, max_norm=1e9)
    Loop(tiny.model, objective, once, recorder).run(first_moment(tiny.model))

    fresh = load_tiny(tiny_directory)
    rows = fresh.data().sft_train
    each = [fresh.model(mx.array([row.tokens]))[0, row.answer - 1 : -1].astype(mx.float32) for row in rows]
    targets = [mx.array(row.tokens[row.answer :]) for row in rows]
    total = sum(-(log_p(logits, wanted)).sum().item() for logits, wanted in zip(each, targets, strict=True))
    assert recorder.losses == [pytest.approx(total / sum(row.supervised for row in rows), rel=1e-5)]


def log_p(logits: mx.array, wanted: mx.array) -> mx.array:
    """Return the log-probability of each wanted token."""
    chosen = mx.take_along_axis(logits, wanted[:, None], axis=1)[:, 0]
    return chosen - mx.logsumexp(logits, axis=1)


def test_training_stops_when_validation_no_longer_gets_better(tiny_directory: Path, tmp_path: Path) -> None:
    """With a rate that spoils everything, the best weights are those of the start."""
    sft = {"epochs": 20, "batch_tokens": 256, "learning_rate": 1.0, "patience": 2, "warmup": 0.0}
    moment, recorder = _train(tiny_directory, tmp_path, sft=sft)
    assert moment.position.step < 20 * 10
    assert moment.position.waited == 2
    losses = [score.loss for _, score in recorder.validations]
    assert moment.position.best_loss == min(losses)


def test_the_model_ends_with_the_weights_of_the_best_validation(tiny_directory: Path, tmp_path: Path) -> None:
    """Not with the last ones."""
    tiny = load_tiny(tiny_directory, sft={"epochs": 6, "batch_tokens": 256, "learning_rate": 0.3, "warmup": 0.0})
    objective, course = _objective(tiny, tmp_path)
    moment = first_moment(tiny.model)
    Loop(tiny.model, objective, course, Recorder()).run(moment)
    assert _same(lora.trainable(tiny.model), moment.best)


def test_a_gradient_that_is_no_number_never_reaches_the_weights(tiny_directory: Path, tmp_path: Path) -> None:
    """One such step is left out and told; three on end give training up, with the weights as they were."""
    tiny = load_tiny(tiny_directory)
    objective, course = _objective(tiny, tmp_path)
    poisoned = _Poisoned(objective, {2})
    recorder, moment = Recorder(), first_moment(tiny.model)
    Loop(tiny.model, poisoned, course, recorder).run(moment)
    assert recorder.skips == [3]
    assert all(mx.isfinite(leaf).all().item() for leaf in moment.weights.values())

    moment = first_moment(load_tiny(tiny_directory).model)
    with pytest.raises(DivergedError, match=r"3 steps on end.*step 3.*learning rate"):
        Loop(tiny.model, _Poisoned(objective, {0, 1, 2}), course, Recorder()).run(moment)
    assert all(mx.isfinite(leaf).all().item() for leaf in moment.weights.values())


class _Poisoned:
    """An objective whose loss is not a number at some turns."""

    def __init__(self, objective: Objective, turns: set[int]) -> None:
        self._objective = objective
        self._turns = turns

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  as the objective has it
        return getattr(self._objective, name)

    def work(self, batch: int, turn: int) -> Any:  # noqa: ANN401  Work
        work = self._objective.work(batch, turn)
        factor = mx.array(float("nan") if turn in self._turns else 1.0)
        return replace(work, arrays=(work.arrays or {}) | {"factor": factor})

    def sums(self, arrays: Arrays) -> tuple[mx.array, mx.array]:
        loss, reported = self._objective.sums(arrays)
        return loss * arrays.get("factor", mx.array(1.0)), reported


def _divergence(tiny: Tiny, base: Tiny) -> float:
    """Return the mean KL divergence from a base to a trained model over the answers of the replay rows."""
    found = []
    for row in tiny.data().replay:
        logits = [each.model(mx.array([row.tokens]))[0, row.answer - 1 : -1] for each in (base, tiny)]
        reference, policy = (each - mx.logsumexp(each, axis=-1, keepdims=True) for each in logits)
        found.append((mx.exp(reference) * (reference - policy)).sum(axis=-1).mean())
    return float(np.array(found).mean())


def test_replay_keeps_the_model_near_its_base(tiny_directory: Path, tmp_path: Path) -> None:
    """With a divergence term the model says nearly what the base says on the replay rows; without it does not."""
    divergences = []
    for kl in (0.0, 20.0):
        tiny = load_tiny(tiny_directory, replay={"share": 0.5, "kl": kl})
        objective, course = _objective(tiny, tmp_path)
        Loop(tiny.model, objective, replace(course, patience=0), Recorder()).run(first_moment(tiny.model))
        divergences.append(_divergence(tiny, load_tiny(tiny_directory)))
    without, with_term = divergences
    assert with_term < 0.5 * without


def test_the_divergence_is_zero_before_the_first_step(tiny_directory: Path, tmp_path: Path) -> None:
    """The reference is the base itself, so the loss to descend is the answers' alone, and so is the one reported."""
    tiny = load_tiny(tiny_directory, replay={"share": 0.5, "kl": 3.0})
    objective, _ = _objective(tiny, tmp_path)
    work = objective.work(0, 0)
    assert work.arrays is not None
    assert "replay_tokens" in work.arrays
    descended, reported = objective.sums(work.arrays)
    assert descended.item() == pytest.approx(reported[0].item(), rel=1e-5)
