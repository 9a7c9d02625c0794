"""A process that does what a training run does to its directory, without training: for tests of its supervision.

    python standin_train.py [--steps N] [--seconds S] [--crash-at STEP --crashes K] [--fail TEXT] [--deaf] RUN_DIR

It keeps the contract of `python -m curatord.train`: events, checkpoints, the snapshot, the adapter, exit codes.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from curatord.train.draw import draw
from curatord.train.run_directory import RunDirectory
from curatord.train.run_events import (
    Checkpoint,
    EventLog,
    Failed,
    Finished,
    Paused,
    Resumed,
    Stage,
    StageBegan,
    Step,
    Validation,
)


def main() -> int:
    """Pretend to train."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--shrink", type=int, default=0)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.01)
    parser.add_argument("--crash-at", type=int, default=0)
    parser.add_argument("--crashes", type=int, default=0)
    parser.add_argument("--fail")
    parser.add_argument("--deaf", action="store_true")
    asked = parser.parse_args()
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, signal.SIG_IGN if asked.deaf else lambda number, _frame: stopped.append(number))
    run = RunDirectory(asked.run)
    with EventLog(run.events) as log:
        return work(run, log, asked, stopped)


def work(run: RunDirectory, log: EventLog, asked: argparse.Namespace, stopped: list[int]) -> int:
    """Go through the stages, from the last checkpoint on."""
    log.append(StageBegan(stage=Stage.SNAPSHOT))
    request = run.request()
    if request.store.exists() and not run.snapshot.exists():
        draw(request.store, run.snapshot, valid_share=0.05, seed=request.seed)
    if asked.fail:
        log.append(Failed(message=asked.fail, hint="Try another."))
        return 1
    log.append(StageBegan(stage=Stage.SFT))
    last = run.checkpoints / "step"
    done = int(last.read_text()) if last.exists() else 0
    if done:
        log.append(Resumed(stage=Stage.SFT, step=done))
    for step in range(done + 1, asked.steps + 1):
        log.append(step_event(step, asked.steps))
        time.sleep(asked.seconds)
        if step == asked.crash_at and asked.shrink < asked.crashes:
            sys.stderr.write("[METAL] Insufficient Memory\n")
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGABRT)
        if step % 2 == 0 or stopped:
            run.checkpoints.mkdir(exist_ok=True)
            last.write_text(str(step))
            log.append(Checkpoint(stage=Stage.SFT, step=step))
        if stopped:
            log.append(Paused(stage=Stage.SFT, step=step))
            return 75
    log.append(Validation(stage=Stage.SFT, step=asked.steps, loss=0.9))
    run.adapter.mkdir(exist_ok=True)
    (run.adapter / "adapters.safetensors").write_bytes(b"weights")
    (run.adapter / "adapter_config.json").write_text("{}")
    log.append(Finished(adapter=str(run.adapter)))
    return 0


def step_event(step: int, steps: int) -> Step:
    """Return a step with figures that tell it apart."""
    return Step(
        stage=Stage.SFT,
        step=step,
        steps=steps,
        loss=2.0 / step,
        rate=1e-3,
        norm=1.0,
        tokens_per_second=100.0,
        seconds_left=float(steps - step),
        memory_mb=300.0,
    )


if __name__ == "__main__":
    sys.exit(main())
