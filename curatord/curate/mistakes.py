"""The words of a language that mistakes are made of, read once from the package's data."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REACH = 24  # characters looked back for the word before a place


@dataclass(frozen=True, slots=True)
class Mistakes:
    """The words of a language that mistakes are made of."""

    phrases: Mapping[str, tuple[str, ...]]
    partners: Mapping[str, str]
    negations: frozenset[str]
    ordered: Mapping[str, str]
    about: tuple[str, ...]
    months: tuple[str, ...]
    month_after: Mapping[str, str]
    dated: re.Pattern[str]
    idioms: re.Pattern[str]


@cache
def mistakes(language: str) -> Mistakes:
    """Read what mistakes of a language are made of; raise FileNotFoundError where it has no such file."""
    source = files("curatord.curate") / "phrasing" / f"{language}.errors.toml"
    table = tomllib.loads(source.read_text("utf-8"))
    opposites = {word: other for one, two in table["opposites"] for word, other in ((one, two), (two, one))}
    partners = opposites | dict(table["negations"])
    phrases: dict[str, list[str]] = {}
    for phrase in sorted(partners, key=len, reverse=True):
        phrases.setdefault(phrase.split(" ", 1)[0], []).append(phrase)
    months = tuple(table["months"])
    named = "|".join(name for month in months for name in (month, month[:3]))
    return Mistakes(
        phrases={first: tuple(those) for first, those in phrases.items()},
        partners=partners,
        negations=frozenset(one for one, _ in table["negations"]),
        ordered=dict(table["ordered"]),
        about=tuple(table["about"]),
        months=months,
        month_after=dict(table["month_after"]),
        idioms=re.compile(r"\b(?:" + "|".join(table["idioms"]) + r")\b", re.IGNORECASE),
        dated=re.compile(rf"\0 (?:{named})\b|\b(?:{named})\.? \0"),
    )


def in_date(before: str, after: str, words: Mistakes) -> bool:
    """Whether a month stands beside the place between two texts."""
    return bool(words.dated.search(f"{before[-12:]}\0{after[:12]}"))
