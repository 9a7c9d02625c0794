"""Finding secrets in text, quickly where there are none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from curatord.curate.redact.rules import Reach, Rule, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from re import Match

    from curatord.curate.redact.allow import Allowed

TOKEN_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Span:
    """Where a secret stands, as offsets into the text, and the rule that knows it."""

    start: int
    end: int
    rule: Rule


def find(text: str, allowed: Allowed) -> list[Span]:
    """Return the secrets of a text (lines end in LF) in the order they stand in; none overlaps another.

    Where rules overlap, the span is what they cover together, and the rule is the first of them in `rules.toml`; what
    is allowed for that one is left alone.
    """
    found = [Span(start, end, rule) for rule, match in _matches(text) for start, end in rule.spans(match, text)]
    return list(_told(found, text, allowed)) if found else []


def _matches(text: str) -> Iterator[tuple[Rule, Match[str]]]:
    for rule in _tokens_in(text):
        yield from ((rule, match) for match in rule.pattern.finditer(text))
    folded = _folded(text)
    for rule in _group(Reach.TEXT):
        yield from _in_lines(rule, folded, _lines_with(rule.literals, folded))
    if numbers := list(_lines_at(text, (match.start() for match in _NUMBER.finditer(text)))):
        for rule in _group(Reach.NUMBER):
            yield from _in_lines(rule, text, numbers)
    for rule in _group(Reach.BLOCK):
        if any(literal in text for literal in rule.literals):
            yield from ((rule, match) for match in rule.pattern.finditer(text))


def _tokens_in(text: str) -> list[Rule]:
    """Return the rules with a token in the text: only words that may hold one are looked at, a few in a hundred."""
    words = "\n".join([word for word in text.split() if len(word) >= TOKEN_LENGTH and _SUSPECT(word)])
    present = {literal for literal in _token_literals() if literal in words}
    return [
        rule
        for rule in _group(Reach.TOKEN)
        if (not rule.literals or not present.isdisjoint(rule.literals)) and rule.pattern.search(words)
    ]


def _in_lines(rule: Rule, text: str, lines: Iterable[tuple[int, int]]) -> Iterator[tuple[Rule, Match[str]]]:
    for start, end in lines:
        for match in rule.pattern.finditer(text, start, end):
            yield rule, match


def _lines_with(literals: tuple[str, ...], text: str) -> Iterator[tuple[int, int]]:
    """Yield the bounds of every line that one of the literals stands in, each once, in order."""
    positions: list[int] = []
    for literal in literals:
        at = text.find(literal)
        while at >= 0:
            positions.append(at)
            line_end = text.find("\n", at)
            at = text.find(literal, line_end) if line_end >= 0 else -1
    return _lines_at(text, sorted(positions))


def _lines_at(text: str, positions: Iterable[int]) -> Iterator[tuple[int, int]]:
    done = -1
    for position in positions:
        if position > done:
            start = text.rfind("\n", 0, position) + 1
            end = text.find("\n", position)
            done = end if end >= 0 else len(text)
            yield start, done


def _folded(text: str) -> str:
    """Return the text in lower case with every character where it was."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def _told(found: list[Span], text: str, allowed: Allowed) -> Iterator[Span]:
    """Yield one span for all that overlap; what is allowed for the rule that names it is allowed altogether."""
    for group in _overlapping(found):
        best = min(group, key=lambda span: span.rule.rank)
        if not allowed.allows(best.rule.id, text[best.start : best.end]):
            yield Span(group[0].start, max(span.end for span in group), best.rule)


def _overlapping(found: list[Span]) -> list[list[Span]]:
    groups: list[list[Span]] = []
    end = -1
    for span in sorted(found, key=lambda span: (span.start, span.end)):
        if span.start < end:
            groups[-1].append(span)
        else:
            groups.append([span])
        end = max(end, span.end)
    return groups


@cache
def _group(reach: Reach) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules() if rule.reach is reach)


@cache
def _token_literals() -> tuple[str, ...]:
    return tuple(literal for rule in _group(Reach.TOKEN) for literal in rule.literals)


# an unbroken run, or an address that may hold a password or a key
_SUSPECT = re.compile(r"[A-Za-z0-9_+%=-]{18}|@|[?&;]\w").search
# nine digits that at most two separators part
_NUMBER = re.compile(r"[0-9](?:[\s().*|/-]{0,2}[0-9]){8}")
