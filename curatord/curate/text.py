"""Plain text as curation sees it: sentences, words, and the tokens that must not change."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A token whose exact form matters: code, links, paths, numbers with what is glued to them, identifiers, acronyms.
HARD = re.compile(
    r"`[^`\n]+`"
    r"|https?://[^\s)>\]\"`]+"
    r"|(?:[~/][\w.\-]+){2,}"
    r"|\b(?:v\d+(?:\.\d+)*\b|\d+(?:[.,:\-'\u2019\u202f\u00a0]\d+)*%?|[A-Z](?:[a-z]+[A-Z]|[A-Z])\w*\b|\w+_\w+\b)"
)
WORD = re.compile(r"[^\W_]+(?:['\u2019.\-/_][^\W_]+)*")
CODE_SPAN = re.compile(r"`[^`\n]+`")
PLACEHOLDER = "\ufffc"

_BOUNDARY = re.compile(r"([.!?\u2026][\"'\u201d\u2019\u00bb)\]]*)\s+(?=\S)")
_ABBREVIATION_WORDS = (
    "e.g i.e etc vs cf mr mrs ms dr prof st no nos fig eq sec ch vol approx incl excl resp min max al ed inc ltd co "
    "jan feb mar apr jun jul aug sep sept oct nov dec p pp ex env av mme mlle art"
)
_ABBREVIATIONS = frozenset(_ABBREVIATION_WORDS.split())
_CLOSED = (".", "!", "?", "\u2026", ':"')
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_BRACKET = re.compile(r"[()\[\]{}]")


def sentences(text: str) -> list[str]:
    """Split running text into sentences; code spans, versions and abbreviations do not end one.

    A lower-case word starts a sentence only where the whole text is written in lower case.
    """
    shielded, spans = _shield(spaced(text))
    lower_case = shielded[:1].islower()
    parts: list[str] = []
    start = 0
    for match in _BOUNDARY.finditer(shielded):
        if _ends(shielded, match, lower_case=lower_case):
            parts.append(shielded[start : match.end(1)])
            start = match.end()
    parts.append(shielded[start:])
    restored = iter(spans)
    return [_restore(part, restored).strip() for part in parts if part.strip()]


@lru_cache(maxsize=2048)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, without punctuation."""
    return tuple(WORD.findall(text.lower()))


@lru_cache(maxsize=4096)
def hard_tokens(text: str) -> tuple[str, ...]:
    """Return tokens whose exact form matters, each once, in reading order, code without its backticks."""
    return tuple(dict.fromkeys(token.strip("`").rstrip(".,:;") for token in HARD.findall(text)))


def closed(text: str) -> str:
    """Return the text as a sentence: trimmed, ending in a full stop where nothing ends it."""
    trimmed = text.strip().rstrip(",;:")
    return trimmed if trimmed.endswith(_CLOSED) or not trimmed else f"{trimmed}."


def opened(text: str) -> str:
    """Return the text without the punctuation that ends a sentence."""
    trimmed = text.strip()
    return trimmed if trimmed.endswith(("etc.", "a.m.", "p.m.")) else trimmed.rstrip(".!?;:, \u2026")


def capitalised(text: str) -> str:
    """Return the text with its first letter in upper case; names written in code keep theirs."""
    first = text[:1].upper()
    return first + text[1:] if len(first) == 1 else text


def lowered(text: str) -> str:
    """Return the text in lower case, letter by letter: a place in it is the same place in the text."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(one if len(one.lower()) > 1 else one.lower() for one in text)


def balanced(text: str) -> bool:
    """Tell whether brackets, quotation marks and backticks are closed in the text."""
    stack: list[str] = []
    for bracket in _BRACKET.findall(CODE_SPAN.sub("", text) if "`" in text else text):
        if bracket in _BRACKETS:
            stack.append(_BRACKETS[bracket])
        elif not stack or stack.pop() != bracket:
            return False
    return not stack and text.count("`") % 2 == 0 and text.count('"') % 2 == 0


def folded(text: str) -> str:
    """Return the text for comparing: NFC, case folded, single spaces."""
    return spaced(unicodedata.normalize("NFC", text).casefold())


def spaced(text: str) -> str:
    """Return the text with single spaces, and none at its ends."""
    return " ".join(text.split())


def mentions(text: str, cues: tuple[str, ...]) -> bool:
    """Tell whether the text holds any of these strings, given in lower case, in any case.

    Far faster than a pattern of alternatives, and therefore asked before one.
    """
    return any(map(text.lower().__contains__, cues))


def _shield(text: str) -> tuple[str, list[str]]:
    if "`" not in text:
        return text, []
    return CODE_SPAN.sub(PLACEHOLDER, text), CODE_SPAN.findall(text)


def _restore(part: str, spans: Iterator[str]) -> str:
    return re.sub(PLACEHOLDER, lambda _: next(spans), part) if PLACEHOLDER in part else part


def _ends(text: str, match: re.Match[str], *, lower_case: bool) -> bool:
    following = text[match.end()]
    before = text[: match.start()].rsplit(" ", 1)[-1].lstrip("(\"'").lower()
    if following.islower() and not (lower_case and len(before) > 2):
        return False
    if match[1][0] != ".":
        return True
    initial = len(before) == 1 and before.isalpha() and not (text[match.start() - 1].islower() and following.isupper())
    return before not in _ABBREVIATIONS and not initial
