"""The part of a long reply that answers a question.

A fact may be a passage of several sentences, or a piece of code, and a reply has room for some tokens only. It need not
be the first ones: of the stretches of whole sentences, clauses and lines that have room, the one is taken that means
most of what the question does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.exam.meaning import Meanings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from curatord.exam.recognition import Reader

    Count = Callable[[str], int]  # how many tokens a text has

LEFT_OUT = "..."
_PIECE = re.compile(r".+?(?:[.!?;:,]+[\"')\]*`]*(?=\s)|\n|$)\s*", re.DOTALL)
_WORD = re.compile(r"\S+\s*")


def excerpt(reply: str, question: str, most: int, count: Count, reader: Reader) -> str:
    """Return a reply of `most` tokens at most; what is left out before or behind it is marked by three dots.

    It is empty where no word of the reply has room.
    """
    if count(reply) <= most:
        return reply
    words = Words(reply, most, count)
    spans = list(words.spans())
    texts = [words.text(start, end) for start, end in spans]
    likeness = Meanings.of(reader.meanings(texts)).likeness(reader.meanings([question]))[0]
    return words.widened(*spans[int(likeness.argmax())]) if spans else ""


class Words:
    """A text as words, with the borders of its sentences, clauses and lines, of which some have room and some not."""

    def __init__(self, text: str, most: int, count: Count) -> None:
        """Take a text apart; in a piece that has no room by itself any word is such a border."""
        self._most, self._count = most, count
        self._words: list[str] = []
        self._borders: list[int] = []
        for piece in _PIECE.findall(text):
            own = _WORD.findall(piece)
            has_room = count(f"{LEFT_OUT} {piece} {LEFT_OUT}") <= most
            self._borders += range(len(self._words), len(self._words) + (1 if has_room else len(own)))
            self._words += own
        self._borders.append(len(self._words))

    def text(self, start: int, end: int) -> str:
        """Return the words between two places, with marks for what is left out."""
        before = f"{LEFT_OUT} " if start else ""
        behind = f" {LEFT_OUT}" if end < len(self._words) else ""
        return f"{before}{''.join(self._words[start:end]).strip()}{behind}"

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield the longest stretch that has room from each border to another, none inside another."""
        last_end = 0
        for start in self._borders:
            ends = (end for end in reversed(self._borders) if end > max(start, last_end))
            end = next((end for end in ends if self._has_room(start, end)), None)
            if end is not None:
                last_end = end
                yield start, end

    def widened(self, start: int, end: int) -> str:
        """Return a stretch with as many of the words behind it as there is room for."""
        ends = (other for other in range(len(self._words), end, -1) if self._has_room(start, other))
        return self.text(start, next(ends, end))

    def _has_room(self, start: int, end: int) -> bool:
        return self._count(self.text(start, end)) <= self._most
