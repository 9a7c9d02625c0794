"""Short ways from markdown to drafts, facts and pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.curate.context import context_of
from curatord.curate.curate import curate_section
from curatord.curate.extract import EXTRACTORS
from curatord.curate.options import Options
from curatord.curate.view import view_of
from curatord.memory.document import Kind
from curatord.memory.note import parse_note

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.curate.draft import Draft
    from curatord.curate.pair import Curated
    from curatord.memory.document import Document

PATH = "siltbox.md"


@pytest.fixture
def note() -> Callable[[str], Document]:
    """Read markdown as a knowledge note."""
    return lambda text: parse_note(text.encode(), root="/memory", path=PATH, kind=Kind.KNOWLEDGE)


@pytest.fixture
def drafts(note: Callable[[str], Document]) -> Callable[[str, str], list[Draft]]:
    """Run one extractor over all sections of a note."""

    def run(extractor: str, text: str) -> list[Draft]:
        document = note(text)
        context = context_of(document)
        views = [view_of(context, section) for section in document.sections]
        return [draft for view in views for draft in EXTRACTORS[extractor](view)]

    return run


@pytest.fixture
def curated(note: Callable[[str], Document]) -> Callable[[str], list[Curated]]:
    """Curate all sections of a note with the default options."""

    def run(text: str) -> list[Curated]:
        document = note(text)
        return [curate_section(context_of(document), section, Options()) for section in document.sections]

    return run
