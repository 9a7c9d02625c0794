"""Walking a memory root: which notes are on the disk now, and what else was in the way."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from curatord.memory.ignore import IGNORE_FILE, Ignore

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_DENIED = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
_IGNORE_FILE_LIMIT = 1_048_576  # bytes; more than this is no ignore file but a mistake


class Entry(NamedTuple):
    """One note as `lstat` shows it; a tuple, for a scan makes many, and a dataclass takes longer to make.

    `path` is relative to the root, with `/` between names, spelled (NFC or NFD) as the disk spells it. Times
    are nanoseconds since the epoch.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int


@dataclass(frozen=True, slots=True)
class ScanProblem:
    """Something in a root that should be a note and cannot be one: a code for scripts, a sentence for people.

    Codes: symlink, not_a_file, not_a_directory, bad_name, unreadable, bad_pattern.
    """

    path: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What a walk found.

    `entries` are sorted by path (code points, as SQLite's BINARY collation sorts UTF-8). Nothing is known of
    what lies at or below the paths in `unreadable` ("" is the whole root): what is missing there has not been
    removed. `device` is the root's; `present` tells whether the root is a directory that exists.
    """

    entries: tuple[Entry, ...]
    problems: tuple[ScanProblem, ...]
    unreadable: tuple[str, ...]
    device: int | None
    present: bool


def scan_root(root: Path, ignore_patterns: Sequence[str]) -> Scan:
    """Walk all of `root`, leaving out what `ignore_patterns` and its `.curatorignore` name.

    Symbolic links inside the root are not followed; `root` itself may be one. Nothing is opened but
    directories and `.curatorignore`, so FIFOs and devices cannot block the walk. What vanishes meanwhile is
    left out. Never raises OSError: what cannot be read is in `problems` and `unreadable`.
    """
    return _scan(root, ignore_patterns, frozenset({""}))


def scan_paths(root: Path, ignore_patterns: Sequence[str], paths: Iterable[str]) -> Scan:
    """Walk only `paths`, relative to `root`: a file as it is, a directory with all below it.

    A path that is gone, ignored, or below an ignored or symbolically linked directory gives no entry. Names
    are matched against directory listings, not looked up: on a file system that folds case or Unicode forms,
    only the spelling on the disk exists.
    """
    return _scan(root, ignore_patterns, frozenset(path.strip("/") for path in paths))


def _scan(root: Path, ignore_patterns: Sequence[str], chosen: frozenset[str]) -> Scan:
    try:
        before = root.stat()
    except (FileNotFoundError, NotADirectoryError):
        return Scan((), (), (), None, present=False)
    except OSError as error:
        return Scan((), (_unreadable("", error),), ("",), None, present=True)
    if not stat.S_ISDIR(before.st_mode):
        problem = ScanProblem("", "not_a_directory", "A memory root must be a directory.")
        return Scan((), (problem,), (), None, present=False)
    if not os.access(root, os.R_OK | os.X_OK, effective_ids=True):
        return Scan((), (_unreadable("", _DENIED),), ("",), before.st_dev, present=True)
    try:
        ignore = Ignore.build(ignore_patterns, _ignore_file_text(root))
    except OSError as error:
        # Fail closed: what its owner wanted left out must not be learned because the list could not be read.
        return Scan((), (_unreadable(IGNORE_FILE, error),), ("",), before.st_dev, present=True)
    walk = _Walk(os.fspath(root), ignore, chosen)
    walk.run()
    return _checked(root, before, walk)


def _checked(root: Path, before: os.stat_result, walk: _Walk) -> Scan:
    """Build the result, unless the root went away under the walk, whose findings then prove nothing."""
    try:
        after = root.stat()
    except OSError:
        return Scan((), (), ("",), None, present=False)
    same = (after.st_dev, after.st_ino) == (before.st_dev, before.st_ino)
    rejected = (
        ScanProblem(IGNORE_FILE, "bad_pattern", f"The ignore pattern {line!r} means nothing and is left out.")
        for line in walk.ignore.rejected
    )
    return Scan(
        entries=tuple(sorted(walk.entries, key=_path_of)),
        problems=(*rejected, *sorted(walk.problems, key=_path_of)),
        unreadable=tuple(sorted(walk.unreadable)) if same else ("",),
        device=after.st_dev,
        present=True,
    )


@dataclass(slots=True)
class _Walk:
    """One walk in progress: `run` fills `entries`, `problems` and `unreadable`, in no order."""

    root: str
    ignore: Ignore
    chosen: frozenset[str]
    entries: list[Entry] = field(default_factory=list)
    problems: list[ScanProblem] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    _leading: frozenset[str] = frozenset()
    _ahead: list[tuple[str, bool]] = field(default_factory=list)

    def run(self) -> None:
        self._leading = frozenset(
            path[:position] for path in self.chosen for position, letter in enumerate(path) if letter == "/"
        )
        self._ahead.append(("", "" in self.chosen))
        while self._ahead:
            directory, whole = self._ahead.pop()
            try:
                self._list(directory, whole=whole)
            except (FileNotFoundError, NotADirectoryError):
                continue  # gone, or replaced by a file, since its parent was listed
            except OSError as error:
                self.unreadable.append(directory)
                self.problems.append(_unreadable(directory, error))

    def _list(self, directory: str, *, whole: bool) -> None:
        prefix = f"{directory}/" if directory else ""
        with os.scandir(f"{self.root}/{directory}") as listing:
            for item in listing:
                path = prefix + item.name
                if whole or path in self.chosen:
                    self._visit(path, item)
                elif path in self._leading and item.is_dir(follow_symlinks=False):
                    self._descend(path, whole=False)

    def _descend(self, path: str, *, whole: bool) -> None:
        if not self.ignore.ignores(path, is_directory=True):
            self._ahead.append((path, whole))

    def _visit(self, path: str, item: os.DirEntry[str]) -> None:
        if item.is_file(follow_symlinks=False):  # first, for it is nearly always so
            if not self.ignore.ignores(path, is_directory=False):
                self._record(path, item)
        elif item.is_dir(follow_symlinks=False):
            if not self.ignore.ignores(path, is_directory=True) and self._has_name(path):
                self._ahead.append((path, True))
        # A link without a suffix most likely stands for a directory; its user would wonder where the notes
        # are. Its target is not asked: that may block, or lie outside.
        elif not self.ignore.ignores(path, is_directory=item.is_symlink() and "." not in item.name):
            self._record(path, item)

    def _record(self, path: str, item: os.DirEntry[str]) -> None:
        try:
            found = item.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        if not self._has_name(path):
            return
        if stat.S_ISREG(found.st_mode):
            self.entries.append(
                Entry(path, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)
            )
        else:
            self.problems.append(_not_a_note(path, found.st_mode))

    def _has_name(self, path: str) -> bool:
        """Tell whether a name from the disk was valid UTF-8; other bytes become lone surrogates (PEP 383)."""
        if path.isascii() or _is_unicode(path):
            return True
        self.problems.append(ScanProblem(_printable(path), "bad_name", "The name is not valid UTF-8; rename it."))
        return False


def _ignore_file_text(root: Path) -> str:
    try:
        descriptor = os.open(root / IGNORE_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, opened so that it cannot block
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        content = file.read(_IGNORE_FILE_LIMIT + 1)
    if len(content) > _IGNORE_FILE_LIMIT:
        raise OSError(errno.EFBIG, f"it has more than {_IGNORE_FILE_LIMIT} bytes")
    # Bytes that are no UTF-8 can only match names that are none either, and those are left out anyway.
    return content.decode("utf-8-sig", "surrogateescape")


def _unreadable(path: str, error: OSError) -> ScanProblem:
    reason = error.strerror or type(error).__name__
    what = "Nothing is read from this root until this file can be" if path == IGNORE_FILE else "It cannot be read"
    return ScanProblem(_printable(path), "unreadable", f"{what}: {reason}.")


def _not_a_note(path: str, mode: int) -> ScanProblem:
    if stat.S_ISLNK(mode):
        message = "It is a symbolic link, which is not followed inside a memory root; put the file itself here."
        return ScanProblem(path, "symlink", message)
    kinds = {
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    kind = kinds.get(stat.S_IFMT(mode), "something else")
    return ScanProblem(path, "not_a_file", f"It is {kind}, not a regular file.")


def _is_unicode(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _path_of(item: Entry | ScanProblem) -> str:
    return item.path
