"""Deleting what curatord has made, and nothing else: somebody may have named a directory that holds other things."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from curatord.service.plan import LOG, log_directory

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.paths import StateDirectory

_DATABASES = ("store.db", "vectors.db")
_BESIDES = ("adapters.lock", "curatord.pid", "logs", "questions.jsonl")


def purge(state: StateDirectory) -> list[str]:
    """Delete what curatord makes in a state directory, and the directory where it is empty then; no daemon may run.

    Returns the names of what is left. Raises OSError where something cannot be deleted.
    """
    for path in _made(state):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if not state.path.is_dir():
        return []
    left = sorted(path.name for path in state.path.iterdir())
    if not left:
        state.path.rmdir()
    return left


def _made(state: StateDirectory) -> list[Path]:
    named = (
        state.shards,
        state.runs,
        state.adapters,
        state.current,
        state.promotions,
        state.gaps,
        state.schedule,
        state.lock,
        state.socket,
    )
    besides = (state.path / name for name in _BESIDES)
    databases = (file for name in _DATABASES for file in state.path.glob(f"{name}*"))  # with what SQLite puts beside
    logs = (*state.log.parent.glob(f"{state.log.name}*"), *log_directory().glob(f"{LOG}*"))
    return [*named, *besides, *databases, *logs]
