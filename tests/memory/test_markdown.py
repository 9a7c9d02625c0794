"""Sections, blocks and their lines."""

from __future__ import annotations

import statistics
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import mistune
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.memory.document import (
    CodeBlock,
    Inline,
    Lines,
    Link,
    ListBlock,
    ListItem,
    Paragraph,
    Quote,
    Section,
    Table,
)
from curatord.memory.markdown import parse_sections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.memory.document import Block

MEMORY = Path(__file__).parents[3] / "shared" / "memory"


def only(markdown: str) -> Block:
    """Return the single block of a text without headings."""
    (section,) = parse_sections(markdown)
    (block,) = section.blocks
    return block


# Sections


def test_headings_cut_a_note_into_sections() -> None:
    """Each section has the path of headings above it, and its lines."""
    sections = parse_sections("# A\n\na\n\n## B\n\nb\n\n# C\n")
    assert [section.heading_path for section in sections] == [("A",), ("A", "B"), ("C",)]
    assert [section.lines for section in sections] == [Lines(1, 4), Lines(5, 8), Lines(9, 9)]
    assert [section.source for section in sections] == ["# A\n\na\n\n", "## B\n\nb\n\n", "# C\n"]


def test_levels_may_jump() -> None:
    """A path holds the nearest heading of each lesser level."""
    sections = parse_sections("### A\n# B\n#### C\n## D\n")
    assert [section.heading_path for section in sections] == [("A",), ("B",), ("B", "C"), ("B", "D")]


def test_text_before_the_first_heading_is_a_section_without_a_path() -> None:
    """It begins on the first line, blank or not."""
    first, second = parse_sections("\nIntro.\n\n# A\n")
    assert (first.heading_path, first.lines, first.source) == ((), Lines(1, 3), "\nIntro.\n\n")
    assert second.lines == Lines(4, 4)


def test_nothing_before_the_first_heading_is_no_section() -> None:
    """Blank lines, rules and comments hold nothing."""
    (section,) = parse_sections("\n---\n\n<!-- comment -->\n\n# A\n")
    assert section.heading_path == ("A",)


def test_a_note_without_text_has_no_sections() -> None:
    """An empty body is no section."""
    assert parse_sections("") == ()
    assert parse_sections("\n\n") == ()


def test_a_hash_inside_a_fence_is_no_heading() -> None:
    """What looks like a heading in code is code."""
    (section,) = parse_sections("# A\n\n```sh\n# comment\n```\n\n    # indented\n")
    assert [block.code for block in section.blocks if isinstance(block, CodeBlock)] == ["# comment", "# indented"]


def test_a_setext_heading_is_a_heading() -> None:
    """Its section begins on the line of its text."""
    first, second = parse_sections("Title\n=====\n\ntext\n\nSub title\non two lines\n---\n")
    assert (first.heading_path, first.lines) == (("Title",), Lines(1, 5))
    assert (second.heading_path, second.lines) == (("Title", "Sub title on two lines"), Lines(6, 8))


def test_headings_inside_quotes_and_lists_are_no_sections() -> None:
    """They are text where they stand."""
    (section,) = parse_sections("# A\n\n> ## In a quote\n\n- ## In a list\n")
    quote, bullets = section.blocks
    assert isinstance(quote, Quote)
    assert quote.blocks == (Paragraph(Inline("In a quote"), Lines(3, 3)),)
    assert isinstance(bullets, ListBlock)


def test_heading_text_is_plain() -> None:
    """Marks and anchors are gone; an empty heading adds nothing to the path."""
    sections = parse_sections("# **The** `x` [flag](y) {#anchor} #\n##\n")
    assert [section.heading_path for section in sections] == [("The `x` flag",), ("The `x` flag",)]


