"""The whole way from a section to its facts and pairs."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curatord.curate.context import context_of
from curatord.curate.curate import curate_head, curate_section, head_key, languages, section_key
from curatord.curate.dedupe import normal
from curatord.curate.implementation import implementation
from curatord.curate.options import Options
from curatord.curate.pair import Category, Split
from curatord.curate.text import hard_tokens
from curatord.memory.document import Kind
from curatord.memory.note import parse_note

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.curate.pair import Curated
    from curatord.memory.document import Document

SHARED = Path(__file__).parents[2].parent / "shared" / "uptake" / "memory"
NOTE = """---
title: Siltbox storage engine
date: 2041-02-02
status: stable
tags: [siltbox, storage]
cluster:
  nodes: 7
---
# Siltbox

Siltbox is our append-only store for voyage records. Reads go through a small index named the rake.

## Dredging

Sealed layers are merged by a background job. The dredger needs a free disk because it copies layers.
If there is no room, the dredger skips the night. Backups are kept for 30 days.

## Settings

```toml
[dredger]
start = "02:40"
max_threads = 5
```

### Codecs

- plim: ratio 3.1, our default
- tarrow: ratio 4.6, slow to decode

## Caveats

The rake does not survive a crash.

## Levels

| level | ice | speed |
|-------|-----|-------|
| Skim  | below 3 cm | 7 km/h |
| Pane  | 3-8 cm | 4 km/h |
"""
OPTIONS = Options()


def _pairs(found: list[Curated]) -> list[tuple[str, str]]:
    return [(pair.question, pair.answer) for one in found for pair in one.pairs]


def test_all_five_categories_come_from_an_ordinary_note(curated: Callable[[str], list[Curated]]) -> None:
    """Content decides what is asked; this one has something for each."""
    assert {pair.category for one in curated(NOTE) for pair in one.pairs} == set(Category)


def test_facts_have_six_training_questions_and_one_for_the_exam(curated: Callable[[str], list[Curated]]) -> None:
    """Most facts of a note are asked in seven ways."""
    facts = [(fact, one.pairs) for one in curated(NOTE) for fact in one.facts]
    full = [
        fact
        for fact, pairs in facts
        if sum(pair.fact == fact.id and pair.split is Split.TRAIN for pair in pairs) == OPTIONS.phrasings
    ]
    assert len(full) >= 0.8 * len(facts)
    assert all(sum(pair.fact == fact.id and pair.split is Split.TEST for pair in pairs) <= 1 for fact, pairs in facts)


def test_answers_hold_nothing_that_the_note_lacks(curated: Callable[[str], list[Curated]]) -> None:
    """No number, name, path or identifier is made up."""
    for _, answer in _pairs(curated(NOTE)):
        assert all(token in NOTE for token in hard_tokens(answer)), answer


def test_questions_name_their_subject(curated: Callable[[str], list[Curated]]) -> None:
    """No question speaks of "this section" or begins with a pronoun."""
    for question, _ in _pairs(curated(NOTE)):
        assert not re.search(r"\bthis (?:section|note|document)\b|^(?:It|They|This)\b", question), question


def test_no_question_is_asked_twice_in_a_section(curated: Callable[[str], list[Curated]]) -> None:
    """Exact de-duplication by the normal form."""
    for one in curated(NOTE):
        keys = [pair.question_key for pair in one.pairs]
        assert len(keys) == len(set(keys))
        assert all(pair.question_key == normal(pair.question).key for pair in one.pairs)


def test_every_pair_belongs_to_a_fact_of_its_section(curated: Callable[[str], list[Curated]]) -> None:
    """Facts and pairs come together, and identifiers are unique."""
    for one in curated(NOTE):
        facts = {fact.id for fact in one.facts}
        assert {pair.fact for pair in one.pairs} == facts
        assert len(facts) == len(one.facts)
        assert len({pair.id for pair in one.pairs}) == len(one.pairs)


def test_lines_count_from_the_head_of_the_section(note: Callable[[str], Document]) -> None:
    """Line 0 is the section's first line, wherever the section stands."""
    document = note(NOTE)
    for section in document.sections:
        height = section.lines.last - section.lines.first
        for fact in curate_section(context_of(document), section, OPTIONS).facts:
            assert 0 <= fact.lines.first <= fact.lines.last <= height


def test_text_above_leaves_a_section_as_it_was(note: Callable[[str], Document]) -> None:
    """Neither the key nor the facts know where in the file a section stands."""
    before, after = note(NOTE), note(NOTE.replace("# Siltbox\n", "# Siltbox\n\nOne more paragraph on top.\n"))
    for old, new in zip(before.sections[1:], after.sections[1:], strict=True):
        assert section_key(context_of(before), old, OPTIONS) == section_key(context_of(after), new, OPTIONS)
        assert curate_section(context_of(before), old, OPTIONS) == curate_section(context_of(after), new, OPTIONS)


def test_what_a_section_depends_on_changes_its_key(note: Callable[[str], Document]) -> None:
    """Title, heading, text and settings count."""
    document = note(NOTE)
    context, section = context_of(document), document.sections[1]
    key = section_key(context, section, OPTIONS)
    assert re.fullmatch(r"[0-9a-f]{32}", key)
    others = {
        section_key(replace(context, title="Another"), section, OPTIONS),
        section_key(context, replace(section, heading_path=("Siltbox", "Dredgers")), OPTIONS),
        section_key(context, replace(section, source=section.source + " "), OPTIONS),
        section_key(context, section, Options(phrasings=3)),
        head_key(context, document.metadata, OPTIONS),
    }
    assert len(others | {key}) == 6


