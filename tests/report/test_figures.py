"""The geometry of a curve."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.report.figures import BOTTOM, HEIGHT, LEFT, MOST_POINTS, RIGHT, TOP, WIDTH, picture, thinned, ticks
from curatord.train.charts import Chart
from curatord.train.run_events import Stage

VALUES = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.0, 0.693, [0, 0.2, 0.4, 0.6, 0.8]),
        (-0.13, 0.36, [-0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4]),
        (0.0, 900.0, [0, 200, 400, 600, 800, 1000]),
        (0.0, 0.0, [0, 0.2]),
    ],
)
def test_ticks_are_round_and_hold_the_values(low: float, high: float, marks: list[float]) -> None:
    """The first at or below the least, the last at or above the most."""
    assert ticks(low, high) == pytest.approx(marks)


@given(VALUES, VALUES)
@settings(deadline=None)
def test_ticks_are_few_and_hold_any_values(one: float, other: float) -> None:
    """Whatever the values are."""
    low, high = sorted((one, other))
    marks = ticks(low, high)
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    assert marks[0] <= low + slack
    assert marks[-1] >= high - slack
    assert len(marks) <= 8


@given(st.lists(VALUES, min_size=1, max_size=30), st.sampled_from(["loss", "margin"]))
@settings(deadline=None)
def test_every_point_lies_in_the_box(values: list[float], figure: str) -> None:
    """A single point too, and equal ones."""
    points = tuple(enumerate(values, 1))
    drawn = picture(Chart(Stage.DPO, figure, "nats", points, points))
    places = [tuple(map(float, place.split(","))) for place in drawn.training.split()]
    assert len(places) == len(values)
    assert all(LEFT <= x <= WIDTH - RIGHT and TOP <= y <= HEIGHT - BOTTOM for x, y in places)


def test_a_long_line_is_thinned_but_keeps_its_ends() -> None:
    """No screen shows more."""
    points = tuple((step, 1.0 / step) for step in range(1, 5001))
    few = thinned(points)
    assert len(few) == MOST_POINTS
    assert (few[0], few[-1]) == (points[0], points[-1])
    assert thinned(few) == few