def test_lines_count_from_the_line_given() -> None:
    """The body of a note with a head begins further down."""
    (section,) = parse_sections("# A\n\n- b\n\n  c\n", first_line=5)
    assert section.lines == Lines(5, 9)
    (block,) = section.blocks
    assert isinstance(block, ListBlock)
    assert block.items[0].children == (Paragraph(Inline("c"), Lines(9, 9)),)


# Blocks


def test_a_paragraph_knows_its_lines() -> None:
    """From its first line to its last."""
    (section,) = parse_sections("\na\nb\n\n\nc\n")
    assert [block.lines for block in section.blocks] == [Lines(2, 3), Lines(6, 6)]


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        ("Python title=x", "python"),
        ("rust,no_run", "rust"),
        ("{.python}", "python"),
        ("{r, echo=F}", "r"),
        ("js {1,3}", "js"),
        ("c++", "c++"),
        ("", ""),
    ],
)
def test_code_has_a_language(info: str, language: str) -> None:
    """The info string's first word, in lower case."""
    assert only(f"```{info}\nx\n\ny\n```\n") == CodeBlock(language, "x\n\ny", Lines(1, 5))


def test_an_unterminated_fence_reaches_to_the_end() -> None:
    """As in CommonMark; nothing is lost."""
    assert only("~~~\na\n# b\n\n") == CodeBlock("", "a\n# b\n", Lines(1, 3))


def test_indented_code_is_code() -> None:
    """It has no language."""
    (section,) = parse_sections("a\n\n    x\n\n      y\n\nb\n")
    assert section.blocks[1] == CodeBlock("", "x\n\n  y", Lines(3, 5))


def test_a_list_has_items_with_lines() -> None:
    """Bullets and numbers; an item's own text is apart from what is nested below it."""
    block = only("1. one\n   more\n2. two\n\n   para\n\n   ```sh\n   run\n   ```\n   - nested\n3.\n   three\n")
    assert block == ListBlock(
        ordered=True,
        items=(
            ListItem(Inline("one more"), None, (), Lines(1, 2)),
            ListItem(
                Inline("two"),
                None,
                (
                    Paragraph(Inline("para"), Lines(5, 5)),
                    CodeBlock("sh", "run", Lines(7, 9)),
                    ListBlock(
                        ordered=False,
                        items=(ListItem(Inline("nested"), None, (), Lines(10, 10)),),
                        lines=Lines(10, 10),
                    ),
                ),
                Lines(3, 10),
            ),
            ListItem(Inline("three"), None, (), Lines(11, 12)),
        ),
        lines=Lines(1, 12),
    )


def test_task_boxes_are_no_text() -> None:
    """A box is checked, open, or not there."""
    block = only("- [x] done\n- [ ] open\n- [link](y)\n")
    assert isinstance(block, ListBlock)
    assert [(item.inline.text, item.checked) for item in block.items] == [
        ("done", True),
        ("open", False),
        ("link", None),
    ]


def test_a_table_has_a_header_and_rows_with_lines() -> None:
    """Rows have as many cells as the header: GFM fills up and cuts."""
    table = only("| a | b |\n|---|:-:|\n| `x|` \\| y | 2 |\n| 3 |\n| 4 | 5 | 6 |\n")
    assert isinstance(table, Table)
    assert [cell.text for cell in table.header] == ["a", "b"]
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["`x", "` | y"], ["3", ""], ["4", "5"]]
    assert [row.lines for row in table.rows] == [Lines(3, 3), Lines(4, 4), Lines(5, 5)]
    assert table.lines == Lines(1, 5)


def test_a_table_needs_no_outer_pipes_and_may_follow_text() -> None:
    """The line above the header is a paragraph; the table ends at a blank line or another block."""
    (section,) = parse_sections("intro\na | b\n--|--\n1 | 2\n> quote | x\n")
    assert [type(block) for block in section.blocks] == [Paragraph, Table, Quote]
    assert [block.lines for block in section.blocks] == [Lines(1, 1), Lines(2, 4), Lines(5, 5)]


