"""Replacing parts of a state directory by others: all of them or, whatever happens on the way, none.

What is new is made whole in a directory of its own, and that directory then gets a name that says "to be put in place".
From this moment on nothing but renaming is left, and whoever holds the instance lock next finishes it: the old parts
go to a directory beside them, the new ones take their names, and at last the old ones are deleted.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import orjson

from curatord.errors import StoreError
from curatord.store.atomic import TEMPORARY_SUFFIX, flush_directory, publish_directory, write_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

DRAFT = f"replacement{TEMPORARY_SUFFIX}"
_READY = "replacement.ready"
_OLD = "replaced"
_PARTS = "parts.json"


def begin(state: Path) -> Path:
    """Return an empty directory, on the same file system as the state, to make new parts in."""
    draft = state / DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    return draft


def commit(state: Path, parts: Iterable[str]) -> None:
    """Put what was made in place; a part of these names that was not made is taken away.

    The files must be on the drive already. Raises StoreError where the disk fails: run `finish` again then.
    """
    draft = state / DRAFT
    try:
        write_file(draft / _PARTS, orjson.dumps({part: _is_there(draft / part) for part in parts}))
        publish_directory(draft, state / _READY)
    except OSError as error:
        raise _failed(error) from error
    finish(state)


def abandon(state: Path) -> None:
    """Delete what was begun and not committed."""
    shutil.rmtree(state / DRAFT, ignore_errors=True)


def finish(state: Path) -> bool:
    """Finish a replacement that was committed and not finished; return whether there was one.

    The caller holds the instance lock. Raises StoreError where the disk fails.
    """
    ready, old = state / _READY, state / _OLD
    is_due = ready.is_dir()
    try:
        if is_due:
            _put_in_place(state, ready, old)
            # From here on there is nothing to finish: the old parts are garbage.
            shutil.rmtree(ready)
        if old.exists():
            shutil.rmtree(old)
    except OSError as error:
        raise _failed(error) from error
    return is_due


def _put_in_place(state: Path, ready: Path, old: Path) -> None:
    """Rename what has not been renamed yet: a new part that is no longer in `ready` is in its place."""
    old.mkdir(mode=0o700, exist_ok=True)
    parts: dict[str, bool] = orjson.loads((ready / _PARTS).read_bytes())
    for part, has_new in parts.items():
        new, place = ready / part, state / part
        if has_new and not _is_there(new):
            continue
        if _is_there(place):
            place.rename(old / part)
        if has_new:
            new.rename(place)
    flush_directory(state)


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _failed(error: OSError) -> StoreError:
    return StoreError(
        f"The state directory cannot be changed: {error.filename}: {error.strerror}.",
        hint="Mend that and start curatord: it finishes what was begun. Nothing is lost.",
    )
