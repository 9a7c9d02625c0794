"""Shards that follow the store."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson
import pytest

from curatord.curate.pair import Split
from curatord.store.batch import batch
from curatord.store.shards import ShardWriter
from tests.store.samples import document, pair, section

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.store.database import Store
    from curatord.store.records import DocumentRecord


def writer(store: Store, directory: Path, *, system: str = "S", documents: int = 2) -> ShardWriter:
    """Return a writer of small shards."""
    return ShardWriter(store, directory, system=system, documents_per_shard=documents)


def note(name: str, answer: str = "It is so.") -> DocumentRecord:
    """Return a document with one pair and a rejected answer."""
    return document(name, section(pair(f"What of {name}?", f"{name}: {answer}", rejected="No.")))


def put(store: Store, *records: DocumentRecord, documents: int = 2) -> None:
    """Put documents in one batch."""
    with batch(store, documents) as changes:
        for record in records:
            changes.put(record)


def manifest(directory: Path) -> dict[str, object]:
    """Read the manifest."""
    found: dict[str, object] = orjson.loads((directory / "manifest.json").read_bytes())
    return found


def files(directory: Path) -> dict[str, bytes]:
    """Return every shard file by its path in the manifest."""
    return {file.relative_to(directory).as_posix(): file.read_bytes() for file in sorted(directory.glob("*/*"))}


def test_a_supervised_line_is_mlx_lms_chat_format_and_a_preference_line_mlx_lm_loras(
    store: Store, tmp_path: Path
) -> None:
    """The two line formats are exactly those the trainers load."""
    put(store, document("a.md", section(pair("Q?", "A.", rejected="B."))))
    writer(store, tmp_path / "shards").write()
    assert files(tmp_path / "shards") == {
        "sft/000.jsonl": b'{"messages":[{"role":"system","content":"S"},{"role":"user","content":"Q?"},'
        b'{"role":"assistant","content":"A."}]}\n',
        "preference/000.jsonl": b'{"system":"S","prompt":"Q?","chosen":"A.","rejected":"B."}\n',
    }


def test_the_manifest_tells_every_shard_with_its_hash(store: Store, tmp_path: Path) -> None:
    """Path, kind, sha256, pairs and bytes agree with the files, and the totals with the shards."""
    put(store, *(note(f"{n}.md") for n in range(7)))
    writer(store, tmp_path / "shards").write()
    content = manifest(tmp_path / "shards")
    found = files(tmp_path / "shards")
    assert content["generation"] == 1
    assert content["pairs"] == {"sft": 7, "preference": 7}
    assert isinstance(content["shards"], list)
    assert len(content["shards"]) == len(found) == 8
    for shard in content["shards"]:
        data = found[shard["path"]]
        assert shard["sha256"] == hashlib.sha256(data).hexdigest()
        assert (shard["bytes"], shard["pairs"]) == (len(data), data.count(b"\n"))
        assert shard["path"].startswith(f"{shard['kind']}/")


def test_pairs_kept_for_the_exam_are_in_no_shard(store: Store, tmp_path: Path) -> None:
    """Only training pairs are written."""
    put(store, document("a.md", section(pair("Q1?", "A."), pair("Q2?", "A.", split=Split.TEST))))
    writer(store, tmp_path / "shards").write()
    assert b"Q2?" not in files(tmp_path / "shards")["sft/000.jsonl"]


def test_an_edit_rewrites_one_shard_of_each_kind(store: Store, tmp_path: Path) -> None:
    """Of many shards, only the edited note's change."""
    put(store, *(note(f"{n}.md") for n in range(40)))
    shards = writer(store, tmp_path / "shards")
    shards.write()
    put(store, note("7.md", "It is otherwise."))
    written = shards.write()
    assert sorted(shard.kind for shard in written.shards) == ["preference", "sft"]
    assert written.generation == 2


def test_nothing_new_means_no_new_generation(store: Store, tmp_path: Path) -> None:
    """A second pass, and a batch that changes no line, leave manifest and files alone."""
    put(store, note("a.md"))
    shards = writer(store, tmp_path / "shards")
    shards.write()
    before = (tmp_path / "shards" / "manifest.json").stat().st_mtime_ns
    put(store, note("a.md"))
    assert shards.write().shards == ()
    assert manifest(tmp_path / "shards")["generation"] == 1
    assert (tmp_path / "shards" / "manifest.json").stat().st_mtime_ns == before


def test_an_empty_memory_has_a_manifest(store: Store, tmp_path: Path) -> None:
    """With no notes at all there is still a data set, an empty one."""
    writer(store, tmp_path / "shards").write()
    assert manifest(tmp_path / "shards")["pairs"] == {"sft": 0, "preference": 0}


def test_shards_that_are_no_longer_needed_are_removed(store: Store, tmp_path: Path) -> None:
    """When the memory shrinks, files beyond the last shard go, and the manifest with them."""
    put(store, *(note(f"{n}.md") for n in range(10)))
    shards = writer(store, tmp_path / "shards")
    shards.write()
    with batch(store, 2) as changes:
        for n in range(9):
            changes.remove("knowledge", f"{n}.md")
    shards.write()
    assert set(files(tmp_path / "shards")) == {"sft/000.jsonl", "preference/000.jsonl"}


@pytest.mark.parametrize("harm", ["remove", "truncate", "remove the manifest", "overwrite the manifest"])
def test_a_damaged_shard_is_written_again_at_the_next_start(store: Store, tmp_path: Path, harm: str) -> None:
    """A shard file that is gone or has another size is restored from the store."""
    put(store, *(note(f"{n}.md") for n in range(10)))
    writer(store, tmp_path / "shards").write()
    before = files(tmp_path / "shards")
    victim = tmp_path / "shards" / ("manifest.json" if "manifest" in harm else "sft/001.jsonl")
    victim.unlink() if harm.startswith("remove") else victim.write_bytes(b"")
    writer(store, tmp_path / "shards").write()
    assert files(tmp_path / "shards") == before
    assert manifest(tmp_path / "shards")["pairs"] == {"sft": 10, "preference": 10}


def test_another_system_message_rewrites_every_shard(store: Store, tmp_path: Path) -> None:
    """The system message stands in every line, so changing it changes all files."""
    put(store, *(note(f"{n}.md") for n in range(10)))
    writer(store, tmp_path / "shards").write()
    writer(store, tmp_path / "shards", system="T").write()
    assert all(b'"S"' not in data for data in files(tmp_path / "shards").values())


def test_the_shards_are_the_same_whatever_the_order_of_arrival(store: Store, tmp_path: Path) -> None:
    """One batch, many batches, or backwards: the files are equal byte for byte."""
    from curatord.store.database import Store as Opened  # noqa: PLC0415  a second store beside the fixture's

    records = [note(f"{n}.md") for n in range(25)]
    put(store, *records)
    writer(store, tmp_path / "one").write()
    other = Opened.open(tmp_path / "other.db")
    shards = writer(other, tmp_path / "two")
    put(other, note("gone.md"))
    for record in reversed(records):
        put(other, record)
        shards.write()
    with batch(other, 2) as changes:
        changes.remove("knowledge", "gone.md")
    shards.write()
    other.close()
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_files_are_private(store: Store, tmp_path: Path) -> None:
    """Shards and manifest are readable by their owner alone."""
    put(store, note("a.md"))
    writer(store, tmp_path / "shards").write()
    modes = {file.stat().st_mode & 0o777 for file in (tmp_path / "shards").rglob("*.json*")}
    assert modes == {0o600}
