"""Whether a term stands in a text: as a whole, in any of the ways it is written, affirmed or denied."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files

from curatord.exam.normal import MINUS, dates_spelled, normalised

WORDS = tomllib.loads((files("curatord.exam") / "grade.toml").read_text(encoding="utf-8"))
NEGATORS = frozenset(WORDS["negators"].split())

_BREAKERS = frozenset(WORDS["breakers"].split())
_REACH = 4  # words behind a negator that it can deny
_MIN_PLURAL = 4
# Scripts that write no spaces: any letter may begin or end a word.
_UNSPACED = r"\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_CLAUSE = re.compile(r"[.;!?,:](?=\s|$)|[()\n\u2014]")
_DENIAL = re.compile(rf"(?:{'|'.join(map(re.escape, WORDS['denials']))})$")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def stands(term: str, text: str) -> bool:
    """Tell whether a text holds a term as whole words and whole numbers.

    12 does not stand in 120, 1.12, 12.5, -12, nor in a date but as its day; 5 stands in "5 km". A plural's s counts for
    nothing. An empty term stands nowhere.
    """
    form = normalised(term)
    return bool(form) and _pattern(form).search(_field(form, normalised(text))) is not None


def stands_in_part(term: str, text: str) -> bool:
    """Tell whether a text holds a term at all, within longer words also."""
    form = normalised(term)
    return bool(form) and form in normalised(text)


def denied(term: str, text: str) -> bool:
    """Tell whether a text denies a term wherever the term stands in it: "not X", "no longer X", "instead of X"."""
    form = normalised(term)
    if not form:
        return False
    seen = [said for clause in clauses_of(text) for said in _denials(form, clause)] or _denials(form, text)
    return bool(seen) and all(seen)


def clauses_of(text: str) -> list[str]:
    """Return the parts of a text between its punctuation."""
    return [clause for clause in _CLAUSE.split(text) if clause.strip()]


def _denials(form: str, text: str) -> list[bool]:
    field = _field(form, normalised(text))
    return [_is_denied(field[: at.start()]) for at in _pattern(form).finditer(field)]


def _field(form: str, text: str) -> str:
    """Return the text to look in: where the term is no date, the dates' own numbers are to be found."""
    return text if _ISO_DATE.search(form) else dates_spelled(text)


@lru_cache(maxsize=4096)
def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(_start(form[0]) + _core(form) + _end(form))


def _core(form: str) -> str:
    if len(form) > _MIN_PLURAL and form[-1] == "s" and form[-2].isalpha() and form[-2] != "s":
        form = form[:-1]
    return re.escape(form)


def _start(first: str) -> str:
    if first.isdecimal():
        return rf"(?<![\w{MINUS}.])(?<!\d[,:])"
    return rf"(?<![^\W{_UNSPACED}])" if first.isalnum() and not re.match(f"[{_UNSPACED}]", first) else ""


def _end(form: str) -> str:
    last = form[-1]
    if last.isdecimal():
        return r"(?!\w|[.,]\d|:\d\d(?!\d))"
    if not last.isalnum() or re.match(f"[{_UNSPACED}]", last):
        return ""
    return (r"s?" if len(form) >= _MIN_PLURAL else "") + rf"(?![^\W{_UNSPACED}])"


def _is_denied(before: str) -> bool:
    """Tell whether what stands before a place in its clause denies what stands there."""
    if _DENIAL.search(before.rstrip()):
        return True
    reach = before.split()[-_REACH:]
    for word in reversed(reach):
        if word in NEGATORS:
            return True
        if word in _BREAKERS:
            return False
    return False
