"""When two questions are one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.curate.dedupe import NEAR, Asked, alike, normal, question_key, shingles


def test_case_marks_and_space_do_not_make_a_question_new() -> None:
    """The normal form folds what a reader would not notice."""
    assert question_key('What  is "Siltbox"?') == question_key("what is siltbox")
    assert question_key("Qu'est-ce que Pod\u00a0?") == question_key("Qu'est-ce que Pod ?")


def test_case_counts_inside_backticks() -> None:
    """`-v` and `-V` are two options."""
    assert question_key("What does `-v` do?") != question_key("What does `-V` do?")


@settings(deadline=None, max_examples=80)
@given(st.text(max_size=40))
def test_the_key_of_a_key_is_itself(text: str) -> None:
    """Normalising twice changes nothing."""
    assert question_key(question_key(text)) == question_key(text)


def test_an_exact_repetition_is_refused() -> None:
    """The second time a question is not new."""
    asked = Asked()
    assert asked.admit(normal("What is the horizon of Tarnflow?"))
    assert not asked.admit(normal("what is the horizon of Tarnflow"))


def test_a_near_repetition_is_refused() -> None:
    """One word more in a long question does not make it new."""
    asked = Asked()
    assert asked.admit(normal("Which value does the horizon of the solver take in Tarnflow nowadays?"))
    assert not asked.admit(normal("Which value does the horizon of the solver take in Tarnflow then?"))


def test_a_differing_number_makes_a_question_new() -> None:
    """The hard-token guard holds what similarity cannot see."""
    asked = Asked()
    assert asked.admit(normal("What does the exit code 14 of the tool lockctl mean to you?"))
    assert asked.admit(normal("What does the exit code 22 of the tool lockctl mean to you?"))


QUESTIONS = st.lists(
    st.lists(st.sampled_from(["what", "is", "the", "rake", "of", "siltbox", "`a`", "7"]), min_size=3, max_size=9).map(
        " ".join
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=60)
@given(QUESTIONS)
def test_passing_over_blocks_changes_no_verdict(questions: list[str]) -> None:
    """What is admitted is what comparing each question with all before it admits."""
    asked, kept = Asked(), list[str]()
    for question in questions:
        new = not any(normal(question).key == normal(other).key or _near(question, other) for other in kept)
        assert asked.admit(normal(question)) is new
        if new:
            kept.append(question)


def _near(one: str, other: str) -> bool:
    mine, theirs = one.split(), other.split()
    same_guard = {word for word in mine if not word.isalpha()} == {word for word in theirs if not word.isalpha()}
    return same_guard and alike(shingles(mine), shingles(theirs), NEAR)
