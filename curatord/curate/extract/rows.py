"""Rows of a table as named values, and set against each other: how two differ, which has most and which least."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from curatord.curate.extract.contrast import Side, contrast, contrast_in_all
from curatord.curate.extract.measure import measure
from curatord.curate.extract.setting import NOTHING, is_plural, noun
from curatord.curate.phrasing import say
from curatord.curate.text import opened
from curatord.memory.document import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.curate.draft import Draft
    from curatord.curate.view import View
    from curatord.memory.document import TableRow

MAX_LABEL_WORDS = 10
MAX_CELL_WORDS = 30
SHORT_WORDS = 8  # of a value that is set against another with confidence
MAX_APART_WORDS = 14  # of a value, before it is no answer to how two things differ
BRIEF_WORDS, MAX_TOGETHER = 5, 3  # of a value and values that are told together
MIN_RANKED = 3  # rows, before one of them has most

NO_NOUN = re.compile(
    r"^(?:what|who|when|where|how|why|which|can|may|should|must|ask|don't|do|does|is|has|say|use"
    r"|used|based|works?|needs?|not|que|qui|quand)\b"
    r"|\?|\b(?:by|in|for|to|of|about|do|does)$",
    re.IGNORECASE,
)
_NO_MEASURE = re.compile(
    r"\b(?:ports?|years?|ids?|numbers?|no|nr|versions?|dates?|prs?|issues?|lines?|codes?|phone|extension|room|step"
    r"|phase|priority|schema|num\u00e9ro|ann\u00e9e|\u00e9tape)\b|#",
    re.IGNORECASE,
)
# a list of files says what changes, not how they differ
PATH = re.compile(r"`?[\w.{}*~-]*/[\w./{}*~-]+`?(?: \(\w+\))?")
# numbers that only count the rows
_INDEX = re.compile(r"#|no|nr|n\u00b0|row|rank|id|step|\u00e9tape", re.IGNORECASE)
_SETTING = re.compile(
    r"(?:setting|option|key|param\w*|variable|field|env\w*|property|attribute|aspect|area|category|r\u00e9glage"
    r"|cl\u00e9|champ|propri\u00e9t\u00e9)s?\b",
    re.IGNORECASE,
)
_COUNT = {"en": "number of ", "fr": ""}


def label(row: TableRow) -> str:
    """Return what a row is about: its first cell; empty where that is too long for a name."""
    text = opened(row.cells[0].text)
    fits = text.lower() not in NOTHING and len(text.split()) <= MAX_LABEL_WORDS and not text.startswith(("{%", "{{"))
    return text if fits else ""


def cell(row: TableRow, column: int) -> str:
    """Return what a cell says; empty where it says nothing or too much."""
    text = opened(row.cells[column].text)
    return text if text.lower() not in NOTHING and len(text.split()) <= MAX_CELL_WORDS else ""


def named(row: TableRow, header: Sequence[str]) -> str:
    """Return a row's label; a bare number or letter is told with its header: "code 14", "class B"."""
    text = label(row)
    plain = re.fullmatch(r"[\d.,]+(?:[-\u2013][\d.,]+)?|[A-Z]", text) and header[0] and len(header[0].split()) <= 3
    return f"{header[0].lower()} {text}" if plain else text


def attributed(header: str, view: View) -> str:
    """Return a header as a sentence uses it: a common noun has its article and no capital; what is unsure is quoted."""
    if view.context.language != "en" or header[:1] == "`":
        return noun(header, view)
    words = header.split()
    if all(word.islower() or (word[1:].islower() and word.lower() in view.labels) for word in words):
        named = noun(header.lower(), view)
        return f"the {named}" if is_plural(named) else named
    if len(words) == 1 and header.isupper() and header.isalpha():
        return f"the {header}"
    named = noun(header, view)
    return f'"{header}"' if named[:1].isupper() and '"' not in header else named


def compared(rows: Sequence[TableRow], header: Sequence[str], view: View) -> Iterator[Draft]:
    """Yield how neighbouring rows and the two at the ends differ, and the extremes of each column of measures."""
    labels = [label(row) for row in rows]
    unlike = any(map(PATH.fullmatch, labels)) or len(set(labels)) < len(labels) or _INDEX.fullmatch(header[0])
    if unlike:
        return
    ends = [(rows[0], rows[-1])] if len(rows) >= MIN_RANKED else []
    for row, other in (*pairwise(rows), *ends):
        yield from _against(row, other, header, view)
    for column in range(1, len(header)):
        yield from _extremes(rows, column, header, view)


