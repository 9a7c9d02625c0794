"""What the extractors of critical and comparative facts find, and what they leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from curatord.curate.context import context_of
from curatord.curate.curate import curate_section
from curatord.curate.options import Options
from curatord.curate.pair import Category, Split

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.curate.draft import Draft
    from curatord.memory.document import Document

    Run: TypeAlias = Callable[[str, str], list[Draft]]

HEAD = "---\ntitle: Siltbox\n---\n# Siltbox\n\n"
TABLE = (
    "Both the tariff and the wait go by the class.\n\n"
    "| Class | Tariff | Wait |\n|---|---|---|\n| Peat | 1.15 | 3 h |\n| Salt | 4.50 | 9 h |\n| Glass | 9.25 | 6 h |\n"
)


@pytest.mark.parametrize(
    ("extractor", "sentence", "shape", "slot", "value"),
    [
        (
            "choice",
            "The crane reads the ledger directly instead of the nightly copy.",
            "choice",
            "other",
            "the nightly copy",
        ),
        ("change", "The broker is no longer restarted by the watch.", "change", "np", "the broker"),
        (
            "prohibition",
            "Never restart the broker during a flood.",
            "prohibition",
            "act",
            "restart the broker during a flood",
        ),
        (
            "caveat",
            "The switch-over is automatic, but the way back is not.",
            "caveat",
            "claim",
            "the switch-over is automatic",
        ),
        ("likeness", "Both the crane and the dredger are moored at the quay.", "both", "a", "the crane"),
        ("trouble", "The dredger is too slow for the northern reach.", "trouble", "np", "the dredger"),
        ("standout", "The crane is the only machine with a warded hold.", "standout", "np", "the crane"),
        (
            "condition",
            "If the disk is full, the dredger fails without a message.",
            "hazard",
            "condition",
            "if the disk is full",
        ),
    ],
)
def test_a_sentence_tells_its_kind(
    drafts: Run, extractor: str, sentence: str, shape: str, slot: str, value: str
) -> None:
    """The shape says how to ask, the slot what for."""
    (found,) = drafts(extractor, HEAD + sentence)
    assert (found.shape, found.slots[slot]) == (shape, value)


@pytest.mark.parametrize(
    ("extractor", "sentence"),
    [
        ("limitation", "The real win isn't just ensuring that the crane works, it is knowing why."),
        ("limitation", "Ines reported that the crane cannot lift the barge."),
        ("limitation", "Tools can raise an exception to pause the chain cleanly."),
        ("change", "A barge had been renamed long ago and is no longer known."),
        ("comparison", "An agent in the harbour might send reports while the pilot is asleep below."),
        ("likeness", "Here's how to run those, using both the crane and the dredger."),
        ("prohibition", "You don't need to restart the broker."),
    ],
)
def test_some_sentences_only_look_like_it(drafts: Run, extractor: str, sentence: str) -> None:
    """The words are there, the fact is not."""
    assert drafts(extractor, HEAD + sentence) == []


def test_rows_differ_in_all_that_is_brief(drafts: Run) -> None:
    """Two rows are set against each other once, in all their short values."""
    found = [draft for draft in drafts("table", HEAD + TABLE) if draft.shape == "contrast"]
    assert {(draft.slots["a"], draft.slots["b"]) for draft in found} == {
        ("Peat", "Salt"),
        ("Salt", "Glass"),
        ("Peat", "Glass"),
    }
    assert found[0].slots["a_is"] == "Peat has 1.15 as the tariff and 3 h as the wait"


def test_a_column_of_measures_has_two_ends(drafts: Run) -> None:
    """Most and least are asked for together."""
    found = [draft for draft in drafts("table", HEAD + TABLE) if draft.shape == "extremes"]
    assert [(draft.slots["most"], draft.slots["least"]) for draft in found] == [("Glass", "Peat"), ("Salt", "Peat")]


def test_rows_that_tell_aspects_of_one_thing_are_not_compared(drafts: Run) -> None:
    """How an encoding differs from a transport is no question."""
    text = HEAD + "| Aspect | Description |\n|---|---|\n| Encoding | UTF-8 |\n| Transport | HTTP |\n"
    assert not [draft for draft in drafts("table", text) if draft.shape in ("contrast", "versus")]


def test_many_plain_facts_leave_room_for_a_warning(note: Callable[[str], Document]) -> None:
    """The limit on facts cuts kinds that are seldom found last."""
    plain = "".join(
        f"- Berth {name}: {number} m of quay\n" for number, name in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 40)
    )
    document = note(f"{HEAD}Never restart the broker during a flood.\n\n{plain}")
    (section,) = [section for section in document.sections if section.blocks]
    curated = curate_section(context_of(document), section, Options())
    assert any(pair.category is Category.CRITICAL for pair in curated.pairs if pair.split is Split.TRAIN)


@pytest.mark.parametrize(
    ("extractor", "sentence", "shape", "slots"),
    [
        ("likeness", "The rake is similar to an index.", "likeness", {"a": "the rake", "b": "an index"}),
        ("likeness", "A seal is either a hash or a counter.", "either", {"a": "a hash", "b": "a counter"}),
        ("prohibition", "You must not prune the loft.", "prohibition", {"act": "prune the loft"}),
        ("choice", "One pass is far cheaper than the old two passes.", "yardstick", {"other": "the old two passes"}),
        ("change", "The merge is much faster with a warm rake.", "change", {"np": "the merge"}),
    ],
)
def test_words_that_could_be_read_otherwise_hide_nothing(
    drafts: Run, extractor: str, sentence: str, shape: str, slots: dict[str, str]
) -> None:
    """An article that is a verb in French, a plural that is a verb, a verb that no list holds."""
    (found,) = drafts(extractor, HEAD + sentence)
    assert found.shape == shape
    assert {name: found.slots[name] for name in slots} == slots


def test_a_named_value_that_limits_is_a_limitation_too(drafts: Run) -> None:
    """The same statement, understood twice; one that limits nothing is understood once."""
    text = HEAD + "These are our notes.\n\n- artifacts: never injected on their own\n- learnings: kept for a year\n"
    found = drafts("setting", text)
    assert len(found) == 3
    (limitation,) = [draft for draft in found if draft.shape == "limitation"]
    assert "artifacts" in limitation.statement


def test_a_negated_have_is_assumed_as_has(drafts: Run) -> None:
    """Whoever misses the negation believes that the dredger has it."""
    (found,) = drafts("limitation", HEAD + "The dredger does not have a spare pump.")
    assert found.slots["positive"] == "the dredger has a spare pump"


def test_a_number_is_no_superlative(drafts: Run) -> None:
    """Here "the number of" ends like "the slower of"."""
    assert drafts("standout", HEAD + "Common examples are the number of requests and the time.") == []
