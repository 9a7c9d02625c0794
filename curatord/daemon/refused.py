"""What curation refuses in a note, told in full; only counts of it are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.curate.context import context_of
from curatord.curate.curate import curate_head, curate_section
from curatord.curate.dedupe import NEAR_TO_EXAM, repeats
from curatord.curate.pair import Refusal
from curatord.curate.redact.turns import without_turns
from curatord.memory.document import Lines
from curatord.store.records import DroppedRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.options import Options
    from curatord.curate.pair import Curated, Dropped, Score
    from curatord.memory.document import Document


def dropped_from(document: Document, options: Options) -> Iterator[DroppedRecord]:
    """Yield what is refused in a note, in reading order of its sections; secrets must be out of it already."""
    context = context_of(document)
    if document.metadata:
        head = without_turns(curate_head(context, document.metadata, options))
        yield from _records(head, document.metadata_lines or Lines(1, 1))
    for section in document.sections:
        yield from _records(without_turns(curate_section(context, section, options)), section.lines)


def _records(curated: Curated, lines: Lines) -> Iterator[DroppedRecord]:
    for one in curated.dropped:
        yield DroppedRecord(
            reason=one.reason.value,
            detail=_detail(one, curated),
            question=one.question,
            answer=one.answer,
            score=one.score.total if one.score else None,
            first_line=lines.first + one.lines.first,
            last_line=lines.first + one.lines.last,
        )


def _detail(one: Dropped, curated: Curated) -> str:
    if one.reason is Refusal.LOW_SCORE and one.score:
        return _weak_parts(one.score)
    if one.reason is Refusal.REPEATED:
        asked = (pair.question for pair in curated.pairs)
        return next((question for question in asked if repeats(one.question, question, NEAR_TO_EXAM)), "")
    return ""


def _weak_parts(score: Score) -> str:
    """Return the parts that cost the score something, the worst first."""
    weak = sorted((value, name) for name, value in score.parts if value < 1.0)
    return ", ".join(f"{name} {value:.2f}" for value, name in weak)
