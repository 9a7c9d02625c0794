"""Questions as people ask them, made from what a fact says."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.train.asking import Told, ways


def asked(statement: str, *stored: str, title: str = "", keys: tuple[str, ...] = (), seed: int = 0) -> list[str]:
    """Return two hundred ways to ask for a statement."""
    return list(islice(ways(Told(statement, title, keys), stored, Random(seed)), 200))


def test_a_measure_is_asked_for_by_its_question_word() -> None:
    """Nobody asks for a length."""
    assert "How long is the Wren?" in asked("The length of the Wren is 19.5 m.")


def test_a_clause_is_asked_as_a_question() -> None:
    """With the auxiliary in front."""
    assert {"How long does a rollback take?", "How many seconds does a rollback take?"} <= set(
        asked("A rollback takes 70 seconds.")
    )


def test_a_number_that_begins_a_sentence_is_asked_for() -> None:
    """The sentence itself is the question."""
    questions = asked("Two keystone guards must both be present for a rotation.")
    assert any(question.startswith("How many keystone guards must") for question in questions)


def test_other_words_stand_for_those_of_the_note() -> None:
    """Some of the questions have synonyms."""
    questions = asked("The daemon deletes old logs because the disk is small.")
    assert any("remove" in question or "erase" in question for question in questions)


def test_names_and_code_stay_as_they_are() -> None:
    """Only words in lower case are exchanged."""
    questions = asked("The engine of Starts Drop is `run`.", title="Starts Drop")
    assert any("Starts Drop" in question for question in questions)
    assert not any("Begins" in question or "begins" in question for question in questions)


def test_identifiers_are_also_asked_for_in_words() -> None:
    """Nobody says underscore."""
    questions = asked("`door_grace_s` is set to `240`.")
    assert any("door grace" in question for question in questions)
    assert any("door_grace_s" in question for question in questions)


def test_questions_often_name_what_their_note_is_about() -> None:
    """Its kind and the everyday words of its title are no names."""
    questions = asked("Backups are kept for 30 days.", title="Incident: oyster leak at Marrowgate")
    named = [question for question in questions if "Marrowgate" in question]
    assert 50 < len(named) < 180
    assert not any("in Incident" in question or "at Incident" in question for question in questions)


def test_cues_do_not_give_the_key_away() -> None:
    """A few words of the fact may ask for it, its value not."""
    questions = asked("```\nquiet hours kettle 47\n```", keys=("47",))
    assert any("kettle" in question for question in questions)
    assert not any("47" in question for question in questions)


def test_code_blocks_are_asked_for_in_the_words_of_the_store_and_by_cues() -> None:
    """Their lines are no sentences."""
    questions = asked("It looks like this:\n\n```sh\norbit drain --all\n```", 'Show the example in "Orbit".')
    assert "Show the example?" in questions
    assert len(set(questions)) > 5


@pytest.mark.parametrize("question", asked("The pump of Orbit is checked every 9 weeks by Dana Miles.", title="Orbit"))
def test_every_question_is_one_line_that_asks(question: str) -> None:
    """Whatever chance does."""
    assert question.endswith("?")
    assert "\n" not in question
    assert question.strip("? ")
    assert "  " not in question


@given(st.text(min_size=1, max_size=120).filter(str.strip), st.text(max_size=40), st.integers(0, 99))
@settings(deadline=None, max_examples=100)
def test_anything_can_be_asked_for(statement: str, title: str, seed: int) -> None:
    """No statement is so odd that nothing comes of it."""
    questions = list(islice(ways(Told(statement, title, ()), (), Random(seed)), 12))
    assert len(questions) == 12


def test_equal_chance_asks_the_same() -> None:
    """A run that is begun again learns the same."""
    assert asked("A rollback takes 70 seconds.", seed=4) == asked("A rollback takes 70 seconds.", seed=4)


def test_a_statement_without_a_word_is_asked_for_as_a_lone_mark() -> None:
    """Nothing to ask about is no reason to fail."""
    assert set(asked("?")) == {"?"}
