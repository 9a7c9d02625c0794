"""Naming memory roots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.config import Root
from curatord.daemon.roots import name_roots
from curatord.memory.document import Kind

if TYPE_CHECKING:
    from pathlib import Path


def test_roots_are_named_after_their_kind_and_numbered(tmp_path: Path) -> None:
    """The first of a kind has its plain name."""
    kinds = [Kind.KNOWLEDGE, Kind.EPISODES, Kind.KNOWLEDGE]
    roots = name_roots(Root(path=tmp_path / str(n), kind=kind) for n, kind in enumerate(kinds))
    assert [root.name for root in roots] == ["knowledge", "episodes", "knowledge-2"]


def test_a_root_that_is_a_link_is_resolved_and_remembers_how_it_was_written(tmp_path: Path) -> None:
    """What is watched is the directory itself; what is shown is what the user wrote."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (root,) = name_roots([Root(path=tmp_path / "link", kind=Kind.KNOWLEDGE)])
    assert (root.path, root.configured) == ((tmp_path / "real").resolve(), tmp_path / "link")
