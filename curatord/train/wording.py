"""How facts are put to the model in training: more ways to ask than the notes' pairs have, and answers to the point.

A model that has seen a fact in one form cannot say it in another (Allen-Zhu and Li, arXiv:2309.14316), and people ask
in words of their own. So besides whole questions it is asked in *cues*: some of the words that a question about the
fact may hold, in any order, which is what other wordings of it have in common.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain, islice, zip_longest
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from curatord.config import Sft
    from curatord.train.snapshot import SftRow

FEWEST_ROWS = 2  # of a fact whose answer is long
FEWEST_CUES, MOST_FROM_ANSWER = 2, 4
_KEEP, _ADD, _SHUFFLE = 0.65, 0.25, 0.5

# "Under Limits in "Deploying", ..." and "In Deploying, ...": the question has named that place.
_PLACE = re.compile(r"(?:Under|In|Sous|Dans) [^,]{3,90}?, (?=\S)")
_SHORTEST = 12  # characters that must be left of an answer
_WORD_EDGES = ".,;:!?\"'()[]\u00ab\u00bb\u201c\u201d`"
_ASKING = frozenset(
    """
a an the of in on at to for by with under what which who when where how why is are was were does do did it its as and
or that this these those be been there from has have had give given name list tell me you can recall know thinking
recalling someone asks about i am my we us our should would say says said according one le la les un une des du de en
au aux et ou que qui quoi quel quelle quels quelles est sont dans sur pour par avec sous ce cette ces il elle on nous
""".split()  # noqa: SIM905  a hundred quotation marks fewer
)


def brief(answer: str) -> str:
    """Return an answer without the place in the notes that it begins with."""
    found = _PLACE.match(answer)
    if found is None or len(answer) - found.end() < _SHORTEST:
        return answer
    rest = answer[found.end() :]
    return rest[0].upper() + rest[1:]


def by_answer(rows: Iterable[SftRow]) -> dict[str, list[SftRow]]:
    """Return the rows of each fact: its phrasings have their answer in common."""
    facts: dict[str, list[SftRow]] = {}
    for row in rows:
        facts.setdefault(row.answer, []).append(row)
    return facts


def worded(
    rows: Iterable[SftRow], keys: Mapping[str, Sequence[str]], lengths: Mapping[str, int], settings: Sft, seed: int
) -> Iterator[SftRow]:
    """Yield the rows to train on: every fact in its phrasings and in cues by turns, with its answer to the point.

    `keys` and `lengths` (in tokens) are those of the answers. A fact takes no more than `settings.fact_tokens`, and
    yet has two rows. A function of its arguments.
    """
    for answer, ways in by_answer(rows).items():
        most = max(FEWEST_ROWS, settings.fact_tokens // max(1, lengths[answer]))
        chance = Random(f"{seed}/{ways[0].pair}")  # noqa: S311  repeatable, not secret
        asked = zip_longest(ways, _cues(ways, keys.get(answer, ()), settings.cues, chance))
        for row in islice(filter(None, chain.from_iterable(asked)), most):
            yield replace(row, answer=brief(answer))


def _cues(ways: Sequence[SftRow], keys: Sequence[str], count: int, chance: Random) -> Iterator[SftRow]:
    """Yield so many sets of words that may stand in a question for a fact; never what its answer is asked for."""
    from_answer = _content(ways[0].answer)
    for number in range(count):
        way = ways[number % len(ways)]
        asked = _content(way.question)
        added = [word for word in from_answer if word not in asked and not _gives_away(word, keys)]
        kept = [word for word in asked if chance.random() < _KEEP]
        kept += [word for word in added if chance.random() < _ADD][:MOST_FROM_ANSWER]
        if len(kept) < FEWEST_CUES:
            kept = asked
        if chance.random() < _SHUFFLE:
            chance.shuffle(kept)
        if kept:
            yield replace(way, question=f"{' '.join(kept)}?")


def _content(text: str) -> list[str]:
    words = (word.strip(_WORD_EDGES) for word in text.split())
    return list(dict.fromkeys(word for word in words if word and word.casefold() not in _ASKING))


def _gives_away(word: str, keys: Sequence[str]) -> bool:
    form = word.casefold()
    return any(form in key.casefold() or key.casefold() in form for key in keys)
