"""A note from bytes to a document."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.memory.document import CodeBlock, Document, Kind, Lines, Paragraph
from curatord.memory.note import NoteProblem, character_count, parse_note

MEMORY = Path(__file__).parents[3] / "shared" / "memory"


def parse(data: bytes | str, path: str = "dir/some-note_file.md") -> Document:
    """Parse a note with the usual root and kind."""
    data = data.encode() if isinstance(data, str) else data
    return parse_note(data, root="/memory", path=path, kind=Kind.EPISODES)


def code_of(data: bytes) -> str:
    """Return the code of the problem that a note's bytes meet."""
    with pytest.raises(NoteProblem) as problem:
        parse(data)
    assert "dir/some-note_file.md" in problem.value.message
    return problem.value.code


def test_a_note_is_a_document() -> None:
    """Head, title, language and sections come together, with lines of the file."""
    document = parse("---\ntitle: The note\nlang: fr\n---\n\n# Heading\n\nText.\n")
    assert (document.root, document.path, document.kind) == ("/memory", "dir/some-note_file.md", Kind.EPISODES)
    assert (document.title, document.language) == ("The note", "fr")
    assert (document.metadata, document.metadata_lines) == ({"title": "The note", "lang": "fr"}, Lines(1, 4))
    assert document.sections[0].lines == Lines(6, 8)
    assert document.remarks == ()


def test_a_broken_head_is_remarked_and_the_body_read() -> None:
    """The remark goes with the document."""
    document = parse("---\ntitle: [x\n---\n# Heading\n\nText.\n")
    assert [remark.code for remark in document.remarks] == ["head_broken"]
    assert document.title == "Heading"
    assert len(document.sections) == 1


@pytest.mark.parametrize("head", ["", "---\ntitle: ' '\n---\n", "---\ntitle: 3\n---\n", "---\ntitle: [a]\n---\n"])
def test_the_first_heading_is_the_title_where_the_head_has_none(head: str) -> None:
    """Only a text with letters on it is a title."""
    assert parse(head + "intro\n\n##\n\n## *First* one\n\n# Second\n").title == "First one"


def test_the_file_name_is_the_last_resort() -> None:
    """Without its ending, and with spaces for hyphens and underscores."""
    assert parse("Text only.\n").title == "some note file"
    assert parse("Text only.\n", path="-.md").title == "-"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_matter(newline: str) -> None:
    """LF, CR LF and CR give the same document."""
    text = "---\na: 1\n---\n# A\n\ntext\nmore\n\n- b\n\n```\ncode\n```\n"
    assert parse(text.replace("\n", newline)) == parse(text)


def test_a_byte_order_mark_does_not_matter() -> None:
    """The head behind it is found."""
    text = "---\na: 1\n---\n# A\n"
    assert parse(b"\xef\xbb\xbf" + text.encode()) == parse(text)


def test_text_is_not_altered() -> None:
    """Joined emoji, combining marks, directions and other alphabets stay code point for code point."""
    words = "👨‍👩‍👧‍👦 e\u0301 \u202bעברית\u202c नमस्ते ไทย \ufe0f\u200c\u200d \U0001f1e9\U0001f1ea"
    document = parse(f"{words}\n\n```\n{words}\n```\n")
    paragraph, code = document.sections[0].blocks
    assert isinstance(paragraph, Paragraph)
    assert isinstance(code, CodeBlock)
    assert (paragraph.inline.text, code.code) == (words, words)


@pytest.mark.parametrize(
    ("data", "offset"),
    [(b"abc\xff", 3), (b"\xef\xbb\xbfab\xff", 5), ("für".encode("latin-1"), 1), (b"\xed\xa0\x80", 0)],
)
def test_what_is_not_utf8_names_the_byte(data: bytes, offset: int) -> None:
    """The message says where, so that an editor can find it."""
    with pytest.raises(NoteProblem, match=f"offset {offset}\\b") as problem:
        parse(data)
    assert problem.value.code == "not_utf8"


def test_a_nul_byte_is_binary() -> None:
    """So is UTF-16, which is full of them."""
    assert code_of(b"a\0b") == "binary"
    assert code_of("text".encode("utf-16")) == "binary"


