"""Whether a store and its shards are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.store.batch import batch
from curatord.store.check import check_shards, check_store
from curatord.store.database import Store
from curatord.store.seen import mark_seen
from curatord.store.shards import ShardWriter
from tests.store.samples import document, pair, section

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def filled(store: Store, tmp_path: Path) -> Store:
    """A store with two documents, their files, what a run has seen, and shards."""
    with batch(store, 1) as changes:
        for name in ("a.md", "b.md"):
            asked = pair(f"What is {name}?", f"{name} is a note.", rejected="It is none.")
            changes.put(document(name, section(asked)))
            changes.connection.execute(
                "INSERT INTO files VALUES ('knowledge', ?, 1, 1, 1, 1, 1, 'document', '', 'x', 'y')", (name,)
            )
        mark_seen(changes.connection, "run", [asked.id])
    ShardWriter(store, tmp_path / "shards", system="s", documents_per_shard=1).write()
    return store


def wrong(store: Store) -> list[str]:
    """Return the names of what is found wrong."""
    return [finding.name for finding in check_store(store.connection) if not finding.is_right]


def test_a_store_as_it_is_made_is_right(filled: Store, tmp_path: Path) -> None:
    """All of it."""
    assert wrong(filled) == []
    assert check_shards(filled.connection, tmp_path / "shards").is_right


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("DELETE FROM files WHERE path = 'a.md'", ["documents"]),
        ("DELETE FROM documents WHERE path = 'a.md'", ["references", "files", "sections"]),
        ("DELETE FROM sections WHERE id = 1", ["references", "facts", "pairs"]),
        ("DELETE FROM facts WHERE id = 1", ["references", "pairs"]),
        ("UPDATE pairs SET document = 'x' WHERE id = 1", ["pairs"]),
        ("UPDATE tally SET pairs = pairs + 1", ["counts"]),
        ("DELETE FROM seen", ["seen"]),
        ("DROP TRIGGER pairs_search_delete; DELETE FROM pairs WHERE id = 1", ["search"]),
        ("INSERT INTO problems VALUES ('knowledge', 'gone.md', 'note', 'x', 'x', NULL, '2026')", ["problems"]),
    ],
)
def test_what_does_not_belong_together_is_found(filled: Store, change: str, found: list[str]) -> None:
    """By what it is about, and how much of it there is."""
    filled.connection.execute("PRAGMA foreign_keys = OFF")
    filled.connection.executescript(change)
    assert wrong(filled) == found


def test_a_damaged_file_is_found_and_not_looked_into(filled: Store) -> None:
    """Rows of it mean nothing."""
    page = filled.connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'facts_by_section'").fetchone()[0]
    size = filled.connection.execute("PRAGMA page_size").fetchone()[0]
    filled.close()
    with filled.path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x55" * size)
    reader = Store.open_reader(filled.path)
    try:
        findings = list(check_store(reader.connection))
    finally:
        reader.close()
    assert [finding.name for finding in findings] == ["database"]
    assert not findings[0].is_right


def test_shards_that_are_not_as_the_manifest_says_are_found(filled: Store, tmp_path: Path) -> None:
    """Changed, gone, too many, or without a manifest."""
    directory = tmp_path / "shards"
    shard = directory / "sft" / "000.jsonl"
    whole = shard.read_bytes()
    for change in (whole[:-1] + b" ", whole + b"\n", None):
        if change is None:
            shard.unlink()
        else:
            shard.write_bytes(change)
        assert check_shards(filled.connection, directory).wrong == "not as the manifest says: sft/000.jsonl"
    shard.write_bytes(whole)
    (directory / "sft" / "999.jsonl").write_bytes(whole)
    assert check_shards(filled.connection, directory).wrong == "not in the manifest: sft/999.jsonl"
    (directory / "sft" / "999.jsonl").unlink()
    filled.connection.execute("UPDATE shards SET pairs = pairs + 1")
    assert check_shards(filled.connection, directory).wrong == "the manifest is not that of the store"
    filled.connection.execute("INSERT INTO dirty VALUES (0)")  # about to be written
    assert check_shards(filled.connection, directory).is_right
    (directory / "manifest.json").write_text("{")
    assert check_shards(filled.connection, directory).wrong == "the manifest cannot be read"
    (directory / "manifest.json").unlink()
    assert check_shards(filled.connection, directory).wrong == "the manifest is not there"
