"""Tables: every cell that a row label and a column header name, whole rows, and rows against each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.extract.contrast import Side, contrast
from curatord.curate.extract.setting import NOTHING, is_plural, link, noun
from curatord.curate.phrasing import say
from curatord.curate.text import hard_tokens, opened
from curatord.memory.document import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import View
    from curatord.memory.document import TableRow

MAX_LABEL_WORDS = 10
MAX_CELL_WORDS = 30
MAX_ROW_WORDS = 60
MAX_ROWS = 40

_NO_NOUN = re.compile(
    r"^(?:what|who|when|where|how|why|which|can|may|should|must|ask|don't|do|does|is|has|say|use"
    r"|used|based|works?|needs?|not|que|qui|quand)\b"
    r"|\?|\b(?:by|in|for|to|of|about|do|does)$",
    re.IGNORECASE,
)
_TIME_HEADER = re.compile(r"^(?:time|timestamp|when|date|date/time|heure|date et heure)\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"^(?:property|feature|attribute|aspect|metric|criterion|criteria|dimension|characteristic"
    r"|propri\u00e9t\u00e9|crit\u00e8re|aspect|)$",
    re.IGNORECASE,
)


def extract(view: View) -> Iterator[Draft]:
    """Yield the facts of each table of the section."""
    for block in view.section.walk():
        if isinstance(block, Table) and len(block.header) > 1:
            yield from _facts(block, view)


def _facts(table: Table, view: View) -> Iterator[Draft]:
    header = [opened(cell.text) for cell in table.header]
    rows = [row for row in table.rows[:MAX_ROWS] if _label(row)]
    if _TIME_HEADER.match(header[0]):
        yield from _timeline(rows, view)
        return
    turned = bool(_ATTRIBUTE.match(header[0])) and len(header) > 2
    for at, row in enumerate(rows):
        other = rows[(at + 1) % len(rows)] if len(rows) > 1 else None
        for column in range(1, len(header)):
            if header[column]:
                yield from _cell(row, other, rows, column, header, view, turned=turned)
        if len(header) > 2 and not turned:
            yield from _row(row, header, view)
        if other and at + 1 < len(rows) and not turned:
            yield from _against(row, other, header, view)
    if turned:
        yield from _sides(rows, header, view)


def _label(row: TableRow) -> str:
    label = opened(row.cells[0].text)
    return label if label.lower() not in NOTHING and len(label.split()) <= MAX_LABEL_WORDS else ""


def _value(row: TableRow, column: int) -> str:
    value = opened(row.cells[column].text)
    return value if value.lower() not in NOTHING and len(value.split()) <= MAX_CELL_WORDS else ""


def _cell(
    row: TableRow,
    other: TableRow | None,
    rows: list[TableRow],
    column: int,
    header: list[str],
    view: View,
    *,
    turned: bool,
) -> Iterator[Draft]:
    value = _value(row, column)
    if not value:
        return
    thing, attribute = (header[column], _label(row)) if turned else (_named(row, header), header[column])
    named = _attribute(attribute, view)
    quoted = (bool(_NO_NOUN.search(attribute)) and attribute.lower() not in view.lexicon.labels) or named[
        :1
    ] in '"\u00ab'
    shape = "column" if quoted else "cell"
    siblings = _siblings(row, rows, column, turned=turned)
    beside = (header[1 + column % (len(header) - 1)] if turned else _label(other) if other else "").strip()
    slots = {
        "row": thing,
        "column": attribute.strip('"') if quoted else named,
        "be": "are" if is_plural(named) else "is",
        "bare": named.removeprefix("the "),
        "link": link(named, value, view),
        "reads": "read" if is_plural(named) else "reads",
        "value": value,
        "sibling": beside if beside != thing else "",
        "in_here": view.placed(f"{thing} {attribute}")["in_any"].strip(),
    }
    unique = value not in siblings and sum(1 for one in rows if _value(one, column) == value) == 1
    statement = say(view.context.language, shape, view.slots | slots, thing + attribute)
    slots["only"] = value if unique else ""
    if not unique:
        slots["sibling"] = ""
    yield view.draft(
        shape,
        statement,
        row.lines,
        slots=slots,
        keys=hard_tokens(value) or (value,),
        siblings=siblings,
        value=value,
        weight=0.85,
    )


def _attribute(header: str, view: View) -> str:
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


def _named(row: TableRow, header: list[str]) -> str:
    """Return a row's label; a bare number is told with its header: "code 14"."""
    label = _label(row)
    plain = re.fullmatch(r"[\d.,]+", label) and header[0] and len(header[0].split()) <= 3
    return f"{header[0].lower()} {label}" if plain else label


