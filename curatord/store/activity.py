"""How many pairs to train on came to be on each day: remembered in `meta`, where the notes do not tell it.

A pair counts on the day on which its content was first there. A note that is moved, or read again by other code, brings
nothing new.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import orjson

from curatord.curate.pair import Split

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

DAYS = 14
_KEPT_DAYS = 60
_PREFIX = "made:"


class Arrivals:
    """The pairs that a batch brings and the store did not hold."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Know of none."""
        self._connection = connection
        self._new: set[str] = set()

    def expect(self, pairs: Iterable[str]) -> None:
        """Note, by content hash, pairs that are about to be inserted."""
        coming = set(pairs)
        rows = self._connection.execute(f"SELECT pair FROM pairs WHERE {_AMONG}", (_json(coming),))  # noqa: S608  ours
        self._new |= coming.difference(row[0] for row in rows)

    def count(self, day: date) -> None:
        """Add those of them that are trained on to a day's number, and forget days long past."""
        if not self._new:
            return
        query = f"SELECT count(DISTINCT pair) FROM pairs WHERE kept AND split = ? AND {_AMONG}"  # noqa: S608  ours
        made = self._connection.execute(query, (Split.TRAIN, _json(self._new))).fetchone()[0]
        self._new.clear()
        if made:
            self._connection.execute(_ADD, (f"{_PREFIX}{day}", made))
            oldest = day - timedelta(days=_KEPT_DAYS)
            self._connection.execute("DELETE FROM meta WHERE key >= ? AND key < ?", (_PREFIX, f"{_PREFIX}{oldest}"))


def made_by_day(connection: sqlite3.Connection) -> dict[date, int]:
    """Return how many pairs to train on were made on each of the last days on which any were, in order."""
    end = _PREFIX.replace(":", ";")  # the character after the colon
    rows = connection.execute("SELECT key, value FROM meta WHERE key >= ? AND key < ? ORDER BY key", (_PREFIX, end))
    return {date.fromisoformat(key.removeprefix(_PREFIX)): int(value) for key, value in rows}


def last_days(made: dict[date, int], last: date) -> dict[date, int]:
    """Return the number of every one of the `DAYS` days up to `last`."""
    days = (last - timedelta(days=back) for back in reversed(range(DAYS)))
    return {day: made.get(day, 0) for day in days}


_AMONG = "pair IN (SELECT value FROM json_each(?))"
_ADD = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + excluded.value"


def _json(values: set[str]) -> str:
    return orjson.dumps(sorted(values)).decode()
