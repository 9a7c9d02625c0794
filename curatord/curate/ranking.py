"""Which statements of a section are asked for, when there are more than it has room for; and what asks for each."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from curatord.curate.pair import Category
from curatord.curate.phrasing import shapes
from curatord.curate.sameness import matter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from curatord.curate.draft import Draft

__all__ = ["PASSAGE", "Found", "ranked"]

MIN_FACTS, MAX_FACTS = 4, 24
WORDS_PER_FACT = 14  # more facts than this share of a section's words repeat one another
RESERVED = 0.4  # share of a section's facts that is kept for each of the categories that are seldom found
PASSAGE = "passage"  # a sentence: it is asked for whatever room there is, and takes none from the others
SELDOM = (Category.CRITICAL, Category.COMPARATIVE)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A statement, as the extractor that is surest of it understood it.

    `beside` is how another understood it whose questions think in a way that is seldom found; they take turns.
    `is_passage` tells whether it is a sentence of the text: these are asked for whatever room there is.
    """

    extractor: str
    draft: Draft
    thinking: Category | None
    beside: Draft | None = None
    beside_thinking: Category | None = None
    is_passage: bool = False

    @property
    def turns(self) -> int:
        """How many questions of the other reading follow each of the first: two where the first is no rare one."""
        return 1 if self.thinking in SELDOM else 2

    def asks(self, category: Category) -> bool:
        """Whether some of the questions about the statement are of a category."""
        return category in (self.thinking, self.beside_thinking)


def ranked(drafts: Iterable[tuple[str, Draft]], language: str, size: int) -> tuple[list[Found], list[Found]]:
    """Return the best facts for a text of that many words, each once and in reading order, and those left over."""
    told: defaultdict[str, list[tuple[str, Draft]]] = defaultdict(list)
    for name, draft in drafts:
        if draft.statement:
            told[matter(draft)].append((name, draft))
    found = [_found(alike, language) for alike in told.values()]
    found.sort(key=lambda one: (-one.draft.weight, one.draft.lines.first, one.draft.statement))
    room = min(MAX_FACTS, MIN_FACTS + size // WORDS_PER_FACT)
    chosen = [one for one in found if one.extractor != PASSAGE]
    first = [one for kind in SELDOM for one in [two for two in chosen if two.asks(kind)][: int(room * RESERVED)]]
    ordered = list(dict.fromkeys((*first, *chosen)))
    kept = list(dict.fromkeys((*ordered[:room], *[one for one in found if one.is_passage][:MAX_FACTS])))
    left = [one for one in ordered[room:] if not one.is_passage]
    return sorted(kept, key=lambda one: (one.draft.lines.first, one.draft.statement)), left


def _found(alike: Sequence[tuple[str, Draft]], language: str) -> Found:
    """Put together what extractors made of one statement."""
    extractor, draft = max(alike, key=lambda one: one[1].weight)
    mine = _thinking(language, draft)
    others = [other for _, other in alike if (told := _thinking(language, other)) in SELDOM and told is not mine]
    is_passage = any(name == PASSAGE for name, _ in alike)
    if not others:
        return Found(extractor, draft, mine, is_passage=is_passage)
    beside = max(others, key=lambda other: other.weight)
    return Found(extractor, draft, mine, beside, _thinking(language, beside), is_passage)


def _thinking(language: str, draft: Draft) -> Category | None:
    """Return the category of most questions about a fact."""
    return Category(draft.slots["category"]) if "category" in draft.slots else _usual(language, draft.shape)


@cache
def _usual(language: str, shape: str) -> Category | None:
    return Counter(template.category for template in shapes(language)[shape].train).most_common(1)[0][0]
