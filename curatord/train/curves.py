"""The picture of a run: losses, reward margin and accuracy over its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from curatord.train.run_events import Stage, Step, Validation
from curatord.train.run_progress import effective

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from curatord.train.run_events import Event

TRAINING, VALIDATION, MARGIN = "#4477aa", "#cc3311", "#228833"  # told apart by colour-blind readers too (Paul Tol)


def draw(path: Path, events: Iterable[Event]) -> None:
    """Write a PNG with a panel for each stage that made steps."""
    told = effective(events)
    made = {event.stage for event in told if isinstance(event, Step)}
    stages = [stage for stage in (Stage.SFT, Stage.DPO) if stage in made]
    figure = Figure(figsize=(5.5 * max(1, len(stages)), 3.6), layout="constrained", dpi=110)
    for number, stage in enumerate(stages):
        _panel(figure.add_subplot(1, len(stages), number + 1), told, stage)
    figure.savefig(path, format="png", metadata={"Software": "curatord"})


def _panel(axes: Axes, told: Sequence[Event], stage: Stage) -> None:
    steps = [event for event in told if isinstance(event, Step) and event.stage is stage]
    validations = [event for event in told if isinstance(event, Validation) and event.stage is stage]
    axes.plot([step.step for step in steps], [step.loss for step in steps], color=TRAINING, lw=1, label="training loss")
    axes.plot(
        [point.step for point in validations],
        [point.loss for point in validations],
        color=VALIDATION,
        marker="o",
        ms=3,
        label="validation loss",
    )
    axes.set(title=stage.upper(), xlabel="step", ylabel="loss (nats)", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    if stage is Stage.DPO:
        _margins(axes.twinx(), steps)
    axes.legend(frameon=False, loc="upper right")


def _margins(axes: Axes, steps: Sequence[Step]) -> None:
    axes.plot([step.step for step in steps], [step.margin or 0.0 for step in steps], color=MARGIN, lw=1)
    axes.set_ylabel("margin (nats)", color=MARGIN)
    axes.spines[["top"]].set_visible(False)
