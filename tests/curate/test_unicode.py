"""Unicode is content: names in any script, emoji, right-to-left text and combining marks survive curation unharmed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.curate.context import context_of
from curatord.curate.curate import curate_section
from curatord.curate.options import Options
from curatord.memory.document import Kind
from curatord.memory.note import parse_note

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = (
    "\u0644\u064a\u0644\u0649 \u0645\u0646\u0635\u0648\u0631",  # Arabic, right to left
    "\u7530\u4e2d \u3055\u304f\u3089",  # Japanese
    "\u05e9\u05dc\u05d5\u05dd",  # Hebrew
    "\u0110\u1eb7ng Th\u1ecb Hu\u1ec7",  # Vietnamese, composed
    "Jose\u0301 Mun\u0303oz",  # combining marks
    "\u0130stanbul Be\u015fikta\u015f",  # a capital whose lower case is two letters
    "Stra\u00dfe \u00c5ngstr\u00f6m",
    "\U0001f469\u200d\U0001f52c",  # an emoji joined from two
    "\U0001f1eb\U0001f1f7",  # a flag made of two letters
    "\u0928\u092e\u0938\u094d\u0924\u0947",  # Devanagari with its vowel signs
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",  # Thai, without spaces
)
NOTE = """---
title: Contacts of {0}
lang: en
owner: {0}
---
# Contacts of {0}

The keeper {0} always reads 12 gauges before noon because the old pump fails. {0} is a station on the river.
`{0}` can open the first gate, while {0} must not.

| Name | Role |
|---|---|
| {0} | pilot of 3 boats |
| Anna | cook for {0} |

- Cook: {0} (no meat)
- Pilot: the brother of {0}

1. Call {0} at 06:40.
2. Open the lock for {0}.
"""
# what templates may add that is no ASCII
OURS = "\u00ab\u00bb\u201c\u201d\u2019\u2026\u00a0\u2014\u2013"
CLUSTER = re.compile(rf"[^\x00-\x7f{OURS}]+")


def _told(text: str) -> Iterator[str]:
    document = parse_note(text.encode(), root="/memory", path="contacts.md", kind=Kind.KNOWLEDGE)
    for section in document.sections:
        for pair in curate_section(context_of(document), section, Options()).pairs:
            yield from (pair.question, pair.answer, *([pair.rejected.answer] if pair.rejected else ()))


def test_every_script_reaches_questions_and_answers() -> None:
    """A name in any script is asked for and told, letter for letter."""
    for name in NAMES:
        told = list(_told(NOTE.format(name)))
        assert told, name
        assert any(name in text for text in told), name


def test_no_letter_is_torn_from_its_marks() -> None:
    """Each run of letters outside ASCII, with the letter it is joined to, stands in the note as it stands in a pair."""
    for name in NAMES:
        note = NOTE.format(name)
        for text in _told(note):
            for run in CLUSTER.finditer(text):
                joined = text[max(0, run.start() - 1) : run.end()].strip("\"' ")
                assert joined.lstrip("`(") in note, (name, text)


@settings(deadline=None, max_examples=25)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=2, max_size=12)
)
def test_any_name_can_be_curated(name: str) -> None:
    """No text makes curation fail, and nothing it tells is broken for a file in UTF-8."""
    for text in _told(NOTE.format(name.replace("`", "").replace("|", ""))):
        text.encode()
