"""How far a run is, and which of its events count: what was told of steps that were done again does not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from curatord.train.run_events import (
    Checkpoint,
    Event,
    Failed,
    Finished,
    Paused,
    Resumed,
    Stage,
    StageBegan,
    Step,
    Validation,
    Warned,
    read_events,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from curatord.train.run_directory import RunDirectory


def effective(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return the events without those that were taken back by going on from an earlier step: what a curve shows."""
    kept: list[Event] = []
    furthest = (False, 0)
    last: dict[type[Event], tuple[bool, int]] = {}
    for event in events:
        if isinstance(event, _Placed):
            place = _place(event)
            if place < furthest or place == last.get(type(event)):
                kept = [earlier for earlier in kept if not _is_undone(earlier, event)]
            furthest = last[type(event)] = place
        kept.append(event)
    return tuple(kept)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; figures are those of the last step, None before the first of its stage.

    `outcome` is how the child ended, None while it works; `damaged` counts lines that could not be read; `offset`
    is where the file is to be read on from.
    """

    stage: Stage | None = None
    step: int = 0
    steps: int | None = None
    last_step: Step | None = None
    validations: tuple[Validation, ...] = ()
    checkpoint: Checkpoint | None = None
    warnings: tuple[str, ...] = ()
    outcome: Finished | Paused | Failed | None = None
    updated: datetime | None = None
    damaged: int = 0
    offset: int = field(default=0, repr=False)

    @property
    def loss(self) -> float | None:
        """Training loss of the last step."""
        return self.last_step.loss if self.last_step else None

    @property
    def tokens_per_second(self) -> float | None:
        """Supervised tokens per second."""
        return self.last_step.tokens_per_second if self.last_step else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the run ends, as its child estimates."""
        return self.last_step.seconds_left if self.last_step else None

    @property
    def validation(self) -> Validation | None:
        """The last validation."""
        return self.validations[-1] if self.validations else None


def progress(run: RunDirectory, since: Progress | None = None) -> Progress:
    """Return how far a run is; given what was returned before, only what came since is read."""
    known = since or Progress()
    tail = read_events(run.events, known.offset)
    for event in tail.events:
        known = _advanced(known, event)
    return replace(known, offset=tail.offset, damaged=known.damaged + tail.damaged)


def _advanced(known: Progress, event: Event) -> Progress:
    if isinstance(event, _Placed):
        known = _without_undone(known, event)
    match event:
        case StageBegan():
            known = replace(known, stage=event.stage, step=0, steps=None, last_step=None, outcome=None)
        case Step():
            known = replace(known, stage=event.stage, step=event.step, steps=event.steps, last_step=event)
        case Validation():
            known = replace(known, validations=(*known.validations, event))
        case Checkpoint():
            known = replace(known, checkpoint=event)
        case Resumed():
            known = replace(known, stage=event.stage, step=event.step, outcome=None)
        case Warned():
            known = replace(known, warnings=(*known.warnings, event.message))
        case Finished() | Paused() | Failed():
            known = replace(known, outcome=event)
    return replace(known, updated=event.time)


def _without_undone(known: Progress, event: _Placed) -> Progress:
    if known.validation and _is_undone(known.validation, event):
        kept = tuple(earlier for earlier in known.validations if not _is_undone(earlier, event))
        known = replace(known, validations=kept)
    if known.checkpoint and _is_undone(known.checkpoint, event):
        known = replace(known, checkpoint=None)
    if known.last_step and _is_undone(known.last_step, event):
        known = replace(known, last_step=None)
    return known


_Placed = Step | Validation | Checkpoint | Resumed


def _place(event: _Placed) -> tuple[bool, int]:
    return event.stage is Stage.DPO, event.step


def _is_undone(earlier: Event, event: _Placed) -> bool:
    """Tell whether an event stands for a later step than one that was told after it, or for the very same."""
    if not isinstance(earlier, Step | Validation | Checkpoint):
        return False
    return _place(earlier) > _place(event) or (_place(earlier) == _place(event) and type(earlier) is type(event))
