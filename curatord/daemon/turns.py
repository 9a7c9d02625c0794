"""One thing after the other, in a thread that lives only while there is something to do."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_WAITING = 32  # whatever is slow misses the oldest

T = TypeVar("T")


class Turns(Generic[T]):
    """Has `work` done for each item, in order; `missed` is called with one that had to make room for another.

    Every method may be called from any thread, and none waits but `join`. Nothing begins once `stopping` is set.
    """

    def __init__(
        self, name: str, work: Callable[[T], None], missed: Callable[[T], None], stopping: threading.Event
    ) -> None:
        """Name the thread to be; there is none yet."""
        self._name = name
        self._work = work
        self._missed = missed
        self._stopping = stopping
        self._lock = threading.Lock()
        self._waiting: deque[T] = deque()
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being done."""
        return self._thread is not None

    def add(self, item: T) -> None:
        """Have the work done for an item as soon as its turn has come."""
        with self._lock:
            if len(self._waiting) == MOST_WAITING:
                self._missed(self._waiting.popleft())
            self._waiting.append(item)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def forget(self) -> None:
        """Begin nothing of what waits; the work in hand ends as it would have."""
        with self._lock:
            self._waiting.clear()

    def join(self, seconds: float) -> None:
        """Wait for the work in hand."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _run(self) -> None:
        while (item := self._next()) is not None:
            self._work(item)

    def _next(self) -> T | None:
        with self._lock:
            if self._waiting and not self._stopping.is_set():
                return self._waiting.popleft()
            self._thread = None
            return None
