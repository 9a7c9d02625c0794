"""Words that may stand for one another."""

from __future__ import annotations

from curatord.train.synonyms import words


def test_a_verb_is_exchanged_in_the_form_it_has() -> None:
    """As a base, with "it", in the past, and as a gerund."""
    synonyms = words().synonyms
    assert "begin" in synonyms["start"]
    assert "begins" in synonyms["starts"]
    assert "began" in synonyms["started"]
    assert "removing" in synonyms["deleting"]


def test_a_verb_of_two_words_is_inflected_at_its_first() -> None:
    """What reverts rolls back."""
    assert "rolls back" in words().synonyms["reverts"]


def test_a_noun_is_exchanged_in_its_number() -> None:
    """One for one, several for several."""
    synonyms = words().synonyms
    assert "reason" in synonyms["cause"]
    assert "companies" not in synonyms["cause"]
    assert "directories" in synonyms["folders"]


def test_no_word_stands_for_itself() -> None:
    """That would be no other wording."""
    assert [word for word, others in words().synonyms.items() if word in others] == []


def test_every_measure_is_asked_for_with_its_thing() -> None:
    """A question without the thing asks for nothing."""
    assert [ask for asks in words().measures.values() for ask in asks if ask.count("{}") != 1] == []


def test_an_attribute_of_several_words_is_asked_for_by_its_last() -> None:
    """A maximum payload is asked for as a payload is; one of its own name comes first."""
    known = words()
    assert known.asking_for("the maximum payload") == known.measures["payload"]
    assert known.asking_for("Speed limit") == known.measures["speed limit"]
    assert known.asking_for("") == known.asking_for("whatnot") == ()
