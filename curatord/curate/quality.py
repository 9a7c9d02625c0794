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
from functools import lru_cache
from operator import eq
from typing import TYPE_CHECKING

from curatord.curate.dedupe import normal
from curatord.curate.pair import Score
from curatord.curate.text import CODE_SPAN, hard_tokens, words

if TYPE_CHECKING:
    from collections.abc import Sequence

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
_RESIDUE = ("`", "**", "|", "\n")
_NO_END = re.compile(r": *\?")
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
# every question that `_DANGLING` finds has a pointer among its first words, or one of these places anywhere
_POINTING_WORDS = "this that these those it they he she that's that'll they're they've he's she's"
_POINTERS = frozenset(_POINTING_WORDS.split())
_PLACE_WORDS = (
    "section sections document documents text texts passage passages note notes file files article articles paragraph "
    "paragraphs page pages table tables list lists step steps snippet snippets example examples liste texte fichier "
    "tableau paragraphe ci-dessus ci-dessous"
)
_PLACES = frozenset(_PLACE_WORDS.split())
_DEMANDING = ("how ", "combien", "when", "on which day", "at what time", "quand", "why", "pourquoi")
_EMPTY_WORDS = (
    "from what which who when where why how can could should would will may might must i we you they he she our your "
    "their my us if than then so such into about per there here has have had "
    "a an the of to in on for and or is are was were be by with as at it its this that not no do does "
    "de la le les l des du un une et est en"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())
_ENDS = frozenset(".!?\u2026)]}\"'`\u00bb\u201d%\u3002")


class Judge:
    """Scores the questions of one answer; what the answer alone decides is worked out once."""

    def __init__(self, answer: str, support: str) -> None:
        """`support` is the text the answer must rest on."""
        told = words(answer)
        self._answer = answer
        self._told = [word for word in {*told} - _EMPTY if len(word) > 1 or word.isdigit()]
        self._faithful = _faithful(answer, support)
        self._length = _length(len(told))
        last = answer.rstrip()[-1:]
        self._ended = last in _ENDS or last.isdecimal()

    def score(self, question: str, asked: Sequence[str]) -> Score:
        """Score the answer as an answer to this question; `asked` are its words in normal form."""
        low = question.casefold()
        return _sum(
            self._faithful,
            0.0 if _points(question, asked) else 1.0,
            _well_formed(question, asked, ended=self._ended),
            _fitting(question, low, self._answer),
            0.0 if all(map(low.__contains__, self._told)) else 1.0,
            self._length,
        )


def adds(score: Score) -> bool:
    """Whether the answer says anything that its question does not."""
    return ("specific", 0.0) not in score.parts


def score(question: str, answer: str, support: str) -> Score:
    """Score a single pair; see the head of this module."""
    return Judge(answer, support).score(question, normal(question).words)


@lru_cache(maxsize=1024)
def _sum(*parts: float) -> Score:
    """Return the weighted mean of the parts; most pairs share a few combinations."""
    named = tuple(zip(WEIGHTS, parts, strict=True))
    return Score(round(sum(WEIGHTS[name] * part for name, part in named), 4), named)


def _points(question: str, asked: Sequence[str]) -> bool:
    """Whether the question points to something outside itself; most hold none of the words that could."""
    if _PLACES.isdisjoint(asked) and _POINTERS.isdisjoint(asked[:3]):
        return False
    return bool(_DANGLING.search(CODE_SPAN.sub("X", question)))


def _faithful(answer: str, support: str) -> float:
    tokens = hard_tokens(answer)
    if not tokens:
        return 1.0
    return round(sum(1 for token in tokens if token in support) / len(tokens), 4)


def _well_formed(question: str, asked: Sequence[str], *, ended: bool) -> float:
    bare = CODE_SPAN.sub("X", question) if "`" in question else question
    faults = (
        3 <= bare.count(" ") + 1 <= 40,
        not (any(map(bare.__contains__, _RESIDUE)) or bare[:1] == "#" or _NO_END.search(bare)),
        not any(map(eq, asked, asked[1:])) or not _DOUBLED.search(bare),
        ended,
    )
    return sum(faults) / len(faults)


def _fitting(question: str, low: str, answer: str) -> float:
    if low.startswith(_DEMANDING):
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
