"""The notes themselves, as commands show them beside what was made of them."""

from __future__ import annotations

import re
from pathlib import Path

from curatord.errors import UsageError

MOST_LINES = 12

_POSITION = re.compile(r"(?P<file>.+?)(?::(?P<line>[1-9]\d*))?")


def parse_position(text: str) -> tuple[Path, int | None]:
    """Return the file, absolute and with links resolved, and the line of `FILE:LINE` or `FILE`.

    Raises UsageError where there is no such file.
    """
    match = _POSITION.fullmatch(text)
    if match is None or not Path(match["file"]).exists():
        raise UsageError(f"There is no file {text}.", hint="Name a note as FILE or FILE:LINE.")
    return Path(match["file"]).resolve(), int(match["line"]) if match["line"] else None


def excerpt(file: str | None, first: int, last: int) -> list[str]:
    """Return some lines of a file with their numbers, the middle left out where there are many; empty without it."""
    try:
        text = Path(file or "").read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return []
    lines = [f"{number:>5} | {line}" for number, line in enumerate(text.splitlines(), 1) if first <= number <= last]
    if len(lines) <= MOST_LINES:
        return lines
    half = MOST_LINES // 2
    return [*lines[:half], f"{'...':>5} | ({len(lines) - 2 * half} lines)", *lines[-half:]]
