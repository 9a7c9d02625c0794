"""Runs of the tiny model, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from curatord.config import Training
from curatord.train.run_directory import Request, RunDirectory
from curatord.train.run_directory import new_run as make_run
from curatord.train.run_events import Stage, Step, read_events
from curatord.train.run_progress import effective
from tests.train.tiny import SETTINGS, SYSTEM

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 90.0  # seconds; the machine may be busy


def new_run(directory: Path, notes: Path, **changes: Any) -> RunDirectory:  # noqa: ANN401  as TOML has it
    """Return a run of the tiny model on a store; `changes` are to the settings."""
    replay = {"share": 0.1, "kl": 1.0}
    training = Training.model_validate({**SETTINGS, "base": str(directory), "replay": replay} | changes)
    request = Request(
        reason="asked", seed=5, training=training, system=SYSTEM, store=notes, models=notes.parent / "models"
    )
    return make_run(notes.parent / "runs", request)


def start(run: RunDirectory, *options: str, module: str = "curatord.train") -> subprocess.Popen[str]:
    """Start the child process of a run."""
    return subprocess.Popen(
        [sys.executable, "-m", module, str(run.path), *options],
        env={**os.environ, "MLX_DISABLE_COMPILE": "1", "HF_HUB_OFFLINE": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(run: RunDirectory, *options: str, module: str = "curatord.train") -> tuple[int, str]:
    """Run the child process to its end; return its exit code and what it wrote to standard error."""
    with start(run, *options, module=module) as child:
        _, errors = child.communicate(timeout=PATIENCE)
    return child.returncode, errors


def wait_for_step(run: RunDirectory, stage: Stage, step: int) -> None:
    """Wait until a step was told."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if any(isinstance(e, Step) and e.stage is stage and e.step >= step for e in read_events(run.events).events):
            return
        time.sleep(0.01)
    raise AssertionError(f"step {step} of {stage} was not reached")


def steps(run: RunDirectory) -> list[tuple[str, int, float]]:
    """Return stage, step and loss of each step that counts."""
    told = effective(read_events(run.events).events)
    return [(event.stage, event.step, event.loss) for event in told if isinstance(event, Step)]
