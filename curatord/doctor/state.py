"""The state directory, the store in it, the socket, and the daemon behind that."""

from __future__ import annotations

import os
import shlex
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from curatord import __version__
from curatord.control.client import Client
from curatord.control.running import holder_pid, is_locked
from curatord.doctor.finding import fail, ok, warn
from curatord.errors import AccessError, CuratordError
from curatord.paths import is_directory
from curatord.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.doctor.finding import Finding, Situation

_PRIVATE = 0o700
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smbfs", "smb3", "afpfs", "webdav", "9p", "fuse.sshfs", "davfs"})
_SECONDS = 5.0


def permissions(situation: Situation) -> Finding:
    """Check that the state directory is this user's, private, writable, and on a disk of this machine."""
    path = situation.state.path
    if not os.path.lexists(path):
        return _can_be_made(path)
    return next(_permission_troubles(situation), ok(f"The state directory {path} is private and writable."))


def _permission_troubles(situation: Situation) -> Iterator[Finding]:
    path, quoted = situation.state.path, shlex.quote(str(situation.state.path))
    if not is_directory(path):
        yield fail(f"{path} is in the way of the state directory.", f"mv {quoted} {quoted}.old")
        return
    status = path.stat()
    if status.st_uid != os.geteuid():
        yield fail(f"The state directory {path} belongs to another user.", f"sudo chown -R $USER {quoted}")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        yield fail(f"The state directory {path} may not be written.", f"chmod u+rwx {quoted}")
    for file in _files(situation):
        if file.stat().st_uid != os.geteuid():
            yield fail(f"{file} belongs to another user.", f"sudo chown -R $USER {quoted}")
    if stat.S_IMODE(status.st_mode) & ~_PRIVATE:
        yield warn(f"Other users may look into the state directory {path}.", f"chmod 700 {quoted}")
    if (kind := _file_system(path)) in _NETWORK:
        yield warn(f"{path} is on a network file system ({kind}), where SQLite is not safe.", "Set [state] dir.")


def store(situation: Situation) -> Finding:
    """Check that the store can be read and is whole."""
    file = situation.state.store
    if not os.path.lexists(file):
        return ok("There is no store yet; the first start makes it.")
    remedy = f"curatord stop; mv {shlex.quote(str(file))} {shlex.quote(str(file))}.old; curatord build"
    try:
        with closing(Store.open_reader(file)) as opened:
            found = opened.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except CuratordError as error:
        return fail(error.message, remedy)
    except sqlite3.Error as error:
        return fail(f"The store {file} cannot be read: {error}.", remedy)
    if found != "ok":
        return fail(f"The store {file} is damaged: {found}.", remedy)
    return ok(f"The store is whole ({file.stat().st_size // 1024} KiB).")


def socket(situation: Situation) -> Finding:
    """Check that a daemon answers at its socket, or that none runs and nothing is in its way."""
    try:
        path = situation.state.socket
    except (AccessError, OSError) as error:
        return fail(f"There is no place for the control socket: {error}", 'Set [state] dir = "~/.curatord".')
    mode = path.lstat().st_mode if os.path.lexists(path) else None
    if mode is not None and not stat.S_ISSOCK(mode):
        return fail(f"{path} is in the way of the control socket.", f"mv {shlex.quote(str(path))} /tmp/")
    if is_locked(situation.state.lock):
        return _running(situation, path, mode)
    if mode is not None:
        told = f"{path} is left over from a daemon that was killed; the next start replaces it."
        return warn(told, f"rm {shlex.quote(str(path))}")
    return ok("No daemon runs, and nothing is in the way of its socket.")


def _running(situation: Situation, path: Path, mode: int | None) -> Finding:
    if mode is None:
        pid = holder_pid(situation.state.lock)
        return fail(f"A daemon runs (pid {pid}), and its socket is gone.", _restart(situation))
    if stat.S_IMODE(mode) & 0o077:
        return fail(f"Other users may talk to the daemon at {path}.", f"chmod 600 {shlex.quote(str(path))}")
    return _answer(situation)


def _answer(situation: Situation) -> Finding:
    try:
        status = Client(situation.state, timeout=_SECONDS).get("/v1/status")
    except CuratordError as error:
        return fail(error.message, _restart(situation))
    if status["version"] != __version__:
        return warn(f"The daemon that runs is {status['version']}, and this is {__version__}.", _restart(situation))
    return ok(f"A daemon runs (pid {status['pid']}) and answers.")


def _restart(situation: Situation) -> str:
    pid = holder_pid(situation.state.lock)
    return f"kill {pid}" if pid else "curatord stop"


def _can_be_made(path: Path) -> Finding:
    parent = next(above for above in path.parents if os.path.lexists(above))
    if not is_directory(parent) or not os.access(parent, os.W_OK | os.X_OK, effective_ids=True):
        return fail(f"The state directory {path} cannot be made in {parent}.", "Set [state] dir to a place of yours.")
    return ok(f"The first start makes the state directory {path}.")


def _files(situation: Situation) -> Iterator[Path]:
    state = situation.state
    yield from (file for file in (state.store, state.lock, state.log, state.shards, state.runs) if file.exists())


def _file_system(path: Path) -> str:
    """Return the kind of the file system that a path is on; nothing where that is not known."""
    import psutil  # noqa: PLC0415  needed here alone

    mounted = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    return next((mounted[above] for above in (path.resolve(), *path.resolve().parents) if above in mounted), "")
