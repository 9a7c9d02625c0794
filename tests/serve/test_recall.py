"""Asking the model for a fact in several ways, and keeping what says it best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.exam.meaning import Meanings
from curatord.exam.meaning_model import MeaningModel
from curatord.exam.recognition import Recogniser
from curatord.serve.recall import MOST_WAYS, recall

if TYPE_CHECKING:
    from collections.abc import Sequence

TAUGHT = [
    ["Who is the maintainer of the pump?", "pump maintainer", "Which maintainer does the pump have?"],
    ["How long are the snapshots kept?"],
]
STATED = ["Pumps: The maintainer of the pump is Dana Voss.", "Backups: The snapshots are kept for 21 days."]


class Parrot:
    """Stands in for a model: says what it was told to say to a question, and remembers what it was asked."""

    def __init__(self, says: dict[str, str]) -> None:
        self.asked: list[str] = []
        self._says = says

    def replies(self, questions: Sequence[str]) -> list[str]:
        """Return the replies, "Dunno." where it was told none."""
        self.asked += questions
        return [self._says.get(question, "Dunno.") for question in questions]


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    """Two facts with their meanings."""
    model = MeaningModel.load()
    return Recogniser(TAUGHT, Meanings.of(model.meanings(STATED)), model)


def test_the_reply_is_kept_that_says_the_fact(recogniser: Recogniser) -> None:
    """Whichever way of asking it came from."""
    parrot = Parrot({"pump maintainer": "The maintainer of the pump is Dana Voss.", TAUGHT[0][0]: "Dana Pump is kept."})
    (said,) = recall(parrot.replies, recogniser, ["Who looks after the pump?"])
    assert said == ("pump maintainer", "The maintainer of the pump is Dana Voss.")
    assert set(parrot.asked) == set(TAUGHT[0])


def test_replies_come_in_the_order_of_the_questions(recogniser: Recogniser) -> None:
    """Of one fact and of another, asked for in turn."""
    parrot = Parrot({way: fact for ways, fact in zip(TAUGHT, STATED, strict=True) for way in ways})
    asked = ["How many days until a snapshot goes?", "Who looks after the pump?", "How long are snapshots kept?"]
    said = recall(parrot.replies, recogniser, asked)
    assert [one.reply for one in said] == [STATED[1], STATED[0], STATED[1]]


def test_a_question_that_means_nothing_known_is_asked_as_it_is() -> None:
    """And where meanings are not known, in the likest way alone."""
    parrot = Parrot({"Who wrote Hamlet?": "Shakespeare."})
    said = recall(parrot.replies, Recogniser(TAUGHT), ["Who wrote Hamlet?", "the maintainer of what pump?"])
    assert said[0] == ("Who wrote Hamlet?", "Shakespeare.")
    assert len(parrot.asked) == 2
    assert said[1].asked in TAUGHT[0]


def test_a_fact_is_asked_for_in_a_few_ways_only() -> None:
    """However many it was taught in."""
    model = MeaningModel.load()
    many = [[f"Who is maintainer number {number}?" for number in range(30)]]
    parrot = Parrot({})
    recall(parrot.replies, Recogniser(many, Meanings.of(model.meanings(STATED[:1])), model), ["Who looks?"])
    assert len(parrot.asked) == MOST_WAYS


def test_nothing_asked_is_nothing_said(recogniser: Recogniser) -> None:
    """A file without questions."""
    assert recall(Parrot({}).replies, recogniser, []) == []


def test_of_facts_that_may_be_meant_that_is_taken_which_the_model_can_say() -> None:
    """The other one would be answered wrongly even if it were meant."""
    facts = ("Pumps: The north pump gives 40 litres a minute.", "Pumps: The south pump gives 60 litres a minute.")
    taught = [["What does the north pump give?"], ["What does the south pump give?"]]
    model = MeaningModel.load()
    recogniser = Recogniser(taught, Meanings.of(model.meanings(facts)), model)
    for known, way in enumerate(way for (way,) in taught):
        parrot = Parrot({way: facts[known].removeprefix("Pumps: ")})
        (said,) = recall(parrot.replies, recogniser, ["How much water comes out of the pump?"])
        assert said == (way, facts[known].removeprefix("Pumps: "))


def test_the_same_is_asked_once(recogniser: Recogniser) -> None:
    """Though it is meant by several questions, and looked at before it is chosen."""
    parrot = Parrot({})
    recall(parrot.replies, recogniser, ["Who looks after the pump?", "Who cares for the pump?"])
    assert len(parrot.asked) == len(set(parrot.asked))
