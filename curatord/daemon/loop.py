"""The ingest thread: waits for hints to settle or for somebody to ask, then brings the store in line.

It alone writes to the store. Everybody else leaves a hint or a request and, if they like, waits.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.memory.settle import Hint, SettleWindow

IDLE_SECONDS = 30.0  # with nothing to do for so long, the worker processes are given back

Paths = dict[str, tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one pass of the loop is to do: look at some paths, or (None) at everything."""

    paths: Paths | None
    number: int


class IngestLoop:
    """Turns hints and requests into passes, one at a time, in a thread of its own.

    `work` does a pass; `warm` is called when the first hint of a batch arrives, `idle` when nothing has happened for
    half a minute. An exception of `work` is given to `on_failure` and the loop goes on; the next full pass makes up.
    """

    def __init__(
        self,
        window: SettleWindow,
        work: Callable[[Turn], None],
        *,
        warm: Callable[[], None],
        idle: Callable[[], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        """Prepare; `start` begins."""
        self._window = window
        self._work = work
        self._warm = warm
        self._idle = idle
        self._on_failure = on_failure
        self._condition = threading.Condition()
        self._requested = 0  # number of the latest request for a full pass
        self._completed = 0  # number of the latest request whose pass has ended
        self._succeeded = 0  # number of the latest request whose pass has ended well
        self._nudged = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)

    def start(self) -> None:
        """Start the thread with a full pass."""
        self._requested = 1
        self._thread.start()

    def begin_to_stop(self) -> None:
        """Ask the thread to end, and release those who wait for a pass."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()

    def stop(self, timeout: float) -> bool:
        """Ask the thread to end and wait; return whether it did."""
        self.begin_to_stop()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def add_hint(self, hint: Hint) -> None:
        """Note that something may have changed; safe from any thread."""
        with self._condition:
            first = self._window.due_at() is None
            self._window.add(hint, monotonic())
            self._condition.notify_all()
        if first:
            self._warm()

    def request(self) -> int:
        """Ask for a full pass without waiting for things to settle; return a number to wait for."""
        with self._condition:
            self._requested += 1
            self._condition.notify_all()
            return self._requested

    def nudge(self) -> None:
        """Ask for a pass that looks at nothing: for what else its thread does."""
        with self._condition:
            self._nudged = True
            self._condition.notify_all()

    def wait(self, number: int, timeout: float | None = None) -> bool:
        """Wait until the pass for a request has ended; return whether it has, and well."""
        with self._condition:
            self._condition.wait_for(lambda: self._completed >= number or self._stopping, timeout)
            return self._succeeded >= number

    def set_window(self, window: SettleWindow) -> None:
        """Use another settle window from now on; hints that waited in the old one are covered by a full pass."""
        with self._condition:
            self._window = window
        self.request()

    @property
    def settling(self) -> int:
        """How many hints wait for quiet."""
        with self._condition:
            return self._window.pending

    @property
    def stopping(self) -> bool:
        """Whether the loop has been asked to end."""
        return self._stopping

    def _run(self) -> None:
        while (turn := self._next_turn()) is not None:
            succeeded = 0
            try:
                self._work(turn)
                succeeded = turn.number
            except Exception as error:  # noqa: BLE001  whatever it was, the daemon goes on and says so
                self._on_failure(error)
            with self._condition:
                self._completed = max(self._completed, turn.number)
                self._succeeded = max(self._succeeded, succeeded)
                self._condition.notify_all()

    def _next_turn(self) -> Turn | None:
        idle_at: float | None = monotonic() + IDLE_SECONDS
        with self._condition:
            while not self._stopping:
                nudged, self._nudged = self._nudged, False
                if self._requested > self._completed:
                    self._window.take()
                    return Turn(None, self._requested)
                now, due = monotonic(), self._window.due_at()
                if due is not None and due <= now:
                    return Turn(self._window.take().by_root(), 0)
                if nudged:
                    return Turn({}, 0)
                if due is None and idle_at is not None and idle_at <= now:
                    idle_at = None
                    self._rest()
                    continue
                self._condition.wait(_shortest(due, idle_at, now))
        return None

    def _rest(self) -> None:
        """Give the workers back, outside the lock: ending processes takes a moment."""
        self._condition.release()
        try:
            self._idle()
        finally:
            self._condition.acquire()


def _shortest(due: float | None, idle_at: float | None, now: float) -> float | None:
    waits = [moment - now for moment in (due, idle_at) if moment is not None]
    return max(0.0, min(waits)) if waits else None
