"""What a question can ask for in a statement, and the words it asks with: "how many weeks", "who", "why"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.curate.text import CODE_SPAN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_SEASONS = "spring|summer|autumn|winter"
_CAPITALISED = r"[A-Z][\w'-]+"

_TIME = re.compile(
    r"(?:\b(?:at|by|before|after|from|until) )?\b\d{1,2}:\d\d(?: ?(?:to|-|\u2013) ?\d{1,2}:\d\d)?(?![\d:])",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:\b(?:on|by|since|until|in|before|after) )?\b"
    rf"(?:\d{{4}}-\d\d-\d\d|\d{{1,2}} (?:{_MONTHS})(?: \d{{4}})?|(?:{_MONTHS}|{_SEASONS}) \d{{4}}|(?:19|20)\d\d)\b"
)
_REASON = re.compile(r"(?:,| \u2013| -|:|;)? (?:because|since|as) (?:of )?\D.+$|, so .+$| due to .+$")
_PERSON = re.compile(
    rf"(?:(?<=[a-z,] )|\bby ){_CAPITALISED}(?: {_CAPITALISED})+|\bby {_CAPITALISED}"
    rf"|^{_CAPITALISED} {_CAPITALISED}(?=$|[ ,])"
)
_PLACE = re.compile(rf"\b(?:in|at|near|behind|beside) (?:the )?{_CAPITALISED}(?: {_CAPITALISED})*")
_NAME = re.compile(rf"(?<=[a-z,] ){_CAPITALISED}(?: {_CAPITALISED})*")
NUMBER = re.compile(
    r"(?:\b(?:about|around|roughly|nearly|almost|up to|at least|at most|over|only) |~ ?)?"
    r"(?:[+-]?\d+(?:[.,:]\d+)*(?!\d|st\b|nd\b|rd\b|th\b)"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty)\b)"
    r"(?P<unit> ?(?:%|[^\W\d_][\w/-]*))?",
    re.IGNORECASE,
)
_KINDS = {
    "time": _TIME,
    "date": _DATE,
    "reason": _REASON,
    "person": _PERSON,
    "code": CODE_SPAN,
    "number": NUMBER,
    "place": _PLACE,
    "name": _NAME,
}
_ASKING = {
    "time": ("when", "at what time", "what time"),
    "date": ("when", "on which day", "in which year"),
    "reason": ("why", "why", "how come", "for what reason"),
    "person": ("who", "who", "which person"),
    "code": ("what", "which command", "which setting", "which name"),
    "place": ("where", "in which place"),
    "name": ("what", "which", "which one", "who", "where"),
    "": ("what", "what", "which", "how"),
}
_UNITS = {
    "s": "seconds",
    "sec": "seconds",
    "ms": "milliseconds",
    "min": "minutes",
    "h": "hours",
    "d": "days",
    "km": "kilometres",
    "m": "metres",
    "cm": "centimetres",
    "mm": "millimetres",
    "kg": "kilograms",
    "g": "grams",
    "t": "tonnes",
    "l": "litres",
    "gb": "gigabytes",
    "mb": "megabytes",
    "kb": "kilobytes",
    "eur": "euros",
    "usd": "dollars",
}
_TIMES = frozenset(
    """
s sec second seconds ms milliseconds min minute minutes h hour hours d day days week weeks month months year years
night nights
""".split()  # noqa: SIM905  a list of words reads better as text
)
_NO_UNITS = frozenset(
    """
a an the of in on at to for by with from and or but is are was were has have had than as if when that which it per only
not will must can may
""".split()  # noqa: SIM905  as above
)
_AS_LONG = 0.7


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text that a question may ask for: its first character, the one behind its last, and its kind."""

    begin: int
    end: int
    kind: str


def parts_of(text: str) -> list[Part]:
    """Return what can be asked for in a text, in no particular order; parts do not overlap."""
    found: list[Part] = []
    for part in _candidates(text):
        if not any(other.begin < part.end and part.begin < other.end for other in found):
            found.append(part)
    return found


def _candidates(text: str) -> Iterator[Part]:
    for kind, pattern in _KINDS.items():
        for match in pattern.finditer(text):
            yield Part(match.start(), match.end(), kind)


def asking(text: str, part: Part, chance: Random) -> str:
    """Return words that ask for a part of a text."""
    match = NUMBER.match(text, part.begin) if part.kind == "number" else None
    return _how_many(match["unit"], chance) if match else chance.choice(_ASKING[part.kind])


def asking_for_value(value: str, chance: Random) -> str:
    """Return words that ask for a value that stands alone; empty where its kind tells nothing."""
    for kind in ("time", "date", "number", "person"):
        if match := _KINDS[kind].match(value):
            return asking(value, Part(match.start(), match.end(), kind), chance)
    return ""


def _how_many(unit: str | None, chance: Random) -> str:
    low = (unit or "").strip().casefold()
    if not low or low in _NO_UNITS:
        return chance.choice(("how many", "how many", "what number", "how much"))
    if low == "%":
        return chance.choice(("what percentage", "how much", "what share"))
    if low in _TIMES and chance.random() < _AS_LONG:
        return "how long"
    many = f"how many {_UNITS.get(low, low)}"
    return chance.choice((many, many, "how much"))
