"""The files of a run: written whole, read typed, followed as they grow."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curatord.config import Training
from curatord.errors import NotFoundError, StoreError
from curatord.train.run_directory import (
    BaseUsed,
    Plan,
    Prepared,
    Request,
    RunDirectory,
    RunState,
    SnapshotUsed,
    State,
    find_run,
    list_runs,
    new_run,
)
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
    Warned,
    read_events,
)
from curatord.train.run_progress import Progress, effective, progress

if TYPE_CHECKING:
    from curatord.train.run_events import Event, Trained

MOMENT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def request(moment: datetime = MOMENT) -> Request:
    """Return a request made at a moment."""
    training = Training(models=Path("/models"))
    return Request(
        created=moment,
        reason="asked",
        seed=7,
        training=training,
        system="Answer.",
        store=Path("/state/store.db"),
        models=Path("/models"),
    )


def step(number: int, stage: Trained = Stage.SFT, loss: float = 2.0) -> Step:
    """Return what is told after a step."""
    return Step(
        stage=stage,
        step=number,
        steps=9,
        loss=loss,
        rate=1e-3,
        norm=1.0,
        tokens_per_second=100.0,
        seconds_left=60.0 - number,
        memory_mb=512.0,
    )


def write(run: RunDirectory, *events: Event) -> None:
    """Append events to a run."""
    with EventLog(run.events) as log:
        for event in events:
            log.append(event)


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A run that has not been started."""
    return new_run(tmp_path / "runs", request())


def test_a_new_run_has_its_request_and_waits(run: RunDirectory) -> None:
    """What was asked for reads back equal, lists and paths included, and nothing else is there."""
    assert run.request() == request().model_copy(update={"id": run.id})
    assert run.state().state is RunState.PAUSED
    assert run.state().reason == "not started yet"
    assert run.prepared() is None
    assert [path.name for path in run.path.parent.iterdir()] == [run.id]


def test_a_runs_name_is_its_moment_in_utc(tmp_path: Path) -> None:
    """Wherever the machine is, so that names sort by time."""
    east = request(datetime(2026, 11, 23, 4, 30, tzinfo=UTC).astimezone())
    assert new_run(tmp_path, east).id.startswith("20261123-043000-")


def test_a_run_is_private_to_its_user(run: RunDirectory) -> None:
    """It holds the notes' text."""
    assert run.path.stat().st_mode & 0o777 == 0o700
    assert (run.path / "request.json").stat().st_mode & 0o777 == 0o600


def test_a_run_is_not_made_twice(tmp_path: Path) -> None:
    """An identity names one run for ever."""
    asked = request()
    new_run(tmp_path, asked)
    with pytest.raises(StoreError, match="already"):
        new_run(tmp_path, asked)


def test_a_run_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    """Where a file stands in the way of the directory, that is said."""
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"):
        new_run(tmp_path / "runs", request())


def test_runs_are_listed_by_time_and_the_rest_is_told(tmp_path: Path) -> None:
    """Foreign files, damaged runs and runs under another's name do not hide the good ones."""
    runs = [new_run(tmp_path, request(MOMENT + timedelta(days=day))) for day in (2, 0, 1, 3, 4)]
    (runs[3].path / "state.json").write_text('{"state": "dancing"}')
    runs[4].path.rename(tmp_path / "20300101-000000-beef")
    (tmp_path / "holiday.png").write_text("")
    (tmp_path / "20300101-000000-dead.tmp").mkdir()
    listing = list_runs(tmp_path)
    assert listing.runs == (runs[1], runs[2], runs[0])
    assert all(name in told for name, told in zip(("1126", "20300101", "holiday"), listing.problems, strict=True))


def test_a_directory_that_is_not_there_holds_no_runs(tmp_path: Path) -> None:
    """Before the first training there is none, and that is no problem."""
    assert list_runs(tmp_path / "runs").runs == ()


def test_a_run_is_found_by_the_beginning_of_its_name(tmp_path: Path) -> None:
    """As long as only one begins so."""
    first = new_run(tmp_path, request())
    new_run(tmp_path, request(MOMENT + timedelta(days=1)))
    assert find_run(tmp_path, "20261123") == first
    for unclear in ("2026", "1999", ""):
        with pytest.raises(NotFoundError):
            find_run(tmp_path, unclear)


def test_the_state_is_replaced_as_a_whole(run: RunDirectory) -> None:
    """What is written is what is read, and no other file is left."""
    state = State(state=RunState.FAILED, reason="out of memory", attempts=3, shrink=3, started=MOMENT, finished=MOMENT)
    run.write_state(state)
    assert run.state() == state
    assert {path.name for path in run.path.iterdir()} == {"request.json", "state.json"}


