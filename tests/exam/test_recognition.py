"""Which questions of training are meant by a question in somebody's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curatord.errors import StoreError
from curatord.exam import recognition
from curatord.exam.meaning import DIMENSIONS, NOTHING, Meaning, Meanings
from curatord.exam.recognition import Meant, Recogniser, described
from curatord.train.dataset import Taught

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TAUGHT = [
    ["What is the retry limit of Quillon?", "How often does Quillon try again?"],
    ["What is the poll interval of Quillon?", "Quillon asks every how many seconds?"],
    ["What is the retry limit of Hexby?", "How often does Hexby try again?"],
    ["Where is the café of the harbour?"],
]


def asked_as(recogniser: Recogniser, question: str) -> str | None:
    """Return the likest question of training for a question, None where nothing is meant by it."""
    (meant,) = recogniser.meant([question])
    return meant[0].questions[0] if meant else None


@pytest.fixture
def recogniser() -> Recogniser:
    """Four facts about invented things."""
    return Recogniser(TAUGHT)


def test_the_question_is_meant_that_has_its_words(recogniser: Recogniser) -> None:
    """Of the fact that is asked for, the one that is likest."""
    assert asked_as(recogniser, "Hexby tried again how often?") == "How often does Hexby try again?"
    assert asked_as(recogniser, "the limit of Hexby") == "What is the retry limit of Hexby?"


def test_the_other_questions_of_a_fact_come_after_the_likest(recogniser: Recogniser) -> None:
    """Each once; those without a word in common too."""
    ((meant,),) = recogniser.meant(["seconds"])
    assert meant == Meant(1, meant.likeness, (TAUGHT[1][1], TAUGHT[1][0]))


def test_by_words_alone_one_fact_is_meant(recogniser: Recogniser) -> None:
    """Points of words tell the likest, and not how far the others are behind."""
    assert [len(some) for some in recogniser.meant(["How often does it try again?", "Who wrote Hamlet?"])] == [1, 0]


def test_by_meaning_all_facts_are_meant_that_are_nearly_as_like_as_the_likest() -> None:
    """The likest first, no more than a few, and none that is far behind."""
    near = [np.eye(DIMENSIONS, dtype=np.float32)[:1] * (1 - 0.01 * number) for number in range(8)]
    far = np.eye(DIMENSIONS, dtype=np.float32)[1:2]
    facts = [Meaning(vectors, np.ones(1, np.float32)) for vectors in (far, *reversed(near))]
    recogniser = Recogniser([["?"]] * len(facts), Meanings.of(facts), Pointing())
    ((*few,),) = recogniser.meant(["?"])
    assert [one.fact for one in few] == [8, 7, 6, 5, 4]
    assert [one.likeness for one in few] == pytest.approx([1.0, 0.99, 0.98, 0.97, 0.96], abs=0.01)
    ((*two,),) = Recogniser([["?"]] * 3, Meanings.of([facts[0], *facts[-2:]]), Pointing()).meant(["?"])
    assert [one.fact for one in two] == [2, 1]


class Pointing:
    """Finds in every text what points in one direction."""

    name = "pointing"

    def meanings(self, texts: Sequence[str]) -> list[Meaning]:
        """Return that."""
        return [Meaning(np.eye(DIMENSIONS, dtype=np.float32)[:1], np.ones(1, np.float32)) for _ in texts]


def test_words_of_different_questions_lead_to_one_fact(recogniser: Recogniser) -> None:
    """No question has both seconds and an interval, but the fact has."""
    assert asked_as(recogniser, "seconds, interval, limit") in TAUGHT[1]


def test_words_are_the_same_in_all_their_forms(recogniser: Recogniser) -> None:
    """Plurals and tenses, case and accents do not count."""
    assert asked_as(recogniser, "CAFES") == "Where is the café of the harbour?"
    assert asked_as(recogniser, "polling, at what intervals") == "What is the poll interval of Quillon?"


def test_a_question_without_a_known_word_is_recognised_as_none(recogniser: Recogniser) -> None:
    """What then happens is the caller's business."""
    assert asked_as(recogniser, "Who wrote Hamlet?") is None
    assert asked_as(recogniser, "?!") is None


def test_where_nothing_was_taught_nothing_is_meant() -> None:
    """An adapter of an empty memory."""
    assert asked_as(Recogniser([]), "Where is it?") is None


@given(st.text())
def test_any_text_may_be_a_question(text: str) -> None:
    """Quotes, operators of the search and odd characters are taken as words or as nothing."""
    assert asked_as(Recogniser(TAUGHT), text) in {None, *(question for questions in TAUGHT for question in questions)}


