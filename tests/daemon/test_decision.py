"""When training starts, rests and goes on: single nights, and thousands of random ones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.config import Training
from curatord.cron import Cron
from curatord.daemon.decision import REST, Action, Decision, Pending, Schedule, Situation, decide

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTLY = Schedule(Cron.parse("30 2 * * *", BERLIN), time(7))
ANY_TIME = replace(NIGHTLY, stop_at=None)


def at(text: str) -> datetime:
    """Return a local time of late November, or of the date given."""
    return datetime.fromisoformat(text if "-" in text else f"2026-11-24T{text}").replace(tzinfo=BERLIN)


def situation(now: str, answered: str = "2026-11-23T12:00", **others: Any) -> Situation:  # noqa: ANN401  fields by name
    """Return an ordinary situation: enough pairs, nothing in the way, everything up to yesterday noon answered."""
    usual = Situation(at(now), NIGHTLY, enabled=True, answered=at(answered), new_pairs=80, min_new_pairs=50)
    return replace(usual, **others)


def test_the_settings_become_a_schedule() -> None:
    """The default is half past two, until seven."""
    assert Schedule.of(Training(), BERLIN) == NIGHTLY
    assert Schedule.of(Training(stop_at=""), BERLIN) == ANY_TIME


def test_before_its_hour_it_waits_and_says_until_when() -> None:
    """Nothing holds it."""
    decision = decide(situation("01:00"))
    assert (decision.action, decision.reasons, decision.next_run) == (Action.WAIT, (), at("02:30"))


def test_at_its_hour_it_starts_and_the_hour_is_answered() -> None:
    """And once it is answered, the next night is waited for."""
    decision = decide(situation("02:30"))
    assert decision.action is Action.START
    again = decide(situation("02:31", answered="2026-11-24T02:30"))
    assert (again.action, again.next_run) == (Action.WAIT, at("2026-11-25T02:30"))


def test_an_hour_that_was_slept_through_is_made_up_in_the_same_night() -> None:
    """The lid was closed until four."""
    assert decide(situation("04:00")).action is Action.START


def test_several_hours_that_were_missed_are_made_up_once() -> None:
    """A week of holidays."""
    decision = decide(situation("03:00", answered="2026-11-17T12:00"))
    assert decision.action is Action.START
    assert decide(situation("03:01", answered="2026-11-24T03:00")).action is Action.WAIT


def test_a_night_that_was_slept_through_is_made_up_by_day() -> None:
    """A machine that sleeps at night would never train; the conditions keep it out of a person's way."""
    assert decide(situation("08:00")).action is Action.START
    held = decide(situation("08:00", held_by=("in use",)))
    assert (held.action, held.reasons, held.next_run) == (Action.WAIT, ("in use",), at("02:30"))


def test_what_began_by_day_goes_on_until_the_next_stop() -> None:
    """And from then on at night alone."""
    going = Pending(going=True, begun=at("08:00"))
    assert decide(situation("15:00", run=going)).action is Action.WAIT
    assert decide(situation("15:00", run=replace(going, going=False))).action is Action.RESUME
    assert decide(situation("2026-11-25T06:59", run=going)).action is Action.WAIT
    assert decide(situation("2026-11-25T07:00", run=going)).action is Action.PAUSE
    assert decide(situation("2026-11-25T15:00", run=going)).action is Action.PAUSE


def test_without_a_stop_hour_it_is_made_up_at_any_time() -> None:
    """Whenever the machine is on again."""
    assert decide(situation("15:00", schedule=ANY_TIME)).action is Action.START


def test_too_few_new_pairs_answer_the_hour_without_a_run() -> None:
    """What gathers later in the day waits for the next night."""
    decision = decide(situation("02:30", new_pairs=12))
    assert (decision.action, decision.answered) == (Action.SKIP, at("02:30"))
    assert decision.reasons == ("12 new pairs, a run takes 50 (min_new_pairs)",)
    assert decide(situation("02:30", new_pairs=50)).action is Action.START


def test_nothing_is_decided_while_the_notes_are_still_being_read() -> None:
    """The daemon has just started."""
    decision = decide(situation("03:00", new_pairs=None))
    assert (decision.action, decision.reasons) == (Action.WAIT, ("the notes are still being read",))
    assert decision.answered == at("2026-11-23T12:00")


