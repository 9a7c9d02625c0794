"""What a check does in a process of its own, because MLX ends the process in which it fails.

`python -m curatord.doctor.child base-model NAME MODELS` and `... training-step SECONDS` print a JSON object and exit
with 0, also where something is wrong.
"""

from __future__ import annotations

import json
import math
import platform
import sys
import time
from pathlib import Path
from typing import Any

from curatord.errors import CuratordError

_VOCABULARY = 512
_SIZE = 1024  # of the square matrices that are multiplied: large enough for BLAS to show what it can
_MULTIPLICATIONS = 8


def base_model(name: str, models: str) -> dict[str, Any]:
    """Verify a base model and tell its digest and size."""
    from curatord.train.base_model import verify  # noqa: PLC0415  the training libraries, which the other work may lack
    from curatord.train.model_files import model_files  # noqa: PLC0415  see above

    found = verify(name, Path(models))
    size = sum(file.stat().st_size for file in model_files(found.path))
    return {"path": str(found.path), "sha256": found.sha256, "bytes": size}


def training_step(seconds: str) -> dict[str, Any]:
    """Train a tiny model of random weights for some seconds, by LoRA as in earnest."""
    import mlx.core as mx  # noqa: PLC0415  see above
    from mlx import nn, optimizers  # noqa: PLC0415  see above
    from mlx_lm.models.llama import Model, ModelArgs  # noqa: PLC0415  see above

    from curatord.config import Lora  # noqa: PLC0415  see above
    from curatord.train import backend, lora  # noqa: PLC0415  see above

    backend.choose_compilation()
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    model = Model(ModelArgs(model_type="llama", vocab_size=_VOCABULARY, rms_norm_eps=1e-5, **shape))
    lora.attach(model, Lora(rank=8, layers=2), seed=0)
    tokens = mx.random.randint(0, _VOCABULARY, (4, 33), key=mx.random.key(0))

    def loss_of(trained: nn.Module) -> Any:  # noqa: ANN401  MLX has no types
        return nn.losses.cross_entropy(trained(tokens[:, :-1]), tokens[:, 1:]).mean()

    step, optimizer = nn.value_and_grad(model, loss_of), optimizers.AdamW(learning_rate=1e-2)
    losses: list[float] = []
    began = time.monotonic()
    while not losses or time.monotonic() - began < float(seconds):
        loss, gradients = step(model)
        optimizer.update(model, gradients)
        mx.eval(model.parameters(), optimizer.state)
        losses.append(float(loss.item()))
    return {
        "device": "GPU" if backend.has_accelerator() else "CPU",
        "processor": platform.machine(),
        "mlx": backend.versions()["mlx"],
        "steps": len(losses),
        "seconds": round(time.monotonic() - began, 2),
        "first_loss": losses[0],
        "last_loss": losses[-1],
        "finite": all(map(math.isfinite, losses)),
        "gigaflops": round(_gigaflops(), 1),
    }


def _gigaflops() -> float:
    """Return how many thousand million operations a second a product of float32 matrices takes."""
    import mlx.core as mx  # noqa: PLC0415  see above

    matrix = mx.random.normal((_SIZE, _SIZE), key=mx.random.key(0)) / math.sqrt(_SIZE)
    mx.eval(matrix @ matrix)
    best = math.inf
    for _ in range(_MULTIPLICATIONS):
        began = time.perf_counter()
        mx.eval(matrix @ matrix)
        best = min(best, time.perf_counter() - began)
        if best > 1 / _MULTIPLICATIONS:  # slow as it is, it need not be shown again
            break
    return 2 * _SIZE**3 / best / 1e9


def main() -> None:
    """Do what the command line says."""
    name, *arguments = sys.argv[1:]
    try:
        result = base_model(*arguments) if name == "base-model" else training_step(*arguments)
    except CuratordError as error:
        result = {"error": error.message, "hint": error.hint}
    print(json.dumps(result))  # noqa: T201  this is the answer to who started the process


if __name__ == "__main__":
    main()
