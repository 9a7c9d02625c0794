"""How good a pair is: a sum of named parts, each in [0, 1].

| part           | weight | what earns it                                                                   |
|----------------|--------|---------------------------------------------------------------------------------|
| faithful       | 0.30   | the answer's hard tokens stand in the section or its title, and so do its words   |
| self_contained | 0.20   | the question points nowhere, and the answer leans on nothing outside itself      |
| well_formed    | 0.15   | whole sentences: no residue of markdown, no doubled or dangling words, an end    |
| fitting        | 0.15   | a question for a number, time, cause or way gets one; the answer speaks of       |
|                |        | what is asked for                                                               |
| specific       | 0.10   | the answer says several things that the question does not, and the question asks |
|                |        | for something that has a name                                                   |
| length         | 0.10   | an answer of 6 to 80 words and a question of up to 25; less outside              |
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import filterfalse, islice
from math import floor
from operator import eq
from typing import TYPE_CHECKING

from curatord.curate.dedupe import normal
from curatord.curate.pair import Score
from curatord.curate.phrasing import asking_words
from curatord.curate.text import CODE_SPAN, balanced, hard_tokens, words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

WEIGHTS = {
    "faithful": 0.30,
    "self_contained": 0.20,
    "well_formed": 0.15,
    "fitting": 0.15,
    "specific": 0.10,
    "length": 0.10,
}
SHORT, LONG, LONGEST = 6, 80, 250
MIN_WORDS, LONG_QUESTION = 3, 25
HEAD = 3  # words among which a pronoun leans on the sentence before
MANY = 3  # words of its own that make up for one that names nothing
BROAD, ASTRAY = (
    0.8,
    0.4,
)  # how well an answer fits that is asked for by its place alone, or that names nothing asked for

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
_ESCAPE = "\\"  # of markdown: answers come without it, except in code
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
_NEW = (0.0, 0.5, 0.8, 1.0)  # by how many words the answer adds
_NAMELESS_WORDS = (
    "way lot case thing things multiple several something everything bit rest other others same one ones following "
    "fa\u00e7on cas chose choses plusieurs reste autre autres m\u00eame"
)
_NAMELESS = frozenset(_NAMELESS_WORDS.split())
_PRONOUN_WORDS = "it they them he she this that these those il elle ils elles cela ceci"
_PRONOUNS = frozenset(_PRONOUN_WORDS.split())
_LINKING_WORDS = (
    "similarly however instead also then otherwise therefore thus so but and or notice likewise moreover furthermore "
    "ainsi donc mais et cependant toutefois sinon"
)
_LINKS = frozenset(_LINKING_WORDS.split())
_POINTING_AT = "this these above below following here earlier mentioned ci-dessus ci-dessous"
_POINTING = frozenset(_POINTING_AT.split())
_FRAMES = ("These are listed", "This is what")  # as statements begin that tell a list or a piece of code
_POINTER = re.compile(
    r"\b(?:in|for|from|to|of|on|with|by) (?:this|these) \w+|\b(?:above|below)\b(?! (?:\d|the|a))"
    r"|\bthe following\b(?!.*[:\n])|^here\b(?!.*\n)|\b(?:mentioned|noted|described) (?:above|earlier)\b"
    r"|\bci-dess(?:us|ous)\b",
    re.IGNORECASE | re.DOTALL,
)
_MARKERS = frozenset("-*+|>:;,.")
_OPEN_ENDING_WORDS = "the a an of to with and or from being by than because le la les un une de du des et ou avec pour"
_OPEN_ENDS = frozenset(_OPEN_ENDING_WORDS.split())
_UNJOINED_WORDS = "being the a an of to with than because for from when if that which is are"
_UNJOINED = frozenset(_UNJOINED_WORDS.split())  # what no "and" or "or" follows
_ENDS = frozenset(_OPEN_ENDING_WORDS.split())
_OPEN_PAIRS = frozenset(
    (first, second)
    for first in ("being", "the", "an", "of", "and", "or", "with", "than", "because", "for", "from", "when", "if")
    for second in ("and", "or", "in", "of", "while", "under", "come")
) - {("when", "in"), ("if", "in"), ("from", "under"), ("for", "in"), ("from", "in"), ("and", "in"), ("and", "under")}
_ENDS = frozenset(".!?\u2026)]}\"'`\u00bb\u201d%\u3002")


class Ground:
    """What a section's answers rest on, worked out once for all its questions."""

    def __init__(self, support: str, language: str = "en", place: str = "") -> None:
        """`support` is the text the answers must rest on; `place` names the section in questions."""
        self.support = f"{support}\n{support.replace(_ESCAPE, '')}" if _ESCAPE in support else support
        self.folded = self.support.lower()
        self.framing = asking_words(language)
        # what no answer need repeat: the words of phrasings, and where it is
        self.unasked = (self.framing | _EMPTY).union(words(place))


