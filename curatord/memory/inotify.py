"""watchdog's inotify observer, made to tell what it otherwise only logs or hides (Linux).

watchdog 7.1 answers a queue overflow by a log line and new watches, with no event; and where the kernel
grants no more watches, it leaves directories below the root unwatched without a word. See inotify(7).
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
)
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter, InotifyObserver
from watchdog.observers.inotify_c import InotifyFD

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchdog.observers.inotify_c import CallbackId, InotifyEvent, Mask, WatchCallback, WatchDescriptor

# What is filtered here never leaves the kernel: opening and reading notes, and each write before the last,
# would fill its queue. A file is created empty, or whole by link(2); what is written shows when it is closed.
EVENTS: tuple[type[FileSystemEvent], ...] = (
    FileCreatedEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
)


class Observer(InotifyObserver):
    """Calls `on_loss(None)` after an overflow, and `on_unwatched(directory, error)` for blind spots.

    Both come from watchdog's threads. Raises OSError (EMFILE) where the user has no inotify instance left.
    """

    def __init__(self, on_loss: Callable[[str | None], None], on_unwatched: Callable[[str, OSError], None]) -> None:
        # InotifyObserver would make its own descriptor; all else it does at the start is done here.
        self._inotify_fd = _Descriptor(on_loss, on_unwatched)
        self._inotify_fd.start()
        BaseObserver.__init__(self, InotifyEmitter, inotify_fd=self._inotify_fd)

    def is_listening(self) -> bool:
        """Tell whether the threads that read and dispatch events are alive."""
        return self.is_alive() and self._inotify_fd.is_alive()


class _Descriptor(InotifyFD):
    def __init__(self, on_loss: Callable[[str | None], None], on_unwatched: Callable[[str, OSError], None]) -> None:
        super().__init__()
        self._on_loss = on_loss
        self._on_unwatched = on_unwatched

    def add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
        try:
            # watchdog takes a watch that the kernel refused with EACCES for one that it granted.
            if os.path.lexists(path) and not os.access(path, os.R_OK, effective_ids=True):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fsdecode(path))
            return super().add_callback(path, mask, callback, id_)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
                self._on_unwatched(os.fsdecode(path), error)
            raise

    def _add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
        # A new directory is often registered twice: by the walk that its parent's event sets off, and by its own
        # event. watchdog warns of that each time, and where warnings are errors its reader thread dies of it.
        watch = self._get_or_create_watch(path, mask)
        watch.callbacks[id_] = callback
        return watch.wd

    def handle_event(self, event: InotifyEvent) -> None:
        super().handle_event(event)
        if event.is_queue_overflow:
            self._on_loss(None)


def current_limit(of: Literal["watches", "instances"]) -> int:
    """Return how many inotify watches or instances one user may have; 0 where the kernel does not tell."""
    files = (Path(f"/proc/sys/fs/inotify/max_user_{of}"), Path(f"/proc/sys/user/max_inotify_{of}"))
    # The second is the user namespace's own: in a container it may be the lower one.
    return min((int(file.read_text()) for file in files if file.exists()), default=0)
