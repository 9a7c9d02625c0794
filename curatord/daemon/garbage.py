"""What lies in a state directory and is of no use any more: found first, then taken away."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.daemon.backup import RUN_LEFTOVERS
from curatord.serve.adapters import Adapters
from curatord.store.atomic import TEMPORARY_SUFFIX
from curatord.train.model_files import models_directory
from curatord.train.run_directory import list_runs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from curatord.config import Settings
    from curatord.paths import StateDirectory

HOUR = 3600.0
_DAYS_OF_A_CACHE = 90


@dataclass(frozen=True, slots=True)
class Garbage:
    """A file or directory that can go, why, and the bytes it takes."""

    path: Path
    why: str
    bytes: int


@dataclass(frozen=True, slots=True)
class KnownRun:
    """What decides on the fate of a run: whether it has ended, and whether its adapter is kept."""

    id: str
    has_ended: bool
    has_adapter: bool


def superfluous_runs(runs: Iterable[KnownRun], keep: int) -> list[str]:
    """Return the runs, given in order, that can go: ended ones without a kept adapter, but for the last so many."""
    ended = [run for run in runs if run.has_ended]
    recent = {run.id for run in ended[-keep:]} if keep else set()
    return [run.id for run in ended if not run.has_adapter and run.id not in recent]


def find(state: StateDirectory, settings: Settings, *, is_running: bool) -> list[Garbage]:
    """Return what can go; beside a running daemon, only what it cannot be using."""
    shelf = Adapters(state)
    surplus = {adapter.id for adapter in shelf.surplus(settings.exam.keep)}
    kept = {adapter.id for adapter in shelf.all()} - surplus
    found = [Garbage(state.adapters / name, "old adapter", _size(state.adapters / name)) for name in sorted(surplus)]
    found += _runs(state.runs, kept, settings.keeping.runs)
    found += _temporary(state, HOUR if is_running else 0.0)
    found += _caches(models_directory(settings.training.models))
    return found


def take_away(garbage: Sequence[Garbage]) -> list[Garbage]:
    """Delete it, and return what would not go. A directory is out of the way before the first file in it is deleted."""
    for item in garbage:
        if item.path.is_dir() and not item.path.is_symlink():
            _delete_directory(item.path)
        else:
            _unlink(item.path)
    return [item for item in garbage if item.path.exists()]


def _runs(runs: Path, kept: Collection[str], keep: int) -> Iterator[Garbage]:
    listed = list_runs(runs).runs
    known = [KnownRun(run.id, not run.state().state.is_pending, run.id in kept) for run in listed]
    gone = set(superfluous_runs(known, keep))
    for run in listed:
        if run.id in gone:
            yield Garbage(run.path, "old run", _size(run.path))
        elif run.id in kept and not run.state().state.is_pending:
            for path in (run.path / name for name in RUN_LEFTOVERS):
                if path.is_dir():
                    yield Garbage(path, "copy of a kept adapter", _size(path))


def _temporary(state: StateDirectory, age: float) -> Iterator[Garbage]:
    """Yield what was begun and never finished; what is not older than this, in seconds, may still be."""
    for directory in (state.path, state.shards / "sft", state.shards / "preference", state.runs, state.adapters):
        for path in sorted(directory.glob(f"*{TEMPORARY_SUFFIX}")):
            if time.time() - path.lstat().st_mtime >= age:
                yield Garbage(path, "unfinished", _size(path))


def _caches(models: Path) -> Iterator[Garbage]:
    for path in sorted((models / "replay").glob("*.jsonl")):
        if time.time() - path.stat().st_mtime > _DAYS_OF_A_CACHE * 24 * HOUR:
            yield Garbage(path, "cached answers of a base model", _size(path))


def _size(path: Path) -> int:
    if path.is_dir() and not path.is_symlink():
        return sum(file.lstat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())
    return path.lstat().st_size


def _delete_directory(path: Path) -> None:
    doomed = path.with_name(path.name + TEMPORARY_SUFFIX) if not path.name.endswith(TEMPORARY_SUFFIX) else path
    try:
        if doomed != path:
            shutil.rmtree(doomed, ignore_errors=True)
            path.rename(doomed)
    except OSError:
        return  # it is told as what would not go
    shutil.rmtree(doomed, ignore_errors=True)


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # see above
