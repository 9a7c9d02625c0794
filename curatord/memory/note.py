"""A note's bytes to a Document: text, frontmatter, title, sections and language."""

from __future__ import annotations

from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from curatord.errors import CuratordError
from curatord.memory.document import CodeBlock, Document, Kind, ListBlock, Paragraph, Section, Table
from curatord.memory.head import split_head
from curatord.memory.language import detect
from curatord.memory.markdown import parse_sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from curatord.memory.document import Block, Inline


class NoteProblem(CuratordError):  # noqa: N818  # a state of a note, listed by `curatord problems`
    """A note's bytes are no text. `code` is not_utf8 or binary."""

    def __init__(self, message: str | None = None, *, code: str = "binary", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


def parse_note(data: bytes, *, root: str, path: str, kind: Kind) -> Document:
    """Read one note.

    It is UTF-8, with or without a byte order mark; its lines may end in LF, CR LF or CR, and lines are counted as
    an editor does. The title is the frontmatter's, else the first heading, else the file's name with spaces for
    `-` and `_`. A broken head is a remark, see `split_head`.

    Raises NoteProblem where the bytes are not UTF-8 or hold a NUL.
    """
    head = split_head(_text(data, path))
    sections = parse_sections(head.body, head.body_first_line)
    return Document(
        root=root,
        path=path,
        kind=kind,
        title=_title(head.metadata, sections, path),
        language=detect(_prose_sample(sections), head.metadata),
        metadata=head.metadata,
        metadata_lines=head.lines,
        sections=sections,
        remarks=head.remarks,
    )


def character_count(document: Document) -> int:
    """Count the characters of headings, prose and code that are no white space; the frontmatter is left out."""
    prose = (text for section in document.sections for text in (section.heading, *_prose(section)))
    code = (block.code for section in document.sections for block in section.walk() if isinstance(block, CodeBlock))
    return sum(len("".join(text.split())) for texts in (prose, code) for text in texts)


def _text(data: bytes, path: str) -> str:
    nul = data.find(b"\0")
    if nul >= 0:
        raise NoteProblem(
            f"{path} holds a NUL byte at offset {nul}: it is no text, or UTF-16.",
            code="binary",
            hint="Save it as UTF-8.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        offset = error.start + (len(_BYTE_ORDER_MARK) if data.startswith(_BYTE_ORDER_MARK) else 0)
        raise NoteProblem(
            f"{path} is not UTF-8: byte {data[offset]:#04x} at offset {offset}.",
            code="not_utf8",
            hint="Save it as UTF-8.",
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _title(metadata: Mapping[str, object], sections: tuple[Section, ...], path: str) -> str:
    title = metadata.get("title")
    if isinstance(title, str) and title.strip():
        return title.strip()
    headings = (section.heading for section in sections if section.heading)
    stem = PurePosixPath(path).stem
    return next(headings, stem.replace("-", " ").replace("_", " ").strip() or stem)


def _prose_sample(sections: tuple[Section, ...]) -> str:
    """Return the first few hundred pieces of prose, plenty to tell the language by."""
    pieces = (piece for section in sections for piece in (section.heading, *_prose(section)))
    return "\n".join(islice(pieces, _SAMPLE_PIECES))


def _prose(section: Section) -> Iterator[str]:
    for block in section.walk():
        for inline in _inlines(block):
            yield inline.text


def _inlines(block: Block) -> Iterator[Inline]:
    """Yield the text that stands in a block itself, not in blocks nested inside it."""
    if isinstance(block, Paragraph):
        yield block.inline
    elif isinstance(block, ListBlock):
        yield from (item.inline for item in block.items)
    elif isinstance(block, Table):
        yield from block.header
        for row in block.rows:
            yield from row.cells


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SAMPLE_PIECES = 400
