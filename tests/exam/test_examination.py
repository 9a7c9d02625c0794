"""A whole night in a child process, on a tiny model: trained, examined, and what is left of it."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import mlx_lm
import orjson
import pytest

from curatord.errors import ExitCode
from curatord.exam import general, routing
from curatord.exam.records import read_exam, read_replies
from curatord.train.run_events import Examined, Finished, Paused, Stage, read_events
from tests.train.runs import PATIENCE, finish, new_run, start

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "curatord.exam"


def test_a_night_leaves_an_adapter_with_its_exam(tiny_directory: Path, notes: Path) -> None:
    """Every trial, every reply, the router and the verdict stand beside an adapter that mlx_lm loads."""
    run = new_run(tiny_directory, notes)
    assert finish(run, module=MODULE) == (ExitCode.OK, "")

    exam, replies = read_exam(run.examined), read_replies(run.examined)
    assert exam is not None
    assert [trial.scale for trial in exam.trials] == [0.6, 0.8, 1.0]
    assert exam.kept.exam.asked == len(replies) > 0
    assert exam.general_before.asked == len(general.probes())
    assert exam.promote == (not exam.kept.refused)
    assert sum(part.after for part in exam.categories.values()) == exam.kept.exam.after
    assert routing.read(run.examined) is not None
    mlx_lm.load(str(tiny_directory), adapter_path=str(run.examined))
    told = read_events(run.events).events
    assert isinstance(told[-1], Finished)
    assert any(isinstance(event, Examined) for event in told)


def test_the_strength_is_that_of_the_update(tiny_directory: Path, notes: Path) -> None:
    """The scale is multiplied, the matrices stay: both of them times r would be r squared."""
    run = new_run(tiny_directory, notes)
    finish(run, module=MODULE)
    exam = read_exam(run.examined)
    assert exam is not None
    before, after = (
        orjson.loads((place / "adapter_config.json").read_bytes())["lora_parameters"]["scale"]
        for place in (run.adapter, run.examined)
    )
    assert after == pytest.approx(before * exam.scale)
    weights = [(place / "adapters.safetensors").read_bytes() for place in (run.adapter, run.examined)]
    assert weights[0] == weights[1]


def test_an_exam_goes_on_where_it_was_left(tiny_directory: Path, notes: Path) -> None:
    """Asked to leave during the exam, the run pauses there; the next start asks only what was not asked yet."""
    run = new_run(tiny_directory, notes)
    with start(run, module=MODULE) as child:
        _wait_for(run.path / "exam" / "base.json", child)
        child.send_signal(signal.SIGTERM)
        code = child.wait(PATIENCE)
    if code == ExitCode.OK:
        pytest.skip("the exam was over before it could be interrupted")
    paused = read_events(run.events).events[-1]
    assert isinstance(paused, Paused)
    assert paused.stage is Stage.EXAM
    kept = (run.path / "exam" / "base.json").stat().st_mtime_ns

    assert finish(run, module=MODULE)[0] == ExitCode.OK

    assert (run.path / "exam" / "base.json").stat().st_mtime_ns == kept
    assert read_exam(run.examined) is not None


def _wait_for(file: Path, child: subprocess.Popen[str]) -> None:
    while not file.exists():
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.02)