def _siblings(row: TableRow, rows: list[TableRow], column: int, *, turned: bool) -> tuple[str, ...]:
    if turned:
        return tuple(value for at in range(1, len(row.cells)) if at != column and (value := _value(row, at)))
    return tuple(dict.fromkeys(value for one in rows if one is not row and (value := _value(one, column))))[:8]


def _row(row: TableRow, header: list[str], view: View) -> Iterator[Draft]:
    parts = _attributes(row, header, view)
    text = f"{view.subject.where[0].upper()}{view.subject.where[1:]}, {_named(row, header)}: {'; '.join(parts)}."
    if len(parts) > 1 and len(text.split()) <= MAX_ROW_WORDS:
        yield view.draft("row", text, row.lines, slots={"row": _named(row, header)}, weight=0.6)


def _attributes(row: TableRow, header: list[str], view: View) -> list[str]:
    joint = "\u00a0: " if view.context.language == "fr" else " is "
    found = []
    for column in range(1, len(header)):
        value = _value(row, column)
        if value and header[column]:
            name = header[column]
            found.append(f'"{name}" is {value}' if _NO_NOUN.search(name) else f"{_attribute(name, view)}{joint}{value}")
    return found


def _against(row: TableRow, other: TableRow, header: list[str], view: View) -> Iterator[Draft]:
    """Yield how two neighbouring rows differ in the first column where they do."""
    for column in range(1, len(header)):
        one, two = _value(row, column), _value(other, column)
        if one and two and one != two and header[column] and not _NO_NOUN.search(header[column]):
            sides = Side(_named(row, header), one), Side(_named(other, header), two)
            yield contrast(view, row.lines, sides, attribute=_attribute(header[column], view), weight=0.8)
            return


def _sides(rows: list[TableRow], header: list[str], view: View) -> Iterator[Draft]:
    for row in rows:
        for column in range(1, len(header) - 1):
            one, two = _value(row, column), _value(row, column + 1)
            if one and two and one != two:
                sides = Side(header[column], one), Side(header[column + 1], two)
                yield contrast(view, row.lines, sides, attribute=_attribute(_label(row), view), weight=0.8)


def _timeline(rows: list[TableRow], view: View) -> Iterator[Draft]:
    events = [_value(row, 1) for row in rows]
    times = [_label(row) for row in rows]
    for at, row in enumerate(rows):
        event, time = events[at], times[at]
        if not event or times.count(time) > 1 or not re.search(r"\d", time):
            continue
        after = events[(at + 1) % len(rows)]
        short = event if len(event.split()) <= 14 and '"' not in event else ""
        slots = {
            "time": time,
            "event": short,
            "value": f"{event}.",
            "sibling": after if short and len(after.split()) <= 10 else "",
        }
        statement = say(view.context.language, "timeline", view.slots | slots, time + event)
        siblings = tuple(other for other in events if other and other != event)
        yield view.draft(
            "timeline",
            statement,
            row.lines,
            slots=slots,
            keys=(time, *hard_tokens(event)),
            siblings=siblings,
            value=event,
            weight=0.7,
        )
