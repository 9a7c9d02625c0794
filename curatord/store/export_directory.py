"""A directory that is replaced as a whole: written beside its place, flushed to disk, renamed.

Only a new, an empty, or a formerly exported directory is ever replaced. `export.json` tells an export and
names its files; a directory with anything else in it is somebody's work and is left alone.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ValidationError

from curatord.errors import AccessError, CuratordError
from curatord.store.atomic import flush_directory, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MARKER = "export.json"
_FINDER = ".DS_Store"  # macOS leaves it in every directory that was looked at


class ExportError(CuratordError):
    """The export cannot be made."""


class Marker(BaseModel):
    """What `export.json` says: who wrote the directory, in which format, and the rows of each file."""

    tool: Literal["curatord"] = "curatord"
    version: Literal[1] = 1
    format: str
    files: dict[str, int]
    categories: dict[str, int]


def replace_export(out: Path, files: Mapping[str, bytes], marker: Marker) -> None:
    """Make `out` hold exactly `files`, named by their paths below it, and the marker; nobody sees half of it.

    The directory is for the user alone (0700): it holds what the notes say. A symbolic link is followed.
    Raises ExportError where `out` holds anything but a former export, or the disk refuses, and AccessError
    where the user may not write.
    """
    content = {**files, MARKER: (marker.model_dump_json(indent=2) + "\n").encode()}
    with _told_to_the_user(out):
        place = out.resolve()
        _check_replaceable(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as name:
            fresh = Path(name) / "new"
            _write_tree(fresh, content)
            _swap(fresh, place, former=Path(name) / "former")
            flush_directory(place.parent)


def _check_replaceable(place: Path) -> None:
    hint = "Choose a directory that is new, empty, or a former export."
    if not place.exists():
        return
    if not place.is_dir():
        raise ExportError(f"{place} is a file.", hint=hint)
    files = (path for path in place.rglob("*") if path.is_symlink() or not path.is_dir())
    held = {path.relative_to(place).as_posix() for path in files if path.name != _FINDER}
    if foreign := sorted(held - _former_files(place)):
        raise ExportError(f"{place} holds {foreign[0]}, which no export of curatord put there.", hint=hint)


def _former_files(place: Path) -> set[str]:
    """Return the files a former export wrote; none where the directory is no export."""
    try:
        marker = Marker.model_validate_json((place / MARKER).read_bytes())
    except (FileNotFoundError, ValidationError):
        return set()
    return {MARKER, *marker.files}


def _write_tree(root: Path, content: Mapping[str, bytes]) -> None:
    root.mkdir(mode=0o700)
    for name, data in sorted(content.items()):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        write_file(path, data)
    for directory in {(root / name).parent for name in content} | {root}:
        flush_directory(directory)


def _swap(fresh: Path, place: Path, *, former: Path) -> None:
    """Give `fresh` the name of `place`; what stood there goes to `former`, and back again on failure."""
    try:
        if place.exists():
            place.rename(former)
        fresh.rename(place)
    except BaseException:
        if former.exists():
            former.rename(place)
        raise


@contextmanager
def _told_to_the_user(out: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise AccessError(f"No permission to export to {out}: {error.filename}.") from error
    except OSError as error:
        raise ExportError(f"The export to {out} failed: {error.strerror or error}.") from error
