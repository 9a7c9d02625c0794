"""How well the notes' pairs answer to the words of a question: full-text search as evidence that they speak of it.

The words of a question weigh by their inverse document frequency among all pairs. What is looked at are the pairs to
train on, never those that are kept for the exam.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from math import log
from typing import TYPE_CHECKING

from curatord.curate.lexicon import lexicon

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

# Measured on the pairs of 343 public notes, without those of the exam: 99 % of 150 questions of the exam and 90 % of 40
# others about the notes reach both figures, 4 % of 50 general questions do, and 20 % of 40 on related matters.
MIN_SHARE = 0.5
MIN_STRENGTH = 1.2
LOOKED_AT = 50  # best pairs
MOST_WORDS = 32

_WORD = re.compile(r"[^\W_]+")
_SHORT = 3
_LANGUAGES = ("en", "fr")
_ASKING = """a about again any are be by can could did do does for give had has have how i in is it list many me much my
name of on one or our out please say should tell the there to was we were what when where which who whom whose why will
with would you your combien comment est pourquoi quand que quel quelle quelles quels qui quoi sont
s t d m ll re ve l j n c qu"""  # the last ones stand before or behind an apostrophe


@dataclass(frozen=True, slots=True)
class Hit:
    """The pair that answers best to a question: its note, its fact's content hash, and whether a run was given it."""

    question: str
    answer: str
    topic: str
    fact: str
    seen: bool


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What full-text search finds.

    `share` is the part of the question's weight that the best pair holds, in [0, 1]. `strength` is the best pair's
    BM25 score in units of a word that stands in a single pair. `hits` counts the pairs, of the 50 best ones, that
    hold at least half of the weight.
    """

    hits: int = 0
    share: float = 0.0
    strength: float = 0.0
    best: Hit | None = None

    @property
    def is_weak(self) -> bool:
        """Whether too little is found to say that the notes speak of the question."""
        return self.share < MIN_SHARE or self.strength < MIN_STRENGTH


def retrieve(connection: sqlite3.Connection, question: str, *, only_seen: bool = False) -> Retrieval:
    """Search the pairs to train on for a question; with `only_seen` those that a training run was given."""
    asked = content_words(question)[:MOST_WORDS]
    pairs = int(connection.execute("SELECT count(*) FROM pairs").fetchone()[0])
    if not asked or not pairs:
        return Retrieval()
    weights = {word: _inverse_frequency(pairs, _count(connection, word)) for word in asked}
    match = " OR ".join(map(_expression, asked))
    rows = connection.execute(_BEST, {"match": match, "only_seen": only_seen, "limit": LOOKED_AT}).fetchall()
    if not rows:
        return Retrieval()
    held = [_share(weights, f"{row['question']} {row['answer']}") for row in rows]
    best = max(range(len(rows)), key=lambda place: (held[place], -place))
    return Retrieval(
        hits=sum(share >= MIN_SHARE for share in held),
        share=held[best],
        strength=max(-float(row["score"]) for row in rows) / _inverse_frequency(pairs, 1),
        best=_hit(rows[best]),
    )


def _hit(row: sqlite3.Row) -> Hit:
    return Hit(row["question"], row["answer"], row["topic"], row["fact"], bool(row["seen"]))


def content_words(question: str) -> list[str]:
    """Return the words that tell what a question is about, each once, as the index has them.

    Where it has none, all its words.
    """
    found = list(dict.fromkeys(_folded_words(question)))
    return [word for word in found if word not in _function_words()] or found


def _folded_words(text: str) -> Sequence[str]:
    """Return words like FTS5's `unicode61 remove_diacritics 2`: letters and digits, without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(letter for letter in apart if not unicodedata.combining(letter)))


@cache
def _function_words() -> frozenset[str]:
    """Return the words that tell nothing of what a question is about, in the languages that have phrasings."""
    known = [lexicon(language) for language in _LANGUAGES]
    groups = [
        group
        for words in known
        for group in (
            words.small,
            words.determiners,
            words.pronouns,
            words.prepositions,
            words.auxiliaries,
            words.clitics,
        )
    ]
    return frozenset(_folded_words(" ".join([_ASKING, *(word for group in groups for word in group)])))


def _count(connection: sqlite3.Connection, word: str) -> int:
    query = "SELECT count(*) FROM pairs_search WHERE pairs_search MATCH ?"
    return int(connection.execute(query, (_expression(word),)).fetchone()[0])


def _expression(word: str) -> str:
    """Return an FTS5 expression for a word with and without the -s of plurals and verbs."""
    stem = _stem(word)
    return f'("{stem}" OR "{stem}s")'


def _stem(word: str) -> str:
    return word[:-1] if len(word) > _SHORT and word.endswith("s") and not word.endswith("ss") else word


def _inverse_frequency(pairs: int, count: int) -> float:
    """Return the weight of a word that stands in `count` pairs; never below zero."""
    return log(1 + (pairs - count + 0.5) / (count + 0.5))


def _share(weights: dict[str, float], text: str) -> float:
    there = frozenset(map(_stem, _folded_words(text)))
    return sum(weight for word, weight in weights.items() if _stem(word) in there) / sum(weights.values())


_BEST = """
    SELECT pairs.question, pairs.answer, pairs.seen, facts.fact, documents.root || '/' || documents.path AS topic,
        bm25(pairs_search) AS score
    FROM pairs_search
    JOIN pairs ON pairs.id = pairs_search.rowid
    JOIN facts ON facts.id = pairs.fact
    JOIN documents ON documents.id = pairs.document
    WHERE pairs_search MATCH :match AND pairs.kept AND pairs.split = 'train' AND (pairs.seen OR NOT :only_seen)
    ORDER BY bm25(pairs_search), pairs.pair LIMIT :limit
"""
