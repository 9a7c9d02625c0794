"""Backups: all that cannot be made again from the notes, in one file, and the way back.

In a backup are the store (with judgements, history, and what runs have seen), the adapters and which of them is in
service, the records of the runs that have ended, and the configuration. Weights that a run left beside its adapter,
checkpoints and shards are not.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from curatord import __version__
from curatord.daemon.lock import InstanceLock
from curatord.errors import CuratordError
from curatord.serve.adapters import Adapters
from curatord.store import archive, replacement
from curatord.store.atomic import TEMPORARY_SUFFIX, write_file
from curatord.store.database import APPLICATION_ID, Store, explained, schema_version
from curatord.store.history import Entry, add, now
from curatord.store.migrations import migrations
from curatord.train.run_directory import list_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from curatord.paths import StateDirectory

# What a run leaves behind that is large and stands elsewhere, or is of no use any more.
RUN_LEFTOVERS = ("adapter", "examined", "sft-adapter", "checkpoints")

_STORE = "store.db"
_ADAPTERS = "adapters"
_CURRENT = "current"
_CONFIG = "curatord.toml"
_FILES = ("promotions.jsonl", "schedule.json", "questions.jsonl", "gaps.md")
# All that a restore replaces: what the backup has not, goes.
_PARTS = (_STORE, f"{_STORE}-wal", f"{_STORE}-shm", "shards", "runs", _ADAPTERS, _CURRENT, *_FILES)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be put into a backup, and its path there."""

    file: Path
    path: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore put in place; `config` is what became of the backup's configuration.

    It was written, as there was none; or kept is the one that is there, which is another; or they are the same; or none
    was in the backup.
    """

    manifest: archive.Manifest
    in_service: str
    config: str


def back_up(
    state: StateDirectory,
    config: Path,
    file: Path,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> archive.Manifest:
    """Write a backup to `file`, whole or not at all, beside a running daemon or without one.

    `on_progress` is told the bytes that are written and those of the whole. Raises StoreError where there is no store
    or it is another curatord's; OSError where `file` cannot be written.
    """
    with TemporaryDirectory(dir=file.absolute().parent, prefix=f".{file.name}.") as scratch:
        copy = Path(scratch) / _STORE
        _copy_store(state.store, copy)
        shelf = Adapters(state)
        with shelf.held():  # no adapter goes while it is read, and none is put into service
            in_service = shelf.in_service()
            sources = [Source(copy, _STORE), *_sources(state, config)]
            manifest = archive.Manifest(
                format=archive.FORMAT,
                version=__version__,
                schema_version=len(migrations()),
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                about={"in_service": in_service.id if in_service else ""},
            )
            with archive.write(file, manifest) as writer:
                _add_all(writer, sources, on_progress)
    return manifest.model_copy(update={"files": tuple(writer.members)})


def restore(state: StateDirectory, config: Path, file: Path, *, force: bool = False) -> Restored:
    """Put what is in a backup in place of what is there: all of it or, whatever happens on the way, nothing.

    The configuration is written only where there is none. Raises BusyError while a daemon runs, ArchiveError where a
    byte of the backup is not as it was, CuratordError where there is a state already and `force` is not set, and
    StoreError where the store in the backup cannot be used or the disk fails.
    """
    state.create()
    lock = InstanceLock(state.lock)
    lock.acquire()
    try:
        replacement.finish(state.path)
        if not force and (there := _what_is_there(state)):
            hint = "Say --force to have it replaced, or back it up first with `curatord backup FILE`."
            raise CuratordError(f"There is a state already in {state.path}: {', '.join(there)}.", hint=hint)
        draft = replacement.begin(state.path)
        manifest = archive.unpack(file, draft)
        _check_store(draft / _STORE, file)
        _write_down(draft / _STORE, manifest)
        saved = (draft / _CONFIG).read_bytes() if (draft / _CONFIG).is_file() else None
        in_service = manifest.about.get("in_service", "")
        if in_service and (draft / _ADAPTERS / in_service).is_dir():
            (draft / _CURRENT).symlink_to(Path(_ADAPTERS) / in_service, target_is_directory=True)
        replacement.commit(state.path, _PARTS)
        return Restored(manifest, in_service, _settle_config(saved, config))
    finally:
        replacement.abandon(state.path)
        lock.release()


def read_config(file: Path) -> bytes | None:
    """Return the configuration in a backup, which says where the state belongs; None where it holds none.

    It is not verified: whoever restores the backup does that.
    """
    return archive.read_member(file, _CONFIG)


def _copy_store(store: Path, copy: Path) -> None:
    """Copy a store that may be in use by SQLite's online backup: one moment of it, in one file."""
    reader = Store.open_reader(store)
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as out:
            reader.connection.backup(out)
            out.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        raise explained(error, store) from error
    finally:
        reader.close()


