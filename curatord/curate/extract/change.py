"""What is no longer as it was: "X no longer", "X is now", "X used to", "X was replaced by"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.text import CODE_SPAN, mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import View

MAX_NP_WORDS = 9

_CUES = {
    "en": (
        *("no longer", "anymore", "any more", "now", "used to", "previously", "formerly"),
        *("replaced", "renamed", "superseded", "switched", "faster", "slower", "smaller", "larger", "better", "worse"),
    ),
    "fr": ("plus", "d\u00e9sormais", "maintenant", "auparavant", "remplac\u00e9", "renomm\u00e9", "autrefois"),
}
_CHANGED = {
    "en": re.compile(
        r"\b(?:(?<!would )no longer|any ?more|(?:previously|formerly)(?= (?:was|were|had|used|it|the|in|a|an)\b)"
        r"|used to(?= (?:be|have|do|take|return|need|require)\b)"
        r"|(?:was|were|been|is|are) (?:replaced|renamed|superseded)|switched (?:from|to)"
        r"|(?:significantly|much|slightly|about \S+|more|less) (?:faster|slower|smaller|larger|better|worse))\b",
    ),
    "fr": re.compile(
        r"\b(?:n[e'].{1,40}? plus\b(?! (?:de|que|d'))|auparavant|autrefois"
        r"|remplac\u00e9e?s?|renomm\u00e9e?s?)"
    ),
}
_NEW = {
    "en": re.compile(
        r"\b(?:(?:is|are|can|must|has|have|does|do|will|should|may|also|only|all) now(?= \w)|now (?=[a-z]))"
    ),
    "fr": re.compile(r"\b(?:d\u00e9sormais|maintenant)\b"),
}
_NOT_CHANGED = re.compile(r"\b(?:(?:until|for|by|from|right|even|just) now|now that)\b", re.IGNORECASE)

_UNKNOWN = re.compile(r"(?:an?|some|une?|des) ", re.IGNORECASE)  # nobody knew it as it was


def extract(view: View) -> Iterator[Draft]:
    """Yield each clause that sets a thing as it is against the same thing as it was, one for each thing."""
    language = view.context.language
    told: set[str] = set()
    for sentence in view.sentences:
        clause = sentence.clause
        if not clause or not sentence.statement or not mentions(sentence.text, _CUES[language]):
            continue
        bare = CODE_SPAN.sub("", sentence.text)
        named = clause.subject.lower() not in ("we", "you", "nous", "on", "vous")
        if not named or _NOT_CHANGED.search(bare):
            continue
        shape = "change" if _CHANGED[language].search(bare) else "news" if _NEW[language].search(bare) else ""
        np = view.np(clause)
        known = len(np.split()) <= MAX_NP_WORDS and not _UNKNOWN.match(np)
        if shape and known and (name := np.strip("`").lower()) not in told:
            told.add(name)
            slots = {"np": np, **view.placed(np)}
            yield view.draft(shape, sentence.statement, sentence.lines, slots=slots, weight=0.8)