@pytest.mark.parametrize("markdown", ["a | b\n--\n", "a\n|--|\n", "| a |\n| b |\n"])
def test_what_is_no_table_is_not_taken_for_one(markdown: str) -> None:
    """The header needs a pipe, and as many cells as the line below it."""
    assert not any(isinstance(block, Table) for section in parse_sections(markdown) for block in section.walk())


def test_tables_stand_in_lists_and_quotes() -> None:
    """They are tables there, too, with their lines."""
    (section,) = parse_sections("- item\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n\n> | c |\n> |---|\n> | 3 |\n")
    tables = [block for block in section.walk() if isinstance(block, Table)]
    assert [table.rows[0].lines for table in tables] == [Lines(5, 5), Lines(9, 9)]


def test_a_quote_holds_blocks() -> None:
    """Its lines include lazy ones, and those of what is inside count in the file."""
    block = only("> a\nlazy\n>\n> - b\n>   > c\n")
    assert isinstance(block, Quote)
    paragraph, bullets = block.blocks
    assert (block.lines, paragraph.lines, bullets.lines) == (Lines(1, 5), Lines(1, 2), Lines(4, 5))
    assert isinstance(bullets, ListBlock)
    assert bullets.items[0].children == (Quote((Paragraph(Inline("c"), Lines(5, 5)),), Lines(5, 5)),)


def test_blocks_that_end_one_another_stay_in_order() -> None:
    """A list may end a quote, which may end a list, and so on."""
    (section,) = parse_sections("para\n> q\n- a\n> r\n* b\n```\nc\n```\n2. d\n")
    assert [(type(block), block.lines.first) for block in section.blocks] == [
        (Paragraph, 1),
        (Quote, 2),
        (ListBlock, 3),
        (Quote, 4),
        (ListBlock, 5),
        (CodeBlock, 6),
        (ListBlock, 9),
    ]


def test_html_blocks_leave_their_text() -> None:
    """Tags are gone; comments, scripts and HTML's own tables are noise; `pre` is code."""
    (section,) = parse_sections(
        "<p align=center>\nSome <b>text</b> &amp; more\n</p>\n\n<!-- a\n\nb -->\n\n<script>\nx\n</script>\n\n"
        "<table><tr><td>x</td></tr></table>\n\n<pre>\n<b>run</b> &lt;x&gt;\n</pre>\n"
    )
    assert section.blocks == (
        Paragraph(Inline("Some text & more"), Lines(1, 3)),
        CodeBlock("", "run <x>", Lines(15, 17)),
    )


def test_paragraphs_without_words_are_left_out() -> None:
    """Pictures, shortcodes and struck-out text say nothing."""
    assert parse_sections("![x](y)\n\n{{< toc >}}\n\n~~gone~~\n\n[a]: b\n") == ()


def test_reference_links_resolve() -> None:
    """Definitions may stand anywhere, and are no text."""
    paragraph = only("See [the docs][1] or [plain].\n\n[1]: https://x.org\n[plain]: y.md 'Title'\n")
    assert isinstance(paragraph, Paragraph)
    assert paragraph.inline.text == "See the docs or plain."
    assert paragraph.inline.links == (Link("the docs", "https://x.org"), Link("plain", "y.md"))


def test_footnotes_are_paragraphs_where_they_stand() -> None:
    """The mark leaves the sentence; the note's own text stays."""
    (section,) = parse_sections("It holds[^1]. Not [^2].\n\n[^1]: Since 2024,\n    by rule.\n\nEnd.\n")
    assert section.blocks == (
        Paragraph(Inline("It holds. Not [^2]."), Lines(1, 1)),
        Paragraph(Inline("Since 2024, by rule."), Lines(3, 4)),
        Paragraph(Inline("End."), Lines(6, 6)),
    )


# Any text


