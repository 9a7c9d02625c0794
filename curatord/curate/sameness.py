"""When two facts say the same, and when they give the same thing a value: normal forms that are equal then.

Similarity of words cannot decide it: of 275 pairs of facts in real notes with equal hard tokens and a Jaccard
similarity of 0.8 or more, most said different things ("... with Native Buckets", "... with Classic Buckets"). So a
form folds only what never carries the meaning (case, articles, fillers, contractions, plurals, spelling, outer
punctuation, words such as "settings" in the name of a place) and keeps all that is left in its order. To be equal in
form is an equivalence: who says it first or last makes no difference, and an index finds all who say it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from curatord.curate.text import HARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from curatord.curate.draft import Draft

_OPENING = "([{\"'\u00ab\u201c\u2018"
_CLOSING = ".,;:!?)]}\"'\u00bb\u201d\u2019\u2026"
_DASHES = frozenset("-\u2013\u2014")
_FENCE = "```"
_BLANK = "\ufffc"

# articles, and adverbs that only lend weight
_LIGHT_WORDS = "a an the le la les l un une very really quite simply actually basically currently also tr\u00e8s aussi"
_LIGHT = frozenset(_LIGHT_WORDS.split())
_NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve"
_SAME = {
    "which": "what",
    "are": "be",
    "is": "be",
    "being": "be",
    "were": "was",
    "has": "have",
    "having": "have",
    "does": "do",
    "cannot": "can not",
    "can't": "can not",
    "won't": "will not",
    "it's": "it be",
    "that's": "that be",
    "what's": "what be",
    "there's": "there be",
} | {word: str(value) for value, word in enumerate(_NUMBER_WORDS.split(), 2)}
_CONTRACTED = {"n't": " not", "'re": " be", "'ve": " have", "'ll": " will"}
_KEEP_S = frozenset(("https", "always", "news", "perhaps", "besides", "afterwards", "plus", "means"))
_BRITISH = (("is", re.compile(r"is(e|ed|es|ing|ations?)$"), r"iz\1"), ("our", re.compile(r"our(s|ed|ing)?$"), r"or\1"))
MIN_PLURAL = 4
MIN_VARIANT = 6
MAX_VALUES = 2  # a statement of more tells more than one thing
MAX_FRAME = 200

# words in the name of a place that tell no place from another: the settings of X are told of X
_PLACE_NAMES = (
    "note setting configuration config option parameter default overview summary detail reference guide setup basic "
    "information documentation doc param\u00e8tre r\u00e9glage aper\u00e7u r\u00e9sum\u00e9 d\u00e9tail "
    "in of for and under de des pour et"
)
_PLACE_WORDS = frozenset(_PLACE_NAMES.split())
# shapes that tell a point of a list, their value, as it is written
_POINTS = frozenset(("item", "limitation", "defect", "lesson", "factor", "breaking"))
# slots that only say where, or that grammar decides
_NO_MATTER = frozenset(("topic", "part", "where", "about", "be", "does", "value", "sibling"))


def form(text: str) -> str:
    """Return the normal form of a text: equal for texts that differ only in what never carries the meaning.

    What stands in backticks, symbols, numbers, identifiers and acronyms stay as they are.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    if _FENCE in text:
        return text  # white space counts in code
    if "`" not in text:
        return folded(text.split())
    parts = text.split("`")
    return " ".join([part if at % 2 else folded(part.split()) for at, part in enumerate(parts)])


def folded(words: Iterable[str]) -> str:
    """Return the normal form of words that are no code."""
    return " ".join(filter(None, map(_fold, words)))


def matter(draft: Draft) -> str:
    """Return what a fact says, without the words that only say where it stands."""
    return draft.slots.get("value", draft.statement) if draft.shape in _POINTS else draft.statement


def sense(draft: Draft) -> str:
    """Return what a fact says of what, in normal form: equal for facts that say the same."""
    if draft.value:
        return f"{attribute(draft)}\x1f{form(draft.value)}"
    return f"{_place(draft.slots)}\x1f{form(matter(draft))}"


def attribute(draft: Draft) -> str:
    """Return what a fact gives a value or a number to, in normal form; empty where there is none.

    Facts with an equal one and different values contradict one another, unless it is a thing of many values.
    """
    if draft.value:
        own = [text.replace(draft.value, _BLANK) for _, text in sorted(_own_slots(draft.slots))]
        return f"{draft.shape}\x1f{_place(draft.slots)}\x1f{form(f' {_BLANK} '.join(own))}"
    if len(draft.statement) > MAX_FRAME or draft.shape in _POINTS:
        return ""
    named, first, rest = draft.statement.partition(" ")
    frame, values = HARD.subn(_BLANK, rest)
    return f"{_place(draft.slots)}\x1f{form(named + first + frame)}" if 0 < values <= MAX_VALUES else ""


def _own_slots(slots: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in slots.items() if name not in _NO_MATTER and not name.startswith("in_"))


def _place(slots: Mapping[str, str]) -> str:
    """Return the words that name what a section is about, in any order."""
    return _place_form(f"{slots.get('topic', '')} {slots.get('part', '')}")


@lru_cache(maxsize=256)
def _place_form(text: str) -> str:
    words = {word for word in map(_fold, text.split()) if word}
    return " ".join(sorted(words - _PLACE_WORDS or words))


@lru_cache(maxsize=1 << 15)
def _fold(token: str) -> str:
    """Return a word as it counts; empty where it does not."""
    bare = token.lstrip(_OPENING).rstrip(_CLOSING)
    if not bare or bare in _DASHES:
        return ""
    if bare[1:] != bare[1:].lower() or (len(bare) == 1 and bare.isupper()):
        return bare  # an acronym, an identifier, a letter that names
    word = bare.casefold()
    if word in _LIGHT:
        return ""
    if word in _SAME:
        return _SAME[word]
    if word.isalpha():
        return _stem(word)
    ending = next(filter(word.endswith, _CONTRACTED), "")
    return f"{_fold(word.removesuffix(ending))}{_CONTRACTED[ending]}" if ending else word


def _stem(word: str) -> str:
    """Return the singular of a plural (or a verb without its -s), in American spelling."""
    if len(word) >= MIN_VARIANT:
        for cue, pattern, replacement in _BRITISH:
            if cue in word:
                word = pattern.sub(replacement, word)
    if len(word) < MIN_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is")) or word in _KEEP_S:
        return word
    return f"{word[:-3]}y" if word.endswith("ies") and len(word) > MIN_PLURAL else word[:-1]
