"""Which pairs runs have seen, written by the thread that owns the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from curatord.log import get_logger
from curatord.store.seen import forget_run, keep_seen, mark_seen
from curatord.train.snapshot import File

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from curatord.train.run_directory import RunDirectory

    Change = Callable[[sqlite3.Connection], None]

log = get_logger("training")


class Ledger(Protocol):
    """Which pairs runs have seen; every call returns at once and is done soon, in this order."""

    def mark(self, run: RunDirectory) -> None:
        """Remember that a run has seen the pairs of its snapshot."""

    def forget(self, run: RunDirectory) -> None:
        """Forget what a run has seen: it came to nothing."""

    def keep(self, run: RunDirectory) -> None:
        """Let what a run has seen stay seen for good: its adapter is in service."""

    def restore(self, runs: Sequence[RunDirectory]) -> None:
        """Remember what runs have seen, should the store be a new one."""


class StoreLedger:
    """Hands every entry to `write`, which has it done soon, one after the other."""

    def __init__(self, write: Callable[[Change], None]) -> None:
        """Write by these means."""
        self._write = write

    def mark(self, run: RunDirectory) -> None:
        """Remember that a run has seen the pairs of its snapshot."""
        self._write(lambda connection: _mark(connection, run))

    def forget(self, run: RunDirectory) -> None:
        """Forget what a run has seen."""
        self._write(lambda connection: forget_run(connection, run.id))

    def keep(self, run: RunDirectory) -> None:
        """Let what a run has seen stay seen for good."""
        self._write(lambda connection: keep_seen(connection, run.id))

    def restore(self, runs: Sequence[RunDirectory]) -> None:
        """Remember what runs have seen where the store knows of none: it was made anew from the notes."""

        def restore(connection: sqlite3.Connection) -> None:
            if connection.execute("SELECT 1 FROM seen LIMIT 1").fetchone() is None:
                for run in runs:
                    _mark(connection, run)

        if runs:
            self._write(restore)


def _mark(connection: sqlite3.Connection, run: RunDirectory) -> None:
    try:
        pairs = (run.snapshot / File.PAIRS).read_text(encoding="utf-8").split()
    except OSError as error:
        log.warning("run_unreadable", run=run.id, error=str(error))
        return
    mark_seen(connection, run.id, pairs)
