"""Reading a note's bytes from a directory that anything may stand in, and that others write to meanwhile."""

from __future__ import annotations

import errno
import os
import stat
import time
from typing import TYPE_CHECKING

from curatord.errors import CuratordError

if TYPE_CHECKING:
    from pathlib import Path


class ReadProblem(CuratordError):  # noqa: N818  # a state of a file, listed by `curatord problems`
    """A note cannot be read.

    `code` is one of missing, unreadable, symlink, not_a_file, too_large, changing and evicted.
    """

    def __init__(self, message: str | None = None, *, code: str = "unreadable", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


def read_file(path: Path, *, max_bytes: int) -> bytes:
    """Return the whole of a regular file as it stood at one moment, without blocking and without following a link.

    The file is opened with O_NOFOLLOW and O_NONBLOCK, so that a FIFO, a socket or a link in its place neither
    blocks nor leads elsewhere (only the last part of `path` is guarded). A file that changes under the reading,
    by its size, modification time or inode, is read again a few times, over about a tenth of a second.

    Raises ReadProblem, see its codes.
    """
    for attempt in range(_ATTEMPTS):
        time.sleep(attempt * _PAUSE_SECONDS)
        data = _read_once(path, max_bytes)
        if data is not None:
            return data
    raise ReadProblem(f"{path} changes while it is read.", code="changing", hint="It is read again later.")


def _read_once(path: Path, max_bytes: int) -> bytes | None:
    """Return the file's bytes, or None where it changed meanwhile."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise _problem(path, error) from error
    try:
        before = os.fstat(descriptor)
        _refuse(path, before, max_bytes)
        data = _read_at_most(descriptor, max_bytes + 1)
        after = os.fstat(descriptor)
        now = os.stat(path, follow_symlinks=False)  # noqa: PTH116  # Path.stat hides that the link is not followed
    except OSError as error:
        raise _problem(path, error) from error
    finally:
        os.close(descriptor)
    _refuse(path, after, max_bytes)
    same = _moment(before) == _moment(after) == _moment(now)
    return data if same and len(data) == after.st_size else None


def _refuse(path: Path, status: os.stat_result, max_bytes: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ReadProblem(f"{path} is {_kind(status)}, not a file.", code="not_a_file")
    if status.st_size > max_bytes:
        raise ReadProblem(
            f"{path} has {status.st_size} bytes, over the limit of {max_bytes}.",
            code="too_large",
            hint="Split the note, or raise memory.max_bytes.",
        )
    if getattr(status, "st_flags", 0) & _SF_DATALESS:
        raise _evicted(path)


def _read_at_most(descriptor: int, limit: int) -> bytes:
    parts: list[bytes] = []
    while limit > 0 and (part := os.read(descriptor, min(limit, 1 << 20))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def _moment(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _kind(status: os.stat_result) -> str:
    return _KINDS.get(stat.S_IFMT(status.st_mode), "something else")


def _evicted(path: Path) -> ReadProblem:
    return ReadProblem(
        f"{path} is in iCloud, but not on this disk.",
        code="evicted",
        hint="Open it once, or choose Keep Downloaded in Finder.",
    )


def _problem(path: Path, error: OSError) -> ReadProblem:
    if error.errno == errno.EDEADLK:  # what macOS answers where data may not be fetched from the cloud
        return _evicted(path)
    code = _CODES.get(error.errno or 0, "unreadable")
    hint = "Check its permissions." if error.errno in {errno.EACCES, errno.EPERM} else ""
    return ReadProblem(f"{path} cannot be read: {_REASONS.get(code, error.strerror)}.", code=code, hint=hint)


_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.01
_SF_DATALESS = 0x40000000  # <sys/stat.h> of macOS: the file's data is not on this disk
_CODES = {
    errno.ENOENT: "missing",
    errno.ENOTDIR: "missing",
    errno.ELOOP: "symlink",
    errno.ENXIO: "not_a_file",
    errno.EOPNOTSUPP: "not_a_file",
}
_REASONS = {
    "missing": "it is gone",
    "symlink": "it is a symbolic link",
    "not_a_file": "it is a socket or a device",
}
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
