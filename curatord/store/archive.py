"""An archive of files that proves itself: a gzipped tar (POSIX.1-2001) whose last member tells the hash of all others.

One that was cut short has no such member, and one that was changed does not agree with it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from curatord.errors import CuratordError
from curatord.store.atomic import TEMPORARY_SUFFIX, flush, flush_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = 1
MANIFEST = "manifest.json"
_BLOCK = 1 << 20
_LONGEST_MANIFEST = 64 << 20
# What reading a damaged archive raises: the last two from fields of a head that make no sense.
_BROKEN = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, OverflowError)
_GZIP_LEVEL = 1  # weights do not get smaller, and a store does at any level


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return so many bytes at most; none at the end."""


class Member(BaseModel):
    """A file in the archive."""

    model_config = ConfigDict(frozen=True)

    path: str
    sha256: str
    bytes: int


class Manifest(BaseModel):
    """What an archive holds: made when (ISO 8601), by which version, of a store of which schema.

    `about` is whatever else its reader has to know.
    """

    model_config = ConfigDict(frozen=True)

    format: int
    version: str
    schema_version: int
    created: str
    about: dict[str, str] = {}
    files: tuple[Member, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(member.bytes for member in self.files)


class ArchiveError(CuratordError):
    """The file is no backup of curatord's, or it is damaged."""


class ArchiveWriter:
    """Adds files to an archive; made by `write`."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        """Start with none."""
        self._tar = tar
        self.members: list[Member] = []

    def add(self, file: Path, path: str) -> None:
        """Add a file under a path of its own, as it is when it is opened; raises OSError where it cannot be read."""
        with file.open("rb") as stream:
            status = os.fstat(stream.fileno())
            self._put(path, status.st_size, int(status.st_mtime), stream)

    def add_bytes(self, data: bytes, path: str, moment: float) -> None:
        """Add a file that holds `data`."""
        self._put(path, len(data), int(moment), io.BytesIO(data))

    def _put(self, path: str, size: int, moment: int, stream: Readable) -> None:
        head = tarfile.TarInfo(path)
        head.size, head.mtime, head.mode = size, moment, 0o600
        hashed = _Hashed(stream)
        self._tar.addfile(head, hashed)  # raises OSError where the file has become shorter meanwhile
        self.members.append(Member(path=path, sha256=hashed.sum.hexdigest(), bytes=size))


@contextmanager
def write(file: Path, manifest: Manifest) -> Iterator[ArchiveWriter]:
    """Write an archive by adding files in a block: it takes its name, durably, when all of them are in it.

    The manifest is completed with them. An archive of that name is replaced. OSError is left to the caller.
    """
    draft = file.with_name(file.name + TEMPORARY_SUFFIX)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123  a descriptor, not a path
            with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=_GZIP_LEVEL, format=tarfile.PAX_FORMAT) as tar:
                writer = ArchiveWriter(tar)
                yield writer
                whole = manifest.model_copy(update={"files": tuple(writer.members)})
                writer.add_bytes(whole.model_dump_json(indent=1).encode(), MANIFEST, os.fstat(descriptor).st_mtime)
            stream.flush()
            flush(stream.fileno())
        draft.rename(file)
        flush_directory(file.absolute().parent)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def unpack(file: Path, directory: Path) -> Manifest:
    """Put the files of an archive into an empty directory, durably, and return its manifest.

    Raises ArchiveError unless every byte is what the manifest says, and every path lies in the directory. What is in
    the directory then must not be used.
    """
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(file, "r:gz") as tar:
            for head in tar:
                if manifest is not None or not head.isreg() or head.name in found:
                    raise damaged(file, f"{head.name} does not belong there")
                stream = tar.extractfile(head)
                assert stream is not None
                if head.name == MANIFEST:
                    manifest = Manifest.model_validate_json(stream.read(_LONGEST_MANIFEST))
                else:
                    found[head.name] = _unpack_member(file, head.name, stream, directory)
    except ValidationError as error:
        raise damaged(file, "its manifest cannot be read") from error
    except _BROKEN as error:
        raise damaged(file, str(error) or "it ends too early") from error
    if manifest is None:
        raise damaged(file, "it ends too early")
    _compare(file, found, manifest)
    return manifest


def read_member(file: Path, path: str) -> bytes | None:
    """Return a small file of an archive without verifying it, None where it is not there; raises ArchiveError."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            for head in tar:
                if head.name == path and head.isreg() and (stream := tar.extractfile(head)) is not None:
                    return stream.read(_LONGEST_MANIFEST)
    except _BROKEN as error:
        raise damaged(file, str(error) or "it ends too early") from error
    return None


def damaged(file: Path, how: str) -> ArchiveError:
    """Return the error for an archive that is not as it was written."""
    return ArchiveError(f"{file} is no backup of curatord's, or it is damaged: {how}.", hint="Use another one.")


def _unpack_member(file: Path, path: str, stream: Readable, directory: Path) -> Member:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise damaged(file, f"{path} lies outside")
    place = directory / pure
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    hashed, size = _Hashed(stream), 0
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as out:  # noqa: PTH123  a descriptor, not a path
        while block := hashed.read(_BLOCK):
            out.write(block)
            size += len(block)
        out.flush()
        flush(out.fileno())
    return Member(path=path, sha256=hashed.sum.hexdigest(), bytes=size)


def _compare(file: Path, found: dict[str, Member], manifest: Manifest) -> None:
    if manifest.format != FORMAT:
        raise ArchiveError(
            f"{file} is of another form ({manifest.format}) than this curatord knows ({FORMAT}).",
            hint=f"Use curatord {manifest.version}.",
        )
    said = {member.path: member for member in manifest.files}
    if wrong := sorted(path for path in said.keys() | found.keys() if said.get(path) != found.get(path)):
        raise damaged(file, f"{wrong[0]} is not what was put into it")


class _Hashed(io.RawIOBase):
    """A stream that is hashed while it is read."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.sum.update(data)
        return data
