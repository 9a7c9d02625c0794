"""What happens during a run, one JSON object a line: written by the child, followed by everybody else.

Times are UTC, rates are per optimizer step, memory is in MiB. After a crash a run goes on from its last checkpoint,
or from the beginning, and does some steps again: what was told of them before no longer counts.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from curatord.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Stage(StrEnum):
    """The parts of a run, in their order."""

    SNAPSHOT = "snapshot"
    BASE = "base"
    REPLAY = "replay"
    SFT = "sft"
    DPO = "dpo"
    EXAM = "exam"
    SAVING = "saving"


Trained = Literal[Stage.SFT, Stage.DPO]


def _now() -> datetime:
    return datetime.now(UTC)


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    time: AwareDatetime = Field(default_factory=_now)


class StageBegan(_Event):
    """A part of the run began."""

    event: Literal["stage"] = "stage"
    stage: Stage


class Step(_Event):
    """An optimizer step was made: number `step` of `steps`, counted from 1.

    `norm` is that of the gradient before it is clipped; DPO steps have a margin (nats) and an accuracy in [0, 1].
    """

    event: Literal["step"] = "step"
    stage: Trained
    step: int
    steps: int
    loss: float
    rate: float
    norm: float
    tokens_per_second: float
    seconds_left: float
    memory_mb: float
    margin: float | None = None
    accuracy: float | None = None


class Validation(_Event):
    """The validation rows were scored after a step; step 0 is before the first."""

    event: Literal["validation"] = "validation"
    stage: Trained
    step: int
    loss: float
    margin: float | None = None
    accuracy: float | None = None


class Checkpoint(_Event):
    """A checkpoint is on disk."""

    event: Literal["checkpoint"] = "checkpoint"
    stage: Trained
    step: int


class Resumed(_Event):
    """The run goes on from a checkpoint."""

    event: Literal["resumed"] = "resumed"
    stage: Trained
    step: int


class Warned(_Event):
    """Something the user would want to know, which does not end the run."""

    event: Literal["warning"] = "warning"
    message: str


class Examined(_Event):
    """The adapter has sat its exam, and was best at this scale: `after` of the questions `asked` were right.

    `before` is what was in service; `promote`: it may go into service; `round` counts the revisions before.
    """

    event: Literal["examined"] = "examined"
    round: int = 0
    asked: int
    before: int
    after: int
    scale: float
    promote: bool


class Finished(_Event):
    """The adapter is on disk."""

    event: Literal["finished"] = "finished"
    adapter: str


class Paused(_Event):
    """The child was asked to leave, and has written a checkpoint."""

    event: Literal["paused"] = "paused"
    stage: Stage
    step: int


class Failed(_Event):
    """The child gave up."""

    event: Literal["failed"] = "failed"
    message: str
    hint: str = ""


Event = StageBegan | Step | Validation | Checkpoint | Resumed | Warned | Examined | Finished | Paused | Failed


class Tail(NamedTuple):
    """Events that were read, the offset to read on from, and how many whole lines were not to be understood."""

    events: tuple[Event, ...]
    offset: int
    damaged: int


class EventLog:
    """Appends events to a file, each with one write; raises StoreError where the disk fails.

    A line that an earlier process did not finish is taken off: the next one would be lost with it.
    """

    def __init__(self, path: Path) -> None:
        """Open the file for appending, making it as needed."""
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._drop_unfinished_line()
        except OSError as error:
            raise _unwritable(path, error.strerror) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, event: Event) -> None:
        """Write one event; a reader sees all of it or none."""
        line = event.model_dump_json(exclude_none=True).encode() + b"\n"
        try:
            written = os.write(self._descriptor, line)
            if written < len(line):
                os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
        except OSError as error:
            raise _unwritable(self._path, error.strerror) from error
        if written < len(line):
            raise _unwritable(self._path, "the disk is full")

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _drop_unfinished_line(self) -> None:
        size = os.fstat(self._descriptor).st_size
        end = size
        while end > 0:
            start = max(0, end - 4096)
            newline = os.pread(self._descriptor, end - start, start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            os.ftruncate(self._descriptor, end)


def read_events(path: Path, after_offset: int = 0) -> Tail:
    """Return the events from a byte offset on; an unfinished last line waits for the next call.

    A file that is not there yet holds none. Raises StoreError where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(after_offset)
            data = file.read()
    except FileNotFoundError:
        return Tail((), after_offset, 0)
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.") from error
    whole = data[: data.rfind(b"\n") + 1]
    found = [_parse(line) for line in whole.splitlines()]
    events = tuple(event for event in found if event is not None)
    return Tail(events, after_offset + len(whole), len(found) - len(events))


@cache
def _adapter() -> TypeAdapter[Event]:
    return TypeAdapter(Annotated[Event, Field(discriminator="event")])


def _parse(line: bytes) -> Event | None:
    try:
        return _adapter().validate_json(line)
    except ValidationError:
        return None


def _unwritable(path: Path, reason: str | None) -> StoreError:
    return StoreError(f"{path} cannot be written: {reason}.", hint="Free some space, or check the disk.")