def test_a_problem_crosses_processes() -> None:
    """A worker process can send it, and the document, as they are."""
    problem = pickle.loads(pickle.dumps(NoteProblem("x is no text.", code="not_utf8", hint="Save it.")))
    assert (problem.code, str(problem)) == ("not_utf8", "x is no text. Save it.")
    document = parse("---\na: [1]\n---\n# A\n\n- b\n")
    assert pickle.loads(pickle.dumps(document)) == document


def test_code_does_not_decide_the_language() -> None:
    """An English listing in a French note is no English note."""
    listing = "```\n" + "# the value of this is not in the list that we have\n" * 20 + "```\n"
    assert parse(f"Le service est en panne et ne répond pas.\n\n{listing}").language == "fr"


def test_characters_of_headings_prose_and_code_count() -> None:
    """White space, marks and frontmatter do not."""
    document = parse(
        "---\ntitle: long title\n---\n# Ab\n\n**c** d\n\n- e\n  - f\n\n| g | h |\n|---|---|\n| i | |\n\n```\nx y\n```\n"
    )
    assert character_count(document) == len("Abcdefghixy")


def test_an_empty_note_has_no_characters() -> None:
    """It is a document without sections."""
    document = parse("---\na: 1\n---\n")
    assert (document.sections, character_count(document), document.language) == ((), 0, "und")


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_are_a_document_or_a_problem(data: bytes) -> None:
    """Nothing else is ever raised, and the sections end where the text does."""
    try:
        document = parse(data)
    except NoteProblem as problem:
        assert problem.code in {"not_utf8", "binary"}  # noqa: PT017  # both ends are right here
        return
    text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    if document.sections:
        assert text.endswith("".join(section.source for section in document.sections))
        assert document.sections[-1].lines.last == text.count("\n") + (not text.endswith("\n"))


N = 200_000
HOSTILE = {
    "brackets in YAML": "---\na: " + "[" * 60_000 + "\n---\nText.\n",
    "a billion laughs": "---\na: &a [x, x]\n"
    + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(9))
    + "---\nText.\n",
    "a merge bomb": "---\na: &a {x: 1}\nb:\n" + "  <<: *a\n" * 5000 + "---\nText.\n",
    "a Python object": "---\na: !!python/object/apply:os.abort []\n---\nText.\n",
    "a head without end": "---\n" + "key: value\n" * (N // 11),
    "rules": "---\n" * (N // 4),
    "plus rules": "+++\n" * (N // 4),
    "braces": "{\n" * (N // 2),
    "colons": "---\n" + ":" * N + "\n---\n",
    "lone CR": "a\r" * (N // 2),
    "form feeds": "a\x0c\x0b\x85\u2028\n" * (N // 8),
    "joined emoji": "👨‍👩‍👧 " * (N // 20),
    "right to left": "\u202e" * (N // 3),
    "an unterminated fence": "```\n" + "# a\n" * (N // 4),
    "an unterminated comment": "<!--\n" + "# a\n" * (N // 4),
    "nested html": "<div><p>" * (N // 8),
    "5,000 nested quotes": ">" * 5000 + " a",
    "2,000 nested lists": "\n".join(" " * i + "- a" for i in range(600)),
    "one line": "word *word* `word` [word](word) " * (N // 32),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_notes_are_read_in_bounded_time(name: str) -> None:
    """200 KB of anything takes less than 5 seconds of the processor."""
    started = time.process_time()
    document = parse(HOSTILE[name])
    assert time.process_time() - started < 5
    assert character_count(document) <= len(HOSTILE[name])


def test_the_languages_of_real_notes_are_told() -> None:
    """The glossary stands in folders named by language; all other notes are English."""
    if not MEMORY.is_dir():
        pytest.skip(f"needs the shared memory at {MEMORY}")
    wrong = []
    for path in sorted(MEMORY.rglob("*.md")):
        name = path.relative_to(MEMORY)
        truth = name.parts[2].split("-")[0] if name.parts[:2] == ("knowledge", "glossary") else "en"
        found = parse(path.read_bytes(), str(name)).language
        if found != truth:
            wrong.append((str(name), found))
    assert not wrong
