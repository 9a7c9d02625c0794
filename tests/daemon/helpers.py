"""A memory on disk and an ingest over it, for tests of what ends up in the store."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.config import Settings
from curatord.daemon.ingest import Ingest, Summary
from curatord.daemon.roots import name_roots
from curatord.daemon.workers import Workers
from curatord.store.database import Store
from curatord.store.digest import digest
from curatord.store.shards import ShardWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTE = """# {title}

{title} is a small service that keeps the orders of the shop. It was written in 2024 and runs on port {port}.

## Limits

- `max_orders`: {port}
- The queue holds {port} orders at most.
"""


def note(title: str, port: int = 8085) -> str:
    """Return a note with something to ask about."""
    return NOTE.format(title=title, port=port)


@dataclass(frozen=True, slots=True)
class World:
    """An ingest, what it works on, and short ways to look at both."""

    ingest: Ingest
    store: Store
    shards: Path

    def run(self, **paths: tuple[str, ...] | None) -> Summary:
        """Make a pass: over everything, or over the named roots' paths."""
        return self.ingest.reconcile(paths or None)

    def digest(self) -> str:
        """Return the fingerprint of what the store holds."""
        return digest(self.store.connection)

    def documents(self) -> list[str]:
        """Return `root/path` of every document."""
        rows = self.store.connection.execute("SELECT root || '/' || path FROM documents ORDER BY 1")
        return [row[0] for row in rows]

    def problems(self) -> list[tuple[str, str]]:
        """Return (path, code) of every problem."""
        rows = self.store.connection.execute("SELECT path, code FROM problems ORDER BY path, code")
        return [tuple(row) for row in rows]

    def shard_files(self) -> dict[str, bytes]:
        """Return every shard by its name; the manifest's generation is history and left out."""
        return {file.relative_to(self.shards).as_posix(): file.read_bytes() for file in self.shards.glob("*/*.jsonl")}


@contextmanager
def world(state: Path, *roots: Path, workers: Workers | None = None, **memory: object) -> Iterator[World]:
    """Open an ingest over memory roots (knowledge), with settings of `[memory]` given by name."""
    settings = Settings.model_validate(
        {
            "memory": {"roots": [{"path": root, "kind": "knowledge"} for root in roots], **memory},
            "shards": {"documents": 4},
        }
    )
    store = Store.open(state / "store.db")
    writer = ShardWriter(store, state / "shards", system=settings.pairs.system, documents_per_shard=4)
    pool = workers or Workers(settings.engine)
    try:
        ingest = Ingest(settings, store, writer, pool, name_roots(settings.memory.roots))
        yield World(ingest, store, state / "shards")
    finally:
        if workers is None:
            pool.close()
        store.close()
