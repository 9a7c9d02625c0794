"""Statements that are taken back in part: "A, but B", "although A, B", "A. However, B"."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from curatord.curate.clause import parse
from curatord.curate.extract.thing import told_by_a_person
from curatord.curate.subject import stands_alone
from curatord.curate.text import balanced, mentions, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MIN_WORDS, MAX_WORDS = 3, 18
MAX_STATEMENT_WORDS = 70

_CUES = {
    "en": (", but", "; but", "however", "although", "though", ", yet"),
    "fr": (", mais", "; mais", "cependant", "toutefois", "bien qu", "n\u00e9anmoins", "en revanche"),
}
_TAKEN_BACK = {
    "en": re.compile(
        r"^(?:(?:[Aa]lthough|[Ee]ven though|[Tt]hough) (?P<first>[^,;]+), .+"
        r"|(?P<claim>.+?)(?:[,;] but|[,;] however,?|,? although|,? even though|,? though|, yet) .+)$"
    ),
    "fr": re.compile(
        r"^(?:[Bb]ien qu(?:e |')(?P<first>[^,;]+), .+"
        r"|(?P<claim>.+?)(?:[,;] mais|[,;] cependant,?|[,;] toutefois,?|,? bien qu(?:e |')) ?.+)$"
    ),
}
_OPENING = {
    "en": ("However", "But ", "Unfortunately", "Nevertheless", "Still,", "That said", "On the other hand"),
    "fr": ("Cependant", "Mais ", "Toutefois", "N\u00e9anmoins", "Malheureusement", "En revanche", "Pourtant"),
}
_TWO = re.compile(r";|[.!?] [A-Z]")
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely)\b|\bnon seulement\b", re.IGNORECASE)


def extract(view: View) -> Iterator[Draft]:
    """Yield a sentence that limits itself, then two of which the second limits the first."""
    language = view.context.language
    for sentence in view.sentences:
        if sentence.statement and mentions(sentence.text, _CUES[language]):
            match = _TAKEN_BACK[language].match(opened(sentence.text))
            claim = match["first"] or match["claim"] if match else ""
            if claim:
                yield from _draft(claim, sentence.statement, sentence, view)
    for before, after in pairwise(view.sentences):
        if after.text.startswith(_OPENING[language]) and before.lines == after.lines and before.statement:
            yield from _draft(opened(before.text), _together(before, after), before, view)


def _together(before: Sentence, after: Sentence) -> str:
    if after.statement.startswith(before.statement) or not after.statement:
        return after.statement
    both = f"{before.statement} {after.statement}"
    return both if len(both.split()) <= MAX_STATEMENT_WORDS else ""


def _draft(claim: str, statement: str, sentence: Sentence, view: View) -> Iterator[Draft]:
    claim = claim.strip(" ,")
    fits = (
        MIN_WORDS <= len(claim.split()) <= MAX_WORDS
        and balanced(claim)
        and not claim.endswith((":", "?"))
        and not _TWO.search(claim)
    )
    if not statement or not fits or _NOT_ONLY.search(claim) or told_by_a_person(claim, view.context.language):
        return
    clause = parse(claim, view.lexicon) if stands_alone(claim, view.lexicon.pronouns) else None
    if clause is None:
        return
    claim = view.small(claim)
    yield view.draft(
        "caveat",
        statement,
        sentence.lines,
        slots={"claim": claim, "np": view.np(clause), **view.placed(claim)},
        weight=0.8,
    )
