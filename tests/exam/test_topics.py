"""What is mastered, weak, untaught; and what is still said though it has left the notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.exam.forgotten import forgotten
from curatord.exam.records import Part as ExamPart
from curatord.exam.topics import Standing, topics
from curatord.store.database import Store
from curatord.store.seen import mark_seen
from curatord.train.draw import draw
from tests.train.test_snapshot import facts, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store of three facts."""
    store = Store.open(tmp_path / "store.db")
    put(store, *facts(3))
    yield store
    store.close()


def teach(store: Store) -> None:
    """Let a run have seen all pairs."""
    with store.connection:
        mark_seen(store.connection, "", [pair for (pair,) in store.connection.execute("SELECT pair FROM pairs")])


def test_a_note_that_no_run_has_seen_is_untaught(store: Store) -> None:
    """Whatever an earlier exam says of it."""
    found = topics(store.connection, {}, 0.9)
    assert found
    assert {one.standing for one in found} == {Standing.UNTAUGHT}


def test_a_taught_note_stands_as_its_exam_went(store: Store) -> None:
    """From `mastery` on it is mastered; below, weak; taught, where nobody asked. The least known come first."""
    teach(store)
    (name, *_) = [one.topic for one in topics(store.connection, {}, 0.9)]
    for right, standing in ((9, Standing.MASTERED), (8, Standing.WEAK)):
        found = topics(store.connection, {name: ExamPart(asked=10, before=0, after=right)}, 0.9)
        assert next(one for one in found if one.topic == name).standing is standing
    assert {one.standing for one in topics(store.connection, {}, 0.9)} == {Standing.TAUGHT}


def test_facts_that_left_the_notes_are_asked_for(store: Store, tmp_path: Path) -> None:
    """One still said, the others not; what is still in the notes is not asked for."""
    snapshot = draw(tmp_path / "store.db", tmp_path / "snapshot", valid_share=0, seed=0)
    assert forgotten(tmp_path / "store.db", snapshot.directory, lambda questions: questions) == []
    gone = list(snapshot.test())
    with store.connection:
        store.connection.execute("DELETE FROM documents")
    found = forgotten(
        tmp_path / "store.db", snapshot.directory, lambda asked: [gone[0].answer, *["No idea."] * (len(asked) - 1)]
    )
    assert [one.question for one in found] == [row.question for row in gone]
    assert [one.still_said for one in found] == [True, *[False] * (len(gone) - 1)]
