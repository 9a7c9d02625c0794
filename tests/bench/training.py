"""Training side by side: ours, `mlx_lm lora` as it is shipped, and `mlx_lm lora` given float32 weights and OpenBLAS.

The same rows, base model, LoRA settings, epochs and kind of optimizer; each in a process of its own. Tokens are
supervised ones: answers and their end of turn. `mlx_lm lora` as shipped makes a few steps only: it takes minutes for
what the others do in seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import mlx_lm
import orjson

from curatord.config import Training
from curatord.store.splits import Part
from curatord.train.draw import draw
from curatord.train.environment import training_environment
from curatord.train.rows import Encoder
from curatord.train.run_directory import Request, new_run
from curatord.train.run_events import Stage, StageBegan, Step, Validation, read_events
from curatord.train.snapshot import open_snapshot
from curatord.train.wording import brief

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from curatord.train.run_directory import RunDirectory
    from curatord.train.run_events import Event

SYSTEM = "Answer from what you know of the user's notes."
EPOCHS, LAYERS, RANK, SCALE, RATE = 3, 8, 16, 2.0, 1e-3
SHIPPED_STEPS = 2
VALID_SHARE = 0.5
# What MLX's own process needs to make float32 weights of a 4-bit model, and to save them.
_WIDEN = """
import sys; from pathlib import Path
from curatord.train import base_model
from mlx_lm.utils import save
base = base_model.resolve(sys.argv[1], Path(sys.argv[2]))
model, tokenizer = base_model.load(base, dtype="float32")
config = __import__("json").loads((base.path / "config.json").read_text())
config.pop("quantization", None); config.pop("quantization_config", None)
save(Path(sys.argv[3]), base.path, model, tokenizer, config)
"""
# `mlx_lm lora` with the callback that its command line has no option for: it prints its reports as JSON.
_MLX_LM = """
import json, sys, types
import numpy as np
from mlx_lm import load, lora
from mlx_lm.tuner.callbacks import TrainingCallback
class Report(TrainingCallback):
    def on_train_loss_report(self, info): print("REPORT", json.dumps({"train": info}), flush=True)
    def on_val_loss_report(self, info): print("REPORT", json.dumps({"valid": info}), flush=True)
args = types.SimpleNamespace(**{**lora.CONFIG_DEFAULTS, **json.loads(sys.argv[1])})
np.random.seed(args.seed)
model, tokenizer = load(args.model)
train_set, valid_set, _ = lora.load_dataset(args, tokenizer)
lora.train_model(args, model, train_set, valid_set, Report())
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One way to train: supervised tokens a second, peak memory in MiB, the last validation loss."""

    tokens_per_second: float
    memory_mb: float
    validation_loss: float


def training(directory: Path, store: Path, models: Path) -> dict[str, float]:
    """Compare three ways to train on all pairs of a store."""
    fast = training_environment(os.environ)
    run = _new_run(directory, store, models)
    memory = _peak_memory([sys.executable, "-m", "curatord.train", str(run.path)], fast)
    events = read_events(run.events).events
    ours = Measured(_tokens_per_second(run, events), memory, _last_validation(events, Stage.SFT))

    data, rows = _data(run, directory / "data")
    steps = next(event.steps for event in events if isinstance(event, Step))
    batch = round(EPOCHS * rows / steps)
    subprocess.run(
        [sys.executable, "-c", _WIDEN, "smollm2-135m", str(models), str(directory / "float32")], env=fast, check=True
    )
    widened = _mlx_lm(directory / "widened", directory / "float32", data, steps=steps, batch=batch, environment=fast)
    shipped = _mlx_lm(
        directory / "shipped",
        models / "smollm2-135m",
        data,
        steps=SHIPPED_STEPS,
        batch=batch,
        environment=os.environ,
        val_batches=1,
    )
    return {
        "rows": rows,
        "ours, supervised tokens/s": ours.tokens_per_second,
        "mlx_lm lora as shipped, supervised tokens/s": shipped.tokens_per_second,
        "mlx_lm lora, float32 and OpenBLAS, supervised tokens/s": widened.tokens_per_second,
        "ours / as shipped (wanted: 20)": ours.tokens_per_second / shipped.tokens_per_second,
        "ours / float32 and OpenBLAS (wanted: 2.5)": ours.tokens_per_second / widened.tokens_per_second,
        "ours, peak memory, MiB": ours.memory_mb,
        "mlx_lm lora as shipped, peak memory, MiB": shipped.memory_mb,
        "mlx_lm lora, float32 and OpenBLAS, peak memory, MiB": widened.memory_mb,
        "ours, validation loss": ours.validation_loss,
        "mlx_lm lora, float32 and OpenBLAS, validation loss": widened.validation_loss,
        "DPO step / SFT step, same tokens (wanted: at most 1.3)": _dpo_cost(events),
    }


def _new_run(directory: Path, store: Path, models: Path) -> RunDirectory:
    settings = {
        "lora": {"layers": LAYERS, "rank": RANK, "scale": SCALE},
        "sft": {"epochs": EPOCHS, "learning_rate": RATE, "batch_tokens": 1024, "ways": 0, "fact_tokens": 1_000_000},
        "dpo": {"batch_tokens": 1024, "sft_weight": 0.0, "max_steps": 0},
        "replay": {"share": 0.0},
        "validate_every": 10_000,
        "checkpoint_every": 10_000,
    }
    request = Request(
        reason="asked", seed=0, training=Training.model_validate(settings), system=SYSTEM, store=store, models=models
    )
    run = new_run(directory, request)
    # more rows to validate on than usual: mlx_lm takes no fewer than a batch
    draw(store, run.snapshot, valid_share=VALID_SHARE, seed=0)
    return run


def _tokens_per_second(run: RunDirectory, events: Sequence[Event]) -> float:
    """Return the pace of SFT, from its beginning: what is computed once for all epochs is part of it."""
    began = next(event.time for event in events if isinstance(event, StageBegan) and event.stage is Stage.SFT)
    ended = max(event.time for event in events if isinstance(event, Step) and event.stage is Stage.SFT)
    return EPOCHS * _supervised(run) / (ended - began).total_seconds()


def _supervised(run: RunDirectory) -> int:
    """Return how many answer tokens an epoch has."""
    snapshot, request = open_snapshot(run.snapshot), run.request()
    _, tokenizer = mlx_lm.load(str(request.models / request.training.base))
    encoder = Encoder(tokenizer, system=SYSTEM, max_tokens=request.training.max_tokens)
    rows, _ = encoder.rows((row.question, brief(row.answer)) for row in snapshot.sft(Part.TRAIN))
    return sum(row.supervised for row in rows)


def _last_validation(events: Sequence[Event], stage: Stage) -> float:
    return [event.loss for event in events if isinstance(event, Validation) and event.stage is stage][-1]


def _dpo_cost(events: Sequence[Event]) -> float:
    """Return how long a supervised token takes in DPO, compared with SFT, each at the end of its stage."""
    last = {event.stage: event.tokens_per_second for event in events if isinstance(event, Step)}
    return last[Stage.SFT] / last[Stage.DPO]


def _data(run: RunDirectory, directory: Path) -> tuple[Path, int]:
    """Write the run's rows as mlx_lm reads them; return where, and how many there are to train on."""
    directory.mkdir()
    snapshot, written = open_snapshot(run.snapshot), {}
    for part in (Part.TRAIN, Part.VALID):
        lines = [orjson.dumps({"messages": _messages(row.question, brief(row.answer))}) for row in snapshot.sft(part)]
        (directory / f"{part}.jsonl").write_bytes(b"\n".join(lines) + b"\n")
        written[part] = len(lines)
    return directory, written[Part.TRAIN]


