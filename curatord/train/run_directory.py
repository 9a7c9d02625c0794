"""A training run on disk: `runs/ID/`, who wrote what into it, and all runs there are.

    request.json   what is asked for; written once, by whoever starts the run
    state.json     how the run stands; written by its supervisor alone
    snapshot/      the data, run.json what it is trained with; both written once, by the child
    events.jsonl   what happens meanwhile: `run_events`
    checkpoints/, adapter/, curves.png

Nothing here imports the training libraries: the daemon reads and writes these files too.
"""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import orjson
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from curatord.config import Exam, Gaps, Training
from curatord.errors import NotFoundError, StoreError
from curatord.store.atomic import TEMPORARY_SUFFIX, publish_directory, write_file

if TYPE_CHECKING:
    from collections.abc import Callable

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


class Record(BaseModel):
    """A file of a run; what a newer curatord adds to it is ignored."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class RunState(StrEnum):
    """How a run stands: the first two go on, the others have ended."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_pending(self) -> bool:
        """Whether the run will go on, or already does."""
        return self in {RunState.RUNNING, RunState.PAUSED}


def new_id(moment: datetime) -> str:
    """Return an identity for a run: UTC to the second, so that names sort by time, and four random hex digits."""
    return f"{moment.astimezone(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _now() -> datetime:
    return datetime.now(UTC)


def _id_for(data: dict[str, Any]) -> str:
    return new_id(data["created"])


def _without_retired(settings: object) -> object:
    """Leave out what settings had before this version: runs of earlier versions stay readable."""
    match settings:
        case {"sft": {"cues": _, **sft}, **others}:
            return {**others, "sft": sft}
    return settings


Used = Annotated[Training, BeforeValidator(_without_retired)]


class Request(Record):
    """What a run is asked to do: everything its child needs to know; `system` is the system text of every pair.

    `in_service` is the directory of the adapter to be compared with, None where there is none.
    """

    created: AwareDatetime = Field(default_factory=_now)
    id: str = Field(default_factory=_id_for, pattern=f"^{_ID.pattern}$")
    reason: Literal["schedule", "asked"]
    seed: int
    training: Used
    exam: Exam = Exam()
    gaps: Gaps = Gaps()
    system: str
    store: Path
    models: Path
    in_service: Path | None = None


class State(Record):
    """How a run stands, and why.

    `attempts` counts the restarts after crashes, `shrink` how often the batch was halved for them; `pid` is the
    child's while it runs.
    """

    state: RunState
    reason: str = ""
    attempts: int = 0
    shrink: int = 0
    pid: int | None = None
    started: AwareDatetime | None = None
    updated: AwareDatetime = Field(default_factory=_now)
    finished: AwareDatetime | None = None


class BaseUsed(Record):
    """The base model of a run: its name, the sha256 of its files, and the dtype its weights are computed in."""

    name: str
    sha256: str
    dtype: str


class SnapshotUsed(Record):
    """The data of a run: the snapshot's overall sha256, and rows by file."""

    sha256: str
    counts: dict[str, int]


class Plan(Record):
    """Optimizer steps of each stage; 0: left out."""

    sft_steps: int
    dpo_steps: int


class Prepared(Record):
    """What a run is trained with, known once base and data are there: `run.json`.

    `versions` are those of curatord, mlx, mlx_lm and python; `left_out` counts rows by the reason, such as too_long;
    `padding` is the share of the tokens in SFT's batches that only fills them up.
    """

    id: str
    created: AwareDatetime
    seed: int
    training: Used
    snapshot: SnapshotUsed
    base: BaseUsed
    versions: dict[str, str]
    left_out: dict[str, int]
    plan: Plan
    padding: float


_Record = TypeVar("_Record", bound=Record)


