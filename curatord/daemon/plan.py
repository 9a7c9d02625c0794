"""What a memory root needs: the disk compared with what is known of it, and deletions judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from curatord.log import get_logger
from curatord.memory.reconcile import diff, judge_deletions, lies_under
from curatord.memory.scan import Entry, Scan, scan_paths, scan_root
from curatord.store import disk
from curatord.store.records import ProblemRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.config import Memory
    from curatord.daemon.roots import WatchedRoot
    from curatord.store.database import Store

# Troubles that may pass without the file changing: looked at again whenever the whole root is.
PASSING = frozenset({"missing", "unreadable", "changing", "evicted"})

log = get_logger("plan")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one root needs: files to look at, files that are gone, and why deletions wait (if they do)."""

    root: WatchedRoot
    look: tuple[Entry, ...]
    gone: tuple[str, ...]
    held: str | None


class Planner:
    """Compares memory roots with the store; `curation` is the fingerprint that notes must have been judged by."""

    def __init__(self, memory: Memory, store: Store, curation: str) -> None:
        """Work from the thread that owns the store."""
        self._memory = memory
        self._store = store
        self._curation = curation

    def plan(self, root: WatchedRoot, paths: tuple[str, ...] | None) -> Plan:
        """Look at some paths of a root, or (None) at all of it, and note what the look itself tells."""
        patterns = self._memory.ignore
        if not root.path.is_dir():
            paths = None  # the root itself is gone: judge the whole
        scan = scan_root(root.path, patterns) if paths is None else scan_paths(root.path, patterns, paths)
        connection = self._store.connection
        known = disk.known_files(connection, root.name, paths)
        difference = diff(scan.entries, [file.entry for file in known], unreadable=scan.unreadable)
        look = {entry.path: entry for entry in (*difference.added, *difference.changed)}
        look.update(self._judged_otherwise(scan, known, whole=paths is None))
        removed = tuple(entry.path for entry in difference.removed)
        reason = judge_deletions(
            removed=len(removed),
            total=disk.count_files(connection, root.name),
            present=scan.present,
            device_changed=_device_changed(disk.root_device(connection, root.name), scan.device),
            above=self._memory.hold_deletions_above,
            share=self._memory.hold_deletions_share,
        )
        if reason and disk.is_confirmed(connection, root.name):
            reason = None
        self._remember_root(root, scan, reason, paths)
        return Plan(root, tuple(look[path] for path in sorted(look)), removed, reason)

    def _judged_otherwise(self, scan: Scan, known: list[disk.KnownFile], *, whole: bool) -> Iterator[tuple[str, Entry]]:
        """Return files that have not changed but were judged by other code, or failed for a passing reason."""
        doubtful = {
            file.entry.path for file in known if file.curation != self._curation or (whole and file.reason in PASSING)
        }
        return ((entry.path, entry) for entry in scan.entries if entry.path in doubtful)

    def _remember_root(self, root: WatchedRoot, scan: Scan, reason: str | None, paths: tuple[str, ...] | None) -> None:
        problems = [ProblemRecord(root.name, p.path, p.code, p.message) for p in scan.problems]
        if not scan.present:
            problems.append(ProblemRecord(root.name, "", "missing", f"{root.path} is not there"))
        moment = now()
        with self._store.transaction() as connection:
            # While deletions are held the former device stays: it is what the hold is about.
            disk.put_root(connection, root.name, str(root.path), None if reason else scan.device)
            if paths is None:
                disk.put_scan_problems(connection, root.name, problems, moment)
            else:
                for path in paths:
                    own = [problem for problem in problems if lies_under(problem.path, (path,))]
                    disk.put_scan_problems(connection, root.name, own, moment, below=path)
            if reason:
                disk.hold_deletions(connection, root.name, reason, moment)
            elif paths is None:
                disk.release_deletions(connection, root.name)
        if reason:
            log.warning("deletions_held", root=root.name, reason=reason)


def now() -> str:
    """Return the time of day as the store keeps it: ISO 8601, UTC, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _device_changed(before: int | None, now: int | None) -> bool:
    return before is not None and now is not None and before != now
