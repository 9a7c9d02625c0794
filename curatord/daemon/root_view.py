"""What the history tells of the memory roots: pure comparison of how they stood with how they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from curatord.daemon.roots import WatchedRoot

View = dict[str, dict[str, Any]]  # by the root's name; JSON, as it is kept in the store
Change = tuple[str, dict[str, Any]]  # the name of an event, and its data


def view(roots: Iterable[WatchedRoot], troubles: Mapping[str, str], holds: Mapping[str, str]) -> View:
    """Return how the roots stand."""
    return {
        root.name: {"path": str(root.configured), "trouble": troubles.get(root.name), "held": holds.get(root.name)}
        for root in roots
    }


def changes(before: View, now: View) -> Iterator[Change]:
    """Yield what became of the roots, as events."""
    for name in sorted(before.keys() - now.keys()):
        yield "root_removed", {"root": name, "path": before[name]["path"]}
    for name, root in now.items():
        known = before.get(name, {})
        if known.get("path") != root["path"]:
            yield "root_added", {"root": name, "path": root["path"]}
        if root["trouble"] != known.get("trouble"):
            yield _trouble(name, root)
        if root["held"] and root["held"] != known.get("held"):
            yield "deletions_held", {"root": name, "reason": root["held"]}


def _trouble(name: str, root: Mapping[str, Any]) -> Change:
    if root["trouble"] is None:
        return "root_found", {"root": name}
    return "root_lost", {"root": name, "path": root["path"], "trouble": root["trouble"]}
