"""The merge of disk and store, and the guard against mass deletion."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.memory.reconcile import Difference, diff, judge_deletions, lies_under
from curatord.memory.scan import Entry

_PATHS = st.text(alphabet="ab/-é", min_size=1, max_size=4)
_NUMBERS = st.integers(0, 2)
_ENTRIES = st.builds(Entry, _PATHS, _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS, st.just(1))
_STREAMS = st.dictionaries(_PATHS, _ENTRIES, max_size=12).map(
    lambda found: [entry._replace(path=path) for path, entry in sorted(found.items())]
)


def _entry(path: str, *, size: int = 1, device: int = 1) -> Entry:
    return Entry(path, size, 1, 1, 1, device)


@given(_STREAMS, _STREAMS)
@settings(deadline=None, max_examples=200)
def test_applying_the_difference_to_the_known_gives_the_disk(disk: list[Entry], known: list[Entry]) -> None:
    """Nothing is missing from the difference and nothing is in it twice."""
    difference = diff(disk, known)
    result = {entry.path: entry for entry in known}
    for entry in difference.removed:
        del result[entry.path]
    for entry in difference.changed:
        assert result[entry.path] != entry
        result[entry.path] = entry
    for entry in difference.added:
        assert entry.path not in result
        result[entry.path] = entry
    assert result == {entry.path: entry for entry in disk}


@given(_STREAMS, _STREAMS)
@settings(deadline=None, max_examples=100)
def test_the_difference_is_empty_exactly_when_both_sides_are_equal(disk: list[Entry], known: list[Entry]) -> None:
    """An unchanged memory costs nothing."""
    assert (diff(disk, known) == Difference((), (), ())) == (disk == known)
    assert diff(disk, disk) == Difference((), (), ())


@given(_STREAMS, _STREAMS)
@settings(deadline=None, max_examples=100)
def test_swapping_the_sides_swaps_added_and_removed(disk: list[Entry], known: list[Entry]) -> None:
    """The merge treats both streams alike."""
    there, back = diff(disk, known), diff(known, disk)
    assert there.added == back.removed
    assert there.removed == back.added
    assert [entry.path for entry in there.changed] == [entry.path for entry in back.changed]


@given(_STREAMS, _STREAMS)
@settings(deadline=None, max_examples=50)
def test_each_part_is_sorted_by_path(disk: list[Entry], known: list[Entry]) -> None:
    """Batches are processed in one order on every machine."""
    difference = diff(disk, known)
    for part in (difference.added, difference.changed, difference.removed):
        assert all(first.path < second.path for first, second in pairwise(part))


@pytest.mark.parametrize(
    "changed",
    [
        _entry("a.md")._replace(size=99),
        _entry("a.md")._replace(mtime_ns=99),
        _entry("a.md")._replace(ctime_ns=99),
        _entry("a.md")._replace(inode=99),
    ],
)
def test_each_of_four_fields_tells_a_change(changed: Entry) -> None:
    """`os.utime` can restore size and mtime, but not ctime."""
    assert diff([changed], [_entry("a.md")]).changed == (changed,)


def test_another_device_number_alone_is_no_change() -> None:
    """Mounting a disk again renumbers it."""
    assert diff([_entry("a.md", device=2)], [_entry("a.md")]) == Difference((), (), ())


@pytest.mark.parametrize("paths", [("b", "a"), ("a", "a")])
def test_an_unsorted_stream_is_refused(paths: tuple[str, str]) -> None:
    """A merge of unsorted streams would delete at random."""
    entries = [_entry(path) for path in paths]
    with pytest.raises(ValueError, match="ascend"):
        diff(entries, [])
    with pytest.raises(ValueError, match="ascend"):
        diff([], entries)


def test_what_lies_in_an_unreadable_directory_has_not_been_removed() -> None:
    """Losing the right to look is not losing the notes."""
    known = [_entry("a/b/1.md"), _entry("a/bc/2.md"), _entry("c.md")]
    assert diff([], known, unreadable=("a/b",)).removed == (known[1], known[2])
    assert diff([], known, unreadable=("",)).removed == ()


@pytest.mark.parametrize(
    ("path", "places", "expected"),
    [
        ("a/b", {"a"}, True),
        ("a/b/c", {"a"}, True),
        ("a", {"a"}, True),
        ("ab/c", {"a"}, False),
        ("a", {"a/b"}, False),
        ("a", {""}, True),
        ("a", set(), False),
    ],
)
def test_a_path_lies_under_itself_and_the_directories_above(path: str, places: set[str], *, expected: bool) -> None:
    """A common prefix of letters is not a common directory."""
    assert lies_under(path, places) is expected


def _verdict(
    removed: int, total: int, *, present: bool = True, device_changed: bool = False, share: float = 0.25
) -> str | None:
    return judge_deletions(
        removed=removed, total=total, present=present, device_changed=device_changed, above=50, share=share
    )


def test_a_vanished_root_holds_deletions() -> None:
    """An unmounted disk takes one note as well as a thousand."""
    assert _verdict(1, 1, present=False) == "The directory is gone; its one note is kept."


def test_a_vanished_root_without_notes_has_nothing_to_hold() -> None:
    """A root that never was is no alarm."""
    assert _verdict(0, 0, present=False) is None


def test_another_device_holds_deletions_however_few() -> None:
    """An empty mount point looks like an emptied directory."""
    assert _verdict(1, 1000, device_changed=True) is not None
    assert _verdict(0, 1000, device_changed=True) is None


@pytest.mark.parametrize(
    ("removed", "total", "held"),
    [(50, 50, False), (51, 51, True), (51, 204, False), (51, 203, True), (0, 0, False)],
)
def test_deletions_are_held_above_the_number_and_above_the_share(removed: int, total: int, *, held: bool) -> None:
    """Both limits must be passed: few notes may all go, and many of very many."""
    assert (_verdict(removed, total) is not None) is held
