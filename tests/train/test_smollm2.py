"""What must hold in training, on the built-in model in every type of weights."""

from __future__ import annotations

from math import isfinite, log
from typing import TYPE_CHECKING

import mlx.core as mx
import pytest
from mlx.utils import tree_flatten

from curatord.config import Training
from curatord.train import base_model, lora, stages
from curatord.train.activations import Activations
from curatord.train.dataset import Dataset
from curatord.train.dpo import PreferenceRow
from curatord.train.loop import Loop
from curatord.train.material import Tools
from curatord.train.rows import Encoder
from curatord.train.split_model import SplitModel
from tests.train.tiny import FACTS, SYSTEM, Recorder, first_moment

if TYPE_CHECKING:
    from pathlib import Path

    from mlx import nn

TYPES = {"4-bit": None, "float16": mx.float16, "bfloat16": mx.bfloat16, "float32": mx.float32}
SETTINGS = Training.model_validate(
    {
        "lora": {"layers": 1, "rank": 4},
        "sft": {"max_steps": 2, "batch_tokens": 128, "patience": 0, "warmup": 0.0},
        "dpo": {"max_steps": 1, "batch_tokens": 128, "learning_rate": 1e-3},
        "replay": {"kl": 0.0},
    }
)


def _load(models: Path, kind: str) -> tuple[nn.Module, Encoder]:
    base = base_model.resolve("smollm2-135m", models)
    model, tokenizer = base_model.load(base, dtype=None if kind == "4-bit" else "float32")
    # Three of its blocks: without a GPU, products of other types than float32 take minutes.
    model.model.layers = model.model.layers[-3:]
    if TYPES[kind] is not None:
        model.set_dtype(TYPES[kind])
    return model, Encoder(tokenizer, system=SYSTEM, max_tokens=256)


def _data(encoder: Encoder) -> Dataset:
    rows = [encoder.row(*fact) for fact in FACTS[:3]]
    vague = [encoder.row(question, "It does some things.") for question, _ in FACTS[:3]]
    kept = [row for row in rows if row is not None]
    pairs = [PreferenceRow(good, bad) for good, bad in zip(rows, vague, strict=True) if good and bad]
    return Dataset(kept[:2], kept[2:], pairs[:2], pairs[2:], [], 0)


@pytest.mark.parametrize("kind", list(TYPES))
def test_sft_and_dpo_hold_their_rules_on_every_type_of_weights(models: Path, tmp_path: Path, kind: str) -> None:
    """Only LoRA leaves are trained, in float32; loss and weights stay finite; DPO begins at log 2 with margin 0."""
    model, encoder = _load(models, kind)
    lora.attach(model, SETTINGS.lora, seed=1)
    frozen = {name: mx.array(leaf) for name, leaf in _frozen(model).items()}
    split = SplitModel(model, SETTINGS.lora.layers)
    assert split.fit(mx.array([encoder.prompt("What is it?")]))
    tools = Tools(split, Activations(tmp_path, memory_mb=64, disk_mb=0), prefix=encoder.prefix)
    data = _data(encoder)
    plans = stages.plan_stages(data, SETTINGS, seed=0, shrink=0)

    sft, moment = Recorder(), first_moment(model)
    Loop(model, stages.supervised(plans.sft, data, SETTINGS, 0, tools), plans.sft.course, sft).run(moment)
    assert len(sft.losses) == 2
    assert all(isfinite(report.score.loss) and isfinite(report.norm) for report in sft.steps)
    assert sft.validations[-1][1].loss < sft.validations[0][1].loss

    assert plans.dpo is not None
    dpo, moment = Recorder(), first_moment(model)
    Loop(model, stages.preference(plans.dpo, data, SETTINGS.dpo, tools), plans.dpo.course, dpo).run(moment)
    assert dpo.losses[0] == pytest.approx(log(2), abs=1e-3)
    assert dpo.steps[0].score.figures["margin"] == pytest.approx(0.0, abs=1e-3)

    lora.check_trainable(model)
    assert {leaf.dtype for leaf in lora.trainable(model).values()} == {mx.float32}
    assert all(mx.isfinite(leaf).all().item() for leaf in moment.weights.values())
    after = _frozen(model)
    assert all(mx.array_equal(after[name], leaf).item() for name, leaf in frozen.items())


def _frozen(model: nn.Module) -> dict[str, mx.array]:
    trained = lora.trainable(model)
    return {name: leaf for name, leaf in tree_flatten(model.parameters()) if name not in trained}
