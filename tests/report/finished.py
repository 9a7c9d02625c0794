"""A run that has ended, made of files alone: what a page about it must tell is known to the digit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson

from curatord.config import Training
from curatord.exam.records import Change, Exam, Reply, Score, Trial, as_lines, parts
from curatord.exam.statistics import paired
from curatord.paths import StateDirectory
from curatord.serve.adapters import Adapters
from curatord.store.database import Store
from curatord.train.draw import draw
from curatord.train.run_directory import (
    BaseUsed,
    Plan,
    Prepared,
    Request,
    RunDirectory,
    RunState,
    SnapshotUsed,
    State,
    new_run,
)
from curatord.train.run_events import Event, EventLog, Finished, Stage, StageBegan, Step, Validation, Warned
from tests.train.test_snapshot import facts, put

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.train.run_events import Trained

BEGAN = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
NASTY = '<script>alert("x")</script> & \N{RIGHT-TO-LEFT OVERRIDE}co'
CATEGORIES = ("factual", "critical")


def finished(directory: Path, *, examined: bool = True) -> tuple[StateDirectory, RunDirectory]:
    """Return a state directory and its run: ten facts, nine steps, twenty questions; its adapter is in service."""
    state = StateDirectory(directory / "state")
    state.create()
    store = Store.open(state.store)
    put(store, *facts(10))
    store.close()
    run = _run(state)
    with EventLog(run.events) as log:
        for event in events():
            log.append(event)
    made = state.adapters / run.id
    made.mkdir(parents=True)
    (made / "adapters.safetensors").write_bytes(b"weights")
    (made / "adapter_config.json").write_bytes(orjson.dumps({"curatord": {"strength": 0.8}}))
    if examined:
        _examine(run, made)
        shelf = Adapters(state)
        shelf.promote(shelf.find(run.id), "a test")
    return state, run


def events() -> list[Event]:
    """Return what happened: six steps of SFT, three of DPO, a second each."""
    told: list[Event] = [StageBegan(time=_after(0), stage=Stage.SNAPSHOT), StageBegan(time=_after(2), stage=Stage.SFT)]
    told += [_step(Stage.SFT, number, 2 + number) for number in range(1, 7)]
    told += [Validation(time=_after(8), stage=Stage.SFT, step=6, loss=0.625), Warned(time=_after(9), message=NASTY)]
    told += [StageBegan(time=_after(10), stage=Stage.DPO)]
    told += [_step(Stage.DPO, number, 10 + number) for number in range(1, 4)]
    told += [
        Validation(time=_after(14), stage=Stage.DPO, step=3, loss=0.375, margin=1.75, accuracy=0.875),
        StageBegan(time=_after(15), stage=Stage.EXAM),
        Finished(time=_after(95), adapter="adapter"),
    ]
    return told


def replies() -> list[Reply]:
    """Return twenty replies: 2 right before, 14 right now, one of them lost."""
    return [_reply(number, right=number < 14, before=number in (0, 19)) for number in range(20)]


def _run(state: StateDirectory) -> RunDirectory:
    request = Request(
        created=BEGAN,
        reason="asked",
        seed=7,
        training=Training(),
        system="Answer.",
        store=state.store,
        models=state.path / "models",
    )
    run = new_run(state.runs, request)
    snapshot = draw(state.store, run.snapshot, valid_share=0.05, seed=7)
    run.write_prepared(
        Prepared(
            id=run.id,
            created=BEGAN,
            seed=7,
            training=request.training,
            snapshot=SnapshotUsed(sha256=snapshot.sha256, counts=snapshot.counts),
            base=BaseUsed(name="smollm2-135m", sha256="b" * 64, dtype="float32"),
            versions={"curatord": "0.1.0", "mlx": "0.30"},
            left_out={"too_long": 3},
            plan=Plan(sft_steps=6, dpo_steps=3),
            padding=0.1,
        )
    )
    ended = State(state=RunState.DONE, reason="its adapter is in service", started=BEGAN, finished=_after(95))
    run.write_state(ended)
    return run


def _examine(run: RunDirectory, made: Path) -> None:
    said = replies()
    change = paired([one.before for one in said], [one.right for one in said])
    trial = Trial(
        scale=0.8,
        exam=Change(
            asked=change.asked,
            before=change.before,
            after=change.after,
            gain=change.gain,
            low=change.interval.low,
            high=change.interval.high,
            p=change.p,
        ),
        exam_alone=Score(asked=20, right=14),
        general=Score(asked=80, right=61),
        general_alone=Score(asked=80, right=30),
        refused=(),
    )
    exam = Exam(
        run=run.id,
        created=_after(90),
        base="smollm2-135m",
        against=None,
        seed="0" * 64,
        general_before=Score(asked=80, right=62),
        trials=(trial,),
        scale=0.8,
        promote=True,
        reason="14 of 20 right, 2 before it (the base alone)",
        topics=parts(said, "topic"),
        categories=parts(said, "category"),
        kinds=parts(said, "kind"),
    )
    (made / "exam.json").write_text(exam.model_dump_json())
    (made / "replies.jsonl").write_bytes(as_lines(said))
    sittings = run.path / "exam"
    sittings.mkdir()
    base = [f"Before {number}." for number in range(20)]
    (sittings / "base.json").write_bytes(orjson.dumps({"exam": base, "general": []}))


def _reply(number: int, *, right: bool, before: bool) -> Reply:
    return Reply(
        pair=f"{number:016x}",
        question=f"Question {number}?",
        answer=f"Answer {number}.",
        reply=NASTY if number == 19 else f"Now {number}.",
        right=right,
        before=before,
        decided=True,
        routed=True,
        topic=f"knowledge/{number % 10:03d}.md",
        category=CATEGORIES[number % 2],
        kind="table",
        fact="f",
        root="knowledge",
        path=f"{number % 10:03d}.md",
    )


def _step(stage: Trained, number: int, second: float) -> Step:
    preferred = {"margin": number / 2, "accuracy": number / 4} if stage is Stage.DPO else {}
    return Step(
        time=_after(second),
        stage=stage,
        step=number,
        steps=9,
        loss=3.0 / number,
        rate=1e-4,
        norm=1.0,
        tokens_per_second=100.0,
        seconds_left=1.0,
        memory_mb=300.0,
        **preferred,
    )


def _after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)
