"""What gives no training pair, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.curate.pair import Refusal
from curatord.store.batch import batch
from curatord.store.database import Store
from curatord.store.dropped import Share, drop_counts, left_out, shares
from tests.store.samples import document, known, pair, section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curatord.store.records import DocumentRecord


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store.open(tmp_path / "store.db")
    yield opened
    opened.close()


def _put(store: Store, *records: DocumentRecord) -> None:
    with batch(store, 32) as changes:
        for record in records:
            changes.put(record)


def _counts(store: Store) -> dict[str, int]:
    return {reason: number for reason, number in drop_counts(store.connection).items() if number}


def test_refusals_are_counted_by_reason_and_go_with_their_section(store: Store) -> None:
    """A section that stays keeps its counts, one that goes takes them along."""
    one = section(pair("A?", "A."), heading="One", dropped=(Refusal.LOW_SCORE, Refusal.LOW_SCORE, Refusal.REPEATED))
    two = section(pair("B?", "B."), heading="Two", dropped=(Refusal.OVER_LIMIT,))
    _put(store, document("a.md", one, two))
    assert _counts(store) == {"low_score": 2, "repeated": 1, "over_limit": 1}
    _put(store, document("a.md", known(two)))
    assert _counts(store) == {"over_limit": 1}


def test_what_the_store_leaves_out_says_what_is_asked_instead(store: Store) -> None:
    """An equal question, a fact told elsewhere, a value that a newer note replaced."""
    port = pair("Port?", "It is 1.")
    _put(
        store,
        document("a.md", section(port, pair("Which?", "It is 1.")), section(pair("Same?", "No."), heading="B")),
        document("b.md", section(port, pair("Same?", "Yes.")), date="2025-01-01"),
        document("c.md", section(pair("Height?", "Two."), pair("Low?", "Two.")), date="2025-01-01"),
        document("d.md", section(pair("Height?", "Three.")), date="2026-01-01"),
    )
    assert _counts(store) == {"repeated_fact": 2, "equal_question": 1, "superseded": 2}
    rows = [row for share in shares(store.connection) for row in left_out(store.connection, share)]
    assert [(row["reason"], row["question"], row["detail"].partition(" ")[2]) for row in rows] == [
        ("repeated_fact", "Port?", "is 1."),
        ("repeated_fact", "Which?", "is 1."),
        ("equal_question", "Same?", "Same?"),
        ("superseded", "Height?", ""),
        ("superseded", "Low?", ""),
    ]
    assert rows[-1]["detail"] == "Three."


def test_shares_are_narrowed_by_note_and_reason(store: Store) -> None:
    """Notes without any are not there."""
    dropped = (Refusal.LOW_SCORE, Refusal.OVER_LIMIT)
    _put(
        store, document("a.md", section(pair("A?", "A."), dropped=dropped)), document("b.md", section(pair("B?", "B.")))
    )
    assert shares(store.connection) == [Share("knowledge", "a.md", 2, 0)]
    assert shares(store.connection, reason="over_limit") == [Share("knowledge", "a.md", 1, 0)]
    assert shares(store.connection, reason="superseded") == []
    assert shares(store.connection, document="b.md") == []
