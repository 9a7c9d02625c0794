"""What a thing is before all others of its kind: "X is the only ...", "X is the largest ..."."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.clause import BE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import View

MAX_NP_WORDS = 8

_FIRST = {
    "en": re.compile(
        r"(?:(?:also|probably|currently|by far|still|now) )?(?:the|our|its) (?:only|most|least|best|worst|(?!latest"
        r"|rest|test)\w{2,}est"
        r"|main|primary|\w{2,}er one)\b"
    ),
    "fr": re.compile(
        r"(?:(?:aussi|actuellement|encore) )?(?:le|la|les|l') ?(?:seule?s?|plus|moins|meilleure?s?|pire"
        r"|principale?s?)\b"
    ),
}


def extract(view: View) -> Iterator[Draft]:
    """Yield each clause that sets its subject before all others."""
    language = view.context.language
    for sentence in view.sentences:
        clause = sentence.clause
        if not clause or not sentence.statement or clause.negative or clause.verb.lower() not in BE:
            continue
        if _FIRST[language].match(clause.rest) and len(clause.subject.split()) <= MAX_NP_WORDS:
            np = view.np(clause)
            yield view.draft(
                "standout", sentence.statement, sentence.lines, slots={"np": np, **view.placed(np)}, weight=0.7
            )
