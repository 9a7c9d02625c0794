"""Keeping every memory root watched: hints by the root's name, lost watches noticed and renewed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from curatord.log import get_logger
from curatord.memory.settle import Hint
from curatord.memory.watch import WatchdogWatcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.daemon.gauge import Gauge
    from curatord.daemon.roots import WatchedRoot

log = get_logger("watching")


class Watching:
    """Watches the gauge's roots. `on_hint` gets hints, `on_lost` is called when a root can no longer be watched."""

    def __init__(self, gauge: Gauge, on_hint: Callable[[Hint], None], on_lost: Callable[[], object]) -> None:
        """Watch nothing yet."""
        self._gauge = gauge
        self._on_hint = on_hint
        self._on_lost = on_lost
        self._lock = threading.Lock()  # `check` is called by a timer and by clients, `watch` by a reload
        self._names: dict[str, str] = {}
        self._watcher = WatchdogWatcher((), self._hint)

    def watch(self, roots: tuple[WatchedRoot, ...]) -> None:
        """Watch these roots from now on, and no others."""
        with self._lock:
            self._watcher.stop()
            self._names = {str(root.path): root.name for root in roots}
            self._watcher = WatchdogWatcher([root.path for root in roots], self._hint)
            self._watcher.start()
            self._gauge.lost = frozenset()
            self._gauge.watch_problems = self._watcher.problems()

    def check(self) -> None:
        """Renew the watches that were lost; where that cannot be done yet, the regular look at the disk has to do."""
        with self._lock:
            deaf = [path for path in self._watcher.check() if not self._watcher.rewatch(path)]
            lost = frozenset(self._names[str(path)] for path in deaf)
            fresh = lost - self._gauge.lost
            self._gauge.lost = lost
            self._gauge.watch_problems = self._watcher.problems()
        if fresh:
            log.warning("watch_lost", roots=sorted(fresh))
            self._on_lost()

    def stop(self) -> None:
        """Watch nothing any more; no hint comes after this has returned."""
        with self._lock:
            self._watcher.stop()

    def _hint(self, hint: Hint) -> None:
        if name := self._names.get(hint.root):
            self._on_hint(Hint(name, hint.path))
