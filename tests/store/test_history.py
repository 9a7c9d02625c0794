"""What happened, as the store remembers it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.store import history
from curatord.store.database import Store
from curatord.store.history import Entry

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 11, 1, tzinfo=UTC)


def entry(hour: int, kind: str = "started", **data: object) -> Entry:
    """Return an entry so many hours after the start."""
    moment = START + timedelta(hours=hour)
    return Entry(moment.isoformat(timespec="milliseconds"), kind, data)


def test_entries_come_back_the_latest_first(store: Store) -> None:
    """With their data."""
    entries = [entry(1, roots=["a"]), entry(2, "stopped", uptime_seconds=3)]
    history.add(store.connection, entries)
    assert history.read(store.connection) == (2, entries[::-1])


def test_entries_are_chosen_by_time_and_kind(store: Store) -> None:
    """A moment in another zone is the same moment."""
    history.add(store.connection, [entry(1), entry(2, "promoted"), entry(3), entry(4, "promoted")])
    since = (START + timedelta(hours=2)).astimezone()
    assert history.read(store.connection, since=since)[0] == 3
    total, found = history.read(store.connection, since=since, kinds=["promoted"], limit=1)
    assert (total, found) == (2, [entry(4, "promoted")])
    assert history.read(store.connection, kinds=["promoted"], limit=1, offset=1)[1] == [entry(2, "promoted")]


def test_what_json_does_not_know_becomes_text(store: Store, tmp_path: Path) -> None:
    """A path in an event must not stop the daemon."""
    history.add(store.connection, [entry(1, path=tmp_path)])
    assert history.read(store.connection)[1][0].data == {"path": str(tmp_path)}


def test_old_entries_and_those_too_many_are_forgotten(store: Store) -> None:
    """By age, and by number."""
    history.add(store.connection, [entry(hour) for hour in range(10)])
    history.prune(store.connection, START + timedelta(hours=4), 100)
    assert history.read(store.connection)[0] == 6
    history.prune(store.connection, START, 2)
    assert history.read(store.connection)[1] == [entry(9), entry(8)]


def test_the_last_of_some_kinds_is_known(store: Store) -> None:
    """None where there was none."""
    assert history.last_of(store.connection, ("started", "stopped")) is None
    history.add(store.connection, [entry(1), entry(2, "stopped"), entry(3, "promoted")])
    assert history.last_of(store.connection, ("started", "stopped")) == "stopped"


@settings(deadline=None, max_examples=30)
@given(hours=st.lists(st.integers(0, 500), max_size=30), oldest=st.integers(0, 500), most=st.integers(1, 40))
def test_pruning_keeps_the_latest_and_nothing_else(
    tmp_path_factory: object, hours: list[int], oldest: int, most: int
) -> None:
    """What is left are the last entries written, less those that are too old."""
    assert hasattr(tmp_path_factory, "mktemp")
    store = Store.open(tmp_path_factory.mktemp("history") / "store.db")
    try:
        history.add(store.connection, [entry(hour) for hour in hours])
        history.prune(store.connection, START + timedelta(hours=oldest), most)
        _, left = history.read(store.connection, limit=1000)
    finally:
        store.close()
    young = [number for number, hour in enumerate(hours) if hour >= oldest]
    last = young[-1] if young else -1
    assert left == [entry(hours[number]) for number in reversed(young) if number > last - most]
