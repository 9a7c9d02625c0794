"""One daemon a state directory: a lock file held open for life, with the holder's pid and version inside."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from filelock import Timeout, UnixFileLock

from curatord import __version__
from curatord.errors import BusyError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock, as the holder wrote it; pid 0 while it has not yet."""

    pid: int = 0
    version: str = ""


# A command that looks whether a daemon runs holds the lock for an instant (`control.running`): no reason to give up.
SECONDS_TO_TAKE = 0.5
POLL_SECONDS = 0.02


class InstanceLock:
    """The lock of one state directory.

    The file is never removed: unlinking a locked file would let a second daemon lock a new one of the same name.
    The kernel lets go of the lock when the process ends, however it ends.
    """

    def __init__(self, path: Path) -> None:
        """Name the lock; nothing is taken yet."""
        self.path = path
        self._lock = UnixFileLock(path, timeout=SECONDS_TO_TAKE, poll_interval=POLL_SECONDS, mode=0o600)
        self._note = path.with_suffix(".pid")

    def acquire(self) -> None:
        """Take the lock or raise BusyError naming the process that has it."""
        try:
            self._lock.acquire()
        except Timeout as error:
            raise BusyError(f"curatord is already running (pid {self.holder().pid}).") from error
        content = {"pid": os.getpid(), "version": __version__}
        descriptor = os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor, not a path
            file.write(orjson.dumps(content))

    def release(self) -> None:
        """Let go of the lock."""
        self._lock.release()

    def holder(self) -> Holder:
        """Return what the holder wrote about itself."""
        try:
            content = orjson.loads(self._note.read_bytes())
            return Holder(int(content["pid"]), str(content["version"]))
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return Holder()
