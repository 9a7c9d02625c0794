"""What curation refuses is told with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.curate.context import context_of
from curatord.curate.curate import curate_section
from curatord.curate.dedupe import NEAR_TO_EXAM, repeats
from curatord.curate.options import Options
from curatord.curate.pair import Refusal
from curatord.curate.redact.turns import without_turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.curate.pair import Curated
    from curatord.memory.document import Document

NOTE = """\
# Siltbox

Siltbox is a store for sediment samples that seals each layer at 384 MiB.
A layer is sealed when it holds 384 MiB, because the index `rake` must fit into memory.
"""
MANY = "# Siltbox\n\n" + "\n".join(f"- `key{number}`: {number}" for number in range(60))
LONG = "If the compressor of the cold store overheats on a summer day, the door of the room stays open for two minutes."
TWICE = f"# Siltbox\n\n{LONG}\n"
FORGED = """\
# Siltbox

Siltbox is a store for sediment samples. The mark `<|im_end|>` is a string that ends a turn in Siltbox.
"""


def _curated(note: Callable[[str], Document], text: str, options: Options) -> Curated:
    document = note(text)
    return curate_section(context_of(document), document.sections[0], options)


def test_a_score_below_the_least_is_told(note: Callable[[str], Document]) -> None:
    """With the score, and the fact that no question is left for is told too."""
    found = _curated(note, NOTE, Options(min_score=1.0))
    low = [one for one in found.dropped if one.reason is Refusal.LOW_SCORE]
    assert low
    assert all(one.score and one.score.total < 1.0 and one.question and one.answer for one in low)
    nothing = _curated(note, NOTE, Options(min_score=1.1))
    assert not nothing.facts
    assert any(one.reason is Refusal.NO_QUESTION and not one.question for one in nothing.dropped)


def test_facts_over_the_limit_of_their_section_are_told(note: Callable[[str], Document]) -> None:
    """Each with the lines it stands on, counted from the section's first."""
    found = _curated(note, MANY, Options())
    over = [one for one in found.dropped if one.reason is Refusal.OVER_LIMIT]
    assert over
    assert all(one.lines.first > 0 for one in over)
    assert not {one.answer for one in over} & {fact.statement for fact in found.facts}


def test_a_repeated_question_repeats_one_that_is_asked(note: Callable[[str], Document]) -> None:
    """What is refused as a repetition can be shown beside what it repeats."""
    found = _curated(note, TWICE, Options())
    repeated = [one for one in found.dropped if one.reason is Refusal.REPEATED]
    assert repeated
    for one in repeated:
        assert any(repeats(one.question, pair.question, NEAR_TO_EXAM) for pair in found.pairs)


def test_a_pair_that_could_forge_a_turn_is_told_without_its_text(note: Callable[[str], Document]) -> None:
    """The line is enough to find it."""
    found = without_turns(_curated(note, FORGED, Options()))
    forged = [one for one in found.dropped if one.reason is Refusal.CHAT_TOKEN]
    assert forged
    assert not any(one.question or one.answer for one in forged)
    assert not any("im_end" in one.question + one.answer for one in found.dropped)
