"""Numbered SQL scripts, applied in order and never changed once released.

`user_version` in the database is the number of the last script applied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"(\d{3})_(\w+)\.sql")


@dataclass(frozen=True, slots=True, order=True)
class Migration:
    """One step of the schema: its number, its name, and its SQL."""

    number: int
    name: str
    sql: str


@cache
def migrations() -> tuple[Migration, ...]:
    """Return every migration in order; raise ValueError if a number is missing or taken twice."""
    found = sorted(
        Migration(int(match[1]), match[2], item.read_text(encoding="utf-8"))
        for item in files(__name__).iterdir()
        if (match := _NAME.fullmatch(item.name))
    )
    numbers = [migration.number for migration in found]
    if numbers != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations are not numbered 1, 2, 3, ...: {numbers}")
    return tuple(found)
