"""One run in hand: its process is started, followed and started again, and its state kept on disk.

Called from one thread. The state file is the supervisor's alone; all else in the run's directory is the child's.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from curatord.daemon.child import Child, Ending, describe, end_orphan, ending
from curatord.daemon.decision import Pending
from curatord.errors import CuratordError, StoreError
from curatord.log import get_logger
from curatord.train.run_directory import RunState, State
from curatord.train.run_events import Failed, Finished, Paused, Step, read_events
from curatord.train.run_progress import progress

if TYPE_CHECKING:
    from curatord.daemon.events import Events
    from curatord.daemon.ledger import Ledger
    from curatord.daemon.promotion import Promotion
    from curatord.train.run_directory import RunDirectory

MOST_RESTARTS = 3
SECONDS_TO_LEAVE = 120.0  # for the step in hand and a checkpoint, before the process is killed
SECONDS_WITHOUT_STEPS = 2.0  # where there is nothing to lose
SECONDS_FOR_ORPHANS = 10.0
PAUSED_BY_PERSON = "paused by request"
PAUSED_BY_STOP = "curatord was stopped"

log = get_logger("training")


class Wish(StrEnum):
    """What the process was asked to leave for."""

    PAUSE = "pause"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every run needs besides itself: the command that trains, what becomes of its adapter, who is told."""

    command: tuple[str, ...]
    promotion: Promotion
    ledger: Ledger
    events: Events


