"""Archives that prove themselves."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.store import archive
from curatord.store.archive import ArchiveError, Manifest

if TYPE_CHECKING:
    from pathlib import Path

EMPTY = Manifest(format=archive.FORMAT, version="1", schema_version=1, created="2026-11-01T00:00:00+00:00")


def packed(directory: Path, **files: bytes) -> Path:
    """Return an archive of these files; two underscores stand for a slash."""
    target = directory / "a.tar.gz"
    with archive.write(target, EMPTY) as writer:
        for name, data in files.items():
            (directory / "source").write_bytes(data)
            writer.add(directory / "source", name.replace("__", "/"))
    return target


def with_member(target: Path, added: tarfile.TarInfo, content: bytes) -> None:
    """Write an archive anew with one member more, before its manifest."""
    with tarfile.open(target) as tar:
        members = [(head, stream.read()) for head in tar if (stream := tar.extractfile(head)) is not None]
    with tarfile.open(target, "w:gz") as tar:
        for head, data in [*members[:-1], (added, content), members[-1]]:
            tar.addfile(head, io.BytesIO(data))


def test_what_is_put_in_comes_out(tmp_path: Path) -> None:
    """Bytes, paths, and what the manifest says of them."""
    target = packed(tmp_path, one=b"1" * 5000, below__two=b"")
    out = tmp_path / "out"
    out.mkdir()
    manifest = archive.unpack(target, out)
    assert {file.path: file.bytes for file in manifest.files} == {"one": 5000, "below/two": 0}
    assert (out / "one").read_bytes() == b"1" * 5000
    assert (out / "below" / "two").read_bytes() == b""
    assert manifest.bytes == 5000


def test_an_archive_is_private(tmp_path: Path) -> None:
    """It holds what the notes say; so do the files that come out."""
    target = packed(tmp_path, one=b"1")
    (tmp_path / "out").mkdir()
    archive.unpack(target, tmp_path / "out")
    assert {path.stat().st_mode & 0o777 for path in (target, tmp_path / "out" / "one")} == {0o600}


def write_half(target: Path) -> None:
    """Break off in the middle."""
    with archive.write(target, EMPTY) as writer:
        writer.add_bytes(b"x", "one", 0)
        raise KeyboardInterrupt


def test_an_archive_that_is_not_finished_leaves_the_former_one(tmp_path: Path) -> None:
    """And nothing beside it."""
    (tmp_path / "a.tar.gz").write_text("former")
    with pytest.raises(KeyboardInterrupt):
        write_half(tmp_path / "a.tar.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]
    assert (tmp_path / "a.tar.gz").read_text() == "former"


@settings(deadline=None, max_examples=60)
@given(share=st.floats(0, 1, exclude_max=True), is_cut=st.booleans())
def test_an_archive_that_was_cut_or_changed_is_refused(
    tmp_path_factory: pytest.TempPathFactory, share: float, is_cut: bool
) -> None:
    """Wherever that was, nothing but what was put in ever comes out as good."""
    directory = tmp_path_factory.mktemp("archive")
    content = bytes(range(256)) * 20
    target = packed(directory, one=content, two=b"second")
    whole = target.read_bytes()
    position = int(share * len(whole))
    if is_cut:
        target.write_bytes(whole[:position])
    else:
        target.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
    out = directory / "out"
    out.mkdir()
    try:
        archive.unpack(target, out)
    except ArchiveError:
        return
    # A bit in gzip's head or tail that means nothing: what came out is right all the same.
    assert (out / "one").read_bytes() == content
    assert (out / "two").read_bytes() == b"second"


@pytest.mark.parametrize("name", ["../outside", "/absolute", "below/../../outside"])
def test_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    """Whatever the manifest says."""
    target = packed(tmp_path, one=b"1")
    head = tarfile.TarInfo(name)
    head.size = 4
    with_member(target, head, b"evil")
    (tmp_path / "out").mkdir()
    with pytest.raises(ArchiveError, match="lies outside"):
        archive.unpack(target, tmp_path / "out")
    assert not (tmp_path / "outside").exists()


def test_links_are_refused(tmp_path: Path) -> None:
    """A later member could be written through one."""
    target = packed(tmp_path, one=b"1")
    head = tarfile.TarInfo("link")
    head.type, head.linkname = tarfile.SYMTYPE, "/etc"
    with_member(target, head, b"")
    (tmp_path / "out").mkdir()
    with pytest.raises(ArchiveError, match="link does not belong there"):
        archive.unpack(target, tmp_path / "out")


def test_a_file_that_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    """It says all there is."""
    target = packed(tmp_path, one=b"1")
    with_member(target, tarfile.TarInfo("more"), b"")
    (tmp_path / "out").mkdir()
    with pytest.raises(ArchiveError, match="more is not what was put into it"):
        archive.unpack(target, tmp_path / "out")


def test_something_else_is_no_archive(tmp_path: Path) -> None:
    """Text, or a gzip of it."""
    (tmp_path / "out").mkdir()
    for data in (b"hello", gzip.compress(b"hello"), b""):
        (tmp_path / "a.tar.gz").write_bytes(data)
        with pytest.raises(ArchiveError, match="no backup of curatord's"):
            archive.unpack(tmp_path / "a.tar.gz", tmp_path / "out")


def test_a_small_file_is_read_without_the_rest(tmp_path: Path) -> None:
    """None where it is not there."""
    target = packed(tmp_path, one=b"1", two=b"2")
    assert archive.read_member(target, "two") == b"2"
    assert archive.read_member(target, "three") is None
