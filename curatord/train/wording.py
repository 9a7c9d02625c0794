"""How facts are put to the model in training: asked in more ways than the store has, and answered to the point."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain, islice
from random import Random
from typing import TYPE_CHECKING

from curatord.curate.text import capitalised
from curatord.train.asking import Told, ways
from curatord.train.told_again import put_together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from curatord.config import Sft
    from curatord.train.snapshot import SftRow

FEWEST_ROWS = 2  # of a fact whose answer is long
AS_STORED = 1  # of its questions in the words of the store
MOST_TRIES = 60  # ways drawn for a fact; some come twice

# "Under Limits in "Deploying", ..." and "In Deploying, ...": the question has named that place. A time is no place.
_TIMES = (
    r"(?:the )?(?:\d|January|February|March|April|May|June|July|August|September|October|November|December"
    r"|spring|summer|autumn|winter|morning|afternoon|evening|night|week|end|future|past|case|general|principle|practice|short|fact)"
)
_PLACE = re.compile(rf"(?:Under|In|Sous|Dans) (?!{_TIMES})(?:[^,\"]|\"[^\"]*\"){{1,120}}?, (?=\S)")
_FRAME = re.compile(
    r"(?:One point is this|One of the points(?: [^:]{3,80})? reads|It says|This is (?:still open|done)): (?=\S)"
)
_SHORTEST = 12  # characters that must be left of an answer


def brief(answer: str) -> str:
    """Return an answer without the place in the notes that it begins with."""
    for frame in (_PLACE, _FRAME):
        found = frame.match(answer)
        if found and len(answer) - found.end() >= _SHORTEST:
            answer = capitalised(answer[found.end() :])
    return answer


def by_answer(rows: Iterable[SftRow]) -> dict[str, list[SftRow]]:
    """Return the rows of each fact: its phrasings have their answer in common."""
    facts: dict[str, list[SftRow]] = {}
    for row in rows:
        facts.setdefault(row.answer, []).append(row)
    return facts


def worded(
    rows: Iterable[SftRow],
    lengths: Mapping[str, int],
    settings: Sft,
    seed: int,
) -> Iterator[SftRow]:
    """Yield the rows to train on: every fact in some of its questions and in others' words, its answer to the point.

    `lengths` are those of the answers, in tokens. A fact takes no more than `settings.ways` rows and
    `settings.fact_tokens`, and yet has two rows; one that others of its note tell piece by piece has one. A function of
    its arguments.
    """
    facts = by_answer(rows)
    told_again = put_together({answer: asked[0].title for answer, asked in facts.items()}) if settings.ways else ()
    for answer, asked in facts.items():
        room = max(FEWEST_ROWS, min(settings.ways or len(asked), settings.fact_tokens // max(1, lengths[answer])))
        if answer in told_again:
            room = max(1, sum(row.edited for row in asked))
        chance = Random(f"{seed}/{asked[0].pair}")  # noqa: S311  repeatable, not secret
        questions = _questions(asked, brief(answer), chance) if settings.ways else _stored(asked)
        for question in islice(questions, room):
            yield replace(asked[0], question=question, answer=brief(answer))


def _stored(rows: Sequence[SftRow]) -> list[str]:
    """Return the questions of the store, those that people wrote first."""
    return list(dict.fromkeys(row.question for row in sorted(rows, key=lambda row: not row.edited)))


def _questions(rows: Sequence[SftRow], answer: str, chance: Random) -> Iterator[str]:
    """Yield questions for a fact, each once: what people wrote, some of the store's, and rough ones."""
    asked = _stored(rows)
    edited = sum(row.edited for row in rows)
    told = Told(answer, rows[0].title, rows[0].keys)
    drawn = islice(ways(told, asked, chance), MOST_TRIES) if rows[0].language == "en" else iter(asked)
    yield from dict.fromkeys(chain(asked[: max(AS_STORED, edited)], drawn))
