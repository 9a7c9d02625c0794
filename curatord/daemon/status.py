"""What the daemon tells about itself, as pydantic models: the contract of the socket and of `--json` output.

New fields may be added; consumers ignore those they do not know. Fields are never renamed or removed within /v1.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """A value on the wire."""

    model_config = ConfigDict(frozen=True)


class RootStatus(Wire):
    """One memory root.

    `state` is watching, polling (its watch is lost; the timer still looks), missing, unreadable or held. `barrier`
    tells what keeps the daemon out where it is not the file permissions: a right that macOS asks for, or a volume that
    does not answer.
    """

    name: str
    path: str
    kind: str
    state: str
    documents: int
    held: str | None = None
    barrier: str | None = None


class QueueStatus(Wire):
    """Notes waiting to be read, and places waiting for quiet."""

    pending: int
    settling: int


class PairCounts(Wire):
    """Pairs in the shards, by kind and category; `heldout` are kept back for the exam.

    `by_category` counts those to train on; `made_by_day` tells how many of them came to be on each of the last days
    (local, ISO 8601), today last.
    """

    sft: int
    preference: int
    heldout: int
    by_category: dict[str, int]
    preference_by_category: dict[str, int] = {}
    heldout_by_category: dict[str, int] = {}
    made_by_day: dict[str, int] = {}


class RunProgress(Wire):
    """How far a run is; figures are those of its last optimizer step, in supervised tokens, seconds, and MiB."""

    stage: str | None = None
    step: int = 0
    steps: int | None = None
    loss: float | None = None
    validation_loss: float | None = None
    tokens_per_second: float | None = None
    seconds_left: float | None = None
    memory_mb: float | None = None
    checkpoint_step: int | None = None
    warnings: list[str] = []


class LastRun(Wire):
    """The last run that ended: done, failed or cancelled, why, and when (ISO 8601)."""

    run: str
    state: str
    reason: str
    finished: str | None


class TrainingStatus(Wire):
    """The nightly training.

    `state` is off, idle, running, held (a run is due, or rests, and goes on when the reasons in `held_by` are gone) or
    paused (until a person says `resume`). While idle, `held_by` tells what would keep the next run from starting.
    `next_run` (ISO 8601, local) is when training may next go on by itself; in the past where only reasons hold it.
    `run` is the run in hand.
    """

    state: str
    next_run: str | None = None
    held_by: list[str] = []
    run: str | None = None
    progress: RunProgress | None = None
    last: LastRun | None = None
    min_new_pairs: int = 0


class ExamStatus(Wire):
    """Closed-book accuracy before and after the last training, in [0, 1]."""

    before: float | None = None
    after: float | None = None


class AdapterStatus(Wire):
    """The adapter in service, `since` when (ISO 8601), and what it knew in its exam.

    `right` of the questions `asked`, `before` those that were right without it; `mastered` of the notes in `topics`.
    """

    id: str
    since: str | None = None
    asked: int = 0
    before: int = 0
    right: int = 0
    topics: int = 0
    mastered: int = 0


class ServingStatus(Wire):
    """The server with an OpenAI-compatible API.

    `state` is off, starting, serving, paused (while a run is going) or held (by `reason`); in each of them a server
    from before may go on. `url` is the API's address while it is listened on; `model` is what answers there, as clients
    see it, and `adapter` its adapter: none for the base model alone.
    """

    state: str
    url: str | None = None
    model: str | None = None
    adapter: str | None = None
    pid: int | None = None
    reason: str | None = None


class ConfigStatus(Wire):
    """The configuration in force, and what is wrong with the file now (if anything)."""

    path: str
    error: str | None = None


class Status(Wire):
    """`curatord status --json`.

    `state` is starting, ready, working or stopping; `error` tells why the last pass failed, if it did.
    """

    version: str
    pid: int
    uptime_seconds: float
    state: str
    roots: list[RootStatus]
    queue: QueueStatus
    documents: int
    skipped: int
    facts: int
    pairs: PairCounts
    generation: int
    problems: int
    new_pairs: int
    training: TrainingStatus
    adapter: str | None = None
    in_service: AdapterStatus | None = None
    exam: ExamStatus
    serving: ServingStatus = ServingStatus(state="off")
    config: ConfigStatus
    warnings: list[str]
    error: str | None = None
    last_pass: str | None = None


class Synced(Wire):
    """The answer to a sync: whether it was waited for and done, the generation of the shards then, why it failed."""

    done: bool
    generation: int
    error: str | None = None


class Reloaded(Wire):
    """The answer to a reload: whether the new settings are in force, or why not."""

    applied: bool
    error: str | None = None


class Ordered(Wire):
    """The answer to an order about training: the run concerned, its state then, and what happens, in a sentence."""

    run: str
    state: str
    told: str


class ConditionVerdict(Wire):
    """A condition of `[training.conditions]`: whether it is met (always, where it is switched off), and by what."""

    name: str
    met: bool
    told: str


class Preview(Wire):
    """What the schedule would do now, and why: `action` is start, resume, pause, skip or wait.

    `skip` lets the hour pass without a run; `wait` leaves everything as it is.
    """

    action: str
    reasons: list[str]
    next_run: str | None
    run: str | None
    new_pairs: int | None
    min_new_pairs: int
    conditions: list[ConditionVerdict]
