"""Statements that give a thing a value, taken apart: "The length of the Wren is 19.5 m"."""

from __future__ import annotations

import re
from dataclasses import dataclass

# where a statement names its place in the notes
_PLACE = re.compile(
    r",? (?:under [^\"]{2,60} )?in (?:the \w+ )?\"[^\"]+\""
    r"|,? under [\w' ]{2,60} in [A-Z][\w-]*(?= (?:is|are|reads?|has)\b|:|$)"
)
_NO_THING = re.compile(
    r"(?:when|if|while|after|before|it|that|this|there|what|which|who|how|everything|nobody|nothing|one|none|these|those)\b",
    re.IGNORECASE,
)
# "With the hard water of the valley its discs are crusted" gives neither the valley nor the discs a value
_AROUND = re.compile(
    r"(?:with|without|in|on|at|by|for|from|during|until|since|because|under|over|to|most|some|all|each)\b",
    re.IGNORECASE,
)
_ANY_VALUE = frozenset(("value", "figure", "number", "entry", "amount", "detail", "count"))  # what every thing has
_SAID = r"(?:is|are|was|were|reads?):?"
_ATTRIBUTE = r"(?P<attribute>[\w\"' /%-]{2,40}?)"
_THING = r"(?P<thing>`[^`]+`(?= )(?: under `[^`]+`)?|[\w' /-]{2,40}?)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^For (?P<thing>(?:[^,\"]|\"[^\"]*\"){{1,80}}), (?:the )?{_ATTRIBUTE} {_SAID} (?P<value>.+)$",
        r"^(?P<thing>.{1,60}?) has (?P<value>.+) under \"(?P<attribute>[^\"]+)\"$",
        r"^under \"(?P<attribute>[^\"]+)\" it says for (?P<thing>.{1,60}?): (?P<value>.+)$",
        rf"^(?:the )?{_ATTRIBUTE} of (?P<thing>.{{1,80}}?) {_SAID} (?P<value>.+)$",
        r"^(?:it says for|on) (?P<thing>.{1,60}?)(?:, it says)?: (?P<value>.+)$",
        rf"^(?:the (?:setting )?)?{_THING} (?:is set to|is configured as|has the value|is|are|reads?):? (?P<value>.+)$",
    )
)


@dataclass(frozen=True, slots=True)
class Stated:
    """What has a value, which of its attributes (empty: the thing itself, or none that says more), and the value."""

    thing: str
    attribute: str
    value: str


def stated(statement: str) -> Stated | None:
    """Take a statement apart that gives something a value; None where it is no such statement."""
    for pattern in _PATTERNS:
        if (match := pattern.match(statement)) and not _NO_THING.match(match["thing"]):
            found = match.groupdict()
            attribute = (found.get("attribute") or "").strip("\"'")
            if _AROUND.match(attribute or found["thing"]):
                continue
            named = "" if attribute.casefold() in _ANY_VALUE else attribute
            return Stated(found["thing"].strip("\"'"), named, found["value"])
    return None


def without_place(statement: str) -> str:
    """Return a statement without the place in the notes that it names in its middle."""
    return _PLACE.sub("", statement)
