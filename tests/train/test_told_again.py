"""Facts that only put together what others say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from curatord.train.told_again import put_together

CELLS = ["The length of Gull is 7 m.", "The length of Tern is 9 m.", "The crew of Gull is 2."]
COMPARED = "The length of Gull is 7 m, whereas that of Tern is 9 m."


def told(*answers: str) -> frozenset[str]:
    """Return those of one note that others tell piece by piece."""
    return put_together(dict.fromkeys(answers, "Boats"))


def test_a_comparison_of_two_cells_is_put_together() -> None:
    """The cells themselves are not."""
    assert told(*CELLS, COMPARED) == {COMPARED}


def test_a_list_of_points_that_are_told_one_by_one_is_put_together() -> None:
    """Whatever introduces it."""
    points = ["Keep the shutter closed.", "The lift stops half a step high.", "The loft holds 350 kg."]
    whole = "The list reads: keep the shutter closed; the lift stops half a step high; the loft holds 350 kg."
    assert told(*points, whole) == {whole}


def test_a_whole_with_something_of_its_own_is_not() -> None:
    """Nothing else would teach it."""
    assert told(*CELLS, f"{COMPARED} Both were built at the Marrow yard in winter by two old brothers.") == frozenset()


def test_pieces_of_another_note_do_not_count() -> None:
    """There the same words may mean something else."""
    assert put_together({CELLS[0]: "Boats", CELLS[1]: "Birds", COMPARED: "Boats"}) == frozenset()


def test_a_single_piece_does_not_make_a_whole() -> None:
    """Both are taught."""
    assert told("The pump runs.", "The pump runs at night.") == frozenset()


@given(st.lists(st.text(alphabet="abc de", max_size=20), unique=True, max_size=8))
def test_the_shortest_fact_of_a_note_is_always_taught(answers: list[str]) -> None:
    """It cannot be made of shorter ones."""
    assert not answers or min(answers, key=lambda answer: len(frozenset(answer.split()))) not in told(*answers)