def test_a_reference_that_resolves_elsewhere_counts(note: Callable[[str], Document]) -> None:
    """The same source with another link definition is another text, and has another key."""
    text = "# A\n\nSee [the rake].\n\n# B\n\n"
    plain, linked = note(text), note(text + "[the rake]: rake.md\n")
    keys = [section_key(context_of(one), one.sections[0], OPTIONS) for one in (plain, linked)]
    assert (keys[0] == keys[1]) == (plain.sections[0].blocks == linked.sections[0].blocks)


def test_a_head_is_curated_by_itself(note: Callable[[str], Document]) -> None:
    """Status, date, tags and nested values become facts about the note's topic."""
    document = note(NOTE)
    found = curate_head(context_of(document), document.metadata, OPTIONS)
    told = " ".join(fact.statement for fact in found.facts)
    assert all(value in told for value in ("stable", "2041-02-02", "siltbox, storage", "7"))
    assert all(fact.lines.first == 0 for fact in found.facts)


def test_a_language_without_phrasings_gives_nothing(note: Callable[[str], Document]) -> None:
    """Better silent than wrong."""
    document = note(NOTE)
    context = replace(context_of(document), language="ja")
    assert curate_section(context, document.sections[0], OPTIONS).pairs == ()
    assert curate_head(context, document.metadata, OPTIONS).facts == ()
    assert "ja" not in languages()


def test_a_higher_bar_keeps_fewer_pairs(note: Callable[[str], Document]) -> None:
    """`min_score` drops pairs and never changes the ones it keeps."""
    document = note(NOTE)
    section = document.sections[1]
    low = curate_section(context_of(document), section, Options(min_score=0.0)).pairs
    high = curate_section(context_of(document), section, Options(min_score=1.0)).pairs
    assert all(pair.score.total == 1.0 for pair in high)
    assert len(high) <= len(low)


def test_an_impossible_date_is_no_date(note: Callable[[str], Document]) -> None:
    """A slip of the pen must not decide which of two notes is the newer."""
    dated = {text: context_of(note(f"---\ndate: '{text}'\n---\n# A\n")).date for text in ("2025-13-45", "2025-02-28")}
    assert dated == {"2025-13-45": None, "2025-02-28": "2025-02-28"}


def test_the_digest_of_the_implementation_is_stable() -> None:
    """Asked twice it is the same, and it looks like SHA-256."""
    assert re.fullmatch(r"[0-9a-f]{64}", implementation())
    assert implementation() == implementation()


MARKDOWN = st.lists(
    st.sampled_from(
        [
            "# Head",
            "## Limits",
            "text with `code` and 12 ms.",
            "- key: 5 s",
            "- [ ] open task on X",
            "1. first step",
            "2. next step",
            "| a | b |\n|---|---|\n| x | 1 |",
            "```sh\n# list all files\nls -l\n```",
            "If A fails, B is used.",
            "It is so.",
            "> quote: `",
            "**Bold**: a (b",
            "x because y is \u00e9t\u00e9.",
            "\u200f\u05e9\u05dc\u05d5\u05dd 3",
            "||",
            "a: ",
            "- : b",
            "{curly} {0} %s",
        ]
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(MARKDOWN)
def test_any_markdown_is_curated_without_error_and_alike_twice(parts: list[str]) -> None:
    """Whatever a note holds, curation is total and deterministic."""
    document = parse_note("\n\n".join(parts).encode(), root="/m", path="n.md", kind=Kind.EPISODES)
    context = replace(context_of(document), language="en")
    for section in document.sections:
        first, second = (curate_section(context, section, OPTIONS) for _ in range(2))
        assert first == second
        assert all(pair.answer.strip() and pair.question.strip() for pair in first.pairs)
        assert all(pair.rejected is None or pair.rejected.answer != pair.answer for pair in first.pairs)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared notes are not here")
def test_real_notes_give_many_facts_in_all_strategies() -> None:
    """Each of two dozen notes yields at least eight facts; no strategy stands out."""
    strategies: list[str] = []
    for path in sorted(SHARED.rglob("*.md")):
        document = parse_note(path.read_bytes(), root=str(SHARED), path=path.name, kind=Kind.KNOWLEDGE)
        found = [curate_section(context_of(document), section, OPTIONS) for section in document.sections]
        assert sum(len(one.facts) for one in found) >= 8, path.name
        strategies += [pair.rejected.strategy for one in found for pair in one.pairs if pair.rejected]
    shares = {strategy: strategies.count(strategy) / len(strategies) for strategy in set(strategies)}
    assert len(shares) == 3
    assert all(0.2 <= share <= 0.48 for share in shares.values()), shares


@pytest.mark.parametrize(
    "text",
    [
        "1. do it now please\n" * 5000,
        "- key: 5 s and more\n" * 5000,
        "`" * 100_000,
        "The dredger needs 5 disks. " * 4000,
        "a_" * 50_000,
    ],
    ids=["steps", "values", "ticks", "sentences", "underscores"],
)
def test_a_hostile_note_takes_no_longer_than_its_size(note: Callable[[str], Document], text: str) -> None:
    """A hundred kilobytes of anything are curated within seconds of processor time."""
    document = note("# Head\n\n" + text)
    context = replace(context_of(document), language="en")
    started = time.process_time()
    for section in document.sections:
        curate_section(context, section, OPTIONS)
    assert time.process_time() - started < 4
