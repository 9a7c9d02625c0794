"""Training as people read it: in the status, in lists of runs, and while a run is waited for."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from curatord.cli.output import seconds_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOLD = re.compile(r"\(min_new_pairs\)$")  # the reason that the idle state tells anyway
_STAGES = {
    "snapshot": "drawing the data",
    "base": "loading the base model",
    "replay": "replay against forgetting",
    "exam": "sitting the exam",
    "saving": "saving the adapter",
}


def fields(training: Mapping[str, Any], new_pairs: int) -> Iterator[tuple[str, str]]:
    """Yield the status of training as labels and texts: what goes on or when it will, what holds it, the last run."""
    state, run = training["state"], training["run"]
    if state == "running":
        yield "training", f"running {run}"
        yield "", step_text(training["progress"])
    elif state == "off":
        yield "training", "off"
    else:
        what = f"{state} {run}" if run else state
        waits = f"; {new_pairs} new pairs, it takes {training['min_new_pairs']}" if state == "idle" else ""
        yield "training", f"{what}, {_next_run(training)}{waits}"
        if reasons := [reason for reason in training["held_by"] if state != "idle" or not _TOLD.search(reason)]:
            yield "", f"{'now held by' if state == 'idle' else 'held'}: {'; '.join(reasons)}"
    if last := training["last"]:
        yield "last run", _last_run(last)


def _last_run(last: Mapping[str, Any]) -> str:
    """Return the last run in short; why one failed is told where things are that need a person."""
    finished = moment(last["finished"])
    why = "" if last["state"] == "failed" or not last["reason"] else f": {last['reason']}"
    return f"{last['run']} {last['state']}{f' {finished}' if finished else ''}{why}"


def step_text(progress: Mapping[str, Any] | None) -> str:
    """Return how far a run is, in a line: the stage, the step, loss, speed, and the time left."""
    if not progress or not progress["stage"]:
        return "starting"
    stage = progress["stage"]
    if stage in _STAGES or not progress["steps"]:
        return _STAGES.get(stage, f"{stage}: preparing")
    parts = [f"{stage} step {progress['step']} of {progress['steps']}"]
    if progress["loss"] is not None:
        parts.append(f"loss {progress['loss']:.3f}")
    if progress["validation_loss"] is not None:
        parts.append(f"validation {progress['validation_loss']:.3f}")
    if progress["tokens_per_second"] is not None:
        parts.append(f"{progress['tokens_per_second']:.0f} tokens/s")
    if progress["seconds_left"] is not None:
        parts.append(f"{seconds_in_words(progress['seconds_left'])} left")
    return ", ".join(parts)


def moment(text: str | None) -> str | None:
    """Return a time of an answer as people here write it: to the minute, without the zone."""
    return None if text is None else f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"


def _next_run(training: Mapping[str, Any]) -> str:
    due = training["next_run"]
    if due is None:
        return "no run is due"
    past = datetime.fromisoformat(due) <= datetime.now().astimezone()
    return f"due since {moment(due)}" if past else f"next run {moment(due)}"
