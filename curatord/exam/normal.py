"""One form of a text for comparing: what people write in several ways is written in one.

The form is for programs, not for people. Equal are: letters of either case and any width (Unicode's NFKC, case folded;
accents are kept, composed), digits of any script, dashes, quotation marks and markdown's emphasis, thousands separators
(1,200 1 200 1'200 1_200), a decimal comma where it can be nothing else (3,5 and 0,125; 1,200 is 1200), numbers up to
ninety-nine in English and most of them in French words, per cent, degrees, units beside their number (5km, five
kilometres), amounts of money, times of day (7:05 pm), and dates with day, month and year, as ISO 8601 has them.
MB and MiB stay two things, and so do 1.5 and 1.50, which may be versions.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib.resources import files

MINUS = "\u2212"

_WORDS = tomllib.loads((files("curatord.exam") / "normal.toml").read_text(encoding="utf-8"))


def _any_of(names: list[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


def _to_first(lists: list[list[str]]) -> dict[str, str]:
    return {name: names[0] for names in lists for name in names}


_UNITS = _to_first(_WORDS["units"])
_NUMBERS = _to_first(_WORDS["numbers"])
_MONTHS = {name: at for at, names in enumerate(_WORDS["months"], start=1) for name in names}
_MOST_PASSES = 8  # what one pass joins, the next one may read: three at the most in any text that people write

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212-"
_SUPERSCRIPT = re.compile("(?<=[0-9])[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]+")
_FRACTION = re.compile("(?<=[0-9])(?=[\u00bc-\u00be\u2150-\u215e])")
_EMPHASIS = re.compile(r"(?<![^\W_])[*_]+(?=[^\s*_])|(?<=[^\s*_])[*_]+(?![^\W_])|(?<!\w)`+|`+(?!\w)")

_DAY, _MONTH, _YEAR = r"(0?[1-9]|[12]\d|3[01])", rf"({_any_of(list(_MONTHS))})", r"([12]\d{3})"
_DAY_FIRST = re.compile(rf"(?<![\w.]){_DAY}(?:st|nd|rd|th|er|\.)?(?: of)? {_MONTH}\.?,? {_YEAR}(?!\w)")
_MONTH_FIRST = re.compile(rf"(?<!\w){_MONTH}\.? {_DAY}(?:st|nd|rd|th)?,? ?(?<!\d){_YEAR}(?!\w)")
_YEAR_FIRST = re.compile(rf"(?<![\w/-]){_YEAR}([/-])(0?[1-9]|1[0-2])\2{_DAY}(?:t(?=\d\d:)|(?![\w/-]))")
_DOTTED = re.compile(rf"(?<![\w.]){_DAY}\.(0?[1-9]|1[0-2])\.{_YEAR}(?![\w.]*\d)")
_ISO_DATE = re.compile(r"(?<![\w-])([12]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\w-])")
_TWELVE_HOURS = re.compile(r"(?<![\w:.])(1[0-2]|0?[1-9])(?::([0-5]\d))? ?([ap])(?:m|\.m\.?)(?!\w)")
_HOURS = re.compile(r"(?<![\w:.])([01]?\d|2[0-3]) ?h ?([0-5]\d)(?!\w)")
_SHORT_HOURS = re.compile(r"(?<![\w:.])(\d:[0-5]\d)(?!\d)")

_THOUSANDS = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?:(?:,\d{3})+|(?: \d{3})+|(?:'\d{3})+|(?:_\d{3})+)(?![\w,]*\d)")
_DECIMAL_COMMA = re.compile(r"(?<![\w.,])(?:(\d+),(\d{1,2}|\d{4,})|(0),(\d{3}))(?!\d|[.,]\d)")
_TENS = [name for name, value in _NUMBERS.items() if len(value) == 2 and value[1] == "0" and value != "10"]
_COMPOUND = re.compile(
    rf"(?<!\w)({_any_of(_TENS)})(?:-| et |-et-| )({_any_of(_WORDS['one'] + _WORDS['digits'])})(?!\w)"
)
_NUMBER = re.compile(rf"(?<!\w)({_any_of([name for name in _NUMBERS if not name.isdecimal()])})(?!\w)")
_UNIT = rf"({_any_of(list(_UNITS))})(?![\w°])"
_ONE = re.compile(rf"(?<!\w)(?:{_any_of(_WORDS['one'])})(?=[ -]{_UNIT})")
_MEASURE = re.compile(rf"(?<=\d)[ -]?{_UNIT}")
_MONEY = re.compile(r"(?<!\d)(?<!\d )([€$£]) ?(\d+(?:\.\d+)?)(?![\w.])")

_NEGATIVE = re.compile(rf"(?<![\w)\]%°€{_DASHES}])(?:[{_DASHES}]|minus )(?=\d)")
_BETWEEN = re.compile(r"\b(between|entre) (\d[\d.]*) (?:and|et) (?=\d)")
_RANGE = re.compile(rf"(?<=\d)(?: ?[\u2012-\u2015] ?| [{_DASHES}] | (?:through|à) )(?=\d)")
_HYPHENED_RANGE = re.compile(r"(?<![\w.-])(\d+(?:\.\d+)?)-(?=\d+(?:\.\d+)?(?![\w-]|\.\w))")
_BETWEEN_LETTERS = re.compile(rf"(?<=[^\W\d_])[{_DASHES}](?=[^\W\d_])")
_LONE_DASHES = re.compile(rf"(?:(?<!\S)|(?<=\s))[{_DASHES}]+(?!\S)|(?<=\S)[{_DASHES}]+(?!\S)|[\u2014\u2015]")
_GAP = re.compile(r"(?<=\d)[\s.,:;!?()\[\]{}|*\"'\u00b7\u201c-\u201f\u00ab\u00bb\u2026]+(?=\d)")
_MARKS = re.compile(r"[,;!?\"()\[\]{}|*`~\u201c-\u201f\u00ab\u00bb\u2039\u203a\u2248\u2026]")
_EDGES = re.compile(r"(?<!\w)['#]+|'+(?!\w)|[.:]+(?!\S)|:(?!\d)|(?<!\d):")


@lru_cache(maxsize=4096)
def normalised(text: str) -> str:
    """Return a text in its form for comparing; that of a form is the form itself."""
    for _ in range(_MOST_PASSES):
        before, text = text, _pass(text)
        if text == before:
            break
    return text


def dates_spelled(form: str) -> str:
    """Return a form with its dates in words, "4 march 2041", so that their parts can be found as numbers."""
    return _ISO_DATE.sub(lambda at: f"{int(at[3])} {_WORDS['months'][int(at[2]) - 1][0]} {at[1]}", form)


def _pass(text: str) -> str:
    return _without_marks(_measures(_numbers(_times(_dates(_letters(text))))))


def _letters(text: str) -> str:
    """Bring letters, digits, quotation marks and white space to one form."""
    text = _SUPERSCRIPT.sub(lambda at: "^" + at[0], _FRACTION.sub(" ", text))
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = "".join(_ascii_digit(one) for one in text) if not text.isascii() else text
    text = re.sub("[\u2018\u2019\u201b\u02bc\u2032\u00b4]", "'", text).replace("\u2044", "/")
    return " ".join(_EMPHASIS.sub("", text).split())


def _ascii_digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter


def _dates(text: str) -> str:
    text = _DAY_FIRST.sub(lambda at: _iso(at[3], _MONTHS[at[2]], at[1]), text)
    text = _MONTH_FIRST.sub(lambda at: _iso(at[3], _MONTHS[at[1]], at[2]), text)
    text = _YEAR_FIRST.sub(lambda at: _iso(at[1], at[3], at[4]) + " " * at[0].endswith("t"), text)
    return _DOTTED.sub(lambda at: _iso(at[3], at[2], at[1]), text)


def _iso(year: str, month: str | int, day: str) -> str:
    return f"{year}-{int(month):02d}-{int(day):02d}"


def _times(text: str) -> str:
    text = _TWELVE_HOURS.sub(lambda at: f"{int(at[1]) % 12 + 12 * (at[3] == 'p'):02d}:{at[2] or '00'}", text)
    text = _HOURS.sub(lambda at: f"{int(at[1]):02d}:{at[2]}", text)
    return _SHORT_HOURS.sub(r"0\1", text)


def _numbers(text: str) -> str:
    """Write numbers in digits, with a full stop for the decimals and nothing between thousands."""
    text = _THOUSANDS.sub(lambda at: re.sub(r"\D", "", at[0]), text)
    text = _DECIMAL_COMMA.sub(lambda at: at[0].replace(",", "."), text)
    text = _COMPOUND.sub(lambda at: str(int(_NUMBERS[at[1]]) + int(_NUMBERS.get(at[2], "1"))), text)
    return _NUMBER.sub(lambda at: _NUMBERS[at[1]], _ONE.sub("1", text))


def _measures(text: str) -> str:
    """Write units in short, signs and ranges in one way."""
    text = _NEGATIVE.sub(MINUS, text)
    text = _HYPHENED_RANGE.sub(r"\1 to ", _RANGE.sub(" to ", _BETWEEN.sub(r"\1 \2 to ", text)))
    return _MEASURE.sub(lambda at: f" {_UNITS[at[1]]}", _MONEY.sub(r"\2 \1", text))


def _without_marks(text: str) -> str:
    """Leave no punctuation but what belongs to a word; numbers that it parted stay parted."""
    text = _GAP.sub(lambda at: at[0] if at[0].isspace() or at[0] in ".:" else " \u00b7 ", text)
    text = _BETWEEN_LETTERS.sub(" ", _LONE_DASHES.sub(" ", text))
    text = _EDGES.sub(" ", _MARKS.sub(" ", text))
    return " ".join(re.sub("[\u2010-\u2015]", "-", text).split())
