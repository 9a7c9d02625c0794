"""What a run tells while it trains, and when it keeps a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.train import backend, checkpoint
from curatord.train.run_events import Checkpoint, Stage, Step, Validation, Warned

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.train.loop import Moment, StepReport
    from curatord.train.objective import Score
    from curatord.train.run_directory import RunDirectory
    from curatord.train.run_events import Event, Trained

SMOOTHING = 0.9  # of the pace: steps differ in length


class Reporter:
    """Tells the events of one stage, and keeps its checkpoints."""

    def __init__(
        self,
        run: RunDirectory,
        tell: Callable[[Event], None],
        stage: Trained,
        *,
        steps: int,
        must_stop: Callable[[], bool],
    ) -> None:
        """Prepare to report the steps of a stage."""
        self._run = run
        self._tell = tell
        self._stage = stage
        self._steps = steps
        self._must_stop = must_stop
        self._seconds: float | None = None
        self._tokens_per_second = 0.0

    def stepped(self, report: StepReport) -> None:
        """Tell of a step."""
        self._pace(report)
        assert self._seconds is not None
        self._tell(
            Step(
                stage=self._stage,
                step=report.step,
                steps=self._steps,
                loss=report.score.loss,
                rate=report.rate,
                norm=report.norm,
                tokens_per_second=round(self._tokens_per_second, 1),
                seconds_left=round(self._seconds * (self._steps - report.step), 1),
                memory_mb=round(backend.peak_memory_mb(), 1),
                margin=report.score.figures.get("margin"),
                accuracy=report.score.figures.get("accuracy"),
            )
        )

    def validated(self, step: int, score: Score) -> None:
        """Tell of a validation."""
        margin, accuracy = score.figures.get("margin"), score.figures.get("accuracy")
        self._tell(Validation(stage=self._stage, step=step, loss=score.loss, margin=margin, accuracy=accuracy))

    def skipped(self, step: int) -> None:
        """Tell of a step that was left out."""
        name = "SFT" if self._stage is Stage.SFT else "DPO"
        self._tell(Warned(message=f"{name} step {step} was left out: its gradient was not finite."))

    def keep(self, moment: Moment) -> None:
        """Write a checkpoint."""
        checkpoint.save(self._run.checkpoints, checkpoint.Checkpoint(self._stage, moment))
        self._tell(Checkpoint(stage=self._stage, step=moment.position.step))

    def must_pause(self) -> bool:
        """Whether the process was asked to leave."""
        return self._must_stop()

    def _pace(self, report: StepReport) -> None:
        tokens_per_second = report.tokens / report.seconds
        if self._seconds is None:
            self._seconds, self._tokens_per_second = report.seconds, tokens_per_second
        self._seconds += (1 - SMOOTHING) * (report.seconds - self._seconds)
        self._tokens_per_second += (1 - SMOOTHING) * (tokens_per_second - self._tokens_per_second)
