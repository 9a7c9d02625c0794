"""Disk, memory, open files, clock: each shown as it should be, and not, where it can be for real."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curatord.doctor import machine
from curatord.doctor.finding import Level, Situation, situation
from tests.doctor.namespace import run_apart

if TYPE_CHECKING:
    from tests.live import Live


def with_conditions(still: Live, **conditions: int) -> Situation:
    """Return the situation with some of `[training.conditions]` set."""
    lines = "".join(f"{name} = {value}\n" for name, value in conditions.items())
    still.config.write_text(f"{still.config.read_text()}\n[training.conditions]\n{lines}")
    return situation(still.config)


def test_a_disk_with_room_is_ok_and_one_with_less_than_training_wants_warns(still: Live) -> None:
    """Even before the state directory is there."""
    assert machine.disk(with_conditions(still, min_free_disk_mb=1)).level is Level.OK
    still.config.write_text(still.config.read_text().replace("min_free_disk_mb = 1", "min_free_disk_mb = 100000000"))
    finding = machine.disk(situation(still.config))
    assert (finding.level, finding.remedy) == (Level.WARN, "curatord gc")


_ON_A_FULL_DISK = """
import subprocess, sys
from pathlib import Path
place = sys.argv[1]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", place], check=True)
from curatord.config import Settings
from curatord.doctor.finding import Situation
from curatord.doctor.machine import disk
from curatord.paths import StateDirectory
print(disk(Situation(Path("/none"), Settings(), StateDirectory(Path(place) / "state"))).level)
"""


def test_a_disk_that_is_nearly_full_fails(tmp_path: Path) -> None:
    """A real one, of four megabytes."""
    assert run_apart(_ON_A_FULL_DISK, str(tmp_path)) == "fail\n"


def test_memory_that_suffices_is_ok_and_less_than_training_wants_warns(still: Live) -> None:
    """With both figures."""
    assert machine.memory(with_conditions(still, min_free_memory_mb=0)).level is Level.OK
    still.config.write_text(still.config.read_text().replace("min_free_memory_mb = 0", "min_free_memory_mb = 99999999"))
    finding = machine.memory(situation(still.config))
    assert finding.level is Level.WARN
    assert "training waits for 99999999" in finding.message


def checked_in(program: str, directory: Path, **environment: str) -> str:
    """Run a check in a process of its own and return what it printed."""
    setup = "from curatord.doctor import finding, machine; from pathlib import Path; import sys, resource\n"
    setup += "here = finding.situation(Path(sys.argv[1]))\n"
    done = subprocess.run(
        [sys.executable, "-c", setup + program, str(directory / "curatord.toml")],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
        cwd=Path(__file__).parents[2],
    )
    return done.stdout.strip()


def test_few_open_files_warn_and_many_are_ok(still: Live) -> None:
    """256 is what macOS grants."""
    program = "limit = {}; resource.setrlimit(resource.RLIMIT_NOFILE, (limit, resource.getrlimit(7)[1]))\n"
    program = program.replace("getrlimit(7)", "getrlimit(resource.RLIMIT_NOFILE)")
    program += "found = machine.open_files(here); print(found.level, found.remedy)"
    assert checked_in(program.format(256), still.directory) == "warn ulimit -n 4096"
    assert checked_in(program.format(1024), still.directory) == "ok"


def test_a_clock_that_is_right_is_ok(here: Situation) -> None:
    """It tells the time and its zone."""
    finding = machine.clock(here)
    assert finding.level is Level.OK
    assert time.strftime("%Y-%m-%d") in finding.message


def test_a_clock_that_was_set_back_warns(still: Live, here: Situation) -> None:
    """The store was written in what is now the future."""
    still.state.mkdir()
    store = still.state / "store.db"
    store.touch()
    in_three_days = time.time() + 3 * 86_400
    os.utime(store, (in_three_days, in_three_days))
    finding = machine.clock(here)
    assert finding.level is Level.WARN
    assert "but curatord wrote something on" in finding.message


def test_a_clock_that_tells_a_year_of_long_ago_fails(here: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an empty battery: the check is told that it was built later than now."""
    monkeypatch.setattr(machine, "BUILT", datetime.now(UTC) + timedelta(days=1))
    assert machine.clock(here).level is Level.FAIL


@pytest.mark.parametrize(
    ("zone", "level"),
    [("Europe/Paris", "ok"), (":UTC", "ok"), ("CET-1CEST,M3.5.0,M10.5.0/3", "ok"), ("Nowhere/Land", "warn")],
)
def test_a_time_zone_that_is_unknown_warns(still: Live, zone: str, level: str) -> None:
    """The schedule would silently go by UTC."""
    assert checked_in("print(machine.clock(here).level)", still.directory, TZ=zone) == level
