"""Tables: every cell that a row label and a column header name, whole rows, and times with their events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.extract.rows import NO_NOUN, attributed, cell, compared, label, named, sides
from curatord.curate.extract.setting import is_plural, link
from curatord.curate.phrasing import say
from curatord.curate.text import hard_tokens, opened
from curatord.memory.document import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import View
    from curatord.memory.document import TableRow

MAX_ROW_WORDS = 60
MAX_ROWS = 40

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
    header = [opened(head.text) for head in table.header]
    rows = [row for row in table.rows[:MAX_ROWS] if label(row)]
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
    yield from sides(rows, header, view) if turned else compared(rows, header, view)


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
    value = cell(row, column)
    if not value:
        return
    thing, attribute = (header[column], label(row)) if turned else (named(row, header), header[column])
    told = attributed(attribute, view)
    quoted = (bool(NO_NOUN.search(attribute)) and attribute.lower() not in view.lexicon.labels) or told[:1] in '"\u00ab'
    shape = "column" if quoted else "cell"
    siblings = _siblings(row, rows, column, turned=turned)
    beside = (header[1 + column % (len(header) - 1)] if turned else label(other) if other else "").strip()
    slots = {
        "row": thing,
        "column": attribute.strip('"') if quoted else told,
        "be": "are" if is_plural(told) else "is",
        "bare": told.removeprefix("the "),
        "link": link(told, value, view),
        "reads": "read" if is_plural(told) else "reads",
        "value": value,
        "sibling": beside if beside != thing else "",
        "in_here": view.placed(f"{thing} {attribute}")["in_any"].strip(),
    }
    unique = value not in siblings and sum(1 for one in rows if cell(one, column) == value) == 1
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


def _siblings(row: TableRow, rows: list[TableRow], column: int, *, turned: bool) -> tuple[str, ...]:
    if turned:
        return tuple(value for at in range(1, len(row.cells)) if at != column and (value := cell(row, at)))
    return tuple(dict.fromkeys(value for one in rows if one is not row and (value := cell(one, column))))[:8]


def _row(row: TableRow, header: list[str], view: View) -> Iterator[Draft]:
    parts = _attributes(row, header, view)
    text = f"{view.subject.where[0].upper()}{view.subject.where[1:]}, {named(row, header)}: {'; '.join(parts)}."
    if len(parts) > 1 and len(text.split()) <= MAX_ROW_WORDS:
        yield view.draft("row", text, row.lines, slots={"row": named(row, header)}, weight=0.6)


def _attributes(row: TableRow, header: list[str], view: View) -> list[str]:
    joint = "\u00a0: " if view.context.language == "fr" else " is "
    found = []
    for column in range(1, len(header)):
        value = cell(row, column)
        if value and header[column]:
            name = header[column]
            found.append(f'"{name}" is {value}' if NO_NOUN.search(name) else f"{attributed(name, view)}{joint}{value}")
    return found


def _timeline(rows: list[TableRow], view: View) -> Iterator[Draft]:
    events = [cell(row, 1) for row in rows]
    times = [label(row) for row in rows]
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
