"""Looking again at notes for what was refused in them: in a worker process of its own, only when someone asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.daemon.task import Examined, Task, fresh_task
from curatord.daemon.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from curatord.config import Settings
    from curatord.daemon.roots import WatchedRoot
    from curatord.store.records import DroppedRecord

Note = tuple[str, str]  # a root's name and a path below it


def refused(
    settings: Settings, roots: Iterable[WatchedRoot], notes: Iterable[Note]
) -> dict[Note, tuple[DroppedRecord, ...]]:
    """Return what is refused in notes as they are on disk now; one that cannot be read any more gives nothing."""
    known = {root.name: root for root in roots}
    tasks = [fresh_task(settings, known[root], path) for root, path in notes if root in known]
    if not tasks:
        return {}
    workers = Workers(settings.engine.model_copy(update={"workers": 1}), work=_review)
    try:
        return {(task.root, task.path): found.dropped for task, found in workers.run(tasks)}
    finally:
        workers.close()


def _review(task: Task) -> Examined:
    """Review a note; imported in the worker, so that the daemon never holds the parser and the phrasings."""
    from curatord.daemon.examine import review  # noqa: PLC0415  see above

    return review(task)
