"""A strict reading of a page: what a validator would say about its elements, and all that it would load."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})  # those that have no end tag
LOADING = frozenset({"src", "href", "srcset", "data", "poster", "action", "xlink:href", "style", "background"})
INLINE = frozenset({"strong", "span", "code"})  # after which words go on
BLOCKS = frozenset({"div", "p", "section", "table", "dl", "ul", "ol", "figure", "h1", "h2", "h3", "h4", "details"})
ONLY_IN = {
    "tr": {"thead", "tbody"},
    "td": {"tr"},
    "th": {"tr"},
    "thead": {"table"},
    "tbody": {"table"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "summary": {"details"},
    "figcaption": {"figure"},
    "circle": {"svg"},
    "polyline": {"svg"},
    "line": {"svg"},
}


class Reading(HTMLParser):
    """Reads a page and keeps its words, its faults, and what it refers to."""

    def __init__(self, text: str) -> None:
        """Read a whole page."""
        super().__init__()
        self.faults: list[str] = []
        self.loads: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.styles: list[str] = []
        self._open: list[str] = []
        self._words: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]
        if not re.match(r"\s*<!DOCTYPE html>", text):
            self.faults.append("no doctype")

    @property
    def words(self) -> str:
        """All that a reader sees, with one space between words."""
        return " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and whether it may stand here."""
        self._note(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself, which only SVG knows."""
        self._note(tag, attrs)
        if "svg" not in self._open:
            self.faults.append(f"<{tag}/> outside SVG")

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be this one."""
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> at line {self.getpos()[0]} closes {self._open[-1:]}")
        else:
            self._open.pop()
        self._words.append("" if tag in INLINE else " ")

    def handle_data(self, data: str) -> None:
        """Keep words."""
        inside = self._open[-1] if self._open else ""
        if inside == "style":
            self.styles.append(data)
        else:
            self._words.append(data)

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        parent = self._open[-1] if self._open else ""
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag in ONLY_IN and parent not in ONLY_IN[tag]:
            self.faults.append(f"<{tag}> in <{parent}>")
        if tag in BLOCKS and "p" in self._open:
            self.faults.append(f"<{tag}> in a paragraph")
        self.loads += [value or "" for name, value in attrs if name in LOADING or name.startswith("on")]
        if tag in {"script", "iframe", "object", "embed", "link", "img", "base", "form"}:
            self.loads.append(f"<{tag}>")
        self.elements.append((tag, dict(attrs)))