def sides(rows: Sequence[TableRow], header: Sequence[str], view: View) -> Iterator[Draft]:
    """Yield how neighbouring columns differ in each row: for tables whose rows are attributes."""
    for column in range(1, len(header) - 1):
        shape = "contrast"
        for row in rows:
            pair = Side(header[column], cell(row, column)), Side(header[column + 1], cell(row, column + 1))
            if all(one.name for one in pair) and _differ(pair):
                yield contrast(view, row.lines, pair, attribute=attributed(label(row), view), shape=shape, weight=0.8)
                shape = "versus"


def _against(row: TableRow, other: TableRow, header: Sequence[str], view: View) -> Iterator[Draft]:
    """Yield how two rows differ as a whole, in what is told most briefly, then in every other column of measures."""
    pairs = {
        attributed(header[column], view): (
            Side(named(row, header), cell(row, column)),
            Side(named(other, header), cell(other, column)),
        )
        for column in range(1, len(header))
        if header[column] and not NO_NOUN.search(header[column])
    }
    differing = {
        attribute: pair
        for attribute, pair in pairs.items()
        if _differ(pair) and not (_is_quoted(attribute) and _same_unit(pair)) and _longest(pair) <= MAX_APART_WORDS
    }
    if _SETTING.match(header[0]):  # different things, unless they are measured alike
        differing = {attribute: pair for attribute, pair in differing.items() if _same_unit(pair)}
    ordered = sorted(differing.items(), key=lambda found: (_is_quoted(found[0]), _longest(found[1])))
    sure = [found for found in ordered if not _is_quoted(found[0])]
    brief = dict([found for found in sure if _longest(found[1]) <= BRIEF_WORDS][:MAX_TOGETHER])
    if len(brief) > 1:
        yield contrast_in_all(view, row.lines, brief, weight=0.82)
    for at, (attribute, pair) in enumerate(ordered):
        alone = at == 0 and len(brief) <= 1
        if alone or _same_unit(pair):
            yield contrast(
                view,
                row.lines,
                pair,
                attribute=attribute,
                shape="contrast" if alone else "versus",
                weight=0.8 if _longest(pair) <= SHORT_WORDS else 0.6,
            )


def _is_quoted(attribute: str) -> bool:
    return attribute[:1] in '"\u00ab'


def _differ(pair: tuple[Side, Side]) -> bool:
    return all(one.value for one in pair) and pair[0].value != pair[1].value and pair[0].name != pair[1].name


def _longest(pair: tuple[Side, Side]) -> int:
    return max(len(one.value.split()) for one in pair)


def _same_unit(pair: tuple[Side, Side]) -> bool:
    one, two = (measure(side.value) for side in pair)
    return one is not None and two is not None and one.unit == two.unit


def _extremes(rows: Sequence[TableRow], column: int, header: Sequence[str], view: View) -> Iterator[Draft]:
    found = sorted((value, at) for at, row in enumerate(rows) if (value := measure(cell(row, column))))
    numbers = [value.number for value, _ in found]
    if len(found) < max(MIN_RANKED, len(rows)) or len({value.unit for value, _ in found}) > 1:
        return
    if not header[column] or NO_NOUN.search(header[column]) or _NO_MEASURE.search(header[column]):
        return
    attribute = attributed(header[column], view)
    if _is_quoted(attribute) or numbers[0] == numbers[1] or numbers[-1] == numbers[-2]:
        return
    language = view.context.language
    least, most = rows[found[0][1]], rows[found[-1][1]]
    bare = attribute.removeprefix("the ")
    slots = {
        "bare": f"{_COUNT[language]}{bare}" if is_plural(attribute) else bare,
        "most": named(most, header),
        "least": named(least, header),
        "value": cell(most, column),
        "low": cell(least, column),
    }
    statement = say(language, "extremes", view.slots | slots, header[column])
    lines = Lines(min(row.lines.first for row in rows), max(row.lines.last for row in rows))
    siblings = tuple(other for row in rows if (other := named(row, header)) not in (slots["most"], slots["least"]))
    yield view.draft(
        "extremes",
        statement,
        lines,
        slots=slots,
        keys=(slots["most"], slots["least"]),
        siblings=siblings,
        value=slots["most"],
        weight=0.85,
    )
