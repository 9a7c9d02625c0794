"""Bullet lists: the whole, single points without a clause of their own, and open tasks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.extract.headings import warns
from curatord.curate.extract.setting import LINKS_ONLY, name_and_value
from curatord.curate.extract.steps import is_procedure
from curatord.curate.extract.thing import FORMULA, ends_in_verb, is_thing
from curatord.curate.phrasing import say
from curatord.curate.text import balanced, capitalised, closed, hard_tokens, opened
from curatord.memory.document import ListBlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import View
    from curatord.memory.document import Lines, ListItem

MIN_ITEMS, MAX_ITEMS = 2, 16
MAX_WORDS = 140
MIN_OWN_WORDS = 8  # a shorter point is told with its list alone
MIN_POINT_WORDS, MAX_POINT_WORDS = 4, 60

_FIXED = re.compile(
    r"(?:\[BUG ?FIX\] *)?(?:fix(?:e[sd])?\b(?! for\b)|bug ?fix|resolved? (?:an?|the) (?:bug|issue|problem|crash)"
    r"|\[BUG ?FIX\]"
    r"|corrig\w+|correction)",
    re.IGNORECASE,
)
_ACRONYM = re.compile(r"[A-Z]{2,4}")
_OPEN = {"en": ("still open", "done"), "fr": ("encore ouvert", "fait")}


def extract(view: View) -> Iterator[Draft]:
    """Yield the points of each list; lists of mere links give nothing."""
    if LINKS_ONLY.match(view.section.heading):
        return
    told = frozenset(sentence.lines for sentence in view.sentences if sentence.item and sentence.clause)
    for block in view.section.walk():
        if not isinstance(block, ListBlock) or is_procedure(block, view):
            continue
        whole = [] if block.ordered or not view.subject.part else list(_whole(block, view))
        yield from whole
        for item in block.items:
            if item.checked is not None:
                yield from _task(item, view)
            elif not whole or len(item.inline.text.split()) >= MIN_OWN_WORDS:
                yield from _point(item, view, told, ordered=block.ordered)


def _whole(block: ListBlock, view: View) -> Iterator[Draft]:
    texts = [opened(item.inline.text) for item in block.items]
    text = "; ".join(text for text in texts if text)
    if MIN_ITEMS <= len(block.items) <= MAX_ITEMS and all(texts) and len(text.split()) <= MAX_WORDS:
        statement = say(view.context.language, "listing", view.slots | {"value": closed(text)}, text)
        yield view.draft("listing", statement, block.lines, slots={}, keys=hard_tokens(text)[:8], weight=0.7)


def _point(item: ListItem, view: View, told: frozenset[Lines], *, ordered: bool) -> Iterator[Draft]:
    text = item.inline.text
    focus = view.focus(text)
    fits = MIN_POINT_WORDS <= len(text.split()) <= MAX_POINT_WORDS and balanced(text) and not text.endswith((":", "?"))
    if (
        not fits
        or not focus
        or FORMULA.fullmatch(focus)
        or (item.lines in told and not ordered)
        or (not ordered and name_and_value(item))
    ):
        return
    shape = _told_as(text, focus, view)
    slots = {"focus": focus, "value": capitalised(closed(text)), "state": _OPEN[view.context.language][0]}
    statement = say(view.context.language, "todo" if shape == "todo" else "item", view.slots | slots, text)
    if shape != "item":
        slots |= {"np": focus, **view.placed(focus)}
    yield view.draft(shape, statement, item.lines, slots=slots, weight=0.5 if shape == "item" else 0.65)


def _told_as(text: str, focus: str, view: View) -> str:
    """Return the shape of a point by the heading above it or its first words; an item where its focus is no thing."""
    shape = warns(view.section.heading, text) or ("defect" if _FIXED.match(text) else "item")
    if shape in ("item", "limitation"):
        return shape
    return shape if _is_sure(focus, text, view) else "item"


def _is_sure(focus: str, text: str, view: View) -> bool:
    """Whether the focus is no mere word of the text: code, a noun phrase, a name within a sentence too."""
    if not is_thing(focus, view) or ends_in_verb(focus, view) or _ACRONYM.fullmatch(focus):
        return False
    return not focus[0].isupper() or re.search(rf"[a-z,] {re.escape(focus)}", text) is not None


def _task(item: ListItem, view: View) -> Iterator[Draft]:
    text = item.inline.text
    focus = view.focus(text)
    if focus and len(text.split()) > 2:
        still, done = _OPEN[view.context.language]
        slots = {"focus": focus, "value": capitalised(closed(text)), "state": done if item.checked else still}
        shape = "item" if item.checked else "todo"
        statement = say(view.context.language, shape, view.slots | slots, text)
        yield view.draft(shape, statement, item.lines, slots=slots, weight=0.6)
