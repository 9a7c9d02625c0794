"""Whether a daemon runs on a state directory, as its lock tells: also where it does not answer.

Every command starts here, so nothing is imported that takes long.
"""

from __future__ import annotations

import fcntl
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def is_locked(lock: Path) -> bool:
    """Tell whether a daemon holds its lock: the kernel lets go of it when the process has ended."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # there is none, or it may not be looked at
    return False


def holder_pid(lock: Path) -> int | None:
    """Return the process that holds the lock; None where there is none, or it has not yet said who it is."""
    if not is_locked(lock):
        return None
    try:
        return int(json.loads(lock.with_suffix(".pid").read_bytes())["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
