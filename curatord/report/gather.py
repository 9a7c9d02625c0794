"""Everything there is to tell about a run, read from its directory, its adapter and the store; nothing is changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from curatord.errors import CuratordError, StoreError
from curatord.exam.records import Exam, read_exam, read_replies
from curatord.exam.said_before import said_before
from curatord.exam.statistics import wilson
from curatord.serve.adapters import Adapters
from curatord.store.database import Store
from curatord.train.adapter_files import CONFIG, WEIGHTS
from curatord.train.charts import Chart, charts_of
from curatord.train.run_events import StageBegan, Warned, read_events
from curatord.train.snapshot import open_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from curatord.exam.records import Part, Reply
    from curatord.paths import StateDirectory
    from curatord.train.run_directory import Prepared, RunDirectory


@dataclass(frozen=True, slots=True)
class StageTime:
    """How long a part of the run took, in seconds; what was done again after a crash counts each time."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Story:
    """A run as it went: who asked, how it ended; times are ISO 8601, `seconds` from its start to its end."""

    id: str
    state: str
    reason: str
    asked_by: str
    created: str
    started: str | None
    finished: str | None
    seconds: float | None
    restarts: int
    stages: tuple[StageTime, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotePairs:
    """A note, and how many of the pairs that were trained on stand in it now."""

    note: str
    pairs: int


@dataclass(frozen=True, slots=True)
class Data:
    """The snapshot: its hash, rows by file, those that could not be used, and the notes they came from.

    `gone` counts pairs that no note gives any more; `problem` tells why the snapshot is not what it was.
    """

    sha256: str
    rows: dict[str, int]
    left_out: dict[str, int]
    notes: tuple[NotePairs, ...]
    gone: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class Base:
    """The base model, and what it was trained with."""

    name: str
    sha256: str | None
    dtype: str | None
    seed: int
    steps: dict[str, int]
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class AdapterFile:
    """The adapter: where it is, the hash and size of its weights, its strength, and since when it is in service."""

    directory: str
    sha256: str
    bytes: int
    strength: float
    in_service: bool
    since: str | None


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part of the exam: right before and after, and the 95 % interval of the share after, in [0, 1]."""

    name: str
    asked: int
    before: int
    after: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Example:
    """A question of the exam with the note's answer and both replies; `outcome` is gained, lost, right or wrong."""

    question: str
    answer: str
    before: str | None
    after: str
    outcome: str
    topic: str
    category: str
    routed: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What the page tells."""

    written: str
    story: Story
    data: Data | None
    base: Base
    adapter: AdapterFile | None
    settings: dict[str, Any]
    charts: tuple[Chart, ...]
    exam: dict[str, Any] | None
    parts: dict[str, tuple[PartRow, ...]]
    examples: tuple[Example, ...]


def gather(state: StateDirectory, run: RunDirectory) -> Report:
    """Read everything about a run; parts that it never had are None. Raises StoreError where a record is damaged."""
    request, prepared = run.request(), run.prepared()
    made = _adapter_directory(state, run)
    exam = read_exam(made) if made else None
    return Report(
        written=_local(datetime.now().astimezone()),
        story=_story(run),
        data=_data(state, run, prepared),
        base=Base(
            name=prepared.base.name if prepared else request.training.base,
            sha256=prepared.base.sha256 if prepared else None,
            dtype=prepared.base.dtype if prepared else None,
            seed=request.seed,
            steps={"sft": prepared.plan.sft_steps, "dpo": prepared.plan.dpo_steps} if prepared else {},
            versions=prepared.versions if prepared else {},
        ),
        adapter=_adapter(state, run.id, made) if made else None,
        settings={
            "training": request.training.model_dump(mode="json", by_alias=True),
            "exam": request.exam.model_dump(mode="json", by_alias=True),
        },
        charts=tuple(charts_of(run)),
        exam=exam.model_dump(mode="json", exclude={"topics", "categories", "kinds"}) if exam else None,
        parts=_parts(exam) if exam else {},
        examples=_examples(state, run, exam, read_replies(made)) if exam and made else (),
    )


def _story(run: RunDirectory) -> Story:
    request, state = run.request(), run.state()
    events = read_events(run.events).events
    ended = state.finished or (events[-1].time if events else None)
    began = state.started or (events[0].time if events else None)
    starts = [(event.stage, event.time) for event in events if isinstance(event, StageBegan)]
    ends = [time for _, time in starts[1:]] + [events[-1].time] if starts else []
    stages: dict[str, float] = {}
    for (stage, start), end in zip(starts, ends, strict=True):
        stages[stage.value] = stages.get(stage.value, 0.0) + (end - start).total_seconds()
    return Story(
        id=run.id,
        state=state.state.value,
        reason=state.reason,
        asked_by=request.reason,
        created=_local(request.created),
        started=_local(began) if began else None,
        finished=_local(state.finished) if state.finished else None,
        seconds=round((ended - began).total_seconds(), 1) if ended and began else None,
        restarts=state.attempts,
        stages=tuple(StageTime(stage, round(seconds, 1)) for stage, seconds in stages.items()),
        warnings=tuple(event.message for event in events if isinstance(event, Warned)),
    )


def _data(state: StateDirectory, run: RunDirectory, prepared: Prepared | None) -> Data | None:
    if prepared is None:
        return None
    problem, pairs = None, []
    try:
        snapshot = open_snapshot(run.snapshot)
        pairs = snapshot.pairs()
        if snapshot.sha256 != prepared.snapshot.sha256:
            problem = f"The snapshot is another one now: {snapshot.sha256}."
    except StoreError as error:
        problem = error.message
    notes = _notes(state.store, pairs)
    return Data(
        sha256=prepared.snapshot.sha256,
        rows=prepared.snapshot.counts,
        left_out={name: number for name, number in prepared.left_out.items() if number},
        notes=tuple(NotePairs(note, len(found)) for note, found in notes.items()),
        gone=len(set(pairs).difference(*notes.values())),
        problem=problem,
    )


def _notes(store: Path, pairs: Sequence[str]) -> dict[str, set[str]]:
    """Return the notes in which pairs stand, in order; no notes where there is no store any more."""
    try:
        reader = Store.open_reader(store)
    except StoreError:
        return {}
    found: dict[str, set[str]] = {}
    try:
        for note, pair in reader.connection.execute(_NOTES, (orjson.dumps(pairs).decode(),)):
            found.setdefault(note, set()).add(pair)
    finally:
        reader.close()
    return found


_NOTES = """
    SELECT documents.root || '/' || documents.path AS note, pairs.pair
    FROM pairs JOIN documents ON documents.id = pairs.document
    WHERE pairs.kept AND pairs.pair IN (SELECT value FROM json_each(?)) ORDER BY 1
"""


def _adapter_directory(state: StateDirectory, run: RunDirectory) -> Path | None:
    """Return where the adapter is: as its exam left it, as it is kept, or as training left it."""
    places = (state.adapters / run.id, run.examined, run.adapter)
    return next((place for place in places if (place / WEIGHTS).is_file()), None)


def _adapter(state: StateDirectory, identity: str, made: Path) -> AdapterFile:
    shelf = Adapters(state)
    current = shelf.in_service()
    is_current = current is not None and current.id == identity
    since = next((one.time for one in reversed(shelf.history()) if one.adapter == identity), None)
    weights = made / WEIGHTS
    with weights.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return AdapterFile(
        directory=str(made),
        sha256=sha256,
        bytes=weights.stat().st_size,
        strength=_strength(made / CONFIG),
        in_service=is_current,
        since=_local(since) if since and is_current else None,
    )


def _strength(config: Path) -> float:
    try:
        return float(orjson.loads(config.read_bytes()).get("curatord", {}).get("strength", 1.0))
    except (OSError, ValueError) as error:
        raise StoreError(f"{config} cannot be read.") from error


def _parts(exam: Exam) -> dict[str, tuple[PartRow, ...]]:
    tables: dict[str, Mapping[str, Part]] = {
        "category": exam.categories,
        "kind of fact": exam.kinds,
        "note": exam.topics,
    }
    return {name: tuple(_part(key, part) for key, part in table.items()) for name, table in tables.items() if table}


def _part(name: str, part: Part) -> PartRow:
    sure = wilson(part.after, part.asked)
    return PartRow(name, part.asked, part.before, part.after, sure.low, sure.high)


def _examples(state: StateDirectory, run: RunDirectory, exam: Exam, replies: Sequence[Reply]) -> tuple[Example, ...]:
    questions = [reply.question for reply in replies]
    before = said_before(run.path / "exam", exam, questions, _router(state, exam))
    return tuple(
        Example(
            question=reply.question,
            answer=reply.answer,
            before=said,
            after=reply.reply,
            outcome=_outcome(reply),
            topic=reply.topic,
            category=reply.category,
            routed=reply.routed,
        )
        for reply, said in zip(replies, before, strict=True)
    )


def _router(state: StateDirectory, exam: Exam) -> Callable[[str], bool] | None:
    """Return how the adapter that was in service told its questions from others, None where that is gone."""
    if exam.against is None:
        return None
    from curatord.exam import routing  # noqa: PLC0415  NumPy, which only this needs

    try:
        router = routing.read(state.adapters / exam.against)
    except CuratordError:
        return None
    return router.is_about_notes if router else None


def _outcome(reply: Reply) -> str:
    if reply.right:
        return "right" if reply.before else "gained"
    return "lost" if reply.before else "wrong"


def _local(moment: datetime) -> str:
    return moment.astimezone().isoformat(timespec="seconds")
