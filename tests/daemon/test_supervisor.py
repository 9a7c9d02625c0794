"""One run in hand: real processes that train, pause, crash and are found again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from curatord.daemon.child import Ending, ending
from curatord.daemon.supervisor import PAUSED_BY_PERSON, Supervisor
from curatord.train.run_directory import RunState
from tests.daemon.training_world import RunWorld, until_it_left, wait_until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> RunWorld:
    """An empty directory."""
    return RunWorld(tmp_path)


@pytest.mark.parametrize(
    ("code", "asked", "expected"),
    [
        (0, False, Ending.DONE),
        (0, True, Ending.DONE),
        (1, False, Ending.FAILED),
        (1, True, Ending.FAILED),
        (75, False, Ending.PAUSED),
        (75, True, Ending.PAUSED),
        (-6, False, Ending.CRASHED),
        (-9, True, Ending.PAUSED),
        (139, False, Ending.CRASHED),
    ],
)
def test_an_exit_code_tells_how_it_ended(code: int, asked: bool, expected: Ending) -> None:
    """One that was asked to leave and had to be killed rests on its last checkpoint."""
    assert ending(code, asked_to_leave=asked) is expected


def test_a_run_that_finishes_is_done_and_its_adapter_kept(world: RunWorld) -> None:
    """As a copy that nothing changes any more."""
    supervisor = world.supervised()
    supervisor.go("the schedule")
    assert supervisor.run.state().state is RunState.RUNNING
    assert supervisor.run.state().pid == supervisor.pid
    until_it_left(supervisor)
    state = supervisor.run.state()
    assert (state.state, state.pid, supervisor.has_ended) == (RunState.DONE, None, True)
    assert state.finished is not None
    kept = world.directory / "adapters" / supervisor.run.id
    assert (kept / "adapters.safetensors").read_bytes() == b"weights"
    assert not (kept / "adapters.safetensors").stat().st_mode & 0o222
    assert world.told()[0] == "run_started"
    assert world.told()[-1] == "run_done"
    assert supervisor.progress.step == 3


def test_the_process_is_in_a_group_of_its_own_and_polite(world: RunWorld) -> None:
    """Ctrl-C at the daemon's terminal is not meant for it, and others come first."""
    supervisor = world.supervised("--steps", "1000")
    supervisor.go("the schedule")
    assert supervisor.pid is not None
    assert os.getpgid(supervisor.pid) == supervisor.pid
    assert os.getpriority(os.PRIO_PROCESS, supervisor.pid) >= 10
    supervisor.leave_within(10, "the test is over")


def test_a_pause_leaves_a_checkpoint_from_which_it_goes_on(world: RunWorld) -> None:
    """The steps before are not done again."""
    supervisor = world.supervised("--steps", "40", "--seconds", "0.02")
    supervisor.go("the schedule")
    wait_until(lambda: supervisor.attend() or supervisor.progress.step >= 3)
    supervisor.pause("on battery", lost_condition=True)
    until_it_left(supervisor)
    state = supervisor.run.state()
    assert (state.state, state.reason) == (RunState.PAUSED, "on battery")
    assert supervisor.pending().lost_at is not None
    paused_at = supervisor.progress.step
    supervisor.go("the schedule")
    until_it_left(supervisor)
    assert supervisor.run.state().state is RunState.DONE
    assert world.told().count("run_resumed") == 1
    assert 3 <= paused_at < 40


def test_a_person_s_pause_stands_until_a_person_resumes(world: RunWorld) -> None:
    """Also for the next daemon."""
    supervisor = world.supervised("--steps", "1000")
    supervisor.go("the schedule")
    supervisor.pause("on battery", lost_condition=True)
    supervisor.pause(PAUSED_BY_PERSON)
    supervisor.pause("the night is over")
    until_it_left(supervisor)
    assert Supervisor(supervisor.run, world.around()).pending().paused_by_person
    supervisor.resume()
    assert not supervisor.pending().paused_by_person
    assert supervisor.pending().asked_for


def test_a_cancelled_run_is_over_and_its_pairs_are_new_again(world: RunWorld) -> None:
    """Whether it goes or rests."""
    going, resting = world.supervised("--steps", "1000"), world.supervised()
    going.go("the schedule")
    going.cancel()
    until_it_left(going)
    resting.cancel()
    for supervisor in (going, resting):
        assert supervisor.run.state().state is RunState.CANCELLED
        assert ("forget", supervisor.run.id) in world.ledger.entries


def test_a_cancel_is_not_undone_by_a_condition(world: RunWorld) -> None:
    """The battery runs low while the last step is made."""
    supervisor = world.supervised("--steps", "1000")
    supervisor.go("the schedule")
    supervisor.cancel()
    supervisor.pause("on battery", lost_condition=True)
    until_it_left(supervisor)
    assert supervisor.run.state().state is RunState.CANCELLED


def test_a_failure_is_told_in_the_words_of_the_process(world: RunWorld) -> None:
    """With its hint, and not tried again."""
    supervisor = world.supervised("--fail", "There is no base model at /nowhere.")
    supervisor.go("the schedule")
    until_it_left(supervisor)
    state = supervisor.run.state()
    assert (state.state, state.attempts) == (RunState.FAILED, 0)
    assert state.reason == "There is no base model at /nowhere. Try another."
    assert ("forget", supervisor.run.id) in world.ledger.entries


def test_a_crashed_process_is_started_again_with_a_smaller_batch(world: RunWorld) -> None:
    """From its checkpoint; what it printed last is told."""
    supervisor = world.supervised("--steps", "6", "--crash-at", "3", "--crashes", "2")
    for shrink in (1, 2):
        supervisor.go("the schedule")
        until_it_left(supervisor)
        state = supervisor.run.state()
        assert (state.state, state.attempts, state.shrink) == (RunState.PAUSED, shrink, shrink)
        assert state.reason == "its process was ended by SIGABRT: [METAL] Insufficient Memory"
    supervisor.go("the schedule")
    until_it_left(supervisor)
    assert supervisor.run.state().state is RunState.DONE


