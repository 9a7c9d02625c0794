"""Which questions an exam asks."""

from __future__ import annotations

from collections import Counter

from curatord.exam.questions import sample, topic
from tests.exam.rows import exam_row

ROWS = [
    exam_row(number, path=f"{number % 5}.md", category=("factual", "practical")[number % 3 == 0])
    for number in range(60)
]


def test_a_sample_is_spread_over_notes_and_categories() -> None:
    """Ten questions of five notes in two categories: one of each."""
    asked = Counter((topic(row), row.category) for row in sample(ROWS, 10, "seed"))
    assert len(asked) == 10
    assert set(asked.values()) == {1}


def test_equal_seeds_ask_the_same_whatever_the_order_of_the_rows() -> None:
    """So that the replies of two adapters can be paired."""
    assert sample(ROWS, 20, "seed") == sample(ROWS[::-1], 20, "seed")


def test_another_seed_asks_others() -> None:
    """A generation of notes has its own questions."""
    assert {row.pair for row in sample(ROWS, 20, "seed")} != {row.pair for row in sample(ROWS, 20, "other")}


def test_no_question_is_asked_twice_and_all_are_where_there_are_few() -> None:
    """More are asked for than there are."""
    assert sorted(row.pair for row in sample(ROWS, 1000, "seed")) == sorted(row.pair for row in ROWS)
