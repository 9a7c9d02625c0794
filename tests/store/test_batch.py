"""What a batch leaves in the store."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curatord.errors import StoreError
from curatord.memory.document import Kind
from curatord.store.batch import batch
from curatord.store.database import Store
from curatord.store.digest import digest
from tests.store.samples import document, known, pair, section

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.store.records import DocumentRecord


def kept(store: Store) -> set[tuple[str, str]]:
    """Return (question, answer) of the pairs that are kept."""
    return {tuple(row) for row in store.connection.execute("SELECT question, answer FROM pairs WHERE kept")}


def dirty(store: Store) -> set[int]:
    """Return the numbers of the shards to be written."""
    return {row[0] for row in store.connection.execute("SELECT number FROM dirty")}


def put(store: Store, *records: DocumentRecord) -> None:
    """Put documents in one batch."""
    with batch(store, 32) as changes:
        for record in records:
            changes.put(record)


def test_a_document_comes_with_its_sections_facts_and_pairs(store: Store) -> None:
    """All that was curated is there afterwards."""
    put(store, document("a.md", section(pair("Q1?", "A1."), pair("Q2?", "A1."))))
    counts = {
        table: store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("documents", "sections", "facts", "pairs")
    }
    assert counts == {"documents": 1, "sections": 1, "facts": 1, "pairs": 2}


def test_a_removed_document_leaves_nothing(store: Store) -> None:
    """Facts, pairs and search entries go with their document."""
    put(store, document("a.md", section(pair("Quince?", "A1."))))
    with batch(store, 32) as changes:
        assert changes.remove("knowledge", "a.md")
    for table in ("documents", "sections", "facts", "pairs"):
        assert store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
    found = store.connection.execute("SELECT count(*) FROM pairs_search WHERE pairs_search MATCH 'quince'")
    assert found.fetchone()[0] == 0


def test_what_comes_as_another_goes_can_be_found(store: Store) -> None:
    """In one batch: the ids of rows that are gone are not given to new ones, which would never be indexed."""
    put(store, document("a.md", section(pair("Quince?", "A1."), pair("Pear?", "A1."))))
    with batch(store, 32) as changes:
        changes.remove("knowledge", "a.md")
        changes.put(document("b.md", section(pair("Medlar?", "B1."))))
    found = store.connection.execute("SELECT count(*) FROM pairs_search WHERE pairs_search MATCH 'medlar'")
    assert found.fetchone()[0] == 1


def test_removing_what_is_not_there_says_so(store: Store) -> None:
    """Forgetting an unknown document is no error."""
    with batch(store, 32) as changes:
        assert not changes.remove("knowledge", "a.md")


def test_a_known_section_keeps_its_rows(store: Store) -> None:
    """A section that comes without pairs is moved, not written again."""
    first = section(pair("Q1?", "A1."))
    put(store, document("a.md", first))
    before = store.connection.execute("SELECT id FROM pairs").fetchall()
    put(store, document("a.md", section(pair("Q2?", "A2."), heading="New"), known(first, first_line=20)))
    rows = store.connection.execute("SELECT ordinal, first_line FROM sections ORDER BY ordinal").fetchall()
    assert [tuple(row) for row in rows] == [(0, 1), (1, 20)]
    assert {row[0] for row in before} < {row[0] for row in store.connection.execute("SELECT id FROM pairs")}


def test_an_unknown_section_without_pairs_is_refused_and_changes_nothing(store: Store) -> None:
    """A batch that cannot be carried out whole is not carried out at all."""
    put(store, document("a.md", section(pair("Q1?", "A1."))))
    before = digest(store.connection)
    with pytest.raises(StoreError):
        put(store, document("b.md", section(pair("Q2?", "A2."))), document("c.md", known(section(pair("Q3?", "A3.")))))
    assert digest(store.connection) == before


def test_of_equal_questions_the_newest_notes_answer_is_kept(store: Store) -> None:
    """A later date wins over an earlier one, and any date over none."""
    put(store, document("undated.md", section(pair("Port?", "It is 1."))))
    put(store, document("new.md", section(pair("Port?", "It is 3.")), date="2026-02-01"))
    put(store, document("old.md", section(pair("Port?", "It is 2.")), date="2025-02-01"))
    assert kept(store) == {("Port?", "It is 3.")}


def test_a_suppressed_pair_comes_back_when_the_survivor_goes(store: Store) -> None:
    """Removing the document whose pair was kept brings the other one back, and marks its shard."""
    put(store, document("a.md", section(pair("Port?", "It is 1.")), date="2026-01-01"))
    put(store, document("b.md", section(pair("Port?", "It is 2."))))
    store.connection.execute("DELETE FROM dirty")
    with batch(store, 32) as changes:
        changes.remove("knowledge", "a.md")
    assert kept(store) == {("Port?", "It is 2.")}
    assert dirty(store) == {0}


def test_a_new_date_alone_changes_who_survives(store: Store) -> None:
    """The same sections under a newer date win against what won before."""
    a = section(pair("Port?", "It is 1."))
    put(
        store,
        document("a.md", a, date="2026-01-01"),
        document("b.md", section(pair("Port?", "It is 2.")), date="2026-02-01"),
    )
    put(store, document("a.md", known(a), date="2026-03-01"))
    assert kept(store) == {("Port?", "It is 1.")}


def test_what_an_older_note_says_becomes_the_rejected_answer(store: Store) -> None:
    """The newer value is chosen and the older one rejected, as long as both are there."""
    put(store, document("old.md", section(pair("Port?", "It is 1.")), date="2025-01-01"))
    put(store, document("new.md", section(pair("Port?", "It is 2.", rejected="Some port.")), date="2026-01-01"))
    query = "SELECT answer, strategy, rejected FROM pairs WHERE kept"
    assert [tuple(row) for row in store.connection.execute(query)] == [("It is 2.", "stale", "It is 1.")]
    store.connection.execute("DELETE FROM dirty")
    with batch(store, 32) as changes:
        changes.remove("knowledge", "old.md")
    assert [tuple(row) for row in store.connection.execute(query)] == [("It is 2.", "wrong", "Some port.")]
    assert dirty(store) == {0}


def test_of_facts_that_say_the_same_one_is_asked(store: Store) -> None:
    """All questions of the other are left out, those too that only it would ask."""
    said = pair("Port?", "It is 1.")
    put(store, document("a.md", section(said, pair("Which port?", "It is 1."))))
    put(store, document("b.md", section(said, pair("What port?", "It is 1.")), date="2026-01-01"))
    assert kept(store) == {("Port?", "It is 1."), ("What port?", "It is 1.")}
    with batch(store, 32) as changes:
        changes.remove("knowledge", "b.md")
    assert kept(store) == {("Port?", "It is 1."), ("Which port?", "It is 1.")}


def test_no_question_asks_for_a_value_that_a_newer_note_replaced(store: Store) -> None:
    """Whatever its words; and all come back with the older note's turn."""
    port = pair("Port?", "It is 1.")
    put(store, document("old.md", section(port, pair("Which port?", "It is 1.")), date="2025-01-01"))
    put(store, document("new.md", section(pair("Port?", "It is 2.")), date="2026-01-01"))
    assert kept(store) == {("Port?", "It is 2.")}
    with batch(store, 32) as changes:
        changes.remove("knowledge", "new.md")
    assert kept(store) == {("Port?", "It is 1."), ("Which port?", "It is 1.")}


