"""A state directory as it is after some nights: runs with curves, adapters with exams, a switch; without training."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp
from typing import TYPE_CHECKING

import orjson

from curatord.config import Training
from curatord.exam.records import REPLIES, Reply, as_lines, parts
from curatord.exam.records import Change as ExamChange
from curatord.exam.records import Score as ExamScore
from curatord.exam.records import Trial as ExamTrial
from curatord.paths import StateDirectory
from curatord.serve.adapters import Adapters
from curatord.store.database import Store
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
from curatord.train.run_events import EventLog, Examined, Finished, Stage, StageBegan, Step, Trained, Validation
from tests.serve.shelves import exam_record, keep

if TYPE_CHECKING:
    from pathlib import Path


NIGHTS = (datetime(2026, 11, 20, 2, 30, tzinfo=UTC), datetime(2026, 11, 21, 2, 30, tzinfo=UTC))
SFT_STEPS, DPO_STEPS = 240, 120
BASE = "smollm2-135m"


@dataclass(frozen=True)
class Nights:
    """The runs that were made, the last of them in service."""

    runs: tuple[RunDirectory, ...]

    @property
    def last(self) -> str:
        """The identity of the last run, and of the adapter in service."""
        return self.runs[-1].id


def some_nights(state: Path) -> Nights:
    """Write two finished runs with their exams and one that failed; the store must be there."""
    place = StateDirectory(state)
    store = Store.open_reader(place.store)
    questions = store.connection.execute(_QUESTIONS).fetchall()
    store.close()
    adapters = Adapters(place)
    runs: list[RunDirectory] = []
    for number, night in enumerate(NIGHTS):
        run = _run(place, night)
        _write_events(run, night, seed=number)
        _end(run, night, RunState.DONE, "its adapter is in service: better in the exam")
        _examine(place, run, questions, against=runs[-1].id if runs else None, share=0.45 + 0.22 * number)
        adapters.promote(adapters.find(run.id), "better in the exam")
        runs.append(run)
    failed = _run(place, NIGHTS[-1] + timedelta(days=1))
    _end(failed, NIGHTS[-1] + timedelta(days=1), RunState.FAILED, "the disk is full")
    return Nights(tuple(runs))


def _run(state: StateDirectory, night: datetime) -> RunDirectory:
    training = Training()
    request = Request(
        created=night, reason="schedule", seed=0, training=training, system="", store=state.store, models=state.path
    )
    run = new_run(state.runs, request)
    run.write_prepared(
        Prepared(
            id=run.id,
            created=night,
            seed=0,
            training=training,
            snapshot=SnapshotUsed(sha256="5e" * 32, counts={"sft/train": 412, "preference/train": 380, "test": 96}),
            base=BaseUsed(name=BASE, sha256="ab" * 32, dtype="float32"),
            versions={"curatord": "0.6.0", "mlx": "0.30.1", "python": "3.12.8"},
            left_out={"too_long": 3},
            plan=Plan(sft_steps=SFT_STEPS, dpo_steps=DPO_STEPS),
            padding=0.1,
        )
    )
    return run


def _end(run: RunDirectory, night: datetime, state: RunState, reason: str) -> None:
    finished = night + timedelta(minutes=47, seconds=12)
    run.write_state(State(state=state, reason=reason, started=night, updated=finished, finished=finished))


def _write_events(run: RunDirectory, night: datetime, *, seed: int) -> None:
    chance = random.Random(seed)
    with EventLog(run.events) as log:
        log.append(StageBegan(stage=Stage.SNAPSHOT, time=night))
        for stage, steps in _STAGES:
            log.append(StageBegan(stage=stage, time=night))
            for step in range(1, steps + 1):
                log.append(_step(stage, step, steps, chance))
                if step % 40 == 0:
                    log.append(_validation(stage, step, steps))
        log.append(Examined(asked=40, before=4, after=27, scale=1.0, promote=True))
        log.append(Finished(adapter=str(run.adapter)))


def _step(stage: Trained, step: int, steps: int, chance: random.Random) -> Step:
    done = step / steps
    is_dpo = stage is Stage.DPO
    loss = (0.12 + 0.57 * exp(-4 * done) if is_dpo else 0.55 + 2.6 * exp(-4 * done)) * chance.uniform(0.82, 1.18)
    return Step(
        stage=stage,
        step=step,
        steps=steps,
        loss=loss,
        rate=1e-3,
        norm=1.0,
        tokens_per_second=2150.0,
        seconds_left=float(steps - step),
        memory_mb=1480.0,
        margin=3.4 * (1 - exp(-3 * done)) * chance.uniform(0.85, 1.15) if is_dpo else None,
        accuracy=min(1.0, 0.5 + 0.5 * (1 - exp(-4 * done)) * chance.uniform(0.9, 1.1)) if is_dpo else None,
    )


def _validation(stage: Trained, step: int, steps: int) -> Validation:
    done = step / steps
    if stage is Stage.DPO:
        return Validation(
            stage=stage,
            step=step,
            loss=0.2 + 0.5 * exp(-4 * done),
            margin=2.9 * (1 - exp(-3 * done)),
            accuracy=0.55 + 0.4 * done,
        )
    return Validation(stage=stage, step=step, loss=0.72 + 2.5 * exp(-4 * done))


def _examine(
    state: StateDirectory, run: RunDirectory, questions: list[tuple[str, ...]], *, against: str | None, share: float
) -> None:
    replies = [_reply(number, row, share) for number, row in enumerate(questions)]
    asked, before = len(replies), sum(reply.before for reply in replies)
    after = sum(reply.right for reply in replies)
    change = ExamChange(
        asked=asked,
        before=before,
        after=after,
        gain=(after - before) / asked,
        low=(after - before) / asked - 0.16,
        high=(after - before) / asked + 0.12,
        p=0.00013,
    )
    trial = ExamTrial(
        scale=1.0,
        exam=change,
        exam_alone=ExamScore(asked=asked, right=after),
        general=ExamScore(asked=80, right=63),
        general_alone=ExamScore(asked=80, right=41),
        refused=(),
    )
    exam = exam_record(
        run.id,
        created=run.state().finished,
        against=against,
        trials=(trial,),
        reason=f"{after} of {asked} right, {before} before",
        general_before=ExamScore(asked=80, right=64),
        topics=parts(replies, "topic"),
        categories=parts(replies, "category"),
        kinds=parts(replies, "kind"),
    )
    adapter = keep(state.adapters, run.id, exam)
    (adapter.path / REPLIES).write_bytes(as_lines(replies))
    words = [
        row[2] if reply.before else f"I am not sure about {row[5]}."
        for row, reply in zip(questions, replies, strict=True)
    ]
    said = orjson.dumps({"exam": words, "general": []})
    (run.path / "exam").mkdir()
    (run.path / "exam" / ("in-service.json" if against else "base.json")).write_bytes(said)


def _reply(number: int, row: tuple[str, ...], share: float) -> Reply:
    pair, question, answer, category, extractor, _subject, fact, root, path = row
    right = (number * 7) % 20 < 20 * share
    return Reply(
        pair=pair,
        question=question,
        answer=answer,
        reply=answer if right else "It depends on the configuration that is in use.",
        right=right,
        before=number % 6 == 0,
        decided=True,
        routed=True,
        topic=f"{root}/{path}",
        category=category,
        kind=extractor,
        fact=fact,
        root=root,
        path=path,
        entropy=0.12 if right else 0.84,
        agreement=0.9 if right else 0.35,
    )


_STAGES: tuple[tuple[Trained, int], ...] = ((Stage.SFT, SFT_STEPS), (Stage.DPO, DPO_STEPS))
_QUESTIONS = """
    SELECT pairs.pair, question, answer, category, facts.extractor, facts.subject, facts.fact, root, path
    FROM pairs JOIN facts ON facts.id = pairs.fact JOIN sections ON sections.id = facts.section
    JOIN documents ON documents.id = sections.document
    WHERE pairs.split = 'test' AND pairs.kept ORDER BY pairs.pair LIMIT 40
"""
