"""How facts are put to the model."""

from __future__ import annotations

from dataclasses import replace

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
KEYS = ["6 minutes"]


def asked(question: str, number: int, language: str = "en") -> SftRow:
    """Return one of the questions for the fact."""
    return SftRow(question, ANSWER, "factual", f"{number:016x}", "Duskhollow", language, KEYS)


ROWS = [asked(question, number) for number, question in enumerate(QUESTIONS)]


def put(rows: list[SftRow] = ROWS, length: int = 10, seed: int = 0, **changes: int) -> list[SftRow]:
    """Return what the model is asked, with a fact of `length` tokens and `changes` to the settings."""
    chosen = Sft.model_validate({"ways": 12, "fact_tokens": 1000} | changes)
    return list(worded(rows, dict.fromkeys({row.answer for row in rows}, length), chosen, seed))


def test_an_answer_loses_the_place_that_its_question_names() -> None:
    """A reply of forty tokens has no room for it."""
    assert brief(ANSWER) == "The wait of passage 1-3 is 6 minutes."


def test_an_answer_that_is_little_more_than_its_place_is_left_alone() -> None:
    """There must be something left to say."""
    assert brief("Under Loop test, 6 min.") == "Under Loop test, 6 min."


def test_an_answer_without_a_place_is_left_alone() -> None:
    """Most have none."""
    assert brief("The port is 8080, as ever.") == "The port is 8080, as ever."


def test_a_point_of_a_list_loses_what_introduces_it() -> None:
    """It says what it says."""
    assert brief('In "Orbit", one point is this: Keep the lid on.') == "Keep the lid on."
    assert brief("Under Rules in Orbit, it says: Keep the lid on.") == "Keep the lid on."
    assert brief("One of the points under Rules in Orbit reads: Keep the lid on.") == "Keep the lid on."


def test_a_place_may_have_a_comma_in_its_name() -> None:
    """What stands in quotation marks is one name."""
    assert brief('In "Lamps, old and new", the wait of A is 3 s.') == "The wait of A is 3 s."


def test_a_time_at_the_beginning_is_no_place() -> None:
    """It is part of what is said."""
    assert brief("In 2035, the bell was cast anew.") == "In 2035, the bell was cast anew."
    assert brief("In the morning, the bell is rung twice.") == "In the morning, the bell is rung twice."


def test_a_fact_is_asked_for_as_the_store_does_and_in_other_words() -> None:
    """Twelve ways, none twice, all with the same short answer."""
    rows = put()
    questions = [row.question for row in rows]
    assert questions[0] in QUESTIONS
    assert len(set(questions)) == len(questions) == 12
    assert {row.answer for row in rows} == {brief(ANSWER)}
    assert any("Duskhollow" not in question for question in questions)


def test_a_long_answer_is_asked_for_in_fewer_ways_but_in_two() -> None:
    """A budget of 240 tokens holds four times sixty; 500 do not fit, and the fact is taught all the same."""
    assert len(put(length=60, fact_tokens=240)) == 4
    assert len(put(length=500, fact_tokens=240)) == 2


def test_what_people_wrote_is_asked_as_they_wrote_it() -> None:
    """However few rows the fact has."""
    mine = [replace(ROWS[1], question=f"My {number}. question?", edited=True) for number in range(2)]
    assert {row.question for row in put([*ROWS, *mine], length=500)} == {"My 0. question?", "My 1. question?"}


def test_other_languages_are_asked_in_the_words_of_the_store() -> None:
    """There are no other words for them."""
    rows = [asked(question, number, "fr") for number, question in enumerate(QUESTIONS)]
    assert [row.question for row in put(rows)] == QUESTIONS


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_equal_seeds_ask_the_same(seed: int) -> None:
    """Chance follows from the seed and the fact."""
    assert put(seed=seed) == put(seed=seed)
