"""Definitions: "X is a ...", "X means ...", "X stands for ..."."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.clause import BE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MAX_TERM_WORDS = 5
MEANS = frozenset("means refers stands describes d\u00e9signe d\u00e9finit d\u00e9crit repr\u00e9sente".split())  # noqa: SIM905 - a list of words reads better as text

_KIND = {
    "en": re.compile(r"^(?:an?|the|our|one of|any|basically|simply|essentially)\s+\S+\s+\S+", re.IGNORECASE),
    "fr": re.compile(r"^(?:une?|des|le|la|les|l'|notre|l'une?)\s?\S+\s+\S+", re.IGNORECASE),
}
_OPINION = re.compile(
    r"an? (?:\S+ )?(?:problem|idea|choice|way|matter|challenge|question|bit|option|must|decision|reason|mistake"
    r"|pain|joy|shame)\b"
)  # says how a thing is, not what
_BARE = re.compile(r"^(?:the|a|an|our|this|le|la|les|l'|un|une|notre)\s+", re.IGNORECASE)
_VAGUE_TERM = re.compile(
    r"\b(?:goal|problem|reason|issue|idea|result|point|thing|way|rest|only|following|next|first|but|examples?"
    r"|probl\u00e8me|raison|r\u00e9sultat)\b",
    re.IGNORECASE,
)


def extract(view: View) -> Iterator[Draft]:
    """Yield a definition for each sentence whose subject is set equal to a kind of thing."""
    for sentence in view.sentences:
        if sentence.clause and sentence.statement and not sentence.leans and _defines(sentence, view):
            yield _draft(sentence, view)


def _defines(sentence: Sentence, view: View) -> bool:
    clause = sentence.clause
    assert clause is not None
    if (
        len(clause.subject.split()) > MAX_TERM_WORDS
        or _VAGUE_TERM.search(clause.subject)
        or clause.subject.lower() == "we"
    ):
        return False
    if clause.verb.lower() in BE and not clause.negative:
        return (
            not _OPINION.match(clause.rest)
            and bool(_KIND[view.context.language].match(clause.rest))
            and len(clause.rest.split()) >= 3
        )
    return clause.verb.lower() in MEANS


def _draft(sentence: Sentence, view: View) -> Draft:
    clause = sentence.clause
    assert clause is not None
    term = view.np(clause)
    slots = {"term": term, "be": "are" if clause.plural else "is", "does": "do" if clause.plural else "does"}
    keys = (_BARE.sub("", clause.subject),)
    return view.draft(
        "definition", sentence.statement, sentence.lines, slots=slots | view.placed(term), keys=keys, weight=0.9
    )
