"""One pass in the foreground, without a daemon: for scripts, for CI, and for looking at what notes would give."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from curatord.daemon.gauge import Gauge
from curatord.daemon.ingest import Ingest
from curatord.daemon.lock import InstanceLock
from curatord.daemon.plan import now
from curatord.daemon.roots import name_roots, troubles
from curatord.daemon.workers import Workers
from curatord.store import disk, replacement
from curatord.store.database import Store
from curatord.store.queries import totals
from curatord.store.shards import ShardWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from curatord.config import Settings
    from curatord.daemon.status import Status
    from curatord.paths import StateDirectory


def build(
    config_file: Path,
    settings: Settings,
    state: StateDirectory,
    on_progress: Callable[[int], None] = lambda _left: None,
) -> Status:
    """Bring store and shards in line with the disk and return the summary that `status` would give.

    `on_progress` is told how many notes are left to read. Raises BusyError while a daemon runs on this state.
    """
    with alone(state):
        return make(config_file, settings, state, on_progress)


@contextmanager
def alone(state: StateDirectory) -> Iterator[None]:
    """Keep the daemon out of a state directory whose last replacement is finished; raises BusyError while one runs."""
    state.create()
    lock = InstanceLock(state.lock)
    lock.acquire()
    try:
        replacement.finish(state.path)
        yield
    finally:
        lock.release()


def make(config_file: Path, settings: Settings, state: StateDirectory, on_progress: Callable[[int], None]) -> Status:
    """Do what `build` does, for a caller that holds the lock."""
    gauge = Gauge(str(config_file), state="ready", roots=name_roots(settings.memory.roots))
    store = Store.open(state.store)
    workers = Workers(settings.engine)
    try:
        writer = ShardWriter(
            store, state.shards, system=settings.pairs.system, documents_per_shard=settings.shards.documents
        )
        Ingest(settings, store, writer, workers, gauge.roots).reconcile(on_progress=on_progress)
        gauge.totals = totals(store.connection)
        gauge.generation = writer.generation
        gauge.holds = disk.holds(store.connection)
        gauge.troubles = troubles(gauge.roots)
        gauge.last_pass = now()
        return gauge.status(settling=0)
    finally:
        workers.close()
        store.close()
