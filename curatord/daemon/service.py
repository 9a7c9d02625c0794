"""The daemon: one process that holds the lock, watches, ingests, answers, and stops cleanly."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from curatord import __version__, settings_file
from curatord.daemon import judging, review
from curatord.daemon.child import TRAIN
from curatord.daemon.events import Events
from curatord.daemon.gap_writer import write_soon
from curatord.daemon.gauge import Gauge
from curatord.daemon.history import Recorder
from curatord.daemon.hooks import Hooks
from curatord.daemon.ledger import StoreLedger
from curatord.daemon.lock import InstanceLock
from curatord.daemon.loop import IngestLoop
from curatord.daemon.notifier import Notifier
from curatord.daemon.notify import ServiceManager
from curatord.daemon.passes import Passes
from curatord.daemon.promotion import Promotion
from curatord.daemon.roots import name_roots
from curatord.daemon.schedule import Clock
from curatord.daemon.serving import ServingThread
from curatord.daemon.status import Reloaded, Status, Synced
from curatord.daemon.supervisor import Surroundings
from curatord.daemon.training import Pairs, TrainingThread
from curatord.daemon.watching import Watching
from curatord.daemon.workers import Workers
from curatord.errors import ConfigurationError, CuratordError
from curatord.log import configure, get_logger
from curatord.memory.settle import SettleWindow
from curatord.paths import state_directory
from curatord.serve.adapters import Adapters
from curatord.store import replacement

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from curatord.config import Settings
    from curatord.daemon.answering import Server
    from curatord.daemon.loop import Turn
    from curatord.paths import StateDirectory
    from curatord.serve.adapters import Switch
    from curatord.store.judgements import By, Edit, Verdict
    from curatord.store.judging import Outcome
    from curatord.store.records import DroppedRecord

SECONDS_TO_FINISH = 1.5  # for the batch in hand, before its workers are ended
SECONDS_TO_CONFIRM = 10.0

log = get_logger("service")


def run(
    config_file: Path,
    settings: Settings,
    state: StateDirectory,
    make_server: Callable[[Daemon], Server],
    *,
    terminal: bool = False,
    train: tuple[str, ...] = TRAIN,
) -> None:
    """Run the daemon until it is told to stop.

    `make_server` is called once, in a thread of its own, when everything else is on its way; `train` is the command
    that does a training run, whose directory is added to it.
    Raises BusyError when another daemon holds the state directory, and StoreError when the store is unusable.
    """
    state.create()
    lock = InstanceLock(state.lock)
    lock.acquire()
    try:
        configure(settings.log, state.log, terminal=terminal)
        if replacement.finish(state.path):
            log.info("replacement_finished")
        Daemon(config_file, settings, state, train).run(make_server)
    finally:
        lock.release()


class Daemon:
    """What `run` runs, and what the control socket talks to (as `control.service.Service`).

    Five threads share the work: the event loop answers clients, the ingest thread alone writes the store, the training
    thread alone writes how runs stand, the serving thread keeps a server up where one is wanted, and the clock keeps
    time. What a client is told at once stands in the gauge; the rest is read over connections of its own.
    """

    def __init__(
        self, config_file: Path, settings: Settings, state: StateDirectory, train: tuple[str, ...] = TRAIN
    ) -> None:
        """Open the store; nothing moves before `run`."""
        self.events = Events()
        self._hooks = Hooks(self.events, settings.hooks)
        self._notifier = Notifier(settings.notifications)
        self._manager = ServiceManager.from_environment()
        self.events.observe(self._notifier.heed)
        self._config_file = config_file
        self._state = state
        self._gauge = Gauge(str(config_file), roots=name_roots(settings.memory.roots))
        self._workers = Workers(settings.engine)
        self._passes = Passes(state, settings, self._gauge, self.events, self._workers, self._wake)
        self._loop = IngestLoop(
            _window(settings),
            self._make_pass,
            warm=self._workers.warm,
            idle=self._workers.close,
            on_failure=self._failed,
        )
        self._gauge.reach.answered = self._loop.request
        self._watching = Watching(self._gauge, self._loop.add_hint, self._loop.request)
        self._clock = Clock(
            rescan_seconds=settings.memory.rescan_seconds,
            rescan=self._loop.request,
            check_watches=self._watching.check,
            woke_up=self._woke_up,
            beat=self._beat,
        )
        self.events.observe(Recorder(self._write, lambda: self._passes.settings.keeping).heed)
        ledger = StoreLedger(self._write)
        self.promotion = Promotion(
            Adapters(state),
            ledger,
            self.events,
            keep=lambda: self._passes.settings.exam.keep,
            mastery=lambda: self._passes.settings.exam.mastery,
            examined=self._examined,
        )
        self.promotion.show(self._gauge)
        self.training = TrainingThread(
            state,
            settings,
            Surroundings(train, self.promotion, ledger, self.events),
            self._gauge,
            pairs=self._pairs,
            wake_at=self._clock.wake_at,
        )
        self.serving = ServingThread(state, settings, self._gauge, self.events)
        self._stop_requested: asyncio.Event | None = None
        self._event_loop: asyncio.AbstractEventLoop | None = None

    @property
    def store_path(self) -> Path:
        """The database, for readers of their own."""
        return self._state.store

    @property
    def adapters_path(self) -> Path:
        """The directory of the adapters that are kept."""
        return self._state.adapters

    @property
    def runs_path(self) -> Path:
        """The directory of the training runs."""
        return self._state.runs

    def run(self, make_server: Callable[[Daemon], Server]) -> None:
        """Start everything, serve until told to stop, and take everything down."""
        log.info("started", version=__version__, config=str(self._config_file), state=str(self._state.path))
        self.events.publish("started", version=__version__, after_clean_end=self._passes.after_clean_end)
        # Watching begins before the first look at the disk, or changes would fall between the two.
        self._watching.watch(self._gauge.roots)
        self._hooks.start()
        self._loop.start()
        self._clock.start()
        self.training.start()
        self.serving.start()
        try:
            asyncio.run(self._serve(make_server))
        finally:
            self._take_down()
            log.info("stopped", uptime_seconds=round(monotonic() - self._gauge.started, 1))
        self._manager.part()

    def status(self) -> Status:
        """Tell what is going on, without touching the disk."""
        return self._gauge.status(self._loop.settling)

    def sync(self, *, wait: bool, timeout: float) -> Synced:
        """Ask for a full comparison of disk and store, and wait for it where asked."""
        self._watching.check()
        number = self._loop.request()
        done = wait and self._loop.wait(number, timeout) and not self._loop.stopping
        error = None
        if wait and not done:
            error = "curatord is stopping." if self._loop.stopping else self._gauge.last_error
        return Synced(done=done, generation=self._gauge.generation, error=error)

    def reload(self) -> Reloaded:
        """Read the configuration again; a broken one leaves the old settings in force and shows in the status."""
        with self._manager.reloading():
            return self._read_again()

    def _read_again(self) -> Reloaded:
        try:
            # A file that has vanished must not be read as "watch nothing".
            settings = settings_file.load(self._config_file, must_exist=True)
            self._refuse_new_state(settings)
        except CuratordError as error:
            self._gauge.config_error = str(error)
            log.warning("reload_refused", reason=str(error))
            self.events.publish("reload_refused", reason=str(error))
            return Reloaded(applied=False, error=str(error))
        self._apply(settings)
        log.info("reloaded", roots=len(settings.memory.roots))
        self.events.publish("reloaded", roots=len(settings.memory.roots))
        return Reloaded(applied=True)

    def confirm_deletions(self) -> list[str]:
        """Let deletions on hold go through; return the names of the roots concerned."""
        roots = sorted(self._gauge.holds)
        if roots:
            self._passes.confirm()
            self._loop.wait(self._loop.request(), SECONDS_TO_CONFIRM)
        return roots

    def refused(self, notes: list[review.Note]) -> dict[review.Note, tuple[DroppedRecord, ...]]:
        """Read notes again in a process of its own and return what gives no pair in them; safe from any thread."""
        return review.refused(self._passes.settings, self._gauge.roots, notes)

    def judge(self, identity: str, verdict: Verdict, by: By, edit: Edit, *, whole_fact: bool) -> Outcome:
        """Let people's word on a pair be so; raises CuratordError where that cannot be."""
        return judging.judge(self._passes, self.events, identity, verdict, by, edit, whole_fact=whole_fact)

    def take_back(self, identity: str, *, whole_fact: bool) -> Outcome:
        """Forget people's word on a pair; raises CuratordError where there is none."""
        return judging.take_back(self._passes, self.events, identity, whole_fact=whole_fact)

    def stop(self) -> None:
        """Begin to shut down; safe from any thread, and more than once."""
        if self._event_loop is not None and self._stop_requested is not None:
            self._event_loop.call_soon_threadsafe(self._stop_requested.set)

    def promote(self, identity: str) -> Switch:
        """Put an adapter into service; raises CuratordError where that cannot be."""
        switch = self.promotion.promote(identity)
        self.promotion.show(self._gauge)
        return switch

    def roll_back(self) -> Switch:
        """Put back what was in service before; raises CuratordError where that cannot be."""
        switch = self.promotion.roll_back()
        self.promotion.show(self._gauge)
        return switch

    def _examined(self) -> None:
        self.promotion.show(self._gauge)
        write_soon(self._state, self._passes.settings.gaps.listed, self.events)

    def _beat(self) -> None:
        self.training.nudge()

    def _make_pass(self, turn: Turn) -> None:
        self._passes.run(turn, lambda: self._loop.stopping)
        self.training.nudge()

    def _write(self, change: Callable[[sqlite3.Connection], None]) -> None:
        self._passes.write(change)
        self._wake()

    def _wake(self) -> None:
        self._loop.nudge()

    def _pairs(self) -> Pairs | None:
        totals = self._gauge.totals
        if totals is None or self._gauge.state == "starting":
            return None
        return Pairs(totals.sft, None if self._passes.is_behind else totals.new)

    def _failed(self, error: Exception) -> None:
        if not self._loop.stopping:
            self._passes.failed(error)
            self._clock.retry_soon()

    def _woke_up(self, seconds: float) -> None:
        log.info("woke_up", slept_seconds=round(seconds))
        self._loop.request()

    def _refuse_new_state(self, settings: Settings) -> None:
        if state_directory(settings.state.dir).path != self._state.path:
            raise ConfigurationError("[state] dir cannot change while curatord runs.", hint="Restart curatord.")

    def _apply(self, settings: Settings) -> None:
        configure(settings.log, self._state.log, terminal=sys.stderr.isatty())
        self._gauge.config_error = None
        self._gauge.roots = name_roots(settings.memory.roots)
        self._watching.watch(self._gauge.roots)
        self._passes.use(settings)
        self.training.use(settings)
        self.serving.use(settings)
        self._hooks.use(settings.hooks)
        self._notifier.use(settings.notifications)
        self._clock.set_rescan(settings.memory.rescan_seconds)
        self._loop.set_window(_window(settings))

    async def _serve(self, make_server: Callable[[Daemon], Server]) -> None:
        self._event_loop = asyncio.get_running_loop()
        self._stop_requested = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._event_loop.add_signal_handler(number, self._stop_requested.set)
        self._event_loop.add_signal_handler(signal.SIGHUP, self._reload_in_thread)
        # The web framework takes a third of a second to import; the first look at the disk goes on meanwhile.
        server = await asyncio.to_thread(make_server, self)
        serving = asyncio.create_task(server.serve(self._manager.ready))
        stopping = asyncio.create_task(self._stop_requested.wait())
        telling = asyncio.create_task(self._manager.keep_telling(self.status))
        await asyncio.wait([serving, stopping, telling], return_when=asyncio.FIRST_COMPLETED)
        self._gauge.state = "stopping"
        self.training.begin_to_stop()
        self.serving.begin_to_stop()
        self._loop.begin_to_stop()  # clients that wait for a pass are answered while they can be
        self.events.publish("stopping")
        self.events.close()
        server.stop()
        stopping.cancel()
        telling.cancel()
        await serving
        with suppress(asyncio.CancelledError):
            await telling

    def _reload_in_thread(self) -> None:
        threading.Thread(target=self.reload, name="reload", daemon=True).start()

    def _take_down(self) -> None:
        self._clock.stop()
        self._watching.stop()
        ended = self._loop.stop(SECONDS_TO_FINISH)
        self._hooks.stop()
        self._notifier.stop()
        self._workers.close()  # whoever still waits for a worker stops waiting
        self.training.stop()
        self.serving.stop()
        if ended or self._loop.stop(SECONDS_TO_FINISH):
            self.events.publish("stopped", uptime_seconds=round(monotonic() - self._gauge.started))
            self._passes.close()


def _window(settings: Settings) -> SettleWindow:
    return SettleWindow(settings.memory.settle_seconds, settings.memory.max_settle_seconds)
