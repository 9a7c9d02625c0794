"""How good a pair is: a sum of named parts, each in [0, 1].

| part           | weight | what earns it                                                                   |
|----------------|--------|---------------------------------------------------------------------------------|
| faithful       | 0.30   | share of the answer's hard tokens that the section or its title holds             |
| self_contained | 0.20   | the question names its subject: nothing dangling, no pronoun without a noun      |
| well_formed    | 0.15   | 3 to 40 words, no markdown residue, no doubled word; the answer ends as one does |
| fitting        | 0.15   | a question for a number, time, cause or way gets one                             |
| specific       | 0.10   | the answer says something that the question does not                             |
| length         | 0.10   | 5 to 80 words; less outside                                                      |
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.pair import Score
from curatord.curate.text import CODE_SPAN, hard_tokens, words

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

WEIGHTS = {
    "faithful": 0.30,
    "self_contained": 0.20,
    "well_formed": 0.15,
    "fitting": 0.15,
    "specific": 0.10,
    "length": 0.10,
}
SHORT, LONG, LONGEST = 5, 80, 250

_DANGLING = re.compile(
    r"\b(?:this|that|these|those|the (?:above|following|given|previous|preceding)) "
    r"(?:section|document|text|passage|note|file|article|paragraph|page|table|list|steps?|snippet"
    r"|example)s?\b"
    r"|^(?:(?:what|why|how|when|where|which|who) )?(?:(?:is|are|was|were|does|do|did|can|should) )?"
    r"(?:they|this|that|these|those|he|she|it)\b(?! (?:not )?(?:possible|important|necessary|true"
    r"|safe|correct|so|that|about))"
    r"|\b(?:cette (?:section|note|page|liste)|ce (?:document|texte|passage|fichier|tableau"
    r"|paragraphe)|ci-dess(?:us|ous))\b",
    re.IGNORECASE,
)
_RESIDUE = re.compile(r"\*\*|[|\n]|^#|: *\?")
_DOUBLED = re.compile(r" (\w+) \1 ")
_WANTED = (
    (
        re.compile(r"^how (?:many|much|long|often|large)\b|^combien\b", re.IGNORECASE),
        re.compile(
            r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|once|twice|every|never|une?"
            r"|deux|trois|quatre|cinq|chaque)\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"^when\b|^on which day\b|^at what time\b|^quand\b", re.IGNORECASE),
        re.compile(
            r"\d|\b(?:after|before|when|whenever|if|every|once|until|during|while|always|never|on"
            r"|at|apr\u00e8s|avant|quand|si|pendant)\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"^(?:why|pourquoi)\b", re.IGNORECASE),
        re.compile(
            r"\b(?:because|since|due|so|caused?|reason|as|to|therefore|hence|allows?|enables?|car"
            r"|parce|puisque|raison|afin|pour|gr\u00e2ce|permet)\b",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(
            r"^how (?:do|can|should|would|to|must)\b(?! (?:\S+ ){1,12}?(?:differ|compare"
            r"|relate))",
            re.IGNORECASE,
        ),
        re.compile(
            r"[`\d]|\b(?:run|use|using|set|restart|add|change|roll|move|open|call|create|test|write"
            r"|edit|install|check|by|pass|put|define|enable|configure|remove|replace|start|stop"
            r"|select)\b|\n\s*[-*\d]",
            re.IGNORECASE,
        ),
    ),
)
_POINTERS = tuple(
    f" {word}"
    for word in (
        "this",
        "that",
        "these",
        "those",
        "it ",
        "they",
        "he ",
        "she",
        "cette",
        "ce ",
        "ci-dess",
        "the above",
        "the follow",
        "the prev",
        "the prec",
        "the given",
    )
)
_EMPTY_WORDS = (
    "from what which who when where why how can could should would will may might must i we you they he she our your "
    "their my us if than then so such into about per there here has have had "
    "a an the of to in on for and or is are was were be by with as at it its this that not no do does "
    "de la le les l des du un une et est en"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())
_TYPED = frozenset("HWCPOAQ")
_ENDED = re.compile(r"(?:[.!?\u2026)\]}\"'`\u00bb\u201d%\u3002]|\d)$")


class Judge:
    """Scores the questions of one answer; what the answer alone decides is worked out once."""

    def __init__(self, answer: str, support: str, known: AbstractSet[str]) -> None:
        """`support` is the text the answer must rest on, and `known` its hard tokens."""
        told = words(answer)
        self._answer = answer
        self._told = frozenset(word for word in told if len(word) > 1 or word.isdigit()) - _EMPTY
        self._faithful = _faithful(answer, support, known)
        self._length = _length(len(told))
        self._ended = bool(_ENDED.search(answer.rstrip()))
        self._best = self._sum(1.0, 1.0, 1.0, 1.0)

    def score(self, question: str) -> Score:
        """Score the answer as an answer to this question."""
        contained = 0.0 if _points(question) else 1.0
        formed = _well_formed(question, ended=self._ended)
        fitting = _fitting(question, self._answer)
        specific = self._specific(question.casefold())
        if contained == formed == fitting == specific == 1.0:
            return self._best
        return self._sum(contained, formed, fitting, specific)

    def _specific(self, asked: str) -> float:
        return 1.0 if any(word not in asked for word in self._told) else 0.0

    def _sum(self, contained: float, formed: float, fitting: float, specific: float) -> Score:
        parts = tuple(zip(WEIGHTS, (self._faithful, contained, formed, fitting, specific, self._length), strict=True))
        return Score(round(sum(WEIGHTS[name] * part for name, part in parts), 4), parts)


def adds(score: Score) -> bool:
    """Whether the answer says anything that its question does not."""
    return dict(score.parts)["specific"] > 0


def score(question: str, answer: str, support: str, known: AbstractSet[str]) -> Score:
    """Score a single pair; see the head of this module."""
    return Judge(answer, support, known).score(question)


def _points(question: str) -> bool:
    """Whether the question points to something outside itself; most hold none of the words that could."""
    low = f" {question.casefold()}"
    if not any(pointer in low for pointer in _POINTERS):
        return False
    return bool(_DANGLING.search(CODE_SPAN.sub("X", question)))


def _faithful(answer: str, support: str, known: AbstractSet[str]) -> float:
    tokens = hard_tokens(answer)
    if not tokens:
        return 1.0
    return round(sum(1 for token in tokens if token in known or token in support) / len(tokens), 4)


def _well_formed(question: str, *, ended: bool) -> float:
    bare = CODE_SPAN.sub("X", question) if "`" in question else question
    faults = (
        3 <= bare.count(" ") + 1 <= 40,
        "`" not in bare and not _RESIDUE.search(bare),
        not _DOUBLED.search(bare),
        ended,
    )
    return sum(faults) / len(faults)


def _fitting(question: str, answer: str) -> float:
    if question[:1] not in _TYPED:
        return 1.0
    for asks, tells in _WANTED:
        if asks.match(question):
            return 1.0 if tells.search(answer) else 0.0
    return 1.0


def _length(count: int) -> float:
    if count < SHORT:
        return count / SHORT
    if count <= LONG:
        return 1.0
    return max(0.0, 1.0 - (count - LONG) / (LONGEST - LONG))
