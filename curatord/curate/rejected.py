"""Answers to prefer the right one over: as fluent and as long, and worse.

Three strategies (see `Strategy`): WRONG changes one thing and is checked against the section; UNSPECIFIC leaves
out what makes the answer an answer; VAGUE speaks of the subject and says something else or nothing. No answer
is used twice in a section, and which strategy a pair gets follows from its fact and its place among the fact's
questions.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from zlib import crc32

from curatord.curate.numbers import NUMBER, nearby
from curatord.curate.pair import Rejected, Strategy
from curatord.curate.phrasing import sayings
from curatord.curate.text import HARD, capitalised, folded, hard_tokens, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from curatord.curate.draft import Draft

MAX_NUMBERS = 4
NAMING = ("name", "row", "term", "np", "a", "role", "step", "time", "focus", "effect", "part", "about")
MAX_NEIGHBOURS = 10
MAX_OVERLAP = 0.8
MAX_LENGTH_RATIO = 2.0
MIN_WORDS = 4

_TAIL = re.compile(
    r"(?:,? (?:because|since|so that|which|whereas|while|unless|when|if|as|where|in order to|car"
    r"|parce que|afin d[e']|lorsque|si|qui|pour)\b|; |, | \(| \u2014 | - )"
)
QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|\u00ab[^\u00bb]*\u00bb")
PLACED = re.compile(r"(?:In|Under|For|When|Sous|Pour|Dans) ")
_DATE_OR_TIME = re.compile(r"\d{4}-\d\d(?:-\d\d)?|\d{1,2}:\d\d")
_PREPOSED = re.compile(r"\b(?:at|on|by|since|from|until|in|\u00e0|le|depuis)\s$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Errors:
    """The words of a language that wrong answers are made of."""

    pattern: re.Pattern[str]
    partners: Mapping[str, str]
    amounts: tuple[str, ...]
    things: tuple[str, ...]
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A statement of the section and what telling it somewhere else must know of it."""

    text: str
    folded: str
    words: frozenset[str]
    parts: tuple[tuple[str, frozenset[str]], ...]


class Rejections:
    """The rejected answers of one section; hands out each at most once."""

    def __init__(self, language: str, support: str, drafts: Sequence[Draft]) -> None:
        """`support` is everything the section and its title say; `drafts` all facts found in it."""
        self._language = language
        self._errors = _errors(language)
        self._numbers_told = tuple(dict.fromkeys(NUMBER.findall(support)))
        self._told = tuple(_told(text) for text in dict.fromkeys(draft.statement for draft in drafts))
        self._place = {told.text: at for at, told in enumerate(self._told)}
        self._used = set(self._place)

    def for_fact(self, draft: Draft, seed: str) -> FactRejections:
        """Return the rejected answers of one fact, to be taken one by one."""
        return FactRejections(self, draft, seed)

    def take(self, candidates: Iterator[str], chosen: str) -> str:
        """Return the next candidate that is new and of a fitting length; empty when none is left."""
        size = chosen.count(" ") + 1
        for candidate in candidates:
            length = candidate.count(" ") + 1
            if (
                candidate not in self._used
                and length >= MIN_WORDS
                and size / MAX_LENGTH_RATIO <= length <= size * MAX_LENGTH_RATIO + 4
            ):
                self._used.add(candidate)
                return candidate
        return ""

    def wrong(self, draft: Draft, turn: int) -> Iterator[str]:
        """Yield the statement with one thing changed, the change unsupported by the section."""
        yield from _siblings(draft, turn)
        yield from self._numbers(draft, turn)
        if turn % 6 == 0 or not hard_tokens(draft.statement):  # reversing a word leaves every value as it was
            yield from _opposites(draft.statement, self._errors)

    def unspecific(self, draft: Draft, turn: int) -> Iterator[str]:
        """Yield the statement without what makes it an answer."""
        for text, _ in self._told[self._place[draft.statement]].parts[1:]:
            if any(key not in text for key in draft.keys):
                yield text
        yield from _generic(draft.statement, self._errors, turn)

    def vague(self, draft: Draft, turn: int) -> Iterator[str]:
        """Yield what is said of something else in the section, then words that say nothing."""
        yield from self._neighbours(draft, turn)
        thing = next((slot for name in NAMING if (slot := draft.slots.get(name, ""))), "")
        if thing:
            yield from sayings(self._language, "vague", {**draft.slots, "thing": thing}, str(turn))

    def _neighbours(self, draft: Draft, turn: int) -> Iterator[str]:
        """Yield other statements of the section, or parts of them, that bring none of the fact's keys and no values."""
        here = self._place[draft.statement]
        mine = self._told[here]
        own = frozenset(hard_tokens(draft.statement))
        keys = [folded(key) for key in draft.keys]
        count = len(self._told)
        for step in range(1, min(count, MAX_NEIGHBOURS + 1)):
            other = self._told[(here + step + turn % 3) % count]
            if (
                other is mine
                or any(key in other.folded for key in keys)
                or len(mine.words & other.words) > MAX_OVERLAP * len(mine.words)
            ):
                continue
            yield from (text for text, tokens in other.parts if tokens <= own)

    def _confused(self, number: str, statement: str) -> list[str]:
        """Return numbers of the same form that the section tells in another sentence, of something else."""
        form = re.sub(r"\d+", lambda found: str(len(found[0])), number)
        mine = frozenset(words(statement))
        return [
            other
            for other in self._numbers_told
            if re.sub(r"\d+", lambda found: str(len(found[0])), other) == form
            and other != number
            and not any(other in told.text and len(mine & told.words) > 0.5 * len(mine) for told in self._told)
        ]

    def _numbers(self, draft: Draft, turn: int) -> Iterator[str]:
        statement = draft.statement
        found = list(NUMBER.finditer(statement))
        offset = statement.find(draft.value) if draft.value else -1
        found.sort(key=lambda match: (not offset <= match.start() <= offset + len(draft.value), match.start()))
        for match in found[:MAX_NUMBERS]:
            others = [other for other in self._confused(match[0], statement) if other not in statement]
            others += [other for other in nearby(match[0]) if other not in self._numbers_told]
            for at in range(len(others)):
                other = others[(at + turn) % len(others)]
                yield statement[: match.start()] + other + statement[match.end() :]


