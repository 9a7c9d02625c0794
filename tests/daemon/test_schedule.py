"""Timers and the sense of time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from curatord.daemon.schedule import Clock, SleepDetector


def test_time_that_passes_on_both_clocks_is_no_sleep() -> None:
    """An hour awake is an hour awake."""
    assert SleepDetector(1000, 10).slept(4600, 3610) == 0


def test_a_wall_clock_that_ran_ahead_means_sleep_and_tells_how_long() -> None:
    """Eight hours with the lid closed."""
    assert SleepDetector(1000, 10).slept(1000 + 8 * 3600 + 30, 40) == 8 * 3600


def test_sleep_is_told_once() -> None:
    """The next look starts from now."""
    detector = SleepDetector(0, 0)
    assert detector.slept(100, 0) == 100
    assert detector.slept(130, 30) == 0


def test_a_wall_clock_set_back_is_no_sleep() -> None:
    """Correcting the time backwards, or the end of summer time on a bad clock, wakes nobody."""
    assert SleepDetector(10_000, 0).slept(6_400, 30) == 0


def test_a_small_drift_is_no_sleep() -> None:
    """Clocks that are disciplined by NTP drift against each other."""
    assert SleepDetector(0, 0).slept(33, 30) == 0


def test_the_rescan_timer_runs_and_can_be_changed() -> None:
    """The disk is looked at again and again, at the pace of the settings."""
    looked = threading.Semaphore(0)
    clock = Clock(
        rescan_seconds=3600,
        rescan=looked.release,
        check_watches=lambda: None,
        woke_up=lambda _seconds: None,
        beat=lambda: None,
    )
    clock.start()
    try:
        clock.set_rescan(0.05)
        assert looked.acquire(timeout=5)
        assert looked.acquire(timeout=5)
    finally:
        clock.stop()


def test_it_beats_at_the_moment_that_was_asked_for_last() -> None:
    """A training night begins on time, not half a minute late."""
    beats = threading.Semaphore(0)
    clock = Clock(
        rescan_seconds=3600,
        rescan=lambda: None,
        check_watches=lambda: None,
        woke_up=lambda _seconds: None,
        beat=beats.release,
    )
    clock.start()
    try:
        clock.wake_at(datetime.now(UTC) + timedelta(hours=1))
        clock.wake_at(datetime.now(UTC) + timedelta(seconds=0.1))
        assert beats.acquire(timeout=5)
        assert not beats.acquire(timeout=0.1)
    finally:
        clock.stop()
