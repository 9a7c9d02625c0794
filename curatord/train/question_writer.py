"""The base model as a writer of questions: it learns from bundled examples how people ask for what a note says.

Documents are found by more words once a small model has written the questions that they answer (Nogueira et al.,
arXiv:1904.08375); here these questions are what the model is then taught the notes with. The examples are of an
invented world and were written for this: a note's title, one thing it says, and five questions of as many people. What
was learned is kept for each base, so that only its first night spends the time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from filelock import FileLock

from curatord.config import Sft, Training
from curatord.train import lora, stages, tensor_file
from curatord.train.activations import Activations
from curatord.train.checkpoint import load_last
from curatord.train.dataset import Dataset
from curatord.train.loop import Loop, Moment, Position
from curatord.train.material import Tools
from curatord.train.reporter import Reporter
from curatord.train.rows import Encoder
from curatord.train.run_directory import RunDirectory
from curatord.train.run_events import EventLog, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from curatord.train.job import Learner

SYSTEM = "Ask five questions that this answers, in other words, one a line."
# Raise it when the same examples teach something else.
VERSION = 1
LESSON = Training(sft=Sft(epochs=2, learning_rate=5e-4, batch_tokens=1024), checkpoint_every=25, validate_every=10_000)


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that a note says, under the note's title."""

    title: str
    statement: str

    @property
    def prompt(self) -> str:
        """What the writer is shown."""
        return f"{self.title}\n{self.statement}"


def examples() -> Iterator[tuple[Note, list[str]]]:
    """Yield the bundled examples."""
    for line in (files("curatord.train") / "question_examples.jsonl").read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        yield Note(found["title"], found["statement"]), found["questions"]


def encoder_for(learner: Learner) -> Encoder:
    """Return what turns notes into prompts for the writer."""
    return Encoder(learner.tokenizer, system=SYSTEM, max_tokens=LESSON.max_tokens)


def writer_key(learner: Learner) -> str:
    """Return a digest of all that the writer depends on."""
    shapes = sorted((name, array.shape) for name, array in lora.trainable(learner.model).items())
    taught = (files("curatord.train") / "question_examples.jsonl").read_bytes()
    parts = (str(VERSION), LESSON.model_dump_json(), SYSTEM, learner.base.sha256, learner.dtype, repr(shapes))
    return hashlib.sha256("\n".join(parts).encode() + taught).hexdigest()[:32]


def teach(learner: Learner, models: Path, must_stop: Callable[[], bool]) -> bool:
    """Make a writer of the learner's model, whose LoRA updates must be zero; return whether it is done.

    It is taught once for each base and shape of LoRA; that is kept below `models`. Where `must_stop` says so, it goes
    on there the next time.
    """
    directory = models / "question-writer" / writer_key(learner)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = directory / "weights.safetensors"
    with FileLock(directory / "lock"):
        if not kept.exists():
            if not _train(learner, RunDirectory(directory), must_stop):
                return False
            tensor_file.write(kept, lora.trainable(learner.model))
        lora.restore(learner.model, tensor_file.read(kept))
    return True


def _train(learner: Learner, directory: RunDirectory, must_stop: Callable[[], bool]) -> bool:
    encoder = encoder_for(learner)
    rows, too_long = encoder.rows((note.prompt, "\n".join(asked)) for note, asked in examples())
    data = Dataset(rows, [], [], [], [], too_long)
    plan = stages.plan_stages(data, LESSON, seed=0, shrink=0).sft
    cache = Activations(directory.path, memory_mb=LESSON.cache_mb, disk_mb=LESSON.cache_disk_mb)
    tools = Tools(learner.tools.split, cache, prefix=encoder.prefix if learner.tools.prefix else ())
    objective = stages.supervised(plan, data, LESSON, 0, tools)
    last = load_last(directory.checkpoints)
    start = lora.trainable(learner.model)
    moment = last.moment if last is not None else Moment(Position(), start, start, {})
    with EventLog(directory.events) as log:
        reporter = Reporter(directory, log.append, Stage.SFT, steps=plan.course.steps, must_stop=must_stop)
        return Loop(learner.model, objective, plan.course, reporter).run(moment)
