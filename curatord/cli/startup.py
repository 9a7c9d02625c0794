"""Waiting for a daemon that was started by somebody else, and finding out why it does not come."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from curatord.cli.log_lines import LogReader, is_wanted
from curatord.control.running import is_locked
from curatord.errors import BusyError, CuratordError, NotRunningError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curatord.cli.setup import Setup
    from curatord.service.manager import Manager

SECONDS_TO_ANSWER = 60.0
SECONDS_TO_STOP = 30.0  # the training process may have a step to finish
POLL_SECONDS = 0.1
_LINES = 5


def wait_until_answering(setup: Setup, manager: Manager, since: datetime, seconds: float) -> dict[str, Any]:
    """Return the status that the service's daemon gives, as soon as it does.

    Raises CuratordError with what the log (since a moment) and the service manager say where it does not within
    `seconds`, or is given up by its manager before that.
    """
    client = setup.client()
    deadline = time.monotonic() + seconds
    while True:
        try:
            return dict(client.get("/v1/status"))
        except (NotRunningError, BusyError) as error:
            if time.monotonic() > deadline:
                raise CuratordError(
                    "\n".join([f"The service was started, but {error.message}", *_reasons(setup, manager, since)]),
                    hint="`curatord doctor` looks for causes; `curatord run` shows the daemon at work.",
                ) from error
        time.sleep(POLL_SECONDS)


def stop_by_socket(setup: Setup) -> int:
    """Ask the daemon to stop, wait until it is gone, and return its pid.

    Raises NotRunningError where none runs, and BusyError where it does not come to an end.
    """
    pid = int(setup.client().post("/v1/stop")["pid"])
    wait_until_gone(setup.peek_state().lock, pid)
    return pid


def wait_until_gone(lock: Path, pid: int | None, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait until nobody holds the lock of a state directory; raises BusyError naming the pid."""
    deadline = time.monotonic() + SECONDS_TO_STOP
    while is_locked(lock):
        if time.monotonic() > deadline:
            raise BusyError(f"The daemon (pid {pid}) is still stopping.", hint=f"If it hangs: kill -9 {pid}")
        sleep(0.02)


def now() -> datetime:
    """Return the moment from which log lines tell of a start that comes now; they are dated to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _reasons(setup: Setup, manager: Manager, since: datetime) -> list[str]:
    """Return the last warnings and errors of the log, what a crash has left, and what the service manager says."""
    with LogReader(setup.peek_state().log) as reader:
        lines = [line for line in reader.read() if is_wanted(line, "warning", since)]
    told = [
        f"log: {line['event']} {line.get('reason') or line.get('error') or ''}".rstrip() for line in lines[-_LINES:]
    ]
    return [*told, *manager.excuse()]
