"""mistune's block parser, taught to say on which lines of the file each block stands.

mistune builds its tokens without positions. Here every token carries `first` and `last`, counted from 1 as an
editor shows them. A list item or a quote is parsed from a copy of its text with the markers cut off; since that
copy has one line for each line of the file, its tokens are counted on from the line where the copy begins.

Two rules differ from mistune's own: tables follow the GFM specification (a row with missing cells is filled up,
one with too many is cut; mistune gives up the table), and a footnote's text stays where it is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mistune.block_parser import BlockParser
from mistune.core import BlockState
from mistune.plugins.footnotes import REF_FOOTNOTE
from mistune.util import unikey

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from re import Match

    Token = dict[str, Any]
    """A block as mistune gives it; its keys depend on its `type`."""


def parse_blocks(text: str, first_line: int = 1) -> tuple[list[Token], MutableMapping[str, Any]]:
    """Return the blocks of `text` in reading order, and the definitions that inline text may refer to.

    The text's first line counts as `first_line`. Lines end in LF.
    """
    state = LineState()
    state.start_at(first_line)
    state.process(text if text.endswith("\n") else text + "\n")
    _PARSER.parse(state)
    return in_reading_order(state.tokens), state.env


def in_reading_order(tokens: list[Token]) -> list[Token]:
    """Leave out blank lines and sort by line: a block that ends a quote or list is added before it."""
    blocks = [token for token in tokens if token["type"] != "blank_line"]
    return sorted(blocks, key=lambda token: int(token["first"]))


@dataclass(slots=True)
class _Container:
    """A list or quote being parsed: where its next item begins, and the lines its items stand on."""

    position: int
    item_lines: list[int] = field(default_factory=list)


class LineState(BlockState):
    """A block state that can tell the line of the file for any position in its text."""

    def __init__(self, parent: LineState | None = None) -> None:
        super().__init__(parent)
        self.containers: list[_Container] = []
        self.start_at(1)

    def start_at(self, line: int) -> None:
        """Say which line of the file the text begins on."""
        self._line, self._position = line, 0

    def line_at(self, position: int) -> int:
        """Return the line of `position`; quick when asked in reading order."""
        if position >= self._position:
            self._line += self.src.count("\n", self._position, position)
        else:
            self._line -= self.src.count("\n", position, self._position)
        self._position = position
        return self._line

    def last_line(self, start: int, end: int) -> int:
        """Return the last line with text on it in [start, end)."""
        end = min(end, len(self.src))
        while end > start + 1 and self.src[end - 1] in " \t\n":
            end -= 1
        return self.line_at(max(end - 1, start))

    def add_paragraph(self, text: str) -> None:
        """Begin a paragraph at the cursor, or continue the one at hand."""
        known = len(self.tokens)
        super().add_paragraph(text)
        if len(self.tokens) > known:
            blank = len(text) - len(text.lstrip()) if text.strip() else 0
            self.tokens[-1]["first"] = self.line_at(self.cursor + blank)

    def append_token(self, token: Token) -> None:
        """Add a block that begins at the cursor; `parse_method` corrects the few that do not."""
        token["first"] = self.line_at(self.cursor)
        super().append_token(token)

    def prepend_token(self, token: Token) -> None:
        """Add a quote that another block ended; lines tell their order, see `in_reading_order`."""
        self.append_token(token)

    def child_state(self, src: str, lazy_line_starts: set[int] | None = None) -> BlockState:
        """Make the state for the text inside a quote or list item, counting on from where that stands."""
        child = super().child_state(src, lazy_line_starts)
        container = self.containers[-1]
        line = self.line_at(container.position)
        container.item_lines.append(line)
        if isinstance(child, LineState):
            child.start_at(line + 1 if _EMPTY_ITEM.match(self.src, container.position) else line)
        # where another item follows, mistune has just read the line with its marker
        container.position = self.src.rfind("\n", 0, max(self.cursor - 1, 0)) + 1
        return child


class LineParser(BlockParser):
    """A block parser whose tokens know their lines, and whose nesting is bounded everywhere."""

    state_cls = LineState

    def parse_method(self, m: Match[str], state: BlockState) -> int | None:
        """Apply the matched rule, and mark what it added with its lines."""
        rule, start = m.lastgroup, m.start()
        if rule == "blank_line" or not isinstance(state, LineState):
            return super().parse_method(m, state)
        if rule not in {"list", "block_quote"}:
            return self._parse_leaf(m, state)
        if state.containers:
            # it ends the quote or list at hand, and `parse` comes to it next; mistune would parse it from inside,
            # one level deeper for each such change, without a bound
            return start
        known, container = len(state.tokens), _Container(start)
        first = state.line_at(start)
        state.containers.append(container)
        end = super().parse_method(m, state)
        state.containers.pop()
        for token in state.tokens[known:]:
            if token["type"] in {"list", "block_quote"}:
                _mark_container(token, first, container.item_lines)
        return end

    def _parse_leaf(self, m: Match[str], state: LineState) -> int | None:
        known, start = len(state.tokens), m.start()
        first = state.line_at(start)
        end = super().parse_method(m, state)
        for token in state.tokens[known:]:
            if end and "last" not in token and token["type"] != "paragraph":
                token.update(first=first, last=state.last_line(start, end))
        return end

    def parse_list(self, m: Match[str], state: BlockState) -> int | None:  # type: ignore[override]  # None: not a list
        """Parse a list, unless it stands too deep: a bare `-` reaches this rule past mistune's own limit."""
        return None if state.depth() >= self.max_nested_level else super().parse_list(m, state)


