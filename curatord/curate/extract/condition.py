"""Conditions: "If A, B", "B when A", "Before A, B"; and what goes wrong under them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.clause import parse
from curatord.curate.extract.thing import told_by_a_person
from curatord.curate.subject import stands_alone
from curatord.curate.text import balanced, mentions, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import Sentence, View

MIN_WORDS, MAX_WORDS = 3, 20

_CUES = {
    "en": ("if", "when", "once", "unless", "until", "while", "without", "before", "after", "during"),
    "fr": ("si", "quand", "lorsqu", "sans", "avant", "apr\u00e8s", "pendant"),
}
_BAD = {
    "en": re.compile(
        r"\b(?:fail(?:s|ed|ure|ures|ing)?|errors?|crash(?:es|ed)?|breaks?|broken?|lost|loses?|missing|wrong"
        r"|incorrect\w*"
        r"|reject(?:s|ed)|refuse[sd]?|abort(?:s|ed)?|hangs?|stuck|stall(?:s|ed)?|block(?:s|ed)?|drop(?:s|ped)|ignored"
        r"|impossible|invalid|unavailable|timed? ?out|corrupt\w*|problem\w*|issues?|risk\w*|slow(?:s|er)?|too \w+)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(?:\u00e9chou\w+|\u00e9chec\w*|erreurs?|perd\w*|manqu\w+|impossible|bloqu\w+|refus\w+|probl\u00e8mes?"
        r"|risqu\w+|panne\w*)\b",
        re.IGNORECASE,
    ),
}
_NOT = {
    "en": re.compile(
        r"\b(?:cannot|(?:do|does|did|will|would|must|should|may|is|are|was|were|can) not|never|nothing|only)\b|n't\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(r"\b(?:ne|jamais|seulement)\b|\bn'", re.IGNORECASE),
}
_MENDED = re.compile(
    r"\b(?:any ?more|no longer|fix(?:e[sd])?|avoid\w*|prevent\w*|instead of|\u00e9vit\w+|corrig\w+)\b", re.IGNORECASE
)
_OWN_CLAUSE = re.compile(r";| (?:it|they) \w+s\b")  # a comma is missing: the result has begun
_CASES = frozenset("if when once unless whenever without si quand lorsque lorsqu' sans".split())  # noqa: SIM905 - a list of words reads better as text
_FIRST = {
    "en": re.compile(
        r"^(?P<word>If|When|Once|Unless|Until|While|Without|Whenever|Before|After"
        r"|During) (?P<condition>[^,]+), (?:then )?(?P<result>.+)$",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"^(?P<word>Si|Quand|Lorsque|Lorsqu'|Sans|Avant|Apr\u00e8s"
        r"|Pendant) ?(?P<condition>[^,]+), (?:alors )?(?P<result>.+)$",
        re.IGNORECASE,
    ),
}
_LAST = {
    "en": re.compile(
        r"^(?P<result>[^,]+?),? (?P<word>if|when|once|unless|whenever|until"
        r"|while) (?P<condition>[^,]+)$"
    ),
    "fr": re.compile(r"^(?P<result>[^,]+?),? (?P<word>si|quand|lorsque|lorsqu') ?(?P<condition>[^,]+)$"),
}

_WHETHER = re.compile(
    r"\b(?:find out|see|check|know|knows|determine\w*|tell|ask\w*|wonder\w*|sure|test|verify|verifies|decide\w*"
    r"|unclear|v\u00e9rifier|savoir)$"
)
_FREQUENT = re.compile(r"(?:an?|per|every|each|in an?|par)\b")  # "once a year"
_NESTED = re.compile(r";|\b(?:where|whether)\b|^(?:Fixed|Added|Changed|Removed) ")  # whose condition it is stays open
# a pronoun so early that it can only mean what stands outside the condition: "the tenant caused it"
_EARLY = re.compile(r"(?:\S+ ){0,3}(?:it|them|they|he|she|him|her|their|its|elle|elles|ils?|leurs?)\b", re.IGNORECASE)
# a second clause without anything that joins it: "if there is no room it skips"
_SECOND = re.compile(
    r"(?<!before)(?<!after)(?<!when)(?<!while)(?<!until)(?<!and)(?<!or)(?<!but)(?<!because)(?<!that)(?<!as)(?<!since)"
    r"(?<!if)(?<!so)(?<!than)(?<!which)(?<!what)(?<!where)(?<!how) (?:it|they|he|she|you|we|I) "
    r"(?:is|are|was|were|will|can|must|has|have|had|do|does|\w+s|\w+ed) "
)


def extract(view: View) -> Iterator[Draft]:
    """Yield what a sentence says of a case, where the case is told without pronouns."""
    language = view.context.language
    for sentence in view.sentences:
        if not sentence.statement or not mentions(sentence.text, _CUES[language]):
            continue
        text = opened(sentence.text)
        match = _FIRST[language].match(text) or _LAST[language].match(text)
        if match and _holds(match) and _fits(match, view):
            yield _draft(match, sentence, view)


def _holds(match: re.Match[str]) -> bool:
    """Whether what follows the word is a case that the result depends on."""
    result = match["result"]
    return not (_FREQUENT.match(match["condition"]) or _NESTED.search(result) or _WHETHER.search(result))


def _fits(match: re.Match[str], view: View) -> bool:
    condition, result = match["condition"], match["result"]
    if condition.startswith("to ") or _OWN_CLAUSE.search(condition):
        return False
    lengths = all(MIN_WORDS <= len(part.split()) <= MAX_WORDS for part in (condition, result))
    return (
        lengths
        and not _SECOND.search(condition)
        and not _EARLY.match(condition)
        and balanced(condition)
        and balanced(result)
        and stands_alone(condition, view.lexicon.pronouns)
    )


def _draft(match: re.Match[str], sentence: Sentence, view: View) -> Draft:
    word = match["word"].lower()
    joint = "" if word.endswith("'") else " "
    condition = f"{word}{joint}{view.small(match['condition'])}"
    result = match["result"]
    spoken = view.small(result) if stands_alone(result, view.lexicon.pronouns) and "," not in result else ""
    plain = spoken if word in ("if", "when", "once", "si", "quand", "lorsque") and _states(spoken, view) else ""
    slots = {"condition": condition, "result": plain}
    shape = _shape(word, match["condition"], result, view.context.language)
    return view.draft(shape, sentence.statement, sentence.lines, slots=slots | view.placed(condition), weight=0.8)


def _shape(word: str, condition: str, result: str, language: str) -> str:
    """Return what a case leads to: harm, something that then is not so; and else whether it is itself one of harm."""
    if word not in _CASES or _MENDED.search(result) or told_by_a_person(condition, language):
        return "condition"
    if _BAD[language].search(result):
        return "hazard"
    if _NOT[language].search(result):
        return "proviso"
    return "failure" if _BAD[language].search(condition) else "condition"


def _states(result: str, view: View) -> bool:
    """Whether the result is a statement and no instruction: it has a subject of its own."""
    return parse(result, view.lexicon) is not None