def test_a_thing_of_several_values_has_none_out_of_date(store: Store) -> None:
    """Where one note gives it two, another note's third replaces neither."""
    put(store, document("old.md", section(pair("Port?", "It is 1.")), date="2025-01-01"))
    two = section(pair("Port?", "It is 2.")), section(pair("Port?", "It is 3."), heading="More")
    put(store, document("new.md", *two, date="2026-01-01"))
    assert store.connection.execute("SELECT count(*) FROM facts WHERE superseded").fetchone()[0] == 0


def test_an_episode_makes_another_no_less_true(store: Store) -> None:
    """What happened twice took two different times; what is so has one value."""
    old = replace(document("old.md", section(pair("How long?", "It took 1.")), date="2025-01-01"), kind=Kind.EPISODES)
    new = replace(document("new.md", section(pair("How long?", "It took 2.")), date="2026-01-01"), kind=Kind.EPISODES)
    put(store, old, new)
    superseded = "SELECT count(*) FROM facts WHERE superseded"
    assert store.connection.execute(superseded).fetchone()[0] == 0
    put(store, replace(new, kind=Kind.KNOWLEDGE))
    assert store.connection.execute(superseded).fetchone()[0] == 1


def test_notes_without_a_date_make_nothing_stale(store: Store) -> None:
    """Which of two values is the older cannot be told without dates."""
    put(store, document("a.md", section(pair("Port?", "It is 1."))))
    put(store, document("b.md", section(pair("Port?", "It is 2.")), date="2026-01-01"))
    assert store.connection.execute("SELECT count(*) FROM pairs WHERE stale IS NOT NULL").fetchone()[0] == 0