def blocks_of(section: Section) -> Iterator[tuple[Block | ListItem, Lines]]:
    """Yield every block and item of a section with the lines of what holds it."""

    def inside(blocks: tuple[Block, ...], lines: Lines) -> Iterator[tuple[Block | ListItem, Lines]]:
        for block in blocks:
            yield block, lines
            if isinstance(block, Quote):
                yield from inside(block.blocks, block.lines)
            elif isinstance(block, ListBlock):
                for item in block.items:
                    yield item, block.lines
                    yield from inside(item.children, item.lines)

    yield from inside(section.blocks, section.lines)


def assert_sound(body: str, sections: tuple[Section, ...]) -> None:
    """Check what holds of every text: sections tile it, and what is inside stands inside, in order."""
    if not sections:
        return
    assert body.endswith("".join(section.source for section in sections))
    assert sections[-1].lines.last == body.count("\n") + (not body.endswith("\n"))
    for section, following in pairwise(sections):
        assert section.lines.last + 1 == following.lines.first
    source = body.split("\n")
    for section in sections:
        lines = source[section.lines.first - 1 : section.lines.last]
        assert section.source in {"\n".join(lines), "\n".join(lines) + "\n"}
        for block, around in blocks_of(section):
            assert around.first <= block.lines.first <= block.lines.last <= around.last


PIECES = st.sampled_from([
    "# A", "## B", "-", "=", "===", "---", "- ", "* ", "2. ", "1) ", "> ", ">", "```", "~~~", "    ", "  ", " ", "\t",
    "|", "a | b", "|-|-|", "<div>", "<!--", "-->", "[x]: y", "[^1]: n", "[^1]", "**", "_", "`", "~~", "[[", "]]",
    "word", "another", "&amp;", "\\", "\n", "\n", "\n", "\n\n", "\u2028", "\x0b", "\x0c", "\r", "\xa0", "{{< x >}}",
])  # fmt: skip
MARKDOWN = st.lists(PIECES, max_size=40).map("".join)


@settings(deadline=None, max_examples=500)
@given(st.one_of(MARKDOWN, st.text(max_size=200)))
def test_sections_tile_any_text(body: str) -> None:
    """Whatever is written, nothing is raised, and lines are in their place."""
    assert_sound(body, parse_sections(body))


LEAVES = st.one_of(
    st.lists(st.sampled_from(["alpha", "beta", "gamma"]), min_size=1, max_size=3).map("\n".join),
    st.integers(0, 3).map(lambda n: "```\n" + "code\n\n" * n + "end\n```"),
    st.integers(1, 3).map(lambda n: "| a | b |\n|---|---|" + "\n| c | d |" * n),
)


def _quoted(blocks: list[str]) -> str:
    return "\n".join("> " + line for line in "\n\n".join(blocks).split("\n"))


def _listed(blocks: list[str]) -> str:
    return "\n".join("- " + block.replace("\n", "\n  ") for block in blocks)


NESTED = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(_quoted),
        st.lists(inner, min_size=1, max_size=3).map(_listed),
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(st.lists(NESTED, max_size=4).map("\n\n".join))
def test_the_lines_of_a_block_hold_its_text(body: str) -> None:
    """However deep in quotes and lists a paragraph, code block or row stands, its lines are exact."""
    sections = parse_sections(body)
    assert_sound(body, sections)
    source = body.split("\n")
    for section in sections:
        for block, _ in blocks_of(section):
            lines = source[block.lines.first - 1 : block.lines.last]
            if isinstance(block, Paragraph):
                assert [line.split()[-1] for line in lines] == block.inline.text.split()
            elif isinstance(block, CodeBlock):
                assert [line.lstrip("> -") for line in lines] == ["```", *block.code.split("\n"), "```"]
            elif isinstance(block, Table):
                assert all("c | d" in source[row.lines.first - 1] for row in block.rows)
                assert "a | b" in lines[0]


