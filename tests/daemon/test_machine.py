"""Reading the machine: recorded outputs of macOS, trees of /sys, and this machine itself."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from curatord.daemon.machine import (
    ThisMachine,
    hottest,
    parse_display,
    parse_hid_idle,
    parse_idle_hint,
    parse_power,
    parse_therm,
)

if TYPE_CHECKING:
    from pathlib import Path

PS_BATTERY = """\
Now drawing from 'Battery Power'
 -InternalBattery-0 (id=21954659)\t63%; discharging; 3:15 remaining present: true
"""
PS_POWER = """\
Now drawing from 'AC Power'
 -InternalBattery-0 (id=21954659)\t100%; charged; 0:00 remaining present: true
"""
PS_UPS = "Now drawing from 'UPS Power'\n -Back-UPS (id=42)\t97%; discharging; 0:42 remaining present: true\n"
PS_DESKTOP = "Now drawing from 'AC Power'\n"

IOREG_IDLE = """\
+-o IOHIDSystem  <class IOHIDSystem, id 0x100000420, registered, matched, active, busy 0 (0 ms), retain 23>
    {
      "HIDScrollCountMinDeltaToStart" = 300
      "HIDIdleTime" = 724120986500
      "HIDPowerOnDelayNS" = 500000000
    }
"""
IOREG_DISPLAY = """\
+-o IODisplayWrangler  <class IODisplayWrangler, id 0x10000041a, registered, matched, active, busy 0 (0 ms), retain 17>
    {
      "IOPowerManagement" = {"MaxPowerState"=4,"CurrentPowerState"=%d,"DevicePowerState"=4,"DesiredPowerState"=4}
    }
"""

THERM_COOL = """\
Note: No thermal warning level has been recorded
Note: No performance warning level has been recorded
2026-11-23 02:31:08 +0100 CPU Power notify
\tCPU_Scheduler_Limit \t= 100
\tCPU_Available_CPUs \t= 12
\tCPU_Speed_Limit \t= 100
"""
THERM_SLOWED = THERM_COOL.replace("CPU_Speed_Limit \t= 100", "CPU_Speed_Limit \t= 58")
THERM_APPLE_SILICON = """\
Note: No thermal warning level has been recorded
Note: No performance warning level has been recorded
Note: No CPU power status has been recorded
"""
THERM_WARNED = "2026-11-23 02:31:08 +0100 Thermal Warning Level = 1\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PS_BATTERY, (True, 63.0)),
        (PS_POWER, (False, 100.0)),
        (PS_UPS, (True, 97.0)),
        (PS_DESKTOP, (False, None)),
        ("", (None, None)),
    ],
)
def test_the_source_of_power_is_read(text: str, expected: tuple[bool | None, float | None]) -> None:
    """A desktop on its emergency supply is on battery."""
    assert parse_power(text) == expected


def test_the_time_since_the_last_input_is_read_in_nanoseconds() -> None:
    """Twelve minutes."""
    assert parse_hid_idle(IOREG_IDLE) == pytest.approx(724.12, abs=0.01)
    assert parse_hid_idle("") is None


@pytest.mark.parametrize(("state", "awake"), [(4, True), (3, False), (1, False), (0, False)])
def test_a_lit_display_is_awake(state: int, awake: bool) -> None:
    """A dimmed one is about to sleep."""
    assert parse_display(IOREG_DISPLAY % state) is awake
    assert parse_display("") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (THERM_COOL, None),
        (THERM_APPLE_SILICON, None),
        ("", None),
        (THERM_SLOWED, "throttled for heat: CPU_Speed_Limit is 58 %"),
        (THERM_WARNED, "hot: thermal warning level 1"),
        (THERM_WARNED.replace("= 1", "= 0"), None),
    ],
)
def test_throttling_is_read(text: str, expected: str | None) -> None:
    """Intel Macs tell a limit, Apple's own a warning level."""
    assert parse_therm(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IdleHint=yes\nIdleSinceHint=1795397400000000\n", 600.0),
        ("IdleHint=no\nIdleSinceHint=1795397400000000\n", 0.0),
        ("IdleHint=yes\n", None),
        ("", None),
    ],
)
def test_logind_s_hint_is_read(text: str, expected: float | None) -> None:
    """In microseconds since 1970."""
    assert parse_idle_hint(text, now=1795398000.0) == expected


def zone(root: Path, number: int, name: str, temperature: str, **points: int) -> None:
    """Make a thermal zone as the kernel shows it."""
    directory = root / f"thermal_zone{number}"
    directory.mkdir(parents=True)
    (directory / "type").write_text(f"{name}\n")
    (directory / "temp").write_text(temperature)
    for index, (kind, point) in enumerate(points.items()):
        (directory / f"trip_point_{index}_type").write_text(f"{kind}\n")
        (directory / f"trip_point_{index}_temp").write_text(f"{point}\n")


def test_a_thermal_zone_past_its_trip_point_is_told(tmp_path: Path) -> None:
    """Passive cooling is throttling; a fan that starts is not."""
    zone(tmp_path, 0, "acpitz", "61000\n", active=50000, critical=105000)
    assert hottest(tmp_path) is None
    zone(tmp_path, 1, "x86_pkg_temp", "96500\n", passive=95000, critical=105000)
    assert hottest(tmp_path) == "throttled for heat: x86_pkg_temp is at 96 degrees Celsius"


def test_thermal_zones_that_tell_nonsense_are_passed_over(tmp_path: Path) -> None:
    """Sensors that are off, trip points at absolute zero, no zones at all."""
    zone(tmp_path, 0, "iwlwifi", "", passive=95000)
    zone(tmp_path, 1, "INT3400", "20000\n", passive=-274000, hot=0)
    assert hottest(tmp_path) is None
    assert hottest(tmp_path / "nowhere") is None


def test_this_machine_can_be_read(tmp_path: Path) -> None:
    """Whatever it is, it has cores, memory and a disk."""
    readings = ThisMachine().read(tmp_path, None)
    assert readings.cores >= 1
    assert readings.load is not None
    assert readings.load >= 0
    assert (readings.available_memory or 0) > 0
    assert (readings.free_disk or 0) > 0
    assert readings.own_load == 0


def test_the_work_of_the_run_is_told_apart_from_that_of_others(tmp_path: Path) -> None:
    """A process that keeps a core busy, and holds memory that training would have without it."""
    machine = ThisMachine()
    program = "x = bytearray(100_000_000)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", program]) as busy:
        machine.read(tmp_path, busy.pid)
        time.sleep(1.0)
        readings = machine.read(tmp_path, busy.pid)
        busy.kill()
    # After a second at one core, an average over a minute stands at 1 - exp(-1 / 60).
    assert 0.002 < readings.own_load < 0.03
    gone = machine.read(tmp_path, None)
    assert 0 < gone.own_load <= readings.own_load
