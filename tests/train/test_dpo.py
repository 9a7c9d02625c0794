"""Preference optimization on a tiny model: what the reference is, and what happens from step 0 on."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import pytest

from curatord.train import lora, stages
from curatord.train.loop import Loop
from tests.train.tiny import Recorder, Tiny, first_moment, load_tiny

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.train.dpo import PreferenceObjective
    from curatord.train.loop import Course


def _trained(directory: Path, dtype: mx.Dtype, **changes: Any) -> Tiny:  # noqa: ANN401  as TOML has it
    """Return a model whose LoRA updates are not zero, as SFT leaves it."""
    tiny = load_tiny(directory, dtype, **changes)
    mx.random.seed(9)
    lora.restore(
        tiny.model,
        {name: leaf + 0.05 * mx.random.normal(leaf.shape) for name, leaf in lora.trainable(tiny.model).items()},
    )
    return tiny


def _objective(tiny: Tiny, place: Path) -> tuple[PreferenceObjective, Course]:
    data = tiny.data()
    plan = stages.plan_stages(data, tiny.settings, seed=3, shrink=0).dpo
    assert plan is not None
    return stages.preference(plan, data, tiny.settings.dpo, tiny.tools(place)), plan.course


@pytest.mark.parametrize("dtype", [mx.float16, mx.bfloat16, mx.float32])
def test_at_step_0_the_loss_is_log_2_and_the_margin_0(tiny_directory: Path, tmp_path: Path, dtype: mx.Dtype) -> None:
    """The reference is the model as SFT left it, by the same code path, on every type of base."""
    objective, course = _objective(tiny := _trained(tiny_directory, dtype), tmp_path)
    recorder = Recorder(pause_after=1)
    Loop(tiny.model, objective, course, recorder).run(first_moment(tiny.model))
    first = recorder.steps[0].score
    assert first.loss == pytest.approx(log(2), abs=1e-4)
    assert first.figures["margin"] == pytest.approx(0.0, abs=2e-3)


def test_the_reference_stays_while_the_policy_moves(tiny_directory: Path, tmp_path: Path) -> None:
    """The margin grows and the loss falls below log 2: a reference that moved along would leave it there."""
    tiny = _trained(tiny_directory, mx.float32, dpo={"batch_tokens": 512, "learning_rate": 0.01, "epochs": 4})
    objective, course = _objective(tiny, tmp_path)
    recorder = Recorder()
    Loop(tiny.model, objective, course, recorder).run(first_moment(tiny.model))
    last = [report.score for report in recorder.steps[-3:]]
    assert all(score.loss < 0.9 * log(2) for score in last)
    assert all(score.figures["margin"] > 1 for score in last)
    assert {name.rpartition(".")[2] for name in lora.trainable(tiny.model)} == {"lora_a", "lora_b"}


def test_log_probabilities_are_those_of_the_answer_and_its_end_of_turn(tiny_directory: Path, tmp_path: Path) -> None:
    """Summed in float32 over what comes after the prompt, as a plain forward pass gives them."""
    tiny = _trained(tiny_directory, mx.float32)
    objective, _ = _objective(tiny, tmp_path)
    rows = tiny.data().preference_train
    work = objective.work(0, 0)
    assert work.arrays is not None
    entries = stages.plan_stages(tiny.data(), tiny.settings, seed=3, shrink=0).dpo
    assert entries is not None
    pairs = [rows[entry] for entry in entries.training[0].rows]
    for number, row in enumerate([pair.chosen for pair in pairs] + [pair.rejected for pair in pairs]):
        logits = tiny.model(mx.array([row.tokens]))[0, row.answer - 1 : -1]
        wanted = mx.array(row.tokens[row.answer :])
        expected = (mx.take_along_axis(logits, wanted[:, None], axis=1)[:, 0] - mx.logsumexp(logits, axis=1)).sum()
        assert work.arrays["reference"][number].item() == pytest.approx(expected.item(), abs=1e-3)


@pytest.mark.parametrize("loss", ["sigmoid", "ipo", "hinge"])
def test_every_loss_trains(tiny_directory: Path, tmp_path: Path, loss: str) -> None:
    """Each makes the chosen answers more likely than the rejected ones, compared with before."""
    settings = {"batch_tokens": 512, "learning_rate": 0.01, "epochs": 2, "loss": loss, "label_smoothing": 0.1}
    tiny = _trained(tiny_directory, mx.float32, dpo=settings)
    objective, course = _objective(tiny, tmp_path)
    recorder = Recorder()
    Loop(tiny.model, objective, course, recorder).run(first_moment(tiny.model))
    assert recorder.steps[-1].score.figures["margin"] > 0
    assert recorder.steps[-1].score.loss < recorder.steps[0].score.loss