N = 100_000
HOSTILE = {
    "5,000 quotes": ">" * 5000 + " x",
    "100,000 quotes and items": "> - " * (N // 4),
    "items in items": "- " * (N // 2),
    "bare items, each deeper": "\n".join("  " * i + "-" for i in range(310)),
    "quotes and lists in turn": "> a\n- b\n" * (N // 8),
    "one long line": "word " * (N // 5),
    "one long word": "x" * N,
    "spaces before a break": "a" + " " * N + "x\nb" + " " * N + "x",
    "blank lines": " \n" * (N // 2),
    "brackets": "[" * N,
    "link openers": "[a](" * (N // 4),
    "reference links": "[a]: b\n\n" + "[a][" * (N // 4),
    "stars": "**a*b_c_" * (N // 8),
    "backticks": "".join("`" * i + " " for i in range(1, 440)),
    "tags": "a " + "<a b=" * (N // 5),
    "comments": "a " + "<!-- " * (N // 5),
    "shortcodes": "{{< " * (N // 4),
    "wiki links": "[[a|" * (N // 4),
    "pipes": "|" * N,
    "tables without end": "a|b\n-|-\n" * (N // 8) + "x|y|z",
    "a table's rule that is none": "a|b\n-|-" + " " * N + "x",
    "fences": "~~~a\n```\n" * (N // 9),
    "headings": "# a *b* `c`\n" * (N // 12),
    "list items": "- a\n* b\n+ c\n" * (N // 12),
    "lazy lines": "> a\n" + "b\n" * (N // 2),
    "definitions": "[a]: <b\n" * (N // 8),
    "footnotes": "[^a]: b\n" * (N // 8),
    "html": "<div>\n\n" * (N // 7),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_read_in_bounded_time(name: str) -> None:
    """100 KB of anything takes less than 2.5 seconds of the processor, and raises nothing."""
    started = time.process_time()
    sections = parse_sections(HOSTILE[name])
    assert time.process_time() - started < 2.5
    assert_sound(HOSTILE[name], sections)


# Real notes


@pytest.fixture(scope="module")
def notes() -> list[str]:
    """Return the texts of the shared memory."""
    if not MEMORY.is_dir():
        pytest.skip(f"needs the shared memory at {MEMORY}")
    return [path.read_text(encoding="utf-8") for path in sorted(MEMORY.rglob("*.md"))]


def test_real_notes_have_mistunes_headings(notes: list[str]) -> None:
    """There is a section for each top-level heading, and all lines are sound."""
    bare = mistune.create_markdown(renderer=None)
    for note in notes:
        sections = parse_sections(note)
        assert_sound(note, sections)
        headings = [token for token in bare(note) if isinstance(token, dict) and token["type"] == "heading"]
        assert sum(1 for section in sections if section.heading_path) == len(headings)


def test_blocks_of_real_notes_stand_on_their_lines(notes: list[str]) -> None:
    """The lines of a fenced block are its code between two fences; a paragraph's words are on its."""
    for note in notes:
        source = note.split("\n")
        for section in parse_sections(note):
            for block in section.blocks:
                lines = source[block.lines.first - 1 : block.lines.last]
                if isinstance(block, CodeBlock) and lines[0].startswith("```") and lines[-1].endswith("```"):
                    assert lines[1:-1] == block.code.split("\n") or not block.code
                elif isinstance(block, Paragraph) and not set("".join(lines)) & set("*_`~<[&\\{"):
                    assert block.inline.text.split() == "\n".join(lines).split()


@pytest.mark.bench
def test_reading_takes_little_more_than_mistune_alone(notes: list[str]) -> None:
    """Sections, lines and inline text cost at most half as much again as bare mistune's tokens."""
    bare = mistune.create_markdown(renderer=None, plugins=["table", "task_lists", "strikethrough", "footnotes"])

    def seconds(parse: object) -> float:
        assert callable(parse)
        started = time.process_time()
        for note in notes:
            parse(note)
        return time.process_time() - started

    ratios = [seconds(parse_sections) / seconds(bare) for _ in range(5)]
    assert statistics.median(ratios) < 1.5
