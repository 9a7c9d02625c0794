"""Files that are either wholly there or not at all: written beside their place, flushed, renamed."""

from __future__ import annotations

import fcntl
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TEMPORARY_SUFFIX = ".tmp"


def write_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by a file holding `data`, durable before it takes the name; OSError leaves the old one."""
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor, not a path
            file.write(data)
            file.flush()
            flush(file.fileno())
        temporary.rename(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def flush_directory(path: Path) -> None:
    """Make the names in a directory durable; file systems that cannot are left alone."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            flush(descriptor)
    finally:
        os.close(descriptor)


def publish_directory(draft: Path, final: Path) -> None:
    """Give a directory that is whole its name, durably; the files in it must be on the drive already."""
    flush_directory(draft)
    draft.rename(final)
    flush_directory(final.parent)


def flush(descriptor: int) -> None:
    """Bring a file's content to the drive, through its cache on macOS, where fsync(2) stops short of that."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)
