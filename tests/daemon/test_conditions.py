"""What the machine says, and what is made of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.config import Conditions
from curatord.daemon.conditions import OwnLoad, Readings, held_by, verdicts

GIB = 2**30
FINE = Readings(
    on_battery=False,
    battery_percent=80.0,
    load=0.2,
    cores=2,
    available_memory=8 * GIB,
    free_disk=50 * GIB,
    idle_seconds=3600.0,
    display_awake=False,
)
STRICT = Conditions(display_asleep=True)


def held(readings: Readings, conditions: Conditions = STRICT, *, asked_for: bool = False) -> tuple[str, ...]:
    """Return what holds training."""
    return held_by(verdicts(readings, conditions), asked_for=asked_for)


def test_a_machine_at_rest_holds_nothing() -> None:
    """At night, on power."""
    assert held(FINE) == ()


def test_what_is_not_known_holds_nothing() -> None:
    """A server has no battery, no keyboard, and no screen."""
    assert held(Readings()) == ()


@pytest.mark.parametrize(
    ("readings", "reason"),
    [
        (replace(FINE, on_battery=True), "on battery, 80 % (on_power)"),
        (replace(FINE, load=3.8), "load of others 1.90 per core, limit 0.8 (max_load)"),
        (replace(FINE, available_memory=GIB), "1024 MiB of memory available, limit 2048 (min_free_memory_mb)"),
        (replace(FINE, free_disk=GIB), "1024 MiB of disk free, limit 2048 (min_free_disk_mb)"),
        (replace(FINE, idle_seconds=180.0), "keyboard and mouse rest for 3 min, limit 10 (idle_minutes)"),
        (replace(FINE, display_awake=True), "the display is awake (display_asleep)"),
        (replace(FINE, throttled="throttled for heat: CPU_Speed_Limit is 70 %"), "CPU_Speed_Limit is 70 % (thermal)"),
    ],
)
def test_each_condition_holds_and_says_exactly_why(readings: Readings, reason: str) -> None:
    """With the figure, the limit, and the name of the setting."""
    (told,) = held(readings)
    assert told.endswith(reason)


def test_every_condition_can_be_switched_off() -> None:
    """All seven."""
    worst = Readings(True, 3.0, 99.0, 0.0, 1, 0, 0, 0.0, True, "throttled for heat")
    off = Conditions(
        on_power=False,
        max_load=0,
        min_free_memory_mb=0,
        min_free_disk_mb=0,
        idle_minutes=0,
        display_asleep=False,
        thermal=False,
    )
    assert len(held(worst)) == 7
    assert held(worst, off) == ()


def test_a_run_that_was_asked_for_needs_nothing_but_disk() -> None:
    """Whoever asks sits at the machine."""
    worst = Readings(True, 3.0, 99.0, 0.0, 1, 0, 0, 0.0, True, "throttled for heat")
    assert held(worst, asked_for=True) == ("0 MiB of disk free, limit 2048 (min_free_disk_mb)",)


def test_the_run_s_own_load_is_not_that_of_others() -> None:
    """Two cores at work for it alone."""
    assert held(replace(FINE, load=2.1, own_load=2.0)) == ()
    assert held(replace(FINE, load=4.1, own_load=2.0)) != ()


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 8), st.floats(0, 8), st.integers(5, 120)), max_size=60))
def test_the_run_s_own_part_follows_the_kernel_s_average(minutes: list[tuple[float, float, int]]) -> None:
    """Whatever run and others do, the rest is what others alone would show."""
    own, others = OwnLoad(), OwnLoad()
    whole = OwnLoad()
    for mine, theirs, seconds in minutes:
        own.update(mine, seconds)
        others.update(theirs, seconds)
        whole.update(mine + theirs, seconds)
    assert whole.value - own.value == pytest.approx(others.value, abs=1e-6)
