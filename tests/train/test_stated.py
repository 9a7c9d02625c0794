"""Statements that give a thing a value, taken apart."""

from __future__ import annotations

import pytest

from curatord.train.stated import Stated, stated, without_place


@pytest.mark.parametrize(
    ("statement", "parts"),
    [
        ("The length of the Wren is 19.5 m", Stated("the Wren", "length", "19.5 m")),
        ('The parts of "Lamps, old" are three', Stated("Lamps, old", "parts", "three")),
        ("For Orbit, the status is stable", Stated("Orbit", "status", "stable")),
        ('For "Lamps, old", the decision reads: keep them', Stated("Lamps, old", "decision", "keep them")),
        ('Dana Miles has Monday under "days off"', Stated("Dana Miles", "days off", "Monday")),
        ('Under "days off" it says for Dana Miles: Monday', Stated("Dana Miles", "days off", "Monday")),
        ('It says for "lost after": 3 beats', Stated("lost after", "", "3 beats")),
        ("`retry_s` is set to `12`", Stated("`retry_s`", "", "`12`")),
        ("The port is 8080", Stated("port", "", "8080")),
        ("The value of yearly crop is 212 t", Stated("yearly crop", "", "212 t")),
        ("The setting `wait` under `[door]` has the value `3`", Stated("`wait` under `[door]`", "", "`3`")),
    ],
)
def test_a_statement_says_what_has_which_value(statement: str, parts: Stated) -> None:
    """Each way in which curation writes a value down, and the ways of prose that look like it."""
    assert stated(statement) == parts


@pytest.mark.parametrize(
    "statement", ["Rollback takes 70 seconds", "Keep the west shutter closed", "When it is on, the crane is locked"]
)
def test_other_sentences_give_nothing_a_value(statement: str) -> None:
    """They have a verb of their own."""
    assert stated(statement) is None


def test_the_place_within_a_statement_is_left_out() -> None:
    """With its heading or without."""
    assert without_place('The wait under Limits in "Orbit, old" is 3 s') == "The wait is 3 s"
    assert without_place('The wait in the session "Orbit" is 3 s') == "The wait is 3 s"
    assert without_place("The wait under Known limits in Orbit is 3 s") == "The wait is 3 s"


def test_what_stands_around_a_sentence_is_no_attribute() -> None:
    """The hard water says why, not what something is."""
    assert stated("With the hard water of the valley its discs are crusted within three weeks") is None
    assert stated("All of the crates are blue") is None
