"""Templates: what they need, how they are filled, and that every shape has enough of them."""

from __future__ import annotations

import pytest

from curatord.curate.dedupe import NEAR, alike, normal, shingles
from curatord.curate.pair import Category, Split
from curatord.curate.phrasing import Words, fill, languages, questions, say, shapes, words_for

SLOTS = {
    "name": "the horizon",
    "bare": "horizon",
    "value": "31 hours",
    "be": "is",
    "where": "in Tarnflow",
    "in_topic": "in Tarnflow",
}
BEST_EFFORT = {("fr", "negation")}  # French negations are asked as limitations


def test_english_and_french_have_phrasings() -> None:
    """The languages are those with data files."""
    assert languages() == {"en", "fr"}


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_shape_can_be_asked_in_seven_ways(language: str) -> None:
    """Six for training and one for the exam."""
    for name, shape in shapes(language).items():
        if (language, name) not in BEST_EFFORT:
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
    assert fill("en", template, Words(SLOTS))
    assert fill("en", template, Words({**SLOTS, "name": ""})) == ""


def test_a_slot_that_may_be_empty_leaves_no_gap() -> None:
    """Slots named `in_...` are optional, and a capital slot is filled with its capital."""
    words = words_for("en", "figure", {"ask": "how many nodes run", "in_any": ""})
    asked = [text for _, text in questions("en", "figure", Split.TRAIN, words, "seed")]
    assert set(asked) == {"How many nodes run?"}
    words = words_for("en", "setting", SLOTS)
    assert any(text.startswith("In Tarnflow,") for _, text in questions("en", "setting", Split.TRAIN, words, "seed"))


def test_filled_questions_are_clean() -> None:
    """Capital at the head, one mark at the end, no doubled spaces."""
    for _, question in questions("en", "setting", Split.TRAIN, words_for("en", "setting", SLOTS), "seed"):
        assert question[0].isupper() or question[0].isdigit()
        assert question[-1] in "?."
        assert "  " not in question
        assert "{" not in question


def test_the_seed_decides_the_order_and_nothing_else() -> None:
    """The same fact is asked in the same words on every machine; another fact in others."""
    words = words_for("en", "setting", SLOTS)
    one, again, other = (
        [template.id for template, _ in questions("en", "setting", Split.TRAIN, words, seed)]
        for seed in ("one", "one", "other")
    )
    assert one == again
    assert sorted(one) == sorted(other)
    assert one != other


def test_exam_questions_are_never_training_questions() -> None:
    """The two splits share no template."""
    for shape in shapes("en").values():
        assert not {template.text for template in shape.train} & {template.text for template in shape.exam}


@pytest.mark.parametrize("language", sorted(languages()))
@pytest.mark.parametrize("name", ["config", "entry", "section"])
def test_exam_questions_are_far_from_training_under_equal_headings_of_a_long_title(language: str, name: str) -> None:
    """Two sections of one name share their place, however long its words: what is left must tell them apart."""
    topic = "copying the whole of a very large file between two slow machines"
    where = f"in the trail in {topic}"
    slots = {"name": "limit", "part": "the trail", "in_topic": f"in {topic}", "where": where, "be": "is", "value": "4"}
    words = words_for(language, name, {**slots, "about": f"the trail in {topic}"})
    trained, examined = (
        [shingles(normal(text).words) for _, text in questions(language, name, split, words, "seed")] for split in Split
    )
    assert trained
    assert examined
    assert not any(alike(one, other, NEAR) for one in examined for other in trained)


def test_french_elides_contracts_and_spaces() -> None:
    """Here "de le" becomes "du", "de un" "d'un", and a no-break space stands before the question mark."""
    asked = _asked_in_french({"term": "un outil", "in_other": "", "in_any": ""})
    assert any("d'un outil" in text for text in asked)
    assert all(text.endswith(("\u00a0?", ".")) for text in asked)
    assert any(" du pod" in text for text in _asked_in_french({"term": "le pod", "in_other": "", "in_any": ""}))


def _asked_in_french(slots: dict[str, str]) -> list[str]:
    words = words_for("fr", "definition", slots)
    return [text for _, text in questions("fr", "definition", Split.TRAIN, words, "seed")]


def test_a_statement_names_value_and_place() -> None:
    """What the source writes as structure is told as a sentence."""
    text = say("en", "setting", SLOTS, "seed")
    assert "31 hours" in text
    assert "Tarnflow" in text
    assert text.endswith(".")


def test_french_has_no_article_of_the_plural_behind_its_preposition() -> None:
    """Of "des fonctionnalités" one says "de fonctionnalités"."""
    words = words_for(
        "fr", "mention", {"term": "des fonctionnalit\u00e9s", "in_topic": "", "in_here": "", "topic": "X"}
    )
    found = [text for _, text in questions("fr", "mention", Split.TRAIN, words, "seed")]
    assert not any("de des" in text for text in found)


def test_a_statement_with_a_verb_goes_before_one_that_reads_out() -> None:
    """Where name and value make a sentence, that sentence is said."""
    slots = {"where": "in Siltbox", "name": "the port", "bare": "port", "value": "9043", "link": "is", "reads": "reads"}
    assert all("is 9043" in say("en", "setting", slots, seed) for seed in "abcdefgh")


def test_a_question_mark_inside_code_stays() -> None:
    """A question ends in one mark; what stands in code is not touched."""
    words = words_for("en", "mention", {"term": "`a?b`", "in_topic": "in X", "title": "X"})
    assert all("`a?b`" in text for _, text in questions("en", "mention", Split.TRAIN, words, "seed"))