def test_after_three_restarts_a_crash_is_a_failure(world: RunWorld) -> None:
    """With the reason."""
    supervisor = world.supervised("--crash-at", "1", "--crashes", "9")
    for _ in range(4):
        assert not supervisor.has_ended
        supervisor.go("the schedule")
        until_it_left(supervisor)
    state = supervisor.run.state()
    assert state.state is RunState.FAILED
    assert "SIGABRT" in state.reason
    assert "4 times" in state.reason


def test_a_command_that_is_not_there_fails_the_run(world: RunWorld) -> None:
    """One clear line."""
    supervisor = Supervisor(world.run(), world.around())
    supervisor._around = type(supervisor._around)(("/nowhere/python",), world.promotion, world.ledger, world.events)
    supervisor.go("the schedule")
    assert supervisor.has_ended
    assert supervisor.state.reason == "the training process cannot be started: No such file or directory"


def test_a_process_that_does_not_listen_is_killed(world: RunWorld) -> None:
    """A daemon that stops cannot wait for ever; the checkpoint is there."""
    supervisor = world.supervised("--steps", "10000", "--deaf")
    supervisor.go("the schedule")
    wait_until(lambda: supervisor.attend() or supervisor.progress.step >= 3)
    supervisor.leave_within(0.2, "curatord was stopped")
    assert supervisor.pid is None
    assert supervisor.run.state().reason == "curatord was stopped"


def test_where_there_is_nothing_to_lose_it_is_not_waited_for(world: RunWorld) -> None:
    """Loading a model, or a run that was cancelled."""
    supervisor = world.supervised("--steps", "10000", "--deaf")
    supervisor.go("the schedule")
    wait_until(lambda: supervisor.attend() or supervisor.progress.step >= 1)
    supervisor.cancel()
    until_it_left(supervisor)
    assert supervisor.run.state().state is RunState.CANCELLED


def test_a_process_that_outlived_its_daemon_is_found_and_its_run_goes_on(world: RunWorld) -> None:
    """It leaves with a checkpoint; nothing is lost."""
    supervisor = world.supervised("--steps", "30", "--seconds", "0.05")
    supervisor.go("the schedule")
    wait_until(lambda: supervisor.attend() or supervisor.progress.step >= 3)
    orphan = supervisor.pid
    assert orphan is not None
    found = Supervisor(supervisor.run, world.around("--steps", "6"))
    found.recover()
    assert supervisor._child is not None
    supervisor._child.wait(10)
    assert (found.state.state, found.state.attempts) == (RunState.PAUSED, 0)
    assert found.state.reason == "curatord was restarted"
    found.go("the schedule")
    until_it_left(found)
    assert found.run.state().state is RunState.DONE


def test_a_process_that_died_with_its_daemon_counts_as_a_crash(world: RunWorld) -> None:
    """A machine that goes down whenever it trains must not do so for ever."""
    supervisor = world.supervised("--steps", "1000")
    supervisor.go("the schedule")
    assert supervisor._child is not None
    supervisor._child.kill()
    supervisor._child.wait(10)
    found = Supervisor(supervisor.run, world.around())
    found.recover()
    assert (found.state.state, found.state.attempts, found.state.shrink) == (RunState.PAUSED, 1, 1)


def test_a_run_that_finished_without_its_daemon_is_done(world: RunWorld) -> None:
    """Its adapter is kept all the same."""
    supervisor = world.supervised()
    supervisor.go("the schedule")
    assert supervisor._child is not None
    assert supervisor._child.wait(20)
    found = Supervisor(supervisor.run, world.around())
    found.recover()
    assert found.state.state is RunState.DONE
    assert (world.directory / "adapters" / found.run.id).is_dir()


def test_another_process_of_the_same_number_is_left_alone(world: RunWorld) -> None:
    """Process ids are given out again."""
    supervisor = world.supervised()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        running = supervisor.state.model_copy(update={"state": RunState.RUNNING, "pid": stranger.pid})
        supervisor.run.write_state(running)
        Supervisor(supervisor.run, world.around()).recover()
        assert stranger.poll() is None
        stranger.terminate()


def test_pairs_are_marked_once_the_snapshot_is_there(world: RunWorld) -> None:
    """And not before."""
    supervisor = world.supervised()
    supervisor.attend()
    assert world.ledger.entries == []
    supervisor.run.snapshot.mkdir()
    supervisor.recover()
    assert world.ledger.entries == [("mark", supervisor.run.id)]


def test_what_somebody_else_asked_to_leave_rests(world: RunWorld) -> None:
    """`kill PID` is not a crash."""
    supervisor = world.supervised("--steps", "1000")
    supervisor.go("the schedule")
    wait_until(lambda: supervisor.attend() or supervisor.progress.step >= 1)
    assert supervisor.pid is not None
    os.kill(supervisor.pid, signal.SIGTERM)
    until_it_left(supervisor)
    assert supervisor.state.state is RunState.PAUSED
    assert "somebody else" in supervisor.state.reason


def test_following_a_run_costs_next_to_nothing(world: RunWorld) -> None:
    """Half a second apart, for hours."""
    supervisor = world.supervised("--steps", "1000", "--seconds", "0.05")
    supervisor.go("the schedule")
    wait_until(lambda: supervisor.attend() or supervisor.progress.step >= 2)
    started = time.process_time()
    for _ in range(100):
        supervisor.attend()
    assert (time.process_time() - started) / 100 < 0.005
    supervisor.leave_within(10, "the test is over")
