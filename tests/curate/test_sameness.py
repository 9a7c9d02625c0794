"""When two facts say the same, and when they give the same thing a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.curate.context import context_of
from curatord.curate.curate import curate_head
from curatord.curate.draft import Draft
from curatord.curate.options import Options
from curatord.curate.sameness import attribute, form, sense
from curatord.curate.text import hard_tokens
from curatord.memory.document import Lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.curate.pair import Curated
    from curatord.memory.document import Document


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The daemon keeps the jars on six shelves.", "Daemon keeps jars on 6 shelves"),
        ("It doesn't need a lock.", "It does not need a lock."),
        ("Colour is normalised - also here.", "Color is normalized here."),
        ("Which ports are open?", "What port is open?"),
        ("(Run `make demo` first!)", "run `make demo` first"),
        ("Il n’est pas l'ancien", "Il n'est pas l'ancien"),
    ],
)
def test_what_never_carries_the_meaning_makes_no_difference(one: str, other: str) -> None:
    """Articles, contractions, spelling, plurals, number words, punctuation."""
    assert form(one) == form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The port is 8080.", "The port is 8081."),
        ("It starts on 2026-01-02.", "It starts on 2026-01-03."),
        ("Use `-v` here.", "Use `-V` here."),
        ("Use `git add` here.", "Use `git adds` here."),
        ("Buckets are native.", "Buckets are classic."),
        ("It is safe.", "It is not safe."),
        ("It runs before the backup.", "It runs after the backup."),
        ("Alpha replaces Beta.", "Beta replaces Alpha."),
        ("It moves from A to B.", "It moves to A from B."),
        ("It listens on http.", "It listens on https."),
        ("Read /etc/a.", "Read /etc/b."),
        ("Ask IT first.", "Ask it first."),
        ("x < 3", "x > 3"),
        ("```\nif a:\n  b\n```", "```\nif a:\nb\n```"),
    ],
)
def test_what_may_carry_the_meaning_makes_a_difference(one: str, other: str) -> None:
    """Numbers, dates, code, paths, names, negations, directions, order, indentation."""
    assert form(one) != form(other)


WORDS = st.sampled_from(
    ["the", "a", "port", "ports", "is", "are", "8080", "8081", "`a`", "`a b`", "NaN", "/x/y", "v1.2"]
)
TEXTS = st.lists(WORDS, max_size=6).map(" ".join)


@settings(deadline=None, max_examples=200)
@given(TEXTS, TEXTS)
def test_texts_of_one_form_have_the_same_hard_tokens(one: str, other: str) -> None:
    """Whatever else may differ."""
    if form(one) == form(other):
        assert hard_tokens(one) == hard_tokens(other)


def _draft(statement: str, *, value: str = "", topic: str = "Tideclock", part: str = "", name: str = "port") -> Draft:
    slots = {"topic": topic, "part": part, "name": name, "value": value, "in_place": f"under {part}"}
    return Draft("setting", statement, slots, Lines(0, 0), value=value)


def test_the_same_value_said_in_two_ways_is_said_twice() -> None:
    """Neither the frame of the sentence nor a section called "Settings" makes it another fact."""
    one = _draft("Under Settings in Tideclock, `port` is 8085.", value="8085", part="Settings")
    other = _draft("The `port` of Tideclock notes is 8085.", value="8085", topic="Tideclock notes")
    assert sense(one) == sense(other)
    assert sense(one) != sense(_draft("The `port` of Tideclock is 9099.", value="9099"))
    assert sense(one) != sense(_draft("The `port` of Reefclock is 8085.", value="8085", topic="Reefclock"))


def test_an_attribute_leaves_out_the_value_alone() -> None:
    """The same thing with another value has it, another thing has not."""
    one = _draft("The `port` of Tideclock is 8085.", value="8085")
    assert attribute(one) == attribute(_draft("In Tideclock, `port` is 9099.", value="9099"))
    assert attribute(one) != attribute(_draft("The `host` of Tideclock is 8085.", value="8085", name="host"))
    assert attribute(one) != attribute(_draft("`port` is 8085.", value="8085", part="Staging"))


def test_a_sentence_has_an_attribute_where_it_tells_a_value() -> None:
    """Numbers, code and names behind its first word are values; without one, or with many, it gives none."""
    assert attribute(_draft("Tideclock listens on port 8085.")) == attribute(_draft("Tideclock listens on port 9099."))
    assert attribute(_draft("Tideclock listens on port 8085.")) != attribute(_draft("Tideclock writes to port 8085."))
    assert attribute(_draft("Tideclock listens.")) == ""
    assert attribute(_draft("Tideclock listens on 1, 2 and 3.")) == ""


NOTE = """\
---
title: Tideclock
date: 2026-01-10
---
# Tideclock

Tideclock is a small daemon that tells the hour of high water.

## Points

- Keep the tide table in `tides.json`, since the daemon reads it at each start.
"""


def test_a_section_says_each_thing_once(curated: Callable[[str], list[Curated]]) -> None:
    """A list's point and the sentence in it are one fact."""
    facts = [fact for one in curated(NOTE) for fact in one.facts]
    assert sum("Keep the tide table" in fact.statement for fact in facts) == 1
    assert len({fact.sense for fact in facts}) == len(facts)


def test_a_notes_own_head_contradicts_no_other_note(note: Callable[[str], Document]) -> None:
    """Two notes of one title may well have two dates."""
    document = note(NOTE)
    facts = curate_head(context_of(document), document.metadata, Options()).facts
    assert facts
    assert not any(fact.attribute for fact in facts)