def _messages(question: str, answer: str) -> list[dict[str, str]]:
    said = (("system", SYSTEM), ("user", question), ("assistant", answer))
    return [{"role": role, "content": content} for role, content in said]


def _mlx_lm(
    place: Path,
    model: Path,
    data: Path,
    *,
    steps: int,
    batch: int,
    environment: Mapping[str, str],
    val_batches: int = -1,
) -> Measured:
    """Train with the real `mlx_lm lora`; its own figures tell how many tokens a second it trained on."""
    place.mkdir()
    config = {
        "model": str(model),
        "data": str(data),
        "adapter_path": str(place / "adapter"),
        "train": True,
        "mask_prompt": True,
        "num_layers": LAYERS,
        "lora_parameters": {"rank": RANK, "scale": SCALE, "dropout": 0.0},
        "batch_size": batch,
        "iters": steps,
        "learning_rate": RATE,
        "lr_schedule": {"name": "cosine_decay", "arguments": [RATE, steps], "warmup": max(1, steps // 20)},
        "optimizer_config": {"adam": {"bias_correction": True}},
        "steps_per_report": 1,
        "steps_per_eval": 10_000,
        "save_every": 10_000,
        "val_batches": val_batches,
    }
    output = place / "output.txt"
    command = [sys.executable, "-c", _MLX_LM, orjson.dumps(config).decode()]
    memory = _peak_memory(command, {**environment, "HF_HUB_OFFLINE": "1"}, output)
    lines = [line for line in output.read_text().splitlines() if line.startswith("REPORT ")]
    reports = [orjson.loads(line.removeprefix("REPORT ")) for line in lines]
    steps_made = [report["train"] for report in reports if "train" in report]
    seconds = sum(1 / report["iterations_per_second"] for report in steps_made)
    losses = [report["valid"]["val_loss"] for report in reports if "valid" in report]
    return Measured(steps_made[-1]["trained_tokens"] / seconds, memory, losses[-1])


def _peak_memory(command: Sequence[str], environment: Mapping[str, str], output: Path | None = None) -> float:
    """Run a command and return the most memory it held, in MiB (getrusage(2): KiB on Linux, bytes on macOS)."""
    with (output or Path(os.devnull)).open("wb") as sink:
        child = subprocess.Popen(command, stdout=sink, stderr=sink, env=dict(environment))
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        told = output.read_text()[-2000:] if output else ""
        raise RuntimeError(f"{command[:3]} ended with exit code {child.returncode}\n{told}")
    return usage.ru_maxrss / (1 << (10 if sys.platform == "linux" else 20))
