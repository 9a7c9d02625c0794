"""The curves of a run as numbers: losses, reward margin and accuracy by step, for whoever draws them."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from curatord.train.run_directory import RunDirectory
from curatord.train.run_events import Stage, Step, Validation, read_events
from curatord.train.run_progress import effective

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from curatord.train.run_events import Event

Points = tuple[tuple[int, float], ...]

_FIGURES = {"loss": "nats", "margin": "nats", "accuracy": ""}


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure of one stage, over the optimizer steps that count; validation at step 0 is before the first.

    `figure` is loss, margin or accuracy (in [0, 1]); `round` counts rounds of learning from mistakes, 0 before them.
    """

    stage: Stage
    figure: str
    unit: str
    training: Points
    validation: Points
    round: int = 0

    @property
    def title(self) -> str:
        """What it shows, such as "DPO margin"."""
        after = f", round {self.round}" if self.round else ""
        return f"{self.stage.upper()} {self.figure}{after}"


def charts_of(run: RunDirectory) -> list[Chart]:
    """Return the curves of a run and of its rounds; raises StoreError where they cannot be read."""
    rounds = sorted(run.path.glob("round-*"), key=_number)
    found = charts(read_events(run.events).events)
    for place in rounds:
        found += charts(read_events(RunDirectory(place).events).events, _number(place))
    return found


def charts(events: Iterable[Event], number: int = 0) -> list[Chart]:
    """Return the curves that events tell, as far as there are any."""
    told = effective(events)
    steps = [event for event in told if isinstance(event, Step)]
    validations = [event for event in told if isinstance(event, Validation)]
    found = [
        Chart(stage, figure, unit, _points(steps, stage, figure), _points(validations, stage, figure), number)
        for stage in (Stage.SFT, Stage.DPO)
        for figure, unit in _FIGURES.items()
    ]
    return [chart for chart in found if chart.training or chart.validation]


def _points(events: Sequence[Step | Validation], stage: Stage, figure: str) -> Points:
    value = attrgetter(figure)
    return tuple((event.step, value(event)) for event in events if event.stage is stage and value(event) is not None)


def _number(place: Path) -> int:
    number = place.name.rpartition("-")[2]
    return int(number) if number.isdigit() else 0
