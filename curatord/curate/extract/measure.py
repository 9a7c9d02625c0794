"""Values that are one number with its unit, so that they can be put in order."""

from __future__ import annotations

import re
from typing import NamedTuple

_MEASURE = re.compile(
    r"^[~\u2248]?(?P<sign>-?)(?P<number>\d{1,3}(?:,\d{3})+|\d+)(?P<part>\.\d+)?\s?(?P<unit>%|[^\W\d][^\d]{0,20})?$"
)


class Measure(NamedTuple):
    """A number and what it counts; the unit is empty where the value does not name it."""

    number: float
    unit: str


def measure(value: str) -> Measure | None:
    """Read a value that is a number with at most a unit behind it; None where it says anything more."""
    match = _MEASURE.match(value)
    if not match:
        return None
    number = float(match["sign"] + match["number"].replace(",", "") + (match["part"] or ""))
    return Measure(number, (match["unit"] or "").strip())
