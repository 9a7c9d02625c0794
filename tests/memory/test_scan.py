"""Walking a root: what is found, what is left out, and what is told about the rest."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.memory.reconcile import diff, lies_under
from curatord.memory.scan import Scan, scan_paths, scan_root


def _write(root: Path, *paths: str) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)


def _paths(scan: Scan) -> list[str]:
    return [entry.path for entry in scan.entries]


def _problems(scan: Scan) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in scan.problems]


def test_notes_at_any_depth_are_found_sorted_by_path(tmp_path: Path) -> None:
    """The order is that of the whole path, not of the walk."""
    _write(tmp_path, "b.md", "a/z.md", "a-b.md", "a/b/c/d.markdown", "é.md")
    assert _paths(scan_root(tmp_path, ())) == ["a-b.md", "a/b/c/d.markdown", "a/z.md", "b.md", "é.md"]


def test_an_entry_says_what_lstat_says(tmp_path: Path) -> None:
    """Size, times and identity are what the reconcile compares."""
    _write(tmp_path, "a.md")
    (entry,) = scan_root(tmp_path, ()).entries
    status = (tmp_path / "a.md").lstat()
    assert entry == (
        "a.md", status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev,
    )  # fmt: skip


def test_names_stay_as_the_disk_spells_them(tmp_path: Path) -> None:
    """Neither normal form of Unicode is turned into the other."""
    decomposed = "re\u0301sume\u0301.md"
    _write(tmp_path, decomposed)
    assert _paths(scan_root(tmp_path, ())) == os.listdir(tmp_path)  # noqa: PTH208 - names as the disk has them


def test_patterns_and_the_ignore_file_leave_notes_out(tmp_path: Path) -> None:
    """Both speak gitignore; the file stands in the root."""
    _write(tmp_path, "INDEX.md", "a/INDEX.md", "a/b.md", "private/c.md", "d.md")
    (tmp_path / ".curatorignore").write_text("private/\n")
    assert _paths(scan_root(tmp_path, ["INDEX.md"])) == ["a/b.md", "d.md"]


def test_a_pattern_that_means_nothing_is_a_problem(tmp_path: Path) -> None:
    """Its author hears of it, and the other lines hold."""
    _write(tmp_path, "a.md", "b.md")
    (tmp_path / ".curatorignore").write_text("!\na.md\n")
    scan = scan_root(tmp_path, ())
    assert _paths(scan) == ["b.md"]
    assert _problems(scan) == [(".curatorignore", "bad_pattern")]


def test_an_ignore_file_that_cannot_be_read_closes_the_root(tmp_path: Path) -> None:
    """What should be left out must not be learned; what is known is kept."""
    _write(tmp_path, "a.md")
    (tmp_path / ".curatorignore").symlink_to("elsewhere")
    scan = scan_root(tmp_path, ())
    assert scan.entries == ()
    assert scan.unreadable == ("",)
    assert _problems(scan) == [(".curatorignore", "unreadable")]


def test_an_ignore_file_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    _write(tmp_path, "a.md")
    (tmp_path / ".curatorignore").write_bytes(b"\xef\xbb\xbfa.md\r\n")
    assert scan_root(tmp_path, ()).entries == ()


def test_hidden_directories_are_not_even_opened(tmp_path: Path) -> None:
    """A note in `.git` or `.obsidian` is no note."""
    _write(tmp_path, ".git/a.md", ".obsidian/b.md", "node_modules/x/c.md", "d.md")
    assert _paths(scan_root(tmp_path, ())) == ["d.md"]


def test_a_hidden_directory_above_the_root_does_not_matter(tmp_path: Path) -> None:
    """Agents keep their memory in places like `~/.local/share`."""
    root = tmp_path / ".local" / "memory"
    _write(root, "a.md")
    assert _paths(scan_root(root, ())) == ["a.md"]


def test_links_inside_a_root_are_told_and_not_followed(tmp_path: Path) -> None:
    """Neither a linked note nor a linked directory brings foreign text in, and loops cannot trap the walk."""
    outside, root = tmp_path / "outside", tmp_path / "root"
    _write(outside, "secret.md")
    _write(root, "a.md")
    (root / "note.md").symlink_to(outside / "secret.md")
    (root / "dangling.md").symlink_to("nowhere")
    (root / "directory").symlink_to(outside)
    (root / "loop").symlink_to(".")
    (root / "picture.png").symlink_to(outside / "secret.md")
    scan = scan_root(root, ())
    assert _paths(scan) == ["a.md"]
    assert _problems(scan) == [(name, "symlink") for name in ("dangling.md", "directory", "loop", "note.md")]
    assert scan_paths(root, (), ["directory/secret.md"]).entries == ()


def test_a_root_may_be_a_link_itself(tmp_path: Path) -> None:
    """Only links inside are not followed."""
    _write(tmp_path / "real", "a.md")
    (tmp_path / "link").symlink_to("real")
    assert _paths(scan_root(tmp_path / "link", ())) == ["a.md"]


def test_what_is_no_regular_file_is_one_problem_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A FIFO without a writer would block whoever opens it."""
    os.mkfifo(tmp_path / "fifo.md")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket.md")
        scan = scan_root(tmp_path, ())
    assert scan.entries == ()
    assert _problems(scan) == [("fifo.md", "not_a_file"), ("socket.md", "not_a_file")]
    assert "a FIFO" in scan.problems[0].message


def test_a_directory_named_like_a_note_is_a_directory(tmp_path: Path) -> None:
    """Its notes count."""
    _write(tmp_path, "a.md/b.md")
    scan = scan_root(tmp_path, ())
    assert _paths(scan) == ["a.md/b.md"]
    assert scan.problems == ()


