"""Whether training goes on now: a pure function of the hour, the pairs, the run in hand and the machine.

Words: a *due time* is one of the schedule. It is *answered* by a start, or by seeing that there is too little to
learn; until then it stays open, and a later one takes it over: what was slept through is made up as soon as the
machine is awake, by day too. The *night* lasts from a due time to the next `stop_at`; without `stop_at` it never ends.
What the schedule started goes on until the first stop after its beginning, and in the nights after that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from curatord.cron import Cron, to_instant, to_local

if TYPE_CHECKING:
    from datetime import tzinfo

    from curatord.config import Training

# A clock set back by less is waited for; by more, it had been wrong when the last due time was answered.
BELIEVABLE = timedelta(days=1)
# A run that lost a condition starts again no sooner: loading a model every half minute helps nobody.
REST = timedelta(minutes=2)
_INSTANT = timedelta(microseconds=1)


class Action(StrEnum):
    """What is to be done now.

    `skip` answers a due time without a run; `wait` leaves everything as it is, also a run that is going.
    """

    START = "start"
    RESUME = "resume"
    PAUSE = "pause"
    SKIP = "skip"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Schedule:
    """The due times, and the local time at which a night ends (None: never)."""

    cron: Cron
    stop_at: time | None

    @classmethod
    def of(cls, training: Training, zone: tzinfo | None = None) -> Schedule:
        """Return what the settings say, in a zone (None: the system's)."""
        stop_at = time.fromisoformat(training.stop_at) if training.stop_at else None
        return cls(Cron.parse(training.schedule, zone), stop_at)

    def is_night(self, now: datetime) -> bool:
        """Tell whether a due time has come since the last stop."""
        if self.stop_at is None:
            return True
        due = self.cron.next_after(self._stop(now, back=1) - _INSTANT)
        return due is not None and due <= now

    def may_go_on(self, begun: datetime | None, now: datetime) -> bool:
        """Tell whether a run that began at some time may go on: until the first stop after that, and at night."""
        if self.is_night(now):
            return True
        stop = None if begun is None else self.next_stop(begun)
        return stop is not None and now < stop

    def next_stop(self, now: datetime) -> datetime | None:
        """Return the next end of a night, None where nights never end."""
        return None if self.stop_at is None else self._stop(now, back=0)

    def _stop(self, now: datetime, back: int) -> datetime:
        """Return the first stop after a moment, or the last one up to it."""
        assert self.stop_at is not None
        today = to_local(now, self.cron.zone).date()
        days = [today + timedelta(days=day) for day in (-2, -1, 0, 1, 2)]
        stops = [to_instant(datetime.combine(day, self.stop_at), self.cron.zone) for day in days]
        return stops[sum(stop <= now for stop in stops) - back]


@dataclass(frozen=True, slots=True)
class Pending:
    """The run in hand.

    `asked_for`: a person started or resumed it, so that neither hour nor machine matter; `paused_by_person`: only a
    person's word lets it go on; `lost_at`: when it was paused because a condition was lost; `begun`: when it first ran.
    """

    going: bool
    asked_for: bool = False
    paused_by_person: bool = False
    lost_at: datetime | None = None
    begun: datetime | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision rests on.

    `answered`: due times up to then have been answered. `new_pairs`: None while the notes are still being read.
    `held_by`: the conditions that are not met, a sentence each; for a run that was asked for, only those that count.
    """

    now: datetime
    schedule: Schedule
    enabled: bool
    answered: datetime
    new_pairs: int | None
    min_new_pairs: int
    run: Pending | None = None
    held_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, why it is not more, and from when on due times are open.

    `open_since` is the due time that waits for an answer. `next_run` is when training may next go on by itself: in the
    past where only `reasons` hold it, None where it will not. `look_again` is when the hour alone may change the
    decision.
    """

    action: Action
    reasons: tuple[str, ...]
    answered: datetime
    open_since: datetime | None
    next_run: datetime | None
    look_again: datetime | None


def decide(situation: Situation) -> Decision:
    """Return what is to be done now; a start, or a skip, moves `answered` on."""
    answered = situation.answered
    if answered > situation.now + BELIEVABLE:
        answered = situation.now
    due = situation.schedule.cron.next_after(answered)
    open_since = due if due is not None and due <= situation.now else None
    action, reasons = _judged(situation, is_due=open_since is not None)
    if action in {Action.START, Action.SKIP}:
        answered = max(answered, situation.now)
        open_since = None
    return Decision(
        action,
        reasons,
        answered,
        open_since,
        next_run=_next_run(situation, answered, open_since),
        look_again=_look_again(situation, answered),
    )


def _next_run(situation: Situation, answered: datetime, open_since: datetime | None) -> datetime | None:
    run = situation.run
    if run is not None and not run.going and run.paused_by_person:
        return None
    if run is not None and run.asked_for:
        return situation.now
    if not situation.enabled:
        return None
    if open_since is not None or (run and situation.schedule.may_go_on(run.begun, situation.now)):
        return open_since or situation.now
    return situation.schedule.cron.next_after(max(answered, situation.now))


def _look_again(situation: Situation, answered: datetime) -> datetime | None:
    upcoming = situation.schedule.cron.next_after(max(answered, situation.now))
    moments = (upcoming, situation.schedule.next_stop(situation.now))
    return min((moment for moment in moments if moment is not None), default=None)


def _judged(situation: Situation, *, is_due: bool) -> tuple[Action, tuple[str, ...]]:
    run = situation.run
    if run is None:
        return _for_a_new_run(situation, is_due=is_due)
    if run.paused_by_person and not run.going:
        return Action.WAIT, ("paused by `curatord train pause`; `curatord train resume` goes on with it",)
    reasons = situation.held_by if run.asked_for else _against_going_on(situation, run)
    if run.going:
        return (Action.PAUSE if reasons else Action.WAIT), reasons
    if run.lost_at is not None and run.lost_at <= situation.now < run.lost_at + REST:
        reasons = reasons or (f"it was paused less than {REST.seconds // 60} minutes ago",)
    return (Action.WAIT if reasons else Action.RESUME), reasons


def _for_a_new_run(situation: Situation, *, is_due: bool) -> tuple[Action, tuple[str, ...]]:
    if not situation.enabled:
        return (Action.SKIP if is_due else Action.WAIT), ()
    if situation.new_pairs is None:
        return Action.WAIT, (("the notes are still being read",) if is_due else ())
    if situation.new_pairs < situation.min_new_pairs:
        too_few = f"{situation.new_pairs} new pairs, a run takes {situation.min_new_pairs} (min_new_pairs)"
        return (Action.SKIP if is_due else Action.WAIT), (too_few,)
    if not is_due:
        return Action.WAIT, ()
    return (Action.WAIT if situation.held_by else Action.START), situation.held_by


def _against_going_on(situation: Situation, run: Pending) -> tuple[str, ...]:
    """Return why what the schedule started must not go on."""
    if not situation.enabled:
        return ("training is switched off ([training] enabled)",)
    stop_at = situation.schedule.stop_at
    if stop_at is not None and not situation.schedule.may_go_on(run.begun, situation.now):
        return (f"the night is over (stop_at {stop_at:%H:%M})",)
    return situation.held_by
