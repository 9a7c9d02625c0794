"""Which pairs are new: those that no training run in hand or in service has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curatord.curate.pair import Split
from curatord.store.batch import batch
from curatord.store.database import Store
from curatord.store.digest import digest
from curatord.store.queries import totals
from curatord.store.seen import forget_run, keep_seen, mark_seen
from tests.store.samples import document, pair, section, sha

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.store.records import DocumentRecord

ONE, TWO = sha("Q1?", "A."), sha("Q2?", "A.")


def put(store: Store, *records: DocumentRecord) -> None:
    """Put documents in one batch."""
    with batch(store, 32) as changes:
        for record in records:
            changes.put(record)


def new(store: Store) -> int:
    """Return how many pairs are new, as the status tells it."""
    return totals(store.connection).new


def see(store: Store, run: str, *pairs: str) -> None:
    """Let a run see pairs."""
    with store.transaction() as connection:
        mark_seen(connection, run, pairs)


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with two pairs to train on and one kept for the exam."""
    put(store, document("a.md", section(pair("Q1?", "A."), pair("Q2?", "A."), pair("E?", "A.", split=Split.TEST))))
    return store


def test_before_any_training_all_training_pairs_are_new(filled: Store) -> None:
    """Those kept for the exam are never trained on, and never new."""
    assert new(filled) == 2


def test_what_a_run_has_seen_is_not_new(filled: Store) -> None:
    """Seen twice is seen."""
    see(filled, "run", ONE)
    see(filled, "run", ONE)
    assert new(filled) == 1


def test_a_seen_pair_still_counts_as_a_pair(filled: Store) -> None:
    """Being seen takes it out of nothing else."""
    before = totals(filled.connection)
    see(filled, "run", ONE, TWO)
    after = totals(filled.connection)
    assert (after.sft, after.by_category, after.heldout) == (before.sft, before.by_category, before.heldout)


def test_a_pair_that_was_deleted_and_comes_back_is_still_seen(filled: Store) -> None:
    """In another note, or in the same; a changed answer is another pair."""
    see(filled, "run", ONE, TWO)
    with batch(filled, 32) as changes:
        changes.remove("knowledge", "a.md")
    assert new(filled) == 0
    put(filled, document("b.md", section(pair("Q1?", "A."), pair("Q2?", "Another."))))
    assert new(filled) == 1


def test_a_pair_may_be_seen_before_it_is_there(store: Store) -> None:
    """A note that was deleted while its run went on, and came back later."""
    see(store, "run", ONE)
    put(store, document("a.md", section(pair("Q1?", "A."))))
    assert new(store) == 0


def test_of_equal_questions_only_the_kept_one_is_new(filled: Store) -> None:
    """A suppressed pair that comes back is new, if it was never trained on."""
    put(filled, document("newer.md", section(pair("Q1?", "B.")), date="2026-01-01"))
    see(filled, "run", TWO, sha("Q1?", "B."))
    assert new(filled) == 0
    with batch(filled, 32) as changes:
        changes.remove("knowledge", "newer.md")
    assert new(filled) == 1


def test_a_forgotten_runs_pairs_are_new_again(filled: Store) -> None:
    """Unless another run has seen them too."""
    see(filled, "failed", ONE, TWO)
    see(filled, "other", TWO)
    with filled.transaction() as connection:
        forget_run(connection, "failed")
    assert new(filled) == 1
    with filled.transaction() as connection:
        forget_run(connection, "never")
    assert new(filled) == 1


def test_a_promoted_runs_pairs_stay_seen(filled: Store) -> None:
    """Whatever becomes of later runs that saw them again."""
    see(filled, "first", ONE)
    with filled.transaction() as connection:
        keep_seen(connection, "first")
    see(filled, "second", ONE, TWO)
    with filled.transaction() as connection:
        forget_run(connection, "second")
        forget_run(connection, "first")
    assert new(filled) == 1


def test_promoted_runs_need_one_row_for_each_pair(filled: Store) -> None:
    """The table does not grow with the number of nights."""
    for night in range(5):
        see(filled, f"night-{night}", ONE, TWO)
        with filled.transaction() as connection:
            keep_seen(connection, f"night-{night}")
    assert filled.connection.execute("SELECT count(*) FROM seen").fetchone()[0] == 2


def test_what_was_seen_is_remembered_and_not_derived(filled: Store) -> None:
    """A store that has trained still equals one clean pass over the notes."""
    before = digest(filled.connection)
    see(filled, "run", ONE)
    assert digest(filled.connection) == before


def test_a_failed_transaction_marks_nothing(filled: Store) -> None:
    """Marks come and go with the rest of it."""

    def fail() -> None:
        with filled.transaction() as connection:
            mark_seen(connection, "run", [ONE])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert new(filled) == 2


RUNS = st.sampled_from(["r1", "r2", "r3"])
CONTENTS = st.lists(st.tuples(st.sampled_from("PQRS"), st.sampled_from("AB")), max_size=4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(["a.md", "b.md"]), CONTENTS),
        st.tuples(st.just("see"), RUNS, CONTENTS),
        st.tuples(st.sampled_from(["forget", "keep"]), RUNS, st.just([])),
    ),
    max_size=12,
)


def played(store: Store, steps: list[tuple[str, str, list[tuple[str, str]]]]) -> Iterator[set[str]]:
    """Carry out steps; yield after each what is seen, kept in sets beside the store."""
    kept: set[str] = set()
    by_run: dict[str, set[str]] = {}
    for verb, name, contents in steps:
        if verb == "put":
            put(store, document(name, section(*(pair(*content) for content in dict.fromkeys(contents)))))
        elif verb == "see":
            see(store, name, *(sha(*content) for content in contents))
            by_run.setdefault(name, set()).update(sha(*content) for content in contents)
        else:
            with store.transaction() as connection:
                (keep_seen if verb == "keep" else forget_run)(connection, name)
            gone = by_run.pop(name, set())
            kept |= gone if verb == "keep" else set()
        yield kept.union(*by_run.values())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_count_is_always_that_of_the_rows(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, list[tuple[str, str]]]]
) -> None:
    """However notes and runs come and go, `seen` is right on every row, and so is the tally."""
    store = Store.open(tmp_path_factory.mktemp("seen") / "store.db")
    for seen in played(store, steps):
        rows = store.connection.execute("SELECT pair, seen, kept FROM pairs").fetchall()
        assert all(bool(row["seen"]) == (row["pair"] in seen) for row in rows)
        assert new(store) == sum(row["kept"] and row["pair"] not in seen for row in rows)
    store.close()