def test_a_name_that_is_not_unicode_is_a_problem(tmp_path: Path) -> None:
    """It could be neither stored nor shown."""
    name = os.fsencode(tmp_path) + b"/caf\xe9.md"
    try:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pytest.skip("this file system takes only names that are Unicode")
    scan = scan_root(tmp_path, ())
    assert scan.entries == ()
    assert _problems(scan) == [("caf\\xe9.md", "bad_name")]


def test_an_unreadable_directory_is_told_and_protects_its_notes(unprivileged_root: Path) -> None:
    """Its notes are not seen, and not gone either."""
    _write(unprivileged_root, "locked/a.md", "open/b.md", "gone.md")
    known = scan_root(unprivileged_root, ()).entries
    (unprivileged_root / "locked").chmod(0)
    (unprivileged_root / "gone.md").unlink()
    scan = scan_root(unprivileged_root, ())
    assert _paths(scan) == ["open/b.md"]
    assert _problems(scan) == [("locked", "unreadable")]
    assert [entry.path for entry in diff(scan.entries, known, scan.unreadable).removed] == ["gone.md"]


def test_a_directory_that_lists_but_does_not_open_is_unreadable(unprivileged_root: Path) -> None:
    """Names without `lstat` are one problem, not one for each."""
    _write(unprivileged_root, "locked/a.md", "locked/b.md")
    (unprivileged_root / "locked").chmod(0o400)
    scan = scan_root(unprivileged_root, ())
    assert scan.entries == ()
    assert scan.unreadable == ("locked",)
    assert _problems(scan) == [("locked", "unreadable")]


def test_an_unreadable_root_is_present_and_protects_everything(unprivileged_root: Path) -> None:
    """In this way macOS refuses directories until the user has agreed."""
    root = unprivileged_root / "root"
    _write(root, "a.md")
    root.chmod(0)
    scan = scan_root(root, ())
    assert scan.present
    assert scan.unreadable == ("",)
    assert _problems(scan) == [("", "unreadable")] or _problems(scan) == [(".curatorignore", "unreadable")]


def test_a_missing_root_is_not_present(tmp_path: Path) -> None:
    """It may come yet: no problem of its own."""
    assert scan_root(tmp_path / "later", ()) == Scan((), (), (), None, present=False)


def test_a_root_that_is_a_file_is_told(tmp_path: Path) -> None:
    """A path to a note instead of its directory is an easy mistake."""
    _write(tmp_path, "a.md")
    scan = scan_root(tmp_path / "a.md", ())
    assert not scan.present
    assert _problems(scan) == [("", "not_a_directory")]


def test_a_scan_tells_the_roots_device(tmp_path: Path) -> None:
    """The guard against mass deletion compares it."""
    assert scan_root(tmp_path, ()).device == tmp_path.stat().st_dev


def test_scanning_paths_sees_only_those(tmp_path: Path) -> None:
    """A file path means the file, a directory path all below it."""
    _write(tmp_path, "a.md", "b.md", "c/d.md", "c/e/f.md", "g/h.md", "g/i.md")
    assert _paths(scan_paths(tmp_path, (), ["a.md", "c", "g/i.md"])) == ["a.md", "c/d.md", "c/e/f.md", "g/i.md"]


def test_scanning_paths_that_are_gone_or_left_out_gives_nothing(tmp_path: Path) -> None:
    """The same rules hold as for the whole root."""
    _write(tmp_path, "private/a.md", ".git/b.md", "INDEX.md", "../outside.md")
    paths = ["gone.md", "gone/too.md", "private/a.md", ".git/b.md", "INDEX.md", "../outside.md", "private"]
    scan = scan_paths(tmp_path, ["private/", "INDEX.md"], paths)
    assert scan == Scan((), (), (), tmp_path.stat().st_dev, present=True)


def test_scanning_no_path_is_the_whole_root(tmp_path: Path) -> None:
    """An empty relative path is the root."""
    _write(tmp_path, "a.md", "b/c.md")
    assert scan_paths(tmp_path, (), [""]) == scan_root(tmp_path, ())


def test_scanning_paths_tells_the_problems_there_only(tmp_path: Path) -> None:
    """A problem elsewhere is neither news nor gone."""
    _write(tmp_path, "a.md")
    (tmp_path / "b.md").symlink_to("a.md")
    (tmp_path / "c.md").symlink_to("a.md")
    assert _problems(scan_paths(tmp_path, (), ["a.md", "c.md"])) == [("c.md", "symlink")]


def test_a_file_replaced_by_a_directory_is_scanned_as_one(tmp_path: Path) -> None:
    """The hint does not say which it was."""
    _write(tmp_path, "a.md/b.md")
    assert _paths(scan_paths(tmp_path, (), ["a.md"])) == ["a.md/b.md"]


@given(st.sets(st.sampled_from(["a.md", "b", "b/c.md", "b/d", "b/d/e.md", "f/g.md", "gone", ""]), min_size=1))
@settings(deadline=None, max_examples=60)
def test_scanning_paths_is_the_whole_scan_cut_to_them(paths: set[str]) -> None:
    """So a partial reconcile can never disagree with a full one."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        _write(root, "a.md", "b/c.md", "b/d/e.md", "b/d/f.txt", "f/g.md", "f/h.md")
        whole = scan_root(root, ())
        part = scan_paths(root, (), paths)
    assert part.entries == tuple(entry for entry in whole.entries if lies_under(entry.path, paths))
