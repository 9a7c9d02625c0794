"""The quality score and its parts."""

from __future__ import annotations

import pytest

from curatord.curate.quality import WEIGHTS, adds, score

SUPPORT = "A layer is sealed at 384 MiB, and `rake` is its index."


def _parts(question: str, answer: str) -> dict[str, float]:
    return dict(score(question, answer, SUPPORT).parts)


def test_the_weights_are_shares_of_one() -> None:
    """The total is a weighted mean."""
    assert abs(sum(WEIGHTS.values()) - 1.0) < 1e-9


def test_a_good_pair_scores_one() -> None:
    """Everything named, everything supported."""
    found = score("At how many MiB is a layer of Siltbox sealed?", "A layer is sealed at 384 MiB.", SUPPORT)
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
    assert _parts(question, "A layer is sealed.")["well_formed"] == 0.75
