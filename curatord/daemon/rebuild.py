"""Making store and shards anew from the notes, keeping what no note tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.daemon.build import alone, make
from curatord.paths import StateDirectory
from curatord.store import history, kept, replacement
from curatord.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curatord.config import Settings
    from curatord.daemon.status import Status
    from curatord.store.kept import TakenOver

_PARTS = ("store.db", "store.db-wal", "store.db-shm", "shards")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it: the summary that `status` would give, and what was taken over from the former store."""

    status: Status
    taken: TakenOver


def rebuild(
    config_file: Path,
    settings: Settings,
    state: StateDirectory,
    on_progress: Callable[[int], None] = lambda _left: None,
) -> Rebuilt:
    """Read all notes into a new store and put it, with its shards, in place of the old one: both of them or neither.

    `on_progress` is told how many notes are left to read. Raises BusyError while a daemon runs on this state.
    """
    with alone(state):
        try:
            draft = StateDirectory(replacement.begin(state.path))
            taken, days = _take_over(state.store, draft.store)
            status = make(config_file, settings, draft, on_progress)
            _settle(draft.store, days, taken)
            replacement.commit(state.path, _PARTS)
            return Rebuilt(status, taken)
        finally:
            replacement.abandon(state.path)


def _take_over(old: Path, new: Path) -> tuple[TakenOver, dict[str, str]]:
    store = Store.open(new)
    try:
        with store.transaction() as connection:
            taken = kept.take_over(old, connection) if old.exists() else kept.TakenOver()
            return taken, kept.days(connection)
    finally:
        store.close()


def _settle(path: Path, days: dict[str, str], taken: TakenOver) -> None:
    store = Store.open(path)
    try:
        with store.transaction() as connection:
            kept.restore_days(connection, days)
            history.add(connection, [history.Entry(history.now(), "rebuilt", {"damaged": taken.damaged})])
    finally:
        store.close()