def test_what_the_machine_says_against_it_holds_it_until_the_night_ends() -> None:
    """The hour stays open, and is told as the time since when it is due."""
    decision = decide(situation("03:00", held_by=("on battery",)))
    assert (decision.action, decision.reasons, decision.next_run) == (Action.WAIT, ("on battery",), at("02:30"))


def test_a_condition_lost_pauses_a_run() -> None:
    """With the reason."""
    decision = decide(situation("03:00", run=Pending(going=True), held_by=("on battery",)))
    assert (decision.action, decision.reasons) == (Action.PAUSE, ("on battery",))


def test_a_run_goes_on_when_the_condition_is_back_and_it_has_rested() -> None:
    """Not at once: power that comes and goes must not load a model every half minute."""
    lost = Pending(going=False, lost_at=at("03:00"))
    resting = decide(situation("03:01", run=lost))
    assert (resting.action, resting.reasons) == (Action.WAIT, ("it was paused less than 2 minutes ago",))
    assert decide(replace(situation("03:00", run=lost), now=at("03:00") + REST)).action is Action.RESUME
    assert decide(situation("03:05", run=lost, held_by=("on battery",))).reasons == ("on battery",)


def test_a_run_is_paused_at_the_stop_hour_and_resumed_the_next_night() -> None:
    """Seven sharp."""
    going, paused = Pending(going=True), Pending(going=False)
    assert decide(situation("06:59", run=going)).action is Action.WAIT
    assert decide(situation("07:00", run=going)).action is Action.PAUSE
    assert decide(situation("07:01", run=paused)).action is Action.WAIT
    assert decide(situation("2026-11-25T02:29", run=paused)).action is Action.WAIT
    assert decide(situation("2026-11-25T02:30", run=paused)).action is Action.RESUME


def test_a_run_in_hand_keeps_the_hour_open_for_what_it_has_not_seen() -> None:
    """One run at a time; what is new once it is done starts another."""
    decision = decide(situation("02:30", run=Pending(going=True)))
    assert (decision.action, decision.answered) == (Action.WAIT, at("2026-11-23T12:00"))
    assert decide(situation("04:00")).action is Action.START
    assert decide(situation("04:00", new_pairs=3)).action is Action.SKIP


def test_a_run_that_was_asked_for_knows_no_hour() -> None:
    """Only what is told of the machine, for it the disk alone, holds it."""
    asked = Pending(going=True, asked_for=True)
    assert decide(situation("12:00", run=asked)).action is Action.WAIT
    assert decide(situation("12:00", run=asked, enabled=False)).action is Action.WAIT
    assert decide(situation("12:00", run=asked, held_by=("the disk is full",))).action is Action.PAUSE
    assert decide(situation("12:00", run=replace(asked, going=False))).action is Action.RESUME


def test_what_a_person_paused_waits_for_a_person() -> None:
    """All nights long."""
    decision = decide(situation("03:00", run=Pending(going=False, paused_by_person=True)))
    assert (decision.action, decision.next_run) == (Action.WAIT, None)
    assert "train resume" in decision.reasons[0]


def test_switched_off_it_lets_hours_pass_and_pauses_what_goes() -> None:
    """Switched on again, it does not make up for the time before."""
    off = decide(situation("03:00", enabled=False))
    assert (off.action, off.next_run, off.answered) == (Action.SKIP, None, at("03:00"))
    assert decide(situation("03:00", enabled=False, run=Pending(going=True))).action is Action.PAUSE


def test_a_clock_that_had_been_years_ahead_does_not_silence_it_for_years() -> None:
    """The hour after the correction counts from now on."""
    decision = decide(situation("01:00", answered="2030-01-01T00:00"))
    assert decision.answered == at("01:00")
    assert decide(situation("02:30", answered="2026-11-24T01:00")).action is Action.START


def test_a_clock_set_back_by_an_hour_does_not_start_twice() -> None:
    """Started at half past two, and it is half past two again."""
    decision = decide(situation("02:30", answered="2026-11-24T03:10"))
    assert (decision.action, decision.next_run) == (Action.WAIT, at("2026-11-25T02:30"))


@pytest.mark.parametrize(("clocks", "hour"), [("2026-03-29", "03:00"), ("2026-10-25", "02:30")])
def test_nights_when_the_clocks_change_have_one_start(clocks: str, hour: str) -> None:
    """Two to three does not exist in spring, and exists twice in autumn."""
    day = datetime.fromisoformat(clocks)
    now = (day - timedelta(hours=12)).replace(tzinfo=BERLIN).astimezone(UTC)
    answered, started = now, []
    for _ in range(24 * 60):
        now += timedelta(minutes=1)
        decision = decide(replace(situation("01:00"), now=now, answered=answered))
        answered = decision.answered
        if decision.action is Action.START:
            started.append(f"{now.astimezone(BERLIN):%H:%M}")
    assert started == [hour]


