"""Statements with less in them: cut at a joint, without asides or last lines, with figures rounded.

What is left is as fluent as the statement was, and made of its words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.alteration import QUOTED, clause_of, spans
from curatord.curate.lexicon import VOWELS, lexicon
from curatord.curate.mistakes import REACH, in_date, mistakes
from curatord.curate.text import balanced, closed, lowered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.curate.alteration import Span
    from curatord.curate.lexicon import Lexicon
    from curatord.curate.mistakes import Mistakes

MIN_WORDS = 4
KEPT_SHARE = 0.55  # of a statement's words, at least, are left when it is cut
MIN_NAME = 3

_JOINT = re.compile(
    r"(?P<strong>,? (?:because|since|so that|which|whereas|while|unless|when|if|as soon as|where|in order to"
    r"|parce qu|afin d|lorsque|quand|tandis qu|alors qu|si)\b|; | \u2014 |(?<=\w\w[.!?]) (?=[A-Z`]))"
    r"|(?P<weak>, | (?:for|in|on|with|by|from|at|under|after|before|during|within|without|as|than|and|or|but"
    r"|pour|dans|avec|sur|par|sans|sous|apr\u00e8s|avant|et|ou|mais) )"
)
_PLACED = re.compile(r"(?:In|Under|For|When|If|On|At|Once|After|Before|Sous|Pour|Dans|Si|Quand|Lorsque)\b")
_ENDS_OPEN = re.compile(
    r"(?:\b(?:the|an?|and|or|of|to|for|in|on|with|by|from|at|as|is|are|was|were|be|not|that|than|set|if|when"
    r"|can|will|versus|vs"
    r"|into|onto|through|upon|about|over|under|between|must|should|may|do|does|has|have|used|more|less|only|it"
    r"|in particular|particularly|especially"
    r"|le|la|les|des?|un|une|et|ou|est|sont|qui|que|\u00e0|particulier|notamment)|[(\"'\u00ab:/-])$",
    re.IGNORECASE,
)
_ASIDE = re.compile(r" \([^()]*\)")
_FENCED = re.compile(r"(?s)^(?P<head>.*```[^\n]*\n)(?P<code>.+)\n```$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ALPHANUMERIC = re.compile(r"\w")
_PLAIN = re.compile(r"\w[\w-]*")
_WITHIN_NAME = re.compile(r"-\w|(?:st|nd|rd|th|er|re|e)\b")
_COUNTS = re.compile(r"%| ?[^\W\d]")
_LABELLED = re.compile(r"(?:^|\b(?:of|than|to|at|is|are|was|were|and|about|least|most|has|de|est|sont|moins|plus)) $")
_NOUN = re.compile(r" ([a-z\u00e0-\u00ff]{3,})\b")
_ARTICLE = re.compile(r"\b(?i:(the|this|your|our|its|these|those|les|des|ces)|(a|la|le|une?|ce|cette)|(an|cet)) $")
_NAMING = re.compile(r"\b[A-Z][\w.]* $|#$")  # "Python 3.5": the figure belongs to the name
_BOUND = re.compile(
    r"\b(?:every|each|the|these|those|first|last|next|past|another|about|around|roughly|nearly|almost|over"
    r"|under|chaque"
    r"|toutes les|les|environ|presque) $",
    re.IGNORECASE,
)
_NAMED_NOUN = re.compile(r"\b(?:the|this|your|our|a|an|la|le|une?|cette) [a-z]{3,} $", re.IGNORECASE)
_PARTS = re.compile(r"[\s.(/:=]+")


def shortened(statement: str, language: str, *, strong: bool) -> Iterator[str]:
    """Yield the statement up to one of its joints, the first first; strong joints begin a clause of their own."""
    if "\n" in statement:
        return
    total = statement.count(" ") + 1
    clause = clause_of(statement, language)
    least = max(MIN_WORDS, KEPT_SHARE * total, clause.subject.count(" ") + 4 if clause else 0)
    for match in _JOINT.finditer(statement):
        head = statement[: match.start()].rstrip(" ,;:-(\u2014")
        if (
            (match.lastgroup == "strong") is strong
            and head.count(" ") + 1 >= least
            and (strong or clause)
            and balanced(head)
            and not _ENDS_OPEN.search(head[-REACH:])
            and lexicon(language).finite.get(head.rpartition(" ")[2].lower(), ("",))[0] != "does"
            and not (_PLACED.match(head) and not re.search(r", \S+ \S+", head))
        ):
            yield closed(head)


def without_asides(statement: str, start: int) -> str:
    """Return the statement without what stands in brackets behind `start`."""
    masked = QUOTED.sub(lambda found: "\0" * len(found[0]), statement)
    if "\n" in statement or " (" not in masked:
        return statement
    text = statement
    for match in reversed(list(_ASIDE.finditer(masked, start))):
        text = text[: match.start()] + text[match.end() :]
    return text


def fewer_lines(statement: str) -> Iterator[str]:
    """Yield a list or a code block without its last lines."""
    fenced = _FENCED.match(statement)
    lines = fenced["code"].split("\n") if fenced else statement.split("\n")
    head, tail = (fenced["head"], "\n```") if fenced else ("", "")
    least = max(0 if fenced else 1, int(KEPT_SHARE * len(lines)) - 1)
    for kept in range(len(lines) - 1, least, -1):
        if lines[kept - 1].strip() and not lines[kept - 1].rstrip().endswith((":", ",", "{", "(", "[", "\\")):
            yield head + "\n".join(lines[:kept]) + tail


def coarser(statement: str, keep: Sequence[str], language: str, turn: int) -> str:
    """Return the statement without names and figures that stand before a noun, other figures rounded, code cut short.

    What `keep` lists stays as it is.
    """
    if "\n" in statement:
        return statement
    low = lowered(statement)
    kept = [(at, at + len(text)) for text in keep if text and (at := low.find(text.lower())) >= 0]
    text = statement
    for span in reversed(spans(statement)):
        if not any(start <= span.start and span.end <= end for start, end in kept):
            known = mistakes(language)
            dated = in_date(text[: span.start], text[span.end :], known)
            text = ("" if dated else _left_out(text, span, lexicon(language))) or _coarser(text, span, known, turn)
    return text.replace(" de environ ", " d'environ ") if language == "fr" else text


def _coarser(text: str, span: Span, words: Mistakes, turn: int) -> str:
    before, after = text[: span.start], text[span.end :]
    if span.kind.startswith("code") or span.kind == "path":
        return f"{before}{_first_part(span.text)}{after}"
    if span.kind != "number":
        return text
    if _DAY.fullmatch(span.text):
        return _in_month(before, span.text, words) + after
    near = before[-REACH:]
    rounded = _rounded(span.text)
    named = (":" not in span.text and _NAMING.search(near)) or _WITHIN_NAME.match(after) or not before.endswith(" ")
    if (
        not rounded
        or named
        or _BOUND.search(near)
        or not (_COUNTS.match(after) or _LABELLED.search(near))
        or in_date(before, after, words)
    ):
        return text
    return f"{before}{words.about[turn % len(words.about)]} {rounded}{after}"


def _first_part(code: str) -> str:
    """Return the first word of a command, name of a path or part of a dotted name; all where that is too short."""
    first, *rest = [part for part in _PARTS.split(code.strip("`")) if _ALPHANUMERIC.search(part)] or [""]
    return f"`{first}`" if rest and len(first) >= MIN_NAME and _PLAIN.fullmatch(first) else code


def _in_month(before: str, day: str, words: Mistakes) -> str:
    """Return what stands before a day (ISO 8601), and its month and year."""
    month = int(day[5:7])
    last, _, word = before.rstrip().rpartition(" ")
    joint = f"{last} {words.month_after[word]} ".lstrip() if word in words.month_after else before
    return f"{joint}{words.months[month - 1]} {day[:4]}" if 1 <= month <= len(words.months) else before + day


def _left_out(text: str, span: Span, words: Lexicon) -> str:
    """Return the text without what stands between an article and its noun, or behind both; empty where nothing does."""
    before = text[max(0, span.start - REACH) : span.start]
    noun = _NOUN.match(text, span.end)
    article = _ARTICLE.search(before) if noun else None
    if noun and article and not any(noun[1] in those for those in (words.finite, words.prepositions, words.breakers)):
        vowel = noun[1][0] in VOWELS
        if noun[1] not in words.auxiliaries and (article[1] or (article[3] if vowel else article[2])):
            return text[: span.start] + text[span.end + 1 :]
    if span.kind.startswith("code") and _NAMED_NOUN.search(before):
        return text[: span.start - 1] + text[span.end :]
    return ""


def _rounded(number: str) -> str:
    """Return a rounder number; empty where there is none, or where it names something (a version, a year)."""
    if ":" in number:
        return f"{number.split(':', maxsplit=1)[0]}:00" if not number.endswith(":00") else ""
    if number.count(".") >= 2 or (len(number) == 4 and number.isdecimal() and number[:2] in ("19", "20")):
        return ""
    if "." in number:
        return str(round(float(number))) if float(number) >= 2 else ""
    digits = re.sub(r"\D", "", number)
    if len(digits) < 2 or len(digits) > 12:
        return ""
    step = 10 ** (len(digits) - 1) // 2
    value = (int(digits) + step // 2) // step * step
    return "" if value == int(digits) else f"{value:,}" if "," in number else str(value)
