"""The frontmatter of a note: YAML between `---`, TOML between `+++`, or JSON between `{` and `}` lines.

Which lines are the head is python-frontmatter's decision; a text that opens with a rule (`---`) and prose is no
head, and loses nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontmatter.default_handlers import BaseHandler, JSONHandler, YAMLHandler

from curatord.memory.document import Lines, Remark
from curatord.memory.metadata import Loaded, MetadataError, read_json, read_toml, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Head:
    """A note cut in two: `metadata` as plain data, and the `body` below it, which begins at `body_first_line`.

    `lines` is where the head stands, delimiters included; None where there is none.
    """

    metadata: Mapping[str, object]
    lines: Lines | None
    body: str
    body_first_line: int
    remarks: tuple[Remark, ...] = ()


def split_head(text: str) -> Head:
    """Cut a note (lines end in LF, no byte order mark) into its frontmatter and its body.

    Blank lines before the head are tolerated. It may hold 64 KiB, nest 64 deep, and in YAML has no anchors, aliases,
    merge keys or tags. Keys are the text their author wrote; dates are ISO 8601 text, and numbers that JSON cannot
    hold (NaN, infinities, integers over 64 bits) are text. A head that cannot be read gives empty metadata
    and a remark: head_broken or head_too_large; head_unclosed and head_not_a_mapping, where the whole text is
    the body, too. A key that stands twice is remarked as head_duplicate_key. Nothing is raised.
    """
    blank = _BLANK_LINES.match(text)
    start = blank.end() if blank else 0
    first, below = 1 + text.count("\n", 0, start), text[start:]
    found = next(((handler, read) for handler, read in _FORMATS if handler.detect(below)), None)
    if found is None:
        return Head({}, None, text, 1)
    handler, read = found
    try:
        head, body = handler.split(below)
    except ValueError:  # there is no second delimiter
        return _unclosed(text, below, first)
    last = first + below.count("\n", 0, len(below) - len(body))
    return _read(read, text, head, body.removeprefix("\n"), Lines(first, last))


def _read(read: Callable[[str], Loaded], text: str, head: str, body: str, lines: Lines) -> Head:
    if len(head.encode("utf-8", "replace")) > _MAX_BYTES:
        return _broken(text, head, body, lines, Remark("head_too_large", f"{_NOT_READ} it is over 64 KiB."))
    try:
        loaded = read(head)
    except MetadataError as error:
        remark = Remark("head_broken", f"{_NOT_READ} {error}.", lines.first + error.line)
        return _broken(text, head, body, lines, remark)
    if not isinstance(loaded.value, dict):
        remark = Remark("head_not_a_mapping", f"{_NOT_READ} it has no `key: value` lines.", lines.first)
        return Head({}, None, text, 1, (remark,))
    remarks = (Remark("head_duplicate_key", _TWICE.format(key), lines.first) for key in loaded.repeated)
    return Head(loaded.value, lines, body, lines.last + 1, tuple(remarks))


def _broken(text: str, head: str, body: str, lines: Lines, remark: Remark) -> Head:
    """Leave out what reads as a head, though a broken one; keep what reads as prose between two rules."""
    if _reads_as_head(head):
        return Head({}, lines, body, lines.last + 1, (remark,))
    return Head({}, None, text, 1, (remark,))


def _unclosed(text: str, below: str, first: int) -> Head:
    """Keep the whole text; a lone rule before prose is no mistake and needs no remark."""
    second = below.split("\n", 2)[1:2]
    if not second or not _KEY.match(second[0]):
        return Head({}, None, text, 1)
    remark = Remark("head_unclosed", f"{_NOT_READ} its closing delimiter is missing.", first)
    return Head({}, None, text, 1, (remark,))


def _reads_as_head(head: str) -> bool:
    """Whether most lines that begin a statement begin with a key."""
    statements = _STATEMENT.findall(head)
    return 2 * sum(1 for line in statements if _KEY.match(line)) > len(statements)


_MAX_BYTES = 65_536
_NOT_READ = "The frontmatter is not read:"
_TWICE = 'The frontmatter has the key "{}" twice; the last one counts.'
_BLANK_LINES = re.compile(r"(?:[ \t]*+\n)*+")
# a line that is neither indented nor an item, a comment or a bracket
_STATEMENT = re.compile(r"^(?![-?:] )[^\s#\[\]{}][^\n]{0,200}", re.MULTILINE)
_KEY = re.compile(r"""\s*(?:"[^"\n]*"|'[^'\n]*'|[\w.<-][^:=\n]{0,99}?)\s*(?:[:=](?:\s|$)|=|(?<=["']):)""")
_FORMATS: tuple[tuple[BaseHandler, Callable[[str], Loaded]], ...] = (
    (YAMLHandler(fm_boundary=re.compile(r"^-{3,}[ \t]*$", re.MULTILINE)), read_yaml),
    (BaseHandler(fm_boundary=re.compile(r"^\+{3,}[ \t]*$", re.MULTILINE)), read_toml),
    (JSONHandler(), read_json),
)
