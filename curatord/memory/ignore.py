"""Which files are notes: built-in rules against noise, then the user's patterns in gitignore syntax."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

if TYPE_CHECKING:
    from collections.abc import Iterable

IGNORE_FILE = ".curatorignore"

_NOTE_SUFFIXES = (".md", ".markdown")

# Directories that tools fill beside notes; .git, .obsidian, .trash and the like are hidden by their dot.
_TOOL_DIRECTORIES = frozenset({"node_modules", "__pycache__", "__MACOSX", "@eaDir", "$RECYCLE.BIN"})


def is_noise(path: str, *, is_directory: bool) -> bool:
    """Tell whether the last name of `path` can be neither a note nor a directory of notes.

    Hidden names, editors' temporary and lock files, tools' directories, and files that are not `*.md` or
    `*.markdown` (in any case) are noise. Directories above the last name are not looked at.
    """
    name = path[path.rfind("/") + 1 :]
    if name.startswith((".", "~$")):
        return True
    if is_directory:
        return name in _TOOL_DIRECTORIES or name.endswith(("~", ".tmp")) or ".sb-" in name
    return not name.lower().endswith(_NOTE_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Ignore:
    """The rules of one memory root; build it with `Ignore.build`.

    `rejected` holds the patterns that mean nothing (an exclamation mark alone, an unclosed bracket): they are
    left out, and their author should be told.
    """

    rejected: tuple[str, ...]
    _spec: GitIgnoreSpec
    _hidden: dict[str, bool] = field(default_factory=lambda: {"": False}, compare=False, repr=False)

    @classmethod
    def build(cls, patterns: Iterable[str], ignore_file: str = "") -> Self:
        """Compile the configured `patterns`, then the text of `.curatorignore`, which may undo them."""
        compiled: list[GitIgnoreSpecPattern] = []
        rejected: list[str] = []
        for line in (*patterns, *ignore_file.splitlines()):
            if not line.strip() or line.startswith("#"):
                continue
            pattern = _compiled(line)
            if pattern is None:
                rejected.append(line)
            else:
                compiled.append(pattern)
        return cls(rejected=tuple(rejected), _spec=GitIgnoreSpec(compiled))

    def ignores(self, path: str, *, is_directory: bool) -> bool:
        """Tell whether `path`, relative to the root with `/` between names, is left out.

        As in git, an ignored directory hides everything below it: nothing there can be taken back in.
        Built-in rules come first and cannot be undone.
        """
        return self._matches(path, is_directory=is_directory) or self._hides(path[: max(path.rfind("/"), 0)])

    def _matches(self, path: str, *, is_directory: bool) -> bool:
        if is_noise(path, is_directory=is_directory):
            return True
        return self._spec.match_file(f"{path}/" if is_directory else path)

    def _hides(self, directory: str) -> bool:
        """Judge a directory and those above it once; a walk asks the same for each of its files."""
        known = self._hidden.get(directory)
        if known is None:
            known = any(
                self._matches(above, is_directory=True) for above in (*_directories_above(directory), directory)
            )
            self._hidden[directory] = known
        return known


def _compiled(line: str) -> GitIgnoreSpecPattern | None:
    try:
        pattern = GitIgnoreSpecPattern(line)
    except (ValueError, re.error):
        return None
    return None if pattern.include is None else pattern


def _directories_above(path: str) -> list[str]:
    return [path[:position] for position, letter in enumerate(path) if letter == "/"]
