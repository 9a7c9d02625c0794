"""What text says once its marks are gone."""

from __future__ import annotations

import pytest

from curatord.memory.document import Inline, Link
from curatord.memory.inline import read_inline


def text_of(markdown: str) -> str:
    """Return what a run of markdown says."""
    return read_inline(markdown, {"ref_links": {}}).text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("plain", "plain"),
        ("  two\n   lines  ", "two lines"),
        ("hard  \nbreak\\\nhere", "hard break here"),
        ("*soft* and **strong** and ***both***", "soft and strong and both"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        (r"\*no emphasis\*", "*no emphasis*"),
        ("run `make  demo` now", "run `make  demo` now"),
        ("`` a`b ``", "`` a`b ``"),
        ("Tom &amp; Jerry &copy; &#35; &unknown;", "Tom & Jerry © # &unknown;"),
        ("AT&T", "AT&T"),
        ("keep ~~not this~~ that", "keep that"),
        ("The end ~~really~~.", "The end."),
        ("a ![picture](x.png) b", "a b"),
        ("[![badge](b.svg)](https://x.org) text", "text"),
        ("<b>bold</b> and <span class='x'>more</span>", "bold and more"),
        ("one<br>two<br/>three", "one two three"),
        ("a <!-- hidden --> b", "a b"),
        ("<ul><li>first</li><li>second</li></ul>", "first; second"),
        ("listen on <port>, returns Promise<string>", "listen on <port>, returns Promise<string>"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ('before {{< note title="x" >}} after', "before after"),
        ("a {{% b %}} c {% include d %} e", "a c e"),
        ("value {{ $labels.instance }} stays", "value {{ $labels.instance }} stays"),
        ("wait! (really!) [x] {y}", "wait! (really!) [x] {y}"),
        ("مرحبا 👨‍👩‍👧 e\u0301 \u200d", "مرحبا 👨‍👩‍👧 e\u0301 \u200d"),
        ("", ""),
    ],
)
def test_marks_are_gone_and_words_stay(markdown: str, text: str) -> None:
    """Each kind of mark leaves what a reader would see of it."""
    assert text_of(markdown) == text


def test_code_strong_and_links_are_listed_in_order() -> None:
    """What was marked as such can be found again."""
    inline = read_inline("Use `a` or **the `b` flag**, see [the *docs*](x.md#y) and <https://z.org>.", {})
    assert inline == Inline(
        text="Use `a` or the `b` flag, see the docs and https://z.org.",
        code=("a", "b"),
        strong=("the `b` flag",),
        links=(Link("the docs", "x.md#y"), Link("https://z.org", "https://z.org")),
    )


def test_a_wiki_link_gives_its_label() -> None:
    """With a label or without, and an embedded page is a picture."""
    inline = read_inline("See [[page-name]] or [[other#part|the other]] ![[image.png]].", {})
    assert inline.text == "See page-name or the other."
    assert inline.links == (
        Link("page-name", "page-name", wiki=True),
        Link("the other", "other#part", wiki=True),
    )


def test_a_wiki_link_in_code_is_code() -> None:
    """Code is taken as written."""
    assert read_inline("`[[page]]`", {}) == Inline("`[[page]]`", code=("[[page]]",))


def test_struck_out_text_leaves_no_marks_behind() -> None:
    """What its author took back is not listed either."""
    assert read_inline("~~`old` [link](x)~~ new", {}) == Inline("new")
