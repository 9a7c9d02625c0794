"""LoRA layers on a frozen base model: attached, checked, switched off, saved as mlx_lm loads them.

Trainable are the LoRA leaves alone, in float32, on every base. In float16 Adam's epsilon of 1e-8 is zero, and the first
update of a parameter without a gradient is 0 / 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mlx.core as mx
import orjson
from mlx.utils import tree_flatten, tree_map, tree_unflatten
from mlx_lm.tuner.utils import linear_to_lora_layers

from curatord.errors import CuratordError
from curatord.train import tensor_file
from curatord.train.adapter_files import CONFIG, WEIGHTS

if TYPE_CHECKING:
    from pathlib import Path

    from mlx import nn

    from curatord.config import Lora

Weights = tensor_file.Arrays

_LEAVES = frozenset({"lora_a", "lora_b", "m"})  # m: DoRA's magnitudes


class AdapterError(CuratordError):
    """LoRA does not fit the base model."""


def attach(model: nn.Module, settings: Lora, seed: int) -> None:
    """Freeze a model and put fresh LoRA layers on its topmost blocks; B is zero, so the model answers as before.

    Raises AdapterError where the model has no such layers.
    """
    model.freeze()
    mx.random.seed(seed)
    try:
        linear_to_lora_layers(model, settings.layers, mlx_lm_parameters(settings), use_dora=settings.dora)
    except (ValueError, AttributeError) as error:
        raise AdapterError(f"LoRA does not fit this base model: {error}.", hint="Choose another base.") from error
    # mlx_lm makes DoRA's magnitudes in the type of the base
    model.update(tree_map(lambda leaf: leaf.astype(mx.float32), model.trainable_parameters()))
    check_trainable(model)


def check_trainable(model: nn.Module) -> None:
    """Raise AdapterError unless the trainable leaves are LoRA's, in float32, and there are some."""
    leaves = trainable(model)
    strange = [name for name, leaf in leaves.items() if _leaf(name) not in _LEAVES or leaf.dtype != mx.float32]
    if strange:
        raise AdapterError(f"{len(strange)} leaves would be trained that are not LoRA's in float32: {strange[0]}, ...")
    if not leaves:
        raise AdapterError(
            "No layer of the base model takes LoRA.",
            hint='Check [training.lora] targets; leave it empty for "every linear layer".',
        )


def trainable(model: nn.Module) -> Weights:
    """Return the trainable leaves by name, in a fixed order."""
    return dict(sorted(tree_flatten(model.trainable_parameters())))


def restore(model: nn.Module, weights: Weights) -> None:
    """Put saved leaves back into their places."""
    model.update(tree_unflatten(list(weights.items())))


def compute_dtype(model: nn.Module) -> str:
    """Return the type that the model computes in, such as "float16": that of its norms, which are never quantized."""
    kinds = [leaf.dtype for name, leaf in tree_flatten(model.parameters()) if _leaf(name) == "weight"]
    floating = [kind for kind in kinds if mx.issubdtype(kind, mx.floating)]
    return str(floating[-1]).removeprefix("mlx.core.")


def save(model: nn.Module, directory: Path, settings: Lora, about: dict[str, Any]) -> None:
    """Write `adapters.safetensors` and `adapter_config.json` as `mlx_lm.load(base, adapter_path=...)` takes them.

    `about` is kept in the configuration under "curatord".
    """
    directory.mkdir(parents=True, exist_ok=True)
    tensor_file.write(directory / WEIGHTS, trainable(model))
    config = {
        "fine_tune_type": "dora" if settings.dora else "lora",
        "num_layers": settings.layers,
        "lora_parameters": mlx_lm_parameters(settings),
        "curatord": about,
    }
    (directory / CONFIG).write_bytes(orjson.dumps(config, option=orjson.OPT_INDENT_2))


def saved(directory: Path) -> Weights:
    """Return the leaves of an adapter that `save` wrote."""
    return tensor_file.read(directory / WEIGHTS)


def matching(model: nn.Module, directory: Path, base_sha256: str) -> Weights:
    """Return the leaves of a kept adapter for a model with LoRA layers, at the strength the adapter has.

    The layers' scale stays as it is: what the adapter's differs is put into B. Raises AdapterError where the adapter
    was made for another base, or with other layers or another rank.
    """
    try:
        config = orjson.loads((directory / CONFIG).read_bytes())
        weights = saved(directory)
    except (OSError, ValueError, RuntimeError) as error:
        raise AdapterError(f"The adapter {directory.name} cannot be read.") from error
    if config.get("curatord", {}).get("base_sha256") != base_sha256:
        raise AdapterError(f"The adapter {directory.name} has another base.")
    mine = {name: leaf.shape for name, leaf in trainable(model).items()}
    if {name: leaf.shape for name, leaf in weights.items()} != mine:
        raise AdapterError(f"The adapter {directory.name} has other LoRA layers than the settings ask for.")
    scale = next(float(module.scale) for _, module in model.named_modules() if hasattr(module, "lora_b"))
    strength = config["lora_parameters"]["scale"] / scale
    return {name: leaf * strength if _leaf(name) == "lora_b" else leaf for name, leaf in weights.items()}


def mlx_lm_parameters(settings: Lora) -> dict[str, Any]:
    """Return the settings under mlx_lm's names."""
    parameters: dict[str, Any] = {"rank": settings.rank, "scale": settings.scale, "dropout": settings.dropout}
    return parameters | ({"keys": list(settings.targets)} if settings.targets else {})


def _leaf(name: str) -> str:
    return name.rpartition(".")[2]
