"""Starting a run on several machines with `mlx.launch`, and telling its end as a single process would."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from curatord.errors import CuratordError, ExitCode
from curatord.train.run_events import Failed, Finished, Paused, read_events

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from curatord.train.run_directory import RunDirectory

RANK = "MLX_RANK"  # in the environment of every process that mlx.launch starts
CRASHED = 70  # no outcome was told: EX_SOFTWARE of sysexits.h
PAUSE = "pause"  # a file in the run's directory: signals do not reach other machines


class LaunchError(CuratordError):
    """The processes that train together cannot be started."""


def is_launched() -> bool:
    """Whether this process is one of several that `mlx.launch` started."""
    return RANK in os.environ


def launch(run: RunDirectory, hosts: Sequence[str], shrink: int, module: str) -> int:
    """Run `python -m MODULE` on every host, this one first, and return its exit code.

    Hosts are IP addresses, as the ring back end needs them; each needs curatord and the base model, and to be reached
    by SSH without a password. Raises LaunchError where mlx.launch is not there.
    """
    pause = run.path / PAUSE
    pause.unlink(missing_ok=True)
    before = read_events(run.events).offset

    def ask_to_pause(_number: int, _frame: FrameType | None) -> None:
        pause.touch()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_pause)
    with subprocess.Popen(_command(run, hosts, shrink, module), preexec_fn=_ignore_signals) as process:  # noqa: PLW1509, S603  one thread, our own command
        process.wait()
    return _outcome(run, before)


def _command(run: RunDirectory, hosts: Sequence[str], shrink: int, module: str) -> list[str]:
    launcher = Path(sys.executable).with_name("mlx.launch")
    if not launcher.exists():
        raise LaunchError(f"{launcher} is missing.", hint="Install mlx again, or leave [training] hosts empty.")
    options = ["--backend", "ring", "--hosts", ",".join(hosts), "--starting-port", str(_free_port(len(hosts)))]
    return [str(launcher), *options, sys.executable, "-m", module, str(run.path), "--shrink", str(shrink)]


def _ignore_signals() -> None:
    """Let the launcher stay until its processes have paused: a signal to the group reaches it too."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _free_port(count: int) -> int:
    """Return a port such that it and those after it are likely free."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return min(int(probe.getsockname()[1]), 65535 - count)


def _outcome(run: RunDirectory, offset: int) -> int:
    """Return the exit code that the run's last word stands for: mlx.launch's own says nothing."""
    for event in reversed(read_events(run.events, offset).events):
        match event:
            case Finished():
                return ExitCode.OK
            case Paused():
                return ExitCode.BUSY
            case Failed():
                return ExitCode.FAILED
    return CRASHED
