"""What happened, for as long as it is worth knowing: written by the daemon, read by `curatord history`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: when (ISO 8601, UTC, milliseconds), what, and the ids and counts it speaks of."""

    time: str
    kind: str
    data: dict[str, Any] = field(default_factory=dict)


def now() -> str:
    """Return the time of day as entries have it."""
    return _stored(datetime.now(UTC))


def add(connection: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    """Write entries down, in the caller's transaction; values that JSON does not know become text."""
    rows = [(entry.time, entry.kind, orjson.dumps(entry.data, default=str).decode()) for entry in entries]
    connection.executemany("INSERT INTO history (time, kind, data) VALUES (?, ?, ?)", rows)


def prune(connection: sqlite3.Connection, oldest: datetime, most: int) -> None:
    """Forget what is older than a moment, and all but the last so many entries; in the caller's transaction."""
    connection.execute("DELETE FROM history WHERE time < ?", (_stored(oldest),))
    connection.execute("DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?", (most,))


def read(
    connection: sqlite3.Connection,
    *,
    since: datetime | None = None,
    kinds: Collection[str] = (),
    limit: int = 50,
    offset: int = 0,
) -> tuple[int, list[Entry]]:
    """Return how many entries there are of these kinds (none: of all) since a moment, and some, the latest first."""
    condition, values = "time >= ?", [_stored(since) if since else ""]
    if kinds:
        condition += f" AND kind IN ({', '.join('?' * len(kinds))})"
        values += sorted(kinds)
    total = connection.execute(f"SELECT count(*) FROM history WHERE {condition}", values).fetchone()[0]  # noqa: S608
    query = f"SELECT time, kind, data FROM history WHERE {condition} ORDER BY id DESC LIMIT ? OFFSET ?"  # noqa: S608
    rows = connection.execute(query, [*values, limit, offset])
    return total, [Entry(time, kind, orjson.loads(data)) for time, kind, data in rows]


def last_of(connection: sqlite3.Connection, kinds: Collection[str]) -> str | None:
    """Return which of these kinds was written down last, None where none was."""
    _, entries = read(connection, kinds=kinds, limit=1)
    return entries[0].kind if entries else None


def _stored(moment: datetime) -> str:
    """Return a moment as the bus writes it, so that texts compare as times do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
