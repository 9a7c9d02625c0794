"""The quality score and its parts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.curate.quality import WEIGHTS, adds, score

SUPPORT = "A layer is sealed at 384 MiB as the index has it, and `rake` is its index."


def _parts(question: str, answer: str) -> dict[str, float]:
    return dict(score(question, answer, SUPPORT).parts)


def test_the_weights_are_shares_of_one() -> None:
    """The total is a weighted mean."""
    assert abs(sum(WEIGHTS.values()) - 1.0) < 1e-9


def test_a_good_pair_scores_one() -> None:
    """Everything named, everything supported."""
    found = score(
        "At how many MiB is a layer of Siltbox sealed?", "A layer is sealed at 384 MiB, as `rake` has it.", SUPPORT
    )
    assert found.total == 1.0
    assert tuple(name for name, _ in found.parts) == tuple(WEIGHTS)


def test_an_unsupported_number_costs_faithfulness() -> None:
    """A number the section does not hold is not faithful."""
    assert _parts("When is a layer sealed?", "A layer is sealed at 999 units.")["faithful"] == 0.0


def test_a_dangling_question_is_not_self_contained() -> None:
    """Pointers to the text are seen, the same words in code are not."""
    assert _parts("What does this section say about layers?", "A layer is sealed.")["self_contained"] == 0.0
    assert _parts("What does `this section` say about layers?", "A layer is sealed.")["self_contained"] == 1.0


def test_markdown_in_a_question_is_a_fault() -> None:
    """Residue lowers the form, and so does an answer without an end."""
    clean = _parts("What is a layer of Siltbox?", "A layer is sealed at last.")["well_formed"]
    assert _parts("What is **a layer** of Siltbox?", "A layer is sealed at last.")["well_formed"] < clean
    assert _parts("What is a layer of Siltbox?", "A layer is sealed and")["well_formed"] < clean


def test_a_question_for_a_number_wants_one() -> None:
    """How many without a number does not fit."""
    assert _parts("How many layers are there?", "Layers are there.")["fitting"] == 0.0
    assert _parts("How many layers are there?", "There are seven layers.")["fitting"] == 1.0


def test_an_answer_that_repeats_its_question_adds_nothing() -> None:
    """Such pairs are dropped whatever else they score."""
    assert not adds(score("Is a layer sealed?", "A layer is sealed.", SUPPORT))
    assert adds(score("What is a layer?", "A layer is sealed.", SUPPORT))


def test_a_very_long_answer_loses_points() -> None:
    """Beyond eighty words length counts against a pair."""
    assert _parts("What is a layer?", "layer " * 200 + ".")["length"] < 0.5


@pytest.mark.parametrize(
    "question",
    [
        "Is it fast?",
        "What is this?",
        "Why do they leak?",
        "Which ports are in the above table?",
        "What do the previous steps need?",
        'What does "this note" tell?',
        "Que dit cette section du pod ?",
        "Que disent les points ci-dessus ?",
    ],
)
def test_every_kind_of_pointer_is_seen(question: str) -> None:
    """Pronouns at the head, and words for parts of a text that a pointer precedes."""
    assert _parts(question, "A layer is sealed.")["self_contained"] == 0.0


@pytest.mark.parametrize("question", ["What is `a", "Is a | b so?", "# What is a layer?", "What is said of a layer: ?"])
def test_every_kind_of_residue_is_seen(question: str) -> None:
    """An open code span, a table's bar, a heading's mark, a colon before the end."""
    assert _parts(question, "A layer is sealed.")["well_formed"] == 0.8


@pytest.mark.parametrize(
    ("part", "better", "worse"),
    [
        ("faithful", "A layer is sealed at 384 MiB.", "A layer is sealed by otters at 384 MiB."),
        ("self_contained", "A layer is sealed at 384 MiB.", "It is sealed at 384 MiB."),
        ("self_contained", "A layer is sealed at 384 MiB.", "However, a layer is sealed at 384 MiB."),
        ("self_contained", "A layer is sealed at 384 MiB.", "A layer is sealed in this case."),
        ("well_formed", "A layer is sealed at 384 MiB.", "a layer is sealed at 384 MiB."),
        ("well_formed", "A layer is sealed at 384 MiB.", "A layer is sealed (at 384 MiB."),
        ("fitting", "A layer is sealed at 384 MiB.", "The index is sealed at 384 MiB."),
        ("specific", "A layer is sealed at 384 MiB.", "A layer is sealed."),
        ("length", "A layer is sealed at 384 MiB.", "Layers: 384."),
    ],
)
def test_each_part_is_a_measure(part: str, better: str, worse: str) -> None:
    """A pair that a person likes less has less of it."""
    question = "What is known of a layer?"
    assert _parts(question, worse)[part] < _parts(question, better)[part] == 1.0


def test_a_question_that_turns_on_a_word_without_a_name_is_less_specific() -> None:
    """Nobody asks what connects a layer with a way."""
    answer = "A layer is sealed in a way at 384 MiB."
    assert _parts("What connects a layer with a way?", answer)["specific"] == 0.5
    assert _parts("What connects a layer with the index?", answer)["specific"] == 1.0


@pytest.mark.parametrize("question", ["What is said of a layer of?", "What is said of being and a layer?"])
def test_a_question_that_breaks_off_is_not_well_formed(question: str) -> None:
    """A preposition at the end, or with nothing between it and the next word."""
    assert _parts(question, "A layer is sealed.")["well_formed"] == 0.8


def test_escapes_of_markdown_do_not_hide_what_an_answer_rests_on() -> None:
    """The source writes a backslash before the underscore of a name, the answer does without."""
    found = score("What is run?", "The blackbox_exporter is run.", "The blackbox\\_exporter is run.")
    assert dict(found.parts)["faithful"] == 1.0


WORDS = st.sampled_from(
    ["the", "layer", "is", "`rake`", "384", "it", "however", "sealed,", "and", "of", "way", "(", ".", "?"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@settings(deadline=None, max_examples=100)
@given(TEXTS, TEXTS)
def test_a_score_and_its_parts_lie_between_zero_and_one(question: str, answer: str) -> None:
    """Whatever is asked and answered, and the total is their weighted mean."""
    found = score(question, answer, SUPPORT)
    assert all(0.0 <= value <= 1.0 for _, value in found.parts)
    assert abs(found.total - sum(WEIGHTS[name] * value for name, value in found.parts)) < 1e-2
