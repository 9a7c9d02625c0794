"""The settings of what the daemon tells and remembers of itself: notifications, the log, the history, old runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from curatord.config_table import Table, Texts

Topic = Literal["run_finished", "promoted", "failed", "problem"]


class Notifications(Table):
    """What the desktop is told: by osascript on macOS, by notify-send elsewhere, or by a command of yours."""

    on: Annotated[tuple[Topic, ...], Strict(False)] = Field(
        (), description='What is told, a list of "run_finished", "promoted", "failed" and "problem"; empty: nothing.'
    )
    command: Texts = Field(
        (), description="A program and its arguments; title and text are added as two more. No shell reads them."
    )
    timeout_seconds: float = Field(10.0, gt=0, le=600, description="Seconds until it is ended.")


class Log(Table):
    """What the daemon writes about itself; never the text of a note."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least level written.")
    max_bytes: int = Field(5_242_880, ge=4096, description="A log file over this size, in bytes, is rotated.")
    max_days: float = Field(7.0, ge=0, description="A log file begun more days ago is rotated, too; 0: none is.")
    backups: int = Field(3, ge=0, le=100, description="Rotated log files kept.")
    keep_days: float = Field(90.0, ge=0, description="Rotated log files older than this are deleted; 0: they stay.")


class Keeping(Table):
    """How much of the past is kept."""

    history_days: float = Field(365.0, gt=0, description="Days for which `curatord history` remembers.")
    history_entries: int = Field(10_000, ge=1, description="Events that it remembers at most.")
    runs: int = Field(
        20, ge=0, description="Ended runs that `curatord gc` keeps, besides those whose adapters are kept."
    )
