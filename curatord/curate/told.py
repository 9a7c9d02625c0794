"""What a section says, prepared for comparing: the statements of its facts, and its lines."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from curatord.curate.alteration import spans
from curatord.curate.coarsening import coarser, fewer_lines, shortened, without_asides
from curatord.curate.text import folded, hard_tokens, lowered, words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from curatord.curate.alteration import Span
    from curatord.curate.draft import Draft

PLACE = ("topic", "part")
ASKED = ("name", "row", "term", "np", "a", "step", "time", "focus", "effect", "condition", "purpose")
MAX_FRAME = 80  # characters of words like "one of the points reads"
MAX_KEPT = 0.88  # of its words, in an answer that holds no values, once it is cut

_ARTICLE = re.compile(r"^(?:the|an?|our|les?|la|l'|une?) ?", re.IGNORECASE)


class Line(NamedTuple):
    """A line of the section and the words in it."""

    text: str
    words: frozenset[str]


class Told:
    """A fact's statement, and what of it the others are compared with."""

    def __init__(self, draft: Draft, at: int, language: str, place: frozenset[str]) -> None:
        """`at` is its number in the section, `place` the words that all statements of the section share."""
        self.draft, self.at, self.text = draft, at, draft.statement
        self.folded = folded(draft.statement)
        self.hard = frozenset(hard_tokens(draft.statement))
        self._language, self._place = language, place

    @cached_property
    def words(self) -> frozenset[str]:
        """Words that tell the statement from others of the section."""
        return frozenset(words(self.text)) - self._place

    @cached_property
    def in_questions(self) -> str:
        """Everything that the fact's questions may say of it."""
        return "\n".join(self.draft.slots.values())

    @cached_property
    def less(self) -> tuple[str, ...]:
        """The statement cut, made coarser, or without its last lines; itself apart."""
        text, language = self.text, self._language
        strong, weak = (shortened(text, language, strong=strong) for strong in (True, False))
        coarse = coarser(text, self.named, language, self.at)
        first = (coarse, *strong) if self.at % 2 else (*strong, coarse)
        found = dict.fromkeys((*first, *weak, without_asides(text, self.frame), *fewer_lines(text)))
        return tuple(other for other in found if other != text)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The fact's keys, folded."""
        return tuple(folded(key) for key in self.draft.keys)

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """What the fact's questions name, folded and without articles; empty where they ask for a whole section."""
        named = (self.draft.slots.get(name, "") for name in ASKED)
        return tuple(_ARTICLE.sub("", folded(text)) for text in named if text)

    @cached_property
    def named(self) -> tuple[str, ...]:
        """What a question names, which its answer must go on naming, as it is written."""
        texts = (self.draft.slots.get(name, "") for name in (*PLACE, *ASKED))
        return tuple(text for text in texts if text and len(text) < len(self.text))

    @cached_property
    def frame(self) -> int:
        """Where the statement begins to tell, behind words that only say where it stands: "under X it says:"."""
        behind = max((end for _, end in self._spots(PLACE)), default=0)
        colon = self.text.find(": ", behind, behind + MAX_FRAME) if behind else -1
        return colon + 2 if colon >= 0 else behind

    @cached_property
    def changeable(self) -> tuple[Span, ...]:
        """What may be exchanged: the value first, what the questions name last, the words for the place never."""
        value = self.text.find(self.draft.value) if self.draft.value else -1
        kept = [(0, self.frame if value < 0 else 0), *self._spots(PLACE)]
        asked = self._spots(ASKED)
        found = (span for span in spans(self.text) if not _within(span, kept))
        end = value + len(self.draft.value)
        return tuple(sorted(found, key=lambda span: (not 0 <= value <= span.start <= end, _within(span, asked))))

    def lacks(self, answer: str) -> bool:
        """Whether an answer lacks values that this one has; where it has none, a good part of its words."""
        if self.hard:
            return misses(answer, self.hard)
        return answer.count(" ") <= MAX_KEPT * self.text.count(" ") or misses(answer, self.draft.keys)

    def is_named_less_in(self, other: Told) -> bool:
        """Whether another statement does not speak of what this fact's questions name."""
        return not any(asked in other.folded for asked in self.asked)

    def _spots(self, slots: Sequence[str]) -> list[tuple[int, int]]:
        low = lowered(self.text)
        texts = (self.draft.slots.get(name, "").lower() for name in slots)
        return [(at, at + len(text)) for text in texts if text and (at := low.find(text)) >= 0]


def misses(text: str, tokens: Collection[str]) -> bool:
    """Whether a text has not all of these tokens."""
    return any(token not in text for token in tokens)


def _within(span: Span, places: Sequence[tuple[int, int]]) -> bool:
    return any(start <= span.start and span.end <= end for start, end in places)
