"""What crosses the socket about notes that contradict one another, as pydantic models."""

from __future__ import annotations

from curatord.daemon.status import Wire


class ConflictSide(Wire):
    """One of two notes that contradict one another: where, when, and what it says."""

    root: str
    path: str
    file: str | None
    date: str | None
    first_line: int
    last_line: int
    statement: str


class ConflictEntry(Wire):
    """Two facts that answer the same question with different values.

    `kept` is trained on. `stale` tells whether the other note is older, so that its answer is trained against;
    without it there is no telling which is right.
    """

    question: str
    questions: int
    stale: bool
    kept: ConflictSide
    other: ConflictSide


class ConflictPage(Wire):
    """Some conflicts, and how many there are in all."""

    total: int
    conflicts: list[ConflictEntry]
