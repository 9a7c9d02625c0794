"""The model that training starts from: found by its name, checked before hours are spent on it, loaded.

A name is "smollm2-135m" (built in), the path of an MLX model directory, or a Hugging Face id. What cannot be trained is
told as a BaseModelError with what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curatord.train import embedded, hub
from curatord.train.model_files import (
    CONFIG,
    BaseModelError,
    combined,
    count_weights,
    file_digests,
    model_digest,
    read_json,
    tensors,
)

if TYPE_CHECKING:
    from mlx import nn

__all__ = ["BaseModel", "BaseModelError", "Source", "load", "parameters", "resolve", "verify"]


class Source(StrEnum):
    """Where a base model came from."""

    EMBEDDED = "embedded"
    DIRECTORY = "directory"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A base model on disk.

    `path` is a directory that `mlx_lm.load` takes; `sha256` stands for its weights, configuration and tokenizer.
    """

    name: str
    path: Path
    sha256: str
    source: Source


def resolve(base: str, models: Path) -> BaseModel:
    """Return the model of that name, fetched or converted into `models` first where that is needed.

    Raises BaseModelError where it is missing, damaged, without a chat template, or of an unknown architecture.
    """
    path, source = locate(base, models)
    check(path)
    return BaseModel(base, path, model_digest(path, models), source)


def verify(base: str, models: Path) -> BaseModel:
    """Return the model of that name after reading every byte of it; nothing is fetched.

    Raises BaseModelError as `resolve` does, and where the built-in model is not as its conversion left it.
    """
    if base == embedded.NAME:
        path, source = models / base, Source.EMBEDDED
        if (problem := embedded.problem(path)) is not None:
            raise BaseModelError(f"The base model {path} is not right: {problem}.", hint="Run `curatord model fetch`.")
    elif not Path(base).expanduser().is_dir() and (cached := hub.cached(base)) is not None:
        path, source = cached, Source.HUB
    else:
        path, source = existing_directory(base), Source.DIRECTORY
    check(path)
    return BaseModel(base, path, combined(file_digests(path)), source)


def locate(base: str, models: Path) -> tuple[Path, Source]:
    """Return the directory of a model, unchecked, and where it came from."""
    if base == embedded.NAME:
        directory = models / embedded.NAME
        return (directory if embedded.looks_converted(directory) else embedded.fetch(models)), Source.EMBEDDED
    if not Path(base).expanduser().is_dir() and hub.is_hub_id(base):
        return hub.fetch(base), Source.HUB
    return existing_directory(base), Source.DIRECTORY


def existing_directory(base: str) -> Path:
    """Return the directory of that name as an absolute path; raise BaseModelError where there is none."""
    directory = Path(base).expanduser()
    if directory.is_dir():
        return directory.absolute()
    hint = f'Set [training] base to "{embedded.NAME}", an MLX model directory, or a Hugging Face id.'
    raise BaseModelError(f"There is no base model {base}.", hint=hint)


def check(directory: Path) -> None:
    """Raise BaseModelError where a model directory cannot be trained from, as far as its files tell."""
    kind = read_json(directory / CONFIG).get("model_type")
    tensors(directory)
    from mlx_lm.utils import MODEL_REMAPPING  # noqa: PLC0415  a second that other commands need not spend

    module = MODEL_REMAPPING.get(kind, kind)
    if not isinstance(module, str) or find_spec(f"mlx_lm.models.{module}") is None:
        raise _unknown_architecture(directory, str(kind))
    if not _tokenizer(directory).has_chat_template:
        raise BaseModelError(
            f"The base model {directory} has no chat template.",
            hint="Choose a model made for conversation: their names often end in Instruct or it.",
        )


def parameters(base: BaseModel) -> int:
    """Return the number of a model's weights, quantized ones counted singly."""
    return count_weights(base.path)


def load(base: BaseModel, *, dtype: str | None = None) -> tuple[nn.Module, Any]:
    """Return the model, frozen, and mlx_lm's tokenizer for it.

    With `dtype` "float32" all weights are made float32, dequantized first where they are quantized; with None they stay
    as they are. Raises BaseModelError where mlx_lm cannot build the model, or it has no layers that LoRA fits.
    """
    import mlx_lm  # noqa: PLC0415  a second that other commands need not spend

    try:
        model, tokenizer = mlx_lm.load(str(base.path))
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        hint = "Fetch the model again, or choose another one."
        raise BaseModelError(f"The base model {base.name} cannot be loaded: {reason}.", hint=hint) from error
    if not _takes_lora(model):
        raise _unknown_architecture(base.path, str(getattr(model, "model_type", "")))
    model.freeze()
    return (_in_float32(model) if dtype == "float32" else model), tokenizer


def _tokenizer(directory: Path) -> Any:  # noqa: ANN401  mlx_lm has no types
    from mlx_lm.utils import load_tokenizer  # noqa: PLC0415  see above

    try:
        return load_tokenizer(directory)
    except Exception as error:  # the tokenizers library raises plain Exception
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise BaseModelError(
            f"The tokenizer of {directory} cannot be loaded: {reason}.", hint="Fetch the model again."
        ) from error


def _takes_lora(model: nn.Module) -> bool:
    """Tell whether `mlx_lm.tuner` finds linear layers in the model's blocks."""
    from mlx import nn  # noqa: PLC0415  see above
    from mlx_lm.models.switch_layers import QuantizedSwitchLinear, SwitchLinear  # noqa: PLC0415  see above

    kinds = (nn.Linear, nn.QuantizedLinear, SwitchLinear, QuantizedSwitchLinear)
    blocks = getattr(model, "layers", None) or []
    return any(isinstance(module, kinds) for block in blocks for module in block.modules())


def _in_float32(model: nn.Module) -> nn.Module:
    """Return the model with every floating-point weight in float32, computed from float32 scales."""
    import mlx.core as mx  # noqa: PLC0415  see above
    from mlx_lm.utils import dequantize_model  # noqa: PLC0415  see above

    model.set_dtype(mx.float32)
    model = dequantize_model(model)
    model.set_dtype(mx.float32)  # kinds of quantization without float scales dequantize to bfloat16
    model.freeze()
    mx.eval(model.parameters())
    return model


def _unknown_architecture(directory: Path, kind: str) -> BaseModelError:
    return BaseModelError(
        f"The base model {directory} is of an architecture that cannot be trained with LoRA here: {kind or 'unknown'}.",
        hint="Choose a model of an architecture that mlx_lm knows.",
    )
