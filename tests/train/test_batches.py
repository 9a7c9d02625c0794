"""Batches within a budget, of like length, the same every time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.train.batches import MULTIPLE, epoch_order, plan, waste

LENGTHS = st.lists(st.integers(2, 300), max_size=200)


@given(LENGTHS, st.integers(64, 2048), st.integers(0, 9))
@settings(deadline=None, max_examples=60)
def test_every_row_is_in_exactly_one_batch(lengths: list[int], budget: int, seed: int) -> None:
    """Nothing is trained on twice, and nothing is left out."""
    batches = plan(lengths, budget, seed)
    assert sorted(row for batch in batches for row in batch.rows) == list(range(len(lengths)))


@given(LENGTHS, st.integers(64, 2048), st.sampled_from([1, 2]))
@settings(deadline=None, max_examples=60)
def test_a_batch_keeps_to_its_budget_or_is_one_row(lengths: list[int], budget: int, rows_each: int) -> None:
    """Tokens are counted with their padding, and for pairs twice."""
    for batch in plan(lengths, budget, 0, rows_each):
        assert len(batch.rows) == 1 or len(batch.rows) * rows_each * batch.width <= budget
        assert batch.width % MULTIPLE == 0
        assert batch.width >= max(lengths[row] for row in batch.rows)


def test_the_plan_is_a_function_of_lengths_and_seed() -> None:
    """The same run goes on with the same batches; another seed brings other rows together."""
    lengths = [40] * 100
    assert plan(lengths, 400, 1) == plan(lengths, 400, 1)
    assert plan(lengths, 400, 1) != plan(lengths, 400, 2)


def test_padding_stays_below_a_tenth_where_lengths_are_those_of_pairs() -> None:
    """Rows of a chat with short answers are 50 to 150 tokens long."""
    lengths = [50 + (number * 37) % 100 for number in range(2000)]
    assert waste(plan(lengths, 1024, 0), lengths) < 0.10


def test_each_epoch_has_an_order_of_its_own() -> None:
    """All batches come once in an epoch, not always in the same order."""
    first, second = epoch_order(50, 7, 0), epoch_order(50, 7, 1)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    assert first == epoch_order(50, 7, 0)


def test_no_rows_give_no_batches() -> None:
    """An empty validation set is nothing to wait for."""
    assert plan([], 1024, 0) == []
    assert waste([], []) == 0.0
