"""LoRA layers: what is trained, in which type, and what mlx_lm makes of the saved adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mlx.core as mx
import mlx_lm
import pytest
from mlx import nn
from mlx.optimizers import Adam
from mlx.utils import tree_flatten

from curatord.config import Lora
from curatord.train import lora
from tests.train.tiny import FACTS, load_tiny

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("dtype", [mx.float16, mx.bfloat16, mx.float32])
@pytest.mark.parametrize("dora", [False, True])
def test_trainable_are_the_lora_leaves_in_float32(tiny_directory: Path, dtype: mx.Dtype, dora: bool) -> None:
    """On every base, with LoRA and with DoRA; the rest is frozen."""
    tiny = load_tiny(tiny_directory, dtype, lora={"layers": 1, "rank": 4, "dora": dora})
    leaves = lora.trainable(tiny.model)
    assert {name.rpartition(".")[2] for name in leaves} == {"lora_a", "lora_b"} | ({"m"} if dora else set())
    assert {leaf.dtype for leaf in leaves.values()} == {mx.float32}
    assert all(name.startswith("model.layers.1.") for name in leaves)


def test_a_quantized_base_keeps_its_weights_and_trains_lora_in_float32(tiny_directory: Path) -> None:
    """Quantized layers freeze only what they own; norms and biases must be frozen besides."""
    model, _ = mlx_lm.load(str(tiny_directory))
    model.set_dtype(mx.float16)
    nn.quantize(model, group_size=32, bits=4)
    lora.attach(model, Lora(layers=1, rank=4), seed=0)
    assert {leaf.dtype for leaf in lora.trainable(model).values()} == {mx.float32}


def test_a_leaf_that_is_not_loras_is_refused(tiny_directory: Path) -> None:
    """`mlx_lm`'s own loader leaves the norms trainable; nothing may be trained by accident."""
    tiny = load_tiny(tiny_directory)
    tiny.model.model.norm.unfreeze()
    with pytest.raises(lora.AdapterError, match=r"model\.norm\.weight"):
        lora.check_trainable(tiny.model)


def test_targets_that_are_nowhere_are_refused_with_advice(tiny_directory: Path) -> None:
    """A misspelt layer would train nothing, silently."""
    with pytest.raises(lora.AdapterError, match=r"targets"):
        load_tiny(tiny_directory, lora={"layers": 1, "rank": 4, "targets": ["self_attn.query"]})


def test_a_fresh_adapter_changes_nothing(tiny_directory: Path) -> None:
    """B is zero: the model starts as its base."""
    base, _ = mlx_lm.load(str(tiny_directory))
    tiny = load_tiny(tiny_directory)
    tokens = mx.array([tiny.rows(FACTS[:1])[0].tokens])
    assert mx.allclose(tiny.model(tokens), base(tokens), atol=1e-6)


def test_a_saved_adapter_loads_in_plain_mlx_lm_and_changes_the_logits(tiny_directory: Path, tmp_path: Path) -> None:
    """The files are mlx_lm's own format: nothing of curatord's is needed to use them."""
    tiny = load_tiny(tiny_directory, lora={"layers": 2, "rank": 3, "scale": 1.5})
    weights = {name: leaf + 0.1 for name, leaf in lora.trainable(tiny.model).items()}
    lora.restore(tiny.model, weights)

    lora.save(tiny.model, tmp_path / "adapter", tiny.settings.lora, {"run": "r"})

    loaded, _ = mlx_lm.load(str(tiny_directory), adapter_path=str(tmp_path / "adapter"))
    base, _ = mlx_lm.load(str(tiny_directory))
    tokens = mx.array([tiny.rows(FACTS[:1])[0].tokens])
    assert mx.allclose(loaded(tokens), tiny.model(tokens), atol=1e-5)
    assert not mx.allclose(loaded(tokens), base(tokens), atol=1e-2)


def _losses(model: nn.Module, steps: int, tokens: mx.array) -> list[float]:
    """Train whatever is trainable with Adam as MLX has it by default."""
    optimizer = Adam(1e-3)

    def loss(model: nn.Module) -> Any:  # noqa: ANN401  an array
        return nn.losses.cross_entropy(model(tokens[:, :-1]).astype(mx.float32), tokens[:, 1:]).mean()

    found = []
    for _ in range(steps):
        value, gradient = nn.value_and_grad(model, loss)(model)
        optimizer.update(model, gradient)
        mx.eval(model.parameters(), optimizer.state)
        found.append(value.item())
    return found


def test_float16_leaves_become_nan_after_one_step_as_is_known(tiny_directory: Path) -> None:
    """Adam's epsilon of 1e-8 is zero in float16: a parameter with a tiny gradient is updated by 0 / 0.

    That is what happens where LoRA is put on a model that was not frozen first.
    """
    from mlx_lm.tuner.utils import linear_to_lora_layers  # noqa: PLC0415  the reproduction alone needs it

    model, tokenizer = mlx_lm.load(str(tiny_directory))
    model.set_dtype(mx.float16)
    linear_to_lora_layers(model, 1, {"rank": 4, "scale": 20.0, "dropout": 0.0})
    tokens = mx.array([tokenizer.encode(FACTS[0][0])])
    losses = _losses(model, 3, tokens)
    assert mx.isfinite(mx.array(losses[0])).item()
    assert not mx.isfinite(mx.array(losses[1:])).any().item()


def test_the_same_base_trains_soundly_when_lora_alone_is_trainable(tiny_directory: Path) -> None:
    """The same float16 base and the same optimizer."""
    tiny = load_tiny(tiny_directory, mx.float16)
    tokens = mx.array([tiny.tokenizer.encode(FACTS[0][0])])
    losses = _losses(tiny.model, 5, tokens)
    assert mx.isfinite(mx.array(losses)).all().item()
    assert losses[-1] < losses[0]
    assert all(mx.isfinite(leaf).all().item() for _, leaf in tree_flatten(tiny.model.parameters()))
