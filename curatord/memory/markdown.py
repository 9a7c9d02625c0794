"""Markdown to sections: headings cut a note into sections, and each holds typed blocks with their lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mistune.util import striptags, unescape

from curatord.memory.document import (
    Block,
    CodeBlock,
    Inline,
    Lines,
    ListBlock,
    ListItem,
    Paragraph,
    Quote,
    Section,
    Table,
    TableRow,
)
from curatord.memory.inline import read_inline
from curatord.memory.lines import in_reading_order, last_line, parse_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    Token = dict[str, Any]
    Definitions = MutableMapping[str, Any]


def parse_sections(body: str, first_line: int = 1) -> tuple[Section, ...]:
    """Cut markdown (CommonMark with GFM tables, task lists and strikethrough, footnotes) into its sections.

    Lines of `body` end in LF; its first one counts as `first_line`. From the first heading on, sections follow
    each other without a gap to the last line, so that their sources joined are the body; what stands before the
    first heading is a section with an empty heading path, left out where it holds no block. Headings inside
    quotes and lists are paragraphs there. Nothing is raised, whatever the text; nesting deeper than 20 is taken
    as plain text.
    """
    tokens, definitions = parse_blocks(body, first_line)
    lines = body.split("\n")
    end = first_line + body.count("\n") - body.endswith("\n")
    sections = []
    path: list[tuple[int, str]] = []
    for part, last in _parts(tokens, first_line, end):
        heading = part[0] if part and part[0]["type"] == "heading" else None
        first = heading["first"] if heading else first_line
        if heading:
            _enter(path, heading["attrs"]["level"], _heading_text(heading, definitions))
        blocks = _blocks(part[1:] if heading else part, definitions)
        if heading or blocks:
            source = "\n".join(lines[first - first_line : last - first_line + 1])
            newline = "\n" if last - first_line + 1 < len(lines) else ""
            names = tuple(name for _, name in path if name)
            sections.append(Section(names, blocks, Lines(first, last), source + newline))
    return tuple(sections)


def _parts(tokens: list[Token], first_line: int, end: int) -> Iterator[tuple[list[Token], int]]:
    """Yield the blocks of each section, its heading first, and the section's last line."""
    part: list[Token] = []
    for token in tokens:
        if token["type"] == "heading":
            if token["first"] > first_line:
                yield part, token["first"] - 1
            part = []
        part.append(token)
    yield part, end


def _enter(path: list[tuple[int, str]], level: int, name: str) -> None:
    while path and path[-1][0] >= level:
        path.pop()
    path.append((level, name))


def _heading_text(token: Token, definitions: Definitions) -> str:
    """Return a heading's words, without an anchor such as `{#install}`."""
    return _ANCHOR.sub("", read_inline(token["text"], definitions).text)


def _blocks(tokens: list[Token], definitions: Definitions) -> tuple[Block, ...]:
    made = (_MAKERS[token["type"]](token, definitions) for token in tokens if token["type"] in _MAKERS)
    return tuple(block for block in made if block is not None)


def _lines(token: Token) -> Lines:
    return Lines(token["first"], max(last_line(token), token["first"]))


def _paragraph(token: Token, definitions: Definitions) -> Paragraph | None:
    inline = read_inline(token["text"], definitions)
    return Paragraph(inline, _lines(token)) if inline.text else None


def _code(token: Token, _definitions: Definitions) -> CodeBlock:
    words = _WORD.findall(token.get("attrs", {}).get("info", ""))
    language = words[0].lower() if words else ""
    return CodeBlock(language, token["raw"].removesuffix("\n"), _lines(token))


def _html(token: Token, definitions: Definitions) -> Block | None:
    """Keep what an HTML block says where it is text; comments, scripts, pictures and HTML's tables are noise."""
    raw: str = token["raw"]
    tag = _TAG.match(raw)
    name = tag["name"].lower() if tag else "!"
    if name == "pre":
        return CodeBlock("", unescape(striptags(raw)).strip("\n"), _lines(token))
    inline = Inline("") if name in _OPAQUE else read_inline(raw, definitions)
    return Paragraph(inline, _lines(token)) if inline.text else None


def _quote(token: Token, definitions: Definitions) -> Quote | None:
    blocks = _blocks(in_reading_order(token["children"]), definitions)
    return Quote(blocks, _lines(token)) if blocks else None


def _list(token: Token, definitions: Definitions) -> ListBlock | None:
    items = tuple(_item(child, definitions) for child in token["children"])
    items = tuple(item for item in items if item.inline.text or item.children)
    return ListBlock(token["attrs"]["ordered"], items, _lines(token)) if items else None


def _item(token: Token, definitions: Definitions) -> ListItem:
    children = in_reading_order(token["children"])
    text, checked = "", None
    if children and children[0]["type"] in {"paragraph", "block_text"}:
        text = children.pop(0)["text"]
        if box := _TASK_BOX.match(text):
            text, checked = text[box.end() :], box[1] != " "
    inline = read_inline(text, definitions)
    return ListItem(inline, checked, _blocks(children, definitions), _lines(token))


def _table(token: Token, definitions: Definitions) -> Table:
    def cells(row: list[str]) -> tuple[Inline, ...]:
        return tuple(read_inline(cell, definitions) for cell in row)

    below = token["first"] + 2
    rows = tuple(TableRow(cells(row), Lines(line, line)) for line, row in enumerate(token["rows"], start=below))
    return Table(cells(token["header"]), rows, _lines(token))


# blocks that are not here (rules, blank lines) hold nothing
_MAKERS: dict[str, Callable[[Token, Definitions], Block | None]] = {
    "paragraph": _paragraph,
    "block_text": _paragraph,
    "heading": _paragraph,
    "footnote": _paragraph,
    "block_code": _code,
    "block_html": _html,
    "block_quote": _quote,
    "list": _list,
    "table": _table,
}
_ANCHOR = re.compile(r"\s*\{[#.][^{}]*\}$")
_WORD = re.compile(r"[^\s{},.:][^\s{},:]*")
_TAG = re.compile(r"\s*</?(?P<name>[A-Za-z][A-Za-z0-9-]*)")
_OPAQUE = frozenset({"!", "canvas", "iframe", "object", "script", "style", "svg", "table", "template", "textarea"})
_TASK_BOX = re.compile(r"\[([ xX])\]\s+")
