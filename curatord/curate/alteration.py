"""Statements with one thing altered: a number, a name or code exchanged, a word reversed, a subject replaced.

What comes out is as fluent as what went in. Whether it is untrue is for the caller to check: only the section
can tell.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from curatord.curate.clause import parse
from curatord.curate.lexicon import VOWELS, lexicon
from curatord.curate.mistakes import in_date, mistakes
from curatord.curate.numbers import NUMBER, nearby
from curatord.curate.text import capitalised, closed, lowered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.curate.clause import Clause
    from curatord.curate.mistakes import Mistakes

MAX_MONTH_DAY = 28
MAX_RATIO = 2.5  # of the words of two values that are of a kind
MIN_NAME = 3
QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|\u00ab[^\u00bb]*\u00bb")

_SPAN = re.compile(
    r"(?<!\w)(?=[^a-z\s]|v\d|http|[a-z\d]*_)"  # most letters of a text begin nothing: this looks at them only once
    r"(?:(?P<code>`[^`\n]+`)"
    r"|(?P<url>https?://[^\s)>\]\"`]+)"
    r"|(?P<path>(?:[~/][\w.\-]+){2,})"
    rf"|(?P<number>{NUMBER.pattern})"
    r"|(?P<identifier>\b(?!(?:MUST|SHOULD|MAY|NOT|SHALL|NOTE|TODO|DO|AND|OR)\b)"
    r"(?:[A-Z][a-z]+[A-Z]\w*|(?![A-Z]{7})[A-Z]{2,}(?:[\w-]*\w)?|[^\W_]+_\w+)\b(?!\.\w))"
    r"|(?<=[a-z,] )(?P<name>[A-Z][a-z]+(?: [A-Z][a-z]+)*)\b(?! [A-Z]))(?![\u0300-\u036f])"
)
_MARKS = (
    ("code", re.compile(r"`")),
    ("number", re.compile(r"[~<>\u2264\u2265+-]?\s?\d")),
    ("truth", re.compile(r"(?:true|false|yes|no|on|off)\b", re.IGNORECASE)),
)
_UNIT = re.compile(r" ?(?:%|[^\W\d_]+\b)")
_WORD = re.compile(r"(?<![\w`'-])[^\W\d_]+(?:['-][^\W\d_]+)*")
_INNER = frozenset("`'-")
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|e)\b")
_STEP = re.compile(r"^(\d+\. )(.+)$", re.MULTILINE)
_LETTERS = re.compile(r"\w{3,}")
_ELIDING = frozenset(("le", "la", "de", "que", "ne", "se", "je", "me", "te", "ce"))
_INDEFINITE = re.compile(r"\b[Aa](n)? $")


class Span(NamedTuple):
    """A part of a statement that others of its kind could stand for."""

    start: int
    end: int
    kind: str
    text: str


@lru_cache(maxsize=512)
def spans(text: str) -> tuple[Span, ...]:
    """Return code, paths, numbers, identifiers and names in a text, each with the kind it could be mistaken in."""
    return tuple(
        Span(match.start(), match.end(), _kind(match[0], match.lastgroup or ""), match[0])
        for match in _SPAN.finditer(text)
        if match.lastgroup != "url" and not (match.lastgroup == "identifier" and len(match[0]) < MIN_NAME)
    )


def replaced(statement: str, span: Span, other: str) -> str:
    """Return the statement with something else in the place of a span; empty where the article before does not fit.

    Names and code are exchanged wherever the statement has them, a number only here.
    """
    article = _INDEFINITE.search(statement, max(0, span.start - 3), span.start)
    if article and (other.strip("`")[:1].lower() in VOWELS) is not bool(article[1]):
        return ""
    if span.kind != "number":
        return statement.replace(span.text, other)
    return statement[: span.start] + other + statement[span.end :]


def unit(text: str, span: Span) -> str:
    """Return what a number in a text counts: the word behind it, or a percent sign; empty where there is neither."""
    found = _UNIT.match(text, span.end)
    return found[0].strip().lower() if found else ""


def alike(one: str, two: str) -> bool:
    """Whether two values are of a kind: numbers of one unit, code, or words of similar length."""
    kinds = [next((kind for kind, mark in _MARKS if mark.match(value)), "words") for value in (one, two)]
    if kinds[0] != kinds[1]:
        return False
    if kinds[0] == "number":
        return _unit_of(one) == _unit_of(two)
    counts = [value.count(" ") + 1 for value in (one, two)]
    return max(counts) <= MAX_RATIO * min(counts)


def _unit_of(value: str) -> str:
    return re.sub(r"[\d.,:~\s]+", " ", value).strip().partition(" ")[0].lower().rstrip("s")


def numbers_like(
    statement: str, span: Span, known: Sequence[tuple[str, str]], language: str, turn: int
) -> Iterator[str]:
    """Yield numbers that could stand in the place of one: known ones of its unit, then of its form, then near ones.

    `known` are numbers with their units; `turn` chooses which of the alike comes first.
    """
    before, after = statement[: span.start], statement[span.end : span.end + 12]
    ordinal = _ORDINAL.match(after)
    day = len(span.text) <= 2 and in_date(before, after, mistakes(language))
    form, counted = _form(span.text), unit(statement, span)
    alike = [number for number, its in known if counted and its == counted and _form(number) != form]
    alike += [number for number, _ in known if number != span.text and _form(number) == form]
    at = turn % len(alike) if alike else 0
    for other in dict.fromkeys((*alike[at:], *alike[:at], *nearby(span.text))):
        plain = int(other) if other.isdecimal() else 0
        if (
            (ordinal and other[-1:] not in "4567890")
            or (day and not 0 < plain <= MAX_MONTH_DAY)
            or (after.lstrip()[:1] == "%" and plain > 100)
        ):
            continue
        yield other


def reversals(statement: str, start: int, language: str) -> Iterator[str]:
    """Yield the statement with an order, a direction, a bound, and only then a negation turned round behind `start`."""
    if "\n" in statement:
        return
    known = mistakes(language)
    masked = known.idioms.sub(_hidden, QUOTED.sub(_hidden, statement))
    found = list(_phrases(masked, start, known))
    for negating in (False, True):
        for at, phrase in reversed(found):
            end = at + len(phrase)
            if (phrase in known.negations) is not negating or (negating and not masked[end:].strip(" .\0")):
                continue
            other = known.partners[phrase]
            if statement[at].isupper():
                other = capitalised(known.ordered.get(phrase, other))
            before = _fitting(statement[:at], phrase, other, language)
            if before is not None:
                yield before + other + statement[end:]


def _hidden(found: re.Match[str]) -> str:
    return "\0" * len(found[0])


def _fitting(before: str, phrase: str, other: str, language: str) -> str | None:
    """Return what stands before a word so that it fits the one that comes instead; None where it cannot."""
    vowel = other[:1].lower() in VOWELS
    if language == "fr":
        last = before.rstrip().rpartition(" ")[2].lower()
        elides = (phrase[:1].lower() in VOWELS) is not vowel and (last in _ELIDING or before.endswith(("'", "\u2019")))
        return None if elides or (other.startswith("n") and last in lexicon("fr").clitics) else before
    article = _INDEFINITE.search(before)
    if not article or vowel is bool(article[1]):
        return before
    return f"{before[:-1]}n " if vowel else f"{before[:-2]} "


def exchanged_steps(statement: str) -> Iterator[str]:
    """Yield a numbered procedure with two neighbouring steps in the wrong order, the last two first."""
    steps = list(_STEP.finditer(statement))
    for one, two in zip(reversed(steps[:-1]), reversed(steps[1:]), strict=True):
        if one[2] != two[2] and not (one[2] + two[2]).endswith(":"):
            middle = statement[one.end() : two.start()]
            yield statement[: one.start()] + one[1] + two[2] + middle + two[1] + one[2] + statement[two.end() :]


def said_of(subject_of: str, rest_of: str, language: str) -> str:
    """Return what one statement says, told of the other's subject; empty where they do not fit together."""
    one, two = clause_of(subject_of, language), clause_of(rest_of, language)
    if not one or not two or one.plural != two.plural or "\n" in subject_of or "\n" in rest_of:
        return ""
    if language == "fr" and one.subject.split(" ", 1)[0].lower() != two.subject.split(" ", 1)[0].lower():
        return ""  # words agree in gender with their subject
    words = lexicon(language)
    mine, theirs = (set(_LETTERS.findall(each.subject.lower())) - words.determiners for each in (one, two))
    if not mine or not theirs or mine & theirs or {*mine, *theirs} & (words.pronouns | {"there", "nous", "vous"}):
        return ""
    return closed(f"{one.subject} {two.verb} {two.rest}")


