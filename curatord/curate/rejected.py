"""Answers to prefer the right one over: as fluent and as long, and worse.

Three strategies (see `Strategy`): WRONG changes one thing and is checked against the section; UNSPECIFIC leaves
out, or makes coarser, what makes the answer an answer; VAGUE says something else of what the section treats. All
are made of the section's own words, so that words alone do not tell a rejected answer from a chosen one. None is
used twice in a section, and which one a pair gets follows from its fact and its place among the fact's questions.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING
from zlib import crc32

from curatord.curate.alteration import alike, exchanged_steps, numbers_like, replaced, reversals, said_of, spans, unit
from curatord.curate.pair import Rejected, Strategy
from curatord.curate.text import folded, hard_tokens, words
from curatord.curate.told import PLACE, Line, Told, misses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.curate.alteration import Span
    from curatord.curate.draft import Draft

MIN_WORDS = 4
MAX_LENGTH_RATIO = 2.0
MAX_NEIGHBOURS = 8
MAX_OTHERS = 6  # things tried in the place of one
MAX_OVERLAP = 0.7  # of the words of two statements, before one may answer for the other
SAME_MATTER = 0.5  # share of a statement's words in a line that tells of the same thing
ALL_BUT_TOLD = 0.7
MIXED = ("setting", "config")  # shapes whose siblings are values of other attributes
KEEPS_VALUES = 8  # one in so many wrong answers keeps every value and reverses a word instead

_LINES = re.compile(r"(?<=[.!?])\s+|\n+")


class Rejections:
    """The rejected answers of one section; hands out each at most once."""

    def __init__(self, language: str, support: str, drafts: Sequence[Draft]) -> None:
        """`support` is everything the section and its title say; `drafts` all facts found in it."""
        self._language = language
        self._support = support
        slots = drafts[0].slots if drafts else {}
        self._place = frozenset(words(" ".join(slots.get(name, "") for name in PLACE)))
        self._told = {draft.statement: Told(draft, at, language, self._place) for at, draft in enumerate(drafts)}
        self._order = tuple(self._told.values())
        self._used: set[str] = set()
        self._having: dict[str, list[Line]] = {}

    def for_fact(self, draft: Draft, seed: str) -> FactRejections:
        """Return the rejected answers of one fact, to be taken one by one."""
        return FactRejections(self, draft, seed)

    def take(self, candidates: Iterator[str], chosen: str) -> str:
        """Return the next candidate that is new, of a fitting length and not told; empty when none is left."""
        size = chosen.count(" ") + 1
        for candidate in candidates:
            length = candidate.count(" ") + 1
            if (
                max(MIN_WORDS, size / MAX_LENGTH_RATIO) <= length <= size * MAX_LENGTH_RATIO + 4
                and candidate not in self._used
                and candidate != chosen
                and not self._says(candidate, chosen)
            ):
                self._used.add(candidate)
                return candidate
        return ""

    def wrong(self, draft: Draft, turn: int) -> Iterator[str]:
        """Yield the statement with one thing changed, the change supported nowhere in the section."""
        mine = self._told[draft.statement]
        keeping = turn % KEEPS_VALUES == 0 or not mine.hard
        kept: list[str] = []
        for text in self._changed(mine, turn, keeping=keeping):
            if keeping or misses(text, mine.hard):
                yield text
            else:
                kept.append(text)
        yield from kept

    def unspecific(self, draft: Draft, turn: int) -> Iterator[str]:
        """Yield the statement without what makes it an answer, or what stands near it and is no answer."""
        mine = self._told[draft.statement]
        yield from (text for text in mine.less if mine.lacks(text))
        if draft.value:
            for other in sorted(self._neighbours(mine, 2), key=mine.is_named_less_in):
                yield from self._off_the_point(mine, other, turn)

    def vague(self, draft: Draft, turn: int) -> Iterator[str]:
        """Yield what is said of other things in the section, then what is said of others told of this one."""
        mine = self._told[draft.statement]
        for other in self._neighbours(mine, 1):
            if mine.is_named_less_in(other):
                yield from self._off_the_point(mine, other, turn)
        for other in self._neighbours(mine, 1):
            yield said_of(mine.text, other.text, self._language)
        for other in self._neighbours(mine, 1):
            yield from self.wrong(other.draft, turn)

    def _changed(self, mine: Told, turn: int, *, keeping: bool) -> Iterator[str]:
        if keeping:
            yield from exchanged_steps(mine.text)
        yield from _siblings(mine.draft, turn)
        if keeping:
            yield from self._reversed(mine)
        yield from self._exchanged(mine, mine.changeable, turn)

    def _off_the_point(self, mine: Told, other: Told, turn: int) -> Iterator[str]:
        """Yield another statement where it brings no values of its own, else with wrong ones, else without them."""
        if mine.asked and other.hard <= mine.hard:
            yield other.text
        for text in self._exchanged(other, other.changeable[::-1], turn):
            if not any(key in text for key in mine.draft.keys):
                yield text
        if mine.asked:
            yield from (text for text in other.less if frozenset(hard_tokens(text)) <= mine.hard)
        if other.hard <= mine.hard:
            yield from self._reversed(other)

    def _neighbours(self, mine: Told, first: int) -> Iterator[Told]:
        """Yield other statements of the section that hold none of the fact's keys and do not repeat it.

        They come in reading order, from the `first` one behind the fact's on, so that each serves equally often.
        """
        for step in range(first, first + min(len(self._order), MAX_NEIGHBOURS)):
            other = self._order[(mine.at + step) % len(self._order)]
            if (
                other is not mine
                and not any(key in other.folded for key in mine.keys)
                and len(mine.words & other.words) <= MAX_OVERLAP * min(len(mine.words), len(other.words))
            ):
                yield other

    def _reversed(self, told: Told) -> Iterator[str]:
        for text in reversals(told.text, told.frame, self._language):
            if folded(text) not in self._folded_support:
                yield text

    def _exchanged(self, told: Told, changeable: Sequence[Span], turn: int) -> Iterator[str]:
        """Yield the statement with a number, a name or a piece of code exchanged for another of its kind."""
        for span in changeable:
            if span.kind == "number":
                others = numbers_like(told.text, span, self._numbers, self._language, turn)
            else:
                alike = self._things.get(span.kind, ())
                others = (alike[(turn + at) % len(alike)] for at in range(len(alike)))
            around = told.words - {span.text.lower()}
            for other in islice(others, MAX_OTHERS):
                if other not in told.text and not self._tells(other, around):
                    yield replaced(told.text, span, other)

    def _tells(self, thing: str, of: frozenset[str]) -> bool:
        """Whether a line of the section has a thing together with most of these words."""
        least = SAME_MATTER * len(of)
        return any(len(of & line.words) > least for line in self._lines_with(thing.strip("`")))

    def _says(self, answer: str, chosen: str) -> bool:
        """Whether a line of the section holds all values that an answer brings and nearly all words around them."""
        mine = self._told[chosen]
        new = [token for token in hard_tokens(answer) if token not in mine.hard and token not in mine.in_questions]
        if not new:
            return False
        first, *others = new
        lines = [line for line in self._lines_with(first) if all(token in line.text for token in others)]
        if not lines:
            return False
        around = [part for part in _LINES.split(answer) if any(token in part for token in new)]
        said = frozenset(words(" ".join(around))) - self._place
        return any(len(said & line.words) >= ALL_BUT_TOLD * len(said) for line in lines)

    def _lines_with(self, thing: str) -> list[Line]:
        lines = self._having.get(thing)
        if lines is None:
            lines = self._having[thing] = [line for line in self._lines if thing in line.text]
        return lines

    @cached_property
    def _lines(self) -> tuple[Line, ...]:
        """Everything the section says, as its facts tell it and sentence by sentence."""
        written = (Line(line, frozenset(words(line))) for line in _LINES.split(self._support) if line)
        return (*(Line(told.text, told.words) for told in self._order), *written)

    @cached_property
    def _folded_support(self) -> str:
        return folded(self._support)

    @cached_property
    def _numbers(self) -> tuple[tuple[str, str], ...]:
        """The section's numbers with their units, each once."""
        found = ((span.text, unit(self._support, span)) for span in spans(self._support) if span.kind == "number")
        return tuple(dict.fromkeys(found))

    @cached_property
    def _things(self) -> dict[str, tuple[str, ...]]:
        """The section's names and pieces of code by kind, each once; names only as sentences use them."""
        found: dict[str, dict[str, None]] = {}
        for text, named in ((self._support, False), *((text, True) for text in self._told)):
            for span in spans(text):
                if (named or not span.kind.startswith("name")) and span.text.lower() not in self._place:
                    found.setdefault(span.kind, {})[span.text] = None
        return {kind: tuple(things) for kind, things in found.items()}


