"""How far runs are, asked again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.control.known_progress import KEPT, KnownProgress
from curatord.train.run_events import EventLog, Stage, StageBegan, Warned
from curatord.train.run_progress import progress
from tests.daemon.training_world import RunWorld

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_told_anew_is_added_to_what_is_known(tmp_path: Path) -> None:
    """The same as reading all of it, at every point."""
    run, known = RunWorld(tmp_path).run(), KnownProgress()
    with EventLog(run.events) as log:
        for number in range(3):
            log.append(StageBegan(stage=Stage.SFT))
            log.append(Warned(message=f"warning {number}"))
            assert known.of(run) == progress(run)
    assert known.of(run).warnings == ("warning 0", "warning 1", "warning 2")


def test_runs_that_nobody_asks_for_are_forgotten(tmp_path: Path) -> None:
    """A daemon runs for months."""
    world, known = RunWorld(tmp_path), KnownProgress()
    for _ in range(KEPT + 3):
        known.of(world.run())
    assert len(known._known) == KEPT
