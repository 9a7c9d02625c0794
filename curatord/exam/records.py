"""What an exam leaves behind: `exam.json` and `replies.jsonl` beside the adapter, and the names of the other files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from curatord.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

EXAM = "exam.json"
REPLIES = "replies.jsonl"
ROUTING = "routing.json"
QUESTIONS = "questions.jsonl"
MEANINGS = "meanings.safetensors"


class Record(BaseModel):
    """A part of what is kept; what a newer curatord adds is ignored."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class Score(Record):
    """How many of the questions asked were answered right."""

    asked: int
    right: int

    @property
    def share(self) -> float:
        """The accuracy in [0, 1]; 0 where nothing was asked."""
        return self.right / self.asked if self.asked else 0.0


class Change(Record):
    """The same questions answered before and after; `low` and `high` are the 95 % interval of the gain in [-1, 1]."""

    asked: int
    before: int
    after: int
    gain: float
    low: float
    high: float
    p: float


class Trial(Record):
    """The adapter at one scale: against what was in service, and what general knowledge is left.

    `general` is graded as `curatord ask` would answer, `general_alone` without the router; so are `exam` and
    `exam_alone`. `threshold` is the router's: how likely a question has to be about the notes to be left to the
    adapter; 0 without a router, and in exams of before. `refused` tells why it cannot be promoted; empty where it can.
    """

    scale: float
    threshold: float = 0.0
    exam: Change
    exam_alone: Score
    general: Score
    general_alone: Score
    refused: tuple[str, ...]


class Part(Record):
    """One topic, category or kind of fact, before and after."""

    asked: int
    before: int
    after: int


class Agreement(Record):
    """How far a judge and the keys give the same verdicts: the share of agreement, and Cohen's kappa.

    There is no kappa where both said the same one thing of all.
    """

    judge: str
    asked: int
    share: float
    kappa: float | None


class Exam(Record):
    """An exam: what was compared with what, every trial, and the verdict.

    `against` is the adapter that was in service, None for the base alone. `scale` is that of the trial that was kept.
    `continued`: training went on from it, rather than from the base. `gone` are facts it was taught that the notes no
    longer hold: how many were asked for, and how many the new adapter still says.
    """

    run: str
    created: AwareDatetime
    base: str
    against: str | None
    seed: str
    general_before: Score
    trials: tuple[Trial, ...]
    scale: float
    promote: bool
    reason: str
    rounds: int = 0
    topics: dict[str, Part]
    categories: dict[str, Part]
    kinds: dict[str, Part]
    judged: Agreement | None = None
    continued: bool = False
    gone: Score | None = None
    warnings: tuple[str, ...] = ()

    @property
    def kept(self) -> Trial:
        """The trial whose scale was kept."""
        return next(trial for trial in self.trials if trial.scale == self.scale)


class Reply(Record):
    """One question with what was said to it and whether that was right; `before` is the verdict on what was in service.

    `entropy` is the mean over the reply's tokens, in nats; `agreement` in [0, 1]; both None where not measured.
    """

    pair: str
    question: str
    answer: str
    reply: str
    right: bool
    before: bool
    decided: bool
    routed: bool
    topic: str
    category: str
    kind: str
    fact: str
    root: str
    path: str
    entropy: float | None = None
    agreement: float | None = None


def read_exam(adapter: Path) -> Exam | None:
    """Return the exam of an adapter, None where it sat none; raise StoreError where the record is damaged."""
    file = adapter / EXAM
    try:
        return Exam.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise StoreError(f"{file} cannot be read.", hint="The adapter can be used; its exam is lost.") from error


def read_replies(adapter: Path) -> list[Reply]:
    """Return every question of an adapter's exam with its reply; raise StoreError where the record is damaged."""
    file = adapter / REPLIES
    try:
        return [Reply.model_validate(orjson.loads(line)) for line in file.read_bytes().splitlines()]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise StoreError(f"{file} cannot be read.", hint="The adapter can be used; its replies are lost.") from error


def as_lines(rows: Iterable[Record]) -> bytes:
    """Return records as JSON lines."""
    return b"".join(orjson.dumps(row.model_dump(mode="json"), option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def parts(replies: Sequence[Reply], name: str) -> dict[str, Part]:
    """Return the figures by one of the replies' fields, such as "topic"."""
    groups: dict[str, list[Reply]] = {}
    for reply in replies:
        groups.setdefault(getattr(reply, name), []).append(reply)
    return {
        key: Part(asked=len(some), before=sum(one.before for one in some), after=sum(one.right for one in some))
        for key, some in sorted(groups.items())
    }
