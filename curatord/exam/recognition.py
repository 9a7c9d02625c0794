"""Which of the questions that an adapter was taught ask for the same thing as a question in somebody's own words.

A small model says what it knows when it is asked as it was in training, and often not otherwise. Before it is asked,
the question is therefore looked up among what it was taught: by its words among the questions of training, and by what
it means among the facts. What the facts say is kept nowhere beside an adapter, only vectors of it: the answer comes out
of the weights or not at all.

questions.jsonl         a line for each fact, with all its questions
meanings.safetensors    the vectors of each fact, in the same order: `Meanings.to_bytes`
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import orjson

from curatord.errors import StoreError
from curatord.exam.meaning import Meanings
from curatord.exam.records import MEANINGS, QUESTIONS
from curatord.exam.retrieval import content_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from curatord.exam.meaning import Meaning
    from curatord.train.dataset import Taught

MOST_FACTS = 5  # that a question may mean
CLOSE = 0.1  # a fact that is less like the question than the likest one, by more than this, is not meant
WORDS_COUNT = 0.0015  # what a point of BM25 is worth beside a likeness in [-1, 1]
_FEW_WORDS = 6  # a statement of fewer, or one of several lines, says little without its question


@dataclass(frozen=True, slots=True)
class Meant:
    """A fact that a question may mean, by its number, and the questions of training that ask for it, likest first.

    `likeness` tells how like the question and the fact are: of their meanings in [-1, 1], and a little of their words.
    """

    fact: int
    likeness: float
    questions: tuple[str, ...]


class Reader(Protocol):
    """What finds the meaning of texts; vectors of readers with different names cannot be compared."""

    @property
    def name(self) -> str:
        """What tells it from others."""

    def meanings(self, texts: Sequence[str]) -> list[Meaning]:
        """Return what each text means."""


class Recogniser:
    """The questions of an adapter's training in a full-text index: English stems, no accents, ranked by BM25.

    With the meanings of the facts, and a reader for that of a question, both together tell which fact is meant.
    """

    def __init__(
        self, facts: Iterable[Sequence[str]], meanings: Meanings | None = None, reader: Reader | None = None
    ) -> None:
        """Index the questions of each fact, together and one by one."""
        self._meanings, self._reader = meanings, reader
        self._facts = [list(questions) for questions in facts]
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        self._index.execute(f"CREATE VIRTUAL TABLE facts USING fts5(questions, {_WORDS})")
        self._index.execute(f"CREATE VIRTUAL TABLE asked USING fts5(question, fact UNINDEXED, {_WORDS})")
        for number, questions in enumerate(self._facts):
            self._index.execute("INSERT INTO facts (rowid, questions) VALUES (?, ?)", (number, "\n".join(questions)))
            self._index.executemany("INSERT INTO asked VALUES (?, ?)", [(question, number) for question in questions])

    @property
    def knows_meanings(self) -> bool:
        """Whether it has the meanings of the facts and can find those of other texts."""
        return self._meanings is not None and self._reader is not None

    @property
    def reader(self) -> Reader | None:
        """What finds the meanings of other texts, if it has such a thing."""
        return self._reader

    def meant(self, questions: Sequence[str]) -> list[list[Meant]]:
        """Return what each question may mean, the likest first: a few facts, none where nothing is like it.

        By words alone it is one fact at most: what is a little less like the question is then another thing.
        All questions of a fact count there as one text: any of them may have the word that was used.
        """
        return [
            [
                Meant(fact, likeness, self._likest_first(fact, _match(question)))
                for fact, likeness in (ranked[:MOST_FACTS] if self.knows_meanings else ranked[:1])
                if likeness >= ranked[0][1] - CLOSE
            ]
            for question, ranked in zip(questions, self.ranked(questions), strict=True)
        ]

    def ranked(self, questions: Sequence[str]) -> list[list[tuple[int, float]]]:
        """Return the facts that each question may mean, by number, and how like it they are, the likest first."""
        by_words = [self._by_words(_match(question)) for question in questions]
        if self._meanings is None or self._reader is None:
            return [sorted(points.items(), key=lambda point: (-point[1], point[0])) for points in by_words]
        meanings = self._reader.meanings(questions)
        scores = self._meanings.likeness(meanings)
        ranked: list[list[tuple[int, float]]] = []
        for row, points, meaning in zip(scores, by_words, meanings, strict=True):
            row[list(points)] += WORDS_COUNT * np.array(list(points.values()), np.float32)
            order = np.argsort(-row, kind="stable") if points or len(meaning.vectors) else np.zeros(0, np.int64)
            ranked.append(list(zip(order.tolist(), row[order].tolist(), strict=True)))
        return ranked

    def _by_words(self, match: str) -> dict[int, float]:
        """Return the BM25 of every fact that has one of the words."""
        return dict(self._index.execute(_BY_WORDS, (match,)).fetchall()) if match else {}

    def _likest_first(self, fact: int, match: str) -> tuple[str, ...]:
        """Return the questions of a fact: those with most of the words in `match`, then the others."""
        found = self._index.execute(_ASKED, (match, fact)).fetchall() if match else []
        return tuple(dict.fromkeys([*(question for (question,) in found), *self._facts[fact]]))

    def agreement(self, fact: int, replies: Sequence[str]) -> list[float]:
        """Return how far each reply says what the fact of that number says, in [-1, 1]; 0 where that is not known."""
        if self._meanings is None or self._reader is None:
            return [0.0] * len(replies)
        agreement: list[float] = self._meanings.only(fact).likeness(self._reader.meanings(replies))[:, 0].tolist()
        return agreement


_WORDS = "tokenize = 'porter unicode61 remove_diacritics 2'"
_BY_WORDS = "SELECT rowid, -bm25(facts) FROM facts WHERE facts MATCH ?"
_ASKED = "SELECT question FROM asked WHERE asked MATCH ? AND fact = ? ORDER BY bm25(asked), rowid"


def _match(question: str) -> str:
    """Return a full-text query for any word of a question; empty where it has none."""
    return " OR ".join(f'"{word}"' for word in content_words(question))


def described(fact: Taught) -> str:
    """Return the text whose meaning stands for a fact."""
    title = fact.title.casefold()
    place = " > ".join([fact.title, *(heading for heading in fact.heading if heading.casefold() not in title)])
    alone = "\n" not in fact.statement.strip() and len(fact.statement.split()) >= _FEW_WORDS
    return f"{place}: {fact.statement if alone else f'{fact.questions[0]} {fact.statement}'}"


def as_lines(facts: Iterable[Taught]) -> bytes:
    """Return the questions of each fact as they are kept beside an adapter."""
    return b"".join(orjson.dumps(fact.questions, option=orjson.OPT_APPEND_NEWLINE) for fact in facts)


def read(adapter: Path, reader: Reader | None = None) -> Recogniser | None:
    """Return the recogniser of an adapter, None where it has none; raise StoreError where it is damaged."""
    file = adapter / QUESTIONS
    try:
        facts = [orjson.loads(line) for line in file.read_bytes().splitlines()]
        return Recogniser(facts, _meanings(adapter, len(facts), reader) if reader else None, reader)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError) as error:
        hint = "Set [exam] recognise = false, or promote another adapter."
        raise StoreError(f"{file} cannot be read.", hint=hint) from error


def _meanings(adapter: Path, facts: int, reader: Reader) -> Meanings | None:
    """Return what is kept of the facts' meanings, None where nothing is, or another reader has found them."""
    try:
        found = Meanings.from_bytes((adapter / MEANINGS).read_bytes())
    except FileNotFoundError:
        return None
    if len(found.ends) != facts:
        raise ValueError(f"{MEANINGS} is of other facts")
    return found if found.encoder == reader.name else None
