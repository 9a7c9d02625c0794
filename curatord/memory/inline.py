"""The text inside a paragraph, heading, item or cell: what it says, without the marks that dress it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mistune import Markdown
from mistune.helpers import BLOCK_TAGS, PRE_TAGS
from mistune.plugins.formatting import strikethrough
from mistune.util import unescape, unikey

from curatord.memory.document import Inline, Link

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from re import Match

    from mistune.core import InlineState
    from mistune.inline_parser import InlineParser

    Token = dict[str, Any]
    """An inline element as mistune gives it; its keys depend on its `type`."""


def read_inline(text: str, definitions: MutableMapping[str, Any]) -> Inline:
    """Read text as in CommonMark 0.31 section 6, with strikethrough, footnote marks and `[[wiki links]]`.

    Emphasis and HTML tags lose their marks; links leave their labels; images, comments, shortcodes, footnote
    marks and struck-out text (which its author took back) leave nothing; line breaks become spaces. Code spans
    keep their backticks. `definitions` are those that `parse_blocks` found in the same document.
    """
    text = text.strip()
    if not _MARKUP.search(text):
        return Inline(_BREAK.sub(" ", text) if "\n" in text else text)
    run = _Run()
    run.read(_PARSER(text, definitions))
    return run.inline()


class _Run:
    """A run of text being put together."""

    __slots__ = ("_code", "_dropped", "_links", "_parts", "_strong")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._code: list[str] = []
        self._strong: list[str] = []
        self._links: list[Link] = []
        self._dropped = False

    def inline(self) -> Inline:
        text = "".join(self._parts).strip()
        return Inline(text, tuple(self._code), tuple(self._strong), tuple(self._links))

    def read(self, tokens: list[Token]) -> None:
        for token in tokens:
            _READERS.get(token["type"], _Run.drop)(self, token)

    def say(self, text: str) -> None:
        """Add text; where something was left out, close the gap."""
        last = self._parts[-1] if self._parts else " "
        if last.endswith(" "):
            text = text.lstrip(" ")
        if not text:
            return
        if self._dropped and self._parts and text[0] in ".,;:!?)":
            self._parts[-1] = last.rstrip(" ")
        self._dropped = False
        self._parts.append(text)

    def text(self, token: Token) -> None:
        raw: str = token["raw"]
        self.say(unescape(raw) if "&" in raw else raw)

    def space(self, _token: Token) -> None:
        self.say(" ")

    def drop(self, _token: Token) -> None:
        self._dropped = True

    def code(self, token: Token) -> None:
        code: str = token["raw"]
        self._code.append(code)
        self.say(f"`` {code} ``" if "`" in code else f"`{code}`")

    def emphasis(self, token: Token) -> None:
        self.read(token["children"])

    def strong(self, token: Token) -> None:
        if words := self._inside(token):
            self._strong.append(words)

    def link(self, token: Token) -> None:
        if label := self._inside(token):
            self._links.append(Link(label, token["attrs"]["url"]))

    def wiki_link(self, token: Token) -> None:
        self.say(token["label"])
        self._links.append(Link(token["label"], token["page"], wiki=True))

    def html(self, token: Token) -> None:
        """Drop a tag or comment, but keep `<port>` and `Promise<string>`: no element is called that."""
        raw: str = token["raw"]
        tag = _TAG.match(raw)
        name = tag["name"].lower() if tag else "!"
        if tag and name not in _ELEMENTS:
            self.say(raw)
        elif name == "li" and not raw.startswith("</"):
            self._next_item()
        elif name == "br" or name in BLOCK_TAGS:
            self.say(" ")
        else:
            self.drop(token)

    def _next_item(self) -> None:
        """Set the items of an HTML list, which a table cell may hold, apart."""
        while self._parts and not self._parts[-1].strip():
            self._parts.pop()
        if self._parts and not self._parts[-1].rstrip().endswith((".", ",", ":", ";")):
            self._parts[-1] = self._parts[-1].rstrip()
            self.say("; ")

    def _inside(self, token: Token) -> str:
        start = len(self._parts)
        self.read(token["children"])
        return "".join(self._parts[start:]).strip()


_READERS: dict[str, Callable[[_Run, Token], None]] = {
    "text": _Run.text,
    "codespan": _Run.code,
    "emphasis": _Run.emphasis,
    "strong": _Run.strong,
    "link": _Run.link,
    "wiki_link": _Run.wiki_link,
    "linebreak": _Run.space,
    "softbreak": _Run.space,
    "inline_html": _Run.html,
}


def _parse_wiki_link(_inline: InlineParser, m: Match[str], state: InlineState) -> int:
    page = m["wiki_page"].strip()
    label = (m["wiki_label"] or "").strip() or page
    embedded = m[0].startswith("!")
    state.append_token({"type": "image" if embedded else "wiki_link", "page": page, "label": label})
    return m.end()


def _parse_footnote_mark(_inline: InlineParser, m: Match[str], state: InlineState) -> int | None:
    if unikey(m["footnote_key"]) not in state.env.get("footnotes", ()):
        return None
    state.append_token({"type": "footnote_mark"})
    return m.end()


def _parse_shortcode(_inline: InlineParser, m: Match[str], state: InlineState) -> int:
    state.append_token({"type": "shortcode"})
    return m.end()


def _parser() -> InlineParser:
    markdown = Markdown(renderer=None, plugins=[strikethrough])
    parser = markdown.inline
    parser.register("wiki_link", _WIKI_LINK, _parse_wiki_link, before="link", start_chars=("!", "["))
    parser.register("footnote_mark", _FOOTNOTE_MARK, _parse_footnote_mark, before="link", start_chars="[")
    parser.register("shortcode", _SHORTCODE, _parse_shortcode, before="link", start_chars="{")
    return parser


# what can begin markup; text without any is taken as it is, which is most text and by far the quickest
_MARKUP = re.compile(r"[\\`*\[<&~{_]")
_BREAK = re.compile(r"(?<![ \t])[ \t]*+\n[ \t]*+")
_WIKI_LINK = r"!?\[\[(?P<wiki_page>[^\[\]|\n]+)(?:\|(?P<wiki_label>[^\[\]\n]*))?\]\]"
_FOOTNOTE_MARK = r"\[\^(?P<footnote_key>[^\\\[\]\s]{1,500})\]"
# Hugo's {{< name >}} and {{% name %}}, Jekyll's {% name %}
_SHORTCODE = r"\{\{[<%][^{}]*[>%]\}\}|\{%[^{}]*%\}"
_TAG = re.compile(r"</?(?P<name>[A-Za-z][A-Za-z0-9-]*)")
_INLINE_TAGS = """
    a abbr acronym audio b bdi bdo big br button canvas cite code data datalist del dfn em
    embed font i iframe img input ins kbd label map mark meter object output picture progress
    q rp rt ruby s samp select slot small source span strike strong sub sup svg template time
    tt u var video wbr path
"""
_ELEMENTS = frozenset((*BLOCK_TAGS, *PRE_TAGS, *_INLINE_TAGS.split()))
_PARSER = _parser()
