"""The usual places of memories on a machine: where agents write theirs, and where people keep notes in markdown.

Nothing is read but names of directories, and of vaults in Obsidian's own list. Which agent keeps its memory where is
told by its documentation: Claude Code (code.claude.com/docs, "memory"), Codex (developers.openai.com/codex/memories),
OpenClaw (docs.openclaw.ai, "agent workspace").
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from curatord.memory.document import Kind
from curatord.memory.ignore import is_noise
from curatord.paths import is_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Place:
    """A directory that looks like a memory root: whose it is in words, and whether one is proposed to watch it.

    Agents' memories are proposed; what a person wrote for other ends is found, and left to their choice.
    """

    path: Path
    kind: Kind
    what: str
    proposed: bool = True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where is looked: the home directory, the working directory, and the environment's variables."""

    home: Path
    here: Path
    variables: Mapping[str, str]

    def directory(self, variable: str, usual: str) -> Path:
        """Return the directory that a variable names, else the usual one below the home directory."""
        named = self.variables.get(variable, "")
        return Path(named).expanduser().absolute() if named else self.home / usual


def usual_places(around: Surroundings) -> tuple[Place, ...]:
    """Return the places that are there, agents' memories first; those proposed do not lie inside one another."""
    found = (
        *_cl_go(around),
        *_claude_code(around),
        *_codex(around),
        *_openclaw(around),
        *_in_projects(around),
        *_vaults(around),
        *_plain(around),
    )
    return tuple(_apart(_distinct(found, around.home)))


# --- agents -----------------------------------------------------------------------------------------------------------


def _cl_go(around: Surroundings) -> Iterator[Place]:
    yield from _by_kind(around.directory("XDG_DATA_HOME", ".local/share") / "cl-go" / "memory", "CL-GO")


def _claude_code(around: Surroundings) -> Iterator[Place]:
    base = around.directory("CLAUDE_CONFIG_DIR", ".claude")
    for memory in _directories(base, "projects/*/memory"):
        yield Place(memory, Kind.KNOWLEDGE, f"Claude Code, project {memory.parent.name}")
    for memory in _directories(base, "agent-memory"):
        yield Place(memory, Kind.KNOWLEDGE, "Claude Code, subagents")
    if _is_there(base / "CLAUDE.md"):
        # It holds skills, commands and plugins as well, which are no memories.
        yield Place(base, Kind.KNOWLEDGE, "Claude Code, CLAUDE.md and all else there", proposed=False)


def _codex(around: Surroundings) -> Iterator[Place]:
    for memory in _directories(around.directory("CODEX_HOME", ".codex"), "memories"):
        yield Place(memory, Kind.KNOWLEDGE, "Codex")


def _openclaw(around: Surroundings) -> Iterator[Place]:
    named = [Path(path).expanduser() for path in (around.variables.get("OPENCLAW_WORKSPACE_DIR", ""),) if path]
    state = around.directory("OPENCLAW_STATE_DIR", ".openclaw")
    profiles = (*_directories(state, "workspace*"), *_directories(around.home, ".openclaw-*/workspace"))
    for workspace in (*named, *profiles, around.home / "openclaw", around.home / "clawd"):
        yield from _workspace(workspace)


def _workspace(workspace: Path) -> Iterator[Place]:
    """Yield an agent's workspace: the daily notes of its `memory/`, and what it keeps in `MEMORY.md`."""
    if is_directory(workspace / "memory"):
        yield Place(workspace / "memory", Kind.EPISODES, f"OpenClaw, daily notes of {workspace.name}")
    if _is_there(workspace / "MEMORY.md"):
        # The whole workspace holds the daily notes, instructions and skills too.
        alone = not is_directory(workspace / "memory")
        yield Place(workspace, Kind.KNOWLEDGE, f"OpenClaw, all of {workspace.name}", proposed=alone)


def _in_projects(around: Surroundings) -> Iterator[Place]:
    for base, where in ((around.home, "your home directory"), (around.here, "this directory")):
        for name in ("memory", "memories"):
            yield from _by_kind(base / name, f"{name} of {where}")
        yield from _named(base, "memory-bank", f"memory bank of {where}")
        yield from _named(base, "basic-memory", "Basic Memory")
        yield from _named(base, ".serena/memories", f"Serena, {where}")
        yield from _named(base, ".claude/agent-memory", f"Claude Code, subagents of {where}")


