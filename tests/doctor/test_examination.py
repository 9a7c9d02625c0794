"""All checks: none keeps another from being done."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curatord.doctor.examination import QUICK, THOROUGH, _at, examine, worst
from curatord.doctor.finding import Finding, Level, Situation, fail, ok, warn
from curatord.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable


def raising(error: BaseException) -> Callable[[Situation], Finding]:
    """Return a check that fails like this."""

    def check(_: Situation) -> Finding:
        raise error

    return check


def test_every_check_is_where_the_table_says_and_tells_something(here: Situation) -> None:
    """All the quick ones, for real: a sentence each, and a remedy where it is not ok."""
    found = dict(examine(here, quick=True))
    assert list(found) == list(QUICK)
    for name, finding in found.items():
        assert finding.message.endswith((".", "?")), name
        assert "The check itself failed" not in finding.message, name
        assert bool(finding.remedy) == (finding.level is not Level.OK), name
    assert set(QUICK).isdisjoint(THOROUGH)


def test_a_check_that_crashes_keeps_none_from_being_done(here: Situation) -> None:
    """Each crash is told as what it is."""
    checks = {
        "typed": raising(StoreError("The store is gone.", hint="Look for it.")),
        "denied": raising(PermissionError(13, "Permission denied", "/secret")),
        "missing": _at("no_such_module.check"),
        "crashed": raising(ZeroDivisionError("division by zero")),
        "fine": lambda _: ok("All is well."),
    }
    found = dict(examine(here, checks=checks))
    assert list(found) == list(checks)
    assert found["typed"] == fail("The store is gone.", "Look for it.")
    assert found["denied"].message == "/secret: Permission denied."
    assert "pip install" in found["missing"].remedy
    assert "ZeroDivisionError: division by zero" in found["crashed"].message
    assert found["fine"].level is Level.OK


def test_a_check_that_hangs_is_left_behind(here: Situation) -> None:
    """As when a disk does not answer."""
    released = threading.Event()

    def hang(_: Situation) -> Finding:
        released.wait(30)
        return ok("At last.")

    found = dict(examine(here, checks={"hangs": hang, "fine": lambda _: ok("All is well.")}, seconds=0.1))
    released.set()
    assert found["hangs"].level is Level.FAIL
    assert found["fine"].level is Level.OK


@pytest.mark.parametrize(
    ("findings", "level"),
    [([], Level.OK), ([ok("a")], Level.OK), ([ok("a"), warn("b")], Level.WARN), ([warn("b"), fail("c")], Level.FAIL)],
)
def test_the_worst_finding_counts(findings: list[Finding], level: Level) -> None:
    """A failure before a warning before nothing."""
    assert worst(findings) is level


def test_the_checks_are_done_where_a_package_is_missing(here: Situation, tmp_path: Path) -> None:
    """A broken installation is what the doctor is for: here watchdog and pebble cannot be imported."""
    for name in ("watchdog", "pebble"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise ImportError('no {name}')")
    done = subprocess.run(
        [sys.executable, "-m", "curatord", "--config", str(here.config_file), "doctor", "--quick"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"},
    )
    assert done.returncode == 4, done.stderr
    assert done.stderr == ""
    assert "no watchdog" in done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines() if line.startswith("ok    disk")] == ["ok"]
