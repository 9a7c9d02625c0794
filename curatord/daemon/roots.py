"""The memory roots as the daemon knows them: a short name, the resolved directory, the kind."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.paths import is_directory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from curatord.config import Root
    from curatord.memory.document import Kind


@dataclass(frozen=True, slots=True)
class WatchedRoot:
    """A root; the name and not the path is part of a document's identity, so that a memory can move."""

    name: str
    path: Path
    configured: Path
    kind: Kind

    def trouble(self) -> str | None:
        """Return what is wrong with the directory now: missing, unreadable, or nothing."""
        if not is_directory(self.path):
            return "missing"
        return None if os.access(self.path, os.R_OK | os.X_OK, effective_ids=True) else "unreadable"


def troubles(roots: Iterable[WatchedRoot]) -> dict[str, str]:
    """Return what is wrong with the roots where something is, by name."""
    found = {root.name: root.trouble() for root in roots}
    return {name: trouble for name, trouble in found.items() if trouble}


def name_roots(roots: Iterable[Root]) -> tuple[WatchedRoot, ...]:
    """Name roots after their kind, numbering further ones: knowledge, episodes, knowledge-2."""
    seen: Counter[str] = Counter()
    named = []
    for root in roots:
        seen[root.kind] += 1
        number = seen[root.kind]
        name = root.kind.value if number == 1 else f"{root.kind}-{number}"
        # A root that is a symbolic link is resolved once: inotify does not see through one.
        named.append(WatchedRoot(name, root.path.resolve(), root.path, root.kind))
    return tuple(named)
