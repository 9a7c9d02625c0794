"""Learning from one's own mistakes: DPO on what the model said wrong in its exam, after ALAS (arXiv 2508.15805).

An exam question itself is never trained on. Its fact is asked in the words of training; preferred is what the note
says, over what the model said.

    runs/ID/round-N/misses.jsonl events.jsonl checkpoints/ weights.safetensors exam/
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson

from curatord.store.atomic import write_file
from curatord.store.splits import Part
from curatord.train import checkpoint, lora, stages, tensor_file
from curatord.train.dataset import Dataset, preferences
from curatord.train.loop import Loop, Moment, Position
from curatord.train.reporter import Reporter
from curatord.train.run_directory import RunDirectory
from curatord.train.run_events import EventLog, Stage
from curatord.train.snapshot import PreferenceRow
from curatord.train.wording import brief, by_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from curatord.config import Training
    from curatord.train.job import Learner
    from curatord.train.snapshot import ExamRow, SftRow, Snapshot

QUESTIONS_EACH = 2  # of the ways in which training asks for a missed fact
MISSES = "misses.jsonl"


def misses(
    questions: Sequence[ExamRow], replies: Sequence[str], right: Sequence[bool], taught: Iterable[SftRow]
) -> list[PreferenceRow]:
    """Return a preference for each missed fact and way to ask for it: the note's words over the model's own."""
    ways = by_answer(taught)
    return [
        PreferenceRow(way.question, row.answer, reply, way.pair)
        for row, reply, was_right in zip(questions, replies, right, strict=True)
        if not was_right and reply and brief(reply) != brief(row.answer)
        for way in ways.get(row.answer, ())[:QUESTIONS_EACH]
    ]


class Round:
    """One round of a run: its misses, and the adapter that learned from them."""

    def __init__(self, run: RunDirectory, number: int) -> None:
        """Work in a directory of the run's."""
        self.directory = RunDirectory(run.path / f"round-{number}")
        self._number = number

    @property
    def exam(self) -> Path:
        """Where the replies of the exam after this round are kept."""
        return self.directory.path / "exam"

    def learn(
        self,
        learner: Learner,
        snapshot: Snapshot,
        missed: Sequence[PreferenceRow],
        settings: Training,
        must_stop: Callable[[], bool],
    ) -> bool:
        """Train from where the learner's model stands; return whether it is done (else it was asked to stop)."""
        self.directory.path.mkdir(mode=0o700, exist_ok=True)
        write_file(self.directory.path / MISSES, b"".join(orjson.dumps(asdict(row)) + b"\n" for row in missed))
        weights = self.directory.path / "weights.safetensors"
        if not weights.exists():
            if not self._train(learner, snapshot, missed, settings, must_stop):
                return False
            tensor_file.write(weights, lora.trainable(learner.model))
        lora.restore(learner.model, tensor_file.read(weights))
        return True

    def _train(
        self,
        learner: Learner,
        snapshot: Snapshot,
        missed: Sequence[PreferenceRow],
        settings: Training,
        must_stop: Callable[[], bool],
    ) -> bool:
        rows, valid = (preferences(some, learner.encoder)[0] for some in (missed, snapshot.preference(Part.VALID)))
        data = Dataset([], [], rows, valid, [], 0)
        plan = stages.plan_preferences(data, settings, self._number, shrink=0)
        if plan is None:
            return True
        objective = stages.preference(plan, data, settings.dpo, learner.tools, name=f"round-{self._number}")
        last = checkpoint.load_last(self.directory.checkpoints)
        start = lora.trainable(learner.model)
        moment = last.moment if last is not None else Moment(Position(), start, start, {})
        with EventLog(self.directory.events) as log:
            reporter = Reporter(self.directory, log.append, Stage.DPO, steps=plan.course.steps, must_stop=must_stop)
            return Loop(learner.model, objective, plan.course, reporter).run(moment)
