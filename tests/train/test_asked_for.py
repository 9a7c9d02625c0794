"""What a question can ask for in a statement, and with which words."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.train.asked_for import asking, asking_for_value, parts_of


def asked(text: str) -> dict[str, set[str]]:
    """Return, by the part that is asked for, all words it is asked for with."""
    draws = [Random(seed) for seed in range(40)]
    return {text[part.begin : part.end]: {asking(text, part, draw) for draw in draws} for part in parts_of(text)}


@pytest.mark.parametrize(
    ("text", "part", "question_words"),
    [
        ("a rollback takes about 70 seconds", "about 70 seconds", {"how long", "how many seconds", "how much"}),
        ("the tank holds 40 kg", "40 kg", {"how many kilograms", "how much"}),
        ("humidity rises to 80 %", "80 %", {"what percentage", "how much", "what share"}),
        ("two guards must be there", "two guards", {"how many guards", "how much"}),
        ("the backup starts at 02:30", "at 02:30", {"when", "at what time", "what time"}),
        ("it was drawn up in 2035", "in 2035", {"when", "on which day", "in which year"}),
        ("it failed because the disk was full", " because the disk was full", {"why", "how come", "for what reason"}),
        ("the bell was rung by Dana Miles", "by Dana Miles", {"who", "which person"}),
        ("run `orbit drain` first", "`orbit drain`", {"what", "which command", "which setting", "which name"}),
    ],
)
def test_a_part_is_asked_for_by_its_kind(text: str, part: str, question_words: set[str]) -> None:
    """Numbers by their units, times, persons, reasons, code."""
    assert asked(text)[part] == question_words


def test_an_ordinal_is_no_number() -> None:
    """Nobody asks how many th."""
    assert "4" not in asked("invoices go out on the 4th day")


@pytest.mark.parametrize(
    ("value", "question_words"),
    [("38.4 m", {"how many metres", "how much"}), ("2041-02-19", {"when", "on which day", "in which year"})],
)
def test_a_value_that_stands_alone_is_asked_for_by_its_kind(value: str, question_words: set[str]) -> None:
    """As a table has it."""
    assert {asking_for_value(value, Random(seed)) for seed in range(40)} == question_words


def test_a_value_of_no_kind_has_no_question_words() -> None:
    """Then something else must ask for it."""
    assert not asking_for_value("per queue", Random(0))


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=100)
def test_parts_stand_in_the_text_and_do_not_overlap(text: str) -> None:
    """Whatever is written."""
    parts = sorted(parts_of(text), key=lambda part: part.begin)
    assert all(0 <= part.begin < part.end <= len(text) for part in parts)
    assert all(first.end <= second.begin for first, second in pairwise(parts))
