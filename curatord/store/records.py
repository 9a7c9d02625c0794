"""What ingest hands to the store: one value for each thing that happened to a file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curatord.memory.document import Kind, Lines
    from curatord.store.rows import SectionRows


class Outcome(StrEnum):
    """What became of a file."""

    DOCUMENT = "document"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One look at a file: where it is, what `stat` said, and what became of it.

    `content` is the sha256 of its bytes, None where they could not be read; `curation` is the fingerprint of the
    code and settings that judged it, so that new code looks again.
    """

    root: str
    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int
    outcome: Outcome
    reason: str
    content: str | None
    curation: str


@dataclass(frozen=True, slots=True)
class SectionRecord:
    """A section of a document; `rows` is None where the store already holds what `key` gives."""

    key: str
    heading_path: tuple[str, ...]
    lines: Lines
    rows: SectionRows | None


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A note that was read: the frontmatter is the first of its sections."""

    root: str
    path: str
    kind: Kind
    title: str
    language: str
    date: str | None
    words: int
    sections: tuple[SectionRecord, ...]


@dataclass(frozen=True, slots=True)
class DroppedRecord:
    """A question that was refused, or with an empty one a fact that gave no pair: why, and what tells more of it.

    Lines are those of the file. `detail` names the weak parts of the score, or the question that is asked instead.
    """

    reason: str
    detail: str
    question: str
    answer: str
    score: float | None
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class ProblemRecord:
    """Something wrong with a file (or, with an empty path, with a root), told in a sentence without note text."""

    root: str
    path: str
    code: str
    message: str
    line: int | None = None
