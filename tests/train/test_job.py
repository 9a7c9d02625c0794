"""A whole run in a child process, on a tiny model: it ends, it pauses, it is killed, it fails; each as it is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import mlx_lm
import pytest

from curatord.errors import ExitCode
from curatord.store.database import Store
from curatord.train.run_events import Failed, Finished, Paused, Resumed, Stage, read_events
from tests.store.samples import document, pair, section
from tests.train.runs import PATIENCE, finish, new_run, start, steps, wait_for_step
from tests.train.test_snapshot import put

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_ends_with_an_adapter_that_mlx_lm_loads(tiny_directory: Path, notes: Path) -> None:
    """Snapshot, plan, curves and adapter are there; the base loads with the adapter and answers."""
    run = new_run(tiny_directory, notes)

    assert finish(run) == (ExitCode.OK, "")

    told = read_events(run.events).events
    assert isinstance(told[-1], Finished)
    stages = [event.stage for event in told if event.event == "stage"]
    assert stages == [Stage.SNAPSHOT, Stage.BASE, Stage.REPLAY, Stage.SFT, Stage.DPO, Stage.SAVING]
    prepared = run.prepared()
    assert prepared is not None
    made = [stage for stage, *_ in steps(run)]
    assert (made.count(Stage.SFT), made.count(Stage.DPO)) == (prepared.plan.sft_steps, prepared.plan.dpo_steps)
    assert "replay" in prepared.snapshot.counts
    assert run.curves.read_bytes().startswith(b"\x89PNG")
    assert not run.checkpoints.exists()
    tokens = mx.array([[5, 6, 7]])
    trained, _ = mlx_lm.load(str(tiny_directory), adapter_path=str(run.adapter))
    base, _ = mlx_lm.load(str(tiny_directory))
    assert not mx.allclose(trained(tokens), base(tokens), atol=1e-3)


def test_a_run_that_was_killed_ends_with_the_same_bits(tiny_directory: Path, notes: Path) -> None:
    """Killed outright at three steps and started again each time: the same losses, the same adapter."""
    whole, killed = new_run(tiny_directory, notes), new_run(tiny_directory, notes)
    assert finish(whole)[0] == ExitCode.OK

    for stage, step in ((Stage.SFT, 2), (Stage.SFT, 5), (Stage.DPO, 1)):
        with start(killed) as child:
            wait_for_step(killed, stage, step)
            child.send_signal(signal.SIGKILL)
    assert finish(killed)[0] == ExitCode.OK

    assert steps(killed) == steps(whole)
    weights = [(run.adapter / "adapters.safetensors").read_bytes() for run in (killed, whole)]
    assert weights[0] == weights[1]


def test_a_run_that_is_asked_to_leave_pauses_and_goes_on(tiny_directory: Path, notes: Path) -> None:
    """SIGTERM: a checkpoint after the step in hand, exit code 75; the next start resumes at that step."""
    run = new_run(tiny_directory, notes)
    with start(run) as child:
        wait_for_step(run, Stage.SFT, 1)
        child.terminate()
        assert child.wait(PATIENCE) == ExitCode.BUSY
    paused = read_events(run.events).events[-1]
    assert isinstance(paused, Paused)

    assert finish(run)[0] == ExitCode.OK

    resumed = [event for event in read_events(run.events).events if isinstance(event, Resumed)]
    assert [(event.stage, event.step) for event in resumed] == [(paused.stage, paused.step)]


def test_a_smaller_batch_goes_on_from_the_same_checkpoint(tiny_directory: Path, notes: Path) -> None:
    """After a crash for want of memory the batches are halved, and as many more make a step."""
    run = new_run(tiny_directory, notes)
    with start(run) as child:
        wait_for_step(run, Stage.SFT, 4)
        child.kill()
    assert finish(run, "--shrink", "1")[0] == ExitCode.OK
    assert isinstance(read_events(run.events).events[-1], Finished)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"base": "/nowhere/at/all"}, "/nowhere/at/all"),
        ({"lora": {"layers": 1, "targets": ["no_such_layer"]}}, "targets"),
    ],
)
def test_what_cannot_be_trained_is_one_clear_line(
    tiny_directory: Path, notes: Path, changes: dict[str, Any], expected: str
) -> None:
    """The last event says why and what to do; so does standard error, without a traceback."""
    run = new_run(tiny_directory, notes, **changes)
    code, errors = finish(run)
    failed = read_events(run.events).events[-1]
    assert code == ExitCode.FAILED
    assert isinstance(failed, Failed)
    assert failed.hint
    with pytest.raises(AssertionError, match=expected):
        raise AssertionError(f"{failed.message} {failed.hint}")
    assert "Traceback" not in errors


def test_rows_that_are_all_too_long_are_said_so(tiny_directory: Path, tmp_path: Path) -> None:
    """They are left out rather than cut, and then nothing is left."""
    store = Store.open(tmp_path / "store.db")
    put(store, document("long.md", section(*(pair(f"Q{way}?", "A" * 400) for way in range(3)))))
    store.close()
    run = new_run(tiny_directory, store.path, max_tokens=100)
    assert finish(run)[0] == ExitCode.FAILED
    failed = read_events(run.events).events[-1]
    assert isinstance(failed, Failed)
    assert failed.message == "All 2 rows are longer than max_tokens."  # a long answer is asked for in two ways


def test_a_store_without_pairs_is_said_so(tiny_directory: Path, tmp_path: Path) -> None:
    """There is nothing to train on."""
    Store.open(tmp_path / "store.db").close()
    run = new_run(tiny_directory, tmp_path / "store.db")
    assert finish(run)[0] == ExitCode.FAILED
    failed = read_events(run.events).events[-1]
    assert isinstance(failed, Failed)
    assert "nothing to train on" in failed.message


def test_a_full_disk_is_said_so(tiny_directory: Path, notes: Path) -> None:
    """Files may not grow beyond a few blocks, as if the disk had no more."""
    run = new_run(tiny_directory, notes)
    command = f"ulimit -f 100; exec {sys.executable} -m curatord.train {run.path}"
    child = subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "MLX_DISABLE_COMPILE": "1"},
    )
    assert child.returncode == ExitCode.FAILED
    assert "Traceback" not in child.stderr
    assert "Free some space" in child.stderr
