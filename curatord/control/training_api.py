"""What the control socket offers about training, under /v1: orders, and the runs on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query

from curatord.control.dependencies import Asked, Page  # noqa: TC001  FastAPI evaluates annotations at run time
from curatord.control.known_progress import KnownProgress
from curatord.control.run_models import RunDetail, RunEntry, RunEvents, RunEventsQuery, RunPage, TrainRequest
from curatord.daemon import training_view
from curatord.daemon.status import Ordered, Preview  # noqa: TC001  see above
from curatord.daemon.supervisor import PAUSED_BY_PERSON
from curatord.train.run_directory import RunState, find_run, list_runs
from curatord.train.run_events import read_events

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from curatord.train.run_directory import RunDirectory

router = APIRouter(prefix="/v1")
_KNOWN = KnownProgress()


@router.post("/train/now")
def train_now(service: Asked, request: TrainRequest | None = None) -> Ordered:
    """Start a run, whatever hour and machine say."""
    return service.training.now(request.base if request else None)


@router.post("/train/pause")
def pause_training(service: Asked) -> Ordered:
    """Let the run in hand rest after its step."""
    return service.training.pause()


@router.post("/train/resume")
def resume_training(service: Asked) -> Ordered:
    """Let the run in hand go on, whatever hour and machine say."""
    return service.training.resume()


@router.post("/train/cancel")
def cancel_training(service: Asked) -> Ordered:
    """End the run in hand for good."""
    return service.training.cancel()


@router.get("/train/preview")
def preview_training(service: Asked) -> Preview:
    """Tell what the schedule would do now, and why, without doing it."""
    return service.training.preview()


@router.get("/runs")
def show_runs(service: Asked, asked: Page) -> RunPage:
    """List the training runs, the latest first."""
    listing = list_runs(service.runs_path)
    chosen = listing.runs[::-1][asked.offset : asked.offset + asked.limit]
    entries = [RunEntry.model_validate(_entry(run)) for run in chosen]
    return RunPage(total=len(listing.runs), runs=entries, problems=list(listing.problems))


@router.get("/runs/{identity}")
def show_run(service: Asked, identity: str) -> RunDetail:
    """Show one run; the beginning of its id is enough."""
    run = find_run(service.runs_path, identity)
    request, state, prepared = run.request(), run.state(), run.prepared()
    detail = {
        "directory": str(run.path),
        "adapter": _adapter(run, service.adapters_path),
        "seed": request.seed,
        "shrink": state.shrink,
        "settings": request.training.model_dump(mode="json"),
        "snapshot": prepared.snapshot.sha256 if prepared else None,
        "rows": prepared.snapshot.counts if prepared else {},
        "left_out": prepared.left_out if prepared else {},
        "base_sha256": prepared.base.sha256 if prepared else None,
        "dtype": prepared.base.dtype if prepared else None,
        "steps": {"sft": prepared.plan.sft_steps, "dpo": prepared.plan.dpo_steps} if prepared else {},
        "versions": prepared.versions if prepared else {},
    }
    return RunDetail.model_validate(_entry(run) | detail)


@router.get("/runs/{identity}/events")
def show_run_events(service: Asked, identity: str, asked: Annotated[RunEventsQuery, Query()]) -> RunEvents:
    """Tell what has happened in a run since an offset."""
    run = find_run(service.runs_path, identity)
    ended = not run.state().state.is_pending  # asked first: what was written before the end is then told
    tail = read_events(run.events, asked.offset)
    events = [event.model_dump(mode="json", exclude_none=True) for event in tail.events]
    return RunEvents(events=events, offset=tail.offset, ended=ended)


def _adapter(run: RunDirectory, adapters: Path) -> str | None:
    """Return where a run's adapter is: where adapters are kept, or while it is not there yet, with the run."""
    kept = adapters / run.id
    return str(kept) if kept.is_dir() else str(run.adapter) if run.adapter.is_dir() else None


def _entry(run: RunDirectory) -> dict[str, Any]:
    request, state = run.request(), run.state()
    return {
        "id": run.id,
        "asked_by": request.reason,
        "base": request.training.base,
        "state": state.state,
        "reason": state.reason,
        "waits_for_person": state.state is RunState.PAUSED and state.reason == PAUSED_BY_PERSON,
        "attempts": state.attempts,
        "created": _local(request.created),
        "started": _local(state.started),
        "finished": _local(state.finished),
        "progress": training_view.progress(_KNOWN.of(run)),
    }


def _local(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone().isoformat(timespec="seconds")
