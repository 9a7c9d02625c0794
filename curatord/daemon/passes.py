"""What the ingest thread does in its turn: one pass over disk and store, and telling what it found."""

from __future__ import annotations

import sqlite3
from collections import deque
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

import orjson

from curatord.daemon import root_view
from curatord.daemon.history import ended_cleanly
from curatord.daemon.ingest import Ingest, Summary
from curatord.daemon.mailbox import Mailbox
from curatord.daemon.plan import now
from curatord.daemon.roots import troubles
from curatord.errors import StoreError
from curatord.log import get_logger
from curatord.store import disk
from curatord.store.database import Store
from curatord.store.queries import totals
from curatord.store.shards import ShardWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.config import Settings
    from curatord.daemon.events import Events
    from curatord.daemon.gauge import Gauge
    from curatord.daemon.loop import Turn
    from curatord.daemon.workers import Workers
    from curatord.paths import StateDirectory

_ROOTS = "roots_told"  # how the roots stood when that was last told

log = get_logger("passes")

T = TypeVar("T")


class Passes:
    """Owns the store's writing connection; `run` and `close` are called by the ingest thread, or when it has ended.

    `use`, `confirm` and `write` may be called from any thread and take effect with the next pass.
    """

    def __init__(
        self,
        state: StateDirectory,
        settings: Settings,
        gauge: Gauge,
        events: Events,
        workers: Workers,
        wake: Callable[[], None],
    ) -> None:
        """Open the store; raises StoreError where it is unusable. `wake` asks for a pass that may look at nothing."""
        self._state = state
        self._settings = settings
        self._gauge = gauge
        self._events = events
        self._workers = workers
        self._store = Store.open(state.store)
        self.after_clean_end = ended_cleanly(self._store.connection)  # of the daemon before this one
        self._ingest: Ingest | None = None
        self._confirmed = False
        self._changes: deque[Callable[[sqlite3.Connection], None]] = deque()
        self._orders = Mailbox("The thread that writes the store", wake)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def use(self, settings: Settings) -> None:
        """Work by other settings from the next pass on; the roots are those of the gauge."""
        self._settings = settings

    def confirm(self) -> None:
        """Let deletions on hold go through with the next pass."""
        self._confirmed = True

    def write(self, change: Callable[[sqlite3.Connection], None]) -> None:
        """Have something else written at the next pass, in a transaction of its own; tried again where that fails."""
        self._changes.append(change)

    def ask(self, order: Callable[[Store, Settings], T]) -> T:
        """Have an order carried out between two batches, and return, or raise, what comes of it; safe from any thread.

        Raises BusyError where that takes too long: then nothing is done.
        """
        return self._orders.ask(lambda: order(self._store, self._settings))

    @property
    def is_behind(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._changes)

    def run(self, turn: Turn, should_stop: Callable[[], bool]) -> None:
        """Bring store and shards in line with the disk, as far as the turn asks for it."""
        started = monotonic()
        first = self._gauge.state == "starting"
        ingest = self._current()
        problems = self._problems()
        if not first:
            self._gauge.state = "working"
        self._write_confirmation()
        self._write_changes()
        self._obey()
        summary = ingest.reconcile(turn.paths, on_progress=self._progress, should_stop=should_stop)
        self._gauge.pending = 0
        self._gauge.last_error = None
        self._gauge.last_pass = now()
        self._refresh()
        self._gauge.state = "ready"
        self._report(summary, seconds=round(monotonic() - started, 3), first=first)
        self._tell_roots()
        if (more := self._problems() - problems) > 0:
            self._events.publish("problems_found", more=more, problems=problems + more)

    def failed(self, error: Exception) -> None:
        """Tell that a pass ended with an exception."""
        self._gauge.state = "ready"
        told = f"The last pass failed and is tried again: {_told(error)}"
        is_new = told != self._gauge.last_error
        self._gauge.last_error = told
        self._ingest = None  # what it knew of the shards may be what was wrong
        log.error("pass_failed", error=str(error), exc_info=error)
        if is_new:  # it is tried every half minute, and would be told as often
            self._events.publish("pass_failed", error=str(error))

    def close(self) -> None:
        """Write what still waits to be written, and close the store."""
        try:
            self._write_changes()
        except (StoreError, sqlite3.Error) as error:
            log.warning("unwritten", error=str(error))
        self._store.close()

    def _current(self) -> Ingest:
        """Return the ingest of the settings in force, made anew after a change by the thread that uses it."""
        settings = self._settings
        if self._ingest is None or self._ingest.settings is not settings:
            shards = ShardWriter(
                self._store,
                self._state.shards,
                system=settings.pairs.system,
                documents_per_shard=settings.shards.documents,
            )
            self._ingest = Ingest(settings, self._store, shards, self._workers, self._gauge.roots, self._gauge.reach)
            self._refresh()
        return self._ingest

    def _write_confirmation(self) -> None:
        if self._confirmed:
            self._confirmed = False
            with self._store.transaction() as connection:
                roots = disk.confirm_deletions(connection)
            log.info("deletions_confirmed", roots=roots)
            self._events.publish("deletions_confirmed", roots=roots)

    def _write_changes(self) -> None:
        while self._changes:
            with self._store.transaction() as connection:
                self._changes[0](connection)
            self._changes.popleft()

    def _obey(self) -> None:
        while self._orders.take(timeout=0):
            pass

    def _progress(self, left: int) -> None:
        self._obey()
        self._gauge.pending = left
        self._refresh()

    def _refresh(self) -> None:
        connection = self._store.connection
        self._gauge.totals = totals(connection)
        self._gauge.generation = int(self._store.get("generation", "0"))
        self._gauge.holds = disk.holds(connection)
        self._gauge.troubles = troubles(self._gauge.roots)

    def _problems(self) -> int:
        """Return how much is wrong with notes: of roots in trouble, each a problem too, the history tells by itself."""
        return self._gauge.totals.problems - len(self._gauge.troubles) if self._gauge.totals else 0

    def _tell_roots(self) -> None:
        """Tell what became of the roots since that was last told, by this daemon or one before it."""
        before = orjson.loads(self._store.get(_ROOTS, "{}"))
        now_seen = root_view.view(self._gauge.roots, self._gauge.troubles, self._gauge.holds)
        if now_seen != before:
            self._store.set(_ROOTS, orjson.dumps(now_seen).decode())
            for event, data in root_view.changes(before, now_seen):
                self._events.publish(event, **data)

    def _report(self, summary: Summary, *, seconds: float, first: bool) -> None:
        figures = asdict(summary)
        del figures["written"]
        if summary.did_something or first:
            log.info("pass", **figures, seconds=seconds)
            self._events.publish("pass", **figures, seconds=seconds)
        for written in summary.written:
            if written.shards or written.removed:
                changed = {"shards": [shard.path for shard in written.shards], "removed": list(written.removed)}
                log.info("shards_written", generation=written.generation, **changed)
                self._events.publish("shards_written", generation=written.generation, **changed)


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'a file'}: {error.strerror}."
    return str(error)
