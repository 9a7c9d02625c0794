"""Retrieval as evidence: what full-text search over the pairs tells of a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curatord.curate.pair import Split
from curatord.exam.retrieval import Retrieval, content_words, retrieve
from curatord.store.seen import mark_seen
from tests.store.samples import document, pair, section, sha
from tests.train.test_snapshot import put

if TYPE_CHECKING:
    from curatord.store.database import Store

PORT = pair("Which port does the gateway listen on?", "The gateway listens on port 8085.")
CREW = pair("Who feeds the lighthouse cat?", "Odalys feeds the lighthouse cat at dawn.")
ACCENT = pair("Où est la réserve de câbles ?", "La réserve de câbles est au deuxième étage.")


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with three facts, and one question that is kept for the exam."""
    exam = pair("How tall is the northern mast?", "The northern mast is 40 metres tall.", split=Split.TEST)
    put(
        store, document("a.md", section(PORT, exam)), document("b.md", section(CREW)), document("c.md", section(ACCENT))
    )
    return store


def test_a_question_in_other_words_is_found_by_its_rare_ones(filled: Store) -> None:
    """All that tells what it is about stands in one pair."""
    found = retrieve(filled.connection, "Where does the gateway have its port?")
    assert found.share == 1
    assert found.hits == 1
    assert not found.is_weak
    assert found.best is not None
    assert (found.best.topic, found.best.question) == ("knowledge/a.md", PORT.question)


def test_words_that_only_ask_find_nothing(filled: Store) -> None:
    """Every question has them."""
    assert retrieve(filled.connection, "Who painted the Mona Lisa?") == Retrieval()
    assert content_words("Which port does the gateway listen on?") == ["port", "gateway", "listen"]


def test_half_of_the_words_is_a_weak_hit(filled: Store) -> None:
    """The notes may speak of the thing, but not of what is asked about it."""
    found = retrieve(filled.connection, "Which vaccine does the lighthouse cat need every spring?")
    assert 0 < found.share < 0.5
    assert found.hits == 0
    assert found.is_weak


def test_a_question_of_function_words_alone_is_searched_with_all_of_them() -> None:
    """Something must be searched for."""
    assert content_words("What is it?") == ["what", "is", "it"]


def test_questions_kept_for_the_exam_are_never_looked_at(filled: Store) -> None:
    """They would find themselves."""
    assert retrieve(filled.connection, "How tall is the northern mast?").is_weak


def test_only_what_a_run_was_given_counts_where_that_is_asked_for(filled: Store) -> None:
    """A note that was never taught does not make a question known."""
    with filled.transaction() as connection:
        mark_seen(connection, "run", [CREW.id])
    assert retrieve(filled.connection, PORT.question, only_seen=True).is_weak
    found = retrieve(filled.connection, CREW.question, only_seen=True)
    assert found.best is not None
    assert found.best.seen
    assert found.best.fact == sha(CREW.answer)


def test_accents_and_case_do_not_matter(filled: Store) -> None:
    """The index has neither."""
    assert retrieve(filled.connection, "RESERVE DE CABLES").share == 1


@pytest.mark.parametrize("question", ["Which gateways listen on ports?", "Tell me the gateway's port."])
def test_an_s_more_or_less_does_not_matter(filled: Store, question: str) -> None:
    """Plurals, verbs and genitives."""
    assert retrieve(filled.connection, question).share == 1


def test_an_empty_store_has_no_hits(store: Store) -> None:
    """Nothing is divided by zero."""
    assert retrieve(store.connection, "Which port?") == Retrieval()


@given(question=st.text(max_size=80))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_can_be_looked_up(filled: Store, question: str) -> None:
    """No input is a syntax error, and every figure keeps its range."""
    found = retrieve(filled.connection, question)
    assert 0 <= found.share <= 1
    assert found.strength >= 0
    assert 0 <= found.hits <= 50
