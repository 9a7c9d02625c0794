"""What is handed to a worker process with a note, and what comes back.

Kept apart from the work itself, which imports the parser and all that knows languages: the daemon does without.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from curatord.curate.options import Options
from curatord.curate.redact.options import Mode, Redaction
from curatord.store.records import Outcome, ProblemRecord

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.config import Settings
    from curatord.daemon.roots import WatchedRoot
    from curatord.memory.document import Kind
    from curatord.store.records import DocumentRecord, DroppedRecord


@dataclass(frozen=True, slots=True)
class Task:
    """One note to look at, and what is known of it.

    `content` is the hash of the bytes last curated with today's code, None to read in any case; `known_keys` are the
    sections the store holds already, as often as it holds them.
    """

    root: str
    path: str
    kind: Kind
    file: Path
    content: str | None
    known_keys: tuple[str, ...]
    max_bytes: int
    min_characters: int
    options: Options
    redaction: Redaction = field(default_factory=Redaction)


@dataclass(frozen=True, slots=True)
class Examined:
    """What a look at a note found; `document` is None unless there are pairs to store or renew.

    `unchanged` says that the bytes are those already known: nothing else was looked at. `dropped` is what was refused,
    where that was asked for.
    """

    outcome: Outcome
    reason: str = ""
    content: str | None = None
    document: DocumentRecord | None = None
    problems: tuple[ProblemRecord, ...] = ()
    unchanged: bool = False
    dropped: tuple[DroppedRecord, ...] = ()


def fresh_task(settings: Settings, root: WatchedRoot, path: str) -> Task:
    """Return the task of reading a note of which nothing is known."""
    return Task(
        root=root.name,
        path=path,
        kind=root.kind,
        file=root.path / path,
        content=None,
        known_keys=(),
        max_bytes=settings.memory.max_bytes,
        min_characters=settings.memory.min_characters,
        options=Options(phrasings=settings.pairs.phrasings, min_score=settings.pairs.min_score),
        redaction=Redaction(Mode(settings.redact.mode), settings.redact.allow),
    )


def failed(task: Task, code: str, message: str, content: str | None = None) -> Examined:
    """Return the result for a note that could not be read: one problem, told to the user."""
    outcome = Outcome.SKIPPED if code == "too_large" else Outcome.FAILED
    return Examined(outcome, code, content, problems=(ProblemRecord(task.root, task.path, code, message),))
