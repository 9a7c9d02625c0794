"""From curves to the geometry of a picture: polylines and ticks in a fixed box, which a page scales as it needs."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curatord.train.charts import Chart, Points

WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 12, 28
MOST_POINTS = 600  # of a line: more than that no screen shows apart
_LEAST_SPAN = 1e-9  # what differs by less is drawn as equal
_STEPS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, in the units of the box, and what it is called."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with what it stands for."""

    x: float
    y: float
    told: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart in a box of `WIDTH` by `HEIGHT`: lines as the `points` of SVG polylines; `told` says it in words."""

    title: str
    unit: str
    round: int
    told: str
    training: str
    validation: str
    dots: tuple[Dot, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Values along an axis, and where they stand in the box."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def picture(chart: Chart) -> Picture:
    """Draw a chart: training as a line, validation as a line with dots."""
    points = (*chart.training, *chart.validation)
    steps, values = [step for step, _ in points], [value for _, value in points]
    across = _Scale(min(0, *steps), max(1, *steps), LEFT, WIDTH - RIGHT)
    marks = ticks(*_range(chart, min(values), max(values)))
    up = _Scale(marks[0], marks[-1], HEIGHT - BOTTOM, TOP)
    return Picture(
        title=chart.title,
        unit=chart.unit,
        round=chart.round,
        told=_told(chart),
        training=_polyline(thinned(chart.training), across, up),
        validation=_polyline(chart.validation, across, up),
        dots=tuple(Dot(across(x), up(y), f"step {x}: {y:.4g}") for x, y in thinned(chart.validation)),
        across=tuple(Tick(across(step), f"{step:g}") for step in ticks(across.low, across.high) if step <= across.high),
        up=tuple(Tick(up(value), f"{value:g}") for value in marks),
    )


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return two or more round numbers at equal distances, the first at or below `low`, the last at or above `high`."""
    span = high - low if high - low > _LEAST_SPAN else 1.0
    unit: float = 10.0 ** floor(log10(span / about))
    distance = next(step * unit for step in _STEPS if step * unit >= span / about * 0.99)
    first = floor(low / distance)
    found = [first * distance]
    while len(found) < 2 or found[-1] < high - distance * 1e-9:
        found.append((first + len(found)) * distance)
    return [float(f"{value:.10g}") for value in found]


def thinned(points: Points) -> Points:
    """Return at most `MOST_POINTS` points, evenly chosen, the first and the last among them."""
    if len(points) <= MOST_POINTS:
        return points
    distance = (len(points) - 1) / (MOST_POINTS - 1)
    return tuple(points[round(number * distance)] for number in range(MOST_POINTS))


def _range(chart: Chart, low: float, high: float) -> tuple[float, float]:
    """Return the values an axis must show: shares as a whole, losses from zero, margins around it."""
    if chart.figure == "accuracy":
        return 0.0, 1.0
    return min(0.0, low), max(high, 0.0)


def _polyline(points: Points, across: _Scale, up: _Scale) -> str:
    return " ".join(f"{across(step):g},{up(value):g}" for step, value in points)


def _told(chart: Chart) -> str:
    lines = [(name, line) for name, line in (("training", chart.training), ("validation", chart.validation)) if line]
    ends = [f"{name} from {line[0][1]:.3f} to {line[-1][1]:.3f}" for name, line in lines]
    return f"{chart.title}: {', '.join(ends)}"
