"""Reading the machine: battery, load, memory, disk, whether somebody is at it, heat.

The system's own commands are asked with a short time-out, and their texts parsed by pure functions; what does not
answer, or not as expected, is not known.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, time
from typing import Protocol

import psutil

from curatord.daemon.conditions import OwnLoad, Readings

COMMAND_SECONDS = 2.0
_THERMAL_ZONES = Path("/sys/class/thermal")
_MEANT_TO_COOL = frozenset({"passive", "hot", "critical"})
_DISPLAY_ON = 4  # IODisplayWrangler's power state of a lit display; those below dim it or switch it off
_MILLIDEGREES = 1000


class Machine(Protocol):
    """What tells how the machine is."""

    def read(self, directory: Path, pid: int | None) -> Readings:
        """Return what the machine is like; `directory` is on the disk in question, `pid` the run's process if any."""


class ThisMachine:
    """The machine this process runs on; asked from one thread."""

    def __init__(self) -> None:
        """Know of no run yet."""
        self._own_load = OwnLoad()
        self._asked = monotonic()
        self._spent: tuple[int, float] | None = None  # the run's process, and the seconds its cores had worked

    def read(self, directory: Path, pid: int | None) -> Readings:
        """Return what the machine is like; takes up to a few seconds where a command hangs."""
        own_memory = self._watch_run(pid)
        on_battery, percent = _power()
        return Readings(
            on_battery=on_battery,
            battery_percent=percent,
            load=os.getloadavg()[0],
            own_load=self._own_load.value,
            cores=os.cpu_count() or 1,
            available_memory=psutil.virtual_memory().available + own_memory,
            free_disk=shutil.disk_usage(directory).free,
            idle_seconds=_idle_seconds(),
            display_awake=_display_awake(),
            throttled=_throttled(),
        )

    def _watch_run(self, pid: int | None) -> int:
        """Note what the run has used of the cores since the last call; return the bytes of memory it holds."""
        spent, memory = _usage(pid) if pid is not None else (0.0, 0)
        before = self._spent[1] if self._spent is not None and self._spent[0] == pid else 0.0
        now = monotonic()
        seconds, self._asked = max(now - self._asked, 1e-3), now
        self._own_load.update(max(0.0, spent - before) / seconds, seconds)
        self._spent = None if pid is None else (pid, spent)
        return memory


def parse_power(text: str) -> tuple[bool | None, float | None]:
    """Return whether `pmset -g ps` tells of battery power, and the charge in percent."""
    source = re.search(r"Now drawing from '([^']+)'", text)
    charge = re.search(r"(\d+)%", text)
    return (
        None if source is None else source[1] != "AC Power",
        None if charge is None else float(charge[1]),
    )


def parse_hid_idle(text: str) -> float | None:
    """Return the seconds since the last input of any kind that `ioreg -c IOHIDSystem` tells, in nanoseconds there."""
    found = [int(number) for number in re.findall(r'"HIDIdleTime" = (\d+)', text)]
    return min(found) / 1e9 if found else None


def parse_display(text: str) -> bool | None:
    """Return whether `ioreg -n IODisplayWrangler` tells of a lit display."""
    states = [int(number) for number in re.findall(r'"CurrentPowerState"=(\d+)', text)]
    return max(states) >= _DISPLAY_ON if states else None


def parse_therm(text: str) -> str | None:
    """Return what `pmset -g therm` says is slowed down by heat, None for nothing."""
    for name, value in re.findall(r"(CPU_(?:Speed|Scheduler)_Limit)\s*=\s*(\d+)", text):
        if int(value) < 100:
            return f"throttled for heat: {name} is {value} %"
    level = re.search(r"((?:Thermal|Performance) Warning Level)\s*=\s*(\d+)", text, re.IGNORECASE)
    return f"hot: {level[1].lower()} {level[2]}" if level is not None and int(level[2]) else None


def parse_idle_hint(text: str, now: float) -> float | None:
    """Return for how many seconds `loginctl show-user -p IdleHint -p IdleSinceHint` calls the user idle; 0: active."""
    values = dict(line.partition("=")[::2] for line in text.splitlines())
    if values.get("IdleHint") not in {"yes", "no"}:
        return None
    since = values.get("IdleSinceHint", "")
    if values["IdleHint"] == "no":
        return 0.0
    return max(0.0, now - int(since) / 1e6) if since.isdecimal() else None


def hottest(zones: Path) -> str | None:
    """Return which thermal zone of Linux is past a point where the kernel begins to cool; None: none is."""
    for zone in sorted(zones.glob("thermal_zone*")):
        temperature = _integer(zone / "temp")
        points = [
            point
            for kind in zone.glob("trip_point_*_type")
            if _text(kind) in _MEANT_TO_COOL
            and (point := _integer(kind.with_name(kind.name.replace("_type", "_temp")))) is not None
            and point > 0
        ]
        if temperature is not None and points and temperature >= min(points):
            return f"throttled for heat: {_text(zone / 'type')} is at {temperature / _MILLIDEGREES:.0f} degrees Celsius"
    return None


def _power() -> tuple[bool | None, float | None]:
    if sys.platform == "darwin":
        return parse_power(_output("/usr/bin/pmset", "-g", "ps"))
    battery = psutil.sensors_battery()
    if battery is None or battery.power_plugged is None:
        return None, None
    return not battery.power_plugged, battery.percent


def _idle_seconds() -> float | None:
    if sys.platform == "darwin":
        return parse_hid_idle(_output("/usr/sbin/ioreg", "-r", "-d", "1", "-c", "IOHIDSystem"))
    hints = _output("loginctl", "show-user", str(os.getuid()), "-p", "IdleHint", "-p", "IdleSinceHint")
    return parse_idle_hint(hints, time())


def _display_awake() -> bool | None:
    if sys.platform == "darwin":
        return parse_display(_output("/usr/sbin/ioreg", "-r", "-d", "1", "-n", "IODisplayWrangler"))
    return None


def _throttled() -> str | None:
    if sys.platform == "darwin":
        return parse_therm(_output("/usr/bin/pmset", "-g", "therm"))
    return hottest(_THERMAL_ZONES)


def _usage(pid: int) -> tuple[float, int]:
    """Return the seconds of processor time that a process and those below it have used, and their bytes of memory."""
    seconds, memory = 0.0, 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            times = process.cpu_times()
            seconds += times.user + times.system
            memory += process.memory_info().rss
    return seconds, memory


def _output(*command: str) -> str:
    """Return what a command prints; nothing where it is not there, fails, or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603  names and options of this module
            command, capture_output=True, text=True, errors="replace", timeout=COMMAND_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:  # the kernel answers so for sensors that are switched off
        return ""


def _integer(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text.lstrip("-").isdecimal() else None
