"""The child process of a run: `python -m curatord.train RUN_DIR [--shrink K]`.

Exits with 0 when the run is finished, 75 when it was asked to pause (SIGTERM, SIGINT), 1 when it failed; why stands in
the last event. Every other end is a crash, after which the run goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from curatord.errors import CuratordError, ExitCode
from curatord.train import launch
from curatord.train.run_directory import RunDirectory
from curatord.train.run_events import EventLog, Failed
from curatord.train.stop_signal import StopSignal

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.train.job import Afterwards
    from curatord.train.run_events import Event

    Prepare = Callable[[RunDirectory, Callable[[Event], None], Callable[[], bool]], Afterwards]


def main(module: str = "curatord.train", prepare: Prepare | None = None) -> int:
    """Do the run that the command line names.

    `module` is what was started; `prepare` makes what is to be done with the adapter afterwards.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description="Do a training run.")
    parser.add_argument("run", type=Path, help="the run's directory")
    parser.add_argument("--shrink", type=int, default=0, help="halve the batches so many times")
    arguments = parser.parse_args()
    run = RunDirectory(arguments.run.resolve())
    if launch.is_launched() and int(os.environ[launch.RANK]) > 0:
        return _help(arguments.shrink)
    with EventLog(run.events) as log:
        try:
            return _work(run, log, arguments.shrink, module, prepare)
        except CuratordError as error:
            return _fail(log, error.message, error.hint)
        except OSError as error:
            return _fail(log, f"{error.filename or run.path}: {error.strerror}.", "Free some space, or check the disk.")
        except Exception as error:
            _fail(log, f"Training failed: {type(error).__name__}: {error}.", "This is a fault in curatord.")
            raise


def _work(run: RunDirectory, log: EventLog, shrink: int, module: str, prepare: Prepare | None) -> int:
    hosts = run.request().training.hosts
    if hosts and not launch.is_launched():
        return launch.launch(run, hosts, shrink, module)
    # The training libraries take a second to import, and what is wrong with them belongs into the events too.
    from curatord.train import machines  # noqa: PLC0415
    from curatord.train.job import Job  # noqa: PLC0415

    stop, pause = _listen(), run.path / launch.PAUSE

    def must_stop() -> bool:
        return stop.received or pause.exists()

    afterwards = prepare(run, log.append, must_stop) if prepare else None
    finished = Job(run, log, must_stop=must_stop, shrink=shrink, share=machines.join(), afterwards=afterwards).work()
    return ExitCode.OK if finished else ExitCode.BUSY


def _help(shrink: int) -> int:
    """Work on a share of the batches of another process's run; that one tells what happens and keeps the results."""
    from curatord.train import machines  # noqa: PLC0415  as above
    from curatord.train.job import Job  # noqa: PLC0415

    stop, share = _listen(), machines.join()
    with TemporaryDirectory(prefix="curatord-") as directory:
        machines.receive(Path(directory))
        finished = Job(
            RunDirectory(Path(directory)), None, must_stop=lambda: stop.received, shrink=shrink, share=share
        ).work()
    return ExitCode.OK if finished else ExitCode.BUSY


def _listen() -> StopSignal:
    stop = StopSignal()
    stop.listen()
    return stop


def _fail(log: EventLog, message: str, hint: str) -> int:
    with suppress(CuratordError):  # the disk may be what failed
        log.append(Failed(message=message, hint=hint))
    sys.stderr.write(f"curatord: {message} {hint}\n")
    return ExitCode.FAILED


if __name__ == "__main__":
    sys.exit(main())