def _mark_container(token: Token, first: int, item_lines: list[int]) -> None:
    token["first"] = first
    if token["type"] == "list":
        for item, line in zip(token["children"], item_lines, strict=True):
            item.update(first=line, last=max(_last(item["children"]), line))
    token["last"] = max(_last(token["children"]), first)


def _last(tokens: list[Token]) -> int:
    return max((last_line(token) for token in tokens if token["type"] != "blank_line"), default=0)


def last_line(token: Token) -> int:
    """Return the last line of a block; a paragraph, which may still grow, and indented code tell by their text."""
    if "last" in token:
        return int(token["last"])
    text: str = token["text"].strip() if "text" in token else token["raw"]
    return int(token["first"]) + text.count("\n")


def _parse_table(block: BlockParser, m: Match[str], state: BlockState) -> int | None:
    """Parse a table as in the GFM specification, section 4.10, except that a row needs a pipe."""
    header, columns = _cells(m["table_head"]), len(_cells(m["table_rule"]))
    if "|" not in m["table_head"] or len(header) != columns:
        return None
    other = block.compile_sc(["fenced_code", "atx_heading", "block_quote", "list"])
    rows: list[list[str]] = []
    position = min(m.end() + 1, state.cursor_max)
    while position < state.cursor_max:
        line = state.get_line(position)
        if "|" not in line or other.match(state.src, position):
            break
        cells = _cells(line)
        rows.append(cells[:columns] + [""] * (columns - len(cells)))
        position += len(line)
    state.append_token({"type": "table", "header": header, "rows": rows})
    return position


def _cells(line: str) -> list[str]:
    line = line.strip().removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _PIPE.split(line)]


def _parse_footnote(_block: BlockParser, m: Match[str], state: BlockState) -> int:
    state.env.setdefault("footnotes", set()).add(unikey(m["footnote_key"]))
    state.append_token({"type": "footnote", "text": m["footnote_text"]})
    return m.end()


def _parser() -> LineParser:
    parser = LineParser()
    parser.register("ref_footnote", REF_FOOTNOTE, _parse_footnote, before="ref_link")
    for rules in (parser.rules, parser.list_rules, parser.block_quote_rules):
        parser.insert_rule(rules, "table")
    parser.register("table", _TABLE, _parse_table)
    return parser


_EMPTY_ITEM = re.compile(r"[ \t]*(?:[*+-]|\d{1,9}[.)])[^\S\n]*$", re.MULTILINE)
_PIPE = re.compile(r"(?<!\\)\|")
# possessive quantifiers keep this linear on any line
_RULE_CELL = r"[ \t]*+:?-++:?[ \t]*+"
_TABLE = (
    r"^ {0,3}(?P<table_head>\S[^\n]*+)\n"
    rf"(?P<table_rule> {{0,3}}\|?{_RULE_CELL}(?:\|{_RULE_CELL})*+\|?[ \t]*+)$"
)
_PARSER = _parser()
