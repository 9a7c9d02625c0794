"""The exponential function over whole vocabularies."""

from __future__ import annotations

import math

import mlx.core as mx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from curatord.train.exponential import exponential, log_sum_exp


@pytest.mark.parametrize("compiled", [False, True])
def test_the_exponential_is_exact_to_two_units_in_the_last_place(compiled: bool) -> None:
    """Over all that float32 holds without denormal numbers; MLX's own is off by ten times as much."""
    values = mx.linspace(-86, 0, 200_001)
    result = mx.compile(exponential)(values) if compiled else exponential(values)
    assert isinstance(result, mx.array)
    exact = np.exp(np.array(values).astype(np.float64))
    np.testing.assert_allclose(np.array(result), exact, rtol=2 * 2.0**-23)


def test_what_is_far_below_gives_nearly_nothing() -> None:
    """Minus infinity, a word ruled out, included."""
    assert exponential(mx.array([-86.5, -1e30, -math.inf])).tolist() == pytest.approx([0, 0, 0], abs=1e-37)
    assert exponential(mx.array([0.0, -0.0])).tolist() == [1, 1]


def test_the_derivative_of_the_exponential_is_itself() -> None:
    """Times what comes from above."""
    values = mx.linspace(-10, 0, 11)
    gradient = mx.grad(lambda each: (3 * exponential(each)).sum())(values)
    assert mx.array_equal(gradient, 3 * exponential(values)).item()


@settings(max_examples=50, deadline=None)
@given(values=arrays.arrays(np.float32, (3, 9), elements=st.floats(-1e4, 1e4, width=32)))
def test_the_logarithm_of_the_sum_is_that_of_float64(values: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> None:
    """However large the numbers are; and its gradient is the softmax."""
    exact = values.astype(np.float64)
    weights = np.exp(exact - exact.max(axis=-1, keepdims=True))
    expected = np.log(weights.sum(axis=-1, keepdims=True)) + exact.max(axis=-1, keepdims=True)
    value, gradient = mx.value_and_grad(lambda each: log_sum_exp(each).sum())(mx.array(values))
    np.testing.assert_allclose(np.array(log_sum_exp(mx.array(values))), expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(np.array(gradient), weights / weights.sum(axis=-1, keepdims=True), atol=1e-6)
    assert mx.isfinite(value).item()


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_number_that_is_none_stays_visible(bad: float, compiled: bool) -> None:
    """A step with such a loss is not taken; it must not turn into an ordinary number on its way."""
    values = mx.array([[1.0, 2.0, bad], [1.0, 2.0, 3.0]])
    result = mx.compile(log_sum_exp)(values) if compiled else log_sum_exp(values)
    assert isinstance(result, mx.array)
    assert mx.isfinite(result).tolist() == [[False], [True]]
