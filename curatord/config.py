"""Every setting, its default and its meaning. `etc/curatord.toml` is generated from these classes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from curatord.memory.document import Kind


def _expanded(path: Path) -> Path:
    return Path(os.path.expandvars(path.expanduser())).absolute()


Directory = Annotated[Path, AfterValidator(_expanded)]


class Table(BaseModel):
    """A table of the configuration file: unknown keys are errors, values are never coerced from text."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class State(Table):
    """Where curatord keeps what it makes."""

    dir: Directory | None = Field(None, description="Store, shards and socket; empty: the platform's state directory.")


class Root(Table):
    """One watched directory."""

    path: Directory = Field(description="A directory of markdown notes; subdirectories belong to it.")
    kind: Kind = Field(description='"knowledge" (what is so) or "episodes" (what happened).')


class Memory(Table):
    """What is watched, and what counts as a note."""

    roots: tuple[Root, ...] = Field((), description="The watched directories; none may lie inside another.")
    settle_seconds: float = Field(1.0, ge=0.0, le=600, description="Quiet time before a batch of changes is read.")
    max_settle_seconds: float = Field(30.0, ge=0.1, le=3600, description="The longest a change waits for quiet.")
    rescan_seconds: float = Field(300.0, ge=1, description="How often the disk is compared with the store.")
    max_bytes: int = Field(1_048_576, ge=1, description="Larger notes are recorded as skipped.")
    min_characters: int = Field(50, ge=0, description="Notes with less text than this are skipped as noise.")
    ignore: tuple[str, ...] = Field(("INDEX.md",), description="Patterns in gitignore syntax, for every root.")
    hold_deletions_above: int = Field(50, ge=0, description="More notes gone at once than this, and ...")
    hold_deletions_share: float = Field(0.25, ge=0, le=1, description="... more than this share: ask first.")


class Pairs(Table):
    """How facts become questions and answers."""

    phrasings: int = Field(6, ge=1, le=12, description="Training questions per fact; one more is kept for the exam.")
    min_score: float = Field(0.5, ge=0, le=1, description="Pairs below this quality score are dropped.")
    system: str = Field(
        "Answer from what you know of the user's notes.", description="The system message of every pair."
    )


class Shards(Table):
    """How pairs are laid out as JSONL files."""

    documents: int = Field(32, ge=1, description="Notes per shard, on average; an edit rewrites the note's shard.")


class Engine(Table):
    """The worker processes that read and curate notes."""

    workers: int = Field(0, ge=0, le=64, description="Processes at most; 0: one per core, four at most.")
    seconds: float = Field(20.0, gt=0, description="Time budget for one note; a note over it is set aside.")
    memory_mb: int = Field(1024, ge=128, description="Address space of a worker on Linux, in MiB.")


class Log(Table):
    """What the daemon writes about itself; never the text of a note."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least level written.")
    max_bytes: int = Field(5_242_880, ge=4096, description="A log file over this size is rotated.")
    backups: int = Field(3, ge=0, le=100, description="Rotated log files kept.")


class Control(Table):
    """The Unix socket that commands talk to."""

    max_request_bytes: int = Field(65_536, ge=1024, description="Larger request bodies are refused.")


class Settings(Table):
    """The whole configuration."""

    state: State = State()
    memory: Memory = Memory()
    pairs: Pairs = Pairs()
    shards: Shards = Shards()
    engine: Engine = Engine()
    log: Log = Log()
    control: Control = Control()