@given(st.lists(st.lists(st.sampled_from(["gull", "wren", "length", "depth", "of"]), min_size=1), min_size=1))
def test_a_question_of_training_leads_to_a_fact_that_has_all_its_words(facts: list[list[str]]) -> None:
    """However often its words stand elsewhere, what is meant shares some of them."""
    questions = [" ".join(words) for words in facts]
    recogniser = Recogniser([question] for question in questions)
    for question in questions:
        meant = asked_as(recogniser, question)
        assert meant is not None
        assert set(meant.split()) & set(question.split())


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """A line for each fact, in a file beside the adapter."""
    taught = [Taught("T", (), "One.", ("One\nline?",)), Taught("T", (), "Two.", ("Another?", "The other?"))]
    (tmp_path / "questions.jsonl").write_bytes(recognition.as_lines(taught))
    again = recognition.read(tmp_path)
    assert again is not None
    assert asked_as(again, "line") == "One\nline?"
    assert asked_as(again, "other") == "The other?"


def test_an_adapter_of_an_older_curatord_has_none(tmp_path: Path) -> None:
    """It is asked in the words of whoever asks."""
    assert recognition.read(tmp_path) is None


@pytest.mark.parametrize("content", ["{", "7", "[7]"])
def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path, content: str) -> None:
    """Whether it is no JSON at all or something else than questions."""
    (tmp_path / "questions.jsonl").write_text(f"{content}\n")
    with pytest.raises(StoreError, match=r"questions\.jsonl") as found:
        recognition.read(tmp_path)
    assert "recognise = false" in str(found.value.hint)


def test_a_fact_is_described_by_its_place_and_its_statement() -> None:
    """Where that says little, or is a block of code, by its question too; no heading repeats the title."""
    long = Taught("Our boats", ("Boats", "Sizes"), "The length of the Gull is 7 m.", ("How long is the Gull?",))
    short = Taught("Boats", (), "Seven metres.", ("How long is the Gull?",))
    code = Taught("Boats", (), "launch --slip 3\nlaunch --slip 4 --at high-tide --crew 6", ("How is it launched?",))
    assert described(long) == "Our boats > Sizes: The length of the Gull is 7 m."
    assert described(short) == "Boats: How long is the Gull? Seven metres."
    assert described(code).startswith("Boats: How is it launched? launch")


def test_meanings_of_other_facts_are_told_with_what_to_do(tmp_path: Path) -> None:
    """As many as there are questions, or the files do not belong together."""
    (tmp_path / "questions.jsonl").write_bytes(recognition.as_lines([Taught("T", (), "One.", ("One?",))]))
    (tmp_path / "meanings.safetensors").write_bytes(Meanings.of([NOTHING, NOTHING], Unread.name).to_bytes())
    with pytest.raises(StoreError, match=r"questions\.jsonl"):
        recognition.read(tmp_path, Unread())


def test_meanings_that_another_encoder_has_found_are_left_alone(tmp_path: Path) -> None:
    """Its vectors say something else; an older adapter is asked by words until the next one is trained."""
    (tmp_path / "questions.jsonl").write_bytes(recognition.as_lines([Taught("T", (), "One.", ("One?",))]))
    for encoder, known in (("older", False), (Unread.name, True)):
        (tmp_path / "meanings.safetensors").write_bytes(Meanings.of([NOTHING], encoder).to_bytes())
        recogniser = recognition.read(tmp_path, Unread())
        assert recogniser is not None
        assert recogniser.knows_meanings is known


class Unread:
    """Finds nothing in any text."""

    name = "unread"

    def meanings(self, texts: Sequence[str]) -> list[Meaning]:
        """Return that."""
        return [NOTHING for _ in texts]


def test_words_decide_where_the_meaning_of_a_question_is_not_known() -> None:
    """As they do without meanings; and where no word is known either, nothing is meant."""
    recogniser = Recogniser(TAUGHT, Meanings.of([NOTHING] * len(TAUGHT)), Unread())
    assert asked_as(recogniser, "Hexby tried again how often?") == "How often does Hexby try again?"
    assert asked_as(recogniser, "Who wrote Hamlet?") is None


def test_without_meanings_it_is_not_known_which_reply_says_a_fact(recogniser: Recogniser) -> None:
    """All are as good as any."""
    assert not recogniser.knows_meanings
    assert recogniser.agreement(0, ["Three.", "Nine."]) == [0.0, 0.0]
