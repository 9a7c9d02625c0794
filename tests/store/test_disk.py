"""What the store remembers about the disk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from curatord.memory.scan import Entry
from curatord.store import disk
from curatord.store.records import FileRecord, Outcome, ProblemRecord

if TYPE_CHECKING:
    from curatord.store.database import Store


def file(path: str, root: str = "knowledge") -> FileRecord:
    """Return a file as seen once."""
    return FileRecord(root, path, 1, 2, 3, 4, 5, Outcome.DOCUMENT, "", "hash", "code")


def problem(path: str, code: str = "unreadable") -> ProblemRecord:
    """Return a problem of the walk."""
    return ProblemRecord("knowledge", path, code, "it cannot be read")


def codes(store: Store) -> list[tuple[str, str]]:
    """Return (path, since) of all problems."""
    return [tuple(row) for row in store.connection.execute("SELECT path, since FROM problems ORDER BY path")]


def test_files_are_given_back_in_order_as_they_were_put(store: Store) -> None:
    """What a comparison needs survives, and the order is that of the paths."""
    for path in ("b.md", "a/z.md", "a.md"):
        disk.put_file(store.connection, replace(file(path), reason="why"))
    found = disk.known_files(store.connection, "knowledge")
    assert found == [(Entry(path, 1, 2, 3, 4, 5), "why", "code") for path in ("a.md", "a/z.md", "b.md")]


def test_files_below_a_path_are_found_and_no_others(store: Store) -> None:
    """A directory means its subtree; names that only begin alike are others."""
    for path in ("a.md", "a/b.md", "a/c/d.md", "a0.md", "ab/c.md"):
        disk.put_file(store.connection, file(path))
    found = disk.known_files(store.connection, "knowledge", ["a", "a/c"])
    assert [known.entry.path for known in found] == ["a/b.md", "a/c/d.md"]


@pytest.mark.parametrize("inode", [0, 2**63 - 1, 2**63, 2**64 - 1])
def test_inode_numbers_of_all_64_bits_are_kept(store: Store, inode: int) -> None:
    """Some network file systems use the highest bit, which SQLite's integers do not have."""
    disk.put_file(store.connection, replace(file("a.md"), inode=inode))
    assert disk.known_files(store.connection, "knowledge")[0].entry.inode == inode


def test_a_problem_that_stays_keeps_its_date(store: Store) -> None:
    """Since when it is there is what the person wants to know."""
    disk.put_scan_problems(store.connection, "knowledge", [problem("a.md")], "monday")
    disk.put_scan_problems(store.connection, "knowledge", [problem("a.md"), problem("b.md")], "tuesday")
    assert codes(store) == [("a.md", "monday"), ("b.md", "tuesday")]


def test_problems_below_a_path_are_replaced_and_others_left(store: Store) -> None:
    """A partial look knows nothing of the rest."""
    disk.put_scan_problems(store.connection, "knowledge", [problem("a/b.md"), problem("c.md")], "monday")
    disk.put_scan_problems(store.connection, "knowledge", [], "tuesday", below="a")
    assert codes(store) == [("c.md", "monday")]


def test_a_hold_keeps_its_first_date_and_ends_with_its_confirmation(store: Store) -> None:
    """Holding again only renews the reason; releasing takes the confirmation along."""
    disk.put_root(store.connection, "knowledge", "/k", 1)
    disk.hold_deletions(store.connection, "knowledge", "60 of 100 are gone", "monday")
    disk.hold_deletions(store.connection, "knowledge", "70 of 100 are gone", "tuesday")
    assert store.connection.execute("SELECT held_at FROM roots").fetchone()[0] == "monday"
    assert disk.holds(store.connection) == {"knowledge": "70 of 100 are gone"}
    assert disk.confirm_deletions(store.connection) == ["knowledge"]
    assert disk.is_confirmed(store.connection, "knowledge")
    disk.release_deletions(store.connection, "knowledge")
    assert not disk.is_confirmed(store.connection, "knowledge")


def test_an_unknown_device_does_not_replace_a_known_one(store: Store) -> None:
    """While a root is missing its former device is remembered."""
    disk.put_root(store.connection, "knowledge", "/k", 7)
    disk.put_root(store.connection, "knowledge", "/k", None)
    assert disk.root_device(store.connection, "knowledge") == 7
