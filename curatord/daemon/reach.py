"""Whether the daemon gets at its memory roots: a look into each, which may hang, from a thread that may hang with it.

macOS asks its user before a program may read the desktop, the documents, downloads, iCloud and other clouds, and
volumes (TCC). A daemon has none of the rights that the terminal has. Its first look waits until somebody answers the
question, or fails as if file permissions were wrong. What counts is what this process can do, so it must look itself.
A network volume that has gone hangs in the same way, on Linux too.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from curatord.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 5.0
SETTINGS = "System Settings > Privacy & Security > Full Disk Access"

# Below the home directory; Dropbox, OneDrive and Google Drive live in CloudStorage (FileProvider).
_PROTECTED = ("Desktop", "Documents", "Downloads", "Library/Mobile Documents", "Library/CloudStorage")
_VOLUMES = Path("/Volumes")

log = get_logger("reach")


def is_protected(path: Path, home: Path) -> bool:
    """Tell whether macOS asks its user before a program may look into a directory."""
    return path.is_relative_to(_VOLUMES) or any(path.is_relative_to(home / place) for place in _PROTECTED)


def executable() -> str:
    """Return the program that this process runs, to which macOS grants rights: no link, and no virtual environment."""
    try:
        return psutil.Process().exe() or os.path.realpath(sys.executable)
    except psutil.Error:
        return os.path.realpath(sys.executable)


@dataclass(slots=True)
class _Look:
    """A look into a directory: whether it has ended, with which error, and whether it was waited for in vain."""

    has_ended: bool = False
    is_late: bool = False
    error: OSError | None = None
    change: threading.Condition = field(default_factory=threading.Condition)


class Reach:
    """Looks into directories and tells what keeps the daemon out; `barrier` is for one thread at a time.

    `answered` is called, from another thread, when a directory has answered that did not answer in time; the notes in
    it are to be read then.
    """

    def __init__(
        self,
        look: Callable[[Path], None] | None = None,
        *,
        seconds: float = SECONDS,
        macos: bool = sys.platform == "darwin",
        home: Path | None = None,
    ) -> None:
        """Look by listing a directory, and wait so long for an answer; what is protected depends on the platform."""
        self.answered: Callable[[], object] = lambda: None
        self.barriers: dict[Path, str] = {}  # replaced as a whole: other threads read it
        self._look = look or _list_first
        self._seconds = seconds
        self._macos = macos
        self._home = home or Path.home()
        self._looks: dict[Path, _Look] = {}

    def barrier(self, directory: Path) -> str | None:
        """Return in a sentence what keeps the daemon out of a directory and what to do; None where nothing does.

        Takes a few seconds the first time that a directory does not answer, and no time as long as it goes on so.
        """
        look = self._looks.get(directory) or self._begin(directory)
        with look.change:
            look.change.wait_for(lambda: look.has_ended, 0 if look.is_late else self._seconds)
            look.is_late = not look.has_ended
        if look.has_ended:
            del self._looks[directory]
        found = self._silent(directory) if look.is_late else self._refused(directory, look.error)
        self._remember(directory, found)
        return found

    def _begin(self, directory: Path) -> _Look:
        look = self._looks[directory] = _Look()
        threading.Thread(target=self._do, args=(directory, look), name="reach", daemon=True).start()
        return look

    def _do(self, directory: Path, look: _Look) -> None:
        error = None
        try:
            self._look(directory)
        except OSError as raised:
            error = raised
        with look.change:
            look.error, look.has_ended = error, True
            look.change.notify_all()
            is_late = look.is_late
        if is_late:
            log.info("root_answered", path=str(directory))
            self.answered()

    def _silent(self, directory: Path) -> str:
        if self._macos and is_protected(directory, self._home):
            return (
                f"{directory} does not answer: macOS waits for somebody to allow curatord to read it. {self._grant()}"
            )
        return f"{directory} does not answer: is it on a network volume that is away? It is read as soon as it does."

    def _refused(self, directory: Path, error: OSError | None) -> str | None:
        if error is None or not self._macos:
            return None  # on Linux the scan tells it as well
        if error.errno in (errno.EPERM, errno.EACCES) and is_protected(directory, self._home):
            return f"macOS does not let curatord read {directory}. {self._grant()}"
        if error.errno == errno.EDEADLK:  # MaterializeDatalessFiles is off: a look fetches nothing
            return f"{directory} is in the cloud and not on this Mac: open it in the Finder, and keep it downloaded."
        return None

    def _grant(self) -> str:
        return f"Give Full Disk Access to {executable()} in {SETTINGS}, then run `curatord restart`."

    def _remember(self, directory: Path, found: str | None) -> None:
        others = {path: told for path, told in self.barriers.items() if path != directory}
        if found is not None and self.barriers.get(directory) != found:
            log.warning("root_out_of_reach", path=str(directory), reason=found)
        self.barriers = others if found is None else {**others, directory: found}


def _list_first(directory: Path) -> None:
    """Open a directory and read from it: opening alone may be allowed."""
    with os.scandir(directory) as listing:
        next(listing, None)
