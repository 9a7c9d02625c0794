"""Which pairs training runs have been given: what counts as new is what no run in hand or in service has seen.

By content hash, so that a pair whose note is deleted and comes back is still known. `pairs.seen` says the same of the
rows there are, and `tally` counts by it. All of this is the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

FOR_GOOD = ""  # stands for every run that will not be forgotten


def mark_seen(connection: sqlite3.Connection, run: str, pairs: Iterable[str]) -> None:
    """Remember that a run has seen pairs, given by content hash; those that are not there (any more) count too."""
    hashes = [(pair,) for pair in pairs]
    connection.executemany(_MARK, [(run, pair, pair) for (pair,) in hashes])
    connection.executemany("UPDATE pairs SET seen = 1 WHERE pair = ? AND NOT seen", hashes)


def keep_seen(connection: sqlite3.Connection, run: str) -> None:
    """Let what a run has seen stay seen for good, once its adapter is in service.

    It cannot be forgotten any more, and needs no rows of its own: they would grow with every night.
    """
    connection.execute("INSERT OR IGNORE INTO seen SELECT ?, pair FROM seen WHERE run = ?", (FOR_GOOD, run))
    connection.execute("DELETE FROM seen WHERE run = ?", (run,))


def forget_run(connection: sqlite3.Connection, run: str) -> None:
    """Forget what a run has seen, as it failed or was not promoted: what no other run has seen is new again."""
    connection.execute(_RENEW, {"run": run})
    connection.execute("DELETE FROM seen WHERE run = ?", (run,))


_MARK = """
    INSERT OR IGNORE INTO seen (run, pair)
    SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM seen WHERE pair = ? AND run = '')
"""

_RENEW = """
    UPDATE pairs SET seen = 0 WHERE pair IN (
        SELECT pair FROM seen
        WHERE run = :run AND NOT EXISTS (SELECT 1 FROM seen AS other WHERE other.pair = seen.pair AND other.run <> :run)
    )
"""