def _sources(state: StateDirectory, config: Path) -> Iterator[Source]:
    for name in _FILES:
        if (state.path / name).is_file():
            yield Source(state.path / name, name)
    for adapter in Adapters(state).all():
        yield from _files_below(adapter.path, f"{_ADAPTERS}/{adapter.id}")
    for run in list_runs(state.runs).runs:
        if not run.state().state.is_pending:
            yield from _files_below(run.path, f"runs/{run.id}", without=RUN_LEFTOVERS)
    if config.is_file():
        yield Source(config, _CONFIG)


def _files_below(directory: Path, path: str, without: tuple[str, ...] = ()) -> Iterator[Source]:
    for place, names, files in os.walk(directory):
        if Path(place) == directory:
            names[:] = [name for name in names if name not in without]
        names.sort()
        for name in sorted(files):
            file = Path(place) / name
            if not name.endswith(TEMPORARY_SUFFIX) and file.is_file() and not file.is_symlink():
                yield Source(file, f"{path}/{file.relative_to(directory).as_posix()}")


def _add_all(writer: archive.ArchiveWriter, sources: list[Source], on_progress: Callable[[int, int], None]) -> None:
    whole, done = sum(source.file.stat().st_size for source in sources), 0
    for source in sources:
        writer.add(source.file, source.path)
        done += writer.members[-1].bytes
        on_progress(done, whole)


def _what_is_there(state: StateDirectory) -> list[str]:
    """Return the parts of a state that hold something: an empty directory, as a first start makes it, is nothing."""
    found = []
    for part in _PARTS:
        path = state.path / part
        if path.is_dir() and not path.is_symlink():
            if any(item.is_file() for item in path.rglob("*")):
                found.append(part)
        elif os.path.lexists(path):
            found.append(part)
    return found


def _check_store(store: Path, file: Path) -> None:
    """Raise CuratordError unless the store is whole, ours, and not of a newer curatord."""
    try:
        with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            number = connection.execute("PRAGMA application_id").fetchone()[0]
            told = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            version = schema_version(connection)
    except sqlite3.DatabaseError as error:
        raise archive.damaged(file, f"its store cannot be read: {error}") from error
    if number != APPLICATION_ID or told != "ok":
        raise archive.damaged(file, f"its store is not right: {told}")
    if version > len(migrations()):
        raise CuratordError(
            f"{file} is of a newer curatord (schema {version}, this one knows {len(migrations())}).",
            hint="Upgrade curatord.",
        )


def _write_down(store: Path, manifest: archive.Manifest) -> None:
    """Bring the store up to date, and have it remember where it comes from."""
    opened = Store.open(store)
    try:
        with opened.transaction() as connection:
            entry = Entry(now(), "restored", {"version": manifest.version, "created": manifest.created})
            add(connection, [entry])
    finally:
        opened.close()


def _settle_config(saved: bytes | None, config: Path) -> str:
    """Write the backup's configuration where there is none; return what became of it."""
    if saved is None:
        return "none"
    if not config.exists():
        config.parent.mkdir(parents=True, exist_ok=True)
        write_file(config, saved)
        return "written"
    return "same" if config.read_bytes() == saved else "kept"
