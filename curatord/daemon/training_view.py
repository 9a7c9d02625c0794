"""Training as clients are told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.daemon.status import ConditionVerdict, LastRun, Preview, RunProgress, TrainingStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from curatord.config import Training
    from curatord.daemon.conditions import Verdict
    from curatord.daemon.decision import Decision, Situation
    from curatord.daemon.supervisor import Supervisor
    from curatord.train.run_directory import RunDirectory
    from curatord.train.run_progress import Progress


def status(training: Training, run: Supervisor | None, decision: Decision, last: LastRun | None) -> TrainingStatus:
    """Return the status after a decision was obeyed."""
    state = _state(training, run, decision)
    return TrainingStatus(
        state=state,
        next_run=_local(decision.next_run),
        held_by=[] if state == "running" else list(decision.reasons),
        run=run.run.id if run is not None else None,
        progress=progress(run.progress) if run is not None else None,
        last=last,
        min_new_pairs=training.min_new_pairs,
    )


def progress(known: Progress) -> RunProgress:
    """Return how far a run is."""
    step = known.last_step
    return RunProgress(
        stage=known.stage,
        step=known.step,
        steps=known.steps,
        loss=known.loss,
        validation_loss=known.validation.loss if known.validation else None,
        tokens_per_second=known.tokens_per_second,
        seconds_left=known.seconds_left,
        memory_mb=step.memory_mb if step else None,
        checkpoint_step=known.checkpoint.step if known.checkpoint else None,
        warnings=list(known.warnings),
    )


def preview(situation: Situation, decision: Decision, judged: Sequence[Verdict], run: Supervisor | None) -> Preview:
    """Return what would be done, and what it rests on."""
    return Preview(
        action=decision.action,
        reasons=list(decision.reasons),
        next_run=_local(decision.next_run),
        run=run.run.id if run is not None else None,
        new_pairs=situation.new_pairs,
        min_new_pairs=situation.min_new_pairs,
        conditions=[ConditionVerdict(name=verdict.name, met=verdict.met, told=verdict.told) for verdict in judged],
    )


def last_ended(runs: Sequence[RunDirectory]) -> LastRun | None:
    """Return the last run, in the order given, that has ended."""
    for run in reversed(runs):
        state = run.state()
        if not state.state.is_pending:
            return LastRun(run=run.id, state=state.state, reason=state.reason, finished=_local(state.finished))
    return None


def _state(training: Training, run: Supervisor | None, decision: Decision) -> str:
    if run is not None:
        if run.pid is not None:
            return "running"
        return "paused" if run.pending().paused_by_person else "held"
    if not training.enabled:
        return "off"
    return "held" if decision.open_since is not None else "idle"


def _local(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone().isoformat(timespec="seconds")
