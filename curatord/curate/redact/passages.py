"""What a parsed note tells, line by line, each with the part of the note that tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.memory.document import CodeBlock, ListBlock, Paragraph, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.memory.document import Document, Inline, Section

NOTE, HEAD = -2, -1
"""Owners of what is no section: the note as a whole, and its frontmatter."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text, its line in the file, and whose it is: the position of a section, or NOTE or HEAD."""

    owner: int
    line: int
    text: str


def passages(document: Document) -> Iterator[Passage]:
    """Yield the file's name, the title, the frontmatter, and of every section its headings and blocks.

    A value of the frontmatter comes behind its keys, and a cell of a table behind its column's header, as `key: value`.
    """
    first = document.metadata_lines.first if document.metadata_lines else 1
    yield Passage(NOTE, 1, document.path.removesuffix(".md"))
    yield Passage(NOTE, first, document.title)
    yield from (Passage(HEAD, first, text) for text in _values(document.metadata, ""))
    for number, section in enumerate(document.sections):
        yield from (Passage(number, line, text) for line, text in _section(section))


def _values(value: object, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, f"{key} {name}".strip())
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, key)
    else:
        yield f"{key}: {value}"


def _section(section: Section) -> Iterator[tuple[int, str]]:
    yield section.lines.first, " / ".join(section.heading_path)
    for block in section.walk():
        match block:
            case Paragraph():
                yield block.lines.first, _inline(block.inline)
            case CodeBlock():
                yield from enumerate(block.code.split("\n"), start=block.lines.first + 1)
            case ListBlock():
                yield from ((item.lines.first, _inline(item.inline)) for item in block.items)
            case Table():
                yield from _cells(block)


def _cells(table: Table) -> Iterator[tuple[int, str]]:
    for row in table.rows:
        for header, cell in zip(table.header, row.cells, strict=True):
            yield row.lines.first, f"{header.text}: {_inline(cell)}"


def _inline(inline: Inline) -> str:
    return " ".join([inline.text, *(link.target for link in inline.links)])