class Supervisor:
    """A run that is going or waits to go on; once it `has_ended` there is nothing more to do for it."""

    def __init__(self, run: RunDirectory, around: Surroundings) -> None:
        """Take a run in hand as it stands; raises StoreError where its files cannot be read."""
        self.run = run
        self.state = run.state()
        self.asked_for = run.request().reason == "asked"
        self.progress = progress(run)
        self._around = around
        self._child: Child | None = None
        self._wish: Wish | None = None
        self._why = ""
        self._kill_at = inf
        self._lost_at: datetime | None = None
        self._is_marked = False

    @property
    def pid(self) -> int | None:
        """The process that trains, while it does."""
        return self._child.pid if self._child is not None else None

    @property
    def has_ended(self) -> bool:
        """Whether the run is done, failed or cancelled."""
        return not self.state.state.is_pending

    def pending(self) -> Pending:
        """Return the run as the decision sees it."""
        return Pending(
            going=self._child is not None,
            asked_for=self.asked_for,
            paused_by_person=PAUSED_BY_PERSON in {self.state.reason, self._why},
            lost_at=self._lost_at,
            begun=self.state.started,
        )

    def recover(self) -> None:
        """Find out how the run stands after a daemon that did not end well, ending a process that it left behind."""
        self._follow()
        if self.state.state is not RunState.RUNNING:
            return
        pid = self.state.pid
        was_there = pid is not None and end_orphan(self.run, pid, SECONDS_FOR_ORPHANS)
        self._follow()
        match self.progress.outcome:
            case Finished():
                self._finish()
            case Failed() as failure:
                self._fail(f"{failure.message} {failure.hint}".strip())
            case Paused():
                self._pause("curatord was restarted")
            case None if was_there:
                self._pause("curatord was restarted")
            case None:
                self._crash("it ended while curatord was not there: the machine may have gone down")

    def go(self, why: str) -> None:
        """Start the process, or start it again from its last checkpoint."""
        if self._child is not None:
            return
        self._wish, self._why, self._lost_at = None, "", None
        now = datetime.now(UTC)
        running = self._changed(RunState.RUNNING, why, started=self.state.started or now)
        self.run.write_state(running)  # where the disk does not take even that, nothing is started
        self.state = running
        try:
            self._child = Child.start(self._around.command, self.run, self.state.shrink)
        except OSError as error:
            self._fail(f"the training process cannot be started: {error.strerror}")
            return
        self._write(self.state.model_copy(update={"pid": self._child.pid}))
        self._tell("run_started", reason=why, pid=self._child.pid, shrink=self.state.shrink)

    def pause(self, why: str, *, lost_condition: bool = False) -> None:
        """Ask the process to leave after the step in hand, or note why a run that rests is to go on resting."""
        if self._child is None:
            self._write(self._changed(RunState.PAUSED, why))
            return
        if self._wish is None or (self._wish is Wish.PAUSE and why == PAUSED_BY_PERSON):
            self._lost_at = datetime.now(UTC) if lost_condition else None
            self._leave(Wish.PAUSE, why)

    def resume(self) -> None:
        """Let a person's word count from now on: neither hour nor machine matter to the run any more."""
        self.asked_for = True
        if self.state.reason == PAUSED_BY_PERSON:
            self._write(self._changed(RunState.PAUSED, "about to be resumed"))
        if self._why == PAUSED_BY_PERSON:
            self._why = "about to be resumed"

    def cancel(self) -> None:
        """End the run for good."""
        if self._child is None:
            self._end(RunState.CANCELLED, "cancelled by request")
        else:
            self._leave(Wish.CANCEL, "cancelled by request")

    def attend(self) -> bool:
        """Follow what the process tells; return whether it has ended since the last call."""
        if self._child is None:
            return False
        code = self._child.poll()  # first, so that no event is missed that was written before the end
        self._follow()
        if code is None:
            if monotonic() > self._kill_at:
                self._kill_at = inf
                log.warning("run_killed", run=self.run.id)
                self._child.kill()
            return False
        self._child = None
        self._conclude(code)
        return True

    def leave_within(self, seconds: float, why: str) -> None:
        """Pause the run and wait for the process to leave; it is killed when the time is over."""
        if self._child is not None:
            self.pause(why)
            if not self._child.wait(min(seconds, self._patience(Wish.PAUSE))):
                self._child.kill()
                self._child.wait(seconds)
            self.attend()

    def _leave(self, wish: Wish, why: str) -> None:
        assert self._child is not None
        self._wish, self._why = wish, why
        self._kill_at = monotonic() + self._patience(wish)
        self._child.ask_to_leave()
        log.info("run_asked_to_leave", run=self.run.id, reason=why)

    def _patience(self, wish: Wish) -> float:
        has_steps = self.progress.last_step is not None
        return SECONDS_TO_LEAVE if has_steps and wish is Wish.PAUSE else SECONDS_WITHOUT_STEPS

    def _follow(self) -> None:
        if not self._is_marked and self.run.snapshot.is_dir():
            self._is_marked = True
            self._around.ledger.mark(self.run)
        try:
            if not self.run.events.exists() or self.run.events.stat().st_size == self.progress.offset:
                return
            for event in read_events(self.run.events, self.progress.offset).events:
                if not isinstance(event, Step | Finished | Paused | Failed):  # how it ends is told with its state
                    told = event.model_dump(mode="json", exclude={"event", "time"}, exclude_none=True)
                    self._tell(f"run_{event.event}", **told)
            self.progress = progress(self.run, self.progress)
        except (OSError, StoreError) as error:
            log.warning("run_unreadable", run=self.run.id, error=str(error))

    def _conclude(self, code: int) -> None:
        wish, why = self._wish, self._why
        self._wish, self._why, self._kill_at = None, "", inf
        if wish is Wish.CANCEL:
            self._end(RunState.CANCELLED, why)
            return
        match ending(code, asked_to_leave=wish is Wish.PAUSE):
            case Ending.DONE:
                self._finish()
            case Ending.PAUSED:
                self._pause(why or "its process was asked to leave by somebody else")
            case Ending.FAILED:
                failure = self.progress.outcome
                told = f"{failure.message} {failure.hint}".strip() if isinstance(failure, Failed) else None
                self._fail(told or f"its process {describe(code, self.run)}")
            case Ending.CRASHED:
                self._crash(f"its process {describe(code, self.run)}")

    def _finish(self) -> None:
        try:
            told = self._around.promotion.conclude(self.run)
        except CuratordError as error:
            self._fail(str(error))
            return
        self._end(RunState.DONE, told)

    def _fail(self, why: str) -> None:
        self._end(RunState.FAILED, why)

    def _pause(self, why: str) -> None:
        self._write(self._changed(RunState.PAUSED, why))
        self._tell("run_rests", reason=why)

    def _crash(self, why: str) -> None:
        attempts = self.state.attempts + 1
        if attempts > MOST_RESTARTS:
            self._fail(f"{why} ({attempts} times; it is not tried again)")
            return
        # A smaller batch each time: running out of memory is what ends such processes, and it cannot be caught.
        shrink = self.state.shrink + 1
        self._write(self._changed(RunState.PAUSED, why, attempts=attempts, shrink=shrink))
        self._tell("run_crashed", level=logging.WARNING, reason=why, attempts=attempts, shrink=shrink)

    def _end(self, end: RunState, why: str) -> None:
        self._write(self._changed(end, why, finished=datetime.now(UTC)))
        if end is not RunState.DONE:
            self._around.ledger.forget(self.run)
        level = logging.ERROR if end is RunState.FAILED else logging.INFO
        self._tell(f"run_{end.value}", level=level, reason=why)

    def _changed(self, now: RunState, why: str, **others: object) -> State:
        update = {"pid": None, **others, "state": now, "reason": why, "updated": datetime.now(UTC)}
        return self.state.model_copy(update=update)

    def _write(self, state: State) -> None:
        """Keep the state; a disk that does not take it is told, and what is known here stays true."""
        self.state = state
        try:
            self.run.write_state(state)
        except StoreError as error:
            log.warning("run_state_unwritten", run=self.run.id, error=str(error))

    def _tell(self, event: str, *, level: int = logging.INFO, **data: object) -> None:
        log.log(level, event, run=self.run.id, **data)
        self._around.events.publish(event, run=self.run.id, **data)