class Judge:
    """Scores the questions of one answer; what the answer alone decides is worked out once."""

    def __init__(self, answer: str, ground: Ground) -> None:
        """Look at the answer."""
        told = words(answer)
        self._answer = answer
        self._written = f"{answer}\n{answer.casefold()}"  # questions keep the case of code alone
        telling = [word for word in {*told} - _EMPTY if len(word) > 1 or word.isdigit()]
        figures = [word for word in telling if _is_figure(word)]
        self._figures = frozenset(figures)
        self._told = figures + telling  # a figure is looked for first
        self._unasked = ground.unasked
        self._faithful = _faithful(answer, telling, ground)
        self._leaning = _leaning(answer, told)
        self._length = _length(len(told))
        self._form = _form(answer)

    def score(self, question: str, asked: Sequence[str]) -> Score:
        """Score the answer as an answer to this question; `asked` are its words in normal form."""
        low = question.casefold()
        matter = {*asked} - self._unasked
        return _sum(
            self._faithful,
            0.0 if _points(question, asked) else self._leaning,
            _well_formed(question, asked, self._form),
            _fitting(question, low, self._answer) * self._speaks_of(matter),
            self._specific(low, asked, matter),
            self._length if len(asked) <= LONG_QUESTION else self._length / 2,
        )

    def _speaks_of(self, matter: AbstractSet[str]) -> float:
        """Return whether the answer names what the question asks for: in part is enough."""
        if not matter:
            return BROAD
        if any(map(self._written.__contains__, matter)):
            return 1.0
        bare = (word.strip("`") for word in matter if "`" in word)  # of a call, the normal form has no brackets
        return 1.0 if any(map(self._written.__contains__, bare)) else ASTRAY

    def _specific(self, low: str, asked: Sequence[str], matter: AbstractSet[str]) -> float:
        """Return how much the answer adds, less where the question turns on a word that names nothing."""
        new = list(islice(filterfalse(low.__contains__, self._told), len(_NEW) - 1))
        worth = 1.0 if new and new[0] in self._figures else _NEW[len(new)]
        return worth if _NAMELESS.isdisjoint(asked) or "`" in low or len(matter) > MANY else worth / 2


def adds(score: Score) -> bool:
    """Whether the answer says anything that its question does not."""
    return ("specific", 0.0) not in score.parts


def score(question: str, answer: str, support: str) -> Score:
    """Score a single pair in English; see the head of this module."""
    return Judge(answer, Ground(support)).score(question, normal(question).words)


@lru_cache(maxsize=1 << 14)
def _sum(*parts: float) -> Score:
    """Return the weighted mean of the parts; most pairs share a few combinations."""
    named = tuple((name, round(part, 2)) for name, part in zip(WEIGHTS, parts, strict=True))
    return Score(round(sum(WEIGHTS[name] * part for name, part in named), 4), named)


def _points(question: str, asked: Sequence[str]) -> bool:
    """Whether the question points to something outside itself; most hold none of the words that could."""
    if _PLACES.isdisjoint(asked) and _POINTERS.isdisjoint(asked[:3]):
        return False
    return bool(_DANGLING.search(CODE_SPAN.sub("X", question)))


def _faithful(answer: str, told: Sequence[str], ground: Ground) -> float:
    if answer[:-1] in ground.support:
        return 1.0  # it stands there as it is, but for the full stop
    tokens = hard_tokens(answer)
    held = sum(1 for token in tokens if token in ground.support) / len(tokens) if tokens else 1.0
    strange = [word for word in told if word not in ground.folded and word not in ground.framing]
    return _stepped(held * (1.0 - len(strange) / len(told))) if strange else _stepped(held)


def _is_figure(word: str) -> bool:
    return word[0].isdigit() or word[-1].isdigit()


def _leaning(answer: str, told: Sequence[str]) -> float:
    """Return 1 less what the answer leans on: a pronoun at its head, a pointer, a turn of speech that links back."""
    head = told[:HEAD]
    faults = (
        not (_PRONOUNS.isdisjoint(head) or answer.startswith(_FRAMES)),
        bool(told) and told[0] in _LINKS,
        not _POINTING.isdisjoint(told) and _POINTER.search(CODE_SPAN.sub("X", answer)) is not None,
    )
    return 1.0 - 0.3 * sum(faults)


def _form(answer: str) -> float:
    """Return the share of an answer's form that is whole: its beginning, its end, its brackets."""
    first, last = answer[:1], answer.rstrip()[-1:]
    return (
        (not first.islower() and first not in _MARKERS) + (last in _ENDS or last.isdecimal()) + balanced(answer)
    ) / 3


def _well_formed(question: str, asked: Sequence[str], form: float) -> float:
    bare = CODE_SPAN.sub("X", question) if "`" in question else question
    faults = (
        bare.count(" ") >= MIN_WORDS - 1,
        not (any(map(bare.__contains__, _RESIDUE)) or bare[:1] == "#" or _NO_END.search(bare)),
        not any(map(eq, asked, asked[1:])) or not _DOUBLED.search(bare),
        not _breaks_off(asked),
    )
    return (sum(faults) + form) / (len(faults) + 1)


def _breaks_off(asked: Sequence[str]) -> bool:
    """Whether something is missing behind a word, at the end or before a conjunction."""
    if not asked or asked[-1] in _OPEN_ENDS:
        return True
    return ("and" in asked and asked[asked.index("and") - 1] in _UNJOINED) or (
        "or" in asked and asked[asked.index("or") - 1] in _UNJOINED
    )


def _fitting(question: str, low: str, answer: str) -> float:
    if low.startswith(_DEMANDING):
        for asks, tells in _WANTED:
            if asks.match(question):
                return 1.0 if tells.search(answer) else 0.0
    return 1.0


def _length(count: int) -> float:
    if count < SHORT:
        return _stepped(count / SHORT)
    if count <= LONG:
        return 1.0
    return _stepped(max(0.0, 1.0 - (count - LONG) / (LONGEST - LONG)))


def _stepped(part: float) -> float:
    """Return a part rounded down in twentieths: a flaw always shows, and scores repeat, so that few are worked out."""
    return floor(part * 20 + 1e-9) / 20
