"""Hearing of changes in memory roots, and noticing when one has gone deaf.

Events are only hints: they say when and where to look first. watchdog loses some under load, and stops for
good when a root is deleted, without telling; so a watch has to be checked, and what it missed found by a
scan.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from watchdog.events import FileSystemEvent, FileSystemEventHandler

from curatord.memory.ignore import IGNORE_FILE, is_noise
from curatord.memory.settle import Hint

if sys.platform == "darwin":
    from curatord.memory.fsevents import EVENTS, Observer, current_limit
else:
    from curatord.memory.inotify import EVENTS, Observer, current_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from watchdog.observers.api import ObservedWatch

_CONSEQUENCE = "changes there are found by the regular comparison only"


class Watcher(Protocol):
    """What the daemon needs of a source of hints."""

    def start(self) -> None:
        """Begin to watch every root that can be; start before the first scan, or changes fall between."""

    def stop(self) -> None:
        """Stop for good; no hint comes after this has returned."""

    def check(self) -> tuple[Path, ...]:
        """Return the roots that are not watched now, or lost events since their watch began."""

    def rewatch(self, root: Path) -> bool:
        """Watch `root` anew and hint at all of it; False where it still cannot be watched."""

    def problems(self) -> tuple[str, ...]:
        """Return what keeps changes from being seen at once, a sentence each, with what to do about it."""


@dataclass(slots=True)
class _Root:
    """One root: where it really lies, and which directory (device, inode) the watch is on."""

    path: Path
    resolved: str = ""
    identity: tuple[int, int] | None = None
    watch: ObservedWatch | None = None
    lost: bool = False
    failure: OSError | None = None
    unwatched: dict[str, int | None] = field(default_factory=dict)
    limit_then: int = 0


class WatchdogWatcher:
    """A `Watcher` on watchdog: inotify on Linux, FSEvents on macOS. It costs nothing while nothing changes.

    `on_hint` is called from watchdog's threads and from `rewatch`; it must be quick, must not raise, and must
    not wait for a thread that calls this watcher. `Hint.root` is the root as given. A root that is a symbolic
    link is resolved when its watch begins; links inside it are not followed.
    """

    def __init__(self, roots: Sequence[Path], on_hint: Callable[[Hint], None]) -> None:
        self._roots = {path: _Root(path) for path in roots}
        self._on_hint = on_hint
        self._observer: Observer | None = None
        self._instance_failure: OSError | None = None
        self._lock = threading.Lock()  # guards `lost` and `unwatched`, which watchdog's threads write

    def start(self) -> None:
        """Begin to watch every root that can be watched; see `Watcher.start`."""
        for root in self._roots.values():
            self._watch(root)

    def stop(self) -> None:
        """Stop watchdog's threads and wait for them."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None
        for root in self._roots.values():
            root.watch = None

    def check(self) -> tuple[Path, ...]:
        """Return the roots to `rewatch`: missing, replaced, deaf, overflowed, or now watchable in full."""
        return tuple(root.path for root in self._roots.values() if self._is_deaf(root))

    def rewatch(self, root: Path) -> bool:
        """Watch `root` anew and hint at all of it; False where it cannot be. Raises KeyError for no root."""
        watched = self._watch(self._roots[root])
        if watched:
            self._on_hint(Hint(str(root), None))
        return watched

    def problems(self) -> tuple[str, ...]:
        """Return the limits that were hit and the roots that cannot be watched, a sentence each."""
        sentences = [] if self._instance_failure is None else [_instance_sentence(self._instance_failure)]
        with self._lock:
            short = sum(_is_limit(number) for root in self._roots.values() for number in root.unwatched.values())
        if short:
            sentences.append(_limit_sentence(short))
        sentences += [
            f"{root.path} cannot be watched ({root.failure.strerror}): {_CONSEQUENCE}."
            for root in self._roots.values()
            if root.failure is not None and not _is_limit(root.failure.errno)
        ]
        return tuple(sentences)

    def _watch(self, root: _Root) -> bool:
        try:
            observer = self._listening_observer()
            self._forget(root, observer)
            status = root.path.stat()
            if not stat.S_ISDIR(status.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            root.resolved = os.path.realpath(root.path)
            root.identity = (status.st_dev, status.st_ino)
            handler = _Handler(str(root.path), root.resolved, self._on_hint)
            root.watch = observer.schedule(handler, root.resolved, recursive=True, event_filter=list(EVENTS))
        except FileNotFoundError:
            return False  # not there yet: no failure, the root's state says so
        except OSError as error:
            root.failure = error
            return False
        return True

    def _listening_observer(self) -> Observer:
        """Return the observer, or a new one where there is none or its threads have died; raises OSError."""
        if self._observer is not None and self._observer.is_listening():
            return self._observer
        self.stop()
        try:
            observer = Observer(self._on_loss, self._on_unwatched)
        except OSError as error:
            self._instance_failure = error
            raise
        self._instance_failure = None
        observer.start()
        self._observer = observer
        return observer

    def _forget(self, root: _Root, observer: Observer) -> None:
        if root.watch is not None:
            observer.unschedule(root.watch)
        root.watch = root.identity = root.failure = None
        with self._lock:
            root.lost = False
            root.unwatched.clear()

    def _is_deaf(self, root: _Root) -> bool:
        if root.watch is None or root.lost or self._observer is None or not self._observer.is_listening():
            return True
        if not any(emitter.watch == root.watch and emitter.is_alive() for emitter in self._observer.emitters):
            return True
        try:
            status = root.path.stat()
        except OSError:
            return True
        return (status.st_dev, status.st_ino) != root.identity or self._can_see_more(root)

    def _can_see_more(self, root: _Root) -> bool:
        """Tell whether an unwatched directory could be watched: the limit was raised, or its mode changed."""
        with self._lock:
            unwatched = dict(root.unwatched)
        if any(_is_limit(number) for number in unwatched.values()):
            return current_limit("watches") > root.limit_then
        return any(os.access(directory, os.R_OK, effective_ids=True) for directory in unwatched)

    def _on_loss(self, resolved: str | None) -> None:
        """Take it that anything may have changed, in one root or (None) in all."""
        lost = [root for root in self._roots.values() if resolved in (None, root.resolved)]
        with self._lock:
            for root in lost:
                root.lost = True
        for root in lost:
            self._on_hint(Hint(str(root.path), None))

    def _on_unwatched(self, directory: str, error: OSError) -> None:
        for root in self._roots.values():
            if root.resolved and _inside(directory, root.resolved) is not None:
                with self._lock:
                    root.unwatched[directory] = error.errno
                    root.limit_then = current_limit("watches")


class _Handler(FileSystemEventHandler):
    """Turns watchdog's events in one root into hints."""

    def __init__(self, root: str, resolved: str, on_hint: Callable[[Hint], None]) -> None:
        self._root = root
        self._resolved = resolved
        self._on_hint = on_hint

    def dispatch(self, event: FileSystemEvent) -> None:
        for path in (event.src_path, event.dest_path):  # both ends of a move
            if path:
                self._hint(os.fsdecode(path), is_directory=event.is_directory)

    def _hint(self, path: str, *, is_directory: bool) -> None:
        inside = _inside(path, self._resolved)
        # FSEvents may spell the root in another case or Unicode form: then `inside` is None.
        if not inside or inside == IGNORE_FILE:
            self._on_hint(Hint(self._root, None))
            return
        *above, name = inside.split("/")
        if is_noise(name, is_directory=is_directory) or any(is_noise(part, is_directory=True) for part in above):
            return
        self._on_hint(Hint(self._root, inside))


def _inside(path: str, directory: str) -> str | None:
    """Return `path` relative to `directory` ("" for itself), None where it lies elsewhere."""
    if path == directory:
        return ""
    prefix = directory.rstrip("/") + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def _is_limit(number: int | None) -> bool:
    return number in {errno.ENOSPC, errno.ENOMEM, errno.EMFILE}


def _limit_sentence(directories: int) -> str:
    now = current_limit("watches")
    return (
        f"{directories} directories are beyond the kernel's limit of {now} inotify watches: {_CONSEQUENCE}. "
        f"Raise it: sudo sysctl fs.inotify.max_user_watches={max(524_288, 2 * now)}"
    )


def _instance_sentence(error: OSError) -> str:
    now = current_limit("instances")
    return (
        f"Nothing can be watched ({error.strerror}): {_CONSEQUENCE}. "
        f"Raise it: sudo sysctl fs.inotify.max_user_instances={max(512, 2 * now)}"
    )
