"""The rules that tell a secret or a personal datum, read once from the package's data."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from curatord.curate.redact.checks import CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from re import Match


class Reach(StrEnum):
    """Where a rule looks, see `rules.toml`."""

    TOKEN = "token"  # noqa: S105  the name of a group of rules
    TEXT = "text"
    NUMBER = "number"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of secret: how it is found, and how it is called. `rank` is its place in the file."""

    rank: int
    id: str
    name: str
    reach: Reach
    literals: tuple[str, ...]
    pattern: re.Pattern[str]
    check: Callable[[Match[str], str], bool]
    about: str

    @property
    def placeholder(self) -> str:
        """What stands in the place of a masked value: one word without a meaning in Markdown, YAML, TOML or JSON."""
        return f"(redacted-{self.id})"

    def spans(self, match: Match[str], text: str) -> Iterator[tuple[int, int]]:
        """Yield where the secret stands in `text`, which was matched as it is or in lower case, if it is one."""
        names = [name for name, value in match.groupdict().items() if name.startswith("value") and value is not None]
        span = match.span(names[0]) if names else match.span()
        if self.check(match, text[slice(*span)]):
            yield span


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule, the first to name a finding first."""
    tables = tomllib.loads((files("curatord.curate.redact") / "rules.toml").read_text("utf-8"))
    listed = ((Reach(reach), table) for reach, group in tables.items() for table in group)
    return tuple(
        Rule(
            rank=rank,
            id=table["id"],
            name=table["name"],
            reach=reach,
            literals=tuple(table.get("literals", ())),
            pattern=re.compile(table["pattern"]),
            check=CHECKS[table.get("check", "anything")],
            about=table["about"],
        )
        for rank, (reach, table) in enumerate(listed)
    )
