"""Every setting, its default and its meaning. `etc/curatord.toml` is generated from these classes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationInfo

from curatord.memory.document import Kind
from curatord.paths import expanded


def _directory(value: object, info: ValidationInfo) -> object:
    base = info.context["base"] if info.context else Path.cwd()
    return expanded(value, base) if isinstance(value, str) else value


def _allow_entry(value: str) -> str:
    from curatord.curate.redact.allow import check_entry  # noqa: PLC0415  the rules take a while to load

    return check_entry(value)


# A relative path is relative to the configuration file, wherever the daemon is started.
Directory = Annotated[Path, Strict(False), BeforeValidator(_directory)]
AllowEntry = Annotated[str, AfterValidator(_allow_entry)]
Texts = Annotated[tuple[str, ...], Strict(False)]  # TOML has lists; frozen settings hold tuples


class Table(BaseModel):
    """A table of the configuration file: unknown keys are errors, values are never coerced from another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class State(Table):
    """Where curatord keeps what it makes."""

    dir: Directory | None = Field(
        None, description="Store, shards, logs and socket; without it, the platform's state directory."
    )


class Root(Table):
    """One watched directory."""

    path: Directory = Field(description="A directory of markdown notes; subdirectories belong to it.")
    kind: Kind = Field(strict=False, description='"knowledge" (what is so) or "episodes" (what happened).')


class Memory(Table):
    """What is watched, and what counts as a note."""

    roots: tuple[Root, ...] = Field(
        (), strict=False, description="The watched directories; none may lie inside another."
    )
    settle_seconds: float = Field(1.0, ge=0.0, le=600, description="Seconds of quiet before changes are read.")
    max_settle_seconds: float = Field(
        30.0, ge=0.1, le=3600, description="Seconds a change waits for quiet at the longest."
    )
    rescan_seconds: float = Field(300.0, ge=1, description="Seconds between comparisons of disk and store.")
    max_bytes: int = Field(1_048_576, ge=1, description="Larger notes, in bytes, are recorded as skipped.")
    min_characters: int = Field(50, ge=0, description="Notes with less text than this are skipped as noise.")
    ignore: Texts = Field(
        ("INDEX.md",), description="Patterns in gitignore syntax, for every root; a `.curatorignore` adds to them."
    )
    hold_deletions_above: int = Field(50, ge=0, description="Where more notes than this are gone at once, and ...")
    hold_deletions_share: float = Field(
        0.25, ge=0, le=1, description="... more than this share of a root's, their pairs stay until you confirm."
    )


class Pairs(Table):
    """How facts become questions and answers."""

    phrasings: int = Field(6, ge=1, le=12, description="Training questions per fact; one more is kept for the exam.")
    min_score: float = Field(0.5, ge=0, le=1, description="Pairs below this quality score are dropped.")
    system: str = Field(
        "Answer from what you know of the user's notes.", description="The system message of every pair."
    )


class Redact(Table):
    """What becomes of secrets and personal data in notes."""

    mode: Literal["drop", "mask"] = Field(
        "drop",
        description="What holds a secret gives no pairs, or a placeholder stands in for the secret. Sections and"
        " frontmatter are dropped as a whole.",
    )
    allow: Annotated[tuple[AllowEntry, ...], Strict(False)] = Field(
        (),
        description='What is no secret: a rule to switch off ("phone-number"), or a rule and a regular expression for'
        ' the whole of its harmless values ("aws-access-key:AKIA.*EXAMPLE").',
    )


class Shards(Table):
    """How the pairs are laid out as JSONL files."""

    documents: int = Field(32, ge=1, description="Notes per shard, on average; an edit rewrites the note's shard.")


class Engine(Table):
    """The worker processes that read and curate notes."""

    workers: int = Field(0, ge=0, le=64, description="Processes at most; 0 is one per core, four at most.")
    seconds: float = Field(20.0, gt=0, description="Seconds for one note; a note that takes longer is set aside.")
    memory_mb: int = Field(1024, ge=128, description="Address space of a worker on Linux, in MiB.")


class Log(Table):
    """What the daemon writes about itself; never the text of a note."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least level written.")
    max_bytes: int = Field(5_242_880, ge=4096, description="A log file over this size, in bytes, is rotated.")
    backups: int = Field(3, ge=0, le=100, description="Rotated log files kept.")


class Control(Table):
    """The Unix socket that commands talk to."""

    max_request_bytes: int = Field(65_536, ge=1024, description="Larger request bodies, in bytes, are refused.")


class Settings(Table):
    """The whole configuration."""

    state: State = State()
    memory: Memory = Memory()
    pairs: Pairs = Pairs()
    redact: Redact = Redact()
    shards: Shards = Shards()
    engine: Engine = Engine()
    log: Log = Log()
    control: Control = Control()
