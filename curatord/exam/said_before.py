"""What was replied to the questions of an exam before: by the adapter then in service, or by the base alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from curatord.exam.records import Exam


def said_before(
    sittings: Path, exam: Exam, questions: Sequence[str], is_about_notes: Callable[[str], bool] | None = None
) -> list[str | None]:
    """Return the earlier reply to each question, in their order; None where the run has it no more.

    `sittings` is the directory `exam` of the run. An adapter in service was asked what its own router, given as
    `is_about_notes`, found to be about the notes, and the base all else; without a router it was asked everything.
    """
    base = _replies(sittings / "base.json", len(questions))
    theirs = sittings / "in-service.json"  # missing too where that adapter had another base and was not asked
    service = _replies(theirs, len(questions)) if exam.against and theirs.exists() else base
    if is_about_notes is None:
        return service
    return [
        mine if is_about_notes(question) else other
        for question, mine, other in zip(questions, service, base, strict=True)
    ]


def _replies(file: Path, number: int) -> list[str | None]:
    try:
        said: list[str | None] = orjson.loads(file.read_bytes())["exam"]
    except (OSError, ValueError, KeyError):
        return [None] * number  # the run is gone
    return said if len(said) == number else [None] * number  # they were other questions
