"""When two questions are one: an exact normal form, and near-duplicates with a guard.

The guard: questions whose hard tokens (all that is no plain word: numbers, code, identifiers) differ are never
the same question, however alike they read; similarity of words or embeddings cannot see that difference.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from itertools import filterfalse
from typing import NamedTuple, TypeAlias

from curatord.curate.sameness import folded, form

Shingles: TypeAlias = frozenset[str]

NEAR = 0.68
NEAR_TO_EXAM = 0.62  # an exam question must be further from what was trained
BLOCK = 8  # about the questions of one fact

_MARKS = '*"\u00ab\u00bb\u201c\u201d'
_PUNCTUATION = ",:;()!?"
_ENDS = " ?.!\u00a0\u202f\uff1f\u3002:;,'\u2018\u2019"


def question_key(question: str) -> str:
    """Return the normal form in which repeated questions are equal.

    NFC; case folded outside backticks (`-v` and `-V` differ); quotation marks and the backticks around code in lower
    case gone (`llm` and LLM are asked for alike); single spaces; no punctuation at the ends.
    """
    return _unmarked(_folded(question))


def _unmarked(question: str) -> str:
    """Return the normal form without the backticks that say no more than its letters do."""
    if "`" not in question:
        return question
    parts = question.split("`")
    last = len(parts) - 1
    marked = (
        f"`{part}`"
        if at % 2 and at < last and part != part.casefold()
        else f"`{part}"
        if at % 2 and at == last
        else part
        for at, part in enumerate(parts)
    )
    return "".join(marked).strip(_ENDS)


def _folded(question: str) -> str:
    """Return the normal form with its backticks, which tell code from words."""
    ascii_only = question.isascii()
    plain = question if ascii_only else unicodedata.normalize("NFC", question)
    plain = " ".join(_without(plain, _MARKS[:2] if ascii_only else _MARKS).split())
    if "`" not in plain:
        return plain.casefold().strip(_ENDS)
    parts = plain.split("`")
    return "`".join(part if at % 2 else part.casefold() for at, part in enumerate(parts)).strip(_ENDS)


class Normal(NamedTuple):
    """A question as compared: a key, equal for questions that ask the same, and its words without punctuation."""

    key: str
    words: list[str]


def normal(question: str) -> Normal:
    """Bring a question into its normal form; the key folds what never makes another question (see `sameness`)."""
    marked = _folded(question)
    key = _unmarked(marked)
    plain = form(key) if "`" in key else folded(_without(key, _PUNCTUATION).split())
    return Normal(plain, _without(marked, _PUNCTUATION).split())


def repeats(question: str, other: str, near: float = NEAR) -> bool:
    """Whether a question repeats another, exactly or nearly; what `Asked` decides for many at once."""
    mine, theirs = normal(question), normal(other)
    if mine.key == theirs.key:
        return True
    return _guard(mine.words) == _guard(theirs.words) and alike(shingles(mine.words), shingles(theirs.words), near)


class Asked:
    """The questions a section has asked so far; tells the new ones.

    Near-duplicates are found exactly: only questions with the same guard can repeat one another, and two sets as
    alike as `near` share that part of either, so a question most of whose shingles are new repeats none.
    """

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._guarded: defaultdict[frozenset[str], Guarded] = defaultdict(Guarded)

    def admit(self, question: Normal, near: float = NEAR) -> bool:
        """Remember the question and return True, unless it repeats an earlier one, exactly or nearly.

        `near` is the Jaccard similarity that counts as a repetition.
        """
        key, words = question
        if key in self._keys:
            return False
        new = self._guarded[_guard(words)].admit(shingles(words), near)
        if new:
            self._keys.add(key)
        return new


class Guarded:
    """The shingles of questions with the same hard tokens.

    They stand in blocks, so that most are passed over together: where all the shingles of a block hold too few of
    a question's, so do those of each question in it.
    """

    def __init__(self) -> None:
        self._all: set[str] = set()
        self._blocks: list[tuple[set[str], list[Shingles]]] = []

    def admit(self, mine: Shingles, near: float) -> bool:
        """Remember the shingles of a question and return True, unless they are like those of another."""
        needed = near * len(mine)
        if len(mine & self._all) >= needed:
            for together, each in self._blocks:
                if len(mine & together) >= needed and any(alike(mine, other, near) for other in each):
                    return False
        self._remember(mine)
        return True

    def _remember(self, mine: Shingles) -> None:
        if not self._blocks or len(self._blocks[-1][1]) == BLOCK:
            self._blocks.append((set(), []))
        together, each = self._blocks[-1]
        together |= mine
        self._all |= mine
        each.append(mine)


def _guard(words: list[str]) -> frozenset[str]:
    """Return the hard tokens of a question: all that is no plain word."""
    return frozenset(filterfalse(str.isalpha, words))


def shingles(words: list[str]) -> Shingles:
    """Return the word 3-grams of a question."""
    return frozenset(map(" ".join, zip(words, words[1:], words[2:], strict=False))) or frozenset((" ".join(words),))


def alike(mine: Shingles, other: Shingles, near: float) -> bool:
    """Jaccard similarity of at least `near`."""
    shared = len(mine & other)
    return shared >= near * (len(mine) + len(other) - shared)


def _without(text: str, marks: str) -> str:
    """Return the text without these characters; a few tests are faster than any table or pattern."""
    for mark in marks:
        if mark in text:
            text = text.replace(mark, "")
    return text
