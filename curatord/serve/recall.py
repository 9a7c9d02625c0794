"""Recalling a fact: the model is asked for it in several of the ways it was taught, and what says it best is kept.

One way of asking leads a small model astray now and then, where the next one does not. Which reply is the fact is told
by its meaning, which is known; its words are not, they come from the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from curatord.exam.recognition import Meant, Recogniser

    Ask = Callable[[Sequence[str]], Sequence[str]]  # the replies to questions, in their order

MOST_WAYS = 4


class Recalled(NamedTuple):
    """What the model was asked, and what it said."""

    asked: str
    reply: str


def recall(ask: Ask, recogniser: Recogniser, questions: Sequence[str]) -> list[Recalled]:
    """Return what a model says to each question: to the questions of training that mean the same, if there are any."""
    most = MOST_WAYS if recogniser.knows_meanings else 1
    meant = recogniser.meant(questions)
    ways = [one.questions[:most] if one else (question,) for one, question in zip(meant, questions, strict=True)]
    said = iter(ask([way for some in ways for way in some]))
    recalled = [[Recalled(way, next(said)) for way in some] for some in ways]
    return [_best(recogniser, one, some) for one, some in zip(meant, recalled, strict=True)]


def _best(recogniser: Recogniser, meant: Meant | None, recalled: Sequence[Recalled]) -> Recalled:
    """Return what says the fact that is meant best; the first where several do so alike."""
    if meant is None or len(recalled) == 1:
        return recalled[0]
    agreement = recogniser.agreement(meant.fact, [one.reply for one in recalled])
    return recalled[agreement.index(max(agreement))]
