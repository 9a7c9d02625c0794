"""Questions that the notes did not speak of when somebody asked them: `questions.jsonl` in the state directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filelock import FileLock
from pydantic import AwareDatetime, ValidationError

from curatord.curate.redact.allow import Allowed
from curatord.curate.redact.find import find
from curatord.curate.text import folded, spaced
from curatord.exam.records import Record, as_lines
from curatord.store.atomic import write_file

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

FILE = "questions.jsonl"
MOST_KEPT = 200
MOST_CHARACTERS = 500


class Unanswered(Record):
    """A question, how often it was asked, and when last."""

    question: str
    times: int
    last: AwareDatetime


def remember(state: Path, question: str, when: datetime) -> bool:
    """Keep a question, the last 200 of them; return False, and keep nothing, where it is too long or holds a secret."""
    question = spaced(question)
    if not question or len(question) > MOST_CHARACTERS or find(question, Allowed(())):
        return False
    file = state / FILE
    with FileLock(file.with_suffix(".lock")):
        kept = unanswered(state)
        before = next((one for one in kept if folded(one.question) == folded(question)), None)
        others = [one for one in kept if one is not before]
        new = Unanswered(question=question, times=1 + (before.times if before else 0), last=when)
        write_file(file, as_lines([*others, new][-MOST_KEPT:]))
    return True


def unanswered(state: Path) -> list[Unanswered]:
    """Return the questions kept, the last one asked at the end; a line that is damaged is left out."""
    try:
        lines = (state / FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(Unanswered.model_validate_json(line))
        except ValidationError:  # a hint at most is lost
            continue
    return found
