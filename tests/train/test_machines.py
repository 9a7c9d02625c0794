"""Two processes that train together do what one does alone: the real `mlx.launch`, over loopback."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import mlx.core as mx
import pytest

from curatord.errors import ExitCode
from curatord.train import lora
from curatord.train.run_events import Paused, Stage, read_events
from tests.train.runs import PATIENCE, finish, new_run, start, steps, wait_for_step

if TYPE_CHECKING:
    from pathlib import Path

TWO = ["127.0.0.1", "127.0.0.1"]


def test_two_processes_have_the_loss_curve_of_one(tiny_directory: Path, notes: Path) -> None:
    """The same batches, each shared by two, give the same losses and the same adapter, but for rounding."""
    alone, together = new_run(tiny_directory, notes), new_run(tiny_directory, notes, hosts=TWO)

    assert finish(alone) == (ExitCode.OK, "")
    assert finish(together)[0] == ExitCode.OK

    assert [step[:2] for step in steps(together)] == [step[:2] for step in steps(alone)]
    assert [loss for *_, loss in steps(together)] == pytest.approx([loss for *_, loss in steps(alone)], rel=1e-4)
    one, two = (lora.saved(run.adapter) for run in (alone, together))
    assert all(mx.allclose(one[name], two[name], atol=2e-3).item() for name in one)


def test_processes_that_train_together_pause_together_and_go_on(tiny_directory: Path, notes: Path) -> None:
    """Asked to leave, all of them end after the same step; the next start sends the others what they need."""
    run = new_run(tiny_directory, notes, hosts=TWO)
    with start(run) as child:
        wait_for_step(run, Stage.SFT, 2)
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENCE) == ExitCode.BUSY
    assert isinstance(read_events(run.events).events[-1], Paused)

    assert finish(run)[0] == ExitCode.OK
    made = [step[:2] for step in steps(run)]
    assert made == sorted(set(made), key=lambda step: (step[0] == Stage.DPO, step[1]))
