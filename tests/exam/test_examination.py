"""A whole night in a child process, on a tiny model: trained, examined, and what is left of it."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import mlx_lm
import orjson
import pytest

from curatord.errors import ExitCode
from curatord.exam import general, recognition, routing
from curatord.exam.records import read_exam, read_replies
from curatord.store.splits import Part
from curatord.train.run_events import Examined, Finished, Paused, Stage, Step, read_events
from curatord.train.snapshot import open_snapshot
from tests.exam.nights import MODULE, Night
from tests.train.runs import PATIENCE, finish, new_run, start

if TYPE_CHECKING:
    from pathlib import Path

SHORT = {"epochs": 1, "batch_tokens": 256, "learning_rate": 0.001, "max_steps": 2}


def test_a_night_leaves_an_adapter_with_its_exam(night: Night, tiny_directory: Path) -> None:
    """Every trial, every reply, the router, the questions and the verdict stand beside an adapter that mlx_lm loads."""
    run = night.run
    exam, replies = read_exam(run.examined), read_replies(run.examined)
    assert exam is not None
    assert [trial.scale for trial in exam.trials] == [1.0, 0.8, 0.6, 0.4][: len(exam.trials)]
    assert exam.kept.exam.asked == len(replies) > 0
    assert exam.general_before.asked == len(general.probes())
    assert exam.promote == (not exam.kept.refused)
    assert sum(part.after for part in exam.categories.values()) == exam.kept.exam.after
    router = routing.read(run.examined)
    assert router is not None
    assert router.threshold == exam.kept.threshold
    recogniser = recognition.read(run.examined)
    assert recogniser is not None
    assert "flag 3" in str(recogniser.meant(["limits flag 3"])).casefold()
    mlx_lm.load(str(tiny_directory), adapter_path=str(run.examined))
    told = read_events(run.events).events
    assert isinstance(told[-1], Finished)
    assert any(isinstance(event, Examined) for event in told)


def test_how_sure_the_model_is_stands_beside_its_replies(night: Night) -> None:
    """Entropy and agreement of those that it was asked again."""
    routed = [reply for reply in read_replies(night.run.examined) if reply.routed]
    assert routed
    assert all(reply.entropy is not None and reply.agreement is not None for reply in routed[:20])


def test_the_strength_is_that_of_the_update(night: Night) -> None:
    """The scale is multiplied, the matrices stay: both of them times r would be r squared."""
    exam = read_exam(night.run.examined)
    assert exam is not None
    before, after = (
        orjson.loads((place / "adapter_config.json").read_bytes())["lora_parameters"]["scale"]
        for place in (night.run.adapter, night.run.examined)
    )
    assert after == pytest.approx(before * exam.scale)


def test_a_round_learns_from_misses_and_never_from_an_exam_question(night: Night) -> None:
    """What was answered wrong comes back in the words of training, with the model's own words as what to avoid."""
    missed = [orjson.loads(line) for line in (night.run.path / "round-1" / "misses.jsonl").read_bytes().splitlines()]
    exam_questions = {row.question for row in open_snapshot(night.run.snapshot).test()}
    taught = {row.question for row in open_snapshot(night.run.snapshot).sft(Part.TRAIN)}
    assert missed
    assert {row["question"] for row in missed} <= taught
    assert not {row["question"] for row in missed} & exam_questions
    assert all(row["chosen"] != row["rejected"] for row in missed)


def test_the_next_night_is_compared_with_what_is_in_service(night: Night, tiny_directory: Path) -> None:
    """The same pairs once more, going on from the adapter: nothing is gained, so it stays a candidate."""
    run = new_run(tiny_directory, night.state.store, **{"continue": True, "sft": SHORT, "dpo": {"enabled": False}})
    service = night.adapters.in_service()
    assert service is not None
    request = run.request().model_copy(update={"in_service": service.path})
    (run.path / "request.json").write_text(request.model_dump_json())

    assert finish(run, module=MODULE) == (ExitCode.OK, "")

    exam = read_exam(run.examined)
    assert exam is not None
    assert (exam.against, exam.continued) == (service.id, True)
    earlier = read_exam(service.path)
    assert earlier is not None
    assert exam.kept.exam.before == earlier.kept.exam.after
    first = next(event for event in read_events(run.events).events if isinstance(event, Step))
    began = next(event for event in read_events(night.run.events).events if isinstance(event, Step))
    assert first.loss < began.loss - 0.2


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
