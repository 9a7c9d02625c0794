"""Which names are notes, and what the user's patterns leave out."""

from __future__ import annotations

import pytest

from curatord.memory.ignore import Ignore, is_noise


@pytest.mark.parametrize("name", ["a.md", "A.MD", "b.markdown", "B.Markdown", "#1 priority.md", "deep/er/c.md"])
def test_markdown_files_of_any_case_are_notes(name: str) -> None:
    """`*.md` and `*.markdown` count, however they are written."""
    assert not Ignore.build(()).ignores(name, is_directory=False)


@pytest.mark.parametrize(
    "name",
    [
        "a.txt", "md", "a.md.tmp", "a.md~", "#a.md#", ".#a.md", ".a.md", "~$a.md", ".a.md.swp", "4913",
        "a.md.sb-1a2b3c4d-XyZ", "a.swp", "a.tmp", "a.json",
    ],
)  # fmt: skip
def test_other_files_and_editors_leavings_are_noise(name: str) -> None:
    """What editors write beside a note while saving it is never read as one."""
    assert is_noise(name, is_directory=False)
    assert Ignore.build(()).ignores(f"sub/{name}", is_directory=False)


@pytest.mark.parametrize(
    "name", [".git", ".obsidian", ".trash", "node_modules", "a.md.sb-1a2b3c4d-XyZ", "__MACOSX", "@eaDir"]
)
def test_tools_directories_hide_all_below_them(name: str) -> None:
    """A note in a hidden or tool's directory is none of the user's."""
    ignore = Ignore.build(())
    assert ignore.ignores(name, is_directory=True)
    assert ignore.ignores(f"{name}/a/b.md", is_directory=False)
    assert ignore.ignores(f"x/{name}/b.md", is_directory=False)


def test_a_directory_needs_no_suffix() -> None:
    """Directories are judged by other rules than files."""
    assert not Ignore.build(()).ignores("2024/4913", is_directory=True)


def test_a_pattern_without_a_slash_matches_at_any_depth() -> None:
    """`INDEX.md`, the default, leaves out every index."""
    ignore = Ignore.build(["INDEX.md"])
    assert ignore.ignores("INDEX.md", is_directory=False)
    assert ignore.ignores("a/b/INDEX.md", is_directory=False)
    assert not ignore.ignores("a/MY-INDEX.md", is_directory=False)


def test_a_pattern_with_a_slash_is_anchored_at_the_root() -> None:
    """`/drafts` is the root's own directory only."""
    ignore = Ignore.build(["/drafts"])
    assert ignore.ignores("drafts", is_directory=True)
    assert not ignore.ignores("a/drafts", is_directory=True)


def test_a_pattern_ending_in_a_slash_matches_directories_only() -> None:
    """`log.md/` is no file."""
    ignore = Ignore.build(["log.md/"])
    assert ignore.ignores("log.md", is_directory=True)
    assert not ignore.ignores("log.md", is_directory=False)


def test_an_ignored_directory_hides_all_below_it_for_good() -> None:
    """As in git, nothing inside can be taken back in."""
    ignore = Ignore.build(["private/", "!private/but-this.md"])
    assert ignore.ignores("private/deep/er/a.md", is_directory=False)
    assert ignore.ignores("private/but-this.md", is_directory=False)


def test_the_ignore_file_can_undo_a_configured_pattern() -> None:
    """The root's own file comes last, and the last match counts."""
    ignore = Ignore.build(["INDEX.md"], "# keep this one\n!INDEX.md\n\nsecret-*.md\n")
    assert not ignore.ignores("INDEX.md", is_directory=False)
    assert ignore.ignores("a/secret-1.md", is_directory=False)


def test_built_in_rules_cannot_be_undone() -> None:
    """No pattern makes a hidden directory or a text file a memory."""
    ignore = Ignore.build(["!.git/", "!*.txt", "!.a.md"])
    assert ignore.ignores(".git/a.md", is_directory=False)
    assert ignore.ignores("a.txt", is_directory=False)
    assert ignore.ignores(".a.md", is_directory=False)


@pytest.mark.parametrize("line", ["!", "/", "foo[", "[z-a]", "\\"])
def test_a_pattern_that_means_nothing_is_reported_and_the_rest_holds(line: str) -> None:
    """One slip in the file does not open the door to what the other lines leave out."""
    ignore = Ignore.build((), f"a.md\n{line}\nb.md\n")
    assert ignore.rejected == (line,)
    assert ignore.ignores("a.md", is_directory=False)
    assert ignore.ignores("b.md", is_directory=False)


def test_comments_and_blank_lines_are_no_patterns() -> None:
    """Windows line ends are none either."""
    ignore = Ignore.build((), "# a comment\r\n\r\n  \r\na.md\r\n")
    assert ignore.rejected == ()
    assert ignore.ignores("a.md", is_directory=False)


def test_a_path_of_two_thousand_directories_is_judged() -> None:
    """Depth is bounded by the file system, not by the interpreter's stack."""
    assert not Ignore.build(["x.md"]).ignores("a/" * 2000 + "b.md", is_directory=False)
