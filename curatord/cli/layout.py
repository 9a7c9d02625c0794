"""How lines are laid out for people: labels in a column, texts folded to the terminal, figures as tiny bars."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curatord.cli.output import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LABEL = 12  # columns of a label and the space behind it
NARROWEST = 24
_BARS, _PLAIN_BARS = "▁▂▃▄▅▆▇█", "_.:-=+*#"
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Paper:
    """What is written on: `columns` of a terminal, None where lines may have any length; with or without Unicode."""

    columns: int | None = None
    unicode: bool = True

    def field(self, label: str, text: str) -> Iterator[str]:
        """Yield a label and its text, folded below its own beginning where it is too long."""
        first, rest = f"{label:<{LABEL}}", " " * LABEL
        yield from (f"{first if number == 0 else rest}{line}" for number, line in enumerate(self.folded(text, LABEL)))

    def folded(self, text: str, indent: int = 0) -> list[str]:
        """Return a text as lines that leave room for an indent."""
        text = printable(text)
        if self.columns is None or width(text) <= self.columns - indent:
            return [text]
        return textwrap.wrap(text, max(self.columns - indent, NARROWEST - LABEL), break_on_hyphens=False) or [""]

    def shortened(self, text: str, indent: int) -> str:
        """Return a text, without its beginning where there is no room for that; a path tells most at its end."""
        text = printable(text)
        if self.columns is None or width(text) <= self.columns - indent:
            return text
        mark = "…" if self.unicode else "..."
        room = max(self.columns - indent - len(mark), 1)
        while width(text) > room:
            text = text[1:]
        return mark + text

    def bars(self, numbers: Sequence[int]) -> str:
        """Return a character for each number, as high as it is among them; only nothing at all is as low as zero."""
        marks, most = (_BARS if self.unicode else _PLAIN_BARS), max(numbers, default=0)
        return "".join(marks[0 if number <= 0 else max(1, number * (len(marks) - 1) // most)] for number in numbers)


def paper() -> Paper:
    """Return what standard output is: a terminal has its width, a pipe takes lines of any length."""
    columns = max(shutil.get_terminal_size().columns, NARROWEST) if sys.stdout.isatty() else None
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    return Paper(columns, unicode=encoding.startswith("utf"))


def width(text: str) -> int:
    """Return how many columns a terminal shows a text in: styles take none, wide East Asian characters two (UAX 11)."""
    shown = _STYLE.sub("", text)
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else not unicodedata.combining(one) for one in shown)


def at_home(path: str) -> str:
    """Return a path with `~` for the home directory."""
    try:
        return f"~/{Path(path).relative_to(Path.home())}"
    except (ValueError, RuntimeError):  # elsewhere; no home
        return path
