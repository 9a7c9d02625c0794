"""What crosses the socket besides the status, as pydantic models: the contract of every `--json` output.

New fields may be added; consumers ignore those they do not know. Fields are never renamed or removed within /v1.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from curatord.curate.pair import Category, Refusal, Split, Strategy  # noqa: TC001  pydantic evaluates annotations at run time
from curatord.daemon.status import Wire
from curatord.memory.document import Kind  # noqa: TC001  see above
from curatord.store.dropped import LeftOut  # noqa: TC001  see above


class Question(Wire):
    """What a client asks: unlike in answers, an unknown name is an error."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(Question):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=2**31)


class PairQuery(PageQuery):
    """Which pairs: `root` is its name, `document` a path below it, `kind` what it holds.

    `judged` asks for those that somebody judged, and what is in force; with it alone come pairs that are not kept.
    """

    category: Category | None = None
    document: str | None = None
    split: Split | None = None
    strategy: Strategy | None = None
    kind: Kind | None = None
    min_score: float | None = Field(None, ge=0, le=1)
    judged: Literal["up", "down", "edited", "any"] | None = None
    root: str | None = None


class DroppedQuery(PageQuery):
    """What was dropped: `document` is a path below its root."""

    document: str | None = None
    reason: Refusal | LeftOut | None = None


class SearchQuery(PairQuery):
    """Which words to search for, and among which pairs."""

    q: str = Field(min_length=1, max_length=1000)


class FactsQuery(Question):
    """Which note, by its absolute file name, and which of its lines."""

    file: str = Field(min_length=1, max_length=4096)
    line: int | None = Field(None, ge=1)


class EventsQuery(Question):
    """From where on: events with a greater number are told from the history, then those to come."""

    after: int | None = Field(None, ge=0)


class SyncRequest(Question):
    """Ask for a comparison of disk and store; wait for it, but not longer than this many seconds."""

    wait: bool = False
    timeout_seconds: float = Field(60.0, ge=0, le=86_400)


class MadePair(Wire):
    """What a pair was before somebody edited it."""

    id: str
    question: str
    answer: str
    strategy: str | None
    rejected: str | None


class PairEntry(Wire):
    """A pair as lists show it; `id` is its content hash, `root` and `path` are the note's.

    `verdict` is what somebody said of it: up, down, edited or nothing; where it is edited, `made` tells what it was.
    `kept` is False where it is neither trained on nor asked.
    """

    id: str
    category: str
    split: str
    score: float
    question: str
    answer: str
    strategy: str | None
    rejected: str | None
    root: str
    path: str
    kept: bool
    verdict: str | None
    made: MadePair | None


class PairPage(Wire):
    """Some pairs, and how many there are in all."""

    total: int
    pairs: list[PairEntry]


class AskedPair(Wire):
    """A question that asks for a fact.

    `kept` is False where an equal one of another note is trained on instead, or somebody rejected it (`verdict`: down).
    """

    id: str
    category: str
    split: str
    phrasing: str
    question: str
    kept: bool
    verdict: str | None


class FactEntry(Wire):
    """A fact, the lines of the note it rests on, and the questions that ask for it."""

    fact: str
    extractor: str
    statement: str
    first_line: int
    last_line: int
    pairs: list[AskedPair]


class DocumentFacts(Wire):
    """A note and the facts that were made of it, or of one of its lines."""

    root: str
    path: str
    title: str
    language: str
    facts: list[FactEntry]


class Place(Wire):
    """One place where a pair stands: the note, its section, the lines of the evidence, the fact.

    `kept` is False where an equal question of another note is trained on instead, or somebody rejected it.
    """

    root: str
    path: str
    file: str | None
    title: str
    heading_path: list[str]
    first_line: int
    last_line: int
    fact: str
    extractor: str
    subject: str
    statement: str
    keys: list[str]
    phrasing: str
    kept: bool


class PairDetail(Wire):
    """A pair with the parts of its score and every place where it stands.

    `verdict` is what somebody said of it, when (ISO 8601) and through what; `made` tells what an edited one was.
    """

    id: str
    category: str
    split: str
    score: float
    parts: dict[str, float]
    question: str
    answer: str
    strategy: str | None
    rejected: str | None
    verdict: str | None
    made: MadePair | None
    judged_at: str | None
    judged_by: str | None
    places: list[Place]


class DroppedEntry(Wire):
    """A question that gave no training pair, or with an empty one a fact that gave none: where and why.

    `detail` names the weak parts of the score, or what is asked instead.
    """

    root: str
    path: str
    first_line: int
    last_line: int
    reason: str
    detail: str
    question: str
    answer: str
    score: float | None


class DroppedPage(Wire):
    """Some of what gave no training pair, and how much there is in all."""

    total: int
    dropped: list[DroppedEntry]


class ScoreBand(Wire):
    """How many pairs are trained on or kept for the exam whose score lies in [least, most), or in [least, 1]."""

    least: float
    most: float
    pairs: int


class PairStatistics(Wire):
    """How many pairs there are, by category, split, strategy of the rejected answer, extractor, and score.

    `dropped` counts questions and facts that gave no training pair, by reason; `by_verdict` what people judged.
    """

    total: int
    duplicates: int
    by_verdict: dict[str, int]
    by_category: dict[str, int]
    by_split: dict[str, int]
    by_strategy: dict[str, int]
    by_extractor: dict[str, int]
    mean_score: float | None
    scores: list[ScoreBand]
    dropped: dict[str, int]


class DocumentEntry(Wire):
    """A note that was read, and how many facts and training pairs it gave; `date` is ISO 8601."""

    root: str
    path: str
    file: str | None
    kind: str
    title: str
    language: str
    date: str | None
    words: int
    facts: int
    pairs: int


class DocumentPage(Wire):
    """Some documents, and how many there are in all."""

    total: int
    documents: list[DocumentEntry]


class SkippedEntry(Wire):
    """A note that gives nothing: `outcome` is skipped or failed."""

    root: str
    path: str
    outcome: str
    reason: str


class SkippedPage(Wire):
    """Some notes that give nothing, and how many there are in all."""

    total: int
    skipped: list[SkippedEntry]


class ProblemEntry(Wire):
    """Something wrong with a note, or (with an empty path) with a root; `since` is ISO 8601."""

    root: str
    path: str
    code: str
    message: str
    line: int | None
    since: str


class ProblemPage(Wire):
    """Some problems, and how many there are in all."""

    total: int
    problems: list[ProblemEntry]


class Confirmed(Wire):
    """The names of the roots whose deletions go through."""

    roots: list[str]


class Stopping(Wire):
    """The daemon that begins to shut down."""

    pid: int


class ErrorDetail(Wire):
    """What went wrong and what to do: `code` is the exit code that a command ends with."""

    code: int
    message: str
    hint: str = ""


class ErrorReply(Wire):
    """Every answer that is not a success."""

    error: ErrorDetail
