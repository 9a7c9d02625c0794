"""How far runs are, for clients that ask again and again: only what was told since is read."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from curatord.train.run_progress import progress

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.train.run_directory import RunDirectory
    from curatord.train.run_progress import Progress

KEPT = 16


class KnownProgress:
    """Remembers what it returned of the runs last asked for; safe from any thread."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: OrderedDict[Path, Progress] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, run: RunDirectory) -> Progress:
        """Return how far a run is; raises StoreError where its events cannot be read."""
        with self._lock:
            found = progress(run, self._known.get(run.path))
            self._known[run.path] = found
            self._known.move_to_end(run.path)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            return found