@pytest.mark.parametrize("content", [b"", b"{}", b'{"state": "running"', b'{"state": "asleep"}', b"\xff"])
def test_a_damaged_state_is_an_error_that_names_the_file(run: RunDirectory, content: bytes) -> None:
    """One line, without the content."""
    (run.path / "state.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"state\.json is damaged"):
        run.state()


def test_what_a_newer_curatord_adds_is_ignored(run: RunDirectory) -> None:
    """A run survives going back to an older version."""
    (run.path / "state.json").write_text('{"state": "paused", "updated": "2026-11-23T02:30:00Z", "mood": "good"}')
    assert run.state().state is RunState.PAUSED


def test_only_running_and_paused_runs_go_on() -> None:
    """The others have ended."""
    assert {state for state in RunState if state.is_pending} == {RunState.RUNNING, RunState.PAUSED}


def test_what_a_run_is_trained_with_reads_back(run: RunDirectory) -> None:
    """The child writes it, reports show it."""
    prepared = Prepared(
        id=run.id,
        created=MOMENT,
        seed=7,
        training=Training(),
        snapshot=SnapshotUsed(sha256="ab", counts={"sft-train": 3}),
        base=BaseUsed(name="smollm2-135m", sha256="cd", dtype="float32"),
        versions={"python": "3.11"},
        padding=0.04,
        left_out={"too_long": 1},
        plan=Plan(sft_steps=10, dpo_steps=0),
    )
    run.write_prepared(prepared)
    assert run.prepared() == prepared


EVERY_EVENT: tuple[Event, ...] = (
    StageBegan(stage=Stage.SNAPSHOT),
    step(1),
    step(1, Stage.DPO).model_copy(update={"margin": 0.5, "accuracy": 1.0}),
    Validation(stage=Stage.SFT, step=0, loss=3.0),
    Checkpoint(stage=Stage.SFT, step=50),
    Resumed(stage=Stage.DPO, step=2),
    Warned(message="2 rows were too long."),
    Paused(stage=Stage.BASE, step=0),
    Failed(message="no", hint="more"),
    Finished(adapter="adapters/1"),
)


def test_events_read_back_as_they_were_written(run: RunDirectory) -> None:
    """All kinds, and nothing is written for what does not apply."""
    write(run, *EVERY_EVENT)
    assert read_events(run.events).events == EVERY_EVENT
    lines = [orjson.loads(line) for line in run.events.read_bytes().splitlines()]
    assert "margin" not in lines[1]
    assert lines[2]["margin"] == 0.5
    assert list(lines[0]) == ["time", "event", "stage"]


def test_a_run_without_events_has_none(run: RunDirectory) -> None:
    """Before the child starts there is no file."""
    assert read_events(run.events) == ((), 0, 0)
    assert progress(run) == Progress()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 2000), max_size=6))
def test_a_reader_at_any_moment_gets_whole_events_once_and_in_order(tmp_path: Path, cuts: list[int]) -> None:
    """However the bytes arrive, following by offset gives what reading at the end gives."""
    source, grown = tmp_path / "whole.jsonl", tmp_path / "grown.jsonl"
    source.unlink(missing_ok=True)
    with EventLog(source) as log:
        for event in EVERY_EVENT:
            log.append(event)
    data = source.read_bytes()
    seen: list[Event] = []
    offset = 0
    for cut in [*sorted(cuts), len(data)]:
        grown.write_bytes(data[:cut])
        events, offset, damaged = read_events(grown, offset)
        assert damaged == 0
        seen.extend(events)
    assert tuple(seen) == EVERY_EVENT


@pytest.mark.parametrize("torn", [b'{"time":', b"x" * 10_000])
def test_a_line_cut_short_by_a_crash_does_not_spoil_the_next(run: RunDirectory, torn: bytes) -> None:
    """The next process takes it off, however long it is."""
    write(run, step(1))
    before = progress(run)
    with run.events.open("ab") as file:
        file.write(torn)
    assert len(read_events(run.events).events) == 1
    write(run, step(2))
    after = progress(run, before)
    assert (after.step, after.damaged) == (2, 0)


def test_a_log_of_nothing_but_a_torn_line_begins_anew(run: RunDirectory) -> None:
    """There is no whole line to keep."""
    run.events.write_bytes(b"{" * 5000)
    write(run, step(1))
    assert progress(run).step == 1


def test_lines_that_cannot_be_understood_are_counted(run: RunDirectory) -> None:
    """Damage, and events of a newer curatord, hide none of the others."""
    write(run, step(1))
    with run.events.open("ab") as file:
        file.write(b'\0\0\n{"event":"danced","time":"2026-11-23T02:30:00Z"}\n')
    write(run, step(2))
    assert (progress(run).step, progress(run).damaged) == (2, 2)


def test_two_processes_writing_at_once_mix_no_lines(run: RunDirectory) -> None:
    """Each event is one write at the end of the file."""
    program = (
        "import sys; from pathlib import Path; from curatord.train.run_events import EventLog, Warned\n"
        "log = EventLog(Path(sys.argv[1]))\n"
        "for number in range(200): log.append(Warned(message=sys.argv[2] * 500))"
    )
    children = [subprocess.Popen([sys.executable, "-c", program, str(run.events), letter]) for letter in "ab"]
    assert [child.wait() for child in children] == [0, 0]
    tail = read_events(run.events)
    assert (len(tail.events), tail.damaged) == (400, 0)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no /dev/full")
