"""Decisions in prose: "we chose X over Y", "it was decided to"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.text import mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import View

_CUES = {
    "en": ("deci", "chose", "agreed", "opted", "settled", "rejected", "deferred", "we "),
    "fr": ("d\u00e9ci", "choisi", "retenu", "rejet", "report"),
}
_DECIDES = {
    "en": re.compile(
        r"\b(?:decided|decision|chose|chosen|agreed (?:on|to|that)|opted|settled on|rejected"
        r"|deferred|we (?:are|will) (?:not )?(?:use|using|switch|switching|moving|move))\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(?:d\u00e9cid\u00e9e?s?|d\u00e9cision|choisie?s?|retenue?s?|rejet\u00e9e?s?|report\u00e9e?s?)\b",
        re.IGNORECASE,
    ),
}


def extract(view: View) -> Iterator[Draft]:
    """Yield each sentence that reports a choice."""
    pattern, cues = _DECIDES[view.context.language], _CUES[view.context.language]
    for sentence in view.sentences:
        match = pattern.search(sentence.text) if mentions(sentence.text, cues) else None
        if not match or not sentence.statement or sentence.text.endswith("?"):
            continue
        np = view.focus(sentence.text[match.end() :]) or view.focus(sentence.text)
        if np:
            yield view.draft(
                "decision", sentence.statement, sentence.lines, slots={"np": np, **view.placed(np)}, weight=0.7
            )
