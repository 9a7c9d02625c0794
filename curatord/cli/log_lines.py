"""Reading the log file and its rotated predecessors: lines in the order they were written, then those to come."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from curatord.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

LEVELS = ("debug", "info", "warning", "error", "critical")

Line = dict[str, Any]

_AGO = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_since(text: str, now: datetime) -> datetime:
    """Return the moment that `10m`, `2h`, `3d` ago or an ISO 8601 date or time means; local time without a zone.

    Raises UsageError for anything else.
    """
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--since {text} is no time.", hint="Say `10m`, `2h`, `3d`, or `2026-01-31`.") from error


def is_wanted(line: Line, level: str, since: datetime | None) -> bool:
    """Tell whether a line is at least of this level and not older than this moment."""
    if LEVELS.index(str(line["level"])) < LEVELS.index(level):
        return False
    return since is None or datetime.fromisoformat(str(line["time"])) >= since


class LogReader:
    """Reads a log through its rotations: at first all that is there, then what has been written since."""

    def __init__(self, file: Path) -> None:
        """Read `file` and its predecessors `file.1`, `file.2`, ...; none need be there."""
        self._file = file
        self._stream: BinaryIO | None = None
        self._torn = b""  # the beginning of a line whose end is not written yet

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()

    def read(self) -> Iterator[Line]:
        """Yield the lines that were not yielded before, in the order they were written."""
        if self._stream is None:
            for path in _rotated(self._file):
                yield from _parsed(path.read_bytes())
            self._stream = _opened(self._file)
        yield from self._rest()
        if self._stream is not None and _was_rotated(self._file, self._stream):
            yield from self._rest()  # written between the reading and the rotation
            self._stream.close()
            self._stream, self._torn = _opened(self._file), b""
            yield from self._rest()

    def _rest(self) -> Iterator[Line]:
        if self._stream is not None:
            whole, newline, self._torn = (self._torn + self._stream.read()).rpartition(b"\n")
            yield from _parsed(whole + newline)


def _rotated(file: Path) -> list[Path]:
    """Return the rotated files, the oldest first."""
    numbered = {path: path.name.removeprefix(f"{file.name}.") for path in file.parent.glob(f"{file.name}.*")}
    return sorted((path for path in numbered if numbered[path].isdigit()), key=lambda path: -int(numbered[path]))


def _opened(file: Path) -> BinaryIO | None:
    try:
        return file.open("rb")
    except FileNotFoundError:
        return None


def _was_rotated(file: Path, stream: BinaryIO) -> bool:
    try:
        return not os.path.samestat(file.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False  # between two names; the next look will tell


def _parsed(data: bytes) -> Iterator[Line]:
    """Yield the lines that are log lines; one that a crash tore in two is left out."""
    for text in data.splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and {"time", "level", "event"} <= line.keys():
            yield line
