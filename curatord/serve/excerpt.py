"""The part of a long reply that answers a question.

A fact may be a passage of several sentences, or a piece of code, and a reply has room for some tokens only. It need not
be the first ones: of the stretches of whole sentences, clauses and lines that have room, the one is taken that means
most of what the question does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from curatord.exam.meaning import Meanings
from curatord.serve.recall import Recalled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from curatord.exam.recognition import Reader

    Count = Callable[[str], int]  # how many tokens a text has

LEFT_OUT = "..."
MOST_TOKENS = 120  # that are said of a fact beyond those that a reply has room for
LEAST_ROOM = 8  # tokens; a part of less, with the marks of what is left out, says nothing
SPACES = 6  # tokens at most that a reply has lost at its end, such as those of an empty line in code
_PIECE = re.compile(r".+?(?:(?<![.!?;:,])[.!?;:,]++[\"')\]*`]*+(?=\s)|\n|$)\s*", re.DOTALL)
_WORD = re.compile(r"\S+\s*")


class Speaker(Protocol):
    """A model that answers, `max_tokens` at most unless it is told otherwise."""

    max_tokens: int

    def count(self, text: str) -> int:
        """Return how many tokens a text has."""

    def replies(self, questions: Sequence[str], system: str | None = None, max_tokens: int | None = None) -> list[str]:
        """Return what the model says to each question."""


def excerpts(
    speaker: Speaker, reader: Reader, questions: Sequence[str], recalled: Sequence[Recalled]
) -> Sequence[Recalled]:
    """Return the replies; of those that seem to be cut, the part of what the model would have said that answers."""
    room, replies = speaker.max_tokens, list(recalled)
    cut = [place for place, one in enumerate(recalled) if speaker.count(one.reply) >= max(LEAST_ROOM, room - SPACES)]
    asked = list(dict.fromkeys(recalled[place].asked for place in cut))
    whole = dict(zip(asked, speaker.replies(asked, max_tokens=room + MOST_TOKENS), strict=True))
    for place in cut:
        reply = whole[recalled[place].asked]
        is_cut = speaker.count(reply) >= room + MOST_TOKENS - SPACES
        text = f"{reply} {LEFT_OUT}" if is_cut else reply
        part = excerpt(text, questions[place], room, speaker.count, reader)
        replies[place] = Recalled(recalled[place].asked, part or recalled[place].reply)
    return replies


def excerpt(reply: str, question: str, most: int, count: Count, reader: Reader) -> str:
    """Return a reply of `most` tokens at most; what is left out before or behind it is marked by three dots.

    It is empty where no word of the reply has room. Of stretches of more than 72 tokens, the first ones decide.
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
            has_room = count(f"{LEFT_OUT} {piece.strip()} {LEFT_OUT}") <= most
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
        last = end = 0
        for place, start in enumerate(self._borders):
            end = self._farthest(start, self._borders, max(place, end))
            if self._borders[end] > max(start, last):
                last = self._borders[end]
                yield start, last

    def widened(self, start: int, end: int) -> str:
        """Return a stretch with as many of the words behind it as there is room for."""
        return self.text(start, self._farthest(start, range(len(self._words) + 1), end))

    def _farthest(self, start: int, ends: Sequence[int], place: int) -> int:
        """Return the place of the last end, of those from `place` on, to which there is room."""
        while place + 1 < len(ends) and self._count(self.text(start, ends[place + 1])) <= self._most:
            place += 1
        return place