def test_an_exception_leaves_the_store_as_it_was(store: Store) -> None:
    """A batch that fails in the middle is rolled back."""
    before = digest(store.connection)

    def fail() -> None:
        with batch(store, 32) as changes:
            changes.put(document("a.md", section(pair("Q?", "A."))))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert digest(store.connection) == before


def test_an_invalid_category_is_refused_by_the_schema(store: Store) -> None:
    """The tables are strict: what does not fit raises."""
    put(store, document("a.md", section(pair("Q?", "A."))))
    with pytest.raises(sqlite3.IntegrityError):
        store.connection.execute("UPDATE pairs SET category = 'poetic'")


QUESTIONS = st.sampled_from(["Q1?", "Q2?", "Q3?", "Q4?"])
ANSWERS = st.sampled_from(["A1.", "A2.", "A3."])
SECTIONS = st.lists(st.lists(st.tuples(QUESTIONS, ANSWERS), max_size=3, unique=True), max_size=3)
DATES = st.sampled_from([None, "2025-01-01", "2026-01-01"])
PATHS = st.sampled_from(["a.md", "b.md", "c.md", "d.md"])
EDITS = st.lists(st.tuples(PATHS, st.one_of(st.none(), st.tuples(SECTIONS, DATES))), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_the_way_there_leaves_no_trace(
    tmp_path: Path, edits: list[tuple[str, tuple[list[list[tuple[str, str]]], str | None] | None]]
) -> None:
    """After any sequence of edits and deletions the store equals one made from the documents that are left."""
    last: dict[str, DocumentRecord] = {}
    (tmp_path / "a.db").unlink(missing_ok=True)
    (tmp_path / "b.db").unlink(missing_ok=True)
    worn = Store.open(tmp_path / "a.db")
    for path, content in edits:
        with batch(worn, 2) as changes:
            if content is None:
                changes.remove("knowledge", path)
                last.pop(path, None)
                continue
            sections, date = content
            records = [section(*(pair(q, a) for q, a in items), heading=f"H{n}") for n, items in enumerate(sections)]
            last[path] = document(path, *records, date=date)
            before = {s.key for s in last[path].sections}
            held = [
                row[0]
                for row in worn.connection.execute(
                    "SELECT key FROM sections JOIN documents ON documents.id = document WHERE path = ?", (path,)
                )
            ]
            changes.put(
                document(path, *(known(s) if s.key in held and s.key in before else s for s in records), date=date)
            )
    fresh = Store.open(tmp_path / "b.db")
    with batch(fresh, 2) as changes:
        for record in reversed(last.values()):
            changes.put(record)
    try:
        assert digest(worn.connection) == digest(fresh.connection)
    finally:
        worn.close()
        fresh.close()
        for file in tmp_path.glob("*.db*"):
            file.unlink()
