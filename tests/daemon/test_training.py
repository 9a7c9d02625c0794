"""The training thread: what the schedule starts, what orders do, what is told; with real processes that train."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from curatord.config import Settings
from curatord.daemon.conditions import Readings
from curatord.daemon.gauge import Gauge
from curatord.daemon.training import Pairs, TrainingThread
from curatord.errors import BusyError, CuratordError, NotFoundError
from curatord.paths import StateDirectory
from curatord.train.run_directory import RunDirectory, RunState, list_runs
from tests.daemon.training_world import RunWorld, Weather, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG = ("--steps", "1000", "--seconds", "0.02")
LAST_YEAR = datetime.now(UTC) - timedelta(days=400)
ENOUGH = Pairs(80, 80)
ON_BATTERY = Readings(on_battery=True, battery_percent=63.0)


@dataclass
class Desk:
    """A training thread and the world around it."""

    world: RunWorld
    thread: TrainingThread
    gauge: Gauge
    weather: Weather
    known: list[Pairs | None]
    wakes: list[datetime] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The state as clients see it."""
        return self.gauge.training.state

    def runs(self) -> tuple[RunDirectory, ...]:
        """Return the runs on disk."""
        return list_runs(self.world.directory / "runs").runs

    def until(self, state: str) -> None:
        """Wait until the status says this."""
        wait_until(lambda: self.state == state, f"{state} instead of {self.gauge.training}")

    def until_ended(self, end: RunState) -> None:
        """Wait until the last run has ended so."""
        wait_until(lambda: self.gauge.training.last is not None and self.gauge.training.last.state == end, end)


@contextmanager
def desk(
    directory: Path,
    *options: str,
    answered: datetime | None = LAST_YEAR,
    pairs: Pairs | None = ENOUGH,
    weather: Weather | None = None,
    **training: Any,  # noqa: ANN401  settings by name
) -> Iterator[Desk]:
    """Run a training thread on a directory; by default the due time of this year is open, and nights never end."""
    state = StateDirectory(directory)
    if answered is not None:
        state.schedule.write_bytes(orjson.dumps({"answered": answered.isoformat()}))
    settings = Settings.model_validate({"training": {"stop_at": "", "schedule": "0 0 1 1 *", **training}})
    world, gauge, known, wakes = RunWorld(directory), Gauge("curatord.toml"), [pairs], list[datetime]()
    machine = weather or Weather()
    thread = TrainingThread(
        state,
        settings,
        world.around(*options),
        gauge,
        pairs=lambda: known[0],
        wake_at=wakes.append,
        machine=machine,
    )
    thread.start()
    try:
        yield Desk(world, thread, gauge, machine, known, wakes)
    finally:
        thread.stop()


def test_a_due_time_starts_a_run_which_is_kept_as_a_candidate(tmp_path: Path) -> None:
    """From the open hour to the adapter, and then the next hour is waited for."""
    with desk(tmp_path) as at:
        at.until_ended(RunState.DONE)
        (run,) = at.runs()
        assert run.request().reason == "schedule"
        assert (tmp_path / "adapters" / run.id).is_dir()
        at.until("idle")
        assert at.gauge.training.next_run is not None
        assert datetime.fromisoformat(at.gauge.training.next_run) > datetime.now(UTC)
        assert at.wakes[-1] > datetime.now(UTC)


def test_at_its_first_start_nothing_was_missed(tmp_path: Path) -> None:
    """The schedule begins with the installation."""
    with desk(tmp_path, answered=None) as at:
        at.until("idle")
        assert at.runs() == ()
        assert at.weather.asked == 0, "an idle daemon asks nothing of the machine"


def test_the_hour_waits_for_the_notes_to_be_read(tmp_path: Path) -> None:
    """Nobody knows yet whether there is enough to learn."""
    with desk(tmp_path, *LONG, pairs=None) as at:
        at.until("held")
        assert at.gauge.training.held_by == ["the notes are still being read"]
        at.known[0] = Pairs(80, 80)
        at.thread.nudge()
        at.until("running")


