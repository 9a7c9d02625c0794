"""What of all that happens is remembered for good, and how it gets into the store."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from curatord.store import history
from curatord.store.history import Entry

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from curatord.config_keeping import Keeping
    from curatord.daemon.events import Event

_SAME_NAME = frozenset(
    {
        "started",
        "stopped",
        "root_added",
        "root_removed",
        "root_lost",
        "root_found",
        "promoted",
        "not_promoted",
        "rolled_back",
        "deletions_held",
        "deletions_confirmed",
    }
)
_PROBLEMS = {"pass_failed": "pass", "reload_refused": "configuration", "problems_found": "notes"}
_RUNS_OVER = {"run_done": "done", "run_failed": "failed", "run_cancelled": "cancelled"}

# `restored` and `rebuilt` are written by those commands.
KINDS = tuple(sorted({*_SAME_NAME, "problem", "run_finished", "restored", "rebuilt"}))


def entry_of(event: Event) -> Entry | None:
    """Return what is remembered of an event, None where it is nothing: most come and go by the minute."""
    if event.event in _SAME_NAME:
        return Entry(event.time, event.event, event.data)
    if outcome := _RUNS_OVER.get(event.event):
        return Entry(event.time, "run_finished", {"outcome": outcome, **event.data})
    if where := _PROBLEMS.get(event.event):
        return Entry(event.time, "problem", {"where": where, **event.data})
    return None


class Recorder:
    """Observes the bus and hands what is remembered to `write`, which has it done soon in the thread of the store.

    `keeping` tells the settings in force. Nothing is written, and nobody woken, while nothing happens.
    """

    def __init__(
        self, write: Callable[[Callable[[sqlite3.Connection], None]], None], keeping: Callable[[], Keeping]
    ) -> None:
        """Remember by these means."""
        self._write = write
        self._keeping = keeping

    def heed(self, event: Event) -> None:
        """Remember an event, if it is one to be remembered; safe from any thread."""
        entry = entry_of(event)
        if entry is not None:
            self._write(lambda connection: self._record(connection, entry))

    def _record(self, connection: sqlite3.Connection, entry: Entry) -> None:
        keeping = self._keeping()
        history.add(connection, [entry])
        oldest = datetime.fromisoformat(entry.time) - timedelta(days=keeping.history_days)
        history.prune(connection, oldest, keeping.history_entries)


def ended_cleanly(connection: sqlite3.Connection) -> bool:
    """Tell whether the daemon before this one, if any, had the time to say goodbye."""
    return history.last_of(connection, ("started", "stopped")) != "started"
