"""The daemon's side of training: one thread that decides, supervises the run in hand, and obeys commands.

Everything that happens to runs happens in that thread; others leave a message, and wait for the answer where they
need one. What clients are told stands in the gauge.
"""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Literal

from curatord.daemon import training_view
from curatord.daemon.answered import Answered
from curatord.daemon.conditions import Verdict, held_by, verdicts
from curatord.daemon.decision import Action, Decision, Schedule, Situation, decide
from curatord.daemon.machine import ThisMachine
from curatord.daemon.mailbox import Mailbox
from curatord.daemon.status import Ordered, Preview
from curatord.daemon.supervisor import PAUSED_BY_PERSON, PAUSED_BY_STOP, Supervisor, Surroundings
from curatord.errors import BusyError, CuratordError, NotFoundError
from curatord.log import get_logger
from curatord.store.atomic import TEMPORARY_SUFFIX
from curatord.train.model_files import models_directory
from curatord.train.run_directory import Request, RunState, list_runs, new_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.config import Settings, Training
    from curatord.daemon.gauge import Gauge
    from curatord.daemon.machine import Machine
    from curatord.daemon.status import LastRun
    from curatord.paths import StateDirectory

POLL_SECONDS = 0.5  # how often a run in hand is looked at
CONDITION_SECONDS = 25.0  # the machine is asked no more often, and every heartbeat finds it old enough
SECONDS_TO_STOP = 20.0  # a step takes seconds on a small machine; launchd and systemd wait for thirty