def test_a_full_disk_is_told_in_one_line() -> None:
    """Not as a traceback of the operating system's."""
    log = EventLog(Path(os.devnull))
    os.dup2(os.open("/dev/full", os.O_WRONLY), log._descriptor)
    with pytest.raises(StoreError, match="No space left"):
        log.append(step(1))
    log.close()


def test_progress_is_that_of_the_last_step(run: RunDirectory) -> None:
    """With the last validation, the last checkpoint and all warnings."""
    write(
        run,
        StageBegan(stage=Stage.SFT),
        Validation(stage=Stage.SFT, step=0, loss=3.0),
        step(1),
        step(2, loss=1.5),
        Warned(message="1 row was too long."),
        Validation(stage=Stage.SFT, step=2, loss=2.5),
        Checkpoint(stage=Stage.SFT, step=2),
    )
    now = progress(run)
    assert (now.stage, now.step, now.steps, now.loss) == (Stage.SFT, 2, 9, 1.5)
    assert (now.tokens_per_second, now.seconds_left) == (100.0, 58.0)
    assert now.validation is not None
    assert now.validation.loss == 2.5
    assert now.checkpoint is not None
    assert now.warnings == ("1 row was too long.",)
    assert now.outcome is None


def test_a_new_stage_has_no_figures_yet(run: RunDirectory) -> None:
    """Those of the stage before would be taken for its own."""
    write(run, step(9), StageBegan(stage=Stage.DPO))
    now = progress(run)
    assert (now.stage, now.step, now.steps, now.loss) == (Stage.DPO, 0, None, None)


def test_what_was_done_after_the_checkpoint_no_longer_counts_once_resumed(run: RunDirectory) -> None:
    """A later validation of the lost steps is forgotten, in progress and in curves."""
    kept = (Validation(stage=Stage.SFT, step=5, loss=2.0), step(5))
    lost = (step(6), Validation(stage=Stage.SFT, step=6, loss=1.0), Checkpoint(stage=Stage.SFT, step=6))
    resumed = Resumed(stage=Stage.SFT, step=5)
    write(run, StageBegan(stage=Stage.SFT), *kept, *lost, Paused(stage=Stage.SFT, step=6), resumed)
    now = progress(run)
    assert (now.step, now.validations, now.outcome) == (5, kept[:1], None)
    write(run, step(6, loss=9.0))
    assert progress(run, now).loss == 9.0
    drawn = [event.loss for event in effective(read_events(run.events).events) if isinstance(event, Step)]
    assert drawn == [2.0, 9.0]


def test_a_run_that_begins_again_without_a_checkpoint_begins_again(run: RunDirectory) -> None:
    """It crashed before the first one: nothing is resumed, and its figures would be told twice."""
    first = (Validation(stage=Stage.SFT, step=0, loss=3.0), step(1, loss=2.0), step(2, loss=1.0))
    again = (Validation(stage=Stage.SFT, step=0, loss=3.0), step(1, loss=2.5))
    write(run, StageBegan(stage=Stage.SFT), *first, StageBegan(stage=Stage.SFT), *again)
    assert [event for event in effective(read_events(run.events).events) if not isinstance(event, StageBegan)] == [
        *again
    ]
    assert progress(run).validations == again[:1]


def test_validation_and_checkpoint_of_a_step_take_nothing_back() -> None:
    """They come after the step, under its number."""
    events = (step(1), step(2), Validation(stage=Stage.SFT, step=2, loss=1.0), Checkpoint(stage=Stage.SFT, step=2))
    assert effective(events) == events


def test_going_back_to_sft_takes_back_dpo() -> None:
    """A checkpoint of SFT is before every step of DPO; one of DPO is after every step of SFT."""
    events = (step(8), step(1, Stage.DPO), step(4, Stage.DPO))
    assert effective((*events, Resumed(stage=Stage.SFT, step=8)))[:-1] == events[:1]
    assert effective((*events, Resumed(stage=Stage.DPO, step=2)))[:-1] == events[:2]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.lists(st.sampled_from(EVERY_EVENT), max_size=20),
    cut=st.integers(0, 20),
)
def test_progress_followed_is_progress_read_at_once(tmp_path: Path, chosen: list[Event], cut: int) -> None:
    """Reading on from where one was gives what reading everything gives."""
    run = RunDirectory(tmp_path)
    run.events.unlink(missing_ok=True)
    write(run, *chosen[:cut])
    before = progress(run)
    write(run, *chosen[cut:])
    assert progress(run, before) == progress(run)


@pytest.mark.parametrize("last", [Finished(adapter="a"), Failed(message="no"), Paused(stage=Stage.SFT, step=2)])
def test_how_the_child_ended_is_told(run: RunDirectory, last: Finished | Failed | Paused) -> None:
    """Until it starts again."""
    write(run, step(1), last)
    assert progress(run).outcome == last
    write(run, StageBegan(stage=Stage.BASE))
    assert progress(run).outcome is None


def test_a_loss_that_is_no_number_is_not_written() -> None:
    """JSON has none, and a run that has one has failed."""
    with pytest.raises(ValueError, match="finite"):
        step(1, loss=float("nan"))
