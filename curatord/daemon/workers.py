"""The worker processes: each note gets one, a time budget, and no way to take the daemon down with it."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import deque
from concurrent.futures import TimeoutError as BudgetExceeded
from pathlib import Path
from typing import TYPE_CHECKING

from pebble import ProcessExpired, ProcessPool

from curatord.daemon.task import Examined, Task, failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pebble import ProcessFuture

    from curatord.config import Engine

QUEUED_PER_WORKER = 32  # a long note at the head of the queue must not leave the other workers idle


class Workers:
    """A pool that is started when there is something to read and given back when there is not."""

    def __init__(self, engine: Engine, work: Callable[[Task], Examined] | None = None) -> None:
        """Start nothing yet; `work` is what is done with each note, by default examining it."""
        self._engine = engine
        self._work = work or _examine
        self._count = engine.workers or min(4, os.cpu_count() or 1)
        self._pool: ProcessPool | None = None
        # A hint's thread may warm the pool while the ingest thread starts it or gives it back.
        self._lock = threading.RLock()

    def warm(self) -> None:
        """Start the processes ahead of need; the settle window is time enough for them to come up."""
        with self._lock:
            if self._pool is None:
                self._started().schedule(_ready)

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Examined]]:
        """Examine notes and yield the results in the order of the tasks.

        A note that crashes its process, exceeds its time or its memory gives a failed result; the others go on.
        Closing the iterator early gives up what has not been examined.
        """
        pool = self._started()
        waiting: deque[tuple[Task, ProcessFuture]] = deque()
        try:
            for task in tasks:
                waiting.append((task, pool.schedule(_guarded, args=(self._work, task), timeout=self._engine.seconds)))
                if len(waiting) >= self._count * QUEUED_PER_WORKER:
                    yield self._result(*waiting.popleft())
            while waiting:
                yield self._result(*waiting.popleft())
        finally:
            for _, future in waiting:
                future.cancel()

    def close(self) -> None:
        """End the processes at once."""
        with self._lock:
            if self._pool is not None:
                self._pool.stop()
                self._pool.join()
                self._pool = None

    def _started(self) -> ProcessPool:
        with self._lock:
            if self._pool is not None and not self._pool.active:
                self.close()  # something went wrong inside it, such as a process that could not be started
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=self._count,
                    initializer=_prepare,
                    initargs=(self._engine.memory_mb,),
                    # fork would copy locks held by the daemon's threads and an open SQLite connection.
                    context=multiprocessing.get_context("spawn"),
                )
            return self._pool

    def _result(self, task: Task, future: ProcessFuture) -> tuple[Task, Examined]:
        try:
            found: Examined = future.result()
        except BudgetExceeded:
            found = failed(task, "too_slow", f"reading it took longer than {self._engine.seconds:g} s")
        except ProcessExpired as error:
            found = failed(task, "crashed", f"the process reading it died (exit code {error.exitcode})")
        except MemoryError:
            found = failed(task, "too_hungry", f"reading it took more than {self._engine.memory_mb} MiB of memory")
        return task, found


def _guarded(work: Callable[[Task], Examined], task: Task) -> Examined:
    """Do the work; a fault of ours in one note must not keep the others out.

    An error's own text may quote the note, so only its type and the place in our code are told.
    """
    try:
        return work(task)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  see above
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
        return failed(task, "broken", f"reading it failed with {where}, a fault of curatord")


def _examine(task: Task) -> Examined:
    """Examine a note; imported in the worker, so that the daemon never holds the parser and the phrasings."""
    from curatord.daemon.examine import examine  # noqa: PLC0415  see above

    return examine(task)


def _ready() -> None:
    """Import what the first note will need."""
    import curatord.daemon.examine  # noqa: F401, PLC0415  see above


def _prepare(memory_mb: int) -> None:
    # A note's values are freed by reference counts; looking for cycles as often as usual costs a sixth of the time.
    gc.set_threshold(100_000, 20, 100)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the daemon decides
    if sys.platform == "linux":
        import resource  # noqa: PLC0415  RLIMIT_AS is honoured on Linux only

        limit = memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
