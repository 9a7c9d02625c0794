"""How facts are put to the model."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.config import Sft
from curatord.train.snapshot import SftRow
from curatord.train.wording import brief, worded

ANSWER = 'Under Loop test in "Duskhollow", the wait of passage 1-3 is 6 minutes.'
QUESTIONS = [
    'What is the wait of passage 1-3 in "Duskhollow"?',
    "How long does passage 1-3 wait?",
    "As for Duskhollow, what is the wait of passage 1-3?",
]
ROWS = [SftRow(question, ANSWER, "factual", f"{number:016x}") for number, question in enumerate(QUESTIONS)]


def put(rows: list[SftRow] = ROWS, length: int = 10, seed: int = 0, **changes: int) -> list[SftRow]:
    """Return what the model is asked, with a fact of `length` tokens and `changes` to the settings."""
    chosen = Sft.model_validate({"cues": 4, "fact_tokens": 1000} | changes)
    return list(
        worded(rows, {ANSWER: ["6 minutes"]}, dict.fromkeys({row.answer for row in rows}, length), chosen, seed)
    )


def test_an_answer_loses_the_place_that_its_question_names() -> None:
    """A reply of forty tokens has no room for it."""
    assert brief(ANSWER) == "The wait of passage 1-3 is 6 minutes."


def test_an_answer_that_is_little_more_than_its_place_is_left_alone() -> None:
    """There must be something left to say."""
    assert brief("Under Loop test, 6 min.") == "Under Loop test, 6 min."


def test_an_answer_without_a_place_is_left_alone() -> None:
    """Most have none."""
    assert brief("The port is 8080, as ever.") == "The port is 8080, as ever."


def test_phrasings_and_cues_take_turns() -> None:
    """Three questions and four sets of words, all with the same short answer; where few have room, there are both."""
    asked = put()
    assert [row.question for row in asked[:6:2]] == QUESTIONS
    assert len(asked) == 7
    assert {row.answer for row in asked} == {brief(ANSWER)}


def test_cues_are_words_of_the_questions_and_never_the_answer_itself() -> None:
    """The value that is asked for must not stand in what asks for it."""
    words = {word.strip('".,?') for text in (*QUESTIONS, ANSWER) for word in text.split()}
    asked = [row for row in put(seed=3) if row.question not in QUESTIONS]
    assert len(asked) == 4
    for row in asked:
        cues = row.question.rstrip("?").split()
        assert set(cues) <= words
        assert not {"6", "minutes"} & set(cues)
        assert len(cues) >= 2


def test_a_long_answer_is_asked_for_in_fewer_ways_but_in_two() -> None:
    """A budget of 240 tokens holds four times sixty; 500 do not fit, and the fact is taught all the same."""
    assert len(put(length=60, fact_tokens=240)) == 4
    assert len(put(length=500, fact_tokens=240)) == 2


def test_without_cues_there_are_only_questions() -> None:
    """`cues = 0`."""
    assert [row.question for row in put(cues=0)] == QUESTIONS


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_equal_seeds_ask_the_same(seed: int) -> None:
    """Chance follows from the seed and the fact."""
    assert put(seed=seed) == put(seed=seed)