class FactRejections:
    """The rejected answers of one fact."""

    def __init__(self, section: Rejections, draft: Draft, seed: str) -> None:
        self._section, self._draft = section, draft
        self._turn = crc32(seed.encode())
        self._candidates = {
            Strategy.WRONG: section.wrong(draft, self._turn),
            Strategy.UNSPECIFIC: section.unspecific(draft, self._turn),
            Strategy.VAGUE: section.vague(draft, self._turn),
        }

    def next(self) -> Rejected | None:
        """Return an answer by the next strategy that finds one, each strategy once; None when none is left."""
        while self._candidates:
            strategy = list(self._candidates)[self._turn % len(self._candidates)]
            answer = self._section.take(self._candidates.pop(strategy), self._draft.statement)
            if answer:
                return Rejected(strategy, answer)
        return None


def _siblings(draft: Draft, turn: int) -> Iterator[str]:
    """Put a sibling's value where the fact's value stands."""
    if not draft.value or draft.statement.count(draft.value) != 1:
        return
    for at in range(len(draft.siblings)):
        sibling = draft.siblings[(at + turn) % len(draft.siblings)]
        if (
            sibling
            and folded(sibling) != folded(draft.value)
            and ("\n" in draft.value or draft.shape not in MIXED or alike(sibling, draft.value))
        ):
            yield draft.statement.replace(draft.value, sibling)