log = get_logger("training")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs to train on, and those of them that no run has seen; None while that is being written down."""

    all: int
    new: int | None


class TrainingThread:
    """Runs training for a daemon.

    `pairs` tells what there is to learn, None while that is not known; `wake_at` asks for a `nudge` at a moment.
    Every method may be called from any thread.
    """

    def __init__(
        self,
        state: StateDirectory,
        settings: Settings,
        around: Surroundings,
        gauge: Gauge,
        *,
        pairs: Callable[[], Pairs | None],
        wake_at: Callable[[datetime], None],
        machine: Machine | None = None,
    ) -> None:
        """Prepare; `start` begins."""
        self._state = state
        self._settings = settings
        self._schedule = Schedule.of(settings.training)
        self._around = around
        self._gauge = gauge
        self._pairs = pairs
        self._wake_at = wake_at
        self._machine = machine or ThisMachine()
        self._judged: tuple[float, tuple[Verdict, ...]] | None = None
        self._answered = Answered(state.schedule)
        self._run: Supervisor | None = None
        self._last: LastRun | None = None
        self._mailbox = Mailbox("The training thread")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="training", daemon=True)

    def start(self) -> None:
        """Take up what a daemon before this one left, and keep the schedule from now on."""
        self._thread.start()

    def begin_to_stop(self) -> None:
        """Have the run in hand write a checkpoint and the thread end."""
        self._stopping.set()
        self.nudge()

    def stop(self) -> None:
        """Wait until the thread has ended; the training process is killed when it takes too long to leave."""
        self.begin_to_stop()
        if self._thread.is_alive():
            self._thread.join(SECONDS_TO_STOP + 5)

    def use(self, settings: Settings) -> None:
        """Work by other settings from now on; a run in hand keeps those it was started with."""
        schedule = Schedule.of(settings.training)

        def use() -> None:
            self._settings, self._schedule, self._judged = settings, schedule, None

        self._mailbox.tell(use)

    def nudge(self) -> None:
        """Think again, soon: time has passed, or there are other pairs."""
        self._mailbox.tell(lambda: None)

    def now(self, base: str | None = None) -> Ordered:
        """Start a run that knows neither hour nor machine, of another base if one is named.

        Raises BusyError while there is a run, and CuratordError where there is nothing to train on or no disk.
        """
        return self._mailbox.ask(lambda: self._start_now(base))

    def pause(self) -> Ordered:
        """Let the run in hand rest after its step until a person says `resume`; raises NotFoundError without one."""
        return self._mailbox.ask(self._pause)

    def resume(self) -> Ordered:
        """Let the run in hand go on, whatever hour and machine say; raises NotFoundError without one."""
        return self._mailbox.ask(self._resume)

    def cancel(self) -> Ordered:
        """End the run in hand for good; raises NotFoundError without one."""
        return self._mailbox.ask(self._cancel)

    def preview(self) -> Preview:
        """Tell what the schedule would do now, and why, without doing it."""
        return self._mailbox.ask(self._preview)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        self._guarded(self._take_up)
        self._guarded(self._advance)
        while not self._stopping.is_set():
            has_news = self._mailbox.take(POLL_SECONDS if self._run is not None and self._run.pid is not None else None)
            self._guarded(self._attend)
            if has_news:
                self._guarded(self._advance)
        if self._run is not None:
            self._run.leave_within(SECONDS_TO_STOP, PAUSED_BY_STOP)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # whatever it was, the daemon goes on and says so
            log.exception("training_failed", error=str(error))
            self._gauge.training = self._gauge.training.model_copy(update={"held_by": [str(error)]})

    def _take_up(self) -> None:
        for directory in (self._state.runs, self._state.adapters):
            for draft in directory.glob(f"*{TEMPORARY_SUFFIX}"):
                shutil.rmtree(draft, ignore_errors=True)
        listing = list_runs(self._state.runs)
        for problem in listing.problems:
            log.warning("run_unreadable", problem=problem)
        # A run may have been made, and the daemon killed before its due time was kept as answered.
        created = [request.created for run in listing.runs if (request := run.request()).reason == "schedule"]
        self._answered.put(max([self._answered.value(datetime.now(UTC)), *created]))
        self._around.ledger.restore([run for run in listing.runs if run.state().state is RunState.DONE])
        self._next_pending()

    def _next_pending(self) -> None:
        """Take in hand the oldest run that has not ended, finding out how those before it did."""
        self._run = None
        for run in list_runs(self._state.runs).runs:
            if run.state().state.is_pending:
                supervisor = Supervisor(run, self._around)
                supervisor.recover()
                if not supervisor.has_ended:
                    self._run = supervisor
                    break
        self._last = training_view.last_ended(list_runs(self._state.runs).runs)

    def _attend(self) -> None:
        """Follow the run in hand, and think again when its process has ended."""
        if self._run is None:
            return
        if self._run.attend():
            if self._run.has_ended:
                self._next_pending()
            self._advance()
        else:
            told = training_view.progress(self._run.progress)
            self._gauge.training = self._gauge.training.model_copy(update={"progress": told})

    def _advance(self) -> None:
        """Decide, do it, and tell."""
        situation = self._situation()
        decision = decide(situation)
        if (situation.run is not None and situation.run.going) or decision.action in {Action.START, Action.RESUME}:
            # Only now does it matter what the machine says: asking it takes processes, and an idle daemon none.
            situation = replace(situation, held_by=self._held_by())
            decision = decide(situation)
        self._obey(situation, decision)
        self._show(decision)

    def _situation(self) -> Situation:
        now, training, pairs = datetime.now(UTC), self._settings.training, self._pairs()
        return Situation(
            now=now,
            schedule=self._schedule,
            enabled=training.enabled,
            answered=self._answered.value(now),
            new_pairs=None if pairs is None else pairs.new,
            min_new_pairs=training.min_new_pairs,
            run=None if self._run is None else self._run.pending(),
        )

    def _held_by(self) -> tuple[str, ...]:
        return held_by(self._verdicts(), asked_for=self._run is not None and self._run.asked_for)

    def _verdicts(self) -> tuple[Verdict, ...]:
        now = monotonic()
        if self._judged is None or now - self._judged[0] >= CONDITION_SECONDS:
            readings = self._machine.read(self._state.path, self._run.pid if self._run is not None else None)
            self._judged = now, verdicts(readings, self._settings.training.conditions)
        return self._judged[1]

    def _obey(self, situation: Situation, decision: Decision) -> None:
        if decision.action is Action.START:
            self._begin("schedule", self._settings.training)
        elif decision.action is Action.SKIP:
            log.info("hour_skipped", reasons=decision.reasons)
        elif self._run is not None and decision.action is Action.RESUME:
            self._go(self._run)
        elif self._run is not None and decision.action is Action.PAUSE:
            lost = decision.reasons == situation.held_by
            self._run.pause("; ".join(decision.reasons), lost_condition=lost)
        self._answered.put(decision.answered)

    def _begin(self, reason: Literal["schedule", "asked"], training: Training) -> Supervisor:
        in_service = self._around.promotion.adapters.in_service()
        request = Request(
            reason=reason,
            seed=training.seed,
            training=training,
            exam=self._settings.exam,
            gaps=self._settings.gaps,
            system=self._settings.pairs.system,
            store=self._state.store,
            models=models_directory(training.models),
            in_service=in_service.path if in_service else None,
        )
        self._run = Supervisor(new_run(self._state.runs, request), self._around)
        self._go(self._run)
        return self._run

    def _go(self, run: Supervisor) -> None:
        run.go("asked for" if run.asked_for else "the schedule")
        if run.has_ended:  # it could not even be started
            self._next_pending()

    def _show(self, decision: Decision) -> None:
        self._gauge.training = training_view.status(self._settings.training, self._run, decision, self._last)
        if decision.look_again is not None:
            self._wake_at(decision.look_again)

    # --- orders -----------------------------------------------------------------------------------------------------

    def _start_now(self, base: str | None) -> Ordered:
        if self._run is not None:
            hint = "See `curatord status`; `curatord train resume` or `cancel` it."
            raise BusyError(f"There is a run already: {self._run.run.id} is {self._run.state.state}.", hint=hint)
        pairs = self._pairs()
        if pairs is None:
            raise BusyError("The notes are still being read.", hint="Try again when `curatord status` says ready.")
        if not pairs.all:
            raise CuratordError("There are no pairs to train on.", hint="`curatord status` tells what was read.")
        if reasons := held_by(self._verdicts(), asked_for=True):
            raise CuratordError(f"Training cannot start: {'; '.join(reasons)}.", hint="Free some space.")
        training = self._settings.training
        run = self._begin("asked", training.model_copy(update={"base": base}) if base else training)
        return _ordered(run, f"It trains on {pairs.all} pairs.")

    def _pause(self) -> Ordered:
        run = self._in_hand()
        run.pause(PAUSED_BY_PERSON)
        return _ordered(run, "It rests after the step in hand, until `curatord train resume`.")

    def _resume(self) -> Ordered:
        run = self._in_hand()
        run.resume()
        return _ordered(run, "It goes on, whatever hour and machine say.")

    def _cancel(self) -> Ordered:
        run = self._in_hand()
        run.cancel()
        if run.has_ended:
            self._next_pending()
        return _ordered(run, "Its pairs count as new again.")

    def _in_hand(self) -> Supervisor:
        if self._run is None:
            raise NotFoundError("There is no run in hand.", hint="See `curatord runs list`.")
        return self._run

    def _preview(self) -> Preview:
        situation = replace(self._situation(), held_by=self._held_by())
        return training_view.preview(situation, decide(situation), self._verdicts(), self._run)


def _ordered(run: Supervisor, told: str) -> Ordered:
    return Ordered(run=run.run.id, state=run.state.state, told=told)