def test_too_few_new_pairs_let_the_hour_pass(tmp_path: Path) -> None:
    """The status says how many are missing."""
    with desk(tmp_path, pairs=Pairs(500, 12)) as at:
        at.until("idle")
        assert at.gauge.training.held_by == ["12 new pairs, a run takes 50 (min_new_pairs)"]
        assert at.runs() == ()


def test_switched_off_it_does_nothing(tmp_path: Path) -> None:
    """But for what is asked."""
    with desk(tmp_path, *LONG, enabled=False) as at:
        wait_until(lambda: bool(at.wakes))
        assert (at.state, at.runs()) == ("off", ())
        at.thread.now()
        at.until("running")


def test_a_machine_that_does_not_consent_holds_the_run_and_the_status_says_why(tmp_path: Path) -> None:
    """Until it does."""
    with desk(tmp_path, *LONG, weather=Weather(ON_BATTERY)) as at:
        at.until("held")
        assert at.gauge.training.held_by == ["on battery, 63 % (on_power)"]
        at.weather.readings = Readings(on_battery=False)
        at.thread._judged = None
        at.thread.nudge()
        at.until("running")


def test_a_condition_lost_pauses_the_run_at_the_next_step(tmp_path: Path) -> None:
    """With a checkpoint, and the reason in its state."""
    with desk(tmp_path, *LONG) as at:
        at.until("running")
        wait_until(lambda: (at.gauge.training.progress or at.gauge.training).model_dump().get("step", 0) > 2)
        at.weather.readings, at.thread._judged = ON_BATTERY, None
        at.thread.nudge()
        at.until("held")
        assert at.runs()[0].state().reason == "on battery, 63 % (on_power)"


def test_progress_is_told_while_it_goes(tmp_path: Path) -> None:
    """Stage, step, loss, speed, time left."""
    with desk(tmp_path, *LONG) as at:
        wait_until(lambda: at.gauge.training.progress is not None and at.gauge.training.progress.step > 1)
        told = at.gauge.training.progress
        assert told is not None
        assert (told.stage, told.steps, told.tokens_per_second) == ("sft", 1000, 100.0)
        assert told.loss is not None
        assert told.seconds_left is not None
        assert at.gauge.training.run == at.runs()[0].id


def test_a_person_starts_a_run_at_any_hour(tmp_path: Path) -> None:
    """On battery, with nothing new, of another base."""
    with desk(tmp_path, *LONG, answered=None, pairs=Pairs(500, 0), weather=Weather(ON_BATTERY)) as at:
        ordered = at.thread.now("another/base")
        (run,) = at.runs()
        assert (ordered.run, ordered.state) == (run.id, "running")
        assert run.request().reason == "asked"
        assert run.request().training.base == "another/base"
        with pytest.raises(BusyError, match="is running"):
            at.thread.now()


@pytest.mark.parametrize(
    ("pairs", "readings", "told"),
    [
        (Pairs(0, 0), Readings(), "no pairs to train on"),
        (None, Readings(), "still being read"),
        (Pairs(80, 80), Readings(free_disk=0), "disk free"),
    ],
)
def test_an_order_that_cannot_be_met_says_why(
    tmp_path: Path, pairs: Pairs | None, readings: Readings, told: str
) -> None:
    """And leaves no run behind."""
    with desk(tmp_path, answered=None, pairs=pairs, weather=Weather(readings)) as at:
        with pytest.raises(CuratordError, match=told):
            at.thread.now()
        assert at.runs() == ()


def test_a_person_pauses_resumes_and_cancels(tmp_path: Path) -> None:
    """Each takes effect after the step in hand."""
    with desk(tmp_path, *LONG) as at:
        at.until("running")
        assert "after the step" in at.thread.pause().told
        at.until("paused")
        assert "train resume" in at.gauge.training.held_by[0]
        at.weather.readings, at.thread._judged = ON_BATTERY, None
        at.thread.resume()
        at.until("running")
        at.thread.cancel()
        at.until_ended(RunState.CANCELLED)


