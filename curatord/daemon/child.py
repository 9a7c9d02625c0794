"""The process that trains: started apart from the daemon, asked to leave, and found again after the daemon's death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

import psutil

from curatord.errors import ExitCode
from curatord.train.environment import training_environment

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.train.run_directory import RunDirectory

TRAIN = (sys.executable, "-m", "curatord.exam")  # trains, and examines what came of it
NICENESS = 10
OUTPUT = "output.txt"
_LAST_BYTES = 2000


class Ending(StrEnum):
    """How a process that trained came to its end."""

    DONE = "done"
    PAUSED = "paused"
    FAILED = "failed"
    CRASHED = "crashed"


def ending(code: int, *, asked_to_leave: bool) -> Ending:
    """Return what an exit code means (negative: the signal that ended it), given whether it was asked to leave."""
    if code == ExitCode.OK:
        return Ending.DONE
    if code == ExitCode.FAILED:
        return Ending.FAILED
    return Ending.PAUSED if asked_to_leave or code == ExitCode.BUSY else Ending.CRASHED


class Child:
    """A process that trains, in a process group of its own: a Ctrl-C at the daemon's terminal is not meant for it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Wrap a process that was started by `start`."""
        self._process = process

    @classmethod
    def start(cls, command: tuple[str, ...], run: RunDirectory, shrink: int) -> Child:
        """Start `COMMAND RUN_DIRECTORY [--shrink K]` at low priority; raises OSError where that cannot be.

        What it prints is added to a file in the run's directory.
        """
        arguments = [*command, str(run.path), *(["--shrink", str(shrink)] if shrink else [])]
        descriptor = os.open(run.path / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                env=training_environment(os.environ),
                process_group=0,
            )
        finally:
            os.close(descriptor)
        with suppress(ProcessLookupError):  # ended already: its exit code will tell
            os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        return cls(process)

    @property
    def pid(self) -> int:
        """The process's id, which is its group's too."""
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit code once the process has ended."""
        return self._process.poll()

    def ask_to_leave(self) -> None:
        """Have it write a checkpoint after the step in hand, and end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, and all that it started."""
        self._signal(signal.SIGKILL)

    def wait(self, seconds: float) -> bool:
        """Wait for the end; return whether it has come."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


def end_orphan(run: RunDirectory, pid: int, seconds: float) -> bool:
    """End the process that a daemon before this one started for a run; return whether it was still there.

    A process is taken for it if the run's directory stands in its command line: ids are given out again.
    """
    try:
        process = psutil.Process(pid)
        if str(run.path) not in process.cmdline():
            return False
        process.terminate()
        with suppress(psutil.TimeoutExpired):
            process.wait(seconds)
            return True
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        process.wait(seconds)
    except psutil.Error:  # it has gone meanwhile, or is not ours
        return False
    return True


def describe(code: int, run: RunDirectory) -> str:
    """Return in words how a process ended, with the last line that it printed."""
    how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
    line = _last_line(run.path / OUTPUT)
    return f"{how}: {line}" if line else how


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_line(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _LAST_BYTES))
            lines = stream.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:300]
