"""Numbered procedures: the whole, and what comes after what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.phrasing import say
from curatord.curate.text import WORD, hard_tokens, opened, sentences
from curatord.memory.document import ListBlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import View

MIN_STEPS, MAX_STEPS = 2, 14
MAX_STEP_WORDS = 14
MAX_WORDS = 180

_NO_STEPS = re.compile(
    r"\b(?:obligations?|duties|droits|conditions|r\u00e8gles|interdictions?|engagements|causes?|symptoms?"
    r"|issues?|problems?|reasoning|rationale|alternatives?|options?|goals?|principles?|rules?"
    r"|caveats?|limits?|limitations?|gotchas?|benefits?|reasons?|questions?|lessons?|findings?"
    r"|risks?|pros|cons|features?)\b",
    re.IGNORECASE,
)

_STEPS = re.compile(
    r"\b(?:steps?|procedures?|how to|howto|runbook|recipe|method|directions|instructions?|set-?up|install\w*"
    r"|deploy\w*"
    r"|checklist|process|workflow|events|sequence|itinerary|order|flow|lifecycle|\u00e9tapes?|proc\u00e9dure|recette"
    r"|pr\u00e9paration|marche \u00e0 suivre|d\u00e9roulement|itin\u00e9raire)\b",
    re.IGNORECASE,
)
_FRENCH_ORDER = re.compile(r"(?:er|ir|re|ez|oir)$")


def extract(view: View) -> Iterator[Draft]:
    """Yield each numbered list as a procedure, unless its heading says that it is none."""
    for block in view.section.walk():
        if isinstance(block, ListBlock) and is_procedure(block, view):
            yield from _whole(block, view)
            yield from _neighbours(block, view)


def is_procedure(block: ListBlock, view: View) -> bool:
    """Whether a numbered list's heading or title says so, or at least half of its points are orders."""
    if not block.ordered or _NO_STEPS.search(view.section.heading) or not MIN_STEPS <= len(block.items) <= MAX_STEPS:
        return False
    orders = sum(_is_order(item.inline.text, view) for item in block.items)
    return orders * 2 >= len(block.items) or bool(_STEPS.search(f"{view.section.heading} / {view.context.title}"))


def _is_order(text: str, view: View) -> bool:
    first, second = (*WORD.findall(text.lower())[:2], "", "")[:2]
    if view.context.language == "fr":
        return bool(_FRENCH_ORDER.search(first))
    known = view.lexicon.finite.get(first, ("", ""))[0] == "do"
    return known or (second in view.lexicon.determiners and not first.endswith(("s", "ed", "ing")))


def _whole(block: ListBlock, view: View) -> Iterator[Draft]:
    lines = [f"{number}. {item.inline.text}" for number, item in enumerate(block.items, start=1) if item.inline.text]
    text = "\n".join(lines)
    if len(lines) == len(block.items) and len(text.split()) <= MAX_WORDS:
        statement = say(view.context.language, "steps", view.slots | {"list": text}, text)
        yield view.draft("steps", statement, block.lines, slots={}, keys=hard_tokens(text)[:8], weight=0.9)


def _neighbours(block: ListBlock, view: View) -> Iterator[Draft]:
    steps = [_short(item.inline.text, view) for item in block.items]
    for at in range(len(steps) - 1):
        step, following = steps[at], steps[at + 1]
        if step and following and step != following:
            slots = {"step": step, "value": following}
            statement = say(view.context.language, "next_step", view.slots | slots, step)
            yield view.draft(
                "next_step",
                statement,
                block.items[at + 1].lines,
                slots=slots,
                keys=hard_tokens(following) or (following,),
                siblings=tuple(other for other in steps if other and other not in (step, following)),
                value=following,
                weight=0.6,
            )


def _short(text: str, view: View) -> str:
    found = sentences(text)
    if not found:
        return ""
    first = opened(re.split(r"\s[\u2014\u2013-]\s|: |; ", found[0])[0]).replace('"', "'")
    return view.small(first) if 2 <= len(first.split()) <= MAX_STEP_WORDS else ""
