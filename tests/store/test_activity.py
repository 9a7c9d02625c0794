"""How many pairs came to be on each day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from curatord.curate.pair import Split
from curatord.errors import StoreError
from curatord.store.activity import DAYS, Arrivals, last_days, made_by_day
from curatord.store.batch import batch
from tests.store.samples import document, known, pair, section
from tests.store.test_batch import put

if TYPE_CHECKING:
    from curatord.store.database import Store


def today() -> date:
    """Return the day in local time."""
    return datetime.now().astimezone().date()


def test_new_pairs_to_train_on_count_on_the_day_they_come(store: Store) -> None:
    """Not those kept for the exam; and each batch adds to the day."""
    put(store, document("a.md", section(pair("Q1?", "A1."), pair("Q2?", "A1."), pair("Q3?", "A1.", split=Split.TEST))))
    assert made_by_day(store.connection) == {today(): 2}
    put(store, document("b.md", section(pair("Q4?", "A4."))))
    assert made_by_day(store.connection) == {today(): 3}


def test_an_edit_counts_only_what_it_brings(store: Store) -> None:
    """What stood in the note before is no new pair, whether its section is known or read again."""
    first = section(pair("Q1?", "A1."), pair("Q2?", "A2."))
    put(store, document("a.md", first))
    put(store, document("a.md", known(first), section(pair("Q3?", "A3."), heading="More")))
    put(store, document("a.md", section(pair("Q1?", "A1."), pair("Q2?", "Another."), heading="Read again")))
    assert made_by_day(store.connection) == {today(): 4}


def test_a_note_that_is_renamed_brings_nothing(store: Store) -> None:
    """Its new name comes before its old one goes."""
    put(store, document("a.md", section(pair("Q1?", "A1."))))
    put(store, document("b.md", section(pair("Q1?", "A1."))))
    with batch(store, 32) as changes:
        changes.remove("knowledge", "a.md")
    assert made_by_day(store.connection) == {today(): 1}


def test_a_question_that_is_not_kept_does_not_count(store: Store) -> None:
    """The newer note answers it."""
    put(store, document("new.md", section(pair("Q1?", "A1.")), date="2026-02-01"))
    put(store, document("old.md", section(pair("Q1?", "A0.")), date="2025-02-01"))
    assert made_by_day(store.connection) == {today(): 1}


def test_a_batch_that_fails_counts_nothing(store: Store) -> None:
    """The count is part of its transaction."""
    never_seen = known(section(pair("Q2?", "A2.")))
    with pytest.raises(StoreError):
        put(store, document("a.md", section(pair("Q1?", "A1."))), document("b.md", never_seen))
    assert made_by_day(store.connection) == {}


def test_days_long_past_are_forgotten_and_other_values_stay(store: Store) -> None:
    """Two months are remembered."""
    store.set("generation", "7")
    put(store, document("a.md", section(pair("Q1?", "A1."))))
    arrivals = Arrivals(store.connection)
    arrivals.expect(["a pair that is not there yet"])
    arrivals.count(today())  # it never came
    assert made_by_day(store.connection) == {today(): 1}
    put(store, document("b.md", section(pair("Q2?", "A2."))))
    store.set(f"made:{today() - timedelta(days=61)}", "5")
    store.set(f"made:{today() - timedelta(days=2)}", "3")
    put(store, document("c.md", section(pair("Q3?", "A3."))))
    assert made_by_day(store.connection) == {today() - timedelta(days=2): 3, today(): 3}
    assert store.get("generation") == "7"


def test_every_one_of_the_last_days_has_a_number() -> None:
    """Days without pairs are zero; older ones are left out."""
    last = date(2026, 11, 23)
    told = last_days({date(2026, 11, 1): 9, date(2026, 11, 20): 4, last: 2}, last)
    assert len(told) == DAYS
    assert list(told)[-1] == last
    assert [number for number in told.values() if number] == [4, 2]