def _by_kind(memory: Path, what: str) -> Iterator[Place]:
    """Yield the directories of each kind in a memory, or where it has none of them, the memory itself."""
    parts = [Place(memory / kind, kind, f"{what}, {kind}") for kind in Kind if is_directory(memory / kind)]
    yield from parts or _named(memory.parent, memory.name, what)


def _named(base: Path, name: str, what: str) -> Iterator[Place]:
    if is_directory(base / name):
        yield Place(base / name, Kind.KNOWLEDGE, what)


# --- people's notes ---------------------------------------------------------------------------------------------------

_MARKS = {
    ".obsidian": "Obsidian vault",
    ".foam": "Foam",
    ".zk": "zk notebook",
    "dendron.yml": "Dendron",
}
_LOGSEQ = "logseq/config.edn"
_SHELVES = (
    "",
    "Documents",
    "Documents/Obsidian",
    "Dropbox",
    "Obsidian",
    "Notes",
    "notes",
    "vaults",
    "Library/Mobile Documents/iCloud~md~obsidian/Documents",
)
_PLAIN = ("notes", "Notes", "Documents/Notes", "Documents/notes", "zettelkasten", "Zettelkasten", "wiki", "vimwiki")


def _vaults(around: Surroundings) -> Iterator[Place]:
    """Yield what a tool for notes has marked as its own, one level below the usual shelves."""
    shelves = [around.home / shelf for shelf in _SHELVES]
    below = (directory for shelf in shelves for directory in _directories(shelf, "*"))
    for directory in (around.here, *_obsidian_vaults(around), *below):
        if _is_there(directory / _LOGSEQ):
            yield from _logseq(directory)
            continue
        mark = next((mark for mark in _MARKS if _is_there(directory / mark)), None)
        if mark is not None:
            yield Place(directory, Kind.KNOWLEDGE, f"{_MARKS[mark]} {directory.name}", proposed=False)


def _logseq(graph: Path) -> Iterator[Place]:
    for name, kind in (("pages", Kind.KNOWLEDGE), ("journals", Kind.EPISODES)):
        if is_directory(graph / name):
            yield Place(graph / name, kind, f"Logseq, {name} of {graph.name}", proposed=False)


def _obsidian_vaults(around: Surroundings) -> Iterator[Path]:
    """Yield the vaults that Obsidian has in its list, wherever they are."""
    configuration = around.directory("XDG_CONFIG_HOME", ".config")
    for base in (configuration / "obsidian", around.home / "Library/Application Support/obsidian"):
        try:
            listed = json.loads((base / "obsidian.json").read_bytes())["vaults"].values()
            vaults = [Path(vault["path"]) for vault in listed]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # another program's file: what is not as expected tells nothing
        yield from (vault for vault in vaults if is_directory(vault))


def _plain(around: Surroundings) -> Iterator[Place]:
    for name in _PLAIN:
        if is_directory(around.home / name) and _has_note(around.home / name):
            yield Place(around.home / name, Kind.KNOWLEDGE, "notes", proposed=False)


def _has_note(directory: Path) -> bool:
    return any(
        not is_noise(name, is_directory=False)
        for _, _, names in os.walk(directory, followlinks=False)
        for name in names
    )


# --- putting together -------------------------------------------------------------------------------------------------


def _directories(base: Path, pattern: str) -> list[Path]:
    """Return the directories that match; what may not be looked at is as if it were not there."""
    try:
        return [path for path in sorted(base.glob(pattern)) if is_directory(path)]
    except OSError:
        return []


def _is_there(path: Path) -> bool:
    """Tell whether a path is there; False where that may not be seen, for which `Path.exists` may raise."""
    return os.path.lexists(path)


def _distinct(places: Iterable[Place], home: Path) -> Iterator[Place]:
    """Leave out what was found before by another name, and what holds the home directory itself."""
    seen = set()
    for place in places:
        status = place.path.stat()
        identity = (status.st_dev, status.st_ino)
        if identity not in seen and not home.resolve().is_relative_to(place.path.resolve()):
            seen.add(identity)
            yield place


def _apart(places: Iterable[Place]) -> Iterator[Place]:
    """Propose nothing that lies inside, or around, what is proposed already."""
    proposed: list[Path] = []
    for place in places:
        path = place.path.resolve()
        overlaps = any(path.is_relative_to(other) or other.is_relative_to(path) for other in proposed)
        if place.proposed and not overlaps:
            proposed.append(path)
        yield replace(place, proposed=place.proposed and not overlaps)