class FactRejections:
    """The rejected answers of one fact."""

    def __init__(self, section: Rejections, draft: Draft, seed: str) -> None:
        self._section, self._draft = section, draft
        self._turn = crc32(seed.encode())
        self._candidates = {
            Strategy.WRONG: section.wrong(draft, self._turn),
            Strategy.UNSPECIFIC: section.unspecific(draft, self._turn),
            Strategy.VAGUE: section.vague(draft, self._turn),
        }

    def next(self) -> Rejected | None:
        """Return an answer made by the next strategy, each once; None where it finds none or all had their turn."""
        if not self._candidates:
            return None
        strategy = list(self._candidates)[self._turn % len(self._candidates)]
        answer = self._section.take(self._candidates.pop(strategy), self._draft.statement)
        return Rejected(strategy, answer) if answer else None


def _told(text: str) -> Told:
    parts = tuple((part, frozenset(hard_tokens(part))) for part in _shortened(text))
    return Told(text, folded(text), frozenset(words(text)), parts)


@cache
def _errors(language: str) -> Errors:
    source = files("curatord.curate") / "phrasing" / f"{language}.errors.toml"
    table = tomllib.loads(source.read_text("utf-8"))
    partners = dict(_both_ways(table["opposites"]))
    longest = sorted(partners, key=len, reverse=True)
    return Errors(
        pattern=re.compile(rf"(?<![\w`'-])(?:{'|'.join(map(re.escape, longest))})(?![\w`'-])", re.IGNORECASE),
        partners=partners,
        amounts=tuple(table["amounts"]),
        things=tuple(table["things"]),
        times=tuple(table["times"]),
    )


def _both_ways(pairs: list[list[str]]) -> Iterator[tuple[str, str]]:
    """Yield each word with its partner; negations are listed both ways by themselves."""
    for one, other in pairs:
        yield one, other
        if other not in (first for first, _ in pairs) and one not in other:
            yield other, one


def _siblings(draft: Draft, turn: int) -> Iterator[str]:
    """Put a sibling's value where the fact's value stands."""
    if not draft.value or draft.statement.count(draft.value) != 1:
        return
    for at in range(len(draft.siblings)):
        sibling = draft.siblings[(at + turn) % len(draft.siblings)]
        if sibling and folded(sibling) != folded(draft.value):
            yield draft.statement.replace(draft.value, sibling)


def _opposites(statement: str, errors: Errors) -> Iterator[str]:
    """Reverse an order, a direction, a bound or a negation that the statement names, the last one first."""
    if "\n" in statement:
        return
    masked = QUOTED.sub(lambda found: "\0" * len(found[0]), statement)
    for match in reversed(list(errors.pattern.finditer(masked))):
        other = errors.partners[match[0].lower()]
        word = capitalised(other) if match[0][0].isupper() else other
        yield statement[: match.start()] + word + statement[match.end() :]


def _generic(statement: str, errors: Errors, turn: int) -> Iterator[str]:
    """Replace hard tokens by words that stand for any of their kind."""
    if "\n" in statement:
        return
    matches = [match for match in HARD.finditer(statement) if _replaceable(match, statement)]
    for shift in range(3):
        parts, end = [], 0
        for at, match in enumerate(matches):
            parts += [statement[end : match.start()], _stand_in(match, statement, errors, turn + shift + at)]
            end = match.end()
        if matches:
            text = re.sub(
                r"\b(a|an|the) (a|an|the|some|several"
                r"|various)\b",
                r"\2",
                "".join((*parts, statement[end:])),
            )
            yield capitalised(text)


def _replaceable(match: re.Match[str], statement: str) -> bool:
    """Whether a word can stand where the token stands: code, or a number that counts something."""
    if match[0][0] == "`":
        return True
    if _DATE_OR_TIME.fullmatch(match[0]) and not _PREPOSED.search(statement[: match.start()]):
        return False
    after = statement[match.end() : match.end() + 2]
    return (
        match[0][0].isdigit()
        and bool(re.search(r"(?:^|[a-z,] )$", statement[: match.start()]))
        and bool(re.match(r" [^\W\d]|[.,;]|$", after))
    )


def _stand_in(match: re.Match[str], statement: str, errors: Errors, turn: int) -> str:
    if not match[0][0].isdigit():
        return errors.things[turn % len(errors.things)]
    if _DATE_OR_TIME.fullmatch(match[0]) or (len(match[0]) == 4 and _PREPOSED.search(statement[: match.start()])):
        return errors.times[turn % len(errors.times)]
    return errors.amounts[turn % len(errors.amounts)]


def _shortened(statement: str) -> Iterator[str]:
    """Yield the statement up to one of its last joints."""
    if "\n" in statement:
        return
    yield statement
    cuts = [match.start() for match in _TAIL.finditer(statement)]
    for cut in reversed(cuts):
        head = statement[:cut].rstrip(" ,;:-(\u2014")
        if (
            len(head.split()) >= max(MIN_WORDS, 0.55 * len(statement.split()))
            and head.count("(") == head.count(")")
            and head.count("`") % 2 == 0
            and head.count('"') % 2 == 0
            and not (PLACED.match(head) and ", " not in head)
        ):
            yield f"{head}."
