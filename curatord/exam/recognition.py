"""Which of the questions that an adapter was taught ask for the same thing as a question in somebody's own words.

A small model says what it knows when it is asked as it was in training, and often not otherwise. Before it is asked,
the question is therefore looked up among those of its training. These alone are looked at: what they were answered with
is kept nowhere beside an adapter, it comes out of the weights or not at all.

`questions.jsonl` has a line for each fact, with all its questions.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import orjson

from curatord.errors import StoreError
from curatord.exam.records import QUESTIONS
from curatord.exam.retrieval import content_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


class Recogniser:
    """The questions of an adapter's training in a full-text index: English stems, no accents, ranked by BM25."""

    def __init__(self, facts: Iterable[Sequence[str]]) -> None:
        """Index the questions of each fact, together and one by one."""
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        self._index.execute(f"CREATE VIRTUAL TABLE facts USING fts5(questions, {_WORDS})")
        self._index.execute(f"CREATE VIRTUAL TABLE asked USING fts5(question, fact UNINDEXED, {_WORDS})")
        for number, questions in enumerate(facts):
            self._index.execute("INSERT INTO facts (rowid, questions) VALUES (?, ?)", (number, "\n".join(questions)))
            self._index.executemany("INSERT INTO asked VALUES (?, ?)", [(question, number) for question in questions])

    def meant(self, question: str) -> str | None:
        """Return the question of training that asks for the same, None where none has a word in common with it.

        That is the likest one of the likeliest fact. All questions of a fact count there as one text: any of them may
        have the word that was used.
        """
        match = " OR ".join(f'"{word}"' for word in content_words(question))
        fact = self._index.execute(_FACT, (match,)).fetchone() if match else None
        if fact is None:
            return None
        (found,) = self._index.execute(_ASKED, (match, *fact)).fetchone()
        return str(found)


_WORDS = "tokenize = 'porter unicode61 remove_diacritics 2'"
_FACT = "SELECT rowid FROM facts WHERE facts MATCH ? ORDER BY bm25(facts), rowid LIMIT 1"
_ASKED = "SELECT question FROM asked WHERE asked MATCH ? AND fact = ? ORDER BY bm25(asked), rowid LIMIT 1"


def as_lines(facts: Iterable[Sequence[str]]) -> bytes:
    """Return the questions of each fact as they are kept beside an adapter."""
    return b"".join(orjson.dumps(list(questions), option=orjson.OPT_APPEND_NEWLINE) for questions in facts)


def read(adapter: Path) -> Recogniser | None:
    """Return the recogniser of an adapter, None where it has none; raise StoreError where it is damaged."""
    file = adapter / QUESTIONS
    try:
        return Recogniser(orjson.loads(line) for line in file.read_bytes().splitlines())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError) as error:
        hint = "Set [exam] recognise = false, or promote another adapter."
        raise StoreError(f"{file} cannot be read.", hint=hint) from error
