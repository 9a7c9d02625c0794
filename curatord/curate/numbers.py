"""Numbers near a given number, in the same form: what a careless reader might have remembered."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER = re.compile(
    r"(?<![\w.#/])(?<!\n)(?:\d{4}-\d\d-\d\d|\d{1,2}:\d\d(?::\d\d)?|v?\d+(?:\.\d+){2,}"
    r"|\d{1,3}(?:[,\u202f\u00a0]\d{3})+|\d+(?:[.,]\d+)?)(?![\w./]*\d)"
)
_FACTORS = ((3, 2), (2, 1), (1, 2), (5, 4), (3, 4), (4, 1))


def nearby(number: str) -> Iterator[str]:
    """Yield other numbers of the same form and size: dates by days, times by minutes, versions by their last part."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", number):
        yield from _dates(number)
    elif ":" in number:
        yield from _times(number)
    elif number.count(".") >= 2:
        yield from _versions(number)
    else:
        yield from _plain(number)


def _dates(number: str) -> Iterator[str]:
    try:
        day = date.fromisoformat(number)
        yield from ((day + timedelta(days=shift)).isoformat() for shift in (9, -17, 31, -3, 62))
    except (ValueError, OverflowError):
        return


def _times(number: str) -> Iterator[str]:
    hour, minute, *seconds = number.split(":")
    for shift in (25, -40, 70, -95, 130):
        total = (int(hour) * 60 + int(minute) + shift) % 1440
        yield ":".join((f"{total // 60:0{len(hour)}d}", f"{total % 60:02d}", *seconds))


def _versions(number: str) -> Iterator[str]:
    head, _, tail = number.rpartition(".")
    yield from (f"{head}.{int(tail) + step}" for step in (1, 2, 4) if tail.isdecimal())


def _plain(number: str) -> Iterator[str]:
    separator = next((mark for mark in ",\u202f\u00a0" if re.fullmatch(rf"\d{{1,3}}(?:{mark}\d{{3}})+", number)), "")
    point = "" if separator else "." if "." in number else "," if "," in number else ""
    digits = number.replace(separator, "") if separator else number.replace(point, "") if point else number
    places = len(number.rpartition(point)[2]) if point else 0
    if len(digits) > 15 or not digits.isdecimal():
        return
    value = int(digits)
    for changed in _sizes(value, year=not point and not separator and 1900 <= value <= 2099):
        text = f"{changed:0{len(digits)}d}" if digits.startswith("0") or point else str(changed)
        if separator:
            text = f"{changed:,}".replace(",", separator)
            if separator not in text:
                continue
        yield f"{text[:-places]}{point}{text[-places:]}" if point else text


def _sizes(value: int, *, year: bool) -> Iterator[int]:
    if year:
        yield from (value + step for step in (-1, 1, -2, 3))
    elif value < 10:
        yield from (other for other in (value + 1, value + 3, value - 1, value + 2) if other > 0 and other != value)
    else:
        step = 10 ** (len(str(value)) - len(str(value).rstrip("0")))
        for top, bottom in _FACTORS:
            other = value * top // bottom // step * step
            if other not in (0, value):
                yield other
        yield value + step
