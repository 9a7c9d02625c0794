"""Which pairs runs have seen, in a real store, written by its own thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.daemon.ledger import StoreLedger
from curatord.store.batch import batch
from curatord.store.database import Store
from curatord.store.queries import totals
from curatord.train.draw import draw
from tests.daemon.training_world import RunWorld
from tests.store.samples import document, pair, section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curatord.train.run_directory import RunDirectory


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with three pairs to train on."""
    store = Store.open(tmp_path / "store.db")
    fill(store)
    yield store
    store.close()


@pytest.fixture
def run(tmp_path: Path, store: Store) -> RunDirectory:
    """A run that has drawn its data."""
    made = RunWorld(tmp_path).run()
    draw(store.path, made.snapshot, valid_share=0.0, seed=0)
    return made


def fill(store: Store) -> None:
    """Put the sample in."""
    questions = ("How cold is the store?", "What does it keep?", "Who built the store?")
    with batch(store, 32) as changes:
        changes.put(document("cold-store.md", section(*(pair(question, "Seeds.") for question in questions))))


def ledger(store: Store) -> StoreLedger:
    """Return a ledger that is written at once."""

    def write(change: object) -> None:
        assert callable(change)
        with store.transaction() as connection:
            change(connection)

    return StoreLedger(write)


def new(store: Store) -> int:
    """Return how many pairs no run has seen."""
    return totals(store.connection).new


def test_what_a_run_was_given_is_new_no_more_until_it_comes_to_nothing(store: Store, run: RunDirectory) -> None:
    """Marked by its snapshot, forgotten by its id."""
    ledger(store).mark(run)
    assert new(store) == 0
    ledger(store).forget(run)
    assert new(store) == 3


def test_a_store_that_was_made_anew_is_told_what_runs_have_seen(tmp_path: Path, run: RunDirectory) -> None:
    """It would train on everything again."""
    anew = Store.open(tmp_path / "anew.db")
    ledger(anew).restore([run])
    fill(anew)
    assert new(anew) == 0
    anew.close()


def test_a_store_that_knows_of_runs_is_not_told_again(store: Store, run: RunDirectory, tmp_path: Path) -> None:
    """What was forgotten stays forgotten."""
    other = RunWorld(tmp_path / "other").run()
    other.snapshot.mkdir()
    (other.snapshot / "pairs.txt").write_text("0123\n")
    ledger(store).mark(other)
    ledger(store).restore([run])
    assert new(store) == 3


def test_a_snapshot_that_has_gone_stops_nobody(store: Store, tmp_path: Path) -> None:
    """The ingest thread has other things to do."""
    ledger(store).mark(RunWorld(tmp_path / "empty").run())
    assert new(store) == 3
