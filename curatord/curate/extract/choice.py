"""What is chosen over a thing, told apart from it, measured by it or like it: "A instead of B", "A, not B", "A like B".

Only the other thing is asked by name: what stands against it need not be a plain subject.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from curatord.curate.extract.thing import is_thing
from curatord.curate.text import CODE_SPAN, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MIN_WORDS = 7  # of a sentence, before it says more than what it compares with

# shape -> what one of its leads holds; a pattern is tried only where one of these stands
_CUES = {
    "en": {
        "choice": ("instead of", "rather than", "as opposed to", "in place of"),
        "correction": (", not ", ", never "),
        "yardstick": (" than ", "unlike", "compared"),
        "akin": ("same", "similar", "equivalent", "identical", "comparable", "analogous", "like ", "on par"),
    },
    "fr": {
        "choice": ("au lieu d", "plut\u00f4t qu", "\u00e0 la place d"),
        "correction": (", et non ",),
        "yardstick": ("par rapport", "contrairement"),
        "akin": ("similaire", "identique", "\u00e9quivalent", "tout comme", "de la m\u00eame"),
    },
}
_OTHER = r"(?P<other>(?:`[^`]+`|[\w\"])(?:`[^`]+`|[^,.;:()?!\u2014`]|\.(?=\w))*?)"
_END = {
    "en": r"(?=$|[,;:()?!\u2014]|\.(?!\w)| (?:and|or|but|because|since|which|that|when|if|so|is|are|was|were|has"
    r"|have|can|will"
    r"|do|does|unless|while|as)\b)",
    "fr": r"(?=$|[,;:()?!\u2014]|\.(?!\w)| (?:et|ou|mais|car|parce|qui|que|quand|si|est|sont|a|ont|peut)\b)",
}
_COMPARATIVE = (
    r"(?:(?!(?:rather|other|older|newer|later|earlier|longer|shorter|number|whether|never|under|over)\b)\w+er|better"
    r"|worse"
    r"|(?:more|less) (?!than\b)\w+)"
)


def _pattern(language: str, words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{words}) ?{_OTHER}{_END[language]}", re.IGNORECASE)


# shape -> what leads to the other thing
_LEADS = {
    "en": {
        "choice": _pattern("en", "instead of|in place of|rather than|as opposed to"),
        "correction": _pattern("en", r"(?<=,) (?:not|never)"),
        "yardstick": _pattern("en", rf"{_COMPARATIVE} than|unlike|compared (?:to|with)"),
        "akin": _pattern(
            "en",
            r"the same(?: \S+){0,2} as(?: (?:for|in|with))?|similar(?: \S+)? (?:to|as)|similarly to|equivalent (?:to"
            r"|of)"
            r"|identical to|comparable to|analogous to|on par with"
            r"|(?:just|much|works?|behaves?|treated) (?:exactly )?like(?: (?:for|in|with))?",
        ),
    },
    "fr": {
        "choice": _pattern("fr", r"au lieu d(?:e |')|\u00e0 la place d(?:e |')|plut\u00f4t qu(?:e d(?:e |')|e |')"),
        "correction": _pattern("fr", r"(?<=,) et non (?:pas )?"),
        "yardstick": _pattern("fr", r"par rapport (?:\u00e0|aux?)|contrairement (?:\u00e0|aux?)"),
        "akin": _pattern(
            "fr",
            r"similaires? (?:\u00e0|aux?)|identiques? (?:\u00e0|aux?)|\u00e9quivalente?s? (?:\u00e0|aux?|d(?:e |'))"
            r"|tout comme"
            r"|de la m\u00eame (?:mani\u00e8re|fa\u00e7on) que",
        ),
    },
}
_NOUN_FOLLOWS = re.compile(r"^(?:instead of|in place of|au lieu|\u00e0 la place)", re.IGNORECASE)
_CLAUSE = re.compile(
    r"^(?:being|\u00eatre)\b|\b(?:I|we|you|is|are|was|were|has|have|had|will|would|can|could|actually"
    r"|expected|before|est|sont)\b"
)
_NO_START = re.compile(r"\w+ed |(?:described|usual|previously|other) ", re.IGNORECASE)


def extract(view: View) -> Iterator[Draft]:
    """Yield at most one such fact for a sentence."""
    for sentence in view.sentences:
        if sentence.statement and sentence.text.count(" ") >= MIN_WORDS - 1:
            yield from islice(filter(None, _tried(sentence, view)), 1)


def _tried(sentence: Sentence, view: View) -> Iterator[Draft | None]:
    language, text, low = view.context.language, opened(sentence.text), sentence.text.lower()
    for shape, cues in _CUES[language].items():
        if any(map(low.__contains__, cues)) and (match := _LEADS[language][shape].search(text)):
            yield _draft(shape, match, sentence, view)


def _draft(shape: str, match: re.Match[str], sentence: Sentence, view: View) -> Draft | None:
    if CODE_SPAN.sub("", sentence.text[: match.start()]).count('"') % 2:
        return None
    other = view.small(match["other"].strip())
    if not other or _CLAUSE.search(CODE_SPAN.sub("X", other)) or not _names(other, match[0], shape, view):
        return None
    return view.draft(
        shape, sentence.statement, sentence.lines, slots={"other": other, **view.placed(other)}, weight=0.7
    )


def _names(other: str, lead: str, shape: str, view: View) -> bool:
    """Whether the other thing is one; behind some words it can be nothing else, or several words can."""
    words = other.lower().split()
    several = len(words) > 1 and words[0] not in view.lexicon.prepositions and not _NO_START.match(other)
    sure = bool(_NOUN_FOLLOWS.match(lead)) or (several and shape != "correction")
    return is_thing(other, view, plain=sure)
