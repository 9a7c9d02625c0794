"""What a memory root needs: the disk compared with what is known of it, and deletions judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from curatord.log import get_logger
from curatord.memory.reconcile import diff, judge_deletions, lies_under
from curatord.memory.scan import Entry, Scan, ScanProblem, scan_paths, scan_root
from curatord.store import disk
from curatord.store.records import ProblemRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.config import Memory
    from curatord.daemon.reach import Reach
    from curatord.daemon.roots import WatchedRoot
    from curatord.store.database import Store

# Troubles that may pass without the file changing: looked at again whenever the whole root is.
PASSING = frozenset({"missing", "unreadable", "changing", "evicted"})

log = get_logger("plan")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one root needs: files to look at, and files that are gone.

    `known` is how many files the store knew before, `present` and `device` are what the root is now, `whole` tells
    whether all of it was looked at.
    """

    root: WatchedRoot
    look: tuple[Entry, ...]
    gone: tuple[str, ...]
    known: int
    present: bool
    device: int | None
    whole: bool


class Planner:
    """Compares memory roots with the store; `curation` is the fingerprint that notes must have been judged by."""

    def __init__(self, memory: Memory, store: Store, curation: str, reach: Reach | None = None) -> None:
        """Work from the thread that owns the store; with a reach, what is beyond it is taken to be unreadable."""
        self._memory = memory
        self._reach = reach
        self._store = store
        self._curation = curation

    def plan(self, root: WatchedRoot, paths: tuple[str, ...] | None) -> Plan:
        """Look at some paths of a root, or (None) at all of it, and note what the look itself tells."""
        connection = self._store.connection
        barrier = self._reach.barrier(root.path) if self._reach else None
        if barrier or root.trouble() or root.name in disk.holds(connection):
            paths = None  # whether the root is there, and whether its files are back, is judged by the whole
        scan = _closed(barrier) if barrier else self._scan(root, paths)
        known = disk.known_files(connection, root.name, paths)
        difference = diff(scan.entries, [file.entry for file in known], unreadable=scan.unreadable)
        look = {entry.path: entry for entry in (*difference.added, *difference.changed)}
        look.update(self._judged_otherwise(scan, known, whole=paths is None))
        plan = Plan(
            root,
            look=tuple(look[path] for path in sorted(look)),
            gone=tuple(entry.path for entry in difference.removed),
            known=disk.count_files(connection, root.name),
            present=scan.present,
            device=scan.device,
            whole=paths is None,
        )
        self._remember_problems(root, scan, paths)
        return plan

    def judge(self, plan: Plan) -> str | None:
        """Return why the deletions of a root wait, None where they may go through; a hold is remembered.

        To be asked when what is new has been stored: a note that has moved is not lost.
        """
        connection, name = self._store.connection, plan.root.name
        if disk.is_confirmed(connection, name) or (reason := self._reason(plan)) is None:
            return None
        if disk.holds(connection).get(name) != reason:
            log.warning("deletions_held", root=name, reason=reason)
        with self._store.transaction():
            # The former device stays: it may be what the hold is about.
            disk.put_root(connection, name, str(plan.root.path), None)
            disk.hold_deletions(connection, name, reason, now())
        return reason

    def settled(self, plan: Plan) -> None:
        """Remember that what was gone has been forgotten: only then is a confirmation used up."""
        with self._store.transaction() as connection:
            disk.put_root(connection, plan.root.name, str(plan.root.path), plan.device)
            if plan.whole:
                disk.release_deletions(connection, plan.root.name)

    def _scan(self, root: WatchedRoot, paths: tuple[str, ...] | None) -> Scan:
        patterns = self._memory.ignore
        return scan_root(root.path, patterns) if paths is None else scan_paths(root.path, patterns, paths)

    def _reason(self, plan: Plan) -> str | None:
        connection, above = self._store.connection, self._memory.hold_deletions_above
        removed = len(plan.gone)
        if plan.present and removed > above:
            removed = disk.count_lost(connection, plan.root.name, plan.gone)
        return judge_deletions(
            removed=removed,
            total=plan.known,
            present=plan.present,
            device_changed=_device_changed(disk.root_device(connection, plan.root.name), plan.device),
            above=above,
            share=self._memory.hold_deletions_share,
        )

    def _judged_otherwise(self, scan: Scan, known: list[disk.KnownFile], *, whole: bool) -> Iterator[tuple[str, Entry]]:
        """Return files that have not changed but were judged by other code, or failed for a passing reason."""
        doubtful = {
            file.entry.path for file in known if file.curation != self._curation or (whole and file.reason in PASSING)
        }
        return ((entry.path, entry) for entry in scan.entries if entry.path in doubtful)

    def _remember_problems(self, root: WatchedRoot, scan: Scan, paths: tuple[str, ...] | None) -> None:
        problems = [ProblemRecord(root.name, p.path, p.code, p.message) for p in scan.problems]
        if not scan.present and not problems:
            problems.append(ProblemRecord(root.name, "", "missing", f"{root.path} is not there."))
        moment = now()
        with self._store.transaction() as connection:
            if paths is None:
                disk.put_scan_problems(connection, root.name, problems, moment)
            else:
                for path in paths:
                    own = [problem for problem in problems if lies_under(problem.path, (path,))]
                    disk.put_scan_problems(connection, root.name, own, moment, below=path)


def now() -> str:
    """Return the time of day as the store keeps it: ISO 8601, UTC, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _closed(barrier: str) -> Scan:
    """Return what is known of a root that is beyond reach: nothing, so that nothing there counts as gone."""
    return Scan((), (ScanProblem("", "unreadable", barrier),), ("",), None, present=True)


def _device_changed(before: int | None, now: int | None) -> bool:
    return before is not None and now is not None and before != now
