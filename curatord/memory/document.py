"""What a note is once it is read: frontmatter, title, and sections of typed blocks.

Every value here is frozen and holds plain data, so that it can be hashed, compared, and sent between
processes. Lines are numbered from 1 as an editor shows them, first and last included.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Kind(StrEnum):
    """What a memory root holds."""

    KNOWLEDGE = "knowledge"
    EPISODES = "episodes"


@dataclass(frozen=True, slots=True)
class Lines:
    """A range of lines of a file, counted from 1, both ends included."""

    first: int
    last: int

    def shifted(self, by: int) -> Lines:
        """Return the same range `by` lines further down."""
        return Lines(self.first + by, self.last + by)


@dataclass(frozen=True, slots=True)
class Link:
    """A link's label and target; a `[[wiki link]]` has `wiki` set and its page name as target."""

    label: str
    target: str
    wiki: bool = False


@dataclass(frozen=True, slots=True)
class Inline:
    """A run of text with its noise taken off: emphasis and link syntax are gone, `code` keeps its backticks.

    `code`, `strong` and `links` list what was marked as such, in order of appearance.
    """

    text: str
    code: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of prose."""

    inline: Inline
    lines: Lines


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced or indented code block; `language` is the info string's first word in lower case, or empty."""

    language: str
    code: str
    lines: Lines


@dataclass(frozen=True, slots=True)
class ListItem:
    """One item: its own text, its task box (None where there is none), and the blocks nested below it."""

    inline: Inline
    checked: bool | None
    children: tuple[Block, ...]
    lines: Lines


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A bullet list, or a numbered one when `ordered`."""

    ordered: bool
    items: tuple[ListItem, ...]
    lines: Lines


@dataclass(frozen=True, slots=True)
class TableRow:
    """One body row; it has as many cells as the header."""

    cells: tuple[Inline, ...]
    lines: Lines


@dataclass(frozen=True, slots=True)
class Table:
    """A GFM table: header cells and body rows."""

    header: tuple[Inline, ...]
    rows: tuple[TableRow, ...]
    lines: Lines


@dataclass(frozen=True, slots=True)
class Quote:
    """A block quote and the blocks inside it."""

    blocks: tuple[Block, ...]
    lines: Lines


Block = Paragraph | CodeBlock | ListBlock | Table | Quote


@dataclass(frozen=True, slots=True)
class Section:
    """The blocks under one heading, up to the next heading of any level.

    `heading_path` runs from the outermost heading to this one; it is empty for what stands before the
    first heading. `lines` includes the heading. `source` is the section's markdown as written.
    """

    heading_path: tuple[str, ...]
    blocks: tuple[Block, ...]
    lines: Lines
    source: str

    @property
    def heading(self) -> str:
        """The innermost heading, or an empty string."""
        return self.heading_path[-1] if self.heading_path else ""

    def walk(self) -> Iterator[Block]:
        """Yield every block, outer before inner, in reading order."""
        yield from _walk(self.blocks)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a note that its author would want to know: a code for scripts, a sentence for people."""

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One markdown note, read.

    `metadata` is the frontmatter as plain data: string keys, values of str, int, float, bool, None, lists and
    mappings of the same; dates are ISO 8601 strings. `metadata_lines` is where it stands, None without one.
    """

    root: str
    path: str
    kind: Kind
    title: str
    language: str
    metadata: Mapping[str, object]
    metadata_lines: Lines | None
    sections: tuple[Section, ...]
    remarks: tuple[Remark, ...] = ()


def _walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Quote):
            yield from _walk(block.blocks)
        elif isinstance(block, ListBlock):
            for item in block.items:
                yield from _walk(item.children)
