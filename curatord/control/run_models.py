"""Training runs as they cross the socket; see `models` for what may change."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from curatord.control.models import Question
from curatord.daemon.status import RunProgress, Wire


class TrainRequest(Question):
    """Ask for a run; `base` names another model to start from than the settings do."""

    base: str | None = Field(None, min_length=1, max_length=4096)


class RunEventsQuery(Question):
    """From where on: the `offset` of an earlier answer."""

    offset: int = Field(0, ge=0, le=2**53)


class RunEntry(Wire):
    """A run: who asked for it (schedule, asked), how it stands and why, how far it is; times are ISO 8601.

    `state` is running, paused, done, failed or cancelled; a paused run goes on by itself unless it `waits_for_person`.
    `attempts` counts restarts after crashes.
    """

    id: str
    asked_by: str
    base: str
    state: str
    reason: str
    waits_for_person: bool
    attempts: int
    created: str
    started: str | None
    finished: str | None
    progress: RunProgress


class RunPage(Wire):
    """Some runs, the latest first, how many there are in all, and what lies among them that is none."""

    total: int
    runs: list[RunEntry]
    problems: list[str]


class RunDetail(RunEntry):
    """A run with its directory, its finished adapter, and what it is trained with, once that is known.

    `rows` counts the rows of each file of the snapshot, `left_out` those that could not be used, by reason.
    """

    directory: str
    adapter: str | None
    seed: int
    shrink: int
    settings: dict[str, Any]
    snapshot: str | None
    rows: dict[str, int]
    left_out: dict[str, int]
    base_sha256: str | None
    dtype: str | None
    steps: dict[str, int]
    versions: dict[str, str]


class RunEvents(Wire):
    """What happened in a run since an offset, and the offset to ask from next; `ended`: nothing more will come."""

    events: list[dict[str, Any]]
    offset: int
    ended: bool