@dataclass(frozen=True, slots=True, order=True)
class RunDirectory:
    """One run on disk. Reading raises StoreError where a file is missing or damaged, writing where the disk fails."""

    path: Path

    @property
    def id(self) -> str:
        """The run's identity, which is the directory's name."""
        return self.path.name

    @property
    def snapshot(self) -> Path:
        """The directory of the data."""
        return self.path / "snapshot"

    @property
    def events(self) -> Path:
        """What happened, one JSON object a line."""
        return self.path / "events.jsonl"

    @property
    def checkpoints(self) -> Path:
        """The directory of checkpoints."""
        return self.path / "checkpoints"

    @property
    def adapter(self) -> Path:
        """The finished adapter, as mlx_lm loads it."""
        return self.path / "adapter"

    @property
    def examined(self) -> Path:
        """The adapter at the strength that its exam chose, with the record of that exam."""
        return self.path / "examined"

    @property
    def curves(self) -> Path:
        """The picture of the losses."""
        return self.path / "curves.png"

    def request(self) -> Request:
        """Return what was asked for."""
        return _read(self.path / "request.json", Request)

    def state(self) -> State:
        """Return how the run stands."""
        return _read(self.path / "state.json", State)

    def write_state(self, state: State) -> None:
        """Replace the state as a whole; a reader sees the old one or the new one."""
        _write(self.path / "state.json", state)

    def prepared(self) -> Prepared | None:
        """Return what the run is trained with, None as long as it is not known."""
        file = self.path / "run.json"
        return _read(file, Prepared) if file.exists() else None

    def write_prepared(self, prepared: Prepared) -> None:
        """Write down what the run is trained with."""
        _write(self.path / "run.json", prepared)


@dataclass(frozen=True, slots=True)
class Listing:
    """The runs in order of their start, and a sentence for each directory that is none or cannot be read."""

    runs: tuple[RunDirectory, ...]
    problems: tuple[str, ...]


def new_run(runs: Path, request: Request) -> RunDirectory:
    """Make the directory of a run, with its request and the state "paused": it waits for its first start.

    The name appears once all of it is on disk. Raises StoreError where there is such a run or the disk fails.
    """
    run = RunDirectory(runs / request.id)
    if run.path.exists():
        raise StoreError(f"There is a run at {run.path} already.", hint="Try again.")
    draft = RunDirectory(runs / f"{request.id}{TEMPORARY_SUFFIX}")
    _on_disk(draft.path, lambda: draft.path.mkdir(parents=True, mode=0o700))
    try:
        _write(draft.path / "request.json", request)
        draft.write_state(State(state=RunState.PAUSED, reason="not started yet", updated=request.created))
        _on_disk(run.path, lambda: publish_directory(draft.path, run.path))
    except BaseException:
        shutil.rmtree(draft.path, ignore_errors=True)
        raise
    return run


def list_runs(runs: Path) -> Listing:
    """Return every run below a directory; one that is not there holds none."""
    found, problems = [], []
    for path in sorted(runs.iterdir()) if runs.is_dir() else ():
        if path.name.startswith(".") or path.name.endswith(TEMPORARY_SUFFIX):
            continue
        try:
            found.append(_checked(path))
        except StoreError as error:
            problems.append(error.message)
    return Listing(tuple(found), tuple(problems))


def find_run(runs: Path, identity: str) -> RunDirectory:
    """Return the run of this identity, or the only one whose identity begins so; raise NotFoundError."""
    matches = [run for run in list_runs(runs).runs if run.id.startswith(identity)]
    if len(matches) != 1 or not identity:
        found = "More than one run begins" if len(matches) > 1 else "There is no run that begins"
        raise NotFoundError(f'{found} with "{identity}".', hint="See `curatord runs list`.")
    return matches[0]


def _checked(path: Path) -> RunDirectory:
    if not path.is_dir() or not _ID.fullmatch(path.name):
        raise StoreError(f"{path} is no run of curatord's.")
    run = RunDirectory(path)
    if run.request().id != run.id:
        raise StoreError(f"{path} holds the request of another run.")
    run.state()
    return run


def _read(file: Path, model: type[_Record]) -> _Record:
    try:
        # Validated as Python values, not as JSON: the settings make paths out of texts before they are checked.
        return model.model_validate(orjson.loads(file.read_bytes()))
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise StoreError(f"{file} is damaged: it is no JSON.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "".join(f"{part}: " for part in first["loc"])
        raise StoreError(f"{file} is damaged: {place}{first['msg']}.") from error


def _write(file: Path, record: Record) -> None:
    data = record.model_dump_json(indent=2).encode() + b"\n"
    _on_disk(file, lambda: write_file(file, data))


def _on_disk(path: Path, action: Callable[[], None]) -> None:
    try:
        action()
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.", hint="Check the disk.") from error
