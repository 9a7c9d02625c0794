"""What directories would give if they were watched: their notes read and curated, and nothing kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.daemon.task import fresh_task
from curatord.daemon.workers import Workers
from curatord.memory.scan import scan_root

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from curatord.config import Settings
    from curatord.daemon.roots import WatchedRoot
    from curatord.daemon.task import Examined


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a directory would give: files that are notes, those of them that give facts, the facts and the pairs.

    A fact that several notes tell counts for each of them, so that a store may end up with some fewer.
    """

    files: int = 0
    documents: int = 0
    facts: int = 0
    pairs: int = 0


def forecast(
    settings: Settings,
    roots: Sequence[WatchedRoot],
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, Forecast]:
    """Return what each root would give, by its name; `on_progress` is told how many notes of how many are read."""
    tasks = [
        fresh_task(settings, root, entry.path)
        for root in roots
        for entry in scan_root(root.path, settings.memory.ignore).entries
    ]
    found = {root.name: Forecast() for root in roots}
    if not tasks:
        return found
    workers = Workers(settings.engine)
    try:
        for done, (task, examined) in enumerate(workers.run(tasks), start=1):
            found[task.root] = _with(found[task.root], examined)
            on_progress(done, len(tasks))
    finally:
        workers.close()
    return found


def _with(before: Forecast, examined: Examined) -> Forecast:
    sections = examined.document.sections if examined.document else ()
    rows = [section.rows for section in sections if section.rows]
    return Forecast(
        files=before.files + 1,
        documents=before.documents + (examined.document is not None),
        facts=before.facts + sum(len(one.facts) for one in rows),
        pairs=before.pairs + sum(len(one.pairs) for one in rows),
    )
