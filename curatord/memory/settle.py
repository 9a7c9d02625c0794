"""Folding a burst of hints into one batch, once it has been quiet for a while.

An editor saves in several steps, and a checkout touches thousands of files; each should be one batch. Hints
only say where to look first, so a batch may name more than has changed, but never less.
"""

from __future__ import annotations

from dataclasses import dataclass

from curatord.memory.reconcile import lies_under


@dataclass(frozen=True, slots=True)
class Hint:
    """Something may have changed in the memory root `root`: at `path` or below it, or anywhere if it is None.

    `path` is relative to the root, with `/` between names.
    """

    root: str
    path: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """The hints of one quiet spell; none lies below another."""

    hints: frozenset[Hint]

    def by_root(self) -> dict[str, tuple[str, ...] | None]:
        """Return the paths to look at by root, sorted; None stands for the whole root."""
        paths: dict[str, list[str]] = {}
        whole: set[str] = set()
        for hint in self.hints:
            if hint.path is None:
                whole.add(hint.root)
            else:
                paths.setdefault(hint.root, []).append(hint.path)
        folded = {root: tuple(sorted(found)) for root, found in paths.items() if root not in whole}
        return folded | dict.fromkeys(whole)

    def covers(self, hint: Hint) -> bool:
        """Tell whether looking where this batch says also looks where `hint` says."""
        if Hint(hint.root, None) in self.hints:
            return True
        places = {own.path for own in self.hints if own.root == hint.root and own.path is not None}
        return hint.path is not None and lies_under(hint.path, places)


class SettleWindow:
    """Gathers hints until none has come for `quiet` seconds, but no longer than `longest` seconds.

    Times are monotonic seconds and always given, never read from a clock. More than `limit` paths in one root
    become the whole root. Not safe for use by several threads at once.
    """

    def __init__(self, quiet: float, longest: float, limit: int = 512) -> None:
        self._quiet = quiet
        self._longest = longest
        self._limit = limit
        self._paths: dict[str, set[str]] = {}
        self._first: float | None = None
        self._last = 0.0

    @property
    def pending(self) -> int:
        """How many places wait to be looked at."""
        return sum(len(places) for places in self._paths.values())

    def add(self, hint: Hint, now: float) -> None:
        """Take in a hint that came at `now`."""
        if self._first is None:
            self._first = self._last = now
        self._last = max(self._last, now)
        places = self._paths.setdefault(hint.root, set())
        if not lies_under(hint.path or "", places):
            self._insert(hint.root, hint.path or "")

    def due_at(self) -> float | None:
        """Return when the batch is due, None where there is nothing to wait for."""
        if self._first is None:
            return None
        return min(self._last + self._quiet, self._first + self._longest)

    def take(self) -> Batch:
        """Return the hints gathered so far as one batch, and start anew."""
        hints = frozenset(
            Hint(root, place or None) for root, places in self._paths.items() for place in _folded(places)
        )
        self._paths = {}
        self._first = None
        return Batch(hints)

    def _insert(self, root: str, place: str) -> None:
        places = self._paths[root]
        places.add(place)
        if not place or len(places) > self._limit:
            folded = _folded(places)
            self._paths[root] = folded if len(folded) <= self._limit else {""}


def _folded(places: set[str]) -> set[str]:
    """Drop the places that lie below another one."""
    if "" in places:
        return {""}
    return {place for place in places if not lies_under(place[: max(place.rfind("/"), 0)], places)}
