"""The memory roots: whether they can be read, watched, and, on macOS, reached by a service."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from curatord.control.client import Client
from curatord.daemon.roots import name_roots
from curatord.doctor.finding import fail, ok, warn
from curatord.errors import CuratordError
from curatord.memory.scan import scan_root

if sys.platform == "darwin":
    from curatord.memory.fsevents import current_limit
else:
    from curatord.memory.inotify import current_limit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from curatord.doctor.finding import Finding, Situation

_SECONDS = 5.0
_SPARE_WATCHES = 0.8  # of the limit; notes come to be, and other programs watch too


def roots(situation: Situation) -> Finding:
    """Check that every memory root is there and can be read, with all that is in it."""
    named = name_roots(situation.settings.memory.roots)
    if not named:
        return warn("No memory root is configured.", "curatord init")
    for root in named:
        trouble = root.trouble()
        if trouble == "missing":
            return fail(f"{root.configured} is not there.", f"mkdir -p {shlex.quote(str(root.configured))}")
        if trouble is not None:
            return fail(f"{root.configured} may not be read.", f"chmod u+rx {shlex.quote(str(root.path))}")
    scans = {root.configured: scan_root(root.path, situation.settings.memory.ignore) for root in named}
    for path, scan in scans.items():
        if closed := [problem for problem in scan.problems if problem.code == "unreadable"]:
            places = ", ".join(problem.path for problem in closed[:3])
            return warn(
                f"In {path} {len(closed)} directories may not be read: {places}.",
                f"chmod -R u+rX {shlex.quote(str(path))}",
            )
        if hidden := [entry for entry in scan.entries if not os.access(path / entry.path, os.R_OK, effective_ids=True)]:
            told = f"In {path} {len(hidden)} notes may not be read: {hidden[0].path}."
            return warn(told, f"chmod u+r {shlex.quote(str(path / hidden[0].path))}")
    notes = sum(len(scan.entries) for scan in scans.values())
    return ok(f"{len(named)} memory {'root' if len(named) == 1 else 'roots'} with {notes} notes can be read.")


def watches(situation: Situation) -> Finding:
    """Check that the kernel grants as many watches as the memory roots have directories."""
    if sys.platform == "darwin":
        return ok("FSEvents watches any number of directories.")
    needed = sum(_directories(root.path) for root in situation.settings.memory.roots)
    watches_limit, instances_limit = current_limit("watches"), current_limit("instances")
    instances, taken = _held(Path("/proc"), os.getuid())
    raise_to = max(524_288, 2 * watches_limit)
    if needed > watches_limit:
        told = f"{needed} directories are to be watched, and the kernel grants {watches_limit} watches to a user."
        return warn(told, f"sudo sysctl fs.inotify.max_user_watches={raise_to}")
    if instances >= instances_limit:
        told = f"All {instances_limit} inotify instances of this user are taken."
        return warn(told, f"sudo sysctl fs.inotify.max_user_instances={max(512, 2 * instances_limit)}")
    if max(needed, taken) > _SPARE_WATCHES * watches_limit:
        told = f"{taken} of {watches_limit} inotify watches are taken, and {needed} directories are to be watched."
        return warn(told, f"sudo sysctl fs.inotify.max_user_watches={raise_to}")
    return ok(f"{needed} directories to watch; the kernel grants {watches_limit} watches.")


def _directories(root: Path) -> int:
    """Count a root and all directories below it, hidden ones too: the observer watches them all."""
    return sum(1 for _ in os.walk(root))


def _held(processes: Path, user: int) -> tuple[int, int]:
    """Return how many inotify instances and watches the processes of a user hold, as far as that may be seen."""
    instances = watched = 0
    for directory in processes.glob("[0-9]*"):
        try:
            if directory.stat().st_uid != user:
                continue
            infos = [info.read_text() for info in (directory / "fdinfo").iterdir()]
        except OSError:
            continue  # it has ended, or may not be looked at
        counts = [count for info in infos if (count := info.count("inotify wd:"))]
        instances += len(counts)
        watched += sum(counts)
    return instances, watched


# --- macOS ------------------------------------------------------------------------------------------------------------

_PROTECTED = ("Documents", "Desktop", "Downloads", "Library/Mobile Documents", "Library/CloudStorage")
_SETTINGS = "open 'x-apple.systempreferences:com.apple.preference.security?Privacy_AllFiles'"


def access(situation: Situation, platform: str = sys.platform, home: Path | None = None) -> Finding:
    """Check that no memory root lies where macOS lets a service in only after a person has said so (TCC).

    A daemon that runs knows best: it was let in, or was not.
    """
    if platform != "darwin":
        return ok("Nothing but permissions keeps a service from notes here.")
    behind = protected((root.path for root in situation.settings.memory.roots), home or Path.home())
    states = _states(situation) if behind else {}
    closed = [path for path in behind if states.get(path) != "watching"]
    if not closed:
        told = "The daemon is let into every memory root." if behind else "macOS guards none of the memory roots."
        return ok(told)
    interpreter = Path(sys.executable).resolve()
    told = f"macOS guards {closed[0]}: give {interpreter} Full Disk Access, or move the notes."
    return fail(told, _SETTINGS) if closed[0] in states else warn(told, _SETTINGS)


def _states(situation: Situation) -> dict[Path, str]:
    """Return how a running daemon finds the memory roots; nothing where none runs."""
    try:
        status = Client(situation.state, timeout=_SECONDS).get("/v1/status")
    except CuratordError:
        return {}
    return {Path(root["path"]): root["state"] for root in status["roots"]}


def protected(paths: Iterable[Path], home: Path) -> list[Path]:
    """Return the directories that lie in places that macOS guards."""
    guarded = [*(home / name for name in _PROTECTED), Path("/Volumes")]
    return [path for path in paths if any(path.resolve().is_relative_to(place.resolve()) for place in guarded)]
