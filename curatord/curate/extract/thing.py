"""Whether a stretch of words names a thing, so that a question may be about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.subject import stands_alone
from curatord.curate.text import balanced
from curatord.curate.view import IDENTIFIER

if TYPE_CHECKING:
    from curatord.curate.view import View

MAX_WORDS = 10

FORMULA = re.compile(r"`(?:(?![A-Za-z]{2})[^`])+`")  # code without a word in it tells two facts apart only to the eye
_DETERMINED = re.compile(
    r"\d[\d.,]* ?(?:%|[^\W\d]\w*)$|(?:the|an?|our|your|any|each|every|all|les?|la|des|une?|notre|votre|chaque) \S|l'\S",
    re.IGNORECASE,
)
_DOING = re.compile(r"(?!(?:nothing|something|anything|everything)\b)(?:[a-z]+ly )?[a-z]+ing \S")
_PLURAL = re.compile(r"(?:[\w-]+ ){0,2}[^\W\d_]{3,}(?<![sui])s$")
_ENDS_OPEN = re.compile(
    r"\b(?:the|an?|and|or|of|to|for|in|on|with|by|from|at|as|is|are|was|were|be|not|that|than|it|its|so|also|if|when"
    r"|de|du|des|le|la|les|une?|et|ou|\u00e0|en|pour|par|que|qui|plus)$",
    re.IGNORECASE,
)
_NO_THING_WORDS = (
    "both ours yours hers theirs mine others expected usual before ever one ones rest first last same majority case "
    "time way issue fact number lot part others lack need use kind sort set reverse opposite contrary"
)
_NO_THING = frozenset(_NO_THING_WORDS.split())
_PERSON = {
    "en": re.compile(r"\b(?:I|I'm|I've|I'd|[Mm]y|[Ww]e|[Ww]e're|[Ww]e've|us|[Hh]e|[Ss]he)\b"),
    "fr": re.compile(r"\b(?:[Jj]e|[Jj]'ai|[Nn]ous|[Oo]n|[Ii]l a|[Ee]lle a)\b"),
}


def is_thing(text: str, view: View, *, plain: bool = False) -> bool:
    """Whether the words surely name a thing: code, a name, a noun with its article, a plural, something being done.

    `plain` accepts a bare noun in the singular too, where the words before it leave no other reading.
    """
    if not 0 < len(text.split()) <= MAX_WORDS or not balanced(text) or _ENDS_OPEN.search(text):
        return False
    told = text.lower().split()
    if (
        not stands_alone(text, view.lexicon.pronouns)
        or view.lexicon.pronouns & {*told}
        or told[-1] in _NO_THING
        or told[0] == "both"
    ):
        return False
    finite = view.lexicon.finite
    if any(finite.get(word, ("",))[0] == "does" for word in told[2:-1]) or (len(told) > 2 and told[-1].endswith("ly")):
        return False
    if text[0] == "`" or text[0].isupper() or any(pattern.match(text) for pattern in (_DETERMINED, _DOING, IDENTIFIER)):
        return True
    if is_order(text, view) or told[0] in view.lexicon.no_subject or not text[0].isalpha():
        return False
    return plain or bool(_PLURAL.match(text))


def ends_in_verb(text: str, view: View) -> bool:
    """Whether three words or more run on into a verb: "the issue happens"; words cut out of a sentence may do so."""
    told = text.lower().split()
    return len(told) > 2 and view.lexicon.finite.get(told[-1], ("",))[0] == "does"


def is_order(text: str, view: View) -> bool:
    """Whether several words begin with the base form of a verb: "delay features" is to be done, and no thing."""
    first, *others = text.lower().split()
    return bool(others) and view.lexicon.finite.get(first, ("", ""))[1] == first


def told_by_a_person(text: str, language: str) -> bool:
    """Whether a sentence tells what its author did or thought, rather than how things are."""
    return bool(_PERSON[language].search(text))
