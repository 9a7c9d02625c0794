"""The control socket's file: made private, and put only where nothing or a dead one of ours stands."""

from __future__ import annotations

import socket
import stat
from typing import TYPE_CHECKING

from curatord.errors import AccessError

if TYPE_CHECKING:
    from pathlib import Path


def bind(path: Path) -> socket.socket:
    """Return a socket bound to `path`, for its owner alone (0600), not listening yet.

    The caller holds the instance lock, so a socket found there is a stale one and is replaced. Raises AccessError
    when anything else is found, or when the place cannot be used.
    """
    _remove_stale(path)
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        control.bind(str(path))
        # Nobody can connect before `listen`, so the mode may follow the bind; umask would change other threads' files.
        path.chmod(0o600)
    except OSError as error:
        control.close()
        raise AccessError(
            f"The control socket {path} cannot be made: {error.strerror}.", hint="Check the state directory."
        ) from error
    return control


def _remove_stale(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise AccessError(f"{path} is in the way of the control socket.", hint="Move it away.")
    path.unlink()
