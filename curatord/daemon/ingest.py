"""Making the store equal to the disk: look, compare, examine what differs, commit, write the shards."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING

from curatord.curate.implementation import implementation
from curatord.curate.options import Options
from curatord.curate.redact.options import Mode, Redaction
from curatord.daemon.plan import Plan, Planner, now
from curatord.daemon.task import Task
from curatord.log import get_logger
from curatord.store import disk
from curatord.store.batch import batch
from curatord.store.layout import document_id
from curatord.store.records import FileRecord, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from curatord.config import Settings
    from curatord.daemon.reach import Reach
    from curatord.daemon.roots import WatchedRoot
    from curatord.daemon.task import Examined
    from curatord.daemon.workers import Workers
    from curatord.memory.scan import Entry
    from curatord.store.database import Store
    from curatord.store.shards import ShardWriter, Written

NOTES_PER_COMMIT = 64
SECONDS_BETWEEN_SHARDS = 5.0

log = get_logger("ingest")


@dataclass(slots=True)
class Summary:
    """What one pass did."""

    examined: int = 0
    stored: int = 0
    skipped: int = 0
    failed: int = 0
    removed: int = 0
    held: int = 0
    written: list[Written] = field(default_factory=list)

    @property
    def did_something(self) -> bool:
        """Whether anything on disk differed from the store, or a shard was written."""
        return bool(self.examined or self.removed or any(w.shards or w.removed for w in self.written))


class Ingest:
    """Brings the store and the shards in line with the memory roots."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        shards: ShardWriter,
        workers: Workers,
        roots: tuple[WatchedRoot, ...],
        reach: Reach | None = None,
    ) -> None:
        """Work with an open store, from one thread; with a reach, it is looked first whether a root answers."""
        self.settings = settings
        self.store = store
        self.shards = shards
        self.workers = workers
        self.roots = roots
        self.options = Options(phrasings=settings.pairs.phrasings, min_score=settings.pairs.min_score)
        self.redaction = Redaction(Mode(settings.redact.mode), settings.redact.allow)
        self.curation = _fingerprint(settings, self.options, self.redaction)
        self._planner = Planner(settings.memory, store, self.curation, reach)

    def reconcile(
        self,
        paths: dict[str, tuple[str, ...] | None] | None = None,
        *,
        on_progress: Callable[[int], None] = lambda _left: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Summary:
        """Compare disk and store and mend the difference; return what was done.

        `paths` limits the look: for each root's name some relative paths, or None for the whole root; without it
        everything is looked at. `on_progress` is told how many notes are left; `should_stop` is asked between
        notes, and what is committed by then stands.
        """
        summary = Summary()
        if paths is None:
            summary.removed += self._forget_unnamed_roots(should_stop)
            self.shards.check()
        scope = paths if paths is not None else {root.name: None for root in self.roots}
        plans = [self._planner.plan(root, scope[root.name]) for root in self.roots if root.name in scope]
        self._look(plans, summary, on_progress, should_stop)
        if not should_stop():
            for plan in plans:
                self._delete(plan, summary, should_stop)
            summary.written.append(self.shards.write())
        return summary

    def _look(
        self,
        plans: list[Plan],
        summary: Summary,
        on_progress: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> None:
        left = sum(len(plan.look) for plan in plans)
        if not left:
            return
        entries = {(plan.root.name, entry.path): entry for plan in plans for entry in plan.look}
        results = self.workers.run(self._tasks(plans))
        shards_due = monotonic() + SECONDS_BETWEEN_SHARDS
        while not should_stop() and (chunk := list(_until(should_stop, islice(results, NOTES_PER_COMMIT)))):
            self._commit([(entries[task.root, task.path], task, found) for task, found in chunk], summary)
            left -= len(chunk)
            on_progress(left)
            if left and (began := monotonic()) > shards_due:
                summary.written.append(self.shards.write())
                ended = monotonic()
                # The more shards there are the longer it takes: at most a tenth of the time may go into it.
                shards_due = ended + max(SECONDS_BETWEEN_SHARDS, 9 * (ended - began))

    def _tasks(self, plans: list[Plan]) -> Iterator[Task]:
        for plan in plans:
            for entry in plan.look:
                yield self._task(plan.root, entry)

    def _task(self, root: WatchedRoot, entry: Entry) -> Task:
        connection = self.store.connection
        row = connection.execute(
            "SELECT content FROM files WHERE root = ? AND path = ? AND curation = ? AND outcome = 'document'",
            (root.name, entry.path, self.curation),
        ).fetchone()
        # What other code or other settings made of a section is not taken over.
        keys = [
            str(key)
            for (key,) in connection.execute(
                "SELECT key FROM sections WHERE document = ?", (document_id(root.name, entry.path),)
            )
            if row is not None
        ]
        return Task(
            root=root.name,
            path=entry.path,
            kind=root.kind,
            file=root.path / entry.path,
            content=row[0] if row else None,
            known_keys=tuple(keys),
            max_bytes=self.settings.memory.max_bytes,
            min_characters=self.settings.memory.min_characters,
            options=self.options,
            redaction=self.redaction,
        )

    def _commit(self, chunk: list[tuple[Entry, Task, Examined]], summary: Summary) -> None:
        moment = now()
        with batch(self.store, self.settings.shards.documents) as changes:
            for entry, task, found in chunk:
                disk.put_file(changes.connection, self._file_record(entry, task, found))
                if found.unchanged:
                    continue
                disk.put_problems(changes.connection, task.root, task.path, "note", found.problems, moment)
                if found.document is not None:
                    changes.put(found.document)
                else:
                    changes.remove(task.root, task.path)
        for _, task, found in chunk:
            _count(found, summary)
            for problem in found.problems:
                log.warning("problem", root=task.root, path=task.path, code=problem.code)

    def _file_record(self, entry: Entry, task: Task, found: Examined) -> FileRecord:
        return FileRecord(
            root=task.root,
            path=entry.path,
            size=entry.size,
            mtime_ns=entry.mtime_ns,
            ctime_ns=entry.ctime_ns,
            inode=entry.inode,
            device=entry.device,
            outcome=found.outcome,
            reason=found.reason,
            content=found.content,
            curation=self.curation,
        )

    def _delete(self, plan: Plan, summary: Summary, should_stop: Callable[[], bool]) -> None:
        if self._planner.judge(plan):
            summary.held += len(plan.gone)
            return
        removed = self._remove([(plan.root.name, path) for path in plan.gone], should_stop)
        summary.removed += removed
        if removed == len(plan.gone):
            self._planner.settled(plan)

    def _forget_unnamed_roots(self, should_stop: Callable[[], bool]) -> int:
        names = {root.name for root in self.roots}
        gone = disk.files_of_other_roots(self.store.connection, names)
        removed = self._remove(gone, should_stop)
        if removed == len(gone):
            with self.store.transaction() as connection:
                disk.forget_other_roots(connection, names)
        return removed

    def _remove(self, files: list[tuple[str, str]], should_stop: Callable[[], bool]) -> int:
        """Forget files and what they gave, some at a time so that a stop need not wait; return how many."""
        removed = 0
        while removed < len(files) and not should_stop():
            with batch(self.store, self.settings.shards.documents) as changes:
                for root, path in files[removed : removed + NOTES_PER_COMMIT]:
                    changes.remove(root, path)
                    disk.forget_file(changes.connection, root, path)
                    removed += 1
        return removed


def _fingerprint(settings: Settings, options: Options, redaction: Redaction) -> str:
    """Return what the judgement on a note depends on besides its bytes, as a hash."""
    memory = settings.memory
    parts = (implementation(), repr(options), repr(redaction), memory.max_bytes, memory.min_characters)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _until(
    should_stop: Callable[[], bool], results: Iterator[tuple[Task, Examined]]
) -> Iterator[tuple[Task, Examined]]:
    for result in results:
        if should_stop():
            return
        yield result


def _count(found: Examined, summary: Summary) -> None:
    summary.examined += 1
    if not found.unchanged:
        summary.stored += found.outcome is Outcome.DOCUMENT
        summary.skipped += found.outcome is Outcome.SKIPPED
        summary.failed += found.outcome is Outcome.FAILED
