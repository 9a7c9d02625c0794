"""Adapters, their exams and the lines of notes as they cross the socket; see `models` for what may change."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from curatord.control.models import PageQuery, Question
from curatord.daemon.status import Wire


class AdapterEntry(Wire):
    """An adapter that is kept: what it was trained on and, where it sat one, its exam at the strength that was kept.

    `general` are the right answers of `general_asked` probes of general knowledge, `general_before` those of the base.
    """

    id: str
    in_service: bool
    base: str | None
    created: str | None = None
    asked: int | None = None
    before: int | None = None
    after: int | None = None
    general_asked: int | None = None
    general_before: int | None = None
    general: int | None = None
    scale: float | None = None
    promote: bool | None = None
    reason: str | None = None
    problem: str | None = None


class SwitchEntry(Wire):
    """A switch of the adapter in service; an empty name is the base model alone. `back` tells a rollback."""

    time: str
    adapter: str
    before: str
    reason: str
    back: bool


class AdapterPage(Wire):
    """Every adapter, the latest first, which is in service, and every switch, the latest first."""

    adapters: list[AdapterEntry]
    in_service: str | None
    history: list[SwitchEntry]


class ReplyQuery(PageQuery):
    """Which questions of an exam: by what became of them, category, note (`topic`), or words in any of their texts.

    `outcome` is right, wrong, gained (right now, wrong before) or lost.
    """

    outcome: str | None = Field(None, pattern="^(right|wrong|gained|lost)$")
    category: str | None = Field(None, max_length=100)
    topic: str | None = Field(None, max_length=4096)
    q: str | None = Field(None, max_length=1000)


class ReplyEntry(Wire):
    """A question of an exam: the note's answer, the reply and whether it is right, and the same of before.

    `reply_before` is None where the run's directory is gone. `routed`: the adapter was asked, not the base alone.
    """

    pair: str
    question: str
    answer: str
    reply: str
    right: bool
    reply_before: str | None
    right_before: bool
    routed: bool
    topic: str
    category: str
    kind: str
    root: str
    path: str
    entropy: float | None = None
    agreement: float | None = None


class ExamPage(Wire):
    """An exam, how many of its questions are wanted, and some of them; `exam` is None where none was sat."""

    adapter: str
    exam: dict[str, Any] | None
    total: int
    replies: list[ReplyEntry]


class SourceQuery(Question):
    """How many lines of the note to show around those that a pair rests on."""

    around: int = Field(4, ge=0, le=100)


class SourceLine(Wire):
    """A line of a note, counted from 1; `evidence`: the pair rests on it."""

    number: int
    text: str
    evidence: bool


class SourcePlace(Wire):
    """One place where a pair stands, with the lines of the note as they are now; `problem` tells why there are none."""

    root: str
    path: str
    file: str | None
    title: str
    heading_path: list[str]
    statement: str
    keys: list[str]
    kept: bool
    first_line: int
    last_line: int
    lines: list[SourceLine]
    problem: str | None = None


class PairSource(Wire):
    """Where a pair comes from."""

    id: str
    places: list[SourcePlace]
