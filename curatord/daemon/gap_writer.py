"""`gaps.md` after each exam, written by a process of its own: the daemon does not load what it measures with."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import orjson

from curatord.log import get_logger

if TYPE_CHECKING:
    from curatord.daemon.events import Events
    from curatord.paths import StateDirectory

SECONDS = 600.0

log = get_logger("gaps")


def write_soon(state: StateDirectory, most: int, events: Events) -> threading.Thread:
    """Have the report written, and tell when it is: `gap_found`, where there is any gap."""
    thread = threading.Thread(target=_write, args=(state, most, events), name="gaps", daemon=True)
    thread.start()
    return thread


def _write(state: StateDirectory, most: int, events: Events) -> None:
    command = [sys.executable, "-m", "curatord.exam.gap_report", str(state.path), str(most)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS)  # noqa: S603  our own module
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("gaps_unwritten", reason=str(error))
        return
    if done.returncode != 0:
        log.warning("gaps_unwritten", reason=done.stderr.decode(errors="replace").strip()[-500:])
        return
    found = orjson.loads(done.stdout)
    log.info("gaps_written", gaps=found["gaps"])
    if found["gaps"]:
        events.publish("gap_found", gaps=found["gaps"], file=found["file"])
