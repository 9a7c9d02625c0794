"""The learning rate over the steps."""

from __future__ import annotations

from itertools import pairwise

from curatord.train.rate import learning_rate


def test_the_rate_rises_to_its_peak_and_falls_to_nearly_nothing() -> None:
    """A tenth of the steps is warm-up, the rest half a cosine."""
    rates = [learning_rate(step, 100, peak=1.0, warmup=0.1) for step in range(1, 101)]
    assert rates[:10] == [step / 10 for step in range(1, 11)]
    assert max(rates) == rates[10] == 1.0
    assert all(later < earlier for earlier, later in pairwise(rates[10:]))
    assert 0 < rates[-1] < 0.001


def test_without_warm_up_the_first_step_has_the_peak() -> None:
    """No step has the rate zero."""
    assert learning_rate(1, 5, peak=0.3, warmup=0.0) == 0.3


def test_a_stage_of_one_step_is_trained_at_the_peak() -> None:
    """Warm-up over the whole stage ends at its peak."""
    assert learning_rate(1, 1, peak=0.3, warmup=1.0) == 0.3
    assert learning_rate(1, 1, peak=0.3, warmup=0.0) == 0.3
