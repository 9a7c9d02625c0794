"""The command of a hook while it runs: followed, its last output kept, and ended when its time is over."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence

KEPT_BYTES = 4096  # of the output, its end
SECONDS_TO_END = 0.5  # between the request to end and the order
_TICK = 0.1
_BLOCK_BYTES = 65_536
_LAST_BLOCKS = 16  # what a pipe holds at most: 1 MiB


class HookProcess:
    """A command in a process group of its own, without input; what it prints is read as it comes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Wrap a process that was started by `start`."""
        assert process.stdout is not None
        self._process = process
        self._pipe = process.stdout
        self._kept = b""
        os.set_blocking(self._pipe.fileno(), False)

    @classmethod
    def start(cls, command: Sequence[str], environment: Mapping[str, str]) -> Self:
        """Start a command, which no shell reads; raises OSError or ValueError where that cannot be."""
        process = subprocess.Popen(  # noqa: S603  the user's own command, from the user's own settings
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            process_group=0,
        )
        return cls(process)

    @property
    def output(self) -> str:
        """The end of what it has printed, standard error included."""
        return self._kept.decode("utf-8", "replace").strip()

    def follow(self, seconds: float, stopping: threading.Event) -> str | None:
        """Wait for the end, and bring it about after so many seconds or when `stopping` is set.

        Returns what went wrong, or None. What it has left running in the background is not waited for.
        """
        deadline = monotonic() + seconds
        ended_because = None
        with self._pipe, selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            while self._process.poll() is None:
                if stopping.is_set():
                    ended_because = "curatord is stopping"
                elif monotonic() > deadline:
                    ended_because = f"it was ended after {seconds:g} s"
                if ended_because is not None:
                    self._end()
                    break
                self._listen(selector, stopping)
            any(self._read() for _ in range(_LAST_BLOCKS))  # as many as there are until the end
        return ended_because or _trouble(self._process.returncode)

    def _listen(self, selector: selectors.BaseSelector, stopping: threading.Event) -> None:
        if not selector.get_map():  # it has closed its output and goes on
            stopping.wait(_TICK)
        elif selector.select(_TICK) and self._read():
            selector.unregister(self._pipe)

    def _read(self) -> bool:
        """Take a block of the output, where there is one; return whether there will be no more."""
        try:
            part = os.read(self._pipe.fileno(), _BLOCK_BYTES)
        except BlockingIOError:
            return False
        self._kept = (self._kept + part)[-KEPT_BYTES:]
        return not part

    def _end(self) -> None:
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(SECONDS_TO_END)
        self._signal(signal.SIGKILL)  # also what it had started and what did not heed the request
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS denies it where only zombies are left
            os.killpg(self._process.pid, number)


def _trouble(code: int) -> str | None:
    if code == 0:
        return None
    return f"it ended with exit code {code}" if code > 0 else f"it was ended by signal {-code}"