@dataclass
class Timeline:
    """A daemon that obeys decisions, in a world that does not ask it."""

    schedule: Schedule
    now: datetime
    answered: datetime
    run: Pending | None = None
    starts: list[datetime] = field(default_factory=list)

    def live(self, minutes: int, new_pairs: int | None, held: bool, ends: bool) -> Decision:
        """Let time pass, decide, check what must always hold, and obey."""
        self.now += timedelta(minutes=minutes)
        if ends and self.run is not None and self.run.going:
            self.run = None
        held_by = ("on battery",) if held else ()
        seen = Situation(self.now, self.schedule, True, self.answered, new_pairs, 50, self.run, held_by)
        decision = decide(seen)
        self.check(seen, decision)
        self.obey(decision)
        return decision

    def check(self, seen: Situation, decision: Decision) -> None:
        """Hold the decision against the rules."""
        due = seen.schedule.cron.next_after(seen.answered)
        is_due = due is not None and due <= seen.now
        going = seen.run is not None and seen.run.going
        allowed = seen.run is not None and seen.schedule.may_go_on(seen.run.begun, seen.now)
        if decision.action is Action.START:
            assert seen.run is None, "one run at a time"
            assert is_due, "a start answers a due time"
            assert not seen.held_by
        if decision.action is Action.SKIP:
            assert is_due
            assert (seen.new_pairs or 0) < 50
        if decision.action in (Action.START, Action.SKIP):
            assert decision.answered >= seen.now
        elif seen.answered <= seen.now:
            assert decision.answered == seen.answered, "a due time that is not answered stays open"
            assert not is_due or seen.run or decision.reasons, "and what keeps it open is told"
        assert not going or (decision.action is Action.PAUSE) == (not allowed or bool(seen.held_by))
        assert decision.action is not Action.RESUME or allowed
        assert decision.look_again is not None
        assert decision.look_again > seen.now

    def obey(self, decision: Decision) -> None:
        """Do what was decided."""
        self.answered = decision.answered
        if decision.action is Action.START:
            self.starts.append(self.now)
            self.run = Pending(going=True, begun=self.now)
        elif decision.action is Action.RESUME and self.run is not None:
            self.run = replace(self.run, going=True, lost_at=None)
        elif decision.action is Action.PAUSE and self.run is not None:
            self.run = replace(self.run, going=False, lost_at=self.now if "on battery" in decision.reasons else None)


STEPS = st.tuples(
    st.integers(0, 90) | st.integers(0, 5) | st.integers(-59, 3 * 24 * 60),
    st.none() | st.integers(0, 100) | st.just(80),
    st.sampled_from([False, False, True]),
    st.booleans(),
)


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from([NIGHTLY, ANY_TIME, Schedule(Cron.parse("0 */6 * * *", BERLIN), time(2, 15))]),
    st.integers(0, 365 * 24 * 60),
    st.lists(STEPS, max_size=60),
)
def test_whatever_happens_each_hour_is_answered_once(
    schedule: Schedule, minute: int, steps: list[tuple[int, int | None, bool, bool]]
) -> None:
    """Sleep, clocks set back by up to an hour, few pairs, lost power, changes of clocks: the rules hold throughout."""
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    timeline = Timeline(schedule, begin, begin)
    for step in steps:
        timeline.live(*step)
    latest = begin
    for start in timeline.starts:
        due = schedule.cron.next_after(latest)
        assert due is not None
        assert due <= start, "there was a due time since the start before"
        latest = start


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 365 * 24 * 60), st.lists(st.integers(1, 40), min_size=40, max_size=40))
def test_on_a_machine_that_is_on_every_night_has_its_run(minute: int, steps: list[int]) -> None:
    """With enough pairs and nothing in the way there is one start in each night, at its hour."""
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    timeline, expected = Timeline(NIGHTLY, begin, begin), []
    for minutes in steps * 4:
        before = timeline.now
        timeline.live(minutes, 80, held=False, ends=True)
        due = NIGHTLY.cron.next_after(before)
        if due is not None and due <= timeline.now:
            expected.append(timeline.now)
    assert timeline.starts == expected
