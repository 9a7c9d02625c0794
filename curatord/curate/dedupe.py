"""When two questions are one: an exact normal form, and near-duplicates with a guard.

The guard: questions whose hard tokens (all that is no plain word: numbers, code, identifiers) differ are never
the same question, however alike they read; similarity of words or embeddings cannot see that difference.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from math import ceil
from typing import TypeAlias

Shingles: TypeAlias = frozenset[tuple[str, ...]]

NEAR = 0.68
NEAR_TO_EXAM = 0.62  # an exam question must be further from what was trained
SHINGLE = 3

_MARKS = re.compile('[*"\u00ab\u00bb\u201c\u201d]')
_PUNCTUATION = str.maketrans(dict.fromkeys(",:;()!?", None))
_ENDS = " ?.!\u00a0\u202f\uff1f\u3002:;,'\u2018\u2019"


def question_key(question: str) -> str:
    """Return the normal form in which repeated questions are equal.

    NFC; case folded outside backticks (`-v` and `-V` differ); quotation marks gone; single spaces; no
    punctuation at the ends.
    """
    plain = question if question.isascii() else unicodedata.normalize("NFC", question)
    plain = " ".join(_MARKS.sub("", plain).split())
    if "`" not in plain:
        return plain.casefold().strip(_ENDS)
    parts = plain.split("`")
    return "`".join(part if at % 2 else part.casefold() for at, part in enumerate(parts)).strip(_ENDS)


class Asked:
    """The questions a section has asked so far; gives each new one its key.

    Near-duplicates are found exactly by prefix filtering (Bayardo et al. 2007): two sets as alike as `near` share
    at least one of the rarest (1 - near) of either's members, so only questions with such a member are compared.
    """

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._near: list[tuple[frozenset[str], Shingles]] = []
        self._with: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)

    def admit(self, question: str, near: float = NEAR) -> str:
        """Remember the question and return its key; "" where it repeats an earlier one, exactly or nearly.

        `near` is the Jaccard similarity that counts as a repetition.
        """
        key = question_key(question)
        if key in self._keys:
            return ""
        tokens = key.translate(_PUNCTUATION).split()
        guard, mine = frozenset(token for token in tokens if not token.isalpha()), shingles(tokens)
        lists = sorted((self._with[gram] for gram in mine), key=len)
        for number in {number for found in lists[: len(mine) - ceil(near * len(mine)) + 1] for number in found}:
            other, grams = self._near[number]
            if guard == other and alike(mine, grams, near):
                return ""
        self._keys.add(key)
        for found in lists:
            found.append(len(self._near))
        self._near.append((guard, mine))
        return key


def shingles(words: list[str]) -> Shingles:
    """Return the word 3-grams of a question."""
    return frozenset(zip(words, words[1:], words[2:], strict=False)) or frozenset((tuple(words),))


def alike(mine: Shingles, other: Shingles, near: float) -> bool:
    """Jaccard similarity of at least `near`."""
    shared = len(mine & other)
    return shared >= near * (len(mine) + len(other) - shared)
