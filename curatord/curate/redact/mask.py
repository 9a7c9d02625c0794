"""A note's text without its secrets: placeholders stand in for them, and every line stays where it was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.curate.redact.find import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.redact.allow import Allowed
    from curatord.curate.redact.find import Span
    from curatord.curate.redact.rules import Rule

ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """A kind of secret on a line, counted from 1; the value is not kept."""

    rule: Rule
    line: int


@dataclass(frozen=True, slots=True)
class Masked:
    """A text in which nothing is found any more, and what was found in it, by line, each rule once a line."""

    text: str
    findings: tuple[Finding, ...]


def mask(text: str, allowed: Allowed) -> Masked:
    """Put a placeholder such as `(redacted-github-token)` in the place of every secret of a text (lines end in LF).

    A secret of several lines leaves its placeholder on the first and nothing on the others but their indentation and
    quote marks.
    """
    findings: set[Finding] = set()
    for _ in range(ROUNDS):  # what is left beside a placeholder may read as a secret in its turn
        spans = find(text, allowed)
        if not spans:
            break
        findings.update(_findings(text, spans))
        text = "".join(_pieces(text, spans))
    return Masked(text, tuple(sorted(findings, key=lambda finding: (finding.line, finding.rule.rank))))


def _findings(text: str, spans: list[Span]) -> Iterator[Finding]:
    line, position = 1, 0
    for span in spans:
        line += text.count("\n", position, span.start)
        position = span.start
        yield Finding(span.rule, line)


def _pieces(text: str, spans: list[Span]) -> Iterator[str]:
    position = 0
    for span in spans:
        yield text[position : span.start]
        yield span.rule.placeholder
        yield "".join(_BREAKS.findall(text[span.start : span.end]))
        position = span.end
    yield text[position:]


# a line's end with what leads into the next line
_BREAKS = re.compile(r"\n[ \t>]*")
