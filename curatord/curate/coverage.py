"""What of a note no question asks about: sections, figures and code blocks, each with the likely reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from curatord.curate.text import hard_tokens
from curatord.memory.document import CodeBlock, ListBlock, Paragraph, Quote, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from curatord.memory.document import Block, Document, Inline, Lines, Section

FEW_WORDS = 8  # a section with fewer has rarely anything that stands alone


class Part(StrEnum):
    """What can be asked about."""

    SECTION = "section"
    FIGURE = "figure"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that questions ask for: where it stands in the file, and its statement."""

    lines: Lines
    statement: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Something no question asks about: what, on which line, and why (as far as can be told)."""

    part: Part
    line: int
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many parts of each kind a note has, and those among them that no question asks about."""

    total: dict[Part, int]
    gaps: tuple[Gap, ...]

    def covered(self, part: Part) -> int:
        """Return how many parts of a kind are asked about."""
        return self.total[part] - sum(gap.part is part for gap in self.gaps)


def coverage(document: Document, told: Sequence[Told]) -> Coverage:
    """Compare a note with the facts that were made of it."""
    total = dict.fromkeys(Part, 0)
    gaps: list[Gap] = []
    stated = frozenset(token for fact in told for token in hard_tokens(fact.statement))
    for section in document.sections:
        if not section.blocks:
            continue
        mine = [fact for fact in told if _overlap(fact.lines, section.lines)]
        found = list(_parts(section, mine, stated))
        for part, gap in found:
            total[part] += 1
            if gap is not None:
                gaps.append(gap)
    return Coverage(total, tuple(sorted(gaps, key=lambda gap: (gap.line, gap.part))))


def _parts(section: Section, mine: list[Told], stated: frozenset[str]) -> Iterator[tuple[Part, Gap | None]]:
    yield Part.SECTION, None if mine else _section_gap(section)
    for block in section.walk():
        if isinstance(block, CodeBlock):
            asked = any(_overlap(fact.lines, block.lines) for fact in mine)
            yield Part.CODE, None if asked else _code_gap(block)
    seen: set[str] = set()
    for inline, lines in _runs(section.blocks):
        for token in hard_tokens(inline.text):
            if token in seen or not any(character.isdigit() for character in token):
                continue
            seen.add(token)
            yield Part.FIGURE, None if token in stated else _figure_gap(token, lines, mine)


def _section_gap(section: Section) -> Gap:
    words = sum(len(inline.text.split()) for inline, _ in _runs(section.blocks))
    reason = "it has hardly any text" if words < FEW_WORDS else "nothing in it could be made to stand alone"
    return Gap(Part.SECTION, section.lines.first, section.heading or "(before the first heading)", reason)


def _code_gap(block: CodeBlock) -> Gap:
    first = next((line.strip() for line in block.code.splitlines() if line.strip()), "")
    return Gap(Part.CODE, block.lines.first, first, "nothing around it says what it does")


def _figure_gap(token: str, lines: Lines, mine: list[Told]) -> Gap:
    near = any(_overlap(fact.lines, lines) for fact in mine)
    reason = "questions about this place ask for something else" if near else "no fact was made of its sentence"
    return Gap(Part.FIGURE, lines.first, token, reason)


def _runs(blocks: Iterable[Block]) -> Iterator[tuple[Inline, Lines]]:
    for block in blocks:
        match block:
            case Paragraph():
                yield block.inline, block.lines
            case Quote():
                yield from _runs(block.blocks)
            case ListBlock():
                for item in block.items:
                    yield item.inline, item.lines
                    yield from _runs(item.children)
            case Table():
                yield from ((cell, row.lines) for row in block.rows for cell in row.cells)
            case CodeBlock():
                pass


def _overlap(one: Lines, other: Lines) -> bool:
    return one.first <= other.last and other.first <= one.last