def test_orders_without_a_run_are_refused(tmp_path: Path) -> None:
    """With a hint."""
    with desk(tmp_path, answered=None) as at:
        for order in (at.thread.pause, at.thread.resume, at.thread.cancel):
            with pytest.raises(NotFoundError):
                order()


def test_a_crash_is_made_good_at_once(tmp_path: Path) -> None:
    """Three times; the status tells of none of it once it is done."""
    with desk(tmp_path, "--crash-at", "1", "--crashes", "2") as at:
        at.until_ended(RunState.DONE)
        assert at.runs()[0].state().attempts == 2


def test_a_failed_run_is_told_and_its_pairs_wait_for_the_next_hour(tmp_path: Path) -> None:
    """In one line; the daemon goes on."""
    with desk(tmp_path, "--fail", "There is no base model.") as at:
        at.until_ended(RunState.FAILED)
        assert at.gauge.training.last is not None
        assert at.gauge.training.last.reason == "There is no base model. Try another."
        at.until("idle")
        assert ("forget", at.runs()[0].id) in at.world.ledger.entries
        assert len(at.runs()) == 1


def test_stopping_leaves_a_checkpoint_and_the_next_start_goes_on(tmp_path: Path) -> None:
    """The same run, in the same night."""
    with desk(tmp_path, *LONG) as at:
        wait_until(lambda: at.gauge.training.progress is not None and at.gauge.training.progress.step > 2)
    state = at.runs()[0].state()
    assert (state.state, state.reason) == (RunState.PAUSED, "curatord was stopped")
    with desk(tmp_path, "--steps", "6", answered=datetime.now(UTC)) as again:
        again.until_ended(RunState.DONE)
        assert len(again.runs()) == 1
        assert "run_resumed" in again.world.told()


def test_a_run_whose_hour_was_not_kept_as_answered_is_not_started_twice(tmp_path: Path) -> None:
    """The daemon was killed between the two."""
    with desk(tmp_path) as at:
        at.until_ended(RunState.DONE)
    with desk(tmp_path) as again:
        again.until("idle")
        assert len(again.runs()) == 1
        assert ("restore", at.runs()[0].id) in again.world.ledger.entries


def test_what_would_happen_is_told_without_doing_it(tmp_path: Path) -> None:
    """The decision, its reasons, and every condition."""
    with desk(tmp_path, weather=Weather(ON_BATTERY)) as at:
        at.until("held")
        preview = at.thread.preview()
        assert (preview.action, preview.reasons) == ("wait", ["on battery, 63 % (on_power)"])
        assert len(preview.conditions) == 7
        assert [condition.name for condition in preview.conditions if not condition.met] == ["on_power"]
        assert at.runs() == ()


def test_other_settings_are_in_force_with_the_next_thought(tmp_path: Path) -> None:
    """A condition switched off lets the run begin."""
    with desk(tmp_path, *LONG, weather=Weather(ON_BATTERY)) as at:
        at.until("held")
        at.thread.use(Settings.model_validate({"training": {"stop_at": "", "conditions": {"on_power": False}}}))
        at.until("running")


def test_remains_of_runs_and_adapters_that_were_never_whole_are_removed(tmp_path: Path) -> None:
    """A crash in the middle of a copy."""
    for remains in (tmp_path / "runs" / "20261123-023000-abcd.tmp", tmp_path / "adapters" / "x.tmp"):
        remains.mkdir(parents=True)
        (remains / "file").write_text("")
    with desk(tmp_path, answered=None) as at:
        at.until("idle")
        assert list(tmp_path.glob("*/*.tmp")) == []


def test_a_damaged_schedule_file_is_told_and_begun_anew(tmp_path: Path) -> None:
    """Nothing is started for it."""
    (tmp_path / "schedule.json").write_text('{"answered": "yesterday"}')
    with desk(tmp_path, answered=None) as at:
        at.until("idle")
        assert at.runs() == ()
        assert datetime.fromisoformat(orjson.loads((tmp_path / "schedule.json").read_bytes())["answered"]) > LAST_YEAR