@lru_cache(maxsize=1024)
def clause_of(statement: str, language: str) -> Clause | None:
    """Take a statement apart; None where it is more than one sentence or no simple clause."""
    return None if "\n" in statement or ". " in statement else parse(statement, lexicon(language))


def _phrases(text: str, start: int, known: Mistakes) -> Iterator[tuple[int, str]]:
    """Yield the words of a text that have an opposite, the longest where one begins another, and where they stand."""
    low, end = lowered(text), start
    for word in _WORD.finditer(low, start):
        if word.start() < end:
            continue
        for phrase in known.phrases.get(word[0], ()):
            end = word.start() + len(phrase)
            if low.startswith(phrase, word.start()) and not (
                low[end : end + 1].isalnum() or low[end : end + 1] in _INNER
            ):
                yield word.start(), phrase
                break
        else:
            end = word.end()


def _kind(text: str, group: str) -> str:
    if group == "code":
        inner = text[1:-1]
        shape = next((mark for mark in (" ", "(", "=", "/", "::", ".", "_", "-") if mark in inner), "")
        shape = "-" if inner[0] == "-" else "#" if inner.isdecimal() else shape
        return f"code{shape}"
    if group == "identifier":
        return "snake" if "_" in text else "acronym" if text[:2].isupper() else "camel"
    if group == "name":
        return f"name{text.count(' ')}"
    return group


@lru_cache(maxsize=512)
def _form(number: str) -> str:
    return re.sub(r"\d+", lambda found: str(len(found[0])), number)
