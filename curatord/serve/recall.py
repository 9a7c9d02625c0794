"""Recalling a fact: the model is asked for it as it was taught, and what it says is looked at before it is passed on.

Which fact a question means is often between two or three. The model says each of them, and the likest one is taken
that it seems to know: a fact that it cannot say would give a wrong answer even if it were meant. The one taken is then
asked for in more of the ways it was taught, since one of them leads a small model astray now and then, and the reply
is kept that is nearest to the fact in meaning. The meanings of the facts are known; their words are not, they come
from the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from curatord.exam.recognition import Meant, Recogniser

    Ask = Callable[[Sequence[str]], Sequence[str]]  # the replies to questions, in their order

MOST_WAYS = 4
WAYS_TO_CHOOSE = 2  # in which each fact that may be meant is asked for
KNOWING_COUNTS = 0.2  # what agreement of a reply with its fact is worth beside likeness of question and fact


class Recalled(NamedTuple):
    """What the model was asked, and what it said."""

    asked: str
    reply: str


def recall(ask: Ask, recogniser: Recogniser, questions: Sequence[str]) -> list[Recalled]:
    """Return what a model says to each question: to the questions of training that mean the same, if there are any."""
    memory = _Memory(ask)
    most = MOST_WAYS if recogniser.knows_meanings else 1
    meant = _chosen(memory, recogniser, recogniser.meant(questions))
    ways = [one.questions[:most] if one else (question,) for one, question in zip(meant, questions, strict=True)]
    said = memory.recalled(ways)
    return [_best(recogniser, one, some) for one, some in zip(meant, said, strict=True)]


class _Memory:
    """What the model has said; it says the same whenever it is asked the same."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._said: dict[str, str] = {}

    def recalled(self, ways: Iterable[Iterable[str]]) -> list[list[Recalled]]:
        """Return the replies to groups of questions; those not asked yet are asked together."""
        groups = [list(group) for group in ways]
        new = [way for way in dict.fromkeys(way for group in groups for way in group) if way not in self._said]
        if new:
            self._said.update(zip(new, self._ask(new), strict=True))
        return [[Recalled(way, self._said[way]) for way in group] for group in groups]


def _chosen(memory: _Memory, recogniser: Recogniser, meant: Sequence[Sequence[Meant]]) -> list[Meant | None]:
    """Return which of the facts that a question may mean is taken, None where it may mean none."""
    chosen = [some[0] if some else None for some in meant]
    unclear = [place for place, some in enumerate(meant) if len(some) > 1]
    said = iter(memory.recalled(one.questions[:WAYS_TO_CHOOSE] for place in unclear for one in meant[place]))
    for place in unclear:
        points = [one.likeness + KNOWING_COUNTS * max(_agreement(recogniser, one, next(said))) for one in meant[place]]
        chosen[place] = meant[place][points.index(max(points))]
    return chosen


def _best(recogniser: Recogniser, meant: Meant | None, recalled: Sequence[Recalled]) -> Recalled:
    """Return what says the fact that is meant best; the first where several do so alike."""
    if meant is None or len(recalled) == 1:
        return recalled[0]
    agreement = _agreement(recogniser, meant, recalled)
    return recalled[agreement.index(max(agreement))]


def _agreement(recogniser: Recogniser, meant: Meant, recalled: Sequence[Recalled]) -> list[float]:
    """Return how well each reply says a fact, in [-1, 1]."""
    return recogniser.agreement(meant.fact, [one.reply for one in recalled])
