"""Runs on disk, a stand-in that trains, and what a supervisor needs around it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from curatord.config import Training
from curatord.daemon.conditions import Readings
from curatord.daemon.events import Events
from curatord.daemon.promotion import Promotion
from curatord.daemon.supervisor import Supervisor, Surroundings
from curatord.paths import StateDirectory
from curatord.serve.adapters import Adapters
from curatord.train.run_directory import Request, RunDirectory, new_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STANDIN = (sys.executable, str(Path(__file__).with_name("standin_train.py")))
PATIENCE = 30.0


@dataclass
class Notebook:
    """A ledger that notes what it is told."""

    entries: list[tuple[str, str]] = field(default_factory=list)

    def mark(self, run: RunDirectory) -> None:
        """Note it."""
        self.entries.append(("mark", run.id))

    def forget(self, run: RunDirectory) -> None:
        """Note it."""
        self.entries.append(("forget", run.id))

    def keep(self, run: RunDirectory) -> None:
        """Note it."""
        self.entries.append(("keep", run.id))

    def restore(self, runs: Sequence[RunDirectory]) -> None:
        """Note them."""
        self.entries.extend(("restore", run.id) for run in runs)


@dataclass
class Weather:
    """A machine whose readings a test sets: batteries and heat cannot be had otherwise."""

    readings: Readings = field(default_factory=Readings)
    asked: int = 0

    def read(self, directory: Path, pid: int | None) -> Readings:  # noqa: ARG002  the machine's signature
        """Return what the test wants."""
        self.asked += 1
        return self.readings


@dataclass
class RunWorld:
    """A directory for runs and adapters."""

    directory: Path
    ledger: Notebook = field(default_factory=Notebook)
    events: Events = field(default_factory=Events)

    @property
    def promotion(self) -> Promotion:
        """Keeps adapters in the directory."""
        return Promotion(Adapters(StateDirectory(self.directory)), self.ledger, self.events, keep=lambda: 5)

    def around(self, *options: str) -> Surroundings:
        """Return the surroundings with a stand-in of these options."""
        return Surroundings((*STANDIN, *options), self.promotion, self.ledger, self.events)

    def run(self, reason: Literal["schedule", "asked"] = "schedule") -> RunDirectory:
        """Make a run that has not begun."""
        request = Request(
            reason=reason,
            seed=0,
            training=Training(),
            system="",
            store=self.directory / "store.db",
            models=self.directory / "models",
        )
        return new_run(self.directory / "runs", request)

    def supervised(self, *options: str) -> Supervisor:
        """Return a supervisor of a new run whose stand-in has these options."""
        return Supervisor(self.run(), self.around(*options))

    def told(self) -> list[str]:
        """Return the names of the events so far."""
        with self.events.listen(after=0) as listener:
            return [event.event for event in list(listener.queue) if event is not None]


def wait_until(condition: Callable[[], bool], what: str = "it to happen") -> None:
    """Wait for a condition, asking often; fail when patience ends."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s for {what}"
        time.sleep(0.01)


def until_it_left(supervisor: Supervisor) -> None:
    """Attend to a run until its process has ended."""
    wait_until(supervisor.attend, "the process to end")
