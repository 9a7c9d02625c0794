"""Comparing the disk with what is known of it, and judging whether deletions are to be believed.

The comparison is the merge of two sorted streams, so it needs no memory beyond the differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from curatord.memory.scan import Entry


@dataclass(frozen=True, slots=True)
class Difference:
    """What makes the known into what is on the disk; each part is sorted by path.

    `added` and `changed` hold the entries as the disk has them, `removed` as they were known.
    """

    added: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    removed: tuple[Entry, ...]


def diff(on_disk: Iterable[Entry], known: Iterable[Entry], unreadable: Collection[str] = ()) -> Difference:
    """Compare two streams of entries, each strictly ascending by path; raises ValueError where one is not.

    An entry has changed when its size, mtime, ctime or inode has; another device number alone is no change,
    as mounting again renumbers devices. Known entries at or below a path in `unreadable` are not counted as
    removed.
    """
    added: list[Entry] = []
    changed: list[Entry] = []
    removed: list[Entry] = []
    disk_side, known_side = _ascending(on_disk), _ascending(known)
    found, old = next(disk_side, None), next(known_side, None)
    while found is not None or old is not None:
        if old is None or (found is not None and found.path < old.path):
            assert found is not None
            added.append(found)
            found = next(disk_side, None)
        elif found is None or old.path < found.path:
            if not lies_under(old.path, unreadable):
                removed.append(old)
            old = next(known_side, None)
        else:
            if _has_changed(found, old):
                changed.append(found)
            found, old = next(disk_side, None), next(known_side, None)
    return Difference(tuple(added), tuple(changed), tuple(removed))


def judge_deletions(
    *, removed: int, total: int, present: bool, device_changed: bool, above: int, share: float
) -> str | None:
    """Return why `removed` deletions among a root's `total` known notes are held back, None to let them pass.

    They are held when the root has vanished, when it is on another device than before, and when more than
    `above` notes and more than `share` (0 to 1) of all are gone at once: so does an unmounted disk look.
    """
    if not present:
        kept = "its one note is" if total == 1 else f"its {total} notes are"
        return f"The directory is gone; {kept} kept." if total else None
    if device_changed and removed:
        return f"The directory is on another device than before, and {removed} of {total} notes are not there."
    if removed > above and removed > share * total:
        return f"{removed} of {total} notes are gone at once."
    return None


def lies_under(path: str, places: Collection[str]) -> bool:
    """Tell whether `path` is one of `places` or lies below one; the place "" covers everything."""
    if not places:
        return False
    if path in places or "" in places:
        return True
    position = path.rfind("/")
    while position != -1:
        if path[:position] in places:
            return True
        position = path.rfind("/", 0, position)
    return False


def _has_changed(found: Entry, old: Entry) -> bool:
    return (
        found.mtime_ns != old.mtime_ns
        or found.size != old.size
        or found.ctime_ns != old.ctime_ns
        or found.inode != old.inode
    )


def _ascending(entries: Iterable[Entry]) -> Iterator[Entry]:
    last: str | None = None
    for entry in entries:
        if last is not None and entry.path <= last:
            raise ValueError(f"Entries must ascend by path, but {entry.path!r} follows {last!r}.")
        last = entry.path
        yield entry
