"""Templates: what they need, how they are filled, and that every shape has enough of them."""

from __future__ import annotations

import pytest

from curatord.curate.pair import Category, Split
from curatord.curate.phrasing import fill, languages, questions, say, shapes

SLOTS = {
    "name": "the horizon",
    "bare": "horizon",
    "value": "31 hours",
    "be": "is",
    "where": "in Tarnflow",
    "in_topic": "in Tarnflow",
}
UNASKED = {"vague"}
BEST_EFFORT = {("fr", "negation")}  # French negations are asked as limitations


def test_english_and_french_have_phrasings() -> None:
    """The languages are those with data files."""
    assert languages() == {"en", "fr"}


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_shape_can_be_asked_in_seven_ways(language: str) -> None:
    """Six for training and one for the exam."""
    for name, shape in shapes(language).items():
        if name not in UNASKED and (language, name) not in BEST_EFFORT:
            assert len(shape.train) >= 6, name
            assert shape.exam, name


def test_all_languages_know_the_same_shapes() -> None:
    """An extractor finds phrasings for what it yields, whatever the language."""
    assert set(shapes("en")) == set(shapes("fr"))


@pytest.mark.parametrize("language", sorted(languages()))
def test_all_five_categories_occur(language: str) -> None:
    """Each language asks in every way of thinking."""
    found = {template.category for shape in shapes(language).values() for template in shape.train}
    assert set(Category) <= found


def test_a_template_with_an_empty_slot_is_passed_over() -> None:
    """No question has a hole in it."""
    template = shapes("en")["setting"].train[0]
    assert fill("en", template, SLOTS)
    assert fill("en", template, {**SLOTS, "name": ""}) == ""


def test_filled_questions_are_clean() -> None:
    """Capital at the head, one mark at the end, no doubled spaces."""
    for question in questions("en", "setting", Split.TRAIN, SLOTS, "seed", Category.FACTUAL):
        assert question.text[0].isupper() or question.text[0].isdigit()
        assert question.text[-1] in "?."
        assert "  " not in question.text
        assert "{" not in question.text


def test_the_seed_decides_the_order_and_nothing_else() -> None:
    """The same fact is asked in the same words on every machine; another fact in others."""
    one = [q.phrasing for q in questions("en", "setting", Split.TRAIN, SLOTS, "one", Category.FACTUAL)]
    again = [q.phrasing for q in questions("en", "setting", Split.TRAIN, SLOTS, "one", Category.FACTUAL)]
    other = [q.phrasing for q in questions("en", "setting", Split.TRAIN, SLOTS, "other", Category.FACTUAL)]
    assert one == again
    assert sorted(one) == sorted(other)
    assert one != other


def test_exam_questions_are_never_training_questions() -> None:
    """The two splits share no template."""
    for shape in shapes("en").values():
        assert not {template.text for template in shape.train} & {template.text for template in shape.exam}


def test_french_elides_contracts_and_spaces() -> None:
    """Here "de le" becomes "du", "de un" "d'un", and a no-break space stands before the question mark."""
    slots = {"term": "un outil", "in_other": "", "in_any": ""}
    asked = [q.text for q in questions("fr", "definition", Split.TRAIN, slots, "seed", Category.FACTUAL)]
    assert any("d'un outil" in text for text in asked)
    assert all(text.endswith(("\u00a0?", ".")) for text in asked)
    slots = {"term": "le pod", "in_other": "", "in_any": ""}
    assert any(" du pod" in q.text for q in questions("fr", "definition", Split.TRAIN, slots, "seed", Category.FACTUAL))


def test_a_statement_names_value_and_place() -> None:
    """What the source writes as structure is told as a sentence."""
    text = say("en", "setting", SLOTS, "seed")
    assert "31 hours" in text
    assert "Tarnflow" in text
    assert text.endswith(".")
