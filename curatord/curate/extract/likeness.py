"""What two things have in common: "A is similar to B", "both A and B", "neither A nor B"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.extract.thing import is_thing
from curatord.curate.text import mentions, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MAX_SIDE_WORDS = 7

_CUES = {
    "en": (
        "similar to",
        "equivalent",
        "identical to",
        "same as",
        "comparable to",
        "analogous to",
        "both ",
        "neither ",
        "either ",
        "difference",
        "distinction",
    ),
    "fr": (
        "similaire",
        "\u00e9quivalent",
        "identique",
        "comparable",
        "analogue",
        "\u00e0 la fois",
        "ni ",
        "soit ",
        "diff\u00e9rence",
    ),
}
_END = {
    "en": r"(?=$|[,.;:()\u2014]| (?:and|or|but|because|since|which|that|when|if|so|in|on|at|for|with|is|are|was|were"
    r"|has"
    r"|have|can|will|must|should|to|from|as|via|by|do|does|did|except|while|without)\b)",
    "fr": r"(?=$|[,.;:()\u2014]| (?:et|ou|mais|car|parce|qui|que|quand|si|est|sont|a|ont|peut|peuvent|dans|sur|pour"
    r"|avec)\b)",
}
_LIKE = {
    "en": re.compile(
        rf"\b(?:similar|equivalent|identical|comparable|analogous) to (?P<b>[\w`].*?){_END['en']}"
        rf"|\bthe (?:same as|equivalent of) (?P<c>[\w`].*?){_END['en']}"
    ),
    "fr": re.compile(
        rf"\b(?:similaires?|\u00e9quivalente?s?|identiques?|comparables?|analogues?) (?:\u00e0 |aux? )"
        rf"(?P<b>[\w`].*?){_END['fr']}"
    ),
}
_BOTH = {
    "en": re.compile(
        rf"\b(?:[Bb]oth (?P<a>[\w`][^,;:()]*?) and|[Nn]either (?P<c>[\w`][^,;:()]*?) nor)"
        rf" (?P<b>[\w`][^,;:()]*?){_END['en']}"
    ),
    "fr": re.compile(
        rf"\b(?:\u00e0 la fois (?P<a>[\w`][^,;:()]*?) et|[Nn]i (?P<c>[\w`][^,;:()]*?) ni)"
        rf" (?P<b>[\w`][^,;:()]*?){_END['fr']}"
    ),
}
_BETWEEN = {
    "en": re.compile(
        rf"\b(?:differences?|distinction) between (?P<a>[\w`][^,;:()]*?) and (?P<b>[\w`][^,;:()]*?){_END['en']}"
    ),
    "fr": re.compile(rf"\bdiff\u00e9rences? entre (?P<a>[\w`][^,;:()]*?) et (?P<b>[\w`][^,;:()]*?){_END['fr']}"),
}
_SHOWING = ("I ", "I'm ", "Here's ", "Here is ", "Here are ", "Voici ")  # such sentences tell of no things
_VERB = {
    "en": re.compile(r"\b(?:is|are|was|were|be|been|will|can|must|should|has|have|to)\b"),
    "fr": re.compile(r"\b(?:est|sont|a|ont|peut|doit)\b"),
}
_EITHER = {
    "en": re.compile(rf"\b[Ee]ither (?P<a>[\w`][^,;:()]*?),? or (?P<b>[\w`][^,;:()]*?){_END['en']}"),
    "fr": re.compile(rf"\b[Ss]oit (?P<a>[\w`][^,;:()]*?),? soit (?P<b>[\w`][^,;:()]*?){_END['fr']}"),
}


def extract(view: View) -> Iterator[Draft]:
    """Yield what is likened to something, and what holds of two things alike."""
    cues = _CUES[view.context.language]
    for sentence in view.sentences:
        if sentence.statement and mentions(sentence.text, cues) and not sentence.text.startswith(_SHOWING):
            shape, sides = _sides(sentence, view)
            fitting = all(is_thing(side, view, plain=True) and not _does(side, view) for side in sides)
            if fitting and sides[0].lower() != sides[1].lower():
                slots = {"a": sides[0], "b": sides[1], **view.placed(" ".join(sides))}
                yield view.draft(shape, sentence.statement, sentence.lines, slots=slots, weight=0.75)


def _sides(sentence: Sentence, view: View) -> tuple[str, tuple[str, str]]:
    """Return the shape and the two things; empty strings where the sentence names none."""
    language, text = view.context.language, opened(sentence.text)
    both = _BOTH[language].search(text)
    if both:
        one, two = view.small(both["a"] or both["c"]), view.small(both["b"])
        return "both", (_completed(one, two) if language == "en" else one, two)
    apart = _BETWEEN[language].search(text)
    if apart:
        return "contrast", (view.small(apart["a"]), view.small(apart["b"]))
    either = _EITHER[language].search(text)
    if either:
        return "either", (view.small(either["a"]), view.small(either["b"]))
    like = _LIKE[language].search(text)
    clause = sentence.clause
    if like and clause and like.start() >= text.find(clause.rest) and len(clause.subject.split()) <= MAX_SIDE_WORDS:
        return "likeness", (view.np(clause), view.small(next(filter(None, like.groups()))))
    return "likeness", ("", "")


def _does(side: str, view: View) -> bool:
    """Whether the words run on into what the thing does: "Python offer collectors"."""
    inner = side.lower().split()[1:-1]
    return bool(_VERB[view.context.language].search(side)) or any(word in view.lexicon.finite for word in inner)


def _completed(one: str, two: str) -> str:
    """Return the first of two things with the noun they share: "float" beside "integer histograms"."""
    mine, theirs = one.split(), two.split()
    described = len(theirs) == 2 and theirs[0].lower() not in ("the", "a", "an", "our")
    shared = theirs[-1] if described and theirs[-1].isalpha() and theirs[-1].islower() else ""
    bare = mine[-1].isalpha() and mine[-1].islower() and not mine[-1].endswith("s")
    alone = len(mine) == 1 or (len(mine) == 2 and mine[0].lower() in ("the", "a", "an", "our"))
    return f"{one} {shared}" if shared and bare and alone else one
