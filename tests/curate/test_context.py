"""What a section knows of its document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.curate.context import context_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.memory.document import Document


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ("date: 2041-02-11", "2041-02-11"),
        ('created: "2026-01-28T22:33:35.052Z"', "2026-01-28"),
        ("status: open", None),
        ("date: soon", None),
    ],
)
def test_the_date_is_an_iso_date_or_none(note: Callable[[str], Document], head: str, date: str | None) -> None:
    """The time of day is cut off, what is no date is none."""
    assert context_of(note(f"---\n{head}\n---\n# T\n\ntext\n")).date == date


@pytest.mark.parametrize("tags", ["[a, b]", '"a, b"', "\n  - a\n  - b"])
def test_tags_are_read_in_all_their_forms(note: Callable[[str], Document], tags: str) -> None:
    """A list or a line with commas."""
    assert context_of(note(f"---\ntags: {tags}\n---\n# T\n\ntext\n")).tags == ("a", "b")


def test_the_context_holds_no_position(note: Callable[[str], Document]) -> None:
    """Text added to a note leaves its context as it was."""
    assert context_of(note("# T\n\ntext\n")) == context_of(note("# T\n\nmore\n\ntext\n"))
