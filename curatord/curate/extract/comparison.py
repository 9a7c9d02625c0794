"""Comparisons in prose: "A, whereas B", "A is faster than B", "unlike A, B"; and things set against each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.alteration import alike
from curatord.curate.extract.contrast import Side, contrast
from curatord.curate.extract.setting import LINKS_ONLY, name_and_value, noun
from curatord.curate.text import mentions, opened
from curatord.memory.document import ListBlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MAX_SIDE_WORDS = 8
MAX_VALUE_WORDS = 14

_CUES = {
    "en": ("than", "unlike", "compared", "opposed", "instead", "whereas", "while", "but", "however"),
    "fr": ("contrairement", "plus", "plut\u00f4t", "par rapport", "au lieu", "moins", "alors qu", "tandis qu", "mais"),
}
_THAN = {
    "en": re.compile(
        r"\b(?:(?<!no more )(?<!no less )(?<!no later )(?<!no longer )than|unlike|compared (?:to|with)"
        r"|as opposed to|instead of"
        r"|rather than) (?P<other>(?:the |a |an )?[\w`][\w`./'-]*(?: [\w`./'-]+){0,3}?)(?=$"
        r"|[,.;:)]| (?:and|or|because|since|which|that|when|if|for|in|is|are|was|do|does|to"
        r"|at|on|with|as)\b)"
    ),
    "fr": re.compile(
        r"\b(?:(?:contrairement|par rapport) (?P<article>\u00e0|aux?)|plut\u00f4t qu(?:e |')"
        r"|au lieu d(?:e |')|(?:plus|moins) \S+ qu(?:e |')) ?(?P<other>(?:les? |la |l'"
        r"|une? )?[\w`][\w`./'-]*(?: [\w`./'-]+){0,3}?)(?=$|[,.;:)]| (?:et|ou|car|qui|que"
        r"|pour|dans|est|sont|en)\b)"
    ),
}
_ARTICLE = {"au": "le ", "aux": "les "}
_WHEREAS = {
    "en": re.compile(r"^(?P<one>.+?),? (?:whereas|while|but|however,) (?P<two>.+)$"),
    "fr": re.compile(r"^(?P<one>.+?),? (?:alors qu(?:e |')|tandis qu(?:e |')|mais )(?P<two>.+)$"),
}
_REPORTED = re.compile(r"\b(?:that|which|who|qui|que)\b")  # what is compared there is not the sentence's subject
_SET_APART = re.compile(r"\b(?:whereas|while|alors que?|tandis que?)\b")
_PLAIN = re.compile(
    r"^(?:it|that|this|expected|usual|before|ever|one|once|what|ever before|\d.*|two|three|a|an|the"
    r"|pr\u00e9vu)$",
    re.IGNORECASE,
)


def extract(view: View) -> Iterator[Draft]:
    """Yield what the prose compares, then neighbouring items of a list of named values."""
    for sentence in view.sentences:
        sides = _sides(sentence, view)
        if sides:
            one, two = sides
            slots = {"a": one, "b": two, **view.placed(f"{one} {two}")}
            yield view.draft("contrast", sentence.statement, sentence.lines, slots=slots, weight=0.85)
    yield from _neighbours(view)


def _sides(sentence: Sentence, view: View) -> tuple[str, str] | None:
    clause = sentence.clause
    if clause is None or not sentence.statement or clause.subject.lower() in ("we", "nous", "on", "you"):
        return None
    language, text = view.context.language, opened(sentence.text)
    if not mentions(text, _CUES[language]):
        return None
    one = view.small(clause.subject)
    match = _THAN[language].search(text)
    if match and not _PLAIN.match(match["other"]) and not _REPORTED.search(text[: match.start()]):
        two = f"{_ARTICLE.get(match['article'] or '', '')}{match['other']}" if language == "fr" else match["other"]
    else:
        split = _WHEREAS[language].match(text)
        other = view.clause(split["two"]) if split else None
        if other and other.verb != clause.verb and not _SET_APART.search(text):
            return None  # "A is fast, but care is needed" compares nothing
        if other is None or other.subject.lower() in ("we", "nous", "on", "you"):
            return None
        two = view.small(other.subject)
    short = all(0 < len(side.split()) <= MAX_SIDE_WORDS for side in (one, two))
    return (one, two) if short and one.lower() != two.lower() else None


def _neighbours(view: View) -> Iterator[Draft]:
    if LINKS_ONLY.match(view.section.heading):
        return
    for block in view.section.walk():
        if not isinstance(block, ListBlock) or block.ordered:
            continue
        found = [(item, pair) for item in block.items if (pair := name_and_value(item))]
        for (item, one), (_, two) in zip(found[::2], found[1::2], strict=False):
            if (
                one[1] != two[1]
                and alike(one[1], two[1])
                and all(0 < len(opened(pair[1]).split()) <= MAX_VALUE_WORDS for pair in (one, two))
            ):
                sides = tuple(Side(noun(name, view), opened(value)) for name, value in (one, two))
                yield contrast(view, item.lines, (sides[0], sides[1]), weight=0.55)
